"""Distances between two distributions of leads over the same bins, and what chance alone makes of them."""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import gamma

DRAWS = 200
_SMOOTHING = 0.5
_FROM_DRAWS = 0.05


class Distance(NamedTuple):
    """How far two distributions are apart.

    Attributes
    ----------
    psi
        Population stability index (natural logarithm), 0 or more; each bin has half a lead added, so that an empty
        one does not make it infinite.
    js
        Jensen and Shannon's distance (Lin, 1991; base 2), 0-1, less what chance makes of it at this number of leads.
    usual_psi
        95% of random draws of as many leads from the same distribution have a smaller index.
    p
        How often chance alone gives a distance as large, 0-1.
    """

    psi: float
    js: float
    usual_psi: float
    p: float


def psi_of(expected: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Return the population stability index of counts, over the last axis.

    Examples
    --------
    >>> round(float(psi_of(np.array([50, 50]), np.array([80, 20]))), 2)
    0.41
    """
    n_bins = expected.shape[-1]
    p, q = (
        (counts + _SMOOTHING) / (counts.sum(axis=-1, keepdims=True) + _SMOOTHING * n_bins)
        for counts in (np.asarray(expected, "float64"), np.asarray(observed, "float64"))
    )
    index: np.ndarray = ((q - p) * np.log(q / p)).sum(axis=-1)
    return index


def measure_distance(
    expected: np.ndarray, observed: np.ndarray, rng: np.random.Generator, draws: int = DRAWS
) -> Distance:
    """Measure how far a batch is from the leads before it, and how far chance alone would put it.

    The null is drawn: both lists anew from what they are together, each of as many leads as it has. Tail probabilities
    below 5% are those of the gamma distribution with the draws' mean and variance, since both distances are sums of
    squares (Satterthwaite, 1946), so that few draws tell small ones.

    Parameters
    ----------
    expected, observed
        How many leads each bin has, before and now; at least one lead each.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> same = measure_distance(np.array([500, 500]), np.array([52, 48]), rng)
    >>> other = measure_distance(np.array([500, 500]), np.array([80, 20]), rng)
    >>> same.p > 0.2, other.p < 0.001, same.psi < same.usual_psi < other.psi
    (True, True, True)
    """
    expected, observed = np.asarray(expected, "float64"), np.asarray(observed, "float64")
    present = (expected + observed) > 0
    expected, observed = expected[present], observed[present]
    psi, js = float(psi_of(expected, observed)), _squared(expected, observed)
    if len(expected) < 2:
        return Distance(psi, 0.0, 0.0, 1.0)
    together = (expected + observed) / (expected + observed).sum()
    before = rng.multinomial(round(expected.sum()), together, size=draws)
    now = rng.multinomial(round(observed.sum()), together, size=draws)
    null = _squared(before, now)
    beyond = float(np.sqrt(max(0.0, float(js) - float(null.mean()))))
    return Distance(psi, beyond, float(np.quantile(psi_of(before, now), 0.95)), _tail(float(js), null))


def _squared(expected: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Return Jensen and Shannon's divergence, the square of their distance."""
    squared: np.ndarray = np.nan_to_num(jensenshannon(expected, observed, base=2, axis=-1)) ** 2
    return squared


def _tail(value: float, null: np.ndarray) -> float:
    share = float((null >= value).sum() + 1) / (len(null) + 1)
    mean, variance = float(null.mean()), float(null.var())
    if share >= _FROM_DRAWS or variance == 0:
        return share
    return float(min(share, gamma.sf(value, mean**2 / variance, scale=variance / mean)))


def holm(p: np.ndarray) -> np.ndarray:
    """Return p-values that hold for all of them together (Holm, 1979).

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p, dtype="float64")
    if not len(p):
        return p
    order = np.argsort(p, kind="stable")
    adjusted = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    result = np.empty(len(p))
    result[order] = adjusted
    return result
