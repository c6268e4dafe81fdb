"""The command line's command on outcomes: what came of calls, and what became of leads."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadscore_core.cli.options import (
    Dates,
    Decimals,
    Encoding,
    Files,
    Label,
    MapTo,
    Positive,
    SchemaName,
    Sheet,
    StillOpen,
    list_options,
    say,
    say_findings,
    say_outcome,
    with_outcome,
)
from leadscore_core.cli.phone_options import PhoneRegion, known_region
from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import LabelError, LeadScoreError

if TYPE_CHECKING:
    from leadscore_core.batches.bring_results import MatchedResults
    from leadscore_core.batches.result_files import ResultFile
    from leadscore_core.data.dataset.options import ListOptions

Means = Annotated[
    list[str] | None,
    typer.Option("--result", help="What a status means, as STATUS=RESULT; may be repeated, and is remembered."),
]


def outcomes(
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
    means: Means = None,
    by: Annotated[str, typer.Option("--by", help="Who brings it, where the file does not say who called.")] = "",
    phone_region: PhoneRegion = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what these files brought.")] = False,
) -> None:
    """Bring back what came of calls and what became of leads; they are known by key, id, e-mail or phone."""
    settings = load_settings()
    if undo:
        _undo(files, by, settings)
        return
    options = with_outcome(list_options(sheet, encoding, map_to, dates, decimals), label, positive, still_open)
    options = replace(options, phone_region=known_region(phone_region))
    if positive is None and still_open is None:
        results = _read_results(files, label, encoding, _said(means), settings)
        if results is not None:
            tables = [replace(table, region=options.phone_region) for table in results.tables]
            results = replace(results, tables=tables)
            _bring_results(results, by, settings)
            return
    _bring_outcomes(files, schema, options, by, settings)


def _said(means: list[str] | None) -> dict[str, str]:
    """Read what statuses mean, as STATUS=RESULT."""
    from leadscore_core.batches.result_words import NOT_CONVERTED, NOTHING
    from leadscore_core.storage.database.contact_states import RESULTS

    found = {}
    for one in means or []:
        status, _, result = one.rpartition("=")
        if not status or result not in {*RESULTS, NOT_CONVERTED, NOTHING}:
            raise LeadScoreError(
                f"--result {one!r} cannot be read. Expected STATUS=RESULT with one of {', '.join(RESULTS)}, "
                f"{NOT_CONVERTED} and {NOTHING}."
            )
        found[status] = result
    return found


def _read_results(
    files: list[Path], label: str | None, encoding: str | None, said: dict[str, str], settings: Settings
) -> "ResultFile | None":
    """Return what came of calls; None where the files say yes or no alone, or nothing of the kind."""
    from leadscore_core.batches.outcome_files import saved_schemas
    from leadscore_core.batches.result_files import read_result_files
    from leadscore_core.outcome import OutcomeWords

    schemas = saved_schemas(settings)
    words = schemas[0].outcome if schemas else OutcomeWords()
    try:
        found = read_result_files(files, words, settings=settings, encoding=encoding, status=label, said=said)
    except LabelError:
        return None
    return found if found.is_of_calls or said else None


def _bring_results(file: "ResultFile", by: str, settings: Settings) -> None:
    from leadscore_core.batches.bring_results import match_results, save_results

    if file.open_statuses:
        asked = "; ".join(
            f"{status.text!r} ({status.rows:,} row{'s' * (status.rows != 1)})" for status in file.open_statuses
        )
        raise LabelError(
            f"It is not clear what these statuses mean: {asked}. Say it for each, for instance --result "
            f'"{file.open_statuses[0].text}=no_answer".'
        )
    matched = match_results(file, settings)
    _say_matched(matched)
    here = datetime.now().astimezone().tzinfo or UTC
    brought = save_results(matched, by=by, settings=settings, zone=here)
    known = f"; {brought.known:,} were known already" if brought.known else ""
    say(f"{brought.attempts:,} contact attempts and {brought.outcomes:,} outcomes were kept{known}.")
    for name, n in brought.batches.items():
        say(f"  {name}: {n:,} contact attempts")
    _say_checks(matched.batch_ids, settings)


def _say_matched(matched: "MatchedResults") -> None:
    from leadscore_core.batches.bring_results import HUMAN_KEYS
    from leadscore_core.batches.date_doubts import say_doubts
    from leadscore_core.batches.outcome_keys import say_unread
    from leadscore_core.batches.result_words import status_labels
    from leadscore_core.outcome import OutcomeWords

    labels = status_labels(OutcomeWords())
    by = ", ".join(f"{HUMAN_KEYS[kind]} {n:,}" for kind, n in matched.by.items())
    say(f"{matched.leads:,} results found their lead" + (f", by {by}" if by else ""))
    for status in matched.file.statuses:
        say(f"  {status.text!r}: {labels[str(status.result)].lower()} ({status.rows:,})")
    rest = {
        "did not": matched.lost, "say that nobody called": matched.nothing, "rows have no status": matched.blank
    }  # fmt: skip
    for words, n in rest.items():
        if n:
            say(f"  {n:,} {words}")
    for sentence in say_doubts(matched.doubts):
        say(f"  {sentence}")
    for sentence in say_unread(matched.unread):
        say(f"  {sentence}")
    for place, why in matched.file.skipped.items():
        say(f"  {place} was left out: {why}")


def _bring_outcomes(files: list[Path], schema: str | None, options: "ListOptions", by: str, settings: Settings) -> None:
    from leadscore_core.batches.outcome_files import open_outcome_files
    from leadscore_core.batches.outcomes import bring_outcomes
    from leadscore_core.data.schema.schema_files import load_schema

    declared = load_schema(schema) if schema is not None else None
    brought = open_outcome_files(files, schema=declared, options=options, settings=settings)
    say_findings(brought[0].file_findings())
    say_outcome(brought[0], where_known=False)
    report = bring_outcomes(brought, by=by, settings=settings, is_noted=True)
    say(report.summary)
    for name, (leads, completed) in report.batches.items():
        say(f"  {name}: {leads:,} leads, {completed:,} {report.past}")
    _say_checks(report.entries, settings)


def _undo(files: list[Path], by: str, settings: Settings) -> None:
    from leadscore_core.batches.brought_files import find_brought, undo_all

    found = find_brought(files, settings)
    undone = undo_all(found, by=by, settings=settings)
    names = list(dict.fromkeys(one.file_name for one in reversed(found)))
    were = "was" if len(names) == 1 else "were"
    say(f"{', '.join(names)} {were} taken back: {undone:,} contact attempts, and the outcomes with them.")
    _say_checks({batch for one in found for batch in one.batch_ids}, settings)


def _say_checks(batch_ids: Iterable[str], settings: Settings) -> None:
    """Check the lists whose outcomes changed, and say what was found; the outcomes are kept whatever comes of it."""
    if not settings.monitor.automatic:
        return
    from leadscore_core.monitoring.runs import check_outcomes
    from leadscore_core.storage.database.batches import BatchStore

    wanted = set(batch_ids)
    try:
        checked = check_outcomes([one for one in BatchStore(settings).list_batches() if one.id in wanted], settings)
    except LeadScoreError as error:
        say(f"The lists could not be checked. {error}")
        return
    for one in checked:
        say(f"  {one.name}: {one.problem}" if one.report is None else f"  {one.name}: {one.report.verdict.line}")
