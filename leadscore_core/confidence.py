"""How sure a figure must be: the confidence of intervals, and the fewest leads to learn or judge from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

LEAST_OF_EACH = 40
FEW_LEADS = 1_000  # up to so many every figure has a wide interval, and LightGBM alone is not the best model
LEAST_LEADS = 100  # of so many a model can be learned where fewer than 40 have one of the outcomes,
LEAST_IN_FOLDS = 5  # if there is one of each for every fold
LEAST_OF_A_GROUP = 50  # leads, to judge a model on them alone
CONFIDENCE = 0.95
CERTAIN = 0.01  # what is said of a list for certain, chance alone says no more often
Z95 = 1.959964  # the normal distribution's, so many standard errors to either side


def enough_of_each(completed: int, not_completed: int) -> bool:
    """Tell whether there are 40 leads of either outcome, the fewest to judge by.

    Examples
    --------
    >>> enough_of_each(40, 900), enough_of_each(39, 900)
    (True, False)
    """
    return min(completed, not_completed) >= LEAST_OF_EACH


def enough_to_learn(completed: int, not_completed: int) -> bool:
    """Tell whether a model can be learned: from 40 leads of either outcome, or from 100 of which 5 have each.

    Examples
    --------
    >>> enough_to_learn(5, 95), enough_to_learn(4, 900), enough_to_learn(40, 40), enough_to_learn(20, 20)
    (True, False, True, False)
    """
    return min(completed, not_completed) >= _least_to_learn(completed + not_completed)


def describe_need(completed: int, not_completed: int, past: str) -> str:
    """Say how many leads of either outcome there are, and how many are needed to learn from.

    Examples
    --------
    >>> describe_need(1, 900, "converted")
    'converted 1 of 5 needed, not converted 900 of 5 needed'
    >>> describe_need(20, 20, "won")
    'won 20 of 40 needed, not won 20 of 40 needed (or 5 of each among 100 leads)'
    """
    least = _least_to_learn(completed + not_completed)
    other = "" if least < LEAST_OF_EACH else f" (or {LEAST_IN_FOLDS} of each among {LEAST_LEADS} leads)"
    return f"{past} {completed} of {least} needed, not {past} {not_completed} of {least} needed{other}"


def _least_to_learn(leads: int) -> int:
    return LEAST_IN_FOLDS if leads >= LEAST_LEADS else LEAST_OF_EACH


def wilson_intervals(k: np.ndarray, n: np.ndarray, confidence: float = CONFIDENCE) -> tuple[np.ndarray, np.ndarray]:
    """Return intervals of rates, of 95% by default (Wilson, 1927); of no lead, nothing is known: 0 to 1.

    Parameters
    ----------
    k, n
        How many of so many leads converted, by group.
    confidence
        How often the true rate lies in it, 0-1.

    Examples
    --------
    >>> import numpy as np
    >>> [edge.round(3).tolist() for edge in wilson_intervals(np.array([2, 0]), np.array([100, 0]))]
    [[0.006, 0.0], [0.07, 1.0]]
    """
    import numpy as np
    from statsmodels.stats.proportion import proportion_confint  # slow to load, and scoring needs none of it

    k, n = np.asarray(k, dtype="float64"), np.asarray(n, dtype="float64")
    known = n > 0
    low, high = np.zeros(len(n)), np.ones(len(n))
    if known.any():
        low[known], high[known] = proportion_confint(k[known], n[known], 1 - confidence, method="wilson")
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


class WeightedRate(NamedTuple):
    """A rate (0-1) of weighted leads with its 95% interval, and of how many leads it is; NaN of none."""

    value: float
    low: float
    high: float
    leads: int


def weighted_rate(yes: np.ndarray, weight: np.ndarray) -> WeightedRate:
    """Return the rate of leads that each stand for so many, with an interval that holds for rare outcomes too.

    The rate is Hájek's (1971), the weighted share. The interval is that of Korn and Graubard (1998): Clopper and
    Pearson's for as many leads as would tell as much unweighted, which are never more than Kish's effective number.

    Parameters
    ----------
    yes
        1 or 0 a lead.
    weight
        How many leads it stands for, more than 0 where it counts.

    Examples
    --------
    >>> import numpy as np
    >>> rate = weighted_rate(np.array([1, 0, 0, 0]), np.full(4, 25.0))
    >>> rate.value, round(rate.low, 3), round(rate.high, 3), rate.leads
    (0.25, 0.006, 0.806, 4)
    """
    import numpy as np
    from scipy.stats import beta

    yes, weight = np.asarray(yes, dtype="float64"), np.asarray(weight, dtype="float64")
    yes, weight = yes[weight > 0], weight[weight > 0]
    if not len(weight):
        return WeightedRate(float("nan"), 0.0, 1.0, 0)
    total = weight.sum()
    value = float(min(1.0, (weight * yes).sum() / total))
    n = float(total**2 / (weight**2).sum())
    spread = float((weight**2 * (yes - value) ** 2).sum() / total**2)
    if spread > 0:
        n = min(n, value * (1 - value) / spread)
    k, tail = value * n, (1 - CONFIDENCE) / 2
    low = 0.0 if value == 0 else float(beta.ppf(tail, k, n - k + 1))
    high = 1.0 if value == 1 else float(beta.ppf(1 - tail, k + 1, n - k))
    return WeightedRate(value, low, high, len(weight))
