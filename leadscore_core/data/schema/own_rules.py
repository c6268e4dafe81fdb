"""Which grades and targets hold for a schema's leads: the settings' for the shipped schema, its own for another."""

from leadscore_core.config import GradeThresholds, Settings, TargetMetrics
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import is_shipped


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
