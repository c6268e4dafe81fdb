"""Quick look: the records of a text file counted by Arrow, and whether any of them may be no lead."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from leadscore_core.data.cleaning.text import text_ends
from leadscore_core.data.reading.blank_cells import blank_cells
from leadscore_core.data.reading.chunks import INDEX_HEADERS
from leadscore_core.data.reading.footer_words import is_footer_text
from leadscore_core.data.reading.group_rows import most_thin, telling_columns
from leadscore_core.data.reading.opened_file import LONGEST_LINE, Source
from leadscore_core.data.reading.row_profile import HEAD_ROWS, LAST_ROWS, RowProfile

_BLOCK = 4 << 20
_TAIL_BYTES = 64 << 10
_MID_FILE = (
    r"[\W_]*(?:grand |sub-? ?|overall )?(?:total|summe?\b|zwischensumme|gesamt|subtotal|suma|итог|合计|小计|合計|小計)"
)
_BEGINS_ODD = np.array([not chr(byte).isalnum() or byte >= 128 or chr(byte) in "gsotzGSOTZ" for byte in range(256)])


@dataclass
class Count:
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


def count_lines(path: Path) -> tuple[int, bool]:
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


def header_lines_of(source: Source) -> int:
    """Return over how many lines the header goes."""
    with source.path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(source.skip_lines):
            file.readline()
        reader = csv.reader(file, delimiter=source.delimiter)
        next(reader, None)
        return reader.line_num


def quick_look(source: Source, path: Path, headers: Sequence[str]) -> Count | None:
    """Count records and see whether anything is odd; None where the records have no end that can be found."""
    count = Count()
    key = next((h for h in headers if h.strip().lower() not in INDEX_HEADERS), headers[0])
    first = re.escape(key.strip().lower())
    pattern = rf"^(?i:\s*{first}\s*$|{_MID_FILE}|[-=_*+.]{{3,}}$)" if key.strip() else rf"^(?i:{_MID_FILE})"
    head = _head(source, path)
    thin = most_thin([row for row in head if len(row) == len(headers)])
    telling = [headers[place] for place in telling_columns(headers, head)]
    is_thin = False
    try:
        for batch in _batches(source, path, headers, list(dict.fromkeys([key, *telling])), count):
            count.records += batch.num_rows
            if not count.is_odd:
                cells = _perhaps_odd(batch.column(0), key.strip())
                count.is_odd = len(cells) > 0 and bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())
            if telling and not is_thin:
                blank = np.sum([blank_cells(batch.column(name)) for name in telling], axis=0)
                is_thin = bool(np.any(blank >= max(1, len(telling) - 1)))
        if is_thin and not count.is_odd:
            count.is_odd = any(
                bool(np.any(_filled(batch) <= thin))
                for batch in _batches(source, path, headers, list(headers), Count())
            )
    except pa.ArrowInvalid:
        return None
    count.is_odd = count.is_odd or _ends_are_odd(source, path, head, len(headers))
    return count


def _batches(
    source: Source, path: Path, headers: Sequence[str], columns: Sequence[str], count: Count
) -> Iterator[pa.RecordBatch]:
    def pass_over(_: pacsv.InvalidRow) -> str:
        count.ragged += 1
        return "skip"

    with pacsv.open_csv(path, **csv_options(source, headers, columns, pass_over)) as reader:
        yield from reader


def _filled(batch: pa.RecordBatch) -> np.ndarray:
    """Return how many cells of each row are filled; a running number counts for nothing."""
    filled = np.zeros(batch.num_rows, dtype="int32")
    for place, name in enumerate(batch.schema.names):
        if name.strip().lower() not in INDEX_HEADERS:
            filled += ~blank_cells(batch.column(place))
    return filled


def _head(source: Source, path: Path) -> list[list[str]]:
    """Return the first rows under the header."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(source.skip_lines):
            file.readline()
        return [row for row in islice(csv.reader(file, delimiter=source.delimiter), HEAD_ROWS) if row][1:]


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


def _ends_are_odd(source: Source, path: Path, first: Sequence[Sequence[str]], width: int) -> bool:
    """Tell whether the first row or the last ones may be no leads."""
    profile = RowProfile.of(first[1:] or first, width)
    if first and profile.masks and not profile.fitting(first[0]):
        return True
    with path.open("rb") as raw:
        size = raw.seek(0, 2)
        raw.seek(max(0, size - _TAIL_BYTES))
        tail = raw.read().decode("utf-8", "replace").splitlines()
    low = max(1, profile.least_filled // 2)
    for row in csv.reader(tail[1 if size > _TAIL_BYTES else 0 :][-LAST_ROWS:], delimiter=source.delimiter):
        filled = [cell for cell in row if cell.strip()]
        if filled and (len(filled) <= low or len(row) != width or is_footer_text(filled[0])):
            return True
        if not filled and row:
            return True
    return False
