"""Of which country numbers without a country code are: the list says, or it is a question."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from leadscore_core.batches.save import rescore_batch, save_batch
from leadscore_core.config import Settings
from leadscore_core.data.cleaning.phone_region import find_phone_region
from leadscore_core.data.dataset.open import choose_conventions, open_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.phone_findings import phone_findings
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import MappingError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.standing import Standing

GERMAN = [f"+49 151 234567{n}" for n in range(10, 30)] + [f"0151 2345 67{n}" for n in range(10, 20)]
NOWHERE_AT_HOME = [f"0151 2345 67{n}" for n in range(10, 40)]


@pytest.mark.parametrize(
    ("numbers", "region"),
    [
        (GERMAN, "DE"),
        ([number.replace("+49 ", "0049") for number in GERMAN], "DE"),
        ([f"+49 151 234567{n}" for n in range(10, 15)] + ["0151 23456789"], None),  # too few to say so
        ([f"98765 432{n}" for n in range(10, 40)] + [f"+1 212 555 10{n}" for n in range(10, 40)], None),
        ([f"+91 98765 432{n}" for n in range(10, 40)] + ["98765 43210"], None),  # as is usual
        ([f"+44 20 7946 00{n}" for n in range(10, 20)] + [f"+1 212 555 10{n}" for n in range(10, 20)], None),
        (["n/a", "", "12"], None),
    ],
)
def test_the_country_is_that_of_most_numbers_with_a_code(numbers: list[str], region: str | None) -> None:
    found = find_phone_region([pd.Series(numbers)], "IN")
    assert found.region == region
    assert not found.others


def test_numbers_that_are_nowhere_at_home_are_a_question() -> None:
    found = find_phone_region([pd.Series(NOWHERE_AT_HOME)], "IN")
    assert found.region is None
    assert "DE" in found.others


def leads_with(numbers: list[str], sample: SampleLeads, folder: Path) -> Path:
    path = folder / f"leads-{len(numbers)}-{hash(tuple(numbers))}.csv"
    sample.new.head(len(numbers)).assign(phone=numbers).to_csv(path, index=False)
    return path


def keys_and_scores(path: Path) -> pd.DataFrame:
    return LeadTable(path, Standing()).query(
        f"SELECT ls_phone_key, ls_propensity FROM read_parquet('{path}') ORDER BY ls_row"
    )


def test_a_list_is_read_by_its_own_country_and_keeps_it(
    kept: Settings, trained: LeadModel, sample: SampleLeads, tmp_path: Path
) -> None:
    leads = open_list(leads_with(GERMAN, sample, tmp_path), trained.schema, settings=kept)
    assert leads.mapping.phone_region == "DE"
    (finding,) = phone_findings(leads.mapping, trained.schema, len(GERMAN))
    assert "those of DE: 20 of 20 numbers with one begin +49" in finding.reason
    batch = save_batch(leads, trained, name="German", settings=kept)
    again = rescore_batch(batch, trained, by="Anna", settings=kept)
    found = keys_and_scores(again.scores_path)
    assert found["ls_phone_key"].iloc[20:].tolist() == found["ls_phone_key"].iloc[:10].tolist()
    as_indian = replace(leads, mapping=leads.mapping.model_copy(update={"phone_region": "IN"}))
    other = save_batch(as_indian, trained, name="Indian", settings=kept)
    assert keys_and_scores(other.scores_path)["ls_propensity"].equals(found["ls_propensity"])


def test_a_person_says_the_country_and_is_believed(
    kept: Settings, trained: LeadModel, sample: SampleLeads, tmp_path: Path
) -> None:
    path = leads_with(NOWHERE_AT_HOME, sample, tmp_path)
    leads = open_list(path, trained.schema, settings=kept)
    assert leads.mapping.phone_region is None
    assert leads.mapping.region_choices[0] == kept.phone_region
    chosen = choose_conventions(leads, region="AT", settings=kept)
    assert (chosen.mapping.phone_region, chosen.mapping.region_choices) == ("AT", ())
    assert open_list(path, trained.schema, settings=kept).mapping.phone_region == "AT"  # remembered
    said = open_list(path, trained.schema, options=ListOptions(phone_region="DE"), settings=kept)
    assert said.mapping.phone_region == "DE"
    without = tmp_path / "without.csv"
    sample.new.head(5).drop(columns=["phone"]).to_csv(without, index=False)
    with pytest.raises(MappingError, match="no column with phones"):
        open_list(without, trained.schema, options=ListOptions(phone_region="DE"), settings=kept)
