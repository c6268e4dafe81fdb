"""Parts: a stretch of a list as it was read, text and Parquet as Arrow keeps them, workbooks as a frame."""

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
Part: TypeAlias = "pa.Table | pd.DataFrame"
# whole numbers and flags keep their type in a part that has blanks
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


def part_frame(part: Part, columns: Sequence[str] | None = None, *, repeating: Collection[str] = ()) -> pd.DataFrame:
    """Return a part as a frame.

    Parameters
    ----------
    part
        As read.
    columns
        Headers that are wanted; without it, all.
    repeating
        Headers of text that is likely to repeat: it comes as categories, so that each is looked at once.

    Examples
    --------
    >>> part = pa.table({"source": ["news", "news"], "n": [1, 2]})
    >>> part_frame(part, ["source"], repeating=["source"])["source"].cat.categories.tolist()
    ['news']
    """
    if isinstance(part, pd.DataFrame):
        return part if columns is None else part[list(columns)]
    table = part if columns is None else part.select(list(columns))
    for place, field in enumerate(table.schema):
        if field.name in repeating and (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            table = table.set_column(place, field.name, one_array(table.column(place)).dictionary_encode())
    return table.to_pandas(ignore_metadata=True, types_mapper=_NULLABLE.get)


def select_columns(part: Part, columns: Sequence[str]) -> Part:
    """Return a part with those of these columns that it has, in this order."""
    names = part.column_names if isinstance(part, pa.Table) else list(part.columns)
    there = set(names)
    wanted = [name for name in columns if name in there]
    if wanted == names:
        return part
    return part.select(wanted) if isinstance(part, pa.Table) else part[wanted]


def with_line_problem(part: Part) -> Part:
    """Return a part with a blank `LINE_PROBLEM` where it has none."""
    if isinstance(part, pd.DataFrame):
        return part if LINE_PROBLEM in part else part.assign(**{LINE_PROBLEM: pd.array([""] * len(part), dtype="str")})
    if LINE_PROBLEM in part.column_names:
        return part
    return part.append_column(LINE_PROBLEM, pa.array([""] * len(part), pa.string()))


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


def row_keys(part: Part) -> np.ndarray:
    """Return one uint64 a row, equal where rows are equal in all but a leading index column; of use in one run alone.

    Examples
    --------
    >>> keys = row_keys(pa.table({"index": [1, 2, 3], "source": ["a", "b", "a"]}))
    >>> [bool(key == keys[0]) for key in keys]
    [True, False, True]
    """
    table = pa.Table.from_pandas(part.astype("str"), preserve_index=False) if isinstance(part, pd.DataFrame) else part
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
        cursor.register("part", table)
        return np.asarray(cursor.execute(f"select {expression} as key from part").fetchnumpy()["key"])


@cache
def _duckdb() -> Any:
    import duckdb  # only lists are compared row by row

    atexit.register(_duckdb.cache_clear)  # a connection that outlives the interpreter is complained of
    return duckdb.connect(config={"threads": 1})  # the cores are taken by other parts
