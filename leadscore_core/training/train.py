"""The training pipeline: labelled leads in, a judged model out."""

import hashlib
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from leadscore_core.confidence import describe_need, enough_of_each
from leadscore_core.config import PROJECT_ROOT, GradeThresholds, TargetMetrics
from leadscore_core.data.cleaning.cleaner import clean_with_problems
from leadscore_core.data.label_validation import label_findings
from leadscore_core.data.schema.column_mapping import ColumnMapping, check_required
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.validation import row_hashes
from leadscore_core.errors import LabelError, LeadScoreError, NotEnoughDataError
from leadscore_core.model.algorithms import find_algorithms
from leadscore_core.model.classifier import GrowTrees
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import LIGHTGBM, ColumnAudit, ModelMetadata, TrainingData
from leadscore_core.progress import Progress, silent
from leadscore_core.training.evaluation.metrics import average_metrics, meets_targets, shown_measures
from leadscore_core.training.evaluation.plan import JudgingPlan, plan_judging
from leadscore_core.training.evaluation.seen_leads import lead_identities, new_identity_key
from leadscore_core.training.evaluation.threshold import choose_threshold
from leadscore_core.training.fit import FoldResult, Recipe, choose_calibration, fit_cleaned, judge_fold
from leadscore_core.training.parallel import ROWS_WORTH_PROCESSES, run_on_shared

_BLOCKING = frozenset({"label_missing", "label_one_class", "label_no_outcome"})
_LIBRARIES = ("lightgbm", "scikit-learn", "pandas", "numpy", "joblib")


def train_model(
    frame: pd.DataFrame,
    schema: LeadSchema | None = None,
    *,
    mapping: ColumnMapping | None = None,
    targets: TargetMetrics | None = None,
    grades: GradeThresholds | None = None,
    params: dict[str, Any] | None = None,
    n_repeats: int = 2,
    seed: int = 0,
    note: str = "",
    synthetic: bool = False,
    excluded: dict[str, str] | None = None,
    audit: Sequence[ColumnAudit] = (),
    grow: GrowTrees | None = None,
    algorithm: str = LIGHTGBM,
    progress: Progress | None = None,
) -> LeadModel:
    """Train a model and judge it by repeated cross-validation and on the months that follow.

    Everything that is learned (levels, counts, calibration, threshold) is learned inside the training part of each
    fold.

    Parameters
    ----------
    frame
        Labelled leads as read, under their own headers. Leads without a usable label are left out and counted; a repeat
        of a lead that is judged is not learned from in that fold.
    schema
        What the columns mean; CodePro's if not given.
    mapping
        Header of each column; suggested if not given.
    targets, grades
        Kept with the model.
    params
        Settings of the algorithm that differ from its defaults.
    n_repeats
        How often the five folds are drawn anew.
    note
        Kept with the model.
    synthetic
        Whether these leads are made up, which whoever scores with the model is told.
    excluded
        Input columns that are left out -> why; kept with the model.
    audit
        What the columns that are left out or asked about are worth; kept with the model.
    grow
        How LightGBM's trees are grown, if not on this machine (see `leadscore_core.distributed.train.trees_on`).
    algorithm
        Of `ALGORITHMS`.
    progress
        Called with a share 0-1 and what is being done.

    Returns
    -------
    LeadModel
        Not yet published.

    Raises
    ------
    MappingError, LabelError, NotEnoughDataError
        With what is missing and what to do.
    LeadScoreError
        If the algorithm is unknown, or cannot be trained where the trees are to grow.
    """
    schema = schema or load_schema()
    (chosen,) = find_algorithms([algorithm])
    if grow is not None and algorithm != LIGHTGBM:
        raise LeadScoreError(f"{chosen.human} is not trained on a cluster. Train it here, or train LightGBM there.")
    tell = progress or silent
    tell(0.0, "Cleaning the leads")
    mapping = mapping or map_frame(frame, schema)
    check_required(mapping, schema)
    schema = schema.without(excluded or {})
    cleaned, label, left_out, identity = labelled_leads(frame, schema, mapping)
    check_enough(label)
    recipe = Recipe(
        schema, targets or TargetMetrics(), params or {}, n_repeats=n_repeats, seed=seed, grow=grow, algorithm=algorithm
    )

    stamp = schema.one(Role.TIMESTAMP)
    dates = cleaned[stamp.name] if stamp and stamp.name in cleaned else None
    plan = plan_judging(label, dates, identity, n_splits=recipe.n_splits, n_repeats=n_repeats, seed=seed)
    results = _judge_all(cleaned, label, identity, plan, recipe, tell)

    tell(0.95, "Fitting the model on all leads")
    crossed, following = results[: len(plan.folds)], results[len(plan.folds) :]
    pipeline = fit_cleaned(cleaned, label, recipe, recognise=True)
    identity_key = new_identity_key()
    identities = lead_identities(frame, schema, mapping, identity_key)
    pipeline.named_steps["features"].identities_ = {kind: np.unique(own) for kind, own in identities.items()}
    margin = np.full(len(plan.rows), np.nan)
    for result in crossed[: recipe.n_splits]:
        margin[result.fold.test] = result.margin
    calibrator, calibration = choose_calibration(margin, label[plan.rows], seed)
    pipeline.named_steps["model"].calibrator_ = calibrator
    threshold = choose_threshold(label[plan.rows], calibration.propensity, recipe.targets)

    metrics = {
        "cross_validation": average_metrics([r.metrics for r in crossed], plan.split),
        "next_period": average_metrics([r.metrics for r in following], plan.next_split)
        | {"months": {r.fold.name: r.metrics.model_dump(exclude={"deciles"}) for r in following}}
        if following
        else {"not_applicable": plan.no_months},
    }
    metadata = _describe(frame, cleaned, label, left_out, dates, recipe, pipeline, grades, metrics, note, synthetic)
    metadata = metadata.model_copy(
        update={
            "threshold": threshold,
            "calibration": calibration.as_dict(),
            "column_costs": _mean_costs(crossed),
            "excluded": excluded or {},
            "audit": list(audit),
            "importance": _mean_importance(crossed),
            "measures": shown_measures(),
            "identity_key": identity_key,
            "algorithm": algorithm,
            "algorithm_human": chosen.human,
        }
    )
    tell(1.0, "Done")
    return LeadModel(pipeline, metadata, _out_of_sample(label, plan.rows, crossed[: recipe.n_splits], following))


