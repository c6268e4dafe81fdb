"""What may be learned of a labelled list: columns that may know the outcome, what is left out, leads with outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leadscore_core.config import Settings
from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.reading.chunks import INDEX_HEADERS, LINE_PROBLEM
from leadscore_core.data.reading.row_sample import sample_rows
from leadscore_core.data.schema.column_mapping import check_required
from leadscore_core.data.schema.header_words import normalise_header
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import is_shipped, keep_schema
from leadscore_core.model.metadata import ColumnAudit

if TYPE_CHECKING:  # training stays off the scoring path
    from leadscore_core.training.leakage import LeakFinding

BY_HAND = "left out by hand"
AUDITED_ROWS = 100_000


def audit_list(leads: LeadList, frame: pd.DataFrame | None = None) -> list[LeakFinding]:
    """Look in all columns of a labelled list for those that may know the outcome; none where there is no outcome.

    Of a list of more than 100,000 rows, that many at most are looked at, from all over it.

    Parameters
    ----------
    frame
        All rows of the list or their `RowSample`, where they were read already.
    """
    from leadscore_core.training.leakage import audit_leakage

    label = leads.schema.label
    header = leads.mapping.used.get(label.name) if label is not None else None
    if label is None or header is None:
        return []
    frame = sample_rows(leads.chunks() if frame is None else [frame], AUDITED_ROWS)
    cleaned = clean_leads(leads.mapping.apply(frame, leads.schema), leads.schema)
    known = cleaned[label.name].notna().to_numpy()
    stamp = leads.schema.one(Role.TIMESTAMP)
    dates = cleaned[stamp.name][known].reset_index(drop=True) if stamp and stamp.name in cleaned else None
    contacts = {
        given
        for match in leads.mapping.matches
        if not leads.schema.by_name[match.column].is_input
        for given in (match.header, *match.more)
    }
    columns = [c for c in frame.columns if c not in {header, LINE_PROBLEM} | contacts]
    columns = [c for c in columns if str(c).strip().casefold() not in INDEX_HEADERS]
    rows = frame.loc[known, columns].reset_index(drop=True)
    return audit_leakage(rows, cleaned[label.name][known].to_numpy("int64"), dates=dates)


def to_learn_from(
    leads: LeadList, exclude: Sequence[str], include: Sequence[str]
) -> tuple[LeadSchema, pd.DataFrame, np.ndarray, np.ndarray | None]:
    """Return the schema without what is left out, and cleaned leads with their outcomes."""
    from leadscore_core.training.train import check_enough, labelled_leads

    check_required(leads.mapping, leads.schema)
    schema = leads.schema.without(left_out(leads, exclude, include))
    frame = pd.concat(leads.chunks(), ignore_index=True)
    cleaned, label, _, identity = labelled_leads(frame, schema, leads.mapping.limited_to(schema))
    check_enough(label)
    return schema, cleaned, label, identity


def left_out(
    leads: LeadList, exclude: Sequence[str], include: Sequence[str], found: Sequence[LeakFinding] | None = None
) -> dict[str, str]:
    """Return what a model must not read, with why: what a person said, and of a company's own schema what leaks.

    Parameters
    ----------
    found
        What the audit found, where it was made already.
    """
    inputs = {column.name for column in leads.schema.inputs}
    by_hand = [*(name for name in leads.schema.left_out if name in inputs), *_input_names(leads, exclude)]
    excluded = dict.fromkeys(by_hand, BY_HAND)
    if not is_shipped(leads.schema.name):
        names = {header: name for name, header in leads.mapping.used.items()}
        leaks = [f for f in (audit_list(leads) if found is None else found) if f.is_certain]
        excluded = {names[f.column]: f.why for f in leaks if names.get(f.column) in inputs} | excluded
    for name in _input_names(leads, include):
        excluded.pop(name, None)
    return excluded


def audit_json(found: Sequence[LeakFinding]) -> dict[str, list[dict[str, Any]]]:
    """Return what `check --json` writes of the audit."""
    return {
        "leakage": [{"column": finding.column, "why": finding.why} for finding in found],
        "left_out": [finding.as_json() for finding in found if finding.is_certain],
        "asked": [finding.as_json() for finding in found if not finding.is_certain],
    }


def keep_meaning(leads: LeadList, excluded: dict[str, str], settings: Settings) -> None:
    """Keep what the columns of a company's own leads mean, and which of them a person left out, for the next time.

    All columns are kept, also those that are left out: the next training may read them.
    """
    by_hand = tuple(sorted(name for name, why in excluded.items() if why == BY_HAND))
    if leads.proposal is not None or (by_hand != leads.schema.left_out and not is_shipped(leads.schema.name)):
        keep_schema(leads.schema.model_copy(update={"left_out": by_hand}), settings.data_dir)


def describe_audit(leads: LeadList, found: Sequence[LeakFinding], excluded: dict[str, str]) -> list[ColumnAudit]:
    """Return what is kept with a model of the columns that it must not read and of those that are asked about."""
    by_header = {finding.column: finding for finding in found}
    told = []
    for name, why in excluded.items():
        header = leads.mapping.used.get(name, name)
        finding = by_header.pop(header, None)
        told.append(
            ColumnAudit(
                column=header,
                why=why,
                left_out=True,
                auc_with=finding.auc_with if finding else None,
                auc_without=finding.auc_without if finding else None,
            )
        )
    return told + [ColumnAudit(left_out=False, **finding.as_json()) for finding in by_header.values()]


def _input_names(leads: LeadList, wanted: Sequence[str]) -> list[str]:
    """Return the input columns that a person means by their name, header or human name; what is unknown as it is."""
    known: dict[str, str] = {}
    for column in leads.schema.inputs:
        header = leads.mapping.used.get(column.name, "")
        known |= {normalise_header(text): column.name for text in (header, column.human, column.name) if text}
    return [known.get(normalise_header(name), name) for name in wanted]
