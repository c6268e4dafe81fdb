"""Bringing results: what came of calls, matched to leads, shown before it is kept, kept whole, and taken back."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import update

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.batches.brought_files import note_file
from leadscore_core.batches.date_doubts import DateDoubt, before_lead, creation_of
from leadscore_core.batches.known_people import lead_keys
from leadscore_core.batches.outcome_files import saved_schemas
from leadscore_core.batches.outcome_keys import match_leads, people_of_batch, region_for, say_unread
from leadscore_core.batches.result_files import (
    ResultFile,
    ResultTable,
    StatusMap,
    plain_status,
    read_moments,
    status_preference,
)
from leadscore_core.batches.result_keys import open_table, read_table_keys
from leadscore_core.batches.result_words import NOT_CONVERTED, NOTHING, guess_result
from leadscore_core.config import Settings
from leadscore_core.data.schema.owner import owner_column
from leadscore_core.days import say_day
from leadscore_core.errors import LabelError, LeadScoreError, StorageError
from leadscore_core.inference.export.caller_workbooks import CALL_BACK, KEY, NOTE
from leadscore_core.outcome import OutcomeWords
from leadscore_core.registry.served import known_schema
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.contact_states import SUPPRESSING
from leadscore_core.storage.database.contacts import ContactStore, Result, Said
from leadscore_core.storage.database.engine import now, open_database
from leadscore_core.storage.database.outcomes import Entry, OutcomeStore
from leadscore_core.storage.database.tables import OutcomeFileRow
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.standing import Standing

HUMAN_KEYS = {"key": "LeadScore key", "id": "id", "email": "e-mail", "phone": "phone", "moment": "moment of creation"}
_OUTCOME_OF = {"converted": 1, NOT_CONVERTED: 0, "not_interested": 0, "wrong_number": 0, "do_not_call": 0}
_CALL_BACK_HOURS = 24
_MOST_SHOWN = 50
_ELSE = (
    "that was scored. Score the list that these leads were in first, or bring a file with the LeadScore key, id, "
    "e-mail or phone of each lead."
)


@dataclass(frozen=True)
class MatchedResults:
    """What a file would give, before anything is kept.

    Attributes
    ----------
    file
        The files as they were read.
    rows
        One a row of a file and lead of a batch: ``table`` (place among the tables), ``line``, ``batch`` (id), ``row``
        (position in the batch), ``by`` (key, id, email, phone or moment), ``result``, ``is_newest`` (whether the batch
        is the newest that has the lead).
    unmatched
        ``Where``, ``Row``, ``Status`` of rows with a result whose lead stands in no list, the first ones.
    blank, nothing
        Rows without a status, and rows whose status says that nobody called.
    lost
        Rows with a result whose lead stands in no list.
    doubts
        Dates of calls that cannot be: in the future, in no possible year, or before the lead came.
    unread
        Names of the lists that could not be looked at, as their files are gone or damaged.
    """

    file: ResultFile
    rows: pd.DataFrame
    unmatched: pd.DataFrame
    blank: int
    nothing: int
    lost: int
    doubts: tuple[DateDoubt, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def leads(self) -> int:
        """Rows that found their lead."""
        return len(self.rows.drop_duplicates(["table", "line"]))

    @property
    def batch_ids(self) -> list[str]:
        """Lists that have the leads."""
        return [str(batch) for batch in self.rows["batch"].unique()]

    @property
    def by(self) -> dict[str, int]:
        """Rows by what their lead was known by."""
        once = self.rows.drop_duplicates(["table", "line"])
        return {str(kind): int(n) for kind, n in once["by"].value_counts().items()}

    @property
    def by_result(self) -> dict[str, int]:
        """Rows by their result."""
        once = self.rows.drop_duplicates(["table", "line"])
        return {str(result): int(n) for result, n in once["result"].value_counts().items()}


@dataclass(frozen=True)
class BroughtResults:
    """What was kept of a file: its number to undo it by, and counts."""

    file_id: int
    attempts: int
    outcomes: int
    known: int = 0
    batches: dict[str, int] = field(default_factory=dict)


def match_results(file: ResultFile, settings: Settings) -> MatchedResults:
    """Find the leads of a file's rows, by our own key, else by id, e-mail, phone or moment of creation.

    Raises
    ------
    LabelError
        If a status is a question, or no row finds its lead.
    """
    if file.asked_columns:
        raise LabelError(
            f"Any of {', '.join(map(repr, file.asked_columns))} may say what came of the calls. Say which one does."
        )
    if file.open_statuses:
        texts = ", ".join(repr(status.text) for status in file.open_statuses[:10])
        raise LabelError(f"It is not clear what these statuses mean: {texts}. Say a result for each.")
    batches = BatchStore(settings).list_batches()
    if not batches:
        raise LabelError("No list has been scored yet, so there is nobody to match. Score the list first.")
    results, parts, blank, nothing = file.results(), [], 0, 0
    unmatched: list[tuple[str, int, str]] = []
    lost = 0
    unread: dict[str, None] = {}
    for place, table in enumerate(file.tables):
        status = table.cells[table.status]
        result = _with_barred(status.map(results), table)
        blank += int((status == "").sum())
        nothing += int((result == NOTHING).sum())
        wanted = ((status != "") & (result != NOTHING)) | result.isin(SUPPRESSING)
        found = _match_table(table, wanted, batches, unread, settings)
        found["result"] = result.loc[found["line"]].to_numpy(dtype=object)
        parts.append(found.assign(table=place))
        gone = sorted(set(status.index[wanted]) - set(found["line"]))
        lost += len(gone)
        shown = gone[: _MOST_SHOWN - len(unmatched)]
        unmatched += [(table.place, table.log.place(line)[1], status[line]) for line in shown]
    rows = pd.concat(parts, ignore_index=True)
    if rows.empty and blank + nothing < file.rows:
        whose = "of a list that could be read." if unread else _ELSE
        raise LabelError(" ".join([f"None of the {lost:,} results belongs to a lead {whose}", *say_unread([*unread])]))
    left = pd.DataFrame(unmatched, columns=["Where", "Row", "Status"])
    doubts = tuple(_doubts(file, rows, batches, settings))
    return MatchedResults(file, rows, left, blank, nothing, lost, doubts, tuple(unread))


def _doubts(file: ResultFile, rows: pd.DataFrame, batches: list[Batch], settings: Settings) -> Iterator[DateDoubt]:
    """Give the dates of calls that cannot be, among them those before the lead, each row of a file once."""
    places = [table.place if len(file.tables) > 1 else "" for table in file.tables]
    for table, name in zip(file.tables, places, strict=True):
        yield from (replace(doubt, file=name) for doubt in table.doubts)
    by_id = {batch.id: batch for batch in batches}
    newest = rows[rows["is_newest"]]
    for (batch_id, place), group in newest.groupby(["batch", "table"]):
        table, batch = file.tables[int(str(place))], by_id[str(batch_id)]
        lines = group["line"].to_numpy("int64")
        created = creation_of(batch.scores_path, known_schema(batch.schema_name, settings))
        if created is None or not table.dated_by:
            continue
        early = before_lead(table.at.to_numpy("datetime64[us]")[lines], created[group["row"].to_numpy("int64")])
        for line in np.unique(lines[early]):
            text = say_day(table.at.iloc[line])
            row = table.log.place(int(line))[1]
            yield DateDoubt("before", table.dated_by, row, text, places[int(str(place))])


def _with_barred(result: pd.Series, table: ResultTable) -> pd.Series:
    """Return results with *do not call* and *already a customer* of the other columns that may hold a status."""
    for header in table.choices:
        if header != table.status:
            texts = table.cells[header].unique()
            said = {text: guess_result(text, OutcomeWords()) for text in texts}
            barred = table.cells[header].map({text: code for text, code in said.items() if code in SUPPRESSING})
            result = barred.where(barred.notna() & ~result.isin(SUPPRESSING), result)
    return result


def _match_table(
    table: ResultTable, wanted: pd.Series, batches: list[Batch], unread: dict[str, None], settings: Settings
) -> pd.DataFrame:
    found = _by_key(table, wanted, {batch.id: batch for batch in batches})
    left = wanted & ~wanted.index.isin(found["line"])
    if left.any():
        found = pd.concat([found, _by_details(table, left, batches, unread, settings)], ignore_index=True)
    return found


def _empty() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "line": pd.Series(dtype="int64"),
            "batch": pd.Series(dtype="str"),
            "row": pd.Series(dtype="int64"),
            "by": pd.Series(dtype="str"),
            "is_newest": pd.Series(dtype="bool"),
        }
    )


def _by_key(table: ResultTable, wanted: pd.Series, batches: Mapping[str, Batch]) -> pd.DataFrame:
    """Match by the keys of our own workbooks."""
    if not table.has_key:
        return _empty()
    parts = table.cells.loc[wanted, KEY].str.extract(r"^\s*([0-9]{8}-[0-9]{6}-[0-9a-f]{8})/([0-9]{1,9})\s*$")
    parts = parts.dropna()
    parts = parts[[name in batches and int(row) < batches[name].rows for name, row in parts.itertuples(index=False)]]
    return pd.DataFrame(
        {
            "line": parts.index.to_numpy("int64"),
            "batch": parts[0].to_numpy(dtype=object),
            "row": parts[1].astype("int64").to_numpy(),
            "by": "key",
            "is_newest": True,
        }
    )


def _by_details(
    table: ResultTable, wanted: pd.Series, batches: list[Batch], unread: dict[str, None], settings: Settings
) -> pd.DataFrame:
    """Match by id, e-mail, phone or moment, in every list of each kind, the newest list first.

    Phone numbers without a country code are read as the list's own, unless the file shows whose they are. Names of the
    lists whose files are gone or damaged are put into ``unread``.
    """
    parts = [_empty()]
    seen: set[int] = set()
    for schema in saved_schemas(settings):
        with suppress(LeadScoreError):  # a file that cannot be read as lists of this kind may be one of another
            leads = open_table(table, schema, settings)
            lines = np.flatnonzero(wanted.to_numpy())
            by_region: dict[str, pd.DataFrame] = {}
            for batch in batches:
                if batch.schema_name != schema.name:
                    continue
                region = region_for(leads, batch, settings)
                if region not in by_region:
                    keys = read_table_keys(table, leads, region, settings)[wanted.to_numpy()]
                    by_region[region] = keys.reset_index(drop=True)
                try:
                    people = people_of_batch(batch.scores_path, schema)
                except StorageError:  # a batch whose file is gone learns nothing
                    unread[batch.name] = None
                    continue
                pairs = match_leads(people, by_region[region]).pairs
                line = lines[pairs["row"].to_numpy("int64")]
                parts.append(
                    pd.DataFrame(
                        {
                            "line": line,
                            "batch": batch.id,
                            "row": people["ls_row"].to_numpy("int64")[pairs["lead"].to_numpy("int64")],
                            "by": pairs["by"].to_numpy(dtype=object),
                            "is_newest": ~np.isin(line, list(seen)),
                        }
                    )
                )
                seen |= set(line.tolist())
    return pd.concat(parts, ignore_index=True)


@needs(Action.BRING_OUTCOMES)
def save_results(matched: MatchedResults, *, by: str, settings: Settings, zone: tzinfo = UTC) -> BroughtResults:
    """Keep what a file tells: contact attempts, and outcomes where a result settles them; whole or not at all.

    What came from the same file before, in an earlier state of it, is not counted twice.

    Parameters
    ----------
    by
        Who brings it, and called, where the file does not say who did.
    zone
        In which the file's times are meant.
    """
    moment = now()
    batches = {batch.id: batch for batch in BatchStore(settings).list_batches()}
    details = {"rows": matched.file.rows, "leads": matched.leads, "results": matched.by_result}
    attempts = known = 0
    counts: Counter[str] = Counter()
    newest = matched.rows[matched.rows["is_newest"] & (matched.rows["result"] != NOT_CONVERTED)]
    said_of = {
        str(batch_id): _said(matched.file, group, batches[str(batch_id)], by, moment.astimezone(zone))
        for batch_id, group in newest.groupby("batch")
    }
    with open_database(settings).one_change():
        row = note_file([table.path for table in matched.file.tables], details, by, moment, settings)
        for batch_id, said in said_of.items():
            batch = batches[batch_id]
            recorded = ContactStore(settings).record_new(batch.schema_name, batch.id, said, file_id=row.id)
            attempts += recorded
            known += len(said) - recorded
            counts[batch.name] += recorded
        outcomes = _save_outcomes(matched, batches, row, by, settings)
        _remember(matched.file, by, settings)
    return BroughtResults(row.id, attempts, outcomes, known, dict(counts))


def _said(file: ResultFile, rows: pd.DataFrame, batch: Batch, by: str, moment: datetime) -> list[Said]:
    """Return the attempts that rows of a file tell about leads of a batch, in the order of the file.

    Parameters
    ----------
    moment
        When the file is brought, in the time zone in which its times are meant.
    """
    rows = rows.sort_values(["table", "line"])
    keys = lead_keys(batch, LeadTable(batch.scores_path, Standing()), rows["row"].tolist())
    said: list[Said] = []
    cells: dict[int, list[dict[Any, Any]]] = {}  # a cell of a series takes ten times as long as one of a dict
    for place, table in enumerate(file.tables):
        columns = (table.at, read_moments(table.column(CALL_BACK)), table.column(NOTE), _callers(table, by))
        cells[place] = [column.to_dict() for column in columns]
    for lead, (place, line, result) in zip(
        keys, rows[["table", "line", "result"]].itertuples(index=False, name=None), strict=True
    ):
        at, back, note, caller = (column[line] for column in cells[place])
        when = (moment if pd.isna(at) else at.to_pydatetime().replace(tzinfo=moment.tzinfo)).astimezone(UTC)
        call_back = None
        if result == "call_back":
            next_day = when + timedelta(hours=_CALL_BACK_HOURS)
            call_back = (
                next_day if pd.isna(back) else back.to_pydatetime().replace(tzinfo=moment.tzinfo).astimezone(UTC)
            )
        said.append(Said(lead, str(caller), Result(result, str(note), call_back, "file", when, not pd.isna(at))))
    return said


def _callers(table: ResultTable, by: str) -> pd.Series:
    """Return who called: the workbook's name says it, or a column does, else whoever brings it."""
    if table.has_key and " - " in table.path.stem:
        return pd.Series(table.path.stem.rsplit(" - ", 1)[1], index=table.cells.index)
    owner = owner_column(list(map(str, table.cells.columns)))
    cells = table.column(owner)
    return cells.where(cells != "", by)


