"""What may be learned of a labelled list: columns that may know the outcome, what is left out, leads with outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from leadscore_core.data import (
    INDEX_HEADERS,
    LINE_PROBLEM,
    LeadSchema,
    Role,
    check_required,
    clean_leads,
    normalise_header,
)
from leadscore_core.lists import LeadList

if TYPE_CHECKING:  # training stays off the scoring path
    from leadscore_core.training import LeakFinding


def audit_list(leads: LeadList) -> list[LeakFinding]:
    """Look in all columns of a labelled list for those that may know the outcome; none where there is no outcome."""
    from leadscore_core.training import audit_leakage

    label = leads.schema.label
    header = leads.mapping.used.get(label.name) if label is not None else None
    if label is None or header is None:
        return []
    frame = pd.concat(leads.chunks(), ignore_index=True)
    cleaned = clean_leads(leads.mapping.apply(frame, leads.schema), leads.schema)
    known = cleaned[label.name].notna().to_numpy()
    stamp = leads.schema.one(Role.TIMESTAMP)
    dates = cleaned[stamp.name][known].reset_index(drop=True) if stamp and stamp.name in cleaned else None
    contacts = {leads.mapping.used.get(c.name) for c in leads.schema.columns if not c.is_input}
    columns = [c for c in frame.columns if c not in {header, LINE_PROBLEM} | contacts]
    columns = [c for c in columns if str(c).strip().casefold() not in INDEX_HEADERS]
    rows = frame.loc[known, columns].reset_index(drop=True)
    return audit_leakage(rows, cleaned[label.name][known].to_numpy("int64"), dates=dates)


def to_learn_from(
    leads: LeadList, exclude: Sequence[str], include: Sequence[str]
) -> tuple[LeadSchema, pd.DataFrame, np.ndarray, np.ndarray | None]:
    """Return the schema without what is left out, and cleaned leads with their outcomes."""
    from leadscore_core.training import check_enough, labelled_leads

    check_required(leads.mapping, leads.schema)
    schema = leads.schema.without(left_out(leads, exclude, include))
    frame = pd.concat(leads.chunks(), ignore_index=True)
    cleaned, label, _, identity = labelled_leads(frame, schema, leads.mapping.limited_to(schema))
    check_enough(label)
    return schema, cleaned, label, identity


def left_out(leads: LeadList, exclude: Sequence[str], include: Sequence[str]) -> dict[str, str]:
    """Return what a model must not read, with why: what a person said, and of a proposed schema what may leak."""
    excluded = dict.fromkeys(_input_names(leads, exclude), "left out by hand")
    if leads.proposal is not None:
        excluded = leaks_of(leads) | excluded
    for name in _input_names(leads, include):
        excluded.pop(name, None)
    return excluded


def leaks_of(leads: LeadList) -> dict[str, str]:
    """Return the input columns of a labelled list that should be left out unless somebody knows better, with why."""
    names = {header: name for name, header in leads.mapping.used.items()}
    inputs = {column.name for column in leads.schema.inputs}
    found = [(names.get(leak.column, ""), leak.why) for leak in audit_list(leads) if leak.is_certain]
    return {name: why for name, why in found if name in inputs}


def _input_names(leads: LeadList, wanted: Sequence[str]) -> list[str]:
    """Return the input columns that a person means by their name, header or human name; what is unknown as it is."""
    known: dict[str, str] = {}
    for column in leads.schema.inputs:
        header = leads.mapping.used.get(column.name, "")
        known |= {normalise_header(text): column.name for text in (header, column.human, column.name) if text}
    return [known.get(normalise_header(name), name) for name in wanted]
