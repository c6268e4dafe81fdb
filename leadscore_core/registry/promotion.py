"""Promotion: whether a model may replace the one in use, in words, and the change itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadscore_core.config import Settings, TargetMetrics, load_settings
from leadscore_core.data.schema.own_rules import base_rate_targets, kept_schema, present_targets
from leadscore_core.data.schema.same_leads import is_of_same_leads
from leadscore_core.data.schema.schema_files import is_shipped
from leadscore_core.errors import ReasonNeededError, RegistryError, SchemaQuestionError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import ModelMetadata, beats_base_rate
from leadscore_core.registry.mlflow_tracking import sync_soon
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.preferences import grade_preference

if TYPE_CHECKING:  # training loads when a model is judged, not with the other pages
    from leadscore_core.training.evaluation.gates_and_curves import Gate

LEAST_REASON = 10
SPLIT_NAMES = {"cross_validation": "Cross-validation", "next_period": "Next period"}
_NAMES = {"auc": "AUC", "precision": "precision", "recall": "recall"}


def gates_of(model: LeadModel, threshold: float | None = None, settings: Settings | None = None) -> list[Gate]:
    """Hold a model's out-of-sample predictions against the targets; none for a model without predictions.

    Parameters
    ----------
    threshold
        The model's own if not given.
    """
    from leadscore_core.training.evaluation.gates_and_curves import judge_gates

    if model.out_of_sample is None:
        return []
    targets = targets_of(model, settings)
    return judge_gates(model.out_of_sample, model.metadata.threshold if threshold is None else threshold, targets)


def targets_of(model: LeadModel, settings: Settings | None = None) -> TargetMetrics:
    """Return what a model is held against: its company's targets as they are now, else those of its base rate."""
    metadata = model.metadata
    own = present_targets(model.schema, settings or load_settings())
    if own is not None or metadata.is_relative or kept_schema(metadata.schema_name) is None:
        return own or metadata.targets
    return base_rate_targets(metadata.training_data.base_rate)


def is_relative(metadata: ModelMetadata) -> bool:
    """Tell whether a model is held against the base rate and the model in use, as its company names no targets now."""
    kept = None if is_shipped(metadata.schema_name) else kept_schema(metadata.schema_name)
    return metadata.is_relative if kept is None else kept.targets is None


def meets_gates(metadata: ModelMetadata) -> bool:
    """Tell whether a model met its targets at once in cross-validation, each fold at its own threshold.

    Where its company has changed its targets since, these are what counts. Whatever the targets, it is to be better
    than giving each lead the base rate.
    """
    crossed = metadata.metrics["cross_validation"]
    return beats_base_rate(crossed) and _meets_targets(metadata)


def missed_gate(metadata: ModelMetadata) -> str:
    """Say in words which gate a model does not meet; empty where it meets all of them."""
    crossed = metadata.metrics["cross_validation"]
    if meets_gates(metadata):
        return ""
    if not beats_base_rate(crossed):
        return "tells no more than the base rate"
    if is_relative(metadata) and metadata.targets.are_exceeded(crossed):
        return "is no better than the model that was in use when it was trained"
    return "misses a target"


def _meets_targets(metadata: ModelMetadata) -> bool:
    kept = None if is_shipped(metadata.schema_name) else kept_schema(metadata.schema_name)
    trained_for = None if metadata.is_relative else metadata.targets
    if kept is None or kept.targets == trained_for:
        return metadata.meets_targets
    now = kept.targets or base_rate_targets(metadata.training_data.base_rate)
    return now.are_exceeded(metadata.metrics["cross_validation"])


def describe_verdict(metadata: ModelMetadata, gates: list[Gate], challenge: dict[str, Any] | None) -> str:
    """Say in a sentence or two whether a model is ready: targets, against the one in use, and where it is worse.

    Parameters
    ----------
    challenge
        As `Challenge.model_dump`, or None where nothing was compared.
    """
    missed = [_NAMES[g.name] for g in gates if g.split == "cross_validation" and not g.is_met]
    met, misses, all_of_it = "Meets all three targets in cross-validation", "Misses", "all three"
    if any(g.target == 0 for g in gates):
        met, all_of_it = "Meets its targets in cross-validation", "all of them"
    if is_relative(metadata):
        met, misses = "Better than the base rate in cross-validation", "No better than the base rate by"
        all_of_it = "better"
    text = met if not missed else f"{misses} {_and(missed)} in cross-validation"
    later = [_NAMES[g.name] for g in gates if g.split == "next_period" and not g.is_met]
    if any(g.split == "next_period" for g in gates):
        result = f"{misses[:1].lower()}{misses[1:]} {_and(later)}" if later else all_of_it
        text += f", and {result} on the months that followed"
    text += "."
    if not challenge or challenge.get("not_applicable"):
        return text
    auc = next(f for f in challenge["figures"] if f["name"] == "auc")
    if auc["low"] == auc["high"] == 0:
        return f"{text} It says the same as the model in use."
    how = {"better": "Better than", "worse": "Worse than", "the same": "No better than"}[challenge["verdict"]]
    text += f" {how} the model in use: AUC {auc['value']:+.3f} (95% interval {auc['low']:+.3f} to {auc['high']:+.3f})"
    worse = [_NAMES[f["name"]] for f in challenge["figures"] if f["name"] in {"precision", "recall"} and _fell(f)]
    if worse:
        text += f"; {_and(worse)} {'falls' if len(worse) == 1 else 'fall'}"
    if challenge["losing"]:
        first = challenge["losing"][0]
        text += f"; worse for {first['column'].lower()} {first['group']}"
    return text + "."


