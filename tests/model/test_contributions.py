"""Contributions of many leads at once: equal to shap's and LightGBM's, for every kind of split."""

from weakref import WeakKeyDictionary

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore_core.data.schema.column_mapping import detect_conventions
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.inference.reasons import explain_leads
from leadscore_core.inference.score import score_leads
from leadscore_core.model import classifier as classifier_module
from leadscore_core.model.category_codes import EncodedColumn
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.trees import fast_shap
from leadscore_core.model.trees.fast_predict import LeafSets
from leadscore_core.model.trees.fast_shap import TreeTables
from leadscore_core.model.trees.leaf_tables import LeafTables
from tests.paths import IS_SOAK


@pytest.fixture(scope="module")
def cleaned(sample: SampleLeads, trained: LeadModel) -> pd.DataFrame:
    frame = sample.labelled
    mapping = detect_conventions(suggest_mapping(frame.columns, trained.schema), trained.schema, frame)
    return trained.clean(mapping.apply(frame, trained.schema))[0]


def test_they_are_those_of_shap(cleaned: pd.DataFrame, trained: LeadModel) -> None:
    matrix = trained.features.transform(cleaned).to_numpy("float64")
    booster = trained.classifier.lgbm_.booster_
    mine = TreeTables(booster).contributions(matrix)
    explainer = shap.TreeExplainer(booster)
    with pytest.warns(UserWarning, match="shap values output has changed"):
        result = explainer.shap_values(matrix)
    assert np.abs(mine[:, :-1] - result).max() < 1e-6
    assert np.abs(LeafTables(TreeTables(booster)).contributions(matrix) - mine).max() < 1e-9
    assert mine[0, -1] == pytest.approx(float(np.ravel(explainer.expected_value)[-1]), abs=1e-6)
    margin = booster.predict(matrix, raw_score=True)
    assert np.abs(mine.sum(axis=1) - margin).max() < 1e-9


@settings(max_examples=25 if IS_SOAK else 10)
@given(
    seed=st.integers(0, 10_000),
    leaves=st.integers(2, 60),
    missing=st.booleans(),
    zeros=st.booleans(),
    trees=st.integers(1, 12),
)
def test_any_booster_with_numbers_and_categories(
    seed: int, leaves: int, missing: bool, zeros: bool, trees: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = 400
    matrix = np.column_stack(
        [
            rng.normal(size=rows).round(1),
            rng.integers(0, 12, rows),
            rng.integers(0, 3, rows) * (0.0 if zeros else 1.0),
            rng.integers(0, 40, rows),
            rng.exponential(size=rows),
        ]
    ).astype("float64")
    if missing:
        matrix[rng.random(rows) < 0.2, 0] = np.nan
        matrix[rng.random(rows) < 0.1, 4] = np.nan
    margin = np.nan_to_num(matrix[:, 0]) + (matrix[:, 1] % 3) - np.nan_to_num(matrix[:, 4]) * (matrix[:, 3] % 2)
    label = (margin + rng.normal(size=rows) > 0.5).astype(int)
    model = lgb.LGBMClassifier(n_estimators=trees, num_leaves=leaves, min_child_samples=3, n_jobs=1, verbose=-1)
    model.fit(matrix, label, categorical_feature=[1, 3])
    unseen = matrix.copy()
    unseen[:50, 1] = rng.integers(12, 99, 50)  # categories that were not there
    unseen[50:90, 3] = -1
    unseen[90:120, 0] = rng.normal(size=30) * 100
    unseen[120:140, [0, 4]] = np.nan
    result = model.booster_.predict(unseen, pred_contrib=True)
    tables = TreeTables(model.booster_)
    assert np.abs(tables.contributions(unseen) - result).max() < 1e-9
    assert np.abs(LeafTables(tables).contributions(unseen) - result).max() < 1e-9
    margin = model.booster_.predict(unseen, raw_score=True)
    assert (LeafSets(model.booster_).margins([EncodedColumn(column) for column in unseen.T]) == margin).all()
    distinct, places = np.unique(unseen[:, [1, 2, 3]], axis=0, return_inverse=True)
    shared = places.ravel()
    coded = {place: EncodedColumn(distinct[:, own], shared) for own, place in enumerate([1, 2, 3])}
    columns = [coded.get(place, EncodedColumn(column)) for place, column in enumerate(unseen.T)]
    assert (LeafSets(model.booster_).margins(columns) == margin).all()


def test_paths_of_many_columns_are_computed_without_a_table() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(3_000, 16))
    label = (np.sin(matrix).sum(axis=1) + rng.normal(size=3_000) > 0).astype(int)
    model = lgb.LGBMClassifier(
        n_estimators=3, num_leaves=400, min_child_samples=2, colsample_bytree=0.9, n_jobs=1, verbose=-1
    ).fit(matrix, label)
    tables = TreeTables(model.booster_)
    assert max(len(leaf.columns) for tree in tables.trees for leaf in tree.leaves) > 10
    result = model.booster_.predict(matrix[:300], pred_contrib=True)
    assert np.abs(tables.contributions(matrix[:300]) - result).max() < 1e-9
    with pytest.raises(ValueError, match="paths that name few columns"):
        LeafTables(tables)


