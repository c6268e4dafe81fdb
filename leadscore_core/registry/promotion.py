"""Promotion: whether a model may replace the one in use, in words, and the change itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import Settings, TargetMetrics, load_settings
from leadscore_core.data.schema.own_rules import base_rate_targets, saved_schema
from leadscore_core.data.schema.same_leads import is_of_same_leads
from leadscore_core.data.schema.schema_files import is_shipped
from leadscore_core.errors import ReasonNeededError, RegistryError, SchemaQuestionError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import ModelMetadata, beats_base_rate, orders_better
from leadscore_core.outcome import capital
from leadscore_core.registry.imported import read_imported
from leadscore_core.registry.mlflow_tracking import sync_soon
from leadscore_core.registry.model_audit import champion_noting, check_can_note
from leadscore_core.registry.out_of_sample import read_out_of_sample
from leadscore_core.registry.registry import OUT_OF_SAMPLE, ModelRegistry
from leadscore_core.registry.sentences import AGAINST, GATES, TARGETS
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.preferences import grade_preference

if TYPE_CHECKING:  # training loads when a model is judged, not with the other pages
    from leadscore_core.training.evaluation.gates_and_curves import Gate

LEAST_REASON = 10
SPLIT_NAMES = {"cross_validation": "Cross-validation", "next_period": "Next period"}
_NAMES = {"auc": "AUC", "precision": "precision", "recall": "recall"}
_WHERE = {"cross_validation": "in cross-validation", "next_period": "on the months that followed"}
REFITS = frozenset({"forward_refit", "refit"})


def gates_of(model: LeadModel, settings: Settings | None = None) -> list[Gate]:
    """Hold a model's out-of-sample figures against the targets (see `judge_gates`)."""
    from leadscore_core.training.evaluation.gates_and_curves import judge_gates

    metadata = model.metadata
    return judge_gates(metadata.metrics, targets_of(metadata, settings), model.out_of_sample, metadata.threshold)


def targets_of(metadata: ModelMetadata, settings: Settings | None = None) -> TargetMetrics:
    """Return what a model is held against: its company's targets as they are now, else those of its base rate."""
    if is_shipped(metadata.schema_name):
        return (settings or load_settings()).targets
    saved = saved_schema(metadata.schema_name)
    if saved is None:
        return metadata.targets
    if saved.targets is None and not metadata.is_relative:
        return base_rate_targets(metadata.training_data.base_rate)
    return saved.targets or metadata.targets


def is_relative(metadata: ModelMetadata) -> bool:
    """Tell whether a model is held against the base rate and the model in use, as its company names no targets now."""
    saved = None if is_shipped(metadata.schema_name) else saved_schema(metadata.schema_name)
    return metadata.is_relative if saved is None else saved.targets is None


def meets_gates(metadata: ModelMetadata, settings: Settings | None = None) -> bool:
    """Tell whether a model met its targets at once in cross-validation, each fold at its own threshold.

    Where its company has changed its targets since, these are what counts. Whatever the targets, it is to be better
    than giving each lead the base rate.
    """
    return beats_base_rate(metadata.metrics["cross_validation"]) and _meets_targets(metadata, settings)


def missed_gate(metadata: ModelMetadata, settings: Settings | None = None) -> str:
    """Say in words which gate a model does not meet; empty where it meets all of them.

    One from elsewhere meets none by its own word: whoever puts it to use says why.
    """
    crossed = metadata.metrics["cross_validation"]
    if meets_gates(metadata, settings):
        folder = (settings or load_settings()).models_dir / metadata.model_id
        return GATES["imported"]() if read_imported(folder) else ""
    if not beats_base_rate(crossed):
        return GATES["probabilities" if orders_better(crossed) else "base_rate"]()
    if is_relative(metadata) and metadata.targets.are_exceeded(crossed):
        return GATES["no_better"]()
    return GATES["target"]()


