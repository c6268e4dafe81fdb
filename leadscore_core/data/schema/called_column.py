"""The column that says who was called: found by its name and values, in many languages (called_words.toml).

Nobody knows of a new lead whether it will be called, so no model reads such a column.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.outcome_words import Meaning, answer_meaning, plain_value
from leadscore_core.data.cleaning.parsing import parse_dates
from leadscore_core.data.cleaning.text import as_text
from leadscore_core.data.schema.header_words import contact_role, is_somebody_elses, words_of

Kind = Literal["answer", "status", "number", "date", "filled"]
_FEW_VALUES, _MOSTLY = 60, 0.9
_WHOLE = r"\+?\d{1,4}(?:[.,]0+)?"


@dataclass(frozen=True, eq=False)
class CalledColumn:
    """What a column says of who was called.

    Attributes
    ----------
    header
        As in the file.
    kind
        How its cells say it: an answer of yes or no, a status with a word for "not called", a number of calls, the date
        of one, or whether they are filled in at all.
    is_named
        Whether its name says that it is about calls.
    called
        1, 0 or NaN a lead, where nothing is said.
    """

    header: str
    kind: Kind
    is_named: bool
    called: np.ndarray

    @property
    def is_clear(self) -> bool:
        """Whether name and values say together who was called, or values alone, such as ``Not contacted``."""
        return self.kind == "status" or (self.is_named and self.kind != "filled")


@cache
def _declared() -> dict[str, frozenset[str]]:
    """Return the words of headers, and those of values under ``not_called``."""
    declared = tomllib.loads(Path(__file__).with_name("called_words.toml").read_text(encoding="utf-8"))
    sections = {name: section["words"] for name, section in declared.items()} | {"when": declared["moment"]["when"]}
    not_called = sections.pop("not_called")
    headers = {name: frozenset(" ".join(words_of(word)) for word in words) for name, words in sections.items()}
    return headers | {"not_called": frozenset(map(plain_value, not_called))}


def names_calls(header: str) -> bool:
    """Tell whether a header says that its column is about calls to the lead.

    Every word must belong to such a name, so that ``Call us button clicked`` and ``Do not call`` are none.

    Examples
    --------
    >>> [names_calls(h) for h in ("Called", "No. of call attempts", "Last Contacted Date", "Anrufversuche", "拨打次数")]
    [True, True, True, True, True]
    >>> [names_calls(h) for h in ("Call us clicked", "Do not call", "Contact number", "Best time to call", "Caller")]
    [False, False, False, False, False]
    """
    if contact_role(header) is not None or is_somebody_elses(header):
        return False
    said = words_of(header)
    words, plain = set(said), " ".join(said)
    table = _declared()
    if any(phrase == plain or (not phrase.isascii() and phrase in plain) for phrase in table["phrases"]):
        return True
    known = table["named"] | table["moment"] | table["when"] | table["beside"]
    return words <= known and bool(words & table["named"] or (words & table["moment"] and words & table["when"]))


def may_say_called(header: str, cells: pd.Series) -> bool:
    """Tell from its name, or from values such as ``Not contacted``, whether a column may say who was called."""
    if names_calls(header):
        return True
    values = pd.unique(as_text(cells).dropna())
    return len(values) <= _FEW_VALUES and any(
        plain_value(text) in _declared()["not_called"] - _ALONE for text in values
    )


_ALONE = frozenset({"never", "nie", "jamais", "nunca", "mai", "nooit", "никогда"})


def read_called(header: str, cells: pd.Series) -> CalledColumn | None:
    """Return what a column says of who was called; None where its cells say nothing of the kind.

    Parameters
    ----------
    cells
        The whole column.

    Examples
    --------
    >>> for cells in (["Yes", "no", ""], ["3", "0", ""], ["2026-03-01", "", ""], ["New", "Not contacted", "Won"]):
    ...     found = read_called("Calls", pd.Series(cells))
    ...     print(found.kind, found.called.tolist())
    answer [1.0, 0.0, nan]
    number [1.0, 0.0, nan]
    date [1.0, 0.0, 0.0]
    status [1.0, 0.0, 1.0]
    """
    codes, levels = pd.factorize(as_text(cells).str.strip(), use_na_sentinel=True)
    texts = [str(text) for text in levels]
    blank = np.array([text == "" for text in texts], dtype=bool)
    filled = [text for text in texts if text]
    if not filled:
        return None
    kind, meaning = _read_values(filled)
    said = np.full(len(texts) + 1, np.nan)
    said[:-1][~blank] = meaning
    if kind in {"date", "filled"} or (kind in {"answer", "number"} and 0.0 not in meaning):
        said[-1] = 0.0
        said[:-1][blank] = 0.0
    return CalledColumn(header, kind, names_calls(header), said[codes])


def _read_values(texts: Sequence[str]) -> tuple[Kind, list[float]]:
    """Return how values say who was called, and what each says."""
    plain = [plain_value(text) for text in texts]
    nobody = [value in _declared()["not_called"] for value in plain]
    answers = [answer_meaning(text) for text in texts]
    if all(answer is not Meaning.UNKNOWN or no for answer, no in zip(answers, nobody, strict=True)):
        return "answer", [float(a is Meaning.WON and not no) for a, no in zip(answers, nobody, strict=True)]
    if all(re.fullmatch(_WHOLE, text) for text in texts):
        return "number", [float(bool(re.search(r"[1-9]", text))) for text in texts]
    days = parse_dates(pd.Series(texts, dtype="str")).values.notna().to_numpy()
    dated = days & np.array([bool(re.search(r"\d\D+\d", text)) for text in texts])
    if dated.any() and (dated | np.array(nobody)).mean() >= _MOSTLY:
        return "date", [float(not no) for no in nobody]
    if any(nobody) and len(texts) <= _FEW_VALUES:
        return "status", [float(not no) for no in nobody]
    return "filled", [1.0] * len(texts)
