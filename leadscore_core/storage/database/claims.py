"""Claims: the queue of calls, and the next lead for a caller; no lead is two callers' at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_may, check_own_name, needs
from leadscore_core.config import Settings
from leadscore_core.errors import NotPermittedError
from leadscore_core.storage.database.audit import AuditEvent, append_audit
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.engine import CLOCK_PUT_BACK, aware, now, open_database
from leadscore_core.storage.database.people import LeadKeys, find_people
from leadscore_core.storage.database.tables import AttemptRow, PersonRow, QueueRow

CALL_BACK, NEW, RETRY, CLAIMED, CLOSED = 0, 1, 2, 8, 9
_STAGES = {"new": NEW, "call_back": CALL_BACK, "attempted": RETRY}
_CHUNK = 500


def stage_of(state: str) -> int:
    """Return the stage of the queue in which a person of a state waits."""
    return _STAGES.get(state, CLOSED)


@dataclass(frozen=True)
class Claim:
    """A lead that is one caller's until a moment."""

    batch_id: str
    row: int
    person_id: int
    caller: str
    until: datetime


@dataclass(frozen=True)
class Waiting:
    """A lead that is put into a queue: whose it is (empty for whoever comes), and from when on it may be called."""

    lead: LeadKeys
    caller: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True)
class QueueCount:
    """How many leads of a queue wait now, wait for their time, are with callers, and are closed."""

    ready: int
    later: int
    claimed: int
    closed: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.ready + self.later + self.claimed + self.closed


