"""What lies on the disk is damaged or gone: the app starts and says what is wrong and what to do, so do commands."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from leadscore_core.config import Settings, load_settings
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import DamagedError
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.engine import Database, close_databases, open_database
from leadscore_core.storage.database.tables import BatchRow
from leadscore_core.upkeep import health
from leadscore_core.upkeep.database_check import check_daily
from leadscore_core.upkeep.health import find_faults
from tests.paths import ROOT

Run = Callable[..., tuple[int, str, str]]
LEAF = 0x0D  # the first byte of a page that holds rows


@pytest.fixture
def kept_here(registry: ModelRegistry, batch: Batch) -> Settings:
    """A list and a model in use, in directories of their own."""
    return load_settings()


def said_on(page: str) -> str:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page(page).run()
    assert not app.exception
    words = " ".join(str(shown.value) for shown in [*app.error, *app.warning])
    return words.replace("\\", "")


def half_metadata(settings: Settings, model_id: str) -> None:
    path = settings.models_dir / model_id / "metadata.json"
    path.write_text(path.read_text(encoding="utf-8")[:300], encoding="utf-8")


def champion_gone(settings: Settings, model_id: str) -> None:
    shutil.rmtree(settings.models_dir / model_id)


def champion_file_empty(settings: Settings, model_id: str) -> None:
    (settings.models_dir / "champion").write_text("", encoding="utf-8")


def champion_file_of_bytes(settings: Settings, model_id: str) -> None:
    (settings.models_dir / "champion").write_bytes(b"\xff\xfe\x00")
    (settings.models_dir / "champion_history.jsonl").write_bytes(b"\xff\xfe\x00")


def database_page(settings: Settings, model_id: str) -> None:
    close_databases()
    path = settings.data_dir / "leadscore.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[5 * 4096 : 6 * 4096] = b"\xde" * 4096
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (half_metadata, "has damaged metadata"),
        (champion_gone, "There is no model"),
        (champion_file_empty, "There is no champion"),
        (champion_file_of_bytes, "is not the name of a model"),
        (database_page, "is damaged (malformed"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_command_and_the_pages_say_what_is_wrong_and_what_to_do(
    run: Run, kept_here: Settings, registry: ModelRegistry, new_list: Path, damage: Callable, words: str, tmp_path: Path
) -> None:
    damage(kept_here, registry.champion_id)
    code, _, error = run("score", new_list, "-o", tmp_path / "out.csv")
    assert code == 2
    assert words in error
    assert error.count("Error:") == 1
    assert run("models", "list")[0] == 0
    shown = said_on("pages/leads/page.py")
    assert "leadscore restore FILE" in shown or "leadscore models promote" in shown


def test_a_list_whose_files_are_gone_or_damaged_is_named(kept_here: Settings, batch: Batch) -> None:
    content = batch.scores_path.read_bytes()
    batch.scores_path.write_bytes(content[:1_000])
    assert "scores-0001.parquet is damaged" in said_on("pages/leads/page.py")
    batch.leads_path.unlink()
    (fault,) = find_faults(kept_here)
    assert fault.startswith("Files of Monday are gone")
    assert "leadscore restore FILE" in fault


def test_outcomes_of_a_list_that_is_damaged_say_so(
    run: Run, kept_here: Settings, batch: Batch, sample: SampleLeads, tmp_path: Path
) -> None:
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False).head(4)
    yes_or_no = pd.DataFrame({"Email": some["email"], "Converted": ["Yes", "No"] * 2})
    yes_or_no.to_csv(tmp_path / "crm.csv", index=False)
    calls = pd.DataFrame({"Email": some["email"], "Result": ["no answer", "busy"] * 2})
    calls.to_csv(tmp_path / "calls.csv", index=False)
    content = batch.scores_path.read_bytes()
    batch.scores_path.write_bytes(content[:1_000])
    for name in ("crm.csv", "calls.csv"):
        code, _, error = run("outcomes", tmp_path / name)
        assert code == 2
        assert "Monday could not be looked at, as files are gone or damaged" in error
        assert "scored" not in error
    code, _, error = run("forget", "--email", some["email"].iloc[0])
    assert code == 2
    assert "Monday is gone or damaged" in error
    batch.scores_path.unlink()
    code, said, error = run("forget", "--email", some["email"].iloc[0])
    assert (code, said) == (2, ""), "the list's own file still holds the person"
    assert "Monday is gone or damaged" in error
    batch.scores_path.write_bytes(content)
    assert run("outcomes", tmp_path / "crm.csv")[0] == 0
    (batch.folder / "outcomes-0001.parquet").write_bytes(b"damaged")
    code, _, error = run("drift", "--batch", "Monday")
    assert code == 2
    assert "The outcomes of Monday cannot be read (a file of it is damaged)" in error
    assert "kept" not in error


def test_folders_that_cannot_be_written_and_full_disks_are_said(
    kept_here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_faults(kept_here) == []
    with monkeypatch.context() as patch:
        patch.setattr(health.os, "access", lambda *_: False)
        assert [fault.split(":")[0] for fault in find_faults(kept_here)] == [
            "Lists and decisions cannot be kept",
            "Models cannot be kept",
        ]
    with monkeypatch.context() as patch:
        patch.setattr(health.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 5_000_000))
        assert "5 MB are left" in find_faults(kept_here)[0]


def test_a_clock_that_is_behind_is_said(kept_here: Settings, batch: Batch) -> None:
    with open_database(kept_here).session() as session:
        row = session.get(BatchRow, batch.id)
        assert row is not None
        row.created_at = row.created_at.replace(year=row.created_at.year + 1)
    assert "The clock of this machine is behind" in find_faults(kept_here)[0]
    assert BatchStore(kept_here).list_batches()[0].id == batch.id


def large_database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a database that is held to be large, of which a page far from every row that is drawn is damaged."""
    from leadscore_core.storage.database import engine, sqlite_check

    path = settings.data_dir / "leadscore.db"
    with open_database(settings).writing() as session:
        session.execute(text("CREATE TABLE filler (id INTEGER PRIMARY KEY, words TEXT)"))
        words = [{"words": "x" * 3_000} for _ in range(400)]
        session.execute(text("INSERT INTO filler (words) VALUES (:words)"), words)
    close_databases()
    monkeypatch.setattr(engine, "MOST_CHECKED", 100_000)
    monkeypatch.setattr(sqlite_check, "_ROWS", 0)  # the first and the last alone
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    middle = next(page for page in range(len(content) // 4096 - 200, 0, -1) if content[page * 4096] == LEAF)
    content[middle * 4096 : (middle + 1) * 4096] = b"\xde" * 4096
    path.write_bytes(content)
    return path


def test_a_damaged_page_of_a_large_database_is_found_by_health_the_backup_and_the_daily_check(
    run: Run, kept_here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said, _ = run("health")
    assert (code, said.splitlines()[-1]) == (0, "All is well.")
    assert "every page of the database (1 MB)" in said
    large_database(kept_here, monkeypatch)
    assert BatchStore(kept_here).list_batches(), "it opens, as the rows that were drawn are whole"
    code, said, _ = run("health")
    assert code == 1
    assert "is damaged (malformed" in said
    assert "leadscore restore FILE" in said
    assert "Not looked at: what the files of lists and of models hold" in said
    code, _, error = run("backup", tmp_path / "all.zip")
    assert code == 2
    assert "is damaged" in error
    assert find_faults(kept_here) == []

    def stop(_: float) -> None:
        raise StopIteration

    with pytest.raises(StopIteration):
        check_daily(stop)
    assert "is damaged (malformed" in find_faults(kept_here)[0]


def test_much_damage_of_a_large_database_is_found_when_it_is_opened(
    kept_here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = large_database(kept_here, monkeypatch)
    monkeypatch.undo()
    monkeypatch.setattr("leadscore_core.storage.database.engine.MOST_CHECKED", 100_000)
    content = bytearray(path.read_bytes())
    half = len(content) // 8192
    content[half * 4096 :] = b"\xde" * (len(content) - half * 4096)
    path.write_bytes(content)
    with pytest.raises(DamagedError, match="is damaged"):
        Database(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("url", "secret", "words"),
    [
        ("ftp://x", "s", "no web address"),
        ("https://[x", "s", "no web address"),
        ("https://x:port/", "s", "no web address"),
        ("https://hooks.test/a", "", "webhook_secret"),
    ],
)
def test_a_webhook_that_cannot_be_used_is_said_at_once(
    run: Run, kept_here: Settings, new_list: Path, monkeypatch: pytest.MonkeyPatch, url: str, secret: str, words: str
) -> None:
    monkeypatch.setenv("LEADSCORE_MONITOR__WEBHOOK_URL", url)
    monkeypatch.setenv("LEADSCORE_MONITOR__WEBHOOK_SECRET", secret)
    (fault,) = find_faults(load_settings())  # as each page of the dashboard says it
    assert words in fault
    code, said, _ = run("health")
    assert (code, "All is well" in said) == (1, False)
    assert words in said
    code, _, error = run("drift", new_list)
    assert words in error
    assert code != 2
