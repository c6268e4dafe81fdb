"""Algorithms: the classifiers that a model can be trained with and that are compared with each other.

Every one fits on one thread, since folds and algorithms share the cores.
"""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler, TargetEncoder
from sklearn.utils import Tags

from leadscore_core.confidence import FEW_LEADS
from leadscore_core.config import load_extensions, register_once
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.any_classifier import AnyClassifier
from leadscore_core.model.blend import BlendClassifier
from leadscore_core.model.classifier import LeadClassifier
from leadscore_core.model.features import LEVEL
from leadscore_core.model.metadata import BLEND, LIGHTGBM
from leadscore_core.model.search_space import Range, SearchSpace

USUAL = ("logistic", "forest", "hist", LIGHTGBM)
_MOST_CATEGORIES = 254
LEVELS = make_column_selector(pattern=f"{LEVEL}$")
NUMBERS = make_column_selector(pattern=rf"^(?!.*{LEVEL}$)")


@dataclass(frozen=True)
class Algorithm:
    """A classifier for the columns of `LeadFeatures`.

    Parameters
    ----------
    name
        By which it is chosen, such as ``hist``.
    human
        What people read.
    make
        Takes ``random_state`` and settings by name, and returns an unfitted scikit-learn classifier with
        ``predict_proba``. Columns that end in ``__level`` are codes of levels (`LEVELS` selects them), the others
        numbers (`NUMBERS`), some of them NaN. A module's function, so that other processes find it.
    library
        That must be installed; empty for none beside LeadScore's own.
    judges_itself
        Whether it keeps leads aside while it learns, and calibrates itself by them: its ``fit`` takes ``identity``
        (the same number for repeats), and ``unseen_margin_`` has the log-odds of each lead by a fit without it.
    search_space
        Settings that a search may change, by the names that ``make`` takes; none to be searched if empty.
    """

    name: str
    human: str
    make: Callable[..., Any]
    library: str = ""
    judges_itself: bool = False
    search_space: SearchSpace = field(default_factory=dict, hash=False)

    @property
    def is_installed(self) -> bool:
        """Whether its library is there."""
        return not self.library or importlib.util.find_spec(self.library) is not None


def _lightgbm(random_state: int = 0, **settings: Any) -> LeadClassifier:
    return LeadClassifier(**{"random_state": random_state} | settings)


def _blend(random_state: int = 0, **settings: Any) -> BlendClassifier:
    return BlendClassifier(**{"random_state": random_state} | settings)


def _logistic(random_state: int = 0, C: float = 0.3) -> ClassifierMixin:  # noqa: N803
    prepared = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", min_frequency=5), LEVELS),
        (make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
    )
    return make_pipeline(prepared, LogisticRegression(C=C, max_iter=2_000))


def _forest(random_state: int = 0, **settings: Any) -> ClassifierMixin:
    encoded = make_column_transformer(
        (TargetEncoder(cv=StratifiedKFold(5, shuffle=True, random_state=random_state)), LEVELS),
        (SimpleImputer(), NUMBERS),
    )
    usual = {"n_estimators": 120, "min_samples_leaf": 8, "max_features": 0.4, "n_jobs": 1, "random_state": random_state}
    return make_pipeline(encoded, RandomForestClassifier(**usual | settings))


def _hist(random_state: int = 0, **settings: Any) -> ClassifierMixin:
    usual = {
        "learning_rate": 0.05,
        "max_iter": 150,
        "l2_regularization": 10,
        "min_samples_leaf": 30,
        "categorical_features": "from_dtype",
        "random_state": random_state,
    }
    return make_pipeline(FunctionTransformer(merge_rare), HistGradientBoostingClassifier(**usual | settings))


class CatBoost(ClassifierMixin, BaseEstimator):
    """CatBoost on the same columns; its categories are whole numbers."""

    def __init__(self, random_state: int = 0, iterations: int = 400, learning_rate: float = 0.06) -> None:
        self.random_state = random_state
        self.iterations = iterations
        self.learning_rate = learning_rate

    def fit(self, X: pd.DataFrame, y: np.ndarray, sample_weight: np.ndarray | None = None) -> "CatBoost":  # noqa: N803
        """Fit on one thread."""
        from catboost import CatBoostClassifier

        self.levels_ = LEVELS(X)
        self.model_ = CatBoostClassifier(
            iterations=self.iterations,
            learning_rate=self.learning_rate,
            depth=6,
            thread_count=1,
            random_seed=self.random_state,
            verbose=False,
            allow_writing_files=False,
            cat_features=self.levels_,
        )
        self.model_.fit(X.astype(dict.fromkeys(self.levels_, "int64")), y, sample_weight=sample_weight)
        self.classes_ = self.model_.classes_
        return self

    def contributions(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return exact SHAP values in log-odds as CatBoost computes them, one a column and the base value last."""
        from catboost import Pool

        pool = Pool(X.astype(dict.fromkeys(self.levels_, "int64")), cat_features=self.levels_)
        return np.asarray(self.model_.get_feature_importance(pool, type="ShapValues"))

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that it takes frames alone, of numbers and codes, with blanks."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.categorical = tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Return probabilities, shape (n, 2)."""
        return np.asarray(self.model_.predict_proba(X.astype(dict.fromkeys(self.levels_, "int64"))))


def merge_rare(features: pd.DataFrame) -> pd.DataFrame:
    """Return features with levels as categories, the rarest under one code; histograms have 255 bins.

    Levels are coded by frequency.
    """
    codes = pd.CategoricalDtype(list(range(_MOST_CATEGORIES + 1)))
    merged = {n: features[n].clip(upper=_MOST_CATEGORIES).astype("int64").astype(codes) for n in LEVELS(features)}
    return features.assign(**merged)


ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("logistic", "Logistic regression", _logistic, search_space={"C": Range(0.003, 30.0, log=True)}),
        Algorithm(
            "forest",
            "Random forest",
            _forest,
            search_space={
                "n_estimators": Range(60, 300, step=20),
                "min_samples_leaf": Range(2, 60, log=True),
                "max_features": Range(0.1, 1.0),
            },
        ),
        Algorithm(
            "hist",
            "Histogram gradient boosting",
            _hist,
            search_space={
                "learning_rate": Range(0.01, 0.3, log=True),
                "max_iter": Range(50, 400, step=10),
                "max_leaf_nodes": Range(7, 95, log=True),
                "min_samples_leaf": Range(5, 150, log=True),
                "l2_regularization": Range(0.1, 100.0, log=True),
            },
        ),
        Algorithm(
            BLEND,
            "Blend of logistic regression and LightGBM",
            _blend,
            judges_itself=True,
            search_space={
                "C": Range(0.03, 3.0, log=True),
                "learning_rate": Range(0.01, 0.15, log=True),
                "n_estimators": Range(40, 200, step=20),
                "num_leaves": Range(4, 31, log=True),
                "min_child_samples": Range(5, 60, log=True),
            },
        ),
        Algorithm(
            LIGHTGBM,
            "LightGBM",
            _lightgbm,
            search_space={
                "learning_rate": Range(0.01, 0.15, log=True),
                "n_estimators": Range(60, 400, step=20),
                "num_leaves": Range(7, 95, log=True),
                "min_child_samples": Range(5, 150, log=True),
                "cat_smooth": Range(5.0, 400.0, log=True),
                "cat_l2": Range(1.0, 200.0, log=True),
                "colsample_bytree": Range(0.3, 1.0),
            },
        ),
        Algorithm(
            "catboost",
            "CatBoost",
            CatBoost,
            library="catboost",
            search_space={"iterations": Range(100, 800, step=50), "learning_rate": Range(0.01, 0.2, log=True)},
        ),
    )
}


