"""Trials on Monitor: planned with their size, read at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.percent import say_leads
from pages.monitor.verdict import model_of
from pages.shared.moments import say_day
from pages.shared.person import sign
from pages.shared.sidebar import plain

if TYPE_CHECKING:  # loads statistics, which a page does when it is looked at
    from leadscore_core.monitoring.trial import Kind, TrialPlan

_KINDS: dict[Kind, str] = {
    "order": "Ranked or arrival order",
    "model": "Challenger or champion",
    "holdout": "Called or held out",
}


def render_trials(view: BatchView) -> None:
    """Say what the trials brought so far, and let a person plan another."""
    from leadscore_core.monitoring.batch_trials import list_trials, read_batch_trial

    company, settings = view.batch.schema_name, load_settings()
    for plan, started in list_trials(company, settings):
        result, lists = read_batch_trial(plan, started, settings)
        st.markdown(f"**{plain(plan.name)}** ({_KINDS[_kind(plan)].lower()}): {result.sentence(view.schema.outcome)}")
        day = "" if started.at is None else f" since {say_day(started.at)}"
        rates = " and ".join(f"{say_leads(n)} {arm}" for n, arm in zip(result.leads, plan.arms, strict=True))
        st.caption(f"{rates} with an outcome, on {lists} list{'' if lists == 1 else 's'}{day}; planned {plan.size:,}.")
        if started.at is not None and view.batch.created_at >= started.at:
            _render_arms(view, plan)
    with st.expander("Plan a trial"):
        _render_plan(view)


def _kind(plan: TrialPlan) -> Kind:
    return next(kind for kind in _KINDS if kind == plan.kind)


def _render_arms(view: BatchView, plan: TrialPlan) -> None:
    from leadscore_core.monitoring.batch_trials import arms_of_batch

    first = arms_of_batch(view.batch, plan)
    one, other = plan.arms
    arms = pd.DataFrame({"Row": range(1, len(first) + 1), "Arm": [one if own else other for own in first.tolist()]})
    st.download_button(
        f"Download the arms of this list ({first.sum():,} {one}, {(~first).sum():,} {other})",
        arms.to_csv(index=False).encode("utf-8-sig"),
        file_name="arms.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"arms-{plan.name}",
    )


def _render_plan(view: BatchView) -> None:
    from leadscore_core.monitoring.batch_trials import start_trial
    from leadscore_core.monitoring.trial import ARMS, plan_trial

    words, base = view.schema.outcome, model_of(view).metadata.training_data.base_rate
    name = st.text_input("Name of the trial", max_chars=60)
    kind = st.selectbox("What is compared", list(_KINDS), format_func=lambda one: _KINDS[one])
    rate = st.number_input(f"Leads that {words.many} as it is, %", 0.1, 99.0, round(100 * base, 1), 0.5)
    lift = st.number_input("How many points more are to be found", 0.1, 50.0, 5.0, 0.5)
    share = st.slider(f"Share of leads {ARMS[kind][0]}, %", 10, 90, 50)
    if rate + lift > 100:
        st.caption("Together they are more than all leads.")
        return
    plan = plan_trial(name.strip(), kind, base_rate=rate / 100, lift=lift / 100, share=share / 100)
    st.markdown(f"**It takes {plan.size:,} leads** to find that with 80%, however often you look.")
    st.caption("Leads of the lists that you score from now on are in one of the arms, each by its own id.")
    if name.strip() and st.button("Start the trial", icon=":material/science:"):
        sign(lambda by: start_trial(plan, view.batch.schema_name, by=by), f"{plan.name} has started.")
