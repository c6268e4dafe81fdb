"""The command line's commands on sources and outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadscore_core.cli.model_choice import champion_or_none
from leadscore_core.cli.options import (
    Dates,
    Decimals,
    Encoding,
    JsonOut,
    Label,
    MapTo,
    ModelId,
    Positive,
    SchemaName,
    Sheet,
    StillOpen,
    list_options,
    open_leads,
    prepare_json,
    say,
    say_findings,
    say_outcome,
    with_outcome,
    write_json,
)
from leadscore_core.cli.spend import (
    MoveBudget,
    SpendColumn,
    SpendCurrency,
    SpendDates,
    SpendDecimal,
    SpendFile,
    SpendOptions,
    SpendYear,
    count_spend,
)
from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import LabelError
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import percent, rate_decimals, signed

if TYPE_CHECKING:
    from leadscore_core.data.dataset.dataset import LeadList
    from leadscore_core.data.schema.schema import LeadSchema

_MOST_LISTED = 15
_ROLES_SAID = ("source", "medium", "platform", "city", "timestamp", "label")


def sources(
    file: Annotated[Path, typer.Argument(help="Leads, with their outcome if it is known.")],
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by", help="Source, medium, platform, city, month, ..; may be repeated. The source if not given."
        ),
    ] = None,
    factor: Annotated[
        list[str] | None,
        typer.Option(
            "--factor",
            help="What the leads of groups are compared by; may be repeated. Platform, city tier, month, counts and "
            "flags if not given. Leave out what a source itself chooses.",
        ),
    ] = None,
    schema: SchemaName = None,
    label: Label = None,
    positive: Positive = None,
    still_open: StillOpen = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    map_to: MapTo = None,
    dates: Dates = None,
    decimals: Decimals = None,
    model_id: ModelId = None,
    json_out: JsonOut = None,
    spend: SpendFile = None,
    spend_column: SpendColumn = None,
    spend_currency: SpendCurrency = None,
    spend_year: SpendYear = None,
    spend_dates: SpendDates = None,
    spend_decimal: SpendDecimal = None,
    move: MoveBudget = None,
) -> None:
    """Tell which sources convert, what their leads explain of it, and where targeting is off."""
    from leadscore_core.analytics.report_json import describe, open_source_view
    from leadscore_core.registry.registry import ModelRegistry
    from leadscore_core.registry.served import known_schema

    prepare_json(json_out, [file])
    settings = load_settings()
    options = with_outcome(list_options(sheet, encoding, map_to, dates, decimals), label, positive, still_open)
    model = ModelRegistry(settings.models_dir).load(model_id) if model_id is not None else None
    declared = schema if schema is not None or model is None else known_schema(model.schema.name, settings)
    leads = open_leads([file], declared, options, settings, may_propose=None if map_to else True, ask="unreadable")
    if leads.proposal is None:
        _check_known(leads, declared, settings)
        model = model or champion_or_none(leads.schema.name, settings, "nothing is scored")
    _say_taken(leads)
    say_findings(leads.file_findings())
    say_outcome(leads, where_known=False)
    money = SpendOptions(spend, spend_column, spend_currency, spend_year, spend_dates, spend_decimal, move)
    with open_source_view(leads, model, settings) as view:
        result = describe(view, by or (), factors=factor)
        _say_rates(result, view.words)
        if money.file is not None:
            result["money"] = count_spend(view, view.default, result["counted"], money)
    write_json(json_out, result | (leads.outcome.as_json() if leads.outcome else {}))


def _check_known(leads: LeadList, declared: LeadSchema | str | None, settings: Settings) -> None:
    """Raise if nothing tells what the columns of a list mean, nor which is its outcome."""
    from leadscore_core.data.dataset.open import fitting_schema
    from leadscore_core.data.schema.outcome_candidates import say_unknown
    from leadscore_core.data.schema.schema_files import is_shipped
    from leadscore_core.registry.served import served_schemas

    label = leads.schema.label
    if declared is not None or not is_shipped(leads.schema.name) or (label and label.name in leads.mapping.used):
        return
    if fitting_schema(leads.mapping.headers, settings, served=served_schemas(settings)) is None:
        raise LabelError(say_unknown("--label COLUMN", "--schema NAME"))


def _say_taken(leads: LeadList) -> None:
    """Say in a line how the columns of leads that nobody knows are taken."""
    from leadscore_core.data.dataset.column_list import role_word

    if leads.proposal is not None:
        taken = [f"{c.header} {role_word(c.role)}" for c in leads.proposal.columns if str(c.role) in _ROLES_SAID]
        say(f"These are no known leads; taken as: {', '.join(taken)}. All columns, and why: leadscore check FILE.")


def _say_rates(result: dict[str, Any], words: OutcomeWords) -> None:
    """Say how groups convert and where targeting is off.

    Parameters
    ----------
    result
        As from `describe`.
    """
    average, is_known = result["average"] or 0.0, result["counted"] == "completed"
    what = words.past if is_known else f"are expected to {words.many}"
    meaning = "Rates with 95% intervals; residual: what the composition of the leads leaves of the gap to the average."
    if not is_known:
        meaning = "Expected rates, by the model alone: nothing is judged or taken apart until outcomes are known."
    say(
        f"{result['rows']:,} leads; {result['applications']:,.0f} of {result['n']:,} {what} "
        f"({percent(average, average, 1)}). {meaning}"
    )
    say(result["by"][0]["answer"])
    for caution in (*result["doubts"], *result.get("cautions", ())):
        say(f"Mind: {caution}")
    for block in result["by"]:
        say(f"\n{block['name']} ({block['groups_in_all']:,} groups)")
        for group in block["groups"][:_MOST_LISTED]:
            say(_line(group, average))
        if block["largest_change"]:
            say(f"  {block['largest_change']['words']}")
        if len(block["groups"]) > _MOST_LISTED:
            say(f"  .. and {len(block['groups']) - _MOST_LISTED:,} more; --json tells all.")
    expected, better = ("", "what works already") if is_known else ("expected ", "where most is expected")
    for title, name in (
        (f"Segments {expected}below the average", "segments_below"),
        (f"Segments {expected}above the average: {better}", "segments_above"),
    ):
        say(f"\n{title}" if result[name] else f"\n{title}: none that is certain")
        together = result[f"{name}_together"]
        if len(result[name]) > 1:
            more = "fewer" if together["difference"] < 0 else "more"
            gap = f"{abs(together['difference']):,.0f} {words.plural} {more} {expected}than at the average"
            say(f"  Together, each lead counted once: {gap}, of {together['n']:,} leads. The first adds most.")
        for found in result[name][:_MOST_LISTED]:
            more = "fewer" if found["difference"] < 0 else "more"
            shared = f"; {found['shared']:.0%} of them in those above" if found["shared"] else ""
            say(
                f"  {found['name']}: {percent(found['rate'], average, 1)} {expected}of {found['n']:,} leads; "
                f"{abs(found['difference']):,.0f} {words.plural} {more} {expected}than at the average{shared}"
            )


def _line(group: dict[str, Any], average: float) -> str:
    from leadscore_core.analytics.wording import say_needed

    if group["rate"] is None:
        return f"  {group['name']}: no lead whose outcome is known"
    if group["verdict"] is None:
        return f"  {group['name']}: {percent(group['rate'], average, 1)} expected of {group['n']:,} leads"
    residual = ""
    if group["residual"] is not None:
        effect, least, most = (
            signed(100 * group[key], rate_decimals(average, 1)) for key in ("residual", "residual_low", "residual_high")
        )
        residual = f", residual {effect} points (95% interval {least} to {most})"
    if residual and (group["residual_verdict"] or "").startswith("No verdict"):
        residual += f" ({group['own_verdict'][:1].lower()}{group['own_verdict'][1:]})"
    more = f" ({say_needed(group['more_leads_needed'])})" if group["more_leads_needed"] else ""
    rate, low, high = (percent(group[name], average, 1) for name in ("rate", "low", "high"))
    return (
        f"  {group['name']}: {rate} ({low} to {high}), n = {group['n']:,}{residual}; {group['verdict'].lower()}{more}"
    )
