"""Row numbers: where a lead stands in its file, as a spreadsheet or an editor shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

FIRST_ROW = 2


@dataclass(frozen=True, eq=False)
class RowNumbers:
    """From the position of a lead to its row in the file; a stretch without gaps is kept as its first lead alone.

    Attributes
    ----------
    starts
        Positions of the leads that begin a stretch, in order.
    rows
        Their rows.

    Examples
    --------
    >>> numbers = RowNumbers(np.array([0, 3]), np.array([5, 10]))
    >>> [numbers.row_of(position) for position in range(5)], numbers.is_plain
    ([5, 6, 7, 10, 11], False)
    """

    starts: np.ndarray = field(default_factory=lambda: np.array([0]))
    rows: np.ndarray = field(default_factory=lambda: np.array([FIRST_ROW]))

    @property
    def is_plain(self) -> bool:
        """Whether the header is row 1 and every row under it is a lead."""
        return len(self.starts) == 1 and int(self.rows[0]) == FIRST_ROW

    def row_of(self, position: int) -> int:
        """Return the row of the lead at a position, the first being 0."""
        return int(self.rows_of(np.array([position]))[0])

    def rows_of(self, positions: np.ndarray) -> np.ndarray:
        """Return the rows of the leads at these positions."""
        at = np.maximum(0, np.searchsorted(self.starts, positions, side="right") - 1)
        found: np.ndarray = self.rows[at] + positions - self.starts[at]
        return found

    def without(self, dropped: Sequence[int]) -> RowNumbers:
        """Return the numbers of what is left when the rows at these positions, in order, are no leads.

        Examples
        --------
        >>> left = RowNumbers().without([1, 2])
        >>> [left.row_of(position) for position in range(3)]
        [2, 5, 6]
        """
        if not len(dropped):
            return self
        gone = np.asarray(dropped, dtype="int64")
        begin = np.union1d(self.starts, gone + 1)
        begin = begin[~np.isin(begin, gone)]
        at = np.maximum(0, np.searchsorted(self.starts, begin, side="right") - 1)
        rows = self.rows[at] + begin - self.starts[at]
        return RowNumbers(begin - np.searchsorted(gone, begin), rows).joined()

    def joined(self) -> RowNumbers:
        """Return the same with no more stretches than there are."""
        offset = self.rows - self.starts
        new = np.concatenate([[True], offset[1:] != offset[:-1]])
        return RowNumbers(self.starts[new], self.rows[new])


def last_left(dropped: np.ndarray, n_rows: int) -> int:
    """Return the position of the last row that is not dropped; -1 for none.

    Examples
    --------
    >>> last_left(np.array([2, 4, 5]), 6), last_left(np.array([0]), 1)
    (3, -1)
    """
    end = n_rows - 1
    at = len(dropped) - 1
    while at >= 0 and dropped[at] == end:
        end, at = end - 1, at - 1
    return end
