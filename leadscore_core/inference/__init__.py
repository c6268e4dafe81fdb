"""The inference pipeline: score, grade, junk, explain, export."""

from leadscore_core.inference.explain import explain_leads, reasons_in_words
from leadscore_core.inference.export import ENDINGS, EXCEL_ROWS, check_output, neutralise, write_leads
from leadscore_core.inference.grade import GRADES, grade_leads, junk_reasons
from leadscore_core.inference.plan import CallPlan, describe_plan, plan_calls, rank_leads
from leadscore_core.inference.present import present_leads
from leadscore_core.inference.score import beside, score_leads, score_part

__all__ = [
    "ENDINGS",
    "EXCEL_ROWS",
    "GRADES",
    "CallPlan",
    "beside",
    "check_output",
    "describe_plan",
    "explain_leads",
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
