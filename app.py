"""The router: page config, navigation, shared sidebar."""

from pathlib import Path

import streamlit as st

from pages.shared.access import mend_access
from pages.shared.address import read_address, render_doubt, write_address
from pages.shared.person import render_person
from pages.shared.sidebar import check_settings, render_sidebar

ICON = str(Path(__file__).parent / "pages" / "shared" / "icon.png")  # a named icon would be fetched from the internet

st.set_page_config(page_title="LeadScore", page_icon=ICON, layout="wide")
page = st.navigation(
    [
        st.Page("pages/score/page.py", title="Score leads", icon=":material/upload_file:", default=True),
        st.Page("pages/leads/page.py", url_path="leads", title="Leads", icon=":material/call:"),
        st.Page("pages/sources/page.py", url_path="sources", title="Sources", icon=":material/ads_click:"),
        st.Page("pages/drivers/page.py", url_path="drivers", title="Drivers", icon=":material/insights:"),
        st.Page("pages/retrain/page.py", url_path="retrain", title="Retrain", icon=":material/model_training:"),
    ],
    position="sidebar",
)
check_settings()
notice = st.container()
read_address(page.url_path)
render_sidebar()
page.run()
render_person()
with notice:
    render_doubt()
write_address(page.url_path)
mend_access()
