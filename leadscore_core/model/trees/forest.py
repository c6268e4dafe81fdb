"""Forests: the trees of scikit-learn's classifiers as flat arrays, one node after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

_CATEGORIES = 256


@dataclass(frozen=True, eq=False)
class _Tree:
    """One tree; the nodes below are counted from its own first."""

    column: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    count: np.ndarray
    categories: dict[int, np.ndarray]


@dataclass(frozen=True, eq=False)
class Forest(_Tree):
    """Trees whose leaves are added up.

    Attributes
    ----------
    column, threshold, missing_left, left, right, value, count
        Of each node of all trees: what it splits by, up to where leads go left, whether a blank does, the nodes below
        (-1 of a leaf), what a leaf adds, and the sum of weights of its training leads.
    categories
        Node that splits by categories -> which of 256 codes go left.
    roots
        First node of each tree.
    start
        What is there before the first tree.
    in_probability
        Whether the sum is a probability; else it is in log-odds.
    is_single
        Whether numbers are compared in single precision.
    """

    roots: np.ndarray
    start: float = 0.0
    in_probability: bool = False
    is_single: bool = True


def read_forest(model: Any) -> Forest | None:
    """Return the trees of a fitted classifier of two classes; None of one that is not made of trees known here.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> forest = read_forest(DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1]))
    >>> float(forest.threshold[0]), forest.value[1:].tolist(), forest.in_probability
    (0.5, [0.0, 1.0], True)
    """
    names = {kind.__name__ for kind in type(model).__mro__}
    reader = next((read for name, read in _READERS.items() if name in names), None)
    return None if reader is None else reader(model)


def _of_votes(model: Any) -> Forest:
    """Read trees whose shares of the second class are averaged."""
    members = getattr(model, "estimators_", [model])
    trees = []
    for member in members:
        shares = member.tree_.value[:, 0, :]
        share = shares[:, 1] / np.maximum(shares.sum(axis=1), 1e-300)
        trees.append(_plain(member.tree_, share / len(members)))
    return _join(trees, in_probability=True)


def _of_bags(model: Any) -> Forest | None:
    """Read trees of which each was given leads, and perhaps columns, of its own."""
    trees = []
    for member, columns in zip(model.estimators_, model.estimators_features_, strict=True):
        forest = _of_votes(member) if hasattr(member, "tree_") else None
        if forest is None or len(member.classes_) < 2:
            return None
        tree = _plain(member.tree_, forest.value / len(model.estimators_))
        trees.append(replace(tree, column=np.where(tree.column < 0, tree.column, columns[np.maximum(tree.column, 0)])))
    return _join(trees, in_probability=True)


def _of_steps(model: Any) -> Forest | None:
    """Read gradient boosting of scikit-learn's older kind."""
    if getattr(model, "init", None) not in (None, "zero"):
        return None
    prior = 0.0
    if model.init is None:
        share = float(model.init_.class_prior_[1])
        prior = float(np.log(share / (1 - share)))
    members = model.estimators_[:, 0]
    trees = [_plain(one.tree_, model.learning_rate * one.tree_.value[:, 0, 0]) for one in members]
    return _join(trees, start=prior)


def _of_histograms(model: Any) -> Forest:
    """Read histogram gradient boosting; its columns are in the order of its own encoding."""
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        is_leaf = nodes["is_leaf"].astype(bool)
        sets = {}
        for node in np.flatnonzero(nodes["is_categorical"].astype(bool) & ~is_leaf).tolist():
            words = predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]]
            sets[node] = (words[:, None] >> np.arange(32, dtype="uint32") & 1).astype(bool).ravel()
        trees.append(
            _Tree(
                column=nodes["feature_idx"].astype("int64"),
                threshold=nodes["num_threshold"].astype("float64"),
                missing_left=nodes["missing_go_to_left"].astype(bool),
                left=np.where(is_leaf, -1, nodes["left"].astype("int64")),
                right=np.where(is_leaf, -1, nodes["right"].astype("int64")),
                value=nodes["value"].astype("float64"),
                count=nodes["count"].astype("float64"),
                categories=sets,
            )
        )
    return replace(_join(trees, start=float(np.ravel(model._baseline_prediction)[0])), is_single=False)


_READERS: dict[str, Callable[[Any], Forest | None]] = {
    "HistGradientBoostingClassifier": _of_histograms,
    "GradientBoostingClassifier": _of_steps,
    "RandomForestClassifier": _of_votes,
    "ExtraTreesClassifier": _of_votes,
    "DecisionTreeClassifier": _of_votes,
    "BaggingClassifier": _of_bags,
}


def _plain(tree: Any, value: np.ndarray) -> _Tree:
    missing = getattr(tree, "missing_go_to_left", np.zeros(tree.node_count))
    return _Tree(
        column=tree.feature.astype("int64"),
        threshold=tree.threshold.astype("float64"),
        missing_left=np.asarray(missing).astype(bool),
        left=tree.children_left.astype("int64"),
        right=tree.children_right.astype("int64"),
        value=np.asarray(value, dtype="float64"),
        count=tree.weighted_n_node_samples.astype("float64"),
        categories={},
    )


def _join(trees: Sequence[_Tree], *, start: float = 0.0, in_probability: bool = False) -> Forest:
    sizes = [len(tree.column) for tree in trees]
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype("int64")
    below = {
        side: np.concatenate(
            [np.where(getattr(t, side) < 0, -1, getattr(t, side) + root) for t, root in zip(trees, roots, strict=True)]
        )
        for side in ("left", "right")
    }
    same = ("column", "threshold", "missing_left", "value", "count")
    sets = {int(root) + n: own for t, root in zip(trees, roots, strict=True) for n, own in t.categories.items()}
    joined: dict[str, Any] = {name: np.concatenate([getattr(tree, name) for tree in trees]) for name in same}
    return Forest(
        **joined | below,
        categories=sets,
        roots=roots,
        start=start,
        in_probability=in_probability,
    )


def go_left(forest: Forest, matrix: np.ndarray) -> np.ndarray:
    """Return for each lead and each node whether the lead goes left there, shape (leads, nodes)."""
    values = matrix[:, np.maximum(forest.column, 0)]
    if forest.is_single:
        values = values.astype("float32").astype("float64")
    blank = np.isnan(values)
    left = np.where(blank, forest.missing_left, values <= forest.threshold)
    for node, codes in forest.categories.items():
        own = values[:, node]
        known = ~blank[:, node]
        place = np.where(known, own, 0).astype("int64").clip(0, _CATEGORIES - 1)
        left[:, node] = np.where(known, codes[place], forest.missing_left[node])
    return left
