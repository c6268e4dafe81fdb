"""Plain scan: a text file whose every line is a lead, known by the places of its delimiters alone.

Most large exports are such files: no quotation marks, as many fields in each line as in the header, nothing else
between the leads. To know that costs a third of parsing them; any doubt is left to those that do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from leadscore_core.data.reading.blank_cells import MAY_BE_BLANK, blank_cells
from leadscore_core.data.reading.byte_scan import ByteScan
from leadscore_core.data.reading.key_cells import KeyColumn
from leadscore_core.data.reading.opened_file import LONGEST_LINE, OpenedFile

_BLOCK = 1 << 20  # stays in the processor's own memory
_LONGEST = LONGEST_LINE // 2  # a line that Arrow reads for certain
_NEWLINE = 10


@dataclass(frozen=True, eq=False)
class _Lines:
    """Whole lines of a block.

    Attributes
    ----------
    signs
        Bytes of the block.
    starts
        Where each line begins.
    ends
        Where each of its cells ends, shape (lines, columns).
    returns
        Bytes before the end of a line that are no part of its last cell.
    """

    signs: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    returns: int

    def cells(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Return where the cells of a column begin and end."""
        starts = self.ends[:, place - 1] + 1 if place else self.starts
        is_last = place == self.ends.shape[1] - 1
        return starts, self.ends[:, place] - self.returns * is_last


def count_plain(
    opened: OpenedFile, path: Path, headers: Sequence[str], telling: Sequence[int], scan: ByteScan
) -> int | None:
    """Return the records of a plain file; None where a line may be more or less than a lead.

    Parameters
    ----------
    telling
        Places of the columns that leads fill most, see `telling_columns`.
    scan
        Of the same file.
    """
    is_simple = len(opened.delimiter.encode()) == 1 and len(headers) > 1 and scan.newlines > opened.skip_lines
    if scan.has_quotes or not scan.line_end or not is_simple:
        return None
    key = KeyColumn.of(headers)
    key_place = list(headers).index(key.header)
    records = 0
    for lines in _blocks(opened, path, len(headers), scan):
        if lines is None or _any_odd(lines, key, key_place) or _any_thin(lines, telling):
            return None
        records += len(lines.ends)
    # as many as there are lines: none of them is shorter, and none of the places is another line's
    return records if records and scan.lines == opened.skip_lines + 1 + records else None


def _blocks(opened: OpenedFile, path: Path, width: int, scan: ByteScan) -> Iterator[_Lines | None]:
    """Yield the lines under the header; None, and no more, where they are not all alike."""
    delimiter, to_skip = opened.delimiter.encode()[0], opened.skip_lines + 1
    buffer = np.empty(_BLOCK + _LONGEST + 1, dtype="uint8")
    is_end, is_newline = np.empty((2, len(buffer)), dtype=bool)
    held, is_open = 0, scan.is_open
    with path.open("rb", buffering=0) as file:
        while (size := file.readinto(buffer[held : held + _BLOCK].data)) or (held and is_open):
            stop = held + size
            if not size:
                buffer[stop], stop, is_open = _NEWLINE, stop + 1, False
            signs, ends, newlines = buffer[:stop], is_end[:stop], is_newline[:stop]
            np.equal(signs, delimiter, out=ends)
            np.equal(signs, _NEWLINE, out=newlines)
            places, start = np.flatnonzero(np.logical_or(ends, newlines, out=ends)), 0
            if to_skip:
                above = np.flatnonzero(newlines)
                if len(above) < to_skip:
                    yield None
                    return
                start, to_skip = int(above[to_skip - 1]) + 1, 0
                places = places[np.searchsorted(places, start) :]
            whole = len(places) // width
            grid = places[: whole * width].reshape(whole, width)
            line_ends = np.append(start - 1, grid[:, -1])
            held = stop - int(line_ends[-1]) - 1
            if not newlines[line_ends[1:]].all() or max(held, int(np.diff(line_ends).max(initial=0))) > _LONGEST:
                yield None
                return
            yield _Lines(signs, line_ends[:-1] + 1, grid, len(scan.line_end) - 1)
            buffer[:held] = buffer[stop - held : stop].copy()


def _any_odd(lines: _Lines, key: KeyColumn, place: int) -> bool:
    """Tell whether a line may be the header again or a total."""
    starts, ends = lines.cells(place)
    filled = starts < ends
    starts, ends = starts[filled], ends[filled]
    odd = key.may_be_odd(lines.signs[starts], lines.signs[starts + 1])
    return bool(odd.any()) and key.any_odd(_texts(lines.signs, starts[odd], ends[odd]))


def _any_thin(lines: _Lines, telling: Sequence[int]) -> bool:
    """Tell whether a line may hold little: as good as all cells that tell are blank."""
    blank, most = np.zeros(len(lines.ends), dtype="int8"), 0
    least = max(1, len(telling) - 1)
    for seen, place in enumerate(telling):
        if most + len(telling) - seen < least:
            return False
        blank += _blank(lines.signs, *lines.cells(place))
        most = int(blank.max(initial=0))
    return bool(telling) and most >= least


def _blank(signs: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Tell of each cell whether it is blank, most by their length and first byte."""
    blank: np.ndarray = ends <= starts
    perhaps = np.flatnonzero(MAY_BE_BLANK[signs[starts]] & ~blank)
    if len(perhaps):
        blank[perhaps] = blank_cells(_texts(signs, starts[perhaps], ends[perhaps]))
    return blank


def _texts(signs: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> pa.Array:
    """Return cells as Arrow keeps text."""
    offsets = np.append(0, np.cumsum(ends - starts))
    places = np.repeat(starts - offsets[:-1], ends - starts) + np.arange(offsets[-1])
    buffers = [None, pa.py_buffer(offsets.astype("int32")), pa.py_buffer(signs[places])]
    return pa.Array.from_buffers(pa.string(), len(starts), buffers)
