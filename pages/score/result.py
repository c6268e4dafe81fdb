"""The list that is open: kept, scored and shown, with the columns that were found in it."""

import streamlit as st

from leadscore_core.batches.planning import CALLS
from leadscore_core.batches.problem_examples import with_examples
from leadscore_core.batches.save import find_batch, rescore_batch, save_batch
from leadscore_core.batches.view import BatchView
from leadscore_core.config import Settings
from leadscore_core.data.dataset.open import choose_columns, evidence_of
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch, BatchStore
from pages.shared import session
from pages.shared.address import doubt
from pages.shared.batch_picker import get_view
from pages.shared.checks import check_soon
from pages.shared.components import columns_found, render_mapping, render_problems
from pages.shared.controls import plain_error
from pages.shared.conventions import render_corrections, render_questions
from pages.shared.lead_card import open_card
from pages.shared.lead_filters import layout_of
from pages.shared.lead_list import render_list
from pages.shared.lead_table import render_downloads
from pages.shared.list_summary import render_about, render_answer
from pages.shared.moments import say_day, say_moment
from pages.shared.sidebar import plain
from pages.shared.today import render_today
from pages.shared.turns import scoring_turn


def render_scored(opened: session.OpenedList, model: LeadModel, settings: Settings) -> None:
    """Show the open list with its scores, or why it cannot be scored, and let a person say which column is which."""
    shown = False
    render_questions(opened, settings)
    try:
        if session.get_scored() is None:
            _save(opened, model, settings)
        batch = BatchStore(settings).get(str(session.get_scored()))
        view = get_view(batch)
        shown = True
        _offer_again(batch, opened, model, settings)
        _render_list(view, "leads" if " " in opened.name else opened.name.split(".")[0])
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
    _render_columns(opened, model, settings, expanded=not shown)


def render_saved(batch_id: str, settings: Settings) -> None:
    """Show a list that was scored in an earlier visit, or before the server was started anew."""
    try:
        batch = BatchStore(settings).get(batch_id)
        view = get_view(batch)
    except LeadScoreError:
        doubt()
        session.close_opened()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{plain(batch.name)}, scored {say_moment(batch.scoring.scored_at)}")
        if st.button(f"Close {plain(batch.name)}", type="tertiary", icon=":material/close:"):
            session.close_opened()
            st.rerun()
    try:
        _render_list(view, batch.name.split(".")[0])
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")


def _render_list(view: BatchView, stem: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        render_today(view, CALLS)
        link = "Plan the calls, filter, look at single leads"
        st.page_link("pages/leads/page.py", label=link, icon=":material/call:")
    render_answer(view, CALLS)
    render_list(view, CALLS, layout_of(view, "calls"), key=f"scored-{view.batch.id}")
    render_about(view, CALLS)
    render_downloads(view, stem)
    render_problems(with_examples(view.batch))
    open_card(view)


def _save(opened: session.OpenedList, model: LeadModel, settings: Settings) -> None:
    assert opened.leads is not None  # noqa: S101  # for the type checker
    saved = find_batch(opened.leads, settings)
    result = st.empty()

    def say(_: float, text: str) -> None:
        result.caption(plain(text))

    by, leads, batch = session.get_name(), opened.leads, saved
    changed = saved is not None and saved.mapping != leads.mapping and saved.schema_name == model.schema.name
    if batch is None or changed:
        spinner = st.spinner(f"Scoring {plain(opened.name)}", show_time=True)
        with scoring_turn(settings, result.caption), spinner:
            if batch is None:
                batch = save_batch(leads, model, name=opened.name, by=by, settings=settings, progress=say)
            else:
                batch = rescore_batch(batch, model, by=by, mapping=leads.mapping, settings=settings)
        check_soon([batch.id])
    result.empty()
    session.set_scored(batch.id, recognised=saved is not None and saved.mapping == leads.mapping)


def _offer_again(batch: Batch, opened: session.OpenedList, model: LeadModel, settings: Settings) -> None:
    if not session.was_recognised():
        return
    by = f" by {plain(batch.created_by)}" if batch.created_by else ""
    st.info(
        f"This file was scored before, on {say_day(batch.created_at)}{by}, as {plain(batch.name)}. "
        "It is shown as it stands and was not doubled.",
        icon=":material/history:",
    )
    if batch.scoring.model_id != model.model_id and st.button(
        "Score it again with the model in use", icon=":material/refresh:"
    ):
        with scoring_turn(settings, st.empty().caption), st.spinner(f"Scoring {plain(opened.name)}", show_time=True):
            rescore_batch(batch, model, by=session.get_name(), settings=settings)
        check_soon([batch.id])
        st.rerun()


def _render_columns(opened: session.OpenedList, model: LeadModel, settings: Settings, *, expanded: bool) -> None:
    assert opened.leads is not None  # noqa: S101  # for the type checker
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
