"""Promotion on the screen: which model serves, who changed that and why."""

import pandas as pd
import streamlit as st

from leadscore_core.batches.save import rescore_batch
from leadscore_core.config import load_settings
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.promotion import (
    LEAST_REASON,
    batches_behind,
    missed_gate,
    promote_model,
    retire_model,
    roll_back,
)
from leadscore_core.registry.registry import ModelRegistry
from pages.shared import session
from pages.shared.components import act
from pages.shared.sidebar import plain

KEEP = "Keep as they are"
_ACTIONS = {"promote": "Promoted", "rollback": "Rolled back to", "retire": "Taken out of use"}


def render_promotion(model: LeadModel) -> None:
    """Let a person make a model the one in use, or go back; show who did what before, and why."""
    registry = ModelRegistry(load_settings().models_dir)
    schema = model.schema.name
    in_use = registry.champion_of(schema) == model.model_id
    missed = missed_gate(model.metadata)
    st.subheader("In use already" if in_use else "Put this model to use", anchor=False)
    if not in_use:
        if missed:
            st.warning(
                f"It {missed}. Promoting it needs a reason of at least {LEAST_REASON} characters.",
                icon=":material/warning:",
            )
        with st.form("promote", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            label = "Reason (needed)" if missed else "Reason"
            reason = st.text_input(label, max_chars=300, key="promote-reason", width=420)
            grades = st.selectbox(
                "Grades",
                [KEEP, "Reset to the installed ones"],
                key="promote-grades",
                width=240,
                help="What propensity makes a lead Hot, Warm or Cold",
            )
            if st.form_submit_button("Promote", type="primary", icon=":material/rocket_launch:"):
                act(lambda: _promote(model, reason, reset=grades != KEEP), "It is the model in use now.")
    else:
        _offer_rescoring(model)
    history = registry.history(schema)
    with st.form("rollback", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        why = st.text_input(_rollback_label(registry, schema), max_chars=300, key="rollback-reason", width=420)
        if st.form_submit_button("Roll back to the model before", icon=":material/undo:", disabled=len(history) < 2):
            act(lambda: roll_back(schema, by=session.get_name(), reason=why), "The model before is in use again.")
    if in_use:
        _offer_retirement(model)
    if history:
        names = {m.model_id: f"{m.created_at:%d %b %Y, %H:%M}" for m in registry.list_models()}
        table = pd.DataFrame(
            {
                "When (UTC)": [e["at"][:16].replace("T", " ") for e in history],
                "What": [_ACTIONS.get(e["action"], e["action"]) for e in history],
                "Model of": [names.get(e["model_id"], e["model_id"]) for e in history],
                "By": [e["by"] for e in history],
                "Why": [e["reason"] for e in history],
            }
        )
        with st.expander(f"History: {len(table)} changes", icon=":material/history:"):
            st.dataframe(table, hide_index=True, height="content", alt="History of the model in use")


def _offer_retirement(model: LeadModel) -> None:
    """Let a person take the model out of use, so that no model of its leads is."""
    title = plain(model.schema.title)
    with st.expander(f"Take it out of use: {title} have no model then", icon=":material/block:"):
        with st.form("retire", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            why = st.text_input("Reason (needed)", max_chars=300, key="retire-reason", width=420)
            if st.form_submit_button("Take out of use", icon=":material/block:"):
                act(
                    lambda: retire_model(model.schema.name, by=session.get_name(), reason=why),
                    f"No model of {title} is in use now.",
                )
        st.caption("New lists of such leads are not scored until a model is promoted. The model is kept, and can be.")


def _rollback_label(registry: ModelRegistry, schema: str) -> str:
    """Say whether going back needs a reason, as putting any model to use does that misses a target."""
    before = registry.previous_champion(schema)
    missed = "" if before is None else missed_gate(registry.read_metadata(before))
    return f"Reason to go back (needed: that model {missed})" if missed else "Reason to go back"


def _promote(model: LeadModel, reason: str, *, reset: bool) -> None:
    promote_model(model.model_id, by=session.get_name(), reason=reason, reset_grades=reset)
    if reset:
        session.forget_seen("grades")


def _offer_rescoring(model: LeadModel) -> None:
    """Offer to score kept lists again that another model scored; what was decided about their leads stays."""
    behind = {batch.id: batch for batch in batches_behind(model)}
    if not behind:
        st.caption("Every kept list of such leads was scored by this model.")
        return
    with st.form("rescore-behind", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            f"{len(behind)} kept list{'s' * (len(behind) != 1)} scored by another model",
            list(behind),
            list(behind)[:1],
            format_func=lambda b: f"{plain(behind[b].name)}, {behind[b].rows:,} leads",
            key=f"behind-{model.model_id}-{len(behind)}",
            width=520,
        )
        if st.form_submit_button("Score again", icon=":material/refresh:"):

            def rescore() -> None:
                for batch_id in chosen:
                    rescore_batch(behind[batch_id], model, by=session.get_name())

            with st.spinner("Scoring again", show_time=True):
                act(rescore, "Scored again; the earlier scores stay in each list's history.")
