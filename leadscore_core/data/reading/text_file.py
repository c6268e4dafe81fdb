"""Text files: their records in chunks, by Arrow, or by Python where lines have more or fewer fields than the header."""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from leadscore_core.data.reading.chunks import LINE_PROBLEM, filled_rows
from leadscore_core.data.reading.opened_file import EXPECTED, OpenedFile
from leadscore_core.data.reading.quick_scan import csv_options
from leadscore_core.data.reading.record_walk import endless
from leadscore_core.data.reading.text_scan import TextLook, mended_path
from leadscore_core.errors import UnreadableFileError


def first_record(opened: OpenedFile) -> list[str]:
    """Return the cells of the header."""
    with opened.path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(opened.skip_lines):
            file.readline()
        try:
            return next(csv.reader(file, delimiter=opened.delimiter))
        except (csv.Error, StopIteration) as error:
            raise UnreadableFileError(f"{opened.name} has no readable header line ({error}). {EXPECTED}") from error


def text_chunks(opened: OpenedFile, look: TextLook, headers: list[str], chunk_rows: int) -> Iterator[pa.Table]:
    """Read the leads in chunks, text as it stands; blank rows at the end are left out."""
    read = _ragged_chunks if look.is_ragged else _even_chunks
    chunks = read(opened, look, headers, chunk_rows)
    return _without_blank_tail(without_rows(chunks, look.dropped))


def _even_chunks(opened: OpenedFile, look: TextLook, headers: list[str], chunk_rows: int) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    rows = 0
    options = csv_options(opened, headers, headers, _skip if look.skips_ragged else None, is_plain=look.is_plain)
    with pacsv.open_csv(mended_path(opened, look), **options) as reader:
        for batch in reader:
            held.append(batch)
            rows += batch.num_rows
            if rows >= chunk_rows:
                table = pa.Table.from_batches(held)
                whole = rows - rows % chunk_rows
                ready = deque(table.slice(i, chunk_rows).combine_chunks() for i in range(0, whole, chunk_rows))
                held, rows = table.slice(whole).combine_chunks().to_batches(), rows - whole
                del table, batch  # what was read is not kept while its copy in one piece is used
                while ready:
                    yield ready.popleft()
        if rows:
            yield pa.Table.from_batches(held).combine_chunks()


def _skip(_: pacsv.InvalidRow) -> str:
    return "skip"


def _ragged_chunks(opened: OpenedFile, look: TextLook, headers: list[str], chunk_rows: int) -> Iterator[pa.Table]:
    width = len(headers)
    with mended_path(opened, look).open(encoding="utf-8-sig", newline="") as file:
        for _ in range(opened.skip_lines):
            file.readline()
        records = (row for row in csv.reader(file, delimiter=opened.delimiter) if row)
        next(records)
        try:
            while block := list(islice(records, chunk_rows)):
                frame = pd.DataFrame(
                    [row[:width] + [""] * (width - len(row)) for row in block], columns=headers, dtype="str"
                )
                frame[LINE_PROBLEM] = pd.array([_line_problem(row, width) for row in block], dtype="str")
                yield pa.Table.from_pandas(frame, preserve_index=False)
        except csv.Error as error:
            raise UnreadableFileError(endless(opened)) from error


def _line_problem(row: Sequence[str], width: int) -> str:
    surplus = [cell for cell in row[width:] if cell]
    if surplus:
        return f"{len(row)} fields where the header has {width}; left over: {' | '.join(surplus)}"
    return f"{len(row)} fields where the header has {width}" if len(row) < width else ""


def without_rows(chunks: Iterator[pa.Table], dropped: np.ndarray) -> Iterator[pa.Table]:
    """Leave out the rows at these positions, in order, of a list that is read in chunks."""
    begin = 0
    for chunk in chunks:
        first, last = np.searchsorted(dropped, [begin, begin + len(chunk)])
        if first < last:
            left = np.ones(len(chunk), dtype=bool)
            left[dropped[first:last] - begin] = False
            begin += len(chunk)
            if left.any():
                yield chunk.filter(pa.array(left)).combine_chunks()
        else:
            begin += len(chunk)
            yield chunk


def _without_blank_tail(chunks: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Hold blank rows back until a row with text follows them."""
    held: pa.Table | None = None
    for chunk in chunks:
        table = chunk if held is None else pa.concat_tables([held, chunk])
        end = filled_rows(table)
        held = table.slice(end) if end < len(table) else None
        if end:
            yield table.slice(0, end)
