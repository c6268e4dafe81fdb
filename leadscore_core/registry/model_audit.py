"""What is done with models, in the audit."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from leadscore_core.access.permissions import Action
from leadscore_core.config import Settings, load_settings

Noting = Callable[[str, str, Path], AbstractContextManager[None]]
_ACTIONS = {"promote": Action.PROMOTE, "rollback": Action.ROLL_BACK, "retire": Action.PROMOTE}


@contextmanager
def noting_model(
    action: Action, model_id: str, changed: Path, models_dir: Path, settings: Settings | None = None
) -> Iterator[None]:
    """Write down what the block does with a model of the settings' registry; of another registry nothing is written.

    Parameters
    ----------
    model_id
        Its name, and whatever else the audit says of it.
    changed
        The file or folder by which it is known whether it was done (see `in_audit`).

    Raises
    ------
    StorageError
        If the database cannot be used.
    """
    settings = settings or load_settings()
    if models_dir.resolve() != settings.models_dir:
        yield
        return
    from leadscore_core.storage.database.audit import AuditEvent  # slow to load, and not for scoring
    from leadscore_core.storage.database.audit_intents import in_audit

    with in_audit(settings, AuditEvent(action, f"model {model_id}"), changed):
        yield


def champion_noting(settings: Settings) -> Noting:
    """Return what writes changes of the champion down: it takes a change of the history, the model, and the file."""

    def note(change: str, model_id: str, changed: Path) -> AbstractContextManager[None]:
        about = f"{model_id} out of use" if change == "retire" else model_id
        return noting_model(_ACTIONS[change], about, changed, settings.models_dir, settings)

    return note


def not_noted(change: str, model_id: str, changed: Path) -> AbstractContextManager[None]:
    """Write nothing down."""
    return nullcontext()


def check_can_note(settings: Settings) -> None:
    """Raise if what is to be done could not be written down afterwards.

    Raises
    ------
    StorageError
        If the database cannot be used.
    """
    from leadscore_core.storage.database.engine import open_database

    open_database(settings)
