"""Propensities at another level."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

_EDGE, _REACH = 1e-4, 20.0


def at_level(propensity: np.ndarray, rate: float) -> np.ndarray:
    """Return propensities (0-1) moved in log-odds, all as far, to a mean.

    Examples
    --------
    >>> at_level(np.array([0.2, 0.5, 0.8]), 0.3).round(2).tolist()
    [0.08, 0.25, 0.57]
    """
    margin = logit(np.clip(propensity, _EDGE, 1 - _EDGE))
    rate = float(np.clip(rate, _EDGE, 1 - _EDGE))
    moved: float = brentq(lambda by: float(expit(margin + by).mean()) - rate, -_REACH, _REACH)
    return np.asarray(expit(margin + moved))
