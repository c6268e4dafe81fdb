"""Parsing: text as exports write it into dates, numbers and flags.

Every parser works value by value, so what a cell means never depends on its neighbours.
What belongs to a whole file, such as the decimal comma, is settled in the mapping.
"""

import re
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore_core.data.cleaning.date_order import DateOrder
from leadscore_core.data.cleaning.dates import read_moments
from leadscore_core.data.cleaning.numbers import read_numbers
from leadscore_core.data.cleaning.outcome_words import Meaning, answer_meaning
from leadscore_core.data.cleaning.text import arrow_text, as_text, ascii_digits, clean_levels, clean_text

EXCEL_EPOCH = pd.Timestamp("1899-12-30")
_EXCEL_DAYS = (20_000, 80_000)
_YMD = (19_900_101, 21_000_101)
_UNIX_SECONDS = (631_152_000, 4_102_444_800)
_EARLIEST, _LATEST = pd.Timestamp("1990-01-01"), pd.Timestamp("2100-01-01")
_ANSWERS = {Meaning.WON: 1.0, Meaning.LOST: 0.0}
_DIGITS = (
    r"(?i)^(?P<one>\d{1,2})[./-](?P<two>\d{1,2})[./-](?P<year>\d{4}|\d{2})(?:(?:[\s,]+|T)(?P<hour>\d{1,2}):(?P<minute>\d{1,2})"
    r"(?::(?P<second>\d{1,2})(?:[./-](?P<micro>\d{1,6}))?)?(?:[ ,]*(?P<half>[AP])M)?)?$"
)
_WRITTEN_DAY = r"^\s*(?P<one>\d{1,2})[/.-](?P<two>\d{1,2})[/.-](?:\d{4}|\d{2})\b"
_YEAR_THEN_DAY = r"^(\s*\d{4})([/.-])(\d{1,2})[/.-](\d{1,2})(\D|$)"
_PLAIN_NUMBER = r"^\d{1,16}(\.\d{1,9})?$"
_OFFSET = r"[+-]\d{2}:?\d{2}"
_ZONE = r"(\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d)(?:\s*\(?[A-Z]{2,5}\)?)?$"
_MAY_HAVE_ZONE = r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})$"
_YEAR_FIRST = r"\d{4}-\d\d?-\d\d?|\d{8}$|\d{4}/\d\d?/\d\d?"
_ZONE = r"(?<=\d\d:\d\d)(:\d\d(?:[.,]\d+)?)?\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d)(?:\s*\(?[A-Z]{2,5}\)?)?$"
_USUAL = r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?$"


class Parsed(NamedTuple):
    """Parsed values, and which cells held something that could not be used."""

    values: pd.Series
    unusable: np.ndarray


def parse_numbers(cells: pd.Series, missing_marks: tuple[str, ...] = ("",)) -> Parsed:
    """Read numbers with currencies, units, brackets for negative ones, percent signs; the rest becomes NaN.

    A comma between groups of three digits separates thousands, any other is a decimal comma; both together are told
    apart by their order. What a whole column says of its decimals is settled in the mapping.

    Returns
    -------
    Parsed
        Values as float64.

    Examples
    --------
    >>> parse_numbers(pd.Series(["1,234", "12%", "1.234,5", "-3", "many", ""])).values.tolist()
    [1234.0, 0.12, 1234.5, -3.0, nan, nan]
    >>> parse_numbers(pd.Series(["many", ""])).unusable.tolist()
    [True, False]
    """
    if pd.api.types.is_numeric_dtype(cells):
        values = cells.to_numpy(dtype="float64", na_value=np.nan)
        return Parsed(pd.Series(values, index=cells.index), np.isinf(values))
    codes, levels = number_levels(cells, missing_marks)
    return Parsed(pd.Series(levels.values.to_numpy()[codes], index=cells.index), levels.unusable[codes])


def number_levels(cells: pd.Series, missing_marks: tuple[str, ...] = ("",)) -> tuple[np.ndarray, Parsed]:
    """Read numbers as `parse_numbers` does, each distinct text once: return each cell's place, and the numbers.

    A cell whose place is -1 is missing, which is the last of the numbers.
    """
    if pd.api.types.is_numeric_dtype(cells):
        return np.arange(len(cells)), parse_numbers(cells)
    codes, texts = clean_levels(cells, missing_marks, lower=False)
    return codes, _numbers_of(texts)


def _numbers_of(texts: pa.Array) -> Parsed:
    """Read each text as a number, and one more that is missing; what is filled and cannot be read is unusable."""
    numbers = np.append(read_numbers(texts), np.nan)
    filled = np.append(texts.is_valid().to_numpy(zero_copy_only=False), False)
    return Parsed(pd.Series(numbers), np.isnan(numbers) & filled)


