"""Contact attempts on the screen: what came of a call is one click, and every attempt with a person is listed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from leadscore_core.batches.result_words import result_labels
from leadscore_core.storage.database.contact_states import CHANNELS
from leadscore_core.storage.database.contacts import Contact, ContactStore, Result
from pages.shared import session
from pages.shared.moments import own_zone, say_moment
from pages.shared.sidebar import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leadscore_core.batches.view import BatchView
    from leadscore_core.config import Settings

ICONS = {
    "no_answer": ":material/phone_missed:",
    "busy": ":material/phone_paused:",
    "wrong_number": ":material/wrong_location:",
    "call_back": ":material/schedule:",
    "not_interested": ":material/thumb_down:",
    "interested": ":material/thumb_up:",
    "converted": ":material/check_circle:",
    "customer": ":material/person_check:",
    "do_not_call": ":material/block:",
}
_MORNING = time(10)


def render_results(view: BatchView, key: str, keep: Callable[[Result], None], *, with_keys: bool = False) -> None:
    """Offer a button for each result, and a note; a call-back asks when.

    Parameters
    ----------
    key
        Of the lead, so that the next one begins with an empty note.
    keep
        Called with the result that was chosen.
    with_keys
        Whether the keys 1 to 9 stand for the buttons.
    """
    labels = result_labels(view.schema.outcome)
    channel = "phone"
    if not with_keys:
        ways = {name: words for name, words in CHANNELS.items() if name != "file"}
        picked = st.segmented_control(
            "By", list(ways), default="phone", format_func=ways.__getitem__, required=True, key=f"{key}-channel"
        )
        channel = str(picked or "phone")
    note = st.text_input("Note", key=f"{key}-note", max_chars=500, placeholder="What should the next caller know?")
    asks = f"{key}-asks-when"
    when_place = st.container()
    with st.container(horizontal=True, gap="xsmall"):
        for place, (result, label) in enumerate(labels.items(), 1):
            pressed = st.button(label, key=f"{key}-{result}", shortcut=str(place) if with_keys else None, width=174)
            if pressed and result == "call_back":
                session.put(asks, True)
            elif pressed:
                session.forget(asks)
                keep(Result(result, note, channel=channel))
    if session.get(asks, False):
        with when_place:
            when = _ask_when(key)
        if when is not None:
            session.forget(asks)
            keep(Result("call_back", note, when, channel))


def _ask_when(key: str) -> datetime | None:
    """Ask when to call back; None until it is said."""
    here = datetime.now(own_zone())
    tomorrow = datetime.combine(here.date() + timedelta(days=1), _MORNING, own_zone())
    with st.container(border=True):
        st.markdown("**When?**")
        with st.container(horizontal=True, gap="small"):
            for label, moment in (
                ("In an hour", here + timedelta(hours=1)),
                ("In three hours", here + timedelta(hours=3)),
                ("Tomorrow at 10", tomorrow),
            ):
                if st.button(label, key=f"{key}-{label}"):
                    return moment.astimezone(UTC).replace(microsecond=0)
        with st.form(f"{key}-when", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            day = st.date_input("Day", tomorrow.date(), min_value=here.date(), key=f"{key}-day", width=160)
            at = st.time_input("Time", _MORNING, key=f"{key}-time", width=120)
            if (
                st.form_submit_button("Call back then", icon=":material/schedule:")
                and day is not None
                and at is not None
            ):
                return datetime.combine(day, at, own_zone()).astimezone(UTC)
    return None


def render_attempts(view: BatchView, attempts: Sequence[Contact], settings: Settings) -> None:
    """List attempts, the newest first, each of which can be undone."""
    labels = result_labels(view.schema.outcome)
    if not attempts:
        st.caption("Nobody has called yet.")
    for one in attempts:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            back = f" {say_moment(one.call_back_at)}" if one.call_back_at else ""
            who = f" by {plain(one.caller)}" if one.caller else ""
            note = f": {plain(one.note)}" if one.note else ""
            way = "" if one.channel in {"phone", "file"} else f" by {CHANNELS[one.channel].lower()}"
            st.markdown(f"{ICONS[one.result]} **{labels[one.result]}**{back}{way}, {say_moment(one.at)}{who}{note}")
            if st.button("Undo", key=f"undo-attempt-{one.id}", type="tertiary", icon=":material/undo:"):
                ContactStore(settings).undo(one.id, by=session.get_name())
                session.tell("The attempt was taken back.")
                st.rerun()
