"""Date order: what a whole column of dates in digits says of the order of day, month and year."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore_core.data.cleaning.text import arrow_text, as_text, ascii_digits, is_text

DateOrder = Literal["dmy", "mdy", "ymd", "ydm"]
ORDER_WORDS: dict[DateOrder, str] = {
    "dmy": "day before month",
    "mdy": "month before day",
    "ymd": "year before month and day",
    "ydm": "year before day and month",
}
_PARTS = r"^\s*(?P<one>\d{1,4})[/. -](?P<two>\d{1,2}|(?P<month>[^\d\s./-]+)\.?)[/. -](?P<three>\d{1,4})(?:\D|$)"
_MONTH_LETTERS = (3, 12)
_YEAR_MONTH = r"^\s*\d{4}[/.-](?:0?\d|1[0-2])[/.-]\d"
_LATE_DAY = r"^\s*\d{4}[/.-]\d{1,2}[/.-](?:1[3-9]|2\d|3[01])(?:\D|$)"
_LIKELY_YEARS = slice(10, 40)  # of two digits
_STRAY = 0.05
_VARIED, _TIMES = 6, 3
_NONE = (0,) * 100


class DateEvidence(NamedTuple):
    """How many dates in digits show which order.

    Attributes
    ----------
    day_first, month_first, either
        Dates whose year of four digits stands last, by what their first two numbers can be.
    short_day_first, short_month_first, short_either
        The same of dates with a year of two digits, if it stands last.
    only_first, only_last, both_ends
        Dates of three short parts whose year can only stand first, only last, or at both ends.
    named
        How many of these name their month.
    firsts, thirds
        How often each number from 0 to 99 is their first and their third part.
    year_month, year_day
        Dates whose year of four digits stands first, and the month or the day after it, as a number above 12 shows.
    either_example, short_example, year_example
        A date that could have the day or the month first, the year at both ends, the day after the year.
    """

    day_first: int = 0
    month_first: int = 0
    either: int = 0
    short_day_first: int = 0
    short_month_first: int = 0
    short_either: int = 0
    only_first: int = 0
    only_last: int = 0
    both_ends: int = 0
    named: int = 0
    firsts: tuple[int, ...] = _NONE
    thirds: tuple[int, ...] = _NONE
    year_month: int = 0
    year_day: int = 0
    either_example: str = ""
    short_example: str = ""
    year_example: str = ""

    @property
    def short_years(self) -> Literal["first", "last", "open"]:
        """Where the years of two digits stand: what some dates show, else where numbers look like years."""
        shorts = self.only_first + self.only_last + self.both_ends
        if not shorts or self.day_first or self.month_first or self.either:
            return "last"
        shown_first, shown_last = (only > _STRAY * shorts for only in (self.only_first, self.only_last))
        if shown_first and shown_last:
            return "open"
        if shown_first or shown_last:
            return "first" if shown_first else "last"
        firsts, thirds = np.array(self.firsts), np.array(self.thirds)
        years_first, years_last = (part[_LIKELY_YEARS].sum() >= (1 - _STRAY) * shorts for part in (firsts, thirds))
        if years_first != years_last:
            return "first" if years_first else "last"
        n_firsts, n_thirds = int((firsts > 0).sum()), int((thirds > 0).sum())
        if n_thirds >= max(_VARIED, _TIMES * n_firsts):  # days vary, years hardly do
            return "first"
        if n_firsts >= max(_VARIED, _TIMES * n_thirds) or self.named == shorts:
            return "last"
        return "open"

    @property
    def days_and_months(self) -> tuple[int, int, int]:
        """Dates with the year last that can only be day-first, only month-first, or be both."""
        if self.short_years == "first":
            return self.day_first, self.month_first, self.either
        return (
            self.day_first + self.short_day_first,
            self.month_first + self.short_month_first,
            self.either + self.short_either,
        )

    def order(self, usual: DateOrder = "dmy") -> DateOrder:
        """Return the order of the column, `usual` where nothing shows it."""
        day_first, month_first, _ = self.days_and_months
        if self.short_years == "first":
            return "ymd"
        if self.year_day and not self.year_month and not month_first:
            return "ydm"
        if self.year_day and not any(self.days_and_months):
            return "ymd"
        return usual if day_first == month_first else "dmy" if day_first > month_first else "mdy"

    @property
    def ambiguous(self) -> int:
        """How many dates could be read in two ways, where the column does not say which."""
        day_first, month_first, either = self.days_and_months
        unsaid = either if (day_first > 0) == (month_first > 0) and self.short_years != "first" else 0
        if self.short_years == "open":
            unsaid = max(unsaid, self.only_first + self.only_last + self.both_ends)
        return unsaid + (self.year_day if self.year_day and self.year_month else 0)

    @property
    def is_open(self) -> bool:
        """Whether dates could be read in two ways and none says which."""
        return self.ambiguous > 0 and self.days_and_months[:2] == (0, 0)

    @property
    def is_settled(self) -> bool:
        """Whether the dates themselves show their order, whatever is usual."""
        return self.order("dmy") == self.order("mdy") and not self.ambiguous

    @property
    def example(self) -> str:
        """A date that could be read in two ways."""
        if self.short_years == "open":
            return self.short_example or self.either_example
        return self.either_example or self.year_example

    @property
    def choices(self) -> tuple[DateOrder, ...]:
        """The orders that the column may have."""
        found: list[DateOrder] = []
        shorts = self.only_first + self.only_last + self.both_ends
        if any(self.days_and_months) or shorts:
            found += ["dmy", "mdy"]
        if shorts or self.year_day:
            found.append("ymd")
        return (*found, "ydm") if self.year_day else tuple(found)

    @property
    def note(self) -> str:
        """What an unusual order is taken from, in words; empty for a usual one."""
        order = self.order()
        if order == "ydm":
            return f"{self.year_day:,} dates such as {self.year_example} can only have the day after the year"
        if order != "ymd" or self.ambiguous:
            return ""
        if self.only_first:
            return f"{self.only_first:,} dates can only have the year first, such as {self.short_example}"
        return f"in dates such as {self.short_example} the first number looks like a year and the last like a day"

    def plus(self, other: DateEvidence) -> DateEvidence:
        """Return the evidence of two stretches of a column together.

        Examples
        --------
        >>> DateEvidence(either=2, either_example="3/4/2026").plus(DateEvidence(month_first=1)).order()
        'mdy'
        """
        return DateEvidence._make(_add(one, two) for one, two in zip(self, other, strict=True))


def _add(one: object, two: object) -> object:
    if isinstance(one, tuple) and isinstance(two, tuple):
        return tuple(a + b for a, b in zip(one, two, strict=True))
    return one + two if isinstance(one, int) and isinstance(two, int) else one or two


def date_evidence(cells: pd.Series) -> DateEvidence:
    """Count what a column's dates in digits show of their order.

    Examples
    --------
    >>> date_evidence(pd.Series(["25/04/2022", "03/04/2022", "2022-04-03"])).days_and_months
    (1, 0, 1)
    >>> date_evidence(pd.Series(["25/03/01", "25/03/09", "25/04/02"])).order()
    'ymd'
    >>> date_evidence(pd.Series(["2025-13-05", "2025-04-03"])).order()
    'ydm'
    """
    if not is_text(cells):
        return DateEvidence()
    texts = ascii_digits(arrow_text(as_text(cells)))
    usual = pc.match_substring_regex(texts, _YEAR_MONTH).fill_null(False)  # most lists are of these
    year_month = int(pc.sum(pc.match_substring_regex(texts.filter(usual), _LATE_DAY)).as_py() or 0)
    texts = texts.filter(pc.invert(usual))
    parts = pc.extract_regex(texts, _PARTS)
    is_date = pc.and_(parts.is_valid(), _may_be_month(parts.field("month")))
    texts, parts = texts.filter(is_date), parts.filter(is_date)
    if not len(texts):
        return DateEvidence(year_month=year_month)
    named = _true(pc.match_substring_regex(parts.field("two"), r"^\D"))
    one, three = _numbers(parts.field("one")), _numbers(parts.field("three"))
    two = _numbers(pc.if_else(pa.array(named), "1", parts.field("two")))
    long_one, long_three = (_length(parts.field(name)) == 4 for name in ("one", "three"))
    numeric = ~named
    day_first, month_first = (one > 12) & (two <= 12), (one <= 12) & (two > 12)
    either = (one <= 12) & (two <= 12) & (one != two)
    last = long_three & ~long_one & (one < 100) & numeric
    first = long_one & (three < 100) & (_length(parts.field("three")) <= 2) & numeric
    short = (_length(parts.field("one")) <= 2) & (_length(parts.field("three")) <= 2)
    can_be_first = short & (two >= 1) & (two <= 12) & (three >= 1) & (three <= 31)
    days = ((one >= 1) & (one <= 31) & (two >= 1) & (two <= 12)) | ((one >= 1) & (one <= 12) & (two >= 1) & (two <= 31))
    can_be_last = short & (_length(parts.field("three")) == 2) & days
    shorts = can_be_first | can_be_last
    at_both = can_be_first & can_be_last
    year_day = first & (two > 12) & (two <= 31) & (three >= 1) & (three <= 12)

    def count(those: np.ndarray) -> int:
        return int(those.sum())

    of_short = can_be_last & numeric
    return DateEvidence(
        day_first=count(last & day_first),
        month_first=count(last & month_first),
        either=count(last & either),
        short_day_first=count(of_short & day_first),
        short_month_first=count(of_short & month_first),
        short_either=count(of_short & either),
        only_first=count(can_be_first & ~can_be_last),
        only_last=count(can_be_last & ~can_be_first),
        both_ends=count(at_both),
        named=count(shorts & named),
        firsts=tuple(np.bincount(one[shorts], minlength=100).tolist()),
        thirds=tuple(np.bincount(three[shorts], minlength=100).tolist()),
        year_month=year_month,
        year_day=count(year_day),
        either_example=_example(texts, (last | (can_be_last & numeric)) & either),
        short_example=_example(texts, can_be_first & ~can_be_last) or _example(texts, at_both),
        year_example=_example(texts, year_day),
    )


def _may_be_month(words: pa.Array) -> pa.Array:
    """Tell which words may be a month, or are none where it is in digits; a pattern of both is slow to make."""
    length = pc.utf8_length(words)
    fits = pc.and_(pc.greater_equal(length, _MONTH_LETTERS[0]), pc.less_equal(length, _MONTH_LETTERS[1]))
    return pc.or_(pc.equal(length, 0), pc.and_(fits, pc.utf8_is_alpha(words)))


def _true(mask: pa.Array) -> np.ndarray:
    truth: np.ndarray = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return truth


def _numbers(texts: pa.Array) -> np.ndarray:
    numbers: np.ndarray = texts.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _length(texts: pa.Array) -> np.ndarray:
    lengths: np.ndarray = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    return lengths


def _example(texts: pa.Array, those: np.ndarray) -> str:
    places = np.flatnonzero(those)
    return str(texts[int(places[0])]).strip() if len(places) else ""