class ClaimStore:
    """The queue of calls of each batch."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @needs(Action.CALL, Action.PLAN)
    def enqueue(self, batch: Batch, leads: Sequence[Waiting], *, first_place: int = 0, anew: bool = False) -> int:
        """Put leads at the end of a batch's queue, each person once, and return how many were new in it.

        Parameters
        ----------
        leads
            In the order of the calls.
        first_place
            Place of the first one.
        anew
            Whether what waited in the queue is taken out before; what callers have claimed stays.
        """
        if anew:
            check_may(Action.PLAN)
        with open_database(self.settings).writing() as session:
            if anew:
                session.execute(delete(QueueRow).where(QueueRow.batch_id == batch.id, QueueRow.stage != CLAIMED))
            present = dict(
                session.execute(select(QueueRow.person_id, QueueRow.row).where(QueueRow.batch_id == batch.id)).all()
            )
            rows = set(present.values())
            people = find_people(session, batch.schema_name, [one.lead for one in leads])
            stages = _stages(session, people)
            new: list[dict[str, Any]] = []
            for place, (one, person) in enumerate(zip(leads, people, strict=True), first_place):
                row = one.lead.row
                if person in present or row in rows:
                    continue
                present[person] = row
                rows.add(row)
                stage, due = stages[person]
                due = max(filter(None, (due, one.not_before)), default=None)
                new.append(
                    {
                        "batch_id": batch.id,
                        "row": row,
                        "person_id": person,
                        "place": place,
                        "caller": one.caller,
                        "stage": stage,
                        "was": stage,
                        "due_at": due,
                    }
                )
            for start in range(0, len(new), _CHUNK):
                session.execute(insert(QueueRow), new[start : start + _CHUNK])
            if anew:
                append_audit(session, self.settings, AuditEvent(Action.PLAN, f"batch {batch.id}", len(new)))
        return len(new)

    @needs(Action.CALL)
    def claim_next(self, batch: Batch, caller: str) -> Claim | None:
        """Give a caller the next lead of a queue, or None when nobody is to be called now.

        First the lead that this caller has already; then call-backs that are due, people never called in the order of
        the queue, and those whose wait is over. On PostgreSQL rows that others hold are passed over (``FOR UPDATE SKIP
        LOCKED``); on SQLite one writes at a time.
        """
        check_own_name(caller)
        moment = now()
        with open_database(self.settings).writing() as session:
            held = session.execute(
                select(QueueRow.row, QueueRow.person_id)
                .join(PersonRow, PersonRow.id == QueueRow.person_id)
                .where(QueueRow.batch_id == batch.id, QueueRow.stage == CLAIMED)
                .where(PersonRow.claimed_by == caller, ~self._is_over(PersonRow.claimed_until, moment))
                .order_by(QueueRow.place)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).one_or_none()
            found = tuple(held) if held is not None else self._next(session, batch, caller, moment)
            if found is None:
                return None
            row, person = found
            until = self._hold(session, int(person), caller, moment)
        return Claim(batch.id, int(row), int(person), caller, until)

    @needs(Action.PLAN)
    def clear_waiting(self, batch: Batch) -> int:
        """Take out of a batch's queue who was never called and is planned for no caller, and return how many."""
        waits = (QueueRow.batch_id == batch.id) & (QueueRow.stage == NEW) & (QueueRow.caller == "")
        with open_database(self.settings).writing() as session:
            gone = session.execute(delete(QueueRow).where(waits))
        return int(getattr(gone, "rowcount", 0))

    def rows(self, batch: Batch) -> list[int]:
        """Return the positions of the leads that are in a batch's queue."""
        with open_database(self.settings).session() as session:
            return list(session.execute(select(QueueRow.row).where(QueueRow.batch_id == batch.id)).scalars())

    def has_own(self, batch: Batch, caller: str) -> bool:
        """Tell whether leads of a batch were planned for a caller."""
        query = select(QueueRow.row).where(QueueRow.batch_id == batch.id, QueueRow.caller == caller).limit(1)
        with open_database(self.settings).session() as session:
            return session.execute(query).scalar() is not None

    def holds(self, batch: Batch, caller: str) -> bool:
        """Tell whether a caller has a lead of a batch now."""
        query = (
            select(QueueRow.row)
            .join(PersonRow, PersonRow.id == QueueRow.person_id)
            .where(QueueRow.batch_id == batch.id, QueueRow.stage == CLAIMED)
            .where(PersonRow.claimed_by == caller, ~self._is_over(PersonRow.claimed_until, now()))
            .limit(1)
        )
        with open_database(self.settings).session() as session:
            return session.execute(query).scalar() is not None

    def holds_lead(self, batch: Batch, row: int, caller: str) -> bool:
        """Tell whether a caller has this lead of a batch now."""
        query = (
            select(QueueRow.row)
            .join(PersonRow, PersonRow.id == QueueRow.person_id)
            .where(QueueRow.batch_id == batch.id, QueueRow.row == row, QueueRow.stage == CLAIMED)
            .where(PersonRow.claimed_by == caller, PersonRow.claimed_until > now())
        )
        with open_database(self.settings).session() as session:
            return session.execute(query).first() is not None

    @needs(Action.CALL)
    def claim_lead(self, batch: Batch, row: int, caller: str) -> bool:
        """Give a caller one certain lead of a queue, unless another caller has it, and tell whether it worked.

        Who may only call has none but those that they called before.
        """
        check_own_name(caller)
        moment = now()
        with open_database(self.settings).writing() as session:
            query = (
                select(QueueRow.row, QueueRow.person_id)
                .join(PersonRow, PersonRow.id == QueueRow.person_id)
                .where(QueueRow.batch_id == batch.id, QueueRow.row == row, QueueRow.stage != CLOSED)
                .where(
                    PersonRow.claimed_until.is_(None)
                    | self._is_over(PersonRow.claimed_until, moment)
                    | (PersonRow.claimed_by == caller)
                )
                .with_for_update(skip_locked=True)
            )
            found = session.execute(query).one_or_none()
            if found is None or not _may_choose(session, int(found[1]), caller):
                return False
            self._hold(session, int(found[1]), caller, moment)
        return True

    @needs(Action.CALL)
    def release(self, claim: Claim) -> None:
        """Give a lead back that a caller did not call."""
        with open_database(self.settings).writing() as session:
            mine = session.execute(
                select(PersonRow.id).where(PersonRow.id == claim.person_id, PersonRow.claimed_by == claim.caller)
            ).scalar()
            if mine is not None:
                _free(session, [claim.person_id])

    def count(self, batch: Batch, caller: str = "") -> QueueCount:
        """Return how a batch's queue stands; that of one caller with what is whoever's, where one is given."""
        moment = now()
        is_due = (QueueRow.due_at.is_(None) | (QueueRow.due_at <= moment)).label("is_due")
        states = select(QueueRow.stage, is_due).where(QueueRow.batch_id == batch.id)
        if caller:
            states = states.where(QueueRow.caller.in_(["", caller]))
        each = states.subquery()
        query = select(each.c.stage, each.c.is_due, func.count()).group_by(each.c.stage, each.c.is_due)
        with open_database(self.settings).session() as session:
            found = session.execute(query).all()
        counts = {"ready": 0, "later": 0, "claimed": 0, "closed": 0}
        for stage, is_due, n in found:
            name = "closed" if stage == CLOSED else "ready" if is_due else "claimed" if stage == CLAIMED else "later"
            counts[name] += int(n)
        return QueueCount(**counts)

    def _hold(self, session: Session, person: int, caller: str, moment: datetime) -> datetime:
        """Let a person be a caller's, and return until when; what the caller had before and did not call is free."""
        until = moment + timedelta(minutes=self.settings.calls.claim_minutes)
        others = select(PersonRow.id).where(PersonRow.claimed_by == caller, PersonRow.id != person)
        before = list(session.execute(others).scalars())
        if before:
            _free(session, before)
        session.execute(
            update(PersonRow)
            .where(PersonRow.id == person)
            .values(claimed_by=caller, claimed_until=until, updated_at=moment)
        )
        session.execute(update(QueueRow).where(QueueRow.person_id == person).values(stage=CLAIMED, due_at=until))
        return until

    def _next(self, session: Session, batch: Batch, caller: str, moment: datetime) -> tuple[int, int] | None:
        self._free_expired(session, batch, moment)
        mine = select(QueueRow.row, QueueRow.person_id).join(PersonRow, PersonRow.id == QueueRow.person_id)
        mine = mine.where(QueueRow.batch_id == batch.id, QueueRow.caller.in_(["", caller]))
        mine = mine.where(PersonRow.claimed_until.is_(None) | self._is_over(PersonRow.claimed_until, moment))
        is_due = QueueRow.due_at.is_(None) | (QueueRow.due_at <= moment)
        orders: tuple[Select[int, int], ...] = (
            mine.where(QueueRow.stage == CALL_BACK, is_due).order_by(QueueRow.due_at, QueueRow.place),
            mine.where(QueueRow.stage == NEW, is_due).order_by(QueueRow.place),
            mine.where(QueueRow.stage == RETRY, is_due).order_by(QueueRow.due_at, QueueRow.place),
        )
        for order in orders:
            found = session.execute(order.limit(1).with_for_update(skip_locked=True)).one_or_none()
            if found is not None:
                return int(found[0]), int(found[1])
        return None

    def _free_expired(self, session: Session, batch: Batch, moment: datetime) -> None:
        expired = (
            select(QueueRow.person_id)
            .where(QueueRow.batch_id == batch.id, QueueRow.stage == CLAIMED, self._is_over(QueueRow.due_at, moment))
            .limit(_CHUNK)
            .with_for_update(skip_locked=True)
        )
        people = sorted(set(session.execute(expired).scalars()))
        if people:
            _free(session, people)

    def _is_over(self, until: Any, moment: datetime) -> ColumnElement[bool]:
        """Tell whether a claim has run out, or was made by a clock that was more than a day ahead."""
        latest = moment + timedelta(minutes=self.settings.calls.claim_minutes) + CLOCK_PUT_BACK
        return (until <= moment) | (until > latest)


