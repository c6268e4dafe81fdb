"""Leads: whom do we call first, who is junk, and why."""

import streamlit as st

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import current_person
from leadscore_core.errors import LeadScoreError
from pages.leads.call_list import render_call_list
from pages.leads.call_mode import render_call_mode
from pages.leads.grades import render_grades
from pages.leads.junk_filter import render_junk
from pages.leads.outcomes import render_outcomes
from pages.leads.plan import render_planner
from pages.leads.quarantine import render_quarantine, render_review
from pages.shared import session
from pages.shared.address import settle_section
from pages.shared.batch_picker import choose_batch
from pages.shared.components import find_model, get_model
from pages.shared.controls import plain_error
from pages.shared.lead_card import open_card

SECTIONS = {
    "Call list": Action.SEE_LEADS,
    "Call": Action.CALL,
    "Plan": Action.PLAN,
    "Bring outcomes": Action.BRING_OUTCOMES,
    "Quarantine": Action.RESTORE,
    "Grades": Action.CHANGE_RULES,
    "Junk filter": Action.CHANGE_RULES,
    "Review list": Action.REVIEW,
}

person = current_person()
sections = [name for name, action in SECTIONS.items() if person.may(action)]
top = st.container(gap="xsmall")
bar = top.container(horizontal=True, vertical_alignment="center")
bar.title("Whom do we call first?", anchor=False, width="content")
with bar:
    view = choose_batch(compact=True)
model = find_model(view.batch.schema_name, warn=True) or view.model or get_model()
try:
    if session.get("section", sections[0]) not in sections:  # a role was taken meanwhile
        session.forget("section")
    key = session.bind("section", settle_section(sections))
    section = top.segmented_control(
        "Section", sections, key=key, required=True, label_visibility="collapsed", wrap=False
    )
    session.set_section(section or sections[0])
    if section == "Call list":
        render_call_list(view, top, bar)
    elif section == "Call":
        render_call_mode(view)
    elif section == "Plan":
        render_planner(view)
    elif section == "Bring outcomes":
        render_outcomes(view)
    elif section == "Quarantine":
        render_quarantine(view)
    elif section == "Grades":
        render_grades(view, model)
    elif section == "Junk filter":
        render_junk(view, model)
    else:
        render_review(view)
    open_card(view)
except LeadScoreError as error:
    st.error(plain_error(error), icon=":material/error:")
