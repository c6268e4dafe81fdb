"""Backup and restore: everything comes back as it was, from a file that is checked first, or nothing is changed."""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select, text

from leadscore_core._files import hash_file
from leadscore_core.access.person import NOBODY, acting_as
from leadscore_core.batches.save import save_batch
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.errors import BackupError, NotPermittedError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database import engine as database_module
from leadscore_core.storage.database.audit_check import verify_audit
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.claims import ClaimStore, Waiting
from leadscore_core.storage.database.contacts import ContactStore, Result
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.database.engine import close_databases, open_database
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.database.people import LeadKeys
from leadscore_core.storage.database.preferences import junk_preference
from leadscore_core.storage.database.tables import Base
from leadscore_core.upkeep import backup, restore, swap
from leadscore_core.upkeep.backup import MANIFEST, write_backup
from leadscore_core.upkeep.restore import finish_restore, restore_backup


class State(NamedTuple):
    """Everything that is kept: rows of the database but the audit's, and the files with their hashes."""

    rows: dict[str, list[str]]
    files: dict[str, str]


def everything(settings: Settings) -> State:
    with open_database(settings).engine.connect() as connection:
        rows = {
            table.name: sorted(
                str([str(cell).removesuffix("+00:00") for cell in row]) for row in connection.execute(select(table))
            )
            for table in Base.metadata.sorted_tables
            if table.name != "audit"
        }
    files = {
        f"{place}/{path.relative_to(root)}": hash_file(path)
        for place, root in swap.places(settings).items()
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith((".", "leadscore.db", "audit-anchors"))
    }
    return State(rows, files)


def work(settings: Settings, batch: Batch) -> None:
    """Leave something of every kind that is kept."""
    lead = LeadKeys(3, (("email", "", 17),))
    ClaimStore(settings).enqueue(batch, [Waiting(lead), Waiting(LeadKeys(4, (("email", "", 18),)))])
    ContactStore(settings).record(batch.schema_name, batch.id, lead, Result("no_answer", "nobody"), caller="Ben")
    assert ClaimStore(settings).claim_next(batch, "Ben") is not None
    DecisionStore(settings).restore(batch, [5, 6], note="known to us", by="Anna")
    rows = BatchStore(settings).get(batch.id).rows
    import numpy as np

    OutcomeStore(settings).add(batch, np.arange(rows), np.arange(rows) % 2, file_name="back.csv", by="Anna")
    junk = junk_preference(settings)
    current = junk.current()
    junk.save(current.value.model_copy(update={"learning_percent": 5.0}), based_on=current.version, author="Anna")
    (settings.data_dir / "mappings").mkdir(exist_ok=True)
    (settings.data_dir / "mappings" / "own.json").write_text("{}", encoding="utf-8")


@pytest.fixture
def worked(kept: Settings, registry: ModelRegistry, monday: Batch) -> Settings:
    """A directory in which people have worked, in SQLite and in PostgreSQL."""
    settings = load_settings()
    work(settings, monday)
    return settings


@pytest.fixture
def small(registry: ModelRegistry, batch: Batch) -> Settings:
    """A list and a model in use."""
    return load_settings()


def test_everything_comes_back_and_the_audit_goes_on(
    worked: Settings, monday: Batch, new_list: Path, trained: LeadModel, registry: ModelRegistry, tmp_path: Path
) -> None:
    before = everything(worked)
    report = write_backup(tmp_path / "all.zip", worked)
    assert (tmp_path / "all.zip").stat().st_mode & 0o777 == 0o600
    assert report.sha256 == hash_file(tmp_path / "all.zip")
    BatchStore(worked).delete(monday)
    again = save_batch(open_list(new_list, trained.schema, settings=worked), trained, name="Later", settings=worked)
    registry.retire(trained.metadata.schema_name, reason="for a while only")
    (worked.data_dir / "mappings" / "later.json").write_text("{}", encoding="utf-8")
    assert everything(worked) != before
    assert restore_backup(tmp_path / "all.zip", worked).keeps_audit
    assert everything(worked) == before
    assert registry.champion_id == trained.model_id
    assert not again.folder.exists()
    assert verify_audit(worked).holds
    assert OutcomeStore(worked).known(monday)[1] == 1
    with open_database(worked).engine.connect() as connection:
        said = connection.execute(text("SELECT action, object FROM audit ORDER BY number")).all()
    assert [row[1].split()[0] for row in said][-1] == "restored"
    assert "delete lists" in [row[0] for row in said], "what was done since is still known"
    work(worked, monday)  # numbers go on where they were
    assert not [path for root in swap.places(worked).values() for path in root.glob(".restore-*")]


