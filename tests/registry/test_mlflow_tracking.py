"""Models and runs in MLflow: its SQLite store, a real server with PostgreSQL behind it, and one that is down."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import psycopg
import pytest

from leadscore_core.config import Settings, load_settings
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.mlflow_tracking import CHALLENGER, CHAMPION, sync_tracking, tracking_uri
from leadscore_core.registry.promotion import promote_model
from leadscore_core.registry.registry import ModelRegistry
from tests import in_mlflow
from tests.in_mlflow import run_module


@dataclass(frozen=True)
class MlflowBeside:
    """A process of its own for MLflow, which warns on import and takes seconds for it."""

    pool: ProcessPoolExecutor

    def run(self, words: list[str], env: dict[str, str]) -> tuple[int, str, str]:
        """Run a command; return its exit code, output and errors."""
        return self.pool.submit(run_module, words, env).result(timeout=240)

    def sync(self, settings: Settings) -> dict:
        """Bring MLflow up to the registry as the command does."""
        _, said, _ = self.run([], os.environ | {"LEADSCORE_MODELS_DIR": str(settings.models_dir)})
        return json.loads(said.strip().splitlines()[-1])

    def ask(self, uri: str) -> dict:
        """Ask MLflow what it has of the model."""
        return self.pool.submit(in_mlflow.ask, uri).result(timeout=240)


@pytest.fixture(scope="module")
def beside() -> Iterator[MlflowBeside]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield MlflowBeside(pool)


@pytest.fixture(scope="module")
def empty_store(beside: MlflowBeside, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of MLflow's with its tables and nothing in them, which take seconds to be made."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    beside.pool.submit(in_mlflow.make_store, f"sqlite:///{path}").result(timeout=240)
    return path


@pytest.fixture
def store(empty_store: Path, registry: ModelRegistry) -> None:
    """Give the registry MLflow's tables as they are when the first model is written down."""
    shutil.copy(empty_store, registry.root / "mlflow.db")


@pytest.fixture
def registry(trained: LeadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelRegistry:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("LEADSCORE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("LEADSCORE_TRACKING_URI")
    registry = ModelRegistry(tmp_path / "models")
    registry.publish(trained)
    registry.promote(trained.model_id)
    return registry


def newer(trained: LeadModel, registry: ModelRegistry) -> str:
    """Publish the same model under a later name."""
    later = trained.metadata.model_copy(
        update={
            "model_id": "20270101-000000-later",
            "created_at": trained.metadata.created_at + timedelta(days=1),
            "pickle_sha256": "",
        }
    )
    return registry.publish(replace(trained, metadata=later)).model_id


def check_what_is_written(written: dict, trained: LeadModel) -> None:
    assert written["params"]["num_leaves"] == "31"
    assert written["metrics"]["cv_auc"] == pytest.approx(trained.metadata.metrics["cross_validation"]["auc"])
    assert written["folds"] == 5
    assert written["tags"]["data.sha256"] == trained.metadata.training_data.sha256
    assert {"model-card.md", "metadata.json", "figures", "leadscore_model"} <= set(written["files"])
    assert "figures/roc.html" in written["figures"]
    assert 0 < written["propensity"] < 1
    assert not {"full_name", "email", "phone", "lead_id"} & set(written["inputs"])


def test_every_model_is_written_down_and_aliases_follow(
    registry: ModelRegistry, trained: LeadModel, beside: MlflowBeside
) -> None:
    settings = load_settings()
    result = beside.sync(settings)
    assert result == {"logged": [trained.model_id], "aliases": {CHAMPION: trained.model_id}, "problem": ""}
    later = newer(trained, registry)
    result = beside.sync(settings)
    assert result["logged"] == [later]
    uri = str(tracking_uri(settings))
    said = beside.ask(uri)
    assert said["aliases"][CHAMPION] == said["models"][trained.model_id]
    assert said["aliases"][CHALLENGER] == said["models"][later]
    check_what_is_written(said, trained)
    registry.promote(later)
    assert beside.sync(settings)["logged"] == []
    said = beside.ask(uri)
    assert said["aliases"] == {CHAMPION: said["models"][later]}


def test_a_promotion_on_the_screen_reaches_mlflow_by_itself(
    registry: ModelRegistry, trained: LeadModel, store: None
) -> None:
    later = newer(trained, registry)
    promote_model(later, by="Anna", reason="A newer month is in it", settings=load_settings())
    deadline = time.monotonic() + 90
    wanted = {CHAMPION: later}
    seen: dict = {}
    while time.monotonic() < deadline and seen != wanted:
        time.sleep(0.5)
        path = registry.root / ".tracking.json"
        if path.is_file():
            seen = json.loads(path.read_text())["aliases"]
    assert seen == wanted


def test_a_server_that_is_down_costs_nothing_and_is_caught_up_with(
    registry: ModelRegistry, trained: LeadModel, beside: MlflowBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSCORE_TRACKING_URI", "http://user:secret@127.0.0.1:9")
    result = beside.sync(load_settings())
    assert "could not be reached" in result["problem"]
    assert "secret" not in result["problem"]
    assert not any(b"secret" in path.read_bytes() for path in registry.root.rglob("*") if path.is_file())
    assert registry.champion_id == trained.model_id
    monkeypatch.delenv("LEADSCORE_TRACKING_URI")
    assert beside.sync(load_settings())["logged"] == [trained.model_id]


def test_tracking_can_be_switched_off(registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSCORE_TRACKING_URI", "off")
    assert sync_tracking(load_settings()).logged == ()
    assert not (registry.root / "mlflow.db").exists()


@pytest.fixture
def server(postgres: str, tmp_path: Path) -> Iterator[str]:
    """A real MLflow server, with PostgreSQL behind it."""
    name = f"mlflow{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = postgres.replace("/postgres?", f"/{name}?").replace("postgresql://", "postgresql+psycopg://", 1)
    words = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store, "--port", str(port)]
    words += ["--artifacts-destination", str(tmp_path / "artifacts"), "--workers", "1"]
    env = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # ten processes that nothing here asks for
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(words, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None, (tmp_path / "server.log").read_text()
                assert time.monotonic() < deadline, (tmp_path / "server.log").read_text()
                time.sleep(0.5)
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


def test_a_real_server_takes_models_and_gives_them_to_another_machine(
    registry: ModelRegistry,
    trained: LeadModel,
    server: str,
    beside: MlflowBeside,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LEADSCORE_TRACKING_URI", server)
    result = beside.sync(load_settings())
    assert result["logged"] == [trained.model_id], result
    check_what_is_written(beside.ask(server), trained)
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "elsewhere"))
    code, _, wrong = beside.run(["models", "import", "models:/leadscore@champion"], dict(os.environ))
    assert code == 0, wrong
    assert ModelRegistry(tmp_path / "elsewhere").load(trained.model_id).metadata == registry.read_metadata(
        trained.model_id
    )
    words = ["models", "import", "models:/leadscore@nobody"]
    code, _, wrong = beside.run(words, dict(os.environ))
    assert code == 2
    assert "could not be taken from MLflow" in wrong
    assert "Traceback" not in wrong
