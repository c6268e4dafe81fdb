"""Figures: titled with what they show, axes named with units, the right numbers in them."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from leadscore_core.inference.capacity import gain_curve
from leadscore_core.inference.discard_tradeoff import expected_curve
from leadscore_core.outcome import APPLICATIONS
from leadscore_core.plots.drivers import plot_beeswarm, plot_dependence, plot_importance, plot_interaction
from leadscore_core.plots.lead import plot_history, plot_waterfall
from leadscore_core.plots.planning import plot_gain, plot_tradeoff

P = np.linspace(0.05, 0.95, 40)
PARTS = pd.DataFrame({"human": ["City", "Source"], "points": [0.2, -0.1], "log_odds": [0.8, -0.4]})
EFFECTS = pd.DataFrame({"human": ["City", "Source"], "effect": [9.0, 4.0]})
POINTS = pd.DataFrame({"human": ["City"] * 3, "effect": [1.0, -1, 0], "rate": [0.1, 0.5, 0.9], "value": list("abc")})
VALUES = pd.DataFrame(
    {
        "value": ["1", "2"],
        "leads": [9, 4],
        "propensity": [0.4, 0.6],
        "observed": [0.5, np.nan],
        "low": [0.4, np.nan],
        "high": [0.6, np.nan],
        "seen": [80, 0],
    }
)
GRID = pd.DataFrame([[0.4, np.nan]], index=["1"], columns=["a", "b"])

FIGURES = {
    "gain": plot_gain(gain_curve(P, P[::-1]), 10, "Calling the best brings more", APPLICATIONS),
    "tradeoff": plot_tradeoff(expected_curve(P), expected_curve(P), 0.2, "Without the lowest 20%", APPLICATIONS),
    "tradeoff of one": plot_tradeoff(None, expected_curve(P), 0.2, "Without the lowest 20%", APPLICATIONS),
    "waterfall": plot_waterfall(PARTS, 0.5, "From 50 to 60", APPLICATIONS),
    "waterfall in log-odds": plot_waterfall(PARTS, 0.0, "From 50 to 60", APPLICATIONS, log_odds=True),
    "importance": plot_importance(EFFECTS, "What moves scores"),
    "importance of a group": plot_importance(EFFECTS.assign(effect_of_all=[5.0, 5.0]), "What moves scores"),
    "beeswarm": plot_beeswarm(POINTS, "Each point is a lead"),
    "dependence": plot_dependence(VALUES, 0.5, "Chance by times contacted", APPLICATIONS, ordered=True),
    "interaction": plot_interaction(GRID, GRID.notna() * 3, "Mean propensity", ("Times", "Source")),
    "history": plot_history([datetime(2026, 5, 1, tzinfo=UTC)] * 2, [0.2, 0.4], ["a", "b"]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_have_titles_named_axes_and_no_raw_names(name: str) -> None:
    figure: go.Figure = FIGURES[name]
    assert figure.layout.title.text
    axes = [figure.layout.xaxis.title.text, figure.layout.yaxis.title.text]
    assert any(axes)
    assert "_" not in "".join(filter(None, axes))
    assert figure.to_json()


def test_the_waterfall_ends_at_the_lead() -> None:
    bar = FIGURES["waterfall"].data[0]
    assert list(bar.y) == ["Starting point", "City", "Source", "This lead"]
    assert list(bar.text) == ["50%", "+20%", "-10%", "60%"]


def test_a_part_that_rounds_to_nothing_has_no_sign() -> None:
    parts = pd.DataFrame({"human": ["City", "Source"], "points": [0.004, -0.001], "log_odds": [0.02, -0.004]})
    assert list(plot_waterfall(parts, 0.5, "t", APPLICATIONS).data[0].text) == ["50%", "0%", "0%", "50%"]
    in_log_odds = plot_waterfall(parts, 0.5, "t", APPLICATIONS, log_odds=True).data[0].text
    assert list(in_log_odds) == ["0.50", "+0.02", "0", "0.52"]


def test_an_empty_cell_stays_empty() -> None:
    assert FIGURES["interaction"].data[0].text[0] == ["40%<br>n = 3", ""]
