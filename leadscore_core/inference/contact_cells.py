"""Contact cells: the addresses and numbers that one cell holds, whatever stands around them."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore_core.data.schema.schema import Role

_ADDRESS = re.compile(r"[^\s<>()\[\],;:|/\"']+@[^\s<>()\[\],;:|/\"'?]+")
_BESIDE_ADDRESS = r"[\s<>()\[\],;:|/\"'?]"
_BESIDE_NUMBER = r"[/,;|&\n]|[A-Za-z]{2}|\d{6}.*\s.*\d{6}"
_BETWEEN = re.compile(r"[/,;|&\n]|\b(?:or|and|und|y|et|e|o|ou|oder)\b", re.IGNORECASE)
_EXTENSION = re.compile(r"[\s,;]*(?:\bx|\(x|(?<=\d)x|ext(?:ension|n)?\b\.?|#)\s*[:.]?\s*\d{1,6}\)?", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[\d(][\d().\s-]*\d")
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15


def addresses_in(text: str) -> list[str]:
    """Return the e-mail addresses of a cell, or its text where there is none.

    Examples
    --------
    >>> [addresses_in(text) for text in ("mailto:a@x.in", "Asha <a@x.in>", "a@x.in; b@y.in", "a at x.in")]
    [['a@x.in'], ['a@x.in'], ['a@x.in', 'b@y.in'], ['a at x.in']]
    """
    found = [address.rstrip(".") for address in _ADDRESS.findall(text)]
    return list(dict.fromkeys(found)) or [text]


def numbers_in(text: str) -> list[str]:
    """Return the phone numbers of a cell without extensions and labels, or its text where there is none.

    Parts of fewer than seven digits belong to the number beside them: ``030/1234567`` is one.

    Examples
    --------
    >>> [numbers_in(text) for text in ("tel:+91-98765-43210", "9876543210 x123", "98765 43210 / 98765 43211")]
    [['+91-98765-43210'], ['9876543210'], ['98765 43210', '98765 43211']]
    >>> [numbers_in(text) for text in ("030/1234567", "9876543210/11", "Mob: 9876543210 (father)", "n/a")]
    [['030/1234567'], ['9876543210'], ['9876543210'], ['n/a']]
    """
    bare = _EXTENSION.sub(" ", text)
    parts = [part for part in _BETWEEN.split(bare) if _digits(part)]
    whole = [part for part in parts if _digits(part) >= _FEWEST_DIGITS]
    if not whole or (len(parts) > 1 and _digits(parts[0]) < _FEWEST_DIGITS):
        found = _NUMBER.search(re.sub(r"[/,;|&]", "-", bare))
        return [text if bare == text else bare.strip()] if found is None or text == bare else [found[0]]
    numbers = [number for part in whole for number in _separate(part)]
    return list(dict.fromkeys(numbers)) or [text]


def _separate(part: str) -> list[str]:
    """Return the numbers of a part: several where blanks stand between numbers that are too long for one."""
    found = [match[0].strip() for match in _NUMBER.finditer(part) if _digits(match[0]) >= _FEWEST_DIGITS]
    apart = []
    for number in found:
        words = number.split()
        several = _digits(number) > _MOST_DIGITS and all(_digits(word) >= _FEWEST_DIGITS for word in words)
        apart += words if several else [number]
    return apart


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)


_READERS: dict[Role, tuple[str, Callable[[str], list[str]]]] = {
    Role.EMAIL: (_BESIDE_ADDRESS, addresses_in),
    Role.PHONE: (_BESIDE_NUMBER, numbers_in),
}


def split_contacts(cells: pd.Series, role: Role) -> tuple[pd.Series, pd.Series | None]:
    """Return the first address or number of each cell, and the second ones where there are any.

    Parameters
    ----------
    cells
        Clean text, blanks NaN.
    role
        E-mail or phone.

    Examples
    --------
    >>> first, second = split_contacts(pd.Series(["a@x.in; b@y.in", "mailto:c@x.in", None]), Role.EMAIL)
    >>> first.tolist(), second.tolist()
    (['a@x.in', 'c@x.in', nan], ['b@y.in', nan, nan])
    """
    pattern, read = _READERS[role]
    written = pa.array(cells.array, type=pa.large_string(), from_pandas=True)
    beside = pc.fill_null(pc.match_substring_regex(written, pattern), False)
    rows = np.flatnonzero(beside.to_numpy(zero_copy_only=False))
    if not len(rows):
        return cells, None
    places, unique = pd.factorize(cells.iloc[rows])
    found = [read(text) for text in unique.tolist()]
    first = cells.astype(object).to_numpy(copy=True)
    first[rows] = np.array([one[0] for one in found], dtype=object)[places]
    one = pd.Series(first, index=cells.index, dtype="str")
    if all(len(several) < 2 for several in found):
        return one, None
    second = np.full(len(cells), None, dtype=object)
    second[rows] = np.array([several[1] if len(several) > 1 else None for several in found], dtype=object)[places]
    return one, pd.Series(second, index=cells.index, dtype="str")
