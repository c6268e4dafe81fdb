"""Moments as people and programs write them, in six and more languages: names of months, ordinals, clocks, zones."""

import re
import unicodedata
from datetime import datetime
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Unicode CLDR, months in English, German, French, Spanish, Portuguese, Italian, Dutch and Polish, accents left out
_MONTHS = (
    "january januar janner janvier enero janeiro gennaio januari styczen stycznia jan janv ene gen sty",
    "february februar feber fevrier febrero fevereiro febbraio februari luty lutego feb fev fevr febr lut",
    "march marz maerz mars marzo marco maart marzec marca mar mrz mär mrt",
    "april avril abril aprile kwiecien kwietnia apr avr abr kwi",
    "may mai mayo maio maggio mei maj maja mag",
    "june juni juin junio junho giugno czerwiec czerwca jun giu cze",
    "july juli juillet julio julho luglio lipiec lipca jul juil lug lip",
    "august aout agosto augustus sierpien sierpnia aug ago sie aou",
    "september septembre septiembre setiembre setembro settembre wrzesien wrzesnia sep sept set sett wrz",
    "october oktober octobre octubre outubro ottobre pazdziernik pazdziernika oct okt out ott paz",
    "november novembre noviembre novembro listopad listopada nov lis",
    "december dezember decembre diciembre dezembro dicembre grudzien grudnia dec dez dic gru",
)


def _words_of(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_WEEKDAYS = _words_of(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun",
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so",
    "lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim",
    "lunes martes miercoles jueves viernes sabado domingo mar mie jue vie sab dom",
    "segunda terca quarta quinta sexta feira seg ter qua qui sex",
    "lunedi martedi mercoledi giovedi venerdi gio",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo",
    "poniedzialek wtorek sroda czwartek piatek sobota niedziela",
)
_JOINING = _words_of(
    "at um a as de del d den der dem of the le el il la las los alle ore o on am uhr h hrs em op om gegen te"
)
_CLOCK = re.compile(
    r"(?<![\d:./-])(\d{1,2})\s?[:h]\s?(\d{2})(?::(\d{2})(?:[.,:](\d{1,9}))?)?(?:\s*([ap])(?:\.\s?|\s)?m\b\.?)?(?![\d:])"
    r"|(?<![\d:./-])(\d{1,2})\s*([ap])(?:\.\s?|\s)?m\b\.?"
)
_DOTTED_CLOCK = re.compile(r"(?:^|\s)(\d{1,2})\.(\d{2})(?:\.(\d{2}))?\s*uhr\b")
_ZONE = re.compile(
    r"(?:gmt|utc)\s*[+-]\d{1,2}:?\d{0,2}|\b(?:gmt|utc|z|ist|cet|cest|est|edt|cst|cdt|mst|mdt|pst|pdt|bst|mez|mesz)\b"
)
_PLACE = re.compile(r"(?<=[\dm])\s+[a-z]{3,}/[a-z_]{3,}(?:/[a-z_]{3,})?$")  # Europe/Berlin
_OFFSET = re.compile(r"(?<=[\d\sm])\s*[+-]\d{2}:?\d{2}$")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|re|ere|eme|e|º|ª|°|o|a)\b\.?|(?<=\d)\.(?=\s|$)")
_LETTERS = re.compile(r"[a-z]+")
_KNOWN = (
    _WEEKDAYS
    | _JOINING
    | frozenset(MONTH_OF)
    | _words_of(
        "am pm a p m h t z gmt utc ist cet cest est edt cst cdt mst mdt pst pdt bst mez mesz",
        "st nd rd th er re ere eme e o",
    )
)
_BASIC = re.compile(r"(\d{4})(\d{2})(\d{2})[t ]?(\d{2})(\d{2})(\d{2})?(?:[.,]\d+)?")
_NUMERIC = re.compile(r"(\d{1,4})\s?[./-]\s?(\d{1,2})\s?[./-]\s?(\d{1,4})")
# what cannot be a moment is seen by its shape, before anything is looked at one by one
_STEMS = (
    "jan|feb|f[eé]v|m[aä]r|mrz|mrt|maa|apr|avr|abr|kwi|ma[iyjg]|mei|jun|jui|giu|cze|jul|lug|lip|aug|a[oô][uû]|ago|sie|sep|"
    "set|wrz|oct|okt|out|ott|pa[zź]|nov|lis|dec|d[eé]c|dez|dic|gru|ene|gen|sty|lut"
)
_SHAPE = (
    r"(?i)\p{Nd}\s?[./-]\s?\p{Nd}{1,2}\s?[./-]\s?\p{Nd}|^\p{Nd}{8}[t ]?\p{Nd}{4}|\p{Nd}{4}\s?[年년]|"
    rf"\p{{Nd}}.*({_STEMS})|({_STEMS}).*\p{{Nd}}"
)
_LONGEST = 100
_FAR_EAST = str.maketrans("年月년월日일時时시", "----  :::")


