"""Outcomes that come back: what became of leads that were scored, matched to their batches."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.batches.brought_files import note_outcomes
from leadscore_core.batches.date_doubts import DateDoubt, before_lead, creation_of, say_doubts
from leadscore_core.batches.outcome_dates import dating_headers, later_than, moments_as_numbers
from leadscore_core.batches.outcome_files import KNOWN_BY
from leadscore_core.batches.outcome_keys import match_leads, people_of_batch, read_keys, region_for, say_unread
from leadscore_core.batches.outcomes_of_calls import save_call_outcomes
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.cleaning.outcome_column import known_outcomes
from leadscore_core.data.cleaning.text import as_text
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.reading.read_log import ReadLog
from leadscore_core.data.reading.reader import list_files
from leadscore_core.data.row_numbers import FIRST_ROW
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.days import say_day
from leadscore_core.errors import LabelError, StorageError
from leadscore_core.outcome import OutcomeWords
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.engine import open_database
from leadscore_core.storage.database.outcomes import Entry, OutcomeStore
from leadscore_core.storage.leads.files import read_file_rows

_SHOWN = 10
_HUMAN = {"id": "id", "email": "e-mail", "phone": "phone", "moment": "moment of creation"}


@dataclass
class OutcomeReport:
    """What came of a file of outcomes.

    Attributes
    ----------
    rows
        Rows of the file.
    without
        Rows that tell no outcome.
    unmatched
        Rows with an outcome that match no lead of any batch.
    contradictory
        Leads that stand in the file with both outcomes; the later one counts.
    dated_by
        Header of the dates that say which is the later; empty where the rows' order does.
    strangers
        Leads whose id stands in the file beside the e-mail or phone of somebody else; their outcome is not taken.
    ambiguous
        Rows that could be several leads', or whose details contradict each other; nothing is taken of them.
    shared
        Id, e-mail or phone -> values of it that several leads share, which identify nobody.
    by
        Id, e-mail, phone or moment -> leads that were known by it.
    batches
        Name of each batch that learned something -> leads whose outcome came, and how many of them count as converted.
    kept
        Id of each of these batches -> what was kept for it, to be corrected by.
    past
        What such leads did, in a word.
    doubts
        Dates that cannot be when an outcome came: in the future, in no possible year, or before the lead.
    otherwise
        Name of a batch -> rows in its file of the leads of which this file says one outcome and calls the other.
    unread
        Names of the lists that could not be looked at, as their files are gone or damaged.
    """

    rows: int = 0
    without: int = 0
    unmatched: int = 0
    contradictory: int = 0
    dated_by: str = ""
    strangers: int = 0
    ambiguous: int = 0
    shared: dict[str, int] = field(default_factory=dict)
    by: dict[str, int] = field(default_factory=dict)
    batches: dict[str, tuple[int, int]] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    past: str = OutcomeWords().past
    doubts: list[DateDoubt] = field(default_factory=list)
    otherwise: dict[str, list[int]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """The report in words."""
        leads = sum(n for n, _ in self.batches.values())
        done = sum(k for _, k in self.batches.values())
        parts = [f"Outcomes of {leads:,} leads came back, {done:,} of them {self.past}"]
        parts += [f"matched by {', '.join(f'{_HUMAN[kind]} {n:,}' for kind, n in self.by.items())}"] * bool(self.by)
        parts += [f"{_many(self.without, 'row tells', 'rows tell')} no outcome"] if self.without else []
        parts += (
            [f"{_many(self.unmatched, 'row matches', 'rows match')} no lead that was scored"] if self.unmatched else []
        )
        if self.contradictory:
            stand = _many(self.contradictory, "lead stands", "leads stand")
            parts.append(f"{stand} there with both outcomes, {self._which_counts()}")
        if self.ambiguous:
            left = _many(self.ambiguous, "row is ambiguous and was", "rows are ambiguous and were")
            parts.append(f"{left} left out{self._why_ambiguous()}")
        if self.strangers:
            parts.append(
                f"{_many(self.strangers, 'lead has', 'leads have')} an id that belongs to somebody else in the file"
            )
        if len(self.batches) > 1:
            parts.append(f"a lead that stands in several of the {len(self.batches)} lists counts in each")
        return " ".join(
            ["; ".join(parts) + ".", *self._disagreements(), *say_doubts(self.doubts), *say_unread(self.unread)]
        )

    def _disagreements(self) -> list[str]:
        """Say for each list of which leads file and calls disagree, and what counts."""
        said = []
        for name, rows in self.otherwise.items():
            shown = ", ".join(f"{row:,}" for row in rows[:_SHOWN])
            more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
            leads, where = ("lead", "row") if len(rows) == 1 else ("leads", "rows")
            said.append(
                f"File and calls disagree about {len(rows):,} {leads} of {name} ({where} {shown}{more}); the yes "
                f"counts, so {'it counts' if len(rows) == 1 else 'they count'} as {self.past}."
            )
        return said

    def _which_counts(self) -> str:
        if self.dated_by:
            return f"the later one by {self.dated_by!r} counts, and the lower row where that is the same or blank"
        return "the lower row counts, as no column of the file says when an outcome came"

    def _why_ambiguous(self) -> str:
        shared = [f"{n:,} value{'s' * (n > 1)} of {_HUMAN[kind]}" for kind, n in self.shared.items()]
        if not shared:
            return " (their id, e-mail and phone point to different leads)"
        return f" ({' and '.join(shared)} shared by several leads, which identifies nobody)"


def _many(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


@dataclass(frozen=True, eq=False)
class _OutcomeRows:
    """What a file tells as a schema reads it.

    Attributes
    ----------
    by_region
        Country of phone numbers without a country code -> the keys of each row's lead (see `read_keys`), ``outcome``,
        NaN where it tells none, and ``later`` (see `moments_as_numbers`).
    log
        Where each row stands.
    """

    leads: LeadList
    by_region: dict[str, pd.DataFrame]
    settings: Settings
    log: ReadLog
    dated_by: str
    doubts: list[DateDoubt]

    @property
    def knows(self) -> np.ndarray:
        """Which rows tell an outcome."""
        return next(iter(self.by_region.values()))["outcome"].notna().to_numpy()

    def told(self, batch: Batch) -> pd.DataFrame:
        """Return the rows that tell an outcome, by position, with phones read as a list's."""
        rows = self.by_region[region_for(self.leads, batch, self.settings)]
        return rows[rows["outcome"].notna()]


