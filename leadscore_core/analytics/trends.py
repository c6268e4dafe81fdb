"""Trends and flows: how rates went over time, and how leads pass from source to grade to outcome."""

from dataclasses import dataclass

import pandas as pd

from leadscore_core.analytics.sources import EVERYBODY, MOST_LEVELS, Counted, SourceView, count_outcomes
from leadscore_core.analytics.statistics.changes import find_changes
from leadscore_core.confidence import wilson_intervals
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.small_groups import without_small
from leadscore_core.storage.leads.source_table import OTHERS

WEEK, MONTH, GRADE = "ls_week", "ls_month", "ls_grade"
_LEAST_MONTHS = 3


def trend_weeks(view: SourceView, chosen: LeadFilter, counted: Counted) -> pd.DataFrame:
    """Return the rate of each week, beside that of its month.

    Returns
    -------
    pandas.DataFrame
        ``week`` (its Monday), ``n``, ``k``, ``rate``, ``low``, ``high`` (0-1, Wilson 95%), ``month_rate`` (of all leads
        of the Monday's month, whatever is filtered); empty where leads have no date.
    """
    if WEEK not in view.dimensions:
        return pd.DataFrame(columns=["week", "n", "k", "rate", "low", "high", "month_rate"])
    weeks = count_outcomes(view.table.groups([WEEK], chosen), counted).dropna(subset=[WEEK])
    weeks = weeks[weeks["n"] > 0].sort_values(WEEK).reset_index(drop=True)
    months = count_outcomes(view.table.groups([MONTH], EVERYBODY), counted).dropna(subset=[MONTH]).set_index(MONTH)
    low, high = wilson_intervals(weeks["k"].to_numpy("float64"), weeks["n"].to_numpy("float64"))
    week = pd.to_datetime(weeks[WEEK])
    of_month = (months["k"] / months["n"].where(months["n"] > 0)).reindex(week.dt.strftime("%Y-%m"))
    return pd.DataFrame(
        {
            "week": week,
            "n": weeks["n"],
            "k": weeks["k"],
            "rate": weeks["k"] / weeks["n"],
            "low": low,
            "high": high,
            "month_rate": of_month.to_numpy("float64"),
        }
    )


@dataclass(frozen=True, eq=False)
class GroupTrend:
    """How the rates of groups went over time.

    Attributes
    ----------
    period
        ``month``, or ``week`` where the leads are of fewer than three months.
    cells
        ``group`` (NaN where blank), ``period`` (text that sorts), ``n``, ``k``, ``rate``, ``low``, ``high`` (Wilson
        95%) of leads with a date.
    total
        The same of all leads.
    changes
        As from `find_changes`.
    """

    period: str
    cells: pd.DataFrame
    total: pd.DataFrame
    changes: pd.DataFrame


def trend_groups(view: SourceView, by: str, chosen: LeadFilter, counted: Counted) -> GroupTrend | None:
    """Return how the rate of each group went month by month; None where leads have no date or are grouped by it."""
    if MONTH not in view.dimensions or by in (MONTH, WEEK):
        return None
    unit = MONTH
    total = _cells(view, [MONTH], chosen, counted)
    if len(total) < _LEAST_MONTHS:
        unit, total = WEEK, _cells(view, [WEEK], chosen, counted)
    cells = _cells(view, [by, unit], chosen, counted).rename(columns={by: "group", unit: "period"})
    return GroupTrend(
        "month" if unit == MONTH else "week", cells, total.rename(columns={unit: "period"}), find_changes(cells)
    )


def _cells(view: SourceView, dimensions: list[str], chosen: LeadFilter, counted: Counted) -> pd.DataFrame:
    """Count leads by groups and periods, without those whose date or outcome is not known."""
    cells = count_outcomes(view.table.groups(dimensions, chosen), counted).dropna(subset=[dimensions[-1]])
    cells = cells[cells["n"] > 0].sort_values(dimensions[-1], kind="stable").reset_index(drop=True)
    low, high = wilson_intervals(cells["k"].to_numpy("float64"), cells["n"].to_numpy("float64"))
    return cells[[*dimensions, "n", "k"]].assign(rate=cells["k"] / cells["n"], low=low, high=high)


def flow_leads(view: SourceView, by: str, chosen: LeadFilter, counted: Counted) -> pd.DataFrame:
    """Return leads by group, grade and whether they convert: those counted, the seven largest groups and all others.

    Returns
    -------
    pandas.DataFrame
        ``group`` (for people), ``grade``, ``leads`` and ``applications``.
    """
    shown_values = {by: view.table.values(by, chosen, MOST_LEVELS)}
    counts = count_outcomes(without_small(view.table.groups([by, GRADE], chosen, levels=shown_values), by), counted)
    counts = counts[counts["n"] > 0]
    order = [view.shown(by, value) for value in shown_values[by]] + [OTHERS]
    table = pd.DataFrame(
        {
            "group": [view.shown(by, None if pd.isna(value) else str(value)) for value in counts[by]],
            "grade": counts[GRADE],
            "leads": counts["n"],
            "applications": counts["k"].astype("float64"),
        }
    )
    return table.sort_values("group", key=lambda g: g.map(order.index), kind="stable").reset_index(drop=True)
