"""Figures by month, source and platform of what models said that had not seen the leads."""

import json
from typing import Any

import numpy as np
import pandas as pd

from leadscore_core.data.schema.schema import Role
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.evaluation.gates_and_curves import judge_groups
from leadscore_core.training.training_data import TrainingData

_MOST_GROUPS = 30


def judge_segments(data: TrainingData, model: LeadModel) -> dict[str, list[dict[str, Any]]]:
    """Return the figures of each month, source and platform of at least 50 leads, the lowest AUC first.

    Parameters
    ----------
    data
        The leads that the model was trained on.
    model
        With its out-of-sample predictions.

    Returns
    -------
    dict
        Human name of the column -> rows as from `judge_groups`, 30 at most.
    """
    if model.out_of_sample is None:
        return {}
    judged = model.out_of_sample[model.out_of_sample["split"] == "cross_validation"].set_index("row").sort_index()
    some = judged.index.to_numpy()  # of very many leads, a part was judged
    columns, label = data.known.columns.iloc[some], data.known.outcome[some]
    groups: dict[str, pd.Series] = {}
    for column in model.schema.with_role(Role.TIMESTAMP, Role.SOURCE, Role.PLATFORM):
        if column.name not in columns:
            continue
        if column.role is Role.TIMESTAMP:
            groups["Month"] = columns[column.name].dt.strftime("%Y-%m")
        else:
            groups[column.human] = columns[column.name].fillna("(blank)")
    propensity, threshold = judged["propensity"].to_numpy("float64"), model.metadata.threshold
    return {
        name: json.loads(
            judge_groups(values, label, propensity, threshold).head(_MOST_GROUPS).to_json(orient="records")
        )
        for name, values in groups.items()
    }


def base_rates(dates: pd.Series | None, label: np.ndarray) -> pd.DataFrame:
    """Return leads and base rate by month: ``month``, ``leads``, ``rate`` (0-1); empty without dates."""
    if dates is None or dates.isna().all():
        return pd.DataFrame(columns=["month", "leads", "rate"])
    grouped = pd.Series(label).groupby(dates.dt.strftime("%Y-%m").to_numpy())
    sizes, rates = grouped.size(), grouped.mean()
    return pd.DataFrame({"month": sizes.index, "leads": sizes.to_numpy(), "rate": rates.to_numpy()})
