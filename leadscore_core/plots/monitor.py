"""Figures of the monitor: what changed in a column, and everything on one time axis."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import plotly.graph_objects as go

from leadscore_core.percent import share_percents
from leadscore_core.plots.style import ACCENT, NEUTRAL, SERIES, dress, short


class Change(Protocol):
    """A bin of a column, with its share (0-1) of the training leads and of a batch."""

    @property
    def level(self) -> str:
        """What it is called."""

    @property
    def before(self) -> float:
        """Its share of the training leads."""

    @property
    def now(self) -> float:
        """Its share of the batch."""


def plot_changes(human: str, changes: Sequence[Change]) -> go.Figure:
    """Draw the bins of a column whose share changed most, at training and now.

    Parameters
    ----------
    changes
        The most changed first, at least one.
    """
    levels = [short(one.level) for one in changes][::-1]
    figure = go.Figure()
    for name, colour, shares in (
        ("At training", NEUTRAL, [one.before for one in changes][::-1]),
        ("This list", ACCENT, [one.now for one in changes][::-1]),
    ):
        figure.add_bar(
            y=levels, x=shares, name=name, orientation="h", marker_color=colour,
            hovertemplate=f"{name}: %{{x:.1%}} of leads<br>%{{y}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="Share of leads", tickformat=".0%", rangemode="tozero")
    figure.update_layout(barmode="group", legend={"orientation": "h", "y": -0.2})
    first = changes[0]
    before, now = share_percents(first.before, first.now)
    title = f"{human}: {first.level} went from {before} to {now} of leads"
    return dress(figure, title, 120 + 48 * len(levels))


def plot_timeline(moments: Sequence[datetime], kinds: Sequence[str], titles: Sequence[str]) -> go.Figure:
    """Draw what happened on one time axis, a line a kind.

    Parameters
    ----------
    moments, kinds, titles
        Of each event: when, of what kind, and what it says.

    Examples
    --------
    >>> plot_timeline([datetime(2026, 5, 1)], ["Lists"], ["May"]).layout.title.text
    '1 event on one time axis'
    """
    figure = go.Figure()
    for place, kind in enumerate(dict.fromkeys(kinds)):
        own = [i for i, one in enumerate(kinds) if one == kind]
        figure.add_scatter(
            x=[moments[i] for i in own],
            y=[kind] * len(own),
            mode="markers",
            marker={"size": 12, "color": SERIES[place % len(SERIES)]},
            customdata=own,
            text=[titles[i] for i in own],
            hovertemplate="%{text}<br>%{x|%d %b %Y, %H:%M}<extra></extra>",
        )
    figure.update_layout(showlegend=False)
    figure.update_xaxes(title="When")
    count = len(moments)
    return dress(figure, f"{count:,} event{'' if count == 1 else 's'} on one time axis", 160 + 36 * len(set(kinds)))
