"""The process of a run: train, judge, challenge the champion, publish; or compare algorithms; or search settings.

    python -m leadscore_core.retraining.worker FOLDER

Its progress is written into the folder, so that a page that was left, or a server that was started again, finds it.
"""

import json
import shutil
import sys
import tempfile
import time
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import Timeout

from leadscore_core._files import write_text
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import LeadScoreError, TrainingBusyError
from leadscore_core.model.algorithms import USUAL
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.pipelines.training import STUDIES
from leadscore_core.progress import Progress
from leadscore_core.registry.mlflow_tracking import sync_tracking
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining.jobs import (
    HOLDER,
    LEADS,
    REPORT,
    REQUEST,
    SCHEMA,
    SCRATCH,
    RunRequest,
    RunState,
    RunTask,
    base_rates,
    busy_words,
    training_lock,
    write_state,
)
from leadscore_core.training.evaluation.algorithms import compare_contenders
from leadscore_core.training.evaluation.champion_challenger import challenge_champion
from leadscore_core.training.evaluation.gates_and_curves import judge_groups
from leadscore_core.training.evaluation.learning_curve import learning_curve, more_leads_help
from leadscore_core.training.train import check_enough, labelled_leads, train_model
from leadscore_core.training.tuning import tune_model

_TRAINING = 0.75


def carry_out(folder: Path, settings: Settings) -> None:
    """Carry a run out and write down what came of it.

    Raises
    ------
    LeadScoreError
        If the leads cannot be learned from, another run is on, or the model cannot be published.
    """
    request = RunRequest.model_validate_json((folder / REQUEST).read_text(encoding="utf-8"))
    started = datetime.now(UTC)

    def tell(share: float, told: str) -> None:
        sys.stdout.write(f"{datetime.now(UTC):%H:%M:%S} {told}\n")
        sys.stdout.flush()
        state = RunState(state="running", share=share, told=told, started_at=started)
        write_state(folder, state)

    tell(0.0, "Reading the leads")
    lock = training_lock(settings)
    try:
        lock.acquire(timeout=5)
    except Timeout:
        raise TrainingBusyError(busy_words(settings)) from None
    try:
        holder = {"by": request.by, "since": started.isoformat()}
        write_text(settings.models_dir / HOLDER, json.dumps(holder))
        tasks = {"train": _train, "compare": _compare, "tune": _tune}
        model_id = tasks[request.task.kind](folder, request, settings, tell)
    finally:
        (settings.models_dir / HOLDER).unlink(missing_ok=True)
        lock.release()
    done = RunState(
        state="done",
        share=1.0,
        told="Done",
        started_at=started,
        ended_at=datetime.now(UTC),
        model_id=model_id,
    )
    write_state(folder, done)
    if model_id:
        problem = sync_tracking(settings).problem
        sys.stdout.write(f"{problem or 'Written down in MLflow, where that is on'}\n")


def _read(folder: Path) -> tuple[pd.DataFrame, LeadSchema, ColumnMapping]:
    schema = LeadSchema.model_validate_json((folder / SCHEMA).read_text(encoding="utf-8"))
    frame = pd.read_parquet(folder / LEADS)
    return frame, schema, map_frame(frame, schema)


def _to_learn_from(folder: Path, request: RunRequest) -> tuple[LeadSchema, pd.DataFrame, np.ndarray, np.ndarray | None]:
    frame, schema, mapping = _read(folder)
    schema = schema.without(request.excluded)
    cleaned, label, _, identity = labelled_leads(frame, schema, mapping.limited_to(schema))
    check_enough(label)
    return schema, cleaned, label, identity


def _compare(folder: Path, request: RunRequest, settings: Settings, tell: Progress) -> str:
    """Judge other algorithms on the same folds; no model comes of it."""
    schema, cleaned, label, identity = _to_learn_from(folder, request)
    board = compare_contenders(
        cleaned,
        label,
        schema,
        request.task.algorithms or USUAL,
        targets=settings.targets,
        identity=identity,
        progress=tell,
    )
    told = json.loads(board.table.to_json(orient="records"))
    measures = {name: measure.model_dump() for name, measure in board.measures.items()}
    report = {"leaderboard": told, "split": board.split, "seconds": round(board.seconds, 1), "measures": measures}
    _write_report(folder, report)
    return ""


