"""Monitor: can the scores still be trusted, and does anybody know it."""

import streamlit as st

from leadscore_core.errors import LeadScoreError
from pages.monitor.drift import render_drift
from pages.monitor.performance import render_performance
from pages.monitor.sample import render_sample
from pages.monitor.shadow import render_shadow
from pages.monitor.timeline import render_timeline
from pages.monitor.trials import render_trials
from pages.monitor.verdict import checked, render_verdict
from pages.shared import session
from pages.shared.batch_picker import choose_batch
from pages.shared.controls import plain_error

SECTIONS = ["Outcomes", "Drift", "Leads to call", "Shadow", "Trials", "Time"]

st.title("Can we still trust the scores?", anchor=False)
view = choose_batch()
if view.model is None:
    st.warning(
        "The model that scored this list cannot be loaded, so its scores cannot be checked. Score the list again "
        "with the model in use, on the Leads page.",
        icon=":material/warning:",
    )
    st.stop()
try:
    report, case = checked(view)
    render_verdict(view, report, case)
    section = st.segmented_control(
        "Section",
        SECTIONS,
        key=session.bind("monitor-section", SECTIONS[0]),
        required=True,
        label_visibility="collapsed",
        wrap=False,
    )
    if section == "Outcomes":
        render_performance(view, report)
    elif section == "Drift":
        render_drift(report)
    elif section == "Leads to call":
        render_sample(view)
    elif section == "Shadow":
        render_shadow(view)
    elif section == "Trials":
        render_trials(view)
    else:
        render_timeline(view)
except LeadScoreError as error:
    st.error(plain_error(error), icon=":material/error:")
