"""A look through a text file before it is read: broken quotes, lines of other lengths, rows that are no leads."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from leadscore_core.data.reading.opened_file import LONGEST_LINE, OpenedFile, once_a_file, scan_once
from leadscore_core.data.reading.quick_scan import header_lines_of, quick_look
from leadscore_core.data.reading.quotes import Edit, copy_edited, find_broken_quotes
from leadscore_core.data.reading.read_log import FileNotes
from leadscore_core.data.reading.record_walk import RecordWalk, endless
from leadscore_core.data.row_numbers import RowNumbers, last_left
from leadscore_core.errors import UnreadableFileError


@dataclass(frozen=True, eq=False)
class TextLook:
    """What is settled of a text file before it is read.

    Attributes
    ----------
    edits
        What makes its quotation marks balance.
    is_ragged
        Whether a lead has more or fewer fields than the header.
    skips_ragged
        Whether lines of other lengths are there and none of them is a lead.
    dropped
        Positions of the rows that are no leads, among those that are read.
    notes
        For people.
    is_plain
        Whether each line is a lead, and no quotation mark is in it.
    """

    notes: FileNotes
    edits: tuple[Edit, ...] = ()
    is_ragged: bool = False
    skips_ragged: bool = False
    dropped: np.ndarray = field(default_factory=lambda: np.empty(0, dtype="int64"))
    is_plain: bool = False


def look_through(opened: OpenedFile, headers: Sequence[str]) -> TextLook:
    """Look through a text file, once for as long as it stays as it is."""
    try:
        return _look_through(opened.origin, opened, tuple(headers))
    except csv.Error as error:
        raise UnreadableFileError(endless(opened)) from error


def mended_path(opened: OpenedFile, look: TextLook) -> Path:
    """Return the file to read: the opened one's own, or a copy with its quotation marks mended."""
    if not look.edits:
        return opened.path
    mended = opened.scratch / "mended.csv"
    if not mended.exists():
        copy_edited(opened.path, look.edits, mended)
    return mended


@once_a_file
def _look_through(origin: Path, opened: OpenedFile, headers: tuple[str, ...]) -> TextLook:
    scan = scan_once(opened.path)
    header_lines = header_lines_of(opened)
    counted = quick_look(opened, opened.path, headers, scan)
    is_whole = counted is not None and scan.lines == opened.skip_lines + header_lines + counted.records + counted.ragged
    edits: tuple[Edit, ...] = ()
    broken: tuple[int, ...] = ()
    if scan.has_quotes and (not is_whole or counted is None or counted.ragged):
        repair = find_broken_quotes(opened.path, opened.skip_lines, opened.delimiter, len(headers))
        edits, broken = repair.edits, repair.lines
        if edits:
            mended = mended_path(opened, TextLook(FileNotes(""), edits))
            counted = quick_look(opened, mended, headers, scan_once(mended))
    if counted is None and opened.path.stat().st_size > LONGEST_LINE:
        raise UnreadableFileError(endless(opened))
    if is_whole and counted is not None and not (counted.ragged or counted.is_odd or edits):
        numbers = RowNumbers(np.array([0]), np.array([opened.skip_lines + header_lines + 1]))
        notes = FileNotes(opened.name, numbers, titles=opened.titles, remarks=opened.remarks)
        return TextLook(notes, is_plain=counted.is_plain)
    walk = RecordWalk(mended_path(opened, TextLook(FileNotes(""), edits)), opened, headers)
    found, blank = walk.judge(), walk.blank_rows()
    dropped = np.union1d(np.array([one.row.position for one in found if one.sure], dtype="int64"), blank)
    numbers = walk.numbers()
    between = blank[: np.searchsorted(blank, last_left(dropped, walk.n_rows))]
    notes = FileNotes(
        opened.name,
        numbers.without(dropped.tolist()),
        tuple(found),
        broken,
        opened.titles,
        opened.remarks,
        numbers.rows_of(between),
    )
    ragged = np.array(walk.ragged, dtype="int64")
    if counted is not None and np.isin(ragged, dropped).all():
        among = dropped[~np.isin(dropped, ragged)]
        return TextLook(notes, edits, False, len(ragged) > 0, among - np.searchsorted(ragged, among))
    return TextLook(notes, edits, True, False, dropped)
