"""Parquet files in parts; what neither a spreadsheet nor a model can read becomes text."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadscore_core.data.cleaning.text import one_array
from leadscore_core.data.reading.blank_cells import blank_cells
from leadscore_core.data.reading.chunks import INDEX_HEADERS
from leadscore_core.data.reading.opened_file import Source
from leadscore_core.data.reading.text_repair import unwrap_cell
from leadscore_core.errors import UnreadableFileError


def open_parquet(source: Source) -> pq.ParquetFile:
    """Open a Parquet file.

    Raises
    ------
    UnreadableFileError
        If it is damaged.
    """
    try:
        return pq.ParquetFile(source.path)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise UnreadableFileError(
            f"{source.name} is a damaged Parquet file ({str(error).splitlines()[0]}). Write or download it again."
        ) from error


def parquet_blank_rows(source: Source) -> np.ndarray:
    """Return the positions of rows that hold nothing; none where all are blank.

    Columns are read only as far as some row is still blank in all before them: of most files, one.
    """
    file = open_parquet(source)
    places = [at for at, name in enumerate(file.schema_arrow.names) if name.strip().lower() not in INDEX_HEADERS]
    found, begin = [np.empty(0, dtype="int64")], 0
    with _damage_named(source):
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            blank = np.ones(rows, dtype=bool)
            for at in places:
                if not blank.any():
                    break
                column = file.read_row_group(group, columns=[file.schema_arrow.names[at]]).column(0)
                blank &= blank_cells(_readable(one_array(column)) if column.num_chunks else pa.array([], column.type))
            found.append(begin + np.flatnonzero(blank))
            begin += rows
    positions = np.concatenate(found)
    return positions if len(positions) < begin else positions[:0]


def parquet_parts(
    source: Source, headers: Sequence[str], columns: Sequence[str], chunk_rows: int
) -> Iterator[pa.Table]:
    """Read some columns in parts."""
    file = open_parquet(source)
    places = [headers.index(name) for name in columns]
    with _damage_named(source):
        for batch in file.iter_batches(batch_size=chunk_rows):
            yield pa.Table.from_arrays([_readable(batch.column(i)) for i in places], names=list(columns))


@contextmanager
def _damage_named(source: Source) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableFileError(
            f"{source.name} is a damaged Parquet file ({str(error).splitlines()[0]}). Write or download it again."
        ) from error


def _readable(column: pa.Array) -> pa.Array:
    if (
        pa.types.is_binary(column.type)
        or pa.types.is_large_binary(column.type)
        or pa.types.is_fixed_size_binary(column.type)
    ):
        return pa.array([None if v is None else v.decode("utf-8", "replace") for v in column.to_pylist()], pa.string())
    if pa.types.is_nested(column.type):
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        written = pc.fill_null(pc.starts_with(column, '="'), False)
        if pc.any(written).as_py():
            plain = [unwrap_cell(v) for v in column.filter(written).to_pylist()]
            return pc.replace_with_mask(column, written, pa.array(plain, column.type))
    return column