def test_a_backup_within_what_it_copies_is_refused(small: Settings, tmp_path: Path) -> None:
    (small.data_dir / "own").mkdir()
    (tmp_path / "link").symlink_to(small.data_dir)
    within = (small.data_dir / "all.zip", small.data_dir / "own" / "all.zip", small.models_dir / "a.zip")
    for out in (*within, tmp_path / "link" / "all.zip"):
        with pytest.raises(BackupError, match="Choose a folder elsewhere"):
            write_backup(out, small)
        assert not out.exists()


def test_a_backup_of_one_database_is_restored_into_another(
    small: Settings, batch: Batch, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(small, batch)
    before = everything(small)
    write_backup(tmp_path / "all.zip", small)
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE moved")
    monkeypatch.setenv("LEADSCORE_DATABASE_URL", postgres.replace("/postgres?", "/moved?"))
    monkeypatch.setenv("LEADSCORE_DATA_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "other-models"))
    there = load_settings()
    restore_backup(tmp_path / "all.zip", there)
    assert everything(there) == before
    assert verify_audit(there).holds
    work(there, batch)


def tamper(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(path) as packed:
        content = {name: packed.read(name) for name in packed.namelist()}
    change(content)
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in content.items():
            packed.writestr(name, data)


def _manifest(**changes: Any) -> Callable[[dict[str, bytes]], None]:
    def change(content: dict[str, bytes]) -> None:
        content[MANIFEST] = json.dumps(json.loads(content[MANIFEST]) | changes).encode()

    return change


def _swap_scores(content: dict[str, bytes]) -> None:
    name = next(name for name in content if "scores-" in name)
    content[name] = content[name][:-9] + b"tampered!"


def _outside(content: dict[str, bytes]) -> None:
    manifest = json.loads(content[MANIFEST])
    name = next(name for name in content if "scores-" in name)
    manifest["files"]["data/../../out.parquet"] = manifest["files"].pop(name)
    content["data/../../out.parquet"] = content.pop(name)
    content[MANIFEST] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_swap_scores, "SHA-256 differs"),
        (_outside, "outside its folders"),
        (lambda content: content.pop(next(name for name in content if "scores-" in name)), "was changed"),
        (lambda content: content.update({"data/extra": b""}), "was changed"),
        (lambda content: content.pop(MANIFEST), "no backup"),
        (_manifest(format_version=9), "format 9; this LeadScore reads up to 2"),
        (_manifest(format_version=9, new_field=1), "format 9"),
        (_manifest(rows={"batch": 7}), "has 1 rows and should have 7"),
    ],
    ids=["bytes", "outside", "missing", "extra", "no manifest", "newer", "newer with fields", "rows"],
)
def test_what_is_no_whole_backup_changes_nothing(
    small: Settings, tmp_path: Path, change: Callable[[dict[str, bytes]], None], words: str
) -> None:
    out = write_backup(tmp_path / "all.zip", small).path
    tamper(out, change)
    before = everything(small)
    with pytest.raises(BackupError, match=words):
        restore_backup(out, small)
    assert everything(small) == before
    assert not (tmp_path.parent / "out.parquet").exists()
    assert not list(small.data_dir.glob(".restore-*"))


def test_other_files_small_disks_and_strangers_are_refused(
    small: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = write_backup(tmp_path / "all.zip", small).path
    before = everything(small)
    (tmp_path / "half.zip").write_bytes(out.read_bytes()[:5_000])
    for path in (tmp_path / "none.zip", tmp_path / "half.zip"):
        with pytest.raises(BackupError, match="cannot be read as a backup"):
            restore_backup(path, small)
    with pytest.raises(BackupError, match="is there already"):
        write_backup(out, small)
    with acting_as(NOBODY):
        for refused in (lambda: write_backup(tmp_path / "b.zip", small), lambda: restore_backup(out, small)):
            with pytest.raises(NotPermittedError):
                refused()
    with monkeypatch.context() as full:
        full.setattr(restore.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 1_000_000))
        with pytest.raises(BackupError, match="1 MB free"):
            restore_backup(out, small)
    newer = tmp_path / "newer.sqlite"
    with open_database(small).engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    write_backup(newer, small)
    with open_database(small).engine.begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{database_module.HEAD}'"))  # noqa: S608  # names are quoted or ours, values are bound
    with pytest.raises(BackupError, match="has version 9999"):
        restore_backup(newer, small)
    assert everything(small) == before


