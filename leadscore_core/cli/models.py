"""The command line's commands on models."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from leadscore_core.cli.options import Reason, caller, track
from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError

OfSchema = Annotated[
    str | None, typer.Option("--schema", help="Name of the schema whose model it is, where several are in use.")
]
models_app = typer.Typer(no_args_is_help=True, help="The models and which of them is in use.")


@models_app.command("list")
def list_models() -> None:
    """List the models by schema, newest first; of each schema one may be in use."""
    from leadscore_core.registry.registry import ModelRegistry
    from leadscore_core.upkeep.health import damaged_models

    registry = ModelRegistry(load_settings().models_dir)
    found, champions = registry.list_models(), registry.champions
    for schema in dict.fromkeys([*champions, *(metadata.schema_name for metadata in found)]):
        typer.echo(f"{schema or 'unknown'}:{'' if schema in champions else ' none in use'}")
        for metadata in (metadata for metadata in found if metadata.schema_name == schema):
            crossed = metadata.metrics["cross_validation"]
            mark = "*" if metadata.model_id == champions.get(schema) else " "
            data = metadata.training_data
            kind = "made-up leads. " if data.synthetic else ""
            kind += "from elsewhere. " if registry.imported(metadata.model_id) else ""
            about = f"{data.rows:>9,} leads  AUC {crossed['auc']:.3f}  {kind}{data.note}"
            typer.echo(f"{mark} {metadata.model_id}  {about}".rstrip())
    damaged = damaged_models(registry)
    for words in damaged.values():
        typer.echo(f"damaged: {words}")
    if (damaged or champions) and not found:
        typer.echo("No model can be used. Put back a backup with: leadscore restore FILE")
    elif not found:
        typer.echo("There are no models yet. Train one with: leadscore train FILE --promote")
    else:
        typer.echo("* is the champion" if len(champions) < 2 else "* is the champion of its schema")
    _tell_permissions(registry.root)


@models_app.command("show")
def show_model(model_id: Annotated[str, typer.Argument(help="From: leadscore models list.")]) -> None:
    """Show what is known about a model, as JSON."""
    from leadscore_core.registry.registry import ModelRegistry

    typer.echo(ModelRegistry(load_settings().models_dir).read_metadata(model_id).model_dump_json(indent=2))


@models_app.command("card")
def show_card(
    model_id: Annotated[str, typer.Argument(help="From: leadscore models list.")],
    as_html: Annotated[bool, typer.Option("--html", help="One HTML page instead of Markdown.")] = False,
) -> None:
    """Tell in Markdown what a model is for, how good it is and where it is not."""
    from leadscore_core.model.model_card import write_card, write_card_html
    from leadscore_core.registry.registry import ModelRegistry

    registry = ModelRegistry(load_settings().models_dir)
    model = registry.load(model_id)
    named = [entry for entry in registry.history() if entry["model_id"] == model_id]
    write = write_card_html if as_html else write_card
    origin = registry.imported(model_id)
    brought = "" if origin is None else origin.words
    typer.echo(write(model.metadata, model.schema, promotions=named, brought=brought))


@models_app.command("due")
def show_retraining_proposal(schema: OfSchema = None) -> None:
    """Say whether a retrain is worth while, for a schedule; exit 1 if it is. Nothing is trained."""
    from leadscore_core.registry.registry import ModelRegistry
    from leadscore_core.retraining.trigger import propose_retraining

    settings = load_settings()
    named: list[str | None] = [*ModelRegistry(settings.models_dir).champions]
    served = [schema] if schema is not None else named or [None]
    is_due = False
    for name in served:
        due = propose_retraining(settings, name)
        of = f" of {name}" if len(served) > 1 else ""
        for reason in due.reasons:
            typer.echo(f"Retrain{of}: {reason}")
        if not due.is_worthwhile:
            typer.echo(
                f"Nothing to do: the model in use{of} is {due.days:,} days old, and {due.new_outcomes:,} outcomes are "
                "new since."
            )
        is_due = is_due or due.is_worthwhile
    if is_due:
        raise typer.Exit(1)


@models_app.command("export")
def export_to_file(
    model_id: Annotated[str, typer.Argument(help="From: leadscore models list.")],
    out: Annotated[Path, typer.Argument(help="File to write, .zip.")],
) -> None:
    """Write a model into one file, to take it to another machine."""
    from leadscore_core.registry.archive import export_model
    from leadscore_core.registry.registry import ModelRegistry

    typer.echo(f"Wrote {export_model(ModelRegistry(load_settings().models_dir), model_id, out)}")


@models_app.command("import")
def import_from_file(
    file: Annotated[
        str, typer.Argument(help="As written by: leadscore models export; or of MLflow, as models:/leadscore@champion.")
    ],
) -> None:
    """Take a model from a file or an MLflow server of somebody you trust; it is marked, and not put to use."""
    from leadscore_core.registry.archive import import_model
    from leadscore_core.registry.mlflow_tracking import pull_model
    from leadscore_core.registry.registry import ModelRegistry

    settings = load_settings()
    if file.startswith("models:/"):
        model_id = pull_model(file, settings, by=caller())
    else:
        model_id = import_model(ModelRegistry(settings.models_dir), Path(file), by=caller())
    typer.echo(
        f"Imported {model_id}. Its figures are what its file says; hold it against leads with an outcome with: "
        f"leadscore evaluate FILE --model {model_id}"
    )
    typer.echo(f"Use it with: leadscore models promote {model_id} --reason WHY")
    _tell_permissions(settings.models_dir)


@models_app.command("promote")
def promote(model_id: Annotated[str, typer.Argument(help="From: leadscore models list.")], reason: Reason = "") -> None:
    """Make a model the champion of its schema; one that misses a target needs a reason, which is kept."""
    from leadscore_core.registry.promotion import describe_comparison, describe_targets, promote_model
    from leadscore_core.registry.registry import ModelRegistry

    settings = load_settings()
    registry = ModelRegistry(settings.models_dir)
    in_use = dict(registry.champions)
    promote_model(model_id, by=caller(), reason=reason, settings=settings)
    typer.echo(f"{model_id} is the champion now.")
    metadata = registry.read_metadata(model_id)
    typer.echo(f"It {describe_targets(metadata, settings)}.")
    if before := in_use.get(metadata.schema_name):
        compared = describe_comparison(registry.read_report(model_id).get("challenge") or {}, before)
        typer.echo(f"Before it, {before} was in use. {compared}")
    track(settings)


@models_app.command("rollback")
def rollback(reason: Reason = "", schema: OfSchema = None) -> None:
    """Go back to a schema's champion before this one; one that misses a target needs a reason, which is kept."""
    from leadscore_core.registry.promotion import roll_back

    settings = load_settings()
    typer.echo(f"{roll_back(schema, by=caller(), reason=reason, settings=settings)} is the champion again.")
    track(settings)


