"""Sources over kept leads: rates, composition, segments, outcomes that come back, files and the report."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.analytics.charts import show_bubbles, show_flow, show_gap, show_heatmap, show_rates, show_trend
from leadscore_core.analytics.dimension_names import narrow_to
from leadscore_core.analytics.report_html import make_report
from leadscore_core.analytics.report_json import report_list, source_report
from leadscore_core.analytics.sources import (
    EVERYBODY,
    Scope,
    SourceView,
    choose_counted,
    explain_gaps,
    find_dimension,
    find_far_segments,
    open_sources,
    rate_by,
)
from leadscore_core.analytics.spend import set_costs
from leadscore_core.analytics.statistics.rates import UNDER
from leadscore_core.analytics.wording import answer, describe_filter, present_costs
from leadscore_core.batches.outcomes import bring_outcomes
from leadscore_core.batches.save import save_batch
from leadscore_core.confidence import wilson_intervals
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.spend import read_spend
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import FigureError, LabelError, LeadScoreError, StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.outcome import APPLICATIONS
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.leads.source_table import OTHERS

SOURCE, PLATFORM, CITY = "first_utm_source_c", "first_platform_c", "city_mapped"


@pytest.fixture
def truth(sample: SampleLeads) -> pd.DataFrame:
    """Leads and applications of each source, counted directly."""
    leads = sample.labelled
    done = leads["app_complete_flag"].astype(int)
    return done.groupby(leads[SOURCE].fillna("").to_numpy()).agg(["size", "sum"])


def keep(frame: pd.DataFrame, tmp_path: Path, model: LeadModel, name: str = "List") -> SourceView:
    path = tmp_path / f"{name}.csv"
    frame.to_csv(path, index=False)
    return open_sources([save_batch(open_list(path, model.schema), model, name=name)], model.schema)


def test_rates_equal_a_direct_computation(sources: SourceView, truth: pd.DataFrame) -> None:
    rates = rate_by(sources, [SOURCE], EVERYBODY, "completed")
    table = rates.table.assign(value=rates.table[SOURCE].fillna("")).set_index("value")
    assert table["n"].to_dict() == truth["size"].to_dict()
    assert table["k"].to_dict() == truth["sum"].to_dict()
    low, high = wilson_intervals(truth["sum"].to_numpy(), truth["size"].to_numpy())
    assert table.loc[truth.index, "low"].to_numpy() == pytest.approx(low)
    assert table.loc[truth.index, "high"].to_numpy() == pytest.approx(high)
    assert rates.average == pytest.approx(truth["sum"].sum() / truth["size"].sum())
    assert rates.groups == len(truth)


def test_expected_applications_are_the_sum_of_propensities(sources: SourceView, labelled: Batch) -> None:
    rates = rate_by(sources, [SOURCE], EVERYBODY, "expected")
    kept = pd.read_parquet(labelled.scores_path)
    assert rates.table["k"].sum() == pytest.approx(kept["ls_unseen"].sum())
    assert choose_counted(sources) == "completed"
    assert choose_counted(sources, narrow_to(EVERYBODY, {SOURCE: "Level67"})) == "expected", "too few outcomes"


def test_what_is_beyond_the_largest_groups_is_one_row_and_nothing_is_lost(sources: SourceView) -> None:
    few = rate_by(sources, [SOURCE], EVERYBODY, "completed", most=5)
    assert few.table[SOURCE].tolist()[-1] == OTHERS
    assert len(few.table) == 6
    assert few.table["leads"].sum() == few.totals["leads"]
    assert few.table["k"].sum() == few.totals["k"]
    assert few.ranked()[SOURCE].tolist()[-1] == OTHERS


def test_a_column_of_fifty_thousand_values_shows_the_largest(
    sample: SampleLeads, tmp_path: Path, trained: LeadModel, places: Path
) -> None:
    many = pd.concat([sample.labelled] * 36, ignore_index=True).head(50_000)
    many[CITY] = [f"town {i}" for i in range(len(many))]
    path = tmp_path / "many.parquet"
    many[[CITY, SOURCE, "first_utm_medium_c", "app_complete_flag"]].to_parquet(path)
    report = report_list(open_list(path, trained.schema), ["city"])
    (block,) = report["by"]
    assert block["groups_in_all"] == 50_000
    assert len(block["groups"]) == 201
    assert block["groups"][-1]["value"] == OTHERS
    assert sum(group["leads"] for group in block["groups"]) == 50_000


def test_two_periods_are_compared_group_by_group(sources: SourceView, sample: SampleLeads) -> None:
    now = replace(EVERYBODY, created_from=date(2026, 5, 1), created_to=date(2026, 5, 31))
    before = replace(EVERYBODY, created_from=date(2026, 4, 1), created_to=date(2026, 4, 30))
    table = rate_by(sources, [SOURCE], now, "completed", before=before).table.set_index(SOURCE)
    leads = sample.labelled
    month = leads["created_date"].astype(str).str[:7]
    for source in ("Level2", "Level0"):
        rate = [
            leads.loc[(month == m) & (leads[SOURCE] == source), "app_complete_flag"].astype(int).mean()
            for m in ("2026-05", "2026-04")
        ]
        assert table.at[source, "before_change"] == pytest.approx(rate[0] - rate[1])
        assert table.at[source, "before_low"] < table.at[source, "before_change"] < table.at[source, "before_high"]


def test_all_others_of_two_periods_are_the_same_groups(sources: SourceView) -> None:
    now = replace(EVERYBODY, created_from=date(2026, 5, 1), created_to=date(2026, 5, 31))
    before = replace(EVERYBODY, created_from=date(2026, 4, 1), created_to=date(2026, 4, 30))
    table = rate_by(sources, [SOURCE], now, "completed", before=before, most=3).table
    assert table["before_n"].sum() == sources.table.totals(before)["known"]
    assert table["before_n"].iloc[-1] > 0


def test_many_combinations_are_told_apart_less_and_none_is_lost(
    sources: SourceView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadscore_core.analytics.sources._MOST_CELLS", 200)
    split = explain_gaps(sources, SOURCE, EVERYBODY, "completed")
    assert split.table["n"].sum() == sources.table.rows


def test_a_list_with_nothing_to_group_by_says_so() -> None:
    with pytest.raises(LeadScoreError, match="nothing to group by"):
        source_report(pd.DataFrame({"lead_id": ["a", "b"], "app_complete_flag": ["1", "0"]}))


def test_the_mix_sums_to_the_gap_of_every_group(sources: SourceView) -> None:
    for by in (SOURCE, PLATFORM, "ls_month"):
        split = explain_gaps(sources, by, EVERYBODY, "completed")
        result = split.table.dropna(subset=["residual"])
        assert np.allclose(result["composition"] + result["residual"], result["gap"])
        assert len(result) >= 2
        assert by not in split.components.columns


def test_segments_are_counted_as_filters_count_them(sources: SourceView) -> None:
    below, above = find_far_segments(sources, EVERYBODY, "completed")
    assert len(below) > 0
    for row in [*below.head(4).to_dict("records"), *above.head(4).to_dict("records")]:
        pairs = {row["first"]: row["first_value"]}
        if not pd.isna(row["second"]):
            pairs[row["second"]] = row["second_value"]
        narrowed = sources.table.totals(narrow_to(EVERYBODY, pairs))
        assert (narrowed["known"], narrowed["completed"]) == (row["n"], row["k"])


def test_the_answer_names_segments_below_and_above(sources: SourceView) -> None:
    scope = Scope(SOURCE)
    rates = rate_by(sources, [SOURCE], EVERYBODY, "completed")
    result = answer(sources, scope, rates)
    under = rates.table[rates.table["verdict"] == UNDER]
    lost = under["n"] * rates.average - under["k"]
    assert result.startswith(f"{under.loc[lost.idxmax(), 'name']} brings ")
    assert "converts best" in result


def test_every_picture_has_the_numbers_of_its_table(sources: SourceView) -> None:
    scope = Scope(SOURCE)
    rates = rate_by(sources, [SOURCE], EVERYBODY, "completed")
    shown = show_rates(sources, scope, rates)
    assert shown.figure is not None
    names, values = shown.figure.data[0].y, shown.figure.data[0].x
    table = shown.table.set_index("First source")
    assert [table.at[name, "Rate"] for name in names] == pytest.approx([100 * v for v in values])
    assert set(names) <= set(shown.values)
    bubbles = show_bubbles(sources, scope, rates)
    assert bubbles.figure is not None
    assert sum(bubbles.figure.data[0].x) <= rates.totals["n"]
    heat = show_heatmap(sources, scope)
    assert heat.table["Leads"].sum() == rates.totals["n"]
    trend = show_trend(sources, scope)
    assert trend.table["Leads"].sum() == rates.totals["n"]
    flow = show_flow(sources, scope)
    assert flow.table["Applications"].sum() == rates.totals["k"]
    split = explain_gaps(sources, SOURCE, EVERYBODY, "completed")
    place = int(split.table["residual"].abs().to_numpy().argmax())
    gap = show_gap(sources, scope, split, place)
    assert gap.figure is not None
    assert split.average + sum(gap.figure.data[0].x[1:-1]) == pytest.approx(split.table["rate"].iloc[place])


@pytest.mark.parametrize("label", ["0", "1"])
def test_all_zero_and_all_one_are_said(
    sample: SampleLeads, tmp_path: Path, trained: LeadModel, places: Path, label: str
) -> None:
    view = keep(sample.labelled.head(300).assign(app_complete_flag=label), tmp_path, trained)
    rates = rate_by(view, [SOURCE], EVERYBODY, "completed")
    assert answer(view, Scope(SOURCE), rates).startswith("Nobody" if label == "0" else "Everybody")
    assert all(table.empty for table in find_far_segments(view, EVERYBODY, "completed"))
    assert explain_gaps(view, SOURCE, EVERYBODY, "completed").table["residual"].isna().all()


def test_one_group_only_is_said(sample: SampleLeads, tmp_path: Path, trained: LeadModel, places: Path) -> None:
    view = keep(sample.labelled.head(300).assign(**{SOURCE: "only"}), tmp_path, trained)
    rates = rate_by(view, [SOURCE], EVERYBODY, "completed")
    assert "nothing to compare it with" in answer(view, Scope(SOURCE), rates)
    assert show_bubbles(view, Scope(SOURCE), rates).figure is None


def test_lists_of_another_schema_are_not_added(labelled: Batch, trained: LeadModel) -> None:
    other = replace(labelled, schema_name="elsewhere", name="Other")
    with pytest.raises(StorageError, match="Other has other columns"):
        open_sources([labelled, other], trained.schema)


@pytest.mark.parametrize("name", ["source", "First source", SOURCE, "FIRST SOURCE"])
def test_dimensions_are_known_by_every_name(sources: SourceView, name: str) -> None:
    assert find_dimension(sources, name) == SOURCE
    with pytest.raises(LeadScoreError, match="cannot be grouped by 'colour'. Choose from: .*first source"):
        find_dimension(sources, "colour")


def test_filters_are_told_in_words(sources: SourceView) -> None:
    chosen = narrow_to(EVERYBODY, {"ls_weekday": "1", CITY: None})
    chosen = replace(chosen, created_from=date(2026, 3, 1), created_to=date(2026, 3, 9))
    assert describe_filter(sources, chosen) == [
        "Weekday: Monday",
        "City: (blank)",
        "Created 1 Mar 2026 to 9 Mar 2026",
    ]


def test_spend_is_matched_by_the_column_that_it_names(sources: SourceView, sample: SampleLeads) -> None:
    medium = sample.labelled["first_utm_medium_c"].value_counts().index[0]
    spend = read_spend(pd.DataFrame({"UTM medium": [medium, "radio"], "Amount": ["1000", "50"]}))
    costs, dimension = set_costs(sources, Scope(SOURCE), spend)
    leads = int((sample.labelled["first_utm_medium_c"] == medium).sum())
    assert dimension == "first_utm_medium_c"
    assert costs.table["cost_per_lead"].tolist() == pytest.approx([1_000 / leads])
    assert costs.unmatched["name"].tolist() == ["radio"]
    assert costs.unpaid["leads"].sum() + leads == len(sample.labelled)


# outcomes that come back


def outcome_file(sample: SampleLeads, tmp_path: Path, columns: list[str], rows: slice = slice(0, 120)) -> Path:
    result = sample.new.iloc[rows][columns].copy()
    result["Application completed"] = ["yes" if i % 3 == 0 else "no" for i in range(len(result))]
    path = tmp_path / "outcomes.csv"
    result.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    "columns",
    [["lead_id"], ["email"], ["phone"], ["created_date", SOURCE, "first_utm_medium_c"]],
    ids=["id", "e-mail", "phone", "moment"],
)
def test_outcomes_find_their_leads(
    batch: Batch, sample: SampleLeads, tmp_path: Path, trained: LeadModel, columns: list[str]
) -> None:
    result = outcome_file(sample, tmp_path, columns)
    report = bring_outcomes(open_list(result, trained.schema), by="Anna")
    given = sample.new.head(120)[columns[0]].fillna("").astype(str)
    known = OutcomeStore(load_settings()).current(batch)
    assert known is not None
    assert known.recorded_by == "Anna"
    table = pd.read_parquet(known.path)
    rows = [i for i in range(120) if given.iloc[i] != "" and not given.duplicated(keep=False).iloc[i]]
    found = table.set_index("ls_row")["ls_completed"]
    assert set(rows) <= set(found.index)
    assert [found[i] for i in rows] == [int(i % 3 == 0) for i in rows]
    assert report.batches["Monday"][0] == known.known


def test_an_id_that_belongs_to_somebody_else_is_not_taken(
    batch: Batch, sample: SampleLeads, tmp_path: Path, trained: LeadModel
) -> None:
    theirs = sample.new[["lead_id"]].head(20).assign(email=[f"other{i}@example.com" for i in range(20)])
    own = sample.new[["lead_id", "email"]].iloc[20:80]
    own = own[own["email"].fillna("") != ""]
    path = tmp_path / "outcomes.csv"
    pd.concat([theirs, own]).assign(app_complete_flag="1").to_csv(path, index=False)
    report = bring_outcomes(open_list(path, trained.schema))
    with_email = int((sample.new["email"].head(20).fillna("") != "").sum())
    assert report.strangers == report.ambiguous == with_email
    assert report.batches["Monday"][0] == 20 - with_email + len(own)
    assert f"{with_email:,} leads have an id that belongs to somebody else" in report.summary


def test_groups_without_a_known_outcome_stay_in_the_table(
    batch: Batch, sample: SampleLeads, tmp_path: Path, trained: LeadModel
) -> None:
    one = sample.new[sample.new[SOURCE] == "Level2"][["lead_id"]].assign(app_complete_flag="1")
    one.to_csv(tmp_path / "outcomes.csv", index=False)
    bring_outcomes(open_list(tmp_path / "outcomes.csv", trained.schema))
    view = open_sources([batch], trained.schema)
    rates = rate_by(view, [SOURCE], EVERYBODY, "completed")
    table = show_rates(view, Scope(SOURCE), rates).table
    assert table["Leads"].sum() == batch.rows
    assert table["95% from"].isna().sum() == rates.groups - 1
    spend = read_spend(pd.DataFrame({"Source": ["Level2", "Level0"], "Amount": ["10", "10"]}))
    costs, _ = set_costs(view, Scope(SOURCE), spend)
    shown = present_costs(costs, "", APPLICATIONS).set_index("Group")["Per application"]
    assert np.isnan(shown["Level0"])
    assert shown["Level2"] > 0


def test_outcomes_that_match_nothing_or_clash_are_counted(
    batch: Batch, sample: SampleLeads, tmp_path: Path, trained: LeadModel
) -> None:
    ids = sample.new["lead_id"].head(3).tolist()
    path = tmp_path / "outcomes.csv"
    rows = [(ids[0], 1), (ids[0], 0), (ids[1], 1), (ids[2], ""), ("nobody", 1)]
    pd.DataFrame(rows, columns=["lead_id", "app_complete_flag"]).to_csv(path, index=False)
    report = bring_outcomes(open_list(path, trained.schema))
    assert (report.rows, report.without, report.unmatched, report.contradictory) == (5, 1, 1, 1)
    assert report.batches == {"Monday": (2, 1)}
    assert "Outcomes of 2 leads came back, 1 of them completed" in report.summary
    assert "the lower row counts, as no column of the file says when an outcome came" in report.summary


@pytest.mark.parametrize("header", ["Converted Date", "Last Modified", "Stage changed on"])
def test_of_two_rows_about_a_lead_the_one_with_the_later_date_counts(
    batch: Batch, sample: SampleLeads, tmp_path: Path, trained: LeadModel, header: str
) -> None:
    ids = sample.new["lead_id"].head(3).tolist()
    rows = [
        (ids[0], 1, "25/03/2026"), (ids[0], 0, "02/03/2026"), (ids[1], 1, ""), (ids[1], 0, "03/02/2026"),
        (ids[1], 1, "14/01/2026"), (ids[2], 0, "01/02/2026"), (ids[2], 1, "01/02/2026"),
    ]  # fmt: skip
    path = tmp_path / "outcomes.csv"
    pd.DataFrame(rows, columns=["lead_id", "app_complete_flag", header]).to_csv(path, index=False)
    report = bring_outcomes(open_list(path, trained.schema))
    assert (report.contradictory, report.dated_by) == (3, header)
    assert report.batches == {"Monday": (3, 2)}
    assert f"3 leads stand there with both outcomes, the later one by {header!r} counts" in report.summary


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("lead_id,city\nL-1,pune\n", "no column that says whether the application was completed"),
        ("app_complete_flag,city\n1,pune\n", "nothing to know its leads by"),
        ("lead_id,app_complete_flag\nnobody,1\n", "None of the 1 outcomes belongs to a lead"),
    ],
)
def test_outcomes_that_cannot_be_used_are_refused(
    batch: Batch, tmp_path: Path, trained: LeadModel, content: str, words: str
) -> None:
    path = tmp_path / "outcomes.csv"
    path.write_text(content)
    with pytest.raises(LabelError, match=words):
        bring_outcomes(open_list(path, trained.schema))
    assert OutcomeStore(load_settings()).history(batch) == []


def test_a_scored_list_of_its_own_outcomes_keeps_them(labelled: Batch, sample: SampleLeads) -> None:
    kept = pd.read_parquet(labelled.scores_path).sort_values("ls_row")
    assert kept["ls_outcome"].tolist() == sample.labelled["app_complete_flag"].astype(int).tolist()
    assert BatchStore(load_settings()).get(labelled.id).rows == len(sample.labelled)


# files and the report


def test_the_report_of_a_file_equals_that_of_its_batch(
    sources: SourceView, sample: SampleLeads, trained: LeadModel, tmp_path: Path
) -> None:
    report = source_report(sample.labelled, ["source", "month"], model=trained)
    path = tmp_path / "again.parquet"
    sample.labelled.to_parquet(path)
    assert report_list(open_list(path, trained.schema), ["source", "month"], model=trained) == report
    assert json.loads(json.dumps(report)) == report, "plain JSON"
    rates = rate_by(sources, [SOURCE], EVERYBODY, "completed").table
    by_name = {group["name"]: group for group in report["by"][0]["groups"]}
    for row in rates.to_dict("records"):
        assert by_name[row["name"]]["rate"] == pytest.approx(row["rate"], abs=1e-6)
        assert by_name[row["name"]]["verdict"] == row["verdict"]
    assert [block["name"] for block in report["by"]] == ["First source", "Month"]


def test_leads_without_outcome_are_counted_by_their_scores_or_refused(sample: SampleLeads, trained: LeadModel) -> None:
    report = source_report(sample.new, model=trained)
    assert report["counted"] == "expected"
    assert report["known"] == 0
    with pytest.raises(LabelError, match="no outcome to count, and nothing scored them"):
        source_report(sample.new)
    with pytest.raises(LabelError, match="no outcome to count"):
        source_report(sample.labelled.head(0), model=trained)


@pytest.mark.parametrize("rows", [1, 2, 30])
def test_a_few_leads_are_no_fault(sample: SampleLeads, trained: LeadModel, rows: int) -> None:
    few = sample.labelled.head(rows)
    for model, counted in ((None, "completed"), (trained, "expected")):
        report = source_report(few, ["source", "month"], model=model)
        assert report["counted"] == counted
        assert report["segments_below"] == report["segments_above"] == []
        assert all(g["verdict"] != "Over-delivers" for block in report["by"] for g in block["groups"]) or rows == 30


@pytest.mark.parametrize(
    "left_out", [["created_date"], ["city_mapped", "first_platform_c"], ["total_leads_droppped", "referred_lead"]]
)
def test_columns_that_a_list_lacks_are_not_offered(sample: SampleLeads, left_out: list[str]) -> None:
    report = source_report(sample.labelled.drop(columns=left_out), ["source"])
    assert report["n"] == len(sample.labelled)
    assert report["by"][0]["groups"][0]["residual"] is not None
    gone = {"created_date": "month", "city_mapped": "city", "total_leads_droppped": "times contacted"}[left_out[0]]
    with pytest.raises(LeadScoreError, match="cannot be grouped by"):
        source_report(sample.labelled.drop(columns=left_out), [gone])


def test_quotes_markup_and_other_scripts_in_names_are_counted_as_they_are(sample: SampleLeads) -> None:
    odd = ["'; DROP TABLE leads;--", 'a "quoted" <b>name</b>', "आशा 🎓"]
    frame = sample.labelled.head(300).assign(first_utm_source_c=odd * 100)
    groups = source_report(frame, ["source"])["by"][0]["groups"]
    assert {g["value"]: g["n"] for g in groups} == dict.fromkeys(odd, 100)


def test_the_report_is_one_file_that_needs_nothing_else(sources: SourceView) -> None:
    scope = Scope(SOURCE, chosen=narrow_to(EVERYBODY, {"city_tier": "1"}))
    text = make_report(sources, scope, at=datetime(2026, 11, 1, 9, 30, tzinfo=UTC)).decode("utf-8")
    assert len(text) < 3_000_000
    assert not re.search(r'(?:src|href)="(?!data:)', text)
    assert "<script" not in text
    assert "With outcomes, City tier: Tier 1." in text
    assert "Made 1 Nov 2026, 09:30 UTC" in text
    assert text.count("data:image/svg+xml;base64,") >= 5
    rates = rate_by(sources, [SOURCE], scope.chosen, "completed")
    assert f"{rates.totals['known']:,.0f} with a known outcome" in text
    assert "Ranked at" in text
    assert "@page" in text


def test_markup_in_a_name_stays_text_in_the_report(
    sample: SampleLeads, tmp_path: Path, trained: LeadModel, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> list[bytes]:
        raise FigureError("No browser here.")

    monkeypatch.setattr("leadscore_core.analytics.report_html.draw_images", none)
    nasty = "<script>alert(1)</script>"
    view = keep(sample.labelled.head(400).assign(**{SOURCE: [nasty, "b"] * 200}), tmp_path, trained)
    text = make_report(view, Scope(SOURCE)).decode("utf-8")
    assert nasty not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "The figures are left out. No browser here." in text
