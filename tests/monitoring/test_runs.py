"""Runs of the monitor: beside uploads and imports and by the clock; one that fails costs these nothing."""

import ast
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core import monitoring_steps
from leadscore_core.batches.view import BatchView
from leadscore_core.config import MonitorRules, Settings, load_settings
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.monitoring import check
from leadscore_core.monitoring.batch_leads import read_batch_leads
from leadscore_core.monitoring.calibration_check import check_calibration, latest_calibration, save_calibration
from leadscore_core.monitoring.performance import measure_performance
from leadscore_core.monitoring.records import read_timeline
from leadscore_core.monitoring.runs import check_batches, check_outcomes, main, run_soon
from leadscore_core.monitoring.verdict import DO_NOT_TRUST
from leadscore_core.monitoring_steps import check_newest, check_scored, deliver_messages, write_tracking
from leadscore_core.outcome import OutcomeWords
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.engine import now
from leadscore_core.storage.database.monitor_events import RECALIBRATION, VERDICT, MonitorEventStore
from leadscore_core.storage.database.outbox import Outbox
from leadscore_core.storage.database.outcomes import OutcomeStore
from tests.batches.test_called import bring_back, call
from tests.monitoring.test_kept_lists import Receiver, as_foretold
from tests.paths import ROOT

PAGES = sorted((ROOT / "pages").rglob("*.py"))
KEEPING = {"save_batch", "rescore_batch", "bring_outcomes", "save_results", "undo_results"}


