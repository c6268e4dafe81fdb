"""Lists: a person's files, looked into, with which header gives which column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from leadscore_core.config import Settings, load_settings
from leadscore_core.data import (
    CONVENTION_ROWS,
    ColumnMapping,
    LeadSchema,
    detect_conventions,
    iter_leads,
    list_files,
    list_sheets,
    read_headers,
    suggest_mapping,
)
from leadscore_core.errors import LabelError, MappingError
from leadscore_core.storage import MappingStore

Paths = str | Path | Sequence[str | Path]


@dataclass(frozen=True)
class LeadList:
    """A list that was looked into: its files, and which header gives which column."""

    paths: Paths
    schema: LeadSchema
    mapping: ColumnMapping
    sheet: str | None = None

    def chunks(self) -> Iterator[pd.DataFrame]:
        """Read the rows in chunks, all columns."""
        return iter_leads(self.paths, sheet=self.sheet)


def open_list(
    paths: Paths,
    schema: LeadSchema,
    *,
    sheet: str | None = None,
    label: str | None = None,
    choices: dict[str, str] | None = None,
    settings: Settings | None = None,
) -> LeadList:
    """Look into a list: suggest its mapping, with what a person chose before for the same headers.

    Parameters
    ----------
    label
        Header of the outcome, if it is not to be found by itself.
    choices
        Schema column -> header, for columns that are not to be found by themselves.

    Raises
    ------
    UnreadableFileError
        If it is not a lead list.
    LabelError, MappingError
        If there is no such header or column.
    """
    settings = settings or load_settings()
    store = MappingStore(settings.data_dir)
    sheet = sheet or _best_sheet(paths, schema, store)
    headers = read_headers(paths, sheet=sheet)
    mapping = store.recall(suggest_mapping(headers, schema))
    if label is not None and schema.label is not None:
        if label not in headers:
            raise LabelError(
                f"The list has no column {label!r} for the outcome. Its columns: {', '.join(headers[:12])}. Give one "
                "of them."
            )
        mapping = mapping.corrected({schema.label.name: label})
    for column, header in (choices or {}).items():
        if column not in schema.by_name or header not in headers:
            raise MappingError(
                f"{column}={header} cannot be: columns are {', '.join(c.name for c in schema.columns[:12])}; "
                f"headers are {', '.join(headers[:12])}. Give one of each."
            )
    mapping = mapping.corrected(dict(choices or {}))
    return settle_list(LeadList(paths, schema, mapping, sheet))


def _best_sheet(paths: Paths, schema: LeadSchema, store: MappingStore) -> str | None:
    """Return the first sheet of one workbook that has what is needed, else the first; None for anything else."""
    first, *others = list_files(paths)
    if others:
        return None  # the workbooks of a folder may name their sheets differently
    sheets = list_sheets(first)
    needed = {column.name for column in schema.columns if column.required}
    for sheet in sheets if len(sheets) > 1 else ():
        mapping = store.recall(suggest_mapping(read_headers(first, sheet=sheet), schema))
        if needed <= set(mapping.used):
            return sheet
    return sheets[0] if sheets else None


def settle_list(leads: LeadList) -> LeadList:
    """Return the list with its dates and decimals settled for its mapping, on the evidence of all its files."""
    files = list_files(leads.paths)
    each = max(1_000, CONVENTION_ROWS // len(files))
    first = pd.concat([next(iter_leads(file, sheet=leads.sheet)).head(each) for file in files], ignore_index=True)
    return replace(leads, mapping=detect_conventions(leads.mapping, leads.schema, first))


def choose_columns(leads: LeadList, choices: dict[str, str | None], *, settings: Settings | None = None) -> LeadList:
    """Return the list with a person's choice of columns, which is remembered for files with the same headers.

    Parameters
    ----------
    choices
        Schema column -> header, or None for "not in this file".

    Raises
    ------
    LeadScoreError
        If one header is chosen twice, or the choice cannot be kept.
    """
    chosen = [header for header in choices.values() if header is not None]
    twice = sorted({header for header in chosen if chosen.count(header) > 1})
    if twice:
        raise MappingError(
            f"One column cannot mean two things: {', '.join(map(repr, twice))} is chosen more than once. Choose it "
            "once."
        )
    MappingStore((settings or load_settings()).data_dir).remember(leads.mapping, choices)
    return settle_list(replace(leads, mapping=leads.mapping.corrected(choices)))
