"""Disks, folders, the network and the database go away under the app: said in words, nothing half, and it goes on."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import typer

from leadscore_core.batches.save import save_batch
from leadscore_core.cli.health import health
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.errors import LeadScoreError, RegistryError, StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database import engine
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.database.contacts import ContactStore, Result
from leadscore_core.storage.database.engine import _BUSY_SECONDS, close_databases, open_database
from leadscore_core.storage.database.people import LeadKeys
from leadscore_core.upkeep.health import find_faults
from tests.paths import ROOT

LEAD = LeadKeys(3, (("email", "", 17),))


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of 4 MB for data and models; only root can mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        os.getuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=False, capture_output=True
        ).returncode
    )
    if not mounted:
        pytest.skip("no disk can be mounted here")
    monkeypatch.setenv("LEADSCORE_DATA_DIR", str(disk / "data"))
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(disk / "models"))
    yield disk
    close_databases()
    subprocess.run(["umount", "-l", disk], check=True)


def until_refused(do: Callable[[], object]) -> None:
    """Do something until there is no room for it: a line may fit still where a file does not."""
    for _ in range(2_000):
        do()


def keep(new_list: Path, model: LeadModel, name: str) -> None:
    settings = load_settings()
    save_batch(open_list(new_list, model.schema, settings=settings), model, name=name, settings=settings)


def test_a_full_disk_takes_nothing_half_and_a_read_only_one_is_read(
    small_disk: Path, new_list: Path, trained: LeadModel, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, registry = load_settings(), ModelRegistry(small_disk / "models")
    keep(new_list, trained, "Monday")
    (batch,) = BatchStore(settings).list_batches()
    registry.publish(trained)
    registry.promote(trained.model_id)
    filler = small_disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)
    with pytest.raises(LeadScoreError, match="No space left|full"):
        keep(new_list, trained, "Tuesday")
    second = replace(trained, metadata=trained.metadata.model_copy(update={"model_id": "second"}))
    with pytest.raises(RegistryError, match="Make room"):
        registry.publish(second)
    with pytest.raises(RegistryError, match="The champion is unchanged"):
        until_refused(lambda: registry.promote(trained.model_id, reason="x" * 4_000))
    said, contacts = Result("no_answer", "n" * 4_000), ContactStore(settings)
    with pytest.raises(StorageError, match="full"):
        until_refused(lambda: contacts.record(batch.schema_name, batch.id, LEAD, said, caller="B"))
    assert any("nearly full" in fault for fault in find_faults(settings))
    assert registry.load_champion()[0].model_id == trained.model_id
    assert [one.name for one in BatchStore(settings).list_batches()] == ["Monday"]
    filler.unlink()
    keep(new_list, trained, "Tuesday")
    assert [path for path in (small_disk / "data" / "batches").iterdir() if path.name.startswith(".")] == []

    close_databases()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    began = time.monotonic()
    assert [fault.split(":")[0] for fault in find_faults(settings)][:2] == [
        "Lists and decisions cannot be kept",
        "Models cannot be kept",
    ]
    with pytest.raises(typer.Exit):
        health()
    said = capsys.readouterr().out
    assert "Lists and decisions cannot be kept" in said
    assert "Looked at: folders and the room on their disks" in said
    assert "Not looked at, as the database cannot be opened" in said
    with pytest.raises(LeadScoreError, match=r"may not be written|cannot be used|Read-only"):
        keep(new_list, trained, "Wednesday")
    assert time.monotonic() - began < _BUSY_SECONDS  # of which the database waits for another program, not for a disk
    with pytest.raises(RegistryError, match="Read-only file system"):
        registry.publish(second)
    assert registry.load_champion()[0].model_id == trained.model_id


class Wire:
    """A network between the app and PostgreSQL's socket that can be cut, or go silent."""

    def __init__(self, address: str) -> None:
        self.target = psycopg.conninfo.conninfo_to_dict(address)
        self.state = "up"
        self.pairs: list[socket.socket] = []
        self.door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.door.getsockname()[1])

    def cut(self) -> None:
        self.state = "cut"
        for end in self.pairs:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.door.accept()
            except OSError:
                return
            if self.state == "cut":
                client.close()
                continue
            self.pairs.append(client)
            if self.state == "silent":
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{self.target['host']}/.s.PGSQL.{self.target.get('port', 5432)}")
            self.pairs.append(server)
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while block := one.recv(65_536):
                other.sendall(block)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.door.close()
        for end in self.pairs:
            end.close()


@pytest.fixture
def wire(postgres: str) -> Iterator[Wire]:
    made = Wire(postgres)
    yield made
    close_databases()
    made.close()


def test_a_network_that_is_cut_and_a_database_that_is_restarted_are_said_and_it_goes_on(
    wire: Wire, postgres: str, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"w{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    user = psycopg.conninfo.conninfo_to_dict(postgres)["user"]
    monkeypatch.setitem(engine._NETWORK, "connect_timeout", 2)
    settings = Settings(database_url=f"postgresql://{user}:secret@127.0.0.1:{wire.port}/{name}")
    store = ContactStore(settings)
    store.record("codepro", "b", LEAD, Result("no_answer"), caller="Ben")
    wire.cut()
    for _ in range(2):
        with pytest.raises(StorageError, match=r"cannot be used.*Nothing was changed") as result:
            store.record("codepro", "b", LEAD, Result("no_answer"), caller="Ben")
        assert "secret" not in str(result.value)
    wire.state = "silent"
    begun = time.monotonic()
    with pytest.raises(StorageError, match="cannot be used"):
        store.record("codepro", "b", LEAD, Result("no_answer"), caller="Ben")
    assert time.monotonic() - begun < 20
    wire.state = "up"
    store.record("codepro", "b", LEAD, Result("no_answer"), caller="Ben")
    with psycopg.connect(postgres, autocommit=True) as connection:  # as a restart does to every connection
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    store.record("codepro", "b", LEAD, Result("no_answer"), caller="Ben")
    assert len(store.of_batch("b")) == 3
    with open_database(settings).writing() as session, psycopg.connect(postgres, autocommit=True) as connection:
        session.connection()
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        with pytest.raises(StorageError), open_database(settings).in_words():
            session.connection().exec_driver_sql("SELECT 1")
        session.rollback()
        session.invalidate()
    assert len(store.of_batch("b")) == 3


def test_what_a_killed_command_left_beside_its_output_is_cleared_by_the_next(
    places: Path, new_list: Path, tmp_path: Path
) -> None:
    leads = new_list.read_text(encoding="utf-8").splitlines()
    big = tmp_path / "big.csv"
    big.write_text("\n".join([leads[0], *(leads[1:] * 150)]), encoding="utf-8")
    folder = tmp_path / "out"
    folder.mkdir()
    words = [sys.executable, "-m", "leadscore_core", "score"]
    with subprocess.Popen([*words, big, "-o", folder / "big.csv"], cwd=ROOT, stderr=subprocess.DEVNULL) as command:
        deadline = time.monotonic() + 120
        while not [path for path in folder.iterdir() if path.stat().st_size] and time.monotonic() < deadline:
            assert command.poll() is None
            time.sleep(0.02)
        command.send_signal(signal.SIGKILL)
    assert [path.name for path in folder.iterdir() if path.name.startswith(".big.csv-")]
    subprocess.run([*words, new_list, "-o", folder / "small.csv"], cwd=ROOT, check=True, capture_output=True)
    assert [path.name for path in folder.iterdir()] == ["small.csv"]
