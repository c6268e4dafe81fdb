"""Margins at speed: what LightGBM predicts for many leads at once, to the bit.

For each column a tree's leaves that a value can still reach are a set of bits, and what all columns leave is one leaf
(QuickScorer, Lucchese et al., 2015). Columns with few values are put together first, so that a tree costs a lead a few
look-ups; leaves are added up in the order of the trees, as LightGBM adds them.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import lightgbm as lgb
import numpy as np
import pandas as pd

from leadscore_core.model.category_codes import EncodedColumn
from leadscore_core.model.trees.splits import splits_of
from leadscore_core.model.trees.tree import Tree

MOST_LEAVES = 64
_BLOCK = 1 << 16
_MOST_TOGETHER = 1 << 11
_DE_BRUIJN = {32: (0x077CB531, 27), 64: (0x03F79D71B4CB0A89, 58)}  # a lone bit times this has its place on top


class _Sets(NamedTuple):
    """A tree: for each of its columns the leaves that each code can reach, and each leaf's value by its lone bit."""

    reach: dict[int, np.ndarray]
    values: np.ndarray


class _Group(NamedTuple):
    """Columns put together: which of the distinct combinations each lead has, and their codes in each column."""

    of_lead: np.ndarray
    codes: dict[int, np.ndarray]


class LeafSets:
    """The leaves of a fitted booster, as sets of bits.

    Parameters
    ----------
    booster
        With at most 64 leaves a tree.

    Raises
    ------
    ValueError
        If a tree has more leaves, or the booster treats zero as missing.
    """

    def __init__(self, booster: lgb.Booster) -> None:
        self.splits = splits_of(booster)
        leaves = max((len(tree.leaf_value) for tree in self.splits.trees), default=0)
        if leaves > MOST_LEAVES:
            raise ValueError(f"expected at most {MOST_LEAVES} leaves a tree, got {leaves}")
        self._bits = 32 if leaves <= 32 else 64
        self._type = np.dtype(f"uint{self._bits}").type
        self._sets = [self._read(tree) for tree in self.splits.trees]

    def margins(self, columns: Sequence[EncodedColumn]) -> np.ndarray:
        """Return the raw margin of each lead in log-odds, equal to ``Booster.predict(raw_score=True)`` to the bit.

        Parameters
        ----------
        columns
            Features as the booster was trained on, in its order.
        """
        groups = _put_together(self._by_places(columns))
        first, alike = _distinct(groups, columns[0].n_leads)
        groups = [group._replace(of_lead=group.of_lead.take(first)) for group in groups]
        steps = [(self._of_groups(sets, groups), sets.values) for sets in self._sets]
        total = np.zeros(len(first))
        factor, shift = map(self._type, _DE_BRUIJN[self._bits])
        for start in range(0, len(first), _BLOCK):
            part = total[start : start + _BLOCK]
            where = [group.of_lead[start : start + _BLOCK] for group in groups]
            left, more = np.empty((2, len(part)), dtype=self._type)
            value = np.empty(len(part))
            for reach, values in steps:
                if not reach:
                    part += values[0]
                    continue
                (place, table), *others = reach
                table.take(where[place], out=left, mode="clip")
                for place, table in others:
                    table.take(where[place], out=more, mode="clip")
                    np.bitwise_and(left, more, out=left)
                np.multiply(left, factor, out=left)
                np.right_shift(left, shift, out=left)
                values.take(left, out=value, mode="clip")
                part += value
        return total.take(alike)

    def _by_places(self, columns: Sequence[EncodedColumn]) -> list[_Group]:
        """Return a group for each column, or for columns that share their places."""
        shared: dict[int, tuple[np.ndarray, list[int]]] = {}
        groups = []
        for column in self.splits.n_codes:
            places = columns[column].places
            if places is None:
                groups.append(_observed({column: self.splits.codes(columns[column].values, column)}))
            else:
                shared.setdefault(id(places), (places, []))[1].append(column)
        for places, together in shared.values():
            codes = {column: self.splits.codes(columns[column].values, column) for column in together}
            first, alike = _distinct(
                [_observed({column: own}) for column, own in codes.items()], len(codes[together[0]])
            )
            of_lead = alike.take(places)
            groups.append(_Group(of_lead, {column: own.take(first) for column, own in codes.items()}))
        return groups

    def _of_groups(self, sets: _Sets, groups: Sequence[_Group]) -> list[tuple[int, np.ndarray]]:
        """Return the groups that matter to a tree, and the leaves that each of their combinations can reach."""
        rows = []
        for place, group in enumerate(groups):
            tables = [sets.reach[column].take(codes) for column, codes in group.codes.items() if column in sets.reach]
            if tables:
                rows.append((place, np.bitwise_and.reduce(tables)))
        return rows

    def _read(self, tree: Tree) -> _Sets:
        reach: dict[int, np.ndarray] = {}
        everything = (1 << self._bits) - 1

        def walk(node: int) -> int:
            """Return the leaves below a node, after taking from each code those on its other side."""
            if node < 0:
                return 1 << ~node
            below_left, below_right = walk(int(tree.left[node])), walk(int(tree.right[node]))
            column = int(tree.column[node])
            sides = np.array([everything ^ below_left, everything ^ below_right], dtype=self._type)
            goes = sides.take(self.splits.goes_left(tree, node))
            reach[column] = reach[column] & goes if column in reach else goes
            return below_left | below_right

        walk(tree.root)
        if not reach:
            return _Sets({}, tree.leaf_value)
        first = next(iter(reach))
        reach[first] &= self._type((1 << len(tree.leaf_value)) - 1)
        factor, shift = _DE_BRUIJN[self._bits]
        values = np.zeros(self._bits)
        for leaf, value in enumerate(tree.leaf_value.tolist()):
            values[(((1 << leaf) * factor) % (1 << self._bits)) >> shift] = value
        return _Sets(reach, values)


