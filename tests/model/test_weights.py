"""Weights of leads: where it is exact, a weight of 2 is the lead twice, and one of 0 the list without it."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.schema.schema import Column, LeadSchema, Role
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.algorithms import make_classifier
from leadscore_core.model.classifier import Calibrator, LeadClassifier
from leadscore_core.model.features import LeadFeatures
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.model_card import write_card
from leadscore_core.model.own_estimators import wrap_estimator
from leadscore_core.model.pipeline import make_pipeline
from leadscore_core.model.segment_classifier import SegmentClassifier
from leadscore_core.training.train import train_model

MIXED = LeadSchema(
    name="mixed",
    title="leads of all kinds",
    version=1,
    columns=(
        Column(name="came", role=Role.TIMESTAMP, human="Came"),
        Column(name="source", role=Role.SOURCE, human="Source"),
        Column(name="tags", role=Role.CATEGORY, human="Tags", separator=";"),
        Column(name="note", role=Role.FREE_TEXT, human="Note"),
        Column(name="income", role=Role.NUMBER, human="Income"),
        Column(name="calls", role=Role.COUNT, human="Calls"),
    ),
)


@pytest.fixture(scope="module")
def leads() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Leads of every kind of column, their outcomes, and weights of 0 to 3."""
    rng = np.random.default_rng(4)
    n = 400
    outcome = rng.integers(0, 2, n)
    words = np.where(outcome == 1, "wants callback", "just looking")
    frame = pd.DataFrame(
        {
            "came": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 90, n), "D"),
            "source": pd.array(rng.choice(["news", "fair", "web", "rare"], n, p=[0.5, 0.3, 0.19, 0.01]), dtype="str"),
            "tags": pd.array(rng.choice(["a; b", "a", "c"], n), dtype="str"),
            "note": pd.array(np.where(rng.random(n) < 0.8, words, "hello there"), dtype="str"),
            "income": np.where(rng.random(n) < 0.1, np.nan, rng.gamma(2, 1000, n)),
            "calls": rng.poisson(1, n),
        }
    )
    return frame, outcome, rng.integers(0, 4, n)


