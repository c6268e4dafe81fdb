"""Contributions of few leads at speed: exact Tree SHAP of a LightGBM model for a page of leads.

`TreeTables` goes tree by tree, which is worth it for many leads. Here all leaves of all trees are looked up at once:
with which of its columns a leaf agrees is a number of bits, and its part is read from its table by that number.
"""

from collections.abc import Iterator

import numpy as np

from leadscore_core.model.trees.fast_shap import TreeLeaf, TreeTables

_MOST_BYTES = 64 * 1024**2
_AT_ONCE = 64


class LeafTables:
    """The leaves of a fitted booster, side by side.

    Parameters
    ----------
    tables
        Of the booster; their numbers are used here, not computed again.

    Raises
    ------
    ValueError
        If a path names more columns than a table is made for, or the tables take more than 64 MiB.
    """

    def __init__(self, tables: TreeTables) -> None:
        self._tables = tables
        leaves = [(tree.class_of, leaf) for tree in tables.trees for leaf in tree.leaves]
        leaves.sort(key=lambda one: len(one[1].columns))
        widths = np.array([len(leaf.columns) for _, leaf in leaves], dtype="int64")
        if any(leaf.table is None for _, leaf in leaves):
            raise ValueError("expected paths that name few columns")
        bits = np.dtype("uint8" if not len(widths) or widths.max() <= 8 else "uint16")
        n_codes = tables.splits.n_codes
        if sum(n_codes.values()) * len(leaves) * bits.itemsize > _MOST_BYTES:
            raise ValueError("expected fewer values that the splits tell apart")
        self._agrees = {column: np.zeros((n, len(leaves)), dtype=bits) for column, n in n_codes.items()}
        for place, (class_of, leaf) in enumerate(leaves):
            for bit, (column, agrees) in enumerate(zip(leaf.columns, leaf.agrees, strict=True)):
                self._agrees[column][:, place] = agrees.take(class_of[column]).astype(bits) << bit
        self._blocks = [
            _Block(slice(int(first), int(last)), [leaf for _, leaf in leaves[first:last]])
            for first, last in _equal_runs(widths)
        ]

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Return what `TreeTables.contributions` does, to the rounding of a sum."""
        parts = [self._of_some(matrix[first : first + _AT_ONCE]) for first in range(0, len(matrix), _AT_ONCE)]
        return np.concatenate(parts) if parts else np.empty((0, self._tables.splits.n_columns + 1))

    def _of_some(self, matrix: np.ndarray) -> np.ndarray:
        splits = self._tables.splits
        n_values = splits.n_columns + 1
        values = np.zeros(len(matrix) * n_values)
        masks: np.ndarray | None = None
        for column, agrees in self._agrees.items():
            own = agrees.take(splits.codes(matrix[:, column], column), axis=0)
            masks = own if masks is None else np.bitwise_or(masks, own, out=masks)
        if masks is not None:
            firsts = n_values * np.arange(len(matrix))[:, None]
            for block in self._blocks:
                found = block.table.take(masks[:, block.leaves] + block.first, axis=0)
                values += np.bincount((firsts + block.columns).ravel(), found.ravel(), len(values))
        result = values.reshape(len(matrix), n_values)
        result[:, -1] = self._tables.base_value
        return result


class _Block:
    """The leaves whose paths name equally many columns: all their tables in one, a row for each number of bits."""

    def __init__(self, leaves: slice, own: list[TreeLeaf]) -> None:
        self.leaves = leaves
        self.table = np.concatenate([leaf.table.T for leaf in own if leaf.table is not None])
        self.first = np.arange(len(own)) * (len(self.table) // len(own))
        self.columns = np.concatenate([leaf.columns for leaf in own])


def _equal_runs(widths: np.ndarray) -> Iterator[tuple[int, int]]:
    """Return where each run of equal numbers begins and ends."""
    edges = [0, *(np.flatnonzero(np.diff(widths)) + 1).tolist(), len(widths)]
    return ((first, last) for first, last in zip(edges[:-1], edges[1:], strict=True) if last > first)
