"""DuckDB in this process: one database in memory, and cursors that are borrowed and given back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from leadscore_core.errors import StorageError

MEMORY = "512MB"
_MOST_IDLE = 8
_lock = threading.Lock()
_root: duckdb.DuckDBPyConnection | None = None
_idle: list[duckdb.DuckDBPyConnection] = []
_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UINTEGER", "UBIGINT"}
_OTHER = {"BOOLEAN": "bool", "DOUBLE": "float64"}
_TEXT = pd.StringDtype(na_value=np.nan)


@contextmanager
def borrowed_cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a cursor that no other thread uses; it knows the files that it has read before."""
    global _root
    with _lock:
        if _root is None:
            _root = duckdb.connect(config={"memory_limit": MEMORY})
            _root.execute("SET parquet_metadata_cache = true")
        cursor = _idle.pop() if _idle else _root.cursor()
    whole = False
    try:
        yield cursor
        whole = True
    finally:
        with _lock:
            reuse = whole and len(_idle) < _MOST_IDLE
            if reuse:
                _idle.append(cursor)
        if not reuse:
            cursor.close()


@contextmanager
def errors_in_words(leads: Path) -> Iterator[None]:
    """Tell faults of reading a batch's leads as `StorageError`.

    Parameters
    ----------
    leads
        Their file.
    """
    try:
        yield
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        there = leads.is_file()
        raise StorageError(
            f"The leads of this list cannot be read: {leads.name} is {'damaged' if there else 'gone'}. Upload the "
            "list again, or delete it on Leads."
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise StorageError("This needs more memory than LeadScore may use. Narrow the filter.") from error
    except duckdb.Error as error:
        raise StorageError(
            "The leads of this list cannot be read as asked. Clear the filter, or upload the list again."
        ) from error


def to_frame(found: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return a short result as a frame: whole numbers int64 or, with blanks, Int64; text as ``str``, blanks NaN."""
    names = [(column[0], str(column[1])) for column in found.description or []]
    rows = found.fetchall()
    columns = {name: _as_array(kind, [row[place] for row in rows]) for place, (name, kind) in enumerate(names)}
    return pd.DataFrame(columns)


def _as_array(kind: str, cells: list[Any]) -> Any:
    """Return the cells of a DuckDB type as an array; Series made one by one take as long as reading them."""
    if kind == "VARCHAR":
        return pd.array(cells, dtype=_TEXT)
    if kind in _WHOLE:
        return pd.array(cells, dtype="Int64") if None in cells else np.array(cells, dtype="int64")
    if kind.startswith("TIMESTAMP"):
        return np.array(cells, dtype="datetime64[us]")
    return np.array(cells, dtype=_OTHER.get(kind, "object"))


def string_types(kind: pa.DataType) -> Any:
    """Map Arrow's text to pandas' ``str``, for `to_pandas`."""
    return _TEXT if pa.types.is_string(kind) or pa.types.is_large_string(kind) else None


def sql_text(value: object) -> str:
    """Return what stands between the quotes of a text in SQL.

    Examples
    --------
    >>> sql_text("it's")
    "it''s"
    """
    return str(value).replace("'", "''")
