"""Workbooks: which of their sheets are read, each parsed once for as long as the file is open."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from leadscore_core.data.reading.excel_formulas import with_text_formulas
from leadscore_core.data.reading.opened_file import OpenedFile, Remark, is_plain_text, open_file
from leadscore_core.data.reading.sheet_table import SheetTable, join_sheets, parse_sheet
from leadscore_core.data.reading.workbook_check import check_workbook
from leadscore_core.errors import UnreadableFileError

ALL_SHEETS = "all"
_DAMAGED = "{} is a damaged or foreign workbook. Open it where it was made, and save it again as .xlsx."


class Workbook:
    """A workbook that is open: its sheets, each parsed when it is first asked for.

    Raises
    ------
    UnreadableFileError
        If it is damaged or locked.
    """

    def __init__(self, opened: OpenedFile) -> None:
        self.file_name = opened.name
        check_workbook(opened.path, opened.name)
        path, self._missing_results = with_text_formulas(opened)
        try:
            self._book = CalamineWorkbook.from_path(str(path))
        except PasswordError as error:
            raise UnreadableFileError(
                f"{opened.name} is protected by a password. Save it in Excel without one and try again."
            ) from error
        except (CalamineError, OSError) as error:
            raise UnreadableFileError(_DAMAGED.format(opened.name)) from error
        self.names: list[str] = self._book.sheet_names
        self.hidden = {sheet.name for sheet in self._book.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible}
        self.shown = [name for name in self.names if name not in self.hidden]
        self._parsed: dict[str, tuple[bool, SheetTable | None]] = {}

    def is_filled(self, name: str) -> bool:
        """Tell whether a sheet holds anything."""
        return self._parse(name)[0]

    def table(self, name: str) -> SheetTable | None:
        """Return a sheet's leads, or None if it holds nothing."""
        return self._parse(name)[1]

    def lists(self, names: Iterable[str]) -> Iterator[tuple[str, SheetTable]]:
        """Give those of these sheets that have a header with a row below it."""
        for name in names:
            table = self.table(name)
            if table is not None and table.begins:
                yield name, table

    def _parse(self, name: str) -> tuple[bool, SheetTable | None]:
        if name not in self._parsed:
            self._parsed[name] = _parse_sheet(self._book, name, self.file_name, self._missing_results)
            if len(self._parsed) == len(self.names):
                self._book.close()  # its texts are not needed any more
        return self._parsed[name]


def _parse_sheet(
    book: CalamineWorkbook, name: str, file_name: str, missing_results: int
) -> tuple[bool, SheetTable | None]:
    """Parse one sheet: whether it holds anything, and its leads."""
    try:
        sheet = book.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=True)
    except (CalamineError, OSError) as error:
        raise UnreadableFileError(_DAMAGED.format(file_name)) from error
    except BaseException as error:  # the parser's own faults are no exceptions
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableFileError(_DAMAGED.format(file_name)) from error
    first = (sheet.start[0] if sheet.start else 0) + 1
    return sheet.end is not None, parse_sheet(rows, first, file_name, missing_results)


def _workbook(opened: OpenedFile) -> Workbook:
    """Return the workbook of a file, the same for as long as the file is open."""
    found = opened.parsed.get(Workbook)
    if found is None:
        found = opened.parsed[Workbook] = Workbook(opened)
    return found


def list_sheets(path: str | Path, encoding: str | None = None) -> list[str]:
    """List the sheets of a workbook that hold anything, hidden ones only if no other does; empty for other files."""
    if is_plain_text(path):
        return []
    with open_file(path, encoding) as opened:
        if opened.kind != "excel":
            return []
        book = _workbook(opened)
        filled = [name for name in book.names if book.is_filled(name)]
        return [name for name in filled if name not in book.hidden] or filled


def alike_sheets(path: str | Path, encoding: str | None = None) -> list[str]:
    """List the sheets that `ALL_SHEETS` reads as one list; empty where no two have the same columns."""
    with open_file(path, encoding) as opened:
        if opened.kind != "excel":
            return []
        book = _workbook(opened)
        names = [name for name, _ in _largest_group(book)] if len(book.names) > 1 else []
        return names if len(names) > 1 else []


def _largest_group(book: Workbook) -> list[tuple[str, SheetTable]]:
    """Return the sheets that are not hidden and have the same columns as most others, or as the first."""
    groups: dict[frozenset[str], list[tuple[str, SheetTable]]] = {}
    for name, table in book.lists(book.shown):
        groups.setdefault(frozenset(table.names), []).append((name, table))
    return max(groups.values(), key=len, default=[])


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
    book = _workbook(opened)
    if sheet is not None and sheet not in book.names and sheet.casefold() != ALL_SHEETS:
        raise UnreadableFileError(f"{opened.name} has no sheet {sheet!r}. Its sheets: {', '.join(book.names)}.")
    is_named = sheet in book.names
    if sheet is not None and not is_named:
        group = _largest_group(book)
        if len(group) > 1:
            return join_sheets(group, opened.name)
    if is_named:
        found = book.table(str(sheet))
        chosen = (str(sheet), found) if found is not None else None
    else:
        chosen = _first_list(book)
    if chosen is not None:
        name, found = chosen
        alike = [] if name in book.hidden else _alike(book, name, found)
        said = _say(name, book.hidden, alike)
        if not is_named and name not in book.hidden:
            said += _say_hidden(found, book.lists(one for one in book.names if one in book.hidden))
        return replace(found, notes=replace(found.notes, remarks=(*found.notes.remarks, *said)))
    raise UnreadableFileError(
        f"{opened.name} has no sheet with a header and leads below it (sheets: {', '.join(book.names)}). "
        "Export the list again."
    )


def _first_list(book: Workbook) -> tuple[str, SheetTable] | None:
    """Return the first sheet with a header and rows below it; a hidden one only if no other has several columns."""
    shown = book.lists(book.shown)
    first = next(shown, None)
    if first is not None and (not book.hidden or len(first[1].headers) > 1):
        return first
    wide = next((found for found in shown if len(found[1].headers) > 1), None)
    unseen = list(book.lists(name for name in book.names if name in book.hidden)) if wide is None else []
    return wide or next((found for found in unseen if len(found[1].headers) > 1), first or next(iter(unseen), None))


def _say_hidden(read: SheetTable, hidden: Iterable[tuple[str, SheetTable]]) -> list[Remark]:
    """Say which hidden sheets hold more than the one that is read."""
    larger = [
        (name, table) for name, table in hidden if len(table.headers) > len(read.headers) or table.n_rows > read.n_rows
    ]
    return [
        (
            "hidden_sheet",
            "warning",
            f"the sheet {name!r} is hidden and is not read, with {table.n_rows:,} rows in {len(table.headers)} "
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
        more = sum(table.n_rows for _, table in alike)
        reason = (
            f"only the sheet {name!r} is read; {others} {'has' if len(alike) == 1 else 'have'} the same columns and "
            f"{more:,} more leads: choose all sheets (--sheet all) to read them as one list"
        )
        said.append(("same_sheets", "warning", reason, (), ""))
    return said


def _alike(book: Workbook, read: str, first: SheetTable) -> list[tuple[str, SheetTable]]:
    """Return the other sheets that are not hidden and have the same columns as the one that is read."""
    others = book.lists(name for name in book.shown if name != read)
    return [(name, table) for name, table in others if set(table.names) == set(first.names)]
