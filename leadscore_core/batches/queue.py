"""Queue: a batch's calls in their order, handed to callers one lead at a time."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

import numpy as np

from leadscore_core.batches.known_people import lead_keys
from leadscore_core.batches.view import BatchView
from leadscore_core.batches.week import Week
from leadscore_core.config import Settings
from leadscore_core.errors import StorageError
from leadscore_core.storage.database.claims import Claim, ClaimStore, QueueCount, Waiting
from leadscore_core.storage.database.contacts import Contact, ContactStore, Result
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort

CALLS = LeadFilter()
BLOCK = 500


@dataclass(frozen=True)
class Today:
    """Where a caller stands: calls made since a moment, the attempts themselves, and what waits."""

    made: list[Contact]
    waiting: QueueCount

    @property
    def calls(self) -> int:
        """Leads that were called, each once."""
        return len({contact.person_id for contact in self.made})


class CallQueue:
    """The queue of a batch as its callers work through it.

    Parameters
    ----------
    view
        The batch as it stands; its call list fills the queue, in its order.
    settings
        Where the database is, and how leads are called again.
    """

    def __init__(self, view: BatchView, settings: Settings) -> None:
        self.view, self.settings = view, settings
        self.claims, self.contacts = ClaimStore(settings), ContactStore(settings)

    def claim(self, caller: str, *, beyond: bool = False) -> Claim | None:
        """Give a caller the next lead, or None when nobody is to be called now.

        The queue is filled from the call list where it has run dry; where leads were planned for the caller, only if
        the caller asks for more.

        Parameters
        ----------
        beyond
            Whether a caller goes on after what was planned.

        Raises
        ------
        StorageError
            If no caller is named, or the database cannot be used.
        """
        if not caller.strip():
            raise StorageError("A caller needs a name, so that no lead is called by two. Say who you are.")
        claim = self.claims.claim_next(self.view.batch, caller)
        may_fill = beyond or not self.claims.has_own(self.view.batch, caller)
        if claim is None and may_fill and self.fill():
            claim = self.claims.claim_next(self.view.batch, caller)
        return claim

    def fill(self, most: int = BLOCK) -> int:
        """Put the next leads of the call list into the queue, and return how many were new in it."""
        rows = self.view.table.rows_of(CALLS, Sort())
        present = self.claims.rows(self.view.batch)
        new = rows[~np.isin(rows, present)] if len(present) else rows
        added = 0
        for start in range(0, len(new), most):  # a person who stands twice in the list is one
            block = new[start : start + most]
            keys = lead_keys(self.view.batch, self.view.table, block)
            added = self.claims.enqueue(
                self.view.batch, [Waiting(lead) for lead in keys], first_place=len(present) + start
            )
            if added:
                break
        return added

    def plan(self, week: Week, zone: tzinfo = UTC) -> int:
        """Let the queue follow a plan, in place of what waited in it, and return how many leads it holds.

        Parameters
        ----------
        zone
            In which a day of the plan begins.
        """
        turns: list[tuple[int, str, date]] = []
        for day in dict.fromkeys(share.day for share in week.shares):
            today = [share for share in week.shares if share.day == day]
            longest = max((len(share.rows) for share in today), default=0)
            turns += [
                (share.rows[at], share.caller, day) for at in range(longest) for share in today if at < len(share.rows)
            ]
        keys = lead_keys(self.view.batch, self.view.table, [row for row, _, _ in turns])
        planned = [
            Waiting(lead, caller, datetime.combine(day, time(), zone).astimezone(UTC))
            for lead, (_, caller, day) in zip(keys, turns, strict=True)
        ]
        return self.claims.enqueue(self.view.batch, planned, anew=True)

    def record(self, row: int, result: Result, *, caller: str) -> int:
        """Keep what came of a contact attempt with a lead of the batch, and return its id."""
        (lead,) = lead_keys(self.view.batch, self.view.table, [row])
        batch = self.view.batch
        return self.contacts.record(batch.schema_name, batch.id, lead, result, caller=caller)

    def today(self, caller: str, since: datetime) -> Today:
        """Return where a caller stands since a moment."""
        made = [one for one in self.contacts.of_batch(self.view.batch.id, since) if one.caller == caller]
        return Today(made, self.claims.count(self.view.batch, caller))
