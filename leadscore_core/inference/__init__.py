"""The inference pipeline: score, grade, junk, explain, export."""

from leadscore_core.inference.contact import contact_details, contact_flags, contact_keys
from leadscore_core.inference.duplicates import find_duplicates
from leadscore_core.inference.explain import explain_leads, reasons_in_words
from leadscore_core.inference.export import ENDINGS, check_folder, check_output, write_leads
from leadscore_core.inference.grade import GRADES, JUNK_WORDS, grade_leads, junk_reasons
from leadscore_core.inference.neutralise import neutralise
from leadscore_core.inference.plan import CallPlan, describe_plan, plan_calls, rank_leads
from leadscore_core.inference.present import present_leads
from leadscore_core.inference.score import ScoredPart, beside, score_leads, score_part
from leadscore_core.inference.writers import EXCEL_ROWS

__all__ = [
    "ENDINGS",
    "EXCEL_ROWS",
    "GRADES",
    "JUNK_WORDS",
    "CallPlan",
    "ScoredPart",
    "beside",
    "check_folder",
    "check_output",
    "contact_details",
    "contact_flags",
    "contact_keys",
    "describe_plan",
    "explain_leads",
    "find_duplicates",
    "grade_leads",
    "junk_reasons",
    "neutralise",
    "plan_calls",
    "present_leads",
    "rank_leads",
    "reasons_in_words",
    "score_leads",
    "score_part",
    "write_leads",
]
