"""Record walk: all records of a text file, one by one, of which those that may be no leads are judged."""

import csv
from array import array
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from leadscore_core.data.reading.footer_words import is_footer_text
from leadscore_core.data.reading.group_rows import RowShape, judge_rows
from leadscore_core.data.reading.non_leads import NonLead, Row, number_of
from leadscore_core.data.reading.opened_file import LONGEST_LINE, Source
from leadscore_core.data.reading.row_profile import HEAD_ROWS, LAST_ROWS, RowProfile
from leadscore_core.data.row_numbers import RowNumbers
from leadscore_core.errors import UnreadableFileError

_EVERY = 997
_MOST_ODD = 20_000
_MOST_THIN = 200_000


def endless(source: Source) -> str:
    """Say that a record has no end."""
    return (
        f"{source.name} has a record of more than {LONGEST_LINE >> 20} MB: probably a quotation mark that is opened "
        "and never closed. Correct it or export the list again."
    )


class RecordWalk:
    """All records of a file, of which those that may be no leads are kept.

    Attributes
    ----------
    n_rows
        Records under the header, empty lines left out.
    ragged, blank
        Positions of those with more or fewer fields than the header, and of those that hold nothing.
    """

    def __init__(self, path: Path, source: Source, headers: Sequence[str]) -> None:
        self.path, self.source, self.headers, self.width = path, source, headers, len(headers)
        self.ragged, self.blank = array("q"), array("q")
        self.starts, self.lines = array("q"), array("q")
        self.n_rows = 0
        self.sample: list[list[str]] = []
        self.odd: list[Row] = []
        self.thin: list[Row] = []
        self.names = {header.strip().casefold() for header in headers if header.strip()}
        self.shape = RowShape(headers, [])
        self.low = 1
        last: deque[Row] = deque(maxlen=LAST_ROWS)
        held: list[Row] = []
        after_blank = False
        for line, cells in self._records():
            if not cells:
                after_blank = True
                continue
            position, self.n_rows = self.n_rows, self.n_rows + 1
            if not self.starts or line - position != self.lines[-1] - self.starts[-1]:
                self.starts.append(position)
                self.lines.append(line)
            if len(cells) != self.width:
                self.ragged.append(position)
            elif position < HEAD_ROWS or position % _EVERY == 0:
                self.sample.append(cells)
            row = Row(position, line, tuple(cells), after_blank)
            after_blank = False
            last.append(row)
            if position < HEAD_ROWS:
                held.append(row)
                continue
            if held:
                self._settle(held)
            self._sort_out(row)
        self._settle(held)
        self.profile = RowProfile.of(self.sample, self.width)
        kept = {row.position: row for row in (*self.odd, *last)}
        self.rows = [kept[position] for position in sorted(kept)]

    def _settle(self, held: list[Row]) -> None:
        """Look at the first rows, which say what the others are compared with."""
        self.low = max(1, RowProfile.of(self.sample, self.width).least_filled // 2)
        self.shape = RowShape(self.headers, self.sample)
        for row in held:
            self._sort_out(row)
        held.clear()

    def _sort_out(self, row: Row) -> None:
        filled = self.shape.thin_row(row.cells)
        if filled == 0:
            self.blank.append(row.position)
        elif filled is not None and len(self.thin) < _MOST_THIN:
            self.thin.append(row)
        if len(self.odd) < _MOST_ODD and self._is_odd(row):
            self.odd.append(row)

    def _is_odd(self, row: Row) -> bool:
        cells = row.cells
        if row.position == 0 or len(cells) != self.width or len(cells) - cells.count("") <= self.low:
            return True
        first = next((cell for cell in cells if cell), "")
        return first.strip().casefold() in self.names or is_footer_text(first) or first.startswith("---")

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line on which each record begins, and its cells, none for a blank line."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            for _ in range(self.source.skip_lines):
                file.readline()
            reader = csv.reader(file, delimiter=self.source.delimiter)
            try:
                next(reader, None)
                line = reader.line_num
                for cells in reader:
                    yield self.source.skip_lines + line + 1, cells
                    line = reader.line_num
            except csv.Error as error:
                raise UnreadableFileError(endless(self.source)) from error

    def numbers(self) -> RowNumbers:
        """Return the line of every record."""
        return RowNumbers(np.array(self.starts, dtype="int64"), np.array(self.lines, dtype="int64"))

    def judge(self) -> list[NonLead]:
        """Find the rows that are no leads, blank ones apart."""
        found = judge_rows(self.headers, self.rows, self.thin, self.sample, self.n_rows, self._sums)
        sure = {one.row.position for one in found if one.sure}.union(self.blank)
        return found if len(sure) < self.n_rows else []  # what remains is no list then; nothing is known of its leads

    def blank_rows(self) -> np.ndarray:
        """Return the positions of blank rows; none where there are no others."""
        blank = np.array(self.blank, dtype="int64")
        return blank if len(blank) < self.n_rows else blank[:0]

    def _sums(self, places: Collection[int]) -> dict[int, tuple[float, int]]:
        told = {place: [0.0, 0] for place in places}
        for _, cells in self._records():
            for place, sums in told.items():
                number = number_of(cells[place]) if place < len(cells) else None
                if number is not None:
                    sums[0] += number
                    sums[1] += 1
        return {place: (total, int(count)) for place, (total, count) in told.items()}