def repeated(frame: pd.DataFrame, outcome: np.ndarray, weight: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    rows = np.repeat(np.arange(len(frame)), weight)
    return frame.iloc[rows].reset_index(drop=True), outcome[rows]


def test_features_learn_of_a_weight_what_they_learn_of_repeats(leads) -> None:
    frame, outcome, weight = leads
    weighted = LeadFeatures(MIXED, min_leads=4).fit(frame, outcome, sample_weight=weight)
    twice = LeadFeatures(MIXED, min_leads=4).fit(*repeated(frame, outcome, weight))
    for learned in ("base_rate_", "levels_", "parts_", "rates_", "ranges_", "words_", "neutral_"):
        assert getattr(weighted, learned) == getattr(twice, learned), learned
    assert weighted.words_["note"]
    assert weighted.transform(frame).equals(twice.transform(frame))
    halves = LeadFeatures(MIXED).fit(frame, outcome, sample_weight=np.full(len(frame), 0.5))
    assert halves.rates_["source"]["news"].leads == pytest.approx((frame["source"] == "news").sum() / 2)


@pytest.mark.parametrize("make", [lambda: make_classifier("logistic"), lambda: wrap_estimator(LogisticRegression())])
def test_a_linear_model_of_weights_is_close_to_one_of_repeats(leads, make: Callable) -> None:
    frame, outcome, weight = leads
    features = LeadFeatures(MIXED).fit(frame, outcome).transform(frame)
    weighted, plain = make().fit(features, outcome, sample_weight=weight), make().fit(features, outcome)
    twice = make().fit(*repeated(features, outcome, weight))
    apart = np.abs(weighted.raw_margin(features) - twice.raw_margin(features)).mean()
    assert apart < 0.3 * np.abs(plain.raw_margin(features) - twice.raw_margin(features)).mean()


def test_lightgbm_gets_the_weights_and_leaves_out_what_weighs_nothing(leads) -> None:
    frame, outcome, weight = leads
    features = LeadFeatures(MIXED).fit(frame, outcome).transform(frame)
    model = LeadClassifier(n_estimators=5).fit(features, outcome, sample_weight=weight * 0.7)
    there = weight > 0
    alone = LeadClassifier(n_estimators=5).fit(features[there], outcome[there], sample_weight=weight[there] * 0.7)
    assert np.array_equal(model.raw_margin(features), alone.raw_margin(features))
    assert not np.allclose(
        model.raw_margin(features), LeadClassifier(n_estimators=5).fit(features, outcome).raw_margin(features)
    )
    segmented = SegmentClassifier(LeadClassifier(n_estimators=5), "source__level", (2,))
    both = segmented.fit(features, outcome, sample_weight=weight * 0.7)
    assert np.array_equal(both.whole_.raw_margin(features), model.raw_margin(features))
    rows = features["source__level"] == 2
    own = LeadClassifier(n_estimators=5).fit(features[rows], outcome[rows], sample_weight=weight[rows] * 0.7)
    assert np.array_equal(both.own_[2].raw_margin(features), own.raw_margin(features))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_a_calibration_of_weights_is_that_of_repeats(method) -> None:
    rng = np.random.default_rng(0)
    margin, weight = rng.normal(size=300), rng.integers(0, 4, 300)
    label = (margin + rng.normal(size=300) > 0.4).astype(int)
    rows = np.repeat(np.arange(300), weight)
    weighted = Calibrator(method).fit(margin, label, weight.astype(float))
    twice = Calibrator(method).fit(margin[rows], label[rows])
    assert np.allclose(weighted.apply(margin), twice.apply(margin), atol=1e-5)


def test_weights_go_through_the_pipeline_by_step_or_by_routing(sample: SampleLeads, schema: LeadSchema) -> None:
    leads = sample.labelled.head(500)
    outcome = clean_leads(leads, schema)["app_complete_flag"].fillna(0).to_numpy("int64")
    weight = np.where(outcome == 1, 3.0, 1.0)
    plain = make_pipeline(schema, {"n_estimators": 5})
    unweighted = clone(plain).fit(leads, outcome)
    by_step = clone(plain).fit(leads, outcome, features__sample_weight=weight, model__sample_weight=weight)
    assert by_step.named_steps["features"].base_rate_ == pytest.approx(np.average(outcome, weights=weight))
    assert by_step.predict_proba(leads)[:, 1].mean() > unweighted.predict_proba(leads)[:, 1].mean() + 0.05
    with sklearn.config_context(enable_metadata_routing=True):
        routed = clone(plain)
        for step in ("features", "model"):
            routed.named_steps[step].set_fit_request(sample_weight=True)
        routed.fit(leads, outcome, sample_weight=weight)
    assert np.array_equal(routed.predict_proba(leads), by_step.predict_proba(leads))


def test_a_model_is_trained_with_weights_of_a_column(sample: SampleLeads) -> None:
    leads = sample.labelled.head(400)
    model = train_model(leads.assign(w="2"), params={"n_estimators": 5}, n_repeats=1, sample_weight="w")
    known = model.metadata.training_data
    assert known.weight == 2 * known.rows
    plain = LeadModel(model.pipeline, train_model(leads, params={"n_estimators": 5}, n_repeats=1).metadata)
    seen = sum(observed.leads for observed in model.features.rates_["first_utm_source_c"].values())
    assert seen == 2 * known.rows
    assert f"count as {2 * known.rows:,.1f} in all" in write_card(model.metadata, model.schema)
    assert "weighted" not in write_card(plain.metadata, model.schema)


@pytest.mark.parametrize(
    ("weight", "why"),
    [
        ([1.0, 2.0], "2 weights for 400 leads"),
        ("no such", "no column 'no such'"),
        (np.full(400, -1.0), "0 or more"),
        (np.full(400, np.nan), "0 or more"),
        (np.full(400, 1 / 400), "sum to 1, as if there were so few leads"),
    ],
)
def test_weights_that_do_not_fit_are_refused_in_words(sample: SampleLeads, weight, why: str) -> None:
    with pytest.raises(LeadScoreError, match=why):
        train_model(sample.labelled.head(400), sample_weight=weight)


def test_an_estimator_that_takes_no_weights_says_so(leads) -> None:
    frame, outcome, weight = leads
    with pytest.raises(LeadScoreError, match="KNeighborsClassifier learns without weights"):
        wrap_estimator(KNeighborsClassifier()).fit(frame[["income"]], outcome, sample_weight=weight)
