"""The list that is open: kept, scored and shown, with the columns that were found in it."""

import streamlit as st

from leadscore_core.batches.planning import CALLS
from leadscore_core.batches.save import find_batch, rescore_batch, save_batch
from leadscore_core.config import Settings
from leadscore_core.data.dataset.open import choose_columns, evidence_of
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch, BatchStore
from pages.shared import session
from pages.shared.batch_picker import get_view
from pages.shared.components import columns_found, render_mapping, render_problems
from pages.shared.conventions import render_corrections, render_questions
from pages.shared.lead_card import render_lead
from pages.shared.lead_filters import layout_of
from pages.shared.lead_list import render_list
from pages.shared.lead_table import render_downloads
from pages.shared.list_summary import render_about, render_answer
from pages.shared.sidebar import plain
from pages.shared.today import render_today


def render_scored(opened: session.OpenedList, model: LeadModel, settings: Settings) -> None:
    """Show the open list with its scores, or why it cannot be scored, and let a person say which column is which."""
    shown = False
    render_questions(opened, settings)
    try:
        if session.get_scored() is None:
            _keep(opened, model, settings)
        batch = BatchStore(settings).get(str(session.get_scored()))
        view = get_view(batch)
        shown = True
        _offer_again(batch, opened, model, settings)
        with st.container(horizontal=True, vertical_alignment="center"):
            render_today(view, CALLS)
            link = "Plan the calls, filter, look at single leads"
            st.page_link("pages/leads/page.py", label=link, icon=":material/call:")
        render_answer(view, CALLS)
        render_list(view, CALLS, layout_of(view, "calls"), key=f"scored-{batch.id}")
        render_about(view, CALLS)
        render_downloads(view, "leads" if " " in opened.name else opened.name.split(".")[0])
        render_problems(batch.scoring.findings)
        if session.get_lead() is not None:
            render_lead(view)
    except LeadScoreError as error:
        st.error(str(error), icon=":material/error:")
    _render_columns(opened, model, settings, expanded=not shown)


def _keep(opened: session.OpenedList, model: LeadModel, settings: Settings) -> None:
    assert opened.leads is not None
    kept = find_batch(opened.leads, settings)
    result = st.empty()

    def say(_: float, text: str) -> None:
        result.caption(text)

    by, leads = session.get_name(), opened.leads
    with st.spinner(f"Scoring {plain(opened.name)}", show_time=True):
        if kept is None:
            batch = save_batch(leads, model, name=opened.name, by=by, settings=settings, progress=say)
        elif kept.mapping != leads.mapping and kept.schema_name == model.schema.name:
            batch = rescore_batch(kept, model, by=by, mapping=leads.mapping, settings=settings)
        else:
            batch = kept
    result.empty()
    session.set_scored(batch.id, recognised=kept is not None and kept.mapping == leads.mapping)


def _offer_again(batch: Batch, opened: session.OpenedList, model: LeadModel, settings: Settings) -> None:
    if not session.was_recognised():
        return
    by = f" by {plain(batch.created_by)}" if batch.created_by else ""
    st.info(
        f"This file was scored before, on {batch.created_at:%d %b %Y}{by}, as {plain(batch.name)}. "
        "It is shown as it stands and was not doubled.",
        icon=":material/history:",
    )
    if batch.scoring.model_id != model.model_id and st.button(
        "Score it again with the model in use", icon=":material/refresh:"
    ):
        with st.spinner(f"Scoring {plain(opened.name)}", show_time=True):
            rescore_batch(batch, model, by=session.get_name(), settings=settings)
        st.rerun()


def _render_columns(opened: session.OpenedList, model: LeadModel, settings: Settings, *, expanded: bool) -> None:
    assert opened.leads is not None
    render_corrections(opened, settings)
    mapping = opened.leads.mapping
    with st.expander(columns_found(mapping, model.schema), icon=":material/view_column:", expanded=expanded):
        leads = opened.leads
        evidence = session.remembered(("evidence", str(opened.path), mapping.matches), lambda: evidence_of(leads))
        choices = render_mapping(mapping, model.schema, evidence)
        if choices is not None:
            try:
                opened.leads = choose_columns(opened.leads, choices, settings=settings)
                session.set_opened(opened)
                st.toast("These columns are remembered for files with the same headers.", icon=":material/check:")
            except LeadScoreError as error:
                session.set_problem(str(error))
            st.rerun()
