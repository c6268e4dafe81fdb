"""Score leads: a list in; whom to call first, who is junk, and why, out."""

import streamlit as st

from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.figures import plot_grade_shares
from leadscore_core.inference import describe_plan, plan_calls
from leadscore_core.pipelines import choose_columns, score_in_memory
from pages._shared import (
    get_model,
    render_downloads,
    render_findings,
    render_intake,
    render_mapping,
    render_ranked,
    state,
)

PAGE_ROWS = 50

st.title("Score leads")
settings, model = load_settings(), get_model()
render_intake(model.schema, settings)
if state.get_problem():
    st.error(state.get_problem(), icon=":material/error:")
opened, scored = state.get_opened(), state.get_scored()
if opened is None:
    st.info(
        "You will see here whom to call first, who is junk, and why. Bring a list, or try the sample leads.",
        icon=":material/info:",
    )
    st.stop()

if scored is None:
    try:
        with st.spinner(f"Scoring {opened.name}", show_time=True):
            scored = score_in_memory(opened.leads, model, settings=settings)
        state.set_scored(scored)
    except LeadScoreError as error:
        st.error(str(error), icon=":material/error:")

if scored is not None:
    plan = plan_calls(scored.own["propensity"].to_numpy(), state.get_capacity())
    st.markdown(f"### {describe_plan(plan, scored.report.rows)}")
    report, expected = scored.report, scored.expected_by_grade()
    figures = st.columns(4)
    figures[0].metric("Leads", f"{report.rows:,}", border=True)
    figures[1].metric("Applications expected", f"{report.expected:,.0f}", border=True)
    figures[2].metric(
        "Hot", f"{report.grades['Hot']:,}", border=True, help=f"Propensity of {report.thresholds.hot:.0%} or more"
    )
    figures[3].metric(
        "Junk",
        f"{report.grades['Junk']:,}",
        border=True,
        help=f"Propensity below {report.thresholds.cold:.0%}; kept in the list and marked",
    )
    figure = plot_grade_shares(report.grades, expected)
    st.plotly_chart(figure, config={"displayModeBar": False}, alt=figure.layout.title.text)

    st.subheader("The ranked list")
    pages = -(-report.rows // PAGE_ROWS)
    page = st.pagination(pages, key=f"ranked-{id(scored)}") if pages > 1 else 1
    shown = render_ranked(scored, slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS))
    st.caption(
        f"{shown:,} of {report.rows:,} leads in {opened.name}, the highest score first. The download holds all of them, with three reasons each."
    )
    render_downloads(scored, opened.name)

    weighty = [finding for finding in report.findings if finding.severity != "info"]
    with st.expander(f"Problems in this list: {len(weighty) or 'none'}", icon=":material/rule:", expanded=False):
        if report.findings:
            st.caption("No lead was dropped. What could not be read counts as missing, and the lead's row says so.")
            render_findings(report.findings)
        else:
            st.caption("Every cell could be read and every value was seen in training.")

found, wanted = len(opened.leads.mapping.used), len(model.schema.columns)
with st.expander(f"Columns: {found} of {wanted} found", icon=":material/view_column:", expanded=scored is None):
    choices = render_mapping(opened.leads.mapping, model.schema)
    if choices is not None:
        try:
            opened.leads = choose_columns(opened.leads, choices, settings=settings)
            state.set_opened(opened)
        except LeadScoreError as error:
            state.set_problem(str(error))
        st.rerun()
