"""What the commands share: their options, lists, and how they speak."""

from __future__ import annotations

import getpass
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from leadscore_core.config import Settings
from leadscore_core.errors import LeadScoreError, UnreadableFileError

if TYPE_CHECKING:  # the pipelines load when a command needs them
    from leadscore_core.data.cleaning.date_order import DateOrder
    from leadscore_core.data.cleaning.numbers import DecimalMark
    from leadscore_core.data.dataset.dataset import LeadList
    from leadscore_core.data.dataset.options import ListOptions
    from leadscore_core.data.findings import Finding
    from leadscore_core.data.schema.column_mapping import Choice
    from leadscore_core.data.schema.schema import LeadSchema
    from leadscore_core.progress import Progress

ANEW = "new"
JSON_ON_STDOUT: ContextVar[bool] = ContextVar("json_on_stdout", default=False)

Files = Annotated[
    list[Path], typer.Argument(help="CSV, TSV, Excel or Parquet files, also .gz or .zip, or folders of them.")
]
Reason = Annotated[
    str, typer.Option("--reason", help="Why; kept with the history. A model that misses a target needs one.")
]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Also write the result as JSON; - for standard output.")]
SchemaName = Annotated[
    str | None,
    typer.Option(
        "--schema",
        help="Name or TOML file of what the columns mean, or new to look afresh; found by the headers if not given.",
    ),
]
Label = Annotated[str | None, typer.Option("--label", help="Header of the outcome, if it is not found by itself.")]
Positive = Annotated[
    list[str] | None,
    typer.Option("--positive", help="Value of the outcome that means yes (:filled for any); may be repeated."),
]
StillOpen = Annotated[
    list[str] | None,
    typer.Option("--open", help="Value of the outcome that says nothing yet; may be repeated, '' for: there is none."),
]
Sheet = Annotated[
    str | None,
    typer.Option(
        "--sheet", help="Sheet of a workbook, all for those alike; the first with the needed columns if not given."
    ),
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", help="Of text files, such as cp1252 or shift_jis; found if not given.")
]
MapTo = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="Which header gives a column, as COLUMN=HEADER; may be repeated, also for a second phone or e-mail.",
    ),
]
Dates = Annotated[
    Literal["dmy", "mdy", "ymd", "ydm"] | None,
    typer.Option("--dates", help="In which order dates have day, month and year; found if not given."),
]
Decimals = Annotated[
    list[str] | None,
    typer.Option(
        "--decimal", help="Which mark separates a column's decimals, as COLUMN=comma or COLUMN=point; may be repeated."
    ),
]
ModelId = Annotated[str | None, typer.Option("--model", help="Model to use; the champion if not given.")]
ModelSchema = Annotated[
    str | None,
    typer.Option("--schema", help="Whose leads they are, where models of several are in use; found by the headers."),
]
Engine = Annotated[
    Literal["local", "dask"],
    typer.Option("--engine", help="Where the work is done: in this process, or by Dask's workers."),
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", help="Dask scheduler, such as tcp://10.0.0.5:8786; this machine's cores if not given."),
]
Out = Annotated[Path, typer.Option("-o", "--out", help="File to write: .csv, .csv.gz, .xlsx or .parquet.")]


def say(text: str) -> None:
    """Tell a person; on standard error where standard output is for JSON."""
    typer.echo(without_passwords(text), err=JSON_ON_STDOUT.get())


def without_passwords(text: str) -> str:
    """Return a text whose addresses say no user and password.

    Examples
    --------
    >>> without_passwords("ftp://crm:secret@10.0.0.5/in holds no lead list.")
    'ftp://10.0.0.5/in holds no lead list.'
    >>> without_passwords("ftp:/crm:p@ss@host/in, abfs://leads@account/in")
    'ftp:/host/in, abfs://leads@account/in'
    """
    return re.sub(r"(\w:/{1,2})[^/\s:@]+:[^/\s]*@", r"\1", text)


def prepare_json(path: Path | None, files: list[Path]) -> None:
    """Make sure before the work that its JSON can be written, and not over a list that is read."""
    from leadscore_core.inference.export.files import check_folder

    JSON_ON_STDOUT.set(str(path) == "-")
    if path is not None and str(path) != "-":
        check_folder(path)
        check_apart(str(path), files)


