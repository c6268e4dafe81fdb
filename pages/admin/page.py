"""Admin: who may do what, whose data is kept how long, and who did what."""

import streamlit as st

from leadscore_core.errors import LeadScoreError
from pages.admin.audit import render_audit
from pages.admin.people import render_people
from pages.admin.personal_data import render_personal_data
from pages.admin.settings import render_settings
from pages.shared import session
from pages.shared.controls import plain_error
from pages.shared.sidebar import plain

SECTIONS = ["People", "Personal data", "Audit", "Settings"]

st.title("Who may do what, and who did it?", anchor=False)
message = session.take_message()
if message:
    st.toast(plain(message), icon=":material/check:")
try:
    section = st.segmented_control(
        "Section",
        SECTIONS,
        key=session.bind("admin-section", SECTIONS[0]),
        required=True,
        label_visibility="collapsed",
    )
    if section == "People":
        render_people()
    elif section == "Personal data":
        render_personal_data()
    elif section == "Audit":
        render_audit()
    else:
        render_settings()
except LeadScoreError as error:
    st.error(plain_error(error), icon=":material/error:")
