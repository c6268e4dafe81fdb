"""Workbooks: sheets, title rows above the header, and cells of mixed types."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from leadscore_core.data.reading.excel_formulas import with_text_formulas
from leadscore_core.data.reading.group_rows import RowShape, judge_rows
from leadscore_core.data.reading.non_leads import NonLead, Row, number_of
from leadscore_core.data.reading.opened_file import OpenedFile, Remark, is_plain_text, open_file
from leadscore_core.data.reading.read_log import FileNotes
from leadscore_core.data.reading.text_repair import unwrap_cell
from leadscore_core.data.row_numbers import RowNumbers, last_kept
from leadscore_core.errors import UnreadableFileError

_HEADER_SEARCH = 20
_HEADER_SHARE = 0.7
_INT64 = 2**63
_SMALL_TABLE = 0.5
_PROFILE_ROWS = 1_000
_BESIDE = "another table stands beside the list, parted from it by an empty column; it is left out"
_NO_RESULTS = (
    "the workbook has {:,} formulas without their results; their cells are read as blank. Open it in a spreadsheet, "
    "save it and bring it again"
)
ALL_SHEETS = "all"


def list_sheets(path: str | Path, encoding: str | None = None) -> list[str]:
    """List the sheets of a workbook that hold anything, hidden ones only if no other does; empty for other files."""
    if is_plain_text(path):
        return []
    with open_file(path, encoding) as opened:
        if opened.kind != "excel":
            return []
        workbook = _workbook(opened)
        filled = [name for name in workbook.sheet_names if workbook.get_sheet_by_name(name).end is not None]
        return [name for name in filled if name not in _hidden(workbook)] or filled


def alike_sheets(path: str | Path, encoding: str | None = None) -> list[str]:
    """List the sheets that `ALL_SHEETS` reads as one list; empty where no two have the same columns."""
    with open_file(path, encoding) as opened:
        if opened.kind != "excel":
            return []
        workbook = _workbook(opened)
        if len(workbook.sheet_names) < 2:
            return []
        names = [name for name, _ in _largest_group(opened, workbook)]
        return names if len(names) > 1 else []


def _largest_group(opened: OpenedFile, workbook: CalamineWorkbook) -> list[tuple[str, SheetTable]]:
    """Return the sheets that are not hidden and have the same columns as most others, or as the first."""
    hidden = _hidden(workbook)
    groups: dict[frozenset[str], list[tuple[str, SheetTable]]] = {}
    for name in workbook.sheet_names:
        table = _table(opened, workbook, name, is_named=False) if name not in hidden else None
        if table is not None:
            groups.setdefault(frozenset(h.strip().casefold() for h in table.headers), []).append((name, table))
    return max(groups.values(), key=len, default=[])


def _hidden(workbook: CalamineWorkbook) -> set[str]:
    return {sheet.name for sheet in workbook.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible}


def _workbook(opened: OpenedFile) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(str(with_text_formulas(opened).path))
    except PasswordError as error:
        raise UnreadableFileError(
            f"{opened.name} is protected by a password. Save it in Excel without one and try again."
        ) from error
    except (CalamineError, OSError) as error:
        raise UnreadableFileError(
            f"{opened.name} is a damaged or foreign workbook. Open it where it was made, and save it again as .xlsx."
        ) from error


@dataclass(frozen=True, eq=False)
class SheetTable:
    """A sheet's leads: its header, the rows under it and what was found."""

    headers: list[str]
    rows: list[list[Any]]
    notes: FileNotes

    def frame(self, headers: Sequence[str]) -> pd.DataFrame:
        """Return the leads under these headers."""
        return pd.DataFrame({name: _typed([row[i] for row in self.rows]) for i, name in enumerate(headers)})


def read_sheet(opened: OpenedFile, sheet: str | None) -> SheetTable:
    """Read a sheet from its header on: the first row that is nearly as wide as the widest.

    Parameters
    ----------
    sheet
        The first that is not hidden, with a header and a row below it, if not given; `ALL_SHEETS` for all that are not
        hidden and have the same columns.

    Raises
    ------
    UnreadableFileError
        If the workbook is damaged or locked, there is no such sheet, or nothing in it.
    """
    workbook = _workbook(opened)
    names = workbook.sheet_names
    if sheet is not None and sheet not in names and sheet.casefold() != ALL_SHEETS:
        raise UnreadableFileError(f"{opened.name} has no sheet {sheet!r}. Its sheets: {', '.join(names)}.")
    hidden = _hidden(workbook)
    shown = [name for name in names if name not in hidden]
    is_named = sheet in names
    if sheet is not None and not is_named:
        group = _largest_group(opened, workbook)
        if group:
            return _together(opened, [table for _, table in group])
    if is_named:
        found = _table(opened, workbook, str(sheet), is_named=True)
        chosen = (str(sheet), found) if found is not None else None
    else:
        chosen = _first_list(opened, workbook, names, hidden)
    if chosen is not None:
        name, found = chosen
        alike = [] if name in hidden else _alike(opened, workbook, [other for other in shown if other != name], found)
        said = _say(name, hidden, alike)
        if not is_named and name not in hidden:
            said += _say_hidden(found, _tables(opened, workbook, [one for one in names if one in hidden]))
        return replace(found, notes=replace(found.notes, remarks=(*found.notes.remarks, *said)))
    raise UnreadableFileError(
        f"{opened.name} has no sheet with a header and leads below it (sheets: {', '.join(names)}). "
        "Export the list again."
    )


