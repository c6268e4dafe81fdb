"""Which grades and targets hold for a schema's leads: the settings' for the shipped schema, its own for another."""

from contextlib import suppress

from leadscore_core.config import GradeThresholds, Settings, TargetMetrics
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import is_shipped, load_schema, save_schema
from leadscore_core.errors import SchemaError


def own_grades(schema: LeadSchema, settings: Settings) -> GradeThresholds:
    """Return the grades that leads start with until a person saves others.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> own_grades(load_schema(), Settings()).hot
    0.65
    """
    return settings.grades if is_shipped(schema.name) or schema.grades is None else schema.grades


def own_targets(schema: LeadSchema, settings: Settings) -> TargetMetrics | None:
    """Return what a model must exceed; None where it is to be better than the one in use and than the base rate.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> own_targets(load_schema(), Settings()).auc
    0.821
    """
    return settings.targets if is_shipped(schema.name) else schema.targets


def saved_schema(name: str) -> LeadSchema | None:
    """Return the schema that is kept or shipped under a name; None where there is none."""
    with suppress(SchemaError):
        return load_schema(name)
    return None


def present_targets(schema: LeadSchema, settings: Settings) -> TargetMetrics | None:
    """Return what `own_targets` does, by the schema as it is kept now: targets may change after a model was trained."""
    return own_targets(saved_schema(schema.name) or schema, settings)


def base_rate_targets(base_rate: float) -> TargetMetrics:
    """Return what chance reaches: where a company has no targets of its own, a model is to exceed it.

    Examples
    --------
    >>> base_rate_targets(0.25)
    TargetMetrics(auc=0.5, precision=0.25, recall=0.0)
    """
    return TargetMetrics(auc=0.5, precision=round(base_rate, 4), recall=0.0)


def save_targets(schema: LeadSchema, targets: TargetMetrics | None, settings: Settings) -> None:
    """Keep a company's targets with its schema; None, or none above 0, asks for what chance does not reach.

    Raises
    ------
    SchemaError
        If the schema ships with LeadScore, or cannot be written.
    """
    saved = saved_schema(schema.name) or schema
    wanted = targets if targets is not None and targets.words else None
    if is_shipped(saved.name):
        raise SchemaError(f"The targets of {saved.title} are [targets] of the settings. Change them in leadscore.toml.")
    if saved.targets != wanted:
        save_schema(saved.model_copy(update={"targets": wanted}), settings.data_dir)
