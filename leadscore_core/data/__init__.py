"""The data pipeline: schema, read, map columns, check, clean.

What a list that is scored does not need loads when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadscore_core.data.check import (
    blank_rows,
    check_leads,
    chunk_findings,
    duplicate_findings,
    mapping_findings,
    note_row_problems,
    row_hashes,
)
from leadscore_core.data.clean import CellProblem, clean_leads, clean_with_problems, complete_columns, plain_text
from leadscore_core.data.file_notes import FileNotes, ReadLog
from leadscore_core.data.findings import Finding, sort_findings
from leadscore_core.data.header_matching import suggest_mapping
from leadscore_core.data.header_words import normalise_header
from leadscore_core.data.map_columns import (
    CONVENTION_ROWS,
    Choice,
    ColumnMapping,
    Match,
    check_required,
    count_evidence,
    detect_conventions,
    fingerprint,
    headers_chosen,
    settle_conventions,
)
from leadscore_core.data.merge import merge_findings
from leadscore_core.data.outcome_reader import OutcomeReader
from leadscore_core.data.outcome_values import OutcomeSplit, OutcomeValue, count_values, name_values
from leadscore_core.data.outcome_words import Meaning
from leadscore_core.data.parts import INDEX_HEADERS, LINE_PROBLEM, Part, part_frame, row_keys, select_columns
from leadscore_core.data.read import (
    iter_leads,
    iter_parts,
    list_encodings,
    list_files,
    look_ahead,
    look_at_files,
    read_headers,
    read_leads,
)
from leadscore_core.data.resolve_columns import contested_headers, map_frame, resolve_mapping
from leadscore_core.data.row_numbers import FIRST_ROW
from leadscore_core.data.row_sample import RowSample, sample_rows
from leadscore_core.data.schema import (
    CITY_TIER,
    NUMBER_ROLES,
    Column,
    FlagWords,
    LeadSchema,
    OutcomeWords,
    Role,
    group_column,
)
from leadscore_core.data.schema_file import (
    is_shipped,
    keep_schema,
    kept_folder,
    list_schemas,
    load_schema,
    write_schema,
)
from leadscore_core.data.workbook import ALL_SHEETS, alike_sheets, list_sheets
from leadscore_core.later import load_later

if TYPE_CHECKING:
    from leadscore_core.data.check_label import label_findings
    from leadscore_core.data.column_profile import ColumnProfile, profile_column
    from leadscore_core.data.outcome_column import count_column
    from leadscore_core.data.outcome_split import split_cells, split_outcomes
    from leadscore_core.data.propose import (
        Proposal,
        build_schema,
        headers_found,
        name_schema,
        numbers_of,
        propose_schema,
    )
    from leadscore_core.data.roles import ProposedColumn
    from leadscore_core.data.sample import KEPT_ASIDE, LABELLED, MESSY, NEW, SampleLeads, make_sample, write_sample
    from leadscore_core.data.spend import Spend, read_spend

__all__ = [
    "ALL_SHEETS",
    "CITY_TIER",
    "CONVENTION_ROWS",
    "FIRST_ROW",
    "INDEX_HEADERS",
    "KEPT_ASIDE",
    "LABELLED",
    "LINE_PROBLEM",
    "MESSY",
    "NEW",
    "NUMBER_ROLES",
    "CellProblem",
    "Choice",
    "Column",
    "ColumnMapping",
    "FileNotes",
    "ColumnProfile",
    "Finding",
    "FlagWords",
    "LeadSchema",
    "Match",
    "Meaning",
    "OutcomeReader",
    "OutcomeSplit",
    "OutcomeValue",
    "OutcomeWords",
    "Part",
    "Proposal",
    "ReadLog",
    "ProposedColumn",
    "Role",
    "RowSample",
    "SampleLeads",
    "Spend",
    "alike_sheets",
    "blank_rows",
    "build_schema",
    "check_leads",
    "check_required",
    "chunk_findings",
    "clean_leads",
    "clean_with_problems",
    "complete_columns",
    "contested_headers",
    "count_column",
    "count_evidence",
    "count_values",
    "detect_conventions",
    "duplicate_findings",
    "fingerprint",
    "group_column",
    "headers_chosen",
    "headers_found",
    "iter_leads",
    "iter_parts",
    "keep_schema",
    "is_shipped",
    "kept_folder",
    "label_findings",
    "list_encodings",
    "list_files",
    "list_schemas",
    "list_sheets",
    "load_schema",
    "look_ahead",
    "look_at_files",
    "make_sample",
    "map_frame",
    "mapping_findings",
    "merge_findings",
    "name_schema",
    "name_values",
    "normalise_header",
    "note_row_problems",
    "numbers_of",
    "part_frame",
    "plain_text",
    "profile_column",
    "propose_schema",
    "read_headers",
    "read_leads",
    "read_spend",
    "resolve_mapping",
    "row_hashes",
    "row_keys",
    "sample_rows",
    "select_columns",
    "settle_conventions",
    "sort_findings",
    "split_cells",
    "split_outcomes",
    "suggest_mapping",
    "write_sample",
    "write_schema",
]

__getattr__ = load_later(
    __name__,
    {
        "ColumnProfile": "column_profile",
        "KEPT_ASIDE": "sample",
        "LABELLED": "sample",
        "MESSY": "sample",
        "NEW": "sample",
        "Proposal": "propose",
        "ProposedColumn": "roles",
        "SampleLeads": "sample",
        "Spend": "spend",
        "build_schema": "propose",
        "count_column": "outcome_column",
        "headers_found": "propose",
        "label_findings": "check_label",
        "make_sample": "sample",
        "name_schema": "propose",
        "numbers_of": "propose",
        "profile_column": "column_profile",
        "propose_schema": "propose",
        "read_spend": "spend",
        "split_cells": "outcome_split",
        "split_outcomes": "outcome_split",
        "write_sample": "sample",
    },
)
