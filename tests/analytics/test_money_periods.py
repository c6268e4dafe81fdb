"""Money by period: simulated spend with gaps and a known true cost; what is missing is told, never divided."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.analytics.report_html import make_report
from leadscore_core.analytics.report_json import open_source_view
from leadscore_core.analytics.sources import Scope, SourceView
from leadscore_core.analytics.spend import Move, as_json, count_money
from leadscore_core.analytics.statistics.costs import LEAST_OUTCOMES
from leadscore_core.analytics.statistics.spend_days import NO_LEADS, cost_by_days
from leadscore_core.analytics.wording import present_costs
from leadscore_core.analytics.wording_money import (
    describe_missing,
    describe_money,
    describe_move,
    describe_period,
    present_missing,
)
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.schema import Column, LeadSchema, Role
from leadscore_core.data.spend import Spend, read_spend
from leadscore_core.errors import FigureError, SpendError
from tests.analytics.test_without_source import LABEL

SCHEMA = LeadSchema(
    name="gaps",
    title="Gaps",
    version=1,
    columns=(
        Column(name="came", role=Role.TIMESTAMP, human="Came"),
        Column(name="origin", role=Role.SOURCE, human="Origin"),
        LABEL,
    ),
)
TRUE_COST = {"News": 40.0, "Fair": 250.0}
PAID = {"News": ("2025-07", "2025-08", "2025-09"), "Fair": ("2025-09", "2025-12")}
MONTHS = pd.period_range("2025-07", "2026-01", freq="M").astype(str).tolist()


def leads(seed: int) -> pd.DataFrame:
    """Leads of seven months from three sources; the list starts on 24 July."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2025-07-24", "2026-01-31")
    came = rng.choice(days, 4_000)
    origin = rng.choice(["News", "Fair", "Friends"], 4_000, p=[0.5, 0.2, 0.3])
    won = rng.random(4_000) < np.select([origin == "News", origin == "Fair"], [0.6, 0.2], 0.4)
    return pd.DataFrame({"came": came.astype("datetime64[D]").astype(str), "origin": origin, "won": won.astype(int)})