@pytest.fixture
def automatic(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("LEADSCORE_MONITOR__AUTOMATIC", "true")
    return load_settings()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(refuses=0)
    yield made
    made.server.shutdown()
    made.server.server_close()


def verdicts(batch: Batch) -> list[str]:
    kept = MonitorEventStore(load_settings()).history(batch.schema_name, VERDICT, batch_id=batch.id)
    return [event.data["state"] for event in reversed(kept)]


def test_each_door_that_keeps_leads_or_outcomes_has_them_checked() -> None:
    found = {}
    for path in PAGES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        called = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        if called & KEEPING:
            found[str(path.relative_to(ROOT))] = "check_soon" in called
    assert {"pages/score/result.py", "pages/leads/outcomes.py", "pages/sources/outcomes.py"} <= set(found)
    assert all(found.values()), found


def test_a_run_beside_the_page_keeps_the_verdict_and_the_calibration(automatic: Settings, batch: Batch) -> None:
    run = run_soon([batch.id], automatic)
    assert run is not None
    run.thread.join(60)
    assert not run.is_running
    assert not run.is_failed
    assert len(verdicts(batch)) == 1
    gone = run_soon(["20260101-000000-00000000"], automatic)
    assert gone is not None
    gone.thread.join(60)
    assert len(verdicts(batch)) == 1


def test_nothing_runs_where_it_is_switched_off_or_there_is_nothing(batch: Batch) -> None:
    assert run_soon([batch.id], load_settings()) is None
    rules = MonitorRules(automatic=True)
    assert run_soon([], load_settings().model_copy(update={"monitor": rules})) is None


def test_a_list_that_cannot_be_checked_costs_the_others_nothing(
    batch: Batch, labelled: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch.id != labelled.id
    Path(labelled.scores_path).write_bytes(b"damaged")
    found = {one.name: one for one in check_outcomes([batch, labelled])}
    assert found[batch.name].report is not None
    assert found[labelled.name].report is None
    assert "gone or damaged" in found[labelled.name].problem
    assert main([batch.id, labelled.id]) == 1
    assert labelled.name in capsys.readouterr().err
    assert main([batch.id]) == 0
    assert len(verdicts(batch)) == 1  # the same again is kept once


def test_a_certain_change_is_posted_by_the_run_that_finds_it(
    batch: Batch, trained: LeadModel, receiver: Receiver
) -> None:
    rules = MonitorRules(webhook_url=receiver.url, webhook_secret="s3cret")
    settings = load_settings().model_copy(update={"monitor": rules})
    check_batches([batch], settings)
    bring_back(batch, as_foretold(batch, trained, turned=True))
    check_outcomes([batch], settings)
    assert verdicts(batch)[-1] == DO_NOT_TRUST
    assert [body for body, _ in receiver.taken if DO_NOT_TRUST in body]
    assert not Outbox(settings).waiting()


def test_level_and_slope_are_checked_when_outcomes_come_and_a_recalibration_is_proposed(
    labelled: Batch, trained: LeadModel
) -> None:
    settings = load_settings()
    scores = read_batch_leads(labelled, trained.schema, 0.5, settings).leads.propensity
    drawn = np.random.default_rng(0).random(labelled.rows)
    bring_back(labelled, drawn < np.nan_to_num(scores) * 0.4)
    check_outcomes([labelled])
    kept = latest_calibration(labelled.schema_name, trained.model_id, settings)
    assert kept is not None
    assert kept["is_proposed"]
    assert kept["level"]["value"] == pytest.approx(0.4, abs=0.06)
    assert "were found for each expected one" in kept["sentence"]
    assert any(one.title == "Recalibration proposed" for one in read_timeline(labelled.schema_name))
    bring_back(labelled, drawn < np.nan_to_num(scores))
    found = save_calibration(labelled.schema_name)
    assert found is not None
    assert not found.recalibration.is_proposed
    assert found.level.value == pytest.approx(1, abs=0.1)
    save_calibration(labelled.schema_name)
    events = MonitorEventStore(settings).history(labelled.schema_name, RECALIBRATION)
    assert [event.data["is_proposed"] for event in events] == [False, True]


def test_without_outcomes_there_is_no_calibration_to_check(batch: Batch, trained: LeadModel) -> None:
    assert check_calibration(trained) is None
    assert save_calibration(batch.schema_name) is None
    assert save_calibration("nobody") is None


def test_of_young_leads_quick_answers_count_neither_way_and_this_is_said(
    batch: Batch, view: BatchView, trained: LeadModel
) -> None:
    call(view, np.arange(batch.rows))
    bring_back(batch, as_foretold(batch, trained))
    leads = read_batch_leads(batch, trained.schema, 0.5, load_settings()).leads
    report = check_batches([batch])[0].report
    assert report is not None
    assert report.performance.young_sentence(OutcomeWords()) == ""
    young = replace(leads, calls=replace(leads.calls, age=np.arange(batch.rows, dtype="float64"), days=100))
    done = measure_performance(young)
    assert (done.young, done.known) == (100, batch.rows - 100)
    assert done.young_yes == (leads.calls.came[:100] == 1).sum()
    assert done.young_yes + done.young_no == 100
    assert f"{done.young_no:,} came back as a no" in done.young_sentence(OutcomeWords())


def test_the_daily_steps_check_what_is_new_and_say_what_they_could_not(
    batch: Batch, labelled: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = check_newest()
    assert found["ok"]
    assert {one["batch"] for one in found["lists"]} == {batch.name, labelled.name}
    with monkeypatch.context() as later:
        later.setattr(monitoring_steps, "now", lambda: now() + timedelta(days=40))
        assert check_newest()["lists"] == []
        assert len(check_newest(days=45)["lists"]) == 2
    assert check_scored({"batch": batch.id})["lists"][0]["state"] == verdicts(batch)[-1]
    assert deliver_messages() == {"sent": 0, "failed": 0}
    assert write_tracking() == {"logged": [], "problem": ""}
    Path(batch.scores_path).unlink()
    broken = check_newest()
    assert not broken["ok"]
    assert batch.name in broken["why"]
    assert len(broken["lists"]) == 2


def test_the_daily_steps_have_nothing_to_do_before_anything_is_kept(places: Path) -> None:
    assert check_newest() == {"ok": True, "why": "", "lists": [], "due": 0}
    assert deliver_messages() == {"sent": 0, "failed": 0}
    assert not places.exists()


def test_the_verdict_on_an_uploaded_list_comes_to_the_sidebar_by_itself(
    places: Path, new_list: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSCORE_MONITOR__AUTOMATIC", "true")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["person_name"] = "Anna"
    app.run()
    app.file_uploader[0].upload(new_list.name, new_list.read_bytes(), "text/csv").run()
    assert not app.exception
    beside = [caption.value for caption in app.sidebar.caption]
    assert any("The monitor looks at the new leads" in text or "by new_leads" in text for text in beside), beside
    run = app.session_state["monitor_run"]
    deadline = time.monotonic() + 60
    while run.is_running and time.monotonic() < deadline:
        time.sleep(0.1)
    app.run()
    assert any("by new_leads" in caption.value for caption in app.sidebar.caption)
    assert "monitor_run" not in app.session_state


def test_the_command_that_brings_outcomes_says_the_verdict_and_keeps_them_whatever_a_check_meets(
    run, batch: Batch, trained: LeadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSCORE_MONITOR__AUTOMATIC", "true")
    leads = pd.read_parquet(batch.leads_path)
    came = as_foretold(batch, trained, turned=True)
    back = leads[["lead_id"]].assign(app_complete_flag=came.astype("int64"))
    back.to_csv(tmp_path / "back.csv", index=False)
    code, said, _ = run("outcomes", tmp_path / "back.csv")
    assert code == 0
    assert f"{batch.name}: Do not trust: AUC 0." in said
    assert verdicts(batch) == [DO_NOT_TRUST]

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(check, "check_drift", fail)
    back.assign(app_complete_flag=1 - came.astype("int64")).to_csv(tmp_path / "again.csv", index=False)
    code, said, _ = run("outcomes", tmp_path / "again.csv")
    assert code == 0
    assert "A fault of LeadScore's own (ZeroDivisionError)" in said
    assert OutcomeStore(load_settings()).known(batch)[0] == 1 - int(came[0])
    code, said, _ = run("outcomes", "--undo", tmp_path / "again.csv")
    assert code == 0
