"""Names that others wrote stand as text in every figure: on axes, in legends, and in what is shown of a mark."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pkgutil import iter_modules
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import plotly.graph_objects as go
import pytest

import leadscore_core.plots
from leadscore_core.outcome import OutcomeWords
from leadscore_core.plots.drivers import plot_beeswarm, plot_dependence, plot_importance, plot_interaction
from leadscore_core.plots.image import draw_images, find_browser, with_note
from leadscore_core.plots.judging import plot_stability
from leadscore_core.plots.lead import plot_history, plot_waterfall
from leadscore_core.plots.monitor import plot_changes, plot_timeline
from leadscore_core.plots.sources import (
    plot_bubbles,
    plot_flow,
    plot_gap,
    plot_group_trend,
    plot_rates,
)
from leadscore_core.plots.style import short

WORDS = OutcomeWords()
NAMES = ["<script>", "<b>a</b>", "<br>", "a &lt; b", "50%{x}", "<a href='h'>", "news"]  # short enough for every label
SEVERAL = range(len(NAMES))
TABLE = pd.DataFrame({"name": NAMES, "human": NAMES, "value": NAMES, "level": NAMES, "group": NAMES, "grade": "Hot"})
TABLE = TABLE.assign(rate=0.5, low=0.4, high=0.6, n=99, k=40, verdict="As expected", leads=99, applications=40.0)
TABLE = TABLE.assign(effect=1.0, effect_of_all=2.0, points=0.02, log_odds=0.1, share=0.1, std=0.01)
TABLE = TABLE.assign(propensity=0.5, observed=0.5, seen=99, when=NAMES, period="2026")
GRID = pd.DataFrame(0.5, index=NAMES, columns=NAMES)
MOMENTS = [datetime(2026, 5, 1, tzinfo=UTC)] * len(NAMES)

FIGURES: dict[str, tuple[Callable[..., go.Figure], Callable[[], go.Figure]]] = {
    "rates": (plot_rates, lambda: plot_rates(TABLE, 0.5, "<i>t</i>", "u", whose="<i>")),
    "rates in order": (plot_rates, lambda: plot_rates(TABLE, 0.5, "<i>t</i>", "u", ordered=True)),
    "bubbles": (plot_bubbles, lambda: plot_bubbles(TABLE.assign(n=[10**i for i in SEVERAL]), 0.5, "t", "u", WORDS)),
    "group trend": (plot_group_trend, lambda: plot_group_trend(TABLE, TABLE, NAMES, "t", "u")),
    "flow": (plot_flow, lambda: plot_flow(TABLE, "t", WORDS, completed=True)),
    "gap": (plot_gap, lambda: plot_gap(TABLE.assign(value=0.01), 0.1, "<b>whole", "t", WORDS)),
    "importance": (plot_importance, lambda: plot_importance(TABLE, "t")),
    "beeswarm": (plot_beeswarm, lambda: plot_beeswarm(TABLE, "t")),
    "dependence": (plot_dependence, lambda: plot_dependence(TABLE, 0.5, "t", WORDS, ordered=False)),
    "interaction": (plot_interaction, lambda: plot_interaction(GRID, GRID, "t", ("<b>row</b>", "<b>column</b>"))),
    "stability": (plot_stability, lambda: plot_stability(TABLE)),
    "waterfall": (plot_waterfall, lambda: plot_waterfall(TABLE, 0.5, "t", WORDS)),
    "history": (plot_history, lambda: plot_history(MOMENTS, [0.5] * len(NAMES), NAMES)),
    "changes": (
        plot_changes,
        lambda: plot_changes("<b>c</b>", [SimpleNamespace(level=name, before=0.1, now=0.2) for name in NAMES]),
    ),
    "timeline": (plot_timeline, lambda: plot_timeline(MOMENTS, NAMES, NAMES)),
}
NO_NAMES = {  # whose labels are the figure's own, and an outcome's words, which hold no marks
    "plot_calibration",
    "plot_gain",
    "plot_gain_share",
    "plot_grade_shares",
    "plot_learning",
    "plot_precision_recall",
    "plot_roc",
    "plot_scores",
    "plot_tradeoff",
    "plot_trend",
}


def test_each_figure_with_names_is_looked_at() -> None:
    modules = [import_module(f"leadscore_core.plots.{one.name}") for one in iter_modules(leadscore_core.plots.__path__)]
    there = {name for module in modules for name, _ in inspect.getmembers(module) if name.startswith("plot_")}
    assert there - NO_NAMES == {function.__name__ for function, _ in FIGURES.values()}


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[str]]:
    """The texts of each figure, as a browser draws them."""
    if find_browser() is None:
        pytest.skip("no Chromium on this machine")
    images = draw_images([with_note(make(), "Leads of <b>May</b>") for _, make in FIGURES.values()], "svg", width=1400)
    return {name: _texts(image) for name, image in zip(FIGURES, images, strict=True)}


def _texts(svg: bytes) -> list[str]:
    found = [one for one in ET.fromstring(svg).iter() if one.tag.endswith("}text")]  # noqa: S314  # drawn a moment ago
    return [" ".join(" ".join(one.itertext()).split()) for one in found]


@pytest.mark.parametrize("name", FIGURES)
def test_names_stand_as_text(drawn: dict[str, list[str]], name: str) -> None:
    for written in NAMES:
        assert any(written in text for text in drawn[name]), (written, drawn[name])
    assert "Leads of <b>May</b>" in drawn[name]


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_of_a_name_is_read_in_what_a_mark_shows(name: str) -> None:
    for trace in FIGURES[name][1]().data:
        template = (getattr(trace, "hovertemplate", None) or "").replace("<extra></extra>", "").replace("<br>", "")
        assert "<" not in template
        assert template.count("%{x}") <= 1
        for given in (trace.name, *_cells(getattr(trace, "customdata", None)), *_cells(getattr(trace, "text", None))):
            assert not isinstance(given, str) or "<" not in given.replace("%<br>n = ", "")


def _cells(given: Any) -> list[Any]:
    return [] if given is None else pd.Series([given]).explode().explode().tolist()


def test_a_name_too_long_for_an_axis_is_shortened_as_it_reads() -> None:
    figure = plot_rates(TABLE.assign(name=[f"<b>{'x' * 40}{i}" for i in SEVERAL]), 0.5, "t", "u")
    assert figure.layout.yaxis.ticktext[0] == "&lt;b>" + short("<b>" + "x" * 40)[3:]
    assert figure.layout.yaxis.tickvals == figure.data[0].y
