"""Who is working: said at the foot of each page, asked for at the first change, and remembered by the browser.

Where nobody signs in, the browser is the person. A cookie remembers the name and the calls a day: the server has it
with the first request, and a link that is sent to a colleague does not carry it. Who signs in has the name of their
sign-in, and cannot say another.
"""

import json
from collections.abc import Callable
from urllib.parse import quote

import streamlit as st

from leadscore_core.access.person import Person
from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from pages.shared import session
from pages.shared.controls import plain_error
from pages.shared.exposure import is_sign_in_on
from pages.shared.sidebar import plain
from pages.shared.sign_in import render_signed_in

WHY_A_NAME = "It stands beside what you change, so that colleagues know whom to ask. This browser remembers it."
_REMEMBER = st.components.v2.component(
    "remember",
    js="""export default ({ data }) => {
  document.cookie = `${data.name}=${data.value}; path=/; max-age=31536000; samesite=lax`;
};""",
)


def render_person(person: Person) -> None:
    """Say at the foot of a page who is working, and let them say it, or sign out."""
    if is_sign_in_on():
        render_signed_in(person)
    else:
        _render_name()
    _remember()


def _render_name() -> None:
    name = session.get_name()
    with st.popover(
        f"Working as {plain(name)}" if name else "Say who you are",
        icon=":material/person:",
        type="tertiary",
        key="person",
    ):
        given = st.text_input("Your name", value=name, max_chars=60, key=f"your-name-{name}")
        st.caption(WHY_A_NAME)
    if given.strip() != name:
        session.set_name(given)
        st.rerun()


def _remember() -> None:
    """Let the browser remember the name and the calls a day, where it does not yet."""
    remembered = {"name": session.get_name(), "calls": session.get_capacity()}
    usual = {"name": "", "calls": load_settings().daily_call_capacity}
    if remembered != (usual | session.browser_memory()):
        _REMEMBER(key="remember", data={"name": session.MEMORY, "value": quote(json.dumps(remembered))})


def sign(action: Callable[[str], object], message: str) -> None:
    """Do what is signed with the person's name and say so after the next run; who did not say it yet is asked first.

    Parameters
    ----------
    action
        Takes the name.
    message
        What is said once it is done.
    """
    name = session.get_name()
    if name:
        _do(action, name, message)
    else:
        _ask(action, message)


@st.dialog("Who are you?", icon=":material/person:")
def _ask(action: Callable[[str], object], message: str) -> None:
    with st.form("who", border=False):
        name = st.text_input("Your name", max_chars=60, key="who-are-you")
        st.caption(WHY_A_NAME)
        if st.form_submit_button("Go on", icon=":material/check:"):
            if not name.strip():
                st.warning("Write your name first.", icon=":material/person:")
                return
            session.set_name(name)
            _do(action, name.strip(), message)


def _do(action: Callable[[str], object], name: str, message: str) -> None:
    try:
        action(name)
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
    else:
        session.tell(message)
        st.rerun()


def ask_inline(key: str) -> str:
    """Return the person's name; ask for it where it stands, among the fields of what is signed, if it is not known."""
    name = session.get_name()
    if name:
        return name
    given = st.text_input("Your name", max_chars=60, key=f"name-for-{key}", help=WHY_A_NAME).strip()
    if given:
        session.set_name(given)
    return given


def is_signed(name: str) -> bool:
    """Tell whether a name was given; say that one is needed if not."""
    if not name:
        st.warning("Write your name first: it stands beside what you change.", icon=":material/person:")
    return bool(name)


def ask_name(why: str) -> str:
    """Return the person's name; where it is not known, say why it is needed, ask for it, and return an empty text."""
    name = session.get_name()
    if name:
        return name
    st.markdown(why)
    with st.form("ask-name", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        given = st.text_input("Your name", max_chars=60, width=280)
        if st.form_submit_button("That is me", type="primary") and given.strip():
            session.set_name(given)
            st.rerun()
    return ""
