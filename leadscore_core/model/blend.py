"""The classifier for few leads: a scorecard, small trees, or both, whichever foretold unseen leads best."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from leadscore_core.model.calibrated_margin import CalibratedMargin
from leadscore_core.model.classifier import Calibrator, LeadClassifier, two_classes
from leadscore_core.model.features import LEVEL
from leadscore_core.model.scorecard import Scorecard, fit_scorecard
from leadscore_core.model.weights import check_weights, without_weightless

_SHARES = (0.0, 0.5, 1.0)  # of the trees
_BOTH = 0.5
_CAT_SMOOTH, _CAT_L2 = 20.0, 20.0  # of LightGBM, whose usual ones hide levels of few leads
_SLOPES = tuple(float(slope) for slope in np.arange(1, 31) / 20)
_BETTER, _SURE = 0.5, 1.0  # standard errors
_JUDGED_BY = 200  # training leads, for the importances


class BlendClassifier(CalibratedMargin, ClassifierMixin, BaseEstimator):
    """A regularised logistic regression, LightGBM, or the mean of their log-odds, chosen inside the training leads.

    Each is judged by its log loss on training leads that it had not seen. The mean of both stays unless one of them is
    better by more than half a standard error. The log-odds are then drawn towards the base
    rate, the further the fewer the leads (see `choose_slope`).

    Parameters
    ----------
    C
        Inverse of the penalty of the logistic regression.
    n_estimators, learning_rate, num_leaves, min_child_samples, random_state
        Of LightGBM.
    n_splits
        Folds of the training leads.

    Attributes
    ----------
    share_ : float
        Of the trees: 0, 0.5 or 1.
    slope_, intercept_ : float
        By which the log-odds are drawn towards the base rate.
    scorecard_ : Scorecard or None
    trees_ : LeadClassifier or None
    unseen_margin_ : numpy.ndarray of shape (n,)
        Log-odds of the training leads, each by fits that had not seen it.
    calibrator_ : Calibrator

    Examples
    --------
    >>> leads = pd.DataFrame({"calls": np.arange(40.0)})
    >>> result = BlendClassifier().fit(leads, np.arange(40) >= 20)
    >>> bool(np.allclose(result.contributions(leads).sum(axis=1), result.raw_margin(leads)))
    True
    """

    def __init__(
        self,
        C: float = 0.3,  # noqa: N803
        n_estimators: int = 100,
        learning_rate: float = 0.04,
        num_leaves: int = 8,
        min_child_samples: int = 10,
        n_splits: int = 5,
        random_state: int = 0,
    ) -> None:
        self.C = C
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.n_splits = n_splits
        self.random_state = random_state

    def fit(
        self,
        X: pd.DataFrame,  # noqa: N803
        y: object,
        sample_weight: Any = None,
        identity: np.ndarray | None = None,
    ) -> "BlendClassifier":
        """Fit on the columns of `LeadFeatures`; those that end in ``__level`` are categories.

        Parameters
        ----------
        sample_weight
            One a lead; 1 each if not given. Leads of weight 0 are left out.
        identity
            The same number for leads that repeat each other; no lead is foretold by a fit that saw its repeat.
        """
        matrix, y = validate_data(self, X, y, dtype="float64", ensure_all_finite="allow-nan")
        given = check_weights(sample_weight, matrix)
        identity = identity if identity is None or given is None else identity[given > 0]
        weight, matrix, y = without_weightless(given, matrix, np.asarray(y))
        self.classes_, label = two_classes(np.asarray(y))
        self.names_ = list(getattr(self, "feature_names_in_", [f"x{place}" for place in range(matrix.shape[1])]))
        unseen = self._out_of_fold(matrix, label, identity, weight)
        self.share_ = choose_share(unseen, label, weight)
        self.slope_, self.intercept_ = choose_slope(_blended(unseen, self.share_), label, weight)
        self.unseen_margin_ = self.intercept_ + self.slope_ * _blended(unseen, self.share_)
        self.scorecard_ = self._fit_scorecard(matrix, label, weight) if self.share_ < 1 else None
        self.trees_ = self._fit_trees(matrix, label, weight) if self.share_ > 0 else None
        self.calibrator_ = Calibrator("none")
        drawn = np.linspace(0, len(matrix) - 1, min(_JUDGED_BY, len(matrix))).round().astype("int64")
        self.importances_ = np.abs(self._contributions(matrix[drawn])[:, :-1]).mean(axis=0)
        return self

    @property
    def human(self) -> str:
        """What was chosen, in words."""
        check_is_fitted(self, "share_")
        return {0.0: "Logistic regression", 1.0: "LightGBM"}.get(
            self.share_, "Blend of logistic regression and LightGBM"
        )

    def raw_margin(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return the log-odds, one a lead."""
        margin = self._margin(self._matrix(X))
        return self.intercept_ + self.slope_ * margin

    def contributions(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return exact SHAP values in log-odds, one column a feature and the base value last; rows sum to `raw_margin`.

        Of a linear model these are what each column adds against its mean (Lundberg and Lee, 2017), of trees those of
        `LeadClassifier.contributions`; Shapley values of a sum are the sums of its parts'.
        """
        return self._contributions(self._matrix(X))

    def importances(self) -> np.ndarray:
        """Return each feature's mean absolute contribution over training leads."""
        check_is_fitted(self, "importances_")
        return self.importances_

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn what this step takes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def _matrix(self, X: Any) -> np.ndarray:  # noqa: N803
        check_is_fitted(self, "share_")
        if isinstance(X, pd.DataFrame) and X.empty:
            return np.empty((0, len(self.names_)))
        return np.asarray(validate_data(self, X, reset=False, dtype="float64", ensure_all_finite="allow-nan"))

    def _framed(self, matrix: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(matrix, columns=self.names_)

    def _fit_scorecard(self, matrix: np.ndarray, label: np.ndarray, weight: np.ndarray | None) -> Scorecard:
        levels = [place for place, name in enumerate(self.names_) if name.endswith(LEVEL)]
        return fit_scorecard(matrix, label, levels, self.C, weight)

    def _fit_trees(self, matrix: np.ndarray, label: np.ndarray, weight: np.ndarray | None) -> LeadClassifier:
        trees = LeadClassifier(
            n_estimators=self.n_estimators,
            learning_rate=self.learning_rate,
            num_leaves=self.num_leaves,
            min_child_samples=self.min_child_samples,
            cat_smooth=_CAT_SMOOTH,
            cat_l2=_CAT_L2,
            random_state=self.random_state,
        )
        return trees.fit(self._framed(matrix), label, weight)

    def _out_of_fold(
        self, matrix: np.ndarray, label: np.ndarray, identity: np.ndarray | None, weight: np.ndarray | None
    ) -> np.ndarray:
        """Return log-odds of scorecard and trees for each training lead, of fits that had not seen it, shape (n, 2).

        All NaN where nothing can be kept aside, since an outcome has a single lead, or all of its leads repeat it.
        """
        margins = np.full((len(label), 2), np.nan)
        n_splits = min(self.n_splits, int(np.bincount(label).min()))
        if n_splits < 2:
            return margins
        folds = StratifiedKFold(n_splits, shuffle=True, random_state=self.random_state)
        for drawn, test in folds.split(matrix, label):
            train = drawn if identity is None else drawn[~np.isin(identity[drawn], identity[test])]
            if len(np.unique(label[train])) < 2:
                return np.full((len(label), 2), np.nan)
            own = None if weight is None else weight[train]
            margins[test, 0] = self._fit_scorecard(matrix[train], label[train], own).margin(matrix[test])
            trees = self._fit_trees(matrix[train], label[train], own)
            margins[test, 1] = trees.raw_margin(self._framed(matrix[test]))
        return margins

    def _margin(self, matrix: np.ndarray) -> np.ndarray:
        """Return log-odds before they are drawn towards the base rate."""
        total = np.zeros(len(matrix))
        if self.scorecard_ is not None:
            total += (1 - self.share_) * self.scorecard_.margin(matrix)
        if self.trees_ is not None:
            total += self.share_ * self.trees_.raw_margin(self._framed(matrix))
        return total

    def _contributions(self, matrix: np.ndarray) -> np.ndarray:
        values = np.zeros((len(matrix), matrix.shape[1] + 1))
        if self.scorecard_ is not None:
            values[:, :-1] += (1 - self.share_) * self.scorecard_.terms(matrix)
            values[:, -1] += (1 - self.share_) * self.scorecard_.base
        if self.trees_ is not None:
            values += self.share_ * self.trees_.contributions(self._framed(matrix))
        values *= self.slope_
        values[:, -1] += self.intercept_
        return values


def choose_share(margins: np.ndarray, label: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return the share of the trees: half, unless a side's log loss is lower by more than half a standard error.

    Parameters
    ----------
    margins
        Out-of-fold log-odds of the scorecard and of the trees, shape (n, 2).
    label
        0 or 1.
    weight
        One a lead; 1 each if not given.

    Examples
    --------
    >>> label = np.arange(100) % 2
    >>> choose_share(np.column_stack([4.0 * label - 2, 2 - 4.0 * label]), label)
    0.0
    """
    if np.isnan(margins).any():
        return _BOTH
    losses = {share: np.logaddexp(0, np.where(label == 1, -1, 1) * _blended(margins, share)) for share in _SHARES}
    best = min(_SHARES, key=lambda share: np.average(losses[share], weights=weight))
    gap = losses[_BOTH] - losses[best]
    return best if np.average(gap, weights=weight) > _BETTER * gap.std(ddof=1) / np.sqrt(len(label)) else _BOTH


def choose_slope(margin: np.ndarray, label: np.ndarray, weight: np.ndarray | None = None) -> tuple[float, float]:
    """Return slope and intercept that draw out-of-fold log-odds towards the base rate.

    Of slopes from 0.05 to 1.5 the gentlest is taken whose Brier score is within a standard error of the best one's
    (Breiman et al., 1984, for trees): few leads cannot tell a strong order from a lucky one. Each has the intercept
    with which the mean propensity is the base rate.

    Parameters
    ----------
    margin
        Out-of-fold log-odds.
    label
        0 or 1.
    weight
        One a lead; 1 each if not given.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=200)
    >>> choose_slope(noise, np.arange(200) % 2)[0]
    0.05
    """
    if np.isnan(margin).any():
        return 1.0, 0.0
    base_rate = float(np.average(label, weights=weight))
    lines = [(slope, _intercept(slope * margin, base_rate, weight)) for slope in _SLOPES]
    errors = [(expit(intercept + slope * margin) - label) ** 2 for slope, intercept in lines]
    best = min(errors, key=lambda error: np.average(error, weights=weight))
    gaps = (error - best for error in errors)
    close = (np.average(gap, weights=weight) <= _SURE * gap.std(ddof=1) / np.sqrt(len(label)) for gap in gaps)
    return next(line for line, is_close in zip(lines, close, strict=True) if is_close)


def _intercept(margin: np.ndarray, base_rate: float, weight: np.ndarray | None) -> float:
    """Return what is added to log-odds so that the mean of their probabilities is the base rate."""
    reach = float(np.abs(margin).max()) + abs(float(logit(base_rate))) + 1
    return float(
        brentq(lambda added: float(np.average(expit(added + margin), weights=weight)) - base_rate, -reach, reach)
    )


def _blended(margins: np.ndarray, share: float) -> np.ndarray:
    return (1 - share) * margins[:, 0] + share * margins[:, 1]
