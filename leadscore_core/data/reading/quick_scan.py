"""Quick look: how many records a text file has, and whether any may be no lead; of one that is not plain by Arrow."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from leadscore_core.data.reading.blank_cells import blank_cells
from leadscore_core.data.reading.byte_scan import ByteScan
from leadscore_core.data.reading.chunks import INDEX_HEADERS
from leadscore_core.data.reading.footer_words import is_footer_text
from leadscore_core.data.reading.group_rows import most_thin, telling_columns
from leadscore_core.data.reading.key_cells import KeyColumn
from leadscore_core.data.reading.opened_file import LONGEST_LINE, OpenedFile
from leadscore_core.data.reading.plain_scan import count_plain
from leadscore_core.data.reading.row_profile import HEAD_ROWS, LAST_ROWS, RowProfile

_TAIL_BYTES = 64 << 10


@dataclass
class Count:
    """What a quick look counts; of a plain file without parsing it."""

    records: int = 0
    ragged: int = 0
    is_odd: bool = False
    is_plain: bool = False


def csv_options(
    opened: OpenedFile, headers: Sequence[str], columns: Sequence[str], on_ragged: Any = None, *, is_plain: bool = False
) -> dict[str, Any]:
    """Return how Arrow reads a file as text; a plain one has no quotation marks to look for."""
    return {
        "read_options": pacsv.ReadOptions(
            column_names=list(headers),
            skip_rows=opened.skip_lines,
            skip_rows_after_names=1,
            block_size=LONGEST_LINE,  # Arrow reads a dozen of them ahead
        ),
        "parse_options": pacsv.ParseOptions(
            delimiter=opened.delimiter,
            quote_char=False if is_plain else '"',
            newlines_in_values=not is_plain,
            invalid_row_handler=on_ragged,
        ),
        "convert_options": pacsv.ConvertOptions(
            include_columns=list(columns),
            column_types=dict.fromkeys(headers, pa.string()),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    }


def header_lines_of(opened: OpenedFile) -> int:
    """Return over how many lines the header goes."""
    with opened.path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(opened.skip_lines):
            file.readline()
        reader = csv.reader(file, delimiter=opened.delimiter)
        next(reader, None)
        return reader.line_num


def quick_look(opened: OpenedFile, path: Path, headers: Sequence[str], scan: ByteScan) -> Count | None:
    """Count records and see whether anything is odd; None where the records have no end that can be found.

    Parameters
    ----------
    scan
        Of the same file.
    """
    head = _head(opened, path)
    telling = telling_columns(headers, head)
    plain = count_plain(opened, path, headers, telling, scan)
    if plain is not None:
        return Count(plain, is_odd=_ends_are_odd(opened, path, head, len(headers)), is_plain=True)
    count = Count()
    key = KeyColumn.of(headers)
    names = [headers[place] for place in telling]
    thin = most_thin([row for row in head if len(row) == len(headers)])
    is_thin = False
    try:
        for batch in _batches(opened, path, headers, list(dict.fromkeys([key.header, *names])), count):
            count.records += batch.num_rows
            count.is_odd = count.is_odd or key.any_odd(key.perhaps_odd(batch.column(0)))
            if names and not is_thin:
                blank = np.sum([blank_cells(batch.column(name)) for name in names], axis=0)
                is_thin = bool(np.any(blank >= max(1, len(names) - 1)))
        if is_thin and not count.is_odd:
            count.is_odd = any(
                bool(np.any(_filled(batch) <= thin))
                for batch in _batches(opened, path, headers, list(headers), Count())
            )
    except pa.ArrowInvalid:
        return None
    count.is_odd = count.is_odd or _ends_are_odd(opened, path, head, len(headers))
    return count


def _batches(
    opened: OpenedFile, path: Path, headers: Sequence[str], columns: Sequence[str], count: Count
) -> Iterator[pa.RecordBatch]:
    def pass_over(_: pacsv.InvalidRow) -> str:
        count.ragged += 1
        return "skip"

    with pacsv.open_csv(path, **csv_options(opened, headers, columns, pass_over)) as reader:
        yield from reader


def _filled(batch: pa.RecordBatch) -> np.ndarray:
    """Return how many cells of each row are filled; a running number counts for nothing."""
    filled = np.zeros(batch.num_rows, dtype="int32")
    for place, name in enumerate(batch.schema.names):
        if name.strip().lower() not in INDEX_HEADERS:
            filled += ~blank_cells(batch.column(place))
    return filled


def _head(opened: OpenedFile, path: Path) -> list[list[str]]:
    """Return the first rows under the header."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(opened.skip_lines):
            file.readline()
        return [row for row in islice(csv.reader(file, delimiter=opened.delimiter), HEAD_ROWS) if row][1:]


def _ends_are_odd(opened: OpenedFile, path: Path, first: Sequence[Sequence[str]], width: int) -> bool:
    """Tell whether the first row or the last ones may be no leads."""
    profile = RowProfile.of(first[1:] or first, width)
    if first and profile.masks and not profile.fitting(first[0]):
        return True
    with path.open("rb") as raw:
        size = raw.seek(0, 2)
        raw.seek(max(0, size - _TAIL_BYTES))
        tail = raw.read().decode("utf-8", "replace").splitlines()
    low = max(1, profile.least_filled // 2)
    for row in csv.reader(tail[1 if size > _TAIL_BYTES else 0 :][-LAST_ROWS:], delimiter=opened.delimiter):
        filled = [cell for cell in row if cell.strip()]
        if filled and (len(filled) <= low or len(row) != width or is_footer_text(filled[0])):
            return True
        if not filled and row:
            return True
    return False
