"""Units: columns of measured numbers in which some cells are of another unit than the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore_core.data.numbers import take_apart
from leadscore_core.data.text import as_text, is_text

_WITH_UNIT = r"[%٪\p{Sc}\p{L}]"
_PERCENT = "percent"


class MixedUnits(NamedTuple):
    """What is mixed in a column, in words, and the positions of the cells that are of the rarer units."""

    words: str
    rows: np.ndarray


def mixed_units(cells: pd.Series) -> Iterator[MixedUnits]:
    """Find percent beside numbers above 1 without a sign, and amounts in several currencies.

    Examples
    --------
    >>> [(found.words, found.rows.tolist()) for found in mixed_units(pd.Series(["12%", "40", "35", "0.5"]))]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('1 cell in percent (12%) is read as a share, and 2 without the sign (40) as they stand, a hundred times as much;
    write all in one way', [0])]
    >>> [found.words for found in mixed_units(pd.Series(["$ 5", "$ 7", "9 EUR", "8"]))]
    ['amounts in several currencies (USD 2, EUR 1) are read as they stand; give them in one']
    """
    if not is_text(cells):
        return
    codes, levels = pd.factorize(as_text(cells))
    texts = pa.array(levels, type=pa.large_string())
    if not pc.any(pc.match_substring_regex(texts, _WITH_UNIT)).as_py():
        return
    units = np.array([*map(_unit, texts.to_pylist()), ""], dtype=object)[codes]
    is_percent, is_plain = units == _PERCENT, units == "plain"
    if is_percent.any() and is_plain.any():
        n, others = int(is_percent.sum()), int(is_plain.sum())
        percent, plain = (str(cells.iloc[int(np.flatnonzero(some)[0])]).strip() for some in (is_percent, is_plain))
        yield MixedUnits(
            f"{n:,} {'cell' if n == 1 else 'cells'} in percent ({percent}) {'is' if n == 1 else 'are'} read as "
            f"{'a share' if n == 1 else 'shares'}, and {others:,} without the sign ({plain}) as they stand, a hundred "
            "times as much; write all in one way",
            np.flatnonzero(is_percent if n <= others else is_plain),
        )
    has_currency = ~is_percent & ~is_plain & (units != "")
    counts = pd.Series(units[has_currency]).value_counts()
    if len(counts) > 1:
        named = ", ".join(f"{code} {n:,}" for code, n in counts.items())
        yield MixedUnits(
            f"amounts in several currencies ({named}) are read as they stand; give them in one",
            np.flatnonzero(has_currency & (units != counts.index[0])),
        )


def _unit(text: str) -> str:
    written = take_apart(text)
    if written is None:
        return ""
    if text.strip().endswith(("%", "٪")):
        return _PERCENT
    if written.currency:
        return written.currency
    digits = written.core.partition("e")[0]
    return "plain" if digits.lstrip("0.,") and not digits.startswith(("0.", "0,", ".", ",")) and digits != "1" else ""
