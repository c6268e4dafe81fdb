"""Queue: a batch's calls in their order, handed to callers one lead at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from leadscore_core.batches.known_people import lead_keys
from leadscore_core.batches.view import BatchView
from leadscore_core.config import Settings
from leadscore_core.errors import StorageError
from leadscore_core.storage.database.claims import Claim, ClaimStore, QueueCount
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

    def claim(self, caller: str) -> Claim | None:
        """Give a caller the next lead, or None when nobody is to be called now.

        The queue is filled from the call list where it has run dry.

        Raises
        ------
        StorageError
            If no caller is named, or the database cannot be used.
        """
        if not caller.strip():
            raise StorageError("A caller needs a name, so that no lead is called by two. Say who you are.")
        claim = self.claims.claim_next(self.view.batch, caller)
        if claim is None and self.fill():
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
                self.view.batch, [(lead, "") for lead in keys], first_place=len(present) + start
            )
            if added:
                break
        return added

    def plan(self, leads: Mapping[str, Sequence[int]]) -> int:
        """Put leads into the queue, each for its caller, and return how many were new in it.

        Parameters
        ----------
        leads
            Caller -> positions in the batch, in the order of the calls.
        """
        first = len(self.claims.rows(self.view.batch))
        longest = max(map(len, leads.values()), default=0)
        turns = [(caller, rows[at]) for at in range(longest) for caller, rows in leads.items() if at < len(rows)]
        keys = lead_keys(self.view.batch, self.view.table, [row for _, row in turns])
        planned = [(lead, caller) for lead, (caller, _) in zip(keys, turns, strict=True)]
        return self.claims.enqueue(self.view.batch, planned, first_place=first)

    def record(self, row: int, result: Result, *, caller: str) -> int:
        """Keep what came of a contact attempt with a lead of the batch, and return its id."""
        (lead,) = lead_keys(self.view.batch, self.view.table, [row])
        batch = self.view.batch
        return self.contacts.record(batch.schema_name, batch.id, lead, result, caller=caller)

    def today(self, caller: str, since: datetime) -> Today:
        """Return where a caller stands since a moment."""
        made = [one for one in self.contacts.of_batch(self.view.batch.id, since) if one.caller == caller]
        return Today(made, self.claims.count(self.view.batch, caller))
