"""Batches on the screen: which one is looked at, renaming, re-scoring, deleting."""

import streamlit as st

from leadscore_core.batches.save import rescore_batch
from leadscore_core.batches.view import BatchView, open_view
from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.percent import say_leads
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.registry.served import known_schema
from leadscore_core.storage.database.batches import Batch, BatchStore
from pages.shared import address, session
from pages.shared.checks import check_soon
from pages.shared.companies import company_title, models_of, present_company
from pages.shared.components import find_model, get_named_model
from pages.shared.controls import plain_error
from pages.shared.moments import say_day, say_moment
from pages.shared.navigation import link_to
from pages.shared.person import sign
from pages.shared.sidebar import plain
from pages.shared.turns import scoring_turn


def get_view(batch: Batch) -> BatchView:
    """Open a batch as it stands now, by the model that scored it; by the one in use of its schema if that is gone."""
    model = find_model(batch.schema_name)
    schema = known_schema(batch.schema_name, load_settings()) if model is None else model.schema
    return open_view(batch, get_named_model, schema)


def choose_batch(*, compact: bool = False) -> BatchView:
    """Let a person choose a batch, and return it; stop the page where there is none or it cannot be read.

    Its company is looked at from then on.

    Parameters
    ----------
    compact
        Whether to leave the label out, in a bar where it is clear what is chosen.
    """
    message = session.take_message()
    if message:
        st.toast(plain(message), icon=":material/check:")
    try:
        batches = BatchStore(load_settings()).list_batches()
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
        st.stop()
    if not batches:
        st.info(
            "No list has been scored yet. Score one, and you will see here whom to call first, who is junk, and why.",
            icon=":material/info:",
        )
        link_to("score")
        st.stop()
    by_id = {batch.id: batch for batch in batches}
    several = len({batch.schema_name for batch in batches}) > 1
    company = session.get_company()
    newest = next((b.id for b in batches if company in (None, b.schema_name)), None)
    if address.is_fresh() and session.get_batch() not in {None, *by_id}:
        address.doubt()
    present = session.get_batch() if session.get_batch() in by_id else newest
    if present is None:
        st.info(f"No list of {plain(company_title(str(company)))} has been scored yet.", icon=":material/info:")
        link_to("score")
        st.stop()
    with st.container(horizontal=True, vertical_alignment="bottom", width="content" if compact else "stretch"):
        chosen = st.selectbox(
            "List",
            list(by_id),
            index=list(by_id).index(str(present)),
            format_func=lambda batch_id: _title(by_id[batch_id], several=several),
            key=f"batch-{present}",
            label_visibility="collapsed" if compact else "visible",
            width=420,
        )
        batch = by_id[chosen]
        if batch.schema_name != company:
            is_another = present_company() != batch.schema_name
            session.set_company(batch.schema_name)
            session.set_batch(chosen)
            if is_another:
                st.rerun()  # the sidebar was drawn before, with another company and its model
        if chosen != session.get_batch():
            session.set_batch(chosen)
    try:
        return get_view(batch)
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
        st.stop()


def _title(batch: Batch, *, several: bool) -> str:
    company = f" ({company_title(batch.schema_name)})" if several else ""
    return f"{batch.name}, {say_leads(batch.rows)}, {say_day(batch.created_at)}{company}"


def render_manage(batch: Batch) -> None:
    """Let a person rename a batch, score it again, or delete it."""
    store = BatchStore(load_settings())
    by = f" by {plain(batch.created_by)}" if batch.created_by else ""
    st.caption(f"From {plain(batch.file_name)}, scored {say_moment(batch.scoring.scored_at)}{by}.")
    with st.form("rename", border=False):
        name = st.text_input("Name", value=batch.name, max_chars=200)
        if st.form_submit_button("Rename", icon=":material/edit:"):
            sign(lambda _: store.rename(batch, name), "Renamed.")
    registry = ModelRegistry(load_settings().models_dir)
    in_use = registry.champion_of(batch.schema_name)
    known = {m.model_id: m for m in models_of(batch.schema_name, registry)}
    others = [m for m in known if m != batch.scoring.model_id]
    others.sort(key=lambda m: (known[m].training_data.synthetic, m != in_use))
    if others:
        with st.form("rescore", border=False):
            chosen = st.selectbox(
                "Score again with",
                others,
                format_func=lambda m: (
                    f"{'The model in use' if m == in_use else 'Model'} of {say_moment(known[m].created_at)}"
                    f"{', of made-up leads' if known[m].training_data.synthetic else ''}"
                ),
            )
            if st.form_submit_button("Score again", icon=":material/refresh:"):
                sign(lambda by: _rescore(batch, chosen, by), "Scored again. Earlier scores are kept.")
    sure = st.checkbox(
        f"Yes, delete {plain(batch.name)} with all that was decided about its leads", key=f"sure-{batch.id}"
    )
    if st.button("Delete", icon=":material/delete:", disabled=not sure):
        sign(lambda _: store.delete(batch), f"{plain(batch.name)} is deleted. Your own file is as it was.")


def _rescore(batch: Batch, model_id: str, by: str) -> None:
    with (
        scoring_turn(load_settings(), st.empty().caption),
        st.spinner(f"Scoring {plain(batch.name)}", show_time=True),
    ):
        rescore_batch(batch, get_named_model(model_id), by=by)
    check_soon([batch.id])
