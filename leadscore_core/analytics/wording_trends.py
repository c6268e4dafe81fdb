"""Trends in words: the largest change of a group, and two periods beside each other."""

from datetime import date

import numpy as np
import pandas as pd

from leadscore_core.analytics.sentences.trends import TRENDS
from leadscore_core.analytics.sources import Rates, Scope, SourceView, count_outcomes
from leadscore_core.analytics.statistics.changes import difference_interval
from leadscore_core.analytics.trends import MONTH, WEEK, GroupTrend
from leadscore_core.analytics.wording import HIGH, LOW, counted_title, rate_title
from leadscore_core.days import say_day
from leadscore_core.percent import percent, rate_decimals, signed
from leadscore_core.storage.leads.filters import LeadFilter


def describe_change(view: SourceView, scope: Scope, trend: GroupTrend) -> str:
    """Say which group changed most, if that can be told from luck among all that were looked at."""
    human, changes = view.dimensions[scope.by].lower(), trend.changes
    if not scope.is_known:
        return TRENDS["expected"]()
    if changes.empty:
        return TRENDS["too_few"](human=human)
    row = changes.iloc[0]
    if not row["certain"]:
        return TRENDS["none"](human=human, groups=f"{len(changes):,}")
    total = trend.total.set_index("period")["rate"]
    average = float(trend.total["k"].sum() / trend.total["n"].sum())
    decimals = rate_decimals(average, 1)
    return TRENDS["largest"](
        name=view.shown(scope.by, None if pd.isna(row["group"]) else row["group"]),
        way="rose" if row["change"] > 0 else "fell",
        first=percent(row["k_first"] / row["n_first"], average, 1),
        first_when=shown_period(view, trend, row["first"]),
        n_first=f"{row['n_first']:,.0f}",
        last=percent(row["k_last"] / row["n_last"], average, 1),
        last_when=shown_period(view, trend, row["last"]),
        n_last=f"{row['n_last']:,.0f}",
        change=signed(100 * row["change"], decimals),
        low=signed(100 * row["low"], decimals),
        high=signed(100 * row["high"], decimals),
        groups=f"{len(changes):,}",
        all_first=percent(total[row["first"]], average, 1),
        all_last=percent(total[row["last"]], average, 1),
    )


def shown_period(view: SourceView, trend: GroupTrend, period: str) -> str:
    """Return a month or a week as people read it."""
    return view.shown(MONTH, period) if trend.period == "month" else f"the week of {view.shown(WEEK, period)}"


def present_trend(view: SourceView, scope: Scope, trend: GroupTrend) -> pd.DataFrame:
    """Lay the rates of groups over time out as people read them."""
    cells = trend.cells
    columns: dict[str, object] = {
        view.dimensions[scope.by]: [view.shown(scope.by, None if pd.isna(g) else str(g)) for g in cells["group"]],
        trend.period.capitalize(): [shown_period(view, trend, period) for period in cells["period"]],
        "Leads": cells["n"],
        counted_title(view.words, scope.counted): cells["k"],
        rate_title(scope.counted): 100 * cells["rate"],
    }
    if scope.is_known:
        columns |= {LOW: 100 * cells["low"], HIGH: 100 * cells["high"]}
    return pd.DataFrame(columns).sort_values(view.dimensions[scope.by], kind="stable").reset_index(drop=True)


def describe_comparison(view: SourceView, scope: Scope, rates: Rates) -> str:
    """Say which periods are compared, and how the rate of all their leads changed; empty where none are."""
    if scope.before is None:
        return ""
    days = {"now": _days(view, scope.chosen), "before": _days(view, scope.before)}
    then = count_outcomes(view.table.totals(scope.before).to_frame().T, scope.counted).iloc[0]
    now = rates.totals
    if not now["n"] or not then["n"]:
        return TRENDS["compared_empty"](**days)
    average, decimals = rates.average, rate_decimals(rates.average, 1)
    figures = {
        "rate": percent(now["k"] / now["n"], average, 1),
        "n": f"{now['n']:,.0f}",
        "rate_before": percent(then["k"] / then["n"], average, 1),
        "n_before": f"{then['n']:,.0f}",
    }
    if not scope.is_known:
        return TRENDS["compared_expected"](**days, **figures)
    counts = (np.array([float(row[name])]) for row in (now, then) for name in ("k", "n"))
    low, high = difference_interval(*counts)
    change = now["k"] / now["n"] - then["k"] / then["n"]
    ends = {"change": change, "low": float(low[0]), "high": float(high[0])}
    return TRENDS["compared"](**days, **figures, **{name: signed(100 * end, decimals) for name, end in ends.items()})


def _days(view: SourceView, chosen: LeadFilter) -> str:
    first, last = view.table.period()
    start: date = chosen.created_from or first.date()
    end: date = chosen.created_to or last.date()
    return f"{say_day(start)} to {say_day(end)}"
