"""NUL bytes in a text file: whether it is text but for them, and on which lines they stand."""

import re
from pathlib import Path

import numpy as np

from leadscore_core.data.reading.dialect import DELIMITERS

_BLOCK = 4 << 20
_LOOKED_AT = 40  # lines
_NO_TEXT = re.compile(rb"[\x01-\x08\x0e-\x19\x1c-\x1f]")  # tabs, line ends, an old end of file and shifts are text
_LINE_END = re.compile(rb"[\r\n]+")


def is_text_but_for_nuls(head: bytes) -> bool:
    r"""Tell whether the beginning of a file is lines of delimited text once its NUL bytes are taken away.

    Examples
    --------
    >>> is_text_but_for_nuls(b"id,city\n1,Pu\0\0ne\n"), is_text_but_for_nuls(b"a,b\n\0\1\2\3,4\n")
    (True, False)
    """
    text = head.replace(b"\0", b"")
    if _NO_TEXT.search(text):
        return False
    lines = [line for line in _LINE_END.split(text, _LOOKED_AT)[:_LOOKED_AT] if line.strip()]
    most = max(sum(sign.encode() in line for line in lines) for sign in DELIMITERS)
    return len(lines) > 1 and 2 * most > len(lines)


def find_utf_16(head: bytes) -> str | None:
    r"""Return the order of bytes of UTF-16 without a mark, by where most NUL bytes stand; None of other text.

    Examples
    --------
    >>> find_utf_16("id,city\n1,Pune\n".encode("utf-16-be")), find_utf_16(b"id,city\n1,Pu\0ne\n")
    ('utf-16-be', None)
    """
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) <= len(head) // 8 or min(even, odd) > len(head) // 50:
        return None
    codec = "utf-16-le" if odd > even else "utf-16-be"
    text = head.decode(codec, "ignore")
    if _NO_TEXT.search(text.encode("utf-8", "ignore")):
        return None
    ends = text.count("\n") + text.count("\r")
    is_chance = 2 * ends < head.count(b"\n") + head.count(b"\r") and is_text_but_for_nuls(head)
    return None if is_chance else codec


def lines_with_nuls(path: Path) -> tuple[int, ...]:
    """Return the lines of a file in which NUL bytes stand, the first being 1."""
    found: list[int] = []
    line = 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            content = np.frombuffer(block, dtype="uint8")
            ends = np.flatnonzero(content == ord("\n"))
            if b"\0" in block:
                found += np.unique(line + np.searchsorted(ends, np.flatnonzero(content == 0))).tolist()
            line += len(ends)
    return tuple(dict.fromkeys(found))