def _meets_targets(metadata: ModelMetadata, settings: Settings | None) -> bool:
    now = targets_of(metadata, settings)
    if now == metadata.targets and is_relative(metadata) == metadata.is_relative:
        return metadata.meets_targets
    return now.are_exceeded(metadata.metrics["cross_validation"])


def describe_targets(metadata: ModelMetadata, settings: Settings | None = None) -> str:
    """Say what of its targets a model meets, in folds and with the same weight on the months that followed."""
    from leadscore_core.training.evaluation.gates_and_curves import judge_gates

    settings = settings or load_settings()
    out_of_sample = read_out_of_sample(settings.models_dir / metadata.model_id / OUT_OF_SAMPLE)
    gates = judge_gates(metadata.metrics, targets_of(metadata, settings), out_of_sample, metadata.threshold)
    among = f", {metadata.among}" if metadata.among else ""
    return f"{'is ' if is_relative(metadata) else ''}{_describe_targets(metadata, gates)}{among}"


def _describe_targets(metadata: ModelMetadata, gates: list[Gate]) -> str:
    asked = [gate for gate in gates if gate.target > 0]
    texts, misses = [], []
    for split, where in _WHERE.items():
        own = [gate for gate in asked if gate.split == split]
        if own:
            relative = is_relative(metadata)
            missed = [_NAMES[gate.name] for gate in own if not (_is_shown(gate) if relative else gate.is_met)]
            if relative and split == "cross_validation" and not beats_base_rate(metadata.metrics[split]):
                missed = ["Brier score"] if orders_better(metadata.metrics[split]) else missed or ["AUC"]
            every = "all three targets" if len(own) == len(_NAMES) else "its targets"
            kinds = ("better", "no_better") if relative else ("met", "missed")
            where = where.replace("months", "month") if own[0].folds == 1 else where
            texts.append(TARGETS[kinds[bool(missed)]](every=every, missed=_and(missed), where=where))
            misses.append(bool(missed))
    if not texts:
        return TARGETS["none"]()
    if len(texts) == 1:
        return TARGETS["no_months"](folds=texts[0])
    return TARGETS["both"](folds=texts[0], joined="and" if misses[0] == misses[1] else "but", months=texts[1])


def _is_shown(gate: Gate) -> bool:
    """Tell whether a figure lies above what the base rate reaches: of months, with its whole interval."""
    if gate.decides or gate.low is None:
        return gate.is_met
    return gate.low > gate.target


def describe_verdict(metadata: ModelMetadata, gates: list[Gate], challenge: dict[str, Any] | None) -> str:
    """Say in a sentence or two whether a model is ready: targets, against the one in use, and where it is worse.

    Parameters
    ----------
    challenge
        As `Challenge.model_dump`, or None where nothing was compared.
    """
    among = f"{metadata.among}: " if metadata.among else ""
    text = f"{capital(f'{among}{_describe_targets(metadata, gates)}')}."
    if not challenge or challenge.get("not_applicable"):
        return text
    against = _describe_difference(challenge)
    worse = [_NAMES[f["name"]] for f in challenge["figures"] if f["name"] in {"precision", "recall"} and _fell(f)]
    if worse:
        against += f"; {AGAINST['falls'](figures=_and(worse), fall='falls' if len(worse) == 1 else 'fall')}"
    if challenge["losing"]:
        first = challenge["losing"][0]
        against += f"; {AGAINST['loses'](column=first['column'].lower(), group=first['group'])}"
    return f"{text} {capital(against)}."


def describe_comparison(challenge: dict[str, Any], champion_id: str) -> str:
    """Say how a model did against the one in use, in a sentence, or that the two were not compared.

    Parameters
    ----------
    challenge
        As `Challenge.model_dump`; empty where nothing was compared.
    champion_id
        Of the model in use now, which may be another than it was compared with.

    Examples
    --------
    >>> describe_comparison({}, "a")
    'It was not compared with the model in use.'
    >>> describe_comparison({"champion_id": "b", "not_applicable": ""}, "a")
    'It was compared with a model that is not in use any more.'
    """
    if not challenge or challenge.get("not_applicable"):
        return AGAINST["not_compared"]()
    if challenge["champion_id"] != champion_id:
        return AGAINST["other_champion"]()
    return f"It {_describe_difference(challenge, 'is ')}."


