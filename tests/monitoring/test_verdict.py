"""The verdict follows outcomes first, the drift then, and the estimate only where its record lets it be shown."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leadscore_core.config import MonitorRules
from leadscore_core.monitoring.drift import DriftReport
from leadscore_core.monitoring.estimate import (
    PastPeriod,
    estimate_figures,
    estimate_plainly,
    past_period,
    periods_of_training,
)
from leadscore_core.monitoring.performance import MonitoredLeads, measure_performance
from leadscore_core.monitoring.sample import draw_sample, evaluate_sample, plan_sample
from leadscore_core.monitoring.verdict import (
    BLIND,
    DO_NOT_TRUST,
    HEALTHY,
    RETRAIN,
    WATCH,
    Promise,
    promise_of,
    reach_verdict,
)
from leadscore_core.training.calls import Calls
from leadscore_core.training.evaluation.quick_scores import auc_of

STEADY = DriftReport(1_000, "m", months=5)
OUTSIDE = replace(STEADY, outside=("city",))
PROMISE = Promise(0.82, 0.01, "on the months that followed")


def leads_of(slope: float, n: int = 2_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return scores, and outcomes whose log-odds are so many times what the scores foretell."""
    rng = np.random.default_rng(seed)
    margin = 1.8 * rng.standard_normal(n)
    return 1 / (1 + np.exp(-margin)), (rng.random(n) < 1 / (1 + np.exp(-slope * margin))).astype("float64")


def measured(score: np.ndarray, outcome: np.ndarray):
    leads = MonitoredLeads(score, Calls.unsaid(outcome), pd.DataFrame(index=range(len(score))), 0.5)
    return measure_performance(leads)


def record(errors: list[float]) -> list[PastPeriod]:
    none = dict.fromkeys(("precision", "recall", "base_rate"), None)
    return [
        PastPeriod(f"period {n}", 500, {"auc": 0.8} | none, {"auc": 0.8 + error} | none)
        for n, error in enumerate(errors)
    ]


@pytest.mark.parametrize(
    ("slope", "state"), [(1.0, HEALTHY), (0.7, WATCH), (0.45, RETRAIN), (0.1, DO_NOT_TRUST), (-1.0, DO_NOT_TRUST)]
)
def test_outcomes_decide(slope: float, state: str) -> None:
    score, outcome = leads_of(slope)
    found = reach_verdict(STEADY, measured(score, outcome), {}, PROMISE)
    assert found.state == state
    assert found.is_due == (state in {RETRAIN, DO_NOT_TRUST})
    assert "leads whose outcome is in" in found.reasons[0]


def test_what_makes_the_verdict_is_said_first() -> None:
    score, outcome = leads_of(1.0)
    assert reach_verdict(STEADY, measured(score, outcome), {}, PROMISE).state == HEALTHY
    fewer = measured(score**0.5, outcome)
    found = reach_verdict(STEADY, fewer, {}, PROMISE)
    assert found.state == WATCH
    assert "propensities are off" in found.line
    outside = reach_verdict(OUTSIDE, measured(score, outcome), {}, PROMISE)
    assert outside.state == WATCH
    assert "differ" in outside.line
    assert "AUC" in outside.reasons[1]
    few, came = leads_of(0.4, n=160, seed=1)
    wide = reach_verdict(STEADY, measured(few, came), {}, None)
    assert wide.state == WATCH
    assert "it may be below 0.6" in wide.line


def test_whose_outcome_is_in_is_not_to_be_called_once_more() -> None:
    score, outcome = leads_of(1.0)
    outcome[30:] = np.nan
    found = reach_verdict(OUTSIDE, measured(score, outcome), {}, PROMISE)
    assert "Call the 1,970 leads whose outcome is not in" in replace(found, sample=2_000, is_whole=True).action
    assert "Look again" in replace(found, sample=30, is_whole=True).action
    unknown = reach_verdict(OUTSIDE, measured(score, np.full(2_000, np.nan)), {}, PROMISE)
    assert "Call all 2,000 leads" in replace(unknown, sample=2_000, is_whole=True).action


