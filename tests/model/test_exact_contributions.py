"""Reasons of any tree or linear model are exact: held against shap's, and against what the model itself says."""

import sys
import types

import numpy as np
import pandas as pd
import pytest
import shap
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from leadscore_core.errors import LeadScoreError
from leadscore_core.model.algorithms import make_classifier
from leadscore_core.model.any_classifier import AnyClassifier
from leadscore_core.model.metadata import EXACT, SAMPLED, SCALED
from leadscore_core.model.own_estimators import wrap_estimator
from leadscore_core.model.segment_classifier import SegmentClassifier

TREES = [
    (RandomForestClassifier(12, min_samples_leaf=3, random_state=0), SCALED),
    (RandomForestClassifier(5, class_weight="balanced", random_state=0), SCALED),
    (ExtraTreesClassifier(8, max_depth=5, random_state=0), SCALED),
    (DecisionTreeClassifier(max_depth=4, random_state=0), SCALED),
    (GradientBoostingClassifier(n_estimators=12, random_state=0), EXACT),
    (HistGradientBoostingClassifier(max_iter=10), EXACT),
]
LINEAR = [
    LogisticRegression(),
    make_pipeline(StandardScaler(), LogisticRegression()),
    LinearDiscriminantAnalysis(),
    SGDClassifier(loss="log_loss", alpha=1.0, random_state=0),
    GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
]
OTHERS = [
    GaussianNB(),
    make_pipeline(PCA(2), LogisticRegression()),
    VotingClassifier([("nb", GaussianNB())], voting="soft"),
]


@pytest.fixture(scope="module")
def leads() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    n = 300
    frame = pd.DataFrame(
        {
            "source__level": rng.integers(0, 6, n).astype("float64"),
            "source__count": rng.normal(size=n),
            "calls": rng.poisson(2, n).astype("float64"),
            "income": rng.normal(size=n),
        }
    )
    outcome = frame["income"] + (frame["source__level"] > 3) + 0.3 * frame["calls"] + rng.normal(size=n) > 1
    return frame, outcome.to_numpy("int64")


