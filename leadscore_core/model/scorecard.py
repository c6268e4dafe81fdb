"""A regularised logistic regression as a scorecard: what each value adds to the log-odds, by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import ThreadpoolController

_LEAST_OF_A_LEVEL = 5
_FURTHEST = 4.0  # standard deviations: one lead of a huge amount is no further from the rest than that


@dataclass(frozen=True)
class Scorecard:
    """What each column adds to a lead's log-odds; sums are the same to the bit, however many leads are scored at once.

    Attributes
    ----------
    base
        Mean log-odds of the training leads.
    levels
        Place of a column of codes -> what each code adds, the last for codes that were not learned.
    numbers
        Place of a column of numbers -> mean, standard deviation, and what one of these adds; a blank adds nothing.
    shift
        What each column adds to a training lead on average, taken off again.
    """

    base: float
    levels: dict[int, np.ndarray]
    numbers: dict[int, tuple[float, float, float]]
    shift: np.ndarray

    def terms(self, matrix: np.ndarray) -> np.ndarray:
        """Return what each column adds, shape (leads, columns); with `base` a row sums to the log-odds."""
        return self._plain(matrix) - self.shift

    def margin(self, matrix: np.ndarray) -> np.ndarray:
        """Return log-odds, one a lead."""
        terms = self.terms(matrix)
        total = np.full(len(matrix), self.base, dtype="float64")
        for place in range(matrix.shape[1]):
            total += terms[:, place]
        return total

    def _plain(self, matrix: np.ndarray) -> np.ndarray:
        terms = np.zeros(matrix.shape)
        for place, added in self.levels.items():
            terms[:, place] = added[_places(matrix[:, place], len(added))]
        for place, (mean, spread, slope) in self.numbers.items():
            terms[:, place] = _scaled(matrix[:, place], mean, spread) * slope
        return terms


def fit_scorecard(
    matrix: np.ndarray,
    label: np.ndarray,
    levels: Sequence[int],
    C: float,  # noqa: N803
    weight: np.ndarray | None = None,
) -> Scorecard:
    """Fit a logistic regression with a ridge penalty (scikit-learn's) on levels, each for itself, and numbers.

    Levels of fewer than 5 leads count as one.

    Parameters
    ----------
    matrix
        Shape (leads, columns): codes (whole numbers from 0) and numbers, of which some are NaN.
    label
        0 or 1, both there.
    levels
        Places of the columns of codes.
    C
        Inverse of the penalty.
    weight
        One a lead, above 0; 1 each if not given.

    Examples
    --------
    >>> card = fit_scorecard(np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0, 0, 1, 1]), [], 1.0)
    >>> card.margin(np.array([[0.0], [0.5], [1.0]])).round(3).tolist()
    [-1.043, -0.0, 1.043]
    """
    others = [place for place in range(matrix.shape[1]) if place not in set(levels)]
    scaled = {place: _spread_of(matrix[:, place], weight) for place in others}
    groups = {place: _groups(matrix[:, place], weight) for place in levels}
    blocks = [np.eye(own.max() + 1)[own[_places(matrix[:, place], len(own))]] for place, own in groups.items()]
    blocks += [_scaled(matrix[:, place], *scaled[place])[:, None] for place in others]
    with _threads().limit(limits=1):  # more threads would add in another order, and wait for each other
        learned = LogisticRegression(C=C, solver="newton-cholesky", max_iter=200).fit(np.hstack(blocks), label, weight)
    weights = np.split(learned.coef_[0], np.cumsum([block.shape[1] for block in blocks])[:-1])
    by_level = {place: own[groups[place]] for place, own in zip(levels, weights, strict=False)}
    of_numbers = zip(others, weights[len(levels) :], strict=True)
    by_number = {place: (*scaled[place], float(own[0])) for place, own in of_numbers}
    plain = Scorecard(0.0, by_level, by_number, np.zeros(matrix.shape[1]))
    shift = np.average(plain.terms(matrix), axis=0, weights=weight)
    return Scorecard(float(learned.intercept_[0] + shift.sum()), by_level, by_number, shift)


@cache
def _threads() -> ThreadpoolController:
    """Return what sets the threads of the libraries that are loaded; to look for them takes longer than a small fit."""
    return ThreadpoolController()


def _groups(codes: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Return the group of each code, 0 for codes of few leads; the last stands for codes that are not there."""
    leads = np.bincount(codes.astype("int64"), weights=weight)
    is_own = np.append(leads >= _LEAST_OF_A_LEVEL, False)
    return np.where(is_own, np.cumsum(is_own), 0)


def _places(codes: np.ndarray, n_known: int) -> np.ndarray:
    return np.clip(codes.astype("int64"), 0, n_known - 1)


def _spread_of(numbers: np.ndarray, weight: np.ndarray | None) -> tuple[float, float]:
    """Return mean and standard deviation of what is known; 0 and 1 where that tells nothing."""
    is_known = np.isfinite(numbers)
    known, own = numbers[is_known], None if weight is None else weight[is_known]
    if not len(known):
        return 0.0, 1.0
    mean = float(known.mean() if own is None else np.average(known, weights=own))
    spread = float(known.std() if own is None else np.sqrt(np.average((known - mean) ** 2, weights=own)))
    return mean, (spread if spread > 0 else 1.0)


def _scaled(numbers: np.ndarray, mean: float, spread: float) -> np.ndarray:
    """Return standard deviations from the mean, at most four; a blank is the mean."""
    return np.clip(np.nan_to_num((numbers - mean) / spread), -_FURTHEST, _FURTHEST)
