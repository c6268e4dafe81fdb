"""Call sheets: a workbook for people, one sheet a caller, grades in their colours, nothing in it a formula."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from leadscore_core.errors import ExportError
from leadscore_core.inference.export.files import whole_export
from leadscore_core.inference.export.formula_injection import neutralise, safe_name
from leadscore_core.inference.export.writers import EXCEL_ROWS, plain_cells

_CELL = 32_767
_WIDTHS = {"Why": 60, "And": 60, "Also": 60, "Why it is put aside": 48, "E-mail": 28, "Name": 24, "Phone": 20}
_SHEET_NAME = 31
_LONGEST_HEADER = 240  # of the 255 characters that Excel takes


def write_call_sheets(
    chunks: Iterable[tuple[str, pd.DataFrame]],
    path: str | Path,
    colours: dict[str, tuple[str, str]],
    note: str = "",
) -> int:
    """Write leads under human names into a workbook; it appears only when it is complete.

    Parameters
    ----------
    chunks
        Name of the sheet and leads to add to it; the chunks of one sheet stand together.
    colours
        Grade -> colour of the cell and of its text.
    note
        What is said at the head of each sheet, as a note and in print.

    Returns
    -------
    int
        Leads written.

    Raises
    ------
    ExportError
        If the file cannot be written or a sheet would be too long; what was there before is then unchanged.
    """
    rows = 0
    with new_workbook(path, constant_memory=True) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        graded = {
            grade: book.add_format({"bg_color": fill, "font_color": ink, "valign": "top"})
            for grade, (fill, ink) in colours.items()
        }
        sheet: Any = None
        name, row = None, 0
        for sheet_name, frame in chunks:
            safe = neutralise(plain_cells(frame))
            if sheet_name != name:
                name, row = sheet_name, 0
                sheet = book.add_worksheet(_sheet_name(sheet_name))
                _start(sheet, [str(header) for header in safe.columns], bold)
                if note:
                    write_note(sheet, note)
            if row + len(safe) > EXCEL_ROWS:
                raise ExportError(f"An Excel sheet holds {EXCEL_ROWS:,} leads and there are more. Ask for CSV.")
            places = {str(header): place for place, header in enumerate(safe.columns)}
            for record in safe.astype(object).itertuples(index=False, name=None):
                row += 1
                for place, cell in enumerate(record):
                    style = wrapped
                    if place == places.get("Grade"):
                        style = graded.get(str(cell).split(" ")[0], wrapped)
                    _write(sheet, row, place, cell, style)
            rows += len(safe)
    return rows


def write_note(sheet: Any, note: str) -> None:
    """Say something at the head of a sheet: as a note on its first cell, and above what is printed of it."""
    sheet.write_comment(0, 0, note, {"x_scale": 3, "y_scale": 1})
    sheet.set_header(f"&L{note.replace('&', '&&')[:_LONGEST_HEADER]}")


@contextmanager
def new_workbook(path: str | Path, **options: bool) -> Iterator[Any]:
    """Give a workbook in which no text is a formula or a link; it appears only when it is complete.

    Parameters
    ----------
    options
        More of xlsxwriter's.

    Raises
    ------
    ExportError
        If the file cannot be written; what was there before is then unchanged.
    """
    with whole_export(path) as aside:
        book = xlsxwriter.Workbook(str(aside), {"strings_to_formulas": False, "strings_to_urls": False} | options)
        try:
            yield book
        finally:
            try:
                book.close()
            except xlsxwriter.exceptions.FileCreateError as fault:
                raise OSError(str(fault)) from fault


def _start(sheet: Any, names: list[str], bold: Any) -> None:
    for place, name in enumerate(names):
        sheet.set_column(place, place, _WIDTHS.get(name, max(10, min(24, len(name) + 4))))
        sheet.write_string(0, place, name, bold)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, EXCEL_ROWS, max(0, len(names) - 1))
    last = xlsxwriter.utility.xl_rowcol_to_cell(EXCEL_ROWS, max(0, len(names) - 1))
    sheet.ignore_errors({"number_stored_as_text": f"A1:{last}"})


def _write(sheet: Any, row: int, place: int, cell: Any, style: Any) -> None:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) < 2**53:
        sheet.write_number(row, place, cell, style)
    elif not pd.isna(cell) and str(cell):
        sheet.write_string(row, place, str(cell)[:_CELL], style)


def _sheet_name(name: str) -> str:
    """Return a name that a workbook takes."""
    plain = safe_name("".join("_" if letter in "[]:*?/\\'" else letter for letter in name).strip())
    return plain[:_SHEET_NAME] or "Leads"
