"""The process of a run: train a model and publish it; or compare algorithms; or search settings.

    python -m leadscore_core.retraining.worker FOLDER

Its progress is written into the folder, so that a page that was left, or a server that was started again, finds it.
"""

import gc
import json
import shutil
import sys
import tempfile
import traceback
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import Timeout

from leadscore_core._files import write_text
from leadscore_core.access.permissions import PersonRole
from leadscore_core.access.person import Person, acting_as, machine_person
from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import LeadScoreError, TrainingBusyError
from leadscore_core.pipelines.training import compare_algorithms, train_leads, tune_settings
from leadscore_core.progress import Progress
from leadscore_core.retraining.jobs import (
    HOLDER,
    LEADS,
    REPORT,
    REQUEST,
    SCRATCH,
    RunRequest,
    RunState,
    busy_words,
    read_state,
    training_lock,
    what_is_there,
    write_state,
)
from leadscore_core.retraining.process import step_back
from leadscore_core.training.training_file import load_training_data


def carry_out(folder: Path, settings: Settings) -> None:
    """Carry a run out and write down what came of it.

    Raises
    ------
    LeadScoreError
        If the leads cannot be learned from, another run is on, or the model cannot be published.
    """
    request = RunRequest.model_validate_json((folder / REQUEST).read_text(encoding="utf-8"))
    with acting_as(_who_asked(request)):
        _carry_out(folder, request, settings)


def _who_asked(request: RunRequest) -> Person:
    """Return who started a run, which asked whether they may; for it they are here for data science alone."""
    machine = machine_person("worker")
    name = request.by or machine.name
    return replace(machine, id=request.person_id or machine.id, name=name, roles=frozenset({PersonRole.DATA_SCIENCE}))


def _carry_out(folder: Path, request: RunRequest, settings: Settings) -> None:
    started = datetime.now(UTC)

    def progress(share: float, text: str) -> None:
        sys.stdout.write(f"{datetime.now(UTC):%H:%M:%S} {text}\n")
        sys.stdout.flush()
        state = RunState(state="running", share=share, message=text, started_at=started)
        write_state(folder, state.model_copy(update={"model_id": read_state(folder).model_id}))

    progress(0.0, "Reading the leads")
    lock = training_lock(settings)
    try:
        lock.acquire(timeout=5)
    except Timeout:
        raise TrainingBusyError(busy_words(settings)) from None
    try:
        holder = {"by": request.by, "since": started.isoformat()}
        write_text(settings.models_dir / HOLDER, json.dumps(holder))
        tasks = {"train": _train, "compare": _compare, "tune": _tune}
        model_id = tasks[request.task.kind](folder, request, settings, progress)
    finally:
        (settings.models_dir / HOLDER).unlink(missing_ok=True)
        lock.release()
    done = RunState(
        state="done",
        share=1.0,
        message="Done",
        started_at=started,
        ended_at=datetime.now(UTC),
        model_id=model_id,
    )
    write_state(folder, done)


def _train(folder: Path, request: RunRequest, settings: Settings, progress: Progress) -> str:
    """Train and publish; return the model's name."""
    data = load_training_data(folder / LEADS)

    def announce(model_id: str) -> None:
        write_state(folder, read_state(folder).model_copy(update={"model_id": model_id}))

    result = train_leads(data, request.training, settings=settings, progress=progress, announce=announce)
    sys.stdout.write(f"{result.tracking_problem or 'Written down in MLflow, where that is on'}\n")
    _write_report(folder, result.report)
    return result.model.model_id


def _compare(folder: Path, request: RunRequest, settings: Settings, progress: Progress) -> str:
    """Judge other algorithms on the same folds; no model comes of it."""
    data = load_training_data(folder / LEADS)
    board = compare_algorithms(data, request.training, request.task.algorithms, settings=settings, progress=progress)
    rows = json.loads(board.table.to_json(orient="records"))
    measures = {name: measure.model_dump() for name, measure in board.measures.items()}
    report = {"leaderboard": rows, "split": board.split, "seconds": round(board.seconds, 1), "measures": measures}
    report |= {"cautions": list(board.cautions), "next_split": board.next_split}
    _write_report(folder, report)
    return ""


def _tune(folder: Path, request: RunRequest, settings: Settings, progress: Progress) -> str:
    """Search settings; no model comes of it, but one can be trained with what was found."""
    data = load_training_data(folder / LEADS)
    found = tune_settings(data, request.training, request.task.minutes, settings=settings, progress=progress)
    _write_report(folder, {"tuning": asdict(found) | {"is_better": found.is_better}})
    return ""


def _write_report(folder: Path, report: dict[str, object]) -> None:
    write_text(folder / REPORT, json.dumps(report, default=str))


def main() -> int:
    """Run, and write down a fault in words; the trace goes to the log."""
    gc.set_threshold(100_000, 20, 20)  # what libraries make while they load stays
    folder = Path(sys.argv[1])
    scratch = folder / SCRATCH
    scratch.mkdir(exist_ok=True)
    tempfile.tempdir = str(scratch)  # what a run that is killed leaves must be found and removed
    try:
        carry_out(folder, load_settings())
    except Exception as error:  # whatever it is, the page must say so
        text = str(error)
        if not isinstance(error, LeadScoreError):
            traceback.print_exc()
            text = "Something went wrong inside LeadScore; the log says where."
        before = read_state(folder)
        text = f"{text} {what_is_there(before)}"
        ended = RunState(state="failed", message=text, ended_at=datetime.now(UTC), model_id=before.model_id)
        write_state(folder, ended)
        return 1
    finally:
        (folder / LEADS).unlink(missing_ok=True)
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    step_back()
    sys.exit(main())
