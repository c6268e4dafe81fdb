"""The plan: who calls whom in the days to come, as workbooks and in call mode, and what it brings."""

from datetime import date, datetime, timedelta
from functools import partial

import pandas as pd
import streamlit as st

from leadscore_core.batches.call_workbooks import week_bytes, week_name
from leadscore_core.batches.planning import batch_gain, plan_batch
from leadscore_core.batches.queue import CallQueue
from leadscore_core.batches.view import BatchView
from leadscore_core.batches.week import MOST_CALLS, Caller, Week, WeekOrder, owner_header, plan_week
from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.inference.capacity import CallPlan
from leadscore_core.percent import percent, rate_decimals, say_leads
from leadscore_core.plots.planning import plot_gain
from pages.shared import session
from pages.shared.callers import known_callers, save_callers
from pages.shared.components import render_chart
from pages.shared.controls import plain_error
from pages.shared.moments import own_zone
from pages.shared.sign_in import as_whoever_asks
from pages.shared.trial_note import render_trial

_MOST_DAYS = 10


def render_planner(view: BatchView) -> None:
    """Share the calls of some days out among callers, and show what they bring beside arrival order and chance."""
    calls = view.table.by_junk().get("", (0, 0.0))[0]
    if calls == 0:
        st.info("Nobody is left to call. Restore leads from the quarantine first.", icon=":material/call:")
        return
    order = _ask(view)
    try:
        week = plan_week(view, order)
    except LeadScoreError as error:
        st.warning(plain_error(error), icon=":material/group:")
        return
    render_trial(view)
    _render_week(view, week, order)
    plan = plan_batch(view, max(1, week.leads))
    with st.expander("What these calls bring", icon=":material/trending_up:"):
        _render_gain(view, plan)


def _ask(view: BatchView) -> WeekOrder:
    """Ask who calls, how many leads a day, and on which days."""
    known = known_callers() or (Caller(session.get_name() or "Caller 1", min(session.get_capacity(), MOST_CALLS)),)
    table = pd.DataFrame({"Caller": [c.name for c in known], "Calls a day": [c.calls_a_day for c in known]})
    edited = st.data_editor(
        table,
        num_rows="dynamic",
        hide_index=True,
        width=420,
        key=f"callers-{view.batch.schema_name}",
        column_config={
            "Caller": st.column_config.TextColumn(required=True, max_chars=60),
            "Calls a day": st.column_config.NumberColumn(min_value=1, max_value=MOST_CALLS, step=1, default=60),
        },
    )
    today = datetime.now(own_zone()).date()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = st.date_input("First day", _next_workday(today), min_value=today, width=160, key="plan-first")
        days = int(st.number_input("Days", 1, _MOST_DAYS, 5, key="plan-days", width=120))
        weekends = st.toggle("Weekends too", key="plan-weekends")
        owner = owner_header(view)
        keep_owner = bool(owner) and st.toggle(f"Leads stay with their {owner}", value=True, key="plan-owner")
    callers = tuple(
        Caller(" ".join(str(name).split()), int(number) if pd.notna(number) else 0)
        for name, number in edited.itertuples(index=False, name=None)
        if pd.notna(name) and str(name).strip()
    )
    save_callers(callers, known)
    start = first if isinstance(first, date) else today
    return WeekOrder(callers, tuple(_days(start, days, weekends=weekends)), keep_owner)


def _next_workday(day: date) -> date:
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


def _days(first: date, number: int, *, weekends: bool) -> list[date]:
    days: list[date] = []
    day = first
    while len(days) < number:
        if weekends or day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    return days


def _render_week(view: BatchView, week: Week, order: WeekOrder) -> None:
    words = view.schema.outcome
    table = pd.DataFrame({"Caller": [caller.name for caller in order.callers]})
    for day in order.days:
        of_day = {share.caller: len(share.rows) for share in week.shares if share.day == day}
        table[f"{day:%a} {day.day} {day:%b}"] = [of_day.get(caller.name, 0) for caller in order.callers]
    table[f"{words.title} expected"] = [
        round(sum(share.expected for share in week.of(caller.name)), 1) for caller in order.callers
    ]
    left = f"; {week.left:,} wait for later days" if week.left else ""
    owned = f" {week.owned:,} stay with their {week.owner}." if week.owned else ""
    st.markdown(f"**{say_leads(week.leads)}** {'is' if week.leads == 1 else 'are'} planned{left}.{owned}")
    st.dataframe(table, hide_index=True, height="content", placeholder="", alt="Leads of each caller and day")
    with st.container(horizontal=True):
        st.download_button(
            "Workbooks for the callers" if len(order.callers) > 1 else "Workbook for the caller",
            data=as_whoever_asks(partial(_content, view, week)),
            file_name=week_name(view, order.days, [caller.name for caller in order.callers]),
            icon=":material/download:",
            type="primary",
            on_click="ignore",
            disabled=week.leads == 0,
        )
        if st.button(
            "Use this plan in call mode", icon=":material/call:", disabled=week.leads == 0,
            help="Each caller is handed the own leads, day by day; what was planned before is replaced",
        ):  # fmt: skip
            try:
                planned = CallQueue(view, load_settings()).plan(week, own_zone())
            except LeadScoreError as error:
                st.error(plain_error(error), icon=":material/error:")
            else:
                session.tell(f"{planned:,} leads are planned for {len(order.callers):,} callers.")
                st.rerun()
    st.caption(
        "One workbook a caller, a sheet a day, with a column for what came of each call. Bring them back under "
        "Bring outcomes."
    )


def _content(view: BatchView, week: Week) -> bytes:
    return week_bytes(view, week)[1]


def _render_gain(view: BatchView, plan: CallPlan) -> None:
    words = view.schema.outcome
    lowest = percent(plan.cut_off, plan.cut_off)
    st.markdown(
        f"**{say_leads(plan.leads)}**, down to a propensity of {lowest}: about **{plan.expected:,.0f} "
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
    st.dataframe(
        table, column_config=numbers, hide_index=True, height="content", placeholder="", alt="Three orders of calling"
    )
    more = plan.expected - plan.in_arrival_order
    title = f"Calling the best {plan.leads:,} first brings {more:,.0f} {words.plural} more than calling as they arrived"
    render_chart(plot_gain(batch_gain(view), plan.leads, title, words))
    st.caption(
        "The interval counts chance only and takes the propensities as right; on a later month they may be off by "
        "more. The gain leaves out the quarantine."
    )
