"""Today's calls: how many, by whom, and a workbook for each caller."""

from functools import partial

import streamlit as st

from leadscore_core.batches.call_workbooks import week_bytes, week_name
from leadscore_core.batches.view import BatchView
from leadscore_core.batches.week import MOST_CALLERS, Caller, WeekOrder, plan_week
from leadscore_core.storage.leads.filters import LeadFilter
from pages.shared import session
from pages.shared.callers import known_callers, save_callers
from pages.shared.moments import today
from pages.shared.sign_in import as_whoever_asks
from pages.shared.trial_note import render_trial


def render_today(view: BatchView, chosen: LeadFilter) -> None:
    """Offer a workbook for each caller with their share of a day's leads, the best of what is shown."""
    leads = min(session.get_capacity(), view.table.count(chosen) - view.table.count_later(chosen, today()))
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
        known = known_callers()
        names = st.text_area(
            "Callers, one a line",
            key=session.bind("callers-today", "\n".join(caller.name for caller in known)),
            placeholder="Anna\nBen",
            height=120,
        )
        if leads == 0:
            st.caption("Nobody is left to call today.")
            return
        callers = _callers(names, leads)
        if names.strip() and {one.name for one in callers} != {one.name for one in known}:
            save_callers(_callers(names, session.get_capacity()), known)
        order = WeekOrder(callers, (today(),))
        st.download_button(
            "Workbook" if len(callers) == 1 else f"Workbooks for {len(callers):,} callers",
            data=as_whoever_asks(partial(_content, view, order, chosen)),
            file_name=week_name(view, order.days, [caller.name for caller in callers]),
            icon=":material/download:",
            on_click="ignore",
        )
        st.caption("Each with about as many leads and as good ones, and a column for what came of each call.")
        render_trial(view)


def _callers(names: str, leads: int) -> tuple[Caller, ...]:
    """Return the callers of a day: each name once, the leads shared out evenly; whoever works, where none is named."""
    lines = [" ".join(line.split()) for line in names.splitlines() if line.strip()]
    first = {line.casefold(): line for line in reversed(lines)}
    given = list(dict.fromkeys(first[line.casefold()] for line in lines))[: min(MOST_CALLERS, leads)]
    everybody = given or [session.get_name() or "Caller"]
    share, more = divmod(leads, len(everybody))
    return tuple(Caller(name, share + (at < more)) for at, name in enumerate(everybody))


def _content(view: BatchView, order: WeekOrder, chosen: LeadFilter) -> bytes:
    return week_bytes(view, plan_week(view, order, chosen))[1]
