"""Units: columns of measured numbers in which some cells are of another unit than the others."""

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore_core.data.cleaning.numbers import read_number, take_apart
from leadscore_core.data.cleaning.text import as_text, is_text
from leadscore_core.data.findings import Finding

PERCENT, PLAIN, LETTER = "percent", "plain", "letter"
UNIT = "unit_"  # of a finding of one part, which `judge_units` takes together for the list
_LETTER = re.compile(r"[\d.,\s+-]*\d\s*(?:m|mil)\.?", re.IGNORECASE)  # also minutes, months and metres, or thousands
_WITH_UNIT = r"[%٪\p{Sc}\p{L}]"


class OneUnit(NamedTuple):
    """A unit of a column and the positions of its cells.

    Percent, a currency's code, letters that may mean millions or minutes, or plain numbers above 1.
    """

    unit: str
    rows: np.ndarray


def find_units(cells: pd.Series, numbers: pd.Series) -> list[OneUnit]:
    """Return the units in which a column's cells are written.

    Parameters
    ----------
    cells, numbers
        As written, and as they were read.

    Examples
    --------
    >>> cells = pd.Series(["12%", "40", "0.5", "$ 5", "9 EUR"])
    >>> [(found.unit, found.rows.tolist()) for found in find_units(cells, pd.Series([0.12, 40, 0.5, 5, 9]))]
    [('EUR', [4]), ('USD', [3]), ('percent', [0]), ('plain', [1])]
    """
    above = numbers.abs().to_numpy("float64", na_value=np.nan) > 1
    units = np.full(len(cells), "", dtype=object)
    if is_text(cells):
        codes, levels = pd.factorize(as_text(cells))
        texts = pa.array(levels, type=pa.large_string())
        if pc.any(pc.match_substring_regex(texts, _WITH_UNIT)).as_py():
            units = np.array([*map(_unit, texts.to_pylist()), ""], dtype=object)[codes]
    units[above & (units == "")] = PLAIN
    return [OneUnit(unit, np.flatnonzero(units == unit)) for unit in sorted(set(units.tolist()) - {""})]


def judge_units(found: Iterable[Finding]) -> list[Finding]:
    """Replace findings of single units by what is mixed in a column: percent and plain numbers, or currencies."""
    others: list[Finding] = []
    columns: dict[str, dict[str, Finding]] = {}
    for finding in found:
        if finding.code.startswith(UNIT):
            columns.setdefault(finding.column, {})[finding.code.removeprefix(UNIT)] = finding
        else:
            others.append(finding)
    for units in columns.values():
        letter = units.pop(LETTER, None)
        if letter is not None:
            number = read_number(letter.example.strip("'\""))
            reason = (
                f"cells such as {letter.example} are read as {number:,.15g}; if the letters mean something else, such "
                "as minutes or months, write the numbers without them"
            )
            others.append(letter.model_copy(update={"code": "unit_letters", "reason": reason}))
        percent, plain = units.pop(PERCENT, None), units.pop(PLAIN, None)
        if percent is not None and plain is not None:
            reason = (
                f"some are in percent ({percent.count:,}, for instance {percent.example}), which are read as shares, "
                f"and others without the sign ({plain.count:,}, for instance {plain.example}), as they stand, a "
                "hundred times as much; write all in one way"
            )
            rarer = min(percent, plain, key=lambda one: one.count)
            others.append(rarer.model_copy(update={"code": "mixed_units", "reason": reason}))
        if len(units) > 1:
            ordered = sorted(units.items(), key=lambda one: -one[1].count)
            named = ", ".join(f"{code} {one.count:,}" for code, one in ordered)
            reason = f"amounts in several currencies ({named}) are read as they stand; give them in one"
            others.append(ordered[-1][1].model_copy(update={"code": "mixed_currencies", "reason": reason}))
    return others


def _unit(text: str) -> str:
    written = take_apart(text)
    if written is None:
        return ""
    if _LETTER.fullmatch(text):
        return LETTER
    return PERCENT if text.strip().rstrip(")").endswith(("%", "٪")) else written.currency
