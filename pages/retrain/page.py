"""Retrain: is a better model ready, and which one serves."""

import streamlit as st

from leadscore_core.errors import LeadScoreError
from pages.retrain.champion_challenger import render_challenge
from pages.retrain.compare import render_comparisons
from pages.retrain.promote import render_promotion
from pages.retrain.train import render_training
from pages.retrain.verdict import choose_model, render_retraining_proposal, render_state_of_models, render_verdict
from pages.shared import session
from pages.shared.companies import list_companies, present_company
from pages.shared.components import find_model, get_model
from pages.shared.controls import plain_error
from pages.shared.sidebar import plain

SECTIONS = ["Train", "Verdict", "Against the model in use", "Compare", "Promote or roll back"]

st.title("Is a better model ready?", anchor=False)
company = str(present_company() or next(iter(list_companies()), None) or get_model().schema.name)
find_model(company, warn=True)  # a company whose first model is being trained has none
message = session.take_message()
if message:
    st.toast(plain(message), icon=":material/check:")
try:
    render_state_of_models(company)
    render_retraining_proposal(company)
    section = st.segmented_control(
        "Section",
        SECTIONS,
        key=session.bind("retrain-section", SECTIONS[0]),
        required=True,
        label_visibility="collapsed",
    )
    if section == "Train":
        render_training(company)
    elif section == "Compare":
        render_comparisons(company)
    else:
        chosen = choose_model(company)
        if chosen is not None:
            looked_at, report = chosen
            if section == "Verdict":
                render_verdict(looked_at, report)
            elif section == "Against the model in use":
                render_challenge(looked_at, report)
            else:
                render_promotion(looked_at, report)
except LeadScoreError as error:
    st.error(plain_error(error), icon=":material/error:")
