"""The inference pipeline: score, grade, junk, explain, export."""

from leadscore_core.inference.explain import explain_leads, reasons_in_words
from leadscore_core.inference.export import ENDINGS, check_output, neutralise, write_leads
from leadscore_core.inference.grade import GRADES, grade_leads, junk_reasons
from leadscore_core.inference.plan import CallPlan, plan_calls, rank_leads
from leadscore_core.inference.score import own_name, score_leads, score_part

__all__ = [
    "ENDINGS",
    "GRADES",
    "CallPlan",
    "check_output",
    "explain_leads",
    "grade_leads",
    "junk_reasons",
    "neutralise",
    "own_name",
    "plan_calls",
    "rank_leads",
    "reasons_in_words",
    "score_leads",
    "score_part",
    "write_leads",
]
