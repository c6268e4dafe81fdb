"""The training pipeline's heart: labelled leads in, a judged model out."""

import platform
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from leadscore_core.config import PROJECT_ROOT, GradeThresholds, TargetMetrics
from leadscore_core.data.reading.given_leads import LeadsOrPath, as_frame
from leadscore_core.data.schema.column_mapping import ColumnMapping, check_required
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.own_rules import base_rate_targets
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import is_shipped, load_schema
from leadscore_core.days import key_of_moment
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.algorithms import find_algorithms, usual_algorithm
from leadscore_core.model.classifier import GrowTrees
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import LIGHTGBM, OWN, ModelMetadata, TrainingSummary
from leadscore_core.model.own_estimators import wrap_estimator
from leadscore_core.model.segment_classifier import SegmentClassifier
from leadscore_core.model.weights import STANDS_FOR
from leadscore_core.progress import Progress, silent
from leadscore_core.training.called_leads import describe_calls
from leadscore_core.training.cautions import judge_cautions
from leadscore_core.training.enough import check_enough
from leadscore_core.training.evaluation.metrics import average_metrics, meets_targets, shown_measures
from leadscore_core.training.evaluation.plan import JudgingPlan, plan_judging
from leadscore_core.training.evaluation.seen_leads import key_hashes, key_leads, make_identity_key, row_columns
from leadscore_core.training.evaluation.threshold import choose_threshold
from leadscore_core.training.evaluation.unseen_propensity import KEY
from leadscore_core.training.fit import FoldResult, Recipe, choose_calibration, fit_cleaned, judge_fold
from leadscore_core.training.parallel import ROWS_WORTH_PROCESSES, run_on_shared
from leadscore_core.training.reference import make_reference
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.segment_models import chosen_segments, judge_segment_models
from leadscore_core.training.starting_grades import propose_grades
from leadscore_core.training.text_worth import judge_texts
from leadscore_core.training.training_data import TrainingData, make_training_data
from leadscore_core.training.weights import read_weights, weights_of

_LIBRARIES = ("lightgbm", "scikit-learn", "pandas", "numpy", "joblib")


def train_model(
    frame: LeadsOrPath,
    schema: LeadSchema | None = None,
    *,
    mapping: ColumnMapping | None = None,
    targets: TargetMetrics | None = None,
    sample_weight: Any = None,
    grow: GrowTrees | None = None,
    progress: Progress | None = None,
    **asked: Any,
) -> LeadModel:
    """Train a model on leads as they were read, and judge it out-of-sample (see `fit_model`).

    Parameters
    ----------
    frame
        Labelled leads as read, under their own headers; or the path of a list, which is read. Leads without a usable
        label are left out and counted.
    schema
        What the columns mean; CodePro's if not given.
    mapping
        Header of each column; suggested if not given.
    targets
        Kept with the model.
    sample_weight
        What each lead counts as in learning (levels, observed rates, the algorithm, calibration): one number of 0 or
        more a row, or the header of the column that holds them. What is judged counts each lead once.
    grow
        How LightGBM's trees are grown, if not on this machine (see `leadscore_core.distributed.train.trees_on`).
    progress
        Called with a share 0-1 and what is being done.
    **asked
        Fields of `TrainingRequest`; ``estimator`` is a classifier of your own.

    Returns
    -------
    LeadModel
        Not yet published.

    Raises
    ------
    MappingError, LabelError, NotEnoughDataError
        With what is missing and what to do.
    LeadScoreError
        If the algorithm is unknown, or cannot be trained where the trees are to grow; if weights do not fit the leads.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from leadscore_core.data.synthetic import make_sample
    >>> leads = make_sample(rows=300, seed=1).labelled
    >>> train_model(leads, estimator=LogisticRegression(), n_repeats=1).metadata.algorithm_human
    'LogisticRegression'
    """
    frame, schema = as_frame(frame), schema or load_schema()
    if progress is not None:
        progress(0.0, "Cleaning the leads")
    mapping = mapping or map_frame(frame, schema)
    check_required(mapping, schema)
    data = make_training_data(frame, schema, mapping)
    if sample_weight is not None:
        data = replace(data, weight=read_weights(sample_weight, frame))
    grades = GradeThresholds() if is_shipped(schema.name) else None
    targets = targets or (TargetMetrics() if is_shipped(schema.name) else schema.targets)
    return fit_model(data, TrainingRequest(**asked), targets=targets, grades=grades, grow=grow, progress=progress)


