"""Outcome values: the values of an outcome's column, how many leads have each, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.outcome_words import FILLED, Meaning
from leadscore_core.data.cleaning.text import clean_levels
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import percent

MOST_VALUES = 200
FEW_UNKNOWN = 0.1
_SHOWN = 8


@dataclass(frozen=True)
class OutcomeValue:
    """One value of an outcome's column: as most leads write it, in lower case, how many leads, what it means."""

    shown: str
    key: str
    count: int
    meaning: Meaning = Meaning.UNKNOWN


@dataclass(frozen=True)
class OutcomeSplit:
    """The values of an outcome's column, the most frequent first, and what each means.

    Attributes
    ----------
    values
        Those that are filled in.
    blank
        Leads without a value.
    blank_is_no
        Whether these did not convert: the column holds ticks and nothing else.
    is_said
        Whether a person said which values mean yes.
    is_filled
        Whether any filled cell means yes, but one that says no, and a blank one no.
    are_dates
        Whether the values are dates, of which none says yes or no by itself.
    """

    values: tuple[OutcomeValue, ...]
    blank: int = 0
    blank_is_no: bool = False
    is_said: bool = False
    is_filled: bool = False
    are_dates: bool = False

    def of(self, meaning: Meaning) -> tuple[OutcomeValue, ...]:
        """Return the values with a meaning."""
        return tuple(value for value in self.values if value.meaning is meaning)

    def keys(self, meaning: Meaning) -> tuple[str, ...]:
        """Return the values with a meaning in lower case; "" among those that mean no where blank does."""
        if self.is_filled and meaning is Meaning.WON:
            return (FILLED,)
        keys = tuple(value.key for value in self.of(meaning))
        return (*keys, "") if meaning is Meaning.LOST and self.blank_is_no else keys

    def count(self, meaning: Meaning) -> int:
        """Return how many leads have a meaning."""
        blank = self.blank if self.blank_is_no and meaning is Meaning.LOST else 0
        return sum(value.count for value in self.of(meaning)) + blank

    @property
    def completed(self) -> int:
        """Leads that converted."""
        return self.count(Meaning.WON)

    @property
    def known(self) -> int:
        """Leads with an outcome."""
        return self.completed + self.count(Meaning.LOST)

    @property
    def may_be_filled(self) -> bool:
        """Whether filled may mean yes and blank no: dates, or values of which nearly each lead has its own."""
        many = len(self.values) > MOST_VALUES or self.are_dates
        return many and bool(self.blank) and not self.known

    @property
    def filled(self) -> int:
        """Leads with a value."""
        return sum(value.count for value in self.values)

    @property
    def is_certain(self) -> bool:
        """Whether yes and no are both known, and nearly nothing else is unknown."""
        unknown = self.of(Meaning.UNKNOWN)
        few = sum(value.count for value in unknown) <= FEW_UNKNOWN * self.filled
        are_codes = any(not any(c.isalpha() for c in value.key) for value in unknown)
        return bool(self.completed and self.count(Meaning.LOST)) and few and not (are_codes and not self.is_said)

    def with_meanings(self, meanings: Mapping[str, Meaning]) -> OutcomeSplit:
        """Return the split with what a person says of values, by their lower case."""
        values = tuple(replace(value, meaning=meanings.get(value.key, value.meaning)) for value in self.values)
        return replace(self, values=values, is_said=True)

    def question(self, header: str, words: OutcomeWords) -> str | None:
        """Say in words what a person has to settle before leads are learned from; None where all is clear."""
        if self.is_filled:
            return None
        if self.may_be_filled:
            what = "dates" if self.are_dates else "different values"
            return (
                f"It is not clear what {header!r} says of a lead: it is filled for {self.filled:,} leads, with "
                f"{len(self.values):,} {what} such as {self.values[0].shown!r}, and blank for {self.blank:,}. If "
                f"filled means that the lead {words.past}, and blank that it did not, give --positive {FILLED}. If "
                f"not, choose the column that says which leads {words.past}."
            )
        if len(self.values) > MOST_VALUES:
            return (
                f"{header!r} holds {len(self.values):,} different values, so it is not what became of a lead. Choose "
                f"the column that says which leads {words.past}."
            )
        if self.is_certain or not self.values:
            return None
        won, unknown = self.of(Meaning.WON), self.of(Meaning.UNKNOWN)
        if self.is_said or len(self.values) == 1 and not ((won or unknown) and self.blank):
            return None
        if len(self.values) == 1:
            return (
                f"It is not clear what {header!r} says of a lead: it holds {name_values(self.values)}, {self.blank:,} "
                f"blank cells, and nothing that says no. If a blank cell means that the lead did not {words.many}, "
                f"give --positive {self.values[0].shown!r}."
            )
        choices = [value for value in self.values if value.meaning is not Meaning.OPEN] or self.values
        named = " or ".join(f"--positive {value.shown!r}" for value in choices[:_SHOWN])
        return (
            f"It is not clear what {header!r} says of a lead: it holds {name_values(self.values)}. Give the value that "
            f"means that a lead {words.past}, {named}; it may be repeated. All other values mean no then, but those "
            "with no outcome yet, which --open VALUE names."
        )

    def statement(self, past: str = "completed") -> list[str]:
        """Say in lines which values count as yes, and what has no outcome."""
        if not self.known:
            return [f"{past.capitalize()}: no lead. {name_values(self.values) or 'Every lead is blank'}"]
        still = f"; open: {name_values(self.of(Meaning.OPEN))}" if self.of(Meaning.OPEN) else ""
        won = ", ".join(repr(value.shown) for value in self.of(Meaning.WON)) or "no value"
        won = f"filled, such as {self.of(Meaning.WON)[0].shown!r}" if self.is_filled and self.of(Meaning.WON) else won
        share = self.completed / self.known
        lines = [f"{past.capitalize()}: {won} ({percent(share, share, 1)} of {self.known:,}{still})"]
        if len(self.values) > 2 and self.of(Meaning.LOST):
            lines.append(f"Not {past}: {name_values(self.of(Meaning.LOST))}")
        if self.blank:
            what = f"not {past}" if self.blank_is_no else "no outcome"
            lines.append(f"Blank: {self.blank:,} leads, {what}")
        if self.of(Meaning.UNKNOWN):
            lines.append(f"No outcome, as it is not known what it means: {name_values(self.of(Meaning.UNKNOWN))}")
        return lines

    def as_json(self) -> dict[str, object]:
        """Return what `--json` says of the outcome."""
        result = {"positive": Meaning.WON, "negative": Meaning.LOST, "open": Meaning.OPEN, "unknown": Meaning.UNKNOWN}
        return {
            **{name: [value.shown for value in self.of(meaning)] for name, meaning in result.items()},
            "outcome": {
                "completed": self.completed,
                "known": self.known,
                "blank": self.blank,
                "values": [{"value": v.shown, "count": v.count, "meaning": str(v.meaning)} for v in self.values],
            },
        }


def name_values(values: Sequence[OutcomeValue]) -> str:
    """Name values with how many leads have each, the most frequent first.

    Examples
    --------
    >>> name_values([OutcomeValue("New", "new", 1200), OutcomeValue("Open", "open", 3)])
    "'New' 1,200, 'Open' 3"
    """
    shown = ", ".join(f"{value.shown!r} {value.count:,}" for value in values[:_SHOWN])
    return f"{shown} and {len(values) - _SHOWN} more" if len(values) > _SHOWN else shown


def count_values(cells: pd.Series) -> dict[str, int]:
    """Count the values of a column as they are written, "" for blank; a truth value as True or False."""
    if pd.api.types.is_bool_dtype(cells):
        cells = cells.map({True: "True", False: "False"}).astype("str")
    elif cells.dtype == object:
        cells = cells.map(lambda cell: str(cell) if isinstance(cell, bool) else cell)
    codes, texts = clean_levels(cells, (), lower=False)
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    found: dict[str, int] = {}
    for text, count in zip([text or "" for text in texts.to_pylist()], counts.tolist(), strict=True):
        found[text] = found.get(text, 0) + count
    missing = int((codes < 0).sum())
    return found | {"": found.get("", 0) + missing} if missing else found
