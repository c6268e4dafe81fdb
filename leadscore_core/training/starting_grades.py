"""Grades to start with: of a company's own base rate, and of what its junk would lose."""

import numpy as np

from leadscore_core.config import GradeThresholds
from leadscore_core.model.weights import quantile

MOST_LOST = 0.02
_HOT_ODDS, _WARM_ODDS = 2.0, 2 / 3
_HOT_SHARE = 0.1


def propose_grades(propensity: np.ndarray, label: np.ndarray, weight: np.ndarray | None = None) -> GradeThresholds:
    """Propose grades from predictions of models that had not seen the leads.

    Junk is as much as loses at most 2% of the outcomes, both as they came and as they were expected. Hot begins at
    twice the odds of an average lead, or where the best tenth does if that is lower; Warm at two thirds of these odds.

    Parameters
    ----------
    propensity
        Out-of-fold, 0-1.
    label
        0 or 1.
    weight
        How many leads each stands for; 1 each if not given.

    Returns
    -------
    GradeThresholds
        To a hundredth of a percent.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.beta(0.4, 9.6, 20_000)
    >>> grades = propose_grades(p, rng.random(len(p)) < p)
    >>> 0.07 < grades.hot < 0.08, 0.02 < grades.warm < 0.03, bool(p[p < grades.cold].sum() <= 0.02 * p.sum())
    (True, True, True)
    """
    base = float(np.average(label, weights=weight))
    hot = min(_at_odds(_HOT_ODDS, base), quantile(np.asarray(propensity), 1 - _HOT_SHARE, weight))
    warm = min(_at_odds(_WARM_ODDS, base), hot)
    cold = min(_junk_below(propensity, label, weight), warm)
    hot, warm, cold = (float(np.floor(value * 10_000) / 10_000) for value in (hot, warm, cold))
    return GradeThresholds(hot=hot, warm=warm, cold=cold)


def _at_odds(times: float, base: float) -> float:
    """Return the propensity at so many times the odds of the base rate."""
    return times * base / (1 - base + times * base)


def _junk_below(propensity: np.ndarray, label: np.ndarray, weight: np.ndarray | None) -> float:
    """Return the highest propensity below which at most 2% of the outcomes lie, known and expected."""
    order = np.argsort(propensity, kind="stable")
    ascending = propensity[order]
    counts = np.ones(len(order)) if weight is None else weight[order]
    yes, expected = label[order] * counts, ascending * counts
    lost = np.maximum(
        np.concatenate([[0.0], np.cumsum(yes)]) / max(1.0, float(yes.sum())),
        np.concatenate([[0.0], np.cumsum(expected)]) / max(1e-12, float(expected.sum())),
    )
    most = int(np.searchsorted(lost, MOST_LOST, side="right")) - 1
    return float(ascending[min(most, len(ascending) - 1)])