@needs(Action.BRING_OUTCOMES)
def bring_outcomes(
    leads: LeadList | Sequence[LeadList],
    *,
    by: str = "",
    settings: Settings | None = None,
    instead_of: Mapping[str, Entry] | None = None,
    is_noted: bool = False,
) -> OutcomeReport:
    """Match a file of outcomes to the leads of all batches, and keep what it tells, all of it or nothing.

    A lead is known again by its id, else its normalised e-mail, else its phone; where file and batch share none of
    these, by its moment of creation to the second together with the columns that every list needs, where only one lead
    has them. Outcomes known before give way to later ones.

    Parameters
    ----------
    leads
        A list with the outcome and something to know leads by; or the same file as several schemas read it, each for
        batches of its own (see `open_outcome_files`).
    by
        Who brought it.
    instead_of
        `OutcomeReport.entries` of the same file as it was read before: those entries count no longer.
    is_noted
        Whether it is kept that this file was brought, so that it can be taken back (see `undo_results`).

    Raises
    ------
    LabelError
        If the file has no column with the outcome, or nothing to know a lead by, or matches no lead at all.
    LeadScoreError
        If it cannot be read or kept.
    """
    settings = settings or load_settings()
    lists = [leads] if isinstance(leads, LeadList) else list(leads)
    store = BatchStore(settings)
    read = [_read_outcomes(one, store, settings) for one in lists]
    report = OutcomeReport(rows=len(read[0].knows), dated_by=read[0].dated_by, past=lists[0].schema.outcome.past)
    report.doubts += read[0].doubts
    knows = np.logical_or.reduce([one.knows for one in read])
    report.without = int((~knows).sum())
    _check_keys([keys for one in read for keys in one.by_region.values()], knows)
    files = list_files(lists[0].paths)
    name = files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
    found = _match_batches(read, knows, report, store)
    if report.ambiguous > knows.sum() / 2:
        raise LabelError(
            f"{report.ambiguous:,} of the {knows.sum():,} outcomes are ambiguous{report._why_ambiguous()}, so nothing "
            "was carried over. Export both lists with an id, e-mail or phone that each lead has alone; leave out an "
            "id that is another system's."
        )
    if not found and report.unread:
        told = f"None of the {knows.sum():,} outcomes belongs to a lead of a list that could be read."
        raise LabelError(" ".join([told, *say_unread(report.unread)]))
    if not found:
        raise LabelError(
            f"None of the {knows.sum():,} outcomes belongs to a lead that was scored. Score the list that these leads "
            "were in first, or check that both files have the same ids, e-mails or phones."
        )
    corrected = dict(instead_of or {})
    outcomes, schemas = OutcomeStore(settings), {one.schema.name: one.schema for one in lists}
    nothing = np.empty(0, dtype="int64")
    with open_database(settings).one_change():
        for batch, rows, completed in found:
            before = corrected.pop(batch.id, None)
            added = outcomes.add(batch, rows, completed, file_name=name, by=by, instead_of=before)
            report.entries[batch.id] = added.entry
            save_call_outcomes(batch, schemas[batch.schema_name], settings, by=by)
            report.batches[batch.name] = (len(rows), _count(batch, rows, report, outcomes))
        for batch in store.list_batches():
            if batch.id in corrected:
                outcomes.add(batch, nothing, nothing, file_name=name, by=by, instead_of=corrected[batch.id])
        if is_noted:
            note_outcomes(lists[0].paths, report.entries, by=by, settings=settings)
    return report