def open_leads(
    files: list[Path],
    schema: LeadSchema | str | None,
    options: ListOptions,
    settings: Settings,
    *,
    may_propose: bool | None = None,
    go_on: bool = False,
    ask: Literal["all", "unreadable", "nothing"] | None = None,
) -> LeadList:
    """Look into a list as the options say.

    Parameters
    ----------
    schema
        What its columns mean, such as a model's schema; or the name or file of one, `ANEW` to look afresh, or None for
        one that fits.
    may_propose
        Whether a list that fits no schema gets one of its own; if not given, where its outcome is named.
    go_on
        Whether a file of several that cannot be read is left out; where the schema is known.
    ask
        What of its outcomes a person has to settle (see `settle_outcomes`); None where outcomes are not read.

    Raises
    ------
    LeadScoreError
        If it is no lead list, or an option names what it has not.
    """
    from leadscore_core.data.dataset.open import open_any_list, open_list
    from leadscore_core.data.dataset.outcomes import settle_outcomes
    from leadscore_core.data.schema.schema_files import load_schema
    from leadscore_core.registry.served import served_schemas

    if schema is None or schema == ANEW:
        may = options.label is not None or schema == ANEW if may_propose is None else may_propose
        served = served_schemas(settings)
        leads = open_any_list(
            files, options=options, may_propose=may, anew=schema == ANEW, served=served, settings=settings
        )
    else:
        meaning = load_schema(schema) if isinstance(schema, str) else schema
        leads = open_list(files, meaning, options=options, settings=settings, go_on=go_on)
    return leads if ask is None else settle_outcomes(leads, options, ask=ask)


def list_options(
    sheet: str | None,
    encoding: str | None,
    map_to: list[str] | None,
    dates: DateOrder | None,
    decimals: list[str] | None,
) -> ListOptions:
    """Return what the options say of a list, its outcome aside."""
    from leadscore_core.data.dataset.options import ListOptions

    return ListOptions(
        sheet=sheet,
        encoding=encoding,
        choices=column_choices(map_to),
        dates=dates,
        decimals=decimal_marks(decimals),
    )


def with_outcome(
    options: ListOptions, label: str | None, positive: list[str] | None, still_open: list[str] | None
) -> ListOptions:
    """Return the options of a list with what they say of its outcome."""
    return replace(options, label=label, positive=tuple(positive or ()), open=tuple(still_open or ()))


def say_proposal(leads: LeadList) -> None:
    """Say what the columns of a list are thought to mean, where nobody has said so yet."""
    from leadscore_core.data.dataset.column_list import column_reason, role_word

    if leads.proposal is None:
        return
    say(f"These are no known leads; their columns are taken as (outcome {leads.proposal.label!r}):")
    for column in leads.proposal.columns:
        say(f"  {column.header}: {role_word(column.role)} ({column_reason(column)})")


def say_unread(leads: LeadList) -> None:
    """Say which columns of a list the schema kept of it leaves out, and why, as was said when it was proposed."""
    from leadscore_core.data.dataset.wanted_columns import unread_columns
    from leadscore_core.data.schema.schema_files import is_shipped

    if leads.proposal is not None or is_shipped(leads.schema.name):
        return
    for column in unread_columns(leads):
        say(f"  {column.header}: left out ({column.why})")


def say_outcome(leads: LeadList, *, where_known: bool = True) -> None:
    """Say which values of the outcome mean yes.

    Parameters
    ----------
    where_known
        Whether it is said too where they are the schema's own words.
    """
    from leadscore_core.data.cleaning.outcome_words import Meaning

    label = leads.schema.label
    if leads.outcome is None or label is None:
        return
    own = {value.casefold() for value in (label.positive or ("1", "yes"))}
    unknown = leads.outcome.of(Meaning.UNKNOWN)
    if where_known or unknown or {value.key for value in leads.outcome.values if value.meaning is Meaning.WON} - own:
        for line in leads.outcome.statement():
            say(line)
        if unknown:
            say("  --positive VALUE and --open VALUE settle what it means.")


def check_apart(out: str, files: list[Path]) -> None:
    """Raise if a result would be written over a list that it is made of.

    Raises
    ------
    LeadScoreError
        Naming it.
    """
    from leadscore_core.data.reading.reader import list_files

    with suppress(UnreadableFileError):
        if any(_is_same(Path(out), file) for file in list_files(files)):
            raise LeadScoreError(f"{out} is one of the lists that are read. Give the result another name or folder.")


