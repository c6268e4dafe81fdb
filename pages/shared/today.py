"""Today's calls: how many, by how many callers, and their workbook."""

from functools import partial

import streamlit as st

from leadscore_core.batches.export import ExportOrder, export_bytes
from leadscore_core.batches.view import BatchView
from leadscore_core.storage.leads.filters import LeadFilter
from pages.shared import session


def render_today(view: BatchView, chosen: LeadFilter) -> None:
    """Offer the call sheets of a day's leads, the best of what is shown; calls a day and callers are set there."""
    leads = min(session.get_capacity(), view.table.count(chosen))
    with st.popover(f"Send today's {leads:,}", type="primary", icon=":material/send:", key="today"):
        st.number_input(
            "Calls a day",
            min_value=1,
            max_value=1_000_000,
            key=session.bind("calls-a-day", session.get_capacity()),
            step=10,
            help="How many leads your team can call in a day. It sets whom to call first.",
            on_change=partial(session.take_capacity, "calls-a-day"),
        )
        callers = int(st.number_input("Callers", 1, 100, key=session.bind("callers", 1)))
        if leads == 0:
            st.caption("Nobody is left to call.")
            return
        order = ExportOrder("xlsx", chosen, most=leads, callers=callers)
        st.download_button(
            "Call sheet" if callers == 1 else f"Call sheets for {callers} callers",
            data=partial(export_bytes, view, order),
            file_name="call-sheets.xlsx",
            icon=":material/download:",
            on_click="ignore",
        )
        st.caption("One sheet a caller, each with about as many leads and as good ones.")