def test_an_auc_that_is_known_and_decides_nothing_is_said() -> None:
    score = np.random.default_rng(0).beta(1, 40, 800)
    done = measured(score, (np.random.default_rng(1).random(800) < score).astype("float64"))
    assert done.auc is None
    assert done.early_auc is not None
    (reason,) = [one for one in reach_verdict(OUTSIDE, done, {}, PROMISE).reasons if "rarer one" in one]
    assert f"too few to judge the AUC by, {done.early_auc.value:.3f} (" in reason


def test_a_relation_that_turned_is_never_healthy_whatever_scores_alone_say() -> None:
    past = record([0.0, 0.01, -0.01, 0.005, 0.0])
    for seed in range(20):
        score, outcome = leads_of(-0.2, n=400, seed=seed)
        found = estimate_figures(score, 0.5, past)
        assert found["auc"].value is not None
        assert found["auc"].value > 0.8
        assert reach_verdict(STEADY, measured(score, outcome), found, PROMISE).state == DO_NOT_TRUST


def test_too_few_outcomes_decide_nothing() -> None:
    score, outcome = leads_of(1.0)
    outcome[40:] = np.nan
    done = measured(score, outcome)
    assert done.auc is None
    assert done.figures is not None
    assert done.figures["base_rate"].low is not None
    assert reach_verdict(STEADY, done, {}, PROMISE).state == BLIND


@pytest.mark.parametrize(("came", "who"), [(0.0, "none"), (1.0, "all")])
def test_one_outcome_only_is_said_and_its_level_is_a_reason(came: float, who: str) -> None:
    score = np.random.default_rng(0).beta(1, 40, 800)
    found = reach_verdict(OUTSIDE, measured(score, np.full(800, came)), {}, PROMISE)
    assert f"{800 * came:.0f} converted where 20 were expected (" in found.reasons[0]
    assert found.is_certain
    assert any(f"of 800 leads whose outcome is in {who} converted" in reason for reason in found.reasons)
    assert "Too few" not in " ".join(found.reasons)
    assert "Call" not in found.action
    as_expected = reach_verdict(STEADY, measured(np.full(50, 0.02), np.zeros(50)), {}, PROMISE)
    assert "AUC is not applicable" in as_expected.reasons[0]


def test_where_all_outcomes_are_in_nobody_is_to_be_called() -> None:
    score = np.random.default_rng(0).beta(1, 40, 800)
    came = (np.random.default_rng(1).random(800) < score).astype("float64")
    all_in = reach_verdict(OUTSIDE, measured(score, came), {}, PROMISE)
    assert "All its outcomes are in" in " ".join(all_in.reasons)
    assert (all_in.state, all_in.is_due) == (WATCH, False)
    assert "nobody to call" in all_in.action
    learned = reach_verdict(STEADY, measured(np.full(800, np.nan), came), {}, PROMISE)
    assert "learned from all 800 leads" in learned.reasons[0]
    assert "nobody to call" in learned.action
    came[0] = np.nan
    assert reach_verdict(OUTSIDE, measured(score, came), {}, PROMISE).state == BLIND


def test_few_outcomes_are_enough_for_bad_news_alone() -> None:
    past = record([0.0, 0.01, -0.01, 0.005, 0.0])
    for slope, states in ((1.0, {HEALTHY}), (-1.0, {DO_NOT_TRUST}), (0.0, {WATCH, DO_NOT_TRUST, HEALTHY})):
        score, outcome = leads_of(slope, n=60)
        done = measured(score, outcome)
        assert done.auc is None
        assert done.early_auc is not None
        assert reach_verdict(STEADY, done, estimate_figures(score, 0.5, past), PROMISE).state in states


@pytest.mark.parametrize("count", [0, 1, 3])
def test_fewer_than_four_past_periods_are_blind(count: int) -> None:
    score, _ = leads_of(1.0)
    found = estimate_figures(score, 0.5, record([0.01] * count))
    assert found["auc"].value is None
    assert found["auc"].plain is not None
    verdict = reach_verdict(STEADY, None, found, PROMISE)
    assert verdict.state == BLIND
    assert f"{count} past period" in verdict.reasons[1]


