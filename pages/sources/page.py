"""Sources: which of them earn their money, what their leads explain of it, and where targeting is off."""

import streamlit as st

from leadscore_core.errors import LeadScoreError
from pages.shared import session
from pages.shared.controls import plain_error
from pages.sources.rates import choose_leads, choose_scope, render_rates, render_source_answer
from pages.sources.report import render_report
from pages.sources.sections import render_course, render_gaps, render_segments
from pages.sources.spend import render_money

SECTIONS = ["Rates", "Composition", "Segments", "Weeks and flow", "Money"]

st.title("Which sources earn their money?", anchor=False)
view, batches = choose_leads()
try:
    scope = choose_scope(view)
    rates = render_source_answer(view, batches, scope)
    if rates is None:
        st.stop()
    with st.container(horizontal=True, vertical_alignment="center"):
        key = session.bind("source-section", SECTIONS[0])
        section = st.segmented_control("Section", SECTIONS, key=key, required=True, label_visibility="collapsed")
        render_report(view, scope)
    if section == "Rates":
        render_rates(view, batches, scope, rates)
    elif section == "Composition":
        render_gaps(view, scope, batches)
    elif section == "Segments":
        render_segments(view, scope, batches)
    elif section == "Weeks and flow":
        render_course(view, scope)
    else:
        render_money(view, scope)
except LeadScoreError as error:
    st.error(plain_error(error), icon=":material/error:")
