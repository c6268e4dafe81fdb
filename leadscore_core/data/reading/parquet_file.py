"""Parquet files in chunks; what neither a spreadsheet nor a model can read becomes text."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadscore_core.data.reading.opened_file import MOST_TIMES, MUCH_UNPACKED, OpenedFile
from leadscore_core.data.reading.text_repair import unwrap_cell
from leadscore_core.errors import UnreadableFileError

ROWS = 60_000  # that are read at once
_MOST_AT_ONCE = 1 << 30  # bytes of text


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


def check_unpacked(opened: OpenedFile) -> None:
    """Make sure that a file holds no more text than a list of leads does: a value is kept once, and may be meant often.

    Raises
    ------
    UnreadableFileError
        If it holds more than 200 times its size, or more than 1 GB in 60,000 rows.
    """
    about = open_parquet(opened).metadata
    leaves = [about.schema.column(place) for place in range(about.num_columns)]
    texts = [one.path for one in leaves if one.physical_type == "BYTE_ARRAY"]
    unpacked = sum(one.length for one in leaves if one.physical_type == "FIXED_LEN_BYTE_ARRAY") * about.num_rows
    most = max(MUCH_UNPACKED, MOST_TIMES * opened.path.stat().st_size)
    file = pq.ParquetFile(opened.path, read_dictionary=texts)
    if unpacked <= most and (not texts or _is_surely_less(file, texts, most - unpacked)):
        return
    for batch in file.iter_batches(batch_size=ROWS, columns=texts):
        at_once = sum(_unpacked(leaf) for column in batch.columns for leaf in _leaves(column))
        unpacked += at_once
        if unpacked > most:
            raise UnreadableFileError(
                f"{opened.name} unpacks to more than {MOST_TIMES} times its size, as no list of leads does. Write the "
                "list itself, with one row a lead."
            )
        if at_once > _MOST_AT_ONCE:
            raise UnreadableFileError(
                f"{opened.name} holds more than {_MOST_AT_ONCE >> 30} GB of text in {batch.num_rows:,} rows, more than "
                "can be read at once. Leave out the columns of long text."
            )


def _is_surely_less(file: pq.ParquetFile, texts: Sequence[str], most: int) -> bool:
    """Tell by the longest value that each group of rows keeps once, without reading the rows, that all is well."""
    metadata, unpacked = file.metadata, 0
    for group in range(metadata.num_row_groups):
        about = metadata.row_group(group)
        first = next(file.iter_batches(batch_size=1, row_groups=[group], columns=texts), None)
        kept = [] if first is None else [leaf for column in first.columns for leaf in _leaves(column)]
        longest = sum(map(_longest, kept))
        cells = max(about.column(place).num_values for place in range(about.num_columns))
        at_once = min(ROWS, cells) if cells == about.num_rows else cells  # a list may hold many
        unpacked += about.total_byte_size + cells * longest
        if unpacked > most or about.total_byte_size + at_once * longest > _MOST_AT_ONCE:
            return False
    return True


def _leaves(column: pa.Array) -> Iterator[pa.Array]:
    """Yield what a column is made of, records and lists down to their cells."""
    if pa.types.is_struct(column.type):
        for part in column.flatten():
            yield from _leaves(part)
    elif pa.types.is_map(column.type):
        yield from _leaves(column.keys)
        yield from _leaves(column.items)
    elif pa.types.is_nested(column.type):
        yield from _leaves(column.flatten())
    else:
        yield column


def _longest(leaf: pa.Array) -> int:
    """Return the bytes of the longest value that is kept once, whichever row means it."""
    if not pa.types.is_dictionary(leaf.type):
        return 0
    return int(pc.max(pc.binary_length(leaf.dictionary)).as_py() or 0)


def _unpacked(leaf: pa.Array) -> int:
    """Return the bytes of cells."""
    if not pa.types.is_dictionary(leaf.type):
        return int(leaf.nbytes)
    lengths = pc.fill_null(pc.binary_length(leaf.dictionary), 0).to_numpy(zero_copy_only=False).astype("int64")
    counts = np.bincount(leaf.indices.drop_null().to_numpy(), minlength=len(lengths))
    return int(counts @ lengths)


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
