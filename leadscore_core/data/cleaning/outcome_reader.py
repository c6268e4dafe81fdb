"""Outcome reader: what single values of a label say, by the schema's words and the shared table."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.outcome_words import FILLED, Meaning, filled_meaning, plain_value, value_meaning
from leadscore_core.data.cleaning.text import clean_levels
from leadscore_core.data.schema.schema import Column

_OPPOSITE = {Meaning.WON: Meaning.LOST, Meaning.LOST: Meaning.WON}
_COMPLETED = {Meaning.WON: 1.0, Meaning.LOST: 0.0}


class OutcomeReader:
    """Reads single values of a label: by the schema's own words first, then by the table of outcome words.

    A schema whose yes is a word that means no elsewhere (who foretells which leads are lost) reads the table the other
    way round.

    Parameters
    ----------
    column
        The label.
    marks
        Lower-case text that means blank in it.
    """

    def __init__(self, column: Column, marks: Sequence[str] = ("",)) -> None:
        self.column = column
        own = {Meaning.WON: column.positive, Meaning.LOST: column.negative, Meaning.OPEN: column.open}
        self._exact = {value: meaning for meaning, values in own.items() for value in values}
        self.blank = frozenset(marks) - set(self._exact)
        plain: dict[str, set[Meaning]] = {}
        for value, meaning in self._exact.items():
            plain.setdefault(plain_value(value), set()).add(meaning)
        self._plain = {value: next(iter(found)) for value, found in plain.items() if len(found) == 1 and value}
        said = {value_meaning(value) for value in column.positive}
        self.is_filled = FILLED in self._exact
        self.is_reversed = Meaning.LOST in said and Meaning.WON not in said

    def meaning(self, value: str) -> Meaning:
        """Say what a value in lower case means; a blank one is open unless the schema says otherwise."""
        own = self.own_meaning(value)
        if own is not None:
            return own
        return Meaning.OPEN if value in self.blank else self.turned(value_meaning(value))

    def own_meaning(self, value: str) -> Meaning | None:
        """Say what the schema itself says of a value; None where it does not know it."""
        own = self._exact.get(value)
        if own is None and self.is_filled and value not in self.blank:
            return filled_meaning(value)
        return own if own is not None or value in self.blank else self._plain.get(plain_value(value))

    def turned(self, meaning: Meaning) -> Meaning:
        """Return a meaning of the table as this label sees it."""
        return _OPPOSITE.get(meaning, meaning) if self.is_reversed else meaning

    def text_for(self, meaning: Meaning) -> str:
        """Return a text that this reader takes for a meaning."""
        own = {Meaning.WON: self.column.positive, Meaning.LOST: self.column.negative, Meaning.OPEN: self.column.open}
        plain = {Meaning.WON: "1", Meaning.LOST: "0", Meaning.OPEN: "open"}
        offered = [*own[meaning], plain[meaning], plain[_OPPOSITE.get(meaning, meaning)]]
        return next(text for text in offered if text and self.meaning(text) is meaning)


def read_outcomes(cells: pd.Series, column: Column, marks: Sequence[str]) -> tuple[pd.Series, np.ndarray]:
    """Read a label: 1 where a lead converted, 0 where it did not, NaN where there is no outcome.

    Returns
    -------
    values, unknown
        Float64 on the cells' index; which cells hold something that is neither known nor a mark of an open lead.
    """
    reader = OutcomeReader(column, marks)
    codes, texts = clean_levels(cells, (), lower=True)
    meanings = [reader.meaning(text or "") for text in texts.to_pylist()] + [reader.meaning("")]
    values = np.array([_COMPLETED.get(meaning, np.nan) for meaning in meanings])
    unknown = np.array([meaning is Meaning.UNKNOWN for meaning in meanings])
    return pd.Series(values[codes], index=cells.index), unknown[codes]


def reword_outcomes(cells: pd.Series, words: Mapping[str, str]) -> pd.Series:
    """Write the values of an outcome, given in lower case and "" for blank, in other words; the rest stays as it is.

    Examples
    --------
    >>> reword_outcomes(pd.Series(["X", "✓", None]), {"x": "0", "": "open"}).tolist()
    ['0', '✓', 'open']
    """
    codes, texts = clean_levels(cells, (), lower=True)
    _, plain = clean_levels(cells, (), lower=False)
    levels = [words.get(low or "", same) for low, same in zip(texts.to_pylist(), plain.to_pylist(), strict=True)]
    return pd.Series(pd.array([*levels, words.get("")], dtype="str").take(codes), index=cells.index)
