"""Side by side: two to five models, what they differ in, and their figures on the same folds where they have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leadscore_core.days import say_day, say_moment
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import ModelMetadata
from leadscore_core.percent import percent
from leadscore_core.training.evaluation.quick_scores import auc_of

FEWEST, MOST = 2, 5
_SPLITS = {"cross_validation": "folds", "next_period": "next period"}


@dataclass(frozen=True)
class SideBySide:
    """Models in columns, by their names.

    Attributes
    ----------
    settings
        ``Setting`` and one column a model, as text; ``differs`` tells rows that are not the same for all.
    figures
        ``Figure`` and one column a model (mean over folds or months; NaN where there is none).
    folds
        ``Fold`` and the AUC of each model, where all were judged on the same leads in the same folds; None elsewhere.
    paired
        Model -> AUC less that of the first model on the same folds, with its 95% interval.
    """

    settings: pd.DataFrame
    figures: pd.DataFrame
    folds: pd.DataFrame | None
    paired: dict[str, tuple[float, float, float]]


def compare_runs(models: Sequence[LeadModel]) -> SideBySide:
    """Set models beside each other.

    Raises
    ------
    LeadScoreError
        If there are fewer than two or more than five.
    """
    if not FEWEST <= len(models) <= MOST:
        raise LeadScoreError(f"Choose {FEWEST} to {MOST} models to compare; {len(models)} are chosen.")
    names = [model.model_id for model in models]
    found = [_settings(model.metadata) for model in models]
    rows = list(dict.fromkeys(key for each in found for key in each))
    settings = pd.DataFrame(
        {"Setting": rows} | {n: [t.get(r, "") for r in rows] for n, t in zip(names, found, strict=True)}
    )
    settings["differs"] = settings[names].nunique(axis=1) > 1
    measures = {name: measure for model in models for name, measure in model.metadata.measures.items()}
    figures = pd.DataFrame(
        [
            {"Figure": f"{measure.human}, {where}"} | {m.model_id: _figure(m.metadata, split, name) for m in models}
            for split, where in _SPLITS.items()
            for name, measure in measures.items()
        ]
    )
    folds = _folds(models)
    return SideBySide(settings, figures, folds, {} if folds is None else _paired(folds, names))


def _settings(metadata: ModelMetadata) -> dict[str, str]:
    data = metadata.training_data
    period = "no dates"
    if data.period_start and data.period_end:
        period = f"{say_day(data.period_start)} to {say_day(data.period_end)}"
    result: dict[str, Any] = {
        "Trained": f"{say_moment(metadata.created_at)}",
        "Note": data.note,
        "Leads": f"{data.rows:,}",
        "Period": period,
        "Base rate": percent(data.base_rate, data.base_rate, 1),
        "Algorithm": metadata.algorithm_human,
        "Columns": metadata.schema_name,
        "Segment models": _segment_words(metadata),
        "Left out": ", ".join(sorted(metadata.excluded)) or "nothing",
        "Threshold": f"{metadata.threshold:.3f}",
        "Calibration": str(metadata.calibration.get("method", "")),
        "Data": data.sha256[:10],
    }
    result |= {
        name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in metadata.parameters.items()
    }
    return {name: str(value) for name, value in result.items()} | metadata.libraries


def _segment_words(metadata: ModelMetadata) -> str:
    found = metadata.segments
    if found is None or not found.levels:
        return "none"
    return f"{found.human}: {', '.join(one.human for one in found.judged if one.is_better)}"


def _figure(metadata: ModelMetadata, split: str, name: str) -> float:
    value = metadata.metrics.get(split, {}).get(name)
    return float("nan") if value is None else float(value)


def _folds(models: Sequence[LeadModel]) -> pd.DataFrame | None:
    """Return the AUC of each fold where all models were judged on the same leads in the same folds."""
    judged: list[pd.DataFrame] = []
    for model in models:
        if model.out_of_sample is None or "row" not in model.out_of_sample:
            return None
        judged.append(model.out_of_sample[model.out_of_sample["split"] == "cross_validation"])
    if len({model.metadata.training_data.sha256 for model in models}) > 1:
        return None
    first = judged[0][["fold", "row"]].reset_index(drop=True)
    if any(not first.equals(own[["fold", "row"]].reset_index(drop=True)) for own in judged[1:]):
        return None
    columns: dict[str, list[Any]] = {"Fold": list(dict.fromkeys(first["fold"]))}
    for model, own in zip(models, judged, strict=True):
        columns[model.model_id] = [
            auc_of(fold["completed"].to_numpy(), fold["propensity"].to_numpy())
            if fold["completed"].nunique() > 1
            else np.nan
            for _, fold in own.groupby("fold", sort=False)
        ]
    return pd.DataFrame(columns)


def _paired(folds: pd.DataFrame, names: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    from leadscore_core.training.evaluation.algorithms import paired_difference

    return {name: paired_difference(folds[name], folds[names[0]]) for name in names[1:]}
