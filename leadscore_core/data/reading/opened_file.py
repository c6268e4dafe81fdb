"""What a file is, whatever its name says: kind, compression, encoding and delimiter, found from its bytes."""

import codecs
import csv
import gzip
import re
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache, wraps
from pathlib import Path
from typing import IO, Any, Literal, TypeVar, TypeVarTuple

from leadscore_core._files import hash_file
from leadscore_core.data.findings import Severity
from leadscore_core.data.reading.byte_scan import ByteScan, scan_bytes
from leadscore_core.data.reading.dialect import find_dialect
from leadscore_core.data.reading.encoding import MEND, EncodingGuess, bad_lines, guess_encoding
from leadscore_core.data.reading.file_format import name_archive, name_foreign, name_ole
from leadscore_core.data.reading.keep_open import open_once
from leadscore_core.data.reading.nul_bytes import find_utf_16, is_text_but_for_nuls, lines_with_nuls
from leadscore_core.data.reading.text_repair import has_wrapped_lines, unwrapped_lines, without_formulas, write_lines
from leadscore_core.data.reading.workbook_check import check_members
from leadscore_core.errors import EncodingQuestionError, UnreadableFileError

DATA_SUFFIXES = frozenset(
    {".csv", ".tsv", ".txt", ".gz", ".zip", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".parquet", ".pq"}
)
EXPECTED = "Expected a lead list as CSV, TSV, Excel or Parquet, also as .gz or .zip."
LONGEST_LINE = 1 << 20
LARGEST_UNPACKED = 16 << 30
MUCH_UNPACKED = 256 << 20
MOST_TIMES = 200
MOST_LAYERS = 3
csv.field_size_limit(LONGEST_LINE)  # of every csv reader: what can be read must not depend on what was read before
_SAMPLE = 64 << 10
_GLANCE = 64
_BLANKS = '\r\n\t ,;|^~"\ufeff'
Remark = tuple[str, Severity, str, tuple[int, ...], str]
_BLOCK = 4 << 20
_SETTLED_SECONDS = 2.0
_FEW_NULS = 3
_WRAPPED_LINES: Remark = (
    "quoted_lines",
    "warning",
    "each line is quoted as a whole, as one cell; these quotes are taken off, and the fields between them are read",
    (),
    "",
)
_FORMULAS: Remark = (
    "formula_text",
    "info",
    'cells are written ="...", which keeps a spreadsheet from changing them; what stands between the quotes is read',
    (),
    "",
)
_Found = TypeVar("_Found")
_More = TypeVarTuple("_More")


@dataclass(frozen=True)
class OpenedFile:
    """A file that can be read: unpacked, and in UTF-8 if it is text.

    Attributes
    ----------
    name
        For people.
    origin
        The file as it was given.
    path, scratch
        What is read, and a folder for copies of it; both are gone afterwards, so two files are equal without them.
    skip_lines, titles
        Lines above the header; those that hold something, each with its number.
    remarks
        What a person should know of how it is read: code, severity, reason, rows, example.
    encodings
        In which its text could be read, that in which it is first, each with a word as it reads it; none where there is
        no other.
    parsed
        What was parsed of it, by the class that did; for as long as it is open.
    """

    name: str
    kind: Literal["csv", "excel", "parquet"]
    origin: Path
    path: Path = field(compare=False)
    scratch: Path = field(compare=False)
    delimiter: str = ","
    encoding: str = "utf-8"
    skip_lines: int = 0
    titles: tuple[tuple[int, str], ...] = ()
    remarks: tuple[Remark, ...] = ()
    encodings: tuple[tuple[str, str], ...] = ()
    parsed: dict[type, Any] = field(default_factory=dict, compare=False, repr=False)


