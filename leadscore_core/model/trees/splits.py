"""Splits: how the trees of a LightGBM model tell values apart, as small whole numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import lightgbm as lgb
import numpy as np


class Splits:
    """The splits of a fitted booster.

    A column's values that no split tells apart share one code: a category, or the range between two thresholds.

    Parameters
    ----------
    booster
        With numeric and categorical splits; missing numbers as LightGBM treats them.

    Attributes
    ----------
    trees
        LightGBM's nested nodes, one a tree.
    n_columns
        Features of the booster.
    n_codes
        Column that a split names -> how many codes it has.

    Raises
    ------
    ValueError
        If the booster treats zero as missing, which these codes do not know.
    """

    def __init__(self, booster: lgb.Booster) -> None:
        told = booster.dump_model()
        self.n_columns = len(told["feature_names"])
        self.trees: list[dict[str, Any]] = [info["tree_structure"] for info in told["tree_info"]]
        nodes = [node for tree in self.trees for node in nodes_of(tree)]
        if any(node["missing_type"] == "Zero" for node in nodes):
            raise ValueError("expected a booster that does not treat zero as missing")
        self._thresholds: dict[int, np.ndarray] = {}
        self._places: dict[int, dict[float, int]] = {}
        self._of_zero: dict[int, int] = {}
        self.n_codes: dict[int, int] = {}
        for column in sorted({node["split_feature"] for node in nodes}):
            own = [node for node in nodes if node["split_feature"] == column]
            if own[0]["decision_type"] == "==":
                largest = max(max(_categories(node)) for node in own)
                self.n_codes[column] = largest + 2  # what lies beyond agrees with no split
            else:
                thresholds = np.unique([float(node["threshold"]) for node in own])
                self._thresholds[column] = thresholds
                self._places[column] = {threshold: place for place, threshold in enumerate(thresholds.tolist())}
                self._of_zero[column] = int(np.searchsorted(thresholds, 0.0, side="left"))
                self.n_codes[column] = len(self._thresholds[column]) + 2  # a range more than thresholds, and missing

    def codes(self, values: np.ndarray, column: int) -> np.ndarray:
        """Return the code of each value of a column, int32."""
        missing = np.isnan(values)
        if column in self._thresholds:
            codes = np.searchsorted(self._thresholds[column], np.where(missing, 0.0, values), side="left")
            return np.where(missing, self.n_codes[column] - 1, codes).astype("int32")
        beyond = self.n_codes[column] - 1
        known = ~missing & (values >= 0) & (values < beyond)
        return np.where(known, np.where(known, values, 0), beyond).astype("int32")

    def goes_left(self, node: dict[str, Any]) -> np.ndarray:
        """Return for each code of the node's column whether it goes left."""
        column = node["split_feature"]
        left = np.zeros(self.n_codes[column], dtype=bool)
        if node["decision_type"] == "==":
            left[_categories(node)] = True
            return left
        left[: self._places[column][float(node["threshold"])] + 1] = True
        left[-1] = node["default_left"] if node["missing_type"] == "NaN" else left[self._of_zero[column]]
        return left


def nodes_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the splits at and below a node."""
    if "split_feature" in node:
        yield node
        yield from nodes_of(node["left_child"])
        yield from nodes_of(node["right_child"])


def _categories(node: dict[str, Any]) -> list[int]:
    return [int(category) for category in str(node["threshold"]).split("||")]