@models_app.command("retire")
def retire(
    schema: Annotated[str, typer.Option("--schema", help="Name of the schema whose model is taken out of use.")],
    reason: Reason = "",
) -> None:
    """Take a schema's champion out of use, so that its leads have none until one is promoted; it needs a reason."""
    from leadscore_core.registry.promotion import retire_model

    settings = load_settings()
    retired = retire_model(schema, by=caller(), reason=reason, settings=settings)
    typer.echo(
        f"{retired} is out of use, and no model of {schema!r} is in use. It is kept; models promote puts it back."
    )
    track(settings)


@models_app.command("track")
def track_models() -> None:
    """Write down in MLflow what it lacks, and point its aliases to champion and challenger."""
    from leadscore_core.registry.mlflow_tracking import sync_tracking

    result = sync_tracking(load_settings())
    if result.problem:
        raise LeadScoreError(result.problem)
    for model_id in result.logged:
        typer.echo(f"Wrote down {model_id}")
    for alias, model_id in result.aliases.items():
        typer.echo(f"{alias}: {model_id}")


@models_app.command("mlflow")
def open_mlflow(port: Annotated[int, typer.Option("--port", help="Of this machine.")] = 5000) -> None:
    """Open MLflow's own pages for the runs and models that are kept here."""
    from leadscore_core.registry.mlflow_place import ARTIFACTS, mlflow_root
    from leadscore_core.registry.mlflow_tracking import sync_tracking, tracking_uri

    settings = load_settings()
    uri = tracking_uri(settings)
    if uri is None:
        raise LeadScoreError("Tracking is switched off. Remove LEADSCORE_TRACKING_URI=off to use it.")
    if uri.startswith("http"):
        typer.echo(f"Open {uri}")
        return
    result = sync_tracking(settings)
    if result.problem:
        raise LeadScoreError(result.problem)
    typer.echo(f"Open http://127.0.0.1:{port}")
    words = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri, "--port", str(port)]
    words += ["--default-artifact-root", (mlflow_root(settings.models_dir) / ARTIFACTS).as_uri()]
    raise typer.Exit(subprocess.run(words, check=False).returncode)  # noqa: S603  # no shell, and words of our own


def _tell_permissions(models_dir: Path) -> None:
    """Say on standard error who else may change what the models do."""
    from leadscore_core.registry.permissions import check_permissions

    for text in check_permissions(models_dir):
        typer.echo(text, err=True)
