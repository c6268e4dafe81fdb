"""A copy of the database in one SQLite file, whichever database it is, and the way back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, create_engine, delete, func, insert, select, text

from leadscore_core.access.permissions import Action
from leadscore_core.config import SQLITE_FILE, Settings
from leadscore_core.errors import StorageError
from leadscore_core.storage.database.audit import AuditEvent, append_audit
from leadscore_core.storage.database.audit_intents import is_written
from leadscore_core.storage.database.engine import Database, is_damage, open_database
from leadscore_core.storage.database.tables import AuditRow, Base

_ROWS = 2_000
_BUSY_SECONDS = 60.0


def copy_database(settings: Settings, out: Path) -> dict[str, int]:
    """Write the database as it is at one moment into a SQLite file, and return how many rows each table has.

    Others go on reading and writing meanwhile: SQLite's own way of copying is used for SQLite, and one snapshot
    (REPEATABLE READ) for PostgreSQL.

    Raises
    ------
    StorageError
        If it cannot be read.
    """
    database = open_database(settings)
    if database.is_sqlite:
        copy_sqlite(Path(str(database.engine.url.database)), out)
    else:
        with database.in_words(), _new_file(out) as target:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            with database.engine.connect().execution_options(**options) as source, source.begin():
                for table in Base.metadata.sorted_tables:
                    _copy_rows(source, target, table)
    with closing(sqlite3.connect(out)) as copied:
        names = [table.name for table in Base.metadata.sorted_tables]
        return {name: int(copied.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in names}  # noqa: S608  # our own names


def copy_sqlite(path: Path, out: Path) -> None:
    """Copy a SQLite file while others may write to it.

    Raises
    ------
    StorageError
        If it is damaged.
    """
    try:
        with (
            closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_BUSY_SECONDS)) as source,
            closing(sqlite3.connect(out)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
            faults = [row[0] for row in target.execute("PRAGMA quick_check(3)")]
    except sqlite3.Error as error:
        reason = "is damaged" if is_damage(error) else "cannot be copied"
        raise StorageError(f"{path} {reason} ({error}), so it was not copied.") from error
    if faults != ["ok"]:
        raise StorageError(f"{path} is damaged ({faults[0].splitlines()[-1]}), so it was not copied.")


def check_copy(path: Path, rows: dict[str, int]) -> None:
    """Bring a copy to the tables of this version, and check that it is whole.

    Raises
    ------
    StorageError
        If it is of a newer version, damaged, or does not hold as many rows as it should.
    """
    database = Database(f"sqlite:///{path}")
    try:
        with database.engine.connect() as connection:
            connection.execute(text("PRAGMA journal_mode=DELETE"))
            for table in Base.metadata.sorted_tables:
                found = connection.execute(select(func.count()).select_from(table)).scalar_one()
                named = rows.get(table.name, found)
                if found != named:
                    raise StorageError(f"Its table {table.name} has {found:,} rows and should have {named:,}.")
    finally:
        database.close()


def continues_audit(settings: Settings, copy: Path) -> bool:
    """Tell whether the audit that is kept now begins with that of a copy, so that none of it needs to be taken back."""
    with closing(sqlite3.connect(copy)) as copied:
        last = copied.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    if last is None:
        return True
    with open_database(settings).session() as session:
        return session.execute(select(AuditRow.hash).where(AuditRow.number == last[0])).scalar() == last[1]


@contextmanager
def loading(settings: Settings, copy: Path, *, keep_audit: bool, key: str) -> Iterator[None]:
    """Put a copy's rows in the place of all rows, in one transaction that ends with the block; nobody writes meanwhile.

    Parameters
    ----------
    keep_audit
        Whether the audit stays as it is.
    key
        Of the restore, which is written down once, however often a crash lets it begin.

    Raises
    ------
    StorageError
        If the database cannot be written; it is unchanged then.
    """
    database = open_database(settings)
    source_engine = create_engine(f"sqlite:///{copy}")
    left_out = {AuditRow.__tablename__} if keep_audit else set()
    tables = [table for table in Base.metadata.sorted_tables if table.name not in left_out]
    try:
        with database.writing() as session, source_engine.connect() as source:
            target = session.connection()
            if not database.is_sqlite:
                names = ", ".join(f'"{table.name}"' for table in tables)
                target.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
            with _may_change_audit(target, database) if not keep_audit else nullcontext():
                for table in reversed(tables):
                    target.execute(delete(table))
                for table in tables:
                    _copy_rows(source, target, table)
                    if not database.is_sqlite:
                        _count_on(target, table)
            yield
            if not is_written(session, Action.BACK_UP, key):
                details = {"audit": keep_audit, "change": key}
                append_audit(session, settings, AuditEvent(Action.BACK_UP, "restored", details=details))
    finally:
        source_engine.dispose()


def note_restored(settings: Settings, key: str) -> None:
    """Write down that a backup took the place of a database that could not be used, once for the restore's key."""
    with open_database(settings).writing() as session:
        if not is_written(session, Action.BACK_UP, key):
            append_audit(session, settings, AuditEvent(Action.BACK_UP, "restored", details={"change": key}))


def sqlite_path(settings: Settings) -> Path | None:
    """Return the file of the database, or None where it is no file."""
    if settings.database_url is None:
        return settings.data_dir / SQLITE_FILE
    if settings.database_url.startswith("sqlite"):
        return Path(settings.database_url.partition(":///")[2])
    return None


@contextmanager
def _may_change_audit(target: Connection, database: Database) -> Iterator[None]:
    """Put the triggers aside that keep the audit as it is, within the transaction."""
    if not database.is_sqlite:
        target.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_no_change"))
        yield
        target.execute(text("ALTER TABLE audit ENABLE TRIGGER audit_no_change"))
        return
    named = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'")
    triggers = list(target.execute(named))
    for name, _ in triggers:
        target.execute(text(f'DROP TRIGGER "{name}"'))
    yield
    for _, made_by in triggers:
        target.exec_driver_sql(made_by)


@contextmanager
def _new_file(out: Path) -> Iterator[Connection]:
    made = Database(f"sqlite:///{out}")
    try:
        with made.in_words(), made.engine.begin() as connection:
            yield connection
        with made.engine.connect() as connection:
            connection.execute(text("PRAGMA journal_mode=DELETE"))
    finally:
        made.close()


def _copy_rows(source: Connection, target: Connection, table: Table) -> None:
    with source.execution_options(yield_per=_ROWS).execute(select(table)) as rows:
        for block in rows.mappings().partitions(_ROWS):
            target.execute(insert(table), [{name: _moment(value) for name, value in row.items()} for row in block])


def _moment(value: Any) -> Any:
    """Return a moment in UTC with its zone, which SQLite forgets and PostgreSQL gives in that of its session."""
    if not isinstance(value, datetime):
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _count_on(target: Connection, table: Table) -> None:
    """Let a table's numbers go on after those that were put in."""
    key = next(iter(table.primary_key.columns))
    if key.autoincrement is not True:
        return
    named = {"table": f'"{table.name}"', "key": key.name}
    sequence = target.execute(text("SELECT pg_get_serial_sequence(:table, :key)"), named).scalar()
    last = target.execute(select(func.max(key))).scalar()
    target.execute(text("SELECT setval(:s, :n, :used)"), {"s": sequence, "n": last or 1, "used": last is not None})
