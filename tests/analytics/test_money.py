"""Money: nothing that was spent is lost, nothing is divided by nothing, and a moved budget is told honestly."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from leadscore_core.analytics.statistics.costs import best_match, cost_groups, move_budget, share_in_period

GROUPS = pd.DataFrame(
    {
        "group": ["News", "fair", None, "dead"],
        "leads": [100, 50, 10, 40],
        "hot": [20, 0, 1, 0],
        "junk": [10, 25, 9, 40],
        "n": [100, 50, 10, 40],
        "k": [50, 10, 0, 0],
    }
)


def spend(**amounts: float) -> pd.DataFrame:
    return pd.DataFrame({"name": list(amounts), "start": pd.NaT, "end": pd.NaT, "amount": list(amounts.values())})


def test_costs_and_what_is_left_over() -> None:
    costs = cost_groups(spend(news=1_000.0, fair=200.0, dead=80.0, radio=5.0), GROUPS, None, None)
    table = costs.table.set_index("group")
    assert table.index.tolist() == ["News", "fair", "dead"]
    assert table.loc["News", ["cost_per_lead", "cost_per_hot", "cost_per_application", "on_junk"]].tolist() == [
        10,
        50,
        20,
        100,
    ]
    assert table.at["News", "cost_low"] < 20 < table.at["News", "cost_high"]
    assert np.isnan(table.at["fair", "cost_per_hot"])
    assert np.isnan(table.at["dead", "cost_per_application"])
    assert table.at["dead", "cost_high"] == np.inf
    assert table.at["dead", "on_junk"] == 80
    assert costs.unmatched[["name", "amount"]].values.tolist() == [["radio", 5.0]]
    assert costs.unpaid["leads"].tolist() == [10]
    assert costs.spent + costs.unmatched["amount"].sum() == 1_285


def test_spend_outside_the_dates_is_listed_and_spend_across_them_is_shared() -> None:
    rows = pd.DataFrame(
        {
            "name": ["News", "News", "fair"],
            "start": pd.to_datetime(["2026-03-01", "2026-04-01", "2025-01-01"]),
            "end": pd.to_datetime(["2026-03-31", "2026-04-30", "2025-01-31"]),
            "amount": [310.0, 300.0, 99.0],
        }
    )
    costs = cost_groups(rows, GROUPS, date(2026, 3, 22), date(2026, 4, 10))
    assert costs.table["spend"].tolist() == pytest.approx([100 + 100])
    assert set(costs.unmatched["why"]) == {"is outside the dates shown"}
    assert costs.spent + costs.unmatched["amount"].sum() == pytest.approx(310 + 300 + 99), "nothing is lost"
    assert share_in_period(rows, None, None).tolist() == [1, 1, 1]


def test_names_match_whatever_their_case_and_the_better_column_wins() -> None:
    assert best_match(["NEWS ", "Fair"], {"source": ["news", "fair"], "medium": ["news"]}) == "source"
    assert cost_groups(spend(**{" NEWS": 1.0}), GROUPS, None, None).table["group"].tolist() == ["News"]


def test_a_moved_budget_gains_where_it_should_and_says_how_unsure_that_is() -> None:
    costs = cost_groups(spend(news=100.0, fair=1_000.0), GROUPS, None, None).table
    gain = move_budget(costs, "fair", "News", 0.2)
    assert gain.amount == 200
    assert gain.grows == 3
    assert 0 < gain.low < gain.change < gain.high
    assert gain.change < 50 * 2, "less than proportional growth"
    back = move_budget(costs, "News", "fair", 0.5)
    assert back.change < 0
    assert move_budget(costs, "fair", "News", 0.0).change == 0
    assert move_budget(costs, "fair", "News", 0.2) == gain


def test_at_full_elasticity_a_budget_is_worth_what_it_was() -> None:
    costs = pd.DataFrame({"group": ["a", "b"], "spend": 100.0, "leads": 2e6, "n": 2e6, "k": 1e6})
    assert move_budget(costs, "a", "b", 0.5).high <= 1.02e6 * 0.5


def test_names_that_differ_in_case_share_their_spend_once() -> None:
    twice = pd.concat([GROUPS, GROUPS.assign(group=GROUPS["group"].str.upper())], ignore_index=True)
    costs = cost_groups(spend(news=1_000.0), twice, None, None)
    assert costs.spent == 1_000
    assert costs.table[["leads", "cost_per_lead"]].to_numpy().tolist() == [[200, 5]]


def test_few_known_outcomes_make_a_moved_budget_less_sure() -> None:
    costs = pd.DataFrame({"group": ["a", "b"], "spend": 100.0, "leads": 1_000})
    sure = move_budget(costs.assign(n=1_000, k=500), "a", "b", 0.5)
    unsure = move_budget(costs.assign(n=20, k=10), "a", "b", 0.5)
    assert unsure.high - unsure.low > sure.high - sure.low
