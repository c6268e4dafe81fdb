"""Contributions at speed: exact Tree SHAP of a LightGBM model for many leads at once.

A tree tells leads apart by the ranges and sets of values that its splits name, so leads that fall into the same of them
in every column (a cell) have the same contributions. Each tree is computed once a cell; and a leaf's part in a cell
depends only on which of the leaf's columns the cell agrees with, so that it is read from a table of 2^d rows.

The values are those of path-dependent Tree SHAP (Lundberg et al., 2018), which LightGBM computes lead by lead.
"""

from dataclasses import dataclass
from math import factorial

import lightgbm as lgb
import numpy as np
import pandas as pd

from leadscore_core.model.trees.splits import splits_of
from leadscore_core.model.trees.tree import Tree

_WIDEST_TABLE = 10
_MOST_NUMBERS = 16_000_000  # in all tables, 128 MB


@dataclass
class TreeLeaf:
    """A leaf: its value, and for each column on its path which classes agree and the share of leads that does."""

    value: float
    columns: list[int]
    agrees: list[np.ndarray]
    share: np.ndarray
    table: np.ndarray | None = None


@dataclass
class _Cells:
    """A tree: for each of its columns the class of every code, and its leaves."""

    columns: list[int]
    classes: list[np.ndarray]
    sizes: list[int]
    leaves: list[TreeLeaf]

    @property
    def class_of(self) -> dict[int, np.ndarray]:
        """Column -> the class of every code."""
        return dict(zip(self.columns, self.classes, strict=True))


class TreeTables:
    """The tables of a fitted booster.

    Parameters
    ----------
    booster
        With numeric and categorical splits; missing numbers as LightGBM treats them.

    Raises
    ------
    ValueError
        If the booster treats zero as missing, which these tables do not know.
    """

    def __init__(self, booster: lgb.Booster) -> None:
        self.splits = splits_of(booster)
        self.base_value = 0.0
        self.trees = []
        for tree in self.splits.trees:
            self.base_value += _expected(tree)
            if len(tree.column):
                self.trees.append(self._read(tree))
        _fill_tables([leaf for tree in self.trees for leaf in tree.leaves])

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Return SHAP values in log-odds, one column a feature and the base value last.

        Parameters
        ----------
        matrix
            Features as the booster was trained on, float64, shape (leads, features).
        """
        codes = {column: self.splits.codes(matrix[:, column], column) for column in self.splits.n_codes}
        values = np.zeros((len(matrix), self.splits.n_columns + 1))
        for tree in self.trees:
            parts = [classes.take(codes[column]) for column, classes in zip(tree.columns, tree.classes, strict=True)]
            cell, first = _number_cells(parts, tree.sizes)
            of_cells = _of_cells(tree, [part.take(first) for part in parts])
            for place, column in enumerate(tree.columns):
                values[:, column] += of_cells[place].take(cell)
        values[:, -1] = self.base_value
        return values

    def _read(self, tree: Tree) -> _Cells:
        """Turn splits into classes and leaves."""
        goes_left = [self.splits.goes_left(tree, split) for split in range(len(tree.column))]
        columns = np.unique(tree.column).tolist()
        classes, sizes, firsts = [], [], {}
        for column in columns:
            rules = np.stack([goes_left[split] for split in np.flatnonzero(tree.column == column)])
            _, found = np.unique(np.packbits(rules, axis=0), axis=1, return_inverse=True)
            found = found.ravel().astype("int32")
            classes.append(found)
            sizes.append(int(found.max()) + 1)
            firsts[column] = np.unique(found, return_index=True)[1]
        leaves: list[TreeLeaf] = []

        def walk(node: int, agrees: dict[int, np.ndarray], share: dict[int, float]) -> None:
            if node < 0:
                split_on = sorted(agrees)
                shares = np.array([share[c] for c in split_on])
                leaves.append(TreeLeaf(float(tree.leaf_value[~node]), split_on, [agrees[c] for c in split_on], shares))
                return
            column = int(tree.column[node])
            left = goes_left[node][firsts[column]]
            for child, way in ((int(tree.left[node]), left), (int(tree.right[node]), ~left)):
                ratio = tree.count(child) / tree.count(node)
                walk(
                    child,
                    agrees | {column: agrees.get(column, np.ones(len(left), dtype=bool)) & way},
                    share | {column: share.get(column, 1.0) * ratio},
                )

        walk(tree.root, {}, {})
        return _Cells(columns, classes, sizes, leaves)


def _expected(tree: Tree) -> float:
    """Return the mean value of a tree's leaves, weighted by their training leads."""
    if not len(tree.column):
        return float(tree.leaf_value[0])
    total, stack, result = tree.count(tree.root), [tree.root], 0.0
    while stack:
        node = stack.pop()
        if node >= 0:
            stack += [int(tree.left[node]), int(tree.right[node])]
        else:
            result += tree.count(node) / total * float(tree.leaf_value[~node])
    return result


