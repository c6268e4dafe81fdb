"""Comparisons of algorithms and searches for settings are kept beside the models, for MLflow, where that is on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from leadscore_core.config import load_settings
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.pipelines import training
from leadscore_core.registry.searches import read_searches, save_search
from leadscore_core.training import tuning
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.training_data import TrainingData, make_training_data
from leadscore_core.training.tuning import Tuning


@pytest.fixture(scope="module")
def few(sample: SampleLeads, schema: LeadSchema) -> TrainingData:
    frame = sample.labelled.head(400)
    return make_training_data(frame, schema, map_frame(frame, schema), name="leads.csv")


@pytest.fixture
def tracked(places: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tracking that is on, in a process that never loads MLflow; what was to be brought up to date."""
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("LEADSCORE_TRACKING_URI", "http://127.0.0.1:9")
    asked: list[str] = []
    monkeypatch.setattr(training, "_track", lambda settings: asked.append(str(settings.models_dir)) or "")
    return asked


def test_a_comparison_is_kept_with_a_child_for_each_algorithm(few: TrainingData, tracked: list[str]) -> None:
    board = training.compare_algorithms(few, TrainingRequest(), ["logistic"])
    (search,) = read_searches(load_settings().models_dir)
    assert (search.kind, search.schema) == ("comparison", "codepro")
    table = board.table.set_index("name")
    assert {child["name"] for child in search.children} == set(table.index)
    for child in search.children:
        assert child["metrics"]["auc"] == pytest.approx(table.at[child["name"], "auc"])
        assert all(np.isfinite(value) for value in child["metrics"].values())
    assert search.tags["data"] == "leads.csv"
    assert search.tags["data.sha256"] == few.fingerprint
    assert tracked == [str(load_settings().models_dir)]


def test_a_search_for_settings_is_kept_with_a_child_for_each_trial(
    few: TrainingData, tracked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = ({"auc": 0.8, "num_leaves": 9}, {"auc": 0.7, "num_leaves": 31})
    made = Tuning({"num_leaves": 9}, 0.79, 0.78, 0.01, -0.01, 0.03, trials=12, seconds=3.0, tried=tried)
    monkeypatch.setattr(tuning, "tune_model", lambda *_, **__: made)
    found = training.tune_settings(few, TrainingRequest(), 0.1)
    (search,) = read_searches(load_settings().models_dir)
    assert search.kind == "tuning"
    assert len(search.children) == len(found.tried) >= 2
    aucs = [child["metrics"]["auc_in_inner_folds"] for child in search.children]
    assert aucs == sorted(aucs, reverse=True)
    assert search.children[0]["params"] == found.params
    assert search.metrics["auc"] == pytest.approx(found.auc)


def test_without_tracking_nothing_is_kept_and_damage_is_passed_over(
    few: TrainingData, tracked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = load_settings().models_dir
    kept = save_search(root, "tuning", "gym", children=[], metrics={}, tags={})
    (root / "searches/broken.json").write_text("{")
    assert read_searches(root) == [replace(kept)]
    monkeypatch.setenv("LEADSCORE_TRACKING_URI", "off")
    training.compare_algorithms(few.take(np.arange(len(few)) < 150), TrainingRequest(), ["logistic"])
    assert read_searches(root) == [kept]
    assert tracked == []
