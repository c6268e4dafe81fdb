"""Brought files: which files of results and outcomes were brought, by whom, and how they are taken back."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.batches.outcomes_of_calls import save_call_outcomes
from leadscore_core.config import Settings
from leadscore_core.data.dataset.dataset import Paths
from leadscore_core.data.reading.reader import list_files
from leadscore_core.errors import StorageError
from leadscore_core.registry.served import known_schema
from leadscore_core.storage.database.audit import AuditEvent, append_audit
from leadscore_core.storage.database.batches import BatchStore, hash_files
from leadscore_core.storage.database.contacts import ContactStore
from leadscore_core.storage.database.engine import aware, now, open_database
from leadscore_core.storage.database.outcomes import Entry, OutcomeStore
from leadscore_core.storage.database.tables import OutcomeFileRow


@dataclass(frozen=True)
class BroughtFile:
    """A file of results that was brought: by whom, when, and what it gave; ``batch_ids`` of the lists it told of."""

    id: int
    file_name: str
    recorded_at: datetime
    recorded_by: str
    attempts: int
    is_undone: bool
    batch_ids: tuple[str, ...] = ()


@needs(Action.BRING_OUTCOMES)
def note_file(
    paths: Sequence[Path], details: dict[str, Any], by: str, moment: datetime, settings: Settings
) -> OutcomeFileRow:
    """Keep that files were brought, so that they can be taken back."""
    files = list(dict.fromkeys(paths))
    row = OutcomeFileRow(
        file_name=files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more",
        file_hash=hash_files(sorted(files)),
        recorded_at=moment,
        recorded_by=by,
        details=details,
    )
    with open_database(settings).writing() as session:
        session.add(row)
        session.flush()
        done = AuditEvent(Action.BRING_OUTCOMES, f"outcome file {row.id}", int(details.get("rows", 0)) or None)
        append_audit(session, settings, done)
    return row


def note_outcomes(paths: Paths, entries: Mapping[str, Entry], *, by: str, settings: Settings) -> int:
    """Save which outcomes came from a file that was brought by `bring_outcomes`, so that it can be taken back.

    Parameters
    ----------
    kept
        As in its report.
    """
    details = {"leads": 0, "outcomes": {batch: list(entry) for batch, entry in entries.items()}}
    return note_file(list_files(paths), details, by, now(), settings).id


def find_brought(paths: Paths, settings: Settings) -> list[BroughtFile]:
    """Return what files of the same content brought that was not taken back, the newest first.

    They are those that were brought together; where none were, each that was brought alone.

    Raises
    ------
    StorageError
        If they were not brought together and one of them was not brought alone either; names each such file.
    """
    files = sorted(dict.fromkeys(list_files(paths)))
    together = _standing(hash_files(files), settings)
    if together:
        return together
    alone = {path: _standing(hash_files([path]), settings) for path in files}
    missing = [path.name for path, found in alone.items() if not found]
    if missing:
        were, they_are = ("was", "it is") if len(missing) == 1 else ("were", "they are")
        raise StorageError(
            f"{', '.join(missing)} {were} not brought as {they_are} now, or taken back already. Nothing was taken "
            "back. Give the same files again, together where they were brought together, or undo them on the Leads "
            "page under Bring outcomes."
        )
    by_id = {one.id: one for found in alone.values() for one in found}
    return [by_id[number] for number in sorted(by_id, reverse=True)]


def _standing(wanted: str, settings: Settings) -> list[BroughtFile]:
    """Return the files of a hash that were brought and not taken back, the newest first."""
    query = select(OutcomeFileRow).where(OutcomeFileRow.file_hash == wanted, OutcomeFileRow.undone_at.is_(None))
    with open_database(settings).session() as session:
        return [_brought(row) for row in session.execute(query.order_by(OutcomeFileRow.id.desc())).scalars()]


def list_results(settings: Settings, most: int = 20) -> list[BroughtFile]:
    """Return the files of results that were brought, the newest first."""
    query = select(OutcomeFileRow).order_by(OutcomeFileRow.id.desc()).limit(most)
    with open_database(settings).session() as session:
        return [_brought(row) for row in session.execute(query).scalars()]


def _brought(row: OutcomeFileRow) -> BroughtFile:
    leads, is_undone = int(row.details.get("leads", 0)), row.undone_at is not None
    lists = tuple(row.details.get("outcomes", {}))
    return BroughtFile(row.id, row.file_name, aware(row.recorded_at), row.recorded_by, leads, is_undone, lists)


@needs(Action.BRING_OUTCOMES)
def undo_all(brought: Sequence[BroughtFile], *, by: str, settings: Settings) -> int:
    """Take back several files, all of them or none, and return how many attempts were taken back.

    Raises
    ------
    StorageError
        As `undo_results` does.
    """
    with open_database(settings).one_change():
        undone = sum(_undo(one.id, by, settings) for one in brought)
    _settle_calls({batch for one in brought for batch in one.batch_ids}, by, settings)
    return undone


def _settle_calls(batch_ids: Set[str], by: str, settings: Settings) -> None:
    """Let calls that were taken back count no longer; after the change, since what is known of people is remembered."""
    for batch in BatchStore(settings).list_batches():
        if batch.id in batch_ids and OutcomeStore(settings).said(batch).calls:
            save_call_outcomes(batch, known_schema(batch.schema_name, settings), settings, by=by)


@needs(Action.BRING_OUTCOMES)
def undo_results(file_id: int, *, by: str, settings: Settings) -> int:
    """Take back a file: its attempts, and its outcomes unless a later file has them too; all or nothing.

    Returns
    -------
    int
        Attempts that were taken back.

    Raises
    ------
    StorageError
        If there is no such file, or it was taken back already.
    """
    with open_database(settings).session() as session:
        row = session.get(OutcomeFileRow, file_id)
        batch_ids = set() if row is None else set(_brought(row).batch_ids)
    undone = _undo(file_id, by, settings)
    _settle_calls(batch_ids, by, settings)
    return undone


def _undo(file_id: int, by: str, settings: Settings) -> int:
    database, store = open_database(settings), OutcomeStore(settings)
    with database.one_change():
        with database.session() as session:
            row = session.get(OutcomeFileRow, file_id)
            if row is None or row.undone_at is not None:
                raise StorageError("There is nothing to undo: this file was taken back already, or never brought.")
            row.undone_at = now()
            entries: dict[str, list[int]] = row.details.get("outcomes", {})
            session.flush()
            done = AuditEvent(Action.BRING_OUTCOMES, f"outcome file {file_id}", details={"taken back": True})
            append_audit(session, settings, done)
        undone = ContactStore(settings).undo_file(file_id, by=by)
        for batch in BatchStore(settings).list_batches():
            if batch.id in entries:
                number, before = entries[batch.id]
                store.take_back(batch, (number, before), by=by)
    return undone
