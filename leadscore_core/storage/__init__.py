"""Storage: batches, and what people decided, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadscore_core.later import load_later

if TYPE_CHECKING:
    from leadscore_core.storage.batches import Batch, BatchStore, Scoring, hash_files
    from leadscore_core.storage.database import Database, close_databases, now, open_database
    from leadscore_core.storage.decisions import VERDICTS, DecisionStore, Feedback, Override, Restored
    from leadscore_core.storage.dimensions import CAPPED, TIME_DIMENSIONS
    from leadscore_core.storage.filters import BLANK, LeadFilter, View
    from leadscore_core.storage.lead_table import RULE, LeadTable, Sort, Standing, cumulated
    from leadscore_core.storage.mappings import MappingStore
    from leadscore_core.storage.outcomes import Outcomes, OutcomeStore
    from leadscore_core.storage.preferences import Preference, Version, grade_preference, junk_preference, saved_rules
    from leadscore_core.storage.source_table import OTHERS, OUTCOME, SourceTable

__all__ = [
    "BLANK",
    "CAPPED",
    "OTHERS",
    "OUTCOME",
    "RULE",
    "TIME_DIMENSIONS",
    "VERDICTS",
    "Batch",
    "BatchStore",
    "Database",
    "DecisionStore",
    "Feedback",
    "LeadFilter",
    "LeadTable",
    "MappingStore",
    "OutcomeStore",
    "Outcomes",
    "Override",
    "Preference",
    "Restored",
    "Scoring",
    "Sort",
    "SourceTable",
    "Standing",
    "Version",
    "View",
    "close_databases",
    "cumulated",
    "grade_preference",
    "hash_files",
    "junk_preference",
    "now",
    "open_database",
    "saved_rules",
]

__getattr__ = load_later(
    __name__,  # remembered columns need no database
    {
        "BLANK": "filters",
        "CAPPED": "dimensions",
        "OTHERS": "source_table",
        "OUTCOME": "source_table",
        "RULE": "lead_table",
        "TIME_DIMENSIONS": "dimensions",
        "VERDICTS": "decisions",
        "Batch": "batches",
        "BatchStore": "batches",
        "Database": "database",
        "DecisionStore": "decisions",
        "Feedback": "decisions",
        "LeadFilter": "filters",
        "LeadTable": "lead_table",
        "MappingStore": "mappings",
        "OutcomeStore": "outcomes",
        "Outcomes": "outcomes",
        "Override": "decisions",
        "Preference": "preferences",
        "Restored": "decisions",
        "Scoring": "batches",
        "Sort": "lead_table",
        "SourceTable": "source_table",
        "Standing": "lead_table",
        "Version": "preferences",
        "View": "filters",
        "close_databases": "database",
        "cumulated": "lead_table",
        "grade_preference": "preferences",
        "hash_files": "batches",
        "junk_preference": "preferences",
        "now": "database",
        "open_database": "database",
        "saved_rules": "preferences",
    },
)
