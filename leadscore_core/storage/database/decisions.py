"""Decisions: what people said about single leads of a batch; never part of the model's score."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_may, needs
from leadscore_core.config import Settings
from leadscore_core.errors import StorageError
from leadscore_core.storage.database.audit import AuditEvent, append_audit
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.engine import aware, now, open_database
from leadscore_core.storage.database.people import LeadKeys, find_people
from leadscore_core.storage.database.tables import BatchRow, FeedbackRow, OverrideRow, RestoredRow

VERDICTS = {"too_high": "Too high", "too_low": "Too low", "customer": "Already a customer", "other": "Something else"}
RESTORED_DAYS = 30  # on other lists
_CHUNK = 10_000


@dataclass(frozen=True)
class Restored:
    """A lead that was taken back from quarantine: why, by whom, when, and until when on other lists for whom."""

    row: int
    note: str
    by: str
    at: datetime
    expires_at: datetime | None = None
    person: int | None = None


@dataclass(frozen=True)
class Override:
    """A grade that a person set for a lead, until a day."""

    row: int
    grade: str
    note: str
    author: str
    set_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Feedback:
    """A person's word that a score looks wrong, and whether somebody has looked at it."""

    id: int
    batch_id: str
    batch_name: str
    row: int
    verdict: str
    note: str
    author: str
    given_at: datetime
    propensity: float
    model_id: str
    closed_at: datetime | None


