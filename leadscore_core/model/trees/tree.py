"""Trees: those of a LightGBM model, parsed from its text, which is far quicker to read than its JSON."""

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

MISSING_AS_ZERO, MISSING_AS_NAN = 1, 2
_IS_CATEGORY, _DEFAULT_LEFT = 1, 2
_BITS = np.arange(32, dtype="uint32")


@dataclass(frozen=True, eq=False)
class Tree:
    """A tree: its splits, of which the first is the root, and its leaves.

    Attributes
    ----------
    column, threshold, is_category, default_left, missing
        Of each split; a split by categories has the number of its set of them as its threshold, and ``missing`` is
        `MISSING_AS_ZERO`, `MISSING_AS_NAN`, or 0 where missing numbers count as zero.
    left, right
        What is below each split: another split, or the leaf ``~child`` where it is below zero.
    split_count, leaf_count
        Training leads in each.
    leaf_value
        In log-odds.
    categories
        The sets of categories that go left.
    """

    column: np.ndarray
    threshold: np.ndarray
    is_category: np.ndarray
    default_left: np.ndarray
    missing: np.ndarray
    left: np.ndarray
    right: np.ndarray
    split_count: np.ndarray
    leaf_count: np.ndarray
    leaf_value: np.ndarray
    categories: tuple[np.ndarray, ...]

    @property
    def root(self) -> int:
        """The first split, or the only leaf."""
        return 0 if len(self.column) else ~0

    def count(self, node: int) -> int:
        """Return the training leads in a split, or in a leaf ``~leaf``."""
        return int(self.split_count[node] if node >= 0 else self.leaf_count[~node])


def parse_trees(booster: lgb.Booster) -> list[Tree]:
    """Return the trees that a booster predicts with.

    Examples
    --------
    >>> pupil = lgb.LGBMRegressor(n_estimators=1, min_child_samples=1, num_leaves=2, verbose=-1)
    >>> tree = parse_trees(pupil.fit(np.array([[0.0], [1.0]]), [0.0, 1.0]).booster_)[0]
    >>> tree.column.tolist(), tree.left.tolist(), tree.leaf_count.tolist()
    ([0], [-1], [1, 1])
    """
    text = booster.model_to_string().partition("\nend of trees")[0]
    return [_parse(part) for part in text.split("\nTree=")[1:]]


def _parse(text: str) -> Tree:
    fields = dict(line.split("=", 1) for line in text.split("\n") if "=" in line)
    kinds = _numbers(fields, "decision_type", "int64")
    words = _numbers(fields, "cat_threshold", "uint32")
    ends = _numbers(fields, "cat_boundaries", "int64")
    return Tree(
        column=_numbers(fields, "split_feature", "int64"),
        threshold=_numbers(fields, "threshold", "float64"),
        is_category=kinds & _IS_CATEGORY > 0,
        default_left=kinds & _DEFAULT_LEFT > 0,
        missing=kinds >> 2 & 3,
        left=_numbers(fields, "left_child", "int64"),
        right=_numbers(fields, "right_child", "int64"),
        split_count=_numbers(fields, "internal_count", "int64"),
        leaf_count=_numbers(fields, "leaf_count", "int64"),
        leaf_value=_numbers(fields, "leaf_value", "float64"),
        categories=tuple(_members(words[first:last]) for first, last in zip(ends[:-1], ends[1:], strict=True)),
    )


def _numbers(fields: dict[str, str], name: str, kind: str) -> np.ndarray:
    given = fields.get(name, "").strip()
    return np.fromstring(given, dtype=kind, sep=" ") if given else np.empty(0, dtype=kind)


def _members(words: Sequence[int] | np.ndarray) -> np.ndarray:
    """Return the numbers in a set of bits."""
    return np.flatnonzero((np.asarray(words, dtype="uint32")[:, None] >> _BITS) & 1)
