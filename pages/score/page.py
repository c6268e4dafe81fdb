"""Score leads: a list in; whom to call first, who is junk, and why, out."""

import streamlit as st

from leadscore_core.config import load_settings
from pages.shared import session
from pages.shared.sidebar import plain
from pages.shared.upload_form import render_intake

st.title("Score leads", anchor=False)
settings = load_settings()
render_intake(settings)

from pages.score.lists import render_lists  # noqa: E402
from pages.score.result import render_saved, render_scored  # noqa: E402
from pages.shared.components import get_model, what_is_needed  # noqa: E402  a list can be brought before these load

opened = session.get_opened()
model = get_model(opened.leads.schema.name if opened is not None and opened.leads is not None else None)
if session.get_problem():
    st.error(plain(session.get_problem()), icon=":material/error:")
if opened is not None:
    render_scored(opened, model, settings)
elif not session.get_problem() and session.get_waiting() is None and session.get_scored() is not None:
    render_saved(str(session.get_scored()), settings)
elif not session.get_problem() and session.get_waiting() is None:
    st.info(
        f"You will see here whom to call first, who is junk, and why. {plain(what_is_needed(model.schema))}",
        icon=":material/info:",
    )
if opened is None and session.get_scored() is None:
    render_lists(settings)
