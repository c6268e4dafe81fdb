"""The training pipeline: a list with outcomes in, a model out that is judged, published and, if asked, promoted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import LIGHTGBM
from leadscore_core.progress import Progress
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.training.exclusions import audit_list, describe_audit, keep_meaning, left_out, to_learn_from

if TYPE_CHECKING:
    from leadscore_core.model.classifier import GrowTrees
    from leadscore_core.training.evaluation.algorithms import Leaderboard
    from leadscore_core.training.evaluation.holdout import Evaluation
    from leadscore_core.training.tuning import Tuning

STUDIES = "studies.db"


def train_list(
    leads: LeadList,
    *,
    settings: Settings | None = None,
    promote: bool = False,
    note: str = "",
    synthetic: bool = False,
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    params: dict[str, Any] | None = None,
    grow: GrowTrees | None = None,
    algorithm: str = LIGHTGBM,
    progress: Progress | None = None,
) -> LeadModel:
    """Run the training pipeline: train, judge, publish, and promote if asked.

    Of a list with a proposed schema, columns that look as if they knew the outcome are left out, and the schema is
    kept under its name when the model is published.

    Parameters
    ----------
    exclude
        Columns (name, header or human name) that the model must not read.
    include
        Columns that it may read although they look as if they knew the outcome.
    params
        Settings of the algorithm that differ from its defaults.
    grow
        How LightGBM's trees are grown, if not on this machine.
    algorithm
        Of `ALGORITHMS`.

    Raises
    ------
    LeadScoreError
        If the leads are not enough or not fit; nothing is published then and the champion is unchanged.
    """
    from leadscore_core.training.train import train_model

    settings = settings or load_settings()
    frame = pd.concat(leads.chunks(), ignore_index=True)
    found = audit_list(leads, frame)
    excluded = left_out(leads, exclude, include, found)
    model = train_model(
        frame,
        leads.schema,
        mapping=leads.mapping,
        targets=settings.targets,
        grades=settings.grades,
        note=note,
        synthetic=synthetic,
        excluded=excluded,
        audit=describe_audit(leads, found, excluded),
        params=params,
        grow=grow,
        algorithm=algorithm,
        progress=progress,
    )
    registry = ModelRegistry(settings.models_dir)
    published = registry.publish(model)
    keep_meaning(leads, excluded, settings)
    if promote:
        registry.promote(published.model_id)
    return published


def compare_list(
    leads: LeadList,
    names: Sequence[str] = (),
    *,
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Leaderboard:
    """Judge other algorithms beside LightGBM on the same folds; nothing is published.

    Parameters
    ----------
    names
        Of `ALGORITHMS`; logistic regression, random forest and histogram gradient boosting if not given.

    Raises
    ------
    LeadScoreError
        If the leads are not enough or not fit, or an algorithm is not there.
    """
    from leadscore_core.model.algorithms import USUAL
    from leadscore_core.training.evaluation.algorithms import compare_contenders

    settings = settings or load_settings()
    schema, cleaned, label, identity = to_learn_from(leads, exclude, include)
    return compare_contenders(
        cleaned, label, schema, names or USUAL, targets=settings.targets, identity=identity, progress=progress
    )


def tune_list(
    leads: LeadList,
    minutes: float,
    *,
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Tuning:
    """Search settings of LightGBM within a budget; a search over the same leads is taken up where it ended.

    Raises
    ------
    LeadScoreError
        If the leads are not enough or not fit, or Optuna is not installed.
    """
    from leadscore_core.training.tuning import tune_model

    settings = settings or load_settings()
    schema, cleaned, label, identity = to_learn_from(leads, exclude, include)
    storage = settings.data_dir / STUDIES
    return tune_model(cleaned, label, schema, minutes=minutes, storage=storage, identity=identity, progress=progress)


def evaluate_list(leads: LeadList, model: LeadModel, *, settings: Settings | None = None) -> Evaluation:
    """Measure a model on labelled leads that it has not seen.

    Raises
    ------
    LeadScoreError
        If there is no outcome to compare with, or the model was trained on all of them.
    """
    from leadscore_core.training.evaluation.holdout import evaluate_model

    settings = settings or load_settings()
    frame = pd.concat(leads.chunks(), ignore_index=True)
    return evaluate_model(frame, model, mapping=leads.mapping, targets=settings.targets)