def fit_model(
    data: TrainingData,
    request: TrainingRequest,
    *,
    targets: TargetMetrics | None = None,
    grades: GradeThresholds | None = None,
    grow: GrowTrees | None = None,
    progress: Progress | None = None,
) -> LeadModel:
    """Train a model and judge it by repeated cross-validation and on the months that follow.

    Everything that is learned (levels, counts, calibration, threshold) is learned inside the training part of each
    fold. A repeat of a lead that is judged is not learned from in that fold.

    Parameters
    ----------
    targets, grades
        Kept with the model. Without targets it is to be better than the model in use and than the base rate; without
        grades it starts with those of `propose_grades`.
    grow
        How trees are grown, if not on this machine.

    Returns
    -------
    LeadModel
        Not yet published.

    Raises
    ------
    SchemaError, NotEnoughDataError
        With what is missing and what to do.
    LeadScoreError
        If the algorithm is unknown, or cannot be trained where the trees are to grow.
    """
    report = progress or silent
    known = data.known
    label, identity, weights = known.outcome, known.identity, weights_of(known)
    check_enough(label, data.schema.outcome.past)
    algorithm, human = _choose_algorithm(request, len(known), on_cluster=grow is not None)
    recipe = Recipe(
        data.schema.without(request.excluded),
        targets or base_rate_targets(float(np.mean(label))),
        request.params,
        n_repeats=request.n_repeats,
        seed=request.seed,
        grow=grow,
        algorithm=algorithm,
        estimator=request.estimator,
    )
    request = judge_texts(known, request, recipe)
    schema = data.schema.without(request.excluded)
    recipe, cleaned = replace(recipe, schema=schema), known.cleaned(schema)
    plan = plan_judging(
        label, known.dates, identity, n_splits=recipe.n_splits, n_repeats=request.n_repeats, seed=request.seed
    )
    segments = None
    if request.segments_by:
        judged = cleaned.iloc[plan.rows].reset_index(drop=True), label[plan.rows]
        segments = judge_segment_models(*judged, plan.folds[: recipe.n_splits], recipe, request.segments_by)
        recipe = replace(recipe, segments=chosen_segments(segments, recipe.schema))
    results = _judge_all(cleaned, known, plan, recipe, report)
    own = weights.of(plan.rows)

    report(0.95, "Fitting the model on all leads")
    crossed, following = results[: len(plan.folds)], results[len(plan.folds) :]
    pipeline = fit_cleaned(cleaned, label, recipe, identity, recognise=True, weight=weights.learned)
    identity_key = make_identity_key(known.fingerprint)
    features = pipeline.named_steps["features"]
    keys = key_leads(cleaned, row_columns(features), known.identities, identity_key)
    features.identities_ = {kind: np.unique(own) for kind, own in keys.items()}
    if (moments := features.moment_hashes(cleaned)) is not None:
        keys["moment"] = key_hashes(moments, identity_key)
    margin = np.full(len(plan.rows), np.nan)
    for result in crossed[: recipe.n_splits]:
        margin[result.fold.test] = result.margin
    calibrator, calibration = choose_calibration(
        margin,
        label[plan.rows],
        request.seed,
        judges_itself=recipe.judges_itself,
        weight=own.calibrated,
    )
    pipeline.named_steps["model"].calibrator_ = calibrator
    threshold = choose_threshold(label[plan.rows], calibration.propensity, recipe.targets, own.judged)
    if grades is None:
        grades = schema.grades or propose_grades(calibration.propensity, label[plan.rows], own.judged)
        _set_grades(pipeline, grades)

    metrics = {
        "cross_validation": average_metrics([r.metrics for r in crossed], plan.split)
        | {"by_fold": {r.fold.name: r.metrics.model_dump(exclude={"deciles"}) for r in crossed}},
        "next_period": average_metrics([r.metrics for r in following], plan.next_split)
        | {"months": {r.fold.name: r.metrics.model_dump(exclude={"deciles"}) for r in following}}
        if following
        else {"not_applicable": plan.no_months},
    }
    metadata = _describe(data, request, recipe, pipeline, metrics)
    calls = describe_calls(data, recipe)
    importance = _mean_importance(crossed)
    metadata = metadata.model_copy(
        update={
            "cautions": judge_cautions(known, metrics, importance, calls),
            "calls": calls,
            "grades": grades,
            "is_relative": targets is None,
            "threshold": threshold,
            "calibration": calibration.as_dict(),
            "column_costs": _mean_costs(crossed),
            "importance": importance,
            "measures": shown_measures(),
            "identity_key": identity_key,
            "segments": segments,
            "algorithm": algorithm,
            "reasons": pipeline.named_steps["model"].how_reasons,
            "algorithm_human": getattr(pipeline.named_steps["model"], "human", human),
        }
    )
    report(1.0, "Done")
    seen = _out_of_sample(known, plan.rows, crossed[: recipe.n_splits], following, keys)
    model = LeadModel(pipeline, metadata, seen)
    return replace(model, reference=make_reference(known, cleaned, features, seen, model.propensity_at_end))


