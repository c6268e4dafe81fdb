"""The database: where it is, that its tables are up to date, and its errors in words."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.orm import Session

from leadscore_core.config import SQLITE_FILE, Settings
from leadscore_core.errors import DamagedError, StorageError
from leadscore_core.storage.database.sqlite_check import check_pages, check_some_rows
from leadscore_core.storage.database.tables import HEAD

_BUSY_SECONDS = 10
_PATIENCE_SECONDS = 60
_MIGRATION_LOCK = 7_265_309
CLOCK_PUT_BACK = timedelta(days=1)  # what lies further ahead was kept by a clock that was wrong
MOST_CHECKED = 64_000_000  # bytes at the start; 100 MB take half a second
_BUSY, _FULL, _READ_ONLY, _DAMAGED = "busy", "full", "read-only", "damaged"
_SQLITE_FAULTS = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
_POSTGRESQL_FAULTS = {"53100": _FULL, "25006": _READ_ONLY, "55P03": _BUSY}  # SQLSTATE
_NETWORK = {  # a cut network is noticed within half a minute, instead of the hours that TCP would wait
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
_opened: dict[str, Database] = {}
_opening = threading.Lock()


class _DamagedPagesError(sqlite3.DatabaseError):
    """What `PRAGMA quick_check` found, as SQLite itself says it of a page that it reads."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _fault_of(error: BaseException) -> str:
    """Return which fault of those that a person can mend a driver's error is, by its code; empty for any other."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE_FAULTS.get(code & 0xFF, "")  # the rest of an extended code says where
    return _POSTGRESQL_FAULTS.get(getattr(error, "sqlstate", None) or "", "")


def is_damage(error: BaseException) -> bool:
    """Tell whether an error of SQLite says that its file is damaged."""
    return _fault_of(error) == _DAMAGED


class Database:
    """Sessions on one database whose tables are up to date.

    Parameters
    ----------
    url
        As SQLAlchemy takes it; ``postgresql://`` uses psycopg.

    Raises
    ------
    StorageError
        If it cannot be reached, or was written by a newer LeadScore.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise StorageError(
                "The database URL cannot be read. Expected for instance postgresql://user:password@host/leadscore in "
                "LEADSCORE_DATABASE_URL, or nothing at all for a SQLite file."
            ) from error
        if parsed.drivername in {"postgres", "postgresql"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.shown = parsed.render_as_string(hide_password=True)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._turn = threading.Lock()  # threads of one process take turns, where SQLite would let the unlucky starve
        self._here = threading.local()  # the session of the change that this thread is making
        try:
            if self.is_sqlite and parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            patience: dict[str, Any] = {"timeout": _BUSY_SECONDS} if self.is_sqlite else _NETWORK
            self.engine: Engine = create_engine(parsed, pool_pre_ping=not self.is_sqlite, connect_args=patience)
        except (NoSuchModuleError, ModuleNotFoundError, OSError) as error:
            raise self._unreachable(error) from error
        if self.is_sqlite:
            event.listen(self.engine, "connect", _set_pragmas)
        try:
            with self.in_words():
                self._bring_up_to_date()
                self._check_at_start()
            self.file_id = _file_id(parsed.database) if self.is_sqlite else None
        except StorageError:
            self.close()
            raise

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session that is committed at the end, or rolled back if anything was raised.

        Raises
        ------
        StorageError
            If the database is gone, locked or full. An `IntegrityError` is left to the caller, who knows what it means.
        """
        joined: Session | None = getattr(self._here, "session", None)
        if joined is not None:
            yield joined
            joined.flush()
            joined.expunge_all()  # who comes next reads anew, as from a session of its own
            return
        with self.in_words(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def one_change(self) -> Iterator[None]:
        """Make one change of all that this thread keeps in the block, through whatever store: all of it or nothing.

        Raises
        ------
        StorageError
            As `session` does.
        """
        with self.writing() as session:
            if getattr(self._here, "session", None) is session:
                yield
                return
            self._here.session = session
            try:
                yield
            finally:
                del self._here.session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session as `session` does, which on SQLite alone writes from its first word on.

        A session of SQLite that reads first and writes then is refused where somebody else wrote in between. Of many
        processes that write at once SQLite lets some starve, so these go on asking for a while.
        """
        is_joined = getattr(self._here, "session", None) is not None
        takes_turns = self.is_sqlite and not is_joined
        with self._turn if takes_turns else nullcontext(), self.session() as session:
            if takes_turns:
                self._begin_to_write(session)
            yield session

    def _begin_to_write(self, session: Session) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                session.execute(text("BEGIN IMMEDIATE"))
            except OperationalError as error:
                is_busy = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() > deadline:
                    raise
            else:
                return

    def clear_leftovers(self) -> None:
        """Bring what was deleted out of the journal of SQLite as well; PostgreSQL does so by itself (autovacuum)."""
        if self.is_sqlite:
            with self.in_words(), self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Say in words what the database says in a block; an `IntegrityError` is left to the caller."""
        try:
            yield
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> StorageError:
        original = getattr(error, "orig", None) or error
        reason, fault = str(original).splitlines()[0], _fault_of(original)
        if fault == _BUSY:
            return StorageError(
                f"The database {self.shown} is busy: another program has held it for more than {_BUSY_SECONDS} "
                "seconds. Nothing was changed. Try again."
            )
        if fault == _FULL:
            return StorageError(f"The disk of {self.shown} is full. Nothing was changed. Make room and try again.")
        if fault == _READ_ONLY:
            return StorageError(
                f"The database {self.shown} may not be written. Nothing was changed. Give write access to the file and "
                "its folder, then try again."
            )
        if fault == _DAMAGED:
            return DamagedError(
                f"The database {self.shown} is damaged ({reason}). Nothing was changed. Put back the last backup with "
                "leadscore restore FILE; the damaged file then stays beside it. Without a backup, move the file away: "
                "LeadScore begins a new one, and the lists have to be scored again."
            )
        if self.is_sqlite:
            return StorageError(
                f"The database {self.shown} cannot be used ({reason}). Nothing was changed. Check that its folder is "
                "there and may be written."
            )
        return StorageError(
            f"The database {self.shown} cannot be used ({reason}). Nothing was changed. Check that it is running and "
            "that LEADSCORE_DATABASE_URL is right."
        )

    def check_every_page(self) -> None:
        """Read every page of a file of SQLite.

        Raises
        ------
        DamagedError
            If one is damaged.
        """
        with self.in_words(), self.engine.connect() as connection:
            found = check_pages(connection)
            if found:
                raise DatabaseError("PRAGMA quick_check", None, _DamagedPagesError(f"malformed: {found}"))

    def _check_at_start(self) -> None:
        """Look through a file of SQLite, so that damage is said at the start and not in the midst of work.

        Of a large one only some rows are read: `leadscore health`, a backup, and the dashboard once a day read all.
        """
        if not self.is_sqlite:
            return
        if (file_size(self.engine.url.database) or 0) <= MOST_CHECKED:
            self.check_every_page()
            return
        with self.engine.connect() as connection:
            check_some_rows(connection)

    def _bring_up_to_date(self) -> None:
        with self.engine.connect() as connection:
            if _version(connection) == HEAD:
                return
        from alembic import command  # slow to load, and needed once for each new version
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        with self.engine.begin() as connection:
            if self.is_sqlite:
                connection.execute(text("BEGIN IMMEDIATE"))
            else:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            present = _version(connection)
            known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
            if present is not None and present not in known:
                raise StorageError(
                    f"The database {self.shown} has version {present}; this LeadScore knows {', '.join(sorted(known))}."
                    " Update LeadScore, or choose another database."
                )
            if present != HEAD:
                config.attributes["connection"] = connection
                command.upgrade(config, HEAD)


def open_database(settings: Settings) -> Database:
    """Return the database of the settings, opened once for each address.

    Raises
    ------
    StorageError
        If it cannot be used.
    """
    url = settings.database_url or f"sqlite:///{settings.data_dir / SQLITE_FILE}"
    with _opening:
        known = _opened.get(url)
        if known is None or (known.is_sqlite and known.file_id != _file_id(known.engine.url.database)):
            if known is not None:
                known.close()
            _opened[url] = known = Database(url)
        return known


def close_databases() -> None:
    """Close what was opened; it is opened again when it is asked for."""
    with _opening:
        while _opened:
            _opened.popitem()[1].close()


def file_size(path: str | None) -> int | None:
    """Return the bytes of a file, or None if there is none."""
    try:
        return Path(path or "").stat().st_size
    except OSError:
        return None


def _file_id(path: str | None) -> tuple[int, int] | None:
    """Return what tells a file from another that took its place; None if there is none."""
    try:
        found = Path(path or "").stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def now() -> datetime:
    """Return the time in UTC, to the second, as every database keeps it."""
    return datetime.now(UTC).replace(microsecond=0)


def after(newest: datetime | None) -> datetime:
    """Return the time in UTC, later than what was kept last, also where the clock was put back by up to a day since.

    Examples
    --------
    >>> ahead = now() + timedelta(hours=1)
    >>> after(ahead) > ahead
    True
    """
    moment = now()
    if newest is not None and moment < aware(newest) <= moment + CLOCK_PUT_BACK:
        return aware(newest) + timedelta(seconds=1)
    return moment


def aware(moment: datetime) -> datetime:
    """Return a moment from the database with its time zone, which SQLite forgets.

    Examples
    --------
    >>> aware(datetime(2026, 5, 1)).isoformat()
    '2026-05-01T00:00:00+00:00'
    """
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _set_pragmas(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:  # while another opens the same new file, SQLite does not wait
            if _fault_of(error) != _BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA secure_delete=ON")  # what was deleted is not left in the file
    cursor.close()
