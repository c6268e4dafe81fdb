"""The threshold: where precision and recall clear their targets with the most slack."""

import numpy as np
from sklearn.metrics import precision_recall_curve

from leadscore_core.config import TargetMetrics


def choose_threshold(label: np.ndarray, propensity: np.ndarray, targets: TargetMetrics) -> float:
    """Choose the threshold that maximises the smaller of the two slacks, precision and recall less their targets.

    Parameters
    ----------
    label
        0 or 1.
    propensity
        Out-of-fold propensities of training leads, 0-1.
    targets
        What precision and recall must exceed.

    Returns
    -------
    float
        Leads at or above it are predicted to complete.

    Examples
    --------
    >>> choose_threshold(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.6, 0.9]), TargetMetrics())
    0.6
    """
    precision, recall, thresholds = precision_recall_curve(label, propensity)
    slack = np.minimum(precision[:-1] - targets.precision, recall[:-1] - targets.recall)
    return float(thresholds[int(np.argmax(slack))])
