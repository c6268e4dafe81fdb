"""Record walk: all records of a text file, one by one, of which those that may be no leads are judged."""

import csv
from array import array
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from leadscore_core.data.reading.non_leads import NonLead, Row, number_of
from leadscore_core.data.reading.opened_file import LONGEST_LINE, OpenedFile
from leadscore_core.data.reading.row_collector import RowCollector
from leadscore_core.data.row_numbers import RowNumbers
from leadscore_core.errors import UnreadableFileError


def endless(opened: OpenedFile) -> str:
    """Say that a record has no end."""
    return (
        f"{opened.name} has a record of more than {LONGEST_LINE >> 20} MB: probably a quotation mark that is opened "
        "and never closed. Correct it or export the list again."
    )


class RecordWalk:
    """All records of a file, of which those that may be no leads are kept.

    Attributes
    ----------
    n_rows
        Records under the header, empty lines left out.
    ragged
        Positions of those with more or fewer fields than the header.
    """

    def __init__(self, path: Path, opened: OpenedFile, headers: Sequence[str]) -> None:
        self.path, self.opened = path, opened
        self.ragged = array("q")
        self.starts, self.lines = array("q"), array("q")
        self.n_rows = 0
        self.rows = RowCollector(headers)
        after_blank = False
        for line, cells in self._records():
            if not cells:
                after_blank = True
                continue
            position, self.n_rows = self.n_rows, self.n_rows + 1
            if not self.starts or line - position != self.lines[-1] - self.starts[-1]:
                self.starts.append(position)
                self.lines.append(line)
            if len(cells) != len(headers):
                self.ragged.append(position)
            self.rows.add(Row(position, line, tuple(cells), after_blank))
            after_blank = False
        self.rows.close()

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line on which each record begins, and its cells, none for a blank line."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            for _ in range(self.opened.skip_lines):
                file.readline()
            reader = csv.reader(file, delimiter=self.opened.delimiter)
            try:
                next(reader, None)
                line = reader.line_num
                for cells in reader:
                    yield self.opened.skip_lines + line + 1, cells
                    line = reader.line_num
            except csv.Error as error:
                raise UnreadableFileError(endless(self.opened)) from error

    def numbers(self) -> RowNumbers:
        """Return the line of every record."""
        return RowNumbers(np.array(self.starts, dtype="int64"), np.array(self.lines, dtype="int64"))

    def judge(self) -> list[NonLead]:
        """Find the rows that are no leads, blank ones apart."""
        return self.rows.judge(self.n_rows, self._sums)

    def blank_rows(self) -> np.ndarray:
        """Return the positions of blank rows; none where there are no others."""
        return self.rows.blank_rows(self.n_rows)

    def _sums(self, places: Collection[int]) -> dict[int, tuple[float, int]]:
        result = {place: [0.0, 0] for place in places}
        for _, cells in self._records():
            for place, sums in result.items():
                number = number_of(cells[place]) if place < len(cells) else None
                if number is not None:
                    sums[0] += number
                    sums[1] += 1
        return {place: (total, int(count)) for place, (total, count) in result.items()}
