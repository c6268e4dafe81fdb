"""Proposing what an outcome is called, by its values that mean yes or by its header (outcome_nouns.toml)."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from leadscore_core.data.cleaning.outcome_words import plain_value
from leadscore_core.outcome import OutcomeWords


def propose_words(label: str, positive: Sequence[str] = ()) -> OutcomeWords:
    """Propose what an outcome is called, by its values that mean yes, else by its name; conversions where neither says.

    Parameters
    ----------
    label
        Header of the outcome.
    positive
        Values that mean yes.

    Examples
    --------
    >>> propose_words("Converted", ["1"]).plural, propose_words("Status", ["Enrolled"]).plural
    ('conversions', 'enrolments')
    >>> propose_words("Abschluss", ["Ja"]).plural, propose_words("y", ["yes"]).plural
    ('deals', 'conversions')
    """
    for text in (*positive, label):
        plain = plain_value(re.sub(r"[_/.-]+", " ", text))
        for says, words in _table():
            if says.search(plain):
                return words
    return OutcomeWords()


@cache
def _table() -> list[tuple[re.Pattern[str], OutcomeWords]]:
    declared = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    rows = []
    for row in declared["words"]:
        says = "|".join(
            re.escape(plain_value(word.rstrip("*"))) + r"\w*" * word.endswith("*") for word in row.pop("says")
        )
        rows.append((re.compile(rf"\b({says})\b"), OutcomeWords(**row)))
    return rows