class DecisionStore:
    """Restored leads, overrides and feedback."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @needs(Action.RESTORE)
    def restore(
        self,
        batch: Batch,
        rows: Iterable[int],
        *,
        note: str,
        by: str,
        days: int = RESTORED_DAYS,
        leads: Sequence[LeadKeys] = (),
    ) -> int:
        """Take leads back from quarantine and return how many were new; all of them or none.

        Parameters
        ----------
        days
            For how many days they are restored on other lists, 1 to 365; on this one they stay so.
        leads
            What the leads are known by, so that they are restored for the same people on other lists too.

        Raises
        ------
        StorageError
            If the batch is gone, the days are not 1 to 365, or the database cannot be written.
        """
        if not 1 <= days <= 365:
            raise StorageError(f"A lead is restored on later lists for 1 to 365 days; {days} came. Choose a number.")
        wanted, moment = sorted(set(map(int, rows))), now()
        try:
            with open_database(self.settings).writing() as session:
                present = set(session.execute(_rows_of(batch)).scalars())
                new = [row for row in wanted if row not in present]
                known = find_people(session, batch.schema_name, leads) if leads else []
                person = dict(zip((lead.row for lead in leads), known, strict=True))
                made = {"batch_id": batch.id, "note": note, "restored_by": by, "restored_at": moment}
                made["expires_at"] = moment + timedelta(days=days)
                for start in range(0, len(new), _CHUNK):
                    session.execute(
                        insert(RestoredRow),
                        [{**made, "row": row, "person_id": person.get(row)} for row in new[start : start + _CHUNK]],
                    )
                for start in range(0, len(wanted), _CHUNK):  # the newer word counts
                    session.execute(
                        update(OverrideRow)
                        .where(OverrideRow.batch_id == batch.id, OverrideRow.row.in_(wanted[start : start + _CHUNK]))
                        .where(OverrideRow.grade == "Junk", OverrideRow.expires_at > moment)
                        .values(expires_at=moment)
                    )
                for start in range(0, len(known), _CHUNK):
                    session.execute(
                        update(OverrideRow)
                        .where(OverrideRow.person_id.in_(known[start : start + _CHUNK]))
                        .where(OverrideRow.grade == "Junk", OverrideRow.expires_at > moment)
                        .values(expires_at=moment)
                    )
                details = {"taken back": True}
                append_audit(session, self.settings, AuditEvent(Action.RESTORE, _of(batch), len(new), details=details))
        except IntegrityError as error:
            raise StorageError(
                f"Somebody else restored leads of {batch.name} at the same moment, or deleted it. Look again, then "
                "restore what is left."
            ) from error
        return len(new)

    @needs(Action.RESTORE)
    def unrestore(self, batch: Batch, rows: Iterable[int], people: Iterable[int] = ()) -> None:
        """Put leads back where the rules put them, on every list where they are restored for the same people.

        Parameters
        ----------
        people
            Whom else to put back: those whose leads were restored on other lists.
        """
        wanted, moment, theirs = sorted(set(map(int, rows))), now(), set(people)
        with open_database(self.settings).writing() as session:
            for start in range(0, len(wanted), _CHUNK):
                these = (RestoredRow.batch_id == batch.id) & RestoredRow.row.in_(wanted[start : start + _CHUNK])
                theirs |= {p for p in session.scalars(select(RestoredRow.person_id).where(these)) if p is not None}
                session.execute(delete(RestoredRow).where(these))
            some = sorted(theirs)
            for start in range(0, len(some), _CHUNK):
                of_them = RestoredRow.person_id.in_(some[start : start + _CHUNK])
                session.execute(delete(RestoredRow).where(of_them, RestoredRow.expires_at > moment))
            details = {"taken back": False}
            append_audit(session, self.settings, AuditEvent(Action.RESTORE, _of(batch), len(wanted), details=details))

    def restored_rows(self, batch: Batch) -> np.ndarray:
        """Return the positions of a batch's restored leads, ascending."""
        with open_database(self.settings).session() as session:
            return np.array(sorted(session.execute(_rows_of(batch)).scalars()), dtype="int64")

    def restored(self, batch: Batch, row: int) -> Restored | None:
        """Return why one lead was restored, or None."""
        with open_database(self.settings).session() as session:
            found = session.get(RestoredRow, (batch.id, row))
        return None if found is None else _restored(found, row)

    def carried(self, batch: Batch, rows_of: Callable[[list[int]], Mapping[int, Sequence[int]]]) -> dict[int, Restored]:
        """Return the leads that are restored since the same person was on another list, until that expires.

        Parameters
        ----------
        rows_of
            Gives the positions that people have in the batch.
        """
        cells = RestoredRow.__table__.c  # plain rows: a quarantine that was restored whole has thousands
        query = select(cells.person_id, cells.note, cells.restored_by, cells.restored_at, cells.expires_at)
        query = query.where(cells.batch_id != batch.id, cells.person_id.is_not(None), cells.expires_at > now())
        with open_database(self.settings).session() as session:
            found: Iterable[Any] = session.execute(query.order_by(cells.restored_at))
            held = {int(one.person_id): one for one in found}
        own = set(self.restored_rows(batch).tolist()) if held else set()
        places = rows_of(sorted(held)) if held else {}
        return {row: _restored(held[p], row) for p, rows in places.items() for row in rows if row not in own}

    @needs(Action.OVERRIDE)
    def set_override(
        self, batch: Batch, row: int, grade: str, *, days: int, note: str, author: str, lead: LeadKeys | None = None
    ) -> None:
        """Set a lead's grade for some days.

        Parameters
        ----------
        lead
            What the lead is known by, so that the grade holds for the same person on other lists too.

        Raises
        ------
        StorageError
            If the batch is gone or the days are not 1 to 365.
        """
        if not 1 <= days <= 365:
            raise StorageError(f"A grade can be set for 1 to 365 days; {days} came. Choose a number of days.")
        moment = now()
        try:
            with open_database(self.settings).writing() as session:
                person = None if lead is None else find_people(session, batch.schema_name, [lead])[0]
                session.execute(_ended(batch, row, person, moment))
                session.add(
                    OverrideRow(
                        batch_id=batch.id,
                        row=row,
                        grade=grade,
                        note=note,
                        author=author,
                        set_at=moment,
                        expires_at=moment + timedelta(days=days),
                        person_id=person,
                    )
                )
                session.flush()
                details = {"row": row, "grade": grade, "days": days}
                append_audit(session, self.settings, AuditEvent(Action.OVERRIDE, _of(batch), 1, details=details))
        except IntegrityError as error:
            raise StorageError(f"{batch.name} was deleted in the meantime. The grade was not set.") from error

    @needs(Action.OVERRIDE)
    def end_override(self, batch: Batch, row: int, person: int | None = None) -> None:
        """Let the model's grade stand again, on every list where the person is known."""
        with open_database(self.settings).writing() as session:
            session.execute(_ended(batch, row, person, now()))
            details = {"row": row, "grade": "the model's again"}
            append_audit(session, self.settings, AuditEvent(Action.OVERRIDE, _of(batch), 1, details=details))

    def overrides(
        self, batch: Batch, rows_of: Callable[[list[int]], Mapping[int, Sequence[int]]] = lambda _: {}
    ) -> dict[int, Override]:
        """Return the overrides in force, by the lead's position; of several for a lead the one that was set last.

        Parameters
        ----------
        rows_of
            Gives the positions that people have in the batch: grades set for them on other lists count too, but for
            Junk where the lead was restored on this one.
        """
        query = select(OverrideRow).where(OverrideRow.expires_at > now()).order_by(OverrideRow.id)
        query = query.where((OverrideRow.batch_id == batch.id) | OverrideRow.person_id.is_not(None))
        with open_database(self.settings).session() as session:
            held = list(session.execute(query).scalars())
        others = [o for o in held if o.batch_id != batch.id]
        rows = rows_of(sorted({o.person_id for o in held if o.person_id is not None})) if held else {}
        restored = set(self.restored_rows(batch).tolist()) if others else set()
        found: dict[int, Override] = {}
        for o in held:
            mine = [o.row] if o.batch_id == batch.id else []
            for row in dict.fromkeys([*mine, *rows.get(o.person_id or 0, ())]):
                if o.batch_id == batch.id or o.grade != "Junk" or row not in restored:
                    found[row] = Override(row, o.grade, o.note, o.author, aware(o.set_at), aware(o.expires_at))
        return found

    @needs(Action.REVIEW)
    def give_feedback(
        self, batch: Batch, row: int, verdict: str, *, note: str, author: str, propensity: float, model_id: str
    ) -> None:
        """Put a lead on the review list.

        Raises
        ------
        StorageError
            If the batch is gone.
        """
        if verdict not in VERDICTS:
            raise StorageError(f"Feedback is one of {', '.join(VERDICTS)}; {verdict!r} came. Choose one.")
        try:
            with open_database(self.settings).writing() as session:
                session.add(
                    FeedbackRow(
                        batch_id=batch.id,
                        row=row,
                        verdict=verdict,
                        note=note,
                        author=author,
                        given_at=now(),
                        propensity=propensity,
                        model_id=model_id,
                    )
                )
                session.flush()
                details = {"row": row, "verdict": verdict}
                append_audit(session, self.settings, AuditEvent(Action.REVIEW, _of(batch), 1, details=details))
        except IntegrityError as error:
            raise StorageError(f"{batch.name} was deleted in the meantime. The feedback was not kept.") from error

    def feedback(self, *, open_only: bool = True) -> list[Feedback]:
        """Return the review list, the newest first; without its notes for who may not see whom they name."""
        reads_notes = check_may(Action.REVIEW).may(Action.SEE_CONTACTS)
        query = select(FeedbackRow, BatchRow.name).join(BatchRow, BatchRow.id == FeedbackRow.batch_id)
        if open_only:
            query = query.where(FeedbackRow.closed_at.is_(None))
        with open_database(self.settings).session() as session:
            return [
                Feedback(
                    f.id,
                    f.batch_id,
                    name,
                    f.row,
                    f.verdict,
                    f.note if reads_notes else "",
                    f.author,
                    aware(f.given_at),
                    f.propensity,
                    f.model_id,
                    aware(f.closed_at) if f.closed_at else None,
                )
                for f, name in session.execute(query.order_by(FeedbackRow.id.desc()))
            ]

    @needs(Action.REVIEW)
    def close_feedback(self, feedback_id: int) -> None:
        """Take an entry off the review list; it is kept."""
        with open_database(self.settings).writing() as session:
            session.execute(update(FeedbackRow).where(FeedbackRow.id == feedback_id).values(closed_at=now()))
            append_audit(session, self.settings, AuditEvent(Action.REVIEW, f"feedback {feedback_id}"))


def _of(batch: Batch) -> str:
    return f"batch {batch.id}"


def _ended(batch: Batch, row: int, person: int | None, moment: datetime):  # type: ignore[no-untyped-def]
    """Return the statement that ends a lead's overrides, and those of its person on other lists."""
    own = (OverrideRow.batch_id == batch.id) & (OverrideRow.row == row)
    which = own if person is None else own | (OverrideRow.person_id == person)
    return update(OverrideRow).where(which, OverrideRow.expires_at > moment).values(expires_at=moment)


def _restored(found: RestoredRow | Row[Any], row: int) -> Restored:
    until = None if found.expires_at is None else aware(found.expires_at)
    return Restored(row, found.note, found.restored_by, aware(found.restored_at), until, found.person_id)


def _rows_of(batch: Batch):  # type: ignore[no-untyped-def]
    return select(RestoredRow.row).where(RestoredRow.batch_id == batch.id)
