"""Rewriting: a batch's Parquet with some leads changed, written aside row group by row group."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def rewrite_parquet(
    path: Path, aside: Path, change: Callable[[pa.Table, int], pa.Table], about: dict[bytes, bytes] | None = None
) -> None:
    """Write a Parquet file anew with the same columns, row groups and compression.

    Parameters
    ----------
    change
        Takes a row group and the position of its first row, and returns it as it is to be, perhaps with fewer rows.
    about
        Added to what the file says of itself.

    Raises
    ------
    OSError
        If one cannot be read or the other not be written.
    """
    with pq.ParquetFile(path) as source:
        own = source.schema_arrow
        schema = pa.schema([field.with_nullable(True) for field in own], (own.metadata or {}) | (about or {}))
        groups = source.num_row_groups
        codec = source.metadata.row_group(0).column(0).compression.lower() if groups else "snappy"
        with pq.ParquetWriter(aside, schema, compression="none" if codec == "uncompressed" else codec) as target:
            first = 0
            for group in range(groups):
                table = source.read_row_group(group)
                rows = table.num_rows
                target.write_table(change(table, first).cast(schema))
                first += rows


def blanked(table: pa.Table, rows: np.ndarray, values: dict[str, object]) -> pa.Table:
    """Return a table with some columns set in some rows.

    Parameters
    ----------
    rows
        One flag a row.
    values
        Column -> what stands there instead; None for blank.

    Examples
    --------
    >>> table = pa.table({"name": ["Ann", "Bo"], "n": [1, 2]})
    >>> blanked(table, np.array([True, False]), {"name": "-", "n": None}).to_pydict()
    {'name': ['-', 'Bo'], 'n': [None, 2]}
    """
    if not rows.any():
        return table
    for place, field in enumerate(table.schema):
        if field.name in values:
            cells = table.column(place)
            value = pa.scalar(values[field.name], type=cells.type)
            rewritten = pc.if_else(pa.array(rows), value, cells)
            table = table.set_column(place, field, rewritten)
    return table