@contextmanager
def open_file(path: str | Path, encoding: str | None = None) -> Iterator[OpenedFile]:
    """Find out what a file is and make it readable; temporary copies are gone afterwards, if it is not kept open.

    Parameters
    ----------
    path
        Any file. What counts is its content: a workbook named ``.csv`` is read as a workbook.
    encoding
        Of a text file; found from all of it if not given.

    Yields
    ------
    OpenedFile

    Raises
    ------
    UnreadableFileError
        If it is missing, empty, damaged, or not a lead list, saying which.
    """
    path = Path(path)
    if path.is_dir():
        raise UnreadableFileError(f"{path.name} is a folder where one file was expected. Give the files in it.")
    if not path.is_file():
        raise UnreadableFileError(f"{path} does not exist. Check the name and the folder.")

    def identify(scratch: Path) -> OpenedFile:
        return replace(_identify(path, path.name, scratch, encoding), origin=path)

    try:
        with open_once(path, encoding, identify) as opened:
            yield opened
    except PermissionError as error:
        raise UnreadableFileError(
            f"{path.name} may not be read (permission denied). Ask for access or copy the file."
        ) from error


def _identify(path: Path, name: str, scratch: Path, given: str | None) -> OpenedFile:
    if len(list(scratch.iterdir())) > MOST_LAYERS:
        raise UnreadableFileError(
            f"{name} is packed more than {MOST_LAYERS} times over. Unpack it and give the list itself."
        )
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    if not head:
        raise UnreadableFileError(f"{name} is empty (0 bytes). Export the list again.")
    _check_foreign(name, name_foreign(head))
    if head.startswith(b"\x1f\x8b"):
        return _identify(_unpack_gzip(path, name, scratch), name, scratch, given)
    if head.startswith(b"PAR1"):
        return OpenedFile(name, "parquet", path, path, scratch)
    if head.startswith(b"PK"):
        return _identify_zip(path, name, scratch, given)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        _check_foreign(name, name_ole(_directory_of(path)))
        return OpenedFile(name, "excel", path, path, scratch)
    return _identify_text(path, name, head, scratch, given)


def is_plain_text(path: str | Path) -> bool:
    """Tell at a glance whether a file begins with text and nothing else; it may still not be a list."""
    if not Path(path).is_file():
        return False
    with Path(path).open("rb") as file:
        head = file.read(_GLANCE)
    return bool(head) and head.isascii() and b"\0" not in head and name_foreign(head) is None and head[:2] != b"PK"


def _check_foreign(name: str, foreign: tuple[str, str] | None) -> None:
    if foreign is not None:
        what, advice = foreign
        raise UnreadableFileError(f"{name} is {what}, whatever its name says. {advice}. {EXPECTED}")


def _directory_of(path: Path) -> bytes:
    """Return the beginning and the end of an old Office file, where the names of its streams stand."""
    with path.open("rb") as file:
        head = file.read(_BLOCK)
        file.seek(max(0, path.stat().st_size - _BLOCK))
        return head + file.read(_BLOCK)


def _identify_zip(path: Path, name: str, scratch: Path, given: str | None) -> OpenedFile:
    check_members(path, name)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
            _check_foreign(name, name_archive(members))
            if any(m.startswith("xl/") for m in members) or "mimetype" in members:
                return OpenedFile(name, "excel", path, path, scratch)
            files = [m for m in archive.infolist() if not re.search(r"(^|/)(\.|__MACOSX/)|/$", m.filename)]
            if len(files) != 1:
                listed = ", ".join(m.filename for m in files[:5]) or "none"
                raise UnreadableFileError(
                    f"{name} holds {len(files)} files ({listed}) where one list was expected. Unpack it and give one "
                    "file or the folder."
                )
            if files[0].flag_bits & 1:
                raise UnreadableFileError(f"{name} is protected by a password. Save it without one and try again.")
            target = scratch / f"member-{len(list(scratch.iterdir()))}{Path(files[0].filename).suffix}"
            with archive.open(files[0]) as packed, target.open("wb") as out:
                _copy_bounded(packed, out, name, path.stat().st_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError) as error:
        raise UnreadableFileError(
            f"{name} is a damaged or unusual zip file ({error}). Download or export it again."
        ) from error
    return _identify(target, f"{name} ({files[0].filename})", scratch, given)


