"""Forgetting in the database: what was decided, planned and said of some leads and people is removed, not only hidden.

Of whoever is not to be called only that stays, with the hashes of e-mail and phone by which it holds on later lists.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from leadscore_core.storage.database.contact_states import SUPPRESSING
from leadscore_core.storage.database.engine import now
from leadscore_core.storage.database.people import Key
from leadscore_core.storage.database.tables import (
    AttemptRow,
    Base,
    BatchRow,
    FeedbackRow,
    OutcomeRow,
    OverrideRow,
    PersonKeyRow,
    PersonRow,
    QueueRow,
    RestoredRow,
    ScoringRow,
)

_CHUNK = 400
_NAMED = ("id", "row")  # kinds of keys that are not needed to know a phone or an e-mail again


@dataclass(frozen=True)
class Removed:
    """How many rows of each kind went, and how many people are still not to be called."""

    attempts: int = 0
    decisions: int = 0
    reviews: int = 0
    planned_calls: int = 0
    people: int = 0
    still_barred: int = 0

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def forget_leads(session: Session, rows: Mapping[str, Sequence[int]]) -> Removed:
    """Remove what was decided, planned and tried with some leads of some batches.

    Parameters
    ----------
    rows
        Batch -> positions of its leads.
    """
    removed = Removed()
    for batch_id, places in rows.items():
        for start in range(0, len(places), _CHUNK):
            some = list(places[start : start + _CHUNK])

            def of(table: type[Base], some: list[int] = some, batch_id: str = batch_id) -> ColumnElement[bool]:
                return (table.batch_id == batch_id) & table.row.in_(some)  # type: ignore[attr-defined]

            removed += Removed(
                attempts=_deleted(session, AttemptRow, of(AttemptRow) & AttemptRow.result.not_in(SUPPRESSING)),
                decisions=_deleted(session, OverrideRow, of(OverrideRow))
                + _deleted(session, RestoredRow, of(RestoredRow)),
                reviews=_deleted(session, FeedbackRow, of(FeedbackRow)),
                planned_calls=_deleted(session, QueueRow, of(QueueRow)),
            )
            bare = {"note": "", "caller": "", "batch_id": "", "row": 0, "file_id": None, "undone_by": ""}
            session.execute(update(AttemptRow).where(of(AttemptRow)).values(**bare))
    return removed


def forget_people(session: Session, people: Collection[int]) -> Removed:
    """Remove people with all that was tried and set for them; whoever is not to be called stays so, by bare hashes."""
    removed, ids = Removed(), sorted(people)
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        barred = set(
            session.scalars(select(PersonRow.id).where(PersonRow.id.in_(some), PersonRow.state == "suppressed"))
        )
        lasting = AttemptRow.person_id.in_(barred) & AttemptRow.result.in_(SUPPRESSING) & AttemptRow.undone_at.is_(None)
        removed += Removed(
            attempts=_deleted(session, AttemptRow, AttemptRow.person_id.in_(some) & ~lasting),
            decisions=_deleted(session, OverrideRow, OverrideRow.person_id.in_(some))
            + _deleted(session, RestoredRow, RestoredRow.person_id.in_(some)),
            planned_calls=_deleted(session, QueueRow, QueueRow.person_id.in_(some)),
        )
        gone = [person for person in some if person not in barred]
        session.execute(delete(PersonKeyRow).where(PersonKeyRow.person_id.in_(gone)))
        session.execute(delete(PersonRow).where(PersonRow.id.in_(gone)))
        bare = {"note": "", "caller": "", "batch_id": "", "row": 0, "file_id": None}
        session.execute(update(AttemptRow).where(lasting).values(**bare))
        named = PersonKeyRow.kind.in_(_NAMED)
        session.execute(delete(PersonKeyRow).where(PersonKeyRow.person_id.in_(barred), named))
        session.execute(
            update(PersonRow)
            .where(PersonRow.id.in_(barred))
            .values(last_by="", claimed_by="", claimed_until=None, updated_at=now())
        )
        removed += Removed(people=len(gone), still_barred=len(barred))
    return removed


def people_of_batch_alone(session: Session, batch_id: str) -> set[int]:
    """Return whoever was called, planned, restored or given a grade on a batch, and on no other that is kept."""
    here: set[int | None] = set()
    elsewhere: set[int | None] = {None}
    others = select(BatchRow.id).where(BatchRow.id != batch_id)
    for table in (AttemptRow, QueueRow, OverrideRow, RestoredRow):
        here |= set(session.scalars(select(table.person_id).where(table.batch_id == batch_id)))
        elsewhere |= set(session.scalars(select(table.person_id).where(table.batch_id.in_(others))))
    return {person for person in here - elsewhere if person is not None}


def forget_notes(session: Session, batch_id: str) -> None:
    """Remove what callers wrote of the leads of a batch; that they called stays."""
    session.execute(update(AttemptRow).where(AttemptRow.batch_id == batch_id).values(note=""))


def forget_examples(session: Session, batch_ids: Collection[str]) -> None:
    """Remove the cells that older versions kept as examples of a list's problems."""
    for row in session.scalars(select(ScoringRow).where(ScoringRow.batch_id.in_(batch_ids))):
        row.findings = [{**finding, "example": ""} for finding in row.findings]


def count_outcomes_anew(session: Session, batch_id: str, number: int, known: int, completed: int) -> None:
    """Say how many outcomes a file of a batch tells now."""
    which = (OutcomeRow.batch_id == batch_id) & (OutcomeRow.number == number)
    session.execute(update(OutcomeRow).where(which).values(known=known, completed=completed))


def people_of_keys(session: Session, keys: Collection[Key]) -> dict[int, list[Key]]:
    """Return the people who have any of these keys, of any schema, with all of theirs."""
    found: dict[int, list[Key]] = {}
    for kind, scope, value in keys:
        which = (PersonKeyRow.kind == kind) & (PersonKeyRow.scope == scope) & (PersonKeyRow.key == value)
        for person in session.scalars(select(PersonKeyRow.person_id).where(which)):
            own = session.scalars(select(PersonKeyRow).where(PersonKeyRow.person_id == person))
            found[person] = [(row.kind, row.scope, row.key) for row in own]
    return found


def _deleted(session: Session, table: type[Base], which: ColumnElement[bool]) -> int:
    number = session.execute(select(func.count()).select_from(table).where(which)).scalar_one()
    session.execute(delete(table).where(which))
    return int(number)
