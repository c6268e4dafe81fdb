"""Kill rounds: whatever is killed at whatever moment, afterwards all is as before or as after, nothing between."""

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import psycopg
import pyarrow.parquet as pq
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import DateTime, select

from leadscore_core._files import hash_file, remove_left_behind
from leadscore_core.batches.save import save_batch
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database import engine as database_module
from leadscore_core.storage.database.audit import anchors_path
from leadscore_core.storage.database.audit_check import verify_audit
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.database.claims import ClaimStore, Waiting
from leadscore_core.storage.database.engine import close_databases, open_database
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.database.tables import Base
from leadscore_core.upkeep.backup import write_backup
from leadscore_core.upkeep.interrupted import finish_interrupted
from tests.faults.operations import LEAD, OPERATIONS
from tests.paths import IS_SOAK, ROOT

ROUNDS, ROUNDS_POSTGRES = (100, 20) if IS_SOAK else (6, 2)
IN_POSTGRES = ("save", "outcomes", "attempt", "claim", "migrate")
_RANDOM = {"hash", "previous_hash", "updated_at"}


def environment(folder: Path, url: str | None = None) -> dict[str, str]:
    made = {"LEADSCORE_DATA_DIR": str(folder / "data"), "LEADSCORE_MODELS_DIR": str(folder / "models")}
    made |= {"LEADSCORE_TRACKING_URI": "off", "TMPDIR": str(folder / "tmp")}
    return made if url is None else made | {"LEADSCORE_DATABASE_URL": url}


