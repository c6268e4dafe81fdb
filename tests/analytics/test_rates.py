"""Rates: values equal the libraries' own, invariances, and verdicts that are right as often as they say."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from leadscore_core.analytics.statistics.rates import (
    EXPECTED,
    FEW,
    NOT_APPLICABLE,
    OVER,
    UNDER,
    Prior,
    compare_periods,
    compare_with_rest,
    control_discoveries,
    fit_prior,
    leads_needed,
    rate_groups,
    shrink,
)
from leadscore_core.confidence import wilson_intervals
from tests.paths import IS_SOAK

CASES = [(0, 1), (1, 1), (0, 14), (14, 14), (3, 50), (50, 100), (999, 1_000), (12_345, 1_000_000)]
COUNTS = st.lists(
    st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=30
)

DRAWS = 200 if IS_SOAK else 60


@pytest.mark.parametrize(("k", "n"), CASES)
def test_wilson_equals_two_libraries(k: int, n: int) -> None:
    low, high = wilson_intervals(np.array([k]), np.array([n]))
    scipy_says = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert (low[0], high[0]) == pytest.approx((scipy_says.low, scipy_says.high), abs=1e-9)
    assert (low[0], high[0]) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-9)


@pytest.mark.parametrize(("k", "n"), CASES)
def test_shrunken_rates_equal_the_beta_posterior(k: int, n: int) -> None:
    rate, low, high = shrink(np.array([k]), np.array([n]), Prior(2.0, 3.0))
    posterior = stats.beta(2 + k, 3 + n - k)
    assert (rate[0], low[0], high[0]) == pytest.approx((posterior.mean(), *posterior.interval(0.95)))


def test_discoveries_equal_scipys() -> None:
    p = np.random.default_rng(0).uniform(0, 0.2, 50)
    assert np.allclose(control_discoveries(p), stats.false_discovery_control(p))


@pytest.mark.parametrize(("k", "n"), [(50, 100), (300, 1_000), (10, 60)])
def test_the_test_equals_statsmodels(k: int, n: int) -> None:
    p = compare_with_rest(np.array([k]), np.array([n]), 1_200, 3_000)[0]
    assert p == pytest.approx(proportions_ztest([k, 1_200 - k], [n, 3_000 - n])[1])


def test_small_groups_are_tested_exactly() -> None:
    p = compare_with_rest(np.array([3]), np.array([5]), 30, 1_000)[0]
    assert p == pytest.approx(stats.fisher_exact([[3, 2], [27, 968]]).pvalue)


def test_the_prior_is_the_most_likely_one() -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(20, 400, 300)
    k = rng.binomial(n, rng.beta(6, 14, 300))
    prior = fit_prior(k, n)
    assert prior.alpha == pytest.approx(6, rel=0.2)
    assert prior.beta == pytest.approx(14, rel=0.2)

    def likelihood(a: float, b: float) -> float:
        return float(stats.betabinom.logpmf(k, n, a, b).sum())

    for factor in (0.9, 1.1):
        assert likelihood(prior.alpha, prior.beta) >= likelihood(prior.alpha * factor, prior.beta)
        assert likelihood(prior.alpha, prior.beta) >= likelihood(prior.alpha, prior.beta * factor)


def test_groups_that_differ_by_luck_alone_are_drawn_together() -> None:
    rng = np.random.default_rng(2)
    n = np.full(100, 60)
    k = rng.binomial(n, 0.4)
    rate, _, _ = shrink(k, n, fit_prior(k, n))
    assert rate.std() < 0.2 * (k / n).std()


def test_shrunken_rates_miss_the_truth_by_less_and_keep_lucky_few_from_the_top() -> None:
    rng = np.random.default_rng(3)
    raw, shrunken, tops = [], [], []
    for _ in range(DRAWS // 2):
        n = np.concatenate([rng.integers(2, 20, 40), rng.integers(200, 2_000, 20)])
        truth = rng.beta(8, 8, 60)
        k = rng.binomial(n, truth)
        result = rate_groups(pd.DataFrame({"n": n, "k": k}), float(k.sum()), float(n.sum()))
        raw.append(np.mean((result["rate"] - truth) ** 2))
        shrunken.append(np.mean((result["shrunk"] - truth) ** 2))
        tops.append((truth[int(result["shrunk"].to_numpy().argmax())], truth[int(result["rate"].to_numpy().argmax())]))
    assert np.mean(shrunken) < 0.5 * np.mean(raw)
    assert np.mean([a for a, _ in tops]) > np.mean([b for _, b in tops]) + 0.05


def test_sources_without_effect_get_at_most_5_percent_false_verdicts() -> None:
    wrong = []
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        n = rng.integers(10, 3_000, 30)
        k = rng.binomial(n, 0.37)
        verdicts = rate_groups(pd.DataFrame({"n": n, "k": k}), float(k.sum()), float(n.sum()))["verdict"]
        wrong.append(verdicts.isin([OVER, UNDER]).mean())
    assert np.mean(wrong) <= 0.05
    assert np.mean(wrong) > 0, "a test that never errs does not test"


def test_verdicts_of_a_plain_case() -> None:
    groups = pd.DataFrame({"n": [2_000, 2_000, 6_000, 9], "k": [1_300, 700, 3_000, 8]}, index=["a", "b", "c", "d"])
    result = rate_groups(groups, 5_008, 10_009)
    assert result["verdict"].to_dict() == {"a": OVER, "b": UNDER, "c": EXPECTED, "d": FEW}
    assert result.loc["d", "more"] > 0
    assert result.loc["a", "more"] == 0
    assert result.loc["a", "lift"] == pytest.approx(0.65 / (5_008 / 10_009))


def test_as_many_leads_as_were_said_to_be_needed_are_enough() -> None:
    for rate in (0.37, 0.41, 0.33, 0.5):
        needed = int(1.1 * leads_needed(np.array([rate]), 0.37)[0])
        low, high = wilson_intervals(np.array([rate * needed]), np.array([needed]))
        assert low[0] > 0.37 or high[0] < 0.37 or (low[0] > 0.325 and high[0] < 0.415)


@pytest.mark.parametrize("k", [[0, 0, 0], [10, 20, 30]], ids=["nobody", "everybody"])
def test_nobody_or_everybody_gives_no_verdict_and_no_zero(k: list[int]) -> None:
    result = rate_groups(pd.DataFrame({"n": [10, 20, 30], "k": k}), float(sum(k)), 60.0)
    assert set(result["verdict"]) == {NOT_APPLICABLE}
    assert result["p"].isna().all()


def test_no_lead_gives_no_rate() -> None:
    result = rate_groups(pd.DataFrame({"n": [0, 100], "k": [0, 50]}), 50.0, 100.0)
    assert np.isnan(result["rate"].iloc[0])
    assert result["verdict"].tolist() == [NOT_APPLICABLE, NOT_APPLICABLE], "one group has nothing to compare with"
    assert rate_groups(pd.DataFrame({"n": [], "k": []}), 0.0, 0.0).empty


@given(COUNTS)
def test_rates_lie_within_their_intervals_and_shrink_towards_the_prior(counts: list[tuple[int, int]]) -> None:
    groups = pd.DataFrame(counts, columns=["k", "n"])
    result = rate_groups(groups, float(groups["k"].sum()), float(groups["n"].sum()))
    known = result[groups["n"] > 0]
    assert ((known["low"] <= known["rate"] + 1e-12) & (known["rate"] <= known["high"] + 1e-12)).all()
    assert result["shrunk"].between(0, 1).all()
    q = result["q"].dropna()
    assert (q >= result["p"].dropna() - 1e-12).all()


def test_change_between_periods_equals_newcombes() -> None:
    result = compare_periods(pd.DataFrame({"n": [120], "k": [66]}), pd.DataFrame({"n": [90], "k": [30]}))
    low, high = confint_proportions_2indep(66, 120, 30, 90, method="newcomb", compare="diff")
    assert result[["low", "high"]].iloc[0].tolist() == pytest.approx([low, high], abs=1e-9)
    gone = compare_periods(pd.DataFrame({"n": [120], "k": [66]}), pd.DataFrame({"n": [], "k": []}))
    assert np.isnan(gone["change"].iloc[0])
    assert gone["n_before"].iloc[0] == 0
