"""Leakage: columns that may tell the outcome because they were filled in after it, each asked about in words."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from leadscore_core.data.reading.chunks import INDEX_HEADERS
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import percent
from leadscore_core.training.leakage_evidence import (
    LEAST,
    ColumnCells,
    auc_alone,
    auc_in_last_month,
    auc_of,
    counts_days,
    cut,
    days_after,
    five_folds,
    is_of_one_class,
    look_at_cells,
    odds_apart,
)
from leadscore_core.training.leakage_names import suspect_name
from leadscore_core.training.leakage_worth import TOO_GOOD, auc_with_and_without, rest_on, shares_without

ALONE, NAMED_ALONE, NEARLY_ALONE, SOME = 0.95, 0.85, 0.8, 0.55
AUDITED_ROWS = 30_000
_SEQUENCE, _LATER = 0.6, 0.65
_KINDS = (
    "alone", "one_class", "sequence", "after", "later", "nearly", "blank", "collapses", "name", "counter", "calendar",
    "together",
)  # fmt: skip
_AMOUNT = "other than zero"
_CERTAIN = frozenset(_KINDS[:4])


@dataclass(frozen=True)
class LeakFinding:
    """One column that may know the outcome.

    Attributes
    ----------
    column
        The header.
    why
        What gives rise to the question, with its evidence, in words.
    kind
        ``alone`` (it nearly gives the answer), ``one_class`` (filled, or other than zero, for one outcome only),
        ``sequence`` (an id or a row number that predicts), ``after`` (it was decided after the lead came, and tells the
        outcome), ``later`` (a moment after the lead came), ``nearly`` (it tells the outcome of most leads), ``blank``
        (its being blank tells), ``collapses`` (worth much among these leads and little in later ones), ``name`` (its
        name says so), ``counter`` (its name says that it counts, perhaps on and on), ``calendar`` (a day or month that
        moves with the base rate), ``together`` (with others it tells the outcome of nearly every lead). The first four
        are evidence, the others questions.
    auc
        What the column alone gives, out-of-fold, 0.5 to 1.
    auc_with, auc_without
        What a quick model gives in folds with this column and without any column of the findings (see
        `auc_with_and_without`); None where that was not measured.
    """

    column: str
    why: str
    kind: str
    auc: float
    auc_with: float | None = None
    auc_without: float | None = None

    @property
    def is_certain(self) -> bool:
        """Whether its values say that it should be left out unless somebody knows better; a name alone does not."""
        return self.kind in _CERTAIN

    def as_json(self) -> dict[str, Any]:
        """Return what commands write about it."""
        return {"column": self.column, "why": self.why, "auc_with": self.auc_with, "auc_without": self.auc_without}


@dataclass(frozen=True)
class _Leads:
    """What is the same for all columns: outcomes, when leads came, by how many days columns are later, folds, words."""

    label: np.ndarray
    dates: pd.Series | None
    ends: tuple[tuple[str, np.ndarray], ...]
    folds: list[tuple[np.ndarray, np.ndarray]]
    words: OutcomeWords


@dataclass(frozen=True)
class _Evidence:
    """What the judges of one column look at: its cells, its values as codes, what these alone give, and the leads."""

    cells: ColumnCells
    codes: np.ndarray
    auc: float
    leads: _Leads


def audit_leakage(
    frame: pd.DataFrame,
    label: np.ndarray,
    *,
    dates: pd.Series | None = None,
    columns: list[str] | None = None,
    words: OutcomeWords | None = None,
) -> list[LeakFinding]:
    """Look for columns that may have been filled in after the outcome.

    What the values say leaves a column out; what only its name says is a question. Of more than 30,000 leads that many
    are looked at, evenly from all over them.

    Parameters
    ----------
    frame
        Leads as read, under their own headers, without the outcome.
    label
        0 or 1, one a lead.
    dates
        When each lead came, if that is known.
    columns
        Headers to look at; all but a leading row number if not given, which is never learned from.
    words
        What the outcome is called; conversions if not given.

    Returns
    -------
    list of LeakFinding
        At most one a column, the most telling first.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> label = rng.integers(0, 2, 400)
    >>> frame = pd.DataFrame({"source": rng.choice(list("ab"), 400), "status": np.where(label == 1, "won", "lost")})
    >>> [(found.column, found.kind) for found in audit_leakage(frame, label)]
    [('status', 'alone')]
    """
    label = np.asarray(label, dtype="int64")
    if len(label) > AUDITED_ROWS:
        drawn = np.linspace(0, len(label) - 1, AUDITED_ROWS).astype("int64")
        dates = None if dates is None else dates.iloc[drawn].reset_index(drop=True)
        frame, label = frame.iloc[drawn].reset_index(drop=True), label[drawn]
    if len(np.unique(label)) < 2 or min(label.sum(), len(label) - label.sum()) < 5:
        return []
    wanted = columns if columns is not None else [c for c in frame.columns if not _is_index(c)]
    looked = [cells for name in wanted if (cells := look_at_cells(str(name), frame[name])) is not None]
    late = ((cells.name, days_after(cells, dates)) for cells in looked)
    ends = tuple((name, after) for name, after in late if after is not None)
    leads = _Leads(label, dates, ends, five_folds(label), words or OutcomeWords())
    found = [finding for cells in looked if (finding := _judge(cells, leads)) is not None]
    found = sorted(found, key=lambda f: (_KINDS.index(f.kind), -f.auc, f.column))
    worth = auc_with_and_without(looked, label, [f.column for f in found], dates=dates)
    if worth and (without := next(iter(worth.values()))[1]) > TOO_GOOD:
        found += _together(looked, label, [f.column for f in found], without)
        worth = auc_with_and_without(looked, label, [f.column for f in found], dates=dates)
    return [
        replace(f, auc_with=worth[f.column][0], auc_without=worth[f.column][1]) if f.column in worth else f
        for f in found
    ]


def _together(looked: list[ColumnCells], label: np.ndarray, suspects: list[str], without: float) -> list[LeakFinding]:
    """Ask about the columns on which an AUC rests that is too good even without those found before."""
    shares = shares_without(looked, label, suspects)
    why = "Without the columns above an AUC of {:.3f} is left, which leads that nobody has called hardly give; "
    why += "{:.0%} of it rests on this one."
    return [LeakFinding(name, why.format(without, shares[name]), "together", 0.5) for name in rest_on(shares)]


def _is_index(header: object) -> bool:
    return str(header).strip().casefold() in INDEX_HEADERS


def _judge(cells: ColumnCells, leads: _Leads) -> LeakFinding | None:
    """Return the most telling thing about one column, or None."""
    if cells.is_each_its_own and cells.numbers is None and cells.moments is None:
        return _by_name(cells, None)
    codes = cut(cells)
    evidence = _Evidence(cells, codes, auc_alone(codes, leads.label, leads.folds), leads)
    if cells.is_sequence:
        return _sequence(evidence) or _by_name(cells, None)
    for judge in _JUDGES:
        finding = judge(evidence)
        if finding is not None:
            return finding
    return _by_name(cells, evidence.auc) if cells.distinct > 1 or cells.blank.any() else None


def _alone(evidence: _Evidence) -> LeakFinding | None:
    auc, name = evidence.auc, evidence.cells.name
    if auc >= ALONE:
        return LeakFinding(name, f"Alone it tells the outcome of almost every lead (AUC {auc:.2f}).", "alone", auc)
    suspicion = suspect_name(name) if auc >= NAMED_ALONE else None
    if suspicion is None or suspicion.kind != "name":
        return None
    why = f"Alone it tells the outcome of most leads (AUC {auc:.2f}), and its name suggests that {suspicion.why}."
    return LeakFinding(name, why, "alone", auc)


def _one_class(evidence: _Evidence) -> LeakFinding | None:
    """Judge for whom a column is filled, or other than zero where most are zero."""
    cells, label = evidence.cells, evidence.leads.label
    marks = [("filled in", ~cells.blank)]
    if cells.numbers is not None and (cells.numbers[~cells.blank] == 0).mean() >= 0.5:
        marks.append((_AMOUNT, np.isfinite(cells.numbers) & (cells.numbers != 0)))
    for how, mark in marks:
        inside, outside = label[mark], label[~mark]
        # an answer may rule an outcome out, as "insured already" does, and be known before; an amount shows it
        if is_of_one_class(inside, outside) and (how != _AMOUNT or inside.mean() > 0.5):
            words = evidence.leads.words
            what = words.past if inside.mean() > 0.5 else f"did not {words.many}"
            share = max(inside.mean(), 1 - inside.mean())
            why = f"It is {how} for {len(inside):,} leads, and {share:.0%} of them {what}."
            return LeakFinding(cells.name, why, "one_class", evidence.auc)
    return None


def _sequence(evidence: _Evidence) -> LeakFinding | None:
    """Judge a column of which each lead has its own number: an id must tell nothing, in its order or in the file's."""
    numbers, label = evidence.cells.numbers, evidence.leads.label
    known = np.isfinite(numbers) if numbers is not None else np.zeros(len(label), dtype=bool)
    if numbers is None or len(np.unique(label[known])) < 2:
        return None
    auc = auc_of(label[known], numbers[known])
    auc = max(auc, 1 - auc, evidence.auc)
    if auc < _SEQUENCE:
        return None
    why = f"An id or row number should tell nothing, and this one does (AUC {auc:.2f})."
    return LeakFinding(evidence.cells.name, why, "sequence", auc)