def _choose_algorithm(request: TrainingRequest, n_leads: int, *, on_cluster: bool) -> tuple[str, str]:
    """Return the name of the algorithm that is trained, and what people read."""
    if request.estimator is not None:
        if request.algorithm:
            raise LeadScoreError("Give either an estimator or the name of an algorithm, not both.")
        wrap_estimator(request.estimator, request.params)
        name, human = OWN, type(request.estimator).__name__
    else:
        name = request.algorithm or (LIGHTGBM if on_cluster else usual_algorithm(n_leads, request.params))
        human = find_algorithms([name])[0].human
    if on_cluster and name != LIGHTGBM:
        raise LeadScoreError(f"{human} is not trained on a cluster. Train it here, or train LightGBM there.")
    return name, human


def _set_grades(pipeline: Pipeline, grades: GradeThresholds) -> None:
    """Give a pipeline's schema the grades that its leads start with."""
    for step in (pipeline.named_steps["clean"], pipeline.named_steps["features"]):
        step.schema = step.schema.model_copy(update={"grades": grades})


def _out_of_sample(
    known: TrainingData,
    rows: np.ndarray,
    crossed: Sequence[FoldResult],
    following: Sequence[FoldResult],
    keys: dict[str, np.ndarray],
) -> pd.DataFrame:
    """Return what models that had not seen a lead said of it, beside what became of it and by what it is known."""
    judged = [
        pd.DataFrame(
            {
                "split": split,
                "fold": r.fold.name,
                "propensity": r.propensity,
                "threshold": r.metrics.threshold,
                "completed": known.outcome[rows[r.fold.test]],
                "row": rows[r.fold.test],
            }
            | {
                KEY + kind: own[rows[r.fold.test]] * np.uint64(split == "cross_validation")
                for kind, own in keys.items()
            }
        )
        for split, results in (("cross_validation", crossed), ("next_period", following))
        for r in results
    ]
    found = pd.concat(judged, ignore_index=True)
    stands_for = known.stands_for
    return found if stands_for is None else found.assign(**{STANDS_FOR: stands_for[found["row"].to_numpy()]})


