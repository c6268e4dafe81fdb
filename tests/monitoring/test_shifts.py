"""Of groups that share leads, as sources do with their medium, the one is named first that explains the other."""

import numpy as np
import pandas as pd
import pytest

from leadscore_core.monitoring.performance import MonitoredLeads, find_shifts
from leadscore_core.training.calls import Calls
from tests.paths import IS_SOAK

ROUNDS = 200 if IS_SOAK else 30
MEDIA = {"paid": (0.5, 0.3, 0.2), "social": (0.8, 0.2), "mail": (0.6, 0.4), "organic": (1.0,)}


def nested_leads(rng: np.random.Generator, n: int = 4_000) -> tuple[pd.DataFrame, np.ndarray]:
    """Return leads whose sources lie within their media but for one in twenty, and what is foretold of each."""
    medium = rng.choice(list(MEDIA), n, p=[0.35, 0.3, 0.2, 0.15])
    source = [f"{one} {rng.choice(len(MEDIA[one]), p=MEDIA[one])}" for one in medium]
    medium = np.where(rng.random(n) < 0.05, rng.choice(list(MEDIA), n), medium)
    other = rng.choice(["a", "b", "c"], n)
    groups = pd.DataFrame({"medium": medium, "source": source, "other": other})
    return groups, rng.beta(1.2, 1.8, n)


def first_named(column: str, level: str, rng: np.random.Generator) -> tuple[str, str] | None:
    """Return what is named first where the conversion of a group is halved."""
    groups, score = nested_leads(rng)
    halved = (groups[column] == level).to_numpy() & (rng.random(len(score)) < 0.5)
    came = np.where(halved, 0.0, rng.random(len(score)) < score)
    found = find_shifts(MonitoredLeads(score, Calls.unsaid(came), groups, 0.5), list(groups.columns))
    return (found[0].column, found[0].level) if found else None


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
def test_what_was_halved_is_named_first(column: str, level: str, often: float) -> None:
    named = [first_named(column, level, np.random.default_rng(seed)) for seed in range(ROUNDS)]
    assert None not in named
    assert np.mean([one == (column, level) for one in named]) >= often


def test_by_chance_alone_little_is_named() -> None:
    named = 0
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        groups, score = nested_leads(rng)
        came = (rng.random(len(score)) < score).astype("float64")
        named += bool(find_shifts(MonitoredLeads(score, Calls.unsaid(came), groups, 0.5), list(groups.columns)))
    assert named <= max(2, 0.02 * ROUNDS)
