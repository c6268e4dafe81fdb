"""Source text: what exports and programs put around the text of a file, taken off before it is read."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from leadscore_core.data.reading.dialect import DELIMITERS, count_fields

_SIGNS = re.escape("".join(DELIMITERS))
_FORMULA = re.compile(
    rf'(?:(?<=[{_SIGNS}\r\n])|(?<![\s\S]))(?:="((?:[^"\r\n]|"")*)"|"=""((?:[^"\r\n]|"""")*)""")(?=[{_SIGNS}\r\n]|\Z)'
)
_AS_TEXT = re.compile(r'\A\s*="((?:[^"]|"")*)"\s*\Z')
_WRAPPED = re.compile(rf'"((?:[^"]|"")*)"[{_SIGNS}]*\Z', re.DOTALL)
_SAMPLE_LINES = 200
_SHARE = 0.9
_LONGEST = 64 << 10
_BLOCK = 4 << 20


def unwrap_formulas(text: str) -> str:
    r"""Take off what keeps a spreadsheet from reading a cell as a number: ``="007"`` becomes ``"007"``.

    Examples
    --------
    >>> unwrap_formulas('="007",=1+1\n="a"&"b",="Rao, Ann"')
    '"007",=1+1\n="a"&"b","Rao, Ann"'
    """
    return _FORMULA.sub(_plain_field, text)


def _plain_field(found: re.Match[str]) -> str:
    inner = found[1] if found[1] is not None else found[2].replace('""', '"')
    return f'"{inner}"'


def unwrap_cell(cell: str) -> str:
    """Return the text of a cell that is written as a formula of one text; any other cell as it is.

    Examples
    --------
    >>> [unwrap_cell(cell) for cell in ('="007"', '=1+1', '="a"&"b"', '="5"" pipe"')]
    ['007', '=1+1', '="a"&"b"', '5" pipe']
    """
    found = _AS_TEXT.match(cell)
    return cell if found is None else found[1].replace('""', '"')


def has_wrapped_lines(text: str) -> bool:
    r"""Tell from the beginning of a file whether its lines are quoted as a whole, so that each looks like one cell.

    It is a list of one column only if what stands between the quotes is not a row of always as many fields.

    Examples
    --------
    >>> has_wrapped_lines('"a,b,c"\n"1,x,3"\n'), has_wrapped_lines('a,b,c\n"1,2,3"\n"4,5,6"\n')
    (True, True)
    >>> has_wrapped_lines('Name\n"Rao, Ann"\n"Shah, Bo"\n'), has_wrapped_lines('"a","b"\n"1","2"\n')
    (False, False)
    """
    records = [cells for cells in _first_records(text) if any(cell.strip() for cell in cells)]
    if len(records) < 2 or all(len(cells) == 1 for cells in records):
        return False
    return any(_is_wrapped(records, delimiter) for delimiter in DELIMITERS)


def _first_records(text: str) -> list[list[str]]:
    """Return the first records, each as the whole line, or as what stands between the quotes around it."""
    records: list[list[str]] = []
    for line in io.StringIO(text, newline=""):
        if len(records) >= _SAMPLE_LINES:
            break
        bare = line.lstrip("\ufeff").rstrip("\r\n")
        inner = _inner(bare)
        records.append([bare] if inner is None else [bare, inner])
    return records


def _inner(line: str) -> str | None:
    """Return what stands between the quotes around a line, None where there are none."""
    found = _WRAPPED.match(line)
    return None if found is None else found[1].replace('""', '"')


def _is_wrapped(records: Sequence[Sequence[str]], delimiter: str) -> bool:
    widths = [count_fields(record[-1], delimiter) for record in records]
    width, n = Counter(widths).most_common(1)[0]
    if width < 2 or n < _SHARE * len(records):
        return False
    first = next(at for at, found in enumerate(widths) if found == width)
    body = [record for record in records[first + 1 :] if len(record) > 1]
    least = _SHARE * (len(records) - first - 1)
    if len(records[first]) > 1:
        return not body or len(body) >= least
    return sum(1 for record in body if _fields_as_read(record) != width) >= max(1.0, least)


def _fields_as_read(record: Sequence[str]) -> int:
    """Return the fields of a line that begins with a quoted one and holds nothing after it."""
    return 1 + len(record[0]) - len(record[0].rstrip("".join(DELIMITERS)))


def unwrapped_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file without the quotes around each as a whole; one within such quotes stays as it is."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        held = ""
        for line in file:
            held += line
            if held.startswith('"') and held.count('"') % 2 and len(held) < _LONGEST:
                continue
            yield _unwrapped(held)
            held = ""
        yield _unwrapped(held)


def _unwrapped(text: str) -> str:
    bare = text.rstrip("\r\n")
    inner = _inner(bare)
    return text if inner is None else inner + text[len(bare) :]


def write_lines(lines: Iterable[str], target: Path) -> Path:
    """Write text as it comes, in UTF-8."""
    with target.open("w", encoding="utf-8", newline="") as out:
        out.writelines(lines)
    return target


def without_formulas(path: Path, target: Path) -> tuple[Path, bool]:
    """Return the file to read after `unwrap_formulas`, the same where there are none, and whether there were any."""
    changed = False

    def mended() -> Iterator[str]:
        nonlocal changed
        with path.open(encoding="utf-8-sig", newline="") as file:
            while block := file.read(_BLOCK):
                text = block + file.readline()
                plain = unwrap_formulas(text)
                changed = changed or plain != text
                yield plain

    write_lines(mended(), target)
    return (target, True) if changed else (path, False)
