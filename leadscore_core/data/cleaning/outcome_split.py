"""Outcome split: which values of a column mean won, lost and still open, from all of them together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from leadscore_core.data.cleaning.date_order import date_evidence
from leadscore_core.data.cleaning.outcome_reader import OutcomeReader
from leadscore_core.data.cleaning.outcome_values import OutcomeSplit, OutcomeValue, count_values, name_values
from leadscore_core.data.cleaning.outcome_words import (
    FILLED,
    Meaning,
    filled_meaning,
    is_tick,
    plain_value,
    tell_apart,
    value_meaning,
    weak_meaning,
)
from leadscore_core.data.cleaning.parsing import parse_dates
from leadscore_core.data.schema.schema import Column
from leadscore_core.errors import LabelError

_LOOKED_AT, _SHORTEST_DATE, _MOSTLY = 500, 6, 0.9
_TRUTHS = frozenset({"true", "false", "1", "0"})


def split_outcomes(
    counts: Mapping[str, int],
    column: Column | None = None,
    *,
    positive: Sequence[str] = (),
    still_open: Sequence[str] = (),
) -> OutcomeSplit:
    """Say what each value of an outcome's column means, from all of them together.

    Parameters
    ----------
    counts
        As from `count_values`.
    column
        The label of a schema that is known already; its own words go before the table.
    positive
        Values that a person says mean yes; all others that are not open mean no then.
    still_open
        Values that a person says are no outcome yet; together with `positive` they are all such, and "" says that
        there is none.

    Raises
    ------
    LabelError
        If a value that a person named is not in the column.

    Examples
    --------
    >>> split = split_outcomes({"Ja": 61, "Nein": 39, "Offen": 5})
    >>> split.statement()
    ["Completed: 'Ja' (61.0% of 100; open: 'Offen' 5)", "Not completed: 'Nein' 39"]
    """
    merged: dict[str, OutcomeValue] = {}
    for text, count in sorted(counts.items(), key=lambda item: -item[1]):
        key = text.casefold() if text.isascii() else text.lower()
        if text:
            known = merged.get(key)
            merged[key] = replace(known, count=known.count + count) if known else OutcomeValue(text, key, count)
    values = tuple(sorted(merged.values(), key=lambda value: -value.count))
    blank = counts.get("", 0)
    reader = None if column is None else OutcomeReader(column)
    meanings = _meanings([value.key for value in values], reader)
    split = replace(OutcomeSplit(values, blank).with_meanings(meanings), are_dates=_are_dates(values))
    if FILLED in positive or (reader is not None and reader.is_filled and not positive):
        return _filled(split, positive, still_open, is_said=FILLED in positive)
    won, opened = _named(values, positive), _named(values, [text for text in still_open if text])
    if won:
        is_all = bool(still_open)
        meanings = {
            key: Meaning.WON if key in won
            else Meaning.OPEN if key in opened or (not is_all and meaning is Meaning.OPEN)
            else Meaning.LOST
            for key, meaning in meanings.items()
        }  # fmt: skip
        split = split.with_meanings(meanings)
        return replace(split, blank_is_no=bool(blank) and not still_open and not split.of(Meaning.LOST))
    split = replace(split.with_meanings(dict.fromkeys(opened, Meaning.OPEN)), is_said=False)
    ticked = bool(blank) and len(values) == 1 and split.values[0].meaning is Meaning.WON and is_tick(values[0].key)
    own_blank = reader is not None and reader.own_meaning("") is Meaning.LOST and not split.of(Meaning.LOST)
    return replace(split, blank_is_no=bool(blank) and (ticked or own_blank))


def _filled(split: OutcomeSplit, positive: Sequence[str], still_open: Sequence[str], *, is_said: bool) -> OutcomeSplit:
    """Take every filled cell as yes, but those that say no or that a person says are open."""
    opened = _named(split.values, [text for text in still_open if text])
    opened |= set() if is_said else {value.key for value in split.of(Meaning.OPEN)}
    won = _named(split.values, [text for text in positive if text != FILLED])
    meanings = {
        value.key: Meaning.OPEN if value.key in opened
        else Meaning.WON if value.key in won
        else filled_meaning(value.key)
        for value in split.values
    }  # fmt: skip
    blank_is_no = bool(split.blank) and "" not in still_open
    return replace(split.with_meanings(meanings), blank_is_no=blank_is_no, is_filled=True)


def _are_dates(values: Sequence[OutcomeValue]) -> bool:
    """Tell whether the values are dates, by the most frequent of them."""
    looked_at = [value.shown for value in values[:_LOOKED_AT]]
    written = [text for text in looked_at if len(text) >= _SHORTEST_DATE and any(c.isdigit() for c in text)]
    if len(written) < _MOSTLY * len(looked_at) or not written:
        return False
    cells = pd.Series(written, dtype="str")
    return bool(parse_dates(cells, (), date_evidence(cells).order("dmy")).values.notna().mean() >= _MOSTLY)


def _named(values: Sequence[OutcomeValue], wanted: Sequence[str]) -> set[str]:
    """Return the keys of values that a person named, however they are written."""
    found: set[str] = set()
    for text in wanted:
        same = _same_values(values, text)
        if not same:
            raise LabelError(
                f"No lead has {text!r} as its outcome. The column holds {name_values(values) or 'nothing'}. Give one "
                "of these."
            )
        found |= same
    return found


def _same_values(values: Sequence[OutcomeValue], text: str) -> set[str]:
    """Return the keys of the values that a text means: as it is, in any case, in any writing, as a truth value."""
    lower = " ".join(text.split()).lower()
    exact = {value.key for value in values if value.shown == text} or {v.key for v in values if v.key == lower}
    if not exact:
        exact = {value.key for value in values if plain_value(value.shown) == plain_value(text)}
    if not exact and lower in _TRUTHS:
        exact = {v.key for v in values if v.key in _TRUTHS and value_meaning(v.key) is value_meaning(text)}
    return exact


def _meanings(keys: Sequence[str], reader: OutcomeReader | None) -> dict[str, Meaning]:
    """Say what values mean: those that the schema knows, then the table, then one beside the others."""
    own = {key: reader.own_meaning(key) for key in keys} if reader is not None else {}
    said = {key: meaning for key, meaning in own.items() if meaning is not None}
    rest = [key for key in keys if key not in said]
    found = {key: value_meaning(key) for key in rest}
    if len(rest) == 2 and not said:
        yes = tell_apart(rest[0], rest[1])
        found = found if yes is None else {key: Meaning.WON if key == yes else Meaning.LOST for key in rest}
    elif not said and not any(meaning is Meaning.WON for meaning in found.values()):
        found |= _denied_pairs([key for key in rest if found[key] is not Meaning.OPEN])
    found = _with_weak(found)
    turned = found if reader is None else {key: reader.turned(meaning) for key, meaning in found.items()}
    return {key: said.get(key, turned.get(key, Meaning.UNKNOWN)) for key in keys}


def _denied_pairs(keys: Sequence[str]) -> dict[str, Meaning]:
    """Find one value that another one denies, among several."""
    pairs = [(a, b, tell_apart(a, b)) for i, a in enumerate(keys[:20]) for b in keys[i + 1 : 20]]
    found = [(yes, b if yes == a else a) for a, b, yes in pairs if yes is not None]
    return {found[0][0]: Meaning.WON, found[0][1]: Meaning.LOST} if len(found) == 1 else {}


def _with_weak(found: dict[str, Meaning]) -> dict[str, Meaning]:
    """Settle words that mean yes or no beside others only: Qualified is a stage beside Won, yes beside Unqualified."""
    weak = {key: weak_meaning(key) for key, meaning in found.items() if meaning is Meaning.UNKNOWN}
    yes = [key for key, meaning in weak.items() if meaning is Meaning.WON]
    no = [key for key, meaning in weak.items() if meaning is Meaning.LOST]
    has_yes = Meaning.WON in found.values()
    has_no = bool(no) or Meaning.LOST in found.values()
    settled = dict(found)
    if has_yes or yes:
        settled |= dict.fromkeys(no, Meaning.LOST)
    if has_yes:
        settled |= dict.fromkeys(yes, Meaning.OPEN)
    elif has_no:
        settled |= dict.fromkeys(yes, Meaning.WON)
    return settled


def split_cells(cells: pd.Series, column: Column, marks: Sequence[str]) -> OutcomeSplit:
    """Say what the values of a label mean as they are read, one by one."""
    reader = OutcomeReader(column, marks)
    found: dict[str, OutcomeValue] = {}
    blank = 0
    for text, count in count_values(cells).items():
        key = text.lower()
        if key in reader.blank:
            blank += count
        elif text:
            known = found.get(key, OutcomeValue(text, key, 0, reader.meaning(key)))
            found[key] = replace(known, count=known.count + count)
    blank_is_no = reader.own_meaning("") is Meaning.LOST
    blank += count_values(cells).get("", 0) if "" not in reader.blank else 0
    return OutcomeSplit(tuple(sorted(found.values(), key=lambda value: -value.count)), blank, blank_is_no)


def reworded_values(split: OutcomeSplit, reader: OutcomeReader) -> tuple[tuple[str, str], ...]:
    """Return the values that a schema would read otherwise than their column says, with what it reads for them."""
    wanted = {value.key: value.meaning for value in split.values if value.meaning is not Meaning.UNKNOWN}
    if split.blank:
        wanted[""] = Meaning.LOST if split.blank_is_no else Meaning.OPEN
    return tuple(
        (key, reader.text_for(meaning)) for key, meaning in wanted.items() if reader.meaning(key) is not meaning
    )
