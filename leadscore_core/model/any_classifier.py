"""Any scikit-learn classifier as the last step of a pipeline, with margins, contributions and calibration."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import Tags, get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from leadscore_core.model.calibrated_margin import CalibratedMargin
from leadscore_core.model.classifier import Calibrator, two_classes
from leadscore_core.model.sampled_shapley import sampled_contributions

_SURE = 1e-6


class AnyClassifier(CalibratedMargin, ClassifierMixin, BaseEstimator):
    """What the rest of LeadScore asks of a classifier, of any that has ``predict_proba``.

    Parameters
    ----------
    estimator
        Unfitted; it is cloned.
    n_paths
        Training leads, spread evenly over their margins, that a lead is compared with for its contributions.

    Attributes
    ----------
    estimator_ : sklearn.base.ClassifierMixin
    names_ : list of str
        Of the features; x0, x1, .. of an array.
    background_ : pandas.DataFrame
        Features of these training leads.
    calibrator_ : Calibrator

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> leads = pd.DataFrame({"calls": [0.0, 1.0, 2.0, 3.0]})
    >>> result = AnyClassifier(LogisticRegression()).fit(leads, [0, 0, 1, 1])
    >>> bool(np.allclose(result.contributions(leads).sum(axis=1), result.raw_margin(leads)))
    True
    """

    def __init__(self, estimator: Any, n_paths: int = 32) -> None:
        self.estimator = estimator
        self.n_paths = n_paths

    def fit(self, X: pd.DataFrame, y: object) -> "AnyClassifier":  # noqa: N803
        """Fit the estimator on the columns of `LeadFeatures`."""
        matrix, y = validate_data(self, X, y, dtype="float64", ensure_all_finite="allow-nan")
        self.classes_, label = two_classes(np.asarray(y))
        self.names_ = list(getattr(self, "feature_names_in_", [f"x{place}" for place in range(matrix.shape[1])]))
        X = pd.DataFrame(matrix, columns=self.names_)  # noqa: N806
        self.estimator_ = clone(self.estimator).fit(X, label)
        self.calibrator_ = Calibrator("none")
        ranked = np.argsort(self.raw_margin(X), kind="stable")
        drawn = ranked[np.linspace(0, len(ranked) - 1, min(self.n_paths, len(ranked))).round().astype("int64")]
        self.background_ = X.iloc[drawn].reset_index(drop=True)
        return self

    def raw_margin(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return the log-odds of the estimator's probability, one a lead, cut at one in a million."""
        X = self._framed(X)  # noqa: N806
        if X.empty:
            return np.empty(0)
        return np.asarray(logit(np.clip(self.estimator_.predict_proba(X)[:, 1], _SURE, 1 - _SURE)))

    def contributions(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return Shapley values in log-odds, one column a feature and the base value last; rows sum to `raw_margin`.

        They are sampled (see `sampled_contributions`): the sum is exact, each part an estimate that is the same
        however many leads are explained at once.
        """
        return sampled_contributions(self.raw_margin, self._framed(X), self.background_)

    def importances(self) -> np.ndarray:
        """Return each feature's mean absolute contribution over the leads that are compared with."""
        return np.abs(self.contributions(self.background_)[:, :-1]).mean(axis=0)

    def _framed(self, X: Any) -> pd.DataFrame:  # noqa: N803
        """Return features as a frame, those of an array under x0, x1, .."""
        check_is_fitted(self, "estimator_")
        if isinstance(X, pd.DataFrame) and list(X.columns) == self.names_:
            return X
        matrix = validate_data(self, X, reset=False, dtype="float64", ensure_all_finite="allow-nan")
        return pd.DataFrame(matrix, columns=self.names_)

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn what this step takes: what the estimator takes, as two classes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = get_tags(self.estimator).input_tags.allow_nan
        return tags
