"""Parquet files in chunks; what neither a spreadsheet nor a model can read becomes text."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadscore_core.data.reading.opened_file import OpenedFile
from leadscore_core.data.reading.text_repair import unwrap_cell
from leadscore_core.errors import UnreadableFileError


def open_parquet(opened: OpenedFile) -> pq.ParquetFile:
    """Open a Parquet file.

    Raises
    ------
    UnreadableFileError
        If it is damaged.
    """
    try:
        return pq.ParquetFile(opened.path)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise UnreadableFileError(
            f"{opened.name} is a damaged Parquet file ({str(error).splitlines()[0]}). Write or download it again."
        ) from error


def parquet_chunks(
    opened: OpenedFile, headers: Sequence[str], columns: Sequence[str], chunk_rows: int
) -> Iterator[pa.Table]:
    """Read some columns in chunks."""
    file = open_parquet(opened)
    places = [headers.index(name) for name in columns]
    with damage_named(opened):
        for batch in file.iter_batches(batch_size=chunk_rows):
            yield pa.Table.from_arrays([readable_column(batch.column(i)) for i in places], names=list(columns))


@contextmanager
def damage_named(opened: OpenedFile) -> Iterator[None]:
    """Say of a file whose middle is damaged which it is."""
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableFileError(
            f"{opened.name} is a damaged Parquet file ({str(error).splitlines()[0]}). Write or download it again."
        ) from error


def readable_column(column: pa.Array) -> pa.Array:
    """Return a column as it is read: bytes, lists and records as text."""
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
