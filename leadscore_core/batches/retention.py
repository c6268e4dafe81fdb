"""Retention: how long each list is kept, and the removal of what is due."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from pydantic import BaseModel, Field

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import acting_as, check_may, machine_person, needs
from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import LeadScoreError, StorageError
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.engine import now, open_database
from leadscore_core.storage.database.forgetting import forget_notes, forget_people, people_of_batch_alone
from leadscore_core.storage.database.preferences import Preference, Version

FOR_GOOD = 0
MOST_DAYS = 36_500
_A_DAY = 86_400.0


class OwnRetention(BaseModel):
    """Lists that are kept longer or shorter than the setting says: id -> days, 0 for as long as nobody deletes them."""

    batches: dict[str, int] = Field(default_factory=dict)


@dataclass(frozen=True)
class ListRetention:
    """A list, for how many days it is kept (None: as long as nobody deletes it), and from when on it is due."""

    batch: Batch
    days: int | None
    is_own: bool

    @property
    def due_at(self) -> datetime | None:
        """The moment from which on it is removed."""
        return None if self.days is None else self.batch.created_at + timedelta(days=self.days)


def own_retention(settings: Settings) -> Preference[OwnRetention]:
    """Return for which lists something else holds than the setting, with its history."""
    return Preference(settings, "retention", OwnRetention(), Action.SET_RETENTION)


def list_retentions(settings: Settings | None = None) -> list[ListRetention]:
    """Return every list and how long it is kept, the newest first."""
    settings = settings or load_settings()
    own: Mapping[str, int] = own_retention(settings).current().value.batches
    usual = settings.retention_days
    return [
        ListRetention(batch, (own[batch.id] or None) if batch.id in own else usual, batch.id in own)
        for batch in BatchStore(settings).list_batches()
    ]


def save_retention(
    batch_id: str, days: int | None, *, based_on: int, author: str, settings: Settings
) -> Version[OwnRetention]:
    """Say how long one list is kept.

    Parameters
    ----------
    days
        0 for as long as nobody deletes it; None for what the setting says.

    Raises
    ------
    ConflictError
        If somebody else changed it since.
    StorageError
        If there is no such list, or the days are not 0 to 36,500.
    """
    check_may(Action.SET_RETENTION)
    store, preference = BatchStore(settings), own_retention(settings)
    store.get(batch_id)
    if days is not None and not FOR_GOOD <= days <= MOST_DAYS:
        raise StorageError(f"A list is kept for 1 to {MOST_DAYS:,} days, or 0 for good; {days} came.")
    there = {batch.id for batch in store.list_batches()}
    others = {one: n for one, n in preference.current().value.batches.items() if one in there and one != batch_id}
    value = OwnRetention(batches=others if days is None else others | {batch_id: days})
    return preference.save(value, based_on=based_on, author=author)


@needs(Action.SET_RETENTION)
def remove_due(settings: Settings | None = None, *, moment: datetime | None = None) -> list[Batch]:
    """Delete the lists that are due, with what was written of their leads, and whoever stands on no other list.

    Who is not to be called stays so. Each deletion is in the audit.

    Parameters
    ----------
    moment
        Now if not given.

    Returns
    -------
    list
        What was deleted.
    """
    settings = settings or load_settings()
    moment = moment or now()
    removed: list[Batch] = []
    if not settings.has_database:
        return removed
    for retention in list_retentions(settings):
        if retention.due_at is not None and retention.due_at <= moment:
            with open_database(settings).writing() as session:
                forget_people(session, people_of_batch_alone(session, retention.batch.id))
                forget_notes(session, retention.batch.id)
            BatchStore(settings).delete(retention.batch, why=f"kept for {retention.days} days")
            removed.append(retention.batch)
    if removed:
        open_database(settings).clear_leftovers()
    return removed


def remove_due_daily(wait: Callable[[float], object] = time.sleep) -> NoReturn:
    """Delete what is due now and once a day, for as long as the process lives; for a thread of its own.

    Parameters
    ----------
    wait
        Takes seconds.
    """
    while True:
        with suppress(LeadScoreError, OSError), acting_as(machine_person("app")):
            remove_due()  # what cannot be done now is done tomorrow, or at the next start
        wait(_A_DAY)
