"""Whether leads are enough, to learn from and to judge on."""

import numpy as np

from leadscore_core.confidence import describe_need, enough_of_each, enough_to_learn
from leadscore_core.errors import NotEnoughDataError


def is_enough(label: np.ndarray) -> bool:
    """Tell whether there are 40 leads of each outcome at least, to judge on.

    Examples
    --------
    >>> is_enough(np.array([0, 1] * 40)), is_enough(np.array([0, 1]))
    (True, False)
    """
    completed = int(label.sum())
    return enough_of_each(completed, len(label) - completed)


def can_learn(label: np.ndarray) -> bool:
    """Tell whether there are leads enough to learn from (see `enough_to_learn`).

    Examples
    --------
    >>> can_learn(np.array([0, 1] * 40)), can_learn(np.array([0] * 95 + [1] * 5)), can_learn(np.array([0, 1]))
    (True, True, False)
    """
    completed = int(label.sum())
    return enough_to_learn(completed, len(label) - completed)


def check_enough(label: np.ndarray, past: str) -> None:
    """Raise if there are too few leads of either outcome to learn from (see `enough_to_learn`).

    Raises
    ------
    NotEnoughDataError
        With have and need for both.

    Examples
    --------
    >>> check_enough(np.array([0, 1]), "completed")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    leadscore_core.errors.NotEnoughDataError: Too few leads to train on: completed 1 of 40 needed, ...
    """
    if not can_learn(label):
        completed = int(label.sum())
        raise NotEnoughDataError(
            f"Too few leads to train on: {describe_need(completed, len(label) - completed, past)}. Add labelled leads."
        )
