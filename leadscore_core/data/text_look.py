"""A look through a text file before it is read: broken quotes, lines of other lengths, rows that are no leads."""

from __future__ import annotations

import csv
import re
from array import array
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from leadscore_core.data.file_notes import FileNotes
from leadscore_core.data.footer_words import is_footer_text
from leadscore_core.data.non_leads import NonLead, Row, find_non_leads, number_of
from leadscore_core.data.parts import INDEX_HEADERS
from leadscore_core.data.quotes import Edit, copy_edited, find_broken_quotes
from leadscore_core.data.row_numbers import RowNumbers
from leadscore_core.data.row_profile import RowProfile
from leadscore_core.data.source import LONGEST_LINE, Source, once_a_file
from leadscore_core.data.text import text_ends
from leadscore_core.errors import UnreadableFileError

_BLOCK = 4 << 20
_TAIL_BYTES = 64 << 10
_LAST_ROWS = 300
_HEAD_ROWS = 300
_EVERY = 997
_MOST_ODD = 20_000
_MID_FILE = (
    r"[\W_]*(?:grand |sub-? ?|overall )?(?:total|summe?\b|zwischensumme|gesamt|subtotal|suma|итог|合计|小计|合計|小計)"
)
_BEGINS_ODD = np.array([not chr(byte).isalnum() or byte >= 128 or chr(byte) in "gsotzGSOTZ" for byte in range(256)])


@dataclass(frozen=True, eq=False)
class TextLook:
    """What is settled of a text file before it is read.

    Attributes
    ----------
    edits
        What makes its quotation marks balance.
    is_ragged
        Whether a lead has more or fewer fields than the header.
    skips_ragged
        Whether lines of other lengths are there and none of them is a lead.
    dropped
        Positions of the rows that are no leads, among those that are read.
    notes
        For people.
    """

    notes: FileNotes
    edits: tuple[Edit, ...] = ()
    is_ragged: bool = False
    skips_ragged: bool = False
    dropped: np.ndarray = field(default_factory=lambda: np.empty(0, dtype="int64"))


@dataclass
class _Count:
    """What a quick look counts."""

    records: int = 0
    ragged: int = 0
    is_odd: bool = False