def _unpack_gzip(path: Path, name: str, scratch: Path) -> Path:
    target = scratch / f"unpacked-{len(list(scratch.iterdir()))}"
    try:
        with gzip.open(path) as packed, target.open("wb") as out:
            _copy_bounded(packed, out, name, path.stat().st_size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFileError(
            f"{name} is a damaged gzip file, probably cut short ({error}). Download or export it again."
        ) from error
    return target


def _copy_bounded(packed: IO[bytes] | gzip.GzipFile, out: IO[bytes], name: str, size: int) -> None:
    copied = 0
    while block := packed.read(_BLOCK):
        if not copied and not block.strip(b"\0"):
            raise UnreadableFileError(f"{name} is not text, a workbook or Parquet: it holds binary data. {EXPECTED}")
        copied += len(block)
        if copied > LARGEST_UNPACKED:
            raise UnreadableFileError(
                f"{name} unpacks to more than {LARGEST_UNPACKED >> 30} GB. Split the list into several files."
            )
        if copied > max(MUCH_UNPACKED, MOST_TIMES * size):
            raise UnreadableFileError(
                f"{name} unpacks to more than {MOST_TIMES} times its size, as no list of leads does. Unpack it and "
                "give the list itself."
            )
        out.write(block)


def _identify_text(path: Path, name: str, head: bytes, scratch: Path, given: str | None) -> OpenedFile:
    scan = scan_once(path)
    guess = _encoding(path, name, head, given, scan)
    is_utf8 = guess.name == "utf-8"
    drop = "\0" * scan.has_nuls + "\ufeff" * (scan.has_marks or not is_utf8)
    remarks = _remarks(guess, lines_with_nuls(path) if scan.has_nuls and not guess.name.startswith("utf-16") else ())
    path = _readable(path, name, scratch, guess, drop=drop, is_said=given is not None)
    formulas = scan.has_formulas if is_utf8 else scan_once(path).has_formulas
    text = _beginning(path)
    if not text.strip(_BLANKS):
        raise UnreadableFileError(f"{name} holds no text but blanks. Export the list again.")
    if len(text) == LONGEST_LINE and not re.search(r"[\r\n]", text):
        raise UnreadableFileError(
            f"{name} has a first line of more than {LONGEST_LINE >> 20} MB, so it is not a table of leads. {EXPECTED}"
        )
    if has_wrapped_lines(text):
        path = write_lines(unwrapped_lines(path), scratch / "lines.csv")
        remarks += (_WRAPPED_LINES,)
    if formulas:
        path, changed = without_formulas(path, scratch / "cells.csv")
        remarks += (_FORMULAS,) * changed
    text = _beginning(path)
    dialect = find_dialect(text)
    return OpenedFile(
        name,
        "csv",
        path,
        path,
        scratch,
        dialect.delimiter,
        guess.name,
        dialect.skip_lines,
        dialect.titles,
        remarks,
        guess.candidates,
    )


def _beginning(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return file.read(LONGEST_LINE)


def _encoding(path: Path, name: str, head: bytes, given: str | None, scan: ByteScan) -> EncodingGuess:
    if given is not None:
        codec = _known(given)
        return EncodingGuess(codec, bad_lines(path) if codec == "utf-8" and not scan.is_utf8 else ())
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return EncodingGuess("utf-16")
    if head.count(0) > max(_FEW_NULS, len(head) // 1000):
        if (wide := find_utf_16(head)) is not None:
            return EncodingGuess(wide)
        if not is_text_but_for_nuls(head):
            raise UnreadableFileError(f"{name} is not text, a workbook or Parquet: it holds binary data. {EXPECTED}")
    found = _guess(path, scan.is_utf8)
    if found.rivals:
        read = " or ".join(f"{codec} ({word!r})" for codec, word in found.rivals)
        raise EncodingQuestionError(
            f"{name} could be in the encoding {read}, and its cells differ. Say which with --encoding, or save it as "
            "UTF-8.",
            found.candidates,
        )
    return found


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding.strip()).name
        "".encode(name)
    except (LookupError, ValueError) as error:
        raise UnreadableFileError(
            f"There is no encoding {encoding!r}. Give one such as utf-8, cp1252, cp1250, cp1251, koi8-r, shift_jis, "
            "gb18030, big5 or euc-kr."
        ) from error
    return name


def _readable(path: Path, name: str, scratch: Path, guess: EncodingGuess, *, drop: str, is_said: bool) -> Path:
    """Return a file as UTF-8 without some signs: itself, or a copy."""
    if guess.name == "utf-8" and not guess.bad_lines and not drop:
        return path
    readable = scratch / "utf8.csv"
    errors = MEND if guess.name == "utf-8" else "strict" if is_said else "replace"
    try:
        with (
            path.open(encoding=guess.name, newline="", errors=errors) as file,
            readable.open("w", encoding="utf-8", newline="") as out,
        ):
            while block := file.read(_BLOCK):
                out.write(block.translate(dict.fromkeys(map(ord, drop))) if drop else block)
    except UnicodeError as error:
        raise UnreadableFileError(
            f"{name} is not written in {guess.name}: it holds bytes that mean nothing there. Give another --encoding, "
            "or none to have it found."
        ) from error
    return readable


def _remarks(guess: EncodingGuess, nuls: tuple[int, ...]) -> tuple[Remark, ...]:
    if nuls:
        reason = "NUL bytes, which are no text, are left out; something may have been lost there before"
        return (("nul_bytes", "warning", reason, nuls, ""), *_remarks(guess, ()))
    if guess.bad_lines:
        reason = "bytes that are not UTF-8 as the rest of the file; read as Windows-1252"
        return (("mended_bytes", "warning", reason, guess.bad_lines, ""),)
    if guess.name.replace("_", "-") in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"):
        return ()
    if guess.doubts:
        (name, word), *others = guess.doubts
        reason = (
            f"read in the encoding {name} ({word!r}); so little text reads as well in "
            f"{' and '.join(f'{other} ({as_read!r})' for other, as_read in others)}: choose with --encoding if words "
            "look wrong"
        )
        return (("encoding", "warning", reason, (), ""),)
    return (("encoding", "info", f"read in the encoding {guess.name}; choose another if words look wrong", (), ""),)


@dataclass(frozen=True)
class _At:
    """Where a content lies; what is found in it does not depend on that."""

    path: Path = field(compare=False)


def once_a_file(look: Callable[[Path, *_More], _Found]) -> Callable[[Path, *_More], _Found]:
    """Make a look through a whole file remember what it found for as long as the file stays as it is.

    A small file is known by its content. A large one that was written a moment ago is looked at each time: another
    write might leave the same time of change.
    """

    @lru_cache(maxsize=256)
    def found(_: tuple[Path | str | int, ...], at: _At, *more: *_More) -> _Found:
        return look(at.path, *more)

    @wraps(look)
    def wrapper(path: Path, *more: *_More) -> _Found:
        state = path.stat()
        if state.st_size <= _SAMPLE:
            return found((hash_file(path),), _At(path), *more)
        if time.time() - state.st_mtime < _SETTLED_SECONDS:
            return look(path, *more)
        return found((path, state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns), _At(path), *more)

    return wrapper


@once_a_file
def scan_once(path: Path) -> ByteScan:
    """Return the `ByteScan` of a file."""
    return scan_bytes(path)


@once_a_file
def _guess(path: Path, is_utf8: bool) -> EncodingGuess:
    return guess_encoding(path, is_utf8=is_utf8)
