"""Chunks: a stretch of a list as it was read, text and Parquet as Arrow keeps them, workbooks as a frame."""

import atexit
from collections.abc import Collection, Sequence
from functools import cache, reduce
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from leadscore_core.data.cleaning.text import has_text, one_array

LINE_PROBLEM = "line_problem (found while reading)"
INDEX_HEADERS = frozenset({"", "unnamed: 0", "index"})
_SPARSE = 0.1
_BLANK = "''"
Chunk: TypeAlias = "pa.Table | pd.DataFrame"
# whole numbers and flags keep their type in a chunk that has blanks
_NULLABLE: dict[pa.DataType, pd.api.extensions.ExtensionDtype] = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


def chunk_frame(chunk: Chunk, columns: Sequence[str] | None = None, *, repeating: Collection[str] = ()) -> pd.DataFrame:
    """Return a chunk as a frame.

    Parameters
    ----------
    chunk
        As read.
    columns
        Headers that are wanted; without it, all.
    repeating
        Headers of text that is likely to repeat: it comes as categories, so that each is looked at once.

    Examples
    --------
    >>> chunk = pa.table({"source": ["news", "news"], "n": [1, 2]})
    >>> chunk_frame(chunk, ["source"], repeating=["source"])["source"].cat.categories.tolist()
    ['news']
    """
    if isinstance(chunk, pd.DataFrame):
        return chunk if columns is None else chunk[list(columns)]
    table = chunk if columns is None else chunk.select(list(columns))
    for place, field in enumerate(table.schema):
        if field.name in repeating and (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            table = table.set_column(place, field.name, one_array(table.column(place)).dictionary_encode())
    return table.to_pandas(ignore_metadata=True, types_mapper=_NULLABLE.get)


def select_columns(chunk: Chunk, columns: Sequence[str]) -> Chunk:
    """Return a chunk with those of these columns that it has, in this order, each once.

    Examples
    --------
    >>> select_columns(pd.DataFrame({"a": [1], "b": [2]}), ["b", "c", "b"]).columns.tolist()
    ['b']
    """
    names = chunk.column_names if isinstance(chunk, pa.Table) else list(chunk.columns)
    there = set(names)
    wanted = [name for name in dict.fromkeys(columns) if name in there]
    if wanted == names:
        return chunk
    return chunk.select(wanted) if isinstance(chunk, pa.Table) else chunk[wanted]


def with_line_problem(chunk: Chunk) -> Chunk:
    """Return a chunk with a blank `LINE_PROBLEM` where it has none."""
    if isinstance(chunk, pd.DataFrame):
        return (
            chunk if LINE_PROBLEM in chunk else chunk.assign(**{LINE_PROBLEM: pd.array([""] * len(chunk), dtype="str")})
        )
    if LINE_PROBLEM in chunk.column_names:
        return chunk
    return chunk.append_column(LINE_PROBLEM, pa.array([""] * len(chunk), pa.string()))


def filled_rows(table: pa.Table) -> int:
    """Return up to which row a table of text is filled: the rows from there on are blank in every column.

    Examples
    --------
    >>> filled_rows(pa.table({"a": ["x", "", ""], "b": ["", "y", ""], LINE_PROBLEM: ["", "", "1 field"]}))
    2
    """
    texts = [table.column(name) for name in table.column_names if name != LINE_PROBLEM]
    end, step = len(table), 1
    while end:
        start = max(0, end - step)
        filled = np.zeros(end - start, dtype=bool)
        for text in texts:
            filled |= np.concatenate([has_text(chunk) for chunk in text.slice(start, end - start).chunks])
        if filled.any():
            return start + int(np.flatnonzero(filled)[-1]) + 1
        end, step = start, step * 8
    return 0


def row_keys(chunk: Chunk) -> np.ndarray:
    """Return one uint64 a row, equal where rows are equal in all but a leading index column; of use in one run alone.

    Examples
    --------
    >>> keys = row_keys(pa.table({"index": [1, 2, 3], "source": ["a", "b", "a"]}))
    >>> [bool(key == keys[0]) for key in keys]
    [True, False, True]
    """
    table = (
        pa.Table.from_pandas(chunk.astype("str"), preserve_index=False) if isinstance(chunk, pd.DataFrame) else chunk
    )
    table = table.select([name for name in table.column_names if name.strip().lower() not in INDEX_HEADERS])
    if not table.num_columns or not len(table):
        return np.zeros(len(table), dtype="uint64")
    table = table.rename_columns([f"c{place}" for place in range(table.num_columns)])
    for place, field in enumerate(table.schema):
        if pa.types.is_float16(field.type) or pa.types.is_decimal256(field.type):  # which DuckDB does not know
            wide = pa.float32() if pa.types.is_float16(field.type) else pa.string()
            table = table.set_column(place, field.name, table.column(place).cast(wide))
    filled = {
        name: np.concatenate([has_text(chunk) for chunk in table.column(name).chunks])
        for name, kind in zip(table.column_names, table.schema.types, strict=True)
        if pa.types.is_string(kind) or pa.types.is_large_string(kind)
    }
    sparse = [name for name, rows in filled.items() if rows.sum() <= _SPARSE * len(table)]
    dense = table.drop_columns(sparse)
    keys = _hash(dense) if dense.num_columns else np.zeros(len(table), dtype="uint64")
    if sparse:
        places = {name: np.flatnonzero(filled[name]) for name in sparse}
        texts = [one_array(table.column(name)).take(pa.array(own)).cast(pa.string()) for name, own in places.items()]
        counts = [len(own) for own in places.values()]
        names = pa.array(sparse).take(pa.array(np.repeat(np.arange(len(sparse)), counts)))
        blank = pa.table({"name": sparse, "cell": [""] * len(sparse)})
        cells = pa.concat_tables([blank, pa.table({"name": names, "cell": pa.concat_arrays(texts)})])
        hashes = _asked(cells, "hash(hash(name, cell))")
        of_blank, of_cells = hashes[: len(sparse)], np.split(hashes[len(sparse) :], np.cumsum(counts)[:-1])
        keys ^= np.bitwise_xor.reduce(of_blank)
        for own, result, without in zip(places.values(), of_cells, of_blank, strict=True):
            keys[own] ^= result ^ without
    return keys


def _hash(table: pa.Table) -> np.ndarray:
    """Return for each row what its cells' hashes give together; each cell counts for itself, whatever stands beside.

    DuckDB's hash of two values is one xor the other, more or less, so it is hashed again: a name must not cancel out.
    """
    cells = []
    for name, kind in zip(table.column_names, table.schema.types, strict=True):
        text = name if pa.types.is_string(kind) else f"cast({name} as varchar)"
        whole = pa.types.is_string(kind) and not table.column(name).null_count
        cells.append(f"hash(hash('{name}', {text if whole else f'coalesce({text}, {_BLANK})'}))")
    return _asked(table, reduce(lambda one, other: f"xor({one}, {other})", cells))


def _asked(table: pa.Table, expression: str) -> np.ndarray:
    """Return what DuckDB makes of each row."""
    with _duckdb().cursor() as cursor:
        cursor.register("chunk", table)
        return np.asarray(cursor.execute(f"select {expression} as key from chunk").fetchnumpy()["key"])  # noqa: S608  # names are quoted or ours, values are bound


@cache
def _duckdb() -> Any:
    import duckdb  # only lists are compared row by row

    atexit.register(_duckdb.cache_clear)  # a connection that outlives the interpreter is complained of
    return duckdb.connect(config={"threads": 1})  # the cores are taken by other chunks
