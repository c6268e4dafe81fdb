"""What may be learned of a labelled list: columns that may know the outcome, what is left out, leads with outcomes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from leadscore_core.config import Settings
from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.reading.chunks import INDEX_HEADERS, LINE_PROBLEM
from leadscore_core.data.reading.row_sample import sample_rows
from leadscore_core.data.schema.header_words import normalise_header
from leadscore_core.data.schema.near_names import near_names
from leadscore_core.data.schema.schema import LeadSchema, LeakAnswer, Role
from leadscore_core.data.schema.schema_files import is_shipped, load_schema
from leadscore_core.errors import SchemaError
from leadscore_core.model.metadata import ColumnAudit
from leadscore_core.storage.kept_schemas import keep_columns
from leadscore_core.training.call_columns import SAYS_CALLED, about_calls

if TYPE_CHECKING:  # training stays off the scoring path
    from leadscore_core.training.leakage import LeakFinding
    from leadscore_core.training.training_data import TrainingData

AUDITED_ROWS = 30_000
BY_HAND = "left out by hand"
WRITTEN_LATER = "It is free text, which people may write down after the first call."
UNDATED = "it is read as days from when a lead came, which is left out"


def audit_list(leads: LeadList, frame: pd.DataFrame | None = None) -> list[LeakFinding]:
    """Look in all columns of a labelled list for those that may know the outcome; none where there is no outcome.

    Of a list of more than 30,000 rows, that many at most are looked at, from all over it.

    Parameters
    ----------
    frame
        All rows of the list or their `RowSample`, where they were read already.
    """
    label = leads.schema.label
    if label is None or label.name not in leads.mapping.used:
        return []
    frame = sample_rows(leads.chunks() if frame is None else [frame], AUDITED_ROWS)
    cleaned = clean_leads(leads.mapping.apply(frame, leads.schema), leads.schema)
    stamp = leads.schema.one(Role.TIMESTAMP)
    dates = cleaned[stamp.name] if stamp and stamp.name in cleaned else None
    return audit_sample(leads, frame, cleaned[label.name].to_numpy("float64"), dates)


def audit_sample(leads: LeadList, frame: pd.DataFrame, label: np.ndarray, dates: pd.Series | None) -> list[LeakFinding]:
    """Look in all columns of some leads of a list for those that may know the outcome, but for who a person is.

    Parameters
    ----------
    frame
        As read, under their own headers; at most 30,000 rows (see `RowSample`).
    label, dates
        What became of each of them (1, 0 or NaN), and when it came.
    """
    from leadscore_core.training.leakage import audit_leakage

    own = leads.schema.label
    contacts = {
        given
        for match in leads.mapping.matches
        if not leads.schema.by_name[match.column].is_input
        for given in (match.header, *match.more)
    }
    header = leads.mapping.used.get(own.name) if own is not None else None
    columns = [c for c in frame.columns if c not in {header, LINE_PROBLEM} | contacts]
    columns = [c for c in columns if str(c).strip().casefold() not in INDEX_HEADERS]
    known = ~np.isnan(label)
    rows = frame.loc[known, columns].reset_index(drop=True)
    when = None if dates is None else dates[known].reset_index(drop=True)
    return audit_leakage(rows, label[known].astype("int64"), dates=when, words=leads.schema.outcome)


def default_exclusions(data: TrainingData, exclude: Sequence[str] = (), include: Sequence[str] = ()) -> set[str]:
    """Return the inputs that a model must not read unless a person says otherwise.

    These are what a person left out before or names now, what by its values seems for certain to know the outcome, and
    what says who was called.

    Parameters
    ----------
    exclude, include
        Columns by name, header or human name: to be left out too, and to be read although they look as if they knew.

    Raises
    ------
    SchemaError
        If there is no such column.
    """
    exclude, include = input_names(data, exclude), input_names(data, include)
    by_header = {header: name for name, header in data.headers.items()}
    certain = {by_header.get(f.column, f.column) for f in data.findings or () if f.is_certain}
    certain |= about_calls(data.call_columns, data.headers)
    known = ({*data.schema.known_before} - {*exclude}) | {*include}
    return (({*data.schema.left_out, *exclude, *certain} - known) | {*exclude}) & _inputs(data)


def explain_exclusions(
    data: TrainingData,
    left_out: Collection[str],
    include: Sequence[str] = (),
    *,
    exclude: Sequence[str] = (),
    by: str = "",
) -> tuple[dict[str, str], tuple[ColumnAudit, ...]]:
    """Return why each input is left out, and what is kept with a model of these and of what is asked about.

    Parameters
    ----------
    left_out
        Names of inputs.
    include, exclude
        Columns of which a person says now that they are known before the first call, or to be left out.
    by
        Who that is.
    """
    answers = _answers(data.schema, input_names(data, exclude), input_names(data, include), by)
    undated = _undated(data.schema, left_out)
    left_out = {*left_out, *undated}
    known = {*data.schema.known_before, *input_names(data, include)}
    answered = {data.headers.get(name, name) for name in known} - {data.headers.get(name, name) for name in left_out}
    by_name = {data.headers.get(name, name): name for name in left_out}
    found = {finding.column: finding for finding in data.findings or ()}
    excluded = {name: found[header].why if header in found else BY_HAND for header, name in by_name.items()}
    excluded |= dict.fromkeys(undated, UNDATED)
    excluded |= dict.fromkeys(about_calls(data.call_columns, data.headers) & left_out, SAYS_CALLED)
    read = {data.headers.get(name, name) for name in _inputs(data)}
    audit = [
        ColumnAudit(
            left_out=f.column in by_name,
            is_answered=f.column in answered,
            is_read=f.column in read,
            kind=f.kind,
            auc=round(f.auc, 4),
            **f.as_json(),
        )
        for f in data.findings or ()
    ]
    texts = {data.headers.get(c.name, c.name): c.name for c in data.schema.with_role(Role.FREE_TEXT)}
    audit += [
        ColumnAudit(column=header, why=WRITTEN_LATER, left_out=False, is_answered=name in known)
        for header, name in texts.items()
        if header not in found and name not in left_out
    ]
    audit += [ColumnAudit(column=h, why=excluded[name], left_out=True) for h, name in by_name.items() if h not in found]
    named = {header: name for name, header in data.headers.items()}
    return excluded, tuple(_with_answer(one, answers.get(named.get(one.column, one.column))) for one in audit)


def _with_answer(one: ColumnAudit, answer: LeakAnswer | None) -> ColumnAudit:
    """Return what is kept of a column with what a person answered, if that is what became of it."""
    if answer is None or (answer.said == "left out") != one.left_out:
        return one
    return one.model_copy(update={"answer": answer.said, "by": answer.by, "at": answer.at})


def _answers(
    schema: LeadSchema, left_out: Collection[str], known_before: Collection[str], by: str
) -> dict[str, LeakAnswer]:
    """Return what was answered of each column, now or before; who said the same before said it first."""
    now = datetime.now(UTC).replace(microsecond=0)
    said: dict[str, Literal["left out", "known before"]] = dict.fromkeys(schema.left_out, "left out")
    said |= dict.fromkeys(schema.known_before, "known before")
    before = {name: schema.answers.get(name, LeakAnswer(said=what)) for name, what in said.items()}
    given: dict[str, Literal["left out", "known before"]] = dict.fromkeys(known_before, "known before")
    given |= dict.fromkeys(left_out, "left out")
    for name, what in given.items():
        if name not in before or before[name].said != what or (by and not before[name].by):
            before[name] = LeakAnswer(said=what, by=by, at=now)
    return before


def audit_json(found: Sequence[LeakFinding]) -> dict[str, list[dict[str, Any]]]:
    """Return what `check --json` writes of the audit."""
    return {
        "leakage": [{"column": finding.column, "why": finding.why} for finding in found],
        "left_out": [finding.as_json() for finding in found if finding.is_certain],
        "asked": [finding.as_json() for finding in found if not finding.is_certain],
    }


def save_meaning(
    leads: LeadList,
    data: TrainingData,
    exclude: Sequence[str],
    include: Sequence[str],
    settings: Settings,
    *,
    by: str = "",
) -> None:
    """Keep what the columns of a company's own leads mean, and which of them a person left out or spoke for.

    All columns are kept, also those that are left out: the next training may read them.

    Parameters
    ----------
    by
        Who answers.
    """
    before, out, known = leads.schema, input_names(data, exclude), input_names(data, include)
    answers = {
        "left_out": tuple(sorted({*before.left_out, *out} - {*known})),
        "known_before": tuple(sorted(({*before.known_before} - {*out}) | {*known})),
    }
    schema = _with_answers(before, answers, out, known, by)
    if leads.proposal is not None or (schema != _kept(before) and not is_shipped(before.name)):
        keep_columns(schema, settings)


def save_answers(
    schema: LeadSchema, left_out: Collection[str], known_before: Collection[str], settings: Settings, *, by: str = ""
) -> None:
    """Keep with a company's own schema which inputs a person said are known before the first call.

    Parameters
    ----------
    left_out, known_before
        Names of inputs; one that is left out is known before no more.
    by
        Who answers.
    """
    if is_shipped(schema.name):
        return
    saved = _kept(schema)
    answers = {
        "left_out": tuple(name for name in saved.left_out if name not in known_before),
        "known_before": tuple(sorted(({*saved.known_before} - {*left_out}) | {*known_before})),
    }
    schema = _with_answers(saved, answers, (), known_before, by)
    if schema != saved:
        keep_columns(schema, settings)


def _with_answers(
    schema: LeadSchema,
    lists: dict[str, tuple[str, ...]],
    left_out: Collection[str],
    known_before: Collection[str],
    by: str,
) -> LeadSchema:
    """Return a schema with what is left out and known before, and who said so of each."""
    said = _answers(schema, left_out, known_before, by)
    named = {*lists["left_out"], *lists["known_before"]}
    return schema.model_copy(
        update=lists | {"answers": {name: a for name, a in said.items() if name in named and a.by}}
    )


def _kept(schema: LeadSchema) -> LeadSchema:
    """Return what is kept under a schema's name; itself where nothing is, as of one from a file."""
    try:
        return load_schema(schema.name)
    except SchemaError:
        return schema


def _undated(schema: LeadSchema, left_out: Collection[str]) -> set[str]:
    """Return the inputs that are days from a timestamp which is left out."""
    stamp = schema.one(Role.TIMESTAMP)
    if stamp is None or stamp.name not in left_out:
        return set()
    return {column.name for column in schema.with_role(Role.DATE)} - {*left_out}


def _inputs(data: TrainingData) -> set[str]:
    return {column.name for column in data.schema.inputs}


def input_names(data: TrainingData, wanted: Sequence[str]) -> list[str]:
    """Return the input columns that a person means by their name, header or human name.

    Raises
    ------
    SchemaError
        Naming those that are alike, if there is no such column.
    """
    known: dict[str, str] = {}
    for column in data.schema.inputs:
        header = data.headers.get(column.name, "")
        known |= {normalise_header(text): column.name for text in (header, column.human, column.name) if text}
    for name in wanted:
        if normalise_header(name) not in known:
            near = near_names(name, [data.headers.get(column.name, column.human) for column in data.schema.inputs])
            raise SchemaError(f"{name!r} is no column that a model of {data.schema.title} reads. Give one of: {near}.")
    return [known[normalise_header(name)] for name in wanted]
