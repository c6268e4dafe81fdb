"""Sources of files: the same counts as on the screen, for lists that are not kept."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core._files import scratch_folder
from leadscore_core.analytics.former_names import with_former_names
from leadscore_core.analytics.list_doubts import RepeatedRows, future_doubts
from leadscore_core.analytics.sources import (
    EVERYBODY,
    Counted,
    Scope,
    SourceView,
    choose_counted,
    explain_gaps,
    find_dimension,
    find_far_segments,
    gap_factors,
    is_known,
    make_view,
    rate_by,
)
from leadscore_core.analytics.statistics.rates import UNJUDGED
from leadscore_core.analytics.trends import trend_groups
from leadscore_core.analytics.wording import answer
from leadscore_core.analytics.wording_trends import describe_change
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.cleaning.outcome_column import known_outcomes
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.open import fitting_schema
from leadscore_core.data.reading.given_leads import OPEN_IT, LeadsOrPath, as_frame, expect_kind
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.inference import propose_schema
from leadscore_core.data.schema.outcome_candidates import say_unknown
from leadscore_core.data.schema.outcome_nouns import propose_words
from leadscore_core.data.schema.own_rules import own_grades
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.errors import LabelError, SchemaError
from leadscore_core.inference.score import ScoringRules, score_chunk
from leadscore_core.model.lead_model import LeadModel, as_model
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.source_table import OTHERS, OUTCOME, SourceTable
from leadscore_core.storage.leads.standing import Standing
from leadscore_core.training.evaluation.unseen_propensity import expect_unseen

_EFFECTS = (
    *("composition", "composition_low", "composition_high"),
    *("residual", "residual_low", "residual_high", "comparable"),
)
_ANY_NAME = "leads"
_SCATTER = ("low", "high", "shrunk_low", "shrunk_high")  # of what was counted, not of what is expected
_RATES = ("rate", "low", "high", "shrunk", "shrunk_low", "shrunk_high", "lift", "p", "q")


@contextmanager
def open_source_view(leads: LeadList, model: LeadModel | None, settings: Settings) -> Iterator[SourceView]:
    """Give a view of a list that is not kept; it is scored where a model is given and its columns are there.

    Raises
    ------
    LeadScoreError
        If the list cannot be read.
    """
    with scratch_folder() as folder:
        yield _open_written(leads.chunks(), folder, leads.schema, leads.mapping, model, settings)


def report_list(
    leads: LeadList,
    by: Sequence[str] = (),
    *,
    model: LeadModel | None = None,
    counted: Counted | None = None,
    settings: Settings | None = None,
) -> dict[str, Any]:
    """Return what `leadscore sources --json` writes of a list (see `source_report`).

    Raises
    ------
    LeadScoreError
        If the list cannot be read or grouped so, or it has neither outcomes nor scores.
    """
    expect_kind(leads, LeadList, OPEN_IT)
    settings = settings or load_settings()
    with open_source_view(leads, model, settings) as view:
        return describe(view, by, counted)


def source_report(
    frame: LeadsOrPath,
    by: Sequence[str] = (),
    *,
    model: LeadModel | None = None,
    mapping: ColumnMapping | None = None,
    counted: Counted | None = None,
    factors: Sequence[str] | None = None,
    schema: LeadSchema | str | Path | None = None,
    label: str | None = None,
) -> dict[str, Any]:
    """Return how groups of leads convert, what their leads explain of it, and where targeting is off.

    Parameters
    ----------
    frame
        Leads as read, under their own headers, with the outcome if it is known; or the path of a list, which is read.
    by
        What to group by: schema columns, human names or roles ("source", "medium", "city tier", "month", "hour"); the
        source if none is given.
    model
        Scores the leads, for conversions expected where outcomes are not known.
    mapping
        Header of each column; suggested if not given.
    counted
        ``completed`` or ``expected``; the first where at least 40 outcomes are known, if not given.
    factors
        What groups' leads are compared by, named as in `by`; platform, city tier, month, counts and flags if not given.
    schema
        What the columns mean, or the name or file of it; if not given, the model's, else a kept or shipped one that
        fits, else what `propose_schema` finds.
    label
        Header of the outcome; found if not given.

    Returns
    -------
    dict
        ``rows``, ``known``, ``counted``, ``n``, ``applications``, ``average``; ``by``: one block a dimension with its
        ``answer`` in a sentence and its ``groups`` (``value``, ``leads``, ``known``, ``completed``, ``expected``, leads
        of each grade, ``n``, ``applications``, rates as `rate_groups` tells, ``verdict``, and its gap to the
        average as ``composition`` and ``residual``, with ``residual_verdict`` and ``residual_without``, the residual
        without each factor); ``segments_below`` and ``segments_above``, those far from the average; ``doubts``, what
        must be said of the leads, such as repeated rows. Rates are 0-1, what is not applicable is None: without a
        model, ``expected`` and the leads of each grade. Where outcomes are only expected there is no verdict, no
        interval, no composition and no residual, and ``cautions`` say by which models. The names of version 0.2
        (``mix``, ``own``, ``leaks``, ``chances``) are there too.

    Raises
    ------
    LeadScoreError
        If the leads cannot be grouped so, have neither outcomes nor scores, or nothing tells what their columns mean.

    Examples
    --------
    >>> frame = pd.DataFrame({"utm_source": ["news"] * 60 + ["fair"] * 60, "converted": ["1"] * 60 + ["0"] * 60})
    >>> report = source_report(frame)
    >>> [(group["value"], group["rate"], group["verdict"]) for group in report["by"][0]["groups"]]
    [('fair', 0.0, 'Under-delivers'), ('news', 1.0, 'Over-delivers')]
    """
    frame = as_frame(frame)
    if label is not None and label not in frame.columns:
        raise LabelError(f"The list has no column {label!r} for the outcome. Its columns: {_headers(frame)}.")
    if schema is None and model is None and mapping is None:
        schema = _found_schema(frame, label)
    elif schema is None or not isinstance(schema, LeadSchema):
        schema = load_schema(schema) if schema is not None else as_model(model).schema if model else load_schema()
    outcome = {schema.label.name: label} if label is not None and schema.label is not None else {}
    mapping = mapping.corrected(outcome) if mapping is not None else map_frame(frame, schema, outcome)
    with scratch_folder() as folder:
        view = _open_written(iter([frame]), folder, schema, mapping, model, load_settings())
        return describe(view, by, counted, factors, label="label=")


def _headers(frame: pd.DataFrame) -> str:
    return ", ".join(str(header) for header in frame.columns[:12])


def _found_schema(frame: pd.DataFrame, label: str | None) -> LeadSchema:
    """Return the kept or shipped schema that a frame fits, else the one that its columns suggest.

    Raises
    ------
    LabelError
        If it fits none, and its outcome is not found or not clear.
    """
    headers = [str(header) for header in frame.columns]
    fits = fitting_schema(headers, label=label)
    if fits is not None:
        return fits
    proposal = propose_schema(frame, label)
    if proposal.label is None:
        shipped = load_schema()
        if shipped.label is not None and shipped.label.name in suggest_mapping(headers, shipped).used:
            return shipped
        raise LabelError(say_unknown("label=HEADER", "schema=NAME"))
    words = propose_words(proposal.label, proposal.positive)
    question = proposal.split.question(proposal.label, words)
    if question is not None:
        said = question.replace("--positive ", "").replace("--open VALUE", "its open values")
        raise LabelError(f"{said} Say so in a schema of these leads, and give it with schema=.")
    try:
        return proposal.build(_ANY_NAME, "These leads")
    except SchemaError:  # no column says what a lead is; counting says that there is nothing to group by
        return load_schema()


def _open_written(
    chunks: Iterator[pd.DataFrame],
    folder: Path,
    schema: LeadSchema,
    mapping: ColumnMapping,
    model: LeadModel | None,
    settings: Settings,
) -> SourceView:
    """Write what counting needs of leads into a folder, and return a view of it."""
    path, repeated = folder / "leads.parquet", RepeatedRows(schema, mapping)
    made_up = model is not None and model.metadata.training_data.synthetic
    _write(repeated.watch(chunks), path, schema, mapping, model, settings)
    table = SourceTable([LeadTable.by_schema(path, Standing(), schema)], [None])
    view = make_view("this list", table, schema, made_up=made_up)
    return replace(view, doubts=(*repeated.doubts(), *future_doubts(table)))


def describe(
    view: SourceView,
    by: Sequence[str] = (),
    counted: Counted | None = None,
    factors: Sequence[str] | None = None,
    *,
    label: str = "--label",
) -> dict[str, Any]:
    """Return the numbers of the Sources page for a view.

    Parameters
    ----------
    label
        By what a person names the column of the outcome.
    """
    totals = view.table.totals(EVERYBODY)
    counted = counted or choose_counted(view)
    n, k = ("known", "completed") if counted == "completed" else ("foreseen", "expected")
    cautions = view.cautions(EVERYBODY)
    if not totals[n] or (counted == "expected" and not totals["expected"]):
        if counted == "expected" and cautions:
            raise LabelError(" ".join(cautions))
        raise LabelError(
            "These leads have no outcome to count, and nothing scored them. Bring a list with a column that says "
            f"{view.words.whether} (give it with {label}), or train a model first."
        )
    dimensions = [find_dimension(view, name) for name in by] or [view.default]
    below, above = find_far_segments(view, EVERYBODY, counted)
    result: dict[str, Any] = {
        "rows": int(totals["leads"]),
        "known": int(totals["known"]),
        "counted": counted,
        "n": int(totals[n]),
        "applications": _number(totals[k]),
        "average": _number(totals[k] / totals[n]),
        "by": [_block(view, dimension, counted, factors) for dimension in dict.fromkeys(dimensions)],
        "segments_below": [_target(row) for row in below.to_dict("records")],
        "segments_above": [_target(row) for row in above.to_dict("records")],
        "segments_below_together": _together(below),
        "segments_above_together": _together(above),
    }
    result["doubts"] = list(view.doubts)
    return with_former_names(result | ({"cautions": cautions} if counted == "expected" else {}))


def _block(view: SourceView, dimension: str, counted: Counted, asked: Sequence[str] | None) -> dict[str, Any]:
    """Return the groups of a dimension; without scores nothing is expected of them, and none has a grade."""
    is_scored = bool(view.table.foresight(EVERYBODY)["scored"])
    rates = rate_by(view, [dimension], EVERYBODY, counted)
    factors = gap_factors(view, dimension) if asked is None else [find_dimension(view, name) for name in asked]
    gaps = explain_gaps(view, dimension, EVERYBODY, counted, factors)
    without = [_without(row) for row in gaps.without.to_dict("records")]
    found = zip(gaps.table.to_dict("records"), without, strict=True)
    effects = {_value(row["group"]): row | {"without": left_out} for row, left_out in found}
    if len(effects) <= rates.groups:  # what is taken together there are others than here
        effects.pop(OTHERS, None)
    groups = []
    for row in rates.table.to_dict("records"):
        value = _value(row[dimension])
        result = {"value": value, "name": row["name"], "leads": int(row["leads"]), "n": int(row["n"])}
        result |= {name: int(row[name]) for name in ("known", "completed")}
        result |= {name: int(row[name]) if is_scored else None for name in ("hot", "warm", "cold", "junk")}
        result["expected"] = _number(row["expected"]) if row["foreseen"] else None
        result |= {"applications": _number(row["k"])} | {name: _number(row[name]) for name in _RATES}
        if counted == "expected":
            result |= dict.fromkeys(_SCATTER)
        verdict = None if row["verdict"] == UNJUDGED else row["verdict"]
        result |= {"verdict": verdict, "more_leads_needed": int(row["more"])}
        effect = effects.get(value, {})
        result |= {name: _number(effect.get(name, float("nan"))) for name in _EFFECTS}
        depends = str(effect.get("depends", "")).splitlines()
        result |= {"residual_verdict": effect.get("verdict") or None, "residual_without": effect.get("without", {})}
        result["residual_depends_on"] = depends
        groups.append(result)
    human = view.dimensions[dimension]
    said = answer(view, Scope(dimension, counted=counted), rates)
    block = {"dimension": dimension, "name": human, "answer": said, "groups_in_all": rates.groups, "groups": groups}
    block["factors"] = [factor for factor in factors if factor != dimension]
    trend = trend_groups(view, dimension, EVERYBODY, counted)
    certain = trend is not None and is_known(counted) and bool(trend.changes["certain"].any())
    block["largest_change"] = None
    if certain and trend is not None:
        largest = trend.changes.iloc[0]
        names = ("n_first", "k_first", "n_last", "k_last", "change", "low", "high")
        numbers = {name: _number(largest[name]) for name in names}
        ends = {"value": _value(largest["group"]), "first": largest["first"], "last": largest["last"]}
        words = describe_change(view, Scope(dimension, counted=counted), trend)
        block["largest_change"] = ends | numbers | {"groups": len(trend.changes), "words": words}
    return block


def _without(row: dict[Any, Any]) -> dict[str, float | None]:
    """Return a residual where each factor is left out."""
    return {str(factor): _number(value) for factor, value in row.items()}


def _target(row: dict[Any, Any]) -> dict[str, Any]:
    where = {str(row["first"]): _value(row["first_value"])}
    if _value(row["second"]) is not None:
        where[str(row["second"])] = _value(row["second_value"])
    result: dict[str, Any] = {
        "name": row["name"],
        "where": where,
        "n": int(row["n"]),
        "applications": _number(row["k"]),
    }
    named = ("rate", "low", "high", "q", "at_average", "difference", "adds", "shared")
    figures = {name: _number(row[name]) for name in named}
    return result | figures | (dict.fromkeys(("low", "high")) if figures["q"] is None else {})


def _together(found: pd.DataFrame) -> dict[str, Any]:
    """Return what segments that overlap lack or bring together, each lead counted once."""
    return {"n": int(found["new_n"].sum()), "difference": _number(found["adds"].sum())}


def _value(cell: object) -> str | None:
    return None if pd.isna(cell) else str(cell)  # type: ignore[call-overload]


def _number(value: float) -> float | None:
    return round(float(value), 6) + 0.0 if np.isfinite(value) else None  # nothing is 0.0, not -0.0


def _write(
    chunks: Iterator[pd.DataFrame],
    path: Path,
    schema: LeadSchema,
    mapping: ColumnMapping,
    model: LeadModel | None,
    settings: Settings,
) -> None:
    """Write what counting needs of a list: cleaned columns, outcome and propensity."""
    needed = {column.name for column in schema.columns if column.required}
    scored = model is not None and model.schema.name == schema.name and needed <= set(mapping.used)
    inputs = schema.model_copy(update={"columns": tuple(schema.inputs)})
    reads_all = model is not None and len(model.schema.inputs) == len(schema.inputs)
    rules = ScoringRules(own_grades(schema, settings))  # who can be reached changes no rate
    writer: pq.ParquetWriter | None = None
    first = 0
    try:
        for chunk in chunks:
            if scored and model is not None:
                found = score_chunk(chunk, model, mapping, rules, reasons=0)
                propensity = found.own["propensity"].to_numpy("float64")
                unseen = expect_unseen(model, chunk, found.cleaned, mapping, propensity)
                cleaned = found.cleaned if reads_all else clean_leads(mapping.apply(chunk, inputs), inputs)
            else:
                unseen = None
                cleaned, propensity = clean_leads(mapping.apply(chunk, inputs), inputs), np.full(len(chunk), np.nan)
            index = cleaned.reset_index(drop=True)
            index.insert(0, "ls_row", np.arange(first, first + len(chunk), dtype="int64"))
            index["ls_propensity"] = pd.array(propensity, dtype="Float64")
            outcome = known_outcomes(chunk, schema, mapping)
            if unseen is not None:
                index = index.assign(**unseen.columns())
            index[OUTCOME] = pd.array([pd.NA] * len(chunk), dtype="Int8") if outcome is None else outcome
            table = pa.Table.from_pandas(index, preserve_index=False)
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema)
            writer.write_table(table.cast(writer.schema))
            first += len(chunk)
    finally:
        if writer is not None:
            writer.close()
