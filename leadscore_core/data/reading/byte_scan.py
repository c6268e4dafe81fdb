"""Byte scan: one look through a file's bytes for all that its reading asks of them."""

import codecs
import io
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

_BLOCK = 1 << 20  # stays in the processor's own memory
_TAIL = 64 << 10
_NEWLINE = 10


@dataclass(frozen=True)
class ByteScan:
    r"""What a file's bytes show.

    Attributes
    ----------
    lines
        Up to the last that holds anything; those that end as on an old Mac count too.
    newlines
        Bytes ``\n``.
    line_end
        ``\n`` or ``\r\n`` where all lines end in it, perhaps but the last; empty where they differ.
    is_open
        Whether the last line has no end.
    has_quotes
        Whether a quotation mark is in it.
    has_formulas
        Whether it may hold cells that are written as formulas of text.
    has_marks
        Whether a byte order mark is in it past its beginning.
    has_nuls
        Whether a NUL byte is in it.
    is_utf8
        Whether all of it is UTF-8.
    """

    lines: int
    newlines: int
    line_end: str
    is_open: bool
    has_quotes: bool
    has_formulas: bool
    has_marks: bool
    has_nuls: bool
    is_utf8: bool


def scan_bytes(path: Path) -> ByteScan:
    r"""Look through a file.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "leads.csv")
    >>> _ = path.write_bytes(b'id,city\r\n1,"Pune"\r\n\r\n')
    >>> scan = scan_bytes(path)
    >>> scan.lines, scan.newlines, scan.line_end, scan.has_quotes, scan.is_utf8
    (2, 3, '\r\n', True, True)
    """
    newlines = returns = pairs = 0
    quotes = formulas = marks = nuls = between = False  # between: two blocks share a letter
    is_utf8 = True
    decoder = codecs.getincrementaldecoder("utf-8")()
    buffer, before, first = bytearray(_BLOCK), b"", 1
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(buffer):
            block = buffer if size == _BLOCK else buffer[:size]
            seam = before + block[:2]
            newlines += int(np.count_nonzero(np.frombuffer(block, dtype="uint8") == _NEWLINE))
            if b"\r" in block:
                returns += block.count(b"\r")
                pairs += block.count(b"\r\n")
            pairs += before[-1:] == b"\r" and block[0] == _NEWLINE
            quotes = quotes or b'"' in block
            nuls = nuls or b"\0" in block
            formulas = formulas or (b"=" in block and b'="' in block) or b'="' in seam  # one byte is found much faster
            is_ascii = block.isascii()
            marks = marks or (not is_ascii and block.find(codecs.BOM_UTF8, first) >= 0) or codecs.BOM_UTF8 in seam
            if is_utf8 and (between or not is_ascii):
                is_utf8 = _continues(decoder, block)
                between = bool(decoder.getstate()[0])
            before, first = bytes(block[-2:]), 0
        is_open = before[-1:] not in (b"", b"\n", b"\r")
        blank = max(0, _ends_at_the_end(file) - 1)
    return ByteScan(
        lines=newlines + returns - pairs + is_open - blank,
        newlines=newlines,
        line_end={(newlines, newlines): "\r\n", (0, 0): "\n"}.get((returns, pairs), ""),
        is_open=is_open,
        has_quotes=quotes,
        has_formulas=formulas,
        has_marks=marks,
        has_nuls=nuls,
        is_utf8=is_utf8 and not between,
    )


def _continues(decoder: codecs.IncrementalDecoder, block: bytearray) -> bool:
    try:
        decoder.decode(block)
    except UnicodeDecodeError:
        return False
    return True


def _ends_at_the_end(file: IO[bytes]) -> int:
    """Return how many line ends a file ends in."""
    ends, place = b"", file.seek(0, io.SEEK_END)
    while place:
        end, place = place, max(0, place - _TAIL)
        file.seek(place)
        tail = file.read(end - place)
        own = tail[len(tail.rstrip(b"\r\n")) :]
        ends = own + ends
        if len(own) < len(tail):
            break
    return ends.count(b"\n") or ends.count(b"\r")