@pytest.mark.parametrize("moment", ["decided", "half swapped", "swapped"])
def test_a_restore_that_was_killed_is_carried_out_by_the_next_start(
    worked: Settings, monday: Batch, tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(worked)
    out = write_backup(tmp_path / "all.zip", worked).path
    BatchStore(worked).delete(monday)
    (worked.models_dir / "later.txt").write_text("later")
    moved = iter(range(1_000))

    def killed(*given: Any) -> None:
        if moment == "half swapped" and next(moved) < 3:
            move(*given)
            return
        os._exit(9)

    move, swap_in = swap.move_path, swap.swap_in
    close_databases()
    child = os.fork()
    if child == 0:
        if moment == "half swapped":
            swap.move_path = killed
        elif moment == "decided":
            restore.swap.swap_in = killed
        else:
            restore.swap.swap_in = lambda *given: (swap_in(*given), os._exit(9))
        restore_backup(out, worked)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert finish_restore(worked)
    assert everything(worked) == before
    assert not finish_restore(worked)


def test_a_restore_that_fails_puts_everything_back(
    small: Settings, batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = write_backup(tmp_path / "all.zip", small).path
    BatchStore(small).delete(batch)
    before = everything(small)
    real, moved = swap.move_path, iter(range(1_000))

    def fails(path: Path, target: Path) -> None:
        if next(moved) == 2:
            raise OSError(28, "No space left on device")
        real(path, target)

    monkeypatch.setattr(swap, "move_path", fails)
    with pytest.raises(BackupError, match="Nothing was changed"):
        restore_backup(out, small)
    assert everything(small) == before


def test_a_damaged_database_is_said_and_a_backup_takes_its_place_under_the_running_app(
    small: Settings, batch: Batch, tmp_path: Path
) -> None:
    out = write_backup(tmp_path / "all.zip", small).path
    before = everything(small)
    running = open_database(small)
    path = small.data_dir / "leadscore.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[2 * 4096 : 8 * 4096] = b"\xde" * (6 * 4096)
    path.write_bytes(content)
    restore_backup(out, small)
    assert open_database(small) is not running
    assert everything(small) == before
    assert path.with_name("leadscore.db.damaged").is_file()


def test_the_command_line_backs_up_and_restores(
    run: Callable[..., tuple[int, str, str]], small: Settings, batch: Batch, tmp_path: Path
) -> None:
    code, said, _ = run("backup", tmp_path / "all.zip")
    assert code == 0
    assert "Backed up 1 lists" in said
    BatchStore(small).delete(batch)
    after = everything(small)
    code, said, _ = run("restore", tmp_path / "all.zip", "--yes")
    assert code == 0
    assert "Restored 1 lists as they were" in said
    (aside,) = tmp_path.glob("leadscore-before-restore-*.zip")
    assert f"What was here before lies in {aside}" in said
    assert [one.id for one in BatchStore(small).list_batches()] == [batch.id]
    code, _, words = run("restore", tmp_path / "none.zip")
    assert code == 2
    assert "cannot be read as a backup" in words
    restore_backup(aside, small)
    assert everything(small) == after


class Terminal(io.StringIO):
    """Answers that somebody types."""

    def isatty(self) -> bool:
        return True


def test_a_restore_asks_before_it_takes_the_place_of_anything(
    run: Callable[..., tuple[int, str, str]],
    small: Settings,
    batch: Batch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work(small, batch)
    out = write_backup(tmp_path / "all.zip", small).path
    DecisionStore(small).restore(batch, [7], note="came since", by="Anna")
    before = everything(small)
    code, said, words = run("restore", out)
    assert (code, "Add --yes" in words) == (2, True)
    assert "Lists here: 1. Files of outcomes: 1." in said
    assert "The newest change was on" in said
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    code, _, words = run("restore", out)
    assert (code, "Nothing was restored." in words) == (2, True)
    assert everything(small) == before
    assert [path.name for path in tmp_path.glob("*.zip")] == ["all.zip"]
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert run("restore", out)[0] == 0
    assert DecisionStore(small).restored_rows(batch).tolist() == [5, 6]


def test_a_restore_where_nothing_is_kept_asks_nothing(
    run: Callable[..., tuple[int, str, str]], small: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = write_backup(tmp_path / "all.zip", small).path
    close_databases()
    monkeypatch.setenv("LEADSCORE_DATA_DIR", str(tmp_path / "new" / "data"))
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "new" / "models"))
    code, said, words = run("restore", out)
    assert code == 0, words
    assert "before" not in said.replace(str(tmp_path), "")


def test_a_restore_that_fails_leaves_no_copy_and_one_without_room_says_so(
    run: Callable[..., tuple[int, str, str]], small: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = write_backup(tmp_path / "all.zip", small).path

    def changes(packed: dict[str, bytes]) -> None:
        name = next(name for name in packed if name.startswith("data/batches/"))
        packed[name] = packed[name][:-1] + b"?"

    shutil.copy(out, tmp_path / "whole.zip")
    tamper(out, changes)
    code, _, words = run("restore", out, "--yes")
    assert (code, "SHA-256 differs" in words) == (2, True)
    assert not list(tmp_path.glob("leadscore-before-restore-*"))
    free = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) + (60 << 20)
    monkeypatch.setattr(
        "leadscore_core.upkeep.set_aside.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(free, 0, free)
    )
    code, said, words = run("restore", tmp_path / "whole.zip", "--yes")
    assert code == 0, words
    assert "could not be put aside. The disk of" in words
    assert "before" not in said.replace(str(tmp_path), "")


def test_of_a_damaged_database_it_is_said_that_its_audit_could_not_be_read(
    run: Callable[..., tuple[int, str, str]], small: Settings, tmp_path: Path
) -> None:
    out = write_backup(tmp_path / "all.zip", small).path
    close_databases()
    path = small.data_dir / "leadscore.db"
    path.write_bytes(path.read_bytes()[:4096] + b"\xde" * 60_000)
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    code, said, words = run("restore", out, "--yes")
    assert code == 0, words
    assert "The database here cannot be read" in said
    assert "could not be put aside" in words
    assert f"it lies in {path}.damaged" in said
    assert "did not begin" not in said


@pytest.fixture
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "conf" / "leadscore.toml"
    path.parent.mkdir()
    monkeypatch.setenv("LEADSCORE_CONFIG", str(path))
    path.write_text('# ours\nphone_region = "GB"\n[access.people]\n"zoe@example.com" = ["sales"]\n')
    path.chmod(0o600)
    return path


SMALLER = 'phone_region = "US"\n'


def test_the_settings_file_comes_back_as_it_was_and_another_is_told(
    run: Callable[..., tuple[int, str, str]], small: Settings, own_settings: Path, tmp_path: Path
) -> None:
    was, out = own_settings.read_text(), tmp_path / "all.zip"
    assert run("backup", out)[0] == 0
    own_settings.write_text(SMALLER)
    code, said, _ = run("restore", out, "--yes")
    assert code == 0
    assert "The settings of the backup are put back." in said
    assert own_settings.read_text() == was
    assert load_settings().phone_region == "GB"
    assert "The settings" not in run("restore", out, "--yes")[1], "what is the same is not spoken of"
    own_settings.unlink()
    assert run("restore", out, "--yes")[0] == 0
    assert own_settings.read_text() == was
    assert own_settings.stat().st_mode & 0o777 == 0o600
    assert not list(small.data_dir.glob(".restore-*"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('data_dir = "/elsewhere"', "name other directories or another database than are used here"),
        ("no_such_setting = 1", "cannot be used by this version"),
    ],
)
def test_settings_that_would_lose_what_is_restored_are_laid_beside_it(
    run: Callable[..., tuple[int, str, str]],
    small: Settings,
    own_settings: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: str,
    words: str,
) -> None:
    write_backup(tmp_path / "all.zip", small)
    tamper(tmp_path / "all.zip", _other_settings(content))
    own_settings.write_text(f'data_dir = "{small.data_dir}"\n')
    monkeypatch.delenv("LEADSCORE_DATA_DIR")
    code, said, _ = run("restore", tmp_path / "all.zip", "--yes")
    assert code == 0
    assert f"The settings of the backup {words}, and lie in " in said
    assert own_settings.read_text() == f'data_dir = "{small.data_dir}"\n'
    assert (small.data_dir / "leadscore.toml.restored").read_text() == content


def _other_settings(content: str) -> Callable[[dict[str, bytes]], None]:
    def change(packed: dict[str, bytes]) -> None:
        packed["settings/leadscore.toml"] = content.encode()
        manifest = json.loads(packed[MANIFEST])
        about = {"size": len(content), "sha256": hashlib.sha256(content.encode()).hexdigest()}
        manifest["files"]["settings/leadscore.toml"] = about
        packed[MANIFEST] = json.dumps(manifest).encode()

    return change


def test_settings_go_back_with_all_else_where_a_restore_fails(
    small: Settings, own_settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = write_backup(tmp_path / "all.zip", small).path
    for has_one in (True, False):
        own_settings.write_text(SMALLER) if has_one else own_settings.unlink()
        before = everything(small)

        def fails(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as full:
            full.setattr("leadscore_core.upkeep.database_copy.append_audit", fails)
            with pytest.raises(BackupError, match="Nothing was changed"):
                restore_backup(out, small)
        assert everything(small) == before
        assert (own_settings.read_text() if has_one else own_settings.exists()) == (SMALLER if has_one else False)


def test_a_list_that_is_deleted_meanwhile_is_in_the_backup_whole_or_not_at_all(
    small: Settings, batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = backup._pack

    def deletes(*given: Any) -> Any:
        if BatchStore(small).list_batches():
            BatchStore(small).delete(batch)
        return real(*given)

    monkeypatch.setattr(backup, "_pack", deletes)
    assert write_backup(tmp_path / "all.zip", small).manifest.rows["batch"] == 0
    monkeypatch.undo()