def _number_cells(parts: list[np.ndarray], sizes: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return each lead's cell, and one lead of each cell."""
    number = np.zeros(len(parts[0]), dtype="int64")
    for part, size in zip(parts, sizes, strict=True):
        number *= size
        number += part
    cell, _ = pd.factorize(number)
    first = np.empty(int(cell.max()) + 1 if len(cell) else 0, dtype="int64")
    first[cell[::-1]] = np.arange(len(cell) - 1, -1, -1)
    return cell, first


def _of_cells(tree: _Cells, parts: list[np.ndarray]) -> np.ndarray:
    """Return the contributions of a tree to each of its columns, for each cell."""
    place_of = {column: place for place, column in enumerate(tree.columns)}
    values = np.zeros((len(tree.columns), len(parts[0])))
    for leaf in tree.leaves:
        mask = np.zeros(len(parts[0]), dtype="int64")
        for bit, (column, agrees) in enumerate(zip(leaf.columns, leaf.agrees, strict=True)):
            mask |= agrees.take(parts[place_of[column]]).astype("int64") << bit
        if leaf.table is not None:
            of_mask = leaf.table.take(mask, axis=1)
        else:
            known, back = np.unique(mask, return_inverse=True)
            of_mask = _shapley(leaf.share[None], np.array([leaf.value]), known)[0].take(back, axis=1)
        for bit, column in enumerate(leaf.columns):
            values[place_of[column]] += of_mask[bit]
    return values


def _fill_tables(leaves: list[TreeLeaf]) -> None:
    """Give each leaf its table, column x which of its columns agree; the widest go without where these get too many."""
    numbers = 0
    for width in range(1, _WIDEST_TABLE + 1):
        same = [leaf for leaf in leaves if len(leaf.columns) == width]
        numbers += len(same) * (width << width)
        if numbers > _MOST_NUMBERS:
            return
        step = max(1, 4_000_000 // (width << width))
        for start in range(0, len(same), step):
            some = same[start : start + step]
            shares = np.stack([leaf.share for leaf in some])
            values = np.array([leaf.value for leaf in some])
            for leaf, table in zip(some, _shapley(shares, values, np.arange(1 << width)), strict=True):
                leaf.table = table


def _shapley(shares: np.ndarray, values: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return Shapley values of the game in which a leaf's columns join.

    A column that has joined counts as 1 if the lead agrees with the leaf's path there, else 0; one that has not counts
    as the share of training leads that took the path.

    Parameters
    ----------
    shares
        (leaves, d); ``values`` is (leaves,).
    masks
        Bit j says whether the lead agrees in column j.

    Returns
    -------
    numpy.ndarray
        (leaves, d, masks).
    """
    width = shares.shape[1]
    joined = ((masks[None, :] >> np.arange(width)[:, None]) & 1).astype("float64")
    weight = np.array([factorial(k) * factorial(width - k - 1) / factorial(width) for k in range(width)])
    predicted = np.empty((len(shares), width, len(masks)))
    for own in range(width):
        sums = np.zeros((width, len(shares), len(masks)))
        sums[0] = 1.0
        for other in (column for column in range(width) if column != own):
            for size in range(width - 1, 0, -1):
                sums[size] = sums[size] * shares[:, other, None] + sums[size - 1] * joined[other]
            sums[0] *= shares[:, other, None]
        predicted[:, own] = (joined[own] - shares[:, own, None]) * np.tensordot(weight, sums, axes=1)
    return predicted * values[:, None, None]
