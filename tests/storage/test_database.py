"""The database: tables up to date, errors in words, SQLite and PostgreSQL alike."""

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from leadscore_core.config import Settings
from leadscore_core.errors import StorageError
from leadscore_core.storage.database import engine as database_module
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.database.engine import Database, open_database
from leadscore_core.storage.database.tables import Base


def test_the_migrations_make_the_tables_that_the_code_expects(kept: Settings) -> None:
    with open_database(kept).engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_a_database_of_an_earlier_version_is_brought_up_with_its_rows(kept: Settings, version: str) -> None:
    database = open_database(kept)
    with database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO preference (kind, version, value, model_id, note, author, saved_at) "
                 "VALUES ('x', 1, '{}', '', '', 'Anna', '2026-01-01')")
        )  # fmt: skip
        config = Config()
        config.set_main_option("script_location", str(Path(str(database_module.__file__)).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.downgrade(config, version)
    again = Database(database.engine.url.render_as_string(hide_password=False))
    with again.engine.connect() as connection:
        assert connection.execute(text("SELECT author FROM preference")).scalar() == "Anna"
        assert connection.execute(text("SELECT count(*) FROM outcome")).scalar() == 0
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    again.close()


def test_opening_twice_at_once_migrates_once(kept: Settings) -> None:
    url = kept.database_url or f"sqlite:///{kept.data_dir / 'leadscore.db'}"
    opened, failed = [], []

    def work() -> None:
        try:
            opened.append(Database(url))
        except StorageError as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(opened) == 4
    with opened[0].engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    for database in opened:
        database.close()


def test_sqlite_writes_ahead(places: Path) -> None:
    settings = Settings()
    with open_database(settings).engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_newer_database_is_refused(kept: Settings) -> None:
    database = open_database(kept)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match=r"has version 9999; this LeadScore knows 0001"):
        Database(kept.database_url or str(database.engine.url))


def test_a_server_that_is_gone_is_said_without_the_password() -> None:
    with pytest.raises(StorageError, match="cannot be used") as result:
        Database("postgresql://anna:secret@127.0.0.1:1/leadscore")
    assert "secret" not in str(result.value)


def test_an_address_that_makes_no_sense_is_said() -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        Database("not an address")


def test_a_locked_database_is_said_and_nothing_is_changed(
    places: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(database_module, "_BUSY_SECONDS", 0.1)
    database = Database(f"sqlite:///{tmp_path / 'busy.db'}")
    other = sqlite3.connect(tmp_path / "busy.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    write = text("INSERT INTO preference (kind, version, value, model_id, note, author, saved_at) "
                 "VALUES ('x', 1, '{}', '', '', '', '2026-01-01')")  # fmt: skip
    with pytest.raises(StorageError, match="busy"), database.session() as session:
        session.execute(write)
    other.execute("ROLLBACK")
    other.close()
    with database.session() as session:
        assert session.execute(text("SELECT count(*) FROM preference")).scalar() == 0
    database.close()


def test_a_database_that_was_deleted_is_made_anew(places: Path) -> None:
    settings = Settings()
    assert BatchStore(settings).list_batches() == []
    for path in settings.data_dir.glob("leadscore.db*"):
        path.unlink()
    assert BatchStore(settings).list_batches() == []


def test_a_data_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be used"):
        Database(f"sqlite:///{tmp_path / 'file' / 'x.db'}")
