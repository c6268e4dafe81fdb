"""Reading: any CSV, Excel or Parquet file that a CRM exports, as a frame whose text is as it stands in the file."""

import threading
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import pandas as pd

from leadscore_core.data.reading.blank_cells import is_blank
from leadscore_core.data.reading.chunks import LINE_PROBLEM, Chunk, chunk_frame, select_columns, with_line_problem
from leadscore_core.data.reading.column_remarks import columns_beside, second_table, unnamed_columns, with_remarks
from leadscore_core.data.reading.excel import read_sheet
from leadscore_core.data.reading.opened_file import DATA_SUFFIXES, EXPECTED, OpenedFile, open_file
from leadscore_core.data.reading.parquet_file import open_parquet, parquet_chunks
from leadscore_core.data.reading.parquet_look import look_at_parquet
from leadscore_core.data.reading.read_log import FileNotes, ReadLog
from leadscore_core.data.reading.text_file import first_record, text_chunks, without_rows
from leadscore_core.data.reading.text_scan import look_through
from leadscore_core.errors import UnreadableFileError

CHUNK_ROWS = 60_000
MOST_COLUMNS = 2_000
_TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})  # what is packed is unpacked anew each time


def read_leads(
    path: str | Path | Sequence[str | Path],
    *,
    sheet: str | None = None,
    columns: Sequence[str] | None = None,
    encoding: str | None = None,
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
    encoding
        Of text files; found from all of each if not given.

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
    return pd.concat(iter_leads(path, sheet=sheet, columns=columns, encoding=encoding), ignore_index=True)


def iter_leads(
    path: str | Path | Sequence[str | Path],
    *,
    sheet: str | None = None,
    columns: Sequence[str] | None = None,
    chunk_rows: int = CHUNK_ROWS,
    log: ReadLog | None = None,
    encoding: str | None = None,
) -> Iterator[pd.DataFrame]:
    """Read a lead list in chunks, with memory bounded by the chunk. See `read_leads` and `iter_chunks`."""
    for chunk in iter_chunks(path, sheet=sheet, columns=columns, chunk_rows=chunk_rows, log=log, encoding=encoding):
        yield chunk_frame(chunk)


def iter_chunks(
    path: str | Path | Sequence[str | Path],
    *,
    sheet: str | None = None,
    columns: Sequence[str] | None = None,
    chunk_rows: int = CHUNK_ROWS,
    left_out: dict[str, str] | None = None,
    log: ReadLog | None = None,
    encoding: str | None = None,
) -> Generator[Chunk, None, None]:
    """Read a lead list as `iter_leads` does, each chunk as it was read: text and Parquet as an Arrow table.

    Parameters
    ----------
    left_out
        Where it is given, a file that cannot be read is passed over, and why is put here under its path.
    log
        Gets what was found of each file, and how many leads it gave.
    """
    log = log if log is not None else ReadLog()
    files = list_files(path)
    one_is_ragged = len(files) > 1 and any(_file_is_ragged(file, encoding, left_out is not None) for file in files)
    wanted: list[str] = []
    first = why = ""
    for file in files:
        rows = 0
        try:
            with open_file(file, encoding) as opened:
                headers = _headers(opened, sheet)
                if wanted and set(headers) != set(wanted):
                    raise UnreadableFileError(_difference(opened.name, headers, first, wanted))
                notes, chunks = _chunks(opened, headers, sheet, columns, chunk_rows)
                log.begin(notes)
                for chunk in chunks:
                    wanted, first = wanted or headers, first or opened.name
                    rows += len(chunk)
                    log.count(len(chunk))
                    whole = with_line_problem(chunk) if one_is_ragged else chunk
                    yield select_columns(whole, [*wanted, LINE_PROBLEM])
                if rows == 0:
                    raise UnreadableFileError(
                        f"{opened.name} has a header but no leads below it. Export the list again."
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


def look_at_files(
    path: str | Path | Sequence[str | Path],
    *,
    sheet: str | None = None,
    go_on: bool = False,
    encoding: str | None = None,
) -> ReadLog:
    """Look through the files of a list and return what was found of each; their leads are not counted.

    Parameters
    ----------
    go_on
        Whether a file that cannot be read is passed over.
    """
    log = ReadLog()
    for file in list_files(path):
        with suppress(UnreadableFileError) if go_on else nullcontext(), open_file(file, encoding) as opened:
            notes, _ = _chunks(opened, _headers(opened, sheet), sheet, None, CHUNK_ROWS)
            log.begin(notes)
    return log


def read_headers(
    path: str | Path | Sequence[str | Path], *, sheet: str | None = None, encoding: str | None = None
) -> list[str]:
    """Read the column names of a lead list, made unique, without its rows."""
    with open_file(list_files(path)[0], encoding) as opened:
        return _headers(opened, sheet)


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


def _headers(opened: OpenedFile, sheet: str | None) -> list[str]:
    headers = _file_headers(opened, sheet)
    if len(headers) > MOST_COLUMNS:
        raise UnreadableFileError(
            f"{opened.name} has {len(headers):,} columns; at most {MOST_COLUMNS:,} make sense for leads. Export only "
            "the columns that you need."
        )
    return unique_headers(headers)


def _file_headers(opened: OpenedFile, sheet: str | None) -> list[str]:
    if opened.kind == "parquet":
        return list(open_parquet(opened).schema_arrow.names)
    return read_sheet(opened, sheet).headers if opened.kind == "excel" else first_record(opened)


def unique_headers(headers: Iterable[str]) -> list[str]:
    """Give every column a name of its own: the first blank one at the left stays blank, others say where they stand.

    Examples
    --------
    >>> unique_headers(["", "email", "email", ""])
    ['', 'email', 'email.1', 'Column 4']
    """
    given = [str(header).strip("\ufeff") for header in headers]
    taken, unique = set(given), []
    seen: Counter[str] = Counter()
    for position, header in enumerate(given):
        name = header
        if is_blank(header) and position:
            name = header = f"Column {position + 1}"
        while (name in taken and seen[header]) or name in unique:
            name = f"{header}.{max(1, seen[header])}"
            seen[header] += 1
        seen[header] += 1
        unique.append(name)
    return unique


def _chunks(
    opened: OpenedFile, headers: list[str], sheet: str | None, columns: Sequence[str] | None, chunk_rows: int
) -> tuple[FileNotes, Iterator[Chunk]]:
    """Return what was found of a file, and its leads in chunks."""
    chosen = headers if columns is None else [h for h in headers if h in set(columns)]
    if opened.kind == "parquet":
        notes, dropped = look_at_parquet(opened, headers)
        return notes, without_rows(parquet_chunks(opened, headers, chosen, chunk_rows), dropped)
    if opened.kind == "excel":
        table = read_sheet(opened, sheet)
        frame = table.frame(headers)[chosen]
        places = range(0, len(frame), chunk_rows)
        notes = with_remarks(table.notes, unnamed_columns(table.headers))
        return notes, (frame.iloc[i : i + chunk_rows].reset_index(drop=True) for i in places)
    look = look_through(opened, headers)
    read = text_chunks(opened, look, headers, chunk_rows)
    written = first_record(opened)
    beside = columns_beside(written)
    second = second_table(text_chunks(opened, look, headers, chunk_rows), headers, beside) if beside else []
    notes = with_remarks(look.notes, [*second, *unnamed_columns(written)])
    return notes, (select_columns(chunk, [*chosen, LINE_PROBLEM]) for chunk in read)


def _file_is_ragged(file: Path, encoding: str | None = None, may_go_on: bool = False) -> bool:
    with suppress(UnreadableFileError) if may_go_on else nullcontext(), open_file(file, encoding) as opened:
        return opened.kind == "csv" and look_through(opened, _headers(opened, None)).is_ragged
    return False


def list_encodings(path: str | Path) -> dict[str, str]:
    """Return the encodings in which a text file could be read, the found one first, each with a word as it reads it.

    Empty where there is no other, as of a file in UTF-8 or a workbook, and of several files.
    """
    files = list_files(path)
    if len(files) > 1:
        return {}
    with open_file(files[0]) as opened:
        return dict(opened.encodings)
