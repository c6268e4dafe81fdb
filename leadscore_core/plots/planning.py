"""Figures of planning: what calls gain, and what discarding costs."""

import pandas as pd
import plotly.graph_objects as go

from leadscore_core.outcome import OutcomeWords
from leadscore_core.plots.style import ACCENT, AGAINST, NEUTRAL, SERIES, dress

_EXPECTED = {"color": SERIES[1], "width": 2.5, "dash": "dash"}


def plot_gain(curve: pd.DataFrame, leads: int, title: str, words: OutcomeWords) -> go.Figure:
    """Draw outcomes expected by how many leads are called, with the capacity marked.

    Parameters
    ----------
    curve
        ``leads``, ``by_score``, ``by_arrival``, ``at_random``.
    leads
        The capacity.
    title
        What it shows, in words.

    Examples
    --------
    >>> curve = pd.DataFrame({"leads": [0, 2], "by_score": [0, 1.5], "by_arrival": [0, 1], "at_random": [0, 1]})
    >>> len(plot_gain(curve, 1, "t", OutcomeWords()).data)
    3
    """
    figure = go.Figure()
    for name, column, colour, dash in (
        ("Best first", "by_score", ACCENT, "solid"),
        ("As they arrived", "by_arrival", AGAINST, "dash"),
        ("At random", "at_random", NEUTRAL, "dot"),
    ):
        figure.add_scatter(
            x=curve["leads"],
            y=curve[column],
            name=name,
            mode="lines",
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate=f"{name}: %{{y:,.0f}} {words.plural}<br>from %{{x:,}} leads<extra></extra>",
        )
    figure.add_vline(x=leads, line={"color": NEUTRAL, "width": 1})
    figure.add_annotation(
        x=leads, y=0, yref="paper", text=f"{leads:,} leads", showarrow=False, xanchor="left", yanchor="bottom", xshift=4
    )
    figure.update_layout(legend={"orientation": "h", "y": -0.22, "x": 0})
    figure.update_xaxes(title="Leads called", rangemode="tozero", tickformat=",")
    figure.update_yaxes(title=f"{words.title} expected", rangemode="tozero", tickformat=",")
    return dress(figure, title, 360)


def plot_tradeoff(
    observed: pd.DataFrame | None, expected: pd.DataFrame, removed: float, title: str, words: OutcomeWords
) -> go.Figure:
    """Draw outcomes lost by leads removed: as observed out-of-sample, and as expected of this batch.

    Parameters
    ----------
    observed, expected
        ``removed``, ``lost``, ``low``, ``high``, all 0-1; the first None where it is not known.
    removed
        The share chosen, 0-1.
    """
    figure = go.Figure()
    for name, curve, line, fill in (
        ("Leads whose outcome is known", observed, {"color": ACCENT, "width": 2.5}, "rgba(15,118,110,0.18)"),
        ("This list, as expected", expected, _EXPECTED, "rgba(213,94,0,0.15)"),
    ):
        if curve is None:
            continue
        curve = curve.iloc[:: max(1, (len(curve) - 1) // 100)]
        figure.add_scatter(
            x=[*curve["removed"], *curve["removed"][::-1]],
            y=[*curve["high"], *curve["low"][::-1]],
            fill="toself",
            fillcolor=fill,
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=curve["removed"],
            y=curve["lost"],
            name=name,
            mode="lines",
            line=line,
            customdata=curve[["low", "high"]],
            hovertemplate=name
            + f":<br>%{{x:.0%}} of leads removed, %{{y:.1%}} of {words.plural} lost<br>"
            + "95% interval %{customdata[0]:.1%} to %{customdata[1]:.1%}<extra></extra>",
        )
    figure.add_vline(x=removed, line={"color": NEUTRAL, "width": 1})
    figure.update_layout(legend={"orientation": "h", "y": -0.22, "x": 0})
    most = min(1.0, max(0.5, removed + 0.1))
    figure.update_xaxes(title="Leads removed, lowest propensity first", tickformat=".0%", range=[0, most])
    figure.update_yaxes(title=f"{words.title} lost", tickformat=".0%", rangemode="tozero")
    curves = [curve for curve in (observed, expected) if curve is not None]
    highest = max(float(curve.loc[curve["removed"] <= most, "high"].max()) for curve in curves)
    figure.update_yaxes(range=[0, max(0.05, highest * 1.1)])
    return dress(figure, title, 360)
