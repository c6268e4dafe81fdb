"""The DAGs, run for real by `dag.test()` in Airflow's own environment: make test-airflow.

Steps run in the project's environment; sample leads, twice with the same result, real leads where they are, and leads
that are not fit. Those of one run are new Pythons, as outside the tests; the others are forks of one that has imported
already (see `warm_steps`), which spares two thirds of the time.
"""

import contextlib
import importlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="Airflow lives in an environment of its own: make test-airflow")

psutil = pytest.importorskip("psutil")  # it comes with Airflow

ROOT = Path(__file__).resolve().parents[2]
PYTHON = os.environ["LEADSCORE_PYTHON"]
REAL = ROOT.parent / "shared" / "data" / "codepro" / "labelled_leads.csv"


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Airflow's home, and a registry and data directory of this test alone."""
    folder = tmp_path_factory.mktemp("airflow")
    shutil.copytree(ROOT / "models", folder / "models")
    os.environ |= {
        "LEADSCORE_DATA_DIR": str(folder / "data"),
        "LEADSCORE_MODELS_DIR": str(folder / "models"),
        "LEADSCORE_TRACKING_URI": "off",
        "LEADSCORE_RETRY_SECONDS": "1",
    }
    sys.path.insert(0, str(ROOT / "dags"))
    place = folder / "steps"
    warm = subprocess.Popen([PYTHON, "-m", "tests.airflow.warm_steps", str(place)], cwd=ROOT)
    deadline = time.monotonic() + 120
    while not place.exists() and warm.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert place.exists()
    os.environ["LEADSCORE_PYTHON"] = str(write_launcher(folder / "python", place))
    yield folder
    os.environ["LEADSCORE_PYTHON"] = PYTHON
    warm.terminate()
    warm.wait(timeout=20)


