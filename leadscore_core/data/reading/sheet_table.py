"""Sheets: the title rows above a header, the leads below it, and cells of mixed types."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leadscore_core.data.reading.group_rows import RowShape, judge_rows
from leadscore_core.data.reading.non_leads import NonLead, Row, number_of
from leadscore_core.data.reading.opened_file import Remark
from leadscore_core.data.reading.read_log import FileNotes
from leadscore_core.data.reading.text_repair import unwrap_cell
from leadscore_core.data.row_numbers import RowNumbers, last_left

_HEADER_SEARCH = 20
_HEADER_SHARE = 0.7
_INT64 = 2**63
_SMALL_TABLE = 0.5
_PROFILE_ROWS = 1_000
_BESIDE = "another table stands beside the list, parted from it by an empty column; it is left out"
_NO_RESULTS = "the workbook has {} without {} results; {} blank. Open it in a spreadsheet, save it and bring it again"


@dataclass(frozen=True, eq=False)
class SheetTable:
    """A sheet's leads: its header, the columns under it, how many rows these have, and what was found.

    Attributes
    ----------
    begins
        Whether a row follows soon upon the header, as in a list.
    """

    headers: list[str]
    columns: list[pd.Series]
    n_rows: int
    begins: bool
    notes: FileNotes

    def frame(self, headers: Sequence[str]) -> pd.DataFrame:
        """Return the leads under these headers."""
        return pd.DataFrame(dict(zip(headers, self.columns, strict=True)))

    @property
    def names(self) -> list[str]:
        """The headers as sheets are compared by them."""
        return [header.strip().casefold() for header in self.headers]


def join_sheets(named: Sequence[tuple[str, SheetTable]], file_name: str) -> SheetTable:
    """Put sheets with the same columns one under the other, each column typed as if it were of one sheet."""
    tables = [table for _, table in named]
    first = tables[0]
    columns = []
    for name in first.names:
        own = [table.columns[table.names.index(name)] for table in tables]
        columns.append(_typed([cell for column in own for cell in _cells(column)]))
    before = np.cumsum([0, *(table.n_rows for table in tables)])
    starts = [table.notes.numbers.starts + rows for table, rows in zip(tables, before, strict=False)]
    numbers = RowNumbers(np.concatenate(starts), np.concatenate([table.notes.numbers.rows for table in tables]))
    non_leads = tuple(found for table in tables for found in table.notes.non_leads)
    blank = np.concatenate([table.notes.blank_rows for table in tables])
    sheets = tuple(zip(before[:-1].tolist(), [name for name, _ in named], strict=True))
    notes = FileNotes(file_name, numbers, non_leads, blank_rows=blank, sheets=sheets)
    return SheetTable(first.headers, columns, int(before[-1]), True, notes)


def parse_sheet(rows: list[list[Any]], first: int, file_name: str, missing_results: int) -> SheetTable | None:
    """Find the header of a sheet and the leads below it; None of a sheet that holds nothing.

    Parameters
    ----------
    rows
        Its cells, without the empty ones around them.
    first
        Row number of the first of them, as a spreadsheet counts.
    missing_results
        Formulas of the workbook that have no result.
    """
    rows, beside = _main_block([[_plain(cell) for cell in row] for row in rows])
    filled = [sum(1 for cell in row if cell not in ("", None)) for row in rows[:_HEADER_SEARCH]]
    widest = max(filled, default=0)
    if not widest:
        return None
    start = next(i for i, n in enumerate(filled) if n >= _HEADER_SHARE * widest)
    headers = ["" if cell is None else str(cell) for cell in rows[start]]
    titles = tuple(
        (first + at, " ".join(str(cell) for cell in row if cell not in ("", None)))
        for at, row in enumerate(rows[:start])
        if filled[at]
    )
    body = rows[start + 1 :]
    while body and all(cell in ("", None) for cell in body[-1]):
        body.pop()
    non_leads, blank = _non_leads(headers, body, first + start + 1)
    gone = {found.row.position for found in non_leads if found.sure}.union(blank)
    dropped = sorted(gone)
    numbers = RowNumbers(np.array([0]), np.array([first + start + 1])).without(dropped)
    last = last_left(np.array(dropped, dtype="int64"), len(body))
    between = np.array([first + start + 1 + at for at in blank if at < last], dtype="int64")
    leads = [row for at, row in enumerate(body) if at not in gone]
    remarks: tuple[Remark, ...] = (("second_table", "warning", _BESIDE, (), beside),) if beside else ()
    if missing_results:
        words = ("1 formula", "its", "its cell is read as")
        if missing_results > 1:
            words = (f"{missing_results:,} formulas", "their", "their cells are read as")
        remarks += (("empty_formulas", "warning", _NO_RESULTS.format(*words), (), ""),)
    notes = FileNotes(file_name, numbers, tuple(non_leads), (), titles, remarks, between)
    columns = [_typed([row[place] for row in leads]) for place in range(len(headers))]
    return SheetTable(headers, columns, len(leads), any(filled[start + 1 :]), notes)


def _main_block(rows: list[list[Any]]) -> tuple[list[list[Any]], str]:
    """Return the columns of the longest table where empty columns part a sheet, and what stands beside, for people."""
    if not rows:
        return rows, ""
    counts = [sum(1 for cell in column if cell not in ("", None)) for column in zip(*rows, strict=True)]
    blocks: list[list[int]] = [[]]
    for place, count in enumerate(counts):
        if count:
            blocks[-1].append(place)
        elif blocks[-1]:
            blocks.append([])
    blocks = [block for block in blocks if block]
    if len(blocks) < 2:
        return rows, ""
    length = [max(counts[place] for place in block) for block in blocks]
    main = max(range(len(blocks)), key=lambda at: (length[at], len(blocks[at])))
    small = [at for at in range(len(blocks)) if length[at] <= _SMALL_TABLE * length[main] and at != main]
    if not small:
        return rows, ""
    gone = {place for at in small for place in blocks[at]}
    beside = [str(row[place]) for at in small for row in rows for place in blocks[at] if row[place] not in ("", None)]
    left = [place for place in range(len(counts)) if place not in gone]
    while left and not counts[left[-1]]:
        left.pop()
    while left and not counts[left[0]]:
        left.pop(0)
    return [[row[place] for place in left] for row in rows], " | ".join(beside[:6])


def _non_leads(headers: list[str], body: list[list[Any]], first: int) -> tuple[list[NonLead], list[int]]:
    """Return the rows that are no leads, and the positions of blank ones."""
    rows = [
        Row(at, first + at, tuple("" if cell is None else _text(cell) for cell in row)) for at, row in enumerate(body)
    ]
    step = max(1, len(rows) // _PROFILE_ROWS)
    sample = [row.cells for row in rows[::step] if any(row.cells)]
    shape = RowShape(headers, sample)
    filled = [shape.thin_row(row.cells) for row in rows]
    blank = [at for at, count in enumerate(filled) if count == 0]
    thin = [row for row, count in zip(rows, filled, strict=True) if count]

    def sums(places: Collection[int]) -> dict[int, tuple[float, int]]:
        result = {}
        for place in places:
            numbers = [number for row in rows if (number := number_of(row.cells[place])) is not None]
            result[place] = (sum(numbers), len(numbers))
        return result

    found = judge_rows(headers, rows, thin, sample, len(rows), sums)
    if len({one.row.position for one in found if one.sure}.union(blank)) < len(rows):
        return found, blank
    return [], blank if len(blank) < len(rows) else []


def _plain(cell: Any) -> Any:
    return unwrap_cell(cell) if isinstance(cell, str) and cell[:2] == '="' else cell


def _text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _typed(cells: list[Any]) -> pd.Series:
    """One type a column: the cells' own where they agree, else text."""
    values = [
        None if cell == "" else int(cell) if isinstance(cell, float) and cell.is_integer() else cell for cell in cells
    ]
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} and kinds:
        whole = (
            kinds == {int} and None not in values and all(abs(value) < _INT64 for value in values if value is not None)
        )
        return pd.Series(values, dtype="int64" if whole else "float64")
    if len(kinds) == 1 and kinds != {str}:
        return pd.Series(values)
    return pd.Series(["" if value is None else str(value) for value in values], dtype="str")


def _cells(column: pd.Series) -> list[Any]:
    """Return the cells of a typed column, None where there is none."""
    return column.astype(object).where(column.notna(), None).tolist()
