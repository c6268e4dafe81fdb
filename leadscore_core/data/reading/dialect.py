"""Dialect of a text file: its delimiter, and which line is the header."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

DELIMITERS = (",", ";", "\t", "|", "^", "~")
_BLANKS = '\r\n\t ,;|^~"\ufeff'
_SAMPLE_LINES = 200
_MOST_TITLES = 30
_HEADER_SHARE = 0.6
_CLEAR = 0.9
_FEW_LINES = 5


@dataclass(frozen=True)
class Dialect:
    """How a text file is to be read; ``titles`` are the lines above the header that hold something."""

    delimiter: str
    skip_lines: int
    titles: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class _Reading:
    """What a delimiter makes of the first lines: fields a line, how many lines have so many, where the header is."""

    delimiter: str
    width: int
    share: float
    header: int


@lru_cache(maxsize=8)  # a list is opened several times
def find_dialect(text: str) -> Dialect:
    r"""Find the delimiter and the header in the beginning of a file.

    The header is the first line that is nearly as wide as the lines under it; what is above it is a title.

    Examples
    --------
    >>> find_dialect("Leads of May, by team\n\nid;name;amount\n1;Ann;1,5\n2;Bo;2,5\n")
    Dialect(delimiter=';', skip_lines=2, titles=((1, 'Leads of May, by team'),))
    >>> find_dialect("sep=|\na|b\n1|2\n").skip_lines
    1
    """
    declared = re.match(r"sep=(.)\r?\n", text)
    lines = re.split(r"\r\n|\r|\n", text)
    above = 1 if declared else 0
    filled = (at for at, line in enumerate(lines) if at >= above and line.strip(_BLANKS))
    places = list(islice(filled, _SAMPLE_LINES))
    comments = _count_comments([lines[at] for at in places])
    if len(places) > 2 and len(text) > 1 << 16:
        places.pop()  # may be cut short
    shown = [lines[at] for at in places[comments:]]
    found = _read_as(declared[1], shown) if declared else _best(shown)
    header = comments + found.header
    titles = tuple((at + 1, _words(lines[at])) for at in places[:header])
    return Dialect(found.delimiter, places[header], titles)


def _count_comments(lines: Sequence[str]) -> int:
    """Return how many lines at the top are comments; the last that begins with # may be the header."""
    marked = next((at for at, line in enumerate(lines) if not re.match(r"\ufeff?\"?#\s*[^\W\d]", line)), 0)
    if marked and marked < len(lines):
        last, rest = lines[marked - 1], lines[marked : marked + _FEW_LINES]
        is_header = any(
            sign in last and len({count_fields(line, sign) for line in (last, *rest)}) == 1 for sign in DELIMITERS
        )
        marked -= is_header and not _begins_with_words(rest)
    return marked


def _begins_with_words(lines: Sequence[str]) -> bool:
    """Tell whether the first line is a header as far as digits tell: the others hold some, it holds none."""
    return not any(sign.isdigit() for sign in lines[0]) and any(sign.isdigit() for line in lines[1:] for sign in line)


def _words(line: str) -> str:
    return re.sub(r'[,;\t|^~"]{2,}', " ", line).strip(_BLANKS)


def _read_as(delimiter: str, lines: Sequence[str]) -> _Reading:
    counts = [count_fields(line, delimiter) for line in lines]
    usual = Counter(n for n in counts if n > 1).most_common()
    width, n = max(usual, key=lambda found: (found[1], found[0])) if usual else (1, len(lines))
    filled = [_filled(line, delimiter) for line in lines[:_MOST_TITLES]]
    if counts[0] == 1 and n < len(lines) / 2:
        return _Reading(delimiter, 1, 1 - n / len(lines), 0)
    header = next((at for at, cells in enumerate(filled) if cells >= max(min(2, width), _HEADER_SHARE * width)), 0)
    same = sum(1 for count in counts[header:] if count == width)
    return _Reading(delimiter, width, same / max(1, len(counts) - header), header)


def _best(lines: Sequence[str]) -> _Reading:
    readings = [_read_as(delimiter, lines) for delimiter in DELIMITERS if any(delimiter in line for line in lines)]
    wide = [reading for reading in readings if reading.width > 1]
    if not wide:
        return _read_as(",", lines)
    wide.sort(key=lambda found: (-round(found.share, 1), found.header, -found.width, DELIMITERS.index(found.delimiter)))
    if len(wide) > 1 and wide[1].share >= _CLEAR and wide[1].header == wide[0].header:
        sniffed = _sniff(lines[wide[0].header :], [reading.delimiter for reading in wide])
        return next((reading for reading in wide if reading.delimiter == sniffed), wide[0])
    return wide[0]


def _sniff(lines: Sequence[str], delimiters: Sequence[str]) -> str:
    import clevercsv  # slow to load, and needed only where the lines leave a doubt

    try:
        dialect = clevercsv.Sniffer().sniff("\n".join(lines) + "\n", delimiters=list(delimiters))
    except clevercsv.exceptions.Error:
        return ""
    return str(dialect.delimiter) if dialect is not None else ""


def count_fields(line: str, delimiter: str) -> int:
    """Return the fields of a line; quoted ones may hold the delimiter.

    Examples
    --------
    >>> count_fields('a,"b,c",d', ","), count_fields('a,"b', ",")
    (3, 2)
    """
    return len(_cells(line, delimiter))


def _filled(line: str, delimiter: str) -> int:
    return sum(1 for cell in _cells(line, delimiter) if cell.strip(' "\ufeff'))


def _cells(line: str, delimiter: str) -> list[str]:
    if '"' not in line:
        return line.split(delimiter)
    sign = re.escape(delimiter)
    return [cell for cell, _ in re.findall(rf'((?:"(?:[^"]|"")*"(?=$|{sign})|[^{sign}])*)($|{sign})', line)][
        : None if line.endswith(delimiter) else -1
    ] or [line]
