"""What pages share: session state and rendering helpers."""

from pages._shared import state
from pages._shared.batches import choose_batch, get_view
from pages._shared.challenging import render_challenge
from pages._shared.comparing import render_comparisons
from pages._shared.components import (
    check_settings,
    columns_found,
    get_model,
    plain,
    render_mapping,
    render_problems,
    render_sidebar,
    what_is_needed,
)
from pages._shared.driving import (
    choose_group,
    render_dependence,
    render_importance,
    render_interaction,
    render_swarm,
    sample_effects,
)
from pages._shared.grading import render_grades
from pages._shared.intake import keep_opened, offer_again, render_intake
from pages._shared.junk import render_junk
from pages._shared.lead_card import render_lead, render_opener
from pages._shared.lead_list import (
    render_answer,
    render_downloads,
    render_export,
    render_filters,
    render_key_figures,
    render_table,
)
from pages._shared.planner import render_planner
from pages._shared.promoting import render_promotion
from pages._shared.quarantine import render_quarantine, render_review
from pages._shared.source_parts import render_course, render_mix, render_targets
from pages._shared.sourcing import choose_leads, choose_scope, render_rates, render_report, render_source_answer
from pages._shared.spending import render_money
from pages._shared.training import render_training
from pages._shared.verdict import choose_model, render_due, render_state_of_models, render_verdict

__all__ = [
    "check_settings",
    "choose_batch",
    "choose_group",
    "choose_leads",
    "choose_model",
    "choose_scope",
    "columns_found",
    "get_model",
    "get_view",
    "keep_opened",
    "offer_again",
    "plain",
    "render_answer",
    "render_challenge",
    "render_due",
    "render_comparisons",
    "render_course",
    "render_dependence",
    "render_downloads",
    "render_export",
    "render_filters",
    "render_grades",
    "render_importance",
    "render_intake",
    "render_interaction",
    "render_junk",
    "render_key_figures",
    "render_lead",
    "render_mapping",
    "render_mix",
    "render_money",
    "render_opener",
    "render_planner",
    "render_problems",
    "render_promotion",
    "render_quarantine",
    "render_rates",
    "render_report",
    "render_review",
    "render_sidebar",
    "render_source_answer",
    "render_state_of_models",
    "render_swarm",
    "render_table",
    "render_targets",
    "render_training",
    "render_verdict",
    "sample_effects",
    "state",
    "what_is_needed",
]
