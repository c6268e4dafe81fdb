"""Grades to start with: by a company's own base rate and losses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.config import GradeThresholds
from leadscore_core.inference.grades import grade_leads
from leadscore_core.training.starting_grades import MOST_LOST, propose_grades

RATES = (0.01, 0.03, 0.12, 0.5, 0.9)


def leads(rate: float, seed: int, rows: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    propensity = rng.beta(2 * rate, 2 * (1 - rate), rows).clip(1e-6, 1 - 1e-6)
    return propensity, (rng.random(rows) < propensity).astype("int64")


@pytest.mark.parametrize("rate", RATES)
def test_junk_loses_at_most_two_percent_and_the_best_are_hot(rate: float) -> None:
    propensity, label = leads(rate, seed=1)
    grades = propose_grades(propensity, label)
    grade = np.asarray(grade_leads(propensity, grades))
    assert label[grade == "Junk"].sum() <= MOST_LOST * label.sum()
    assert propensity[grade == "Junk"].sum() <= MOST_LOST * propensity.sum()
    assert 0.02 < (grade == "Hot").mean() < 0.95
    assert label[grade == "Hot"].mean() > label.mean()


def test_thresholds_for_other_rates_put_most_who_convert_into_junk() -> None:
    propensity, label = leads(0.03, seed=2)
    fixed = np.asarray(grade_leads(propensity, GradeThresholds())) == "Junk"
    own = np.asarray(grade_leads(propensity, propose_grades(propensity, label))) == "Junk"
    assert fixed.mean() > 0.9
    assert 0.1 < own.mean() < 0.9


@given(
    propensity=st.lists(st.floats(0, 1), min_size=20, max_size=60),
    ones=st.integers(1, 19),
)
def test_they_are_in_order_whatever_the_predictions(propensity: list[float], ones: int) -> None:
    label = np.arange(len(propensity)) < ones
    grades = propose_grades(np.array(propensity), label.astype("int64"))
    assert 0 <= grades.cold <= grades.warm <= grades.hot <= 1
