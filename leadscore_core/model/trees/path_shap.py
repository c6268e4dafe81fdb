"""Contributions of a forest: exact path-dependent Tree SHAP of scikit-learn's trees.

A leaf's contribution is a game in which each column on its path counts as 1 or 0 once it has joined, as the lead
agrees with the path there or not, and as the share of training leads that took the path before (Lundberg et al.,
2018). Its Shapley values are integrals of polynomials, which Gauss and Legendre's rule gives exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leadscore_core.model.trees.forest import Forest, go_left

_CELLS_AT_ONCE = 3_000_000
_LEAST_SHARE = 1e-12
_Path = dict[int, tuple[list[tuple[int, bool]], float]]  # column -> its splits with the side taken, and the share there


@dataclass(frozen=True, eq=False)
class _Leaves:
    """Leaves with as many columns on their path: which pairs of leaf and column are theirs, and their values."""

    pairs: np.ndarray
    value: np.ndarray


class PathShap:
    """The paths of a forest.

    Parameters
    ----------
    forest
        As from `read_forest`.

    Attributes
    ----------
    base_value : float
        Mean of the forest over its training leads.
    """

    def __init__(self, forest: Forest) -> None:
        self.forest = forest
        self.base_value = forest.start
        nodes: list[int] = []
        sides: list[bool] = []
        begins: list[int] = []
        columns: list[int] = []
        shares: list[float] = []
        by_width: dict[int, list[tuple[int, float]]] = {}
        for leaf, path, reached in _walk(forest):
            self.base_value += reached * float(forest.value[leaf])
            if not path:
                continue
            by_width.setdefault(len(path), []).append((len(columns), float(forest.value[leaf])))
            for column, (steps, share) in path.items():
                begins.append(len(nodes))
                columns.append(column)
                shares.append(max(share, _LEAST_SHARE))
                nodes += [node for node, _ in steps]
                sides += [side for _, side in steps]
        self._nodes, self._sides = np.array(nodes, dtype="int64"), np.array(sides, dtype=bool)
        self._begins, self._shares = np.array(begins, dtype="int64"), np.array(shares)
        self._leaves = [
            _Leaves(np.array([first for first, _ in own])[:, None] + np.arange(width), np.array([v for _, v in own]))
            for width, own in sorted(by_width.items())
        ]
        self._by_column = np.argsort(np.array(columns, dtype="int64"), kind="stable")
        self._columns, self._firsts = np.unique(np.array(columns, dtype="int64")[self._by_column], return_index=True)

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Return SHAP values in the forest's own unit, one column a feature and the base value last.

        Parameters
        ----------
        matrix
            Features as the forest was trained on, float64, shape (leads, features).
        """
        values = np.zeros((len(matrix), matrix.shape[1] + 1))
        values[:, -1] = self.base_value
        if len(self._nodes):
            step = max(1, _CELLS_AT_ONCE // len(self._nodes))
            for first in range(0, len(matrix), step):
                rows = slice(first, first + step)
                values[rows, self._columns] = self._contributions(matrix[rows])
        return values

    def _contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Return the sums over all leaves, one column for each that splits, shape (leads, columns)."""
        agrees = go_left(self.forest, matrix)[:, self._nodes] == self._sides
        joined = np.logical_and.reduceat(agrees, self._begins, axis=1)
        of_pairs = np.empty(joined.shape)
        for leaves in self._leaves:
            own = joined[:, leaves.pairs]
            of_pairs[:, leaves.pairs] = _shapley(own, self._shares[leaves.pairs], leaves.value)
        return np.add.reduceat(of_pairs[:, self._by_column], self._firsts, axis=1)


def _shapley(joined: np.ndarray, shares: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return Shapley values of leaves, shape (leads, leaves, columns of a path).

    Parameters
    ----------
    joined
        Whether a lead agrees with a leaf's path in a column, shape (leads, leaves, columns).
    shares
        Of the training leads that did, shape (leaves, columns).
    """
    width = shares.shape[1]
    places, weights = np.polynomial.legendre.leggauss((width + 1) // 2)
    total = np.zeros(joined.shape)
    for place, weight in zip((places + 1) / 2, weights / 2, strict=True):
        terms = np.where(joined, shares + place * (1 - shares), shares * (1 - place))
        total += weight * terms.prod(axis=-1, keepdims=True) / terms
    return value[:, None] * (joined - shares) * total


def _walk(forest: Forest) -> Iterator[tuple[int, _Path, float]]:
    """Give each leaf with its path and the share of training leads that reached it."""
    for root in forest.roots.tolist():
        stack: list[tuple[int, _Path, float]] = [(root, {}, 1.0)]
        while stack:
            node, path, reached = stack.pop()
            if forest.left[node] < 0:
                yield node, path, reached
                continue
            column = int(forest.column[node])
            steps, share = path.get(column, ([], 1.0))
            for child, side in ((int(forest.left[node]), True), (int(forest.right[node]), False)):
                ratio = float(forest.count[child] / forest.count[node])
                stack.append((child, path | {column: ([*steps, (node, side)], share * ratio)}, reached * ratio))
