"""Which model a command works with: the one that is named, else the one in use of the schema that a list belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from leadscore_core.errors import LeadScoreError, SchemaError

if TYPE_CHECKING:  # models load when a command needs them
    from collections.abc import Sequence
    from pathlib import Path

    from leadscore_core.config import Settings
    from leadscore_core.data.dataset.options import ListOptions
    from leadscore_core.model.lead_model import LeadModel
    from leadscore_core.registry.registry import ModelRegistry


def load_model(
    model_id: str | None,
    schema: str | None,
    files: Sequence[str | Path],
    options: ListOptions,
    settings: Settings,
) -> LeadModel:
    """Load a model by its name, or the champion of a schema; say so where the one before it serves instead.

    Parameters
    ----------
    schema
        Name of a schema, or its TOML file; found by the headers of the files if not given.

    Raises
    ------
    SchemaQuestionError
        If the headers do not say whose leads they are.
    LeadScoreError
        If there is no such model, it reads another schema than the one named, or none of the schema is in use.
    """
    from leadscore_core.registry.registry import ModelRegistry
    from leadscore_core.registry.served import find_served

    registry = ModelRegistry(settings.models_dir)
    name = None if schema is None else _name_of(schema)
    if model_id is not None:
        model = registry.load(model_id)
        if name not in (None, model.schema.name):
            raise SchemaError(
                f"The model {model_id} reads leads of {model.schema.name!r}, and --schema names {name!r}. Leave one of "
                "them out."
            )
        return model
    if name is None and len(registry.champions) > 1 and any("://" in str(file) for file in files):
        raise SchemaError(
            f"Models of {', '.join(sorted(registry.champions))} are in use. Say whose leads these are with --schema, "
            "as they lie on another machine."
        )
    if name is None:
        name = find_served(list(files), settings, sheet=options.sheet, encoding=options.encoding)
    return _champion(registry, name)


def champion_or_none(schema: str, settings: Settings, what_is_lost: str) -> LeadModel | None:
    """Return a schema's model in use; where there is none, say what is left undone and go on without it."""
    from leadscore_core.registry.registry import ModelRegistry

    try:
        return _champion(ModelRegistry(settings.models_dir), schema)
    except LeadScoreError as error:
        typer.echo(f"Note: {what_is_lost}. {error}", err=True)
        return None


def _champion(registry: ModelRegistry, schema: str | None) -> LeadModel:
    model, notice = registry.load_champion(schema)
    if notice:
        typer.echo(f"Note: {notice}", err=True)
    return model


def _name_of(schema: str) -> str:
    from leadscore_core.data.schema.schema_files import load_schema

    return load_schema(schema).name if schema.endswith(".toml") else schema
