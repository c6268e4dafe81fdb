"""Workbooks that would cost too much: what one unpacks to, how far its cells reach, and what its XML declares.

All of it is found before the workbook is parsed, since the parser lays out every cell between the first and the last:
one cell in the last row and column of a sheet would take 400 GB.
"""

import re
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np

from leadscore_core.errors import UnreadableFileError

MOST_CELLS = 25_000_000  # laid out in about 1.5 GB
MOST_UNPACKED = 3 << 30
MOST_TEXTS = 400 << 20
MOST_MEMBERS = 100_000
_MANY_BYTES = 1_500_000_000
_BLOCK = 8 << 20
_OVERLAP = 32
_MEMBER = b"PK\x01\x02"
_MEDIA = re.compile(r".*\.(?:png|jpe?g|gif|emf|wmf|bin|vml)", re.IGNORECASE)
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_IN_UTF_16 = re.compile(rb"^(?:\xff\xfe|\xfe\xff|<\0\?\0|\0<\0\?)")
_TEXT_END = re.compile(rb"</(?:\w+:)?si>")
_TRIAL_SECONDS, _TRIAL_BYTES = 40, 1_700_000_000
_TRIAL = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
except (ImportError, ValueError, OSError):
    pass
from python_calamine import CalamineError, CalamineWorkbook
try:
    book = CalamineWorkbook.from_path(sys.argv[1])
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        if sheet.width * sheet.height > int(sys.argv[3]):
            sys.exit(3)
        sheet.to_python(skip_empty_area=True)
except CalamineError:
    pass
