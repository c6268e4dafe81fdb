from pathlib import Path

import pandas as pd
import pytest

from leadscore_core.data.reading.reader import look_at_files, read_leads
from leadscore_core.data.schema.column_mapping import detect_conventions
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.synthetic import LABELLED, MESSY, SampleLeads, make_sample, write_sample
from leadscore_core.data.validation import check_leads
from leadscore_core.errors import ExportError
from tests.paths import ROOT


def test_the_same_seed_gives_the_same_leads_and_another_does_not(sample: SampleLeads) -> None:
    again, other = make_sample(1_500, seed=7), make_sample(1_500, seed=8)
    assert again.labelled.equals(sample.labelled)
    assert again.messy == sample.messy
    assert not other.labelled.equals(sample.labelled)


def test_sample_leads_have_the_shape_of_real_ones() -> None:
    leads = make_sample(6_000, seed=3).labelled
    rate = leads["app_complete_flag"].mean()
    assert 0.42 < rate < 0.58
    blank = leads["city_mapped"] == ""
    assert 0.02 < blank.mean() < 0.08
    assert leads.loc[blank, "app_complete_flag"].mean() < rate / 2
    again = leads["total_leads_droppped"] > 1
    assert leads.loc[again, "app_complete_flag"].mean() > rate + 0.1
    by_source = leads.groupby("first_utm_source_c")["app_complete_flag"].agg(["size", "mean"])
    assert by_source.loc["Level10", "mean"] < 0.2
    assert (by_source["size"] < 5).sum() > 10
    assert leads["created_date"].str[:7].nunique() == 7


def test_contacts_belong_to_nobody(sample: SampleLeads) -> None:
    for leads in (sample.labelled, sample.new):
        mails = leads.loc[leads["email"] != "", "email"]
        assert mails.str.fullmatch(r"[a-z.]+\d+@example\.(com|org|net)").all()
        phones = leads.loc[leads["phone"] != "", "phone"]
        assert phones.str.fullmatch(r"\+44 7700 900\d{3}|\+1 \d{3} 555 01\d{2}").all()


def test_new_leads_come_later_and_have_no_label(sample: SampleLeads) -> None:
    assert "app_complete_flag" not in sample.new
    assert sample.new["created_date"].min() > sample.labelled["created_date"].max()


def test_the_messy_export_has_every_kind_of_problem(sample: SampleLeads, schema: LeadSchema, tmp_path: Path) -> None:
    (tmp_path / MESSY).write_bytes(sample.messy)
    frame = read_leads(tmp_path / MESSY)
    mapping = detect_conventions(suggest_mapping(frame.columns, schema), schema, frame)
    levels = {"first_utm_source_c": {"level0"}}
    found = {f.code for f in check_leads(frame, schema, mapping, levels=levels, label_expected=True)}
    assert found >= {
        "unreadable_date",
        "negative_number",
        "absurd_number",
        "text_in_number",
        "not_a_whole_number",
        "not_a_flag",
        "unknown_level",
        "duplicate_row",
        "line_problem",
        "label_not_binary",
        "label_blank",
    }
    assert "blank_rows" in {f.code for f in look_at_files(tmp_path / MESSY).findings()}


def test_the_shipped_files_are_what_the_command_makes(tmp_path: Path) -> None:
    made = write_sample(tmp_path)
    shipped = ROOT / "sample_data"
    assert {path.name for path in made} == {path.name for path in shipped.iterdir()}
    for path in made:
        assert path.read_bytes() == (shipped / path.name).read_bytes(), path.name
    assert sum(path.stat().st_size for path in made) < 3_000_000


def test_no_real_lead_is_shipped(real_leads: Path) -> None:
    stamps = set(pd.read_csv(real_leads / "labelled_leads.csv")["created_date"])
    shipped = pd.read_csv(ROOT / "sample_data" / LABELLED)
    assert stamps.isdisjoint(shipped["created_date"])


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(ExportError, match="between 200 and"):
        make_sample(rows=10)