def _first_list(
    opened: OpenedFile, workbook: CalamineWorkbook, names: Sequence[str], hidden: set[str]
) -> tuple[str, SheetTable] | None:
    """Return the first sheet with a header and rows below it; a hidden one only if no other has several columns."""
    shown = _tables(opened, workbook, [name for name in names if name not in hidden])
    first = next(shown, None)
    if first is not None and (not hidden or len(first[1].headers) > 1):
        return first
    wide = next((found for found in shown if len(found[1].headers) > 1), None)
    unseen = list(_tables(opened, workbook, [name for name in names if name in hidden])) if wide is None else []
    return wide or next((found for found in unseen if len(found[1].headers) > 1), first or next(iter(unseen), None))


def _tables(opened: OpenedFile, workbook: CalamineWorkbook, names: Sequence[str]) -> Iterator[tuple[str, SheetTable]]:
    for name in names:
        table = _table(opened, workbook, name, is_named=False)
        if table is not None:
            yield name, table


def _say_hidden(read: SheetTable, hidden: Iterable[tuple[str, SheetTable]]) -> list[Remark]:
    """Say which hidden sheets hold more than the one that is read."""
    larger = [
        (name, table)
        for name, table in hidden
        if len(table.headers) > len(read.headers) or len(table.rows) > len(read.rows)
    ]
    return [
        (
            "hidden_sheet",
            "warning",
            f"the sheet {name!r} is hidden and is not read, with {len(table.rows):,} rows in {len(table.headers)} "
            f"columns; name it (--sheet {name!r}) if it holds the leads",
            (),
            "",
        )
        for name, table in larger
    ]


def _say(name: str, hidden: set[str], alike: Sequence[tuple[str, SheetTable]]) -> list[Remark]:
    said: list[Remark] = []
    if name in hidden:
        said.append(("hidden_sheet", "warning", f"the sheet {name!r} is hidden, and no other holds a list", (), ""))
    if alike:
        others = ", ".join(repr(other) for other, _ in alike)
        more = sum(len(table.rows) for _, table in alike)
        reason = (
            f"only the sheet {name!r} is read; {others} {'has' if len(alike) == 1 else 'have'} the same columns and "
            f"{more:,} more leads: choose all sheets (--sheet all) to read them as one list"
        )
        said.append(("same_sheets", "warning", reason, (), ""))
    return said


def _alike(
    opened: OpenedFile, workbook: CalamineWorkbook, names: Sequence[str], first: SheetTable
) -> list[tuple[str, SheetTable]]:
    tables = [(name, _table(opened, workbook, name, is_named=False)) for name in names]
    wanted = {header.strip().casefold() for header in first.headers}
    return [
        (name, table)
        for name, table in tables
        if table is not None and {header.strip().casefold() for header in table.headers} == wanted
    ]


def _together(opened: OpenedFile, tables: Sequence[SheetTable]) -> SheetTable:
    """Put sheets with the same columns one under the other."""
    headers = tables[0].headers
    names = [header.strip().casefold() for header in headers]
    rows: list[list[Any]] = []
    non_leads: list[NonLead] = []
    starts, numbers = [], []
    for table in tables:
        places = [[h.strip().casefold() for h in table.headers].index(name) for name in names]
        starts.append(table.notes.numbers.starts + len(rows))
        numbers.append(table.notes.numbers.rows)
        rows += [[row[place] for place in places] for row in table.rows]
        non_leads += table.notes.non_leads
    joined = RowNumbers(np.concatenate(starts), np.concatenate(numbers))
    blank = np.concatenate([table.notes.blank_rows for table in tables])
    return SheetTable(headers, rows, FileNotes(opened.name, joined, tuple(non_leads), blank_rows=blank))


def _table(opened: OpenedFile, workbook: CalamineWorkbook, name: str, *, is_named: bool) -> SheetTable | None:
    """Return a sheet's leads, or None if it has no header with a row below it."""
    sheet = workbook.get_sheet_by_name(name)
    rows = [[_plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
    rows, beside = _main_block(rows)
    filled = [sum(1 for cell in row if cell not in ("", None)) for row in rows[:_HEADER_SEARCH]]
    widest = max(filled, default=0)
    if not widest:
        return None
    start = next(i for i, n in enumerate(filled) if n >= _HEADER_SHARE * widest)
    if not is_named and not any(filled[start + 1 :]):
        return None
    first = (sheet.start[0] if sheet.start else 0) + 1
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
    last = last_kept(np.array(dropped, dtype="int64"), len(body))
    between = np.array([first + start + 1 + at for at in blank if at < last], dtype="int64")
    kept = [row for at, row in enumerate(body) if at not in gone]
    missing = with_text_formulas(opened).missing
    remarks: tuple[Remark, ...] = (("second_table", "warning", _BESIDE, (), beside),) if beside else ()
    if missing:
        remarks += (("empty_formulas", "warning", _NO_RESULTS.format(missing), (), ""),)
    notes = FileNotes(opened.name, numbers, tuple(non_leads), (), titles, remarks, between)
    return SheetTable(headers, kept, notes)


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
