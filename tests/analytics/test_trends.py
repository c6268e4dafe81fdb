"""Trends: a change is named where it is one, of many groups hardly ever where there is none; periods are compared."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from leadscore_core.analytics.charts import show_group_trend
from leadscore_core.analytics.report_json import describe
from leadscore_core.analytics.sources import EVERYBODY, Scope, SourceView, rate_by
from leadscore_core.analytics.statistics.changes import difference_interval, find_changes
from leadscore_core.analytics.trends import trend_groups
from leadscore_core.analytics.wording_trends import describe_change, describe_comparison
from leadscore_core.data.synthetic import SampleLeads

SOURCE = "first_utm_source_c"


def test_intervals_of_changes_are_newcombes() -> None:
    low, high = difference_interval(*(np.array([x]) for x in (56.0, 70.0, 48.0, 80.0)))
    theirs = confint_proportions_2indep(56, 70, 48, 80, method="newcomb")
    assert (low[0], high[0]) == pytest.approx(theirs)


def simulate(seed: int, rates: dict[str, tuple[float, float]], n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        (name, period, n, rng.binomial(n, rate))
        for name, ends in rates.items()
        for period, rate in zip(("2026-01", "2026-02"), ends, strict=True)
    ]
    return pd.DataFrame(rows, columns=["group", "period", "n", "k"])


def test_of_many_groups_without_a_change_hardly_ever_one_is_named() -> None:
    flat = {f"s{i}": (0.4, 0.4) for i in range(25)}
    named = [find_changes(simulate(seed, flat))["certain"].any() for seed in range(100)]
    assert np.mean(named) <= 0.08


def test_the_group_that_fell_is_named_first_with_the_change_in_its_interval() -> None:
    rates = {f"s{i}": (0.4, 0.4) for i in range(20)} | {"fell": (0.44, 0.1)}
    for seed in range(20):
        row = find_changes(simulate(seed, rates)).iloc[0]
        assert row["group"] == "fell"
        assert row["certain"]
        assert row["low"] < -0.34 < row["high"] < 0


def test_periods_of_a_few_leads_tell_nothing() -> None:
    cells = pd.DataFrame({"group": "a", "period": ["1", "2", "3"], "n": [29, 500, 29], "k": [29, 250, 0]})
    assert find_changes(cells).empty


def test_the_change_of_a_source_is_told_in_words(sources: SourceView, sample: SampleLeads) -> None:
    trend = trend_groups(sources, SOURCE, EVERYBODY, "completed")
    assert trend is not None
    leads = sample.labelled
    month = leads["created_date"].astype(str).str[:7]
    direct = leads["app_complete_flag"].astype(int).groupby([leads[SOURCE].fillna(""), month]).agg(["size", "sum"])
    cells = trend.cells.assign(group=trend.cells["group"].fillna("")).set_index(["group", "period"])
    assert cells["n"].to_dict() == direct["size"].to_dict()
    assert cells["k"].to_dict() == direct["sum"].to_dict()
    said = describe_change(sources, Scope(SOURCE), trend)
    row = trend.changes.iloc[0]
    assert ("changed by more than luck" in said) != bool(row["certain"])
    assert describe_change(sources, Scope(SOURCE, counted="expected"), trend).startswith("Expected rates")
    shown = show_group_trend(sources, Scope(SOURCE))
    assert shown.figure is not None
    assert shown.figure.layout.showlegend
    assert len(shown.figure.data) == 8
    (block,) = describe(sources, [SOURCE])["by"]
    assert (block["largest_change"] is not None) == bool(row["certain"])


def test_two_periods_are_compared_with_their_days_and_an_interval(sources: SourceView) -> None:
    now = replace(EVERYBODY, created_from=date(2026, 5, 1), created_to=date(2026, 5, 31))
    before = replace(EVERYBODY, created_from=date(2026, 4, 1), created_to=date(2026, 4, 30))
    scope = Scope(SOURCE, chosen=now, before=before)
    rates = rate_by(sources, [SOURCE], now, "completed", before=before)
    said = describe_comparison(sources, scope, rates)
    assert said.startswith("Compared: 1 May 2026 to 31 May 2026 with 1 Apr 2026 to 30 Apr 2026.")
    then = sources.table.totals(before)
    change = 100 * (rates.average - then["completed"] / then["known"])
    assert f"{change:+.1f} points (95% interval" in said
    empty = replace(scope, before=replace(EVERYBODY, created_from=date(2020, 1, 1), created_to=date(2020, 1, 2)))
    assert "no lead to count" in describe_comparison(sources, empty, rates)
