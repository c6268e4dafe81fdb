"""Training runs: started from the screen, carried out by a process of their own, found again after a restart."""

import json
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from leadscore_core._files import publish_folder, staged_folder, write_text
from leadscore_core.access.permissions import Action
from leadscore_core.access.person import current_person, needs
from leadscore_core.config import PROJECT_ROOT, Settings, load_settings
from leadscore_core.days import key_of_moment, say_moment
from leadscore_core.errors import StorageError, TrainingBusyError
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.registry.reports import current_names
from leadscore_core.retraining.process import is_running, start_process, stop_process
from leadscore_core.storage.database.engine import after
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.training_data import TrainingData
from leadscore_core.training.training_file import save_training_data

State = Literal["waiting", "running", "done", "failed", "cancelled"]
LEADS, REQUEST, STATE, REPORT, LOG = "leads.parquet", "request.json", "state.json", "report.json", "log.txt"
SCRATCH = "scratch"
WORKER = "leadscore_core.retraining.worker"
LOCK, HOLDER = ".training.lock", ".training.json"
_MOST_RUNS = 30


class RunTask(BaseModel):
    """What a run does: train a model, compare algorithms on the same folds, or search settings within a budget."""

    kind: Literal["train", "compare", "tune"] = "train"
    algorithms: tuple[str, ...] = ()
    minutes: float = Field(5.0, gt=0, le=720)


class RunRequest(BaseModel):
    """What is to be trained: which leads, in words and by their schema, how, and who asked."""

    run_id: str
    asked_at: datetime
    by: str = ""
    person_id: str = ""
    data: str
    rows: int
    schema_name: str = ""
    task: RunTask = RunTask()
    training: TrainingRequest = TrainingRequest()


class RunState(BaseModel):
    """How far a run is: a share 0-1, what is being done, and what came of it."""

    model_config = ConfigDict(protected_namespaces=())

    state: State
    share: float = 0.0
    message: str = Field("", validation_alias=AliasChoices("message", "told"))
    started_at: datetime | None = None
    ended_at: datetime | None = None
    model_id: str = ""


