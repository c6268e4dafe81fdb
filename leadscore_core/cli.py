"""The command line: every pipeline without a screen.

Exit codes: 0 done; 1 done, but a stated check did not hold; 2 bad usage or unusable input.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from leadscore_core.cli_models import models_app
from leadscore_core.cli_shared import (
    JSON_ON_STDOUT,
    Files,
    JsonOut,
    Label,
    MapTo,
    ModelId,
    Out,
    SchemaName,
    Sheet,
    open_leads,
    prepare_json,
    say,
    write_json,
)
from leadscore_core.cli_sources import outcomes, sources
from leadscore_core.config import PROJECT_ROOT, Settings, load_settings
from leadscore_core.errors import LeadScoreError

if TYPE_CHECKING:  # the pipelines load when a command needs them
    from leadscore_core.data import Finding
    from leadscore_core.lists import LeadList
    from leadscore_core.model import LeadModel
    from leadscore_core.pipelines import Progress

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Whom to call first, who is junk, and why.",
)
app.add_typer(models_app, name="models")
app.command()(sources)
app.command()(outcomes)


@app.command("sample-data")
def sample_data(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("sample_data"),
    rows: Annotated[int, typer.Option("--rows", help="Labelled leads.")] = 6_000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same leads.")] = 0,
) -> None:
    """Make synthetic leads: labelled, kept aside, new, and a messy export."""
    from leadscore_core.data import write_sample

    for path in write_sample(out, rows, seed):
        say(str(path))


@app.command()
def check(
    files: Files,
    schema: SchemaName = None,
    label: Label = None,
    sheet: Sheet = None,
    map_to: MapTo = None,
    json_out: JsonOut = None,
) -> None:
    """Find every problem of a list; exit 1 if one makes it unfit."""
    from leadscore_core.pipelines import check_list

    prepare_json(json_out)
    settings = load_settings()
    leads = open_leads(files, schema, label, sheet, map_to, settings)
    model = _champion_or_none(settings)
    levels_from = model if model is not None and model.schema.name == leads.schema.name else None
    report = check_list(leads, model=levels_from, label_expected=label is not None)
    say(f"{report.rows:,} leads, {report.columns} columns, {len(report.findings)} kinds of problems")
    _say_findings(report.findings)
    for found in report.leakage or ():
        say(f"  ask: is {found.column} known before the first call? {found.why}")
    write_json(json_out, report.as_json())
    if report.has_errors:
        raise typer.Exit(1)


@app.command()
def clean(files: Files, out: Out, schema: SchemaName = None, sheet: Sheet = None, map_to: MapTo = None) -> None:
    """Write the cleaned table, one row a lead."""
    from leadscore_core.pipelines import clean_list

    rows = clean_list(open_leads(files, schema, None, sheet, map_to, load_settings()), out)
    say(f"Cleaned {rows:,} leads into {out}")


@app.command()
def train(
    files: Files,
    schema: SchemaName = None,
    label: Label = None,
    sheet: Sheet = None,
    map_to: MapTo = None,
    promote: Annotated[bool, typer.Option("--promote", help="Make it the champion.")] = False,
    note: Annotated[str, typer.Option("--note", help="Kept with the model.")] = "",
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Tell users that these leads are made up.")] = False,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", help="Column that the model must not read; may be repeated.")
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option("--include", help="Column that is known before the first call, though it looks as if not."),
    ] = None,
    json_out: JsonOut = None,
) -> None:
    """Train a model on labelled leads, judge it out-of-sample, and keep it.

    A list with columns of its own needs no preparation: what they mean is proposed, and columns that look as if they
    knew the outcome are left out.
    """
    from leadscore_core.data import kept_folder
    from leadscore_core.pipelines import train_list

    prepare_json(json_out)
    settings = load_settings()
    leads = open_leads(files, schema, label, sheet, map_to, settings, may_propose=True)
    _say_proposal(leads)
    with _progress("Training", total=1.0) as progress:
        model = train_list(
            leads,
            settings=settings,
            promote=promote,
            note=note,
            synthetic=synthetic,
            exclude=exclude or (),
            include=include or (),
            progress=progress,
        )
    metadata = model.metadata
    for column, why in metadata.excluded.items():
        say(f"Left out: {column}: {why}")
    if leads.proposal is not None:
        say(f"What the columns mean is kept as {leads.schema.name!r}: {kept_folder() / leads.schema.name}.toml")
    crossed, following = metadata.metrics["cross_validation"], metadata.metrics["next_period"]
    say(
        f"Model {model.model_id}, trained on {metadata.training_data.rows:,} leads "
        f"({metadata.training_data.left_out:,} without an outcome left out)"
    )
    say(_figures("Cross-validation", crossed))
    say(
        _figures("Next period     ", following)
        if "auc" in following
        else f"Next period: not applicable. {following['not_applicable']}"
    )
    say(f"Calibration: {metadata.calibration['method']} ({metadata.calibration['verdict']})")
    say(_verdict(metadata.meets_targets, settings))
    say("It is the champion now." if promote else f"Use it with: leadscore models promote {model.model_id}")
    write_json(json_out, _training_json(model, crossed, following))


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="Labelled leads that the model has not seen.")],
    label: Label = None,
    sheet: Sheet = None,
    map_to: MapTo = None,
    model_id: ModelId = None,
    json_out: JsonOut = None,
) -> None:
    """Measure a model on leads that it has not seen; exit 1 below the targets."""
    from leadscore_core.pipelines import evaluate_list

    prepare_json(json_out)
    settings = load_settings()
    model = _load_model(model_id, settings)
    result = evaluate_list(
        open_leads([file], model.schema.name, label, sheet, map_to, settings, model=model), model, settings=settings
    )
    say(
        f"Model {result.model_id} on {result.metrics.rows:,} leads ({result.without_label:,} without an outcome and "
        f"{result.seen_in_training:,} from its training left out)"
    )
    say(_figures("Out-of-sample", result.metrics.model_dump()))
    for text in result.metrics.notes:
        say(text)
    say(_verdict(result.meets_targets, settings))
    write_json(json_out, result.as_json())
    if not result.meets_targets:
        raise typer.Exit(1)


@app.command()
def score(
    files: Files,
    out: Out,
    sheet: Sheet = None,
    map_to: MapTo = None,
    model_id: ModelId = None,
    reasons: Annotated[int, typer.Option("--reasons", min=0, max=20, help="Reasons a lead.")] = 3,
) -> None:
    """Score a list: every row and column of it, then score, grade, junk verdict and reasons."""
    from leadscore_core.inference import check_output
    from leadscore_core.pipelines import score_list

    settings = load_settings()
    check_output(out)
    model = _load_model(model_id, settings)
    leads = open_leads(files, model.schema.name, None, sheet, map_to, settings, model=model)
    with _progress("Scoring", total=None) as progress:
        report = score_list(leads, out, model, reasons=reasons, settings=settings, progress=progress)
    counts = ", ".join(f"{number:,} {grade}" for grade, number in report.grades.items())
    say(f"Scored {report.rows:,} leads into {out}: {counts}; about {report.expected:,.0f} applications expected")
    _say_findings(report.findings)


@app.command("app")
def open_app() -> None:
    """Open the dashboard."""
    raise typer.Exit(
        subprocess.run(
            [sys.executable, str(PROJECT_ROOT / "launch.py"), "run", str(PROJECT_ROOT / "app.py")],
            cwd=PROJECT_ROOT,
            check=False,
        ).returncode
    )


def main() -> NoReturn:
    """Run the command line; every fault is one message on standard error."""
    JSON_ON_STDOUT.set(False)
    try:
        app(prog_name="leadscore")
    except LeadScoreError as error:
        _fail(str(error))
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # the reader has gone; nothing more can be said
        sys.exit(0)
    except MemoryError:
        _fail("There is not enough memory for this list. Split it into several files.")
    except OSError as error:
        _fail(
            f"{error.filename or 'A file'} cannot be used: {error.strerror or error}. Check the path, the rights and "
            "the space left."
        )
    except Exception as error:  # a fault of ours: still one message, the trace for whoever asks for it
        if os.environ.get("LEADSCORE_DEBUG"):
            raise
        _fail(
            f"Something went wrong inside LeadScore ({type(error).__name__}: {error}). Set LEADSCORE_DEBUG=1 to see "
            "where, and report it."
        )
    sys.exit(0)


def _fail(message: str) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    sys.exit(2)


def _load_model(model_id: str | None, settings: Settings) -> LeadModel:
    from leadscore_core.model import ModelRegistry

    registry = ModelRegistry(settings.models_dir)
    if model_id is not None:
        return registry.load(model_id)
    model, notice = registry.load_champion()
    if notice:
        typer.echo(f"Note: {notice}", err=True)
    return model


def _champion_or_none(settings: Settings) -> LeadModel | None:
    """Return the champion for the levels that it knows; checking goes on without one."""
    try:
        return _load_model(None, settings)
    except LeadScoreError as error:
        typer.echo(f"Note: unknown values were not looked for. {error}", err=True)
        return None


def _say_proposal(leads: LeadList) -> None:
    """Say what the columns of a list are thought to mean, where nobody has said so yet."""
    if leads.proposal is None:
        return
    say(f"These are no known leads; their columns are taken as (outcome {leads.proposal.label!r}):")
    for column in leads.proposal.columns:
        marks = f"; {', '.join(map(repr, column.missing_marks))} is blank" if column.missing_marks else ""
        say(f"  {column.header}: {column.role or 'left out'} ({column.why}{marks})")


def _say_findings(findings: list[Finding]) -> None:
    for finding in findings:
        where = f" [{finding.column}]" if finding.column else ""
        rows = f", rows {', '.join(map(str, finding.rows))}" if finding.rows else ""
        example = f", for instance {finding.example}" if finding.example else ""
        say(
            f"  {finding.severity}: {finding.code}{where}: {finding.reason} ({finding.count:,}, "
            f"{finding.share:.1%}{rows}{example})"
        )


def _figures(what: str, block: dict[str, Any]) -> str:
    parts = []
    for name, human in (("auc", "AUC"), ("precision", "precision"), ("recall", "recall"), ("brier", "Brier score")):
        spread = f" ± {block[f'{name}_std']:.3f}" if block.get(f"{name}_std") is not None else ""
        parts.append(f"{human} {block[name]:.3f}{spread}" if block[name] is not None else f"{human} does not exist")
    return f"{what}: {', '.join(parts)} (base rate {block['base_rate']:.1%}, threshold {block['threshold']:.3f})"


def _training_json(model: LeadModel, crossed: dict[str, Any], following: dict[str, Any]) -> dict[str, Any]:
    from leadscore_core.training import meets_targets

    metadata = model.metadata
    targets = {"targets": metadata.targets.model_dump()}
    figures = {name: crossed[name] for name in ("base_rate", "auc", "precision", "recall", "brier", "log_loss")}
    if "auc" in following:
        following = following | targets | {"meets_targets": meets_targets(following, metadata.targets)}
    return {
        "rows": metadata.training_data.rows,
        **figures,
        "threshold": metadata.threshold,
        **targets,
        "meets_targets": metadata.meets_targets,
        "model_id": model.model_id,
        "cross_validation": crossed | targets | {"meets_targets": metadata.meets_targets},
        "next_period": following,
        "calibration": metadata.calibration,
    }


def _verdict(met: bool, settings: Settings) -> str:
    wanted = settings.targets
    limits = f"AUC > {wanted.auc}, precision > {wanted.precision}, recall > {wanted.recall}"
    return f"{'Meets' if met else 'Misses'} the targets ({limits})"


@contextmanager
def _progress(what: str, total: float | None) -> Iterator[Progress | None]:
    """Show progress on standard error where a person watches it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done, text: bar.update(task, completed=done, description=text)
