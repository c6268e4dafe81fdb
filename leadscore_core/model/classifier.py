"""The classifier: LightGBM with native categories, and a calibration where one was shown to help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar
from weakref import WeakKeyDictionary

import lightgbm as lgb
import numpy as np
import pandas as pd
from joblib import cpu_count
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from leadscore_core.model.calibrated_margin import CalibratedMargin
from leadscore_core.model.category_codes import EncodedColumn
from leadscore_core.model.features import LEVEL
from leadscore_core.model.trees.fast_predict import LeafSets
from leadscore_core.model.trees.fast_shap import TreeTables
from leadscore_core.model.trees.leaf_tables import LeafTables
from leadscore_core.model.weights import check_weights, without_weightless

CalibrationMethod = Literal["none", "sigmoid", "isotonic"]
GrowTrees = Callable[
    [dict[str, Any], np.ndarray, np.ndarray, list[int], list[str], np.ndarray | None], lgb.LGBMClassifier
]
_Made = TypeVar("_Made", TreeTables, LeafTables, LeafSets)
_ROWS_WORTH_THREADS = {False: 5_000, True: 50}
ROWS_WORTH_TABLES = 500  # asked for in all: as long as LightGBM takes for these, the tables take to be made
FEW_ROWS = 500  # at once, for which leaves side by side are faster than tree by tree
ROWS_WORTH_LEAF_SETS = 20_000
_ASKED: WeakKeyDictionary[lgb.Booster, int] = WeakKeyDictionary()
_TABLES: WeakKeyDictionary[lgb.Booster, TreeTables | None] = WeakKeyDictionary()
_LEAF_TABLES: WeakKeyDictionary[lgb.Booster, LeafTables | None] = WeakKeyDictionary()
_LEAF_SETS: WeakKeyDictionary[lgb.Booster, LeafSets | None] = WeakKeyDictionary()


def _grow_here(
    parameters: dict[str, Any],
    matrix: np.ndarray,
    label: np.ndarray,
    categories: list[int],
    names: list[str],
    weight: np.ndarray | None,
) -> lgb.LGBMClassifier:
    model = lgb.LGBMClassifier(**parameters)
    return model.fit(matrix, label, sample_weight=weight, categorical_feature=categories, feature_name=names)


class LeadClassifier(CalibratedMargin, ClassifierMixin, BaseEstimator):
    """Gradient-boosted trees for conversion.

    Training uses one thread, so that the same leads give the same trees and cores serve folds instead.

    Parameters
    ----------
    n_estimators, learning_rate, num_leaves, min_child_samples, cat_smooth, cat_l2, colsample_bytree, random_state
        As in LightGBM.

    Attributes
    ----------
    lgbm_ : lightgbm.LGBMClassifier
    calibrator_ : Calibrator
    """

    def __init__(
        self,
        n_estimators: int = 200,
        learning_rate: float = 0.04,
        num_leaves: int = 31,
        min_child_samples: int = 30,
        cat_smooth: float = 100.0,
        cat_l2: float = 50.0,
        colsample_bytree: float = 0.5,
        random_state: int = 0,
    ) -> None:
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.cat_smooth = cat_smooth
        self.cat_l2 = cat_l2
        self.colsample_bytree = colsample_bytree
        self.random_state = random_state

    def fit(
        self,
        X: pd.DataFrame,  # noqa: N803
        y: object,
        sample_weight: Any = None,
        grow: GrowTrees | None = None,
    ) -> LeadClassifier:
        """Fit on the columns of `LeadFeatures`; those that end in ``__level`` are categories.

        Parameters
        ----------
        sample_weight
            One a lead, as of LightGBM; 1 each if not given. Leads of weight 0 are left out.
        grow
            How the trees are grown, where it is not here: of LightGBM's parameters, the matrix, the label, which
            columns are categories, the names of the columns, and the weights or None.
        """
        matrix, y = validate_data(self, X, y, dtype="float64", ensure_all_finite="allow-nan")
        weight, matrix, y = without_weightless(check_weights(sample_weight, matrix), matrix, np.asarray(y))
        self.classes_, label = two_classes(np.asarray(y))
        names = [str(name) for name in getattr(self, "feature_names_in_", map("x{}".format, range(matrix.shape[1])))]
        categories = [i for i, name in enumerate(names) if name.endswith(LEVEL)]
        parameters = self.get_params() | {"n_jobs": 1, "deterministic": True, "verbose": -1}
        self.lgbm_ = (grow or _grow_here)(parameters, matrix, label, categories, names, weight)
        self.calibrator_ = Calibrator("none")
        return self

    def raw_margin(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return the log-odds before calibration, one a lead."""
        return self._predict(X, contributions=False)

    def importances(self) -> np.ndarray:
        """Return what the splits by each feature gained."""
        return np.asarray(self.lgbm_.booster_.feature_importance("gain"))

    def propensities(self, features: dict[str, EncodedColumn]) -> np.ndarray:
        """Return the second column of `predict_proba`, to the bit; of many leads at once by `LeafSets`.

        Parameters
        ----------
        features
            Name -> column, as from `LeadFeatures.encode_columns`.
        """
        columns = list(features.values())
        if columns[0].n_leads >= ROWS_WORTH_LEAF_SETS and list(features) == self.lgbm_.booster_.feature_name():
            leaf_sets = _made_once(_LEAF_SETS, LeafSets, self.lgbm_.booster_)
            if leaf_sets is not None:
                return self.calibrator_.apply(leaf_sets.margins(columns))
        return self.predict_proba(pd.DataFrame({name: column.of_leads() for name, column in features.items()}))[:, 1]

    def contributions(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return exact SHAP values in log-odds, one column a feature and the base value last; rows sum to `raw_margin`.

        Tree SHAP after Lundberg et al. (2018), as LightGBM computes it; by tables of the trees, which agree with
        LightGBM to 1e-9, once a model has been asked about enough leads, at once or one page after another.
        """
        booster = self.lgbm_.booster_
        if list(getattr(X, "columns", ())) == booster.feature_name():
            _ASKED[booster] = _ASKED.get(booster, 0) + len(X)
            tables = _tables_for(booster, len(X)) if _ASKED[booster] >= ROWS_WORTH_TABLES else None
            if tables is not None:
                return tables.contributions(X.to_numpy(dtype="float64"))
        return self._predict(X, contributions=True)

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn what this step takes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def _predict(self, X: pd.DataFrame, *, contributions: bool) -> np.ndarray:  # noqa: N803
        check_is_fitted(self, "lgbm_")
        names = self.lgbm_.booster_.feature_name()
        if isinstance(X, pd.DataFrame) and X.columns.inferred_type == "string":
            if list(X.columns) != names:
                raise ValueError(f"features differ from training: expected {names}, got {list(X.columns)}")
            if X.empty:
                return np.empty((0, len(names) + 1) if contributions else 0)
            matrix = X.to_numpy(dtype="float64")
        else:
            matrix = validate_data(self, X, reset=False, dtype="float64", ensure_all_finite="allow-nan")
        threads = cpu_count() if len(matrix) >= _ROWS_WORTH_THREADS[contributions] else 1
        return np.asarray(
            self.lgbm_.booster_.predict(matrix, raw_score=True, pred_contrib=contributions, num_threads=threads)
        )


def two_classes(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the two classes of an outcome, the later is the one that is foretold, and 0 or 1 for each lead.

    Raises
    ------
    ValueError
        If there are not two classes.

    Examples
    --------
    >>> two_classes(np.array(["no", "yes", "no"]))[1].tolist()
    [0, 1, 0]
    """
    check_classification_targets(y)
    kind = type_of_target(y)
    if kind != "binary":
        raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
    classes, label = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"expected two classes to tell apart, got one class, {classes[0]!r}")
    return classes, label.astype("int64")


