"""Source tables: every count equals pandas', over one batch and several, with outcomes where they came back."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.analytics.sources import EVERYBODY, SourceView, open_sources
from leadscore_core.config import GradeRule, load_settings
from leadscore_core.errors import StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.leads.dimensions import CAPPED
from leadscore_core.storage.leads.filters import BLANK, LeadFilter
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.source_table import OTHERS, SourceTable
from leadscore_core.storage.leads.standing import Standing

SOURCE, PLATFORM, CITY = "first_utm_source_c", "first_platform_c", "city_mapped"
TIMES, STAMP, SYLLABUS = "total_leads_droppped", "created_date", "syllabus_interaction"
DAYPARTS = {0: "Night", 1: "Morning", 2: "Afternoon", 3: "Evening"}


@pytest.fixture
def leads(labelled: Batch) -> pd.DataFrame:
    """The same leads, in pandas."""
    frame = pd.read_parquet(labelled.scores_path)
    rule = GradeRule().thresholds
    cuts = [-np.inf, rule.cold, rule.warm, rule.hot, np.inf]
    frame["grade"] = pd.cut(frame["ls_propensity"], cuts, right=False, labels=["Junk", "Cold", "Warm", "Hot"]).astype(
        str
    )
    return frame


def expected_counts(leads: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    grouped = leads.groupby(key.fillna(BLANK).to_numpy())
    counts = pd.DataFrame(
        {
            "leads": grouped.size(),
            "known": grouped["ls_outcome"].count(),
            "completed": grouped["ls_outcome"].sum(),
            "expected": grouped["ls_unseen"].sum(),
            "hot": grouped["grade"].apply(lambda g: (g == "Hot").sum()),
            "junk": grouped["grade"].apply(lambda g: (g == "Junk").sum()),
        }
    )
    return counts.astype("float64").sort_index()


def counted(found: pd.DataFrame, dimension: str) -> pd.DataFrame:
    columns = ["leads", "known", "completed", "expected", "hot", "junk"]
    return found.assign(**{dimension: found[dimension].fillna(BLANK)}).set_index(dimension)[columns].astype("float64")


@pytest.mark.parametrize(
    ("dimension", "key"),
    [
        (SOURCE, lambda f: f[SOURCE]),
        (CITY, lambda f: f[CITY]),
        ("city_tier", lambda f: f["city_tier"].astype(str).where(f[CITY].notna())),
        (CAPPED + TIMES, lambda f: f[TIMES].clip(upper=5).astype(str).replace("5", "5+")),
        ("referred_lead", lambda f: f["referred_lead"].astype(str)),
        ("ls_month", lambda f: f[STAMP].dt.strftime("%Y-%m")),
        ("ls_week", lambda f: f[STAMP].dt.to_period("W-SUN").dt.start_time.dt.strftime("%Y-%m-%d")),
        ("ls_weekday", lambda f: (f[STAMP].dt.day_of_week + 1).astype(str)),
        ("ls_hour", lambda f: f[STAMP].dt.strftime("%H")),
        ("ls_daypart", lambda f: f[STAMP].dt.hour.floordiv(6).map(DAYPARTS)),
        (CAPPED + SYLLABUS, lambda f: f[SYLLABUS].clip(upper=5).astype(str).replace("5", "5+")),
    ],
)  # fmt: skip
def test_groups_equal_pandas(sources: SourceView, leads: pd.DataFrame, dimension: str, key) -> None:
    found = counted(sources.table.groups([dimension], EVERYBODY), dimension).sort_index()
    wanted = expected_counts(leads, key(leads))
    pd.testing.assert_frame_equal(found, wanted, check_names=False, check_index_type=False, check_column_type=False)


def test_two_dimensions_crossed_and_filtered(sources: SourceView, leads: pd.DataFrame) -> None:
    first = leads[SOURCE].value_counts().index[0]
    april_only = {"created_from": date(2026, 4, 1), "created_to": date(2026, 4, 30)}
    chosen = replace(EVERYBODY, values={SOURCE: (first, BLANK)}, **april_only)
    april = leads[(leads[SOURCE].isna() | (leads[SOURCE] == first)) & (leads[STAMP].dt.strftime("%Y-%m") == "2026-04")]
    found = sources.table.groups([SOURCE, PLATFORM], chosen)
    assert found["leads"].sum() == len(april)
    wanted = april.groupby([SOURCE, PLATFORM], dropna=False).size().sort_values(ascending=False)
    assert found["leads"].tolist() == wanted.tolist()
    assert sources.table.totals(chosen)["leads"] == len(april)


@pytest.mark.parametrize("dimension", ["ls_month", "ls_weekday", "ls_daypart", "ls_hour", "ls_week", CAPPED + TIMES])
def test_a_filter_by_a_dimension_keeps_that_group(sources: SourceView, dimension: str) -> None:
    for value, leads in sources.table.groups([dimension], EVERYBODY)[[dimension, "leads"]].itertuples(index=False):
        assert sources.table.totals(replace(EVERYBODY, values={dimension: (value,)}))["leads"] == leads


def test_the_rest_is_taken_together(sources: SourceView) -> None:
    whole = sources.table.groups([SOURCE], EVERYBODY)
    for top in (["Level2", "Level0"], ["Level2", None], []):
        found = sources.table.groups([SOURCE], EVERYBODY, levels={SOURCE: top}).set_index(SOURCE)["leads"]
        named = whole[whole[SOURCE].isin([v for v in top if v]) | (whole[SOURCE].isna() & (None in top))]
        assert found[OTHERS] == whole["leads"].sum() - named["leads"].sum()
        assert found.sum() == whole["leads"].sum()


def test_pairs_equal_groups(sources: SourceView) -> None:
    pairs = sources.table.pairs([SOURCE, PLATFORM, "city_tier"], EVERYBODY, 20)
    single = pairs[(pairs["first"] == SOURCE) & pairs["second"].isna()]
    alone = sources.table.groups([SOURCE], EVERYBODY, at_least=20)
    assert sorted(single["leads"]) == sorted(alone["leads"])
    both = pairs[(pairs["first"] == SOURCE) & (pairs["second"] == PLATFORM)]
    crossed = sources.table.groups([SOURCE, PLATFORM], EVERYBODY, at_least=20)
    assert sorted(both["completed"]) == sorted(crossed["completed"])
    assert sorted(both["expected"].round(6)) == sorted(crossed["expected"].round(6))
    assert (pairs["leads"] >= 20).all()


def test_several_batches_are_counted_as_one_and_outcomes_that_came_back_hold(
    labelled: Batch, batch: Batch, trained: LeadModel
) -> None:
    OutcomeStore(load_settings()).add(batch, np.array([0, 1, 2]), np.array([1, 0, 1]), file_name="f", by="Anna")
    both = open_sources([labelled, batch], trained.schema)
    alone = [open_sources([b], trained.schema).table.totals(EVERYBODY) for b in (labelled, batch)]
    together = both.table.totals(EVERYBODY)
    assert together["leads"] == labelled.rows + batch.rows == both.table.rows
    for name in ("known", "completed", "expected", "hot"):
        assert together[name] == pytest.approx(sum(part[name] for part in alone))
    assert (alone[1]["known"], alone[1]["completed"]) == (3, 2)
    assert both.name == "With outcomes and 1 more"


def test_outcomes_that_came_back_go_before_those_of_the_list(labelled: Batch, trained: LeadModel) -> None:
    before = open_sources([labelled], trained.schema).table.totals(EVERYBODY)
    rows = np.arange(100)
    OutcomeStore(load_settings()).add(labelled, rows, np.ones(100, dtype="int64"), file_name="f")
    after = open_sources([labelled], trained.schema).table.totals(EVERYBODY)
    own = pd.read_parquet(labelled.scores_path).set_index("ls_row").loc[rows, "ls_outcome"]
    assert after["known"] == before["known"]
    assert after["completed"] == before["completed"] + 100 - own.sum()


def test_a_batch_without_outcomes_or_dates_has_none(batch: Batch, trained: LeadModel, tmp_path: Path) -> None:
    view = open_sources([batch], trained.schema)
    totals = view.table.totals(EVERYBODY)
    assert (totals["known"], totals["completed"]) == (0, 0)
    bare = tmp_path / "bare.parquet"
    pd.read_parquet(batch.scores_path).drop(columns=STAMP).to_parquet(bare)
    table = SourceTable([LeadTable(bare, Standing(), STAMP)], [None])
    assert not table.has("ls_month")
    assert table.period() == (None, None)
    with pytest.raises(StorageError, match="no 'ls_month' to group by"):
        table.groups(["ls_month"], LeadFilter(section="all"))


def test_a_file_that_is_gone_is_said(labelled: Batch, trained: LeadModel) -> None:
    view = open_sources([labelled], trained.schema)
    shutil.rmtree(labelled.folder)
    with pytest.raises(StorageError, match="is gone"):
        view.table.groups([SOURCE], EVERYBODY)
