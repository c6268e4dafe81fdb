"""Leads: whom do we call first, who is junk, and why."""

import streamlit as st

from leadscore_core.errors import LeadScoreError
from pages.leads.call_mode import render_call_mode
from pages.leads.grades import render_grades
from pages.leads.junk_filter import render_junk
from pages.leads.outcomes import render_outcomes
from pages.leads.plan import render_planner
from pages.leads.quarantine import render_quarantine, render_review
from pages.shared import session
from pages.shared.address import settle_section
from pages.shared.batch_picker import choose_batch, render_manage
from pages.shared.components import find_model, get_model
from pages.shared.controls import plain_error
from pages.shared.lead_card import open_card
from pages.shared.lead_filters import render_filters
from pages.shared.lead_list import render_list
from pages.shared.lead_table import render_export
from pages.shared.list_summary import render_about, render_answer
from pages.shared.today import render_today

SECTIONS = ["Call list", "Call", "Plan", "Bring outcomes", "Quarantine", "Grades", "Junk filter", "Review list"]

top = st.container(gap="xsmall")
bar = top.container(horizontal=True, vertical_alignment="center")
bar.title("Whom do we call first?", anchor=False, width="content")
with bar:
    view = choose_batch(compact=True)
model = find_model(view.batch.schema_name, warn=True) or view.model or get_model()
try:
    key = session.bind("section", settle_section(SECTIONS))
    section = top.segmented_control(
        "Section", SECTIONS, key=key, required=True, label_visibility="collapsed", wrap=False
    )
    session.set_section(section or SECTIONS[0])
    if section == "Call list":
        answer = top.container(gap="xxsmall")
        with top:
            chosen, layout = render_filters(view, "calls")
        with bar:
            render_today(view, chosen)
        with answer:
            render_answer(view, chosen)
        render_list(view, chosen, layout, key="calls")
        render_export(view, chosen, layout.sort)
        render_about(view, chosen)
        with st.expander("Rename, score again or delete", icon=":material/edit:"):
            render_manage(view.batch)
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