def read_moments(texts: pa.Array, order: str) -> np.ndarray:
    """Read distinct texts of Arrow's, day before month where ``order`` is ``dmy`` and a text could be read both ways.

    Returns
    -------
    numpy.ndarray
        datetime64[us], NaT where a text is no moment.

    Examples
    --------
    >>> texts = pa.array(["1. Juli 2026 um 9:05", "Sept 2nd, 2026 6 p.m.", "Wed Jul 01 2026 09:05:07 GMT+0530", "?"])
    >>> read_moments(texts, "dmy").astype("datetime64[m]").astype(str).tolist()
    ['2026-07-01T09:05', '2026-09-02T18:00', '2026-07-01T09:05', 'NaT']
    """
    like = pc.and_(pc.less(pc.binary_length(texts), _LONGEST), pc.match_substring_regex(texts, _SHAPE)).fill_null(False)
    places = np.flatnonzero(like.to_numpy(zero_copy_only=False))
    moments = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[us]")
    for place, text in zip(places.tolist(), texts.take(pa.array(places)).to_pylist(), strict=True):
        found = read_moment(text, order)
        if found is not None:
            moments[place] = np.datetime64(found, "us")
    return moments


def read_moment(text: str, order: str = "dmy") -> datetime | None:
    """Return the local moment that a text writes, or None where it writes none.

    Examples
    --------
    >>> read_moment("2026-07-01 09:05:07 p.m.")
    datetime.datetime(2026, 7, 1, 21, 5, 7)
    >>> read_moment("3/4/2026", "mdy"), read_moment("12 leads")
    (datetime.datetime(2026, 3, 4, 0, 0), None)
    """
    plain = text
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text.translate(_FAR_EAST)).encode("ascii", "ignore").decode()
    plain = plain.casefold().strip()
    plain = re.sub(r"\(.*?\)", " ", plain).strip() if "(" in plain else plain
    plain = _PLACE.sub("", plain)
    if not _KNOWN.issuperset(_LETTERS.findall(plain)):
        return None
    basic = _BASIC.fullmatch(plain.removesuffix("z"))
    if basic:
        return _moment(*(int(part or 0) for part in basic.groups()))
    plain = _OFFSET.sub("", _ZONE.sub(" ", plain).strip()).strip()
    plain = re.sub(r"(?<=\d)t(?=\d)", " ", plain)
    day, clock = _without_clock(plain)
    if day is None or clock is None:
        return None
    date = _read_day(" ".join(day.replace(",", " ").split()), order)
    return None if date is None else _moment(*date, *clock)


def _without_clock(text: str) -> tuple[str | None, tuple[int, int, int, int] | None]:
    """Split a clock off; midnight where there is none, and nothing where there are two."""
    dotted = _DOTTED_CLOCK.search(text)
    found = [dotted] if dotted else list(_CLOCK.finditer(text))
    if not found:
        return text, (0, 0, 0, 0)
    if len(found) > 1:
        return None, None
    match = found[0]
    rest = f"{text[: match.start()]} {text[match.end() :]}"
    if dotted:
        return rest, (int(match[1]), int(match[2]), int(match[3] or 0), 0)
    hour, minute, second = int(match[1] or match[6]), int(match[2] or 0), int(match[3] or 0)
    half = match[5] or match[7]
    if half and not 1 <= hour <= 12:
        if hour > 12 and half == "p" or (hour == 0 and half == "a"):  # written in both ways at once
            half = None
        else:
            return None, None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return rest, (hour, minute, second, int((match[4] or "0").ljust(6, "0")[:6]))


@lru_cache(maxsize=50_000)
def _read_day(text: str, order: str) -> tuple[int, int, int] | None:
    """Return year, month and day of a text without a clock; the same days come again and again."""
    numeric = _NUMERIC.fullmatch(" ".join(w for w in text.split() if w.strip(".") not in _WEEKDAYS | _JOINING))
    if numeric:
        return _numeric_day(numeric[1], numeric[2], numeric[3], order)
    words = re.findall(r"\d+|[a-z]+", _ORDINAL.sub(" ", text))
    if re.search(r"[^\da-z\s.,'/-]", text):
        return None
    months = [word for word in words if word in MONTH_OF]
    numbers = [word for word in words if word.isdigit()]
    others = [w for w in words if w not in MONTH_OF and not w.isdigit() and w not in _WEEKDAYS and w not in _JOINING]
    if len(months) > 1:  # "mar" is a weekday and a month, "sep" only a month
        months = [word for word in months if word not in {"mar", "mer"}] or months[:1]
    if others or len(months) != 1 or len(numbers) != 2:
        return None
    month = MONTH_OF[months[0]]
    first, second = numbers
    if len(first) == 4 or (order in {"ymd", "ydm"} and len(first) == len(second) == 2):
        return _year(first), month, int(second)
    return None if len(second) not in {2, 4} else (_year(second), month, int(first))


def _numeric_day(first: str, second: str, third: str, order: str) -> tuple[int, int, int] | None:
    if len(third) <= 2 and (len(first) == 4 or (order in {"ymd", "ydm"} and len(first) <= 2)):
        swapped = order == "ydm" and len(first) < 4
        return _year(first), int(third if swapped else second), int(second if swapped else third)
    if len(first) == 4:
        return None
    if len(first) > 2 or len(third) not in {2, 4}:
        return None
    one, two = int(first), int(second)
    day, month = (two, one) if order == "mdy" else (one, two)
    if month > 12 >= day:
        day, month = month, day
    return _year(third), month, day


def _year(text: str) -> int:
    """Return a year; two digits are of this century up to 68, as strptime has it."""
    return int(text) + (0 if len(text) == 4 else 2000 if int(text) < 69 else 1900)


def _moment(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0
) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, second, micro)
    except (ValueError, OverflowError):  # a number of more digits than a calendar has
        return None
