"""Writers: one file format each, chunk after chunk."""

import codecs
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import xlsxwriter

from leadscore_core.data.cleaning.text import as_text
from leadscore_core.data.reading.chunks import Chunk, chunk_frame
from leadscore_core.errors import ExportError
from leadscore_core.inference.export.formula_injection import neutralise, neutralise_table

EXCEL_ROWS = 1_048_575
_EXCEL_CELL = 32_767
_EXACT_INTEGER = 2**53
_WIDTHS = {"reason": 60, "row_problem": 40, "junk_reason": 32, "model_id": 24}


_PLAIN_KINDS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_boolean)


class Writer(Protocol):
    """Writes the chunks of one list to one file."""

    def write(self, chunk: Chunk) -> None:
        """Write the next chunk."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ParquetFile:
    """Parquet with the types of the first chunk, which the others must follow."""

    def __init__(self, path: Path, row_group_rows: int | None = None) -> None:
        self._path, self._row_group_rows = path, row_group_rows
        self._writer: pq.ParquetWriter | None = None

    def write(self, chunk: Chunk) -> None:
        """Write the next chunk."""
        schema = None if self._writer is None else self._writer.schema
        if isinstance(chunk, pd.DataFrame):
            texts = {name: as_text(chunk[name]) for name in chunk.columns if chunk[name].dtype == object}
            table = pa.Table.from_pandas(chunk.assign(**texts), preserve_index=False, schema=schema)
        else:
            table = _typed(chunk) if schema is None else self._like_before(chunk, schema)
        table = table.replace_schema_metadata(None)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._writer.write_table(table, row_group_size=self._row_group_rows)

    def _like_before(self, chunk: pa.Table, schema: pa.Schema) -> pa.Table:
        try:
            return chunk.cast(schema)
        except pa.ArrowException as error:  # its own words may quote a lead
            columns = [
                f"{before.name} ({before.type}, {now.type})"
                for before, now in zip(schema, chunk.schema, strict=True)
                if not _casts(chunk.column(now.name), before.type)
            ]
            raise ExportError(
                f"A Parquet column has one type, and in this list these hold several: "
                f"{', '.join(columns[:5])}. Give one file at a time, or ask for .csv."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()


def _casts(column: pa.ChunkedArray, kind: pa.DataType) -> bool:
    try:
        column.cast(kind)
    except pa.ArrowException:
        return False
    return True


def _typed(table: pa.Table) -> pa.Table:
    """Give columns that hold nothing a type, for later chunks may fill them."""
    for place, field in enumerate(table.schema):
        if pa.types.is_null(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.string()))
    return table


class CsvFile:
    """CSV in UTF-8; each chunk is written by itself, so that chunks may differ in their types.

    With ``for_excel`` the file begins with the mark by which Excel knows UTF-8.
    """

    def __init__(self, path: Path, *, packed: bool = False, for_excel: bool = False) -> None:
        self._stream = pa.CompressedOutputStream(str(path), "gzip") if packed else pa.OSFile(str(path), "wb")
        if for_excel:
            self._stream.write(codecs.BOM_UTF8)
        self._first = True

    def write(self, chunk: Chunk) -> None:
        """Write the next chunk."""
        table = (
            pa.Table.from_pandas(plain_cells(chunk), preserve_index=False)
            if isinstance(chunk, pd.DataFrame)
            else _plain_columns(chunk)
        )
        options = pacsv.WriteOptions(include_header=self._first, quoting_style="needed")
        pacsv.write_csv(neutralise_table(table), self._stream, options)
        self._first = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()


class ExcelFile:
    """One sheet with a frozen bold header; nothing in it is a formula."""

    def __init__(self, path: Path) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._sheet = self._book.add_worksheet("Leads")
        self._bold = self._book.add_format({"bold": True})
        self._row = 0

    def write(self, chunk: Chunk) -> None:
        """Write the next chunk."""
        if self._row + len(chunk) > EXCEL_ROWS:
            raise ExportError(
                f"An Excel sheet holds {EXCEL_ROWS:,} leads and there are more. Ask for .csv or .parquet."
            )
        safe = neutralise(plain_cells(chunk_frame(chunk)))
        if self._row == 0:
            self._start([str(name) for name in safe.columns])
        for record in safe.astype(object).itertuples(index=False, name=None):
            self._row += 1
            for place, cell in enumerate(record):
                self._write_cell(place, cell)

    def _start(self, names: list[str]) -> None:
        for place, name in enumerate(names):
            asked = (width for prefix, width in _WIDTHS.items() if name.startswith(prefix))
            self._sheet.set_column(place, place, next(asked, max(10, min(30, len(name) + 2))))
            self._sheet.write_string(0, place, name, self._bold)
        self._sheet.freeze_panes(1, 0)
        last = xlsxwriter.utility.xl_rowcol_to_cell(EXCEL_ROWS, max(0, len(names) - 1))
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:{last}"})

    def _write_cell(self, place: int, cell: Any) -> None:
        if isinstance(cell, bool):
            self._sheet.write_boolean(self._row, place, cell)
        elif isinstance(cell, int) and abs(cell) > _EXACT_INTEGER:
            self._sheet.write_string(self._row, place, str(cell))
        elif isinstance(cell, int | float) and abs(cell) < float("inf"):
            self._sheet.write_number(self._row, place, cell)
        elif isinstance(cell, str) and cell:
            self._sheet.write_string(self._row, place, cell[:_EXCEL_CELL])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._book.close()
        except xlsxwriter.exceptions.FileCreateError as fault:
            raise OSError(str(fault)) from fault


WRITERS: dict[str, Callable[[Path], Writer]] = {
    ".csv": CsvFile,
    ".csv.gz": lambda path: CsvFile(path, packed=True),
    ".xlsx": ExcelFile,
    ".parquet": ParquetFile,
}
FOR_EXCEL: dict[str, Callable[[Path], Writer]] = {".csv": lambda path: CsvFile(path, for_excel=True)}


def plain_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with every cell a number, a flag or text: dates in ISO form, anything else as it reads.

    Examples
    --------
    >>> import datetime
    >>> cells = pd.DataFrame({"day": [datetime.date(2026, 5, 1)], "when": pd.to_datetime(["2026-05-01 10:00:00.5"])})
    >>> plain_cells(cells).to_dict("records")
    [{'day': '2026-05-01', 'when': '2026-05-01 10:00:00.500000'}]
    """
    plain = {}
    for name in frame.columns:
        cells = frame[name]
        if pd.api.types.is_datetime64_any_dtype(cells):
            form = "%Y-%m-%d %H:%M:%S.%f" + ("%z" if getattr(cells.dtype, "tz", None) is not None else "")
            plain[name] = cells.dt.strftime(form).str.replace(".000000", "", regex=False)
        elif not (pd.api.types.is_numeric_dtype(cells) or isinstance(cells.dtype, pd.StringDtype)):
            plain[name] = as_text(cells)
    return frame.assign(**plain)


def _plain_columns(table: pa.Table) -> pa.Table:
    """Do as `plain_cells` does with an Arrow table; most columns are plain as they are."""
    for place, field in enumerate(table.schema):
        kind, column = field.type, table.column(place)
        if pa.types.is_floating(kind):
            plain = pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
        elif any(is_kind(kind) for is_kind in _PLAIN_KINDS):
            continue
        else:
            plain = pa.array(plain_cells(chunk_frame(table, [field.name]))[field.name], pa.large_string())
        table = table.set_column(place, field.name, plain)
    return table
