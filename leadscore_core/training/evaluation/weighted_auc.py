"""How sure an AUC is where leads stand for others."""

import numpy as np

from leadscore_core.training.evaluation.paired_tests import delong


def auc_error(label: np.ndarray, propensity: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return the standard error of an AUC: DeLong's (1988), or with weights its linearisation.

    The AUC by inverse probability is a ratio of weighted sums; its variance is that of the sum of each lead's
    influence, which is DeLong's structural component (after Särndal, Swensson and Wretman, 1992, section 5.5).

    Parameters
    ----------
    label
        0 or 1, both present.
    propensity
        0-1.
    weight
        How many leads each stands for.

    Examples
    --------
    >>> label, p = np.array([0, 1, 0, 1, 1]), np.array([0.1, 0.9, 0.4, 0.3, 0.8])
    >>> round(auc_error(label, p), 3), round(auc_error(label, p, np.ones(5)), 3)
    (0.236, 0.18)
    """
    if weight is None:
        return delong(label, np.zeros(len(propensity)), propensity)[1]
    done = np.asarray(label) == 1
    wins = shares_below(propensity[done], propensity[~done], weight[~done])
    losses = 1 - shares_below(propensity[~done], propensity[done], weight[done])
    variance = 0.0
    for shares, own in ((wins, weight[done]), (losses, weight[~done])):
        mean = float(np.average(shares, weights=own))
        variance += float((own**2 * (shares - mean) ** 2).sum() / own.sum() ** 2)
    return float(np.sqrt(variance))


def shares_below(scores: np.ndarray, others: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return for each score the share (0-1) of the others' weight that lies below it; of equal ones, half."""
    order = np.argsort(others, kind="stable")
    upto = np.concatenate([[0.0], np.cumsum(weight[order])])
    below, up_to_equal = (np.searchsorted(others[order], scores, side=side) for side in ("left", "right"))
    shares: np.ndarray = (upto[below] + upto[up_to_equal]) / 2 / upto[-1]
    return shares
