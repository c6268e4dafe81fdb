"""The command line's command of monitoring: can the scores of a list still be trusted."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadscore_core.cli.model_choice import load_model
from leadscore_core.cli.options import (
    Dates,
    Decimals,
    Encoding,
    JsonOut,
    Label,
    MapTo,
    ModelId,
    ModelSchema,
    Positive,
    Sheet,
    StillOpen,
    caller,
    list_options,
    open_leads,
    prepare_json,
    say,
    say_findings,
    with_outcome,
    write_json,
)
from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.percent import percent, share_percent, share_percents

if TYPE_CHECKING:  # models and kept lists load when the command runs
    from leadscore_core.monitoring.check import MonitorReport
    from leadscore_core.monitoring.drift import ColumnDrift
    from leadscore_core.storage.database.batches import Batch

_MOST_SHOWN = 8


def drift(
    file: Annotated[Path | None, typer.Argument(help="Leads, with their outcome if it is known.")] = None,
    batch: Annotated[str | None, typer.Option("--batch", help="Name of a kept list, in place of a file.")] = None,
    model_id: ModelId = None,
    schema: ModelSchema = None,
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
    """Say whether the scores of a list can be trusted; exit 1 if something has to be done."""
    from leadscore_core.monitoring.check import check_batch, check_list
    from leadscore_core.monitoring.records import save_report
    from leadscore_core.monitoring.webhook import deliver
    from leadscore_core.upkeep.webhook_setting import webhook_fault

    if (file is None) == (batch is None):
        raise LeadScoreError("Give a file, or the name of a kept list with --batch.")
    prepare_json(json_out, [] if file is None else [file])
    settings = load_settings()
    fault = webhook_fault(settings.monitor)
    if fault is not None:
        typer.echo(f"Warning: {fault} Until then no change of a verdict is posted.", err=True)
    if file is not None:
        options = with_outcome(list_options(sheet, encoding, map_to, dates, decimals), label, positive, still_open)
        model = load_model(model_id, schema, [file], options, settings)
        leads = open_leads([file], model.schema, options, settings, ask="nothing")
        say_findings(leads.file_findings())
        report = check_list(leads, model, settings=settings)
    else:
        saved = _find_batch(str(batch), settings)
        model = load_model(
            model_id or saved.scoring.model_id, None, [], list_options(None, None, None, None, None), settings
        )
        report = check_batch(saved, model, settings=settings)
        save_report(report, saved, by=caller(), settings=settings)
        deliver(settings)
    _say_report(report, model.schema.outcome.past)
    write_json(json_out, plain(report.as_json()))
    if report.verdict.is_due:
        raise typer.Exit(1)


def plain(value: Any) -> Any:
    """Return a result as JSON takes it: what is no number is null."""
    return json.loads(json.dumps(_finite(value), default=float))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _find_batch(name: str, settings: Settings) -> Batch:
    """Return the kept list of a name or id; of several of one name the newest.

    Raises
    ------
    LeadScoreError
        If there is none.
    """
    from leadscore_core.storage.database.batches import BatchStore

    batches = BatchStore(settings).list_batches() if settings.has_database else []
    found = next((one for one in batches if name in {one.name, one.id}), None)
    if found is None:
        known = ", ".join(repr(one.name) for one in batches[:5]) or "none yet; upload one on the Score page"
        raise LeadScoreError(f"There is no kept list {name!r}. Kept lists: {known}.")
    return found


def _say_report(report: MonitorReport, past: str) -> None:
    from leadscore_core.model.measures import FIGURE_NAMES

    say(f"{report.verdict.state.upper()}: {report.name}, {report.rows:,} leads, model {report.model_id}")
    for reason in report.verdict.reasons:
        say(f"  {reason}")
    say(f"  {report.verdict.action}")
    done, drift = report.performance, report.drift
    if done.not_applicable:
        say(f"Outcomes: not applicable. {done.not_applicable}")
    else:
        say(
            f"Outcomes of {done.known:,} leads: {done.found:,.0f} {past}, {done.expected:,.0f} expected "
            f"({done.found_low:,.0f} to {done.found_high:,.0f} by chance)"
        )
        shown = [one for one in (done.figures or {}).values() if one.value is not None and one.low is not None]
        say(
            "  "
            + ", ".join(f"{FIGURE_NAMES[one.name]} {one.value:.3f} ({one.low:.3f} to {one.high:.3f})" for one in shown)
        )
    for one in report.shifts[:3]:
        say(f"  {one.column} {one.level!r}: {one.found:,.0f} {past} of {one.known:,}, {one.expected:,.0f} expected")
    if not drift.is_applicable:
        say(f"Drift: not applicable. {drift.not_applicable}")
        return
    if drift.lacking:
        names = ", ".join(f"{one.human} ({share_percent(one.effect or 0.0)})" for one in drift.lacking)
        say(f"This list has no {names}: in brackets by how much that moves a score on average.")
    if drift.apart is not None:
        shared = ", by the columns that they share" if drift.lacking else ""
        by = f", most by {next(iter(drift.apart.by))}" if drift.apart.is_apart and drift.apart.by else ""
        say(
            f"Told apart from training leads with AUC {drift.apart.auc:.2f} ({drift.apart.low:.2f} to "
            f"{drift.apart.high:.2f}; 0.5 is not at all){by}{shared}"
        )
    now, before = (percent(mean, drift.mean_before) for mean in (drift.mean_now, drift.mean_before))
    say(f"Mean score {now}, at training {before}")
    there = [column for column in drift.found if not column.is_lacking]
    for column in there[:_MOST_SHOWN]:
        say(f"  {_column_line(column)}")
    if not there:
        say(f"  No {'other ' if drift.lacking else ''}column drifted for certain.")


def _column_line(column: ColumnDrift) -> str:
    parts = [f"PSI {column.psi:.2f} (by chance up to {column.usual_psi:.2f})"]
    if column.effect is not None:
        parts.append(f"moves a score by {share_percent(column.effect)} on average")
    if column.changes:
        first = column.changes[0]
        before, now = share_percents(first.before, first.now)
        parts.append(f"{first.level} {before} to {now} of leads")
    if column.new:
        named = ", ".join(level for level, _ in column.new_levels[:3])
        parts.append(f"{column.new:,} new values ({share_percent(column.new_share)} of leads): {named}")
    return f"{column.human}: {'; '.join(parts)}"
