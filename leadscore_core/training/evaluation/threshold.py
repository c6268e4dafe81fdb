"""The threshold: where precision and recall clear their targets with the most slack, or balance where none is asked."""

import numpy as np
from sklearn.metrics import precision_recall_curve

from leadscore_core.config import TargetMetrics


def choose_threshold(
    label: np.ndarray, propensity: np.ndarray, targets: TargetMetrics, weight: np.ndarray | None = None
) -> float:
    """Choose the threshold that maximises the smaller of the two slacks, precision and recall less their targets.

    Where no recall is asked for, precision alone would leave nearly every outcome out; F1, the harmonic mean of both
    (van Rijsbergen, 1979), is maximised then.

    Parameters
    ----------
    label
        0 or 1.
    propensity
        Out-of-fold propensities of training leads, 0-1.
    targets
        What precision and recall must exceed.
    weight
        How many leads each stands for; 1 each if not given.

    Returns
    -------
    float
        Leads at or above it are predicted to convert.

    Examples
    --------
    >>> choose_threshold(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.6, 0.9]), TargetMetrics())
    0.6
    >>> no_recall = TargetMetrics(auc=0.5, precision=0.5, recall=0)
    >>> choose_threshold(np.array([0, 1, 0, 1, 1]), np.array([0.1, 0.4, 0.5, 0.6, 0.9]), no_recall)
    0.4
    """
    precision, recall, thresholds = precision_recall_curve(label, propensity, sample_weight=weight)
    if targets.recall == 0:
        together = precision[:-1] + recall[:-1]
        f1 = 2 * precision[:-1] * recall[:-1] / np.where(together > 0, together, 1)
        return float(thresholds[int(np.argmax(f1))])
    slack = np.minimum(precision[:-1] - targets.precision, recall[:-1] - targets.recall)
    return float(thresholds[int(np.argmax(slack))])
