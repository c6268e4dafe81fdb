"""Audit: who did what, when, of which object and how much of it; each row is chained to the one before by its hash.

It holds no lead's contacts: of a list its id, of what left the house the number of rows and the names of columns.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from cachetools import LRUCache
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from leadscore_core._files import append_line
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import Person, check_may, current_person
from leadscore_core.config import Settings
from leadscore_core.storage.database.engine import aware, now, open_database
from leadscore_core.storage.database.tables import AuditRow

ANCHORS = "audit-anchors.txt"
START = "0" * 64
_LOCK = 7_265_310
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
_LIKE_A_CONTACT = re.compile(r"@|(?:\d[\s().-]*){6}")
_LONGEST, _MOST_COLUMNS = 200, 100
_BLOCK = 5_000
_WAITING = "audit"
_MOST_SEEN = 10_000
_seen: LRUCache[tuple[str, str, datetime], bool] = LRUCache(maxsize=_MOST_SEEN)
_seeing = threading.Lock()


@dataclass(frozen=True)
class AuditEvent:
    """What was done.

    Attributes
    ----------
    action
        Most often an `Action`'s words.
    object
        A kind and an id, such as "batch 20261130-101500-ab12cd34".
    rows
        Leads, or whatever else was counted.
    columns
        Headers of what was seen or left the house.
    details
        Words and numbers of ours, never what somebody typed.
    """

    action: str
    object: str = ""
    rows: int | None = None
    columns: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditEntry:
    """One row of the audit."""

    number: int
    at: datetime
    person_id: str
    person_name: str
    via: str
    action: str
    object: str
    rows: int | None
    columns: tuple[str, ...]
    details: dict[str, Any]
    previous_hash: str
    hash: str

    def own_hash(self) -> str:
        """Return the hash that follows from the row and the hash before it (SHA-256, in hexadecimal)."""
        fields = {
            "number": self.number,
            "at": self.at.isoformat(),
            "person_id": self.person_id,
            "person_name": self.person_name,
            "via": self.via,
            "action": self.action,
            "object": self.object,
            "rows": self.rows,
            "columns": list(self.columns),
            "details": self.details,
            "previous_hash": self.previous_hash,
        }
        canonical = json.dumps(fields, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def append_audit(session: Session, settings: Settings, done: AuditEvent) -> None:
    """Write down what is done in a transaction that writes (see `Database.writing`), when it is committed.

    It stands if the transaction does, and goes with it otherwise. Who acts is asked of `current_person`, now.
    """
    waiting: list[tuple[Person, AuditEvent]] = session.info.setdefault(_WAITING, [])
    if not waiting:
        event.listen(session, "before_commit", partial(_write_down, settings), once=True)
    waiting.append((current_person(), done))


def _write_down(settings: Settings, session: Session) -> None:
    """Chain what waits to the last row, last thing in a transaction, so that no two wait for each other."""
    session.flush()
    if session.get_bind().dialect.name == "postgresql":  # one after the other; whoever comes second waits
        session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    last = session.execute(select(AuditRow.number, AuditRow.hash).order_by(AuditRow.number.desc()).limit(1)).first()
    number, before = (0, START) if last is None else (last[0], last[1])
    anchors = []
    for person, done in session.info.pop(_WAITING):
        bare = AuditEntry(
            number=number + 1,
            at=now(),
            person_id=_plain(person.id),
            person_name=_plain(person.name)[:100],
            via=person.via,
            action=done.action,
            object=_plain(done.object),
            rows=done.rows,
            columns=tuple(_header(name) for name in done.columns[:_MOST_COLUMNS]),
            details=dict(done.details),
            previous_hash=before,
            hash="",
        )
        number, before = bare.number, bare.own_hash()
        values = {name: getattr(bare, name) for name in bare.__dataclass_fields__}
        session.add(AuditRow(**(values | {"columns": list(bare.columns), "hash": before})))
        anchors.append(f"{number} {before}")
    event.listen(session, "after_commit", lambda _: _save_anchors(settings, anchors), once=True)


def record_audit(settings: Settings, done: AuditEvent) -> None:
    """Write down what was done, in a transaction of its own.

    Raises
    ------
    StorageError
        If the database cannot be written.
    """
    with open_database(settings).writing() as session:
        append_audit(session, settings, done)


def note_seen(settings: Settings, batch_id: str, rows: int, columns: Sequence[str]) -> None:
    """Write down that whoever acts saw contacts of a list: once an hour for each person and list, not at each look.

    Parameters
    ----------
    rows
        Leads at the first look of the hour.
    columns
        What was seen of them.
    """
    key = (current_person().id, batch_id, now().replace(minute=0, second=0))
    with _seeing:
        if key in _seen:
            return
        record_audit(settings, AuditEvent(Action.SEE_CONTACTS, f"batch {batch_id}", rows, columns))
        _seen[key] = True


def read_audit(settings: Settings, *, most: int = 500, before: int | None = None, who: str = "") -> list[AuditEntry]:
    """Return the newest rows of the audit, the newest first.

    Parameters
    ----------
    before
        Only rows of a smaller number.
    who
        Only rows of the person of this id.

    Raises
    ------
    NotPermittedError
        If whoever asks may not read it.
    StorageError
        If the database cannot be read.
    """
    check_may(Action.READ_AUDIT)
    query = select(AuditRow).order_by(AuditRow.number.desc()).limit(most)
    query = query if before is None else query.where(AuditRow.number < before)
    query = query.where(AuditRow.person_id == who) if who else query
    with open_database(settings).session() as session:
        return [_entry(row) for row in session.execute(query).scalars()]


def count_audit(settings: Settings) -> int:
    """Return how many rows the audit has."""
    check_may(Action.READ_AUDIT)
    with open_database(settings).session() as session:
        return int(session.execute(select(func.count()).select_from(AuditRow)).scalar_one())


def walk_audit(settings: Settings) -> Iterator[AuditEntry]:
    """Give every row of the audit, the oldest first."""
    check_may(Action.READ_AUDIT)
    last = None
    while True:
        query = select(AuditRow).order_by(AuditRow.number).limit(_BLOCK)
        query = query if last is None else query.where(AuditRow.number > last)
        with open_database(settings).session() as session:
            block = [_entry(row) for row in session.execute(query).scalars()]
        yield from block
        if len(block) < _BLOCK:
            return
        last = block[-1].number


def anchors_path(settings: Settings) -> Path:
    """Return the file beside the database in which each row's number and hash are written too."""
    return settings.data_dir / ANCHORS


def _save_anchors(settings: Settings, anchors: list[str]) -> None:
    with suppress(OSError):  # the rows stand; a check says how many have no anchor
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        append_line(anchors_path(settings), "\n".join(anchors), wait=False)


def _plain(words: str) -> str:
    return _CONTROL.sub(" ", words)[:_LONGEST]


def _header(name: str) -> str:
    """Return a header, or what stands for one that may be somebody's contact: lists come without headers, too."""
    return "(a header that looks like a contact)" if _LIKE_A_CONTACT.search(name) else _plain(name)


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        number=row.number,
        at=aware(row.at),
        person_id=row.person_id,
        person_name=row.person_name,
        via=row.via,
        action=row.action,
        object=row.object,
        rows=row.rows,
        columns=tuple(row.columns),
        details=row.details,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