def _out_of_sample(
    label: np.ndarray, rows: np.ndarray, crossed: Sequence[FoldResult], following: Sequence[FoldResult]
) -> pd.DataFrame:
    """Return what models that had not seen a lead said of it, beside what became of it."""
    parts = [
        pd.DataFrame(
            {
                "split": split,
                "part": r.fold.name,
                "propensity": r.propensity,
                "completed": label[rows[r.fold.test]],
                "row": rows[r.fold.test],
            }
        )
        for split, results in (("cross_validation", crossed), ("next_period", following))
        for r in results
    ]
    return pd.concat(parts, ignore_index=True)


def labelled_leads(
    frame: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping
) -> tuple[pd.DataFrame, np.ndarray, int, np.ndarray | None]:
    """Clean labelled leads and take those that have an outcome.

    Returns
    -------
    cleaned, label, left_out, identity
        Inputs of the model; 0 or 1; how many leads had no usable label; the same number for rows that repeat each
        other, None where neither a timestamp nor an id tells leads apart.

    Raises
    ------
    LabelError
        If there is no label, or only one outcome.
    """
    raw = mapping.apply(frame, schema)
    cleaned, _ = clean_with_problems(raw, schema)
    blocking = [f for f in label_findings(cleaned, raw, schema, mapping) if f.code in _BLOCKING]
    if blocking:
        name = schema.label.human if schema.label else "label"
        raise LabelError(
            f"The leads cannot be learned from or measured against: {blocking[0].reason}. Give leads with a column "
            f"{name!r} that says yes for some and no for others."
        )
    assert schema.label is not None  # label_findings has refused a schema without one
    label = cleaned.pop(schema.label.name)
    usable = label.notna().to_numpy()
    told_apart = any(column.name in mapping.used for column in schema.with_role(Role.TIMESTAMP, Role.ID))
    identity = row_hashes(frame)[usable] if told_apart else None
    cleaned, values = cleaned[usable].reset_index(drop=True), label[usable].to_numpy(dtype="int64")
    return cleaned, values, int((~usable).sum()), identity


