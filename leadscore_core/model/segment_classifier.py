"""Segment models: a classifier of all leads, and beside it classifiers of their own for some levels of one column."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import Tags, get_tags
from sklearn.utils.validation import _num_samples, check_is_fitted

from leadscore_core.model.calibrated_margin import CalibratedMargin
from leadscore_core.model.classifier import Calibrator
from leadscore_core.model.metadata import EXACT, SAMPLED, SCALED
from leadscore_core.model.weights import check_weights

LEAST_TO_FIT = 20  # leads of either outcome; a fold may have fewer than all leads have


class Segments(NamedTuple):
    """Which leads have a classifier of their own: those with one of these levels (lower case) in a cleaned column."""

    column: str
    levels: tuple[str, ...]


class SegmentClassifier(CalibratedMargin, ClassifierMixin, BaseEstimator):
    """A classifier of all leads, and one of its own for each of some levels; any other lead is for the first.

    All of them read the same features, so that a lead is explained by the model that scores it, and one calibration
    is for all.

    Parameters
    ----------
    base
        Unfitted, as from `make_classifier`; it is cloned for each.
    feature
        The feature that holds a level's code (``source__level``).
    codes
        Levels with a classifier of their own.

    Attributes
    ----------
    whole_ : LeadClassifier or AnyClassifier
    own_ : dict
        Code -> classifier; levels with fewer than 20 leads of either outcome have none.
    shares_ : dict
        Code -> share of the training leads, 0-1.
    calibrator_ : Calibrator

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from leadscore_core.model.any_classifier import AnyClassifier
    >>> leads = pd.DataFrame({"source__level": [2.0, 3.0] * 80, "calls": np.arange(160.0)})
    >>> won = np.where(leads["source__level"] == 2, leads["calls"] > 80, leads["calls"] < 80).astype(int)
    >>> base = AnyClassifier(LogisticRegression(max_iter=1_000))
    >>> model = SegmentClassifier(base, "source__level", (3,)).fit(leads, won)
    >>> bool(model.predict_proba(leads[leads["calls"] == 1])[0, 1] > 0.5), sorted(model.own_)
    (True, [3])
    """

    def __init__(self, base: Any, feature: str, codes: tuple[int, ...] = ()) -> None:
        self.base = base
        self.feature = feature
        self.codes = codes

    def fit(
        self,
        X: pd.DataFrame,  # noqa: N803
        y: object,
        sample_weight: Any = None,
        **how: Any,
    ) -> SegmentClassifier:
        """Fit all classifiers on the columns of `LeadFeatures`.

        Parameters
        ----------
        sample_weight
            One a lead, as of the classifier; 1 each if not given.
        **how
            Whatever else the classifier's own fit takes for all leads at once.
        """
        label, weight = np.asarray(y), check_weights(sample_weight, X)
        self.whole_ = clone(self.base).fit(X, label, **how | _given(weight))
        self.classes_ = self.whole_.classes_
        self.n_features_in_ = self.whole_.n_features_in_
        if hasattr(self.whole_, "feature_names_in_"):
            self.feature_names_in_ = self.whole_.feature_names_in_
        self.own_: dict[int, Any] = {}
        self.shares_: dict[int, float] = {}
        held = self._held(X)
        for code in self.codes:
            rows = held == code
            if min(np.sum(label[rows] == one) for one in self.classes_) >= LEAST_TO_FIT:
                self.own_[code] = clone(self.base).fit(X[rows], label[rows], **how | _given(weight, rows))
                self.shares_[code] = float(rows.mean())
        self.calibrator_ = Calibrator("none")
        return self

    def raw_margin(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return the log-odds before calibration, one a lead, of the classifier that is for it."""
        check_is_fitted(self, "whole_")
        return self._each(X, "raw_margin")

    def contributions(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return contributions in log-odds, one column a feature and the base value last; rows sum to `raw_margin`.

        The base value is that of the classifier that is for the lead.
        """
        check_is_fitted(self, "whole_")
        return self._each(X, "contributions")

    def importances(self) -> np.ndarray:
        """Return each feature's share of the importances, over all classifiers by the leads that are theirs."""
        check_is_fitted(self, "whole_")
        own = [(self.shares_[code], classifier.importances()) for code, classifier in self.own_.items()]
        each = [(1 - sum(self.shares_.values()), self.whole_.importances()), *own]
        return np.sum([share * worth / max(float(worth.sum()), 1e-12) for share, worth in each], axis=0)

    @property
    def how_reasons(self) -> str:
        """How contributions are computed; as of the least exact of the classifiers."""
        ways = {classifier.how_reasons for classifier in (self.whole_, *self.own_.values())}
        return next(way for way in (SAMPLED, SCALED, EXACT) if way in ways)

    def _each(self, X: pd.DataFrame, what: str) -> np.ndarray:  # noqa: N803
        """Return what each lead's own classifier says of it."""
        result = np.array(getattr(self.whole_, what)(X))
        held = self._held(X)
        for code, own in self.own_.items():
            rows = held == code
            if rows.any():
                result[rows] = getattr(own, what)(X[rows])
        return result

    def _held(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        if isinstance(X, pd.DataFrame) and self.feature in X.columns:
            return X[self.feature].to_numpy("float64")
        return np.full(_num_samples(X), np.nan)

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn what this step takes: what the classifier of all leads takes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = get_tags(self.base).input_tags.allow_nan
        return tags


def _given(weight: np.ndarray | None, rows: np.ndarray | slice = slice(None)) -> dict[str, np.ndarray]:
    """Return weights of some leads for a fit; nothing where there are none."""
    return {} if weight is None else {"sample_weight": weight[rows]}