def _fell(figure: dict[str, Any]) -> bool:
    return figure["high"] is not None and figure["high"] < 0


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def promote_model(
    model_id: str, *, by: str = "", reason: str = "", reset_grades: bool = False, settings: Settings | None = None
) -> None:
    """Make a model the one in use of its schema; one that misses a target needs a reason, which is kept.

    So does one that reads other leads than the model of that name before. Every door promotes through this: the pages,
    the command line and the scheduler.

    Parameters
    ----------
    reset_grades
        Whether the grades go back to what the settings file says, instead of staying as people saved them.

    Raises
    ------
    ReasonNeededError
        If it misses a target, or reads other leads, and no reason of ten characters is given; the model in use is
        unchanged then.
    RegistryError
        If it is in use already, or cannot be loaded; the model in use is unchanged then.
    """
    settings = settings or load_settings()
    registry = ModelRegistry(settings.models_dir)
    metadata = registry.read_metadata(model_id)
    if registry.champion_of(metadata.schema_name) == model_id:
        raise RegistryError(f"The model {model_id} is in use already.")
    reason = _checked_reason(metadata, reason)
    if len(reason) < LEAST_REASON:
        _check_same_leads(registry, registry.load(model_id))
    registry.promote(model_id, by=by, reason=reason)
    if reset_grades:
        grades = grade_preference(settings, registry.load(model_id).schema)
        value, version = grades.default, grades.current().version
        grades.save(value, based_on=version, author=by, model_id=model_id, note="Reset when the model was promoted")
    sync_soon(settings)


def _checked_reason(metadata: ModelMetadata, reason: str) -> str:
    """Return the reason as it is kept, or raise where one is needed and lacking."""
    reason = " ".join(reason.split())
    missed = missed_gate(metadata)
    if missed and len(reason) < LEAST_REASON:
        raise ReasonNeededError(
            f"The model {metadata.model_id} {missed}, so putting it to use needs a reason of at least "
            f"{LEAST_REASON} characters; it is kept with the history. Say why, and try again."
        )
    return reason


def _check_same_leads(registry: ModelRegistry, model: LeadModel) -> None:
    """Raise if the schema's name is that of another company's model: another outcome, or mostly other columns."""
    try:
        champion = registry.load_champion(model.schema.name)[0]
    except RegistryError:
        return
    if not is_of_same_leads(model.schema, champion.schema):
        raise ReasonNeededError(
            f"The model in use under the name {model.schema.name!r} reads other leads than {model.model_id}: their "
            "outcome or most of their columns differ. If they are another company's, train on them under a name of "
            f"their own. To put this model in its place, give a reason of at least {LEAST_REASON} characters."
        )


def batches_behind(model: LeadModel, settings: Settings | None = None) -> list[Batch]:
    """Return the kept lists of a model's kind of leads that another model scored, the newest first."""
    settings = settings or load_settings()
    batches = BatchStore(settings).list_batches()
    return [b for b in batches if b.schema_name == model.schema.name and b.scoring.model_id != model.model_id]


def retire_model(schema: str, *, by: str = "", reason: str = "", settings: Settings | None = None) -> str:
    """Take a schema's model out of use, so that none of it is until one is promoted, and return the model's name.

    Raises
    ------
    ReasonNeededError
        If no reason of ten characters is given, which is kept with the history.
    RegistryError
        If no model of the schema is in use.
    """
    settings = settings or load_settings()
    reason = " ".join(reason.split())
    registry = ModelRegistry(settings.models_dir)
    if schema in registry.champions and len(reason) < LEAST_REASON:
        raise ReasonNeededError(
            f"Taking the model of {schema!r} out of use leaves its leads without one, so it needs a reason of at least "
            f"{LEAST_REASON} characters; it is kept with the history. Say why, and try again."
        )
    retired = registry.retire(schema, by=by, reason=reason)
    sync_soon(settings)
    return retired


def roll_back(schema: str | None = None, *, by: str = "", reason: str = "", settings: Settings | None = None) -> str:
    """Go back to the model of a schema that was in use before, and return its name; the rule is `promote_model`'s.

    Parameters
    ----------
    schema
        Its name; needed where models of several are in use.

    Raises
    ------
    SchemaQuestionError
        If models of several schemas are in use and none is named.
    ReasonNeededError
        If that one misses a target and no reason of ten characters is given.
    RegistryError
        If there is none that can be loaded.
    """
    settings = settings or load_settings()
    registry = ModelRegistry(settings.models_dir)
    if schema is None and len(registry.champions) > 1:
        names = tuple(sorted(registry.champions))
        raise SchemaQuestionError(
            f"Models of {', '.join(names)} are in use. Say whose is rolled back with "
            f"{' or '.join(f'--schema {name}' for name in names)}.",
            names,
        )
    before = registry.previous_champion(schema)
    if before is not None:
        reason = _checked_reason(registry.read_metadata(before), reason)
    again = registry.rollback(schema, by=by, reason=" ".join(reason.split()))
    sync_soon(settings)
    return again
