"""Profiles of columns: how full, how varied and of which shape, from every value, each distinct one looked at once.

What a column is not shows in a few of its values, so that costly tests go on only where these pass; what it is takes
them all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore_core.data.cleaning.conventions import level_decimals, with_points
from leadscore_core.data.cleaning.date_order import DateOrder, date_evidence
from leadscore_core.data.cleaning.decimals import settle_mark
from leadscore_core.data.cleaning.numbers import DecimalMark
from leadscore_core.data.cleaning.parsing import parse_dates, parse_numbers
from leadscore_core.data.cleaning.text import clean_levels

_FIRST_LOOKS = (60, 2_000)
_MOST_SHAPES, _OF_ONE_SHAPE = 300, 500
_PLAIN_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)$"
_EITHER = r"^[+-]?[1-9]\d{0,2}[.,]\d{3}$"
_ADDRESS = r"[^@\s]+@[^@\s]+\.[^@\s]+"
EMAIL = rf"^(?:[^@]{{0,60}}[\s<(:;,|])?{_ADDRESS}(?:[\s;,|/]+(?:[^@]{{0,60}}[\s<(:;,|])?{_ADDRESS}){{0,4}}[\s>);,|]*$"
_LABEL = r"(?:(?:tel|telephone|phone|ph|mob|mobile|cell|callto|whatsapp|wa|sms|home|office|[mtpchw])\.?\s*[:.]?\s*)?"
_DIALLED = r"(?:\+|00)?[\dXx*\s()./-]{5,22}(?:\.0)?(?:\s*[,;]?\s*(?:x|ext(?:ension|n)?\.?|#)\s*[:.]?\s*\d{1,6})?"
PHONE = rf"(?i)^\s*{_LABEL}{_DIALLED}(?:\s*(?:[/,;|&]|\bor\b|\band\b)\s*{_LABEL}{_DIALLED}){{0,3}}\s*$"
WRITTEN_PHONE = r"^(?:\+|0|\(|tel:|callto:)|\d[\s)/.-]+\d.*\d[\s/.-]+\d"
CODE = r"^[\w./:#{}-]{1,64}$"


@dataclass(frozen=True)
class ColumnProfile:
    """What the cells of a column hold.

    Attributes
    ----------
    header
        As in the file.
    rows
        Number of cells.
    codes
        Place of each cell among the values, -1 for a blank.
    values
        Distinct cleaned text, blanks aside, in the order in which it comes.
    counts
        Cells of each value.
    marks
        Lower-case text that counts as blank in this column.
    of_file
        The decimal mark of other columns of its file, where they show one.
    said
        Its own decimal mark, where a person said it.
    """

    header: str
    rows: int
    codes: np.ndarray
    values: pa.Array
    counts: np.ndarray
    marks: tuple[str, ...] = ()
    of_file: DecimalMark | None = None
    said: DecimalMark | None = None

    @property
    def filled(self) -> int:
        """Number of cells that hold something."""
        return int(self.counts.sum())

    @property
    def fill(self) -> float:
        """Share of cells that hold something, 0-1."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def distinct(self) -> int:
        """Number of different values."""
        return len(self.values)

    @property
    def uniqueness(self) -> float:
        """Different values for each filled cell, 0-1."""
        return self.distinct / self.filled if self.filled else 0.0

    @property
    def example(self) -> str:
        """The most frequent value, the first of equals."""
        return str(self.values[int(self.counts.argmax())])[:40] if self.distinct else ""

    def share(self, pattern: str, least: float = 0.0) -> float:
        """Return the share of filled cells that match; 0 where a few values show that it is below `least`."""
        return self._share(lambda some: _true(pc.match_substring_regex(some, pattern)), least)

    def _share(self, test: Callable[[pa.Array], np.ndarray], least: float) -> float:
        if not self.distinct:
            return 0.0
        for size in _FIRST_LOOKS:
            if least and self.distinct > 2 * size:
                some = np.linspace(0, self.distinct - 1, size).astype(np.int64)
                counts = self.counts[some]
                if (test(self.values.take(pa.array(some))) * counts).sum() < least / 2 * counts.sum():
                    return 0.0
        return float((test(self.values) * self.counts).sum() / self.filled)

    @cached_property
    def numbers(self) -> np.ndarray | None:
        """Number of each value, NaN for a stray that is none; None where less than nine in ten cells are numbers."""
        if self.share(r"\d", least=0.9) < 0.9:
            return None
        plain = _true(pc.match_substring_regex(self.values, _PLAIN_NUMBER))
        numbers = np.full(self.distinct, np.nan)
        numbers[plain] = self.values.filter(pa.array(plain)).cast(pa.float64()).to_numpy(zero_copy_only=False)
        if self.counts[plain].sum() < self.filled and self._share(_are_numbers, least=0.9) < 0.9:
            return None
        odd = ~plain | _true(pc.match_substring_regex(self.values, _EITHER))
        if odd.any():
            others = _series(self.values.filter(pa.array(odd)))
            mark = self.said or settle_mark(level_decimals(self.values, self.counts), self.of_file)[0]
            numbers[odd] = parse_numbers(with_points(others, mark) if mark else others).values.to_numpy()
        enough = self.counts[~np.isnan(numbers)].sum() >= 0.9 * self.filled
        return numbers if enough else None

    @cached_property
    def date_order(self) -> DateOrder:
        """The order of day, month and year, if it holds dates."""
        return date_evidence(_series(self._some(min(self.distinct, _FIRST_LOOKS[-1])))).order()

    @cached_property
    def date_share(self) -> float:
        """Share of filled cells that can be read as dates, 0-1; of many alike but for their digits, some are read."""
        for size in _FIRST_LOOKS:
            if self.distinct > 2 * size and not _are_dates(self._some(size), self.date_order).any():
                return 0.0
        encoded = pc.replace_substring_regex(self.values, r"\d", "9").dictionary_encode()
        shapes = encoded.indices.to_numpy(zero_copy_only=False)
        if len(encoded.dictionary) > _MOST_SHAPES:
            return self._share(lambda some: _are_dates(some, self.date_order), 0.0)
        read = 0.0
        for shape in range(len(encoded.dictionary)):
            alike = np.flatnonzero(shapes == shape)
            some = alike[np.linspace(0, len(alike) - 1, min(len(alike), _OF_ONE_SHAPE)).astype(np.int64)]
            rate = _are_dates(self.values.take(pa.array(some)), self.date_order) * self.counts[some]
            read += self.counts[alike].sum() * rate.sum() / self.counts[some].sum()
        return read / self.filled if self.filled else 0.0

    def moments(self, rows: np.ndarray) -> pd.Series:
        """Return the moments of some rows, by their positions; NaT for what is none."""
        codes = self.codes[rows]
        result = self.values.take(pa.array(np.where(codes < 0, 0, codes)))
        return parse_dates(_series(result).where(codes >= 0), order=self.date_order).values

    def _some(self, size: int) -> pa.Array:
        return self.values.take(pa.array(np.linspace(0, self.distinct - 1, size).astype(np.int64)))

    @property
    def is_whole(self) -> bool:
        """Whether every number is a whole one."""
        numbers = self.numbers
        return numbers is not None and not (numbers[~np.isnan(numbers)] % 1 != 0).any()

    @cached_property
    def longest_digits(self) -> int:
        """Return the digits that half of the values have at least, where values are digits alone; else 0."""
        if self.share(r"^\d+$", least=0.9) < 0.9:
            return 0
        return int(np.median(pc.utf8_length(self.values).to_numpy(zero_copy_only=False)))

    @property
    def runs_on(self) -> bool:
        """Whether the values are whole numbers without a gap, each once."""
        numbers = self.numbers
        if numbers is None or not self.is_whole or self.distinct < self.filled or self.distinct < 2:
            return False
        return bool(np.nanmax(numbers) - np.nanmin(numbers) + 1 == self.distinct)


