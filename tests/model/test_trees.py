"""Trees parsed from a model's text: those of LightGBM's own JSON, and parsed once for all that walks them."""

from collections.abc import Iterator
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from leadscore_core.model.trees import splits as splits_module
from leadscore_core.model.trees.fast_predict import LeafSets
from leadscore_core.model.trees.fast_shap import TreeTables
from leadscore_core.model.trees.tree import MISSING_AS_NAN, Tree, parse_trees


@pytest.fixture(scope="module")
def booster() -> lgb.Booster:
    rng = np.random.default_rng(0)
    matrix = np.column_stack([rng.normal(size=900), rng.integers(0, 70, 900), rng.integers(0, 3, 900)])
    matrix[rng.random(900) < 0.2, 0] = np.nan
    label = (np.nan_to_num(matrix[:, 0], nan=1.0) + matrix[:, 1] % 3 + rng.normal(size=900) > 1).astype(int)
    model = lgb.LGBMClassifier(n_estimators=6, num_leaves=25, min_child_samples=3, n_jobs=1, verbose=-1)
    return model.fit(matrix, label, categorical_feature=[1]).booster_


def _walk(tree: Tree, node: int) -> Iterator[tuple[Any, ...]]:
    if node < 0:
        yield tree.leaf_value[~node], tree.count(node)
        return
    named = float(tree.threshold[node])
    rule = tuple(tree.categories[int(named)]) if tree.is_category[node] else named
    yield tree.column[node], rule, tree.missing[node] == MISSING_AS_NAN, tree.default_left[node], tree.count(node)
    yield from _walk(tree, int(tree.left[node]))
    yield from _walk(tree, int(tree.right[node]))


def _walk_json(node: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    if "split_feature" not in node:
        yield node["leaf_value"], node["leaf_count"]
        return
    is_category = node["decision_type"] == "=="
    rule = tuple(sorted(map(int, node["threshold"].split("||")))) if is_category else node["threshold"]
    yield node["split_feature"], rule, node["missing_type"] == "NaN", node["default_left"], node["internal_count"]
    yield from _walk_json(node["left_child"])
    yield from _walk_json(node["right_child"])


def test_they_are_those_of_the_json(booster: lgb.Booster) -> None:
    rows = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    parsed = parse_trees(booster)
    assert [list(_walk(tree, tree.root)) for tree in parsed] == [list(_walk_json(tree)) for tree in rows]
    assert {bool(one) for tree in parsed for one in tree.is_category} == {True, False}


def test_a_tree_may_be_one_leaf() -> None:
    matrix = np.zeros((50, 1))
    label = np.arange(50) % 2
    booster = lgb.LGBMClassifier(n_estimators=1, n_jobs=1, verbose=-1).fit(matrix, label).booster_
    (tree,) = parse_trees(booster)
    assert (tree.root, tree.leaf_value.tolist()) == (~0, [booster.predict(matrix[:1], raw_score=True)[0]])


def test_a_model_is_parsed_once(booster: lgb.Booster, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = lgb.Booster(model_str=booster.model_to_string())
    times = []

    def parse(one: lgb.Booster) -> list[Tree]:
        times.append(one)
        return parse_trees(one)

    monkeypatch.setattr(splits_module, "parse_trees", parse)
    assert LeafSets(fresh).splits is TreeTables(fresh).splits
    assert len(times) == 1
