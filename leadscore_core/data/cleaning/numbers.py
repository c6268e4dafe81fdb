"""Numbers as people write them: currencies, units, brackets, grouping, and which mark separates the decimals."""

import re
import unicodedata
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

DecimalMark = Literal["comma", "point"]
# ISO 4217, currencies in use
_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF",
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF",
    "IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK",
    "MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR",
    "SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND",
    "VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL",
)
_SIGNS = {
    "$": "USD", "us$": "USD", "u$s": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "nz$": "NZD",
    "hk$": "HKD", "s$": "SGD", "nt$": "TWD", "mx$": "MXN", "r$": "BRL", "€": "EUR", "euro": "EUR", "euros": "EUR",
    "£": "GBP", "₹": "INR", "rs": "INR", "rs.": "INR", "rupees": "INR", "¥": "JPY", "円": "JPY", "元": "CNY",
    "rmb": "CNY", "cn¥": "CNY", "₽": "RUB", "руб": "RUB", "руб.": "RUB", "₺": "TRY", "tl": "TRY", "₩": "KRW",
    "원": "KRW", "₫": "VND", "₪": "ILS", "฿": "THB", "₦": "NGN", "₱": "PHP", "₴": "UAH", "грн": "UAH", "₸": "KZT",
    "zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK", "ft": "HUF", "lei": "RON", "kr": "SEK", "kr.": "SEK",
    "fr.": "CHF", "sfr": "CHF", "sfr.": "CHF", "rp": "IDR", "rp.": "IDR", "rm": "MYR", "dollars": "USD", "৳": "BDT",
    "лв": "BGN", "лв.": "BGN", "dhs": "AED", "dh": "AED", "ksh": "KES", "₡": "CRC", "₲": "PYG", "₾": "GEL", "₵": "GHS",
}  # fmt: skip
CURRENCIES = _SIGNS | {code.casefold(): code for line in _CODES for code in line.split()}
UNITS = (
    dict.fromkeys(("k", "thousand", "tsd", "tsd.", "mil", "тыс", "тыс."), 1e3)
    | dict.fromkeys(("lakh", "lakhs", "lac", "lacs"), 1e5)
    | dict.fromkeys(("m", "mn", "mio", "mio.", "million", "millions", "mln", "млн"), 1e6)
    | dict.fromkeys(("cr", "cr.", "crore", "crores"), 1e7)
    | dict.fromkeys(("bn", "billion", "billions", "mrd", "mrd.", "mld"), 1e9)
)
_WORD = r"[^\W\d_]++\.?|[$€£₹¥₽₺₩₫₪฿₦₱₴₸৳₡₲₾₵円元원]"
_PARTS = re.compile(  # each word is taken whole, or a long one would be tried in all its parts
    rf"(?P<before>(?:(?:[^\W\d_]{{1,2}}\$[s]?|{_WORD})\s*+)*+)(?P<core>[+-]?[\d.,].*?)(?P<after>(?:\s*(?:{_WORD}))*)"
)
_BRACKETS = re.compile(r"([^()\d]{0,6})\(([^()]*)\)([^()\d]{0,6})")
_ID_LIKE = re.compile(r"[^\W\d_]+[-_/#]")
_EXACT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")
_EXPONENT = re.compile(r"(\d+),(\d+)(e[+-]?\d+)")
_CLOSING = re.compile(r"\s*/[-=](?:\s*only)?$")  # of Indian amounts: Rs. 5,000/-
_EITHER = re.compile(r"(\d{1,3})([.,])(\d{3})")
_INDIAN = r"\d{1,2}(?:,\d{2})*,\d{3}"
# what cannot be a number is seen by its shape, before anything is looked at one by one
_SHAPE = r"^[^\p{Nd}]*\p{Nd}[\p{Nd}\s.,'’_٫٬]*([eE][+-]?\p{Nd}+)?[^\p{Nd}]*$"
_LONGEST = 64
_PLAIN = r"^-?\d{1,15}(\.\d{1,15})?$"


class WrittenNumber(NamedTuple):
    """A number as written: its digits with their marks, sign, factor of its unit, and currency code if it has one."""

    core: str
    sign: int
    factor: float
    currency: str