def test_outside_what_was_seen_is_blind_whatever_the_record() -> None:
    score, _ = leads_of(1.0)
    found = estimate_figures(score, 0.5, record([0.0] * 20), outside="It is outside.")
    assert found["auc"].blind == "It is outside."
    verdict = reach_verdict(OUTSIDE, None, found, PROMISE)
    assert (verdict.state, verdict.is_due, verdict.is_certain) == (BLIND, True, True)
    assert "Call" in verdict.action
    by_scores = reach_verdict(replace(STEADY, outside=("scores",)), None, found, PROMISE)
    assert (by_scores.state, by_scores.is_certain) == (BLIND, False)
    assert by_scores.reasons[0].startswith("The scores differ")
    assert "within" not in replace(verdict, sample=900, is_whole=True).action
    assert "Call these 120 leads" in replace(verdict, sample=120).action


def test_stretches_of_one_period_are_no_record() -> None:
    score, _ = leads_of(1.0)
    alike = [replace(one, name="March") for one in record([0.0, 0.01, -0.01, 0.0, 0.01])]
    assert "of one period" in estimate_figures(score, 0.5, alike)["auc"].blind


def test_the_estimate_is_corrected_by_its_errors_and_its_interval_holds_as_often_as_it_says() -> None:
    rng, held, wide = np.random.default_rng(2), 0, []
    score, _ = leads_of(1.0)
    plain = estimate_plainly(score, 0.5)["auc"]
    assert plain is not None
    for _ in range(400):
        errors = rng.normal(-0.04, 0.02, 7)
        found = estimate_figures(score, 0.5, record(errors[:6].tolist()))["auc"]
        assert found.low is not None
        assert found.high is not None
        held += found.low <= plain + errors[6] <= found.high
        wide.append(found.high - found.low)
    assert found.level == pytest.approx(6 / 7)
    assert held / 400 >= 6 / 7
    assert np.mean(wide) < 0.12


def test_what_scores_alone_say_is_what_leads_with_these_chances_have() -> None:
    score, _ = leads_of(1.0, n=500)
    rng = np.random.default_rng(1)
    drawn = [rng.random(len(score)) < score for _ in range(300)]
    found = estimate_plainly(score, 0.5)
    assert found["auc"] == pytest.approx(np.mean([auc_of(y.astype("int64"), score) for y in drawn]), abs=0.005)
    assert found["recall"] == pytest.approx(np.mean([(score[y] >= 0.5).mean() for y in drawn]), abs=0.005)
    assert estimate_plainly(np.zeros(5), 0.5)["auc"] is None
    assert past_period("none", np.zeros(50), np.full(50, 0.2), 0.5).error("auc") is None


def test_an_old_model_is_blind_and_five_leads_ask_for_nothing() -> None:
    old = reach_verdict(DriftReport(1_000, "m", "No reference."), None, {}, PROMISE)
    few = reach_verdict(DriftReport(5, "m", "Too short."), None, {}, PROMISE)
    assert (old.state, old.is_due, old.reasons) == (BLIND, True, ("No reference.",))
    assert (few.state, few.is_due) == (WATCH, False)


def test_limits_follow_the_settings() -> None:
    score, outcome = leads_of(0.45)
    done = measured(score, outcome)
    assert reach_verdict(STEADY, done, {}, PROMISE, MonitorRules(retrain_drop=0.3, watch_drop=0.3)).state == HEALTHY
    assert reach_verdict(STEADY, done, {}, PROMISE, MonitorRules(least_auc=0.8)).state == DO_NOT_TRUST


def test_training_gives_a_promise_and_a_record(trained) -> None:
    promise = promise_of(trained.metadata)
    assert promise is not None
    assert 0.7 < promise.auc < 0.95
    assert len(periods_of_training(trained)) == trained.metadata.metrics["next_period"]["folds"]


