"""The outbox: messages that are to be posted, kept until somebody took them."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from leadscore_core.config import Settings
from leadscore_core.storage.database.engine import aware, now, open_database
from leadscore_core.storage.database.tables import OutboxRow

MOST_TRIES = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)
_CLAIM = timedelta(minutes=2)


@dataclass(frozen=True)
class Message:
    """A message; ``key`` is the same each time it is tried, so that whoever takes it twice knows it again."""

    id: int
    key: str
    url: str
    body: str
    made_at: datetime
    tries: int
    problem: str


class Outbox:
    """Messages in the database of the settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def put(self, url: str, body: str) -> str:
        """Keep a message to be posted, and return its key."""
        moment, key = now(), uuid.uuid4().hex
        with open_database(self.settings).writing() as session:
            session.add(OutboxRow(key=key, url=url, body=body, made_at=moment, tries=0, due_at=moment, problem=""))
        return key

    def claim(self, moment: datetime | None = None, most: int = 20) -> list[Message]:
        """Return the messages that are due, and keep other processes from taking them for two minutes."""
        moment = moment or now()
        due = (OutboxRow.sent_at.is_(None)) & (OutboxRow.due_at <= moment) & (OutboxRow.tries < MOST_TRIES)
        with open_database(self.settings).writing() as session:
            query = select(OutboxRow).where(due).order_by(OutboxRow.id).limit(most).with_for_update(skip_locked=True)
            rows = list(session.execute(query).scalars())
            for row in rows:
                row.due_at = moment + _CLAIM
            return [_message(row) for row in rows]

    def settle(self, message: Message, problem: str, moment: datetime | None = None) -> None:
        """Note what came of a try: taken if there is no problem, else to be tried later, each time twice as late."""
        moment = moment or now()
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2**message.tries)
        values = {"tries": message.tries + 1, "problem": problem, "due_at": moment + wait}
        values |= {} if problem else {"sent_at": moment}
        with open_database(self.settings).writing() as session:
            session.execute(update(OutboxRow).where(OutboxRow.id == message.id).values(**values))

    def waiting(self) -> list[Message]:
        """Return the messages that nobody took yet, those that are given up among them, the oldest first."""
        query = select(OutboxRow).where(OutboxRow.sent_at.is_(None)).order_by(OutboxRow.id)
        with open_database(self.settings).session() as session:
            return [_message(row) for row in session.execute(query).scalars()]


def _message(row: OutboxRow) -> Message:
    return Message(row.id, row.key, row.url, row.body, aware(row.made_at), row.tries, row.problem)