def check_held(session: Session, people: Sequence[int], moment: datetime) -> None:
    """Raise if somebody who may only call has not claimed one of these people.

    Raises
    ------
    NotPermittedError
        Saying so; nothing is kept then.
    """
    person = check_may(Action.CALL, Action.BRING_OUTCOMES)
    if person.may(Action.PLAN, Action.BRING_OUTCOMES):
        return
    held = select(PersonRow.id).where(PersonRow.id.in_(people), PersonRow.claimed_by == person.name)
    if not set(people) <= set(session.execute(held.where(PersonRow.claimed_until > moment)).scalars()):
        raise NotPermittedError(
            "This lead is not yours now: somebody else has it, or it waited too long. Nothing was kept. Take the next."
        )


def _may_choose(session: Session, person_id: int, caller: str) -> bool:
    """Tell whether a caller may take this lead out of its turn: who plans may, others if they called it before."""
    if check_may(Action.CALL).may(Action.PLAN):
        return True
    query = select(AttemptRow.id).where(AttemptRow.person_id == person_id, AttemptRow.caller == caller).limit(1)
    return session.execute(query).scalar() is not None


def _free(session: Session, people: Sequence[int]) -> None:
    """Let people be claimed again, in the stage in which they were."""
    for start in range(0, len(people), _CHUNK):
        these = people[start : start + _CHUNK]
        session.execute(
            update(PersonRow).where(PersonRow.id.in_(these)).values(claimed_by="", claimed_until=None, updated_at=now())
        )
        waits = select(PersonRow.not_before).where(PersonRow.id == QueueRow.person_id).scalar_subquery()
        session.execute(
            update(QueueRow)
            .where(QueueRow.person_id.in_(these), QueueRow.stage == CLAIMED)
            .values(stage=QueueRow.was, due_at=waits)
        )


def _stages(session: Session, people: Sequence[int]) -> dict[int, tuple[int, datetime | None]]:
    """Return the stage of people who join a queue, and the moment from which they may be called."""
    found: dict[int, tuple[int, datetime | None]] = {}
    wanted = sorted(set(people))
    for start in range(0, len(wanted), _CHUNK):
        query = select(PersonRow.id, PersonRow.state, PersonRow.not_before).where(
            PersonRow.id.in_(wanted[start : start + _CHUNK])
        )
        for person, state, not_before in session.execute(query):
            found[person] = (stage_of(state), aware(not_before) if not_before else None)
    return found