def _is_same(one: Path, other: Path) -> bool:
    return one.samefile(other) if one.exists() and other.exists() else one.resolve() == other.resolve()


def column_choices(map_to: list[str] | None) -> dict[str, Choice]:
    """Return which headers a person gave for which column.

    Examples
    --------
    >>> column_choices(["city=Town", "phone=Phone", "phone=Mobile Number"])
    {'city': 'Town', 'phone': ('Phone', 'Mobile Number')}
    """
    result: dict[str, list[str]] = {}
    for choice in map_to or ():
        column, _, header = choice.partition("=")
        result.setdefault(column.strip(), []).append(header)
    return {column: headers[0] if len(headers) == 1 else tuple(headers) for column, headers in result.items()}


def decimal_marks(decimals: list[str] | None) -> dict[str, DecimalMark]:
    """Return which mark a person said for which column.

    Raises
    ------
    LeadScoreError
        If it is another mark than comma and point.

    Examples
    --------
    >>> decimal_marks(["Amount=comma", "Size = Point"])
    {'Amount': 'comma', 'Size': 'point'}
    """
    said: dict[str, DecimalMark] = {}
    for choice in decimals or ():
        column, _, mark = choice.rpartition("=")
        match mark.strip().casefold():
            case "comma" | ",":
                said[column.strip()] = "comma"
            case "point" | ".":
                said[column.strip()] = "point"
            case _:
                raise LeadScoreError(
                    f"--decimal {choice!r} does not say what separates decimals. Give COLUMN=comma or COLUMN=point."
                )
    return said


def write_json(path: Path | None, result: dict[str, Any]) -> None:
    """Write a result as JSON where it was asked for.

    Raises
    ------
    LeadScoreError
        If it cannot be written.
    """
    if path is None:
        return
    text = json.dumps(result, indent=2, ensure_ascii=False, default=str, allow_nan=False)
    if str(path) == "-":
        typer.echo(text)
        return
    from leadscore_core.inference.export.files import whole_export

    is_pipe = path.exists() and not path.is_file()
    try:
        with nullcontext(path) if is_pipe else whole_export(path) as place:
            place.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise LeadScoreError(
            f"{path} could not be written ({error.strerror}). Choose another place for the JSON."
        ) from error


def caller() -> str:
    """Return under which name this machine knows who calls, for the history of the models."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def track(settings: Settings) -> None:
    """Bring MLflow up to the registry; where it cannot be reached, say so and go on."""
    from leadscore_core.registry.mlflow_tracking import sync_tracking

    result = sync_tracking(settings)
    if result.problem:
        typer.echo(f"Note: {result.problem}", err=True)


@contextmanager
def show_progress(what: str, total: float | None) -> Iterator[Progress | None]:
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


def say_left_out(left_out: dict[str, str]) -> None:
    """Say which files were left out and why, and exit with 1 if there are any."""
    for why in left_out.values():
        typer.echo(without_passwords(f"Left out: {why}"), err=True)
    if left_out:
        raise typer.Exit(1)


def say_findings(findings: list[Finding]) -> None:
    """Say what was found in a list, a line each."""
    for finding in findings:
        where = f" [{finding.column}]" if finding.column else ""
        example = f"for instance {finding.example}" if finding.example else ""
        more = ", ".join(part for part in (finding.amount, finding.places, example) if part)
        say(f"  {finding.severity}: {finding.code}{where}: {finding.reason}{f' ({more})' if more else ''}")


def column_line(column: str, why: str, is_left_out: bool, auc_with: float | None, auc_without: float | None) -> str:
    """Say of a column that it is left out of training, or asked about, why, and what it is worth.

    Examples
    --------
    >>> column_line("Tags", "It gives the answer.", True, 0.998, 0.812)
    'Left out: Tags: It gives the answer. (AUC with it 0.998, without 0.812)'
    """
    worth = (
        "" if auc_with is None or auc_without is None else f" (AUC with it {auc_with:.3f}, without {auc_without:.3f})"
    )
    return f"{'Left out' if is_left_out else 'Asked'}: {column}: {why}{worth}"


def say_sample(n_leads: int) -> None:
    """Say of how many leads the audit's figures are, where not of all."""
    from leadscore_core.training.leakage_worth import describe_sample

    if result := describe_sample(n_leads):
        say(result)
