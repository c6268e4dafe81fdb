"""What all figures share: size, margins, and a title that says what is shown."""

import re
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

ACCENT, NEUTRAL, FOR, AGAINST = "#0F766E", "#64748B", "#0F766E", "#C2410C"
# told apart by colour-blind readers (Okabe and Ito, 2008), on light and dark
SERIES = ("#0F766E", "#D55E00", "#0284C7", "#CC79A7", "#B8860B", "#7C5CBF", "#64748B")
_TITLE_WIDTH, _TITLE_TOP = 44, 16
_TEXTS = ("x", "y", "text", "hovertext", "customdata", "name", "labels", "ids", "parents")
_TICKS = ("ticktext", "tickvals", "categoryarray")  # the last two name marks, so they are written as those are
_STANDS_FOR = {"<": "&lt;", "&": "&amp;", "\n": "<br>"}
_READ = re.compile(r"<|&(?=#?\w+;)|\n")
_OTHER_TAG = re.compile(r"<(?!br>|/?extra>)")


def plain_in_figure(text: Any) -> Any:
    r"""Return text for a figure, which reads links and bold type, so that it is shown as it is; other values stay.

    Only the end of a line is read, as one.

    Examples
    --------
    >>> plain_in_figure('<a href="x">y</a> & z'), plain_in_figure("40%\nn = 3"), plain_in_figure(1.5)
    ('&lt;a href="x">y&lt;/a> & z', '40%<br>n = 3', 1.5)
    """
    return _READ.sub(lambda found: _STANDS_FOR[found[0]], text) if isinstance(text, str) else text


def in_template(text: str) -> str:
    """Return text that is to stand as it is within a template of what a figure shows of a mark.

    Examples
    --------
    >>> in_template("50%{x} <b>")
    '50%&#123;x} &lt;b>'
    """
    return plain_in_figure(text).replace("%{", "%&#123;")


def plain_texts(figure: go.Figure) -> None:
    """Let every text in a figure's data, legend, axes and notes stand as it is."""
    for trace in figure.data:
        for key in _TEXTS:
            if (given := getattr(trace, key, None)) is not None:
                trace[key] = _plain_cells(given)
        if getattr(trace, "node", None) is not None and trace.node.label is not None:
            trace.node.label = _plain_cells(trace.node.label)
        if isinstance(getattr(trace, "hovertemplate", None), str):
            trace.hovertemplate = _OTHER_TAG.sub("&lt;", trace.hovertemplate)
    for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
        for key in _TICKS:
            if axis[key] is not None:
                axis[key] = _plain_cells(axis[key])
        axis.title.text = plain_in_figure(axis.title.text)
    for note in figure.layout.annotations:
        note.text = plain_in_figure(note.text)


def _plain_cells(given: Any) -> Any:
    if isinstance(given, str):
        return plain_in_figure(given)
    cells = np.asarray(given, dtype=object)
    if not any(isinstance(cell, str) and _READ.search(cell) for cell in cells.flat):
        return given
    return np.vectorize(plain_in_figure, otypes=[object])(cells).tolist()


def dress(figure: go.Figure, title: str, height: int = 340) -> go.Figure:
    """Give a figure its title, wrapped, and its margins; the axes keep their titles. All text is shown as it is."""
    plain_texts(figure)
    lines = wrap(plain_in_figure(title), _TITLE_WIDTH)
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
