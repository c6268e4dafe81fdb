"""Identity: the forms of ids, e-mails and phones in which one lead is known again, and keys that identify nobody."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore_core.data.cleaning.spreadsheet_text import unwrap

_SALESFORCE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_SALESFORCE_SHARE = 0.9
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
# a spreadsheet keeps fifteen digits; what it writes as a power of ten has lost even more
_POWER = re.compile(r"[+-]?(?:\d[.,]\d+[eE]\+?\d{2,}|\d[eE]\+\d{2,})")
_ROUNDED = re.compile(r"\d{15}0+")
# what `unwrap` and `is_ruined` may change or find, at a glance at a whole column
_PERHAPS_WRAPPED = r"^$|^[^A-Za-z0-9]|[^A-Za-z0-9]$|[.,]0+$"
_PERHAPS_RUINED = r"^[+-]?\p{Nd}.*[eE]\+?\p{Nd}|\p{Nd}{15}0"
# addresses that stand for none
_PLACEHOLDER = re.compile(
    r"(?:no-?reply|no-?e?-?mail|none|null|na|n\.a|not-?provided|not-?available|unknown|test|abc|xyz|aaa|xxx|dummy|fake|"
    r"nobody|noone|anonymous|asdf|placeholder|keine|sin-?correo)\d{0,3}@.+"
)


def is_ruined(text: str) -> bool:
    """Tell whether a spreadsheet has taken digits from an id or a phone number.

    Examples
    --------
    >>> is_ruined("9.19877E+11"), is_ruined("123456789012345000"), is_ruined("12E4-7"), is_ruined("1000")
    (True, True, False, False)
    """
    return bool(_POWER.fullmatch(text) or _ROUNDED.fullmatch(text))


def is_placeholder(address: str) -> bool:
    """Tell whether an address stands for none.

    Examples
    --------
    >>> is_placeholder("noemail@example.com"), is_placeholder("anne@example.com")
    (True, False)
    """
    return bool(_PLACEHOLDER.fullmatch(address.casefold()))


def salesforce_18(text: str) -> str:
    """Return a Salesforce id with its three characters that tell the case of the others (Salesforce, Id field type).

    Examples
    --------
    >>> salesforce_18("00Q5e00001AbCda"), salesforce_18("00Q5e00001AbCdA")
    ('00Q5e00001AbCdaEAF', '00Q5e00001AbCdAEAV')
    """
    if len(text) != 15:
        return text
    suffix = ""
    for start in (0, 5, 10):
        upper = [char.isupper() for char in text[start : start + 5]]
        suffix += _CHECK[sum(1 << place for place, is_upper in enumerate(upper) if is_upper)]
    return text + suffix


def comparable_ids(*columns: pd.Series) -> list[pd.Series]:
    """Return ids of several lists in one form, so that equal means the same lead.

    Ids that a spreadsheet ruined are NaN. Case and leading zeros are dropped where that makes no two ids of a list
    one; a Salesforce id of 15 characters, whose case tells leads apart, gets the form of 18.

    Examples
    --------
    >>> [ids.tolist() for ids in comparable_ids(pd.Series(["L-1", "l-2"]), pd.Series(["l-1"]))]
    [['l-1', 'l-2'], ['l-1']]
    >>> [ids.tolist() for ids in comparable_ids(pd.Series(["007", "12"]), pd.Series(["7", "0012"]))]
    [['7', '12'], ['7', '12']]
    """
    ids = [_each(column, unwrap, _PERHAPS_WRAPPED) for column in columns]
    ids = [_each(column, lambda text: "" if is_ruined(text) else text, _PERHAPS_RUINED) for column in ids]
    given = pd.concat(ids).dropna()
    if len(given) and given.str.fullmatch(_SALESFORCE).mean() >= _SALESFORCE_SHARE and given.str.contains(r"\D").any():
        return [_each(_each(column, salesforce_18), str.casefold) for column in ids]
    forms: tuple[tuple[Callable[[str], str], str], ...] = ((str.casefold, "[^a-z0-9-]"), (_without_zeros, "^0"))
    for form, changes in forms:
        formed = [_each(column, form, changes) for column in ids]
        if all(new.nunique() == old.nunique() for new, old in zip(formed, ids, strict=True)):
            ids = formed
    return ids


def _without_zeros(text: str) -> str:
    return text.lstrip("0") or "0" if text.isdigit() else text


def _each(cells: pd.Series, function: Callable[[str], str], changes: str = "") -> pd.Series:
    """Map each distinct text once; blanks stay NaN.

    Parameters
    ----------
    changes
        Regular expression (RE2) of the texts that the function may change; of all if not given.
    """
    found = cells.astype("object").to_numpy(copy=True)
    rows = np.arange(len(cells))
    if changes:
        texts = pa.array(cells.array, type=pa.large_string(), from_pandas=True)
        rows = np.flatnonzero(
            pc.fill_null(pc.match_substring_regex(texts, changes), True).to_numpy(zero_copy_only=False)
        )
    places, unique = pd.factorize(found[rows])
    values = np.array([*(function(text) or None for text in unique.tolist()), None], dtype=object)
    found[rows] = values[places]
    return pd.Series(found, index=cells.index, dtype="str")


def shared_values(keys: pd.Series, *others: pd.Series) -> set[object]:
    """Return values of a key that different leads share, which therefore identify nobody.

    Leads of one value are one person if they agree in another detail that all of them have.

    Parameters
    ----------
    keys
        One a lead, NA where it has none.
    others
        Details of the same leads: another key, a name.

    Examples
    --------
    >>> keys, names = pd.Series(["a", "a", "b", "b", "c"]), pd.Series(["Ann", "Ann", "Bo", "Cy", "Di"])
    >>> shared_values(keys, names)
    {'b'}
    """
    given = keys.notna().to_numpy()
    twice = keys[given][keys[given].duplicated(keep=False)]
    if twice.empty:
        return set()
    shared = set(twice.unique())
    for other in others:
        detail = other.reindex(twice.index)
        groups = detail.groupby(twice.to_numpy())
        agree = groups.nunique().eq(1) & groups.count().eq(groups.size())
        shared -= set(agree.index[agree])
    return shared
