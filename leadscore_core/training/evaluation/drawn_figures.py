"""A model's figures of leads drawn again and again: folds are sorted once, a draw says how often each lead counts.

AUC, precision and recall have the bits that the drawn leads would give by themselves, since ranks are whole and half
numbers.
"""

import warnings
from collections.abc import Sequence

import numpy as np

from leadscore_core.training.evaluation.metrics import Metric, compute_metric


class DrawnFigures:
    """The figures of one model.

    Parameters
    ----------
    label
        0 or 1.
    propensity
        0-1, of the same leads.
    threshold
        One a lead.
    places
        Positions of each fold's leads.
    calls
        Whose first so many leads are counted that converted.
    added
        Metrics that were registered.
    """

    def __init__(
        self,
        label: np.ndarray,
        propensity: np.ndarray,
        threshold: np.ndarray,
        places: list[np.ndarray],
        calls: int,
        added: Sequence[Metric] = (),
    ) -> None:
        self.label, self.propensity, self.places, self.calls = label, propensity, places, calls
        self.folds = [_FoldFigures(label[own], propensity[own], threshold[own], added) for own in places]

    def of(self, draws: list[np.ndarray]) -> np.ndarray:
        """Return AUC, precision, recall, Brier score, the added metrics and the conversions of the first calls.

        Parameters
        ----------
        draws
            Of each fold, positions in it, with repeats; both outcomes are among them.
        """
        figures = [fold.of(draw) for fold, draw in zip(self.folds, draws, strict=True)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of a figure that exists in no fold
            means = np.nanmean(np.array(figures, dtype="float64"), axis=0)
        rows = np.concatenate([own[draw] for own, draw in zip(self.places, draws, strict=True)])
        p, y = self.propensity[rows], self.label[rows]
        first = np.argpartition(-p, self.calls - 1)[: self.calls] if self.calls < len(y) else slice(None)
        return np.append(means, float(y[first].sum()))


class _FoldFigures:
    def __init__(
        self, label: np.ndarray, propensity: np.ndarray, threshold: np.ndarray, added: Sequence[Metric]
    ) -> None:
        self.label, self.propensity, self.threshold, self.added = label, propensity, float(threshold[0]), added
        self.above = propensity >= threshold
        self.squared = (label - propensity) ** 2
        self.order = np.argsort(propensity, kind="stable")
        self.is_won = label[self.order]
        self.ties = np.flatnonzero(np.diff(propensity[self.order], prepend=-np.inf))

    def of(self, draw: np.ndarray) -> list[float]:
        count = np.bincount(draw, minlength=len(self.label))
        drawn = count[self.order]
        won, leads = np.add.reduceat(drawn * self.is_won, self.ties), np.add.reduceat(drawn, self.ties)
        lost = leads - won
        m, n = int(won.sum()), len(draw)
        before = (won * (np.cumsum(lost) - lost / 2)).sum()
        n_above, hits = int(count[self.above].sum()), int((count * self.label)[self.above].sum())
        built_in = [before / (m * (n - m)), hits / n_above if n_above else np.nan, hits / m, self.squared[draw].mean()]
        if not self.added:
            return built_in
        label, propensity = self.label[draw], self.propensity[draw]
        more = [compute_metric(metric, label, propensity, self.threshold) for metric in self.added]
        return [*built_in, *(np.nan if value is None else value for value in more)]