def _judge_all(
    cleaned: pd.DataFrame, known: TrainingData, plan: JudgingPlan, recipe: Recipe, progress: Progress
) -> list[FoldResult]:
    """Judge every fold, on all cores where that pays."""
    label, identity, weights = known.outcome, known.identity, weights_of(known)
    work = [(fold, i < recipe.n_splits) for i, fold in enumerate(plan.folds)] + [(fold, False) for fold in plan.months]
    own_identity = None if identity is None else identity[plan.rows]
    shared = (cleaned.iloc[plan.rows].reset_index(drop=True), label[plan.rows], own_identity, recipe)
    in_processes = len(label) >= ROWS_WORTH_PROCESSES and recipe.grow is None
    judge = partial(judge_fold, weights=weights.of(plan.rows))
    results = []
    for result in run_on_shared(judge, shared, work, in_processes=in_processes):
        results.append(result)
        progress(0.05 + 0.9 * len(results) / len(work), f"Judged {result.fold.name} ({len(results)} of {len(work)})")
    return results


def _mean_costs(results: Sequence[FoldResult]) -> dict[str, float]:
    measured = [result.column_costs for result in results if result.column_costs]
    return {name: float(np.mean([costs[name] for costs in measured])) for name in (measured[0] if measured else ())}


def _mean_importance(results: Sequence[FoldResult]) -> dict[str, tuple[float, float]]:
    table = pd.DataFrame([result.importance for result in results]).fillna(0.0)
    spread = table.std(ddof=0)
    return {str(name): (float(table[name].mean()), float(spread[name])) for name in table.columns}


def _describe(
    data: TrainingData, request: TrainingRequest, recipe: Recipe, pipeline: Pipeline, metrics: dict[str, Any]
) -> ModelMetadata:
    now, known = datetime.now(UTC), data.known
    dates = known.dates
    dates = dates.dropna() if dates is not None else pd.Series(dtype="datetime64[us]")
    features = pipeline.named_steps["features"].transform(known.cleaned(recipe.schema).head(1))
    return ModelMetadata(
        model_id=key_of_moment(now),
        created_at=now,
        schema_name=recipe.schema.name,
        schema_version=recipe.schema.version,
        features={str(name): str(dtype) for name, dtype in features.dtypes.items()},
        parameters=_parameters(pipeline, recipe),
        threshold=0.5,
        grades=GradeThresholds(),
        targets=recipe.targets,
        meets_targets=meets_targets(metrics["cross_validation"], recipe.targets),
        calibration={},
        metrics=metrics,
        column_costs={},
        excluded=dict(request.excluded),
        audit=list(request.audit),
        was_audited=data.findings is not None,
        training_data=TrainingSummary(
            rows=len(known),
            left_out=len(data) - len(known),
            base_rate=float(np.average(known.label, weights=known.stands_for)),
            period_start=dates.min().to_pydatetime() if len(dates) else None,
            period_end=dates.max().to_pydatetime() if len(dates) else None,
            sha256=data.fingerprint,
            note=request.note or data.name,
            synthetic=request.synthetic,
            name=data.name,
            headers={c.name: data.headers[c.name] for c in recipe.schema.inputs if c.name in data.headers},
            weight=None if known.weight is None else float(known.weight.sum()),
        ),
        libraries={"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES},
        git_commit=_git_commit(),
    )


def _parameters(pipeline: Pipeline, recipe: Recipe) -> dict[str, Any]:
    """Return what makes the classifier anew: all of LightGBM's settings, of another algorithm those that were given."""
    model = pipeline.named_steps["model"]
    model = model.base if isinstance(model, SegmentClassifier) else model
    if recipe.estimator is not None:
        own = {name: _plain_value(value) for name, value in recipe.estimator.get_params(deep=False).items()}
        return own | recipe.params | {"seed": recipe.seed}
    return (model.get_params() if recipe.algorithm == LIGHTGBM else dict(recipe.params)) | {"seed": recipe.seed}


def _plain_value(value: Any) -> Any:
    """Return a setting as it can be written down."""
    return value if value is None or isinstance(value, str | int | float | bool) else repr(value)


def _git_commit() -> str | None:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607  # whichever git the person uses; without one nothing is said
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,  # noqa: S607  # whichever git the person uses; without one nothing is said
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
