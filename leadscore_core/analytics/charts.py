"""Evidence of sources: each figure with its table, for the screen and for the report."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from leadscore_core.analytics.dimension_names import TIMES
from leadscore_core.analytics.sentences.trends import TRENDS
from leadscore_core.analytics.sources import MOST_LEVELS, Rates, Scope, SourceView, count_outcomes
from leadscore_core.analytics.statistics.decomposition import GapSplit
from leadscore_core.analytics.trends import flow_leads, trend_groups, trend_weeks
from leadscore_core.analytics.wording import (
    HIGH,
    LOW,
    chart_rows,
    counted_title,
    describe_scope,
    present_rates,
    rate_title,
    rates_title,
    say_title,
    unit,
    whose_average,
)
from leadscore_core.analytics.wording_gaps import describe_gap, describe_verdict, gap_components, present_gaps
from leadscore_core.analytics.wording_trends import present_trend, shown_period
from leadscore_core.data.schema.schema import Role
from leadscore_core.days import say_day
from leadscore_core.outcome import capital
from leadscore_core.percent import percent, share_percent
from leadscore_core.plots.drivers import plot_interaction
from leadscore_core.plots.sources import plot_bubbles, plot_flow, plot_gap, plot_group_trend, plot_rates, plot_trend
from leadscore_core.storage.leads.filters import BLANK
from leadscore_core.storage.leads.small_groups import without_small
from leadscore_core.storage.leads.source_table import OTHERS

_MOST_BUBBLES = 60


@dataclass(frozen=True)
class Evidence:
    """A figure and the table that it draws.

    Attributes
    ----------
    name
        For file names and keys.
    title
        What it shows, in words.
    figure
        None where there is nothing to draw.
    table
        As people read it.
    values
        Mark of the figure -> dimension -> the value that it stands for, for a click.
    about
        Which leads it shows: their list, dates, filter and number; an image says so too.
    """

    name: str
    title: str
    figure: go.Figure | None
    table: pd.DataFrame
    values: dict[str, dict[str, str]]
    about: str = ""


def _evidence(
    view: SourceView,
    scope: Scope,
    name: str,
    title: str,
    figure: go.Figure | None,
    table: pd.DataFrame,
    values: dict[str, dict[str, str]] | None = None,
) -> Evidence:
    """Return evidence that says which leads it shows."""
    return Evidence(name, title, figure, table, values or {}, describe_scope(view, scope))


def show_rates(view: SourceView, scope: Scope, rates: Rates) -> Evidence:
    """Draw the rates of the largest groups, beside those of another period or those expected where they are known."""
    rows = chart_rows(view, rates)
    if "before_rate" in rows:
        rows = rows.assign(compared=rows["before_rate"], compared_name=period_before(scope))
    elif scope.counted == "completed" and rows["expected_known"].sum() > 0:
        expected = rows["expected_known"] / rows["foreseen_known"].where(rows["foreseen_known"] > 0)
        rows = rows.assign(compared=expected, compared_name="Expected of these leads")
    if scope.counted == "expected":
        rows = rows.drop(columns=["low", "high"])
    title = rates_title(view, rates, len(rows))
    ordered = len(rates.by) == 1 and view.is_ordered(rates.by[0])
    figure = (
        plot_rates(
            rows, rates.average, title, unit(view, scope), ordered=ordered, whose=whose_average(view, scope.chosen)
        )
        if len(rows)
        else None
    )
    return _evidence(view, scope, "rates", title, figure, present_rates(view, rates), _marks(rates.by, rows))


def period_before(scope: Scope) -> str:
    """Name the period that is compared with by its days."""
    before = scope.before
    if before is None or before.created_from is None or before.created_to is None:
        return "The other period"
    return f"{say_day(before.created_from)} to {say_day(before.created_to)}"


def show_bubbles(view: SourceView, scope: Scope, rates: Rates) -> Evidence:
    """Draw volume against rate."""
    rows = rates.table[(rates.table[rates.by[0]] != OTHERS) & (rates.table["n"] > 0)].head(_MOST_BUBBLES)
    human = view.dimensions[rates.by[0]].lower()
    title = say_title("volume", scope.counted, plural=view.words.plural, human=human)
    if len(rates.table) > len(rows):
        title += f" (the {len(rows)} largest of {rates.groups:,})"
    figure = (
        plot_bubbles(rows, rates.average, title, unit(view, scope), view.words, whose=whose_average(view, scope.chosen))
        if len(rows) > 1
        else None
    )
    return _evidence(view, scope, "volume", title, figure, present_rates(view, rates), _marks(rates.by, rows))


def _marks(by: tuple[str, ...], rows: pd.DataFrame) -> dict[str, dict[str, str]]:
    values = [rows[d].astype("object").where(rows[d].notna(), BLANK).map(str) for d in by]
    return {
        name: dict(zip(by, group, strict=True)) for name, *group in zip(rows["name"].tolist(), *values, strict=True)
    }


def cross_dimension(view: SourceView, scope: Scope) -> str | None:
    """Return what a heatmap crosses the groups with: as chosen, else the platform, the city tier or a category."""
    offered = [scope.across, view.first(Role.PLATFORM), "city_tier", view.first(Role.MEDIUM), *view.main]
    return next((d for d in offered if d in view.dimensions and d != scope.by), None)


def show_heatmap(view: SourceView, scope: Scope) -> Evidence:
    """Draw the rates of two dimensions crossed, n in every cell; the seven largest values of each, and all others."""
    across = cross_dimension(view, scope)
    if across is None:
        return _evidence(view, scope, "crossed", "There is only one column to group by", None, pd.DataFrame())
    dimensions = [scope.by, across]
    shown_values = {
        d: view.table.values(d, scope.chosen, 24 if view.is_ordered(d) else MOST_LEVELS) for d in dimensions
    }
    cells = without_small(view.table.groups(dimensions, scope.chosen, levels=shown_values), dimensions[0])
    cells = count_outcomes(cells, scope.counted)
    cells = cells[cells["n"] > 0]
    names = [
        [view.shown(d, value) for value in (sorted_values(view, d, shown_values[d]))] + [OTHERS] for d in dimensions
    ]
    frame = pd.DataFrame(
        {
            "down": [view.shown(scope.by, None if pd.isna(v) else str(v)) for v in cells[scope.by]],
            "across": [view.shown(across, None if pd.isna(v) else str(v)) for v in cells[across]],
            "rate": (cells["k"] / cells["n"]).to_numpy("float64"),
            "n": cells["n"].to_numpy("int64"),
        }
    )
    frame = frame.drop_duplicates(["down", "across"])
    rate, leads = (
        frame.pivot(index="down", columns="across", values=name).reindex(index=names[0], columns=names[1])
        for name in ("rate", "n")
    )
    empty = leads.isna()
    rate, leads = (t.loc[~empty.all(axis=1), ~empty.all(axis=0)] for t in (rate, leads))
    humans = view.dimensions[scope.by], view.dimensions[across]
    down, over = (human.lower() for human in humans)
    title = say_title("crossed", scope.counted, plural=view.words.plural, down=down, across=over)
    table = frame.assign(rate=100 * frame["rate"])
    table.columns = pd.Index([humans[0], humans[1], rate_title(scope.counted), "Leads"])
    figure = plot_interaction(rate, leads, title, humans) if len(rate) else None
    return _evidence(
        view, scope, "crossed", title, figure, table.sort_values("Leads", ascending=False).reset_index(drop=True)
    )


def sorted_values(view: SourceView, dimension: str, values: list[str | None]) -> list[str | None]:
    """Return values in their own order where they have one, blank last."""
    return sorted(values, key=lambda v: (v is None, v or "")) if view.is_ordered(dimension) else values


def show_trend(view: SourceView, scope: Scope) -> Evidence:
    """Draw the rate week by week."""
    weeks = trend_weeks(view, scope.chosen, scope.counted)
    if weeks.empty:
        return _evidence(view, scope, "weeks", "These leads have no date, so there is no trend", None, pd.DataFrame())
    average = float(weeks["k"].sum()) / max(1.0, float(weeks["n"].sum()))
    first, last = (percent(weeks["rate"].iloc[place], average) for place in (0, -1))
    parts = {"plural": view.words.plural, "first": first, "last": last, "n": len(weeks)}
    title = say_title("weeks", scope.counted, **parts)
    columns: dict[str, object] = {
        "Week of": weeks["week"],
        "Leads": weeks["n"],
        counted_title(view.words, scope.counted): weeks["k"],
        rate_title(scope.counted): 100 * weeks["rate"],
    }
    if scope.counted == "completed":
        columns |= {LOW: 100 * weeks["low"], HIGH: 100 * weeks["high"]}
    else:
        weeks = weeks.drop(columns=["low", "high"])
    columns["All leads of the month"] = 100 * weeks["month_rate"]
    return _evidence(view, scope, "weeks", title, plot_trend(weeks, title, unit(view, scope)), pd.DataFrame(columns))


def show_group_trend(view: SourceView, scope: Scope) -> Evidence:
    """Draw the rates of the largest groups month by month, with what is said of the largest change."""
    trend = trend_groups(view, scope.by, scope.chosen, scope.counted)
    if trend is None or trend.cells.empty:
        why = (
            "These leads have no date"
            if trend is None and scope.by not in TIMES
            else "Time is what they are grouped by"
        )
        return _evidence(view, scope, "trend", f"{why}, so there is no trend of groups", None, pd.DataFrame())
    names = [view.shown(scope.by, value) for value in view.table.values(scope.by, scope.chosen, MOST_LEVELS)]
    drawn = trend.cells.assign(
        name=[view.shown(scope.by, None if pd.isna(g) else str(g)) for g in trend.cells["group"]],
        when=[shown_period(view, trend, period) for period in trend.cells["period"]],
    )
    drawn = drawn[drawn["name"].isin(names)]
    total = trend.total.assign(when=[shown_period(view, trend, period) for period in trend.total["period"]])
    every = trend.cells["group"].nunique(dropna=False)
    which = f"all {every}" if every <= len(names) else f"the {len(names)} largest"
    human = view.dimensions[scope.by].lower()
    key = "title" if scope.is_known else "title_expected"
    title = TRENDS[key](plural=view.words.plural, period=trend.period, which=which, human=human)
    figure = plot_group_trend(
        drawn, total, names, title, unit(view, scope), whose=capital(whose_average(view, scope.chosen))
    )
    return _evidence(view, scope, "trend", title, figure, present_trend(view, scope, trend))


def show_flow(view: SourceView, scope: Scope) -> Evidence:
    """Draw how leads pass from group to grade to outcome."""
    flow = flow_leads(view, scope.by, scope.chosen, scope.counted)
    flow = flow[flow["grade"].notna()]
    human = view.dimensions[scope.by]
    by_grade = flow.groupby("grade")[["leads", "applications"]].sum()
    if by_grade.empty or by_grade["leads"].sum() == 0:
        return _evidence(view, scope, "flow", "No lead whose outcome could be followed", None, pd.DataFrame())
    hot, is_known, words = "", scope.counted == "completed", view.words
    if "Hot" in by_grade.index and by_grade["applications"].sum():
        share = share_percent(by_grade["applications"]["Hot"] / by_grade["applications"].sum())
        hot = f": Hot leads bring {share} of the {words.plural}"
        hot = hot if is_known else f": {share} of the {words.plural} are expected of Hot leads"
    title = say_title("flow", scope.counted, human=human.lower(), singular=words.singular, hot=hot)
    table = flow.set_axis([human, "Grade", "Leads", counted_title(words, scope.counted)], axis=1)
    return _evidence(view, scope, "flow", title, plot_flow(flow, title, words, completed=is_known), table)


def show_gap(view: SourceView, scope: Scope, split: GapSplit, place: int) -> Evidence:
    """Draw what one group's gap to the average comes from.

    Parameters
    ----------
    place
        Its row in `GapSplit.table`.
    """
    row = split.table.iloc[place]
    name = view.shown(scope.by, row["group"])
    title = f"{describe_gap(name, row, split.average, view.words)} {describe_verdict(view, scope.by, split, place)}"
    table = present_gaps(view, scope.by, split)
    if pd.isna(row["residual"]):
        return _evidence(view, scope, "gap", title, None, table)
    figure = plot_gap(
        gap_components(view, split, place), split.average, name, f"What makes {name} differ, in points", view.words
    )
    return _evidence(view, scope, "gap", title, figure, table)
