"""Callers' workbooks: one a caller, a sheet a day, with a column for what came of each call."""

import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from leadscore_core.inference.export.call_sheets import new_workbook, write_note
from leadscore_core.inference.export.files import whole_export
from leadscore_core.inference.export.formula_injection import neutralise

RESULT, CALL_BACK, NOTE, KEY = "Result", "Call back at", "Note", "LeadScore key"
_WIDTHS = {"Why": 44, "E-mail": 28, "Name": 24, "Phone": 18, RESULT: 22, CALL_BACK: 18, NOTE: 34, KEY: 30}
_CELL, _SHEET_NAME = 32_767, 31
_DATE, _MOMENT = "d mmm yyyy", "d mmm yyyy hh:mm"


@dataclass(frozen=True)
class CallSheet:
    """One day of a caller: the leads under human names, with `KEY`; the columns to fill in are added."""

    day: date
    leads: pd.DataFrame


def write_caller_workbook(path: str | Path, sheets: Iterable[CallSheet], results: Sequence[str], note: str = "") -> int:
    """Write one caller's workbook, whole or not at all, and return how many leads it holds.

    Phones and ids are text and dates are dates; the result is chosen from a list.

    Parameters
    ----------
    results
        Words for what may come of a call.
    note
        What is said at the head of each sheet, as a note and in print.

    Raises
    ------
    ExportError
        If the file cannot be written; what was there before is then unchanged.
    """
    rows = 0
    with new_workbook(path) as book:
        styles = _Styles(book)
        for one in sheets:
            sheet = book.add_worksheet(f"{one.day:%a} {one.day.day} {one.day:%b %Y}"[:_SHEET_NAME])
            rows += _write_sheet(sheet, one.leads, styles, f"=Results!$A$1:$A${max(1, len(results))}")
            if note:
                write_note(sheet, note)
        _write_words(book, results)
    return rows


def zip_workbooks(path: str | Path, files: Iterable[Path]) -> None:
    """Put workbooks into one file, whole or not at all."""
    with whole_export(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            archive.write(file, file.name)


def workbook_name(*parts: str) -> str:
    """Return the name of a file for people, of a list, a day and a caller, that every system takes.

    Examples
    --------
    >>> workbook_name("Leads: October/2", "30 Nov", "Anna R.")
    'Leads October 2 - 30 Nov - Anna R.xlsx'
    """
    plain = [" ".join(re.sub(r"[\\/:*?\"<>|\x00-\x1f]", " ", part).split()).strip(". ")[:60] for part in parts]
    return " - ".join(part for part in plain if part) + ".xlsx"


class _Styles:
    """Formats of a workbook."""

    def __init__(self, book: Any) -> None:
        top = {"valign": "top"}
        self.head = book.add_format({"bold": True, "bottom": 1, **top})
        self.fill_in = book.add_format({"bold": True, "bottom": 1, "bg_color": "#CCFBF1", **top})
        self.plain = book.add_format({"text_wrap": True, **top})
        self.text = book.add_format({"num_format": "@", **top})
        self.day = book.add_format({"num_format": _DATE, "align": "left", **top})
        self.moment = book.add_format({"num_format": _MOMENT, "align": "left", **top})
        self.small = book.add_format({"font_color": "#64748B", **top})


def _write_words(book: Any, results: Sequence[str]) -> None:
    """Write the words of the drop-downs onto a hidden sheet."""
    sheet = book.add_worksheet("Results")
    for row, word in enumerate(results):
        sheet.write_string(row, 0, word)
    sheet.hide()


def _write_sheet(sheet: Any, leads: pd.DataFrame, styles: _Styles, lists: str) -> int:
    names = [str(name) for name in leads.columns if name != KEY]
    first = names[: max(1, names.index("Why") + 1 if "Why" in names else len(names))]
    layout = [*first, RESULT, CALL_BACK, NOTE, *names[len(first) :], KEY]
    places = {name: place for place, name in enumerate(layout)}
    for name, place in places.items():
        width = _WIDTHS.get(name, max(10, min(24, len(name) + 4)))
        column = {RESULT: styles.text, CALL_BACK: styles.moment, NOTE: styles.plain, "Phone": styles.text}.get(name)
        sheet.set_column(place, place, width, column)
        sheet.write_string(0, place, name, styles.fill_in if name in {RESULT, CALL_BACK, NOTE} else styles.head)
    dates = {name for name in names if pd.api.types.is_datetime64_any_dtype(leads[name])}
    safe = neutralise(leads.drop(columns=sorted(dates)))
    for row, values in enumerate(leads.assign(**safe).astype(object).itertuples(index=False, name=None), 1):
        for name, cell in zip(map(str, leads.columns), values, strict=True):
            _write(sheet, row, places[name], cell, styles, is_date=name in dates, is_key=name == KEY)
    last = max(1, len(leads))
    choice = {"validate": "list", "source": lists, "error_title": "Result", "error_type": "warning"}
    sheet.data_validation(1, places[RESULT], last, places[RESULT], choice)
    is_moment = {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1), "error_type": "warning"}
    sheet.data_validation(1, places[CALL_BACK], last, places[CALL_BACK], is_moment)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, last, len(layout) - 1)
    corner = xlsxwriter.utility.xl_rowcol_to_cell(last, len(layout) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:{corner}"})
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    return len(leads)


def _write(sheet: Any, row: int, place: int, cell: Any, styles: _Styles, *, is_date: bool, is_key: bool) -> None:
    if cell is None or pd.isna(cell) or cell == "":
        return
    if is_date:
        sheet.write_datetime(row, place, pd.Timestamp(cell).tz_localize(None).to_pydatetime(), styles.day)
    elif isinstance(cell, int | float) and not isinstance(cell, bool):
        sheet.write_number(row, place, cell, styles.plain)
    else:
        sheet.write_string(
            row, place, str(cell)[:_CELL], styles.small if is_key else styles.text if _is_digits(cell) else styles.plain
        )


def _is_digits(cell: object) -> bool:
    """Tell whether a text would be taken for a number if somebody typed it again."""
    return bool(re.fullmatch(r"[+()\d\s.-]+", str(cell)))
