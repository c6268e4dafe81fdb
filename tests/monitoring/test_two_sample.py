"""Leads of one kind are called apart as seldom as is said, of whatever number; others are, by what sets them apart."""

import numpy as np
import pandas as pd
import pytest

from leadscore_core.monitoring.two_sample import tell_apart
from tests.paths import IS_SOAK

ROUNDS = 400 if IS_SOAK else 40
COLUMNS = [f"column {number}" for number in range(6)]


def codes_of_leads(rng: np.random.Generator, n: int, source: float = 0.3) -> pd.DataFrame:
    """Return codes of leads that depend on each other, of which a share is of the first source."""
    kind = np.where(rng.random(n) < source, 2, rng.integers(3, 9, n))
    others = {name: np.where(rng.random(n) < 0.5, kind, rng.geometric(0.3, n) + 1) for name in COLUMNS}
    return pd.DataFrame({"source": kind} | others)


@pytest.mark.parametrize("batch", [60, 200])
def test_leads_of_one_kind_are_seldom_called_apart(batch: int) -> None:
    called = []
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        found = tell_apart(codes_of_leads(rng, 300), codes_of_leads(rng, batch), rng)
        called.append(found.is_apart)
        assert 0 <= found.low < found.auc < found.high <= 1
    assert np.mean(called) <= 0.025


def test_lists_of_one_kind_are_seldom_called_apart_from_one_small_reference() -> None:
    rng = np.random.default_rng(2)
    reference = codes_of_leads(rng, 300)
    called = [tell_apart(reference, codes_of_leads(rng, 1_000), rng).is_apart for _ in range(ROUNDS)]
    assert np.mean(called) <= 0.025


def test_another_share_of_a_source_is_told_by_the_source() -> None:
    named = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        found = tell_apart(codes_of_leads(rng, 600), codes_of_leads(rng, 600, source=0.6), rng)
        named.append(next(iter(found.by)) if found.is_apart else "")
    assert named.count("source") >= 9


def test_lists_that_have_nothing_in_common_are_told_apart_whatever_the_number() -> None:
    rng = np.random.default_rng(0)
    leads = codes_of_leads(rng, 50)
    found = tell_apart(leads, leads.assign(source=9), rng)
    assert found.is_apart
    assert found.auc > 0.95
