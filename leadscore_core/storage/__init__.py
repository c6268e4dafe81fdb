"""Storage: batches, and what people decided, kept."""

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
