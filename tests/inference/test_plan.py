"""Plans: the interval is exact, sums are sums, and lists are split evenly."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from leadscore_core.inference.capacity import (
    applications_interval,
    assign_leads,
    gain_curve,
    poisson_binomial,
)
from tests.plans import plan_calls

PROPENSITIES = st.lists(st.floats(0, 1), min_size=1, max_size=9).map(np.array)


@given(PROPENSITIES)
def test_the_distribution_equals_counting_all_outcomes(p: np.ndarray) -> None:
    wanted = np.zeros(len(p) + 1)
    for outcome in itertools.product((0, 1), repeat=len(p)):
        wanted[sum(outcome)] += np.prod(np.where(outcome, p, 1 - p))
    np.testing.assert_allclose(poisson_binomial(p), wanted, atol=1e-9)


@pytest.mark.parametrize(("n", "p"), [(10, 0.3), (300, 0.7), (1_000, 0.02)])
def test_with_equal_propensities_it_is_the_binomial(n: int, p: float) -> None:
    assert applications_interval(np.full(n, p)) == (binom.ppf(0.025, n, p), binom.ppf(0.975, n, p))


def test_the_normal_approximation_takes_over_smoothly() -> None:
    p = np.random.default_rng(0).random(1_001)
    exact, near = applications_interval(p[:1_000]), applications_interval(p)
    assert near[0] == pytest.approx(exact[0], abs=3)
    assert near[1] == pytest.approx(exact[1], abs=3)
    assert applications_interval(np.empty(0)) == (0.0, 0.0)


@given(PROPENSITIES, st.integers(0, 12))
def test_expected_applications_are_the_sum_of_propensities(p: np.ndarray, capacity: int) -> None:
    plan = plan_calls(p, capacity)
    best = np.sort(p)[::-1][:capacity]
    assert plan.expected == pytest.approx(best.sum())
    assert plan.expected + plan.missed == pytest.approx(p.sum(), abs=1e-6)
    assert plan.expected >= plan.in_arrival_order - 1e-9
    assert plan.expected >= plan.at_random - 1e-9
    assert plan.low <= plan.high


@given(st.lists(st.floats(0.01, 1), min_size=40, max_size=200).map(np.array), st.integers(1, 8))
def test_callers_get_nearly_the_same(p: np.ndarray, callers: int) -> None:
    caller = assign_leads(p, callers)
    lengths = np.bincount(caller, minlength=callers)
    sums = np.bincount(caller, weights=p, minlength=callers)
    assert lengths.max() - lengths.min() <= 1
    assert sums.max() - sums.min() <= 1.0 + 1e-9, "more than one application apart"


def test_the_gain_curve_ends_at_what_is_called() -> None:
    p = np.array([0.1, 0.9, 0.5])
    curve = gain_curve(p, np.array([0.9, 0.5]))
    assert curve["by_score"].iloc[-1] == pytest.approx(1.4)
    assert curve["leads"].iloc[-1] == 2
