"""The call list: the leads to call, in their order, and what is done with all of them."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import current_person
from leadscore_core.batches.view import BatchView
from pages.shared.batch_picker import render_manage
from pages.shared.lead_filters import render_filters
from pages.shared.lead_list import render_list
from pages.shared.lead_table import render_export
from pages.shared.list_summary import render_about, render_answer
from pages.shared.today import render_today


def render_call_list(view: BatchView, top: DeltaGenerator, bar: DeltaGenerator) -> None:
    """Show the list under its answer and filters, and offer what whoever looks at it may do.

    Parameters
    ----------
    top, bar
        The head of the page, and the row of it that holds the title.
    """
    person = current_person()
    answer = top.container(gap="xxsmall")
    with top:
        chosen, layout = render_filters(view, "calls")
    if person.may(Action.EXPORT):
        with bar:
            render_today(view, chosen)
    with answer:
        render_answer(view, chosen)
    render_list(view, chosen, layout, key="calls")
    render_export(view, chosen, layout.sort)
    render_about(view, chosen)
    if person.may(Action.MANAGE_BATCH):
        with st.expander("Rename, score again or delete", icon=":material/edit:"):
            render_manage(view.batch)
