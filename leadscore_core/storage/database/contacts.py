"""Contacts: people who are called, known again across batches, and every attempt that was made."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_own_name, needs
from leadscore_core.config import Settings
from leadscore_core.errors import StorageError
from leadscore_core.storage.database.audit import AuditEvent, append_audit
from leadscore_core.storage.database.claims import check_held, stage_of
from leadscore_core.storage.database.contact_states import CHANNELS, RESULTS, Attempt, state_after
from leadscore_core.storage.database.engine import aware, now, open_database
from leadscore_core.storage.database.people import LeadKeys, find_people
from leadscore_core.storage.database.tables import AttemptRow, PersonRow, QueueRow

_CHUNK = 500


@dataclass(frozen=True)
class Result:
    """What a person says of a contact attempt.

    Attributes
    ----------
    result
        One of `RESULTS`.
    call_back_at
        With ``call_back``: when.
    channel
        One of `CHANNELS`.
    at
        When it was; now if not given.
    is_dated
        Whether the moment is known, and not only when the result was kept.
    """

    result: str
    note: str = ""
    call_back_at: datetime | None = None
    channel: str = "phone"
    at: datetime | None = None
    is_dated: bool = True


@dataclass(frozen=True)
class Contact:
    """One contact attempt as it is kept."""

    id: int
    person_id: int
    batch_id: str
    row: int
    caller: str
    at: datetime
    channel: str
    result: str
    call_back_at: datetime | None
    note: str
    file_id: int | None


@dataclass(frozen=True)
class Said:
    """An attempt to be kept: of which lead, by whom, and what came of it."""

    lead: LeadKeys
    caller: str
    result: Result


class _Told(NamedTuple):
    """What an attempt tells of a person's state."""

    id: int
    at: datetime
    file_id: int | None
    result: str
    call_back_at: datetime | None
    caller: str


_TOLD = (AttemptRow.person_id, *(getattr(AttemptRow, name) for name in _Told._fields))