def _save_outcomes(
    matched: MatchedResults, batches: Mapping[str, Batch], file: OutcomeFileRow, by: str, settings: Settings
) -> int:
    """Keep outcomes of all batches that have the leads, and return of how many leads they are."""
    final = matched.rows.assign(outcome=matched.rows["result"].map(_OUTCOME_OF)).dropna(subset="outcome")
    store, leads = OutcomeStore(settings), 0
    entries: dict[str, Entry] = {}
    for batch_id, group in final.groupby("batch"):
        last = group.sort_values(["table", "line"]).drop_duplicates("row", keep="last")
        rows, outcome = last["row"].to_numpy("int64"), last["outcome"].to_numpy("int64")
        added = store.add(batches[str(batch_id)], rows, outcome, file_name=file.file_name, by=by)
        entries[str(batch_id)] = added.entry
        with open_database(settings).session() as session:
            details = {"outcomes": {name: list(entry) for name, entry in entries.items()}}
            session.execute(
                update(OutcomeFileRow).where(OutcomeFileRow.id == file.id).values(details=file.details | details)
            )
        leads += int(last["is_newest"].sum())
    return leads


def _remember(file: ResultFile, by: str, settings: Settings) -> None:
    """Remember what people said that statuses mean."""
    said = {plain_status(status.text): str(status.result) for status in file.statuses if status.how == "said"}
    preference = status_preference(settings)
    current = preference.current()
    results = current.value.results | said
    if results != current.value.results:
        preference.save(StatusMap(results=results), based_on=current.version, author=by)
