"""The command line's commands on models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadscore_core.config import load_settings

models_app = typer.Typer(no_args_is_help=True, help="The models and which of them is in use.")


@models_app.command("list")
def list_models() -> None:
    """List the models, newest first."""
    from leadscore_core.model import ModelRegistry

    registry = ModelRegistry(load_settings().models_dir)
    found = registry.list_models()
    for metadata in found:
        crossed = metadata.metrics["cross_validation"]
        mark = "*" if metadata.model_id == registry.champion_id else " "
        data = metadata.training_data
        kind = "made-up leads. " if data.synthetic else ""
        typer.echo(
            f"{mark} {metadata.model_id}  {data.rows:>9,} leads  AUC {crossed['auc']:.3f}  {kind}{data.note}".rstrip()
        )
    typer.echo(
        "* is the champion" if found else "There are no models yet. Train one with: leadscore train FILE --promote"
    )


@models_app.command("show")
def show_model(model_id: Annotated[str, typer.Argument(help="From: leadscore models list.")]) -> None:
    """Show what is known about a model, as JSON."""
    from leadscore_core.model import ModelRegistry

    typer.echo(ModelRegistry(load_settings().models_dir).read_metadata(model_id).model_dump_json(indent=2))


@models_app.command("card")
def show_card(model_id: Annotated[str, typer.Argument(help="From: leadscore models list.")]) -> None:
    """Tell in Markdown what a model is for, how good it is and where it is not."""
    from leadscore_core.model import ModelRegistry, write_card

    registry = ModelRegistry(load_settings().models_dir)
    model = registry.load(model_id)
    named = [entry for entry in registry.history() if entry["model_id"] == model_id]
    typer.echo(write_card(model.metadata, model.schema, promotions=named))


@models_app.command("export")
def export_to_file(
    model_id: Annotated[str, typer.Argument(help="From: leadscore models list.")],
    out: Annotated[Path, typer.Argument(help="File to write, .zip.")],
) -> None:
    """Write a model into one file, to take it to another machine."""
    from leadscore_core.model import ModelRegistry, export_model

    typer.echo(f"Wrote {export_model(ModelRegistry(load_settings().models_dir), model_id, out)}")


@models_app.command("import")
def import_from_file(file: Annotated[Path, typer.Argument(help="As written by: leadscore models export.")]) -> None:
    """Take a model from a file of somebody you trust; it is not put to use."""
    from leadscore_core.model import ModelRegistry, import_model

    model_id = import_model(ModelRegistry(load_settings().models_dir), file)
    typer.echo(f"Imported {model_id}. Use it with: leadscore models promote {model_id}")


@models_app.command("promote")
def promote_model(model_id: Annotated[str, typer.Argument(help="From: leadscore models list.")]) -> None:
    """Make a model the champion."""
    from leadscore_core.model import ModelRegistry

    ModelRegistry(load_settings().models_dir).promote(model_id)
    typer.echo(f"{model_id} is the champion now.")


@models_app.command("rollback")
def rollback_model() -> None:
    """Go back to the champion before this one."""
    from leadscore_core.model import ModelRegistry

    typer.echo(f"{ModelRegistry(load_settings().models_dir).rollback()} is the champion again.")
