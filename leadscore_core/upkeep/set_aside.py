"""Set aside: what a restore would take the place of, in words, and a backup of it that lies beside the restored one."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import Settings
from leadscore_core.days import say_moment
from leadscore_core.errors import LeadScoreError, StorageError
from leadscore_core.progress import Progress
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.engine import aware, now, open_database
from leadscore_core.storage.database.tables import AuditRow, BatchRow, OutcomeRow
from leadscore_core.upkeep.backup import Manifest, write_backup

_SPARE_BYTES = 64 << 20


@dataclass(frozen=True)
class Kept:
    """What is kept here: how many lists, files of outcomes and models, and when something was changed last (UTC).

    ``fault`` is why the database cannot be read; nothing of it is known then.
    """

    lists: int = 0
    outcomes: int = 0
    models: int = 0
    newest: datetime | None = None
    fault: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether a restore takes the place of nothing."""
        return not (self.lists or self.outcomes or self.models or self.newest or self.fault)

    @property
    def words(self) -> str:
        """What a restore takes the place of.

        Examples
        --------
        >>> Kept(lists=2, models=1).words
        'Lists here: 2. Files of outcomes: 0. Models: 1.'
        """
        if self.fault:
            return f"The database here cannot be read: {self.fault} Models here: {self.models:,}."
        newest = "" if self.newest is None else f" The newest change was on {say_moment(self.newest)} UTC."
        return f"Lists here: {self.lists:,}. Files of outcomes: {self.outcomes:,}. Models: {self.models:,}.{newest}"


@needs(Action.BACK_UP)
def look_at_kept(settings: Settings) -> Kept:
    """Return what is kept here, as far as it can be read; nothing is written."""
    models = len(ModelRegistry(settings.models_dir).list_models())
    if not settings.has_database:
        return Kept(models=models)
    try:
        with open_database(settings).session() as session:
            lists, outcomes = (
                session.execute(select(func.count()).select_from(row)).scalar_one() for row in (BatchRow, OutcomeRow)
            )
            newest = session.execute(select(func.max(AuditRow.at))).scalar()
    except StorageError as error:
        return Kept(models=models, fault=str(error))
    return Kept(lists, outcomes, models, None if newest is None else aware(newest))


@needs(Action.BACK_UP)
def set_aside(
    settings: Settings, given: Path, manifest: Manifest, progress: Progress | None
) -> tuple[Path | None, str]:
    """Write a backup of what is kept here beside a backup that takes its place.

    Parameters
    ----------
    given
        The backup that is to be restored.
    manifest
        Its manifest, for the room that it needs besides.

    Returns
    -------
    path, problem
        Where it lies, or None and why there is none.
    """
    path = given.absolute().with_name(f"leadscore-before-restore-{now():%Y%m%d-%H%M%S-%f}.zip")
    here = sum(one.stat().st_size for root in (settings.data_dir, settings.models_dir) for one in _files(root))
    needed = here + 2 * sum(about.size for about in manifest.files.values()) + _SPARE_BYTES
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        return None, f"The disk of {path.parent} has {free / 1e6:,.0f} MB free, and {needed / 1e6:,.0f} MB are needed."
    try:
        write_backup(path, settings, progress=progress)
    except LeadScoreError as error:
        return None, str(error)
    return path, ""


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]