def parse_flags(cells: pd.Series, missing_marks: tuple[str, ...] = ("",)) -> Parsed:
    """Read yes/no, true/false, 1/0 by the table of outcome words; missing and unusable become NaN.

    Examples
    --------
    >>> parse_flags(pd.Series(["Yes", "0", "1.0", "2", None])).values.tolist()
    [1.0, 0.0, 1.0, nan, nan]
    """
    codes, texts = clean_levels(cells, missing_marks, lower=True)
    flags = np.array(
        [np.nan if text is None else _ANSWERS.get(answer_meaning(text), np.nan) for text in texts.to_pylist()]
        + [np.nan]
    )
    filled = np.append(texts.is_valid().to_numpy(zero_copy_only=False), False)
    levels = Parsed(pd.Series(flags), np.isnan(flags) & filled)
    return Parsed(pd.Series(levels.values.to_numpy()[codes], index=cells.index), levels.unusable[codes])


def parse_dates(cells: pd.Series, missing_marks: tuple[str, ...] = ("",), order: DateOrder = "dmy") -> Parsed:
    """Read dates and times as local time: ISO, day-first or US, names of months, Excel serial days, Unix time.

    Parameters
    ----------
    cells
        Text, numbers or datetimes; a zone is dropped and the local time kept.
    missing_marks
        Lower-case text that means "missing".
    order
        How ``03/04/2022``, ``03/04/22`` and, with the day after the year, ``2022-03-04`` are read. A date whose year
        stands last and that is possible in one order of day and month only is read in that order.

    Returns
    -------
    Parsed
        Values as datetime64[us]; dates outside 1990-2100 are unusable.

    Examples
    --------
    >>> cells = pd.Series(["2022-01-24 11:05:18", "24.01.2022", "44585.5", "soon"])
    >>> parse_dates(cells).values.dt.strftime("%Y-%m-%d %H:%M").tolist()
    ['2022-01-24 11:05', '2022-01-24 00:00', '2022-01-24 12:00', nan]
    """
    if pd.api.types.is_datetime64_any_dtype(cells):
        local = cells.dt.tz_localize(None) if getattr(cells.dtype, "tz", None) is not None else cells
        return _plausible(local.astype("datetime64[us]"), cells.notna().to_numpy())
    if pd.api.types.is_numeric_dtype(cells):
        numbers = pd.Series(cells.to_numpy(dtype="float64", na_value=np.nan), index=cells.index)
        dates = pd.Series(_from_numbers(numbers.to_numpy()), index=cells.index)
        return _plausible(dates, numbers.notna().to_numpy())
    if order == "ydm":  # from here on as all others have it
        cells = as_text(cells).str.replace(_YEAR_THEN_DAY, r"\1\2\4\2\3\5", regex=True)
    dates = _usual_dates(cells, missing_marks)
    read = dates.notna().to_numpy()
    if read.all():
        return _plausible(dates, read)
    text = clean_text(cells[~read], missing_marks)
    if _any(text, _MAY_HAVE_ZONE):
        text = text.str.replace(_ZONE, r"\1", regex=True)
    others = _from_iso(text)
    left = others.isna() & text.notna()
    if left.any():
        others[left] = _irregular(text[left], order)
    dates[~read] = others
    given = read.copy()
    given[~read] = text.notna()
    return _plausible(dates, given)


def _usual_dates(cells: pd.Series, missing_marks: tuple[str, ...]) -> pd.Series:
    """Read at once what is written as most lists write it, year first; anything else is NaT."""
    text = arrow_text(cells)
    if text is not None and not any(re.match(_USUAL, mark) for mark in missing_marks):
        usual = pc.if_else(pc.match_substring_regex(text, f"^{_USUAL}"), text, pa.scalar(None, text.type))
        with suppress(pa.ArrowInvalid):  # the thirtieth of February
            read = usual.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
            return pd.Series(read.astype("datetime64[us]"), index=cells.index)
    return pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us]")


def _from_iso(text: pd.Series) -> pd.Series:
    if not _any(text, f"^(?:{_YEAR_FIRST})"):
        return pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    alike = text.str.match(_YEAR_FIRST, na=False)
    local = text.where(alike).str.replace("/", "-").str.replace(_ZONE, r"\1", regex=True)
    return pd.to_datetime(local, format="ISO8601", errors="coerce").astype("datetime64[us]")


def _any(text: pd.Series, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(pa.array(text, type=pa.large_string()), pattern)).as_py())


def _irregular(text: pd.Series, order: DateOrder) -> pd.Series:
    codes, levels = pd.factorize(text)
    texts = pa.array(levels, type=pa.large_string())
    dates = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[us]")
    plain = pc.match_substring_regex(texts, _PLAIN_NUMBER)  # 1.78E+12 has lost the digits that tell the day
    numbers = texts.filter(plain)
    if len(numbers):
        dates[plain.to_numpy(zero_copy_only=False)] = _from_numbers(numbers.cast(pa.float64()).to_numpy())
    for read in (_in_digits, read_moments):
        left = np.flatnonzero(np.isnat(dates))
        if len(left):
            dates[left] = read(texts.take(pa.array(left)), order)
    return pd.Series(dates[codes], index=text.index)