def test_tables_that_would_take_much_memory_are_not_made(
    cleaned: pd.DataFrame, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = trained.features.transform(cleaned.head(60)).to_numpy("float64")
    booster = trained.classifier.lgbm_.booster_
    monkeypatch.setattr(fast_shap, "_MOST_NUMBERS", 500)
    tables = TreeTables(booster)
    made = [leaf.table for tree in tables.trees for leaf in tree.leaves]
    assert 0 < sum(table.size for table in made if table is not None) <= 500
    result = booster.predict(matrix, pred_contrib=True)
    assert np.abs(tables.contributions(matrix) - result).max() < 1e-9
    with pytest.raises(ValueError, match="paths that name few columns"):
        LeafTables(tables)


def test_a_booster_that_treats_zero_as_missing_is_left_to_lightgbm() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.integers(0, 5, (500, 3)).astype("float64")
    label = (matrix[:, 0] > 2).astype(int)
    model = lgb.LGBMClassifier(n_estimators=3, zero_as_missing=True, n_jobs=1, verbose=-1).fit(matrix, label)
    with pytest.raises(ValueError, match="zero as missing"):
        TreeTables(model.booster_)
    with pytest.raises(ValueError, match="zero as missing"):
        LeafSets(model.booster_)


def test_trees_of_too_many_leaves_are_left_to_lightgbm() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(3_000, 4))
    label = (np.sin(matrix * 3).sum(axis=1) > 0).astype(int)
    model = lgb.LGBMClassifier(n_estimators=2, num_leaves=90, min_child_samples=2, n_jobs=1, verbose=-1)
    with pytest.raises(ValueError, match="at most 64 leaves a tree, got 90"):
        LeafSets(model.fit(matrix, label).booster_)


def test_many_leads_at_once_have_the_bits_of_the_pipeline(
    sample: SampleLeads, cleaned: pd.DataFrame, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier_module, "ROWS_WORTH_LEAF_SETS", 1)
    lightgbm = trained.pipeline[1:].predict_proba(cleaned)[:, 1]
    assert (trained.propensity(cleaned) == lightgbm).all()
    alone = np.concatenate([trained.propensity(cleaned.iloc[[row]]) for row in range(50)])
    assert (alone == lightgbm[:50]).all()


def test_reasons_do_not_depend_on_how_many_leads_are_explained_at_once(
    sample: SampleLeads, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = sample.new.head(300)
    plain = score_leads(some, trained)
    contributions = explain_leads(some, trained)
    monkeypatch.setattr(classifier_module, "ROWS_WORTH_TABLES", 1)
    for few in (1_000, 1):  # leaves side by side, and tree by tree
        monkeypatch.setattr(classifier_module, "FEW_ROWS", few)
        at_once = score_leads(some, trained)
        pd.testing.assert_frame_equal(plain, at_once)
        assert np.abs(explain_leads(some, trained) - contributions).to_numpy().max() < 1e-9


def test_tables_are_made_once_pages_have_asked_about_enough_leads(
    cleaned: pd.DataFrame, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, booster = cleaned.head(50), trained.classifier.lgbm_.booster_
    monkeypatch.setattr(classifier_module, "ROWS_WORTH_TABLES", 120)
    for kept in ("_ASKED", "_TABLES", "_LEAF_TABLES"):
        monkeypatch.setattr(classifier_module, kept, WeakKeyDictionary())
    first = trained.contributions(page)
    trained.contributions(page)
    assert booster not in classifier_module._TABLES
    third = trained.contributions(page)
    assert booster in classifier_module._LEAF_TABLES
    assert np.abs(third - first).to_numpy().max() < 1e-9