def register_algorithm(algorithm: Algorithm) -> None:
    """Let an algorithm be trained and compared.

    Raises
    ------
    LeadScoreError
        If there is another algorithm of this name.
    """
    register_once(ALGORITHMS, algorithm.name, algorithm, "algorithm")


def known_algorithms() -> dict[str, Algorithm]:
    """Return every algorithm by its name, those of the settings' extensions too, installed or not."""
    load_extensions()
    return dict(ALGORITHMS)


def find_algorithms(names: Sequence[str]) -> list[Algorithm]:
    """Return algorithms by their names, in the order in which they are registered.

    Raises
    ------
    LeadScoreError
        If a name is unknown or its library is not installed.

    Examples
    --------
    >>> [algorithm.human for algorithm in find_algorithms(["hist", "logistic"])]
    ['Logistic regression', 'Histogram gradient boosting']
    """
    known = known_algorithms()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise LeadScoreError(f"There is no algorithm {', '.join(map(repr, unknown))}. Choose from: {', '.join(known)}.")
    found = [algorithm for name, algorithm in known.items() if name in names]
    for algorithm in found:
        if not algorithm.is_installed:
            raise LeadScoreError(
                f"{algorithm.human} is not installed. Install it with: pip install {algorithm.library}, or leave it "
                "out."
            )
    return found


def usual_algorithm(n_leads: int, params: dict[str, Any] | None = None) -> str:
    """Return the algorithm that is trained where none is named: of few leads the blend, else LightGBM.

    Parameters
    ----------
    n_leads
        With an outcome.
    params
        Settings that somebody gives are LightGBM's, since no other algorithm was named.

    Examples
    --------
    >>> usual_algorithm(1_000), usual_algorithm(1_001), usual_algorithm(200, {"num_leaves": 7})
    ('blend', 'lightgbm', 'lightgbm')
    """
    return BLEND if n_leads <= FEW_LEADS and not params else LIGHTGBM


def make_estimator(name: str, params: dict[str, Any] | None = None, seed: int = 0) -> Any:
    """Return an unfitted classifier of an algorithm, with settings that suit leads.

    Parameters
    ----------
    params
        Settings that differ from these; of the algorithm's own names.

    Raises
    ------
    LeadScoreError
        If the algorithm is unknown or not installed, or has no such setting.
    """
    (algorithm,) = find_algorithms([name])
    asked = params or {}
    try:
        return algorithm.make(**{"random_state": seed} | asked)
    except (TypeError, ValueError) as error:
        wrong = [f"{key} = {value!r}" for key, value in asked.items() if not _takes(algorithm, key, value)]
        raise LeadScoreError(
            f"{algorithm.human} cannot be made with {', '.join(wrong or map(repr, asked))}: it has no such setting, or "
            "not with this value. Correct --params, or leave it out for the usual settings."
        ) from error


def _takes(algorithm: Algorithm, key: str, value: Any) -> bool:
    try:
        algorithm.make(**{key: value})
    except (TypeError, ValueError):
        return False
    return True


def last_step(estimator: Any) -> Any:
    """Return what foretells: the last step of a pipeline, else the estimator itself.

    Examples
    --------
    >>> last_step(make_estimator("logistic")).C
    0.3
    """
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator


def make_classifier(name: str = LIGHTGBM, params: dict[str, Any] | None = None, seed: int = 0) -> Any:
    """Return an unfitted classifier as the last step of a pipeline: with margins, contributions and calibration.

    Examples
    --------
    >>> make_classifier("hist", {"max_iter": 20}).estimator.steps[-1][1].max_iter
    20
    """
    made = make_estimator(name, params, seed)
    return made if isinstance(made, LeadClassifier | BlendClassifier) else AnyClassifier(made)
