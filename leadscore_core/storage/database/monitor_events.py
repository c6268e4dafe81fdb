"""Monitor events: what the monitor found and what people entered, in the order of time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_may
from leadscore_core.config import Settings
from leadscore_core.storage.database.audit import AuditEvent, append_audit
from leadscore_core.storage.database.engine import aware, now, open_database
from leadscore_core.storage.database.tables import MonitorEventRow

VERDICT, SAMPLE, SHADOW, RECALIBRATION = "verdict", "sample", "shadow", "recalibration"
SAMPLE_BACK = "sample_back"
TRIAL, TRIAL_END = "trial", "trial_end"


@dataclass(frozen=True)
class MonitorEvent:
    """One event; ``data`` are its plain values, ``id`` is 0 until it is kept."""

    kind: str
    schema_name: str
    data: dict[str, Any]
    model_id: str = ""
    batch_id: str | None = None
    author: str = ""
    at: datetime | None = None
    id: int = 0


class MonitorEventStore:
    """Events in the database of the settings; what was kept is never changed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def add(self, event: MonitorEvent, needs: Action | None = None) -> MonitorEvent:
        """Keep an event, and return it as it is kept.

        Parameters
        ----------
        needs
            What whoever makes it must be permitted to do; it stands in the audit then. None where nobody does.

        Raises
        ------
        AccessError
            If they are not.
        StorageError
            If it cannot be written.
        """
        if needs is not None:
            check_may(needs)
        row = MonitorEventRow(
            kind=event.kind,
            at=event.at or now(),
            schema_name=event.schema_name,
            model_id=event.model_id,
            batch_id=event.batch_id,
            author=event.author,
            data=event.data,
        )
        with open_database(self.settings).writing() as session:
            session.add(row)
            session.flush()
            if needs is not None:
                append_audit(session, self.settings, AuditEvent(needs, f"{event.kind} {row.id}"))
            return _event(row)

    def history(
        self, schema_name: str, kind: str | None = None, *, batch_id: str | None = None, most: int = 1_000
    ) -> list[MonitorEvent]:
        """Return the events of a schema, the newest first.

        Parameters
        ----------
        kind, batch_id
            Of one kind or about one kept list alone; all if not given.
        """
        query = select(MonitorEventRow).where(MonitorEventRow.schema_name == schema_name)
        query = query if kind is None else query.where(MonitorEventRow.kind == kind)
        query = query if batch_id is None else query.where(MonitorEventRow.batch_id == batch_id)
        query = query.order_by(MonitorEventRow.at.desc(), MonitorEventRow.id.desc()).limit(most)
        with open_database(self.settings).session() as session:
            return [_event(row) for row in session.execute(query).scalars()]


def _event(row: MonitorEventRow) -> MonitorEvent:
    return MonitorEvent(
        kind=row.kind,
        schema_name=row.schema_name,
        data=row.data,
        model_id=row.model_id,
        batch_id=row.batch_id,
        author=row.author,
        at=aware(row.at),
        id=row.id,
    )
