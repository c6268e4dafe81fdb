"""What people say of a company's columns and targets: kept in the schema's file, and in the audit."""

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import Settings, TargetMetrics
from leadscore_core.data.schema.own_rules import present_targets, save_targets
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import save_schema, schema_folder
from leadscore_core.storage.database.audit import AuditEvent
from leadscore_core.storage.database.audit_intents import in_audit


@needs(Action.CHANGE_RULES)
def keep_columns(schema: LeadSchema, settings: Settings) -> None:
    """Keep what the columns of a company's leads mean, in place of what was kept under the name.

    Raises
    ------
    SchemaError
        If the name is that of a shipped schema, or the file cannot be written.
    StorageError
        If the audit cannot be written.
    """
    done = AuditEvent(Action.CHANGE_RULES, f"setting columns of {schema.name}")
    with in_audit(settings, done, schema_folder(settings.data_dir) / f"{schema.name}.toml"):
        save_schema(schema, settings.data_dir)


@needs(Action.CHANGE_RULES)
def keep_targets(schema: LeadSchema, targets: TargetMetrics | None, settings: Settings) -> None:
    """Keep what a company's models must exceed, where that is not kept already (see `save_targets`).

    Raises
    ------
    SchemaError
        If the schema ships with LeadScore, or cannot be written.
    StorageError
        If the audit cannot be written.
    """
    done = AuditEvent(Action.CHANGE_RULES, f"setting targets of {schema.name}")
    if targets != present_targets(schema, settings):
        with in_audit(settings, done, schema_folder(settings.data_dir) / f"{schema.name}.toml"):
            save_targets(schema, targets, settings)
