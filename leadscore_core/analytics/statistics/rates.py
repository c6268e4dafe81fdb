"""Rates of groups of leads: with intervals, shrunken, tested against the rest, and a verdict in words.

A group has ``n`` leads and ``k`` conversions among them. Where outcomes are not known, ``k`` may be the conversions
expected, a sum of propensities; intervals then say how the outcome of as many leads would scatter.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy  # its parts load when they are used

from leadscore_core.confidence import Z95, wilson_intervals

OVER, EXPECTED, UNDER, FEW = "Over-delivers", "As expected", "Under-delivers", "Too few to say"
NOT_APPLICABLE, UNJUDGED = "Not applicable", "Not judged"
FALSE_DISCOVERIES = 0.05
MARGIN = 0.10
_LEAST_STRENGTH, _MOST_STRENGTH = 0.5, 1e6
_SMALL = 5


class Prior(NamedTuple):
    """A beta distribution of the rates of groups."""

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        """The rate that a group is drawn to, 0-1."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def strength(self) -> float:
        """How many leads of the average group it weighs."""
        return self.alpha + self.beta


def fit_prior(k: np.ndarray, n: np.ndarray) -> Prior:
    """Fit a beta-binomial distribution to groups by maximum likelihood (Skellam, 1948).

    Parameters
    ----------
    k, n
        Conversions and leads of each group.

    Returns
    -------
    Prior
        A very strong one (a million leads) where groups differ by no more than luck.

    Examples
    --------
    >>> prior = fit_prior(np.array([10, 50, 90]), np.array([100, 100, 100]))
    >>> round(prior.mean, 1), prior.strength < 10
    (0.5, True)
    """
    n = np.asarray(n, dtype="float64")
    k = np.minimum(np.asarray(k, dtype="float64"), n)
    k, n = k[n > 0], n[n > 0]
    total = float(n.sum())
    mean = float(np.clip(k.sum() / total if total else 0.5, 1e-6, 1 - 1e-6))

    def unlikely(free: np.ndarray) -> float:
        rate, strength = 1 / (1 + np.exp(-free[0])), np.exp(free[1])
        alpha, beta = rate * strength, (1 - rate) * strength
        return -float((scipy.special.betaln(k + alpha, n - k + beta) - scipy.special.betaln(alpha, beta)).sum())

    if len(n) < 2:
        return Prior(mean * _MOST_STRENGTH, (1 - mean) * _MOST_STRENGTH)
    start = np.log(mean / (1 - mean))
    bounds = [(-14.0, 14.0), (np.log(_LEAST_STRENGTH), np.log(_MOST_STRENGTH))]
    found = min(
        (
            scipy.optimize.minimize(unlikely, [start, np.log(strength)], method="L-BFGS-B", bounds=bounds)
            for strength in (5.0, 200.0)
        ),
        key=lambda result: result.fun,
    )
    rate, strength = 1 / (1 + np.exp(-found.x[0])), float(np.exp(found.x[1]))
    return Prior(float(rate) * strength, (1 - float(rate)) * strength)


