"""Figures of grades."""

from collections.abc import Mapping
from textwrap import wrap

import plotly.graph_objects as go

from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import share_percent
from leadscore_core.plots.style import plain_in_figure, plain_texts

GRADE_COLOURS = {"Hot": "#C2410C", "Warm": "#D97706", "Cold": "#0369A1", "Junk": "#64748B"}
GRADE_ICONS = {"Hot": "▲", "Warm": "◆", "Cold": "▼", "Junk": "✕"}
GRADE_INK = {"Hot": "#FFFFFF", "Warm": "#111827", "Cold": "#FFFFFF", "Junk": "#FFFFFF"}
_WIDE_ENOUGH = 0.07
_TITLE_WIDTH = 44


def plot_grade_shares(leads: Mapping[str, int], expected: Mapping[str, float], words: OutcomeWords) -> go.Figure:
    """Draw each grade's share of the leads above its share of the outcomes expected.

    Parameters
    ----------
    leads
        Grade -> leads.
    expected
        Grade -> expected outcomes.

    Examples
    --------
    >>> figure = plot_grade_shares({"Hot": 1, "Junk": 3}, {"Hot": 0.9, "Junk": 0.1}, OutcomeWords())
    >>> figure.layout.title.text
    'Hot leads are 25% of the list and bring 90%<br>of the conversions'
    """
    shares = {"Leads": _shares(leads), f"{words.title}\nexpected": _shares(expected)}
    figure = go.Figure()
    for grade, colour in GRADE_COLOURS.items():
        if grade not in leads:
            continue
        values = [share[grade] for share in shares.values()]
        figure.add_bar(
            name=grade,
            y=list(shares),
            x=values,
            orientation="h",
            marker={"color": colour, "line": {"width": 0}},
            text=[f"{GRADE_ICONS[grade]} {grade} {value:.0%}" if value >= _WIDE_ENOUGH else "" for value in values],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": GRADE_INK[grade], "size": 13},
            hovertext=[f"{grade}: {leads[grade]:,} leads", f"{grade}: about {expected[grade]:,.0f} {words.plural}"],
            hoverinfo="text",
        )
    figure.update_layout(
        title={
            "text": "<br>".join(wrap(plain_in_figure(title_of_shares(leads, expected, words)), _TITLE_WIDTH)),
            "font": {"size": 15},
        },
        barmode="stack",
        showlegend=False,
        height=190,
        margin={"l": 0, "r": 0, "t": 56, "b": 0},
        uniformtext={"minsize": 11, "mode": "hide"},
        xaxis={"visible": False, "range": [0, 1]},
        yaxis={"autorange": "reversed", "ticksuffix": "  "},
    )
    plain_texts(figure)
    return figure


def title_of_shares(leads: Mapping[str, int], expected: Mapping[str, float], words: OutcomeWords) -> str:
    """Say in words what the figure shows.

    Examples
    --------
    >>> title_of_shares({"Hot": 0, "Junk": 2}, {"Hot": 0.0, "Junk": 0.1}, OutcomeWords())
    'No lead is Hot'
    """
    hot_leads, hot_expected = _shares(leads).get("Hot", 0.0), _shares(expected).get("Hot", 0.0)
    if not hot_leads:
        return "No lead is Hot"
    leads_share, expected_share = share_percent(hot_leads), share_percent(hot_expected)
    return f"Hot leads are {leads_share} of the list and bring {expected_share} of the {words.plural}"


def _shares(parts: Mapping[str, float]) -> dict[str, float]:
    total = sum(parts.values())
    return {name: (value / total if total else 0.0) for name, value in parts.items()}
