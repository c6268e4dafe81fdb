"""Score leads: a list in; whom to call first, who is junk, and why, out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from leadscore_core.config import load_settings
from pages.shared import session
from pages.shared.upload_form import render_intake

if TYPE_CHECKING:
    from leadscore_core.data.schema.schema import LeadSchema


def get_schema() -> LeadSchema:
    """Return what the model in use reads."""
    from pages.shared.components import get_model

    return get_model().schema


st.title("Score leads", anchor=False)
settings = load_settings()
render_intake(get_schema, settings)

from pages.score.result import render_scored  # noqa: E402
from pages.shared.components import get_model, what_is_needed  # noqa: E402  a list can be brought before these load

model = get_model()
if session.get_problem():
    st.error(session.get_problem(), icon=":material/error:")
opened = session.get_opened()
if opened is not None:
    render_scored(opened, model, settings)
elif not session.get_problem() and session.get_waiting() is None:
    st.info(
        f"You will see here whom to call first, who is junk, and why. {what_is_needed(model.schema)}",
        icon=":material/info:",
    )
