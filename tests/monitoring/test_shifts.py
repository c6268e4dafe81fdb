"""Of groups that share leads the one is named first that explains the other; what all have in common is no shift."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from leadscore_core.monitoring.performance import MonitoredLeads
from leadscore_core.monitoring.shifts import find_shifts
from leadscore_core.training.calls import Calls
from tests.paths import IS_SOAK

ROUNDS = 200 if IS_SOAK else 20
MEDIA = {"paid": (0.5, 0.3, 0.2), "social": (0.8, 0.2), "mail": (0.6, 0.4), "organic": (1.0,)}


def nested_leads(rng: np.random.Generator, n: int = 4_000) -> tuple[pd.DataFrame, np.ndarray]:
    """Return leads whose sources lie within their media but for one in twenty, and what is foretold of each."""
    medium = rng.choice(list(MEDIA), n, p=[0.35, 0.3, 0.2, 0.15])
    source = [f"{one} {rng.choice(len(MEDIA[one]), p=MEDIA[one])}" for one in medium]
    medium = np.where(rng.random(n) < 0.05, rng.choice(list(MEDIA), n), medium)
    other = rng.choice(["a", "b", "c"], n)
    groups = pd.DataFrame({"medium": medium, "source": source, "other": other})
    return groups, rng.beta(1.2, 1.8, n)


def first_named(column: str, level: str, outcome: float, rng: np.random.Generator) -> tuple[str, str] | None:
    """Return what is named first where half of a group's leads have one outcome, whatever was foretold."""
    groups, score = nested_leads(rng)
    half = (groups[column] == level).to_numpy() & (rng.random(len(score)) < 0.5)
    came = np.where(half, outcome, rng.random(len(score)) < score)
    found = find_shifts(MonitoredLeads(score, Calls.unsaid(came), groups, 0.5), list(groups.columns))
    return (found[0].column, found[0].level) if found else None


@pytest.mark.parametrize("outcome", [0.0, 1.0], ids=["halved", "raised"])
@pytest.mark.parametrize(
    ("column", "level", "often"),
    [
        ("source", "paid 0", 0.98),
        ("source", "social 0", 0.98),  # four in five of the medium's leads
        ("source", "mail 1", 0.98),
        ("medium", "paid", 0.9),
        ("medium", "mail", 0.85),
        ("other", "b", 0.98),
    ],
)
def test_what_was_turned_is_named_first(column: str, level: str, often: float, outcome: float) -> None:
    named = [first_named(column, level, outcome, np.random.default_rng(seed)) for seed in range(ROUNDS)]
    assert None not in named
    assert np.mean([one == (column, level) for one in named]) >= often


def by_odds(score: np.ndarray, times: float) -> np.ndarray:
    return times * score / (1 - score + times * score)


@pytest.mark.parametrize(
    "chance",
    [
        lambda score: score,
        lambda score: score / 2,
        lambda score: 1 - (1 - score) / 2,
        lambda score: by_odds(score, 3),
        lambda score: by_odds(score, 1 / 3),
    ],
    ids=["as foretold", "half of the yes", "half of the no", "three times the odds", "a third of the odds"],
)
def test_what_all_leads_have_in_common_is_no_shift(chance: Callable[[np.ndarray], np.ndarray]) -> None:
    named = 0
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        groups, score = nested_leads(rng)
        score = by_odds(score, np.where(groups["source"] == "mail 1", 30, 1))  # a source that nearly always converts
        came = (rng.random(len(score)) < chance(score)).astype("float64")
        named += bool(find_shifts(MonitoredLeads(score, Calls.unsaid(came), groups, 0.5), list(groups.columns)))
    assert named <= max(2, 0.02 * ROUNDS)


def test_a_source_that_was_halved_is_named_before_its_medium_that_converted_most() -> None:
    named = []
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        medium = rng.choice(["rich", "poor", "mail", "fair"], 4_000, p=[0.08, 0.32, 0.3, 0.3])
        source = np.select([np.isin(medium, ["rich", "poor"]), medium == "mail"], ["a", "b"], "c")
        score = rng.beta(8, 2, 4_000) * np.where(medium == "rich", 1.0, 0.15)
        halved = (source == "a") & (rng.random(4_000) < 0.5)
        came = np.where(halved, 0.0, rng.random(4_000) < score)
        groups = pd.DataFrame({"medium": medium, "source": source})
        leads = MonitoredLeads(score, Calls.unsaid(came), groups, 0.5)
        named.append(find_shifts(leads, ["medium", "source"])[0])
    assert np.mean([(one.column, one.level) == ("source", "a") for one in named]) >= 0.9
