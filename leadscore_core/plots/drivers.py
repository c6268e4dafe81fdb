"""Figures of drivers: what makes leads convert, over all of them and value by value."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from leadscore_core.outcome import OutcomeWords, capital
from leadscore_core.percent import axis_format, percent, rate_decimals
from leadscore_core.plots.style import ACCENT, AGAINST, NEUTRAL, dress, error_bars, in_template, short

_UNITS = {False: "Change of the propensity, in points", True: "Log-odds"}
_WIDE = 0.3  # up to such a highest rate, colours and axes go as far as the rates do


def plot_importance(table: pd.DataFrame, title: str, *, log_odds: bool = False, base_rate: float = 0.5) -> go.Figure:
    """Draw how much each column moves the score on average, of a group beside all if given.

    Parameters
    ----------
    table
        ``human``, ``effect`` (mean absolute effect, in points or log-odds) and, for a comparison, ``effect_of_all``.
    base_rate
        Of the training leads, for the digits that points need.
    """
    unit, form = _UNITS[log_odds], f".{2 if log_odds else rate_decimals(base_rate)}f"
    ordered = table.iloc[::-1]
    figure = go.Figure()
    compared = "effect_of_all" in table
    if compared:
        figure.add_bar(
            orientation="h", y=ordered["human"], x=ordered["effect_of_all"], name="All leads", marker={"color": NEUTRAL}
        )
    figure.add_bar(
        orientation="h",
        y=ordered["human"],
        x=ordered["effect"],
        name="This group" if compared else "",
        marker={"color": ACCENT},
        text=[f"{value:{form}}" for value in ordered["effect"]],
        textposition="outside",
        cliponaxis=False,
    )
    figure.update_traces(hovertemplate="%{y}: %{x:.2f}<extra></extra>")
    figure.update_layout(
        barmode="group", showlegend=compared, legend={"orientation": "h", "y": -0.2, "x": 0, "traceorder": "reversed"}
    )
    figure.update_xaxes(title=unit + ", on average")
    figure.update_yaxes(ticksuffix="  ")
    return dress(figure, title, 90 + (44 if compared else 32) * len(table))


def plot_beeswarm(points: pd.DataFrame, title: str, *, log_odds: bool = False) -> go.Figure:
    """Draw one point a lead and column: to the right it speaks for the lead, to the left against it.

    Parameters
    ----------
    points
        ``human``, ``effect``, ``rate`` (observed conversion of the lead's value, 0-1) and ``value``, in words; the
        columns in the order in which they are drawn.
    """
    unit, highest = _UNITS[log_odds], float(points["rate"].max()) if len(points) else 1.0
    rng = np.random.default_rng(0)  # the jitter must not move between two looks
    names = list(dict.fromkeys(points["human"]))
    place = points["human"].map({name: len(names) - 1 - i for i, name in enumerate(names)})
    figure = go.Figure(
        go.Scattergl(
            x=points["effect"],
            y=place + rng.uniform(-0.32, 0.32, len(points)),
            mode="markers",
            marker={
                "size": 4,
                "color": 100 * points["rate"],
                "cmin": 0,
                "cmax": 100 * highest if highest < _WIDE else 100,
                "colorscale": [[0, AGAINST], [0.5, "#CBD5E1"], [1, ACCENT]],
                "colorbar": {"title": {"text": "Observed rate"}, "ticksuffix": "%", "thickness": 10, "len": 0.8},
            },
            customdata=points[["human", "value"]],
            hovertemplate="%{customdata[0]}: %{customdata[1]}<br>%{x:+.1f}<extra></extra>",
        )
    )
    figure.add_vline(x=0, line={"color": NEUTRAL, "width": 1})
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=[short(n) + "  " for n in reversed(names)])
    figure.update_xaxes(title=f"{unit}: against the lead  |  for it")
    return dress(figure, title, 90 + 42 * len(names))


def plot_dependence(
    table: pd.DataFrame, base_rate: float, title: str, words: OutcomeWords, *, ordered: bool
) -> go.Figure:
    """Draw propensity and observed rate by a column's values.

    Parameters
    ----------
    table
        ``value``, ``leads``, ``propensity`` (mean, 0-1), ``observed``, ``low``, ``high`` (training, 0-1 or NaN) and
        ``seen`` (training leads).
    base_rate
        Of the training leads, drawn as a line.
    ordered
        Whether the values have an order of their own (numbers, months).
    """
    digits, drawn = f".{rate_decimals(base_rate)}%", table[["propensity", "observed"]].to_numpy("float64").ravel()
    figure = go.Figure()
    along = table["value"] if ordered else table["value"].map(short)
    figure.add_scatter(
        x=along,
        y=table["propensity"],
        name="Mean propensity in this list",
        mode="lines+markers" if ordered else "markers",
        marker={"color": ACCENT, "size": 10},
        customdata=table[["leads"]],
        hovertemplate=f"%{{x}}: propensity %{{y:{digits}}}, n = %{{customdata[0]:,}}<extra></extra>",
    )
    figure.add_scatter(
        x=along,
        y=table["observed"],
        name="Observed in training",
        mode="markers",
        marker={"color": "#0369A1", "size": 9, "symbol": "diamond-open", "line": {"width": 2}},
        error_y=error_bars(table, "observed", thickness=1.2),
        customdata=table[["seen"]],
        hovertemplate=f"%{{x}}: observed %{{y:{digits}}}, n = %{{customdata[0]:,}}<extra></extra>",
    )
    figure.add_hline(
        y=base_rate,
        line={"color": NEUTRAL, "width": 1, "dash": "dot"},
        annotation_text=f"all leads {percent(base_rate, base_rate)}",
        annotation_position="top left",
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(title=capital(words.finished), tickformat=axis_format(drawn), rangemode="tozero")
    figure.update_layout(legend={"orientation": "h", "y": -0.3, "x": 0})
    return dress(figure, title, 380)


def plot_interaction(grid: pd.DataFrame, leads: pd.DataFrame, title: str, names: tuple[str, str]) -> go.Figure:
    """Draw the mean propensity by two columns, with n in every cell.

    Parameters
    ----------
    grid, leads
        Rows and columns are the values of the two; the propensity (0-1, NaN where no lead is) and the number of leads.
    names
        Human names of the rows' and the columns' column.
    """
    known = grid.to_numpy("float64")
    mean, highest = (float(of(known)) if np.isfinite(known).any() else 1.0 for of in (np.nanmean, np.nanmax))
    text = [
        ["" if pd.isna(p) else f"{percent(p, mean)}\nn = {int(n):,}" for p, n in zip(row, counts, strict=True)]
        for row, counts in zip(grid.to_numpy(), leads.to_numpy(), strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=100 * grid.to_numpy(dtype="float64"),
            x=[short(str(value), 14) for value in grid.columns],
            y=[short(str(value), 20) + "  " for value in grid.index],
            text=text,
            texttemplate="%{text}",
            textfont={"size": 11},
            zmin=0,
            zmax=100 * highest if highest < _WIDE else 100,
            colorscale=[[0, "#F8FAFC"], [1, "#5BB5AC"]],
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="{} %{{y}}, {} %{{x}}".format(*map(in_template, names))
            + f": %{{z:.{rate_decimals(mean)}f}}%<extra></extra>",
        )
    )
    figure.update_traces(textfont_color="#0B1220")
    figure.update_xaxes(title=names[1], type="category")
    figure.update_yaxes(title=names[0], autorange="reversed", type="category")
    return dress(figure, title, 140 + 46 * len(grid))
