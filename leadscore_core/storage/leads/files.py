"""Lead files: a batch's Parquet, sorted when it is kept, and read where `LeadTable` is not enough."""

import re
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_may
from leadscore_core.errors import StorageError
from leadscore_core.storage.leads.dimensions import quoted
from leadscore_core.storage.leads.pool import borrowed_cursor, sql_text, string_types

POSITION = "file_row_number"
FILE_ROW = "ls_file_row"


def sort_into(unsorted: Path, extra: pd.DataFrame | None, target: Path, row_group: int) -> None:
    """Write a batch's leads with their rank, the highest propensity first and ties in the list's order.

    Parameters
    ----------
    extra
        Columns to add, by ``ls_row``, or None.
    """
    with borrowed_cursor() as cursor:
        join = ""
        if extra is not None:
            cursor.register("extra", pa.Table.from_pandas(extra, preserve_index=False))
            join = "LEFT JOIN extra USING (ls_row)"
        try:
            cursor.execute(
                f"COPY (SELECT row_number() OVER (ORDER BY ls_propensity DESC, ls_row) AS ls_rank, * "  # noqa: S608  # names are quoted or ours, values are bound
                f"FROM read_parquet('{sql_text(unsorted)}') {join} ORDER BY ls_rank) "
                f"TO '{sql_text(target)}' (FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE {int(row_group)})"
            )
        except duckdb.Error as error:
            raise OSError(str(error).splitlines()[0]) from error


def read_file_rows(path: Path) -> np.ndarray | None:
    """Return the row in its file of each lead of a batch, in the list's order; None where they are counted on.

    Where the file is gone they are counted on too: scoring again makes it anew.
    """
    try:
        if FILE_ROW not in pq.read_schema(path).names:
            return None
        table = pq.read_table(path, columns=["ls_row", FILE_ROW]).sort_by("ls_row")
    except (OSError, pa.ArrowException):
        return None
    rows: np.ndarray = table[FILE_ROW].to_numpy()
    return rows


_IDENTITY = re.compile(r"ls_row|ls_id|ls_name|ls_(?:id|email|phone)(?:_\d+)?_key")


def read_people(path: Path) -> pd.DataFrame:
    """Return what tells whether two leads are one person: their keys, names and positions, of what a batch has."""
    try:
        with borrowed_cursor() as cursor:
            source = f"read_parquet('{sql_text(path)}')"
            present = [row[0] for row in cursor.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]  # noqa: S608  # names are quoted or ours, values are bound
            columns = ", ".join(quoted(name) for name in present if _IDENTITY.fullmatch(name))
            frame = cursor.sql(f"SELECT {columns} FROM {source} ORDER BY ls_row").to_arrow_table()  # noqa: S608  # names are quoted or ours, values are bound
    except duckdb.Error as error:
        raise StorageError(f"{path} is gone or damaged. Upload the list again, or delete it on Leads.") from error
    return frame.to_pandas(types_mapper=_nullable)


def _nullable(kind: pa.DataType) -> Any:
    """Keep whole numbers whole where cells are blank."""
    if pa.types.is_unsigned_integer(kind):
        return pd.UInt64Dtype()
    return pd.Int64Dtype() if pa.types.is_integer(kind) else string_types(kind)


def read_own(path: Path, rows: list[int], headers: list[str] | None = None) -> pd.DataFrame:
    """Return the list's own columns of some leads, in the order of the positions given.

    Parameters
    ----------
    headers
        Those that are wanted; all if not given, for who may see contacts, or calls a lead.

    Raises
    ------
    StorageError
        If the file is gone or damaged.
    NotPermittedError
        If all columns are wanted by somebody who may see no contacts.
    """
    if headers is None:
        check_may(Action.SEE_CONTACTS, Action.CALL)
    try:
        with borrowed_cursor() as cursor:
            # DuckDB gives other names to headers that are blank, or that differ in case alone
            source = f"read_parquet('{sql_text(path)}')"
            given = [row[0] for row in cursor.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]  # noqa: S608  # names are quoted or ours, values are bound
            names = dict(zip(pq.read_schema(path).names, given, strict=True))
            wanted = list(names) if headers is None else headers
            columns = "".join(f", {quoted(names[header])}" for header in wanted)
            inside = ", ".join(str(int(row)) for row in rows) or "-1"
            table = cursor.sql(
                f"SELECT {POSITION}{columns} FROM read_parquet('{sql_text(path)}', file_row_number = true) "  # noqa: S608  # names are quoted or ours, values are bound
                f"WHERE {POSITION} IN ({inside})"
            ).to_arrow_table()
            frame = table.rename_columns([POSITION, *wanted])
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise StorageError(
            f"The list's own columns cannot be read: {path.name} is {'damaged' if path.is_file() else 'gone'}. Upload "
            "the list again, or delete it on Leads."
        ) from error
    found = frame.to_pandas(types_mapper=_nullable)
    return found.set_index(POSITION).loc[rows].reset_index(drop=True)