"""


def check_workbook(path: Path, name: str) -> None:
    """Raise if a workbook must not be parsed; one that the parser itself refuses may pass.

    Raises
    ------
    UnreadableFileError
        If it unpacks to more than a workbook of leads has, its sheets reach too far, its XML declares entities, or it
        is damaged.
    """
    if not zipfile.is_zipfile(path):
        _try_apart(path, name)
        return
    check_members(path, name)
    found = _Found(name)
    try:
        with zipfile.ZipFile(path) as book:
            parts = [part for part in book.infolist() if not _MEDIA.fullmatch(part.filename)]
            unpacked = sum(part.file_size for part in parts)
            if unpacked > MOST_UNPACKED:
                raise UnreadableFileError(
                    f"{name} unpacks to {unpacked / (1 << 30):,.1f} GB, more than a workbook of leads has. Save the "
                    "list as CSV."
                )
            for part in parts:
                with book.open(part) as file:
                    found.look_through(file)
            is_other = not {"mimetype", "xl/workbook.bin"}.isdisjoint(book.NameToInfo)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError) as error:
        raise UnreadableFileError(
            f"{name} is a damaged or foreign workbook. Open it where it was made, and save it again as .xlsx."
        ) from error
    if is_other or found.may_be_many:
        _try_apart(path, name)


def check_members(path: Path, name: str) -> None:
    """Raise if a zip file lists more members than anybody packs, before it is opened.

    Raises
    ------
    UnreadableFileError
        With their number.
    """
    if path.stat().st_size < MOST_MEMBERS * len(_MEMBER):
        return
    members = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            members += block.count(_MEMBER)
    if members > MOST_MEMBERS:
        raise UnreadableFileError(
            f"{name} is a zip file of {members:,} files where one list was expected. Unpack it and give the list "
            "itself."
        )


@dataclass
class _Found:
    """What the parts of a workbook hold, added up."""

    name: str
    cells: int = 0
    texts: int = 0
    longest_text: int = 0
    references: int = 0
    sheets: int = 0
    largest_sheet: int = 0

    @property
    def may_be_many(self) -> bool:
        """Whether its cells may repeat its texts, or its sheets its parts, to more than memory holds."""
        return max(self.references * self.longest_text, self.sheets * self.largest_sheet) > _MANY_BYTES

    def look_through(self, file: IO[bytes]) -> None:
        """Look through one part: nothing is declared, no text has no end, and no cell lies too far from the others."""
        reach, before, size, is_sheet = _Reach(), b"", 0, False
        while block := file.read(_BLOCK):
            if not size and _IN_UTF_16.match(block):
                raise UnreadableFileError(
                    f"{self.name} is written in UTF-16 inside, as no spreadsheet does. Open it in Excel or LibreOffice "
                    "and save it again as .xlsx."
                )
            size += len(block)
            is_long = len(block) == _BLOCK and b"<" not in block
            block = before + block
            if _DECLARED.search(block):
                raise UnreadableFileError(
                    f"{self.name} declares entities in its XML, as no spreadsheet does, and could unpack to anything. "
                    "Open it in Excel or LibreOffice, if you trust it, and save it again as .xlsx."
                )
            is_sheet = is_sheet or b"sheetData" in block
            if is_long or (not is_sheet and size > MOST_TEXTS):
                raise UnreadableFileError(
                    f"{self.name} holds texts of more than {_BLOCK >> 20} MB each, or more than {MOST_TEXTS >> 20} MB "
                    "of text, as no list of leads does. Save the list as CSV."
                )
            reach.add(block)
            self.references += block.count(b't="s"') + block.count(b"t='s'")
            self.sheets += block.count(b"<sheet ") + block.count(b":sheet ")
            ends = [0, *(found.end() for found in _TEXT_END.finditer(block))]
            self.longest_text = max([self.longest_text, *(end - begin for begin, end in pairwise(ends))])
            before = block[-_OVERLAP:]
            if is_sheet and self.cells + reach.cells > MOST_CELLS:
                raise UnreadableFileError(reach.words(self.name))
        if is_sheet:
            self.cells += reach.cells
            self.largest_sheet = max(self.largest_sheet, size)


class _Reach:
    """How far the cells of a sheet reach, by their names, such as ``XFD1048576``."""

    def __init__(self) -> None:
        self.first_row, self.last_row, self.last_column = 1 << 40, 0, 0

    @property
    def cells(self) -> int:
        """How many cells are laid out."""
        return max(0, self.last_row - self.first_row + 1) * self.last_column

    def add(self, block: bytes) -> None:
        """Take in the names that stand in a block of XML, as ``r="B7"``; of rows, as ``r="7"``, too."""
        signs = np.frombuffer(block + bytes(16), "uint8")
        quote = (signs[2:-14] == ord('"')) | (signs[2:-14] == ord("'"))
        at = np.flatnonzero((signs[:-16] == ord("r")) & (signs[1:-15] == ord("=")) & quote) + 3
        column, row = np.zeros(len(at), "int64"), np.zeros(len(at), "int64")
        in_letters, in_digits = np.ones(len(at), bool), np.ones(len(at), bool)
        for step in range(11):
            sign = signs[np.minimum(at + step, len(signs) - 1)].astype("int64")
            letter, digit = (sign & ~32) - 64, sign - 48
            in_letters &= (letter >= 1) & (letter <= 26)
            in_digits &= in_letters | ((digit >= 0) & (digit <= 9))
            column = np.where(in_letters, column * 26 + letter, column)
            row = np.where(in_digits & ~in_letters, row * 10 + digit, row)
        found = (row > 0) & (column < 1 << 40)
        if found.any():
            self.first_row = min(self.first_row, int(row[found].min()))
            self.last_row = max(self.last_row, int(row[found].max()))
            self.last_column = max(self.last_column, int(column[found].max()))

    def words(self, name: str) -> str:
        """Say how far they reach, and what to do."""
        return (
            f"{name} has a sheet whose cells reach from row {self.first_row:,} to row {self.last_row:,} and to column "
            f"{self.last_column:,}: {self.cells:,} cells, where at most {MOST_CELLS:,} of a workbook are read. Delete "
            "what stands far from the list, or save the list as CSV, which may be of any length."
        )


def _try_apart(path: Path, name: str) -> None:
    """Parse a workbook in a process of its own, with an end to its memory and time."""
    words = [sys.executable, "-I", "-c", _TRIAL, str(path.resolve()), str(_TRIAL_BYTES), str(MOST_CELLS)]
    try:
        done = subprocess.run(words, capture_output=True, timeout=_TRIAL_SECONDS, check=False)  # noqa: S603  # no shell, and words of our own
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode != 0:
        raise UnreadableFileError(
            f"{name} reaches further or holds more than can be read of a workbook of its kind, or it is damaged. Open "
            "it in Excel or LibreOffice, delete what stands far from the list, and save it as .xlsx or CSV."
        )
