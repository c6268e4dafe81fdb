"""The database's pages: all of them read, which opening a large one does not do."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import DamagedError, LeadScoreError
from leadscore_core.storage.database.engine import open_database

_A_DAY = 24 * 3_600
_faults: dict[tuple[str, object], str] = {}


@dataclass(frozen=True)
class DatabaseCheck:
    """What was looked at, in words, and what is wrong, which is empty where nothing is."""

    words: str
    fault: str = ""


def check_database(settings: Settings) -> DatabaseCheck:
    """Read every page of a database that is a file; PostgreSQL checks its own where it was set up with checksums.

    A gigabyte takes some seconds; others read and write meanwhile.

    Raises
    ------
    StorageError
        If the database cannot be used for another reason than damage.
    """
    try:
        database = open_database(settings)
        if not database.is_sqlite:
            return DatabaseCheck(f"that {database.shown} answers; its pages are PostgreSQL's to check (data checksums)")
        database.check_every_page()
    except DamagedError as error:
        return DatabaseCheck("the database, which is damaged", str(error))
    size = Path(str(database.engine.url.database)).stat().st_size
    return DatabaseCheck(f"every page of the database ({max(1, round(size / 1e6)):,} MB)")


def check_daily(wait: Callable[[float], object] = time.sleep) -> NoReturn:
    """Check the database now and once a day, for as long as the process lives; for a thread of its own.

    Parameters
    ----------
    wait
        Takes seconds.
    """
    while True:
        with suppress(LeadScoreError, OSError):  # what each page says by itself
            settings = load_settings()
            if settings.has_database:
                _faults[_which(settings)] = check_database(settings).fault
        wait(_A_DAY)


def known_fault(settings: Settings) -> str:
    """Return what the last check of the database that is in use now found, in this process; empty where nothing."""
    with suppress(LeadScoreError):
        return _faults.get(_which(settings), "")
    return ""


def _which(settings: Settings) -> tuple[str, object]:
    database = open_database(settings)
    return database.shown, database.file_id