def spend_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Spend of some months, so much that every conversion of a day cost what is true of its source."""
    month, rows = frame["came"].str[:7], []
    for source, paid in PAID.items():
        for name in paid:
            won = frame.loc[(frame["origin"] == source) & (month == name), "won"].sum()
            whole = pd.Period(name).days_in_month
            came = 8 if name == "2025-07" else whole
            rows.append((source, name, TRUE_COST[source] * won * whole / came))
    rows += [("News", "2025-05", 999.0), ("radio", "2025-10", 77.0)]
    return pd.DataFrame(rows, columns=["Source", "Month", "Amount (EUR)"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    frame = leads(3)
    path = tmp_path_factory.mktemp("gaps") / "leads.csv"
    frame.to_csv(path, index=False)
    with open_source_view(open_list(path, SCHEMA), None, load_settings()) as view:
        yield view, frame, read_spend(spend_of(frame))


def test_the_true_cost_is_found_in_spite_of_gaps(world: tuple[SourceView, pd.DataFrame, Spend]) -> None:
    view, frame, spend = world
    costs = count_money(view, Scope("origin"), spend).costs
    table = costs.table.set_index("group")
    for source, cost in TRUE_COST.items():
        assert table.at[source, "cost_per_application"] == pytest.approx(cost)
        inside = frame["came"].str[:7].isin(PAID[source]) & (frame["origin"] == source)
        assert table.at[source, "leads"] == inside.sum()
    assert costs.spent + costs.unmatched["amount"].sum() == pytest.approx(spend.rows["amount"].sum())
    assert table["leads"].sum() + costs.unpaid["leads"].sum() == len(frame)


def test_what_is_missing_is_told_by_source_and_period(world: tuple[SourceView, pd.DataFrame, Spend]) -> None:
    view, _, spend = world
    money = count_money(view, Scope("origin"), spend)
    missing = {(row["name"], row["period"]) for row in money.costs.unmatched.to_dict("records")}
    assert {("News", "May 2025, Jul 2025"), ("radio", "Oct 2025")} == missing
    unpaid = dict(zip(money.costs.unpaid["group"], money.costs.unpaid["period"], strict=True))
    assert unpaid == {
        "Fair": "Jul 2025 to Aug 2025, Oct 2025 to Nov 2025, Jan 2026",
        "Friends": "Jul 2025 to Jan 2026",
        "News": "Oct 2025 to Jan 2026",
    }
    said = " ".join(describe_missing(view, money))
    assert "radio, Oct 2025" in said
    assert "Friends, Jul 2025 to Jan 2026" in said
    table = present_missing(view, money)
    assert len(table) == 5
    assert table["Spend (EUR)"].sum() == pytest.approx(money.costs.unmatched["amount"].sum())


def test_a_month_with_spend_in_which_no_lead_of_the_group_came_is_told_and_not_divided() -> None:
    days = pd.DataFrame({"group": "News", "day": ["2026-01-05", "2026-03-09"], "leads": 10, "hot": 1, "junk": 1})
    rows = pd.DataFrame({"name": ["News"] * 2, "amount": [50.0, 70.0]})
    rows["start"] = pd.to_datetime(["2026-01-01", "2026-02-01"])
    rows["end"] = pd.to_datetime(["2026-01-31", "2026-02-28"])
    costs = cost_by_days(rows, days.assign(n=10, k=5), [(date(2026, 1, 1), date(2026, 3, 31))])
    assert costs.table[["spend", "leads"]].values.tolist() == [[pytest.approx(50.0), 10]]
    assert costs.unmatched[["period", "amount", "why"]].values.tolist() == [["Feb 2026", 70.0, NO_LEADS]]
    assert costs.unpaid[["period", "leads"]].values.tolist() == [["Mar 2026", 10]]


def test_lists_with_a_gap_between_them_take_no_spend_of_the_gap() -> None:
    days = pd.DataFrame({"group": "a", "day": ["2026-01-05", "2026-01-25"], "leads": 10, "hot": 1, "junk": 1})
    rows = pd.DataFrame({"name": ["a"], "amount": [310.0], "start": pd.to_datetime(["2026-01-01"])})
    rows["end"] = pd.to_datetime(["2026-01-31"])
    spans = [(date(2026, 1, 1), date(2026, 1, 10)), (date(2026, 1, 22), date(2026, 1, 31))]
    assert cost_by_days(rows, days.assign(n=10, k=5), spans).table["spend"].tolist() == [pytest.approx(200.0)]


def test_spend_without_a_period_counts_whole_for_all_leads(world: tuple[SourceView, pd.DataFrame, Spend]) -> None:
    view, frame, _ = world
    money = count_money(view, Scope("origin"), read_spend(pd.DataFrame({"Origin": ["news"], "Cost": ["500"]})))
    table = money.costs.table
    assert table["spend"].tolist() == [pytest.approx(500)]
    assert table["leads"].tolist() == [(frame["origin"] == "News").sum()]
    assert "without dates nothing tells" in describe_money(money, view.words, "completed")
    assert describe_period(view, Scope("origin"), money) == "", "nothing is set against each other by days"


def test_spend_named_with_other_spaces_and_hyphens_is_matched_and_said(
    world: tuple[SourceView, pd.DataFrame, Spend],
) -> None:
    view, _, _ = world
    spend = read_spend(pd.DataFrame({"Origin": ["ne-ws", "Fair", "radio"], "Cost": ["500", "20", "7"]}))
    money = count_money(view, Scope("origin"), spend)
    assert money.costs.table.set_index("group")["spend"].to_dict() == pytest.approx({"News": 500, "Fair": 20})
    assert money.costs.unmatched["name"].tolist() == ["radio"]
    assert "ne-ws as News" in describe_period(view, Scope("origin"), money)


def test_money_is_numbers_that_sort(world: tuple[SourceView, pd.DataFrame, Spend]) -> None:
    view, _, spend = world
    money = count_money(view, Scope("origin"), spend)
    shown = present_costs(money.costs, spend.currency, view.words)
    for name in shown.columns.drop("Group"):
        assert pd.api.types.is_numeric_dtype(shown[name]), name
    assert np.isfinite(shown.drop(columns="Group").to_numpy("float64")).all()


def test_what_is_only_expected_has_no_interval_of_costs(world: tuple[SourceView, pd.DataFrame, Spend]) -> None:
    view, _, spend = world
    money = count_money(view, Scope("origin"), spend)
    shown = present_costs(money.costs, "EUR", view.words, "expected")
    assert not any("95%" in name for name in shown.columns)
    assert "Per conversion expected (EUR)" in shown
    assert "is expected to cost" in describe_money(money, view.words, "expected")


def test_a_cost_is_named_with_its_interval_and_only_of_groups_with_enough_outcomes(
    world: tuple[SourceView, pd.DataFrame, Spend],
) -> None:
    view, _, spend = world
    money = count_money(view, Scope("origin"), spend)
    assert "Only days count" in describe_period(view, Scope("origin"), money)
    said = describe_money(money, view.words, "completed")
    assert re.search(
        r"costs 40\.00 from News \(95% interval 3\d\.\d+ to 4\d\.\d+; [\d,]+ conversions of [\d,]+ leads\)", said
    )
    fair = money.costs.table["group"] == "Fair"
    for few, named in ((fair, ["News"]), (~fair, ["Fair"]), (fair | True, [])):
        table = money.costs.table.assign(k=money.costs.table["k"].mask(few, LEAST_OUTCOMES - 1))
        small = replace(money, costs=replace(money.costs, table=table))
        for counted in ("completed", "expected"):
            said = describe_money(small, view.words, counted)  # type: ignore[arg-type]
            assert [name for name in ("News", "Fair") if name in said] == named
            assert "10 conversions" in said
            assert "nterval" not in said or counted == "completed"


def test_a_moved_budget_that_changes_nothing_is_written_as_nothing(
    world: tuple[SourceView, pd.DataFrame, Spend],
) -> None:
    view, _, spend = world
    said = describe_move(count_money(view, Scope("origin"), spend, Move("Fair", "News", 0.0001)), view.words)
    assert "-0" not in said
    assert "+0" not in said


def test_a_moved_budget_is_in_the_report_and_in_json(
    world: tuple[SourceView, pd.DataFrame, Spend], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> list[bytes]:
        raise FigureError("No browser here.")

    monkeypatch.setattr("leadscore_core.analytics.report_html.draw_images", none)
    view, _, spend = world
    money = count_money(view, Scope("origin"), spend, Move("Fair", "News", 0.2))
    text = make_report(view, Scope("origin"), money=money).decode("utf-8")
    assert "from Fair to News" in text
    assert "Leads without spend, not counted" in text
    report = as_json(money)
    assert report["move"]["low"] < report["move"]["change"] < report["move"]["high"]
    assert report["currency"] == "EUR"
    with pytest.raises(SpendError, match="No budget can be moved from or to 'radio'"):
        count_money(view, Scope("origin"), spend, Move("radio", "News", 0.2))


def test_the_command_line_sets_spend_against_leads(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    frame = leads(3).rename(
        columns={"came": "created_date", "origin": "first_utm_source_c", "won": "app_complete_flag"}
    )
    frame.to_csv(tmp_path / "leads.csv", index=False)
    wide = pd.DataFrame({"Wer": ["News", "Fair"], "Sep": ["4000", "9000"], "Dec": ["", "7000"]})
    wide.to_csv(tmp_path / "spend.csv", index=False)
    words = ("sources", tmp_path / "leads.csv", "--spend", tmp_path / "spend.csv", "--spend-column", "name=Wer")
    code, _, wrong = run(*words)
    assert code == 2
    assert "--spend-year" in wrong
    code, said, _ = run(*words, "--spend-year", 2025, "--move", "Fair:News:20", "--json", tmp_path / "out.json")
    assert code == 0
    assert "were spent in periods that have leads too" in said
    assert "from Fair to News" in said
    assert re.search(r"\n  Fair +[\d,]+ +[\d,]+ +[\d,]+  [\d.,]+ \([\d.,]+ to [\d.,]+\)\n", said)
    code, said, _ = run("spend", tmp_path / "spend.csv", "--column", "name=Wer", "--spend-year", 2025)
    assert code == 2 or "20,000.00" in said