class ContactStore:
    """Contact attempts and how people stand after them.

    Parameters
    ----------
    settings
        Where the database is, and how leads are called again.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def record(self, schema: str, batch_id: str, lead: LeadKeys, result: Result, *, caller: str) -> int:
        """Keep one contact attempt, give the lead free, and return the attempt's id.

        Raises
        ------
        StorageError
            If the result or the channel is none of ours, a call-back has no time, or the database cannot be written.
        """
        return self.record_all(schema, batch_id, [Said(lead, caller, result)])[0]

    @needs(Action.CALL, Action.BRING_OUTCOMES)
    def record_all(self, schema: str, batch_id: str, said: Sequence[Said], *, file_id: int | None = None) -> list[int]:
        """Keep many contact attempts at once, all or none, and return their ids.

        Parameters
        ----------
        file_id
            The file of outcomes that they came from.
        """
        for one in said:
            _check(one.result)
            check_own_name(one.caller)
        moment = now()
        with open_database(self.settings).writing() as session:
            people = find_people(session, schema, [one.lead for one in said])
            check_held(session, people, moment)
            rows = [
                AttemptRow(**_row(person, batch_id, one, moment, file_id))
                for person, one in zip(people, said, strict=True)
            ]
            session.add_all(rows)
            session.flush()
            self._settle(session, people, moment, callers={one.caller for one in said})
            if file_id is None:
                append_audit(session, self.settings, AuditEvent(Action.CALL, f"batch {batch_id}", len(rows)))
            return [row.id for row in rows]

    @needs(Action.BRING_OUTCOMES)
    def record_new(self, schema: str, batch_id: str, said: Sequence[Said], *, file_id: int) -> int:
        """Keep what a file tells of contact attempts, all or none, and return how many attempts were new.

        An attempt is known where a file has given the same result of the person at the same moment; one without a
        moment, where it is the last that a file gave of the person.
        """
        for one in said:
            _check(one.result)
        moment = now()
        with open_database(self.settings).writing() as session:
            people = find_people(session, schema, [one.lead for one in said])
            known: dict[int, list[tuple[str, datetime]]] = {}
            for start in range(0, len(people), _CHUNK):
                query = (
                    select(AttemptRow.person_id, AttemptRow.result, AttemptRow.at)
                    .where(AttemptRow.person_id.in_(set(people[start : start + _CHUNK])))
                    .where(AttemptRow.file_id.is_not(None), AttemptRow.undone_at.is_(None))
                    .order_by(AttemptRow.at, AttemptRow.id)
                )
                for person, result, at in session.execute(query):
                    known.setdefault(person, []).append((result, aware(at)))
            rows = []
            for person, one in zip(people, said, strict=True):
                before = known.setdefault(person, [])
                at = one.result.at or moment
                is_known = (one.result.result, at) in before
                if not one.result.is_dated:
                    is_known = bool(before) and before[-1][0] == one.result.result
                if not is_known:
                    before.append((one.result.result, at))
                    rows.append(_row(person, batch_id, one, moment, file_id))
            for start in range(0, len(rows), _CHUNK):
                session.execute(insert(AttemptRow), rows[start : start + _CHUNK])
            self._settle(session, [row["person_id"] for row in rows], moment)
            return len(rows)

    @needs(Action.CALL)
    def undo(self, attempt_id: int, *, by: str) -> bool:
        """Take an attempt back; it stays in the history, marked. Return whether it stood until now."""
        moment = now()
        with open_database(self.settings).writing() as session:
            found = session.get(AttemptRow, attempt_id)
            if found is None or found.undone_at is not None:
                return False
            check_own_name(found.caller)
            found.undone_at, found.undone_by = moment, by
            session.flush()
            self._settle(session, [found.person_id], moment)
            details = {"taken back": True}
            append_audit(session, self.settings, AuditEvent(Action.CALL, f"batch {found.batch_id}", 1, details=details))
        return True

    @needs(Action.BRING_OUTCOMES)
    def undo_file(self, file_id: int, *, by: str) -> int:
        """Take back the attempts of a file of outcomes, and return how many attempts that were."""
        moment = now()
        with open_database(self.settings).writing() as session:
            mine = (AttemptRow.file_id == file_id) & AttemptRow.undone_at.is_(None)
            people = sorted(set(session.execute(select(AttemptRow.person_id).where(mine)).scalars()))
            changed = session.execute(update(AttemptRow).where(mine).values(undone_at=moment, undone_by=by))
            self._settle(session, people, moment)
        return int(getattr(changed, "rowcount", 0))

    @needs(Action.CALL)
    def history(self, person_ids: Iterable[int]) -> list[Contact]:
        """Return the attempts with some people that were not undone, the newest first."""
        wanted = sorted(set(person_ids))
        query = (
            select(AttemptRow)
            .where(AttemptRow.person_id.in_(wanted), AttemptRow.undone_at.is_(None))
            .order_by(AttemptRow.at.desc(), AttemptRow.id.desc())
        )
        with open_database(self.settings).session() as session:
            return [_contact(row) for row in session.execute(query).scalars()]

    def of_batch(self, batch_id: str, since: datetime | None = None) -> list[Contact]:
        """Return the attempts that were made from a batch, the newest first."""
        query = select(AttemptRow).where(AttemptRow.batch_id == batch_id, AttemptRow.undone_at.is_(None))
        query = query if since is None else query.where(AttemptRow.at >= since)
        with open_database(self.settings).session() as session:
            found = session.execute(query.order_by(AttemptRow.at.desc(), AttemptRow.id.desc())).scalars()
            return [_contact(row) for row in found]

    def attempted(self, person_ids: Iterable[int]) -> pd.DataFrame:
        """Return ``person_id``, ``result`` and ``at`` (UTC) of attempts that stand, the oldest first."""
        wanted = sorted(set(map(int, person_ids)))
        parts: list[tuple[int, str, datetime]] = []
        with open_database(self.settings).session() as session:
            for start in range(0, len(wanted), _CHUNK):
                query = (
                    select(AttemptRow.person_id, AttemptRow.result, AttemptRow.at)
                    .where(AttemptRow.person_id.in_(wanted[start : start + _CHUNK]), AttemptRow.undone_at.is_(None))
                    .order_by(AttemptRow.at, AttemptRow.id)
                )
                parts += [(person, result, aware(at)) for person, result, at in session.execute(query)]
        return pd.DataFrame(parts, columns=["person_id", "result", "at"])

    def _settle(self, session: Session, people: Iterable[int], moment: datetime, callers: Collection[str] = ()) -> None:
        """Bring people's states up to what follows from their attempts, and their places in the queues too.

        What one of the callers had claimed is free again.
        """
        wanted = sorted(set(people))
        for start in range(0, len(wanted), _CHUNK):
            these = wanted[start : start + _CHUNK]
            query = select(*_TOLD).where(AttemptRow.person_id.in_(these), AttemptRow.undone_at.is_(None))
            attempts: dict[int, list[_Told]] = {person: [] for person in these}
            for person, *told in session.execute(query.order_by(AttemptRow.at, AttemptRow.id)):
                attempts[person].append(_Told(*told))
            self._settle_some(session, attempts, moment)
            if callers:
                session.execute(
                    update(PersonRow)
                    .where(PersonRow.id.in_(these), PersonRow.claimed_by.in_(callers))
                    .values(claimed_by="", claimed_until=None)
                )

    def _settle_some(self, session: Session, attempts: dict[int, list[_Told]], moment: datetime) -> None:
        settled = {person: self._standing(made, moment) for person, made in attempts.items()}
        session.execute(update(PersonRow), [{"id": person} | values for person, values in settled.items()])
        waiting = select(QueueRow.batch_id, QueueRow.row, QueueRow.person_id).where(QueueRow.person_id.in_(attempts))
        places = [
            {
                "batch_id": batch_id,
                "row": row,
                "stage": stage_of(settled[person]["state"]),
                "was": stage_of(settled[person]["state"]),
                "due_at": settled[person]["not_before"],
            }
            for batch_id, row, person in session.execute(waiting)
        ]
        if places:
            session.execute(update(QueueRow), places)

    def _standing(self, made: list[_Told], moment: datetime) -> dict[str, Any]:
        """Return what is kept of a person after some attempts, the oldest first."""
        ordered = _in_order(made, moment)
        state = state_after(
            [Attempt(at, row.result, aware(row.call_back_at) if row.call_back_at else None) for at, row in ordered],
            self.settings.calls,
        )
        last = ordered[-1][1] if ordered else None
        return {
            "state": state.state,
            "attempts": state.attempts,
            "not_before": state.not_before,
            "last_result": state.suppressed_by or (last.result if last else ""),
            "last_at": aware(last.at) if last else None,
            "last_by": last.caller if last else "",
            "updated_at": moment,
        }


def _in_order(made: Iterable[_Told], moment: datetime) -> list[tuple[datetime, _Told]]:
    """Return attempts in the order in which they were made, each with its moment, whatever the clock did meanwhile.

    What was kept here as it happened was made in the order of its numbers, so none is later than the one after it, and
    none later than now.
    """
    latest, moments = moment, {}
    for row in sorted(made, key=lambda row: row.id, reverse=True):
        moments[row.id] = min(aware(row.at), latest if row.file_id is None else moment)
        latest = moments[row.id] if row.file_id is None else latest
    return sorted(((moments[row.id], row) for row in made), key=lambda one: (one[0], one[1].id))


def _row(person: int, batch_id: str, said: Said, moment: datetime, file_id: int | None) -> dict[str, Any]:
    return {
        "person_id": person,
        "batch_id": batch_id,
        "row": said.lead.row,
        "caller": said.caller,
        "at": said.result.at or moment,
        "channel": said.result.channel,
        "result": said.result.result,
        "call_back_at": said.result.call_back_at,
        "note": said.result.note,
        "file_id": file_id,
        "undone_by": "",
    }


def _check(result: Result) -> None:
    if result.result not in RESULTS:
        raise StorageError(
            f"The result of a contact attempt is one of {', '.join(RESULTS)}; {result.result!r} came. Choose one."
        )
    if result.channel not in CHANNELS:
        raise StorageError(f"The channel is one of {', '.join(CHANNELS)}; {result.channel!r} came. Choose one.")
    if result.result == "call_back" and result.call_back_at is None:
        raise StorageError("A call-back needs a day and a time. Say when to call back.")


def _contact(row: AttemptRow) -> Contact:
    return Contact(
        row.id,
        row.person_id,
        row.batch_id,
        row.row,
        row.caller,
        aware(row.at),
        row.channel,
        row.result,
        aware(row.call_back_at) if row.call_back_at else None,
        row.note,
        row.file_id,
    )
