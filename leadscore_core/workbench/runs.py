"""Training runs: started from the screen, carried out by a process of their own, found again after a restart."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from leadscore_core.config import PROJECT_ROOT, Settings, load_settings
from leadscore_core.data import LeadSchema, Role
from leadscore_core.errors import LabelError, StorageError, TrainingBusyError
from leadscore_core.lists import LeadList
from leadscore_core.storage import OUTCOME, Batch, OutcomeStore

State = Literal["waiting", "running", "done", "failed", "cancelled"]
LEADS, REQUEST, STATE, REPORT, LOG = "leads.parquet", "request.json", "state.json", "report.json", "log.txt"
SCHEMA = "schema.json"
LOCK, HOLDER = ".training.lock", ".training.json"
_MOST_KEPT = 30
_children: dict[str, subprocess.Popen[bytes]] = {}
_lock = threading.Lock()


class RunRequest(BaseModel):
    """What is to be trained: which leads, in words, what is left out and why, and who asked."""

    run_id: str
    asked_at: datetime
    by: str = ""
    note: str = ""
    data: str
    rows: int
    schema_name: str
    excluded: dict[str, str] = {}
    capacity: int = 300
    synthetic: bool = False


class RunState(BaseModel):
    """How far a run is: a share 0-1, what is being done, and what came of it."""

    model_config = ConfigDict(protected_namespaces=())

    state: State
    share: float = 0.0
    told: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    pid: int | None = None
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
            told = json.loads((self.folder / REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}

    @property
    def log(self) -> str:
        """What the process said."""
        try:
            return (self.folder / LOG).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def gather_leads(
    lists: Sequence[LeadList], batches: Sequence[Batch], schema: LeadSchema, settings: Settings | None = None
) -> pd.DataFrame:
    """Return labelled leads of files and of kept lists as one table, under the schema's own names.

    Only what a model may read and the outcome are taken: no name, e-mail, phone or id. Outcomes that came back go
    before those of a list itself.

    Raises
    ------
    LabelError
        If none of them has an outcome.
    LeadScoreError
        If one cannot be read.
    """
    settings = settings or load_settings()
    parts = []
    for leads in lists:
        parts += [_inputs(leads.mapping.apply(chunk, schema), schema) for chunk in leads.chunks()]
    for batch in batches:
        parts.append(_of_batch(batch, schema, settings))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    label = schema.label
    if label is None or label.name not in frame or frame[label.name].isna().all():
        raise LabelError(
            "None of these leads has an outcome. Bring a file with a column that says what became of each lead, or "
            "bring outcomes for a kept list on the Sources page first."
        )
    return frame


def _inputs(raw: pd.DataFrame, schema: LeadSchema) -> pd.DataFrame:
    wanted = [c.name for c in schema.columns if (c.is_input or c.role is Role.LABEL) and c.name in raw.columns]
    return raw[wanted].astype("str")


def _of_batch(batch: Batch, schema: LeadSchema, settings: Settings) -> pd.DataFrame:
    leads = LeadList([batch.leads_path], schema, batch.mapping)
    raw = pd.concat([_inputs(leads.mapping.apply(chunk, schema), schema) for chunk in leads.chunks()])
    raw = raw.reset_index(drop=True)
    known = OutcomeStore(settings).current(batch)
    if known is not None and schema.label is not None:
        came = pd.read_parquet(known.path).set_index("ls_row")["ls_completed"]
        outcome = pd.Series(pd.NA, index=raw.index, dtype="str")
        if schema.label.name in raw:
            outcome = raw[schema.label.name]
        told = came.reindex(raw.index).map({1: "1", 0: "0"}, na_action="ignore").astype("str")
        raw[schema.label.name] = told.where(told.isin(["0", "1"]), outcome)
    return raw


def batches_with_outcomes(batches: Sequence[Batch], settings: Settings | None = None) -> dict[str, int]:
    """Return how many outcomes are known of each batch that has any, by its id."""
    settings = settings or load_settings()
    store, found = OutcomeStore(settings), {}
    for batch in batches:
        known = store.current(batch)
        own = _own_outcomes(batch.scores_path)
        if known is not None or own:
            found[batch.id] = max(own, known.known if known else 0)
    return found


def _own_outcomes(path: Path) -> int:
    try:
        if OUTCOME not in pq.read_schema(path).names:
            return 0
        column = pq.read_table(path, columns=[OUTCOME])[OUTCOME]
    except (OSError, pa.ArrowException):
        return 0
    return len(column) - column.null_count


def start_run(
    frame: pd.DataFrame,
    *,
    data: str,
    schema: LeadSchema,
    excluded: dict[str, str] | None = None,
    by: str = "",
    note: str = "",
    synthetic: bool = False,
    capacity: int | None = None,
    settings: Settings | None = None,
) -> Run:
    """Start training in a process of its own, which goes on when this one ends.

    Parameters
    ----------
    frame
        As from `gather_leads`.
    data
        What these leads are, in words.

    Raises
    ------
    TrainingBusyError
        If another run is on in this registry: who started it, and when.
    StorageError
        If the run cannot be written down.
    """
    settings = settings or load_settings()
    _refuse_second(settings)
    moment = datetime.now(UTC).replace(microsecond=0)
    run_id = f"{moment:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    folder = _root(settings) / run_id
    request = RunRequest(
        run_id=run_id,
        asked_at=moment,
        by=by,
        note=note,
        data=data,
        rows=len(frame),
        schema_name=schema.name,
        excluded=excluded or {},
        capacity=capacity or settings.daily_call_capacity,
        synthetic=synthetic,
    )
    try:
        folder.mkdir(parents=True)
        frame.to_parquet(folder / LEADS, index=False)
        (folder / SCHEMA).write_text(schema.model_dump_json(), encoding="utf-8")
        (folder / REQUEST).write_text(request.model_dump_json(indent=1), encoding="utf-8")
        write_state(folder, RunState(state="waiting", told="Starting"))
        env = os.environ | {
            "LEADSCORE_MODELS_DIR": str(settings.models_dir),
            "LEADSCORE_DATA_DIR": str(settings.data_dir),
        }
        with (folder / LOG).open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "leadscore_core.workbench.run_worker", str(folder)],
                cwd=PROJECT_ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise StorageError(
            f"The training run could not be started ({error.strerror or error}). Make room in {settings.data_dir} or "
            "give write access, then try again."
        ) from error
    with _lock:
        _children[run_id] = child
    _sweep(settings)
    return read_run(folder)


def list_runs(settings: Settings | None = None) -> list[Run]:
    """Return the runs that are kept, the newest first; one whose process is gone is told as failed."""
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
    if state.state in {"waiting", "running"} and not _is_alive(request.run_id, state.pid):
        state = RunState.model_validate_json((folder / STATE).read_text(encoding="utf-8"))  # it may just have ended
        if state.state in {"waiting", "running"}:
            told = "The process ended before it was done; nothing was published, and the model in use is unchanged."
            state = state.model_copy(update={"state": "failed", "told": told})
            write_state(folder, state)
    return Run(folder, request, state)


def cancel_run(run: Run) -> Run:
    """Stop a run; nothing of it is published."""
    if not run.is_on:
        return run
    pid = run.state.pid
    with _lock:
        child = _children.get(run.request.run_id)
    pid = child.pid if child is not None else pid
    if pid is not None:
        with suppress(ProcessLookupError, PermissionError):  # it may have ended by itself
            os.killpg(pid, signal.SIGTERM)
    if child is not None:
        try:
            child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    latest = read_state(run.folder)
    if latest.state in {"waiting", "running", "failed"}:
        told = "Stopped. Nothing was published, and the model in use is unchanged."
        latest = latest.model_copy(update={"state": "cancelled", "told": told, "ended_at": datetime.now(UTC)})
        write_state(run.folder, latest)
    (run.folder / LEADS).unlink(missing_ok=True)
    return Run(run.folder, run.request, latest)


def write_state(folder: Path, state: RunState) -> None:
    """Write a run's state, whole or not at all."""
    aside = folder / f".{STATE}-{uuid.uuid4().hex}"
    aside.write_text(state.model_dump_json(), encoding="utf-8")
    aside.replace(folder / STATE)


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
        told = json.loads((settings.models_dir / HOLDER).read_text(encoding="utf-8"))
        return _busy(str(told["by"]), datetime.fromisoformat(told["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return _busy("", None)


def _busy(by: str, since: datetime | None) -> str:
    when = f" since {since:%d %b, %H:%M} UTC" if since else ""
    return (
        f"{by or 'Somebody'} is training a model here{when}, and one run at a time is enough. Wait until it is done, "
        "or stop it."
    )


def _root(settings: Settings) -> Path:
    return settings.data_dir / "runs"


def _is_alive(run_id: str, pid: int | None) -> bool:
    with _lock:
        child = _children.get(run_id)
    if child is not None:
        return child.poll() is None
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sweep(settings: Settings) -> None:
    """Forget the oldest runs; their models stay."""
    for run in [run for run in list_runs(settings) if not run.is_on][_MOST_KEPT:]:
        shutil.rmtree(run.folder, ignore_errors=True)


def base_rates(dates: pd.Series | None, label: np.ndarray) -> pd.DataFrame:
    """Return leads and base rate by month: ``month``, ``leads``, ``rate`` (0-1); empty without dates."""
    if dates is None or dates.isna().all():
        return pd.DataFrame(columns=["month", "leads", "rate"])
    grouped = pd.Series(label).groupby(dates.dt.strftime("%Y-%m").to_numpy())
    sizes, rates = grouped.size(), grouped.mean()
    return pd.DataFrame({"month": sizes.index, "leads": sizes.to_numpy(), "rate": rates.to_numpy()})
