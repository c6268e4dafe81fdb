"""More than 50,000 leads with measured columns, through the command line and through the page's worker.

Such columns are larger than what joblib maps into memory by itself, which other processes could not read back.
"""

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.data.dataset.open import open_list
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining.dataset import read_labelled
from leadscore_core.retraining.jobs import read_run, start_run
from leadscore_core.training.request import TrainingRequest
from tests.conftest import FEW_TREES
from tests.defaults import FEW_FOLDS, USUAL_FOLDS
from tests.paths import IS_SOAK

ROWS = 52_000
HARDLY_ANY_TREES = FEW_TREES if IS_SOAK else FEW_TREES | {"n_estimators": 8}
FOLDS, DRAWS = (USUAL_FOLDS, {}) if IS_SOAK else (FEW_FOLDS, {"n_repeats": 1})
PATIENCE = 600


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(3)
    measures = {f"Measure {i}": rng.gamma(2.0, 50.0 * i, ROWS).round(2) for i in range(1, 4)}
    source = rng.choice(["Web", "Fair", "Partner"], ROWS)
    odds = -2.0 + 0.01 * measures["Measure 1"] - 1.0 * (source == "Fair")
    frame = pd.DataFrame({"Lead ID": [f"M-{i:06}" for i in range(ROWS)], "Lead Source": source, **measures})
    frame["Won"] = np.where(rng.random(ROWS) < 1 / (1 + np.exp(-odds)), "Yes", "No")
    path = tmp_path_factory.mktemp("many") / "many.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def folds(request: pytest.FixtureRequest) -> None:
    """Few folds, drawn once by the worker; in a long round as many as outside the tests, by both."""
    if IS_SOAK:
        request.getfixturevalue("usual_folds")
        request.getfixturevalue("usual_worker")


def test_they_are_learned_from_on_the_command_line_and_by_the_worker(
    many: Path, run, two_cores: None, folds: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    (tmp_path / "few.json").write_text(json.dumps(HARDLY_ANY_TREES))
    words = ["--label", "Won", "--params", tmp_path / "few.json", "--json", tmp_path / "result.json"]
    words += ["--promote", "--reason", "The first model here"]
    code, _, errors = run("train", many, *words)
    assert code == 0, errors
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["cross_validation"]["auc"] > 0.65
    assert result["cross_validation"]["split"].startswith(f"{FOLDS['n_splits']} stratified folds, drawn once;")

    registry = ModelRegistry(tmp_path / "models")
    champion, _ = registry.load_champion()
    leads = read_labelled([open_list(many, champion.schema)], [], champion.schema)
    under_way = start_run(leads, TrainingRequest(params=HARDLY_ANY_TREES, **DRAWS))
    deadline = time.monotonic() + PATIENCE
    while under_way.is_on and time.monotonic() < deadline:
        time.sleep(0.5)
        under_way = read_run(under_way.folder)
    assert under_way.state.state == "done", under_way.log
    assert registry.load(under_way.state.model_id).metadata.training_data.rows == ROWS
    assert len(under_way.report["learning_curve"]) == 5
