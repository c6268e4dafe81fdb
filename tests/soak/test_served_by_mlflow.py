"""`mlflow models serve` in an environment of its own: what the requirements install, and nothing of the checkout."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pytest

from leadscore_core.config import load_settings
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.inference.score import score_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.mlflow_tracking import tracking_uri
from leadscore_core.registry.registry import ModelRegistry
from tests import in_mlflow

pytestmark = pytest.mark.skipif("LEADSCORE_SOAK" not in os.environ, reason="a long round: make soak")


@pytest.fixture
def served_model(trained: LeadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the model as MLflow has it."""
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("LEADSCORE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("LEADSCORE_TRACKING_URI")
    ModelRegistry(tmp_path / "models").publish(trained)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(in_mlflow.run_module, [], dict(os.environ)).result(timeout=300)
        said = pool.submit(in_mlflow.ask, str(tracking_uri(load_settings()))).result(timeout=300)
    return Path(said["served"])


@contextmanager
def serving(python: Path, model: Path, folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [str(python), "-m", "mlflow", "models", "serve", "-m", str(model), "--env-manager", "local"]
    words += ["--port", str(port), "--host", "127.0.0.1", "--workers", "1"]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env["PATH"] = f"{python.parent}{os.pathsep}{env['PATH']}"
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(words, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 180
        while True:
            try:
                urllib.request.urlopen(f"{address}/ping", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "serve.log").read_text()
                assert time.monotonic() < deadline, (folder / "serve.log").read_text()
                time.sleep(0.5)
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


def ask(address: str, given: dict) -> list[float]:
    body = json.dumps(given).encode()
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{address}/invocations", body, headers), timeout=60) as answer:
        return [row[1] for row in json.load(answer)["predictions"]]


def test_rows_of_a_plain_csv_are_answered(
    served_model: Path, trained: LeadModel, sample: SampleLeads, tmp_path: Path
) -> None:
    leads = tmp_path / "plain.csv"
    sample.new.head(30).to_csv(leads, index=False)
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh/bin/python"
    install = [str(python), "-m", "pip", "install", "--quiet", "-r", str(served_model / "requirements.txt")]
    done = subprocess.run(install, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([str(python), "-I", "-c", "import leadscore_core"], cwd=tmp_path, check=False).returncode != 0
    frame = pd.read_csv(leads)
    wanted = score_leads(leads, trained)["propensity"].tolist()
    with serving(python, served_model, tmp_path) as address:
        whole = ask(address, {"dataframe_split": json.loads(frame.to_json(orient="split", index=False))})
        assert whole == pytest.approx(wanted, abs=1e-6)
        rows = ask(address, {"dataframe_records": json.loads(frame.head(1).to_json(orient="records"))})
        assert rows == pytest.approx(wanted[:1], abs=1e-6)
        texts = frame.astype(object).where(frame.notna(), None).map(lambda cell: None if cell is None else str(cell))
        assert len(ask(address, {"dataframe_records": texts.to_dict("records")})) == len(frame)
    assert sys.prefix not in (tmp_path / "serve.log").read_text(), "nothing of this environment"