def _put_together(singles: Sequence[_Group]) -> list[_Group]:
    """Join groups, those with the fewest values first, while their combinations stay few."""
    singles = sorted(singles, key=lambda group: len(next(iter(group.codes.values()))))
    groups: list[_Group] = []
    for single in singles:
        last = groups[-1] if groups else None
        joined = _join(last, single) if last is not None else None
        if joined is not None:
            groups[-1] = joined
        else:
            groups.append(single)
    return groups


def _distinct(groups: Sequence[_Group], n_leads: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first of the leads that no split tells apart, and for each lead its place among these."""
    sizes = [len(next(iter(group.codes.values()))) for group in groups]
    if math.prod(sizes) > np.iinfo("int64").max:
        return np.arange(n_leads), np.arange(n_leads)
    together = np.zeros(n_leads, dtype="int64")
    for group, size in zip(groups, sizes, strict=True):
        together = together * size + group.of_lead
    alike, distinct = pd.factorize(together)
    first = np.empty(len(distinct), dtype="int64")
    first[alike[::-1]] = np.arange(n_leads)[::-1]
    return first, alike


def _observed(codes: dict[int, np.ndarray]) -> _Group:
    """Renumber one column's codes without gaps."""
    ((column, own),) = codes.items()
    there = np.zeros(int(own.max()) + 1 if len(own) else 0, dtype=bool)
    there[own] = True
    values = np.flatnonzero(there)
    number = np.cumsum(there, dtype="int64") - 1
    return _Group(number.take(own), {column: values})


def _join(one: _Group, other: _Group) -> _Group | None:
    """Put two groups together, or return None where that makes too many combinations."""
    size_one, size_other = (len(next(iter(group.codes.values()))) for group in (one, other))
    if size_one * size_other > 64 * _MOST_TOGETHER:
        return None
    number = one.of_lead * size_other + other.of_lead
    there = np.zeros(size_one * size_other, dtype=bool)
    there[number] = True
    found = np.flatnonzero(there)
    if len(found) > _MOST_TOGETHER:
        return None
    of_one, of_other = np.divmod(found, size_other)
    codes = {column: own.take(of_one) for column, own in one.codes.items()}
    codes |= {column: own.take(of_other) for column, own in other.codes.items()}
    return _Group((np.cumsum(there, dtype="int64") - 1).take(number), codes)
