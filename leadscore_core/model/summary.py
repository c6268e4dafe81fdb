"""A model in about ten lines, for whoever prints it: what it foretells, what it learned from, how good it is."""

from typing import Any

from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.days import say_day
from leadscore_core.model.metadata import ModelMetadata, TrainingSummary
from leadscore_core.percent import percent

_MOST_NAMED = 6
_FIGURES = {"auc": "AUC", "precision": "precision", "recall": "recall", "brier": "Brier score"}


def summarise_model(metadata: ModelMetadata, schema: LeadSchema) -> str:
    """Return what a model is, line by line; nothing in it says who a lead is.

    Parameters
    ----------
    schema
        Of the model: what its columns mean, and what their outcome is called.
    """
    data, grades, outcome = metadata.training_data, metadata.grades, schema.outcome
    rate = percent(data.base_rate, data.base_rate, 1)
    inputs = [column.human for column in schema.inputs]
    lines = {
        "Foretells": f"{outcome.noun}, as a propensity of 0 to 1 for each of the {schema.title}",
        "Algorithm": f"{metadata.algorithm_human}, {metadata.reasons_in_words}",
        "Trained on": f"{data.rows:,} leads{_period(data)}; {rate} {outcome.past}",
        "In folds": _figures(metadata.metrics.get("cross_validation", {})),
        "Next period": _figures(metadata.metrics.get("next_period", {})),
        "Threshold": f"{metadata.threshold:.3f}, chosen out-of-fold",
        "Grades": f"Hot from {grades.hot:.2f}, Warm from {grades.warm:.2f}, Cold from {grades.cold:.2f}, Junk below",
        "Inputs": f"{len(inputs)} ({_few(inputs)}), {len(metadata.features)} features",
        "Left out": _few([*metadata.excluded]) or "no column",
    }
    asked = len(metadata.open_questions)
    if asked:
        lines["Asked"] = f"{asked} column{'s' * (asked > 1)}, not answered: is it known before the first call?"
    head = f"LeadModel {metadata.model_id}{' (of made-up leads)' if data.synthetic else ''}"
    return "\n".join([head, *(f"  {name + ':':13}{text}" for name, text in lines.items())])


def _period(data: TrainingSummary) -> str:
    if data.period_start is None or data.period_end is None:
        return " without dates"
    return f", {say_day(data.period_start)} to {say_day(data.period_end)}"


def _figures(block: dict[str, Any]) -> str:
    """Return the figures of a split, each with its deviation where there is one."""
    if "auc" not in block:
        return str(block.get("not_applicable", "not applicable"))
    is_one = len(block.get("months", [])) == 1  # of one month nothing differs
    parts = []
    for name, human in _FIGURES.items():
        if block.get(name) is None:
            continue
        spread = "" if is_one or block.get(f"{name}_std") is None else f" ± {block[f'{name}_std']:.3f}"
        parts.append(f"{human} {block[name]:.3f}{spread}")
    return ", ".join(parts) or "no figure exists"


def _few(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
