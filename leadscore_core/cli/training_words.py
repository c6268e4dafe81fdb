"""What train and evaluate say and write: figures, verdicts, what is left out and asked, in words and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadscore_core.cli.options import column_line, say, say_sample
from leadscore_core.config import TargetMetrics
from leadscore_core.model.measures import MEASURES, Measure
from leadscore_core.percent import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from leadscore_core.data.dataset.dataset import LeadList
    from leadscore_core.model.lead_model import LeadModel
    from leadscore_core.model.metadata import ColumnAudit, ModelMetadata


def outcome_json(leads: LeadList) -> dict[str, Any]:
    """Return what is written of a list's outcome."""
    return {} if leads.outcome is None else leads.outcome.as_json()


def leads_json(leads: LeadList) -> dict[str, Any]:
    """Return what is written of a list's columns and outcome."""
    from leadscore_core.data.dataset.column_list import list_columns

    return {"columns": list_columns(leads)} | outcome_json(leads)


def say_audit(metadata: ModelMetadata) -> None:
    """Say which columns were left out of a training and which are asked about, why, and what each is worth."""
    for one in metadata.audit:
        said = "; said to be known before the first call" if one.is_answered else ""
        say(column_line(one.column, one.why, one.left_out, one.auc_with, one.auc_without) + said)
    if metadata.audit:
        say_sample(metadata.training_data.rows)


def say_segments(metadata: ModelMetadata) -> None:
    """Say which leads have a model of their own, and why others have not."""
    for place, text in enumerate(metadata.segments.sentences if metadata.segments else ()):
        say(f"{'  ' if place else 'Segment models by '}{text}")


def say_cautions(cautions: Iterable[str]) -> None:
    """Say what to mind of leads or figures, a line each."""
    for text in cautions:
        say(f"Mind: {text}")


def figures_line(what: str, block: dict[str, Any], measures: Mapping[str, Measure]) -> str:
    """Say figures of a split in one line, each with its deviation where there is one."""
    words = {"auc": "AUC", "precision": "precision", "recall": "recall", "brier": "Brier score"}
    words |= {name: measure.human for name, measure in measures.items() if name not in MEASURES and name in block}
    parts = []
    for name, human in words.items():
        is_one = len(block.get("months", [])) == 1  # of one month nothing differs
        spread = f" ± {block[f'{name}_std']:.3f}" if block.get(f"{name}_std") is not None and not is_one else ""
        parts.append(f"{human} {block[name]:.3f}{spread}" if block[name] is not None else f"{human} does not exist")
    base = block["base_rate"]
    return f"{what}: {', '.join(parts)} (base rate {percent(base, base, 1)}, threshold {block['threshold']:.3f})"


def training_json(model: LeadModel, crossed: dict[str, Any], following: dict[str, Any]) -> dict[str, Any]:
    """Return what is written of a model: figures, targets, cautions, and the columns left out and asked about."""
    from leadscore_core.training.evaluation.metrics import meets_targets

    metadata = model.metadata
    targets = {"targets": metadata.targets.model_dump()}
    figures = {name: crossed[name] for name in ("base_rate", *metadata.measures)}
    if "auc" in following:
        following = following | targets | {"meets_targets": meets_targets(following, metadata.targets)}
    return {
        "rows": metadata.training_data.rows,
        **figures,
        "threshold": metadata.threshold,
        **targets,
        "meets_targets": metadata.meets_targets,
        "model_id": model.model_id,
        "cross_validation": crossed | targets | {"meets_targets": metadata.meets_targets},
        "next_period": following,
        "calibration": metadata.calibration,
        "cautions": metadata.cautions,
        "left_out": [_asked(one) for one in metadata.audit if one.left_out],
        "asked": [_asked(one) for one in metadata.audit if not one.left_out],
        "calls": metadata.calls.as_json() if metadata.calls is not None else None,
    }


def _asked(one: ColumnAudit) -> dict[str, Any]:
    given = {"answer", "by", "at"}
    shown = one.model_dump(
        mode="json", exclude={"left_out", "is_answered", "is_read"} | (set() if one.answer else given)
    )
    return shown | ({"answered": True} if one.is_answered else {})


def verdict_line(met: bool, wanted: TargetMetrics, is_relative: bool) -> str:
    """Say whether the targets are met, or, where a company has none, whether what chance reaches is exceeded."""
    if is_relative:
        return f"{'Better' if met else 'No better'} than the base rate ({wanted.words})"
    return f"{'Meets' if met else 'Misses'} the targets ({wanted.words})"
