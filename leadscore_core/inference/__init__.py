"""The inference pipeline: score, grade, junk, explain, export."""

from leadscore_core.inference.change import explain_change, judge_trend
from leadscore_core.inference.contact import Contacts, contact_flags, contact_keys, key_names, read_contacts
from leadscore_core.inference.crm import PRESETS, CrmPreset, to_crm
from leadscore_core.inference.duplicates import find_duplicates
from leadscore_core.inference.explain import Reason, explain_leads, human_name, lead_reasons, reasons_in_words
from leadscore_core.inference.export import ENDINGS, check_folder, check_free, check_output, write_leads
from leadscore_core.inference.grade import GRADES, JUNK_WORDS, grade_leads, junk_reasons
from leadscore_core.inference.neutralise import neutralise
from leadscore_core.inference.plan import (
    CallPlan,
    applications_interval,
    assign_leads,
    describe_plan,
    gain_curve,
    make_plan,
    plan_calls,
    rank_leads,
)
from leadscore_core.inference.present import city_name
from leadscore_core.inference.score import ScoredPart, beside, join_scored, score_leads, score_part
from leadscore_core.inference.tradeoff import (
    Share,
    choose_split,
    cut_for,
    expected_curve,
    observed_by_grade,
    observed_curve,
    read_curve,
    removable,
    wilson,
)
from leadscore_core.inference.writers import EXCEL_ROWS

__all__ = [
    "ENDINGS",
    "EXCEL_ROWS",
    "GRADES",
    "JUNK_WORDS",
    "PRESETS",
    "CallPlan",
    "Contacts",
    "CrmPreset",
    "Reason",
    "ScoredPart",
    "Share",
    "applications_interval",
    "assign_leads",
    "beside",
    "check_folder",
    "check_free",
    "check_output",
    "choose_split",
    "city_name",
    "contact_flags",
    "contact_keys",
    "cut_for",
    "describe_plan",
    "expected_curve",
    "explain_change",
    "explain_leads",
    "find_duplicates",
    "gain_curve",
    "grade_leads",
    "human_name",
    "join_scored",
    "judge_trend",
    "junk_reasons",
    "lead_reasons",
    "make_plan",
    "neutralise",
    "observed_by_grade",
    "observed_curve",
    "plan_calls",
    "rank_leads",
    "key_names",
    "read_contacts",
    "read_curve",
    "reasons_in_words",
    "removable",
    "score_leads",
    "score_part",
    "to_crm",
    "wilson",
    "write_leads",
]