def check_enough(label: np.ndarray) -> None:
    """Raise if there are fewer than 40 leads of either outcome.

    Raises
    ------
    NotEnoughDataError
        With have and need for both.

    Examples
    --------
    >>> check_enough(np.array([0, 1]))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    leadscore_core.errors.NotEnoughDataError: Too few leads to train on: completed 1 of 40 needed, ...
    """
    done = int(label.sum())
    if not enough_of_each(done, len(label) - done):
        raise NotEnoughDataError(
            f"Too few leads to train on: {describe_need(done, len(label) - done)}. Add labelled leads."
        )


def _judge_all(
    cleaned: pd.DataFrame,
    label: np.ndarray,
    identity: np.ndarray | None,
    plan: JudgingPlan,
    recipe: Recipe,
    tell: Progress,
) -> list[FoldResult]:
    """Judge every fold, on all cores where that pays."""
    work = [(fold, i < recipe.n_splits) for i, fold in enumerate(plan.folds)] + [(fold, False) for fold in plan.months]
    own_identity = None if identity is None else identity[plan.rows]
    shared = (cleaned.iloc[plan.rows].reset_index(drop=True), label[plan.rows], own_identity, recipe)
    in_processes = len(label) >= ROWS_WORTH_PROCESSES and recipe.grow is None
    results = []
    for result in run_on_shared(judge_fold, shared, work, in_processes=in_processes):
        results.append(result)
        tell(0.05 + 0.9 * len(results) / len(work), f"Judged {result.fold.name} ({len(results)} of {len(work)})")
    return results


def _mean_costs(results: Sequence[FoldResult]) -> dict[str, float]:
    measured = [result.column_costs for result in results if result.column_costs]
    return {name: float(np.mean([costs[name] for costs in measured])) for name in (measured[0] if measured else ())}


def _mean_importance(results: Sequence[FoldResult]) -> dict[str, tuple[float, float]]:
    table = pd.DataFrame([result.importance for result in results]).fillna(0.0)
    spread = table.std(ddof=0)
    return {str(name): (float(table[name].mean()), float(spread[name])) for name in table.columns}


def _describe(
    frame: pd.DataFrame,
    cleaned: pd.DataFrame,
    label: np.ndarray,
    left_out: int,
    dates: pd.Series | None,
    recipe: Recipe,
    pipeline: Pipeline,
    grades: GradeThresholds | None,
    metrics: dict[str, Any],
    note: str,
    synthetic: bool,
) -> ModelMetadata:
    data_hash = hashlib.sha256(row_hashes(frame).tobytes()).hexdigest()
    now = datetime.now(UTC)
    known = dates.dropna() if dates is not None else pd.Series(dtype="datetime64[us]")
    features = pipeline.named_steps["features"].transform(cleaned.head(1))
    return ModelMetadata(
        model_id=f"{now:%Y%m%d-%H%M%S}-{data_hash[:6]}",
        created_at=now,
        schema_name=recipe.schema.name,
        schema_version=recipe.schema.version,
        features={str(name): str(dtype) for name, dtype in features.dtypes.items()},
        parameters=_parameters(pipeline, recipe),
        threshold=0.5,
        grades=grades or GradeThresholds(),
        targets=recipe.targets,
        meets_targets=meets_targets(metrics["cross_validation"], recipe.targets),
        calibration={},
        metrics=metrics,
        column_costs={},
        training_data=TrainingData(
            rows=len(label),
            left_out=left_out,
            base_rate=float(label.mean()),
            period_start=known.min().to_pydatetime() if len(known) else None,
            period_end=known.max().to_pydatetime() if len(known) else None,
            sha256=data_hash,
            note=note,
            synthetic=synthetic,
        ),
        libraries={"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES},
        git_commit=_git_commit(),
    )


def _parameters(pipeline: Pipeline, recipe: Recipe) -> dict[str, Any]:
    """Return what makes the classifier anew: all of LightGBM's settings, of another algorithm those that were given."""
    model = pipeline.named_steps["model"]
    return (model.get_params() if recipe.algorithm == LIGHTGBM else dict(recipe.params)) | {"seed": recipe.seed}


def _git_commit() -> str | None:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
