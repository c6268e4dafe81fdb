"""One training pipeline: the command line, the page and the scheduler make the same model of the same file."""

import json
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core import orchestration
from leadscore_core.config import load_settings
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining.jobs import list_runs
from tests.paths import IS_SOAK, ROOT

LABEL = "app_complete_flag"
ROWS = 1_500 if IS_SOAK else 700
OWN = {"model_id", "created_at", "pickle_sha256"}


@pytest.fixture
def trees_and_folds(request: pytest.FixtureRequest) -> None:
    """Few trees and folds; in a long round as many as outside the tests."""
    request.getfixturevalue("usual_folds" if IS_SOAK else "few_trees")


def train_on_the_page(path: Path) -> str:
    """Bring a file to Retrain, train with everything as it is proposed, and return the model's name."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run().switch_page("pages/retrain/page.py").run()
    uploader = next(one for one in app.file_uploader if one.label == "Labelled leads")
    uploader.upload(path.name, path.read_bytes(), "text/csv").run()
    next(b for b in app.button if b.label.startswith("Train on")).click().run()
    assert not app.exception
    assert list_runs()[0].state.state == "done", list_runs()[0].log
    return list_runs()[0].state.model_id


@pytest.mark.usefixtures("trees_and_folds", "runs_here")
def test_a_file_gives_the_same_model_and_report_by_every_door(
    registry: ModelRegistry, sample: SampleLeads, run, tmp_path: Path
) -> None:
    path = tmp_path / "labelled.csv"
    few = sample.labelled.head(ROWS)
    asked = pd.to_numeric(few[LABEL]).where(few.index % 9 > 0)  # a column that nearly knows
    few.assign(referred_lead=asked).to_csv(path, index=False)
    code, _, errors = run("train", path, "--json", tmp_path / "result.json")
    assert code == 0, errors
    by_command = json.loads((tmp_path / "result.json").read_text())["model_id"]
    by_page = train_on_the_page(path)
    key = orchestration.check_raw(str(path), label=LABEL)["key"]
    by_scheduler = orchestration.train_challenger(orchestration.clean_leads_to(str(path), key, label=LABEL), key)
    own = ModelRegistry(load_settings().data_dir / "pipelines" / key / "models")

    made = [(registry, by_command), (registry, by_page), (own, by_scheduler)]
    metadata = [where.read_metadata(name).model_dump(exclude=OWN) for where, name in made]
    assert metadata[0]["audit"], "nothing was asked, so nothing is compared of it"
    assert metadata[0] == metadata[1] == metadata[2]
    reports = [where.read_report(name) for where, name in made]
    for report in reports:
        assert set(report) >= {"segments", "base_rates", "challenge", "learning_curve", "more_leads"}
        for name in ("seconds", "seconds_training", "seconds_to_verdict"):
            del report[name]
        del report["challenge"]["challenger_id"]
    assert reports[0] == reports[1] == reports[2]
    registered = orchestration.register_challenger(key, by_scheduler)
    assert registered in {by_command, by_page}, "a model of the same leads and settings is kept"


def test_a_model_of_the_command_line_opens_on_the_page_with_its_report(
    registry: ModelRegistry, sample: SampleLeads, run, few_trees: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "labelled.csv"
    sample.labelled.to_csv(path, index=False)
    code, _, errors = run("train", path)
    assert code == 0, errors
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run().switch_page("pages/retrain/page.py").run()
    app.segmented_control(key="retrain-section").set_value("Verdict").run()
    assert not app.exception
    assert "Where it is weakest" in [header.value for header in app.subheader]
    app.segmented_control(key="retrain-section").set_value("Against the model in use").run()
    assert "Leads that change grade" in [header.value for header in app.subheader]


def test_a_model_that_misses_a_target_needs_a_reason_by_every_door(
    registry: ModelRegistry, sample: SampleLeads, run, few_trees: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    champion = registry.champion_id
    assert not registry.read_metadata(champion).meets_targets
    path = tmp_path / "few.csv"
    sample.labelled.head(400).to_csv(path, index=False)
    poorly = ("--algorithm", "lightgbm")  # of so few trees and leads; the usual algorithm meets the targets
    code, _, errors = run("train", path, *poorly, "--promote", "--json", tmp_path / "result.json")
    poor = json.loads((tmp_path / "result.json").read_text())
    assert not poor["meets_targets"]
    assert code == 1
    assert "It was kept, and not promoted." in errors
    assert registry.champion_id == champion

    needed = "needs a reason of at least 10 characters"
    code, _, errors = run("models", "promote", poor["model_id"])
    assert (code, needed in errors) == (2, True)
    assert registry.champion_id == champion
    code, _, errors = run("models", "promote", poor["model_id"], "--reason", "The other read what leaks")
    assert code == 0, errors
    assert registry.champion_id == poor["model_id"]
    assert registry.history()[0]["reason"] == "The other read what leaks"

    code, _, errors = run("models", "rollback")
    assert (code, needed in errors) == (2, True)
    assert registry.champion_id == poor["model_id"]
    code, _, errors = run("models", "rollback", "--reason", "Callers want the old one")
    assert code == 0, errors
    assert registry.champion_id == champion
