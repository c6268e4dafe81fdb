"""Weights of leads: a weight of 2 counts as the lead twice, one of 0 as if it were not there."""

from typing import Any

import numpy as np
import pandas as pd

STANDS_FOR = "stands_for"


def weights_in(judged: pd.DataFrame) -> np.ndarray | None:
    """Return how many leads each prediction of `LeadModel.out_of_sample` stands for; None where each stands for one."""
    return judged[STANDS_FOR].to_numpy("float64") if STANDS_FOR in judged else None


def check_weights(sample_weight: Any, X: Any) -> np.ndarray | None:  # noqa: N803
    """Return weights as numbers, one a lead; None where none are given.

    Raises
    ------
    ValueError
        If there are not as many as leads, or one is negative or not a number.

    Examples
    --------
    >>> check_weights([1, 2], np.zeros((2, 3)))
    array([1., 2.])
    """
    if sample_weight is None:
        return None
    from sklearn.utils.validation import _check_sample_weight  # pages read what was observed without scikit-learn

    checked = _check_sample_weight(sample_weight, X, dtype="float64", ensure_non_negative=True)
    if len(checked) and not checked.any():
        raise ValueError("The weights are all zero, so that nothing is left to learn from. Give some lead a weight.")
    return np.asarray(checked)


def without_weightless(weight: np.ndarray | None, *parts: np.ndarray) -> tuple[Any, ...]:
    """Return weights and what goes with them without the leads of weight 0."""
    if weight is None or (weight > 0).all():
        return weight, *parts
    is_weighted = weight > 0
    return weight[is_weighted], *(part[is_weighted] for part in parts)


def quantile(values: np.ndarray, share: float, weight: np.ndarray | None, *, method: str = "linear") -> float:
    """Return a quantile of numbers as if each stood there as often as its weight says; no NaN among them.

    Parameters
    ----------
    share
        0-1.
    method
        ``linear`` or ``higher``, as of `numpy.quantile`.

    Examples
    --------
    >>> quantile(np.array([1.0, 5.0]), 0.5, np.array([3.0, 1.0])), quantile(np.array([1.0, 5.0]), 0.5, None)
    (1.0, 3.0)
    """
    if weight is None and share == 0.5 and method == "linear":
        return float(np.median(values))
    if weight is None:
        return float(np.quantile(values, share, method=method))  # type: ignore[call-overload]
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(weight[order])
    place = max(0.0, share * (upto[-1] - 1))
    low, high = (
        float(values[order[min(int(np.searchsorted(upto, step, side="right")), len(order) - 1)]])
        for step in (np.floor(place), np.ceil(place))
    )
    return high if method == "higher" else low + (high - low) * float(place - np.floor(place))


def middle(numbers: np.ndarray, weight: np.ndarray | None, *, is_last: bool) -> float:
    """Return the median of what is known, or the last of it; 0 where nothing is.

    Examples
    --------
    >>> middle(np.array([1.0, 5.0, np.nan]), None, is_last=False), middle(np.array([np.nan]), None, is_last=True)
    (3.0, 0.0)
    """
    is_known = np.isfinite(numbers)
    known = numbers[is_known]
    if not len(known):
        return 0.0
    return float(known.max()) if is_last else quantile(known, 0.5, None if weight is None else weight[is_known])


def whole(number: float) -> float:
    """Return a sum of weights as a whole number where it is one.

    Examples
    --------
    >>> whole(3.0), whole(2.5)
    (3, 2.5)
    """
    return int(number) if float(number).is_integer() else float(number)
