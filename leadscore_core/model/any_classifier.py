"""Any scikit-learn classifier as the last step of a pipeline, with margins, contributions and calibration."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags, get_tags
from sklearn.utils.validation import check_is_fitted, has_fit_parameter, validate_data

from leadscore_core.errors import LeadScoreError
from leadscore_core.model.calibrated_margin import CalibratedMargin
from leadscore_core.model.classifier import Calibrator, two_classes
from leadscore_core.model.exact_contributions import ExactContributions, find_exact_contributions
from leadscore_core.model.metadata import EXACT, SAMPLED, SCALED
from leadscore_core.model.sampled_shapley import sampled_contributions
from leadscore_core.model.weights import check_weights, without_weightless

_SURE = 1e-6
_CLOSE = 1e-4
_LEAST = 1e-300


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
    exact_ : ExactContributions or None
        How contributions are computed where that can be done exactly.
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

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Leave the reasons of an older pickle sampled."""
        super().__setstate__(({"exact_": None} if "estimator_" in state else {}) | state)

    def fit(self, X: pd.DataFrame, y: object, sample_weight: Any = None) -> "AnyClassifier":  # noqa: N803
        """Fit the estimator on the columns of `LeadFeatures`.

        Parameters
        ----------
        sample_weight
            One a lead, for an estimator that takes weights; 1 each if not given. Leads of weight 0 are left out.

        Raises
        ------
        LeadScoreError
            If there are weights and the estimator takes none.
        """
        matrix, y = validate_data(self, X, y, dtype="float64", ensure_all_finite="allow-nan")
        weight, matrix, y = without_weightless(check_weights(sample_weight, matrix), matrix, np.asarray(y))
        self.classes_, label = two_classes(np.asarray(y))
        self.names_ = list(getattr(self, "feature_names_in_", [f"x{place}" for place in range(matrix.shape[1])]))
        X = pd.DataFrame(matrix, columns=self.names_)  # noqa: N806
        self.estimator_ = fit_weighted(clone(self.estimator), X, label, weight)
        self.exact_ = None
        self.calibrator_ = Calibrator("none")
        ranked = np.argsort(self.raw_margin(X), kind="stable")
        drawn = ranked[np.linspace(0, len(ranked) - 1, min(self.n_paths, len(ranked))).round().astype("int64")]
        self.background_ = X.iloc[drawn].reset_index(drop=True)
        self.exact_ = self._find_exact(X, weight)
        return self

    def raw_margin(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return the log-odds of the estimator's probability, one a lead, cut at one in a million."""
        X = self._framed(X)  # noqa: N806
        if X.empty:
            return np.empty(0)
        return np.asarray(logit(np.clip(self.estimator_.predict_proba(X)[:, 1], _SURE, 1 - _SURE)))

    def contributions(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return Shapley values in log-odds, one column a feature and the base value last; rows sum to `raw_margin`.

        Of linear models and of trees they are exact; where the trees give probabilities, those of the probability are
        carried to log-odds in proportion. Others are sampled (see `sampled_contributions`): the sum is exact, each
        contribution an estimate that is the same however many leads are explained at once.
        """
        X = self._framed(X)  # noqa: N806
        if self.exact_ is None or X.empty:
            return sampled_contributions(self.raw_margin, X, self.background_)
        values = self.exact_.values(self.estimator_, X)
        return _to_margins(values, self.raw_margin(X), in_probability=self.exact_.in_probability)

    @property
    def how_reasons(self) -> str:
        """How contributions are computed: exactly, in proportion to those of the probability, or sampled."""
        if self.exact_ is None:
            return SAMPLED
        return SCALED if self.exact_.in_probability else EXACT

    def importances(self) -> np.ndarray:
        """Return each feature's mean absolute contribution over the leads that are compared with."""
        return np.abs(self.contributions(self.background_)[:, :-1]).mean(axis=0)

    def _find_exact(self, features: pd.DataFrame, weight: np.ndarray | None) -> ExactContributions | None:
        """Return how contributions are computed exactly, where their sums over some leads are what is foretold."""
        try:
            found = find_exact_contributions(self.estimator_, features, weight)
            if found is None:
                return None
            sums = found.values(self.estimator_, self.background_).sum(axis=1)
        except Exception:  # whatever an estimator of somebody's own answers, its reasons can be sampled
            return None
        margin = logit(np.clip(sums, _SURE, 1 - _SURE)) if found.in_probability else sums
        margin = np.clip(margin, logit(_SURE), -logit(_SURE))
        return found if np.allclose(margin, self.raw_margin(self.background_), atol=_CLOSE) else None

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
        tags.input_tags.allow_nan = takes_blanks(self.estimator)
        return tags


def fit_weighted(estimator: Any, features: pd.DataFrame, label: np.ndarray, weight: np.ndarray | None) -> Any:
    """Fit an estimator, or the last step of a pipeline, with weights where there are any.

    Raises
    ------
    LeadScoreError
        If there are weights and it takes none.
    """
    if weight is None:
        return estimator.fit(features, label)
    name, last = "", estimator
    while isinstance(last, Pipeline):
        step, last = last.steps[-1]
        name += f"{step}__"
    if not has_fit_parameter(last, "sample_weight"):
        raise LeadScoreError(
            f"{type(last).__name__} learns without weights. Leave the weights out, or choose an algorithm that takes "
            "them, such as lightgbm."
        )
    with config_context(enable_metadata_routing=False):  # so that the step is named whatever is routed elsewhere
        return estimator.fit(features, label, **{f"{name}sample_weight": weight})


def _to_margins(values: np.ndarray, margin: np.ndarray, *, in_probability: bool) -> np.ndarray:
    """Return contributions that sum to the margin, each in proportion as before, and the base value in log-odds."""
    base, own = values[:, -1], values[:, :-1].sum(axis=1)
    start = logit(np.clip(base, _SURE, 1 - _SURE)) if in_probability else base
    wanted = margin - start
    is_close = np.abs(own) < _SURE
    slope = 1 / np.maximum(base * (1 - base), _SURE) if in_probability else 1.0
    factor = np.where(is_close, slope, wanted / np.where(is_close, 1.0, own))
    added = values[:, :-1]
    if not in_probability:  # they sum to it already, but for single precision and where it is cut at one in a million
        left = np.where(np.abs(wanted - own) < _CLOSE, wanted - own, 0.0)
        factor = np.where(left != 0, 1.0, factor)
        size = np.abs(added)
        added = added + size * (left / np.maximum(size.sum(axis=1), _LEAST))[:, None]
    return np.column_stack([added * factor[:, None], start])


def takes_blanks(estimator: Any) -> bool:
    """Tell whether an estimator takes NaN; a pipeline and a column transformer do not say so themselves."""
    if isinstance(estimator, Pipeline):
        first = next((step for _, step in estimator.steps if not _passes_on(step)), None)
        return first is None or takes_blanks(first)
    if isinstance(estimator, ColumnTransformer):
        return all(_passes_on(step) or takes_blanks(step) for _, step, _ in estimator.transformers)
    return bool(get_tags(estimator).input_tags.allow_nan)


def _passes_on(step: Any) -> bool:
    """Tell whether a step leaves it to the next what is taken."""
    return step is None or isinstance(step, str) or get_tags(step).no_validation
