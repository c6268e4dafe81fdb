"""Months and quarters as people name them: in cells and headers of files of spend, in many languages."""

import re
import unicodedata
from datetime import date

import pandas as pd

from leadscore_core.data.cleaning.dates import MONTH_OF

# besides the languages of `dates`: Swedish, Danish, Norwegian, Finnish, Turkish, Czech, Hungarian, Romanian, Russian
_MORE = (
    "januari tammikuu ocak leden ianuarie январь января янв",
    "februari helmikuu subat unor februarie februar февраль февраля фев",
    "mars marts maaliskuu mart brezen marcius martie март марта мар",
    "huhtikuu nisan duben aprilis aprilie апрель апреля апр",
    "toukokuu mayis kveten majus mai май мая",
    "kesakuu haziran cerven junius iunie июнь июня июн",
    "heinakuu temmuz cervenec julius iulie июль июля июл",
    "augusti elokuu agustos srpen augusztus август августа авг",
    "syyskuu eylul zari szeptember septembrie сентябрь сентября сен сент",
    "lokakuu ekim rijen oktober octombrie октябрь октября окт",
    "marraskuu kasim noiembrie ноябрь ноября ноя",
    "joulukuu aralik prosinec decembrie декабрь декабря дек",
)
_MONTH_OF = MONTH_OF | {name: number for number, names in enumerate(_MORE, 1) for name in names.split()}
_QUARTER = re.compile(
    r"(?:q|quarter|quartal|trimestre|kw?artaal|кв)\.?\s*([1-4])|([1-4])\.?\s*(?:q|quartal|trimestre|кв)"
)
_DIGITS = (
    (re.compile(r"(\d{4})\s*[-/._ 年]\s*(\d{1,2})\s*月?"), (1, 2)),
    (re.compile(r"(\d{1,2})\s*[-/._ ]\s*(\d{4})"), (2, 1)),
    (re.compile(r"(\d{4})(\d{2})"), (1, 2)),
)
_YEARLESS = re.compile(r"(\d{1,2})\s*月")
_LEAST_YEAR, _MOST_YEAR = 1990, 2100
Period = tuple[pd.Timestamp, pd.Timestamp]


def read_period(text: str, year: int | None = None) -> Period | None:
    """Return the first and the last day of the month or quarter that a text names, or None.

    Parameters
    ----------
    year
        Of months that name none.

    Examples
    --------
    >>> [f"{read_period(text)[1]:%d %b %Y}" for text in ("2026-02", "Mär 26", "Q1 2026", "2026年2月")]
    ['28 Feb 2026', '31 Mar 2026', '31 Mar 2026', '28 Feb 2026']
    >>> print(read_period("Februar"), f"{read_period('Februar', 2024)[1]:%d %b}")
    None 29 Feb
    """
    plain = _plain(text)
    for shape, (year_at, month_at) in _DIGITS:
        found = shape.fullmatch(plain)
        if found:
            return _months(int(found[year_at]), int(found[month_at]))
    yearless = _YEARLESS.fullmatch(plain)
    if yearless:
        return None if year is None else _months(year, int(yearless[1]))
    quarter = _QUARTER.search(plain)
    if quarter:
        own = _year_in(_QUARTER.sub(" ", plain), year)
        return None if own is None else _months(own, 3 * int(quarter[1] or quarter[2]) - 2, 3)
    words = re.findall(r"[^\W\d_]+", plain)
    months = {_MONTH_OF[word] for word in words if word in _MONTH_OF}
    if len(months) != 1 or len(words) > 1:
        return None
    own = _year_in(re.sub(r"[^\W\d_]+", " ", plain), year)
    return None if own is None else _months(own, months.pop())


def lacks_year(text: str) -> bool:
    """Tell whether a text names a month or quarter without its year.

    Examples
    --------
    >>> lacks_year("Feb"), lacks_year("Feb 2026"), lacks_year("Fair")
    (True, False, False)
    """
    return read_period(text) is None and read_period(text, 2000) is not None


def likely_year(first: date | None, last: date | None) -> int | None:
    """Return the year in which all leads came; None where they came in several."""
    return first.year if first is not None and last is not None and first.year == last.year else None


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    return " ".join("".join(sign for sign in unicodedata.normalize("NFC", _without_accents(bare))).split())


def _without_accents(text: str) -> str:
    """Leave out accents of Latin letters; those of others are letters of their own."""
    signs: list[str] = []
    for sign in text:
        if unicodedata.combining(sign) and signs and signs[-1].isascii():
            continue
        signs.append(sign)
    return "".join(signs)


def _year_in(rest: str, year: int | None) -> int | None:
    numbers = re.findall(r"\d+", rest)
    if not numbers:
        return year
    if len(numbers) > 1 or len(numbers[0]) not in (2, 4):
        return None
    return int(numbers[0]) + (2000 if len(numbers[0]) == 2 else 0)


def _months(year: int, month: int, many: int = 1) -> Period | None:
    if not (1 <= month <= 12 and _LEAST_YEAR <= year <= _MOST_YEAR):
        return None
    start = pd.Timestamp(year, month, 1)
    return start, start + pd.offsets.MonthEnd(many)
