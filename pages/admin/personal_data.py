"""Personal data: one person is forgotten on every list, and lists are kept only so long."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_may
from leadscore_core.batches.find_person import Wanted, find_person
from leadscore_core.batches.forget import forget_person
from leadscore_core.batches.retention import (
    MOST_DAYS,
    ListRetention,
    list_retentions,
    own_retention,
    remove_due,
    save_retention,
)
from leadscore_core.config import load_settings
from leadscore_core.days import say_day
from leadscore_core.storage.database.engine import now
from pages.shared import session
from pages.shared.person import sign
from pages.shared.sidebar import plain

_BY = {"email": "E-mail", "phone": "Phone", "id": "Id"}
_WANTED, _RECEIPT, _ROUND = "forget-wanted", "forget-receipt", "forget-round"


def render_personal_data() -> None:
    """Let a person be forgotten, and say how long each list is kept."""
    check_may(Action.FORGET)
    st.subheader("Forget a person", anchor=False)
    _render_receipt()
    _render_search()
    wanted = session.get(_WANTED)
    if wanted is not None:
        _render_found(wanted)
    st.subheader("How long lists are kept", anchor=False)
    _render_retention()


def _render_search() -> None:
    """Ask by what somebody is to be found; it stands in this session's memory alone, and in no address."""
    with (
        st.form("forget-search", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        by = st.selectbox("Find by", list(_BY), format_func=_BY.__getitem__, width=140)
        said = st.text_input(
            "What it is", max_chars=300, autocomplete="off", width=300, key=f"forget-{session.get(_ROUND, 0)}"
        )
        if st.form_submit_button("Find", icon=":material/person_search:"):
            session.forget(_RECEIPT)
            session.put(_WANTED, Wanted(**{by: said}))
    st.caption("Somebody asked to be forgotten: everything that is kept of them goes, on every list, and stays gone.")


def _render_found(wanted: Wanted) -> None:
    found = find_person(wanted, load_settings())
    if found.is_empty:
        st.info(f"{found.words} Check the spelling, or find them by something else.", icon=":material/search_off:")
        return
    st.markdown(plain(found.words))
    st.caption(
        "Goes: names, contacts, dates, notes and every other column that tells of them, calls, outcomes, decisions and "
        "plans. Stays: the lead's source, for the rates of sources, and that somebody is not to be called."
    )
    with st.container(horizontal=True):
        if st.button("Forget this person for good", type="primary", icon=":material/person_remove:"):
            sign(lambda _: _forget(wanted), "The person is forgotten.")
        if st.button("Not this one"):
            _end_search()
            st.rerun()


def _forget(wanted: Wanted) -> None:
    session.put(_RECEIPT, forget_person(wanted, load_settings()).lines)
    _end_search()


def _end_search() -> None:
    """Let go of what was typed."""
    session.forget(f"forget-{session.get(_ROUND, 0)}")
    session.forget(_WANTED)
    session.put(_ROUND, session.get(_ROUND, 0) + 1)


def _render_receipt() -> None:
    lines: Sequence[str] = session.get(_RECEIPT, ())
    if lines:
        st.success("\n\n".join(map(plain, lines)), icon=":material/receipt_long:")
        st.download_button(
            "Save the receipt",
            "\n".join(lines) + "\n",
            file_name=f"forgotten-{now():%Y-%m-%d-%H%M}.txt",
            icon=":material/download:",
            on_click="ignore",
        )


def _render_retention() -> None:
    settings = load_settings()
    lists = list_retentions(settings)
    usual = settings.retention_days
    due = [retention for retention in lists if retention.due_at is not None and retention.due_at <= now()]
    rule = "until somebody deletes them" if usual is None else f"for {usual:,} days"
    st.markdown(
        f"Lists are kept **{rule}**, unless something else is said here. What is due is deleted once a day; "
        f"{'nothing is' if not due else f'{len(due):,} are' if len(due) > 1 else 'one is'} now."
    )
    if not lists:
        st.caption("No list is kept yet.")
        return
    table = pd.DataFrame(
        {
            "List": [retention.batch.name for retention in lists],
            "Leads": [retention.batch.rows for retention in lists],
            "Came": [say_day(retention.batch.created_at) for retention in lists],
            "Kept until": ["Somebody deletes it" if k.due_at is None else say_day(k.due_at) for k in lists],
            "Said by": ["This page" if retention.is_own else "The settings" for retention in lists],
        }
    )
    st.dataframe(table, hide_index=True, height="content", placeholder="", alt="How long each list is kept")
    _render_choice(lists)
    if due and st.button(f"Delete what is due now ({len(due):,})", icon=":material/delete:"):
        sign(lambda _: remove_due(settings), "What was due is deleted.")


def _render_choice(lists: list[ListRetention]) -> None:
    """Let one list be kept longer or shorter."""
    settings = load_settings()
    names = {
        retention.batch.id: f"{retention.batch.name}, {say_day(retention.batch.created_at)}" for retention in lists
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = str(st.selectbox("List", list(names), format_func=names.__getitem__, width=300))
        days = int(st.number_input("Days, 0 for good", 0, MOST_DAYS, 365, width=160))
        seen = session.seen_version("retention", own_retention(settings).current())
        for label, wanted in (("Keep it so long", days), ("As the settings say", None)):
            if st.button(label, icon=":material/event:" if wanted is not None else ":material/undo:"):
                _save(chosen, wanted, seen.version)


def _save(batch_id: str, days: int | None, based_on: int) -> None:
    def save(by: str) -> None:
        session.forget_seen("retention")
        save_retention(batch_id, days, based_on=based_on, author=by, settings=load_settings())

    sign(save, "Kept as you said.")
