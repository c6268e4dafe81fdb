"""Contributions of a fitted estimator that can be computed exactly: of linear models and of trees.

What stands before it in a scikit-learn pipeline may turn a column into several (one a level), not several into one: the
contributions of these are added up to that of their column.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from leadscore_core.model.trees.forest import read_forest
from leadscore_core.model.trees.path_shap import PathShap

_BASE_ROWS, _MOST_VALUES = 2, 2_000
_Contributions = Callable[[Any, np.ndarray, Any], np.ndarray]
_PATHS: WeakKeyDictionary[Any, PathShap] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class ExactContributions:
    """How the contributions of an estimator's columns are computed.

    Attributes
    ----------
    kind
        Of `_KINDS`.
    owners
        For each column that the last step sees, the place of the feature it is made of; -1 of one that never changes.
    middle
        Of each of these columns, its mean over training leads; empty where that is not needed.
    in_probability
        Whether they sum to the probability; else to the log-odds.
    """

    kind: str
    owners: np.ndarray
    middle: np.ndarray
    in_probability: bool = False

    def values(self, estimator: Any, features: pd.DataFrame) -> np.ndarray:
        """Return each feature's contribution for each lead, and the base value last."""
        last, seen, matrix = _seen_by_last(estimator, features)
        own = _KINDS[self.kind](last, matrix, self.middle if self.kind == "linear" else seen)
        values = np.zeros((len(features), features.shape[1] + 1))
        values[:, -1] = own[:, -1]
        for place, owner in enumerate(self.owners.tolist()):
            values[:, owner if owner >= 0 else -1] += own[:, place]
        return values


def find_exact_contributions(
    estimator: Any, features: pd.DataFrame, weight: np.ndarray | None = None
) -> ExactContributions | None:
    """Return how a fitted estimator's contributions are computed exactly; None where it is of no kind known here.

    Parameters
    ----------
    features
        Of the training leads.
    weight
        One a lead; 1 each if not given.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> leads = pd.DataFrame({"calls": [0.0, 1.0, 2.0, 3.0]})
    >>> model = LogisticRegression().fit(leads, [0, 0, 1, 1])
    >>> find_exact_contributions(model, leads).kind
    'linear'
    """
    last, _, matrix = _seen_by_last(estimator, features.head(1))
    kind = _kind_of(last)
    if kind is None:
        return None
    owners = _find_owners(estimator, features, matrix.shape[1])
    if owners is None:
        return None
    middle = np.empty(0)
    if kind == "linear":
        middle = np.average(_seen_by_last(estimator, features)[2], axis=0, weights=weight)
    return ExactContributions(kind, owners, middle, kind == "forest" and _paths_of(last).forest.in_probability)


def _seen_by_last(estimator: Any, features: pd.DataFrame) -> tuple[Any, Any, np.ndarray]:
    """Return the last step of an estimator, what it is given of some leads, and that as numbers."""
    seen: Any = features
    while True:
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif isinstance(estimator, Pipeline):
            for _, step in estimator.steps[:-1]:
                seen = seen if step is None or step == "passthrough" else step.transform(seen)
            estimator = estimator.steps[-1][1]
        else:
            break
    if hasattr(estimator, "_preprocess_X"):  # histograms put their categories first
        seen = estimator._preprocess_X(seen, reset=False)
    dense = seen.toarray() if hasattr(seen, "toarray") else seen
    return estimator, seen, np.asarray(dense, dtype="float64")


def _kind_of(last: Any) -> str | None:
    if callable(getattr(last, "contributions", None)):
        return "own"
    if hasattr(last, "get_booster"):
        return "xgboost"
    if hasattr(last, "booster_"):
        return "lightgbm"
    if type(last).__module__.startswith("catboost"):
        return "catboost"
    if hasattr(last, "coef_") and np.shape(last.coef_)[:1] == (1,):
        return "linear"
    return None if read_forest(last) is None else "forest"


def _find_owners(estimator: Any, features: pd.DataFrame, width: int) -> np.ndarray | None:
    """Return which feature each column that the last step sees is made of; None where one is made of several.

    Each feature is given all of its values in turn, and what changes is made of it.
    """
    table = features.to_numpy("float64")
    base = table[np.linspace(0, len(table) - 1, _BASE_ROWS).astype("int64")]
    blocks, place_of = [], []
    for place in range(table.shape[1]):
        found = np.unique(table[:, place])
        drawn = found[np.linspace(0, len(found) - 1, min(len(found), _MOST_VALUES)).astype("int64")]
        for row in base:
            block = np.tile(row, (len(drawn), 1))
            block[:, place] = drawn
            blocks.append(block)
            place_of.append(place)
    matrix = _seen_by_last(estimator, pd.DataFrame(np.concatenate(blocks), columns=features.columns))[2]
    owners = np.full(width, -1)
    first = 0
    for place, block in zip(place_of, blocks, strict=True):
        own = matrix[first : first + len(block)]
        first += len(block)
        changed = ~((own == own[0]) | (np.isnan(own) & np.isnan(own[0]))).all(axis=0)
        if (changed & (owners >= 0) & (owners != place)).any():
            return None
        owners[changed] = place
    return owners


def _paths_of(last: Any) -> PathShap:
    if last not in _PATHS:
        forest = read_forest(last)
        assert forest is not None  # noqa: S101  # for the type checker
        _PATHS[last] = PathShap(forest)
    return _PATHS[last]


def _of_forest(last: Any, matrix: np.ndarray, _: Any) -> np.ndarray:
    return _paths_of(last).contributions(matrix)


def _of_linear(last: Any, matrix: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Return what each column adds against its mean (Lundberg and Lee, 2017)."""
    weights = np.ravel(last.coef_)
    base = float(np.ravel(last.intercept_)[0] + middle @ weights)
    return np.column_stack([(matrix - middle) * weights, np.full(len(matrix), base)])


def _of_own(last: Any, _: np.ndarray, seen: Any) -> np.ndarray:
    return np.asarray(last.contributions(seen))


def _of_xgboost(last: Any, _: np.ndarray, seen: Any) -> np.ndarray:
    from xgboost import DMatrix

    given = DMatrix(seen, missing=last.missing, enable_categorical=True)
    rounds = last.best_iteration + 1 if last.early_stopping_rounds else 0
    return np.asarray(last.get_booster().predict(given, pred_contribs=True, iteration_range=(0, rounds)))


def _of_lightgbm(last: Any, _: np.ndarray, seen: Any) -> np.ndarray:
    return np.asarray(last.booster_.predict(seen, pred_contrib=True))


def _of_catboost(last: Any, _: np.ndarray, seen: Any) -> np.ndarray:
    from catboost import Pool

    pool = Pool(seen, cat_features=last.get_cat_feature_indices())
    return np.asarray(last.get_feature_importance(pool, type="ShapValues"))


_KINDS: dict[str, _Contributions] = {
    "forest": _of_forest,
    "linear": _of_linear,
    "own": _of_own,
    "xgboost": _of_xgboost,
    "lightgbm": _of_lightgbm,
    "catboost": _of_catboost,
}
