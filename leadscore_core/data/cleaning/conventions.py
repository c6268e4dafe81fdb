"""Conventions of a file: in which order its dates are written, and which mark separates decimals in each column."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from leadscore_core.data.cleaning.date_order import DateEvidence, DateOrder
from leadscore_core.data.cleaning.decimals import DecimalEvidence, decimal_evidence
from leadscore_core.data.cleaning.numbers import DecimalMark, is_either, read_number
from leadscore_core.data.cleaning.parsing import written_days
from leadscore_core.data.cleaning.text import arrow_text, as_text, ascii_digits, is_text

_MOST_LOOKED_AT = 20_000
_WORTH_A_DOUBT = 0.05
_LEAST_SWAPPED = 3
_TYPED = r"^\d{4}-\d\d-(?P<day>\d\d)(?: \d\d:\d\d:\d\d)?$"
_WHOLE = r"^[+-]?\d+$"
_POINTS = r"^[+-]?(\d*\.\d{1,2}|\d+\.\d{4,}|0+\.\d+|\d{4,}\.\d{3})$"


class OtherDates(BaseModel):
    """How a column of dates other than the timestamp is read; ``ambiguous`` of them could be read in two ways."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    order: DateOrder
    ambiguous: int = 0
    example: str = ""


class DecimalDoubt(BaseModel):
    """A column whose decimals are written in two ways, or can be read in two, with cells of each and an example.

    ``taken`` is how cells that could be either are read; ``of_file`` is what other columns of the file show.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    column: str
    comma: int
    point: int
    either: int
    comma_example: str = ""
    point_example: str = ""
    either_example: str = ""
    small: int = 0
    taken: DecimalMark | None = None
    of_file: DecimalMark | None = None

    @property
    def leaves_out(self) -> bool:
        """Whether cells that could be read both ways are left out: where neither way is but a rare slip."""
        return min(self.comma, self.point) >= _WORTH_A_DOUBT * max(self.comma, self.point, 1)

    @property
    def words(self) -> str:
        """What is in doubt, in a sentence."""
        if not (self.comma and self.point):
            signs = "nothing in the column says which"
            if self.of_file is not None:
                signs = f"other columns have a decimal {self.of_file}, which does not go with the numbers beside them"
            return (
                f"numbers such as {self.either_example} may be thousands or decimals, and {signs}; read with a decimal "
                f"{self.taken or 'point'}"
            )
        both = (
            f"two ways to write decimals: a comma in {self.comma:,} cells ({self.comma_example}), a point in "
            f"{self.point:,} ({self.point_example})"
        )
        if not self.either:
            return f"{both}; each is read by itself"
        what = "are counted as missing" if self.leaves_out else "are read as most cells are written"
        return f"{both}; {self.either:,} that could be either ({self.either_example}) {what}"

    @property
    def guess(self) -> str:
        """How cells that could all be read both ways are read, and what suggests it, in a sentence."""
        number = read_number(self.either_example, self.taken)
        if self.of_file is not None:
            signs = f"other columns of the list have a decimal {self.of_file}"
        elif self.small:
            signs = "beside them are whole numbers up to 999 alone"
        else:
            signs = "the mark stands before three digits in every cell"
        what = "thousands" if abs(number) >= 1000 else "decimals"
        return f"numbers such as {self.either_example} are taken for {what} ({number:,.15g}): {signs}"


@dataclass(frozen=True)
class ConventionEvidence:
    """What a file shows of how it writes dates and decimals.

    Attributes
    ----------
    dates
        What its dates show of their order; None without a column of dates.
    swapped
        Dates that a spreadsheet seems to have swapped.
    decimals
        Schema column -> what its cells show.
    other_dates
        Schema column -> what the cells of dates other than the timestamp show.
    """

    dates: DateEvidence | None = None
    swapped: int = 0
    decimals: dict[str, DecimalEvidence] = field(default_factory=dict)
    other_dates: dict[str, DateEvidence] = field(default_factory=dict)

    def plus(self, other: ConventionEvidence) -> ConventionEvidence:
        """Return the evidence of two stretches of a file together."""
        both = self.dates is not None and other.dates is not None
        dates = self.dates.plus(other.dates) if both else self.dates or other.dates  # type: ignore[union-attr, arg-type]
        decimals = dict(self.decimals)
        for name, found in other.decimals.items():
            decimals[name] = decimals[name].plus(found) if name in decimals else found
        others = dict(self.other_dates)
        for name, shown in other.other_dates.items():
            others[name] = others[name].plus(shown) if name in others else shown
        return ConventionEvidence(dates, max(self.swapped, other.swapped), decimals, others)


def column_decimals(cells: pd.Series) -> DecimalEvidence:
    """Count what a column's cells say of its decimals; plain numbers are counted at once.

    Examples
    --------
    >>> column_decimals(pd.Series(["1,5", "2"])).decimal, column_decimals(pd.Series(["1,234", "1.5"])).decimal
    ('comma', 'point')
    """
    if not is_text(cells):
        return DecimalEvidence()
    counted = as_text(cells).value_counts()
    return level_decimals(pa.array(counted.index, type=pa.large_string()), counted.to_numpy())


def level_decimals(texts: pa.Array, counts: np.ndarray) -> DecimalEvidence:
    """Count what distinct texts, each with its number of cells, say of their decimals."""
    texts = ascii_digits(texts)
    points = _matches(texts, _POINTS)
    whole = _matches(texts, _WHOLE)
    odd = np.flatnonzero(~points & ~whole & _matches(texts, r"\d"))
    if not len(odd):
        first = texts[int(np.flatnonzero(points)[0])].as_py() if points.any() else ""
        return DecimalEvidence(point=int(counts[points].sum()), point_example=first)
    step = -(-len(odd) // _MOST_LOOKED_AT)
    some_whole = np.flatnonzero(whole)[:: -(-max(whole.sum(), 1) // _MOST_LOOKED_AT)]
    some = np.concatenate([odd[::step], some_whole])
    weights = counts[some] * np.repeat([step, 1], [len(some) - len(some_whole), len(some_whole)])
    found = decimal_evidence(texts.take(pa.array(some)).to_pylist(), weights.tolist())
    example = found.point_example or (texts[int(np.flatnonzero(points)[0])].as_py() if points.any() else "")
    point = found.point + int(counts[points].sum())
    return found._replace(point=point, point_example=example)


def with_points(cells: pd.Series, mark: DecimalMark, *, leave_out: bool = False) -> pd.Series:
    """Return a column's numbers written with a decimal point; what is no number stays as it is.

    Parameters
    ----------
    mark
        What separates decimals where a cell could be read both ways.
    leave_out
        Whether such cells are made unreadable instead.

    Examples
    --------
    >>> with_points(pd.Series(["1.234", "2,5", "3.50", "n/a"]), "comma").tolist()
    ['1234.0', '2.5', '3.5', 'n/a']
    """
    codes, levels = pd.factorize(as_text(cells))
    texts = [_with_point(str(text), mark, leave_out) for text in levels.tolist()]
    return pd.Series(pd.array([*texts, None], dtype="str").take(codes), index=cells.index)


def _with_point(text: str, mark: DecimalMark, leave_out: bool) -> str:
    if leave_out and is_either(text):
        return f"{text} (comma or point?)"
    number = read_number(text, mark)
    return text if np.isnan(number) else repr(number)


def _matches(texts: pa.Array, pattern: str) -> np.ndarray:
    found: np.ndarray = pc.match_substring_regex(texts, pattern).fill_null(False).to_numpy(zero_copy_only=False)
    return found


def swapped_days(cells: pd.Series) -> int:
    """Count dates that a spreadsheet seems to have swapped: typed ones of days to 12, and text of later days alone.

    A spreadsheet that expects the month first turns ``05/03/2026`` into 3 May and leaves ``25/03/2026`` as text.

    Examples
    --------
    >>> typed = ["2026-05-03 00:00:00", "2026-11-04 00:00:00", "2026-01-02 00:00:00"]
    >>> swapped_days(pd.Series([*typed, "25/03/2026", "13/04/2026", "31/01/2026"]))
    3
    >>> swapped_days(pd.Series([*typed, "2026-05-25 00:00:00", "25/03/2026", "13/04/2026", "31/01/2026"]))
    0
    """
    if not is_text(cells):
        return 0
    typed = pc.extract_regex(arrow_text(as_text(cells)), _TYPED).drop_null().field("day")
    one, two = written_days(cells)
    if min(len(typed), len(one)) < _LEAST_SWAPPED or pc.max(typed.cast(pa.int64())).as_py() > 12:
        return 0
    first, second = one > 12, two > 12
    return len(typed) if bool((first & ~second).all() or (second & ~first).all()) else 0
