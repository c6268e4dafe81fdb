"""Leads: whom do we call first, who is junk, and why."""

import streamlit as st

from leadscore_core.errors import LeadScoreError
from pages.leads.grades import render_grades
from pages.leads.junk_filter import render_junk
from pages.leads.plan import render_planner
from pages.leads.quarantine import render_quarantine, render_review
from pages.shared import session
from pages.shared.batch_picker import choose_batch
from pages.shared.components import find_model, get_model
from pages.shared.controls import plain_error
from pages.shared.lead_card import render_lead, render_opener
from pages.shared.lead_table import render_answer, render_export, render_filters, render_key_figures, render_table

SECTIONS = ["Call list", "Quarantine", "Plan", "Grades", "Junk filter", "Review list"]

st.title("Whom do we call first?", anchor=False)
view = choose_batch()
model = find_model(view.batch.schema_name, warn=True) or view.model or get_model()
try:
    render_answer(view)
    key = session.bind("section", session.get_section(SECTIONS[0]))
    section = st.segmented_control("Section", SECTIONS, key=key, required=True, label_visibility="collapsed")
    session.set_section(section or SECTIONS[0])
    if section == "Call list":
        render_key_figures(view)
        chosen = render_filters(view, "calls")
        shown = render_table(view, chosen, key="calls")
        render_opener(view)
        render_export(view, chosen, shown.sort)
    elif section == "Quarantine":
        render_quarantine(view)
    elif section == "Plan":
        render_planner(view)
    elif section == "Grades":
        render_grades(view, model)
    elif section == "Junk filter":
        render_junk(view, model)
    else:
        render_review(view)
    if session.get_lead() is not None:
        render_lead(view)
except LeadScoreError as error:
    st.error(plain_error(error), icon=":material/error:")
