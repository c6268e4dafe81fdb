"""Outcome candidates: which columns of somebody else's leads may say what became of them, the likeliest first.

A column is judged by its name (`outcome_headers.toml`), by what its values say, by where it stands, and by how much the
other columns tell of it: what nothing foretells, or another column repeats, is seldom what a company wants foretold.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.outcome_values import OutcomeSplit, name_values
from leadscore_core.data.cleaning.outcome_words import Meaning, answer_meaning
from leadscore_core.data.schema.header_words import words_of

MOST_OFFERED = 3
_CERTAIN_POINTS, _CERTAIN_LEAD = 7.0, 2.0
_LEAST_POINTS = 1.0
_ROWS, _BINS = 2_000, 8
_REPEATED = 0.97
_STRONGEST = 3
_RARE, _COMMON = 0.002, 0.9


@dataclass(frozen=True)
class OutcomeCandidate:
    """A column that may be the outcome.

    Attributes
    ----------
    header
        As in the file.
    points
        How much speaks for it; comparable within a file only.
    is_named
        Whether its name alone says that it is what became of a lead.
    split
        What its values mean.
    """

    header: str
    points: float
    is_named: bool
    split: OutcomeSplit

    def statement(self) -> str:
        """Say its values with their counts."""
        return f"{self.header!r} ({name_values(self.split.values)})"


def rank_outcomes(frame: pd.DataFrame, outcomes: Mapping[str, OutcomeSplit]) -> tuple[OutcomeCandidate, ...]:
    """Return the columns that may be the outcome, the likeliest first; without those of which nothing speaks for it.

    Parameters
    ----------
    frame
        Leads as read, under their own headers.
    outcomes
        Header -> what its values mean, of the columns with few values.

    Examples
    --------
    >>> from leadscore_core.data.cleaning.outcome_split import split_outcomes
    >>> frame = pd.DataFrame({"Marital Status": ["Single", "Married"] * 9, "Won": ["No", "Yes", "No"] * 6})
    >>> splits = {header: split_outcomes(frame[header].value_counts().to_dict()) for header in frame}
    >>> [candidate.header for candidate in rank_outcomes(frame, splits)]
    ['Won']
    """
    headers = [str(header) for header in frame.columns]
    numbered = _numbered(headers)
    fit = _how_predictable(frame, outcomes)
    found = []
    for header, split in outcomes.items():
        name = _by_name(header)
        points = name + _by_values(split) + _by_place(headers.index(header), len(headers)) + fit.get(header, 0.0)
        points -= 4.0 if header in numbered else 0.0
        if points >= _LEAST_POINTS:
            found.append(OutcomeCandidate(header, round(points, 2), name >= 4.0, split))
    return tuple(sorted(found, key=lambda candidate: (-candidate.points, candidate.header)))


def certain_outcome(candidates: Sequence[OutcomeCandidate]) -> str | None:
    """Return the header of the first candidate where its name and values leave no doubt; None where a person is asked.

    Examples
    --------
    >>> certain_outcome([OutcomeCandidate("Won", 9.0, True, OutcomeSplit(()))]) is None
    True
    """
    if not candidates:
        return None
    first, *others = candidates
    clear = first.is_named and first.split.is_certain and first.points >= _CERTAIN_POINTS
    return first.header if clear and all(first.points - c.points >= _CERTAIN_LEAD for c in others) else None


def which_outcome(candidates: Sequence[OutcomeCandidate]) -> str:
    """Ask in words which of the first three columns is the outcome."""
    offered = [candidate.statement() for candidate in candidates[:MOST_OFFERED]]
    several = "one of these columns seems to say" if len(offered) > 1 else "this column may say"
    return (
        f"These are no known leads, and {several} what became of them: {'; '.join(offered)}. Name the outcome, for "
        f"instance: --label {candidates[0].header!r}, and its values that mean yes with --positive VALUE."
    )


def say_unknown(label: str, schema: str) -> str:
    """Say that leads are unknown and have no outcome, by what a person names either."""
    return (
        "These are no known leads, and no column says by its name and values what became of them. Name the outcome's "
        f"column with {label}, or another kind of leads with {schema}."
    )


@cache
def _words() -> dict[str, tuple[str, ...]]:
    declared = tomllib.loads(Path(__file__).with_name("outcome_headers.toml").read_text(encoding="utf-8"))
    return {
        kind: tuple(dict.fromkeys(" ".join(words_of(word)) for word in section["words"]))
        for kind, section in declared.items()
    }


def _says(kind: str, plain: str) -> str:
    """Return the longest word of a kind that stands in a plain header; writing without spaces is looked through."""
    found = [word for word in _words()[kind] if f" {word} " in f" {plain} " or (not word.isascii() and word in plain)]
    return max(found, key=len, default="")


def _by_name(header: str) -> float:
    plain = re.sub(r"\b(is|has|flag|the|of|c)\b", " ", " ".join(words_of(header)))
    plain = " ".join(plain.split()) or " ".join(words_of(header))
    alone = plain if plain in _words()["alone"] else ""
    named, staged, other = alone or _says("named", plain), _says("staged", plain), _says("other", plain)
    points = 0.0
    if named:
        points = 6.0 if plain == named else 5.0
    elif staged:
        points = 3.0 if plain == staged or plain.startswith(("lead", "deal")) else 2.0
    return points - 5.0 if other and other != named else points


def _by_values(split: OutcomeSplit) -> float:
    """Judge what the values say: words of sales most, yes and no, then stages with a won and a lost."""
    won, lost = split.of(Meaning.WON), split.of(Meaning.LOST)
    if not won or not (lost or split.blank_is_no):
        return -2.0 if len(split.values) > 2 else 0.0
    rate = split.completed / split.known if split.known else 0.0
    points = 1.0 if split.is_certain else -1.0
    plain = all(answer_meaning(value.key) is not Meaning.UNKNOWN for value in (*won, *lost))
    points += 0.0 if plain else 2.5
    points += 1.0 if len(split.values) == 2 else 0.5 if split.of(Meaning.OPEN) else 0.0
    return points - (0.0 if _RARE <= rate <= _COMMON else 1.5) - (1.0 if rate > 0.65 else 0.0)


def _by_place(place: int, columns: int) -> float:
    """Judge where it stands: outcomes are written last, or first."""
    if place == columns - 1:
        return 2.0
    return 0.7 if place <= 1 or place == columns - 2 else 0.0


def _numbered(headers: Sequence[str]) -> set[str]:
    """Return the headers of which there are several that differ by a number alone: campaign 1, campaign 2."""
    stems = {header: re.sub(r"\d+$", "", header.strip().casefold()) for header in headers}
    several = {stem for stem in stems.values() if list(stems.values()).count(stem) > 1}
    return {header for header, stem in stems.items() if stem in several and stem != header.strip().casefold()}


def _how_predictable(frame: pd.DataFrame, outcomes: Mapping[str, OutcomeSplit]) -> dict[str, float]:
    """Judge what would be left to foretell each by: the three columns that tell most of it, but its repeats."""
    rows = np.unique(np.linspace(0, max(len(frame) - 1, 0), _ROWS).astype(np.int64))
    some = frame.iloc[rows]
    codes = {str(header): _codes(some[header]) for header in some.columns}
    result = {}
    for header in outcomes:
        tied = sorted((_association(codes[header], codes[other]) for other in codes if other != header), reverse=True)
        left = [share for share in tied if share < _REPEATED]
        strongest = float(np.mean(left[:_STRONGEST])) if left else 0.0
        result[header] = min(2.0, 4.0 * strongest) if left else -6.0
    return result


def _codes(cells: pd.Series) -> np.ndarray:
    """Return the values of a column as few codes: numbers by their order in eighths, rare texts together."""
    numbers = pd.to_numeric(cells, errors="coerce")
    if numbers.notna().mean() > _COMMON and numbers.nunique() > _BINS:
        edges = np.nanquantile(numbers, np.linspace(0, 1, _BINS + 1)[1:-1])
        return np.where(numbers.isna(), _BINS, np.searchsorted(edges, numbers)).astype(np.int64)
    codes = pd.factorize(cells, use_na_sentinel=False)[0]
    rank = np.argsort(np.argsort(-np.bincount(codes, minlength=1), kind="stable"), kind="stable")
    return np.minimum(rank[codes], 2 * _BINS).astype(np.int64)


def _association(one: np.ndarray, other: np.ndarray) -> float:
    """Return Cramér's V of two columns of codes, 0-1, corrected for small samples (Bergsma, 2013)."""
    n, across = len(one), int(other.max(initial=0)) + 1
    table = np.bincount(one * across + other, minlength=(int(one.max(initial=0)) + 1) * across).reshape(-1, across)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0].astype("float64")
    rows, columns = table.shape
    if n < 2 or min(rows, columns) < 2:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / n
    squared = float(((table - expected) ** 2 / expected).sum()) / n
    squared = max(0.0, squared - (rows - 1) * (columns - 1) / (n - 1))
    smaller = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(1.0, squared / smaller))) if smaller > 0 else 0.0
