"""Trials: does ranking bring more than arrival order, read at any time without fooling oneself."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import binomtest

from leadscore_core.confidence import CONFIDENCE
from leadscore_core.errors import LeadScoreError
from leadscore_core.outcome import OutcomeWords
from leadscore_core.storage.database.trials import Kind, TrialPlan

WHAT = {"order": "Ranking", "model": "The challenger", "holdout": "Calling"}
POWER = 0.8
_LEAST_LEADS, _LEAST_YES = 100, 5
_LOPSIDED = 1e-5  # as it is asked at every look
_PATHS, _STEPS, _SEED = 4_000, 400, 12
_MOST_LIFT, _LEAST_LIFT, _PART_OF_BASE = 0.05, 0.001, 0.5


@dataclass(frozen=True)
class TrialResult:
    """What a trial says so far.

    Attributes
    ----------
    leads
        Of each arm, that count.
    rates
        Share of each that converted.
    difference, low, high
        Of the rates, with the 95% confidence sequence: it holds at all looks together. None before 100 leads, and where
        the arms are lopsided.
    is_lopsided
        Whether leads of the arms came in other shares than planned, beyond chance: then something chose them, and they
        do not compare (a sample ratio mismatch; Fabijan and others, 2019).
    """

    plan: TrialPlan
    leads: tuple[int, int]
    rates: tuple[float, float]
    difference: float | None
    low: float | None
    high: float | None
    is_lopsided: bool = False

    @property
    def is_won(self) -> bool:
        """Whether the first arm brings more for certain."""
        return self.low is not None and self.low > 0

    @property
    def is_lost(self) -> bool:
        """Whether it brings less for certain."""
        return self.high is not None and self.high < 0

    @property
    def more(self) -> tuple[float, float, float] | None:
        """How many more converted in the first arm than would have in the second, and the ends of the interval."""
        if self.difference is None or self.low is None or self.high is None:
            return None
        n = self.leads[0]
        return self.difference * n, self.low * n, self.high * n

    def sentence(self, words: OutcomeWords) -> str:
        """Say it in a sentence."""
        if self.is_lopsided:
            one, other = self.plan.arms
            return (
                f"{self.leads[0]:,} leads {one} and {self.leads[1]:,} {other} count, where {self.plan.share:.0%} were "
                f"to be {one}: something else chose them, so they do not compare."
            )
        if self.more is None:
            return f"{sum(self.leads):,} leads of the trial count so far; from {_LEAST_LEADS} in each arm it is read."
        value, low, high = self.more
        what, comparison = WHAT[self.plan.kind], "more" if value >= 0 else "fewer"
        ends = (low, high) if value >= 0 else (-high, -low)
        held = f"{what} brought {abs(value):,.0f} {comparison} {words.plural} (95%: {ends[0]:,.0f} to {ends[1]:,.0f})"
        if self.is_won or self.is_lost:
            return f"{held}."
        left = max(0, self.plan.size - sum(self.leads))
        rest = f"{left:,} more leads are planned" if left else "all planned leads are in"
        return f"{held}; that may be chance, and {rest}."


def usual_lift(base_rate: float) -> float:
    """Return by how much (0-1) a trial is to raise a base rate unless somebody says otherwise: half, 5 points at most.

    Examples
    --------
    >>> [round(usual_lift(rate), 4) for rate in (0.3, 0.022, 0.0)]
    [0.05, 0.011, 0.001]
    """
    return min(_MOST_LIFT, max(_LEAST_LIFT, _PART_OF_BASE * base_rate))


def plan_trial(
    name: str, kind: Kind, *, base_rate: float, lift: float, share: float = 0.5, most: int = 10_000_000
) -> TrialPlan:
    """Plan how many leads a trial needs to find a lift with 80%, however often it is looked at.

    Parameters
    ----------
    base_rate
        Share of leads that convert as it is, 0-1.
    lift
        By how much more of them (in points of the rate, 0-1) should be found if that is so.
    share
        Of the leads, in the first arm.

    Raises
    ------
    LeadScoreError
        If these are no shares, or it would take more than ten million leads.

    Examples
    --------
    >>> plan = plan_trial("spring", "order", base_rate=0.3, lift=0.1)
    >>> 700 < plan.size < 1_400
    True
    """
    if not (0 < base_rate < 1 and 0 < share < 1 and lift > 0 and base_rate + lift <= 1):
        raise LeadScoreError(
            f"A trial needs a base rate and a share between 0 and 1, and a lift above 0 that stays below 100% "
            f"(base rate {base_rate:g}, lift {lift:g}, share {share:g}). Correct these."
        )
    variance = _unit_variance(base_rate + lift, base_rate, share)
    size = int(np.ceil(_information_needed() * variance / lift**2))
    size = max(size, int(np.ceil(_LEAST_LEADS / min(share, 1 - share))))
    if size > most:
        raise LeadScoreError(f"To find so small a lift takes {size:,} leads. Look for a larger one.")
    return TrialPlan(name, kind, share, base_rate, lift, size)


def read_trial(plan: TrialPlan, is_first: np.ndarray, outcome: np.ndarray) -> TrialResult:
    """Read a trial as it stands.

    The interval is a confidence sequence by the normal mixture (Robbins, 1970; in its asymptotic form Waudby-Smith,
    Arbour, Sinha, Kennedy and Ramdas, 2024), tight about the planned size: at all looks together it misses the true
    difference in at most 5 of 100 trials, so that a trial may be ended whenever it is won.

    Parameters
    ----------
    is_first
        Of each lead, whether it is in the first arm.
    outcome
        1, 0, or NaN where the lead does not count.
    """
    known = ~np.isnan(outcome)
    first, y = np.asarray(is_first, dtype=bool)[known], np.asarray(outcome, dtype="float64")[known]
    sizes = int(first.sum()), int((~first).sum())
    rates = tuple(float(arm.mean()) if len(arm) else float("nan") for arm in (y[first], y[~first]))
    yes = min(y.sum(), len(y) - y.sum())
    if len(y) and binomtest(sizes[0], len(y), plan.share).pvalue < _LOPSIDED:
        return TrialResult(plan, sizes, (rates[0], rates[1]), None, None, None, is_lopsided=True)
    if min(sizes) < _LEAST_LEADS or yes < _LEAST_YES:
        return TrialResult(plan, sizes, (rates[0], rates[1]), None, None, None)
    n, share = sum(sizes), sizes[0] / sum(sizes)
    sigma = float(np.sqrt(_unit_variance(rates[0], rates[1], share)))
    difference = rates[0] - rates[1]
    reach = float(_boundary(np.array([n / plan.size]))[0]) * sigma / float(np.sqrt(plan.size)) / (n / plan.size)
    return TrialResult(plan, sizes, (rates[0], rates[1]), difference, difference - reach, difference + reach)


def _unit_variance(first: float, second: float, share: float) -> float:
    """Return the variance of the difference of two rates, times the number of leads in both arms."""
    return first * (1 - first) / share + second * (1 - second) / (1 - share)


def _boundary(time: np.ndarray) -> np.ndarray:
    """Return where the sum of a Brownian motion is seldom beyond, ever, at times in units of the planned size.

    The normal mixture's variance is such that it is narrowest at the planned size.
    """
    rho2 = _MIXTURE
    bound: np.ndarray = np.sqrt((time + 1 / rho2) * (2 * np.log(1 / (1 - CONFIDENCE)) + np.log1p(time * rho2)))
    return bound


def _best_mixture() -> float:
    grid = np.geomspace(0.5, 50, 400)
    widths = (1 + 1 / grid) * (2 * np.log(1 / (1 - CONFIDENCE)) + np.log1p(grid))
    return float(grid[np.argmin(widths)])


_MIXTURE = _best_mixture()


@lru_cache(maxsize=1)
def _information_needed() -> float:
    """Return the drift's square at which a Brownian motion with it leaves the boundary by time 1 with 80%."""
    rng = np.random.default_rng(_SEED)
    time = np.arange(1, _STEPS + 1) / _STEPS
    paths = np.cumsum(rng.standard_normal((_PATHS, _STEPS)), axis=1) / np.sqrt(_STEPS)
    needed = ((_boundary(time) - paths) / time).min(axis=1)  # the least drift by which each path is found in time
    return float(np.quantile(needed, POWER) ** 2)
