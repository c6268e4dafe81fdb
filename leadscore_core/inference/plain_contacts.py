"""Plain contacts: phones and e-mails that are seen to be possible at a glance, a whole column at once."""

from functools import cache, lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore_core.data.cleaning.text import as_text

_EMAIL = r"^(?i)[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?:[a-z]{2,3}|info|tech|online)$"
_RESERVED = r"(?i)\.(?:test|invalid|local|localhost|onion|arpa)$"
_LONGEST_EMAIL = 64
_SEPARATORS = r"[ ().-]"
_ONE_DIGIT = "(?:" + "|".join(f"{digit}{{6}}" for digit in range(10)) + ")$"  # perhaps all of it is one digit
_FLOAT = r"\.0+\s*$"  # what a spreadsheet made of a number
_NOTHING = r"[^\s\S]"
_FEWEST, _MOST = 7, 13  # fewer may be a short number, more may be what a spreadsheet made of one


def plain_phones(cells: pd.Series, region: str) -> np.ndarray:
    """Tell which cells hold one plain phone number that its country may have; the others are to be looked at.

    Parameters
    ----------
    cells
        As read.
    region
        Country (ISO 3166, two letters) of numbers without a country code.

    Examples
    --------
    >>> plain_phones(pd.Series(["98765 43210", "+91 98765-43210", "12", "9999999999", None]), "IN").tolist()
    [True, True, False, False, False]
    """
    bare = pc.replace_substring_regex(_arrow(cells), _SEPARATORS, "")
    found = pc.or_(pc.match_substring_regex(bare, _national(region)), pc.match_substring_regex(bare, _international()))
    return _flags(pc.and_(found, pc.invert(pc.match_substring_regex(bare, _ONE_DIGIT))))


def plain_numbers(cells: pd.Series, region: str) -> pd.Series:
    """Return the number in E.164 form of each cell that holds one plain phone number; NaN for those to be looked at.

    What `phone_number` says of them: the metadata of a number's country name no prefix that would be taken off it, and
    its length among those that are possible there. 100,000 numbers take 0.05 seconds in place of 1.3 one by one.

    Parameters
    ----------
    cells
        As read.
    region
        Country (ISO 3166, two letters) of numbers without a country code.

    Examples
    --------
    >>> plain_numbers(pd.Series(["98765 43210", "+44 20-7946 0958", "098765 43210", "12", None]), "IN").tolist()
    ['+919876543210', '+442079460958', nan, nan, nan]
    """
    text = _arrow(cells)
    text = pc.if_else(pc.match_substring_regex(text, _FLOAT), None, text)
    bare = pc.replace_substring_regex(text, _SEPARATORS, "")
    own = _country_code(region)
    found = np.full(len(cells), None, dtype=object)
    national = _flags(pc.match_substring_regex(bare, rf"^[1-9]\d{{{_FEWEST - 1},{_MOST - 1}}}$"))
    if own and national.any():
        rows = np.flatnonzero(national)
        some = bare.take(pa.array(rows))
        usual = _flags(pc.invert(pc.match_substring_regex(some, _taken_off(own, region))))
        _put(found, rows[usual], some.filter(pa.array(usual)), own)
    given = pc.extract_regex(bare, _with_code())
    codes, rest = (pc.struct_field(given, name) for name in ("code", "rest"))
    for code in pc.unique(codes.drop_null()).to_pylist():
        rows = np.flatnonzero(_flags(pc.equal(codes, code)))
        some = rest.take(pa.array(rows))
        usual = _flags(pc.invert(pc.match_substring_regex(some, _taken_off(int(code)))))
        _put(found, rows[usual], some.filter(pa.array(usual)), int(code))
    return pd.Series(found, dtype="str")


def _put(found: np.ndarray, rows: np.ndarray, numbers: pa.Array, code: int) -> None:
    """Put the numbers of a country that may exist, and are not one digit repeated, into their rows."""
    possible = pc.match_substring_regex(numbers, _possible(code))
    right = _flags(pc.and_(possible, pc.invert(pc.match_substring_regex(numbers, _ONE_DIGIT))))
    found[rows[right]] = [f"+{code}{number}" for number in numbers.filter(pa.array(right)).to_pylist()]