def write_launcher(path: Path, place: Path) -> Path:
    """Write what stands for the project's Python: scripts are forks of the warm one, unless `as_outside` asks."""
    ask = f'exec "{PYTHON}" -S -E "{ROOT / "tests/airflow/warm_steps.py"}" "{place}" "$@"'
    path.write_text(
        f'#!/bin/sh\ncase "$LEADSCORE_TEST_COLD$1" in /*.py) {ask};; *) exec "{PYTHON}" "$@";; esac\n',
        encoding="utf-8",
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def as_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step is a new Python."""
    monkeypatch.setenv("LEADSCORE_TEST_COLD", "1")


@pytest.fixture(scope="module")
def leads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fewer of the sample leads."""
    lines = (ROOT / "sample_data" / "labelled_leads.csv").read_text(encoding="utf-8").splitlines()
    path = tmp_path_factory.mktemp("leads") / "labelled.csv"
    path.write_text("\n".join(lines[:1_201]) + "\n", encoding="utf-8")
    return path


def run(name: str, **conf: str | int) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Run a DAG; return its state, the state of each task, and what each returned; of a mapped task with its place."""
    dag = getattr(importlib.import_module(name), name)()
    done = dag.test(run_conf=conf)
    states, result = {}, {}
    for task in done.get_task_instances():
        one = task.task_id if task.map_index < 0 else f"{task.task_id} {task.map_index}"
        states[one] = str(task.state)
        result[one] = task.xcom_pull(task_ids=task.task_id, map_indexes=task.map_index)
    return str(done.state), states, result


def models(home: Path) -> list[str]:
    return sorted(path.parent.name for path in (home / "models").glob("*/metadata.json"))


def test_data_is_checked_cleaned_and_stored_twice_the_same(home: Path, leads: Path) -> None:
    first = run("data_pipeline", files=str(leads), label="app_complete_flag", schema="")
    assert first[0] == "success", first[1]
    path = Path(first[2]["clean"])
    before = path.stat().st_mtime_ns
    again = run("data_pipeline", files=str(leads), label="app_complete_flag", schema="")
    assert again[2]["clean"] == str(path)
    assert path.stat().st_mtime_ns == before  # found again, not made again
    assert again[2]["store"]["rows"] == 1_200
    assert len(list((home / "data" / "pipelines").iterdir())) == 1


def test_leads_that_are_not_fit_stop_at_the_check_with_the_report(home: Path, leads: Path, tmp_path: Path) -> None:
    text = leads.read_text(encoding="utf-8").replace("first_utm_source_c", "colour").replace("first_utm_medium_c", "x")
    broken = tmp_path / "broken.csv"
    broken.write_text(text, encoding="utf-8")
    state, tasks, result = run("data_pipeline", files=str(broken), label="app_complete_flag", schema="")
    assert state == "failed"
    assert tasks["check_raw"] == "success"
    assert tasks["raw_is_fit"] == "failed"
    assert tasks["clean"] == "upstream_failed"
    report = json.loads(Path(result["check_raw"]["report"]).read_text(encoding="utf-8"))
    assert {problem["code"] for problem in report["problems"]} >= {"required_column"}


def test_a_challenger_is_trained_once_and_promotion_stays_with_a_person(home: Path, leads: Path) -> None:
    before, champion = models(home), (home / "models" / "champion").read_text()
    first = run("training_pipeline", files=str(leads), label="app_complete_flag", schema="", promote="never")
    assert first[0] == "success", first[1]
    assert first[2]["promote"] == "left to a person"
    assert set(models(home)) == {*before, first[2]["register"]}
    assert 0.5 < first[2]["evaluate_and_gate"]["auc"] < 1
    again = run("training_pipeline", files=str(leads), label="app_complete_flag", schema="", promote="never")
    assert again[2]["register"] == first[2]["register"]
    assert len(models(home)) == len(before) + 1
    assert (home / "models" / "champion").read_text() == champion


def test_a_list_is_scored_once_and_kept_as_a_batch(home: Path) -> None:
    files = str(ROOT / "sample_data" / "new_leads.csv")
    first = run("inference_pipeline", files=files, schema="")
    assert first[0] == "success", first[1]
    again = run("inference_pipeline", files=files, schema="")
    assert again[2]["score 0"] == first[2]["score 0"] | {"new": False}
    assert first[2]["score 0"]["new"] is True
    assert sum(first[2]["score 0"]["grades"].values()) == first[2]["score 0"]["rows"]
    with contextlib.closing(sqlite3.connect(home / "data" / "leadscore.db")) as database:
        signed = set(database.execute("SELECT person_name, via FROM audit WHERE action = 'score and keep lists'"))
    assert signed == {("Airflow (leadscore_inference)", "airflow")}


def test_the_monitor_checks_the_newest_lists_and_posts_what_is_certain(
    home: Path, leads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = str(tmp_path / "data")
    monkeypatch.setenv("LEADSCORE_DATA_DIR", inside)
    state, tasks, result = run("inference_pipeline", files=str(leads), schema="")
    assert (state, tasks["check_trust 0"]) == ("success", "success"), tasks
    (scored,) = result["check_trust 0"]["lists"]
    assert scored["state"] in {"healthy", "watch", "retrain", "blind", "do not trust"}
    state, tasks, result = run("monitor_pipeline")
    assert state == "success", tasks
    assert result["check_newest"]["lists"] == [scored]
    assert result["deliver"] == {"sent": 0, "failed": 0}
    monkeypatch.setenv("LEADSCORE_MONITOR__WEBHOOK_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("LEADSCORE_MONITOR__WEBHOOK_SECRET", "secret")
    turned = tmp_path / "turned.csv"
    header, *lines = leads.read_text(encoding="utf-8").splitlines()
    ends = {"0": "1", "1": "0"}
    turned.write_text("\n".join([header, *(line[:-1] + ends.get(line[-1], "") for line in lines)]), encoding="utf-8")
    subprocess.run([PYTHON, "-m", "leadscore_core", "outcomes", str(turned)], cwd=ROOT, check=True)
    state, tasks, result = run("monitor_pipeline", days=7)
    assert state == "success", tasks
    assert result["check_newest"]["lists"][0]["state"] == "do not trust"
    assert result["check_newest"]["due"] == 1
    for scores in (tmp_path / "data" / "batches").glob("*/scores-*.parquet"):
        scores.unlink()
    state, tasks, result = run("monitor_pipeline")
    assert (state, tasks["all_checked"], tasks["deliver"]) == ("failed", "failed", "success")


@pytest.mark.skipif(not REAL.is_file(), reason="the real leads are not on this machine")
def test_real_leads_pass_all_three_pipelines(home: Path) -> None:
    state, tasks, result = run("data_pipeline", files=str(REAL), label="app_complete_flag", schema="")
    assert state == "success", tasks
    assert result["store"]["rows"] == 18_480
    words = {"files": str(REAL), "label": "app_complete_flag", "schema": "", "promote": "gates hold"}
    state, tasks, result = run("training_pipeline", **words)
    assert state == "success", tasks
    assert result["evaluate_and_gate"]["ok"] is True
    assert result["evaluate_and_gate"]["auc"] > 0.83
    assert result["promote"] == "promoted"
    state, tasks, scored = run("inference_pipeline", files=str(REAL.with_name("new_leads.csv")), schema="")
    assert state == "success", tasks
    assert scored["load_champion"] == scored["score 0"]["model_id"] == result["register"]
    assert scored["score 0"]["rows"] == 1_973


def test_lists_that_arrive_are_announced_once_and_scored_each_for_itself(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header, *lines = (ROOT / "sample_data" / "new_leads.csv").read_text(encoding="utf-8").splitlines()
    paths = [tmp_path / name for name in ("friday, late.csv", "monday.csv", "odd.csv")]
    for path, text in zip(paths, ([header, *lines[:60]], [header, *lines[60:90]], ["who,what", "a,b"]), strict=True):
        path.write_text("\n".join(text) + "\n", encoding="utf-8")
        os.utime(path, (0, time.time() - 60))
    (tmp_path / "half.csv").write_text("still being written", encoding="utf-8")
    os.utime(tmp_path / "half.csv", (0, time.time() + 3_600))
    state, tasks, result = run("arrivals", inbox=str(tmp_path))
    assert state == "success", tasks
    assert [one["path"] for one in result["look"]] == [str(path) for path in paths]
    state, tasks, result = run("arrivals", inbox=str(tmp_path))
    assert (state, result["look"]) == ("success", [])
    assert tasks["announce"] == "skipped"

    from airflow.models import dagrun

    create = dagrun.get_or_create_dagrun

    def as_the_scheduler_does(*, session: Any, **words: Any) -> Any:
        begun = create(session=session, **words)
        begun.consumed_asset_events.extend(arrivals(session))
        session.commit()
        return begun

    monkeypatch.setattr(dagrun, "get_or_create_dagrun", as_the_scheduler_does)
    state, tasks, result = run("inference_pipeline")
    lists = result["choose_lists"]
    assert sorted(lists) == [str(path) for path in paths]
    friday, monday, odd = (lists.index(str(path)) for path in paths)
    assert [result[f"score {place}"]["rows"] for place in (friday, monday)] == [60, 30]
    assert [tasks[f"publish {place}"] for place in (friday, monday)] == ["success", "success"]
    assert (state, tasks[f"raw_is_fit {odd}"], tasks[f"score {odd}"]) == ("failed", "failed", "upstream_failed")


def arrivals(session: Any) -> list[Any]:
    """Return the events of the arrivals, as Airflow keeps them."""
    from airflow.models.asset import AssetEvent, AssetModel

    events = session.query(AssetEvent).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
    return list(events.filter(AssetModel.name == "leadscore_arrived_leads").order_by(AssetEvent.id))


def test_a_task_that_is_killed_is_tried_again(home: Path, leads: Path, as_outside: None) -> None:
    killed: list[int] = []

    def kill_one() -> None:
        deadline = time.monotonic() + 120
        while not killed and time.monotonic() < deadline:
            for child in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if PYTHON in child.cmdline() and "script.py" in " ".join(child.cmdline()):
                        child.kill()
                        killed.append(child.pid)
                        break
            time.sleep(0.05)

    watcher = threading.Thread(target=kill_one)
    watcher.start()
    state, tasks, result = run("data_pipeline", files=str(leads), label="app_complete_flag", schema="")
    watcher.join()
    assert killed
    assert state == "success", tasks
    assert result["store"]["rows"] == 1_200


def test_the_steps_run_in_the_projects_environment() -> None:
    """Airflow's environment has no LightGBM, and the project's has no Airflow."""
    for python, module in ((sys.executable, "lightgbm"), (PYTHON, "airflow")):
        done = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
        assert done.returncode != 0
