"""Score leads: a list in; whom to call first, who is junk, and why, out."""

import streamlit as st

from leadscore_core.config import load_settings
from pages._shared import state
from pages._shared.components import get_model, what_is_needed
from pages._shared.intake import render_intake

st.title("Score leads", anchor=False)
settings = load_settings()
render_intake(lambda: get_model().schema, settings)

from pages._shared.scored import render_scored  # noqa: E402  a list can be brought while all else still loads

model = get_model()
if state.get_problem():
    st.error(state.get_problem(), icon=":material/error:")
opened = state.get_opened()
if opened is not None:
    render_scored(opened, model, settings)
elif not state.get_problem():
    st.info(
        f"You will see here whom to call first, who is junk, and why. {what_is_needed(model.schema)}",
        icon=":material/info:",
    )
