"""Leads: whom do we call first, who is junk, and why."""

import streamlit as st

from leadscore_core.errors import LeadScoreError
from pages._shared import (
    choose_batch,
    get_model,
    plain,
    render_answer,
    render_export,
    render_filters,
    render_grades,
    render_junk,
    render_key_figures,
    render_lead,
    render_opener,
    render_planner,
    render_quarantine,
    render_review,
    render_table,
    state,
)

SECTIONS = ["Call list", "Quarantine", "Plan", "Grades", "Junk filter", "Review list"]

st.title("Whom do we call first?", anchor=False)
model = get_model()
view = choose_batch(model)
try:
    render_answer(view)
    key = state.bind("section", state.get_section(SECTIONS[0]))
    section = st.segmented_control("Section", SECTIONS, key=key, required=True, label_visibility="collapsed")
    state.set_section(section)
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
    if state.get_lead() is not None:
        render_lead(view)
except LeadScoreError as error:
    st.error(plain(str(error)), icon=":material/error:")
