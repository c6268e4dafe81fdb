"""The command line: every pipeline without a screen.

Exit codes: 0 done; 1 done, but a stated check did not hold; 2 bad usage or unusable input.
"""

import gc
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from leadscore_core.access.person import came_by
from leadscore_core.cli.audit import audit_app
from leadscore_core.cli.crm import Crm, CrmId, CrmMore, crm_choice, say_crm
from leadscore_core.cli.distributed import check_engine, score_by_dask
from leadscore_core.cli.drift import drift
from leadscore_core.cli.forget import forget, retention_app
from leadscore_core.cli.health import health
from leadscore_core.cli.model_choice import champion_or_none, load_model
from leadscore_core.cli.models import models_app
from leadscore_core.cli.options import (
    JSON_ON_STDOUT,
    Dates,
    Decimals,
    Encoding,
    Engine,
    Files,
    JsonOut,
    Label,
    MapTo,
    ModelId,
    ModelSchema,
    Out,
    Positive,
    Scheduler,
    SchemaName,
    Sheet,
    StillOpen,
    check_apart,
    column_line,
    list_options,
    open_leads,
    prepare_json,
    say,
    say_findings,
    say_left_out,
    say_outcome,
    say_proposal,
    say_sample,
    show_progress,
    with_outcome,
    without_passwords,
    write_json,
)
from leadscore_core.cli.outcomes import outcomes
from leadscore_core.cli.phone_options import PhoneRegion, known_region
from leadscore_core.cli.sources import sources
from leadscore_core.cli.spend import spend
from leadscore_core.cli.training import compare, evaluate, train
from leadscore_core.cli.training_words import leads_json, say_cautions
from leadscore_core.cli.tuning import tune
from leadscore_core.cli.upkeep import backup, restore
from leadscore_core.config import PROJECT_ROOT, load_settings
from leadscore_core.data.reading.keep_open import files_kept_open
from leadscore_core.errors import LeadScoreError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Whom to call first, who is junk, and why.",
)
app.add_typer(models_app, name="models")
app.add_typer(audit_app, name="audit")
app.add_typer(retention_app, name="retention")
for command in (train, evaluate, compare, tune, sources, spend, outcomes, drift, health, backup, restore, forget):
    app.command()(command)


@app.command("sample-data")
def sample_data(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("sample_data"),
    rows: Annotated[int, typer.Option("--rows", help="Labelled leads.")] = 6_000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same leads.")] = 0,
) -> None:
    """Make synthetic leads: labelled, kept aside, new, and a messy export."""
    from leadscore_core.data.synthetic import write_sample

    for path in write_sample(out, rows, seed):
        say(str(path))


@app.command()
def check(
    files: Files,
    schema: SchemaName = None,
    label: Label = None,
    positive: Positive = None,
    still_open: StillOpen = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    map_to: MapTo = None,
    dates: Dates = None,
    decimals: Decimals = None,
    json_out: JsonOut = None,
) -> None:
    """Find every problem of a list; exit 1 if one makes it unfit."""
    from leadscore_core.data.dataset.outcomes import check_holds_leads
    from leadscore_core.pipelines.data import check_list

    prepare_json(json_out, files)
    settings = load_settings()
    label_expected = bool(label or positive or still_open)
    options = with_outcome(list_options(sheet, encoding, map_to, dates, decimals), label, positive, still_open)
    leads = open_leads(files, schema, options, settings, may_propose=True, ask="nothing" if label_expected else None)
    check_holds_leads(leads)
    name = None if leads.proposal is not None else leads.schema.name  # what was just proposed has no model
    model = None if name is None else champion_or_none(name, settings, "unknown values were not looked for")
    report = check_list(leads, model=model, label_expected=label_expected)
    say_proposal(leads)
    say(f"{report.rows:,} leads, {report.columns} columns, {len(report.findings)} kinds of problems")
    say_outcome(leads)
    if leads.proposal is not None and not label_expected:
        say(f"What may know the outcome is looked for with: leadscore check FILE --label {leads.proposal.label!r}")
    say_findings(report.findings)
    for found in report.leakage or ():
        say(column_line(found.column, found.why, found.is_certain, found.auc_with, found.auc_without))
    if report.leakage:
        say_sample(report.labelled)
    say_cautions(report.cautions)
    write_json(json_out, report.as_json() | ({} if json_out is None else leads_json(leads)))
    if report.has_errors:
        raise typer.Exit(1)


@app.command()
def clean(
    files: Files,
    out: Out,
    schema: SchemaName = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    map_to: MapTo = None,
    dates: Dates = None,
    decimals: Decimals = None,
) -> None:
    """Write the cleaned table, one row a lead."""
    from leadscore_core.pipelines.data import check_list, clean_list

    check_apart(str(out), files)
    leads = open_leads(files, schema, list_options(sheet, encoding, map_to, dates, decimals), load_settings())
    rows = clean_list(leads, out)
    say(f"Cleaned {rows:,} leads into {out}")
    say_findings([found for found in check_list(leads).findings if found.code != "missing_column"])


