"""Workbooks: sheets, title rows above the header, and cells of mixed types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from leadscore_core.data.source import Source, open_source
from leadscore_core.errors import UnreadableFileError

_HEADER_SEARCH = 20
_HEADER_SHARE = 0.7
_INT64 = 2**63


def list_sheets(path: str | Path) -> list[str]:
    """List the sheets of a workbook that hold anything; an empty list for other files."""
    with open_source(path) as source:
        if source.kind != "excel":
            return []
        workbook = _workbook(source)
        return [name for name in workbook.sheet_names if workbook.get_sheet_by_name(name).end is not None]


def _workbook(source: Source) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(str(source.path))
    except PasswordError as error:
        raise UnreadableFileError(
            f"{source.name} is protected by a password. Save it in Excel without one and try again."
        ) from error
    except (CalamineError, OSError) as error:
        if "password" in str(error).lower() or "encrypt" in str(error).lower():
            raise UnreadableFileError(
                f"{source.name} is protected by a password. Save it in Excel without one and try again."
            ) from error
        raise UnreadableFileError(
            f"{source.name} is a damaged or foreign workbook ({error}). Save it again as .xlsx."
        ) from error


def sheet_rows(source: Source, sheet: str | None) -> list[list[Any]]:
    """Return a sheet's rows from the header on: the first row that is nearly as wide as the widest.

    Parameters
    ----------
    sheet
        The first sheet with a header and a row below it if not given.

    Raises
    ------
    UnreadableFileError
        If the workbook is damaged or locked, there is no such sheet, or nothing in it.
    """
    workbook = _workbook(source)
    if sheet is not None and sheet not in workbook.sheet_names:
        raise UnreadableFileError(
            f"{source.name} has no sheet {sheet!r}. Its sheets: {', '.join(workbook.sheet_names)}."
        )
    for name in [sheet] if sheet is not None else workbook.sheet_names:
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=True)
        filled = [sum(1 for cell in row if cell not in ("", None)) for row in rows[:_HEADER_SEARCH]]
        widest = max(filled, default=0)
        if widest:
            start = next(i for i, n in enumerate(filled) if n >= _HEADER_SHARE * widest)
            if sheet is not None or any(filled[start + 1 :]):
                return rows[start:]
    raise UnreadableFileError(
        f"{source.name} has no sheet with a header and leads below it (sheets: {', '.join(workbook.sheet_names)}). "
        "Export the list again."
    )


def sheet_frame(source: Source, headers: list[str], sheet: str | None) -> pd.DataFrame:
    """Return a sheet's leads under these headers, blank rows at the end left out."""
    rows = sheet_rows(source, sheet)[1:]
    while rows and all(cell in ("", None) for cell in rows[-1]):
        rows.pop()
    return pd.DataFrame({name: _typed([row[i] for row in rows]) for i, name in enumerate(headers)})


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
