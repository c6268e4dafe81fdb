"""The router: page config, sign-in, navigation, shared sidebar."""

from pathlib import Path

import streamlit as st

from pages.shared.access import mend_access
from pages.shared.address import read_address, render_doubt, write_address
from pages.shared.faults import render_faults
from pages.shared.navigation import pages_for, render_other_pages
from pages.shared.person import render_person
from pages.shared.sidebar import check_settings, render_sidebar
from pages.shared.sign_in import enter

ICON = str(Path(__file__).parent / "pages" / "shared" / "icon.png")  # a named icon would be fetched from the internet

st.set_page_config(page_title="LeadScore", page_icon=ICON, layout="wide")
check_settings()
person = enter()
page = st.navigation(pages_for(person), position="sidebar")
render_faults(person)
notice = st.container()
read_address(page.url_path)
renew_verdict = render_sidebar()
page.run()
renew_verdict()
with st.container(horizontal=True, vertical_alignment="center"):
    render_person(person)
    render_other_pages(person)
with notice:
    render_doubt()
write_address(page.url_path)
mend_access()