@app.command()
def score(
    files: Annotated[
        list[str],
        typer.Argument(help="As for the other commands; with --engine dask also addresses such as s3://bucket/leads/."),
    ],
    out: Annotated[
        str,
        typer.Option(
            "-o", "--out", help="File to write: .csv, .csv.gz, .xlsx or .parquet; with --engine dask also a folder."
        ),
    ],
    sheet: Sheet = None,
    encoding: Encoding = None,
    map_to: MapTo = None,
    dates: Dates = None,
    decimals: Decimals = None,
    phone_region: PhoneRegion = None,
    model_id: ModelId = None,
    schema: ModelSchema = None,
    reasons: Annotated[int, typer.Option("--reasons", min=0, max=20, help="Reasons a lead.")] = 3,
    engine: Engine = "local",
    scheduler: Scheduler = None,
    crm: Crm = None,
    crm_id: CrmId = None,
    crm_column: CrmMore = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a result that is there already.")] = False,
) -> None:
    """Score a list: every row and column of it, then score, grade, junk verdict and reasons.

    Of several files, those that cannot be read are named and left out, and the exit code is then 1. With --engine dask
    each file is scored by a worker. With --crm the result is for a CRM's importer; docs/crm.md says what each takes.
    """
    from leadscore_core.data.reading.reader import look_ahead
    from leadscore_core.inference.export.files import check_free, check_output
    from leadscore_core.pipelines.inference import score_list

    settings = load_settings()
    options = list_options(sheet, encoding, map_to, dates, decimals)
    options = replace(options, phone_region=known_region(phone_region))
    check_engine(engine, scheduler)
    chosen = crm_choice(crm, crm_id, crm_column, out)
    if engine == "dask":
        if chosen is not None:
            raise LeadScoreError("--crm writes one file on this machine. Leave out --engine dask.")
        from leadscore_core.distributed.request import FilesRequest

        check_free(out, force=force)
        model = load_model(model_id, schema, files, options, settings)
        request = FilesRequest(files, out, reasons=reasons, options=options, force=force)
        return score_by_dask(request, model, scheduler=scheduler, settings=settings)
    remote = [file for file in [*files, out] if "://" in file]
    if remote:
        raise LeadScoreError(f"{remote[0]} lies on another machine. Add --engine dask, or copy it here.")
    check_output(out)
    paths = [Path(file) for file in files]
    check_apart(out, paths)
    check_free(out, force=force)
    with look_ahead(paths):
        model = load_model(model_id, schema, paths, options, settings)
    leads = open_leads(paths, model.schema, options, settings, go_on=True)
    with show_progress("Scoring", total=None) as progress:
        report = score_list(leads, out, model, reasons=reasons, settings=settings, progress=progress, crm=chosen)
    counts = ", ".join(f"{number:,} {grade}" for grade, number in report.grades.items())
    expected = f"about {report.expected:,.0f} {model.schema.outcome.plural} expected"
    say(f"Scored {report.rows:,} leads into {out}: {counts}; {expected}")
    if report.crm is not None:
        say_crm(report.crm, report.rows)
    say_findings(report.findings)
    say_left_out(report.left_out)
    return None


@app.command("app", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def open_app(
    context: typer.Context,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Let in as admin whoever reaches this server, without a sign-in."),
    ] = False,
) -> None:
    """Open the dashboard; other options, such as --server.port 8600, are Streamlit's.

    It listens on this machine alone. At another address it starts only where people sign in: docs/sign_in.md.
    """
    from leadscore_core.registry.permissions import check_permissions
    from leadscore_core.upkeep.webhook_setting import webhook_fault

    settings = load_settings()
    for text in filter(None, (*check_permissions(settings.models_dir), webhook_fault(settings.monitor))):
        typer.echo(text, err=True)
    words = [sys.executable, str(PROJECT_ROOT / "launch.py"), "run", str(PROJECT_ROOT / "app.py"), *context.args]
    words += ["--insecure"] if insecure else []
    raise typer.Exit(subprocess.run(words, cwd=PROJECT_ROOT, check=False).returncode)  # noqa: S603  # no shell, and words of our own


def main() -> NoReturn:
    """Run the command line; every fault is one message on standard error."""
    JSON_ON_STDOUT.set(False)
    gc.set_threshold(100_000, 20, 20)  # what libraries make while they load stays; looking for garbage takes a third
    try:
        _finish_interrupted()
        with came_by("command line"), files_kept_open():
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
    except Exception:  # a fault of ours: still one message, the trace for whoever asks for it
        if os.environ.get("LEADSCORE_DEBUG"):
            raise
        _fail(
            "Something went wrong inside LeadScore, and what was asked was not done. Set LEADSCORE_DEBUG=1 and run it "
            "again to see where, and report it."
        )
    sys.exit(0)


def _finish_interrupted() -> None:
    """Carry to its end what a killed process left, before anything else is done."""
    try:
        settings = load_settings()
    except LeadScoreError:
        return  # a command that needs the settings says so
    if settings.has_unfinished:
        from leadscore_core.upkeep.interrupted import finish_interrupted

        finish_interrupted(settings)


def _fail(message: str) -> NoReturn:
    typer.echo(without_passwords(f"Error: {message}"), err=True)
    sys.exit(2)
