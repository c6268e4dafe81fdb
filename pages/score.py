"""Score leads: a list in; whom to call first, who is junk, and why, out."""

import streamlit as st

from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.lists import choose_columns
from leadscore_core.storage import BatchStore
from leadscore_core.workbench import ALL
from pages._shared import (
    columns_found,
    get_model,
    get_view,
    keep_opened,
    offer_again,
    plain,
    render_answer,
    render_downloads,
    render_intake,
    render_key_figures,
    render_lead,
    render_mapping,
    render_problems,
    render_table,
    state,
    what_is_needed,
)

st.title("Score leads", anchor=False)
settings, model = load_settings(), get_model()
render_intake(model.schema, settings)
if state.get_problem():
    st.error(state.get_problem(), icon=":material/error:")
opened = state.get_opened()
if opened is None:
    if not state.get_problem():
        st.info(
            f"You will see here whom to call first, who is junk, and why. {what_is_needed(model.schema)}",
            icon=":material/info:",
        )
    st.stop()

view = None
try:
    if state.get_scored() is None:
        keep_opened(opened, model, settings)
    batch = BatchStore(settings).get(str(state.get_scored()))
    view = get_view(batch, model)
    offer_again(batch, opened, model, settings)
    render_answer(view)
    st.page_link("pages/leads.py", label="Plan the calls, filter, look at single leads", icon=":material/call:")
    render_key_figures(view)
    st.subheader(f"The ranked list: {plain(opened.name)}", anchor=False)
    render_table(view, ALL, key=f"scored-{batch.id}")
    render_downloads(view, "leads" if " " in opened.name else opened.name.split(".")[0])
    render_problems(batch.scoring.findings)
    if state.get_lead() is not None:
        render_lead(view)
except LeadScoreError as error:
    st.error(str(error), icon=":material/error:")

mapping = opened.leads.mapping
with st.expander(columns_found(mapping, model.schema), icon=":material/view_column:", expanded=view is None):
    choices = render_mapping(mapping, model.schema)
    if choices is not None:
        try:
            opened.leads = choose_columns(opened.leads, choices, settings=settings)
            state.set_opened(opened)
            st.toast("These columns are remembered for files with the same headers.", icon=":material/check:")
        except LeadScoreError as error:
            state.set_problem(str(error))
        st.rerun()
