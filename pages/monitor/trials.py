"""Trials on Monitor: planned with their size, followed by the callers, read at any time, and ended."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.percent import say_leads
from pages.monitor.verdict import model_of
from pages.shared.moments import say_day
from pages.shared.person import sign
from pages.shared.sidebar import plain
from pages.shared.trial_note import render_trial

if TYPE_CHECKING:  # loads statistics, which a page does when it is looked at
    from leadscore_core.monitoring.batch_trials import TrialReading
    from leadscore_core.storage.database.trials import Kind, Trial

_KINDS: dict[Kind, str] = {
    "order": "Ranked or arrival order",
    "model": "Challenger or champion",
    "holdout": "Called or held out",
}
_FOLLOWED: dict[Kind, str] = {
    "order": "Half of the leads are called best first and half in the order in which they came, or by another share; "
    "callers get both in turns.",
    "model": "Leads are called by the scores of the challenger or of the model in use; callers get both in turns.",
    "holdout": "Leads that are held out are neither offered to callers nor exported for them, but for call-backs and "
    "those that a person graded or restored.",
}


def render_trials(view: BatchView) -> None:
    """Say what the trials brought so far, let a person end the one that runs, or plan another."""
    from leadscore_core.monitoring.batch_trials import list_trials, read_batch_trial

    trials = list_trials(view.batch.schema_name)
    for trial in trials:
        _render_result(view, trial, read_batch_trial(trial))
    running = next((one for one in trials if one.ended is None), None)
    if running is None:
        with st.expander("Plan a trial", icon=":material/science:", expanded=not trials):
            _render_plan(view)


def _render_result(view: BatchView, trial: Trial, found: TrialReading) -> None:
    plan, result = trial.plan, found.result
    with st.container(border=True):
        st.markdown(f"**{plain(plan.name)}** ({_KINDS[plan.kind].lower()}): {result.sentence(view.schema.outcome)}")
        counted = " and ".join(f"{say_leads(n)} {arm}" for n, arm in zip(result.leads, plan.arms, strict=True))
        counted = f"{counted} count, on" if any(result.leads) else "It is on"
        until = "and later" if trial.ended is None else f"to {say_day(trial.ended)}"
        lists = f"{found.lists} list{'' if found.lists == 1 else 's'} of {say_day(trial.started)} {until}"
        silent = f"; nothing came back of {found.silent} of these yet" if found.silent else ""
        st.caption(f"{counted} {lists}{silent}. Planned: {plan.size:,}.")
        if plan.kind == "holdout" and found.lists > found.silent:
            st.caption("Bring the outcomes of all leads, called or not: else nothing is known of those held out.")
        is_in, runs = trial.covers(view.batch), trial.ended is None
        if is_in and runs:
            render_trial(view)
        elif runs:
            st.caption("This list was saved before it started, or scored by another model, and is not in it.")
        with st.container(horizontal=True):
            ended = runs and st.button("End the trial", icon=":material/stop_circle:", key=f"end-{trial.id}")
            if is_in:
                _render_arms(view, trial)
        if ended:
            _end(trial)


def _end(trial: Trial) -> None:
    from leadscore_core.monitoring.batch_trials import end_trial

    said = f"{trial.plan.name} has ended. Lists are called in the usual order again; plan again what was planned by it."
    sign(lambda by: end_trial(trial, by=by), said)


def _render_arms(view: BatchView, trial: Trial) -> None:
    from leadscore_core.batches.trial_arms import arms_of, say_arms

    arms = arms_of(view.batch, trial, load_settings())
    st.download_button(
        f"Download the arms of this list ({say_arms(trial, arms)})",
        partial(_arms_file, arms.first, trial.plan.arms),
        file_name="arms.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"arms-{trial.id}",
    )


def _arms_file(first: np.ndarray, names: tuple[str, str]) -> bytes:
    one, other = names
    arms = pd.DataFrame({"Row": range(1, len(first) + 1), "Arm": [one if own else other for own in first.tolist()]})
    return arms.to_csv(index=False).encode("utf-8-sig")


def _render_plan(view: BatchView) -> None:
    from leadscore_core.monitoring.batch_trials import start_trial
    from leadscore_core.monitoring.shadow import shadow_of
    from leadscore_core.monitoring.trial import plan_trial, usual_lift
    from leadscore_core.storage.database.trials import ARMS

    words, base = view.schema.outcome, model_of(view).metadata.training_data.base_rate
    with st.container(horizontal=True):
        name = st.text_input("Name of the trial", max_chars=60, width=320)
        kind = st.selectbox("What is compared", list(_KINDS), format_func=lambda one: _KINDS[one], width=320)
    st.caption(_FOLLOWED[kind])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rate = st.number_input(f"Leads that {words.many} as it is, %", 0.1, 99.0, round(100 * base, 1), 0.5, width=320)
        lift = st.number_input(
            "How many points more are to be found", 0.1, 50.0, round(100 * usual_lift(base), 1), 0.1, width=320
        )
    share = st.slider(f"Share of leads {ARMS[kind][0]}, %", 10, 90, 50, width=660)
    if rate + lift > 100:
        st.caption("Together they are more than all leads.")
        return
    if kind == "model" and shadow_of(view.batch.schema_name) is None:
        st.caption("No challenger runs in the shadow. Choose one under Shadow first.")
        return
    plan = plan_trial(name.strip(), kind, base_rate=rate / 100, lift=lift / 100, share=share / 100)
    st.markdown(f"**It takes {plan.size:,} leads** to find that with 80%, however often you look.")
    st.caption(
        "Leads of the lists that you score from now on are in one of the arms, each person in the same on every list, "
        "and are called by it until the trial ends."
    )
    if name.strip() and st.button("Start the trial", icon=":material/science:"):
        sign(lambda by: start_trial(plan, view.batch.schema_name, by=by), f"{plan.name} has started.")