def plain_emails(cells: pd.Series) -> np.ndarray:
    """Tell which cells hold one plain e-mail address; the others are to be looked at.

    Examples
    --------
    >>> plain_emails(pd.Series(["Anne.Roy@example.com", "a@b", "x@y.test", None])).tolist()
    [True, False, False, False]
    """
    text = _arrow(cells)
    short = pc.less_equal(pc.utf8_length(text), _LONGEST_EMAIL)
    plain = pc.and_(pc.match_substring_regex(text, _EMAIL), pc.invert(pc.match_substring_regex(text, _RESERVED)))
    return _flags(pc.and_(short, plain))


def _arrow(cells: pd.Series) -> pa.Array:
    return pa.array(as_text(cells).array, type=pa.large_string(), from_pandas=True)


def _flags(found: pa.Array) -> np.ndarray:
    flags: np.ndarray = pc.fill_null(found, False).to_numpy(zero_copy_only=False)
    return flags


@lru_cache(maxsize=16)
def _national(region: str) -> str:
    """Return a regular expression of numbers without a country code, separators apart, that a country may have."""
    import phonenumbers

    return f"^(?:{_lengths(phonenumbers.PhoneMetadata.metadata_for_region(region, None))})$"


@cache
def _international() -> str:
    """Return a regular expression of numbers with a country code that this country may have."""
    import phonenumbers

    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    known = {code: phonenumbers.PhoneMetadata.metadata_for_region(regions[0], None) for code, regions in codes.items()}
    return "^\\+(?:" + "|".join(rf"{code}(?:{_lengths(known[code])})" for code in sorted(known)) + ")$"


@cache
def _with_code() -> str:
    """Return a regular expression of a number with a country code, in the groups ``code`` and ``rest``."""
    import phonenumbers

    codes = "|".join(map(str, sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)))
    return rf"^\+(?P<code>{codes})(?P<rest>[1-9]\d{{{_FEWEST - 1},{_MOST - 1}}})$"


@lru_cache(maxsize=16)
def _country_code(region: str) -> int:
    """Return the country code of a region; 0 where it has none."""
    import phonenumbers

    return int(phonenumbers.country_code_for_region(region))


@lru_cache(maxsize=512)
def _taken_off(code: int, region: str = "") -> str:
    """Return a regular expression of numbers of which something may be taken off at the beginning.

    Parameters
    ----------
    code
        Country code.
    region
        Where the number stands without its country code: then that, and what is dialled to call abroad, may be one.
    """
    metadata = _metadata(code, region)
    begins = [metadata.national_prefix_for_parsing]
    begins += [str(code), metadata.international_prefix] if region else []
    return "^(?:" + "|".join(f"(?:{one})" for one in begins if one) + ")" if any(begins) else _NOTHING


@lru_cache(maxsize=512)
def _possible(code: int) -> str:
    """Return a regular expression of the lengths that numbers of a country code may have."""
    lengths = [n for n in _metadata(code).general_desc.possible_length if n > 0]
    return "^(?:" + "|".join(rf"\d{{{n}}}" for n in lengths) + ")$" if lengths else _NOTHING


def _metadata(code: int, region: str = "") -> Any:
    """Return the library's metadata of a region, else of the main one of a country code."""
    import phonenumbers

    region = region or phonenumbers.region_code_for_country_code(code)
    return phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)


def _lengths(metadata: Any) -> str:
    """Return a regular expression of a country's numbers by their lengths, but for those that begin as its prefix."""
    if metadata is None or metadata.general_desc is None:
        return _NOTHING
    lengths = [n for n in metadata.general_desc.possible_length if _FEWEST <= n <= _MOST]
    first = "".join(digit for digit in "123456789" if digit != (metadata.national_prefix or "")[:1])
    return "|".join(rf"[{first}]\d{{{n - 1}}}" for n in lengths) or _NOTHING
