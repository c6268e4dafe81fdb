"""Coded columns: what is written in digits or in lists and is no measure: years, codes, several values in a cell."""

from collections import Counter

import numpy as np

from leadscore_core.data.cleaning.text import split_values
from leadscore_core.data.schema.column_profile import EMAIL, ColumnProfile
from leadscore_core.data.schema.header_words import words_of


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


MASKED_EMAIL = rf"(?:{EMAIL})|(?i:^\S{{0,6}}[x*#•]{{3,}}\S*$)"
MOST_VALUES = 200
_EARLIEST, _LATEST = 1_800, 2_100
_YEAR = _set("year years yr jahr jahrgang annee ano anos anno born geburtsjahr jaar rok ar aar vuosi yil год 年")
_CODE = _set(
    "code zip zipcode plz postcode postal pin pincode postleitzahl cap cep cp channel kanal canal canale segment "
    "cluster type typ tipo category kategorie categorie categoria group gruppe groupe grupo gruppo region regiao "
    "regione zone zona branch territory district bezirk product produkt produit producto produto регион канал тип "
    "код индекс"
)
_CODE_FIRST = _set("zip postal post pin plz")
_SEPARATORS = (";", "|", ",")
_SHARE, _REPEATS, _LONGEST, _FEWER = 0.1, 5.0, 40, 0.7


def is_year(column: ColumnProfile) -> bool:
    """Tell whether a column holds years: its name says so, and all its numbers are whole, from 1800 to 2100."""
    numbers = column.numbers
    if not _YEAR & set(words_of(column.header)) or numbers is None or not column.is_whole:
        return False
    return bool(np.nanmin(numbers) >= _EARLIEST and np.nanmax(numbers) <= _LATEST)


def year_reason(column: ColumnProfile) -> str:
    """Say that a column holds years, and which; "" where it does not."""
    if column.distinct < 2 or not is_year(column) or column.numbers is None:
        return ""
    return f"years from {np.nanmin(column.numbers):.0f} to {np.nanmax(column.numbers):.0f}"


def is_code_by_name(header: str) -> bool:
    """Tell whether a header names a code, of which a larger number is no more of anything.

    Examples
    --------
    >>> [is_code_by_name(h) for h in ("Region_Code", "Policy_Sales_Channel", "ZIP", "Group size", "Income")]
    [True, True, True, False, False]
    """
    words = words_of(header)
    return words[-1] in _CODE or (words[0] in _CODE_FIRST and words[-1] in {"code", "codes", "no", "number", "nr"})


def separator_of(column: ColumnProfile) -> str:
    """Return what separates several values in one cell; "" where cells hold one value, or text.

    Values must be short, come again and again in number, and be in cells of more than one length.
    """
    values, counts = column.values.to_pylist(), column.counts.tolist()
    for mark in _SEPARATORS:
        several = sum(count for value, count in zip(values, counts, strict=True) if mark in value)
        if several < _SHARE * column.filled or _is_of_values(values, counts, mark) is None:
            continue
        return mark
    return ""


def list_reason(column: ColumnProfile) -> str:
    """Say that a column holds several values in a cell, and how many there are; "" where it does not."""
    mark = separator_of(column)
    if not mark:
        return ""
    held = {one.casefold() for text in column.values.to_pylist() for one in split_values(text, mark)}
    return f"several values in a cell, with {mark!r} between: {len(held):,} different"


def _is_of_values(values: list[str], counts: list[int], mark: str) -> int | None:
    """Return how many different values there are; None where what a mark separates is no list of values."""
    held: Counter[str] = Counter()
    lengths: set[int] = set()
    for value, count in zip(values, counts, strict=True):
        own = [one.casefold() for one in split_values(value, mark)]
        lengths.add(len(own))
        held.update(dict.fromkeys(own, count))
        if len(held) > MOST_VALUES:
            return None
    short = all(len(one) <= _LONGEST for one in held)
    again = len(held) > 1 and sum(held.values()) >= _REPEATS * len(held) and len(held) <= _FEWER * len(values)
    return len(held) if short and again and len(lengths) > 1 else None
