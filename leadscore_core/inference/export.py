"""Exporting: scored leads as CSV, Excel or Parquet, whole or not at all, with nothing a spreadsheet would run."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import xlsxwriter

from leadscore_core.errors import ExportError

ENDINGS = (".csv", ".csv.gz", ".xlsx", ".parquet")
EXCEL_ROWS = 1_048_575
_EXCEL_CELL = 32_767
_RUNS = r"^[=+\-@\t\r]"
_PLAIN_NUMBER = r"^[+-]?(?:\d[\d,.]*|\.\d+)(?:[eE][+-]?\d+)?\s?%?$"
_WIDTHS = {"reason": 60, "row_problem": 40, "junk_reason": 32, "model_id": 24}


def neutralise(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text that a spreadsheet would run; numbers and everything else stay as they are.

    Examples
    --------
    >>> neutralise(pd.DataFrame({"note": ["=1+1", "-5", "+49 30", "fine"]}))["note"].tolist()
    ["'=1+1", '-5', "'+49 30", 'fine']
    """
    safe = {}
    for name in frame.columns:
        cells = frame[name]
        if isinstance(cells.dtype, pd.StringDtype | pd.CategoricalDtype) or cells.dtype == object:
            text = cells.astype("str")
            suspect = text.str.contains(_RUNS, regex=True, na=False)
            if suspect.any():
                runs = suspect.copy()
                runs[suspect] = ~text[suspect].str.contains(_PLAIN_NUMBER, regex=True)
                cells = text.where(~runs, "'" + text)
        safe[name] = cells
    renamed = {name: f"'{name}" for name in frame.columns if re.match(_RUNS, str(name))}
    return pd.DataFrame(safe, index=frame.index).rename(columns=renamed)


def write_leads(parts: Iterable[pd.DataFrame], path: str | Path) -> int:
    """Write parts of one list to one file; it appears only when it is complete.

    Parameters
    ----------
    parts
        Frames with the same columns, at least one.
    path
        Ends in .csv, .csv.gz, .xlsx or .parquet.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    ExportError
        For another ending, a folder that cannot be written, a full disk, or more rows than Excel holds; a file that
        was there before is then unchanged.
    """
    path = Path(path)
    writer_of = check_output(path)
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    rows = 0
    try:
        with writer_of(Path(aside)) as writer:
            for part in parts:
                writer.write(part)
                rows += len(part)
        os.chmod(aside, 0o644)
        os.replace(aside, path)
    except OSError as error:
        raise ExportError(
            f"{path} could not be written ({error.strerror or error}). Make room or choose another folder."
        ) from error
    except pa.ArrowException as error:
        raise ExportError(
            f"{path.name} could not be written: the parts of the list differ in their types ({error}). Give one file "
            "at a time, or ask for .csv."
        ) from error
    finally:
        Path(aside).unlink(missing_ok=True)
    return rows


def check_output(path: str | Path) -> Callable[[Path], _Writer]:
    """Raise if a file could not be written there; return what writes it.

    Raises
    ------
    ExportError
        Naming the ending or folder, and what would do.
    """
    path = Path(path)
    ending = next((e for e in sorted(ENDINGS, key=len, reverse=True) if path.name.lower().endswith(e)), None)
    if ending is None:
        raise ExportError(f"{path.name} has no ending that LeadScore writes. Name it with one of {', '.join(ENDINGS)}.")
    if not path.parent.is_dir():
        raise ExportError(f"The folder {path.parent} does not exist. Create it or choose another.")
    if path.is_dir():
        raise ExportError(f"{path} is a folder. Give the name of a file.")
    if not os.access(path.parent, os.W_OK):
        raise ExportError(f"The folder {path.parent} may not be written. Choose another.")
    writers: dict[str, Callable[[Path], _Writer]] = {
        ".csv": _CsvWriter,
        ".csv.gz": _GzipCsvWriter,
        ".xlsx": _ExcelWriter,
        ".parquet": _ParquetWriter,
    }
    return writers[ending]


