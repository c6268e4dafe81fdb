"""The command line's commands on models."""

from __future__ import annotations

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
