"""Evaluation: a model's figures on labelled leads that it has not seen."""

from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from leadscore_core.config import TargetMetrics
from leadscore_core.data.reading.given_leads import LeadsOrPath, as_frame
from leadscore_core.data.schema.column_mapping import ColumnMapping, check_required
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.errors import LabelError
from leadscore_core.model.lead_model import LeadModel, as_model
from leadscore_core.model.who_was_called import WhoWasCalled
from leadscore_core.training.cautions import judge_auc
from leadscore_core.training.evaluation.metrics import Metrics, compute_metrics, meets_targets
from leadscore_core.training.evaluation.seen_leads import seen_in_training
from leadscore_core.training.training_data import TrainingData, make_training_data


class Evaluation(BaseModel):
    """Figures, the verdict on the targets, and which leads were left out and why."""

    model_config = ConfigDict(protected_namespaces=())

    model_id: str
    metrics: Metrics
    targets: TargetMetrics
    meets_targets: bool
    seen_in_training: int
    without_label: int
    calls: WhoWasCalled | None = None

    @property
    def among(self) -> str:
        """Of whom the figures speak, such as "among called leads"; empty where that is all leads."""
        return "" if self.calls is None else self.calls.among

    def as_json(self) -> dict[str, Any]:
        """Return the flat block that `evaluate --json` writes."""
        calls = None if self.calls is None else self.calls.as_json()
        return self.metrics.model_dump() | self.model_dump(exclude={"metrics", "calls"}) | {"calls": calls}


def evaluate_model(
    frame: LeadsOrPath, model: LeadModel, *, mapping: ColumnMapping | None = None, targets: TargetMetrics | None = None
) -> Evaluation:
    """Measure a model on labelled leads; leads that it was trained on are left out.

    Parameters
    ----------
    frame
        Labelled leads as read; or the path of a list, which is read.
    model
        Its threshold, chosen in training, is the one used.
    targets
        What to compare with; the model's own if not given.

    Raises
    ------
    MappingError, LabelError
        If there is no label to compare with, or every lead was in the training data.
    GivenLeadsError
        If these are no leads, or this is no model.
    """
    model, frame = as_model(model), as_frame(frame)
    schema = model.schema
    mapping = mapping or map_frame(frame, schema)
    check_required(mapping, schema)
    data = make_training_data(frame, schema, mapping)
    return judge_holdout(data, model, targets=targets)


def judge_holdout(data: TrainingData, model: LeadModel, *, targets: TargetMetrics | None = None) -> Evaluation:
    """Measure a model on labelled leads that were cleaned already; leads that it was trained on are left out.

    Raises
    ------
    LabelError
        If every lead was in the training data.
    """
    cleaned, label = data.known.cleaned(model.schema), data.known.outcome
    known = seen_in_training(model, cleaned, data.known.identities)
    seen = np.zeros(len(cleaned), dtype=bool) if known is None else known
    if seen.all():
        raise LabelError(
            f"All {len(seen):,} leads are ones that model {model.model_id} was trained on, so they cannot judge it. "
            "Give labelled leads that were kept aside; its own out-of-sample figures: leadscore models show "
            f"{model.model_id}."
        )
    weight = data.known.stands_for
    metrics = compute_metrics(
        label[~seen],
        model.propensity(cleaned[~seen]),
        model.metadata.threshold,
        model.schema.outcome,
        None if weight is None else weight[~seen],
    )
    if known is None:
        metrics.notes.append(
            "Neither an id nor their rows tell these leads from the training leads (too many are alike), so they could "
            "not be compared, and all of them are judged. Make sure that they are others."
        )
    metrics.notes += _too_good(model, metrics)
    calls = None if data.calls is None else data.calls.summary()
    metrics.notes += [] if calls is None else [*calls.sentences(model.schema.outcome), *filter(None, [calls.caution()])]
    targets = targets or model.metadata.targets
    return Evaluation(
        model_id=model.model_id,
        metrics=metrics,
        targets=targets,
        meets_targets=meets_targets(metrics, targets),
        seen_in_training=int(seen.sum()),
        without_label=len(data) - len(data.known),
        calls=calls,
    )


def _too_good(model: LeadModel, metrics: Metrics) -> list[str]:
    """Say on which columns the model rests, where its AUC on these leads or in folds is too good to be true."""
    shares = {column: share for column, (share, _) in model.metadata.importance.items()}
    names = {column.name: column.human for column in model.schema.columns}
    in_folds = model.metadata.metrics["cross_validation"].get("auc")
    here = judge_auc(metrics.auc, shares, names, "on these leads")
    said = here or judge_auc(in_folds, shares, names, "in folds, as in its training,")
    return [said] if said else []
