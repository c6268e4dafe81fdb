"""Outcomes of calls: what contact attempts settle counts among a list's outcomes, as if it had come back in a file."""

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.batches.known_people import contacts_of
from leadscore_core.config import Settings
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.leads.contact_rows import ContactRows
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.standing import Standing


@needs(Action.BRING_OUTCOMES, Action.SEE_GROUPS)
def save_call_outcomes(batch: Batch, schema: LeadSchema, settings: Settings, *, by: str = "") -> int:
    """Bring a batch's outcomes up to what its contact attempts settle, and return how many leads changed.

    Who was won is a yes; lost, unreachable and who asked not to be called are a no. What an attempt settled that was
    taken back since is unknown again, unless a file says it. Where a file and a call disagree, the yes counts.

    Raises
    ------
    ConflictError
        If somebody else brought outcomes in the meantime.
    StorageError
        If they cannot be read or kept.
    """
    contacts = contacts_of(batch, LeadTable.by_schema(batch.scores_path, Standing(), schema), settings)
    store = OutcomeStore(settings)
    settled, before = _settled(contacts), store.said(batch).calls
    if settled == before:
        return 0
    store.settle(batch, settled, by=by)
    return len(dict(settled.items() ^ before.items()))


def _settled(contacts: ContactRows) -> dict[int, int]:
    """Return the outcome of each lead of which the attempts settle it, by position."""
    yes, no = contacts.settled()
    return dict.fromkeys(contacts.row[no].tolist(), 0) | dict.fromkeys(contacts.row[yes].tolist(), 1)
