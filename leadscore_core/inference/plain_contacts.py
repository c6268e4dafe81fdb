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


def _lengths(metadata: Any) -> str:
    """Return a regular expression of a country's numbers by their lengths, but for those that begin as its prefix."""
    if metadata is None or metadata.general_desc is None:
        return _NOTHING
    lengths = [n for n in metadata.general_desc.possible_length if _FEWEST <= n <= _MOST]
    first = "".join(digit for digit in "123456789" if digit != (metadata.national_prefix or "")[:1])
    return "|".join(rf"[{first}]\d{{{n - 1}}}" for n in lengths) or _NOTHING
