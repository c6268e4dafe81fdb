from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shap
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.classifier import Calibrator, LeadClassifier
from leadscore_core.model.lead_model import LeadModel


@pytest.fixture(scope="module")
def inputs(trained: LeadModel, sample: SampleLeads) -> pd.DataFrame:
    return trained.features.transform(trained.clean(sample.new)[0])


def test_contributions_sum_to_the_raw_margin(trained: LeadModel, inputs: pd.DataFrame) -> None:
    values = trained.classifier.contributions(inputs)
    assert np.allclose(values.sum(axis=1), trained.classifier.raw_margin(inputs), atol=1e-9)


def test_contributions_equal_those_of_shap(trained: LeadModel, inputs: pd.DataFrame) -> None:
    explainer = shap.TreeExplainer(trained.classifier.lgbm_.booster_)
    with pytest.warns(UserWarning, match="shap values output has changed"):
        reference = explainer.shap_values(inputs.to_numpy())
    assert np.allclose(trained.classifier.contributions(inputs)[:, :-1], reference, atol=1e-9)


def expected_value(node: dict[str, Any], lead: np.ndarray, known: frozenset[int]) -> float:
    """Return a tree's output for a lead of which only some features are known (Lundberg et al. 2018, algorithm 1)."""
    if "leaf_value" in node:
        return float(node["leaf_value"])
    sides = [node["left_child"], node["right_child"]]
    feature, value = node["split_feature"], lead[node["split_feature"]]
    if feature in known:
        categories = str(node["threshold"]).split("||")
        left = str(int(value)) in categories if node["decision_type"] == "==" else value <= node["threshold"]
        return expected_value(sides[0 if left else 1], lead, known)
    weights = [side.get("internal_count", side.get("leaf_count")) for side in sides]
    values = [expected_value(side, lead, known) for side in sides]
    return float(np.average(values, weights=weights))


def split_features(node: dict[str, Any]) -> set[int]:
    if "leaf_value" in node:
        return set()
    return {node["split_feature"]} | split_features(node["left_child"]) | split_features(node["right_child"])


def shapley(tree: dict[str, Any], lead: np.ndarray) -> np.ndarray:
    """Return Shapley values by their definition: a weighted mean over all subsets of features."""
    used, values = split_features(tree), np.zeros(len(lead))
    for feature in used:
        others = used - {feature}
        for size in range(len(others) + 1):
            weight = factorial(size) * factorial(len(used) - size - 1) / factorial(len(used))
            for subset in map(frozenset, combinations(others, size)):
                with_it, without = (expected_value(tree, lead, s) for s in (subset | {feature}, subset))
                values[feature] += weight * (with_it - without)
    return values


def test_contributions_equal_shapley_values_by_definition(sample: SampleLeads, inputs: pd.DataFrame) -> None:
    label = sample.kept_aside["app_complete_flag"].to_numpy()[: len(inputs)]
    small = LeadClassifier(n_estimators=6, num_leaves=6, learning_rate=0.3, min_child_samples=10, cat_smooth=1).fit(
        inputs, label
    )
    trees = [tree["tree_structure"] for tree in small.lgbm_.booster_.dump_model()["tree_info"]]
    leads = inputs.to_numpy()[:12]
    direct = np.array([sum(shapley(tree, lead) for tree in trees) for lead in leads])
    assert np.abs(direct).max() > 0.1
    assert np.allclose(small.contributions(inputs.iloc[:12])[:, :-1], direct, atol=1e-9)


def test_the_score_is_the_probability_of_completion(trained: LeadModel, inputs: pd.DataFrame) -> None:
    both = trained.classifier.predict_proba(inputs)
    assert np.allclose(both.sum(axis=1), 1)
    assert both[:, 1].min() < 0.2
    assert np.array_equal(np.argsort(both[:, 1]), np.argsort(trained.classifier.raw_margin(inputs)))


def test_training_twice_gives_the_same_trees(trained: LeadModel, sample: SampleLeads, inputs: pd.DataFrame) -> None:
    label = np.arange(len(inputs)) % 3 == 0
    first = trained.classifier.__class__(n_estimators=5).fit(inputs, label).raw_margin(inputs)
    second = trained.classifier.__class__(n_estimators=5).fit(inputs, label).raw_margin(inputs)
    assert np.array_equal(first, second)


def test_features_in_another_order_are_refused(trained: LeadModel, inputs: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="features differ from training"):
        trained.classifier.raw_margin(inputs[inputs.columns[::-1]])


def test_calibrators_equal_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    margin = rng.normal(size=2_000)
    label = (rng.random(2_000) < expit(2 * margin - 0.5)).astype("int64")
    platt = LogisticRegression(C=np.inf).fit(margin[:, None], label).predict_proba(margin[:, None])[:, 1]
    assert np.allclose(Calibrator("sigmoid").fit(margin, label).apply(margin), platt)
    steps = IsotonicRegression(out_of_bounds="clip").fit(expit(margin), label).predict(expit(margin))
    assert np.allclose(Calibrator("isotonic").fit(margin, label).apply(margin), steps)
    assert np.array_equal(Calibrator("none").fit(margin, label).apply(margin), expit(margin))
