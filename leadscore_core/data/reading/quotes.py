"""Quotes: records whose quotation marks do not balance are taken apart into the leads that they swallow."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from leadscore_core.data.reading.row_profile import RowProfile

MOST_LINES = 1_000  # of one record
MOST_BYTES = 1 << 20
_JOINED_LINES, _JOINED_BYTES = 64, 16 << 10
_VAIN_JOINS = 500
_PROFILE_LINES = 400
_PROFILE_JOINED = 12
_NARROW = 4


@dataclass(frozen=True)
class Edit:
    """Bytes of a text file that are replaced while it is copied."""

    start: int
    end: int
    new: bytes


@dataclass(frozen=True)
class QuoteRepair:
    """What makes a file's quotation marks balance, and the lines where they did not."""

    edits: tuple[Edit, ...] = ()
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Line:
    number: int
    start: int
    raw: bytes

    @property
    def text(self) -> str:
        return self.raw.decode("utf-8", "replace").rstrip("\r\n")

    @property
    def ending(self) -> bytes:
        return self.raw[len(self.raw.rstrip(b"\r\n")) :]


def find_broken_quotes(path: Path, skip_lines: int, delimiter: str, width: int) -> QuoteRepair:
    r"""Look for quotation marks that are opened and never closed, or closed in another lead.

    A record over several lines stays one where it has as many fields as the header and none of its lines is a record
    of this list itself.

    Parameters
    ----------
    path
        UTF-8 text.
    skip_lines
        Lines above the header.
    width
        Fields of the header.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "leads.csv"
    >>> _ = path.write_text('id,note,city\nL-1,"call back,pune\nL-2,"two\nlines",kochi\n')
    >>> repair = find_broken_quotes(path, 0, ",", 3)
    >>> repair.lines, len(repair.edits)
    ((2,), 1)
    """
    return _Search(path, skip_lines, delimiter, width).run()


def copy_edited(path: Path, edits: Sequence[Edit], target: Path) -> None:
    """Copy a file with its edits, which are in order and apart."""
    with path.open("rb") as file, target.open("wb") as out:
        place = 0
        for edit in edits:
            _copy_bytes(file, out, edit.start - place)
            out.write(edit.new)
            place = edit.end
            file.seek(place)
        _copy_bytes(file, out, None)


def _copy_bytes(file: io.BufferedReader, out: io.BufferedWriter, size: int | None) -> None:
    while size is None or size:
        block = file.read(4 << 20 if size is None else min(size, 4 << 20))
        if not block:
            return
        out.write(block)
        size = None if size is None else size - len(block)


class _Search:
    def __init__(self, path: Path, skip_lines: int, delimiter: str, width: int) -> None:
        self.path, self.skip, self.delimiter, self.width = path, skip_lines, delimiter, width
        sign = re.escape(delimiter.encode())
        field = rb'(?:"(?:[^"]++|"")*+"|[^"\r\n' + sign + rb"]*+)"
        plain = rb'(?:"(?:[^"]++|"")*+"|[^"\r\n' + sign + rb"][^\r\n" + sign + rb"]*+|)"
        more = b"{%d}" % (width - 1)
        self.well_formed = re.compile(field + rb"(?:" + sign + field + rb")" + more)
        self.whole = re.compile(plain + rb"(?:" + sign + plain + rb")" + more)  # with quotes inside a plain field
        self.edits: list[Edit] = []
        self.lines: list[int] = []
        self.vain = 0
        self.profile = RowProfile.of(self._sample(), width)

    def run(self) -> QuoteRepair:
        with self.path.open("rb") as file:
            lines = _Lines(file)
            for _ in range(self.skip):
                lines.take()
            while (line := lines.take()) is not None:
                if b'"' in line.raw and not self.whole.fullmatch(line.raw.rstrip(b"\r\n")):
                    self._look(line, lines)
        return QuoteRepair(tuple(self.edits), tuple(self.lines))

    def _sample(self) -> Iterator[list[str]]:
        """Yield the cells of well-formed records, also over several lines, from the beginning of the file."""
        held: list[bytes] = []
        with self.path.open("rb") as file:
            for line in islice(file, self.skip + 1, self.skip + 1 + _PROFILE_LINES):
                alone = self.well_formed.fullmatch(line.rstrip(b"\r\n"))
                held = [line] if alone else [*held[-_PROFILE_JOINED:], line]
                for first in range(len(held)):
                    text = b"".join(held[first:]).rstrip(b"\r\n")
                    if self.well_formed.fullmatch(text):
                        record = io.StringIO(text.decode("utf-8", "replace"))
                        yield next(csv.reader(record, delimiter=self.delimiter), [])
                        held = []
                        break

    def _look(self, line: _Line, lines: _Lines) -> None:
        """Look at a line whose quotation marks are not those of a whole record."""
        is_open = leaves_open(line.text, self.delimiter)
        if is_open:
            region = self._until_closed(line, lines)
            if region is not None:
                if not self._swallows_leads(region):
                    return
                lines.give_back(region[1:])
        cells = split_record(line.text, self.delimiter, self.width)
        if cells is None:
            if self._joined(line, lines) is not None or not is_open:
                return
            cells = line.text.split(self.delimiter)  # too few or too many, which the reader says
        self._replace([line], cells)
        if is_open:
            self.lines.append(line.number)

    def _until_closed(self, line: _Line, lines: _Lines) -> list[_Line] | None:
        """Return the lines of a record that is written as it should be, or None if it is not; None takes no line."""
        region, size, marks = [line], len(line.raw), line.raw.count(b'"')
        while len(region) <= MOST_LINES and size <= MOST_BYTES:
            more = lines.take()
            if more is None:
                break
            region.append(more)
            size, marks = size + len(more.raw), marks + more.raw.count(b'"')
            if marks % 2 == 0:  # closed
                if self.well_formed.fullmatch(b"".join(one.raw for one in region).rstrip(b"\r\n")):
                    return region
                break
        lines.give_back(region[1:])
        return None

    def _swallows_leads(self, region: Sequence[_Line]) -> bool:
        """Tell whether lines of a record are themselves records of this list."""
        split = [split_record(line.text, self.delimiter, self.width) for line in region]
        alike = [cells is not None and self.profile.looks_like_a_lead(cells) for cells in split]
        if self.profile.masks and self.width >= _NARROW:
            return any(alike[1:])
        return bool(self.profile.masks) and all(alike)

    def _joined(self, line: _Line, lines: _Lines) -> list[_Line] | None:
        """Return the lines of a record with quotation marks of its own inside a cell, made whole."""
        region, size = [line], len(line.raw)
        while self.vain < _VAIN_JOINS and len(region) < _JOINED_LINES and size < _JOINED_BYTES:
            more = lines.take()
            if more is None:
                break
            region.append(more)
            size += len(more.raw)
            alone = split_record(more.text, self.delimiter, self.width)
            if alone is not None and (not self.profile.masks or self.profile.looks_like_a_lead(alone)):
                break
            if b'"' not in more.raw:
                continue
            text = b"".join(one.raw for one in region).decode("utf-8", "replace").rstrip("\r\n")
            cells = split_record(text, self.delimiter, self.width)
            if cells is not None:
                self._replace(region, cells)
                return region
        self.vain += 1
        lines.give_back(region[1:])
        return None

    def _replace(self, region: Sequence[_Line], cells: Sequence[str]) -> None:
        out = io.StringIO(newline="")
        ending = region[-1].ending.decode() or "\n"
        csv.writer(out, delimiter=self.delimiter, lineterminator=ending).writerow(cells)
        self.edits.append(Edit(region[0].start, region[-1].start + len(region[-1].raw), out.getvalue().encode()))


