"""Intents: a change of a file and its row in the audit are both there or neither, also where the process is killed.

Before the change, what is about to be done is written into a file beside the database; after it the row is written and
that file goes. What a killed process left is settled by the next command or page: the row is written if the change was
made, and the intent is dropped if it was not.
"""

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadscore_core._files import sync_file, when_nobody_holds
from leadscore_core.access.person import Person, acting_as, current_person
from leadscore_core.config import AUDIT_INTENT, Settings
from leadscore_core.errors import StorageError
from leadscore_core.storage.database.audit import AuditEvent, record_audit
from leadscore_core.storage.database.engine import now, open_database
from leadscore_core.storage.database.tables import AuditRow

INTERRUPTED = "after an interruption"
_KEY = "change"


class Intent(BaseModel):
    """What somebody is about to do to a file or folder.

    Attributes
    ----------
    key
        Stands in the row's details, by which the row is known again.
    path, before
        What changes, and its size and time as they were; None where it was not there.
    aside
        The file that takes its place, if it is one: where it still lies there, nothing was changed.
    """

    key: str
    at: datetime
    person_id: str
    person_name: str
    via: str
    action: str
    object: str
    rows: int | None
    columns: list[str]
    details: dict[str, Any]
    path: Path
    before: tuple[int, int] | None
    aside: Path | None

    @property
    def is_changed(self) -> bool:
        """Whether the file or folder is another than before."""
        return _state(self.path) != self.before

    @property
    def may_be_done(self) -> bool:
        """Whether a killed process made the change, or may have: a file may have come and been taken away since."""
        if self.aside is None:
            return self.is_changed
        return not self.aside.exists() and (self.is_changed or self.before is None)

    def event(self) -> AuditEvent:
        """Return what the audit says of it when it is written down late."""
        details = self.details | {_KEY: self.key, "written": INTERRUPTED, "done": f"{self.at:%Y-%m-%d %H:%M:%S}"}
        return AuditEvent(self.action, self.object, self.rows, self.columns, details)


@contextmanager
def in_audit(settings: Settings, done: AuditEvent, path: Path, *, aside: Path | None = None) -> Iterator[None]:
    """Write down the change of a file or folder that the block makes, if it makes it.

    Parameters
    ----------
    path
        What changes: a file that is exchanged or made, or a folder that is published.
    aside
        The complete file that takes its place in the block.

    Raises
    ------
    StorageError
        If the audit cannot be written; what was done stays, and is written down by whoever can.
    """
    person, key = current_person(), uuid.uuid4().hex[:12]
    intent = Intent(
        key=key,
        at=now(),
        person_id=person.id,
        person_name=person.name,
        via=person.via,
        action=done.action,
        object=done.object,
        rows=done.rows,
        columns=list(done.columns),
        details=dict(done.details),
        path=path,
        before=_state(path),
        aside=aside,
    )
    place, handle, is_done = settings.data_dir / f"{AUDIT_INTENT}{key}", None, False
    with suppress(OSError):  # a data directory that cannot be written, beside a database that can
        handle = _write_held(place, intent)
    try:
        yield
        is_done = True
    finally:
        try:
            if is_done or intent.is_changed:
                record_audit(settings, replace(done, details={**done.details, _KEY: key}))
            place.unlink(missing_ok=True)
        finally:
            if handle is not None:
                os.close(handle)


def settle_intents(settings: Settings) -> None:
    """Write down what killed processes did, and drop what they did not do; what cannot be settled now waits."""
    for place in sorted(settings.data_dir.glob(f"{AUDIT_INTENT}*")):
        with when_nobody_holds(place) as is_free, suppress(OSError, StorageError):
            if is_free:
                _settle(settings, place)


def is_written(session: Session, action: str, key: str) -> bool:
    """Tell whether the audit has the row of a change whose key stands in its details."""
    rows = session.execute(select(AuditRow.details).where(AuditRow.action == action)).scalars()
    return any(details.get(_KEY) == key for details in rows)


def _settle(settings: Settings, place: Path) -> None:
    try:
        intent = Intent.model_validate_json(place.read_bytes())
    except ValidationError:  # killed while it was written, so before the change
        place.unlink()
        return
    with open_database(settings).session() as session:
        is_known = is_written(session, intent.action, intent.key)
    if not is_known and intent.may_be_done:
        with acting_as(Person(intent.person_id, intent.person_name, via=intent.via)):
            record_audit(settings, intent.event())
    place.unlink()


def _write_held(place: Path, intent: Intent) -> int:
    """Write an intent that is safe on the disk and held until its handle is closed."""
    place.parent.mkdir(parents=True, exist_ok=True)
    while True:
        handle = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with suppress(OSError):  # a share without locks: its age tells whether it was left behind
            fcntl.flock(handle, fcntl.LOCK_EX)
        if place.exists():  # else it was swept away before it was held
            break
        os.close(handle)
    try:
        os.write(handle, intent.model_dump_json().encode())
        sync_file(place)
    except OSError:
        place.unlink()
        os.close(handle)
        raise
    return handle


def _state(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file takes another's place, and stays in a copy of the directory."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