def with_blanks(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(income=frame["income"].where(np.arange(len(frame)) % 7 > 0))


@pytest.mark.parametrize(("estimator", "how"), TREES, ids=lambda v: type(v).__name__ if not isinstance(v, str) else v)
def test_parts_of_trees_are_those_of_shap(leads, estimator, how: str) -> None:
    frame, outcome = leads
    frame = frame if isinstance(estimator, GradientBoostingClassifier) else with_blanks(frame)
    model = AnyClassifier(estimator).fit(frame, outcome)
    assert model.how_reasons == how
    reference = shap.TreeExplainer(model.estimator_)(frame.head(60)).values
    reference = reference[:, :, 1] if reference.ndim == 3 else reference
    assert np.allclose(model.exact_.values(model.estimator_, frame.head(60))[:, :-1], reference, atol=1e-9)
    parts, margin = model.contributions(frame), model.raw_margin(frame)
    assert np.allclose(parts.sum(axis=1), margin, atol=1e-9)
    assert np.allclose(model.contributions(frame.iloc[[7]]), parts[[7]], atol=1e-12)
    assert (np.sign(np.round(parts[:60, :-1], 9)) == np.sign(np.round(reference, 9))).all()
    if how == SCALED:
        probability = model.exact_.values(model.estimator_, frame)
        share = probability[:, :-1] / np.abs(probability[:, :-1]).sum(axis=1, keepdims=True)
        assert np.allclose(share, parts[:, :-1] / np.abs(parts[:, :-1]).sum(axis=1, keepdims=True))
        assert np.allclose(parts[:, -1], logit(probability[:, -1]))


@pytest.mark.parametrize("estimator", LINEAR, ids=lambda v: type(v).__name__)
def test_parts_of_linear_models_are_what_each_column_adds(leads, estimator) -> None:
    frame, outcome = leads
    model = AnyClassifier(estimator).fit(frame, outcome)
    assert model.how_reasons == EXACT
    parts = model.contributions(frame)
    assert np.allclose(parts.sum(axis=1), model.raw_margin(frame))
    for place, name in enumerate(frame.columns):
        at_mean = model.raw_margin(frame.assign(**{name: frame[name].mean()}))
        assert np.allclose(parts[:, place], model.raw_margin(frame) - at_mean)


@pytest.mark.parametrize("estimator", OTHERS, ids=lambda v: type(v).__name__)
def test_others_are_sampled_and_say_so(leads, estimator) -> None:
    frame, outcome = leads
    model = AnyClassifier(estimator).fit(frame, outcome)
    assert model.how_reasons == SAMPLED
    assert np.allclose(model.contributions(frame.head(20)).sum(axis=1), model.raw_margin(frame.head(20)))


@pytest.mark.parametrize("name", ["logistic", "hist", "forest", "catboost"])
def test_our_own_algorithms_see_through_their_preparation(leads, name: str) -> None:
    frame, outcome = leads
    few = {"hist": {"max_iter": 8}, "forest": {"n_estimators": 5}, "catboost": {"iterations": 8}}
    model = make_classifier(name, few.get(name)).fit(with_blanks(frame), outcome)
    assert model.how_reasons == (SCALED if name == "forest" else EXACT)
    some = with_blanks(frame).head(30)
    parts = model.contributions(some)
    assert np.allclose(parts.sum(axis=1), model.raw_margin(some))
    rare = some.assign(source__level=99.0)  # a level that nothing was learned of
    assert np.allclose(model.contributions(rare).sum(axis=1), model.raw_margin(rare))
    whole = SegmentClassifier(make_classifier(name, few.get(name)), "source__level").fit(frame, outcome)
    assert whole.how_reasons == model.how_reasons


def test_libraries_that_compute_their_own_are_asked(leads, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, outcome = leads
    light = LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1)
    cat = CatBoostClassifier(iterations=5, verbose=False, thread_count=1, allow_writing_files=False)
    bags = BaggingClassifier(n_estimators=4, max_features=0.7, random_state=0)
    for estimator, how in ((light, EXACT), (cat, EXACT), (bags, SCALED)):
        model = AnyClassifier(estimator).fit(frame, outcome)
        assert model.how_reasons == how
        assert np.allclose(model.contributions(frame).sum(axis=1), model.raw_margin(frame))
    boosted = types.ModuleType("xgboost")
    boosted.DMatrix = lambda frame, **_: frame
    monkeypatch.setitem(sys.modules, "xgboost", boosted)
    model = AnyClassifier(LikeXgboost()).fit(frame, outcome)
    assert model.how_reasons == EXACT
    assert np.allclose(model.contributions(frame)[:, 3], frame["income"], atol=1e-5)


class LikeXgboost(ClassifierMixin, BaseEstimator):
    """A classifier with XGBoost's way of telling its parts, in single precision."""

    missing, early_stopping_rounds = np.nan, None

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = expit(np.asarray(X)[:, 3])
        return np.column_stack([1 - p, p])

    def get_booster(self):
        return self

    def predict(self, X, *, pred_contribs: bool, iteration_range: tuple[int, int]):
        parts = np.zeros((len(X), X.shape[1] + 1), dtype="float32")
        parts[:, 3] = X["income"]
        return parts


def test_an_estimator_that_tells_other_parts_than_it_foretells_is_sampled(leads) -> None:
    frame, outcome = leads

    class Wrong(LikeXgboost):
        def contributions(self, X):
            return np.ones((len(X), X.shape[1] + 1))

    assert AnyClassifier(Wrong()).fit(frame, outcome).how_reasons == SAMPLED


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (RandomForestClassifier, r"such as RandomForestClassifier\(\)"),
        ("forest", "scikit-learn's kind was expected"),
        (SGDClassifier(), "gives no probabilities"),
        (StandardScaler(), "gives no probabilities"),
    ],
)
def test_what_is_no_classifier_with_probabilities_is_refused_in_words(given, why: str) -> None:
    with pytest.raises(LeadScoreError, match=why):
        wrap_estimator(given)


def test_an_estimator_that_takes_no_blanks_gets_none(leads) -> None:
    frame, outcome = leads
    for estimator in (LogisticRegression(), GaussianNB()):
        model = wrap_estimator(estimator).fit(with_blanks(frame), outcome)
        assert np.isfinite(model.predict_proba(with_blanks(frame))).all()
    assert wrap_estimator(LogisticRegression(), {"C": 7}).estimator.steps[-1][1].C == 7
    with pytest.raises(LeadScoreError, match="no setting"):
        wrap_estimator(LogisticRegression(), {"depth": 7})