class _Lines:
    """The lines of a file, of which some may be given back."""

    def __init__(self, file: io.BufferedReader) -> None:
        self.file, self.number, self.place = file, 0, 0
        self.back: list[_Line] = []

    def take(self) -> _Line | None:
        if self.back:
            return self.back.pop()
        raw = self.file.readline()
        if not raw:
            return None
        self.number += 1
        line = _Line(self.number, self.place, raw)
        self.place += len(raw)
        return line

    def give_back(self, lines: Sequence[_Line]) -> None:
        self.back.extend(reversed(lines))


def leaves_open(text: str, delimiter: str) -> bool:
    """Tell whether a reader of CSV would go on with the next line.

    Examples
    --------
    >>> leaves_open('a,"b,c', ","), leaves_open('a,"b",6" c', ",")
    (True, False)
    """
    place = 0
    while place <= len(text):
        if text[place : place + 1] == '"':
            place += 1
            while True:
                place = text.find('"', place)
                if place < 0:
                    return True
                if text[place + 1 : place + 2] != '"':
                    break
                place += 2
        place = text.find(delimiter, place)
        if place < 0:
            return False
        place += 1
    return False


def split_record(text: str, delimiter: str, width: int) -> list[str] | None:
    """Split text into as many cells as the header has, taking each quotation mark as what makes that come true.

    Returns
    -------
    list of str or None
        None where no reading gives so many.

    Examples
    --------
    >>> split_record('a,"call back,pune', ",", 3)
    ['a', '"call back', 'pune']
    >>> split_record('a,"he said "no", left",pune', ",", 3)
    ['a', 'he said "no", left', 'pune']
    """
    dead: set[tuple[int, int]] = set()
    stack: list[tuple[int, Iterator[tuple[str, int]]]] = []
    cells: list[str] = []
    place = 0
    readings = _readings(text, place, delimiter)
    while True:
        found = next(readings, None)
        if found is None:
            dead.add((place, len(cells)))
            if not stack:
                return None
            cells.pop()
            place, readings = stack.pop()
            continue
        cell, end = found
        if end > len(text):
            if len(cells) + 1 == width:
                return [*cells, cell]
            continue
        if len(cells) + 1 >= width or (end, len(cells) + 1) in dead:
            continue
        stack.append((place, readings))
        cells.append(cell)
        place, readings = end, _readings(text, end, delimiter)


def _readings(text: str, place: int, delimiter: str) -> Iterator[tuple[str, int]]:
    """Yield each cell that may stand here, and where the next one begins: past the end for the last."""
    if text[place : place + 1] == '"':
        close, in_pairs = text.find('"', place + 1), []
        while close >= 0:
            after = text[close + 1 : close + 2]
            if after == '"':
                close += 1
                in_pairs.append(close)
            elif after in ("", delimiter):
                yield text[place + 1 : close].replace('""', '"'), close + 2
            close = text.find('"', close + 1)
        for close in in_pairs:
            if text[close + 1 : close + 2] in ("", delimiter):
                yield text[place + 1 : close], close + 2
    end = text.find(delimiter, place)
    end = len(text) if end < 0 else end
    if "\n" not in text[place:end]:
        yield text[place:end], end + 1
