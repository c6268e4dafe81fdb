"""Lead tables: DuckDB's answers equal pandas' on the same file."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.access.permissions import PersonRole
from leadscore_core.access.person import acting_as
from leadscore_core.batches.emptied_leads import write_without
from leadscore_core.batches.planning import ALL, CALLS
from leadscore_core.batches.save import save_batch
from leadscore_core.config import GradeRule, GradeShares, GradeThresholds, JunkRules
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import StorageError
from leadscore_core.inference.grades import grade_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.leads.dimensions import OWNER
from leadscore_core.storage.leads.files import read_own
from leadscore_core.storage.leads.filters import BLANK, LeadFilter
from leadscore_core.storage.leads.lead_table import LeadTable, Sort
from leadscore_core.storage.leads.standing import Standing
from tests.access.people import EACH

STAMP = "created_date"
QUARANTINE = LeadFilter(section="quarantine")


@pytest.fixture
def plain(batch: Batch) -> pd.DataFrame:
    return pd.read_parquet(batch.scores_path)


@pytest.fixture
def table(batch: Batch) -> LeadTable:
    return LeadTable(batch.scores_path, Standing(), STAMP)


def test_ranks_follow_propensity_and_ties_the_list(plain: pd.DataFrame) -> None:
    wanted = plain.sort_values(["ls_propensity", "ls_row"], ascending=[False, True])
    assert plain["ls_rank"].tolist() == list(range(1, len(plain) + 1))
    assert plain["ls_row"].tolist() == wanted["ls_row"].tolist()


def test_call_list_and_quarantine_are_the_batch(table: LeadTable, plain: pd.DataFrame) -> None:
    rows = [set(table.rows_of(chosen).tolist()) for chosen in (CALLS, QUARANTINE, ALL)]
    assert rows[0] | rows[1] == rows[2] == set(plain["ls_row"])
    assert not rows[0] & rows[1]
    assert sum(n for n, _ in table.by_junk().values()) == len(plain)


def test_grades_by_propensity_equal_those_of_scoring(table: LeadTable, plain: pd.DataFrame) -> None:
    wanted = pd.Series(grade_leads(plain["ls_propensity"].to_numpy(), GradeThresholds())).value_counts().to_dict()
    assert {grade: n for grade, (n, _) in table.by_grade(ALL).items()} == wanted
    assert sum(e for _, e in table.by_grade(ALL).values()) == pytest.approx(plain["ls_propensity"].sum())


def test_grades_by_share_take_their_share(batch: Batch, plain: pd.DataFrame) -> None:
    rule = GradeRule(by="share", shares=GradeShares(hot=0.2, warm=0.3, cold=0.3))
    found = LeadTable(batch.scores_path, Standing(grades=rule), STAMP).by_grade(ALL)
    n = len(plain)
    assert {grade: count for grade, (count, _) in found.items()} == {
        "Hot": round(0.2 * n), "Warm": round(0.3 * n), "Cold": round(0.3 * n), "Junk": round(0.2 * n)
    }  # fmt: skip


@pytest.mark.parametrize("mode", ["source", "blank", "dates", "score", "text", "grade"])
def test_filters_equal_pandas(table: LeadTable, plain: pd.DataFrame, mode: str) -> None:
    source, city = "first_utm_source_c", "city_mapped"
    common = plain[source].value_counts().index[0]
    name = plain["ls_name"].dropna().iloc[7]
    first_name = name.split()[0]
    cases = {
        "source": (replace(ALL, values={source: (common,)}), plain[source] == common),
        "blank": (replace(ALL, values={city: (BLANK, "pune")}), plain[city].isna() | (plain[city] == "pune")),
        "dates": (
            replace(ALL, created_from=date(2026, 10, 3), created_to=date(2026, 10, 5)),
            plain[STAMP].between("2026-10-03", "2026-10-05 23:59:59.999"),
        ),
        "score": (replace(ALL, score_from=30, score_to=60), plain["ls_score"].between(30, 60)),
        "text": (replace(ALL, text=first_name.upper()), plain["ls_search"].str.contains(first_name.casefold())),
        "grade": (replace(ALL, grades=("Hot",)), plain["ls_propensity"] >= 0.65),
    }
    chosen, wanted = cases[mode]
    assert 0 < wanted.sum() < len(plain)
    assert set(table.rows_of(chosen).tolist()) == set(plain.loc[wanted, "ls_row"])
    assert table.count(chosen) == wanted.sum()


def test_a_filter_without_hits_is_an_empty_page(table: LeadTable) -> None:
    nobody = replace(CALLS, text="nobody has such a name")
    assert table.count(nobody) == 0
    assert table.page(nobody, Sort(), 0, 50).empty
    assert table.by_grade(nobody) == {}


def test_pages_stand_together_whatever_the_order(table: LeadTable, plain: pd.DataFrame) -> None:
    for sort in (Sort(), Sort("arrival"), Sort("first_utm_source_c", descending=True), Sort("ls_propensity")):
        pages = [table.page(ALL, sort, start, 60) for start in range(0, len(plain), 60)]
        rows = pd.concat(pages)["ls_row"].tolist()
        assert sorted(rows) == sorted(plain["ls_row"])
        assert rows == table.rows_of(ALL, sort).tolist()
    assert table.rows_of(ALL, Sort("arrival")).tolist() == sorted(plain["ls_row"])


def test_text_in_a_filter_is_never_sql(table: LeadTable) -> None:
    for hostile in ("'; DROP TABLE x; --", '" OR 1=1 --', "%", "\\"):
        assert table.count(replace(ALL, text=hostile)) == 0
        assert table.count(replace(ALL, values={"city_mapped": (hostile,)})) == 0
        assert table.count(replace(ALL, values={hostile: ("x",)})) == table.rows


def test_restored_and_overridden_leads_move_and_no_score_does(batch: Batch, plain: pd.DataFrame) -> None:
    before = LeadTable(batch.scores_path, Standing(), STAMP)
    aside = before.rows_of(QUARANTINE)
    hot = int(plain["ls_row"].iloc[0])
    standing = Standing(restored=aside[:3], overrides={hot: "Junk", int(aside[4]): "Warm"})
    after = LeadTable(batch.scores_path, standing, STAMP)
    assert set(after.rows_of(QUARANTINE)) == (set(aside) - {*aside[:3], aside[4]}) | {hot}
    assert after.by_row(hot)["ls_grade"].iloc[0] == "Junk"
    assert after.by_row(hot)["ls_model_grade"].iloc[0] == "Hot"
    assert after.by_row(hot)["ls_junk"].iloc[0] == "override"
    scores = [t.page(ALL, Sort("arrival"), 0, 999)["ls_propensity"].tolist() for t in (before, after)]
    assert scores[0] == scores[1]


@given(
    contact=st.sets(st.sampled_from(["unreachable", "test_name", "duplicate", "malformed_email"])),
    by_propensity=st.booleans(),
    percent=st.integers(0, 50),
)
def test_whatever_the_rules_nothing_is_lost(
    contact: set[str], by_propensity: bool, percent: int, kept_once: tuple[Path, pd.DataFrame]
) -> None:
    path, plain = kept_once
    rules = JunkRules(contact=tuple(sorted(contact)), by_propensity=by_propensity, learning_percent=percent)  # type: ignore[arg-type]
    table = LeadTable(path, Standing(junk=rules), STAMP)
    assert table.count(CALLS) + table.count(QUARANTINE) == table.rows == len(plain)
    by_junk = table.by_junk()
    assert sum(e for _, e in by_junk.values()) == pytest.approx(plain["ls_propensity"].sum())
    assert ("low_propensity" in by_junk) <= by_propensity


@pytest.fixture(scope="session")
def kept_once(trained, sample, tmp_path_factory):  # type: ignore[no-untyped-def]
    from leadscore_core.batches.save import save_batch
    from leadscore_core.config import Settings
    from leadscore_core.data.dataset.open import open_list

    folder = tmp_path_factory.mktemp("once")
    sample.new.to_csv(folder / "leads.csv", index=False)
    settings = Settings(data_dir=folder / "data")
    kept = save_batch(
        open_list(folder / "leads.csv", trained.schema, settings=settings), trained, name="once", settings=settings
    )
    return kept.scores_path, pd.read_parquet(kept.scores_path)


def test_the_learning_sample_is_random_junk_mixed_into_the_calls(batch: Batch, plain: pd.DataFrame) -> None:
    standing = Standing(junk=JunkRules(learning_percent=50))
    table = LeadTable(batch.scores_path, standing, STAMP)
    leads = table.page(CALLS, Sort(), 0, 999)
    learning = leads[leads["ls_learning"]]
    junk = plain[plain["ls_propensity"] < 0.1]
    assert 0.25 * len(junk) < len(learning) < 0.75 * len(junk)
    assert (learning["ls_propensity"] < 0.1).all()
    assert learning.index.min() < 0.5 * len(leads), "none of them is reached"
    others = leads.loc[~leads["ls_learning"], "ls_propensity"]
    assert others.is_monotonic_decreasing
    assert LeadTable(batch.scores_path, standing, STAMP).rows_of(CALLS, Sort()).tolist() == leads["ls_row"].tolist()


def test_only_leads_that_are_called_for_learning_are_marked_so(batch: Batch, plain: pd.DataFrame) -> None:
    junk = plain.loc[plain["ls_propensity"] < 0.1, "ls_row"].to_numpy()
    rules = JunkRules(learning_percent=50, contact=("unreachable", "test_name"))
    standing = Standing(junk=rules, restored=junk[:5], overrides={int(junk[6]): "Hot", int(junk[7]): "Junk"})
    leads = LeadTable(batch.scores_path, standing, STAMP).page(ALL, Sort("arrival"), 0, 999)
    marked = leads[leads["ls_learning"]]
    assert len(marked)
    assert (marked["ls_junk"] == "").all()
    assert not marked["ls_restored"].any()
    assert not marked["ls_overridden"].any()


def test_a_person_who_sets_junk_after_restoring_is_heard(batch: Batch, plain: pd.DataFrame) -> None:
    row = int(plain["ls_row"].iloc[3])
    standing = Standing(restored=np.array([row]), overrides={row: "Junk"})
    assert LeadTable(batch.scores_path, standing, STAMP).by_row(row)["ls_junk"].iloc[0] == "override"


def test_own_columns_come_back_as_they_were(batch: Batch, new_list: Path) -> None:
    wanted = pd.read_csv(new_list, dtype="str", keep_default_na=False)
    rows = [7, 0, 249]
    found = read_own(batch.leads_path, rows)
    pd.testing.assert_frame_equal(found, wanted.iloc[rows].reset_index(drop=True), check_dtype=False)


def test_headers_that_are_blank_or_differ_in_case_alone_stay(tmp_path: Path) -> None:
    pd.DataFrame([["a", "b", "c", "d"]], columns=["", "Name", "name", 'x "y"']).to_parquet(tmp_path / "x.parquet")
    assert read_own(tmp_path / "x.parquet", [0]).to_dict("records") == [
        {"": "a", "Name": "b", "name": "c", 'x "y"': "d"}
    ]
    assert read_own(tmp_path / "x.parquet", [0], ["name", ""]).to_numpy().tolist() == [["c", "a"]]


@pytest.mark.parametrize("fault", ["gone", "damaged"])
def test_a_file_that_was_deleted_or_damaged_is_said(batch: Batch, fault: str) -> None:
    for path in (batch.scores_path, batch.leads_path):
        path.unlink() if fault == "gone" else path.write_bytes(b"PAR1 nonsense")
    with pytest.raises(StorageError, match=f"is {fault}"):
        LeadTable(batch.scores_path, Standing(), STAMP)
    with pytest.raises(StorageError, match=f"is {fault}"):
        read_own(batch.leads_path, [0])


def test_an_unknown_column_cannot_be_sorted_by(table: LeadTable) -> None:
    with pytest.raises(StorageError, match="no column"):
        table.page(ALL, Sort("x; DROP"), 0, 5)


def test_values_and_groups_equal_pandas(table: LeadTable, plain: pd.DataFrame) -> None:
    source = "first_utm_source_c"
    counts = plain[source].value_counts(dropna=False)
    assert dict(table.values_of(source)) == {None if pd.isna(k) else k: int(n) for k, n in counts.items()}
    grouped = table.group([source], ALL).set_index(source)
    wanted = plain.groupby(source)["ls_propensity"].agg(["size", "sum"])
    assert grouped["leads"].to_dict() == wanted["size"].to_dict()
    np.testing.assert_allclose(grouped["expected"].loc[wanted.index], wanted["sum"])


def test_leads_are_filtered_by_their_owner_for_who_may_know_contacts(
    places: Path, sample: SampleLeads, trained: LeadModel, tmp_path: Path
) -> None:
    """A list that names owners keeps them; who may not see contacts has no such column, and no filter by it."""
    leads = sample.new.head(120)
    given = [("Anna Roy", " Ben ", "", "n/a")[at % 4] for at in range(len(leads))]
    leads.assign(**{"Lead Owner": given}).to_csv(tmp_path / "owned.csv", index=False)
    batch = save_batch(open_list(tmp_path / "owned.csv", trained.schema), trained, name="Owned")
    table = LeadTable(batch.scores_path, Standing(), STAMP)
    assert table.values_of(OWNER) == [(None, 60), ("Anna Roy", 30), ("Ben", 30)]
    for wanted, kept in ((("Ben",), {1}), ((BLANK, "Anna Roy"), {0, 2, 3})):
        rows = table.rows_of(replace(ALL, values={OWNER: wanted}))
        assert sorted(rows.tolist()) == [at for at in range(len(leads)) if at % 4 in kept]
    for role in (PersonRole.DATA_SCIENCE, PersonRole.CALLER, PersonRole.MARKETING):
        with acting_as(EACH[role]):
            hidden = LeadTable(batch.scores_path, Standing(), STAMP)
            assert OWNER not in hidden.columns
            assert hidden.values_of(OWNER) == []
            assert hidden.count(replace(ALL, values={OWNER: ("Ben",)})) == len(leads)
    without_owner = tmp_path / "without.parquet"
    write_without(batch.scores_path, without_owner, batch, trained.schema, [1])
    cells = pq.read_table(without_owner, columns=["ls_row", OWNER]).to_pandas().set_index("ls_row")[OWNER]
    assert cells.loc[[1, 5]].isna().tolist() == [True, False], "who is forgotten has no owner any more"
