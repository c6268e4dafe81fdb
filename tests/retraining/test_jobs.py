"""Training runs: a process of their own, found again, one at a time, killed without harm."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.config import GradeRule, GradeThresholds, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import LabelError, RegistryError, TrainingBusyError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import ColumnAudit
from leadscore_core.registry.promotion import batches_behind, describe_verdict, gates_of, promote_model, roll_back
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining import jobs as jobs_module
from leadscore_core.retraining.dataset import batches_with_outcomes, read_labelled
from leadscore_core.retraining.jobs import (
    STATE,
    Run,
    RunState,
    RunTask,
    cancel_run,
    list_runs,
    read_run,
    start_run,
    write_state,
)
from leadscore_core.retraining.process import PROCESS, is_running, running_process
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.database.preferences import grade_preference
from leadscore_core.training.evaluation.segment_figures import judge_segments
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.training_data import TrainingData, join_training_data
from leadscore_core.training.training_file import save_training_data
from tests.conftest import FEW_TREES
from tests.paths import IS_SOAK, ROOT

LABEL = "app_complete_flag"
PATIENCE = 180
KILLS, LONGEST = (12, 6) if IS_SOAK else (2, 4)  # kills, and seconds before one
QUICK = TrainingRequest(params=FEW_TREES, n_repeats=1)


@pytest.fixture
def leads(registry: ModelRegistry, labelled_list: Path, trained: LeadModel) -> TrainingData:
    return read_labelled([open_list(labelled_list, trained.schema)], [], trained.schema)


def wait(run: Run) -> Run:
    deadline = time.monotonic() + PATIENCE
    while run.is_on and time.monotonic() < deadline:
        time.sleep(0.3)
        run = read_run(run.folder)
    return run


def wait_for_end(run: Run) -> None:
    deadline = time.monotonic() + PATIENCE
    while is_running(run.folder):
        assert time.monotonic() < deadline, "what it wrote last is not the end of it"
        time.sleep(0.05)


def test_nothing_that_names_a_person_is_kept(leads: TrainingData, sample: SampleLeads, tmp_path: Path) -> None:
    save_training_data(leads, tmp_path / "leads.parquet")
    kept = pd.read_parquet(tmp_path / "leads.parquet").astype("str")
    written = set(kept.to_numpy().ravel())
    for column in ("lead_id", "full_name", "email", "phone"):
        assert not set(sample.labelled[column].astype("str").dropna()) & written, column
    assert leads.label.tolist() == sample.labelled[LABEL].astype("float64").tolist()


def test_outcomes_that_came_back_are_learned_from(
    registry: ModelRegistry, batch: Batch, trained: LeadModel, labelled_list: Path
) -> None:
    assert batches_with_outcomes([batch]) == {}
    with pytest.raises(LabelError, match="None of these leads has an outcome"):
        read_labelled([], [batch], trained.schema)
    OutcomeStore(load_settings()).add(batch, np.array([0, 2]), np.array([1, 0]), file_name="back.csv")
    assert batches_with_outcomes([batch]) == {batch.id: 2}
    both = read_labelled([open_list(labelled_list, trained.schema)], [batch], trained.schema)
    came = pd.Series(both.label[-batch.rows :])
    assert (came[0], came[2]) == (1, 0)
    assert came.drop([0, 2]).isna().all()
    assert both.name == f"{labelled_list.name} and {batch.name}"


def test_a_run_trains_compares_publishes_and_is_found_again(
    leads: TrainingData, registry: ModelRegistry, trained: LeadModel, usual_worker: None
) -> None:
    asked = ColumnAudit(column="City", why="asked", left_out=True, auc_with=0.8, auc_without=0.7)
    excluded = {"city_mapped": "asked"}
    run = start_run(leads, replace(QUICK, excluded=excluded, audit=(asked,)), by="Anna")
    with pytest.raises(TrainingBusyError, match="Anna is training a model here since"):
        start_run(leads)
    run = wait(run)
    assert run.state.state == "done", run.log
    assert registry.champion_id == trained.model_id, "a run only proposes"
    model = registry.load(run.state.model_id)
    assert model.metadata.excluded == {"city_mapped": "asked"}
    assert model.metadata.audit == [asked]
    assert model.metadata.training_data.note == leads.name
    challenge = run.report["challenge"]
    assert challenge["champion_id"] == trained.model_id
    assert challenge["rows"] > 0
    assert "pending" not in run.report
    assert run.report == registry.read_report(model.model_id)
    assert 0 < run.report["seconds_to_verdict"] <= run.report["seconds"]
    assert set(run.report["segments"]) == {"Month", "First platform", "First source"}
    assert not (run.folder / "leads.parquet").exists(), "the copy of the leads is gone"
    assert "Judged fold 1" in run.log
    assert list_runs()[0].state.state == "done"
    result = describe_verdict(model.metadata, gates_of(model), challenge)
    assert result.startswith(("Meets all three targets", "Misses "))
    assert "the model in use" in result


def test_the_verdict_is_there_before_the_rest_and_stays_when_a_run_is_stopped(
    leads: TrainingData, registry: ModelRegistry, trained: LeadModel
) -> None:
    run = start_run(leads, replace(QUICK, params=FEW_TREES))
    deadline = time.monotonic() + PATIENCE
    while not run.state.model_id and run.is_on and time.monotonic() < deadline:
        time.sleep(0.01)
        run = read_run(run.folder)
    assert run.is_on, run.log
    model = registry.load(run.state.model_id)
    report = registry.read_report(model.model_id)
    assert report["segments"]
    assert report["pending"] in (["challenge", "learning_curve"], ["learning_curve"])
    stopped = cancel_run(run)
    assert stopped.state.state == "cancelled"
    assert f"Its model {model.model_id} was published before" in stopped.state.message
    assert registry.champion_id == trained.model_id
    assert registry.read_report(model.model_id)["pending"], "what is lacking is said to be"


def test_leads_that_cannot_be_learned_from_fail_in_words(
    leads: TrainingData, registry: ModelRegistry, trained: LeadModel, runs_here: None
) -> None:
    run = wait(start_run(leads.take(np.arange(len(leads)) < 30)))
    assert run.state.state == "failed"
    assert "Too few leads to train on" in run.state.message
    assert "the model in use is unchanged" in run.state.message
    assert [m.model_id for m in registry.list_models()] == [trained.model_id]


def test_a_run_is_stopped_and_nothing_is_published(
    leads: TrainingData, registry: ModelRegistry, trained: LeadModel, usual_worker: None
) -> None:
    run = start_run(join_training_data([leads] * 6))
    pid, deadline = running_process(run.folder), time.monotonic() + PATIENCE
    assert pid is not None
    while os.getpriority(os.PRIO_PROCESS, pid) <= os.getpriority(os.PRIO_PROCESS, 0):
        assert time.monotonic() < deadline, "people at their pages go first"
        time.sleep(0.05)
    run = cancel_run(read_run(run.folder))
    assert run.state.state == "cancelled"
    assert list_runs()[0].state.state == "cancelled"
    assert [m.model_id for m in registry.list_models()] == [trained.model_id]
    assert not (run.folder / "leads.parquet").exists()


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A living process, the leader of its group, that has nothing to do with training."""
    with subprocess.Popen(["sleep", "300"], start_new_session=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("whose", ["a stranger's", "this server's own"])
def test_a_number_of_a_process_that_was_given_anew_is_no_run(
    whose: str,
    leads: pd.DataFrame,
    registry: ModelRegistry,
    trained: LeadModel,
    stranger: subprocess.Popen[bytes],
) -> None:
    pid = stranger.pid if whose == "a stranger's" else os.getpid()
    old = start_run(leads.take(np.arange(len(leads)) < 30))
    wait(old)
    wait_for_end(old)
    on = RunState(state="running", share=0.4, message="Judging folds")
    write_state(old.folder, on)
    result = json.loads((old.folder / STATE).read_text()) | {"pid": pid}  # as version 0.1 wrote it
    (old.folder / STATE).write_text(json.dumps(result))
    (old.folder / PROCESS).write_text(str(pid))

    assert not is_running(old.folder)
    assert running_process(old.folder) is None
    stopped = cancel_run(Run(old.folder, old.request, on))  # from a page that was drawn before
    assert stopped.state.state == "cancelled"
    assert stranger.poll() is None, "what has nothing to do with training lives on"

    write_state(old.folder, on)
    assert read_run(old.folder).state.state == "failed"
    write_state(old.folder, on)
    new = start_run(leads.take(np.arange(len(leads)) < 30))  # the old one blocks nothing
    assert is_running(new.folder)
    assert running_process(new.folder) != pid
    assert cancel_run(new).state.state == "cancelled"
    assert not is_running(new.folder)
    assert stranger.poll() is None


def test_a_run_is_known_from_its_first_moment_and_from_other_processes(
    leads: pd.DataFrame, registry: ModelRegistry, trained: LeadModel
) -> None:
    run = start_run(leads)
    asks = "import sys, pathlib; from leadscore_core.retraining.process import running_process as asked\n"
    asks += "print(asked(pathlib.Path(sys.argv[1])))"
    words = [sys.executable, "-c", asks, run.folder]
    result = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert int(result) == running_process(run.folder)
    assert cancel_run(run).state.state == "cancelled"
    assert running_process(run.folder) is None


def test_killed_at_random_moments_the_champion_goes_on_serving(
    leads: TrainingData, registry: ModelRegistry, trained: LeadModel, usual_worker: None
) -> None:
    rng = random.Random(0)
    for _ in range(KILLS):
        run = start_run(leads)
        time.sleep(rng.uniform(0.2, LONGEST))
        pid = running_process(run.folder)
        if pid is not None:
            os.killpg(pid, signal.SIGKILL)
        run = wait(run)
        assert run.state.state in {"failed", "done"}
        if run.state.state == "failed":
            assert "the model in use is unchanged" in run.state.message
        assert registry.load_champion()[0].model_id == trained.model_id
        assert all(registry.load(m.model_id) for m in registry.list_models())
    assert wait(start_run(leads, QUICK)).state.state == "done"


def test_promoting_below_target_needs_a_reason_and_rolling_back_is_kept(
    registry: ModelRegistry, trained: LeadModel, leads: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = trained.metadata.model_copy(update={"model_id": "poor", "meets_targets": False})
    registry.publish(LeadModel(trained.pipeline, missing, trained.out_of_sample))
    with pytest.raises(RegistryError, match="needs a reason of at least 10 characters"):
        promote_model("poor", reason="because")
    assert registry.champion_id == trained.model_id
    promote_model("poor", by="Anna", reason="The old one read a column that leaks")
    assert registry.champion_id == "poor"
    with pytest.raises(RegistryError, match="in use already"):
        promote_model("poor", reason="The old one read a column that leaks")
    assert roll_back(by="Bela", reason="It came too early") == trained.model_id
    result = registry.history()
    assert [(e["action"], e["by"], e["reason"]) for e in result[:2]] == [
        ("rollback", "Bela", "It came too early"),
        ("promote", "Anna", "The old one read a column that leaks"),
    ]


def test_a_model_no_better_than_the_base_rate_needs_a_reason_whatever_its_targets(
    registry: ModelRegistry, trained: LeadModel
) -> None:
    figures = trained.metadata.metrics["cross_validation"] | {"auc": 0.5, "auc_std": 0.01}
    update = {"model_id": "chance", "meets_targets": True, "metrics": {"cross_validation": figures}}
    registry.publish(LeadModel(trained.pipeline, trained.metadata.model_copy(update=update), trained.out_of_sample))
    with pytest.raises(RegistryError, match="tells no more than the base rate"):
        promote_model("chance")
    promote_model("chance", reason="Nothing else can be had yet")
    assert registry.champion_id == "chance"


def test_a_registry_that_cannot_be_written_is_said_before_the_work(
    leads: TrainingData, registry: ModelRegistry, trained: LeadModel
) -> None:
    blocked = registry.root / jobs_module.LOCK
    blocked.unlink(missing_ok=True)
    blocked.mkdir()
    with pytest.raises(Exception, match="cannot be written|could not be started"):
        start_run(leads)
    assert json.dumps([run.request.run_id for run in list_runs()]) == "[]"


def test_algorithms_are_compared_and_settings_searched_by_a_run(
    leads: TrainingData, registry: ModelRegistry, trained: LeadModel, runs_here: None
) -> None:
    before = [m.model_id for m in registry.list_models()]
    leads = leads.take(np.arange(len(leads)) < 700)
    task = RunTask(kind="compare", algorithms=("logistic",))
    run = wait(start_run(leads, task=task))
    assert run.state.state == "done", run.log
    board = {row["name"]: row for row in run.report["leaderboard"]}
    assert set(board) == {"logistic", "lightgbm"}
    assert board["lightgbm"]["auc"] > 0.6
    run = wait(start_run(leads, TrainingRequest(algorithm="lightgbm"), task=RunTask(kind="tune", minutes=0.02)))
    assert run.state.state == "done", run.log
    assert run.report["tuning"]["trials"] >= 12
    assert run.report["tuning"]["algorithm"] == "lightgbm"
    assert [m.model_id for m in registry.list_models()] == before  # neither publishes anything
    tuned = run.report["tuning"]["params"]
    run = wait(start_run(leads, replace(QUICK, params=tuned)))
    assert run.state.state == "done", run.log
    result = registry.read_metadata(run.state.model_id).parameters
    assert result["num_leaves"] == tuned["num_leaves"]
    assert run.report["learning_curve"][-1]["rows"] > run.report["learning_curve"][0]["rows"]
    assert "leads" in run.report["more_leads"]
    challenge = run.report["challenge"]
    assert len(challenge["thresholds"]) == 9
    assert all(abs(change["new"] - change["old"]) > 0 for change in challenge["score_changes"])


def test_grades_are_kept_or_reset_when_a_model_is_promoted(registry: ModelRegistry, trained: LeadModel) -> None:
    settings = load_settings()
    grades = grade_preference(settings, load_schema())
    own = GradeRule(thresholds=GradeThresholds(hot=0.9, warm=0.5, cold=0.2))
    grades.save(own, based_on=0, author="Anna")
    for name, reset in (("kept", False), ("reset", True)):
        registry.publish(LeadModel(trained.pipeline, trained.metadata.model_copy(update={"model_id": name})))
        promote_model(name, by="Bela", reason="A newer month is in it", reset_grades=reset)
        assert (grades.current().value == own) is not reset
    assert grades.current().author == "Bela"
    assert grades.current().value.thresholds == settings.grades


def test_lists_scored_by_another_model_are_offered_again(
    registry: ModelRegistry, trained: LeadModel, batch: Batch
) -> None:
    assert batches_behind(trained) == []
    newer = LeadModel(trained.pipeline, trained.metadata.model_copy(update={"model_id": "newer"}))
    assert [b.id for b in batches_behind(newer)] == [batch.id]


def test_months_and_sources_of_a_model_of_which_a_part_of_the_leads_was_judged(
    leads: TrainingData, trained: LeadModel
) -> None:
    whole = trained.out_of_sample
    part = replace(trained, out_of_sample=whole[whole["row"] % 2 == 0])
    result = judge_segments(leads, part)
    assert 0 < sum(group["n"] for group in result["First platform"]) <= len(leads) / 2
