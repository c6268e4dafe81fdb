"""Call mode: one lead at a time, what to say first, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from leadscore_core.batches.lead_profile import LeadProfile, describe_lead
from leadscore_core.batches.queue import CallQueue, Today
from leadscore_core.batches.result_words import result_labels
from leadscore_core.batches.say_first import say_first
from leadscore_core.config import load_settings
from leadscore_core.data.schema.schema import Role
from leadscore_core.plots.grades import GRADE_ICONS
from leadscore_core.storage.database.claims import Claim
from leadscore_core.storage.database.contacts import ContactStore, Result
from pages.shared import session
from pages.shared.components import get_named_model
from pages.shared.contact_log import render_attempts, render_results
from pages.shared.lead_list import link_of
from pages.shared.moments import own_zone, say_day
from pages.shared.person import ask_name
from pages.shared.sidebar import plain
from pages.shared.trial_note import render_trial

if TYPE_CHECKING:
    from leadscore_core.batches.view import BatchView

_CALLING, _BEYOND, _LAST = "calling", "calling_beyond", "last_attempt"


def render_call_mode(view: BatchView) -> None:
    """Hand a caller one lead after the other."""
    caller = ask_name("Who calls? Each lead is one caller's at a time.")
    if not caller:
        return
    settings = load_settings()
    queue = CallQueue(view, settings)
    midnight = datetime.combine(datetime.now(own_zone()).date(), time(), own_zone()).astimezone(UTC)
    today = queue.today(caller, midnight)
    _render_last(view, queue, caller)
    if not session.get(_CALLING, False) and not queue.claims.holds(view.batch, caller):
        _offer_start(view, today)
        return
    session.put(_CALLING, True)
    claim = queue.claim(caller, beyond=session.get(_BEYOND, False))
    if claim is None:
        _say_done(view, queue, today, caller)
        return
    _render_claim(view, queue, claim, queue.today(caller, midnight))


def _offer_start(view: BatchView, today: Today) -> None:
    render_trial(view)
    ready = today.waiting.ready or view.table.by_junk().get("", (0, 0.0))[0]
    if ready == 0:
        st.info("Nobody is left to call on this list.", icon=":material/call:")
        return
    st.markdown(f"**{ready:,} {'lead waits' if ready == 1 else 'leads wait'}** to be called; {_made(today)}.")
    if st.button("Start calling", type="primary", icon=":material/call:", shortcut="Enter"):
        session.put(_CALLING, True)
        st.rerun()


def _made(today: Today) -> str:
    return f"you have called {today.calls:,} today" if today.calls else "you have called nobody today"


def _say_done(view: BatchView, queue: CallQueue, today: Today, caller: str) -> None:
    waiting = today.waiting.later
    waits = f" {waiting:,} {'waits' if waiting == 1 else 'wait'} for another time." if waiting else ""
    st.success(f"Done: {_made(today)}.{waits}", icon=":material/done_all:")
    more = view.table.by_junk().get("", (0, 0.0))[0] > today.waiting.total
    if queue.claims.has_own(view.batch, caller) and more and not session.get(_BEYOND, False):
        st.caption("The leads that were planned for you are called. Others of the list are still free.")
        if st.button("Go on with the next ones", type="primary", icon=":material/arrow_forward:"):
            session.put(_BEYOND, True)
            st.rerun()
    if st.button("Look again", icon=":material/refresh:"):
        st.rerun()


def _render_last(view: BatchView, queue: CallQueue, caller: str) -> None:
    """Say what was kept last, and let it be taken back: the same lead comes again then."""
    last = session.get(_LAST)
    if last is None or last["batch"] != view.batch.id:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/check: {last['words']}")
        if st.button("Undo", key="undo-last", type="tertiary", icon=":material/undo:", shortcut="U"):
            queue.contacts.undo(last["id"], by=caller)
            queue.claims.claim_lead(view.batch, last["row"], caller)
            session.forget(_LAST)
            st.rerun()


def _render_claim(view: BatchView, queue: CallQueue, claim: Claim, today: Today) -> None:
    profile = describe_lead(view, claim.row, get_named_model)
    lead = profile.lead
    number, of = today.calls + 1, today.calls + 1 + _left_today(view, queue, claim, today)
    name = next((str(lead[k]) for k in ("ls_name", "ls_id", "ls_email") if k in lead and pd.notna(lead[k])), "")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(plain(name) or f"Row {profile.file_row:,}", anchor=False, width="content")
        st.caption(f"Lead {number:,} of {of:,} today")
    _render_contact(view, profile)
    for phrase in say_first(view, profile) or [
        "Nothing that the model knows speaks for this lead more than for others."
    ]:
        st.markdown(f":material/chat: {plain(phrase)}")

    def keep(result: Result) -> None:
        attempt = queue.record(claim.row, result, caller=claim.caller)
        words = f"{result_labels(view.schema.outcome)[result.result]}: {plain(name) or f'row {profile.file_row:,}'}"
        session.put(_LAST, {"id": attempt, "row": claim.row, "batch": view.batch.id, "words": words})
        st.rerun()

    render_results(view, f"call-{claim.person_id}-{today.calls}", keep, with_keys=True)
    attempts = ContactStore(queue.settings).history([claim.person_id])
    with st.expander(f"History: {len(attempts)} attempt{'s' * (len(attempts) != 1)}", icon=":material/history:"):
        render_attempts(view, attempts, queue.settings)
        scores = [
            f"{round(100 * a.propensity)} on {say_day(a.scored_at)} ({plain(a.batch_name)})" for a in profile.history
        ]
        st.caption(f"Score {'; '.join(scores)}")
    if st.button("Give this lead back", type="tertiary", icon=":material/undo:", help="Another caller can have it"):
        queue.claims.release(claim)
        session.forget(_CALLING)
        st.rerun()


def _left_today(view: BatchView, queue: CallQueue, claim: Claim, today: Today) -> int:
    """Return how many more leads a caller calls today: those planned, else what is left of a day's calls."""
    if queue.claims.has_own(view.batch, claim.caller) and not session.get(_BEYOND, False):
        return today.waiting.ready
    waiting = max(today.waiting.ready, view.table.by_junk().get("", (0, 0.0))[0] - 1)
    return max(0, min(waiting, session.get_capacity() - today.calls - 1))


def _render_contact(view: BatchView, profile: LeadProfile) -> None:
    """Show the ways to reach a lead as buttons, and what else a caller looks at first."""
    lead = profile.lead
    phone, email = (str(lead[k]) if k in lead and pd.notna(lead[k]) else "" for k in ("ls_phone", "ls_email"))
    tel, mail = link_of(phone, "tel"), link_of(email, "mail")
    if tel:
        st.link_button(
            f"Call {plain(phone)}", tel, type="primary", icon=":material/call:", width="stretch", shortcut="T"
        )
    elif phone:
        st.caption(f"Phone, as it stands in the list: {plain(phone)}")
    if mail:
        st.link_button(plain(email), mail, icon=":material/mail:", width="stretch")
    if not tel and not mail:
        st.warning(
            "The list has no phone number or e-mail address for this lead that works.", icon=":material/call_end:"
        )
    grade = str(lead["ls_grade"])
    about = [f"{GRADE_ICONS[grade]} {grade}, score {int(lead['ls_score'])}"]
    frame = pd.DataFrame([lead])
    for role in (Role.CITY, Role.SOURCE):
        column = view.column(role)
        text = "" if column is None else str(view.readable(frame, column).iloc[0])
        about += [plain(text)] if text and text != "nan" else []
    st.markdown(" · ".join(about))
