"""Batches: lists that were scored and kept, rows as Parquet, the rest in the database."""

import hashlib
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cachetools import LRUCache
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from leadscore_core._files import (
    STAGING,
    hash_file,
    move_path,
    publish_file,
    publish_folder,
    remove_left_behind,
    staged_folder,
    sync_files,
    when_nobody_holds,
)
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import SQLITE_FILE, Settings
from leadscore_core.data.findings import Finding
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.days import key_of_moment
from leadscore_core.errors import StorageError
from leadscore_core.storage.database.audit import AuditEvent, append_audit
from leadscore_core.storage.database.engine import after, aware, open_database
from leadscore_core.storage.database.tables import BatchRow, ScoringRow

LEADS_FILE = "leads.parquet"
LONGEST_NAME = 200
_UNSETTLED = ".unsettled"
_CHUNK = 500
_NEWEST_FIRST = (BatchRow.created_at.desc(), BatchRow.id.desc())  # ids of one second stand in the order of time
_PRESENT = (ScoringRow.batch_id == BatchRow.id) & (ScoringRow.number == BatchRow.scoring)
_lock = threading.Lock()
# of a batch's scoring nothing but the batch's name ever changes, and its mapping takes a while to read
_batches: LRUCache[tuple[Path, str, str, int, datetime, datetime], "Batch"] = LRUCache(maxsize=2_000)


@dataclass(frozen=True)
class Scoring:
    """One scoring of a batch: which model, when, who, and what came of it."""

    number: int
    model_id: str
    scored_at: datetime
    scored_by: str
    expected: float
    counts: dict[str, Any]
    findings: list[Finding]
    settings: dict[str, Any]

    @property
    def file_name(self) -> str:
        """The Parquet file with its scores."""
        return f"scores-{self.number:04d}.parquet"


@dataclass(frozen=True)
class Batch:
    """A kept list with its present scoring."""

    id: str
    name: str
    file_name: str
    file_hash: str
    created_at: datetime
    created_by: str
    rows: int
    mapping: ColumnMapping
    schema_name: str
    sheet: str | None
    scoring: Scoring
    folder: Path

    @property
    def leads_path(self) -> Path:
        """The list's own columns, in its own order."""
        return self.folder / LEADS_FILE

    @property
    def scores_path(self) -> Path:
        """What filters, sorts and pages read: scores and cleaned columns, the highest propensity first."""
        return self.folder / self.scoring.file_name


@dataclass(frozen=True)
class BatchDetails:
    """What is known of a batch beside its leads and their scores.

    Attributes
    ----------
    name
        What people call it.
    file_name, file_hash, sheet
        Of what it was read from (see `hash_files`).
    created_by
        Who brought it.
    mapping, schema_name
        Which header gives which column, and what the columns mean.
    """

    name: str
    file_name: str
    file_hash: str
    created_by: str
    mapping: ColumnMapping
    schema_name: str
    sheet: str | None = None


