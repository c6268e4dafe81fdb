"""Score leads: a list in; whom to call first, who is junk, and why, out."""

import streamlit as st

from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.inference import describe_plan, plan_calls
from leadscore_core.pipelines import choose_columns, score_in_memory
from pages._shared import (
    columns_found,
    get_model,
    render_cautions,
    render_downloads,
    render_intake,
    render_key_figures,
    render_mapping,
    render_problems,
    render_ranked,
    state,
)

PAGE_ROWS = 50

st.title("Score leads", anchor=False)
settings, model = load_settings(), get_model()
render_intake(model.schema, settings)
if state.get_problem():
    st.error(state.get_problem(), icon=":material/error:")
opened, scored = state.get_opened(), state.get_scored()
if opened is None:
    if not state.get_problem():
        needed = " and ".join(column.human.lower() for column in model.schema.columns if column.required)
        st.info(
            f"You will see here whom to call first, who is junk, and why. A list needs the {needed} of each lead; "
            "date, city, platform and times contacted make its scores more exact.",
            icon=":material/info:",
        )
    st.stop()

if scored is None:
    try:
        told = st.empty()
        with st.spinner(f"Scoring {opened.name}", show_time=True):
            scored = score_in_memory(
                opened.leads, model, settings=settings, progress=lambda _, text: told.caption(text)
            )
        told.empty()
        state.set_scored(scored)
    except LeadScoreError as error:
        st.error(str(error), icon=":material/error:")

if scored is not None:
    plan = plan_calls(scored.own["propensity"].to_numpy(), state.get_capacity())
    st.markdown(f"### {describe_plan(plan, scored.report.rows, scored.report.grades['Junk'])}")
    render_cautions(scored)
    render_key_figures(scored)
    st.subheader(f"The ranked list: {opened.name}", anchor=False)
    render_ranked(scored, opened.name, PAGE_ROWS)
    render_downloads(scored, opened.name)
    render_problems(scored)

mapping = opened.leads.mapping
with st.expander(columns_found(mapping, model.schema), icon=":material/view_column:", expanded=scored is None):
    choices = render_mapping(mapping, model.schema)
    if choices is not None:
        try:
            opened.leads = choose_columns(opened.leads, choices, settings=settings)
            state.set_opened(opened)
            st.toast("These columns are remembered for files with the same headers.", icon=":material/check:")
        except LeadScoreError as error:
            state.set_problem(str(error))
        st.rerun()