def _made_once(
    cache: WeakKeyDictionary[lgb.Booster, _Made | None], make: Callable[[lgb.Booster], _Made], booster: lgb.Booster
) -> _Made | None:
    """Return what is made of a booster, made once; None for a kind of booster that cannot be made into it."""
    if booster not in cache:
        try:
            cache[booster] = make(booster)
        except ValueError:
            cache[booster] = None
    return cache[booster]


def _tables_for(booster: lgb.Booster, rows: int) -> TreeTables | LeafTables | None:
    """Return the tables that are fastest for so many leads at once, made once; None where there can be none."""
    tables = _made_once(_TABLES, TreeTables, booster)
    if tables is None or rows >= FEW_ROWS:
        return tables
    return _made_once(_LEAF_TABLES, lambda _: LeafTables(tables), booster)


class Calibrator:
    """Maps a raw margin to a probability.

    Parameters
    ----------
    method
        ``none`` (the logistic function), ``sigmoid`` (Platt, 1999) or ``isotonic`` (Zadrozny and Elkan, 2002).

    Examples
    --------
    >>> Calibrator("none").apply(np.array([0.0])).tolist()
    [0.5]
    """

    def __init__(self, method: CalibrationMethod) -> None:
        self.method = method
        self.slope, self.intercept = 1.0, 0.0
        self.steps: tuple[np.ndarray, np.ndarray] | None = None

    def fit(self, margin: np.ndarray, label: np.ndarray, sample_weight: np.ndarray | None = None) -> Calibrator:
        """Learn from out-of-fold margins and their labels (0 or 1), each with its weight where there are any."""
        if self.method == "sigmoid":
            learned = LogisticRegression(C=np.inf).fit(margin[:, None], label, sample_weight)
            self.slope, self.intercept = float(learned.coef_[0, 0]), float(learned.intercept_[0])
        elif self.method == "isotonic":
            plain = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
            steps = plain.fit(_logistic(margin), label, sample_weight)
            self.steps = steps.X_thresholds_, steps.y_thresholds_
        return self

    def apply(self, margin: np.ndarray) -> np.ndarray:
        """Return probabilities of conversion, 0-1, one a margin."""
        probability = _logistic(margin * self.slope + self.intercept)
        return probability if self.steps is None else np.interp(probability, *self.steps)


def _logistic(margin: np.ndarray) -> np.ndarray:
    # a scalar loop, so that one lead gets the same bits as a million; numpy's vectorised exp need not
    return np.asarray(expit(margin))
