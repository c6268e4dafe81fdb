"""The capacity planner: how many calls bring how many outcomes."""

from functools import partial

import pandas as pd
import streamlit as st

from leadscore_core.batches.export import ExportOrder, export_bytes
from leadscore_core.batches.planning import batch_gain, plan_batch
from leadscore_core.batches.view import BatchView
from leadscore_core.percent import percent, rate_decimals
from leadscore_core.plots.planning import plot_gain
from leadscore_core.storage.leads.filters import LeadFilter
from pages.shared import session
from pages.shared.components import render_chart


def render_planner(view: BatchView) -> None:
    """Show what calls a day over some days bring, beside arrival order and chance, and split them among callers."""
    calls = view.table.by_junk().get("", (0, 0.0))[0]
    if calls == 0:
        st.info("Nobody is left to call. Restore leads from the quarantine first.", icon=":material/call:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = int(st.number_input("Days", 1, 365, 1, key="plan-days", width=140))
        callers = int(st.number_input("Callers", 1, 100, 1, key="plan-callers", width=140))
        st.caption(f"{session.get_capacity():,} calls a day, as set under Send today's calls.")
    leads = min(calls, days * session.get_capacity())
    plan, words = plan_batch(view, leads), view.schema.outcome
    lowest = percent(plan.cut_off, plan.cut_off)
    st.markdown(
        f"**{plan.leads:,} leads**, down to a propensity of {lowest}: about **{plan.expected:,.0f} "
        f"{words.plural}** (95% interval {plan.low:,.0f} to {plan.high:,.0f}); about {plan.missed:,.0f} are missed "
        "among the leads that are not called."
    )
    table = pd.DataFrame(
        {
            "Order": ["Best first", "As they arrived", "At random"],
            "Leads called": [plan.leads] * 3,
            f"{words.title} expected": [plan.expected, plan.in_arrival_order, plan.at_random],
            "Per 100 calls": [100 * x / plan.leads for x in (plan.expected, plan.in_arrival_order, plan.at_random)],
        }
    )
    numbers = {
        "Leads called": st.column_config.NumberColumn(format="localized"),
        f"{words.title} expected": st.column_config.NumberColumn(format="%.0f"),
        "Per 100 calls": st.column_config.NumberColumn(format=f"%.{rate_decimals(plan.at_random / plan.leads)}f"),
    }
    st.dataframe(table, column_config=numbers, hide_index=True, height="content", alt="Three orders of calling")
    more = plan.expected - plan.in_arrival_order
    title = f"Calling the best {plan.leads:,} first brings {more:,.0f} {words.plural} more than calling as they arrived"
    render_chart(plot_gain(batch_gain(view), plan.leads, title, words))
    st.caption(
        "The interval counts chance only and takes the propensities as right; on a later month they may be off by "
        "more. The gain leaves out the quarantine."
    )
    order = ExportOrder("xlsx", LeadFilter(), most=plan.leads, callers=callers)
    sheets = (
        "one sheet" if callers == 1 else f"{callers} sheets of about {plan.expected / callers:,.0f} {words.plural} each"
    )
    st.download_button(
        f"Call list of {plan.leads:,} leads, {sheets}",
        data=partial(export_bytes, view, order),
        file_name="call-list.xlsx",
        icon=":material/download:",
        on_click="ignore",
    )
