"""The report of sources on the screen: the view as one file, with money where spend was brought."""

from functools import partial

import streamlit as st

from leadscore_core.analytics.report_html import make_report
from leadscore_core.analytics.sources import Scope, SourceView
from leadscore_core.analytics.spend import count_money
from pages.shared.sign_in import as_whoever_asks
from pages.sources import state as source_state


def _make_report(view: SourceView, scope: Scope) -> bytes:
    """Make the report, with money where a file of spend was brought."""
    spend, move = source_state.get_spend(), source_state.get_move()
    money = None if spend is None else count_money(view, scope, spend[1], move)
    return make_report(view, scope, money=money)


def render_report(view: SourceView, scope: Scope) -> None:
    """Offer the view as one file that opens anywhere."""
    st.download_button(
        "Download this view",
        data=as_whoever_asks(partial(_make_report, view, scope)),
        file_name="sources.html",
        mime="text/html",
        icon=":material/description:",
        on_click="ignore",
        help="One HTML file with figures, tables and definitions, to send or to print; it takes a few seconds.",
    )
