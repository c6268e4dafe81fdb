"""The command line's search for settings of an algorithm, and the settings that a training is given."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from leadscore_core.cli.called import Called, TimeToConvert, read_leads_to_train
from leadscore_core.cli.options import (
    Dates,
    Decimals,
    Encoding,
    Files,
    JsonOut,
    Label,
    MapTo,
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
    show_progress,
    with_outcome,
    write_json,
)
from leadscore_core.cli.training_words import say_cautions
from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.metadata import LIGHTGBM
from leadscore_core.model.search_space import say_value


def tune(
    files: Files,
    minutes: Annotated[float, typer.Option("--minutes", min=0.05, max=720, help="How long to search.")] = 10.0,
    algorithm: Annotated[
        str,
        typer.Option(
            "--algorithm",
            help="Whose settings: lightgbm, blend, logistic, forest, hist, catboost, or one of an extension that "
            "declares what may be searched. The one that train takes if not given.",
        ),
    ] = "",
    schema: SchemaName = None,
    label: Label = None,
    positive: Positive = None,
    still_open: StillOpen = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    map_to: MapTo = None,
    dates: Dates = None,
    decimals: Decimals = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", help="Column that the model must not read; may be repeated.")
    ] = None,
    called: Called = None,
    time_to_convert: TimeToConvert = None,
    json_out: JsonOut = None,
) -> None:
    """Search better settings of an algorithm; the same leads take an earlier search up again."""
    from leadscore_core.pipelines.training import make_request, tune_settings
    from leadscore_core.training.tuning import searchable

    prepare_json(json_out, files)
    if algorithm:
        searchable(algorithm)  # before all leads are read
    settings = load_settings()
    options = with_outcome(list_options(sheet, encoding, map_to, dates, decimals), label, positive, still_open)
    leads = open_leads(files, schema, options, settings, may_propose=True, ask="all")
    say_findings(leads.file_findings())
    say_outcome(leads)
    with show_progress("Searching", total=1.0) as progress:
        data = read_leads_to_train(leads, called, time_to_convert)
        request = make_request(data, exclude=exclude or (), algorithm=algorithm)
        found = tune_settings(data, request, minutes, settings=settings, progress=progress)
    say(
        f"{found.human}: tried {found.trials} settings. Searched anew inside each of five training folds: AUC "
        f"{found.auc:.4f}; with the settings as they are {found.default_auc:.4f}."
    )
    gain = f"{found.difference:+.4f} (95% interval {found.low:+.4f} to {found.high:+.4f})"
    say(f"Difference {gain}: {'the search helps' if found.is_better else 'no gain for certain; keep the settings'}.")
    say_cautions(found.cautions)
    say("Settings: " + ", ".join(f"{name} = {say_value(value)}" for name, value in found.params.items()))
    if json_out is not None:
        say(f"Train with them: leadscore train FILE --params {json_out}")
    write_json(json_out, asdict(found) | {"is_better": found.is_better})


def read_params(path: Path | None, algorithm: str) -> tuple[dict[str, Any], str]:
    """Return settings of an algorithm from a JSON file, as `tune` writes it or plain, and whose they are.

    Parameters
    ----------
    path
        None for none.
    algorithm
        Empty for the one that the file names, and for LightGBM where it names none.

    Raises
    ------
    LeadScoreError
        If the file cannot be read, names settings that there are not, or those of another algorithm.
    """
    if path is None:
        return {}, algorithm
    from leadscore_core.model.classifier import LeadClassifier

    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LeadScoreError(
            f"{path} cannot be read as settings ({error}). Give JSON as: leadscore tune --json."
        ) from error
    is_found = isinstance(result, dict) and isinstance(result.get("params"), dict)
    params = result["params"] if is_found else result
    searched = str(result.get("algorithm", LIGHTGBM)) if is_found else ""
    if algorithm and searched and searched != algorithm:
        raise LeadScoreError(
            f"{path} has settings of {searched}, and {algorithm} is to be trained. Leave --algorithm out, or search "
            f"its own settings with: leadscore tune FILE --algorithm {algorithm}."
        )
    algorithm = algorithm or searched
    if algorithm not in {"", LIGHTGBM} and isinstance(params, dict):
        return params, algorithm  # which the algorithm itself reads
    known = LeadClassifier().get_params()
    wrong = sorted(set(params) - set(known)) if isinstance(params, dict) else ["no settings at all"]
    if wrong or not isinstance(params, dict):
        raise LeadScoreError(f"{path} names {', '.join(wrong)}. Settings there are: {', '.join(sorted(known))}.")
    return {name: type(known[name])(value) for name, value in params.items()}, algorithm
