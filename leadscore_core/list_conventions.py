"""Conventions of a list: how its files write dates and decimals, found from as much of it as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from leadscore_core.data import (
    CONVENTION_ROWS,
    NUMBER_ROLES,
    ColumnMapping,
    LeadSchema,
    Role,
    count_evidence,
    iter_parts,
    list_files,
    part_frame,
    select_columns,
    settle_conventions,
)
from leadscore_core.errors import UnreadableFileError

if TYPE_CHECKING:
    from leadscore_core.data.conventions import ConventionEvidence
    from leadscore_core.lead_list import LeadList

LEAST_EVIDENCE = 1_000  # rows of each file, however many there are


def find_conventions(leads: LeadList) -> ColumnMapping:
    """Return a list's mapping with its dates and decimals settled.

    The first rows of each file settle most lists; where they leave dates or a column's decimals open, all rows of
    these columns are read.
    """
    files = list_files(leads.paths)
    each = max(LEAST_EVIDENCE, CONVENTION_ROWS // len(files))
    headers = convention_headers(leads.mapping, leads.schema)
    firsts = []
    whole = True
    for file in files:
        with suppress(UnreadableFileError) if leads.left_out is not None else nullcontext():
            part = next(iter_parts(file, sheet=leads.sheet, chunk_rows=each, encoding=leads.encoding))
            firsts.append(part_frame(select_columns(part, headers)))  # what it lacks is said when it is read
            whole &= len(part) < each
    if not firsts:
        return leads.mapping  # why is said when it is read
    evidence = count_evidence(leads.mapping, leads.schema, pd.concat(firsts, ignore_index=True))
    still_open = [] if whole else open_headers(leads.mapping, leads.schema, evidence)
    if still_open:
        evidence = with_evidence(evidence, read_evidence(leads, still_open))
    return settle_conventions(leads.mapping, leads.schema, evidence)


def convention_headers(mapping: ColumnMapping, schema: LeadSchema) -> list[str]:
    """Return the headers of dates and numbers."""
    written = {Role.TIMESTAMP, *NUMBER_ROLES}
    return [header for name, header in mapping.used.items() if schema.by_name[name].role in written]


def open_headers(mapping: ColumnMapping, schema: LeadSchema, evidence: ConventionEvidence) -> list[str]:
    """Return the headers whose way of writing is still open, and of which nobody said it."""
    used, stamp = mapping.used, schema.one(Role.TIMESTAMP)
    columns = [name for name, found in evidence.decimals.items() if found.is_open and name not in mapping.said_decimals]
    if stamp is not None and evidence.dates_are_open and mapping.said_order is None:
        columns.append(stamp.name)
    return [used[name] for name in columns if name in used]


def with_evidence(first: ConventionEvidence, whole: ConventionEvidence) -> ConventionEvidence:
    """Return the evidence of a list's first rows, with that of all rows in the place of what was open."""
    return replace(
        first,
        dates=first.dates if whole.dates is None else whole.dates,
        swapped=max(first.swapped, whole.swapped),
        decimals=first.decimals | whole.decimals,
    )


def read_evidence(leads: LeadList, headers: Sequence[str]) -> ConventionEvidence:
    """Count what all rows of a list show of how these columns are written."""
    left_out = None if leads.left_out is None else dict(leads.left_out)
    parts = iter_parts(leads.paths, sheet=leads.sheet, columns=headers, left_out=left_out, encoding=leads.encoding)
    found: ConventionEvidence | None = None
    with closing(parts):
        for part in parts:
            counted = count_evidence(leads.mapping, leads.schema, part_frame(select_columns(part, headers)))
            found = counted if found is None else found.plus(counted)
    return found or count_evidence(leads.mapping, leads.schema, pd.DataFrame())
