"""Figures of sources: rates with intervals, volume against rate, weeks, the flow of leads, and the parts of a gap."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from leadscore_core.outcome import OutcomeWords, capital
from leadscore_core.percent import axis_format, percent, rate_decimals
from leadscore_core.plots.grades import GRADE_COLOURS, GRADE_ICONS
from leadscore_core.plots.style import ACCENT, AGAINST, FOR, NEUTRAL, SERIES, dress, error_bars, in_template, short

VERDICT_COLOURS = {"Over-delivers": FOR, "As expected": "#0369A1", "Under-delivers": AGAINST}
_SOFT = {"Hot": "rgba(194,65,12,0.45)", "Warm": "rgba(217,119,6,0.45)", "Cold": "rgba(3,105,161,0.45)"}
_SOFT |= {"Junk": "rgba(100,116,139,0.45)"}


def plot_rates(
    table: pd.DataFrame, average: float, title: str, unit: str, *, ordered: bool = False, whose: str = "all leads"
) -> go.Figure:
    """Draw rates with their intervals and the average line.

    Parameters
    ----------
    table
        ``name``, ``rate``, ``low``, ``high`` (0-1), ``n``, ``verdict``, in the order in which they are drawn; without
        ``low`` and ``high`` no interval; with ``compared`` (0-1), a second mark, named ``compared_name``.
    average
        0-1.
    unit
        Name of the axis.
    ordered
        Whether the groups have an order of their own; they are drawn from left to right then.
    whose
        Of which leads the average is.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["a"], "rate": [0.5], "low": [0.4], "high": [0.6], "n": [99], "verdict": [""]})
    >>> plot_rates(table, 0.5, "t", "u").data[0].y
    ('a',)
    """
    names = table["name"].tolist()
    ticks = {"tickvals": names, "ticktext": [short(name) for name in names]}
    usual = NEUTRAL if "low" in table else ACCENT  # what is only expected is not judged
    colours = [VERDICT_COLOURS.get(verdict, usual) for verdict in table["verdict"]]
    along, across = ("x", "y") if ordered else ("y", "x")
    digits, counted = f".{rate_decimals(average, 1)}%", "low" in table
    error = error_bars(table, "rate") | {"width": 4, "color": NEUTRAL} if counted else None
    between = f" (%{{customdata[2]:{digits}}} to %{{customdata[3]:{digits}}})" if counted else " expected"
    judged = "; %{customdata[4]}" if counted else ""
    ends = [table[name if counted else "rate"].rename(index=name) for name in ("low", "high")]
    figure = go.Figure(
        go.Scatter(
            **{along: names, across: table["rate"].tolist(), f"error_{across}": error},
            mode="markers",
            marker={"color": colours, "size": 11},
            customdata=pd.concat([table["name"], table["n"], *ends, table["verdict"]], axis=1),
            hovertemplate=f"%{{customdata[0]}}: %{{{across}:{digits}}}{between}"
            f"<br>n = %{{customdata[1]:,}}{judged}<extra></extra>",
            showlegend=False,
        )
    )
    below = 0.25 if ordered else max(0.25, 2 / max(1, len(table)))  # of few rows, the axis takes a larger part
    if "compared" in table:
        figure.add_scatter(
            **{along: names, across: table["compared"].tolist()},
            mode="markers",
            marker={"color": NEUTRAL, "size": 9, "symbol": "diamond-open", "line": {"width": 2}},
            name=str(table["compared_name"].iloc[0]) if len(table) else "",
            hovertemplate="%{fullData.name}: %{" + across + f":{digits}}}<extra></extra>",
        )
        figure.update_layout(legend={"orientation": "h", "y": -below, "x": 0}, showlegend=True)
    _verdict_legend(figure, table["verdict"].tolist(), below)
    _average(figure, average, whose, vertical=not ordered)
    axis = {"title": unit, "tickformat": axis_format(ends[1]), "rangemode": "tozero"}
    if ordered:
        figure.update_yaxes(**axis)
        figure.update_xaxes(type="category", **ticks)
        return dress(figure, title, 380)
    figure.update_xaxes(**axis)
    figure.update_yaxes(type="category", autorange="reversed", ticksuffix="  ", **ticks)
    return dress(figure, title, 110 + 36 * len(table))


def plot_bubbles(
    table: pd.DataFrame, average: float, title: str, unit: str, words: OutcomeWords, *, whose: str = "all leads"
) -> go.Figure:
    """Draw volume against rate; the area of a bubble is its outcomes.

    Parameters
    ----------
    table
        ``name``, ``n``, ``k``, ``rate`` (0-1), ``verdict``; the largest seven are labelled.
    whose
        Of which leads the average is.
    """
    largest = set(table.nlargest(7, "n")["name"])
    size = np.sqrt(np.maximum(table["k"].to_numpy("float64"), 0.5))
    figure = go.Figure(
        go.Scatter(
            x=table["n"],
            y=table["rate"],
            mode="markers+text",
            text=[short(name, 14) if name in largest else "" for name in table["name"]],
            textposition="top center",
            marker={
                "size": 8 + 34 * size / size.max() if len(size) else [],
                "color": [VERDICT_COLOURS.get(verdict, NEUTRAL) for verdict in table["verdict"]],
                "opacity": 0.75,
                "line": {"width": 1, "color": "#FFFFFF"},
            },
            customdata=table[["name", "k", "verdict"]],
            hovertemplate=f"%{{customdata[0]}}: %{{y:.{rate_decimals(average, 1)}%}} of %{{x:,}} leads<br>"
            f"%{{customdata[1]:,.0f}} {words.plural}; %{{customdata[2]}}<extra></extra>",
            showlegend=False,
        )
    )
    _verdict_legend(figure, table["verdict"].tolist(), 0.2)
    _average(figure, average, whose, vertical=False)
    figure.update_xaxes(title="Leads (each step is ten times more)", type="log", dtick=1)
    figure.update_yaxes(title=unit, tickformat=axis_format(table["rate"]), rangemode="tozero")
    return dress(figure, title, 400)


def plot_trend(weeks: pd.DataFrame, title: str, unit: str) -> go.Figure:
    """Draw the rate of each week with its interval, and that of its month.

    Parameters
    ----------
    weeks
        ``week``, ``rate``, ``low``, ``high``, ``month_rate`` (0-1), ``n``; without ``low`` and ``high`` no interval.
    """
    digits = f".{rate_decimals(float(weeks['rate'].mean()), 1)}%"
    figure, counted = go.Figure(), "low" in weeks
    if counted:
        hidden = {"x": weeks["week"], "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        figure.add_scatter(y=weeks["high"], **hidden)
        figure.add_scatter(y=weeks["low"], fill="tonexty", fillcolor="rgba(15,118,110,0.18)", **hidden)
    between = f"(%{{customdata[1]:{digits}}} to %{{customdata[2]:{digits}}})" if counted else "expected"
    figure.add_scatter(
        x=weeks["week"],
        y=weeks["month_rate"],
        name="All leads of the month",
        mode="lines",
        line={"color": NEUTRAL, "width": 1.5, "dash": "dot", "shape": "hv"},
        hovertemplate=f"Month: %{{y:{digits}}}<extra></extra>",
        showlegend=True,
    )
    figure.add_scatter(
        x=weeks["week"],
        y=weeks["rate"],
        name="Week, with its 95% interval" if counted else "Week, expected",
        mode="lines+markers",
        line={"color": ACCENT, "width": 2},
        customdata=weeks[["n", "low", "high"] if counted else ["n"]],
        hovertemplate=f"Week of %{{x|%d %b %Y}}: %{{y:{digits}}} {between}<br>n = %{{customdata[0]:,}}<extra></extra>",
        showlegend=True,
    )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.2, "x": 0})
    figure.update_yaxes(title=unit, tickformat=axis_format(weeks["high" if counted else "rate"]), rangemode="tozero")
    return dress(figure, title, 360)


def plot_group_trend(
    cells: pd.DataFrame, total: pd.DataFrame, names: list[str], title: str, unit: str, *, whose: str = "All leads"
) -> go.Figure:
    """Draw the rates of groups over time, a line each, and that of all leads.

    Parameters
    ----------
    cells
        ``name``, ``when`` (in words), ``period`` (text that sorts), ``rate`` (0-1), ``n``.
    total
        The same of all leads, without ``name``.
    names
        Groups in the order of the legend.
    whose
        Which leads `total` is of.
    """
    figure = go.Figure()
    digits = f".{rate_decimals(float(total['k'].sum() / max(1, total['n'].sum())), 1)}%"
    for place, name in enumerate(names):
        own = cells[cells["name"] == name]
        figure.add_scatter(
            x=own["when"],
            y=own["rate"],
            name=short(name, 24),
            mode="lines+markers",
            line={"color": SERIES[place % len(SERIES)], "width": 2},
            marker={"symbol": place % len(SERIES), "size": 8},
            customdata=own[["n"]],
            hovertemplate=f"{in_template(short(name))}, %{{x}}: %{{y:{digits}}}, n = %{{customdata[0]:,}}"
            "<extra></extra>",
        )
    figure.add_scatter(
        x=total["when"],
        y=total["rate"],
        name=short(whose, 48),
        mode="lines",
        line={"color": NEUTRAL, "width": 1.5, "dash": "dot"},
        customdata=total[["n"]],
        hovertemplate=f"All leads, %{{x}}: %{{y:{digits}}}, n = %{{customdata[0]:,}}<extra></extra>",
    )
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=total["when"].tolist())
    figure.update_yaxes(title=unit, tickformat=axis_format(cells["rate"]), rangemode="tozero")
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.2, "x": 0})
    return dress(figure, title, 420)


def plot_flow(flow: pd.DataFrame, title: str, words: OutcomeWords, *, completed: bool) -> go.Figure:
    """Draw how leads pass from group to grade to outcome.

    Parameters
    ----------
    flow
        ``group``, ``grade``, ``leads``, ``applications``.
    completed
        Whether outcomes are known, or expected.
    """
    groups = list(dict.fromkeys(flow["group"]))
    grades = [grade for grade in GRADE_COLOURS if grade in set(flow["grade"])]
    ends = [capital(words.past), f"Not {words.past}"]
    if not completed:
        ends = [f"Expected to {words.many}", "Not expected to"]
    names = [*(short(group, 16) for group in groups), *(f"{GRADE_ICONS[g]} {g}" for g in grades), *ends]
    colours = [NEUTRAL] * len(groups) + [GRADE_COLOURS[g] for g in grades] + [FOR, "#94A3B8"]
    first, last = len(groups), len(groups) + len(grades)
    by_grade = flow.groupby("grade")[["leads", "applications"]].sum().reindex(grades)
    done, left = by_grade["applications"].tolist(), (by_grade["leads"] - by_grade["applications"]).tolist()
    links = {
        "source": [groups.index(g) for g in flow["group"]] + [first + i for i in range(len(grades)) for _ in range(2)],
        "target": [first + grades.index(g) for g in flow["grade"]] + [last, last + 1] * len(grades),
        "value": [*flow["leads"].tolist(), *(value for pair in zip(done, left, strict=True) for value in pair)],
        "color": [_SOFT[g] for g in flow["grade"]] + [_SOFT[g] for g in grades for _ in range(2)],
    }
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            node={"label": names, "color": colours, "pad": 14, "thickness": 14, "line": {"width": 0}},
            link=links | {"hovertemplate": "%{source.label} to %{target.label}: %{value:,.0f} leads<extra></extra>"},
            valueformat=",.0f",
            hoverlabel={"align": "left"},
        )
    )
    return dress(figure, title, 440)


def plot_gap(terms: pd.DataFrame, average: float, name: str, title: str, words: OutcomeWords) -> go.Figure:
    """Draw how a group's rate comes about: from the average, by the composition of its leads and a residual effect.

    Parameters
    ----------
    terms
        ``human``, ``value`` (-1 to 1), the residual effect last.
    average
        0-1.
    """
    values = terms["value"].tolist()
    rate = average + sum(values)
    names = ["All leads", *terms["human"], f"{name} "]
    points = [f"{100 * value:+.{rate_decimals(average, 1)}f}" for value in values]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            y=names,
            x=[average, *values, 0.0],
            measure=["absolute", *["relative"] * len(values), "total"],
            text=[percent(average, average, 1), *points, percent(rate, average, 1)],
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": FOR}},
            decreasing={"marker": {"color": AGAINST}},
            totals={"marker": {"color": NEUTRAL}},
            connector={"line": {"color": NEUTRAL, "width": 1, "dash": "dot"}},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    levels = average + np.concatenate([[0.0], np.cumsum(values)])
    room = 0.2 * max(min(0.2, 4 * average), float(levels.max()))
    figure.update_xaxes(
        title=f"Rate of {words.plural}",
        tickformat=axis_format(levels.tolist()),
        range=[min(0.0, float(levels.min()) - room / 2), float(levels.max()) + room],
    )
    labels = [short(label, 30) for label in names]
    figure.update_yaxes(autorange="reversed", ticksuffix="  ", type="category", tickvals=names, ticktext=labels)
    return dress(figure, title, 110 + 34 * (len(values) + 2))


def _verdict_legend(figure: go.Figure, verdicts: list[str], below: float) -> None:
    """Say what the colours of marks stand for, where they differ."""
    judged = {verdict: VERDICT_COLOURS.get(verdict) for verdict in verdicts}
    if not any(judged.values()):
        return
    shown = {verdict: colour for verdict, colour in VERDICT_COLOURS.items() if verdict in judged}
    if len(judged) > len(shown):
        shown["Too few to say"] = NEUTRAL
    for verdict, colour in shown.items():
        marker = {"color": colour, "size": 10}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name=verdict, showlegend=True)
    figure.update_layout(legend={"orientation": "h", "y": -below, "x": 0}, showlegend=True)


def _average(figure: go.Figure, average: float, whose: str, *, vertical: bool) -> None:
    """Draw the average as a thin line."""
    if not np.isfinite(average):
        return
    line = {"color": NEUTRAL, "width": 1, "dash": "dot"}
    said = f"{short(whose, 48)} {percent(average, average, 1)}"
    if vertical:
        figure.add_vline(
            x=average,
            line=line,
            annotation_text=said,
            annotation_position="top",
        )
    else:
        figure.add_hline(
            y=average,
            line=line,
            annotation_text=said,
            annotation_position="top left",
        )
