"""Storage: batches, and what people decided, kept."""

from leadscore_core.storage.batches import Batch, BatchStore, Scoring, hash_files
from leadscore_core.storage.database import Database, close_databases, now, open_database
from leadscore_core.storage.decisions import VERDICTS, DecisionStore, Feedback, Override, Restored
from leadscore_core.storage.filters import BLANK, LeadFilter, View
from leadscore_core.storage.lead_table import RULE, LeadTable, Sort, Standing, cumulated
from leadscore_core.storage.mappings import MappingStore
from leadscore_core.storage.preferences import Preference, Version, grade_preference, junk_preference

__all__ = [
    "BLANK",
    "RULE",
    "VERDICTS",
    "Batch",
    "BatchStore",
    "Database",
    "DecisionStore",
    "Feedback",
    "LeadFilter",
    "LeadTable",
    "MappingStore",
    "Override",
    "Preference",
    "Restored",
    "Scoring",
    "Sort",
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
]
