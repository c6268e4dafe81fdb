"""The training pipeline: labelled leads in; a model out that is judged, compared with the champion, and published.

The command line, the page's worker and Airflow all call `train_leads`, and get the same model and the same report.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import GradeThresholds, Settings, load_settings
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.reading.given_leads import OPEN_IT, expect_kind
from leadscore_core.data.schema.own_rules import own_targets
from leadscore_core.data.schema.schema_files import is_shipped
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.progress import Progress, silent
from leadscore_core.registry.model_audit import check_can_note, noting_model
from leadscore_core.registry.registry import ModelRegistry

if TYPE_CHECKING:  # training loads when a model is trained, not with the commands
    from leadscore_core.model.classifier import GrowTrees
    from leadscore_core.training.evaluation.algorithms import Leaderboard
    from leadscore_core.training.evaluation.holdout import Evaluation
    from leadscore_core.training.request import TrainingRequest
    from leadscore_core.training.training_data import TrainingData
    from leadscore_core.training.tuning import Tuning

STUDIES = "studies.db"
_TRAINED, _SEGMENTED, _COMPARED, _PUBLISHED = 0.75, 0.8, 0.92, 0.99
_PENDING = ("challenge", "learning_curve")


@dataclass(frozen=True)
class TrainingResult:
    """A published model, and what was found besides.

    Attributes
    ----------
    model
        As published.
    report
        ``segments`` (see `judge_segments`), ``base_rates`` by month, ``left_out`` (leads without an outcome),
        ``challenge`` (see `Challenge`; only where its schema has a champion), ``learning_curve`` and ``more_leads``
        (see `learning_curve`), ``seconds_training``, ``seconds_to_verdict`` and ``seconds``; ``pending`` names what is
        still to come while the model can be looked at already.
    tracking_problem
        Why MLflow could not be brought up to the registry, in words; empty where it was, or is off.
    """

    model: LeadModel
    report: dict[str, Any] = field(repr=False)
    tracking_problem: str = ""


def make_request(
    data: TrainingData,
    *,
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    segments_by: str | None = None,
    by: str = "",
    **asked: Any,
) -> TrainingRequest:
    """Return a request that leaves out what a model must not read unless a person says otherwise.

    Parameters
    ----------
    exclude, include
        Columns (name, header or human name) to be left out too, and to be read although they look as if they knew the
        outcome.
    by
        Who says so, for the model's card.
    segments_by
        Category (name, header or human name) whose levels get models of their own where these are better.
    **asked
        Other fields of `TrainingRequest`.

    Raises
    ------
    SchemaError
        If there is no such column, or no category to make segments by.
    """
    from leadscore_core.training.exclusions import default_exclusions, explain_exclusions, input_names
    from leadscore_core.training.request import TrainingRequest
    from leadscore_core.training.segment_models import check_segment_column

    excluded, audit = explain_exclusions(
        data, default_exclusions(data, exclude, include), include, exclude=exclude, by=by
    )
    column = input_names(data, [segments_by])[0] if segments_by else ""
    if column:
        check_segment_column(data.schema.without(excluded), column)
    return TrainingRequest(excluded=excluded, audit=audit, segments_by=column, **asked)


@needs(Action.TRAIN)
def train_leads(
    data: TrainingData,
    request: TrainingRequest,
    *,
    settings: Settings | None = None,
    publish_to: ModelRegistry | None = None,
    grow: GrowTrees | None = None,
    progress: Progress | None = None,
    announce: Callable[[str], None] | None = None,
) -> TrainingResult:
    """Train, judge and publish; compare with the champion of the same schema, and write it down in MLflow.

    The model is published with its verdict; what takes longer is added to its report as it is ready. Where the verdict
    itself asks for a comparison with the champion, as no targets are named, that comes first.

    Parameters
    ----------
    publish_to
        Another registry than that of the settings, whose champion is compared with; nothing is written down in MLflow
        then.
    grow
        How LightGBM's trees are grown, if not on this machine.
    announce
        Called with the model's name once it is published.

    Raises
    ------
    LeadScoreError
        If the leads are not enough or not fit; nothing is published then, and the champion is unchanged.
    """
    from leadscore_core.training.evaluation.segment_figures import base_rates, judge_segments
    from leadscore_core.training.train import fit_model
    from leadscore_core.training.training_data import TrainingData

    expect_kind(data, TrainingData, "Read one: read_training_data(open_list(path, schema)).")
    settings = settings or load_settings()
    say = progress or silent
    if publish_to is None:
        check_can_note(settings)
    began = time.monotonic()
    model = fit_model(
        data,
        request,
        targets=own_targets(data.schema, settings),
        grades=settings.grades if is_shipped(data.schema.name) else data.schema.grades,
        grow=grow,
        progress=lambda share, what: say(_TRAINED * share, what),
    )
    trained, known = time.monotonic() - began, data.known
    say(_TRAINED, "Judging months and sources")
    report: dict[str, Any] = {
        "seconds_training": round(trained, 1),
        "left_out": len(data) - len(known),
        "base_rates": base_rates(known.dates, known.outcome).to_dict("records"),
        "segments": judge_segments(data, model),
    }
    extras = _Extras(data, request, model, _champion(settings, model.schema.name), settings)
    if model.metadata.is_relative:
        say(_SEGMENTED, "Comparing with the model in use")
        report |= extras.compare()
        if report.get("challenge", {}).get("verdict") in {"worse", "the same"}:
            model = replace(model, metadata=model.metadata.model_copy(update={"meets_targets": False}))
    say(_SEGMENTED, "Publishing")
    report["seconds_to_verdict"] = round(time.monotonic() - began, 1)
    registry = publish_to or ModelRegistry(settings.models_dir)
    with noting_model(Action.TRAIN, model.model_id, registry.place_of(model.model_id), registry.root, settings):
        published = registry.publish(model, report | {"pending": [n for n in _PENDING if n not in report]})
    if announce is not None:
        announce(published.model_id)
    if not model.metadata.is_relative:
        say(_SEGMENTED, "Comparing with the model in use")
        report |= extras.compare()
        registry.write_report(published.model_id, report | {"pending": ["learning_curve"]})
    say(_COMPARED, "Asking whether more leads would help")
    report |= extras.learn_more()
    report["seconds"] = round(time.monotonic() - began, 1)
    registry.write_report(published.model_id, report)
    if publish_to is not None:
        return TrainingResult(published, report)
    say(_PUBLISHED, "Writing it down in MLflow, where that is on")
    return TrainingResult(published, report, _track(settings))


@dataclass(frozen=True)
class _Extras:
    """What is found of a trained model besides its verdict."""

    data: TrainingData
    request: TrainingRequest
    model: LeadModel
    champion: LeadModel | None
    settings: Settings

    def compare(self) -> dict[str, Any]:
        """Compare with the model in use; empty where there is none."""
        from leadscore_core.training.evaluation.champion_challenger import challenge_champion

        if self.champion is None:
            return {}
        grades = _grades_of(self.champion, self.settings), _grades_of(self.model, self.settings)
        capacity = self.request.capacity
        challenge = challenge_champion(self.data, self.model, self.champion, capacity=capacity, grades=grades)
        return {"challenge": challenge.model_dump(mode="json")}

    def learn_more(self) -> dict[str, Any]:
        """Say whether more leads would help."""
        from leadscore_core.training.evaluation.learning_curve import learning_curve, more_leads_help

        known = self.data.known
        curve = learning_curve(
            known.cleaned(self.model.schema),
            known.outcome,
            self.model.schema,
            params=self.request.params,
            algorithm=self.model.metadata.algorithm if self.request.estimator is None else self.request.estimator,
            identity=known.identity,
        )
        return {"learning_curve": curve.to_dict("records"), "more_leads": more_leads_help(curve)}


@needs(Action.TRAIN)
def compare_algorithms(
    data: TrainingData,
    request: TrainingRequest,
    names: Sequence[str] = (),
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Leaderboard:
    """Judge other algorithms beside LightGBM on the same folds; nothing is published.

    Parameters
    ----------
    names
        Of `ALGORITHMS`; logistic regression, random forest and histogram gradient boosting if not given, and of few
        leads the blend.

    Raises
    ------
    LeadScoreError
        If the leads are not enough or not fit, or an algorithm is not there.
    """
    from leadscore_core.model.algorithms import USUAL, usual_algorithm
    from leadscore_core.training.cautions import calls_cautions, judge_search
    from leadscore_core.training.enough import check_enough
    from leadscore_core.training.evaluation.algorithms import judge_algorithms

    settings = settings or load_settings()
    check_enough(data.known.outcome, data.schema.outcome.past)
    leads = data.known.without(request.excluded)
    names = names or (*USUAL, usual_algorithm(len(leads)))
    board = judge_algorithms(leads, names, targets=own_targets(data.schema, settings), progress=progress)
    cautions = judge_search(leads.known, float(board.table["auc"].max())) + calls_cautions(data)
    board = replace(board, cautions=cautions)
    children = [
        {"name": row["name"], "params": {"algorithm": row["name"]}, "metrics": _plain_figures(row)}
        for row in board.table.to_dict("records")
    ]
    tags = {"split": board.split, "next_split": board.next_split}
    _save_search(settings, "comparison", data, children, {"seconds": board.seconds}, tags)
    return board


@needs(Action.TRAIN)
def tune_settings(
    data: TrainingData,
    request: TrainingRequest,
    minutes: float,
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Tuning:
    """Search settings of an algorithm within a budget; a search over the same leads is taken up where it ended.

    Parameters
    ----------
    request
        Its algorithm is searched; the one that would be trained on so many leads if it names none.
    minutes
        Budget.

    Raises
    ------
    NothingToSearchError
        If the algorithm declares no settings to search.
    LeadScoreError
        If the leads are not enough or not fit, or Optuna is not installed.
    """
    from leadscore_core.model.algorithms import usual_algorithm
    from leadscore_core.training.cautions import calls_cautions, judge_search
    from leadscore_core.training.enough import check_enough
    from leadscore_core.training.tuning import tune_model

    settings = settings or load_settings()
    check_enough(data.known.outcome, data.schema.outcome.past)
    leads = data.known.without(request.excluded)
    algorithm = request.algorithm or usual_algorithm(len(leads))
    storage = settings.data_dir / STUDIES
    found = tune_model(leads, minutes=minutes, algorithm=algorithm, storage=storage, progress=progress)
    cautions = judge_search(leads.known, max(found.auc, found.default_auc)) + calls_cautions(data)
    found = replace(found, cautions=cautions)
    children = [
        {
            "name": f"{found.human}: settings {place + 1}",
            "params": {name: value for name, value in one.items() if name != "auc"},
            "metrics": {"auc_in_inner_folds": one["auc"]},
        }
        for place, one in enumerate(found.tried)
    ]
    figures = ("auc", "default_auc", "difference", "low", "high", "trials", "seconds")
    metrics = {name: float(getattr(found, name)) for name in figures}
    tags = {"algorithm": found.algorithm, "is_better": str(found.is_better)}
    _save_search(settings, "tuning", data, children, metrics, tags)
    return found


def _plain_figures(row: Mapping[Any, Any]) -> dict[str, float]:
    """Return the figures of an algorithm that are there."""
    return {str(k): float(v) for k, v in row.items() if isinstance(v, int | float) and isfinite(v)}


def _save_search(
    settings: Settings,
    kind: Literal["comparison", "tuning"],
    data: TrainingData,
    children: list[dict[str, Any]],
    metrics: dict[str, float],
    tags: dict[str, str],
) -> None:
    """Keep what a search found, and write it down in MLflow, where that is on; what fails is tried the next time."""
    from leadscore_core.registry.mlflow_tracking import tracking_uri
    from leadscore_core.registry.searches import save_search

    if tracking_uri(settings) is None:
        return
    tags |= {"data": data.name, "data.sha256": data.fingerprint, "data.rows": str(len(data.known))}
    with suppress(OSError):  # what was found is returned in any case
        save_search(settings.models_dir, kind, data.schema.name, children=children, metrics=metrics, tags=tags)
        _track(settings)


def evaluate_list(leads: LeadList, model: LeadModel, *, settings: Settings | None = None) -> Evaluation:
    """Measure a model on a labelled list, without the leads that it was trained on.

    Raises
    ------
    LeadScoreError
        If the list cannot be read, has no outcomes, or is all from the model's training.
    """
    from leadscore_core.registry.promotion import targets_of
    from leadscore_core.training.evaluation.holdout import judge_holdout
    from leadscore_core.training.training_data import read_training_data

    expect_kind(leads, LeadList, OPEN_IT)
    settings = settings or load_settings()
    data = read_training_data(replace(leads, schema=model.schema), audited=False)
    return judge_holdout(data, model, targets=targets_of(model.metadata, settings))


def _champion(settings: Settings, schema: str) -> LeadModel | None:
    try:
        return ModelRegistry(settings.models_dir).load_champion(schema)[0]
    except LeadScoreError:
        return None


def _grades_of(model: LeadModel, settings: Settings) -> GradeThresholds:
    """Return how leads are graded under a model: as a person saved it, else as its schema says."""
    from leadscore_core.storage.database.preferences import saved_rules

    return saved_rules(settings, model.schema).grades


def _track(settings: Settings) -> str:
    from leadscore_core.registry.mlflow_tracking import sync_tracking

    return sync_tracking(settings).problem or ""
