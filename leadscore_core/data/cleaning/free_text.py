"""Free text: notes and messages as words, without what says who somebody is."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.text import as_text, clean_text

MASK = "*"
LEAST_LEADS = 5
_WORD = re.compile(r"[^\W\d_]+")
_WORD_OR_MASK = re.compile(r"[^\W\d_]+|\*")
_TELLING = re.compile(r"[\d@]|://|^www\.", re.IGNORECASE)  # of a word that is an address, a link or a number
_LEAST_LETTERS = 2


def mask_contacts(cells: pd.Series, contacts: Sequence[pd.Series]) -> pd.Series:
    """Return texts in which each lead's own contact details are masked, whatever stands around them.

    Parameters
    ----------
    cells
        Texts as read.
    contacts
        Names and e-mail addresses of the same leads as read; every word of them is masked, in any case.

    Examples
    --------
    >>> notes = pd.Series(["Asha asked for a callback on 98765 43210", "wrote to ben.t@x.org"])
    >>> mask_contacts(notes, [pd.Series(["Asha Rao", "Ben"])]).tolist()
    ['* asked for a callback on * *', 'wrote to *']
    """
    texts = as_text(cells)
    details = [as_text(contact).fillna("").tolist() for contact in contacts]
    masked = [
        None if text is None else _masked(text, {w for detail in own for w in contact_words(detail)})
        for text, *own in zip(_cells(texts), *details, strict=True)
    ]
    return pd.Series(masked, index=cells.index, dtype="str")


def contact_words(text: str) -> set[str]:
    """Return the words of a name or an address in small letters; single letters say nothing.

    Examples
    --------
    >>> sorted(contact_words("Asha K Rao"))
    ['asha', 'rao']
    """
    return {word for word in map(str.casefold, _WORD.findall(_composed(text))) if len(word) >= _LEAST_LETTERS}


def clean_free_text(cells: pd.Series, missing_marks: tuple[str, ...] = ("",)) -> pd.Series:
    """Return texts as words in small letters, single blanks between; addresses, links and numbers are masked.

    Examples
    --------
    >>> clean_free_text(pd.Series(["Call back, at 9 pm: a@b.org!", "n/a", "-"]), ("", "n/a")).tolist()
    ['call back at * pm *', nan, nan]
    """
    texts = clean_text(cells, missing_marks)
    words = [
        None if text is None else " ".join(_WORD_OR_MASK.findall(_masked(text, set()).casefold())) or None
        for text in _cells(texts)
    ]
    return pd.Series(words, index=cells.index, dtype="str")


def mask_rare_words(texts: pd.Series, names: Collection[str]) -> pd.Series:
    """Return clean texts in which the words of fewer than five leads, and all names of leads, are masked.

    Parameters
    ----------
    names
        Words in small letters.

    Examples
    --------
    >>> mask_rare_words(pd.Series(["call anna", "call may"] * 5), {"may"}).unique().tolist()
    ['call anna', 'call *']
    """
    cells = _cells(texts)
    leads: Counter[str] = Counter()
    for text in cells:
        leads.update(set(text.split()) if text is not None else ())
    common = {word for word, count in leads.items() if count >= LEAST_LEADS} - set(names)
    masked = [
        None if text is None else " ".join(word if word in common else MASK for word in text.split()) for text in cells
    ]
    return pd.Series(masked, index=texts.index, dtype="str")


def count_words(texts: pd.Series) -> np.ndarray:
    """Return how many words clean texts have, masked ones too; 0 for a blank.

    Examples
    --------
    >>> count_words(pd.Series(["call back *", None])).tolist()
    [3.0, 0.0]
    """
    return texts.str.count(" ").add(1).fillna(0).to_numpy("float64")


def _cells(texts: pd.Series) -> list[str | None]:
    return [None if is_blank else text for text, is_blank in zip(texts.tolist(), texts.isna().tolist(), strict=True)]


def _masked(text: str, own: Collection[str]) -> str:
    return " ".join([_masked_word(word, own) for word in _composed(text).split()])


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _masked_word(word: str, own: Collection[str]) -> str:
    if word.isalpha():
        return MASK if own and word.casefold() in own else word
    if _TELLING.search(word):
        return MASK
    return _WORD.sub(lambda part: MASK if part.group().casefold() in own else part.group(), word) if own else word