def _count(batch: Batch, rows: np.ndarray, report: OutcomeReport, outcomes: OutcomeStore) -> int:
    """Return how many of a file's leads converted, and keep in the report of which of them calls say otherwise."""
    said, known = outcomes.said(batch), outcomes.known(batch)
    differ = [row for row in sorted(rows.tolist()) if said.calls.get(row, said.files[row]) != said.files[row]]
    if differ:
        file_rows = read_file_rows(batch.scores_path)
        report.otherwise[batch.name] = [row + FIRST_ROW if file_rows is None else int(file_rows[row]) for row in differ]
    return sum(known[row] for row in rows.tolist())


def _check_keys(outcomes_of: list[pd.DataFrame], knows: np.ndarray) -> None:
    """Raise if no row tells an outcome, or none of those that do says whose it is."""
    if not knows.any():
        raise LabelError(f"None of the {len(knows):,} rows tells an outcome. Expected yes or no, 1 or 0, in each.")
    if all(result[knows].drop(columns=["outcome", "given", "later"]).isna().all(axis=None) for result in outcomes_of):
        if any(result["given"].any() for result in outcomes_of):
            raise LabelError(
                "Nothing in the file identifies a lead, so nothing was carried over: its e-mails and phones stand for "
                "none, or are ones that several leads share. Export it with the id of each lead."
            )
        raise LabelError(
            "The file has nothing to know its leads by: no id, e-mail, phone or moment of creation. Export it with one "
            "of these."
        )


def _match_batches(
    read: Sequence[_OutcomeRows], knows: np.ndarray, report: OutcomeReport, store: BatchStore
) -> list[tuple[Batch, np.ndarray, np.ndarray]]:
    """Match a file to every batch, and count in the report what came of it; return rows and outcomes of each batch."""
    matched, ambiguous = np.zeros(report.rows, dtype=bool), np.zeros(report.rows, dtype=bool)
    found: list[tuple[Batch, np.ndarray, np.ndarray]] = []
    for one in read:
        for batch in store.list_batches():
            if batch.schema_name != one.leads.schema.name:
                continue
            result = one.told(batch)
            people = _people_of(batch, one.leads.schema, report)
            if people is None:
                continue
            matches = match_leads(people, result.reset_index(drop=True))
            matched[result.index[matches.matched]] = True
            ambiguous[result.index[matches.ambiguous]] = True
            report.strangers += matches.strangers
            report.contradictory += len(matches.contradictory)
            for kind, n in matches.shared.items():
                report.shared[kind] = max(n, report.shared.get(kind, 0))
            if len(matches.pairs):
                rows = people["ls_row"].to_numpy("int64")[matches.pairs["lead"]]
                completed = result["outcome"].to_numpy("int64")[matches.pairs["row"]]
                found.append((batch, rows, completed))
                with suppress(StorageError):  # its dates alone may be damaged
                    _doubt_early(one, result.iloc[matches.pairs["row"].to_numpy("int64")], rows, batch, report)
                for known_by, n in matches.pairs["by"].value_counts().items():
                    report.by[str(known_by)] = report.by.get(str(known_by), 0) + int(n)
    ambiguous &= ~matched
    report.ambiguous = int(ambiguous.sum())
    report.unmatched = int((~matched & ~ambiguous & knows).sum())
    return found


