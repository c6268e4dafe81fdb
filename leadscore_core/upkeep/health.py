"""Health: what is wrong with what is kept, and what to do about it, before somebody stumbles over it."""

import os
import shutil
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import LeadScoreError, RegistryError, StorageError
from leadscore_core.registry.registry import METADATA, PICKLE, ModelRegistry
from leadscore_core.storage.contact_key import key_fault
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.database.engine import now
from leadscore_core.upkeep.database_check import known_fault
from leadscore_core.upkeep.webhook_setting import webhook_fault

_LEAST_FREE_BYTES = 200_000_000
_CLOCK = timedelta(days=1)
_BACKUP = "put back a backup with leadscore restore FILE"
_MOST_NAMED = 5


def find_faults(settings: Settings | None = None) -> list[str]:
    """Return what is wrong, each with what to do, in sentences; nothing where all is well.

    Looked at are the folders, the room on their disks, the model in use of each schema, the webhook's settings, the
    files of each list, the clock, and whether the key of contacts is that of the database. What a list or a model holds
    is checked when it is opened.
    """
    settings = settings or load_settings()
    faults = [*_folder_faults(settings), *_champion_faults(ModelRegistry(settings.models_dir))]
    faults += filter(None, [webhook_fault(settings.monitor)])
    with suppress(StorageError):  # of the database each page says what is wrong
        faults += [*_batch_faults(settings), *filter(None, [key_fault(settings), known_fault(settings)])]
    return faults


def damaged_models(registry: ModelRegistry) -> dict[str, str]:
    """Return the models whose metadata cannot be read or whose pickle is gone, and what is wrong with each."""
    found = {}
    for folder in sorted(registry.root.iterdir()) if registry.root.is_dir() else ():
        is_model = (folder / PICKLE).is_file() or (folder / METADATA).is_file()
        if folder.is_dir() and not folder.name.startswith(".") and is_model:
            try:
                registry.read_metadata(folder.name)
            except RegistryError as error:
                found[folder.name] = str(error)
            else:
                if not (folder / PICKLE).is_file():
                    found[folder.name] = f"Model {folder.name} has no {PICKLE} any more."
    return found


def _folder_faults(settings: Settings) -> list[str]:
    faults = []
    for root, what in ((settings.data_dir, "Lists and decisions"), (settings.models_dir, "Models")):
        there = next(folder for folder in (root, *root.parents) if folder.exists())
        if root.exists() and not root.is_dir():
            faults.append(f"{root} is a file, and a folder was expected. Move it away.")
        elif not os.access(there, os.W_OK | os.X_OK) or _is_read_only(there):
            faults.append(f"{what} cannot be kept: {there} may not be written. Give write access to it.")
        elif shutil.disk_usage(there).free < _LEAST_FREE_BYTES:
            free = shutil.disk_usage(there).free / 1e6
            faults.append(f"The disk of {root} is nearly full: {free:,.0f} MB are left. Make room.")
    return faults


def _is_read_only(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _champion_faults(registry: ModelRegistry) -> list[str]:
    faults = []
    damaged = damaged_models(registry)
    for model_id in registry.champions.values():
        if not model_id.isprintable():
            faults.append(
                f"The file champion in {registry.root} names no model. Put one to use with leadscore models promote ID."
            )
            continue
        try:
            registry.read_metadata(model_id)
            words = damaged.get(model_id, "")
        except LeadScoreError as error:
            words = str(error) if (registry.root / model_id).is_dir() else f"Its folder is gone from {registry.root}."
        if words:
            faults.append(
                f"The model in use, {model_id}, cannot be used. {words} To go on, {_BACKUP}, roll back with leadscore "
                "models rollback, or train and promote another model."
            )
    last = next(iter(registry.history()), None)
    if registry.champion_id is None and last is not None and last["action"] != "retire":
        faults.append(
            f"No model is in use, though {last['model_id']} was put to use: the file champion in {registry.root} is "
            f"gone or empty. Put the model to use again with leadscore models promote {last['model_id']}."
        )
    return faults


def _batch_faults(settings: Settings) -> list[str]:
    batches = BatchStore(settings).list_batches()
    gone = [batch.name for batch in batches if not (batch.leads_path.is_file() and batch.scores_path.is_file())]
    faults = []
    if gone:
        more = f" and {len(gone) - _MOST_NAMED} more" if len(gone) > _MOST_NAMED else ""
        faults.append(
            f"Files of {', '.join(gone[:_MOST_NAMED])}{more} are gone from {settings.data_dir}. To have them again, "
            f"{_BACKUP}, or upload the list again."
        )
    if batches and batches[0].created_at > now() + _CLOCK:
        faults.append(
            f"The clock of this machine is behind: {batches[0].name} was kept on {batches[0].created_at:%d %b %Y}, "
            f"and today would be {now():%d %b %Y}. Set the clock; until then new lists stand below older ones."
        )
    return faults