def csv_options(
    source: Source, headers: Sequence[str], columns: Sequence[str], on_ragged: Any = None
) -> dict[str, Any]:
    """Return how Arrow reads a file as text."""
    return {
        "read_options": pacsv.ReadOptions(
            column_names=list(headers),
            skip_rows=source.skip_lines,
            skip_rows_after_names=1,
            block_size=LONGEST_LINE,  # Arrow reads a dozen of them ahead
        ),
        "parse_options": pacsv.ParseOptions(
            delimiter=source.delimiter, newlines_in_values=True, invalid_row_handler=on_ragged
        ),
        "convert_options": pacsv.ConvertOptions(
            include_columns=list(columns),
            column_types=dict.fromkeys(headers, pa.string()),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    }


def look_through(source: Source, headers: Sequence[str]) -> TextLook:
    """Look through a text file, once for as long as it stays as it is."""
    try:
        return _look_through(source.origin, source, tuple(headers))
    except csv.Error as error:
        raise UnreadableFileError(endless(source)) from error


def mended_path(source: Source, look: TextLook) -> Path:
    """Return the file to read: the source's own, or a copy with its quotation marks mended."""
    if not look.edits:
        return source.path
    mended = source.scratch / "mended.csv"
    if not mended.exists():
        copy_edited(source.path, look.edits, mended)
    return mended


@once_a_file
def _look_through(origin: Path, source: Source, headers: tuple[str, ...]) -> TextLook:
    lines, marks = _count_lines(source.path)
    header_lines = _header_lines(source)
    counted = _quick_look(source, source.path, headers)
    is_whole = counted is not None and lines == source.skip_lines + header_lines + counted.records + counted.ragged
    edits: tuple[Edit, ...] = ()
    broken: tuple[int, ...] = ()
    if marks and (not is_whole or counted is None or counted.ragged):
        repair = find_broken_quotes(source.path, source.skip_lines, source.delimiter, len(headers))
        edits, broken = repair.edits, repair.lines
        if edits:
            counted = _quick_look(source, mended_path(source, TextLook(FileNotes(""), edits)), headers)
    if counted is None and source.path.stat().st_size > LONGEST_LINE:
        raise UnreadableFileError(endless(source))
    if is_whole and counted is not None and not (counted.ragged or counted.is_odd or edits):
        numbers = RowNumbers(np.array([0]), np.array([source.skip_lines + header_lines + 1]))
        return TextLook(FileNotes(source.name, numbers, titles=source.titles, remarks=source.remarks))
    walk = _Walk(mended_path(source, TextLook(FileNotes(""), edits)), source, headers)
    found = walk.judge()
    dropped = np.array([one.row.position for one in found if one.sure], dtype="int64")
    notes = FileNotes(
        source.name, walk.numbers().without(dropped.tolist()), tuple(found), broken, source.titles, source.remarks
    )
    ragged = np.array(walk.ragged, dtype="int64")
    if counted is not None and np.isin(ragged, dropped).all():
        among = dropped[~np.isin(dropped, ragged)]
        return TextLook(notes, edits, False, len(ragged) > 0, among - np.searchsorted(ragged, among))
    return TextLook(notes, edits, True, False, dropped)


def endless(source: Source) -> str:
    """Say that a record has no end."""
    return (
        f"{source.name} has a record of more than {LONGEST_LINE >> 20} MB: probably a quotation mark that is opened "
        "and never closed. Correct it or export the list again."
    )


def _count_lines(path: Path) -> tuple[int, bool]:
    """Return the lines of a file up to the last that holds anything, and whether a quotation mark is in it."""
    lines = trailing = 0
    marks = False
    last = 10
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            own = block.count(b"\n")
            returns = block.count(b"\r") if b"\r" in block else 0
            if returns and returns != own:  # line ends of an old Mac count too
                own += returns - block.count(b"\r\n") - (last == 13 and block[:1] == b"\n")
            marks = marks or b'"' in block
            bare = block.rstrip(b"\r\n")
            ends = block[len(bare) :]
            at_end = ends.count(b"\n") or ends.count(b"\r")
            trailing = at_end if bare else trailing + at_end
            lines += own
            last = block[-1]
    is_open = last not in (10, 13)
    return lines + is_open - max(0, trailing - 1), marks


def _header_lines(source: Source) -> int:
    with source.path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(source.skip_lines):
            file.readline()
        reader = csv.reader(file, delimiter=source.delimiter)
        next(reader, None)
        return reader.line_num


def _quick_look(source: Source, path: Path, headers: Sequence[str]) -> _Count | None:
    """Count records and see whether anything is odd; None where the records have no end that can be found."""
    count = _Count()

    def pass_over(_: pacsv.InvalidRow) -> str:
        count.ragged += 1
        return "skip"

    key = next((h for h in headers if h.strip().lower() not in INDEX_HEADERS), headers[0])
    first = re.escape(key.strip().lower())
    pattern = rf"^(?i:\s*{first}\s*$|{_MID_FILE}|[-=_*+.]{{3,}}$)" if key.strip() else rf"^(?i:{_MID_FILE})"
    try:
        with pacsv.open_csv(path, **csv_options(source, headers, [key], pass_over)) as reader:
            for batch in reader:
                count.records += batch.num_rows
                if not count.is_odd:
                    cells = _perhaps_odd(batch.column(0), key.strip())
                    count.is_odd = len(cells) > 0 and bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())
    except pa.ArrowInvalid:
        return None
    count.is_odd = count.is_odd or _ends_are_odd(source, path, len(headers))
    return count


def _perhaps_odd(cells: pa.Array, header: str) -> pa.Array:
    """Return the cells that may be the header again or a total, by their first bytes: most need no further look."""
    offsets = text_ends(cells)
    filled = np.flatnonzero(offsets[1:] > offsets[:-1])
    if not len(filled):
        return cells.slice(0, 0)
    signs = np.frombuffer(cells.buffers()[2], dtype="uint8")
    starts = offsets[filled]
    first, second = signs[starts], signs[np.minimum(starts + 1, len(signs) - 1)]
    is_header = _either_case(header[:1])[first]
    if len(header) > 1:
        is_header &= _either_case(header[1])[second]
    return cells.take(pa.array(filled[_BEGINS_ODD[first] | is_header]))