def _people_of(batch: Batch, schema: LeadSchema, report: OutcomeReport) -> pd.DataFrame | None:
    """Return a list's leads to match; None where its files are gone or damaged, which the report says."""
    try:
        return people_of_batch(batch.scores_path, schema)
    except StorageError:
        report.unread.append(batch.name)
        return None


def _doubt_early(
    one: _OutcomeRows, result: pd.DataFrame, rows: np.ndarray, batch: Batch, report: OutcomeReport
) -> None:
    """Count in the report which dates lie before their lead, of rows that were matched to leads of a batch."""
    later = result["later"].to_numpy("float64")
    created = creation_of(batch.scores_path, one.leads.schema)
    if created is None or np.isnan(later).all():
        return
    at = pd.to_datetime(pd.Series(later), unit="ns").to_numpy("datetime64[us]")
    found = []
    for place in np.flatnonzero(before_lead(at, created[rows])).tolist():
        file, row = one.log.place(int(result.index[place]))
        found.append(DateDoubt("before", one.dated_by, row, say_day(pd.Timestamp(at[place])), file))
    report.doubts = list(dict.fromkeys([*report.doubts, *found]))


def _read_outcomes(leads: LeadList, store: BatchStore, settings: Settings) -> _OutcomeRows:
    """Return what a file tells, with phones read as the numbers of each kept list's country.

    Raises
    ------
    LabelError
        If it has no column with the outcome.
    """
    label = leads.schema.label
    if label is None or label.name not in leads.mapping.used:
        if not any(column.name in leads.mapping.used for column in leads.schema.with_role(*KNOWN_BY)):
            raise LabelError(
                "The file lacks what leads are known by, an id, e-mail or phone, and a status that says what came of "
                "each. Bring one that has both, such as a caller's filled workbook."
            )
        raise LabelError(
            f"The file has no column that says {leads.schema.outcome.whether}. Name it, for instance, "
            f"{label.human if label else 'Outcome'!r}, or say which it is."
        )
    lists = [batch for batch in store.list_batches() if batch.schema_name == leads.schema.name]
    regions = list(dict.fromkeys(region_for(leads, batch, settings) for batch in lists)) or [settings.phone_region]
    keys: dict[str, list[pd.DataFrame]] = {region: [] for region in regions}
    dating, log, dates = dating_headers(leads), ReadLog(), []
    for chunk in leads.chunks(log):
        dates.append(pd.DataFrame({header: as_text(chunk[header]) for header in dating if header in chunk}))
        outcome = pd.Series(known_outcomes(chunk, leads.schema, leads.mapping))
        told = outcome.to_numpy(dtype="float64", na_value=np.nan)
        for region, parts in keys.items():
            own = settings.model_copy(update={"phone_region": region})
            parts.append(read_keys(chunk, leads, own).assign(outcome=told))
    dated = later_than(pd.concat(dates, ignore_index=True), dating, leads.mapping.date_order, log.place)
    later = np.nan if dated is None else moments_as_numbers(dated.moments)
    by_region = {region: pd.concat(parts, ignore_index=True).assign(later=later) for region, parts in keys.items()}
    found = ("", []) if dated is None else (dated.header, dated.doubts)
    return _OutcomeRows(leads, by_region, settings, log, *found)
