"""The data pipeline: schema, read, map columns, check, clean."""

from leadscore_core.data.check import (
    FIRST_ROW,
    INDEX_HEADERS,
    check_leads,
    chunk_findings,
    duplicate_findings,
    label_findings,
    mapping_findings,
    note_row_problems,
    row_hashes,
)
from leadscore_core.data.clean import CellProblem, clean_leads, clean_with_problems, complete_columns
from leadscore_core.data.findings import Finding, merge_findings, sort_findings
from leadscore_core.data.map_columns import (
    CONVENTION_ROWS,
    ColumnMapping,
    Match,
    check_required,
    detect_conventions,
    fingerprint,
    suggest_mapping,
)
from leadscore_core.data.read import LINE_PROBLEM, iter_leads, list_files, read_headers, read_leads
from leadscore_core.data.sample import KEPT_ASIDE, LABELLED, MESSY, NEW, SampleLeads, make_sample, write_sample
from leadscore_core.data.schema import CITY_TIER, Column, LeadSchema, Role, group_column, load_schema
from leadscore_core.data.spend import Spend, read_spend
from leadscore_core.data.workbook import list_sheets

__all__ = [
    "CITY_TIER",
    "CONVENTION_ROWS",
    "FIRST_ROW",
    "INDEX_HEADERS",
    "KEPT_ASIDE",
    "LABELLED",
    "LINE_PROBLEM",
    "MESSY",
    "NEW",
    "CellProblem",
    "Column",
    "ColumnMapping",
    "Finding",
    "LeadSchema",
    "Match",
    "Role",
    "SampleLeads",
    "Spend",
    "check_leads",
    "check_required",
    "chunk_findings",
    "clean_leads",
    "clean_with_problems",
    "complete_columns",
    "detect_conventions",
    "duplicate_findings",
    "fingerprint",
    "group_column",
    "iter_leads",
    "label_findings",
    "list_files",
    "list_sheets",
    "load_schema",
    "make_sample",
    "mapping_findings",
    "merge_findings",
    "note_row_problems",
    "read_headers",
    "read_leads",
    "read_spend",
    "row_hashes",
    "sort_findings",
    "suggest_mapping",
    "write_sample",
]