@dataclass(frozen=True)
class Run:
    """A run as it stands."""

    folder: Path
    request: RunRequest
    state: RunState

    @property
    def is_on(self) -> bool:
        """Whether it is still at work."""
        return self.state.state in {"waiting", "running"}

    @property
    def report(self) -> dict[str, Any]:
        """What was found besides the model; empty where there is none."""
        try:
            result = json.loads((self.folder / REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return current_names(result) if isinstance(result, dict) else {}

    @property
    def log(self) -> str:
        """What the process said."""
        try:
            return (self.folder / LOG).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


@needs(Action.TRAIN)
def start_run(
    data: TrainingData,
    training: TrainingRequest | None = None,
    *,
    task: RunTask | None = None,
    by: str = "",
    settings: Settings | None = None,
) -> Run:
    """Start training in a process of its own, which goes on when this one ends.

    Parameters
    ----------
    training
        What is left out and why, and how it is trained.
    task
        Training if not given.
    by
        Who asks.

    Raises
    ------
    TrainingBusyError
        If another run is on in this registry: who started it, and when.
    StorageError
        If the run cannot be written down.
    """
    settings = settings or load_settings()
    _refuse_second(settings)
    moment = after(_newest_run(_root(settings)))
    run_id = key_of_moment(moment)
    folder = _root(settings) / run_id
    request = RunRequest(
        run_id=run_id,
        asked_at=moment,
        by=by,
        person_id=current_person().id,
        data=data.name,
        rows=len(data),
        schema_name=data.schema.name,
        task=task or RunTask(),
        training=training or TrainingRequest(),
    )
    try:
        with staged_folder(_root(settings)) as staged:
            save_training_data(data, staged / LEADS)
            (staged / REQUEST).write_text(request.model_dump_json(indent=1), encoding="utf-8")
            write_state(staged, RunState(state="waiting", message="Starting"))
            publish_folder(staged, folder)
        env = os.environ | {
            "LEADSCORE_MODELS_DIR": str(settings.models_dir),
            "LEADSCORE_DATA_DIR": str(settings.data_dir),
        }
        words = [sys.executable, "-m", WORKER, str(folder)]
        start_process(folder, words, log=folder / LOG, cwd=PROJECT_ROOT, env=env)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise StorageError(
            f"The training run could not be started ({error.strerror or error}). Make room in {settings.data_dir} or "
            "give write access, then try again."
        ) from error
    _sweep(settings)
    return read_run(folder)


def list_runs(settings: Settings | None = None) -> list[Run]:
    """Return the runs that are kept, the newest first; one whose process is gone has failed."""
    root = _root(settings or load_settings())
    runs = []
    for folder in sorted(root.iterdir(), reverse=True) if root.is_dir() else ():
        try:
            runs.append(read_run(folder))
        except (OSError, ValueError, ValidationError):
            continue  # a folder that was never finished tells nothing
    return runs


def read_run(folder: Path) -> Run:
    """Return one run as it stands."""
    request = RunRequest.model_validate_json((folder / REQUEST).read_text(encoding="utf-8"))
    state = RunState.model_validate_json((folder / STATE).read_text(encoding="utf-8"))
    if state.state in {"waiting", "running"} and not is_running(folder):
        state = RunState.model_validate_json((folder / STATE).read_text(encoding="utf-8"))  # it may just have ended
        if state.state in {"waiting", "running"}:
            text = f"The process ended before it was done. {what_is_there(state)}"
            state = state.model_copy(update={"state": "failed", "message": text})
            write_state(folder, state)
            _remove_leads(folder)
    return Run(folder, request, state)


def read_report(model_id: str, settings: Settings | None = None) -> dict[str, Any]:
    """Return what a model's training found besides, whichever door it came by; empty where that was not kept.

    Of a model of before 0.2 it stands with the run.
    """
    settings = settings or load_settings()
    report = ModelRegistry(settings.models_dir).read_report(model_id)
    if report:
        return report
    return next((run.report for run in list_runs(settings) if run.state.model_id == model_id), {})


@needs(Action.TRAIN)
def cancel_run(run: Run) -> Run:
    """Stop a run; nothing of it is published, unless its model was already.

    Raises
    ------
    StorageError
        If its process cannot be ended.
    """
    if not run.is_on:
        return run
    if not stop_process(run.folder):
        raise StorageError(
            "The training run could not be stopped; its process goes on. Wait until it is done, or ask whoever looks "
            "after this server to end it."
        )
    latest = read_state(run.folder)
    if latest.state in {"waiting", "running", "failed"}:
        text = f"Stopped. {what_is_there(latest)}"
        latest = latest.model_copy(update={"state": "cancelled", "message": text, "ended_at": datetime.now(UTC)})
        write_state(run.folder, latest)
    _remove_leads(run.folder)
    return Run(run.folder, run.request, latest)


def _remove_leads(folder: Path) -> None:
    """Remove the leads of a run that has ended, and what it was in the midst of."""
    (folder / LEADS).unlink(missing_ok=True)
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)


def what_is_there(state: RunState) -> str:
    """Say what is left of a run that ended early."""
    if not state.model_id:
        return "Nothing was published, and the model in use is unchanged."
    return (
        f"Its model {state.model_id} was published before, without what was still to come; the model in use is "
        "unchanged."
    )


def write_state(folder: Path, state: RunState) -> None:
    """Write a run's state, whole or not at all."""
    write_text(folder / STATE, state.model_dump_json())


def read_state(folder: Path) -> RunState:
    """Return a run's state as it was last written."""
    return RunState.model_validate_json((folder / STATE).read_text(encoding="utf-8"))


def training_lock(settings: Settings) -> FileLock:
    """Return the lock that a run holds while it trains; the system gives it back if the process is killed."""
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    return FileLock(settings.models_dir / LOCK)


def _refuse_second(settings: Settings) -> None:
    lock = training_lock(settings)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise TrainingBusyError(busy_words(settings)) from None
    except OSError as error:
        raise StorageError(
            f"{settings.models_dir} cannot be written ({error.strerror}), so no model could be published. Give write "
            "access, then try again."
        ) from error
    lock.release()
    waiting = next((run for run in list_runs(settings) if run.is_on), None)
    if waiting is not None:
        raise TrainingBusyError(_busy(waiting.request.by, waiting.request.asked_at))


def busy_words(settings: Settings) -> str:
    """Say who trains at present, and since when."""
    try:
        result = json.loads((settings.models_dir / HOLDER).read_text(encoding="utf-8"))
        return _busy(str(result["by"]), datetime.fromisoformat(result["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return _busy("", None)


def _busy(by: str, since: datetime | None) -> str:
    when = f" since {say_moment(since)} UTC" if since else ""
    return (
        f"{by or 'Somebody'} is training a model here{when}, and one run at a time is enough. Wait until it is done, "
        "or stop it."
    )


def _newest_run(root: Path) -> datetime | None:
    """Return when the newest run was asked for, by the name of its folder."""
    for name in sorted((path.name for path in root.iterdir()) if root.is_dir() else (), reverse=True):
        with suppress(ValueError):
            return datetime.strptime(name[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    return None


def _root(settings: Settings) -> Path:
    return settings.data_dir / "runs"


def _sweep(settings: Settings) -> None:
    """Forget the oldest runs; their models stay."""
    for run in [run for run in list_runs(settings) if not run.is_on][_MOST_RUNS:]:
        shutil.rmtree(run.folder, ignore_errors=True)
