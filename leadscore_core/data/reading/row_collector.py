"""Row collector: of rows that come one by one, those that may be no leads, and a sample of all."""

from array import array
from collections import deque
from collections.abc import Sequence

import numpy as np

from leadscore_core.data.reading.footer_words import is_footer_text
from leadscore_core.data.reading.group_rows import RowShape, judge_rows
from leadscore_core.data.reading.non_leads import NonLead, Row, Sums
from leadscore_core.data.reading.row_profile import HEAD_ROWS, LAST_ROWS, RowProfile

EVERY = 997  # row of a long list that belongs to the sample
_MOST_ODD = 20_000
_MOST_THIN = 200_000


class RowCollector:
    """Rows of a list in order, of which those that may be no leads are kept; `close` it after the last.

    Plain ones may be left out, but for the first `HEAD_ROWS`, every `EVERY`-th and the last `LAST_ROWS`.

    Attributes
    ----------
    blank
        Positions of the rows that hold nothing.

    Examples
    --------
    >>> rows = RowCollector(["Id", "Name", "Phone"])
    >>> for at in range(20):
    ...     rows.add(Row(at, at + 2, ("Owner: Asha", "", "") if at == 7 else (f"L-{at}", "Ann", f"9876500{at:03d}")))
    >>> rows.close()
    >>> [(found.row.number, found.kind) for found in rows.judge(20, lambda places: {})]
    [(9, 'group')]
    """

    def __init__(self, headers: Sequence[str]) -> None:
        self.headers, self.width = headers, len(headers)
        self.blank = array("q")
        self._sample: list[Sequence[str]] = []
        self._odd: list[Row] = []
        self._thin: list[Row] = []
        self._names = {header.strip().casefold() for header in headers if header.strip()}
        self._shape = RowShape(headers, [])
        self._low = 1
        self._last: deque[Row] = deque(maxlen=LAST_ROWS)
        self._held: list[Row] = []

    def add(self, row: Row) -> None:
        """Take the next row."""
        if len(row.cells) == self.width and (row.position < HEAD_ROWS or row.position % EVERY == 0):
            self._sample.append(row.cells)
        self._last.append(row)
        if row.position < HEAD_ROWS:
            self._held.append(row)
            return
        if self._held:
            self._settle()
        self._sort_out(row)

    def close(self) -> None:
        """Look at what is left."""
        self._settle()

    def judge(self, n_rows: int, sums: Sums) -> list[NonLead]:
        """Find the rows that are no leads, blank ones apart; none where no lead would remain.

        Parameters
        ----------
        n_rows
            Rows under the header.
        sums
            As `find_non_leads` asks for.
        """
        rows_by_position = {row.position: row for row in (*self._odd, *self._last)}
        rows = [rows_by_position[position] for position in sorted(rows_by_position)]
        found = judge_rows(self.headers, rows, self._thin, self._sample, n_rows, sums)
        sure = {one.row.position for one in found if one.sure}.union(self.blank)
        return found if len(sure) < n_rows else []  # what remains is no list then; nothing is known of its leads

    def blank_rows(self, n_rows: int) -> np.ndarray:
        """Return the positions of blank rows; none where there are no others."""
        blank = np.array(self.blank, dtype="int64")
        return blank if len(blank) < n_rows else blank[:0]

    def _settle(self) -> None:
        """Look at the first rows, which say what the others are compared with."""
        self._low = least_telling(self._sample, self.width)
        self._shape = RowShape(self.headers, self._sample)
        for row in self._held:
            self._sort_out(row)
        self._held.clear()

    def _sort_out(self, row: Row) -> None:
        filled = self._shape.thin_row(row.cells)
        if filled == 0:
            self.blank.append(row.position)
        elif filled is not None and len(self._thin) < _MOST_THIN:
            self._thin.append(row)
        if len(self._odd) < _MOST_ODD and self._is_odd(row):
            self._odd.append(row)

    def _is_odd(self, row: Row) -> bool:
        cells = row.cells
        if row.position == 0 or len(cells) != self.width or len(cells) - cells.count("") <= self._low:
            return True
        first = next((cell for cell in cells if cell), "")
        return first.strip().casefold() in self._names or is_footer_text(first) or first.startswith("---")


def least_telling(sample: Sequence[Sequence[str]], width: int) -> int:
    """Return up to how many filled cells make a row of a list odd.

    Examples
    --------
    >>> least_telling([["L-1", "Ann", "Pune", "98"]] * 4, 4)
    2
    """
    return max(1, RowProfile.of(sample, width).least_filled // 2)
