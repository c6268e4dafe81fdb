"""Workbook formulas: those that programs write without their results; one of a text alone needs none."""

import re
import zipfile
from pathlib import Path
from typing import NamedTuple

from leadscore_core.data.reading.opened_file import OpenedFile

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_QUOTE = rb'(?:"|&quot;)'
_NO_VALUE = rb"(?:<v\s*/>|<v></v>)?</c>"
_TEXT = re.compile(
    rb"<c ([^<>]*)><f>"
    + _QUOTE
    + rb'((?:[^"<&]|&(?!quot;)|'
    + _QUOTE
    + _QUOTE
    + rb")*)"
    + _QUOTE
    + rb"</f>"
    + _NO_VALUE
)
_ANY = re.compile(rb"<f[^<>]*>[^<]*</f>" + _NO_VALUE)
_LARGEST = 300 << 20  # of a sheet that is read as one text
_TYPE = re.compile(rb'\s*\bt="[^"]*"')


class Formulas(NamedTuple):
    """The workbook to read, and how many of its formulas have no result."""

    path: Path
    missing: int


def with_text_formulas(opened: OpenedFile) -> Formulas:
    """Return a workbook in which formulas of a text, as ``="007"``, are that text: itself, or a copy."""
    if not zipfile.is_zipfile(opened.path):
        return Formulas(opened.path, 0)
    copy, count = opened.scratch / "formulas.xlsx", opened.scratch / "formulas.txt"
    if not count.exists():
        count.write_text(str(_mend(opened.path, copy)))
    return Formulas(copy if copy.exists() else opened.path, int(count.read_text()))


def _mend(path: Path, target: Path) -> int:
    missing = 0
    mended: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as book:
        for name in filter(_SHEET.fullmatch, book.namelist()):
            if book.getinfo(name).file_size > _LARGEST:
                continue
            sheet = book.read(name)
            if _ANY.search(sheet) is None:
                continue
            plain = _TEXT.sub(_as_text, sheet)
            missing += len(_ANY.findall(plain))
            if plain != sheet:
                mended[name] = plain
        if mended:
            with zipfile.ZipFile(target, "w") as out:
                for name in book.namelist():
                    out.writestr(name, mended.get(name) or book.read(name))
    return missing


def _as_text(found: re.Match[bytes]) -> bytes:
    text = re.sub(_QUOTE + _QUOTE, b"&quot;", found[2])
    return b"<c " + _TYPE.sub(b"", found[1]) + b' t="inlineStr"><is><t xml:space="preserve">' + text + b"</t></is></c>"
