"""Who is working: said at the foot of each page, and asked for where something is changed."""

import streamlit as st

from pages.shared import session
from pages.shared.sidebar import plain


def render_person() -> None:
    """Say at the foot of a page who is working, and let them say it."""
    name = session.get_name()
    with st.popover(f"Working as {plain(name)}" if name else "Say who you are", icon=":material/person:"):
        given = st.text_input("Your name", value=name, max_chars=60, key="your-name", help="Stands beside your changes")
    if given != name:
        session.set_name(given)
        st.rerun()
