"""A look through a Parquet file before it is read: blank rows, and rows that are no leads.

Of most files it needs the first rows and two columns; all of it where some row may be no lead.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadscore_core.data.reading.blank_cells import blank_cells
from leadscore_core.data.reading.chunks import INDEX_HEADERS
from leadscore_core.data.reading.group_rows import most_thin, telling_columns
from leadscore_core.data.reading.key_cells import KeyColumn
from leadscore_core.data.reading.non_leads import Row, number_of
from leadscore_core.data.reading.opened_file import OpenedFile, once_a_file
from leadscore_core.data.reading.parquet_file import ROWS, check_unpacked, damage_named, open_parquet, readable_column
from leadscore_core.data.reading.read_log import FileNotes
from leadscore_core.data.reading.row_collector import EVERY, RowCollector, least_telling
from leadscore_core.data.reading.row_profile import HEAD_ROWS, LAST_ROWS, RowProfile
from leadscore_core.data.row_numbers import FIRST_ROW, RowNumbers, last_left


def look_at_parquet(opened: OpenedFile, headers: Sequence[str]) -> tuple[FileNotes, np.ndarray]:
    """Look through a Parquet file, once for as long as it stays as it is.

    Parameters
    ----------
    headers
        Of all its columns, in order.

    Returns
    -------
    tuple of FileNotes and numpy.ndarray
        What was found, and the positions of the rows that are no leads; int64, in order.

    Raises
    ------
    UnreadableFileError
        If the file is damaged.
    """
    with damage_named(opened):
        return _look(opened.origin, opened, tuple(headers))


@once_a_file
def _look(origin: Path, opened: OpenedFile, headers: tuple[str, ...]) -> tuple[FileNotes, np.ndarray]:
    check_unpacked(opened)
    look = _Look(open_parquet(opened), headers)
    if not look.may_hold_others():
        return FileNotes(opened.name), np.empty(0, dtype="int64")
    rows = look.collect()
    found = [one for one in rows.judge(look.n_rows, look.sums) if not look.holds_record(one.row)]
    blank = rows.blank_rows(look.n_rows)
    dropped = np.union1d(np.array([one.row.position for one in found if one.sure], dtype="int64"), blank)
    between = blank[: np.searchsorted(blank, last_left(dropped, look.n_rows))]
    numbers = RowNumbers()
    notes = FileNotes(opened.name, numbers.without(dropped.tolist()), tuple(found), blank_rows=numbers.rows_of(between))
    return notes, dropped


class _Look:
    def __init__(self, file: pq.ParquetFile, headers: tuple[str, ...]) -> None:
        self.file, self.headers = file, headers
        self.n_rows = file.metadata.num_rows
        self.key = KeyColumn.of(headers)
        first = next(file.iter_batches(batch_size=HEAD_ROWS), None)
        self.head = [] if first is None else _rows([readable_column(column) for column in first.columns])

    def holds_record(self, row: Row) -> bool:
        """Tell whether a row holds a list or a record: a program wrote it, and no report."""
        kinds = self.file.schema_arrow.types
        return any(cell and pa.types.is_nested(kind) for cell, kind in zip(row.cells, kinds, strict=True))

    def may_hold_others(self) -> bool:
        """Tell whether any row may be no lead."""
        profile = RowProfile.of(self.head[1:] or self.head, len(self.headers))
        if self.head and profile.masks and not profile.fitting(self.head[0]):
            return True
        telling = telling_columns(self.headers, self.head)
        least = max(1, len(telling) - 1)
        few = telling[: len(telling) - least + 1]  # a row that lacks so many of all lacks one of these
        key = self.headers.index(self.key.header)
        lacks_one = False
        for columns in self._columns(sorted({key, *few})):
            if _are_odd(self.key, columns[key]).any():
                return True
            lacks_one = lacks_one or any(_are_blank(columns[place]).any() for place in few)
        return lacks_one and any(
            np.any(np.sum([_are_blank(columns[place]) for place in telling], axis=0) >= least)
            for columns in self._columns(telling)
        )

    def collect(self) -> RowCollector:
        """Go through all rows, and look closely at those that may be no leads."""
        rows = RowCollector(self.headers)
        most = max(most_thin(self.head), least_telling(self.head, len(self.headers)))
        key = self.headers.index(self.key.header)
        begin = 0
        for columns in self._columns(range(len(self.headers))):
            positions = np.arange(begin, begin + len(columns[key]))
            filled = np.zeros(len(positions), dtype="int32")
            for place, column in columns.items():
                if self.headers[place].strip().lower() not in INDEX_HEADERS:
                    filled += ~_are_blank(column)
            close = (filled <= most) | _are_odd(self.key, columns[key]) | (positions % EVERY == 0)
            close |= (positions < HEAD_ROWS) | (positions >= self.n_rows - LAST_ROWS)
            chosen = pa.array(np.flatnonzero(close))
            cells = _rows([column.take(chosen) for column in columns.values()])
            for position, row in zip(positions[close].tolist(), cells, strict=True):
                rows.add(Row(position, position + FIRST_ROW, row))
            begin += len(positions)
        rows.close()
        return rows

    def sums(self, places: Collection[int]) -> dict[int, tuple[float, int]]:
        """Return sum and count of the numbers of some columns."""
        result = dict.fromkeys(places, (0.0, 0))
        for columns in self._columns(sorted(places)):
            for place, column in columns.items():
                numbers = [number for cell in _texts(column) if (number := number_of(cell)) is not None]
                total, count = result[place]
                result[place] = (total + sum(numbers), count + len(numbers))
        return result

    def _columns(self, places: Sequence[int]) -> Iterator[dict[int, pa.Array]]:
        """Yield some columns chunk by chunk, by their places, which are in order."""
        names = self.file.schema_arrow.names
        wanted = [names[place] for place in places]
        for batch in self.file.iter_batches(batch_size=ROWS, columns=wanted):
            came = batch.schema.names  # all of a name, where several columns have it
            at = {}
            for place in places:
                same = [other for other, name in enumerate(came) if name == names[place]]
                at[place] = same[names[:place].count(names[place])]
            yield {place: readable_column(batch.column(at[place])) for place in places}


def _are_blank(column: pa.Array) -> np.ndarray:
    if not pa.types.is_dictionary(column.type):
        return blank_cells(column)
    blank = np.append(blank_cells(column.dictionary), True)
    return blank[pc.fill_null(column.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)]


def _are_odd(key: KeyColumn, column: pa.Array) -> np.ndarray:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    odd = np.zeros(len(column), dtype=bool)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        perhaps = key.perhaps_odd_places(column)
        odd[perhaps] = key.are_odd(column.take(pa.array(perhaps)))
    return odd


def _rows(columns: Sequence[pa.Array]) -> list[tuple[str, ...]]:
    return list(zip(*map(_texts, columns), strict=True))


def _texts(column: pa.Array) -> list[str]:
    """Return cells as a spreadsheet shows them, blanks as ``""``."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp(kind.unit)).cast(pa.string())  # no calendar is needed for its zone
    elif pa.types.is_duration(kind):
        column = column.cast(pa.int64())
    return [_text(cell) for cell in column.to_pylist()]


def _text(cell: object) -> str:
    if cell is None or cell != cell:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
