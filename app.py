"""The router: page config, navigation, shared sidebar."""

import streamlit as st

from pages._shared import check_settings, render_sidebar

st.set_page_config(page_title="LeadScore", page_icon=":material/leaderboard:", layout="wide")
page = st.navigation(
    [st.Page("pages/score.py", title="Score leads", icon=":material/upload_file:", default=True)], position="sidebar"
)
check_settings()
render_sidebar()
page.run()