def _tune(folder: Path, request: RunRequest, settings: Settings, tell: Progress) -> str:
    """Search settings; no model comes of it, but one can be trained with what was found."""
    schema, cleaned, label, identity = _to_learn_from(folder, request)
    storage = settings.data_dir / STUDIES
    found = tune_model(
        cleaned, label, schema, minutes=request.task.minutes, storage=storage, identity=identity, progress=tell
    )
    _write_report(folder, {"tuning": asdict(found) | {"is_better": found.is_better}})
    return ""


def _write_report(folder: Path, report: dict[str, object]) -> None:
    write_text(folder / REPORT, json.dumps(report, default=str))


def _train(folder: Path, request: RunRequest, settings: Settings, tell: Progress) -> str:
    registry = ModelRegistry(settings.models_dir)
    frame, schema, mapping = _read(folder)
    began = time.monotonic()
    model = train_model(
        frame,
        schema,
        mapping=mapping,
        targets=settings.targets,
        grades=settings.grades,
        note=request.note or request.data,
        synthetic=request.synthetic,
        excluded=request.excluded,
        audit=request.audit,
        params=request.task.params,
        algorithm=request.task.algorithm,
        progress=lambda share, told: tell(_TRAINING * share, told),
    )
    trained = time.monotonic() - began
    report: dict[str, object] = {"seconds_training": round(trained, 1)}
    tell(_TRAINING, "Judging months and sources")
    report |= _segments(frame, model, mapping)
    try:
        champion: LeadModel | None = registry.load_champion()[0]
    except LeadScoreError:
        champion = None
    if champion is not None:
        tell(0.8, "Comparing with the model in use")
        challenge = challenge_champion(frame, mapping, model, champion, capacity=request.capacity)
        report["challenge"] = challenge.model_dump(mode="json")
    tell(0.92, "Asking whether more leads would help")
    report |= _learning(frame, model, mapping, request.task)
    tell(0.98, "Publishing")
    report["seconds"] = round(time.monotonic() - began, 1)
    published = registry.publish(model)
    _write_report(folder, report)
    return published.model_id


def _segments(frame: pd.DataFrame, model: LeadModel, mapping: ColumnMapping) -> dict[str, object]:
    """Return figures by month and by source of the out-of-fold predictions, and base rates by month."""
    cleaned, label, left_out, _ = labelled_leads(frame, model.schema, mapping)
    assert model.out_of_sample is not None
    judged = model.out_of_sample[model.out_of_sample["split"] == "cross_validation"].set_index("row").sort_index()
    some = judged.index.to_numpy()  # of very many leads, a part was judged
    cleaned, label, p = cleaned.iloc[some], label[some], judged["propensity"].to_numpy("float64")
    threshold = model.metadata.threshold
    stamp = model.schema.one(Role.TIMESTAMP)
    dates = cleaned[stamp.name] if stamp is not None and stamp.name in cleaned else None
    told: dict[str, object] = {"left_out": left_out, "base_rates": base_rates(dates, label).to_dict("records")}
    groups: dict[str, pd.Series] = {}
    if dates is not None:
        groups["Month"] = dates.dt.strftime("%Y-%m")
    for column in model.schema.with_role(Role.SOURCE, Role.PLATFORM):
        if column.name in cleaned:
            groups[column.human] = cleaned[column.name].fillna("(blank)")
    told["segments"] = {
        name: json.loads(judge_groups(values, label, p, threshold).head(30).to_json(orient="records"))
        for name, values in groups.items()
    }
    return told


def _learning(frame: pd.DataFrame, model: LeadModel, mapping: ColumnMapping, task: RunTask) -> dict[str, object]:
    cleaned, label, _, identity = labelled_leads(frame, model.schema, mapping.limited_to(model.schema))
    curve = learning_curve(
        cleaned, label, model.schema, params=task.params, algorithm=task.algorithm, identity=identity
    )
    return {"learning_curve": curve.to_dict("records"), "more_leads": more_leads_help(curve)}


def main() -> int:
    """Run, and write down a fault in words; the trace goes to the log."""
    folder = Path(sys.argv[1])
    scratch = folder / SCRATCH
    scratch.mkdir(exist_ok=True)
    tempfile.tempdir = str(scratch)  # what a run that is killed leaves must be found and removed
    try:
        carry_out(folder, load_settings())
    except Exception as error:  # whatever it is, the page must say so
        told = str(error)
        if not isinstance(error, LeadScoreError):
            traceback.print_exc()
            told = "Something went wrong inside LeadScore; the log says where."
        told += " Nothing was published, and the model in use is unchanged."
        write_state(folder, RunState(state="failed", told=told, ended_at=datetime.now(UTC)))
        return 1
    finally:
        (folder / LEADS).unlink(missing_ok=True)
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