def _in_digits(texts: pa.Array, order: str) -> np.ndarray:
    """Read at once what is written in digits, with a clock or without; anything else is NaT."""
    parts = pc.extract_regex(texts, _DIGITS)
    if parts.null_count == len(parts):
        return np.full(len(parts), np.datetime64("NaT"), dtype="datetime64[us]")
    part = {name: _integers(parts.field(name)) for name in ("one", "two", "year", "hour", "minute", "second", "micro")}
    half = pc.utf8_lower(parts.field("half")).fill_null("").to_numpy(zero_copy_only=False)
    year, hour = part["year"], part["hour"]
    short = pc.binary_length(parts.field("year")).fill_null(0).to_numpy(zero_copy_only=False) == 2
    first, second = (part["one"], part["two"]) if order == "mdy" else (part["two"], part["one"])
    last = np.where(short, _whole_year(year), year)
    days = _days(last, first, second)
    days = np.where(np.isnat(days), _days(last, second, first), days)
    if order in {"ymd", "ydm"}:
        month, day = (part["two"], year) if order == "ymd" else (year, part["two"])
        days = np.where(short, _days(_whole_year(part["one"]), month, day), days)
    has_half = half != ""
    possible = parts.is_valid().to_numpy(zero_copy_only=False) & (part["minute"] < 60) & (part["second"] < 60)
    possible &= np.where(has_half, (hour >= 1) & (hour <= 12), hour < 24)
    hour = np.where(has_half, hour % 12 + np.where(half == "p", 12, 0), hour)
    digits = pc.binary_length(parts.field("micro")).fill_null(0).to_numpy(zero_copy_only=False)
    micro = part["micro"] * 10 ** (6 - digits).astype("int64")
    since = ((hour * 60 + part["minute"]) * 60 + part["second"]) * 1_000_000 + micro
    found: np.ndarray = days.astype("datetime64[us]") + since.astype("timedelta64[us]")
    return np.where(possible, found, np.datetime64("NaT"))


def _whole_year(year: np.ndarray) -> np.ndarray:
    return year + np.where(year < 69, 2000, 1900)


def _integers(texts: pa.Array) -> np.ndarray:
    filled = pc.if_else(pc.equal(texts, ""), "0", texts).fill_null("0")
    numbers: np.ndarray = filled.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _days(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return dates, datetime64[D], NaT where there is no such day."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    there = (month >= 1) & (month <= 12) & (day >= 1) & (days.astype("datetime64[M]") == months)
    return np.where(there, days, np.datetime64("NaT"))


def _from_numbers(numbers: np.ndarray) -> np.ndarray:
    """Read days since Excel's epoch, YYYYMMDD, and seconds, milliseconds or microseconds since that of Unix."""
    dates = np.full(len(numbers), np.datetime64("NaT"), dtype="datetime64[us]")
    serial = _between(numbers, *_EXCEL_DAYS)
    dates[serial] = EXCEL_EPOCH.to_datetime64() + np.round(numbers[serial] * 86_400).astype("timedelta64[s]")
    compact = _between(numbers, *_YMD) & (numbers % 1 == 0)
    whole = numbers[compact].astype("int64")
    dates[compact] = _days(whole // 10_000, whole // 100 % 100, whole % 100)
    for unit, scale in (("s", 1), ("ms", 1_000), ("us", 1_000_000)):
        stamps = _between(numbers, _UNIX_SECONDS[0] * scale, _UNIX_SECONDS[1] * scale)
        dates[stamps] = numbers[stamps].astype("int64").astype(f"datetime64[{unit}]")
    return dates


def _between(numbers: np.ndarray, low: float, high: float) -> np.ndarray:
    found: np.ndarray = (numbers >= low) & (numbers <= high)
    return found


def _plausible(dates: pd.Series, given: np.ndarray) -> Parsed:
    values = dates.where(dates.between(_EARLIEST, _LATEST))
    return Parsed(values, given & values.isna().to_numpy())


def written_days(cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the second number of the dates in digits whose year stands last.

    Examples
    --------
    >>> [numbers.tolist() for numbers in written_days(pd.Series(["25/04/2022", "3.4.22 9:05", "2022-04-03", None]))]
    [[25, 3], [4, 4]]
    """
    parts = pc.extract_regex(ascii_digits(arrow_text(as_text(cells))), _WRITTEN_DAY).drop_null()
    return _integers(parts.field("one")), _integers(parts.field("two"))