def _later(evidence: _Evidence) -> LeakFinding | None:
    """Judge moments after the lead came, and numbers that count the days until one."""
    cells, auc = evidence.cells, evidence.auc
    after = next((own for name, own in evidence.leads.ends if name == cells.name), None)
    if after is None:
        end = next((name for name, own in evidence.leads.ends if counts_days(cells, own)), None)
        why = f"It counts the time from the lead to {end!r}, which comes after the lead (alone: AUC {auc:.2f})."
        return None if end is None else LeakFinding(cells.name, why, "after", auc)
    late, past = after > 1, evidence.leads.words.past
    share = percent(evidence.leads.label[late].mean(), evidence.leads.label.mean())
    why = f"It holds moments after the lead came, for {late.sum():,} leads, of whom {share} {past}."
    is_telling = cells.numbers is None and auc >= _LATER
    return LeakFinding(cells.name, why, "after" if is_telling else "later", auc)


def _nearly(evidence: _Evidence) -> LeakFinding | None:
    auc, name = evidence.auc, evidence.cells.name
    if auc < NEARLY_ALONE:
        return None
    return LeakFinding(name, f"Alone it tells the outcome of most leads (AUC {auc:.2f}).", "nearly", auc)


def _blank(evidence: _Evidence) -> LeakFinding | None:
    blank = evidence.cells.blank
    given, empty = evidence.leads.label[~blank], evidence.leads.label[blank]
    if min(len(given), len(empty)) < LEAST or not odds_apart(given, empty):
        return None
    many, base = evidence.leads.words.many, evidence.leads.label.mean()
    there, elsewhere = percent(empty.mean(), base), percent(given.mean(), base)
    why = f"Where it is blank (n = {len(empty):,}), {there} {many}; elsewhere {elsewhere}."
    return LeakFinding(evidence.cells.name, why, "blank", evidence.auc)


def _collapse(evidence: _Evidence) -> LeakFinding | None:
    auc = evidence.auc
    last = auc_in_last_month(evidence.codes, evidence.leads.label, evidence.leads.dates, auc)
    if last is None:
        return None
    why = f"Among leads of all months it tells something (AUC {auc:.2f}), of the last month little ({last:.2f})."
    return LeakFinding(evidence.cells.name, why, "collapses", auc)


def _by_name(cells: ColumnCells, auc: float | None) -> LeakFinding | None:
    """Ask about a column whose name says that it is filled in afterwards, whatever it tells of these leads.

    Counters and days of the calendar are asked about where they tell something.
    """
    suspicion = suspect_name(cells.name)
    if suspicion is None or (suspicion.kind != "name" and (auc is None or auc < SOME)):
        return None
    alone = "" if auc is None else f" (alone: AUC {auc:.2f})"
    return LeakFinding(cells.name, f"Its name suggests that {suspicion.why}{alone}.", suspicion.kind, auc or 0.5)


_JUDGES: tuple[Callable[[_Evidence], LeakFinding | None], ...] = (
    _alone, _one_class, _later, _nearly, _blank, _collapse,
)  # fmt: skip
