"""Trials are read at every look without fooling oneself, and take as many leads as planned."""

import numpy as np
import pytest

from leadscore_core.errors import LeadScoreError
from leadscore_core.monitoring.trial import plan_trial, read_trial
from leadscore_core.outcome import OutcomeWords
from leadscore_core.storage.database.trials import TrialPlan, assign_arms
from tests.paths import IS_SOAK

REPLAYS, WORTH = (1_000, 500) if IS_SOAK else (160, 120)
APPLICATIONS = OutcomeWords(singular="application", plural="applications", many="complete", past="completed")


def first_win(plan: TrialPlan, rates: tuple[float, float], rng: np.random.Generator, *, leads: int, days: int) -> float:
    """Return after how many leads the first arm is said to bring more, looked at each day; infinity for never."""
    first = rng.random(leads) < plan.share
    outcome = (rng.random(leads) < np.where(first, *rates)).astype("float64")
    for day in range(1, days + 1):
        seen = leads * day // days
        if read_trial(plan, first[:seen], outcome[:seen]).is_won:
            return seen
    return np.inf


@pytest.mark.parametrize("base", [0.5, 0.03])
def test_alike_arms_win_in_at_most_five_of_a_hundred_trials_with_daily_looks(base: float) -> None:
    rng, plan = np.random.default_rng(7), plan_trial("null", "order", base_rate=base, lift=base / 5)
    wins = [
        first_win(plan, (base, base), rng, leads=min(2 * plan.size, 6_000), days=40) < np.inf for _ in range(REPLAYS)
    ]
    assert np.mean(wins) <= 0.05


@pytest.mark.parametrize(("base", "lift", "share"), [(0.5, 0.08, 0.5), (0.1, 0.05, 0.3)])
def test_the_planned_size_is_what_eight_of_ten_trials_take(base: float, lift: float, share: float) -> None:
    rng, plan = np.random.default_rng(3), plan_trial("worth", "order", base_rate=base, lift=lift, share=share)
    took = [first_win(plan, (base + lift, base), rng, leads=2 * plan.size, days=60) for _ in range(WORTH)]
    needed = np.sort(took)[int(0.8 * WORTH)]
    assert needed == pytest.approx(plan.size, rel=0.2)


def test_the_interval_holds_the_truth_at_all_looks_together() -> None:
    rng, plan = np.random.default_rng(5), plan_trial("both", "holdout", base_rate=0.2, lift=0.1)
    missed = 0
    for _ in range(REPLAYS // 2):
        first = rng.random(1_500) < 0.5
        outcome = (rng.random(1_500) < np.where(first, 0.3, 0.2)).astype("float64")
        found = [read_trial(plan, first[:n], outcome[:n]) for n in range(250, 1_501, 50)]
        missed += any(one.low is not None and not one.low <= 0.1 <= (one.high or 0) for one in found)
    assert missed / (REPLAYS // 2) <= 0.05


def test_leads_keep_their_arm_on_every_list_and_other_trials_assign_them_anew() -> None:
    plan = plan_trial("spring", "order", base_rate=0.2, lift=0.1, share=0.3)
    keys = [f"lead {n}" for n in range(4_000)]
    arms = assign_arms(keys, plan)
    assert arms.mean() == pytest.approx(0.3, abs=0.03)
    assert (assign_arms(keys[::-1], plan) == arms[::-1]).all()
    other = assign_arms(keys, TrialPlan("autumn", "order", 0.3, 0.2, 0.1, 500))
    assert np.corrcoef(arms, other)[0, 1] == pytest.approx(0, abs=0.06)


def test_a_trial_says_how_much_more_it_brought_in_the_company_s_words() -> None:
    plan = plan_trial("spring", "order", base_rate=0.2, lift=0.1)
    first = np.arange(1_000) % 2 == 0
    outcome = np.zeros(1_000)
    outcome[np.flatnonzero(first)[:200]] = 1
    outcome[np.flatnonzero(~first)[:100]] = 1
    found = read_trial(plan, first, outcome)
    assert found.is_won
    assert found.more is not None
    assert found.more[0] == pytest.approx(100)
    assert found.sentence(APPLICATIONS).startswith("Ranking brought 100 more applications (95%: ")
    back = read_trial(plan, ~first, outcome)
    assert back.is_lost
    assert "100 fewer applications" in back.sentence(APPLICATIONS)


def test_too_early_or_without_an_outcome_nothing_is_said() -> None:
    plan = plan_trial("early", "model", base_rate=0.2, lift=0.1)
    first = np.arange(400) % 2 == 0
    for outcome in (np.full(400, np.nan), np.zeros(400), np.where(np.arange(400) < 100, 1.0, np.nan)):
        found = read_trial(plan, first, outcome)
        assert found.more is None
        assert not found.is_won
        assert "from 100 in each arm" in found.sentence(APPLICATIONS)


@pytest.mark.parametrize("wrong", [{"base_rate": 0.0}, {"lift": 0.0}, {"share": 1.0}, {"base_rate": 0.95}])
def test_what_cannot_be_planned_is_said(wrong: dict[str, float]) -> None:
    asked = {"base_rate": 0.2, "lift": 0.1, "share": 0.5} | wrong
    with pytest.raises(LeadScoreError, match="Correct these"):
        plan_trial("no", "order", **asked)
    with pytest.raises(LeadScoreError, match="Look for a larger one"):
        plan_trial("no", "order", base_rate=0.2, lift=0.00001)
