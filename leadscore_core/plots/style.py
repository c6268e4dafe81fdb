"""What all figures share: size, margins, and a title that says what is shown."""

from textwrap import wrap
from typing import Any

import pandas as pd
import plotly.graph_objects as go

ACCENT, NEUTRAL, FOR, AGAINST = "#0F766E", "#64748B", "#0F766E", "#C2410C"
# told apart by colour-blind readers (Okabe and Ito, 2008), on light and dark
SERIES = ("#0F766E", "#D55E00", "#0284C7", "#CC79A7", "#B8860B", "#7C5CBF", "#64748B")
_TITLE_WIDTH, _TITLE_TOP = 44, 16


def dress(figure: go.Figure, title: str, height: int = 340) -> go.Figure:
    """Give a figure its title, wrapped, and its margins; the axes keep their titles."""
    lines = wrap(title, _TITLE_WIDTH)
    height += 18 * (len(lines) - 1)
    figure.update_layout(
        title={
            "text": "<br>".join(lines),
            "font": {"size": 15},
            "x": 0,
            "xanchor": "left",
            "y": 1 - _TITLE_TOP / height,  # the marks of a figure begin right under its title
            "yanchor": "top",
            "yref": "container",
        },
        height=height,
        margin={"l": 8, "r": 16, "t": 36 + 20 * len(lines), "b": 8},
        hoverlabel={"align": "left"},
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure


def error_bars(table: pd.DataFrame, figure: str, thickness: float = 1.5) -> dict[str, Any]:
    """Return Plotly's bars from ``low`` to ``high`` about a figure of a table.

    Examples
    --------
    >>> table = pd.DataFrame({"rate": [0.5], "low": [0.25], "high": [1.0]})
    >>> bars = error_bars(table, "rate")
    >>> bars["array"].tolist(), bars["arrayminus"].tolist()
    ([0.5], [0.25])
    """
    above, below = table["high"] - table[figure], table[figure] - table["low"]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "thickness": thickness}


def short(text: str, most: int = 28) -> str:
    """Shorten a label that would take the figure's place.

    Examples
    --------
    >>> short("a very long name of a source indeed", 12)
    'a very long…'
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
