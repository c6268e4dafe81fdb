"""Figures of one lead: how its score comes about, and how it went over time."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from leadscore_core.days import say_day
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import axis_format, rate_decimals, signed
from leadscore_core.plots.style import ACCENT, AGAINST, FOR, NEUTRAL, dress, short


def plot_waterfall(
    contributions: pd.DataFrame, base: float, title: str, words: OutcomeWords, *, log_odds: bool = False
) -> go.Figure:
    """Draw how a propensity comes about.

    Parameters
    ----------
    contributions
        ``human``, ``points`` (change of propensity) and ``log_odds``, the largest first.
    base
        Where it starts: a propensity (0-1), or log-odds.
    log_odds
        For data scientists.

    Examples
    --------
    >>> contributions = pd.DataFrame({"human": ["City"], "points": [0.2], "log_odds": [0.8]})
    >>> list(plot_waterfall(contributions, 0.5, "t", OutcomeWords()).data[0].x)
    [0.5, 0.2, 0.0]
    """
    values = contributions["log_odds" if log_odds else "points"].tolist()
    form = ".2f" if log_odds else f".{rate_decimals(base)}%"
    plain, decimals = f"{{:{form}}}", rate_decimals(base)
    changes = [_write_change(value, log_odds=log_odds, decimals=decimals) for value in values]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            y=["Starting point", *map(short, contributions["human"]), "This lead"],
            x=[base, *values, 0.0],
            measure=["absolute", *["relative"] * len(values), "total"],
            text=[plain.format(base), *changes, plain.format(base + sum(values))],
            textposition="outside",
            increasing={"marker": {"color": FOR}},
            decreasing={"marker": {"color": AGAINST}},
            totals={"marker": {"color": NEUTRAL}},
            connector={"line": {"color": NEUTRAL, "width": 1, "dash": "dot"}},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", ticksuffix="  ")
    levels = pd.Series([0.0 if not log_odds else base, base, *(base + pd.Series(values).cumsum())])
    reach = float(levels.max() - levels.min())
    room = 0.2 * max(0.2 if log_odds else min(0.2, 4 * base), reach)
    figure.update_xaxes(
        title="Log-odds" if log_odds else f"Propensity of {words.chance}",
        tickformat=None if log_odds else axis_format(levels),
        range=[min(0.0, float(levels.min())) - (room if log_odds else 0), float(levels.max()) + room],
    )
    return dress(figure, title, 90 + 34 * (len(values) + 2))


def _write_change(value: float, *, log_odds: bool, decimals: int) -> str:
    """Write a part of a score with its sign; one that rounds to nothing has none."""
    return signed(value, 2) if log_odds else f"{signed(100 * value, decimals)}%"


def plot_history(moments: Sequence[datetime], propensities: Sequence[float], batches: Sequence[str]) -> go.Figure:
    """Draw a lead's scores over time as a small line, in the order in which they were made."""
    figure = go.Figure(
        go.Scatter(
            x=[f"{say_day(moment)}\n{short(batch, 18)}" for moment, batch in zip(moments, batches, strict=True)],
            y=[100 * p for p in propensities],
            mode="lines+markers+text",
            text=[f"{100 * p:.0f}" for p in propensities],
            textposition="top center",
            line={"color": ACCENT, "width": 2},
            hovertemplate="%{x}: score %{y:.0f}<extra></extra>",
        )
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(range=[0, 112], title="Score", tickvals=[0, 50, 100])
    return dress(figure, "Its scores so far", 180)
