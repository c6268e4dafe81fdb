"""A swap: the content of directories is exchanged for what was made ready beside it, and goes on after a crash.

What was made ready lies in a hidden folder of each directory, since a directory may be a disk of its own. The journal
in the data directory is the moment of decision: before it nothing was touched, after it the swap is carried out, if
need be by the next command or server that starts.
"""

import shutil
import uuid
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, Field

from leadscore_core._files import move_path, write_text
from leadscore_core.config import RESTORE_JOURNAL, RESTORE_NEW, RESTORE_OLD, Settings
from leadscore_core.upkeep.settings_file import write_own

LOCK = ".restore.lock"
NEW_SETTINGS, OLD_SETTINGS = f"{RESTORE_NEW}-settings", f"{RESTORE_OLD}-settings"


class Journal(BaseModel):
    """A swap that was decided: the names that come into each directory, those that stay, and whether the audit does.

    By its key the audit knows a swap that was carried out and whose journal a crash has left. ``settings`` is the
    settings file if that is exchanged, too.
    """

    key: str = Field(default_factory=lambda: uuid.uuid4().hex[:12])
    names: dict[str, list[str]]
    stay: dict[str, list[str]]
    keep_audit: bool = True
    new_database_file: str = ""
    settings: str = ""


def swap_lock(settings: Settings) -> FileLock:
    """Return the lock of whoever restores; the system gives it back if the process is killed."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return FileLock(settings.data_dir / LOCK)


def places(settings: Settings) -> dict[str, Path]:
    """Return the directories whose content is exchanged, by their names in a backup."""
    return {"data": settings.data_dir, "models": settings.models_dir}


def decide(settings: Settings, journal: Journal) -> None:
    """Write the journal: from here on the swap is carried out."""
    write_text(settings.data_dir / RESTORE_JOURNAL, journal.model_dump_json())


def read_journal(settings: Settings) -> Journal | None:
    """Return the swap that was decided and is not done, or None."""
    path = settings.data_dir / RESTORE_JOURNAL
    return Journal.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else None


def swap_in(settings: Settings, journal: Journal) -> None:
    """Put the new content in its place and the old one aside; what was done before a crash is not done again."""
    for place, root in places(settings).items():
        new, old, names = root / RESTORE_NEW, root / RESTORE_OLD, journal.names[place]
        old.mkdir(exist_ok=True)
        for path in _content(root, journal.stay[place]):
            if path.name not in names:
                move_path(path, old / path.name)
        for name in names:
            if (new / name).exists():
                if (root / name).exists() and not (old / name).exists():
                    move_path(root / name, old / name)
                move_path(new / name, root / name)
    if journal.settings:
        write_own(Path(journal.settings), (settings.data_dir / NEW_SETTINGS).read_text(encoding="utf-8"))


def swap_back(settings: Settings, journal: Journal) -> None:
    """Put everything back as it was before `swap_in`."""
    for place, root in places(settings).items():
        new, old = root / RESTORE_NEW, root / RESTORE_OLD
        for name in journal.names[place]:
            if not (new / name).exists() and (root / name).exists():
                move_path(root / name, new / name)
        for path in list(old.iterdir()) if old.is_dir() else []:
            move_path(path, root / path.name)
    if journal.settings and (settings.data_dir / OLD_SETTINGS).is_file():
        write_own(Path(journal.settings), (settings.data_dir / OLD_SETTINGS).read_text(encoding="utf-8"))
    elif journal.settings:
        Path(journal.settings).unlink(missing_ok=True)


def finish(settings: Settings) -> None:
    """Forget a swap that is done, with what was there before it."""
    (settings.data_dir / RESTORE_JOURNAL).unlink(missing_ok=True)
    clear(settings)


def clear(settings: Settings) -> None:
    """Remove what was made ready or put aside, where no swap was decided."""
    for name in (NEW_SETTINGS, OLD_SETTINGS):
        (settings.data_dir / name).unlink(missing_ok=True)
    for root in reversed(places(settings).values()):  # that of the data, by which this is known, last
        for name in (RESTORE_NEW, RESTORE_OLD):
            shutil.rmtree(root / name, ignore_errors=True)


def _content(root: Path, stay: list[str]) -> list[Path]:
    return [path for path in root.iterdir() if not path.name.startswith(".") and path.name not in stay]