def profile_column(header: str, cells: pd.Series, marks: frozenset[str] = frozenset()) -> ColumnProfile:
    """Look at every cell of a column.

    Parameters
    ----------
    header
        Its header.
    cells
        As read.
    marks
        Lower-case text that means blank, besides nothing at all.

    Examples
    --------
    >>> profile = profile_column("City", pd.Series(["Pune", "", "Goa", "Pune"]))
    >>> profile.fill, profile.distinct, profile.example
    (0.75, 2, 'Pune')
    """
    places, texts = clean_levels(cells, ("",), lower=False)
    encoded = texts.dictionary_encode()
    values = encoded.dictionary
    own = encoded.indices.to_numpy(zero_copy_only=False)
    own = np.where(np.isnan(own), -1, own).astype(np.int64) if own.dtype.kind == "f" else own.astype(np.int64)
    codes = np.append(own, -1)[places]
    blank = _true(pc.is_in(pc.utf8_lower(values), value_set=pa.array(sorted(marks), type=values.type)))
    found = tuple(sorted(set(pc.utf8_lower(values.filter(pa.array(blank))).to_pylist())))
    renumbered = np.cumsum(~blank) - 1
    codes = np.append(np.where(blank, -1, renumbered), -1)[codes]
    values = values.filter(pa.array(~blank))
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    return ColumnProfile(header, len(cells), codes, values, counts, found)


def _true(mask: pa.Array) -> np.ndarray:
    truth: np.ndarray = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return truth


def _series(texts: pa.Array) -> pd.Series:
    return pd.Series(texts.to_pylist(), dtype="str")


def _are_numbers(texts: pa.Array) -> np.ndarray:
    read: np.ndarray = parse_numbers(_series(texts)).values.notna().to_numpy()
    return read


def _are_dates(texts: pa.Array, order: DateOrder) -> np.ndarray:
    if not _true(pc.match_substring_regex(texts, r"\d")).any():
        return np.zeros(len(texts), dtype=bool)
    read: np.ndarray = parse_dates(_series(texts), order=order).values.notna().to_numpy()
    return read
