"""Who was called: what is known of a lead, how many leads one stands for, and what junk would have done."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.confidence import weighted_rate
from leadscore_core.training.called import is_recorded, sample_weights, settle_outcomes

NAN = np.nan
SEEDS = 200


@pytest.mark.parametrize(
    ("outcome", "called", "age", "settled", "learned"),
    [
        (1, 1, 90, 1, True),
        (0, 1, 90, 0, True),
        (0, 0, 90, NAN, False),  # nobody called: not a no
        (1, 0, 90, 1, False),  # converted without a call: a yes, whose like that did not are unknown
        (NAN, 1, 90, NAN, False),
        (NAN, 0, 90, NAN, False),
        (0, NAN, 90, 0, True),  # where calls are not known, what came counts
        (1, NAN, 90, 1, True),
        (0, 1, 29, NAN, False),  # too young
        (1, 1, 29, 1, False),
        (0, 1, 30, 0, True),
        (0, 1, NAN, 0, True),
    ],
)
def test_what_is_known_of_a_lead(outcome: float, called: float, age: float, settled: float, learned: bool) -> None:
    found = settle_outcomes(np.array([outcome]), np.array([called]), np.array([age]), 30)
    assert np.array_equal(found.outcome, [settled], equal_nan=True)
    assert found.is_learned.tolist() == [learned]


def test_each_unknown_lead_has_one_reason() -> None:
    found = settle_outcomes(np.array([0, 0, 0, 1, 1]), np.array([0, 1, 0, 0, 1]), np.array([1, 1, 90, 1, 1]), 30)
    assert found.uncalled.tolist() == [True, False, True, False, False]
    assert found.young.tolist() == [False, True, False, False, False]
    assert found.by_itself.tolist() == [False, False, False, True, False]


@given(st.lists(st.sampled_from([0.0, 1.0, NAN]), min_size=1, max_size=30))
def test_where_all_are_called_nothing_changes(came: list[float]) -> None:
    outcome = np.array(came)
    found = settle_outcomes(outcome, np.ones(len(outcome)), np.full(len(outcome), 5.0), 0)
    assert np.array_equal(found.outcome, outcome, equal_nan=True)
    assert np.array_equal(found.is_learned, ~np.isnan(outcome))
    assert not (found.uncalled | found.young | found.by_itself).any()


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_weights_of_leads_that_were_all_called_change_nothing(leads: list[tuple[bool, bool]]) -> None:
    sample, aside = (np.array(part) for part in zip(*leads, strict=True))
    weight = sample_weights(sample, np.ones(len(sample)), aside)
    assert (weight == 1).all()


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_weights_stand_for_what_was_put_aside_and_no_more(leads: list[tuple[bool, bool, bool]]) -> None:
    sample, called, aside = (np.array(part) for part in zip(*leads, strict=True))
    weight = sample_weights(sample, called, aside)
    if (sample & called & aside).any():
        assert (weight[aside] * called[aside]).sum() == pytest.approx(aside.sum())
    assert (weight[~aside] == 1).all()


def test_calls_are_recorded_where_most_who_converted_were_called() -> None:
    outcome = np.array([1, 1, 1, 1, 1, 0, 0])
    assert is_recorded(outcome, np.array([1, 1, 1, 1, 0, 0, 0])) is True
    assert is_recorded(outcome, np.array([1, 1, 0, 0, 0, 1, 1])) is False
    assert is_recorded(outcome, np.full(7, NAN)) is None


@pytest.mark.parametrize("base_rate", [0.01, 0.30])
def test_what_junk_would_have_done_lies_in_its_interval(base_rate: float) -> None:
    """Junk is the worse 40% of 10,000 leads by their propensity; of it, 5% are drawn and called."""
    covered, found, rates = 0, [], []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        propensity = rng.beta(0.7, 0.7 * (1 - base_rate) / base_rate, 10_000)
        yes = rng.random(len(propensity)) < propensity
        aside = propensity < np.quantile(propensity, 0.4)
        sample = aside & (rng.random(len(propensity)) < 0.05)
        called = ~aside | sample
        weight = sample_weights(sample, called, aside)
        truth, rate = yes[aside].mean(), weighted_rate(yes[sample], weight[sample])
        covered += rate.low <= truth <= rate.high
        found.append(rate.value)
        rates.append(truth)
    assert covered >= 0.93 * SEEDS
    error = np.std(found) / np.sqrt(SEEDS)
    assert np.mean(found) == pytest.approx(np.mean(rates), abs=3 * error)  # unbiased


@pytest.mark.parametrize("base_rate", [0.01, 0.30])
def test_the_rate_of_all_leads_is_found_although_the_better_ones_were_called(base_rate: float) -> None:
    covered, naive = 0, 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        propensity = rng.beta(0.7, 0.7 * (1 - base_rate) / base_rate, 10_000)
        yes = rng.random(len(propensity)) < propensity
        aside = propensity < np.median(propensity)
        sample = aside & (rng.random(len(propensity)) < 0.05)
        called = ~aside | sample
        rate = weighted_rate(yes[called], sample_weights(sample, called, aside)[called])
        plain = weighted_rate(yes[called], np.ones(called.sum()))
        covered += rate.low <= yes.mean() <= rate.high
        naive += plain.low <= yes.mean() <= plain.high
    assert covered >= 0.93 * SEEDS
    assert naive < 0.1 * SEEDS


def test_equal_weights_give_the_interval_of_the_plain_rate() -> None:
    yes = np.array([1, 0, 0, 1, 0, 0, 0, 0])
    assert weighted_rate(yes, np.full(8, 20.0)) == pytest.approx(weighted_rate(yes, np.ones(8)))
    assert weighted_rate(yes, np.zeros(8)).leads == 0
    assert weighted_rate(np.zeros(400), np.full(400, 20.0))[1:3] == pytest.approx((0, 0.0092), abs=1e-4)
