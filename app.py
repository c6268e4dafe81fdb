"""The router: page config, navigation, shared sidebar."""

import streamlit as st

from pages._shared.shell import check_settings, render_sidebar

st.set_page_config(page_title="LeadScore", page_icon=":material/leaderboard:", layout="wide")
page = st.navigation(
    [
        st.Page("pages/score.py", title="Score leads", icon=":material/upload_file:", default=True),
        st.Page("pages/leads.py", title="Leads", icon=":material/call:"),
        st.Page("pages/sources.py", title="Sources", icon=":material/ads_click:"),
        st.Page("pages/drivers.py", title="Drivers", icon=":material/insights:"),
        st.Page("pages/retrain.py", title="Retrain", icon=":material/model_training:"),
    ],
    position="sidebar",
)
check_settings()
render_sidebar()
page.run()
