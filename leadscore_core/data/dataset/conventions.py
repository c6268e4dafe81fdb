"""Conventions of a list: how its files write dates and decimals, found from as much of it as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd

from leadscore_core.data.cleaning.convention_choices import ConventionChoice, choose_mark, choose_order
from leadscore_core.data.reading.chunks import chunk_frame, select_columns
from leadscore_core.data.reading.reader import iter_chunks, list_files
from leadscore_core.data.schema.column_mapping import CONVENTION_ROWS, ColumnMapping, count_evidence, settle_conventions
from leadscore_core.data.schema.schema import DATE_ROLES, NUMBER_ROLES, LeadSchema, Role
from leadscore_core.errors import UnreadableFileError

if TYPE_CHECKING:
    from leadscore_core.data.cleaning.conventions import ConventionEvidence
    from leadscore_core.data.cleaning.date_order import DateOrder
    from leadscore_core.data.cleaning.numbers import DecimalMark
    from leadscore_core.data.dataset.dataset import LeadList

Remembered: TypeAlias = "tuple[DateOrder | None, dict[str, DecimalMark]]"
LEAST_EVIDENCE = 1_000  # rows of each file, however many there are


def find_conventions(leads: LeadList, remembered: Remembered = (None, {})) -> ColumnMapping:
    """Return a list's mapping with its dates and decimals settled.

    The first rows of each file settle most lists; where they leave dates or a column's decimals open, all rows of
    these columns are read.

    Parameters
    ----------
    remembered
        What a person said before of files with the same headers; it counts only where this list leaves it open.
    """
    evidence = collect_evidence(leads)
    if evidence is None:
        return leads.mapping  # why is said when it is read
    found = settle_conventions(leads.mapping, leads.schema, evidence)
    order, marks = remembered
    doubted = {doubt.column for doubt in (*found.decimal_doubts, *found.decimal_guesses)}
    marks = {column: mark for column, mark in marks.items() if column in doubted}
    is_unsure = bool(found.has_open_dates or found.date_note)
    if not marks and not (order and is_unsure):
        return found
    said = {
        "said_order": (order if is_unsure else None) or found.said_order,
        "said_decimals": found.said_decimals | marks,
    }
    return settle_conventions(found.model_copy(update=said), leads.schema, evidence)


def collect_evidence(leads: LeadList) -> ConventionEvidence | None:
    """Count what a list shows of how it writes dates and decimals; None if nothing of it can be read."""
    files = list_files(leads.paths)
    each = max(LEAST_EVIDENCE, CONVENTION_ROWS // len(files))
    headers = convention_headers(leads.mapping, leads.schema)
    firsts = []
    whole = True
    for file in files:
        with suppress(UnreadableFileError) if leads.left_out is not None else nullcontext():
            chunk = next(iter_chunks(file, sheet=leads.sheet, chunk_rows=each, encoding=leads.encoding))
            firsts.append(chunk_frame(select_columns(chunk, headers)))  # what it lacks is said when it is read
            whole &= len(chunk) < each
    if not firsts:
        return None
    evidence = count_evidence(leads.mapping, leads.schema, pd.concat(firsts, ignore_index=True))
    still_open = [] if whole else open_headers(leads.mapping, leads.schema, evidence)
    return with_evidence(evidence, read_evidence(leads, still_open)) if still_open else evidence


def convention_headers(mapping: ColumnMapping, schema: LeadSchema) -> list[str]:
    """Return the headers of dates and numbers."""
    written = DATE_ROLES | NUMBER_ROLES
    return [header for name, header in mapping.used.items() if schema.by_name[name].role in written]


def open_headers(mapping: ColumnMapping, schema: LeadSchema, evidence: ConventionEvidence) -> list[str]:
    """Return the headers whose way of writing is still open, and of which nobody said it."""
    used, stamp = mapping.used, schema.one(Role.TIMESTAMP)
    columns = [
        name
        for name, found in evidence.decimals.items()
        if found.only_mark and schema.by_name[name].type == "number" or found.is_open
        if name not in mapping.said_decimals
    ]
    if mapping.said_order is None:
        dates = {stamp.name: evidence.dates} if stamp is not None and evidence.dates is not None else {}
        columns += [name for name, found in (dates | evidence.other_dates).items() if found.is_open]
    return [used[name] for name in columns if name in used]


def with_evidence(first: ConventionEvidence, whole: ConventionEvidence) -> ConventionEvidence:
    """Return the evidence of a list's first rows, with that of all rows in the place of what was open."""
    return replace(
        first,
        dates=first.dates if whole.dates is None else whole.dates,
        swapped=max(first.swapped, whole.swapped),
        decimals=first.decimals | whole.decimals,
        other_dates=first.other_dates | whole.other_dates,
    )


def read_evidence(leads: LeadList, headers: Sequence[str]) -> ConventionEvidence:
    """Count what all rows of a list show of how these columns are written."""
    left_out = None if leads.left_out is None else dict(leads.left_out)
    chunks = iter_chunks(leads.paths, sheet=leads.sheet, columns=headers, left_out=left_out, encoding=leads.encoding)
    found: ConventionEvidence | None = None
    with closing(chunks):
        for chunk in chunks:
            counted = count_evidence(leads.mapping, leads.schema, chunk_frame(select_columns(chunk, headers)))
            found = counted if found is None else found.plus(counted)
    return found or count_evidence(leads.mapping, leads.schema, pd.DataFrame())


def list_choices(leads: LeadList) -> list[ConventionChoice]:
    """Return the columns whose dates or decimals could be read in two ways, with what their cells show."""
    mapping, schema = leads.mapping, leads.schema
    evidence = collect_evidence(leads)
    if evidence is None:
        return []
    choices: list[ConventionChoice | None] = []
    stamp = schema.one(Role.TIMESTAMP)
    if stamp is not None:
        is_open = mapping.ambiguous_dates > 0
        choices.append(choose_order(stamp.name, stamp.human, evidence.dates, mapping.date_order, is_open=is_open))
    for name, other in mapping.other_dates.items():
        if other.ambiguous and not mapping.ambiguous_dates:  # one answer is for all dates of a list
            human = schema.by_name[name].human
            choices.append(choose_order(name, human, evidence.other_dates.get(name), other.order, is_open=True))
    doubts = {doubt.column: doubt for doubt in mapping.decimal_doubts}
    for name, found in evidence.decimals.items():
        mark: DecimalMark = "comma" if name in mapping.decimal_comma else "point"
        choices.append(choose_mark(name, schema.by_name[name].human, found, mark, doubts.get(name)))
    return [choice for choice in choices if choice is not None]
