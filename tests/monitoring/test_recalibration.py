"""Recalibration: level and slope are checked, proposed where it is better for certain, and never change an order."""

import numpy as np
import pandas as pd
import pytest

from leadscore_core.model.classifier import Calibrator
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.monitoring.label_delay import estimate_delay
from leadscore_core.monitoring.performance import MonitoredLeads, calibration_slope
from leadscore_core.monitoring.recalibration import (
    Recalibration,
    apply_line,
    propose_recalibration,
    recalibrated_model,
)
from leadscore_core.outcome import OutcomeWords
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.training.calls import Calls
from tests.monitoring.test_verdict import leads_of


def proposed(score: np.ndarray, outcome: np.ndarray, periods: int = 4) -> Recalibration:
    leads = MonitoredLeads(score, Calls.unsaid(outcome), pd.DataFrame(index=range(len(score))), 0.5)
    when = np.array([f"2026-0{1 + n * periods // len(score)}" for n in range(len(score))])
    return propose_recalibration(leads, when)


def test_calibrated_propensities_stay() -> None:
    found = proposed(*leads_of(1.0))
    assert not found.is_proposed
    assert found.slope.low is not None
    assert found.slope.high is not None
    assert found.slope.low < 1 < found.slope.high
    assert "so the propensities stay" in found.sentence(OutcomeWords())


@pytest.mark.parametrize(("intercept", "slope"), [(-1.0, 1.0), (0.0, 0.4), (0.8, 0.6)])
def test_what_went_off_is_found_and_brought_back(intercept: float, slope: float) -> None:
    rng = np.random.default_rng(1)
    score, _ = leads_of(1.0, n=4_000)
    outcome = (rng.random(4_000) < apply_line(score, intercept, slope)).astype("float64")
    found = proposed(score, outcome)
    assert found.is_proposed
    assert found.intercept.value == pytest.approx(intercept, abs=0.15)
    assert found.slope.value == pytest.approx(slope, abs=0.1)
    assert found.period == "2026-04"
    assert (found.brier_after or 1) < (found.brier_before or 0)
    after = apply_line(score, found.intercept.value or 0, found.slope.value or 1)
    assert after.mean() == pytest.approx(outcome.mean(), abs=0.02)


def test_too_little_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    score, outcome = leads_of(1.0, n=300)
    assert "two months" in proposed(score, outcome, periods=1).not_applicable
    assert "takes 40 leads of either outcome" in proposed(score, np.zeros(300)).not_applicable
    assert "no slope" in proposed(np.full(300, 0.4), outcome, periods=2).not_applicable
    assert calibration_slope(np.zeros(5), np.full(5, 0.2), np.ones(5))[1].value is None


@pytest.mark.parametrize("method", ["none", "sigmoid", "isotonic"])
def test_a_recalibrated_model_keeps_its_order_and_is_published_as_any(
    trained: LeadModel, tmp_path, method: str
) -> None:
    own = trained.classifier.calibrator_
    margin = np.linspace(-3, 3, 400)
    label = (np.random.default_rng(0).random(400) < 1 / (1 + np.exp(-margin))).astype("int64")
    trained.classifier.calibrator_ = Calibrator(method).fit(margin, label)
    try:
        found = proposed(*leads_of(0.5, n=4_000))
        made = recalibrated_model(trained, found)
        rows = pd.DataFrame({name: [] for name in trained.features.columns_})
        assert made.propensity(rows).shape == (0,)
        before = trained.classifier.calibrator_.apply(margin)
        after = made.classifier.calibrator_.apply(margin)
        wanted = apply_line(before, found.intercept.value or 0, found.slope.value or 1)
        np.testing.assert_allclose(after, wanted, atol=0.01)
        assert (np.diff(after) >= 0).all()
    finally:
        trained.classifier.calibrator_ = own
    assert made.model_id != trained.model_id
    assert made.metadata.calibration["recalibrated"]["of"] == trained.model_id
    registry = ModelRegistry(tmp_path)
    registry.publish(made)
    assert registry.load(made.model_id).metadata.threshold == pytest.approx(made.metadata.threshold)


def test_how_long_outcomes_take_is_known_only_where_dates_say_it() -> None:
    rng = np.random.default_rng(0)
    age, took = rng.uniform(1, 90, 1_500), rng.exponential(8, 1_500)
    took[rng.random(1_500) < 0.5] = np.nan
    seen = np.where(took <= age, took, np.nan)
    delay = estimate_delay(seen, age)
    assert 18 < delay.due_after < 32
    assert delay.share[-1] == pytest.approx(0.5, abs=0.06)
    assert (delay.low <= delay.share).all()
    assert "of all leads converted within" in delay.sentence(OutcomeWords())
    unknown = estimate_delay(np.full(1_500, np.nan), age)
    assert unknown.due_after == 0
    assert "is not known" in unknown.sentence(OutcomeWords())
    uncalled = estimate_delay(seen, age, np.zeros(1_500))
    assert uncalled.leads == 0
    assert uncalled.not_applicable
