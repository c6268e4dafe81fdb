"""The command line's commands of training: train, evaluate, compare algorithms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadscore_core.cli.called import Called, TimeToConvert, read_leads_to_train, say_calls
from leadscore_core.cli.distributed import trees_by
from leadscore_core.cli.model_choice import load_model
from leadscore_core.cli.options import (
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
    Positive,
    Reason,
    Scheduler,
    SchemaName,
    Sheet,
    StillOpen,
    caller,
    list_options,
    open_leads,
    prepare_json,
    say,
    say_findings,
    say_outcome,
    say_proposal,
    say_unread,
    show_progress,
    track,
    with_outcome,
    write_json,
)
from leadscore_core.cli.targets import (
    TargetAuc,
    TargetPrecision,
    TargetRecall,
    say_how_targets_are_set,
    with_targets,
)
from leadscore_core.cli.training_words import (
    figures_line,
    leads_json,
    outcome_json,
    say_audit,
    say_cautions,
    say_segments,
    training_json,
    verdict_line,
)
from leadscore_core.cli.tuning import read_params
from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import ReasonNeededError
from leadscore_core.model.measures import MEASURES
from leadscore_core.model.metadata import LIGHTGBM

if TYPE_CHECKING:  # the pipelines load when a command needs them
    from leadscore_core.model.lead_model import LeadModel
    from leadscore_core.training.evaluation.algorithms import Leaderboard


def train(
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
    promote: Annotated[bool, typer.Option("--promote", help="Make it the champion.")] = False,
    reason: Reason = "",
    note: Annotated[str, typer.Option("--note", help="Kept with the model.")] = "",
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Tell users that these leads are made up.")] = False,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", help="Column that the model must not read; may be repeated.")
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option("--include", help="Column that is known before the first call, though it looks as if not."),
    ] = None,
    params: Annotated[
        Path | None, typer.Option("--params", help="Settings of the algorithm as JSON, as from: leadscore tune.")
    ] = None,
    algorithm: Annotated[
        str,
        typer.Option(
            "--algorithm",
            help="lightgbm, blend, logistic, forest, hist, catboost, or one of an extension. Up to 1,000 leads with an "
            "outcome blend if not given, else lightgbm.",
        ),
    ] = "",
    segments_by: Annotated[
        str | None, typer.Option("--segments-by", help="Category whose values get models of their own where better.")
    ] = None,
    target_auc: TargetAuc = None,
    target_precision: TargetPrecision = None,
    target_recall: TargetRecall = None,
    engine: Engine = "local",
    scheduler: Scheduler = None,
    called: Called = None,
    time_to_convert: TimeToConvert = None,
    json_out: JsonOut = None,
) -> None:
    """Train a model on labelled leads, judge it out-of-sample, and keep it.

    A list with columns of its own needs no preparation: what they mean is proposed, and columns that look as if they
    knew the outcome are left out.
    """
    from leadscore_core.data.dataset.wanted_columns import is_read, read_also
    from leadscore_core.data.schema.schema_files import schema_folder
    from leadscore_core.pipelines.training import make_request, train_leads
    from leadscore_core.registry.promotion import describe_verdict, gates_of, meets_gates
    from leadscore_core.training.exclusions import save_meaning

    prepare_json(json_out, files)
    settings = load_settings()
    chosen, algorithm = read_params(params, algorithm)
    options = with_outcome(list_options(sheet, encoding, map_to, dates, decimals), label, positive, still_open)
    leads = open_leads(files, schema, options, settings, may_propose=True, ask="all")
    unread = [name for name in exclude or () if not is_read(leads, name)]
    exclude = [name for name in exclude or () if name not in unread]
    leads = with_targets(read_also(leads, include or ()), target_auc, target_precision, target_recall)
    say_proposal(leads)
    say_unread(leads)
    say_findings(leads.file_findings())
    say_outcome(leads)
    for name in unread:
        say(f"{name} is not read in any case, so there is nothing to leave out.")
    with show_progress("Training", total=1.0) as progress, trees_by(engine, scheduler) as grow:
        data = read_leads_to_train(leads, called, time_to_convert)
        request = make_request(
            data, exclude=exclude, include=include or (), params=chosen, note=note, synthetic=synthetic,
            algorithm=algorithm, capacity=settings.daily_call_capacity, segments_by=segments_by,
            by=caller(),
        )  # fmt: skip
        result = train_leads(data, request, settings=settings, grow=grow, progress=progress)
    save_meaning(leads, data, exclude, include or (), settings, by=caller())
    model = result.model
    metadata = model.metadata
    say_audit(metadata)
    say_segments(metadata)
    if leads.proposal is not None:
        say(f"What the columns mean is kept as {leads.schema.name!r}: {schema_folder() / leads.schema.name}.toml")
    crossed, following = metadata.metrics["cross_validation"], metadata.metrics["next_period"]
    say(
        f"Model {model.model_id}, trained on {metadata.training_data.rows:,} leads "
        f"({metadata.training_data.left_out:,} {'without an outcome ' * (metadata.calls is None)}left out)"
    )
    say_calls(metadata, model.schema.outcome)
    if metadata.algorithm != LIGHTGBM:
        say(f"Algorithm: {metadata.algorithm_human}")
    among = f", {metadata.among}" if metadata.among else ""
    say(figures_line(f"Cross-validation{among}", crossed, metadata.measures))
    say(
        figures_line(f"Next period{among or '     '}", following, metadata.measures)
        if "auc" in following
        else f"Next period: not applicable. {following['not_applicable']}"
    )
    say(f"Calibration: {metadata.calibration['method']} ({metadata.calibration['verdict']})")
    say_cautions(metadata.cautions)
    met = verdict_line(metadata.targets.are_exceeded(crossed), metadata.targets, metadata.is_relative)
    say(f"{met} in cross-validation")
    say_how_targets_are_set(leads)
    challenge = result.report.get("challenge")
    say(describe_verdict(metadata, gates_of(model, settings=settings), challenge))
    if challenge and challenge["not_applicable"]:
        say(f"Not compared with the model in use. {challenge['not_applicable']}")
    for note in (challenge or {}).get("notes", []):
        say(note)
    is_promoted = promote and _promote(model, reason, settings)
    if not promote:
        why = "" if meets_gates(metadata) else ' --reason "..."'
        say(f"Use it with: leadscore models promote {model.model_id}{why}")
    if result.tracking_problem and not is_promoted:
        say(f"Note: {result.tracking_problem}")
    if json_out is not None:
        write_json(json_out, training_json(model, crossed, following) | leads_json(leads))
    if promote and not is_promoted:
        raise typer.Exit(1)


def _promote(model: LeadModel, reason: str, settings: Settings) -> bool:
    """Put a model to use that was just trained, by the rule for all; where it needs a reason, say so and leave it."""
    from leadscore_core.registry.promotion import promote_model

    try:
        promote_model(model.model_id, by=caller(), reason=reason, settings=settings)
    except ReasonNeededError as error:
        typer.echo(f"It was kept, and not promoted. {error}", err=True)
        typer.echo(f'Promote it with: leadscore models promote {model.model_id} --reason "..."', err=True)
        return False
    say("It is the champion now.")
    track(settings)
    return True


def evaluate(
    file: Annotated[Path, typer.Argument(help="Labelled leads that the model has not seen.")],
    label: Label = None,
    positive: Positive = None,
    still_open: StillOpen = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    map_to: MapTo = None,
    dates: Dates = None,
    decimals: Decimals = None,
    model_id: ModelId = None,
    schema: ModelSchema = None,
    json_out: JsonOut = None,
) -> None:
    """Measure a model on leads that it has not seen; exit 1 below the targets."""
    from leadscore_core.pipelines.training import evaluate_list
    from leadscore_core.registry.promotion import is_relative
    from leadscore_core.training.evaluation.metrics import shown_measures

    prepare_json(json_out, [file])
    settings = load_settings()
    options = with_outcome(list_options(sheet, encoding, map_to, dates, decimals), label, positive, still_open)
    model = load_model(model_id, schema, [file], options, settings)
    leads = open_leads([file], model.schema, options, settings, ask="unreadable")
    say_findings(leads.file_findings())
    say_outcome(leads, where_known=False)
    result = evaluate_list(leads, model, settings=settings)
    say(
        f"Model {result.model_id} on {result.metrics.rows:,} leads ({result.without_label:,} without an outcome and "
        f"{result.seen_in_training:,} from its training left out)"
    )
    among = f", {result.among}" if result.among else ""
    say(figures_line(f"Out-of-sample{among}", result.metrics.model_dump(), shown_measures()))
    for text in result.metrics.notes:
        say(text)
    say(verdict_line(result.meets_targets, result.targets, is_relative(model.metadata)))
    write_json(json_out, result.as_json() | outcome_json(leads))
    if not result.meets_targets:
        raise typer.Exit(1)


def compare(
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
    algorithm: Annotated[
        list[str] | None,
        typer.Option(
            "--algorithm", help="logistic, forest, hist, catboost; may be repeated. All but the last if none."
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", help="Column that no model must read; may be repeated.")
    ] = None,
    called: Called = None,
    time_to_convert: TimeToConvert = None,
    json_out: JsonOut = None,
) -> None:
    """Judge other algorithms beside LightGBM on the same folds; nothing is kept."""
    from leadscore_core.pipelines.training import compare_algorithms, make_request

    prepare_json(json_out, files)
    settings = load_settings()
    options = with_outcome(list_options(sheet, encoding, map_to, dates, decimals), label, positive, still_open)
    leads = open_leads(files, schema, options, settings, may_propose=True, ask="all")
    say_findings(leads.file_findings())
    say_outcome(leads)
    with show_progress("Comparing", total=1.0) as progress:
        data = read_leads_to_train(leads, called, time_to_convert)
        request = make_request(data, exclude=exclude or ())
        for name, why in request.excluded.items():
            say(f"Left out: {data.headers.get(name, name)}: {why}")
        board = compare_algorithms(data, request, algorithm or (), settings=settings, progress=progress)
    added = {name: measure.human for name, measure in board.measures.items() if name not in MEASURES}
    more = "".join(f" {human:>12}" for human in added.values())
    say(f"{'':28} {'AUC':>15} {'precision':>9} {'recall':>7}{more} {'fit':>7}   against LightGBM")
    for row in board.table.to_dict("records"):
        apart = (
            "" if row["name"] == "lightgbm" else f"{row['difference']:+.4f} ({row['low']:+.4f} to {row['high']:+.4f})"
        )
        say(
            f"{row['human']:28} {row['auc']:.4f} ± {row['auc_std']:.4f} {row['precision']:9.3f} {row['recall']:7.3f}"
            f"{''.join(f' {row[name]:12.3f}' for name in added)} {row['fit_seconds']:5.1f} s   {apart}"
        )
    say(f"Out-of-sample: {board.split}. {board.seconds:.0f} s in all.")
    _say_next_period(board)
    say_cautions(board.cautions)
    result = {"split": board.split, "seconds": round(board.seconds, 1), "algorithms": board.table.to_dict("records")}
    result |= {"next_split": board.next_split, "cautions": list(board.cautions)}
    write_json(json_out, json.loads(json.dumps(result).replace("NaN", "null")))


def _say_next_period(board: Leaderboard) -> None:
    if not board.has_next:
        say(f"Next period: not applicable. {board.next_split}")
        return
    say(f"Next period ({board.next_split}):")
    for row in board.table.sort_values("next_auc", ascending=False, kind="stable").to_dict("records"):
        apart = f"{row['next_difference']:+.4f} ({row['next_low']:+.4f} to {row['next_high']:+.4f})"
        figures = f"AUC {row['next_auc']:.4f}, precision {row['next_precision']:.3f}, recall {row['next_recall']:.3f}"
        say(f"  {row['human']:26} {figures}   {'' if row['name'] == LIGHTGBM else apart}".rstrip())
