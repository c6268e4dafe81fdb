"""Promotion on the screen: which model serves, who changed that and why."""

from typing import Any

import pandas as pd
import streamlit as st

from leadscore_core.batches.grade_changes import foresee_grades
from leadscore_core.batches.save import rescore_batch
from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.inference.grades import GRADES
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.outcome import capital
from leadscore_core.percent import percent, signed
from leadscore_core.registry.promotion import (
    LEAST_REASON,
    batches_behind,
    describe_comparison,
    describe_targets,
    missed_gate,
    promote_model,
    retire_model,
    roll_back,
)
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.preferences import grade_preference
from pages.shared import session
from pages.shared.checks import check_soon
from pages.shared.components import act
from pages.shared.controls import plain_error
from pages.shared.moments import say_moment
from pages.shared.person import ask_inline, is_signed, sign
from pages.shared.sidebar import plain

KEEP = "Keep as they are"
_ACTIONS = {"promote": "Promoted", "rollback": "Rolled back to", "retire": "Taken out of use"}


def render_promotion(model: LeadModel, report: dict[str, Any]) -> None:
    """Let a person make a model the one in use, or go back; show who did what before, and why."""
    registry = ModelRegistry(load_settings().models_dir)
    schema = model.schema.name
    in_use = registry.champion_of(schema) == model.model_id
    st.subheader("In use already" if in_use else "Put this model to use", anchor=False)
    if not in_use:
        _offer_promotion(model, report, registry)
    else:
        _offer_rescoring(model)
    history = registry.history(schema)
    with st.form("rollback", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        why = st.text_input(_rollback_label(registry, schema), max_chars=300, key="rollback-reason", width=420)
        if st.form_submit_button("Roll back to the model before", icon=":material/undo:", disabled=len(history) < 2):
            sign(lambda name: roll_back(schema, by=name, reason=why), "The model before is in use again.")
    if in_use:
        _offer_retirement(model)
    if history:
        names = {m.model_id: f"{say_moment(m.created_at)}" for m in registry.list_models()}
        table = pd.DataFrame(
            {
                "When (UTC)": [e["at"][:16].replace("T", " ") for e in history],
                "What": [_ACTIONS.get(e["action"], e["action"]) for e in history],
                "Model of": [names.get(e["model_id"], e["model_id"]) for e in history],
                "By": [e["by"] for e in history],
                "Why": [e["reason"] for e in history],
            }
        )
        with st.expander(f"History: {len(table)} change{'s' * (len(table) != 1)}", icon=":material/history:"):
            st.dataframe(table, hide_index=True, height="content", placeholder="", alt="History of the model in use")


def _offer_promotion(model: LeadModel, report: dict[str, Any], registry: ModelRegistry) -> None:
    """Let a person put the model to use, once who does it, why, and what changes stand before them."""
    missed = missed_gate(model.metadata)
    if missed:
        st.warning(
            f"It {missed}. Promoting it needs a reason of at least {LEAST_REASON} characters.",
            icon=":material/warning:",
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reason = st.text_input(
            "Reason (needed)" if missed else "Reason", max_chars=300, key="promote-reason", width=420
        )
        grades = st.selectbox(
            "Grades",
            [KEEP, "Reset to the installed ones"],
            key="promote-grades",
            width=240,
            help="What propensity makes a lead Hot, Warm or Cold",
        )
        with st.popover("Put to use", type="primary", icon=":material/rocket_launch:"):
            st.markdown("**What changes**")
            changes = _what_changes(model, report, registry, resets=grades != KEEP)
            st.markdown("\n".join(f"- {plain(change)}" for change in changes))
            who = ask_inline("promote")
            by = f"**By** {plain(who)}  \n" if who else ""
            st.markdown(f"{by}**Reason** {plain(reason) if reason.strip() else 'none given'}")
            if st.button("Promote", type="primary") and is_signed(who):
                act(lambda: _promote(model, reason, who, reset=grades != KEEP), "It is the model in use now.")


def _what_changes(model: LeadModel, report: dict[str, Any], registry: ModelRegistry, *, resets: bool) -> list[str]:
    """Say what putting a model to use changes, in sentences."""
    champion = registry.champion_of(model.schema.name)
    title = model.schema.title
    if champion is None:
        return [f"{title} get a model: the first of theirs that is in use."]
    before = registry.read_metadata(champion)
    changes = [
        f"New {title} are scored by the model of {say_moment(model.metadata.created_at)}, not by that of "
        f"{say_moment(before.created_at)}.",
        capital(f"{describe_targets(model.metadata)}."),
        describe_comparison(report.get("challenge") or {}, champion),
    ]
    behind = [b for b in batches_behind(model) if b.scoring.model_id == champion]
    if behind:
        changes.append(_changed_grades(behind[0], model))
        lists = "1 kept list keeps its" if len(behind) == 1 else f"{len(behind):,} kept lists keep their"
        changes.append(f"{lists} scores until somebody scores them again.")
    if resets:
        changes.append("Grades go back to the installed ones, for everybody.")
    return changes


def _changed_grades(batch: Batch, model: LeadModel) -> str:
    """Say how many leads of a kept list the model would grade otherwise."""
    grades = grade_preference(load_settings(), model.schema).current().version
    try:
        found = session.remembered(
            ("grade changes", batch.id, batch.scoring.number, model.model_id, grades),
            lambda: foresee_grades(batch, model),
        )
    except LeadScoreError as error:
        return f"How the grades of {batch.name} change cannot be said: {plain_error(error)}"
    share = percent(found.changed / max(1, found.leads), 0.5)
    grown = found.counts.sum(axis=0) - found.counts.sum(axis=1)
    each = ", ".join(f"{grade} {signed(int(grown[grade]))}" for grade in GRADES)
    of = f"{found.leads:,} leads" if found.leads == batch.rows else f"{found.leads:,} of {batch.rows:,} leads looked at"
    return f"In the newest list, {batch.name}, {found.changed:,} of {of} ({share}) would get another grade: {each}."


def _offer_retirement(model: LeadModel) -> None:
    """Let a person take the model out of use, so that no model of its leads is."""
    title = plain(model.schema.title)
    with st.expander(f"Take it out of use: {title} have no model then", icon=":material/block:"):
        with st.form("retire", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            why = st.text_input("Reason (needed)", max_chars=300, key="retire-reason", width=420)
            if st.form_submit_button("Take out of use", icon=":material/block:"):
                sign(
                    lambda name: retire_model(model.schema.name, by=name, reason=why),
                    f"No model of {title} is in use now.",
                )
        st.caption("New lists of such leads are not scored until a model is promoted. The model is kept, and can be.")


def _rollback_label(registry: ModelRegistry, schema: str) -> str:
    """Say whether going back needs a reason, as putting any model to use does that misses a target."""
    before = registry.previous_champion(schema)
    missed = "" if before is None else missed_gate(registry.read_metadata(before))
    return f"Reason to go back (needed: that model {missed})" if missed else "Reason to go back"


def _promote(model: LeadModel, reason: str, name: str, *, reset: bool) -> None:
    promote_model(model.model_id, by=name, reason=reason, reset_grades=reset)
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
                check_soon(chosen)

            with st.spinner("Scoring again", show_time=True):
                act(rescore, "Scored again; the earlier scores stay in each list's history.")