@pytest.mark.parametrize("slope", [1.0, 0.6, 0.0])
def test_the_sample_tells_the_auc_to_within_what_was_promised(slope: float) -> None:
    score, outcome = leads_of(slope, n=1_500, seed=4)
    true, within, held = auc_of(outcome.astype("int64"), score), 0, 0
    plan, replays = plan_sample(score), 200
    sizes = np.bincount(plan.strata)
    for seed in range(replays):
        rows = draw_sample(plan.strata, plan.size, np.random.default_rng(seed))
        figure, weight = evaluate_sample(score[rows], plan.strata[rows], sizes, outcome[rows])
        assert figure.value is not None
        assert weight.sum() == pytest.approx(len(score))
        within += abs(figure.value - true) <= 0.05
        held += (figure.low or 0) <= true <= (figure.high or 1)
    assert within / replays >= 0.9
    assert held / replays >= 0.85
    assert plan.size < 400


def test_what_a_list_says_of_leads_like_it_is_said_and_holds() -> None:
    rng = np.random.default_rng(5)
    many = rng.beta(0.5, 24.5, 100_000)  # 2% convert
    came = rng.random(len(many)) < many
    truth = auc_of(came.astype("int64"), many)
    plan = plan_sample(rng.choice(many, 700, replace=False))
    assert plan.is_whole
    assert plan.beyond > 0.05
    within, draws = 0, 200
    for _ in range(draws):
        rows = rng.choice(len(many), 700, replace=False)
        within += abs(auc_of(came[rows].astype("int64"), many[rows]) - truth) <= plan.beyond
    assert 0.9 <= within / draws <= 0.995
    large = plan_sample(rng.beta(1, 1, 20_000))
    assert large.margin < large.beyond < 1.1 * large.margin


def test_a_sample_of_few_leads_is_all_of_them_and_who_is_not_reached_is_stood_for() -> None:
    score, outcome = leads_of(1.0, n=60)
    plan = plan_sample(score)
    assert plan.is_whole
    assert plan.size == 60
    assert (str(plan.margin), str(plan.hoped)) == ("0.0", "0.0")
    figure, _ = evaluate_sample(score, plan.strata, np.bincount(plan.strata), outcome)
    assert figure.value == pytest.approx(auc_of(outcome.astype("int64"), score))
    score, outcome = leads_of(1.0)
    plan = plan_sample(score)
    back = outcome[plan.rows]
    back[::7] = np.nan
    figure, weight = evaluate_sample(score[plan.rows], plan.strata[plan.rows], np.bincount(plan.strata), back)
    assert weight.sum() == pytest.approx(len(score))
    assert (weight[::7] == 0).all()
    assert figure.value == pytest.approx(auc_of(outcome.astype("int64"), score), abs=0.08)
    assert evaluate_sample(score[:3], np.zeros(3, "int64"), np.array([3]), np.ones(3))[0].value is None


@pytest.mark.parametrize(("slope", "as_hoped"), [(1.0, True), (0.5, False)])
def test_fewer_leads_say_as_much_less_and_are_a_part_of_more(slope: float, as_hoped: bool) -> None:
    score, outcome = leads_of(slope, seed=2)
    true, plan, whole = auc_of(outcome.astype("int64"), score), plan_sample(score, most=120), plan_sample(score)
    assert plan.size == 120 < whole.size
    assert set(plan.rows) < set(whole.rows)
    assert whole.margin == 0.05 <= plan.hoped < plan.margin <= 0.1
    errors = []
    for seed in range(200):
        rows = draw_sample(plan.strata, plan.size, np.random.default_rng(seed))
        figure, _ = evaluate_sample(score[rows], plan.strata[rows], plan.sizes, outcome[rows])
        assert figure.value is not None
        errors.append(abs(figure.value - true))
    assert np.mean(np.array(errors) <= (plan.hoped if as_hoped else plan.margin)) >= 0.88


def test_who_cannot_be_called_is_not_drawn() -> None:
    score, _ = leads_of(1.0)
    able = np.arange(len(score)) % 3 != 0
    assert able[plan_sample(score, may_call=able).rows].all()
