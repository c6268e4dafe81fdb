"""Splits: how the trees of a LightGBM model tell values apart, as small whole numbers."""

from weakref import WeakKeyDictionary

import lightgbm as lgb
import numpy as np

from leadscore_core.model.trees.tree import MISSING_AS_NAN, MISSING_AS_ZERO, Tree, parse_trees


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
        Parsed, in the booster's order.
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
        self.n_columns = booster.num_feature()
        self.trees: list[Tree] = parse_trees(booster)
        if any((tree.missing == MISSING_AS_ZERO).any() for tree in self.trees):
            raise ValueError("expected a booster that does not treat zero as missing")
        self._thresholds: dict[int, np.ndarray] = {}
        self._of_zero: dict[int, int] = {}
        self.n_codes: dict[int, int] = {}
        columns, thresholds, by_category = (
            np.concatenate([getattr(tree, name) for tree in self.trees] or [np.empty(0)])
            for name in ("column", "threshold", "is_category")
        )
        largest: dict[int, int] = {}
        for tree in self.trees:
            for split in np.flatnonzero(tree.is_category).tolist():
                column = int(tree.column[split])
                largest[column] = max(largest.get(column, 0), int(_categories(tree, split).max()))
        for column in np.unique(columns).astype("int64").tolist():
            own = columns == column
            if by_category[own].any():
                self.n_codes[column] = largest[column] + 2  # what lies beyond agrees with no split
            else:
                self._thresholds[column] = np.unique(thresholds[own])
                self._of_zero[column] = int(np.searchsorted(self._thresholds[column], 0.0, side="left"))
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

    def goes_left(self, tree: Tree, split: int) -> np.ndarray:
        """Return for each code of a split's column whether it goes left."""
        column = int(tree.column[split])
        left = np.zeros(self.n_codes[column], dtype=bool)
        if tree.is_category[split]:
            left[_categories(tree, split)] = True
            return left
        left[: self._thresholds[column].searchsorted(tree.threshold[split]) + 1] = True
        is_own_way = tree.missing[split] == MISSING_AS_NAN
        left[-1] = tree.default_left[split] if is_own_way else left[self._of_zero[column]]
        return left


_SPLITS: WeakKeyDictionary[lgb.Booster, Splits] = WeakKeyDictionary()


def splits_of(booster: lgb.Booster) -> Splits:
    """Return the splits of a booster, which is parsed once for all that walks its trees.

    Raises
    ------
    ValueError
        As of `Splits`.
    """
    if booster not in _SPLITS:
        _SPLITS[booster] = Splits(booster)
    return _SPLITS[booster]


def _categories(tree: Tree, split: int) -> np.ndarray:
    return tree.categories[int(tree.threshold[split])]
