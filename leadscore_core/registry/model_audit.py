"""What is done with models, in the audit."""

from pathlib import Path

from leadscore_core.access.permissions import Action
from leadscore_core.config import Settings, load_settings


def note_model(action: Action, model_id: str, models_dir: Path, settings: Settings | None = None) -> None:
    """Write down what was done with a model of the settings' registry; of another registry nothing is written down.

    Raises
    ------
    StorageError
        If the database cannot be used.
    """
    from leadscore_core.storage.database.audit import AuditEvent, record_audit  # slow to load, and not for scoring

    settings = settings or load_settings()
    if models_dir.resolve() == settings.models_dir:
        record_audit(settings, AuditEvent(action, f"model {model_id}"))


def check_can_note(settings: Settings) -> None:
    """Raise if what is to be done could not be written down afterwards.

    Raises
    ------
    StorageError
        If the database cannot be used.
    """
    from leadscore_core.storage.database.engine import open_database

    open_database(settings)