def fill(settings: Settings, folder: Path, sample: SampleLeads, model: LeadModel) -> None:
    """Make two lists, two models, a queue, and the files that people bring."""
    files = folder / "files"
    for name in ("files", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    registry = ModelRegistry(settings.models_dir)
    if registry.champion_id is None:
        registry.publish(replace(model, metadata=model.metadata.model_copy(update={"model_id": "another"})))
        registry.promote("another")
        registry.publish(model)
        registry.promote(model.model_id)
    known = sample.labelled.head(60)
    known.to_csv(files / "list.csv", index=False)
    known.sample(frac=1, random_state=1).to_csv(files / "again.csv", index=False)
    sample.new.head(40).to_csv(files / "new.csv", index=False)
    shutil.copy(files / "list.csv", files / "outcomes.csv")
    batches = [
        save_batch(open_list(files / file, model.schema, settings=settings), model, name=file, settings=settings)
        for file in ("list.csv", "again.csv")
    ]
    write_results(files / "results.csv", [batch.id for batch in batches])
    ClaimStore(settings).enqueue(batches[0], [Waiting(LEAD)])
    (files / "export.csv").write_text("an earlier export")
    (files / "backup.zip").write_text("an earlier backup")
    if settings.database_url is None:
        write_backup(files / "earlier.zip", settings)
        BatchStore(settings).delete(batches[1])
        batches[1] = save_batch(
            open_list(files / "again.csv", model.schema, settings=settings), model, name="Anew", settings=settings
        )
        write_results(files / "results.csv", [batch.id for batch in batches])
    close_databases()


def write_results(path: Path, batches: list[str]) -> None:
    from leadscore_core.batches.call_workbooks import lead_key
    from leadscore_core.inference.export.caller_workbooks import KEY, RESULT

    words = ("No answer", "Application completed", "Not interested")
    rows = [f"{lead_key(batch, row)},{words[row % 3]}" for batch in batches for row in range(12)]
    path.write_text("\n".join([f"{KEY},{RESULT}", *rows]), encoding="utf-8")


@pytest.fixture(scope="module")
def base(sample: SampleLeads, trained: LeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(folder).items():
            patch.setenv(name, value)
        fill(load_settings(), folder, sample, trained)
    return folder


@pytest.fixture(scope="module")
def base_in_postgres(
    sample: SampleLeads, trained: LeadModel, postgres: str, base: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """A directory as `base` with its database in PostgreSQL, to be copied as a template."""
    folder = tmp_path_factory.mktemp("postgres")
    shutil.copytree(base / "models", folder / "models")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE kill_base")
    url = postgres.replace("/postgres?", "/kill_base?")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(folder, url).items():
            patch.setenv(name, value)
        fill(load_settings(), folder, sample, trained)
    return folder, url


class Killer:
    """The process that forks for each round."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.operations"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def round(self, what: str, surroundings: dict[str, str], after: float | None) -> dict[str, Any]:
        asked: IO[str] | None = self.process.stdin
        answers: IO[str] | None = self.process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps({"what": what, "environment": surroundings, "after": after}) + "\n")
        asked.flush()
        answer: dict[str, Any] = json.loads(answers.readline())
        assert answer["how"] in (0, -9), f"{what} failed by itself"
        return answer


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    made = Killer()
    yield made
    assert made.process.stdin is not None
    assert made.process.stdout is not None
    made.process.stdin.close()
    made.process.wait()
    made.process.stdout.close()


def look(settings: Settings) -> dict[str, Any]:
    """Return everything that is kept, as the product's own code sees it, without moments and names drawn by chance."""
    finish_interrupted(settings)
    database, store = open_database(settings), BatchStore(settings)
    store.sweep()
    for folder in (settings.data_dir, store.root, settings.models_dir, settings.data_dir.parent / "files"):
        remove_left_behind(folder)
        left = [path.name for path in folder.iterdir() if path.name.startswith(".") and path.suffix != ".lock"]
        assert left == [], f"something half done stays in {folder.name}"
    batches = store.list_batches()
    named = {batch.id: batch.name for batch in batches}
    assert sorted(path.name for path in store.root.iterdir()) == sorted(named), "leads that belong to no list"
    seen: dict[str, Any] = {}
    with database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            columns = [c for c in table.columns if not isinstance(c.type, DateTime) and c.name not in _RANDOM]
            rows = [str(list(row)) for row in connection.execute(select(*columns))]
            for batch_id, name in named.items():
                rows = [row.replace(batch_id, name) for row in rows]
            seen[table.name] = sorted(rows) if table.name != "audit" else len(rows)
    for batch in batches:
        leads, scores = pq.read_table(batch.leads_path), pq.read_table(batch.scores_path)
        seen[f"leads of {batch.name}"] = (leads.num_rows, scores.num_rows, sum(scores["ls_score"].to_pylist()))
        seen[f"outcomes of {batch.name}"] = sorted(OutcomeStore(settings).known(batch).items())
    registry = ModelRegistry(settings.models_dir)
    seen["champion"] = (registry.champion_id, registry.load_champion()[0].model_id)
    seen["history"] = [(entry["action"], entry["model_id"]) for entry in registry.history()]
    assert verify_audit(settings).holds
    return seen


def files_of(folder: Path, what: str) -> str:
    """Return what stands in the file that an operation writes."""
    path = folder / "files" / ("backup.zip" if what == "back_up" else "export.csv")
    if path.stat().st_size < 100:
        return path.read_text()
    return "whole" if what == "back_up" else hash_file(path)


def downgrade(settings: Settings) -> None:
    database = open_database(settings)
    with database.engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(str(database_module.__file__)).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    anchors_path(settings).unlink()  # of the audit, which the first version did not have
    close_databases()


def kill_rounds(
    what: str,
    rounds: int,
    killer: Killer,
    prepare: Callable[[], tuple[Path, dict[str, str]]],
    patch: pytest.MonkeyPatch,
) -> tuple[int, int]:
    """Kill an operation at random moments; return how often all was as before it, and as after it."""

    def state(folder: Path, surroundings: dict[str, str]) -> Any:
        close_databases()
        for name, value in surroundings.items():
            patch.setenv(name, value)
        settings = load_settings()
        seen = look(settings), files_of(folder, what)
        if settings.database_url is None:
            with closing(sqlite3.connect(settings.data_dir / "leadscore.db")) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        close_databases()
        return seen

    def ready() -> tuple[Path, dict[str, str]]:
        folder, surroundings = prepare()
        if what == "migrate":
            for name, value in surroundings.items():
                patch.setenv(name, value)
            downgrade(load_settings())
        return folder, surroundings

    draw = random.Random(f"{what} 2026")
    folder, surroundings = ready()
    before = state(folder, surroundings) if what != "migrate" else None
    folder, surroundings = ready()
    takes = killer.round(what, surroundings, None)["seconds"]
    after = state(folder, surroundings)
    assert before != after or what in {"upload"}
    counts = [0, 0]
    for _ in range(rounds):
        folder, surroundings = ready()
        killer.round(what, surroundings, draw.uniform(0, 1.1 * takes))
        found = state(folder, surroundings)
        assert found in (before, after), f"{what} is half done"
        counts[found == after] += 1
        shutil.rmtree(folder)
    return counts[0], counts[1]


@pytest.mark.parametrize("what", sorted(OPERATIONS))
def test_sqlite(what: str, base: Path, killer: Killer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter(range(10_000))

    def prepare() -> tuple[Path, dict[str, str]]:
        folder = shutil.copytree(base, tmp_path / str(next(made)))
        return folder, environment(folder)

    counts = kill_rounds(what, ROUNDS, killer, prepare, monkeypatch)
    assert sum(counts) == ROUNDS


@pytest.mark.parametrize("what", IN_POSTGRES)
def test_postgres(
    what: str,
    base_in_postgres: tuple[Path, str],
    postgres: str,
    killer: Killer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = iter(range(10_000))
    base, url = base_in_postgres

    def prepare() -> tuple[Path, dict[str, str]]:
        number = next(made)
        folder = shutil.copytree(base, tmp_path / str(number))
        name = f"kill_{what}_{number}"
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE kill_base")
        return folder, environment(folder, url.replace("/kill_base?", f"/{name}?"))

    counts = kill_rounds(what, ROUNDS_POSTGRES, killer, prepare, monkeypatch)
    assert sum(counts) == ROUNDS_POSTGRES
