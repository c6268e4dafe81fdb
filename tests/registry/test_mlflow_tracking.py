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
from plotly.offline import get_plotlyjs

from leadscore_core.config import Settings, load_settings
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.inference.score import score_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.mlflow_tracking import CHALLENGER, CHAMPION, sync_tracking, tracking_uri
from leadscore_core.registry.promotion import promote_model
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.registry.searches import save_search
from leadscore_core.storage.database.monitor_events import VERDICT, MonitorEvent, MonitorEventStore
from tests import in_mlflow
from tests.in_mlflow import run_module
from tests.paths import ROOT

SOMEBODY = "Leads of Anna Rao"


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
    monkeypatch.setenv("BROWSER_PATH", "/nowhere")  # images take seconds; a test of the browser's draws them
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


def of_another_schema(trained: LeadModel, registry: ModelRegistry) -> str:
    """Publish the same model as one of another schema's leads."""
    at = trained.metadata.created_at + timedelta(days=2)
    update = {"model_id": "20270102-000000-other", "schema_name": "gym", "created_at": at, "pickle_sha256": ""}
    return registry.publish(replace(trained, metadata=trained.metadata.model_copy(update=update))).model_id


def check_that_nobody_is_named(place: Path, sample: SampleLeads) -> None:
    """Look through all that was written down of a run for who a lead is."""
    people = {
        str(value).encode()
        for column in ("full_name", "email", "phone", "lead_id")
        for value in sample.labelled[column].dropna().head(300)
        if len(str(value)) > 5
    }
    assert len(people) > 300
    library = get_plotlyjs().encode()  # five megabytes in each figure that are no lead's
    for path in place.rglob("*"):
        if path.is_file() and path.suffix != ".png":
            content = path.read_bytes().replace(library, b"")
            assert len(content) < 1_000_000, path.name
            assert not any(person in content for person in people), path.name


