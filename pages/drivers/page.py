"""Drivers: what makes a lead convert, in words first."""

import streamlit as st

from leadscore_core.errors import LeadScoreError
from pages.drivers.effects import (
    choose_group,
    render_dependence,
    render_importance,
    render_interaction,
    render_swarm,
    sample_effects,
)
from pages.shared.batch_picker import choose_batch
from pages.shared.controls import plain_error
from pages.shared.list_summary import render_cautions

st.title("What makes a lead convert?", anchor=False)
view = choose_batch()
if view.model is None:
    st.warning(
        "The model that scored this list cannot be loaded, so what drives its scores is not known. Score the list "
        "again with the model in use, on the Leads page.",
        icon=":material/warning:",
    )
    st.stop()
render_cautions(view)
try:
    group = choose_group(view)
    effects, everyone = sample_effects(view, group)
    log_odds = st.toggle("In log-odds", help="For data scientists: contributions as the model adds them up")
    render_importance(view, effects, everyone, log_odds=log_odds)
    render_swarm(view, group, effects, log_odds=log_odds)
    render_dependence(view, group, effects)
    render_interaction(view, group, effects)
except LeadScoreError as error:
    st.error(plain_error(error), icon=":material/error:")
