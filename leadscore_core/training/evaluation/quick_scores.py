"""Scores of one set of leads, thousands of times: scikit-learn's steps without its checks, which cost the most."""

import numpy as np


def auc_of(label: np.ndarray, score: np.ndarray) -> float:
    """Return the area under the ROC curve, 0-1, to the bit what scikit-learn's `roc_auc_score` gives.

    The same sort, the same points of the curve and the same sum of trapezoids.

    Parameters
    ----------
    label
        0 or 1, both there.
    score
        Finite, the higher the likelier 1.

    Raises
    ------
    ValueError
        If there is one outcome alone.

    Examples
    --------
    >>> auc_of(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    1.0
    """
    order = np.argsort(score, kind="mergesort")[::-1]
    ordered, hits = np.asarray(score)[order], np.asarray(label)[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(hits) - 1)
    won = np.cumsum(hits, dtype="float64")[last]
    lost = 1 + last - won
    if not (won[-1] and lost[-1]):
        raise ValueError("expected leads of both outcomes")
    if len(last) > 2:  # points on a straight line between two others tell nothing
        corners = np.append(np.insert(np.logical_or(np.diff(won, 2), np.diff(lost, 2)), 0, True), True)
        won, lost = won[corners], lost[corners]
    rate, false_rate = (np.insert(count, 0, 0.0) / count[-1] for count in (won, lost))
    return float(np.trapezoid(rate, false_rate))


def brier_of(label: np.ndarray, propensity: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return the Brier score, to the bit what scikit-learn's `brier_score_loss` gives.

    Parameters
    ----------
    label
        0 or 1.
    propensity
        0-1.
    weight
        How many leads each stands for; 1 each if not given.

    Examples
    --------
    >>> brier_of(np.array([0, 1]), np.array([0.25, 0.75]))
    0.0625
    """
    both, said = np.column_stack([1 - label, label]), np.column_stack([1 - propensity, propensity])
    return float(np.average(np.sum((both - said) ** 2, axis=1), weights=weight)) * 0.5


def precision_at(label: np.ndarray, above: np.ndarray) -> float:
    """Return the share (0-1) of the leads above a threshold that converted, to the bit what scikit-learn gives.

    Examples
    --------
    >>> precision_at(np.array([1, 0, 1, 0]), np.array([True, True, True, False]))
    0.6666666666666666
    """
    return float(label[above].sum() / above.sum())


def recall_at(label: np.ndarray, above: np.ndarray) -> float:
    """Return the share (0-1) of the leads that converted which lies above a threshold, as `precision_at` does.

    Examples
    --------
    >>> recall_at(np.array([1, 0, 1, 0]), np.array([True, True, False, False]))
    0.5
    """
    return float(label[above].sum() / label.sum())