def check_that_it_is_served(served: Path, trained: LeadModel, sample: SampleLeads, tmp_path: Path) -> None:
    """Load the model as MLflow does where only it and its requirements are, and ask it with a plain CSV's rows."""
    leads = tmp_path / "plain.csv"
    sample.new.head(40).to_csv(leads, index=False)
    words = [sys.executable, "-I", str(ROOT / "tests/serve_mlflow.py"), str(served), str(leads)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert Path(said["code"]).is_relative_to(served), "its own code, not the checkout's"
    wanted = score_leads(leads, trained)["propensity"]
    assert said["propensity"] == pytest.approx(wanted.tolist(), abs=1e-6)
    assert said["alone"] == pytest.approx(wanted.tolist()[:1], abs=1e-6)
    needed = (served / "requirements.txt").read_text()
    assert all(f"{name}==" in needed for name in ("lightgbm", "pandas", "pydantic", "rapidfuzz"))


def check_what_is_written(written: dict, trained: LeadModel) -> None:
    assert written["params"]["num_leaves"] == "31"
    crossed, following = (trained.metadata.metrics[split] for split in ("cross_validation", "next_period"))
    assert written["metrics"]["cv_auc"] == pytest.approx(crossed["auc"])
    assert written["folds"] == len(crossed["by_fold"]) == 5
    last_fold, last_month = list(crossed["by_fold"].values())[-1], list(following["months"].values())[-1]
    for name in trained.metadata.measures:
        assert written["metrics"][f"cv_each_{name}"] == pytest.approx(last_fold[name])
        assert written["metrics"][f"next_each_{name}"] == pytest.approx(last_month[name])
    for name, value in trained.metadata.targets.model_dump().items():
        assert written["metrics"][f"target_{name}"] == value
    known = trained.metadata.training_data
    assert known.sha256.startswith(written["data"]["digest"])
    assert len(written["data"]["digest"]) >= 32
    assert written["data"]["rows"] == str(known.rows)
    columns = [column["name"] for column in json.loads(written["data"]["schema"])["mlflow_colspec"]]
    assert columns == [known.headers[column.name] for column in trained.schema.inputs]
    assert set(columns) <= set(written["inputs"])
    assert written["tags"]["data.sha256"] == trained.metadata.training_data.sha256
    assert {"model-card.md", "metadata.json", "figures", "leadscore_model", "leakage.json"} <= set(written["files"])
    assert "figures/roc.html" in written["figures"]
    assert 0 < written["propensity"] < 1
    assert not {"full_name", "email", "phone", "lead_id"} & set(written["inputs"])
    assert {"full_name", "email", "phone", "lead_id"}.isdisjoint(columns)


def keep_verdicts(settings: Settings, model_id: str, aucs: list[float | None]) -> None:
    """Keep what the monitor found of lists of a model: their AUC, None where no outcome is in."""
    for auc in aucs:
        known = {"auc": None if auc is None else [auc, auc - 0.04, auc + 0.04], "estimate": None, "apart": float("nan")}
        known |= {"name": SOMEBODY, "reasons": [SOMEBODY], "columns": {"city?": [0.31, 0.1, 0.02]}, "rows": 300}
        data = known | {"state": "healthy", "known": 200, "outside": []}
        MonitorEventStore(settings).add(MonitorEvent(VERDICT, "codepro", data, model_id, author=SOMEBODY))


def check_verdicts(written: dict, judged: str, other: str) -> None:
    own = written[judged]
    figures = {"rows": 300.0, "known": 200.0, "auc": 0.81, "auc_low": 0.77, "auc_high": 0.85, "psi.city_": 0.31}
    assert own["metrics"] == {f"batch_{name}": pytest.approx(value) for name, value in figures.items()}
    assert own["tags"]["verdict"] == "healthy"
    assert own["tags"]["batch_each"].count("healthy") == 2
    assert SOMEBODY not in str(own)
    assert written[other]["metrics"] == {}, "it scored none of them"


def test_every_model_is_written_down_and_aliases_follow(
    registry: ModelRegistry,
    trained: LeadModel,
    sample: SampleLeads,
    beside: MlflowBeside,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    store: None,
) -> None:
    settings = load_settings()
    result = beside.sync(settings)
    assert result == {"logged": [trained.model_id], "aliases": {CHAMPION: trained.model_id}, "problem": ""}
    later = newer(trained, registry)
    other = of_another_schema(trained, registry)
    child = {"name": "Random forest", "params": {"algorithm": "forest"}, "metrics": {"auc": 0.7}}
    save_search(registry.root, "comparison", "codepro", children=[child], metrics={"seconds": 1.0}, tags={})
    keep_verdicts(settings, trained.model_id, [None, 0.81])
    result = beside.sync(settings)
    assert result["logged"] == [later, other]
    uri = str(tracking_uri(settings))
    said = beside.ask(uri)
    assert said["aliases"][CHAMPION] == said["models"][trained.model_id]
    assert said["aliases"][CHALLENGER] == said["models"][later]
    check_what_is_written(said, trained)
    assert said["registered"].keys() == {"leadscore", "leadscore-gym"}, "one registered model a schema"
    assert said["registered"]["leadscore-gym"].keys() == {CHALLENGER}
    assert list(said["children"].values()) == [["Random forest"]]
    assert json.loads(Path(said["leakage"]).read_text()) == []
    check_verdicts(said["verdicts"], trained.model_id, later)
    check_that_nobody_is_named(Path(said["place"]), sample)
    check_that_it_is_served(Path(said["served"]), trained, sample, tmp_path)
    beside.pool.submit(in_mlflow.delete_experiment, uri).result(timeout=240)
    moved = tmp_path / "moved %20 ?a#b"
    registry.root.rename(moved)
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(moved))
    registry, settings = ModelRegistry(moved), load_settings()
    uri = str(tracking_uri(settings))
    registry.promote(later)
    keep_verdicts(settings, trained.model_id, [0.58])
    assert beside.sync(settings)["logged"] == []
    said = beside.ask(uri)
    assert said["verdicts"][trained.model_id]["aucs"] == [0.81, 0.58], "each once"
    assert said["aliases"] == {CHAMPION: said["models"][later]}
    assert Path(said["served"]).resolve().is_relative_to(moved), "where the folder is now"


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
    assert ModelRegistry(tmp_path / "elsewhere").imported(trained.model_id) is not None
    assert ModelRegistry(tmp_path / "elsewhere").champion_id is None
    words = ["models", "import", "models:/leadscore@nobody"]
    code, _, wrong = beside.run(words, dict(os.environ))
    assert code == 2
    assert "could not be taken from MLflow" in wrong
    assert "Traceback" not in wrong
