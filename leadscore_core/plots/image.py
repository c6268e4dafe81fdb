"""Images: figures as PNG or SVG, drawn offline by an installed Chromium."""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from textwrap import wrap
from typing import Literal

import plotly.graph_objects as go
from plotly.utils import PlotlyJSONEncoder

from leadscore_core.errors import FigureError
from leadscore_core.plots.style import plain_in_figure

ImageForm = Literal["png", "svg"]
_SCALE, _HEIGHT, _NOTE_WIDTH = 2, 450, 130
_SECONDS, _SECONDS_EACH, _TRIES = 30, 5, 2  # a figure takes one or two
_GRACE_SECONDS = 10  # in which the process that draws ends itself


def find_browser() -> str | None:
    """Return the path of the Chromium or Chrome that draws images, or None."""
    from choreographer.browsers.chromium import Chromium

    return Chromium.find_browser(skip_local=True)


def draw_images(figures: Sequence[go.Figure], form: ImageForm, *, width: int = 900, about: str = "") -> list[bytes]:
    """Draw figures on white.

    Parameters
    ----------
    form
        ``png`` (at twice the size) or ``svg``.
    width
        In pixels; the height is each figure's own.
    about
        What is said above the figures: which leads they show.

    Raises
    ------
    FigureError
        If no Chromium or Chrome is installed, or it fails.
    """
    if find_browser() is None:
        raise FigureError(
            "Images are drawn by Chromium or Chrome, and none is installed on this machine. Install one (on Debian: "
            "apt install chromium), or download the table as CSV."
        )
    if about:
        figures = [with_note(figure, about) for figure in figures]
    asked = [
        {
            "figure": on_white(figure).to_plotly_json(),
            "options": {"format": form, "width": width, "height": figure.layout.height or _HEIGHT}
            | ({"scale": _SCALE} if form == "png" else {}),
        }
        for figure in figures
    ]
    seconds = _SECONDS + _SECONDS_EACH * len(asked)
    order = json.dumps({"figures": asked, "seconds": seconds}, cls=PlotlyJSONEncoder)
    for _ in range(_TRIES):
        with suppress(OSError):  # a process cannot be had just now
            drawn = _draw(order, seconds)
            if drawn is not None:
                return drawn
    raise FigureError("Chromium could not draw the figure. Try again, or download the table as CSV.")


def with_note(figure: go.Figure, note: str) -> go.Figure:
    """Return a copy of a figure with a note above it, for an image that is looked at by itself.

    Examples
    --------
    >>> with_note(go.Figure(), "Leads of May; n = 1,204").layout.annotations[-1].text
    'Leads of May; n = 1,204'
    """
    copy, lines = go.Figure(figure), wrap(plain_in_figure(note), _NOTE_WIDTH)
    top = copy.layout.margin.t or 80
    room = 16 * len(lines) + 8
    copy.update_layout(height=(copy.layout.height or _HEIGHT) + room, margin={"t": top + room})
    copy.add_annotation(
        text="<br>".join(lines), x=0, y=1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", yshift=26,
        align="left", showarrow=False, font={"size": 11},
    )  # fmt: skip
    return copy


def _draw(order: str, seconds: int) -> list[bytes] | None:
    """Have a process draw, which ends itself where it takes too long, or is ended; None if it failed."""
    words = [sys.executable, "-m", "leadscore_core.plots.drawing"]
    with subprocess.Popen(  # noqa: S603  # no shell, and words of our own
        words,
        cwd=Path(__file__).resolve().parents[2],  # where the package is found
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            answer, _ = process.communicate(order, timeout=seconds + _GRACE_SECONDS)
        except BaseException as error:  # it is not waited for yet, so the number is still its own
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                return None
            raise
    return [base64.b64decode(image) for image in json.loads(answer)] if process.returncode == 0 else None


def on_white(figure: go.Figure) -> go.Figure:
    """Return a copy of a figure with dark text on white, as paper takes it."""
    copy = go.Figure(figure)
    copy.update_layout(paper_bgcolor="#FFFFFF", plot_bgcolor="#FFFFFF", font={"color": "#0B1220"})
    copy.update_xaxes(gridcolor="#E2E8F0", zerolinecolor="#CBD5E1")
    copy.update_yaxes(gridcolor="#E2E8F0", zerolinecolor="#CBD5E1")
    return copy