def _describe_difference(challenge: dict[str, Any], verb: str = "") -> str:
    basis = challenge.get("basis", "")
    whom = "a refit of the model in use" if basis in REFITS else "the model in use"
    auc = next(f for f in challenge["figures"] if f["name"] == "auc")
    if auc["low"] == auc["high"] == 0:
        return AGAINST["same"](whom=whom)
    is_forward = basis.startswith("forward")
    where = "on months that followed" if is_forward else "in random folds"
    months = challenge.get("by_fold", []) if is_forward else []
    each = f"; higher in {sum(m['value'] > 0 for m in months)} of {len(months)} months" if len(months) > 1 else ""
    reach = f"95% interval {auc['low']:+.3f} to {auc['high']:+.3f}{each}"
    said = AGAINST[{"the same": "unclear"}.get(challenge["verdict"], challenge["verdict"])]
    return said(verb=verb, whom=whom, where=where, value=f"{auc['value']:+.3f}", reach=reach)


def _fell(figure: dict[str, Any]) -> bool:
    return figure["high"] is not None and figure["high"] < 0


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


@needs(Action.PROMOTE)
def promote_model(
    model_id: str, *, by: str = "", reason: str = "", reset_grades: bool = False, settings: Settings | None = None
) -> None:
    """Make a model the one in use of its schema; one that misses a target needs a reason, which is kept.

    So does one that comes from elsewhere, and one that reads other leads than the model of that name before. Every
    door promotes through this: the pages, the command line and the scheduler.

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
    registry = ModelRegistry(settings.models_dir, champion_noting(settings))
    metadata = registry.read_metadata(model_id)
    if registry.champion_of(metadata.schema_name) == model_id:
        raise RegistryError(f"The model {model_id} is in use already.")
    reason = _checked_reason(metadata, reason, settings)
    if len(reason) < LEAST_REASON:
        _check_same_leads(registry, registry.load(model_id))
    check_can_note(settings)
    registry.promote(model_id, by=by, reason=reason)
    if reset_grades:
        grades = grade_preference(settings, registry.load(model_id).schema)
        value, version = grades.default, grades.current().version
        grades.save(value, based_on=version, author=by, model_id=model_id, note="Reset when the model was promoted")
    sync_soon(settings)


def _checked_reason(metadata: ModelMetadata, reason: str, settings: Settings) -> str:
    """Return the reason as it is kept, or raise where one is needed and lacking."""
    reason = " ".join(reason.split())
    missed = missed_gate(metadata, settings)
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


@needs(Action.PROMOTE)
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
    registry = ModelRegistry(settings.models_dir, champion_noting(settings))
    if schema in registry.champions and len(reason) < LEAST_REASON:
        raise ReasonNeededError(
            f"Taking the model of {schema!r} out of use leaves its leads without one, so it needs a reason of at least "
            f"{LEAST_REASON} characters; it is kept with the history. Say why, and try again."
        )
    check_can_note(settings)
    retired = registry.retire(schema, by=by, reason=reason)
    sync_soon(settings)
    return retired


@needs(Action.ROLL_BACK)
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
    registry = ModelRegistry(settings.models_dir, champion_noting(settings))
    if schema is None and len(registry.champions) > 1:
        names = tuple(sorted(registry.champions))
        raise SchemaQuestionError(
            f"Models of {', '.join(names)} are in use. Say whose is rolled back with "
            f"{' or '.join(f'--schema {name}' for name in names)}.",
            names,
        )
    before = registry.previous_champion(schema)
    if before is not None:
        reason = _checked_reason(registry.read_metadata(before), reason, settings)
    check_can_note(settings)
    again = registry.rollback(schema, by=by, reason=" ".join(reason.split()))
    sync_soon(settings)
    return again
