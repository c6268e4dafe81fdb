"""Reading: any CSV, Excel or Parquet file that a CRM exports, as a frame whose text is as it stands in the file."""

from __future__ import annotations

import csv
import threading
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from leadscore_core.data.parts import (
    LINE_PROBLEM,
    Part,
    filled_rows,
    part_frame,
    select_columns,
    with_line_problem,
)
from leadscore_core.data.source import DATA_SUFFIXES, EXPECTED, LONGEST_LINE, Source, once_a_file, open_source
from leadscore_core.data.workbook import sheet_frame, sheet_rows
from leadscore_core.errors import UnreadableFileError

CHUNK_ROWS = 60_000
MOST_COLUMNS = 2_000
_TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})  # what is packed is unpacked anew each time


def read_leads(
    path: str | Path | Sequence[str | Path], *, sheet: str | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    r"""Read a lead list whole.

    Parameters
    ----------
    path
        A file, a folder of files, or several; they are read in order and must agree in their columns.
    sheet
        Sheet of a workbook; without it, the first that is not empty.
    columns
        Headers to read; without it, all.

    Returns
    -------
    pandas.DataFrame
        One row a lead, in the file's order. Text files give text, blanks as ``""``; workbooks and Parquet keep their
        types. Where lines have more or fewer fields than the header, a last column, `LINE_PROBLEM`, says so.

    Raises
    ------
    UnreadableFileError
        Naming the file, what was expected, what came and the next step.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "leads.csv").write_text("Source;Amount\nnews;1,5\n")
    >>> read_leads(folder / "leads.csv").to_dict("records")
    [{'Source': 'news', 'Amount': '1,5'}]
    """
    return pd.concat(iter_leads(path, sheet=sheet, columns=columns), ignore_index=True)


def iter_leads(
    path: str | Path | Sequence[str | Path],
    *,
    sheet: str | None = None,
    columns: Sequence[str] | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> Iterator[pd.DataFrame]:
    """Read a lead list in chunks, with memory bounded by the chunk. See `read_leads`."""
    for part in iter_parts(path, sheet=sheet, columns=columns, chunk_rows=chunk_rows):
        yield part_frame(part)


def iter_parts(
    path: str | Path | Sequence[str | Path],
    *,
    sheet: str | None = None,
    columns: Sequence[str] | None = None,
    chunk_rows: int = CHUNK_ROWS,
    left_out: dict[str, str] | None = None,
) -> Generator[Part, None, None]:
    """Read a lead list as `iter_leads` does, each chunk as it was read: text and Parquet as an Arrow table.

    Parameters
    ----------
    left_out
        Where it is given, a file that cannot be read is passed over, and why is put here under its path.
    """
    files = list_files(path)
    one_is_ragged = len(files) > 1 and any(_file_is_ragged(file, left_out is not None) for file in files)
    wanted: list[str] = []
    first = why = ""
    for file in files:
        rows = 0
        try:
            with open_source(file) as source:
                headers = _headers(source, sheet)
                if wanted and set(headers) != set(wanted):
                    raise UnreadableFileError(_difference(source.name, headers, first, wanted))
                for part in _parts(source, headers, sheet, columns, chunk_rows):
                    wanted, first = wanted or headers, first or source.name
                    rows += len(part)
                    whole = with_line_problem(part) if one_is_ragged else part
                    yield select_columns(whole, [*wanted, LINE_PROBLEM])
                if rows == 0:
                    raise UnreadableFileError(
                        f"{source.name} has a header but no leads below it. Export the list again."
                    )
        except UnreadableFileError as error:
            if left_out is None:
                raise
            read = f" Its first {rows:,} leads could be read and are there." if rows else ""
            left_out[str(file)] = f"{error}{read}"
            why = why or str(error)
    if not wanted:
        raise UnreadableFileError(f"None of {len(files):,} files can be read. The first: {why}")


@contextmanager
def look_ahead(path: str | Path | Sequence[str | Path]) -> Iterator[None]:
    """Look through text files in a thread beside what the block does, so that they need no look when they are read.

    What is wrong with them is left to be said then.
    """
    stop = threading.Event()

    def look() -> None:
        for file in list_files(path):
            if not stop.is_set() and file.suffix.lower() in _TEXT_SUFFIXES:
                _file_is_ragged(file)

    with ThreadPoolExecutor(1, thread_name_prefix="look") as pool:
        pool.submit(look)
        try:
            yield
        except BaseException:
            stop.set()
            raise


def read_headers(path: str | Path | Sequence[str | Path], *, sheet: str | None = None) -> list[str]:
    """Read the column names of a lead list, made unique, without its rows."""
    with open_source(list_files(path)[0]) as source:
        return _headers(source, sheet)


def list_files(path: str | Path | Sequence[str | Path]) -> list[Path]:
    """Turn files and folders into files, a folder's in the order of their names.

    Raises
    ------
    UnreadableFileError
        If a folder holds no lead list.
    """
    given = [path] if isinstance(path, str | Path) else list(path)
    files: list[Path] = []
    for item in map(Path, given):
        if item.is_dir():
            inside = sorted(
                f for f in item.iterdir() if f.suffix.lower() in DATA_SUFFIXES and not f.name.startswith(".")
            )
            if not inside:
                raise UnreadableFileError(f"The folder {item} holds no lead list. {EXPECTED}")
            files.extend(inside)
        else:
            files.append(item)
    if not files:
        raise UnreadableFileError(f"No file was given. {EXPECTED}")
    return files


def _difference(name: str, headers: list[str], first: str, wanted: list[str]) -> str:
    missing = ", ".join(sorted(set(wanted) - set(headers))[:5]) or "none"
    extra = ", ".join(sorted(set(headers) - set(wanted))[:5]) or "none"
    return (
        f"{name} does not have the columns of {first} (missing: {missing}; more: {extra}). "
        "Give files with the same columns, or one at a time."
    )


def _headers(source: Source, sheet: str | None) -> list[str]:
    if source.kind == "parquet":
        headers = _parquet(source).schema_arrow.names
    elif source.kind == "excel":
        headers = ["" if cell is None else str(cell) for cell in sheet_rows(source, sheet)[0]]
    else:
        headers = _first_record(source)
    if len(headers) > MOST_COLUMNS:
        raise UnreadableFileError(
            f"{source.name} has {len(headers):,} columns; at most {MOST_COLUMNS:,} make sense for leads. Export only "
            "the columns that you need."
        )
    return unique_headers(headers)


def unique_headers(headers: Iterable[str]) -> list[str]:
    """Give every column a name of its own, as pandas does.

    Examples
    --------
    >>> unique_headers(["", "email", "email", ""])
    ['', 'email', 'email.1', 'Unnamed: 3']
    """
    given = [str(header).strip("\ufeff") for header in headers]
    taken, unique = set(given), []
    seen: Counter[str] = Counter()
    for position, header in enumerate(given):
        name = header
        if seen[header] and not header:
            name = f"Unnamed: {position}"
        while (name in taken and seen[header]) or name in unique:
            name = f"{header}.{seen[header]}"
            seen[header] += 1
        seen[header] += 1
        unique.append(name)
    return unique


def _parts(
    source: Source, headers: list[str], sheet: str | None, columns: Sequence[str] | None, chunk_rows: int
) -> Iterator[Part]:
    chosen = headers if columns is None else [h for h in headers if h in set(columns)]
    if source.kind == "parquet":
        yield from _parquet_parts(source, headers, chosen, chunk_rows)
    elif source.kind == "excel":
        frame = sheet_frame(source, headers, sheet)[chosen]
        yield from (frame.iloc[i : i + chunk_rows].reset_index(drop=True) for i in range(0, len(frame), chunk_rows))
    else:
        read = _ragged_parts if _is_ragged(source.path, source, tuple(headers)) else _csv_parts
        for part in _without_blank_tail(read(source, headers, chunk_rows)):
            yield select_columns(part, [*chosen, LINE_PROBLEM])


def _first_record(source: Source) -> list[str]:
    with source.path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(source.skip_lines):
            file.readline()
        try:
            return next(csv.reader(file, delimiter=source.delimiter))
        except (csv.Error, StopIteration) as error:
            raise UnreadableFileError(f"{source.name} has no readable header line ({error}). {EXPECTED}") from error


def _csv_options(source: Source, headers: Sequence[str], columns: Sequence[str]) -> dict[str, Any]:
    return {
        "read_options": pacsv.ReadOptions(
            column_names=list(headers),
            skip_rows=source.skip_lines,
            skip_rows_after_names=1,
            block_size=LONGEST_LINE,  # Arrow reads a dozen of them ahead
        ),
        "parse_options": pacsv.ParseOptions(delimiter=source.delimiter, newlines_in_values=True),
        "convert_options": pacsv.ConvertOptions(
            include_columns=list(columns),
            column_types=dict.fromkeys(headers, pa.string()),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    }


def _file_is_ragged(file: Path, may_go_on: bool = False) -> bool:
    with suppress(UnreadableFileError) if may_go_on else nullcontext(), open_source(file) as source:
        return source.kind == "csv" and _is_ragged(source.path, source, tuple(_headers(source, None)))
    return False


@once_a_file
def _is_ragged(path: Path, source: Source, headers: tuple[str, ...]) -> bool:
    """Tell whether any line has another number of fields than the header."""
    try:
        with pacsv.open_csv(path, **_csv_options(source, headers, headers[:1])) as reader:
            for _ in reader:
                pass
    except pa.ArrowInvalid as error:
        if "columns" in str(error) or path.stat().st_size <= LONGEST_LINE:
            return True
        raise UnreadableFileError(_endless(source)) from error
    return False


def _csv_parts(source: Source, headers: list[str], chunk_rows: int) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    rows = 0
    with pacsv.open_csv(source.path, **_csv_options(source, headers, headers)) as reader:
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


def _ragged_parts(source: Source, headers: list[str], chunk_rows: int) -> Iterator[pa.Table]:
    width = len(headers)
    csv.field_size_limit(LONGEST_LINE)
    with source.path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(source.skip_lines):
            file.readline()
        records = (row for row in csv.reader(file, delimiter=source.delimiter) if row)
        next(records)
        try:
            while block := list(islice(records, chunk_rows)):
                frame = pd.DataFrame(
                    [row[:width] + [""] * (width - len(row)) for row in block], columns=headers, dtype="str"
                )
                frame[LINE_PROBLEM] = pd.array([_line_problem(row, width) for row in block], dtype="str")
                yield pa.Table.from_pandas(frame, preserve_index=False)
        except csv.Error as error:
            raise UnreadableFileError(_endless(source)) from error


def _endless(source: Source) -> str:
    return (
        f"{source.name} has a record of more than {LONGEST_LINE >> 20} MB: probably a quotation mark that is opened "
        "and never closed. Correct it or export the list again."
    )


def _line_problem(row: list[str], width: int) -> str:
    surplus = [cell for cell in row[width:] if cell]
    if surplus:
        return f"{len(row)} fields where the header has {width}; left over: {' | '.join(surplus)}"
    return f"{len(row)} fields where the header has {width}" if len(row) < width else ""


def _without_blank_tail(parts: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Hold blank rows back until a row with text follows them."""
    held: pa.Table | None = None
    for part in parts:
        table = part if held is None else pa.concat_tables([held, part])
        end = filled_rows(table)
        held = table.slice(end) if end < len(table) else None
        if end:
            yield table.slice(0, end)


def _parquet(source: Source) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(source.path)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise UnreadableFileError(
            f"{source.name} is a damaged Parquet file ({str(error).splitlines()[0]}). Write or download it again."
        ) from error


def _readable(column: pa.Array) -> pa.Array:
    """Turn what neither a spreadsheet nor a model can read (bytes, lists, records) into text."""
    if (
        pa.types.is_binary(column.type)
        or pa.types.is_large_binary(column.type)
        or pa.types.is_fixed_size_binary(column.type)
    ):
        return pa.array([None if v is None else v.decode("utf-8", "replace") for v in column.to_pylist()], pa.string())
    if pa.types.is_nested(column.type):
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
    return column


def _parquet_parts(source: Source, headers: list[str], columns: list[str], chunk_rows: int) -> Iterator[pa.Table]:
    file = _parquet(source)
    places = [headers.index(name) for name in columns]
    try:
        for batch in file.iter_batches(batch_size=chunk_rows):
            yield pa.Table.from_arrays([_readable(batch.column(i)) for i in places], names=columns)
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableFileError(
            f"{source.name} is a damaged Parquet file ({str(error).splitlines()[0]}). Write or download it again."
        ) from error
