"""What a killed process left: carried to its end before anything else is done."""

from leadscore_core.config import Settings
from leadscore_core.storage.database.audit_intents import settle_intents
from leadscore_core.upkeep.restore import finish_restore


def finish_interrupted(settings: Settings) -> None:
    """Carry a restore to its end that was decided, and write down what was done and is not in the audit yet.

    Raises
    ------
    LeadScoreError
        If the restore cannot be carried out; all is as before it then.
    """
    finish_restore(settings)
    settle_intents(settings)
