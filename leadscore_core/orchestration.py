"""Steps of the three pipelines, each one call with plain values in and out, for whoever schedules them.

A step is idempotent: what it makes is named after its input, so that a second run finds it and makes nothing twice.
Where leads are not fit, a step does not raise: it returns ``ok`` false and ``why``, beside the path of its report.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from leadscore_core._files import hash_file, write_text
from leadscore_core.arrivals import find_arrivals, remember_arrivals
from leadscore_core.confidence import describe_need, enough_to_learn
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.column_list import list_columns
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.open import fitting_schema, open_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.dataset.outcomes import settle_outcomes
from leadscore_core.data.reading.reader import list_files, read_headers
from leadscore_core.data.schema.own_rules import own_grades
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.errors import LeadScoreError
from leadscore_core.inference.cleaned_file import CLEANED_KEY, holds_cleaned_leads, save_cleaned_leads
from leadscore_core.model.metadata import ModelMetadata
from leadscore_core.percent import percent
from leadscore_core.pipelines.data import CheckReport, check_list
from leadscore_core.pipelines.training import make_request, train_leads
from leadscore_core.registry.archive import copy_model
from leadscore_core.registry.mlflow_tracking import sync_tracking
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.registry.served import known_schema, served_schemas
from leadscore_core.training.training_data import read_training_data
from leadscore_core.training.training_file import TRAINING_KEY, load_training_data, save_training_data

__all__ = [
    "check_model_input",
    "check_predictions",
    "check_raw",
    "check_trainable",
    "clean_leads_to",
    "find_arrivals",
    "judge_challenger",
    "load_champion_id",
    "promote_challenger",
    "register_challenger",
    "remember_arrivals",
    "score_batch",
    "train_challenger",
]

StepResult = dict[str, Any]
_CONTACTS = (Role.ID, Role.NAME, Role.EMAIL, Role.PHONE)
_MOST_JUNK = 0.9
_FAR = 0.25


def check_raw(files: str, *, label: str = "", schema: str = "", positive: str = "", still_open: str = "") -> StepResult:
    """Check raw leads before anything is made of them; a list whose encoding is a question is not fit.

    Parameters
    ----------
    files
        A file, a folder, or several with commas between.
    label
        Header of the outcome, where the leads are for training.
    schema
        Name of what the columns mean; found by the headers if not given.
    positive, still_open
        Values of the outcome that mean yes, and that there is none yet; several with semicolons between. By the words
        that are known if not given.

    Returns
    -------
    dict
        ``ok``, ``why``, ``report`` (path of its JSON), ``rows``, ``key`` (names this input), ``schema`` (its name).
    """
    settings = load_settings()
    try:
        leads = _open(files, schema, label, positive, still_open)
        found = check_list(leads, label_expected=bool(label))
        key = _key(leads, label)
    except LeadScoreError as error:
        return {"ok": False, "why": str(error), "report": "", "rows": 0, "key": "", "schema": ""}
    report = _folder(settings, key) / "raw.json"
    written = found.as_json() | {"columns": list_columns(leads)}
    contacts = {header for role in _CONTACTS for header in leads.mapping.headers_of(leads.schema, role)}
    for problem in written["problems"]:
        problem["example"] = "" if problem["column"] in contacts else problem["example"]
    write_text(report, json.dumps(written, indent=1, default=str))
    result: StepResult = {"why": _why(found), "report": str(report), "rows": found.rows, "key": key}
    result["schema"] = leads.schema.name
    return result | {"ok": not result["why"]}


def clean_leads_to(
    files: str, key: str, *, label: str = "", schema: str = "", positive: str = "", still_open: str = ""
) -> str:
    """Clean raw leads into one Parquet file of the input's key, and return its path; a sound one that is there is kept.

    Of leads with an outcome, the file is what `train_challenger` takes (see `save_training_data`); of others, what
    `score_batch` takes (see `save_cleaned_leads`).
    """
    out = _folder(load_settings(), key) / "clean.parquet"
    if not out.is_file() or not (label or holds_cleaned_leads(out)):
        leads = _open(files, schema, label, positive, still_open)
        if label:
            save_training_data(read_training_data(leads), out)
        else:
            save_cleaned_leads(leads, out)
    return str(out)


def check_model_input(path: str, *, schema: str = "") -> StepResult:
    """Check cleaned leads before a model sees them: columns, types, ranges.

    Returns
    -------
    dict
        ``ok``, ``why``, ``rows``, ``report`` (path), ``path`` (of the leads).
    """
    declared = load_schema(schema) if schema else _cleaned_by(path)
    frame = pd.read_parquet(path)
    faults = []
    for column in declared.inputs:
        if column.required and column.name not in frame:
            faults.append(f"{column.name} is missing")
        elif column.name in frame and column.type in {"integer", "flag", "number"}:
            numbers = frame[column.name]
            if not pd.api.types.is_numeric_dtype(numbers):
                faults.append(f"{column.name} holds {numbers.dtype}, expected numbers")
            elif column.type != "number" and (numbers < 0).any():
                faults.append(f"{column.name} holds counts below zero")
            elif column.type == "flag" and not numbers.isin([0, 1]).all():
                faults.append(f"{column.name} holds values beside 0 and 1")
    if frame.empty:
        faults.append("there is no lead")
    report = Path(path).with_name("model-input.json")
    write_text(report, json.dumps({"rows": len(frame), "faults": faults}))
    return {"ok": not faults, "why": "; ".join(faults), "rows": len(frame), "report": str(report), "path": path}


def check_trainable(path: str, *, schema: str = "") -> StepResult:
    """Check cleaned leads with outcomes for training: both outcomes, and enough leads of each (`enough_to_learn`)."""
    declared = load_schema(schema) if schema else _cleaned_by(path)
    label = declared.label
    frame = pd.read_parquet(path)
    if label is None or label.name not in frame:
        return {"ok": False, "why": "the leads have no outcome", "rows": len(frame), "report": path}
    known = frame[label.name].dropna().to_numpy("int64")
    done, rest = int((known == 1).sum()), int((known == 0).sum())
    why = "" if enough_to_learn(done, rest) else describe_need(done, rest, declared.outcome.past)
    return {"ok": not why, "why": why, "rows": len(frame), "report": path, "completed": done, "not_completed": rest}


def train_challenger(path: str, key: str, *, note: str = "") -> str:
    """Train and judge a model in a registry of this input alone, and return its name; one that is there is kept.

    Parameters
    ----------
    path
        Leads with outcomes as `clean_leads_to` wrote them.
    """
    settings = load_settings()
    own = ModelRegistry(_folder(settings, key) / "models")
    known = own.list_models()
    if known:
        return known[0].model_id
    data = load_training_data(Path(path))
    request = make_request(data, note=note, capacity=settings.daily_call_capacity)
    return train_leads(data, request, settings=settings, publish_to=own).model.model_id


def judge_challenger(key: str, model_id: str) -> StepResult:
    """Hold a trained model against the targets.

    Returns
    -------
    dict
        ``ok`` (all targets met in cross-validation), ``why``, the figures, ``cautions`` (what to mind of them, in
        sentences), ``report`` (path of its metadata).
    """
    registry = ModelRegistry(_folder(load_settings(), key) / "models")
    metadata = registry.read_metadata(model_id)
    crossed = metadata.metrics["cross_validation"]
    figures = {name: crossed[name] for name in ("auc", "precision", "recall", "brier")}
    wanted = metadata.targets.model_dump()
    missed = [
        f"{name} {crossed[name]:.3f}, target {target}" for name, target in wanted.items() if crossed[name] <= target
    ]
    report = str(registry.root / model_id / "metadata.json")
    result: StepResult = {"ok": not missed, "why": "; ".join(missed), "report": report, "model_id": model_id}
    return result | figures | {"cautions": metadata.cautions}


def register_challenger(key: str, model_id: str) -> str:
    """Put a trained model into the registry, where it is a challenger; one of the same leads and settings is kept."""
    settings = load_settings()
    own = ModelRegistry(_folder(settings, key) / "models")
    shared = ModelRegistry(settings.models_dir)
    metadata = own.read_metadata(model_id)
    same = next((m for m in shared.list_models() if _same(m, metadata)), None)
    if same is not None:
        return same.model_id
    registered = copy_model(own, shared, model_id)
    sync_tracking(settings)
    return registered


def promote_challenger(model_id: str, judged: StepResult, when: str = "never") -> str:
    """Promote a registered model if that was asked for and its gates hold; say what was done.

    Parameters
    ----------
    judged
        As from `judge_challenger`.
    when
        ``never`` (promotion stays with a person) or ``gates hold``.
    """
    from leadscore_core.registry.promotion import promote_model  # the database, which most steps do without

    settings = load_settings()
    if model_id in ModelRegistry(settings.models_dir).champions.values():
        return "in use already"
    if when != "gates hold":
        return "left to a person"
    if not judged["ok"]:
        return "not promoted: a target is missed"
    promote_model(model_id, by="training pipeline", reason="All gates hold", settings=settings)
    return "promoted"


def load_champion_id() -> str:
    """Return the name of the model that was put to use last, after it was loaded once.

    Raises
    ------
    LeadScoreError
        If there is none.
    """
    return ModelRegistry(load_settings().models_dir).load_champion()[0].model_id


def score_batch(files: str, key: str, model_id: str, cleaned: str = "", *, schema: str = "") -> StepResult:
    """Score leads and keep them as a batch; a list that was kept before is found again, not doubled.

    Parameters
    ----------
    cleaned
        The same leads as `clean_leads_to` wrote them, which are not cleaned again then; cleaned here where the model
        reads other columns, or they are not given.
    schema
        Whose leads they are, as `check_raw` found; where a model of it is in use, that one scores them.

    Returns
    -------
    dict
        ``batch``, ``rows``, ``expected`` conversions, ``grades``, ``new`` (whether it was made now).
    """
    from leadscore_core.batches.save import find_batch, save_batch  # the database, which most steps do without

    settings = load_settings()
    registry = ModelRegistry(settings.models_dir)
    is_of_another = schema in registry.champions and registry.read_metadata(model_id).schema_name != schema
    model = registry.load_champion(schema)[0] if is_of_another else registry.load(model_id)
    leads = open_list(_paths(files), model.schema, settings=settings)
    batch = find_batch(leads, settings)
    made = batch is None
    if batch is None:
        name, path = f"scheduled {key[:8]}", Path(cleaned) if cleaned else None
        batch = save_batch(leads, model, name=name, by="inference pipeline", settings=settings, cleaned=path)
    counts = batch.scoring.counts
    return {
        "batch": batch.id,
        "rows": int(counts["rows"]),
        "expected": float(batch.scoring.expected),
        "grades": dict(counts["grades"]),
        "model_id": batch.scoring.model_id,
        "new": made,
    }


def check_predictions(scored: StepResult) -> StepResult:
    """Check the distribution of a batch's propensities before people work with it.

    Parameters
    ----------
    scored
        As from `score_batch`.

    Returns
    -------
    dict
        ``ok``, ``why``, ``mean``, ``junk`` (share 0-1), ``report`` (path).
    """
    from leadscore_core.storage.database.batches import BatchStore  # most steps do without

    settings = load_settings()
    store = BatchStore(settings)
    batch = store.get(scored["batch"])
    model = ModelRegistry(settings.models_dir).load(batch.scoring.model_id)
    p = pq.read_table(batch.scores_path, columns=["ls_propensity"])["ls_propensity"].to_numpy().astype("float64")
    base, schema = model.metadata.training_data.base_rate, known_schema(batch.schema_name, settings)
    junk = float((p < own_grades(schema, settings).cold).mean()) if len(p) else 0.0
    faults = []
    if not len(p):
        faults.append("there is no lead")
    elif not np.isfinite(p).all() or p.min() < 0 or p.max() > 1:
        faults.append("a propensity is not between 0 and 1")
    else:
        if len(p) >= 50 and float(p.std()) < 1e-6:
            faults.append("every lead has the same propensity")
        if len(p) >= 50 and junk > _MOST_JUNK:
            faults.append(f"{junk:.0%} of the leads are junk")
        if len(p) >= 50 and abs(float(p.mean()) - base) > _FAR:
            here, before = (percent(float(rate), base) for rate in (p.mean(), base))
            faults.append(f"the mean propensity is {here}, in training {before} {schema.outcome.past}")
    mean = float(p.mean()) if len(p) else 0.0
    report = Path(batch.scores_path).with_name("predictions.json")
    write_text(report, json.dumps({"rows": len(p), "mean": mean, "junk": junk, "faults": faults}))
    return {"ok": not faults, "why": "; ".join(faults), "mean": mean, "junk": junk, "report": str(report)}


def _open(files: str, schema: str, label: str, positive: str, still_open: str) -> LeadList:
    paths = _paths(files)
    declared: LeadSchema | None = load_schema(schema) if schema else None
    if declared is None:
        served = served_schemas(load_settings())
        declared = fitting_schema(read_headers(paths), label=label or None, served=served) or load_schema()
    options = ListOptions(label=label or None, positive=_values(positive), open=_values(still_open))
    leads = open_list(paths, declared, options=options)
    return settle_outcomes(leads, options, ask="all" if label else "nothing")


def _cleaned_by(path: str) -> LeadSchema:
    """Return the schema by which leads were cleaned, as their file says, else the one that its columns fit."""
    about = pq.read_metadata(path).metadata or {}
    written = next((about[key] for key in (CLEANED_KEY, TRAINING_KEY) if key in about), None)
    if written is not None:
        return LeadSchema.model_validate(json.loads(written)["schema"])
    return fitting_schema(pq.read_schema(path).names) or load_schema()


def _values(given: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in given.split(";") if value.strip())


def _paths(files: str) -> list[Path]:
    if Path(files).exists():  # the name of one list may have a comma in it
        return [Path(files)]
    return [Path(part.strip()) for part in files.split(",") if part.strip()]


def _key(leads: LeadList, label: str) -> str:
    """Name an input by its content, what its columns mean, and its outcome."""
    digest = hashlib.sha256(f"{leads.schema.name} {leads.schema.version} {label} {leads.mapping.used}".encode())
    read_as = (leads.mapping.outcomes, leads.mapping.orders, sorted(leads.mapping.decimal_comma), leads.encoding)
    digest.update(repr(read_as).encode())
    for path in list_files(leads.paths):
        digest.update(bytes.fromhex(hash_file(path)))
    return digest.hexdigest()[:20]


def _folder(settings: Settings, key: str) -> Path:
    folder = settings.data_dir / "pipelines" / key
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _why(found: CheckReport) -> str:
    errors = [finding for finding in found.findings if finding.severity == "error"]
    if not found.rows:
        return "there is no lead in it"
    return "; ".join(f"{finding.column or 'the list'}: {finding.reason}" for finding in errors)


def _same(one: ModelMetadata, other: ModelMetadata) -> bool:
    return (
        one.training_data.sha256 == other.training_data.sha256
        and one.parameters == other.parameters
        and one.excluded == other.excluded
        and one.libraries == other.libraries
    )