def _either_case(sign: str) -> np.ndarray:
    begins = np.zeros(256, dtype=bool)
    begins[[*sign.lower().encode()[:1], *sign.upper().encode()[:1]]] = True
    return begins


def _ends_are_odd(source: Source, path: Path, width: int) -> bool:
    """Tell whether the first row or the last ones may be no leads."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(source.skip_lines):
            file.readline()
        first = [row for row in islice(csv.reader(file, delimiter=source.delimiter), _HEAD_ROWS) if row][1:]
    profile = RowProfile.of(first[1:] or first, width)
    if first and profile.masks and not profile.fitting(first[0]):
        return True
    with path.open("rb") as raw:
        size = raw.seek(0, 2)
        raw.seek(max(0, size - _TAIL_BYTES))
        tail = raw.read().decode("utf-8", "replace").splitlines()
    low = max(1, profile.least_filled // 2)
    for row in csv.reader(tail[1 if size > _TAIL_BYTES else 0 :][-_LAST_ROWS:], delimiter=source.delimiter):
        filled = [cell for cell in row if cell.strip()]
        if filled and (len(filled) <= low or len(row) != width or is_footer_text(filled[0])):
            return True
        if not filled and row:
            return True
    return False


class _Walk:
    """All records of a file, one by one, of which the odd ones are kept."""

    def __init__(self, path: Path, source: Source, headers: Sequence[str]) -> None:
        self.path, self.source, self.headers, self.width = path, source, headers, len(headers)
        self.ragged: array[int] = array("q")
        self.starts, self.lines = array("q"), array("q")
        self.n_rows = 0
        sample: list[list[str]] = []
        odd: list[Row] = []
        last: deque[Row] = deque(maxlen=_LAST_ROWS)
        profile: RowProfile | None = None
        held: list[Row] = []
        names = {header.strip().casefold() for header in headers if header.strip()}
        blank = False
        for line, cells in self._records():
            if not cells:
                blank = True
                continue
            position, self.n_rows = self.n_rows, self.n_rows + 1
            if not self.starts or line - position != self.lines[-1] - self.starts[-1]:
                self.starts.append(position)
                self.lines.append(line)
            if len(cells) != self.width:
                self.ragged.append(position)
            elif position < _HEAD_ROWS or position % _EVERY == 0:
                sample.append(cells)
            row = Row(position, line, tuple(cells), blank)
            blank = False
            last.append(row)
            if position < _HEAD_ROWS:
                held.append(row)
                continue
            if profile is None:
                profile = RowProfile.of(sample, self.width)
                low = max(1, profile.least_filled // 2)
                odd += [one for one in held if self._is_odd(one, low, names)]
                held.clear()
            if len(odd) < _MOST_ODD and self._is_odd(row, low, names):
                odd.append(row)
        self.profile = RowProfile.of(sample, self.width)
        low = max(1, self.profile.least_filled // 2)
        odd += [one for one in held if one.position == 0 or self._is_odd(one, low, names)]
        kept = {row.position: row for row in (*odd, *last)}
        self.rows = [kept[position] for position in sorted(kept)]

    def _is_odd(self, row: Row, low: int, names: Collection[str]) -> bool:
        cells = row.cells
        if row.position == 0 or len(cells) != self.width or len(cells) - cells.count("") <= low:
            return True
        first = next((cell for cell in cells if cell), "")
        return first.strip().casefold() in names or is_footer_text(first) or first.startswith("---")

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
        """Find the rows that are no leads."""
        found = find_non_leads(self.headers, self.rows, self.profile, self.n_rows, self._sums)
        if self.n_rows and not self._has_leads(found):
            return []  # what remains is no list then; nothing is known of its leads
        return found

    def _has_leads(self, found: Sequence[NonLead]) -> bool:
        return sum(one.sure for one in found) < self.n_rows

    def _sums(self, places: Collection[int]) -> dict[int, tuple[float, int]]:
        told = {place: [0.0, 0] for place in places}
        for _, cells in self._records():
            for place, sums in told.items():
                number = number_of(cells[place]) if place < len(cells) else None
                if number is not None:
                    sums[0] += number
                    sums[1] += 1
        return {place: (total, int(count)) for place, (total, count) in told.items()}