def shrink(k: np.ndarray, n: np.ndarray, prior: Prior) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the posterior mean and 95% interval of each group's rate, given the prior of all (empirical Bayes).

    Examples
    --------
    >>> [part.round(2).tolist() for part in shrink(np.array([0]), np.array([14]), Prior(5, 5))]
    [[0.21], [0.07], [0.39]]
    """
    k, n = np.asarray(k, dtype="float64"), np.asarray(n, dtype="float64")
    alpha, beta = prior.alpha + k, prior.beta + np.maximum(n - k, 0)
    return alpha / (alpha + beta), scipy.stats.beta.ppf(0.025, alpha, beta), scipy.stats.beta.ppf(0.975, alpha, beta)


def compare_with_rest(k: np.ndarray, n: np.ndarray, all_k: float, all_n: float) -> np.ndarray:
    """Return two-sided p-values of each group's rate against that of all other leads.

    The pooled score test; Fisher's exact test where fewer than five conversions or failures are expected of a group.

    Parameters
    ----------
    all_k, all_n
        Conversions and leads of all groups together.

    Returns
    -------
    numpy.ndarray
        NaN where there is no other lead, or everybody or nobody converted.

    Examples
    --------
    >>> compare_with_rest(np.array([50, 5]), np.array([100, 100]), 100, 300).round(4).tolist()
    [0.0, 0.0]
    """
    k, n = np.asarray(k, dtype="float64"), np.asarray(n, dtype="float64")
    rest_k, rest_n = all_k - k, all_n - n
    pooled = all_k / all_n if all_n else 0.0
    p = np.full(len(n), np.nan)
    testable = (n > 0) & (rest_n > 0) & (0 < pooled < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / rest_n))
        z = (k / n - rest_k / rest_n) / spread
    p[testable] = 2 * scipy.stats.norm.sf(np.abs(z[testable]))
    small = testable & (n * min(pooled, 1 - pooled) < _SMALL)
    for place in np.flatnonzero(small).tolist():
        table = np.rint([[k[place], n[place] - k[place]], [rest_k[place], rest_n[place] - rest_k[place]]])
        p[place] = scipy.stats.fisher_exact(np.maximum(table, 0)).pvalue
    return p


def control_discoveries(p: np.ndarray) -> np.ndarray:
    """Return p-values adjusted for the number of tests (Benjamini and Hochberg, 1995); NaN stays NaN.

    Examples
    --------
    >>> control_discoveries(np.array([0.01, np.nan, 0.04])).tolist()
    [0.02, nan, 0.04]
    """
    from statsmodels.stats.multitest import multipletests

    p = np.asarray(p, dtype="float64")
    known = ~np.isnan(p)
    q = np.full(len(p), np.nan)
    if known.any():
        q[known] = multipletests(p[known], method="fdr_bh")[1]
    return q


def leads_needed(rate: np.ndarray, average: float, tests: int = 1) -> np.ndarray:
    """Return how many leads tell, four times out of five, whether a group differs from the average.

    Either that it does, after correction for the number of groups, or that it stays within a tenth of the average,
    whichever takes fewer leads (normal approximation; Fleiss, 1981).

    Parameters
    ----------
    rate
        Of the groups, 0-1, as far as it is known.
    average
        Of all leads, above 0 and below 1.
    tests
        Groups that are tested together.

    Examples
    --------
    >>> leads_needed(np.array([0.5, 0.6]), 0.5).tolist()
    [785, 189]
    """
    rate = np.asarray(rate, dtype="float64")
    away = np.abs(rate - average)
    spread = np.maximum(rate * (1 - rate), average * (1 - average) / 2)
    power = scipy.stats.norm.ppf(0.8)
    with np.errstate(divide="ignore"):
        to_differ = (scipy.stats.norm.ppf(1 - 0.025 / max(1, tests)) + power) ** 2 * spread / away**2
        to_be_near = (Z95 + power) ** 2 * spread / np.maximum(MARGIN * average - away, 0) ** 2
    return np.ceil(np.minimum(to_differ, to_be_near)).astype("int64")


def rate_groups(groups: pd.DataFrame, all_k: float, all_n: float) -> pd.DataFrame:
    """Judge groups of leads.

    Parameters
    ----------
    groups
        ``n`` and ``k``, any index.
    all_k, all_n
        Conversions and leads of everybody, of whom the groups may be a part.

    Returns
    -------
    pandas.DataFrame
        Same index: ``rate``, ``low``, ``high`` (Wilson, 95%); ``shrunk``, ``shrunk_low``, ``shrunk_high`` (empirical
        Bayes); ``lift`` (rate over average), ``p``, ``q`` (against the rest, before and after correction);
        ``verdict``; ``more`` (leads that would be enough to say, 0 where it can be said). Rates are 0-1, NaN where
        there is no lead.

    Examples
    --------
    >>> result = rate_groups(pd.DataFrame({"n": [1000, 1000, 14], "k": [500, 40, 9]}), 549, 2014)
    >>> result["verdict"].tolist()
    ['Over-delivers', 'Under-delivers', 'Over-delivers']
    """
    k, n = groups["k"].to_numpy(dtype="float64"), groups["n"].to_numpy(dtype="float64")
    average = all_k / all_n if all_n else float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(n > 0, k / n, np.nan)
    low, high = wilson_intervals(k, n)
    shrunk, shrunk_low, shrunk_high = shrink(k, n, fit_prior(k, n))
    p = compare_with_rest(k, n, all_k, all_n)
    q = control_discoveries(p)
    verdict, more = np.full(len(n), NOT_APPLICABLE, dtype=object), np.zeros(len(n), dtype="int64")
    if 0 < average < 1:
        near = (low >= average * (1 - MARGIN)) & (high <= average * (1 + MARGIN))
        clear = q < FALSE_DISCOVERIES
        result = np.select([near, clear & (rate > average), clear], [EXPECTED, OVER, UNDER], default=FEW)
        verdict = np.where(np.isnan(p), NOT_APPLICABLE, result)
        needed = np.maximum(leads_needed(shrunk, average, int((~np.isnan(p)).sum())), np.ceil(1.1 * n))
        lacking = np.maximum(needed - n, 1).astype("int64")
        more = np.where(verdict == FEW, lacking, 0)
    return pd.DataFrame(
        {
            "rate": rate,
            "low": low,
            "high": high,
            "shrunk": shrunk,
            "shrunk_low": shrunk_low,
            "shrunk_high": shrunk_high,
            "lift": rate / average if average else np.nan,
            "p": p,
            "q": q,
            "verdict": verdict,
            "more": more,
        },
        index=groups.index,
    )


def compare_periods(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return how each group's rate changed between two periods.

    Parameters
    ----------
    now, before
        ``n`` and ``k``, indexed by group.

    Returns
    -------
    pandas.DataFrame
        Index of `now`: ``n_before``, ``rate_before``, ``change`` (of the rate, -1 to 1) with its 95% interval ``low``,
        ``high`` (Newcombe, 1998, method 10); NaN where a group had no lead before.

    Examples
    --------
    >>> now, before = pd.DataFrame({"n": [100], "k": [50]}), pd.DataFrame({"n": [100], "k": [30]})
    >>> compare_periods(now, before)[["change", "low", "high"]].round(2).values.tolist()
    [[0.2, 0.06, 0.33]]
    """
    matched = before.reindex(now.index)
    n_then, k_then = matched["n"].fillna(0).to_numpy("float64"), matched["k"].fillna(0).to_numpy("float64")
    n_now, k_now = now["n"].to_numpy("float64"), now["k"].to_numpy("float64")
    with np.errstate(divide="ignore", invalid="ignore"):
        then, present = np.where(n_then > 0, k_then / n_then, np.nan), np.where(n_now > 0, k_now / n_now, np.nan)
    then_low, then_high = wilson_intervals(k_then, n_then)
    now_low, now_high = wilson_intervals(k_now, n_now)
    change = present - then
    low = change - np.sqrt((present - now_low) ** 2 + (then_high - then) ** 2)
    high = change + np.sqrt((now_high - present) ** 2 + (then - then_low) ** 2)
    result = {"n_before": n_then.astype("int64"), "rate_before": then, "change": change, "low": low, "high": high}
    return pd.DataFrame(result, index=now.index)
