"""Images: real PNG and SVG of a real figure, and a word where no browser can draw them."""

import time
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import psutil
import pytest

from leadscore_core.errors import FigureError
from leadscore_core.plots import image as image_module
from leadscore_core.plots.image import draw_images
from leadscore_core.plots.sources import plot_rates


@pytest.fixture
def figure() -> go.Figure:
    table = pd.DataFrame({"name": ["news"], "rate": [0.5], "low": [0.4], "high": [0.6], "n": [99], "verdict": [""]})
    return plot_rates(table, 0.5, "Title in words", "Applications")


def test_png_and_svg_are_drawn_offline(figure: go.Figure) -> None:
    (png,) = draw_images([figure], "png", width=600)
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20]) == 1_200
    first, second = draw_images([figure, figure], "svg")
    assert len(first) == len(second)
    assert b"Title in words" in first
    assert b"news" in first


def test_without_a_browser_it_says_what_is_missing(figure: go.Figure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_module, "find_browser", lambda: None)
    with pytest.raises(FigureError, match="Install one"):
        draw_images([figure], "png")


def test_a_browser_that_fails_is_said(figure: go.Figure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER_PATH", "/bin/false")
    with pytest.raises(FigureError, match="could not draw"):
        draw_images([figure], "png")


@pytest.mark.parametrize("does", ["sleep 300", "cat <&3 >/dev/null", "kill -9 $$"])
def test_a_browser_that_hangs_or_dies_is_said_and_nothing_of_it_stays(
    figure: go.Figure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, does: str
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/started\n{does}\n")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(browser))
    monkeypatch.setattr(image_module, "_SECONDS", 3)
    monkeypatch.setattr(image_module, "_SECONDS_EACH", 0)
    with pytest.raises(FigureError, match="could not draw"):
        draw_images([figure], "png")
    started = [int(pid) for pid in (tmp_path / "started").read_text().split()]
    assert len(started) == 2, "it is tried again"
    deadline = time.monotonic() + 20
    while any(psutil.pid_exists(pid) for pid in started) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(psutil.pid_exists(pid) for pid in started)


def test_drawing_leaves_the_figure_as_it_was(figure: go.Figure) -> None:
    before = figure.to_json()
    image_module.on_white(figure)
    assert figure.to_json() == before