class BatchStore:
    """Batches in the database and the data directory of the settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.root = settings.data_dir / "batches"

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Give a folder to write a batch into; what was not saved is removed at the end.

        Raises
        ------
        StorageError
            If the disk is full or the data directory cannot be written.
        """
        try:
            with staged_folder(self.root) as folder:
                yield folder
        except OSError as error:
            raise StorageError(
                f"The list could not be kept in {self.root} ({error.strerror or error}). Nothing was saved. Make room "
                "or give write access, then try again."
            ) from error

    @needs(Action.SCORE)
    def save(self, staged: Path, scoring: Scoring, details: BatchDetails) -> Batch:
        """Keep a staged folder as a batch: its files, whole, and its row; a crash leaves no half batch.

        Until both are there the folder is marked as unsettled, for `sweep`.
        """
        with open_database(self.settings).session() as session:
            moment = after(session.execute(select(func.max(BatchRow.created_at))).scalar())
        batch_id = key_of_moment(moment)
        folder = self.root / batch_id
        (staged / _UNSETTLED).write_text(self._database_mark(), encoding="utf-8")
        sync_files(staged)  # while nobody waits
        try:
            with open_database(self.settings).writing() as session:
                session.add(
                    BatchRow(
                        id=batch_id,
                        name=details.name[:LONGEST_NAME],
                        file_name=details.file_name,
                        file_hash=details.file_hash,
                        created_at=moment,
                        created_by=details.created_by,
                        rows=int(scoring.counts["rows"]),
                        scoring=scoring.number,
                        schema_name=details.schema_name,
                        mapping=details.mapping.model_dump(mode="json"),
                        sheet=details.sheet,
                    )
                )
                session.flush()
                session.add(_scoring_row(batch_id, scoring))
                session.flush()
                done = AuditEvent(Action.SCORE, f"batch {batch_id}", int(scoring.counts["rows"]))
                append_audit(session, self.settings, done)
                publish_folder(staged, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        (folder / _UNSETTLED).unlink(missing_ok=True)
        return self.get(batch_id)

    @needs(Action.MANAGE_BATCH)
    def add_scoring(self, batch: Batch, staged: Path, scoring: Scoring, mapping: ColumnMapping) -> Batch:
        """Keep another scoring of a batch and make it the present one; the earlier ones stay.

        Parameters
        ----------
        mapping
            Which header gives which column, from now on.

        Raises
        ------
        StorageError
            If the batch was deleted or re-scored by somebody else in the meantime.
        """
        values = {"scoring": scoring.number, "mapping": mapping.model_dump(mode="json")}
        try:
            with open_database(self.settings).writing() as session:
                session.add(_scoring_row(batch.id, scoring))
                session.flush()  # whoever comes second stops here, before any file is touched
                session.execute(update(BatchRow).where(BatchRow.id == batch.id).values(**values))
                details = {"scored by": scoring.model_id}
                done = AuditEvent(Action.MANAGE_BATCH, f"batch {batch.id}", batch.rows, details=details)
                append_audit(session, self.settings, done)
                publish_file(staged / scoring.file_name, batch.folder / scoring.file_name)
        except IntegrityError as error:
            raise StorageError(
                f"{batch.name} was re-scored or deleted by somebody else in the meantime. Open it again."
            ) from error
        return self.get(batch.id)

    def list_batches(self) -> list[Batch]:
        """Return all batches, the newest first."""
        columns = (BatchRow.id, BatchRow.name, BatchRow.created_at, ScoringRow.number, ScoringRow.scored_at)
        query = select(*columns).join(ScoringRow, _PRESENT)
        with open_database(self.settings).session() as session:
            rows = session.execute(query.order_by(*_NEWEST_FIRST)).all()
            here = (self.root, self._database_mark())
            keys = [(*here, row.id, row.number, row.scored_at, row.created_at) for row in rows]
            with _lock:
                known = {key[2]: _batches[key] for key in keys if key in _batches}
            new = [row.id for row in rows if row.id not in known]
            for start in range(0, len(new), _CHUNK):
                whole = select(BatchRow, ScoringRow).join(ScoringRow, _PRESENT)
                found = session.execute(whole.where(BatchRow.id.in_(new[start : start + _CHUNK])))
                known |= {row.id: self._batch(row, scoring) for row, scoring in found}
        with _lock:
            _batches.update({key: known[key[2]] for key in keys if key[2] in known})
        return [replace(known[row.id], name=row.name) for row in rows if row.id in known]

    def get(self, batch_id: str) -> Batch:
        """Return one batch.

        Raises
        ------
        StorageError
            If there is none of that name any more.
        """
        query = select(BatchRow, ScoringRow).join(ScoringRow, _PRESENT).where(BatchRow.id == batch_id)
        with open_database(self.settings).session() as session:
            found = session.execute(query).one_or_none()
        if found is None:
            raise _gone(batch_id)
        return self._batch(*found)

    def find_same_file(self, file_hash: str, schema_name: str | None = None) -> Batch | None:
        """Return the newest batch that came from the same bytes, or None.

        Parameters
        ----------
        schema_name
            By which it was read; any if not given.
        """
        query = select(BatchRow.id).where(BatchRow.file_hash == file_hash).order_by(*_NEWEST_FIRST)
        query = query if schema_name is None else query.where(BatchRow.schema_name == schema_name)
        with open_database(self.settings).session() as session:
            batch_id = session.execute(query).scalars().first()
        return None if batch_id is None else self.get(batch_id)

    def scorings(self, batch: Batch) -> list[Scoring]:
        """Return every scoring of a batch, the first one first."""
        query = select(ScoringRow).where(ScoringRow.batch_id == batch.id).order_by(ScoringRow.number)
        with open_database(self.settings).session() as session:
            return [_scoring(row) for row in session.execute(query).scalars()]

    @needs(Action.MANAGE_BATCH)
    def rename(self, batch: Batch, name: str) -> Batch:
        """Give a batch another name.

        Raises
        ------
        StorageError
            If the name is empty or too long, or the batch is gone.
        """
        name = " ".join(name.split())
        if not 1 <= len(name) <= LONGEST_NAME:
            raise StorageError(f"A name has 1 to {LONGEST_NAME} characters; this one has {len(name)}. Choose another.")
        with open_database(self.settings).writing() as session:
            session.execute(update(BatchRow).where(BatchRow.id == batch.id).values(name=name))
            append_audit(session, self.settings, AuditEvent(Action.MANAGE_BATCH, f"batch {batch.id}"))
        return self.get(batch.id)

    @needs(Action.DELETE_BATCH)
    def delete(self, batch: Batch, *, why: str = "") -> None:
        """Delete a batch with everything that was decided about its leads; its file elsewhere is not touched.

        Parameters
        ----------
        why
            For the audit, where it was not somebody's wish.
        """
        with suppress(OSError):  # its folder may be gone, or may not be written: the batch goes all the same
            (batch.folder / _UNSETTLED).write_text(self._database_mark(), encoding="utf-8")
        with open_database(self.settings).writing() as session:
            session.execute(delete(BatchRow).where(BatchRow.id == batch.id))
            details = {"why": why} if why else {}
            done = AuditEvent(Action.DELETE_BATCH, f"batch {batch.id}", batch.rows, details=details)
            append_audit(session, self.settings, done)
        _discard(batch.folder)

    def sweep(self) -> list[str]:
        """Remove what processes that were killed left half saved or half deleted, and return the names of the folders.

        A finished batch is never removed here, even if the database does not know it: it may be another database.
        """
        swept = remove_left_behind(self.root)
        for mark in self.root.glob(f"*/{_UNSETTLED}"):
            with suppress(OSError), when_nobody_holds(mark.parent) as is_free:
                said = mark.read_text(encoding="utf-8")
                if not is_free or not self._database_mark().startswith(said):
                    continue
                with open_database(self.settings).session() as session:
                    is_kept = session.get(BatchRow, mark.parent.name) is not None
                if is_kept:
                    mark.unlink()
                elif said == self._database_mark():
                    _discard(mark.parent)
                    swept.append(mark.parent.name)
        return swept

    def _database_mark(self) -> str:
        """Return what tells the database apart from others whose batches lie in the same folder."""
        return hashlib.sha256((self.settings.database_url or SQLITE_FILE).encode()).hexdigest()

    def _batch(self, row: BatchRow, scoring: ScoringRow) -> Batch:
        return Batch(
            id=row.id,
            name=row.name,
            file_name=row.file_name,
            file_hash=row.file_hash,
            created_at=aware(row.created_at),
            created_by=row.created_by,
            rows=row.rows,
            mapping=ColumnMapping.model_validate(row.mapping),
            schema_name=row.schema_name,
            sheet=row.sheet,
            scoring=_scoring(scoring),
            folder=self.root / row.id,
        )


def hash_files(paths: list[Path], sheet: str | None = None, encoding: str | None = None) -> str:
    """Return the SHA-256 of files, one after the other, and of the sheet and encoding that were chosen."""
    result = hashlib.sha256("\0".join(filter(None, (sheet or "", encoding))).encode())
    for path in paths:
        result.update(bytes.fromhex(hash_file(path)))
    return result.hexdigest()


def _discard(folder: Path) -> None:
    """Remove a folder that is no list's any more; cut short, what is left of it is known as left behind."""
    aside = folder.with_name(f"{STAGING}{folder.name}")
    with suppress(OSError):  # it may be gone already
        move_path(folder, aside)
    shutil.rmtree(aside, ignore_errors=True)


def _gone(name: str) -> StorageError:
    return StorageError(
        f"There is no list {name} (any more). See which there are and their ids on the Leads page or with leadscore "
        "retention list, and choose another or upload it again."
    )


def _scoring(row: ScoringRow) -> Scoring:
    return Scoring(
        number=row.number,
        model_id=row.model_id,
        scored_at=aware(row.scored_at),
        scored_by=row.scored_by,
        expected=row.expected,
        counts=row.counts,
        findings=[Finding.model_validate(result) for result in row.findings],
        settings=row.settings,
    )


def _scoring_row(batch_id: str, scoring: Scoring) -> ScoringRow:
    return ScoringRow(
        batch_id=batch_id,
        number=scoring.number,
        model_id=scoring.model_id,
        scored_at=scoring.scored_at,
        scored_by=scoring.scored_by,
        expected=scoring.expected,
        counts=scoring.counts,
        findings=[finding.model_dump(mode="json") for finding in scoring.findings],
        settings=scoring.settings,
    )
