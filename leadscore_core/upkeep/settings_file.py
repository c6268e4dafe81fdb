"""The settings file in a backup: put back where it serves the same places, and laid beside otherwise."""

import os
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from leadscore_core._files import write_text
from leadscore_core.config import PROJECT_ROOT, Settings, settings_file

SETTINGS = "settings/leadscore.toml"
LAID_BESIDE = "leadscore.toml.restored"
_PLACES = ("data_dir", "models_dir", "database_url")


class SettingsFate(StrEnum):
    """What becomes of the settings of a backup; each value reads after "The settings of the backup"."""

    NONE = "are not in it"
    SAME = "are those that are here"
    PUT_BACK = "are put back"
    OTHER_PLACES = "name other directories or another database than are used here"
    UNUSABLE = "cannot be used by this version"
    NOT_WRITABLE = "cannot be put back, as their place may not be written"

    @property
    def is_beside(self) -> bool:
        """Whether a person is to look at them, as they lie beside what was restored."""
        return self in {SettingsFate.OTHER_PLACES, SettingsFate.UNUSABLE, SettingsFate.NOT_WRITABLE}


def settings_fate(content: str, settings: Settings) -> SettingsFate:
    """Decide what becomes of the settings of a backup here.

    They are put back only where LeadScore finds by them what was restored: a file of another machine may name other
    directories, or a setting that this version does not have.

    Parameters
    ----------
    content
        The file as it was, in TOML.
    """
    try:
        given = tomllib.loads(content)
        if given == _present():
            return SettingsFate.SAME
        Settings(**given)
    except (ValidationError, ValueError):
        return SettingsFate.UNUSABLE
    if any(_place(given, name) != _used(settings, name) for name in _PLACES if not _is_set_outside(name)):
        return SettingsFate.OTHER_PLACES
    may_write = os.access(settings_file().parent, os.W_OK | os.X_OK)
    return SettingsFate.PUT_BACK if may_write else SettingsFate.NOT_WRITABLE


def write_own(path: Path, text: str) -> None:
    """Write a settings file, which may hold passwords: one that is new is its owner's alone to read.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path.touch(0o600, exist_ok=True)
    write_text(path, text)


def _present() -> dict[str, Any] | None:
    path = settings_file()
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _is_set_outside(name: str) -> bool:
    return any(variable.upper() == f"LEADSCORE_{name.upper()}" for variable in os.environ)


def _place(given: dict[str, Any], name: str) -> object:
    value = given.get(name, Settings.model_fields[name].default)
    return (PROJECT_ROOT / value).resolve() if name.endswith("_dir") else value


def _used(settings: Settings, name: str) -> object:
    value: object = getattr(settings, name)
    return value
