"""Folds: which leads are learned from and which are kept for judging."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold

from leadscore_core.confidence import LEAST_OF_EACH

_FIRST_MONTHS = 2


class Fold(NamedTuple):
    """Positions of the leads that are learned from and of those that are judged."""

    name: str
    train: np.ndarray
    test: np.ndarray


def repeated_folds(
    label: np.ndarray, n_splits: int, n_repeats: int, seed: int, identity: np.ndarray | None = None
) -> list[Fold]:
    """Return repeated stratified folds.

    Parameters
    ----------
    identity
        The same number for rows that repeat each other; a repeat of a lead that is judged is not learned from.

    Examples
    --------
    >>> len(repeated_folds(np.array([0, 1] * 10), 5, 2, 0))
    10
    """
    splitter = RepeatedStratifiedKFold(n_splits=n_splits, n_repeats=n_repeats, random_state=seed)
    return [
        Fold(f"fold {i + 1}", without_repeats(train, test, identity), test)
        for i, (train, test) in enumerate(splitter.split(label, label))
    ]


def inner_folds(label: np.ndarray, n_splits: int, seed: int, identity: np.ndarray | None = None) -> list[Fold]:
    """Return stratified folds inside a training fold, for its threshold and calibration; fewer for rare outcomes."""
    splitter = StratifiedKFold(n_splits=max(2, min(n_splits, _rarer(label))), shuffle=True, random_state=seed)
    return [
        Fold(f"inner {i + 1}", without_repeats(train, test, identity), test)
        for i, (train, test) in enumerate(splitter.split(label, label))
    ]


def without_repeats(train: np.ndarray, test: np.ndarray, identity: np.ndarray | None) -> np.ndarray:
    """Leave out of the training leads those that stand among the test leads too.

    Examples
    --------
    >>> without_repeats(np.array([0, 1]), np.array([2, 3]), np.array([7, 8, 8, 9])).tolist()
    [0]
    """
    return train if identity is None else train[~np.isin(identity[train], identity[test])]


def rolling_months(dates: pd.Series | None, label: np.ndarray) -> tuple[list[Fold], str]:
    """Return one fold a month: learned from all leads before it, judged on it.

    The first two months are only learned from. A month is left out where it, or what is before it, has fewer than 40
    leads of either outcome.

    Returns
    -------
    folds, reason
        The reason says in words why there is no fold; empty where there is one.

    Examples
    --------
    >>> rolling_months(None, np.array([0, 1]))
    ([], 'The leads have no dates.')
    """
    if dates is None or dates.isna().all():
        return [], "The leads have no dates."
    months = dates.dt.to_period("M")
    folds = []
    for month in sorted(months.dropna().unique())[_FIRST_MONTHS:]:
        train = np.flatnonzero((months < month).to_numpy())
        test = np.flatnonzero((months == month).to_numpy())
        if min(_rarer(label[train]), _rarer(label[test])) >= LEAST_OF_EACH:
            folds.append(Fold(str(month), train, test))
    if folds:
        return folds, ""
    return (
        [],
        f"No month after the first {_FIRST_MONTHS} has {LEAST_OF_EACH} leads of each outcome in and before it.",
    )


def _rarer(label: np.ndarray) -> int:
    done = int(label.sum())
    return min(done, len(label) - done)