def take_apart(text: str) -> WrittenNumber | None:
    """Return the parts of a number as written, or None where it is something else.

    Examples
    --------
    >>> take_apart("($1,234.50)")
    WrittenNumber(core='1,234.50', sign=-1, factor=1.0, currency='USD')
    >>> take_apart("3,5 Mio. EUR")
    WrittenNumber(core='3,5', sign=1, factor=1000000.0, currency='EUR')
    >>> take_apart("3 apples") is None
    True
    """
    bare = unicodedata.normalize("NFKC", text).strip().replace("−", "-").replace("٫", ".").replace("٬", ",").casefold()
    bare = _CLOSING.sub("", bare)
    sign = 1
    in_brackets = _BRACKETS.fullmatch(bare)
    if in_brackets:
        sign, bare = -1, "".join(in_brackets.groups()).strip()
    bare, before = _without_sign(bare)
    factor = 1.0
    if bare.endswith(("%", "٪")):
        factor, bare = 0.01, bare[:-1].rstrip()
    words = None if _ID_LIKE.match(bare) else _PARTS.fullmatch(bare)
    if words is None:
        return None
    core, within = _without_sign(words["core"])
    if sum(mark is not None for mark in (before, within)) + (sign < 0) > 1:  # a sign said twice is no number
        return None
    sign *= (before or 1) * (within or 1)
    currency, unit = "", 1.0
    for word in [*_words(words["before"]), *_words(words["after"])]:
        if word in CURRENCIES and not currency:
            currency = CURRENCIES[word]
        elif word in UNITS and unit == 1.0 and word in _words(words["after"]):
            unit = UNITS[word]
        else:
            return None
    core = re.sub(r"(?<=\d)[\s'’_](?=\d)", "", core)
    if core.startswith(("-", "+")) or not re.fullmatch(r"[\d.,]+(e[+-]?\d+)?(,-|\.-)?", core):
        return None
    return WrittenNumber(core.removesuffix(",-").removesuffix(".-"), sign, factor * unit, currency)


def _words(text: str) -> list[str]:
    return [found.group(0).strip() for found in re.finditer(rf"[^\W\d_]{{1,2}}\$s?|{_WORD}", text)]


def _without_sign(text: str) -> tuple[str, int | None]:
    """Take a sign off, which may stand behind; None where there is none."""
    if text[:1] in {"-", "+"}:
        return text[1:].lstrip(), -1 if text[0] == "-" else 1
    if len(text) > 1 and text[-1] == "-" and text[-2] not in ".,-":
        return text[:-1].rstrip(), -1
    return text, None


def read_number(text: str, decimal: DecimalMark | None = None) -> float:
    """Return the number that a text writes, NaN where it writes none.

    Parameters
    ----------
    decimal
        Which mark separates the decimals where a cell does not say it by itself (``1.234``); if not given, a comma
        before three digits separates thousands and a point separates decimals.

    Examples
    --------
    >>> [read_number(text) for text in ("1,234", "1.234", "2,5", "₹ 2,50,000", "12 %", "1.2k", "(3)", "many")]
    [1234.0, 1.234, 2.5, 250000.0, 0.12, 1200.0, -3.0, nan]
    >>> read_number("1.234", "comma"), read_number("12.5", "comma")
    (1234.0, 12.5)
    """
    written = take_apart(text)
    if written is None:
        return float("nan")
    core = _in_points(written.core, decimal)
    if not _EXACT.fullmatch(core):
        return float("nan")
    value = float(core)
    # a quotient is the nearest number to what was written, where a product with 0.01 is not
    value = value / 100 if written.factor == 0.01 else value * written.factor
    return written.sign * value if np.isfinite(value) else float("nan")


def is_either(text: str) -> bool:
    """Tell whether a number could have thousands or decimals behind its only mark.

    Examples
    --------
    >>> is_either("1.234"), is_either("0.234"), is_either("1.23")
    (True, False, False)
    """
    written = take_apart(text)
    return written is not None and not written.core.startswith("0") and _EITHER.fullmatch(written.core) is not None


def _in_points(core: str, decimal: DecimalMark | None) -> str:
    """Write digits with a point before the decimals and nothing between thousands."""
    if "e" in core:  # an exponent follows decimals, never thousands
        return _EXPONENT.sub(r"\1.\2\3", core)
    either = _EITHER.fullmatch(core)
    if either and decimal is not None and not core.startswith("0"):
        is_decimal = (either[2] == ",") == (decimal == "comma")
        return f"{either[1]}.{either[3]}" if is_decimal else either[1] + either[3]
    if re.fullmatch(rf"(?:\d{{1,3}}(?:,\d{{3}})+|{_INDIAN})(?:\.\d+)?", core) and not re.fullmatch(r"0,\d{3}", core):
        return core.replace(",", "")
    if re.fullmatch(r"\d{1,3}(\.\d{3}){2,}|\d{1,3}(\.\d{3})+,\d+|\d*,\d+", core):
        return core.replace(".", "").replace(",", ".")
    return core


def read_numbers(texts: pa.Array) -> np.ndarray:
    """Read distinct texts of Arrow's, NaN where one is null or no number; plain ones all at once.

    Returns
    -------
    numpy.ndarray
        float64, one a text.
    """
    plain = pc.match_substring_regex(texts, _PLAIN)
    values = pc.if_else(plain, texts, pa.scalar(None, texts.type)).cast(pa.float64())
    numbers = np.array(values.to_numpy(zero_copy_only=False), dtype="float64")
    odd = pc.and_not(pc.less(pc.binary_length(texts), _LONGEST), plain).fill_null(False)
    places = np.flatnonzero(odd.to_numpy(zero_copy_only=False))
    if len(places):
        like = pc.match_substring_regex(texts.take(pa.array(places)), _SHAPE)
        places = places[like.to_numpy(zero_copy_only=False)]
        numbers[places] = [read_number(text) for text in texts.take(pa.array(places)).to_pylist()]
    return numbers