class _Writer(Protocol):
    def write(self, part: pd.DataFrame) -> None: ...
    def __enter__(self) -> _Writer: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _ArrowWriter:
    """Opens its Arrow writer with the first part's columns, which the others must follow."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: Any = None
        self._schema: pa.Schema | None = None

    def write(self, part: pd.DataFrame) -> None:
        table = pa.Table.from_pandas(
            self.prepare(part), preserve_index=False, schema=self._schema
        ).replace_schema_metadata(None)
        if self._writer is None:
            self._schema = table.schema
            self._writer = self.open(table.schema)
        self._writer.write_table(self.finish(table))

    def finish(self, table: pa.Table) -> pa.Table:
        return table

    def prepare(self, part: pd.DataFrame) -> pd.DataFrame:
        return part

    def open(self, schema: pa.Schema) -> Any:
        raise ExportError("no way to write this file")

    def __enter__(self) -> _ArrowWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()


class _ParquetWriter(_ArrowWriter):
    def prepare(self, part: pd.DataFrame) -> pd.DataFrame:
        return part.assign(**{name: part[name].astype("str") for name in part.columns if part[name].dtype == object})

    def open(self, schema: pa.Schema) -> pq.ParquetWriter:
        return pq.ParquetWriter(self.path, schema, compression="zstd")


class _CsvWriter(_ArrowWriter):
    def prepare(self, part: pd.DataFrame) -> pd.DataFrame:
        return neutralise(_dates_as_text(part))

    def finish(self, table: pa.Table) -> pa.Table:
        """Turn empty text into null, which is written as nothing at all instead of a pair of quotes."""
        null = pa.scalar(None, pa.large_string())
        for place, field in enumerate(table.schema):
            if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
                column = table.column(place)
                blank = pc.if_else(pc.equal(column, ""), null.cast(field.type), column)
                table = table.set_column(place, field, blank)
        return table

    def open(self, schema: pa.Schema) -> pacsv.CSVWriter:
        return pacsv.CSVWriter(self.sink(), schema, write_options=pacsv.WriteOptions(quoting_style="needed"))

    def sink(self) -> Any:
        return str(self.path)


class _GzipCsvWriter(_CsvWriter):
    def sink(self) -> Any:
        self._stream = pa.CompressedOutputStream(str(self.path), "gzip")
        return self._stream

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._writer is not None:
            self._stream.close()


class _ExcelWriter:
    def __init__(self, path: Path) -> None:
        self._book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "nan_inf_to_errors": True,
            },
        )
        self._sheet = self._book.add_worksheet("Leads")
        self._bold = self._book.add_format({"bold": True})
        self._row = 0

    def write(self, part: pd.DataFrame) -> None:
        if self._row + len(part) > EXCEL_ROWS:
            raise ExportError(
                f"An Excel sheet holds {EXCEL_ROWS:,} leads and there are more. Ask for .csv or .parquet."
            )
        safe = neutralise(_dates_as_text(part))
        if self._row == 0:
            self._start(safe)
        for record in safe.astype(object).itertuples(index=False, name=None):
            self._row += 1
            for place, cell in enumerate(record):
                self._write_cell(place, cell)

    def _start(self, frame: pd.DataFrame) -> None:
        for place, name in enumerate(map(str, frame.columns)):
            width = next(
                (w for prefix, w in _WIDTHS.items() if name.startswith(prefix)), max(10, min(30, len(name) + 2))
            )
            self._sheet.set_column(place, place, width)
            self._sheet.write_string(0, place, name, self._bold)
        self._sheet.freeze_panes(1, 0)
        last = xlsxwriter.utility.xl_rowcol_to_cell(EXCEL_ROWS, max(0, frame.shape[1] - 1))
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:{last}"})

    def _write_cell(self, place: int, cell: Any) -> None:
        if isinstance(cell, bool):
            self._sheet.write_boolean(self._row, place, cell)
        elif isinstance(cell, int | float) and cell == cell:
            self._sheet.write_number(self._row, place, cell)
        elif isinstance(cell, str) and cell:
            self._sheet.write_string(self._row, place, cell[:_EXCEL_CELL])

    def __enter__(self) -> _ExcelWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._book.close()
        except xlsxwriter.exceptions.FileCreateError as fault:
            raise OSError(str(fault)) from fault


def _dates_as_text(frame: pd.DataFrame) -> pd.DataFrame:
    dates = {}
    for name in frame.columns:
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            text = frame[name].dt.strftime("%Y-%m-%d %H:%M:%S")
            dates[name] = text.str.removesuffix(" 00:00:00") if text.dropna().str.endswith(" 00:00:00").all() else text
    return frame.assign(**dates)
