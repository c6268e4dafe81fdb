"""What a list holds, said above and below it: whom to call first, what makes its scores less sure, key figures."""

from dataclasses import replace

import streamlit as st

from leadscore_core.batches.list_news import list_news
from leadscore_core.batches.planning import plan_batch
from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.inference.capacity import describe_plan
from leadscore_core.inference.grades import GRADES
from leadscore_core.plots.grades import plot_grade_shares
from leadscore_core.storage.leads.filters import LeadFilter
from pages.shared import session
from pages.shared.components import render_chart
from pages.shared.moments import today
from pages.shared.trial_note import render_trial

KEY_FIGURE_WIDTH = 170
MANY_IMPOSSIBLE = 0.2
MADE_UP = "This model learned from made-up leads: try everything out, then train on your own before you call."


def render_answer(view: BatchView, chosen: LeadFilter) -> None:
    """Say in one sentence whom to call first of the leads that are shown, and what makes these scores less sure."""
    waiting = view.table.count_later(chosen, today())
    calls = view.table.count(chosen) - waiting
    if calls:
        plan = plan_batch(view, min(session.get_capacity(), calls), chosen)
        st.header(describe_plan(plan, calls, view.schema.outcome), anchor=False)
    elif waiting:
        st.header("Nobody is left to call today.", anchor=False)
    elif chosen.is_narrow:
        st.header("No lead fits this filter.", anchor=False)
    else:
        st.header("Nobody is left to call: every lead of this list is in quarantine.", anchor=False)
        st.caption("Look into the quarantine, restore whom you want to call, or put fewer aside under Junk filter.")
    if waiting:
        wait = "1 lead waits" if waiting == 1 else f"{waiting:,} leads wait"
        st.caption(
            f":material/schedule: {wait} for a later day, or {'is' if waiting == 1 else 'are'} with a caller now."
        )
    render_trial(view)
    render_cautions(view)


def render_cautions(view: BatchView) -> None:
    """Say what makes these scores less sure: no model, one of made-up leads, columns that the list lacks."""
    if view.model is None:
        st.warning(
            f"The model {view.batch.scoring.model_id} cannot be loaded, so scores come without reasons. Score the "
            "list again with the model in use.",
            icon=":material/warning:",
        )
    counts = view.table.rule_counts()
    is_known = counts.get("seen_before") or len(view.standing.contacts)  # else there is nothing to count
    news = list_news(view).describe(view.schema.outcome.past) if is_known else ""
    said = [f":material/history: {news}"] if news else []
    said += [f":material/science: {MADE_UP}"] if view.model and view.model.metadata.training_data.synthetic else []
    lacking = [f.column for f in view.batch.scoring.findings if f.code == "missing_column"]
    if lacking:
        humans = ", ".join(view.schema.by_name[name].human.lower() for name in lacking)
        said.append(f":material/data_loss_prevention: Scored without {humans}, so less exactly.")
    impossible = counts.get("impossible_phone", 0)
    if "impossible_phone" in view.standing.junk.contact and impossible > MANY_IMPOSSIBLE * view.table.rows:
        region = view.batch.mapping.phone_region or load_settings().phone_region
        said.append(
            f":material/phone_disabled: {impossible:,} leads are put aside for an impossible phone: numbers without a "
            f"country code are read as those of {region}, or another column was taken for the "
            "phone. Switch the rule off under Junk filter until it is set right."
        )
    if said:
        st.caption(" ".join(said))


def render_about(view: BatchView, chosen: LeadFilter) -> None:
    """Show what of the list is shown: leads, outcomes expected and grades; folded away until it is asked for."""
    with st.expander("About this list", icon=":material/info:"):
        _render_key_figures(view, chosen)


def _render_key_figures(view: BatchView, chosen: LeadFilter) -> None:
    """Of the whole list as long as nothing is filtered, the quarantine included; of what is shown else."""
    words = view.schema.outcome
    within = replace(chosen, section="all", reason="")
    by_grade = view.table.by_grade(within)
    leads, expected = (sum(pair[k] for pair in by_grade.values()) for k in (0, 1))
    calls = view.table.by_grade(replace(within, section="calls"))
    to_call, reached = (sum(pair[k] for pair in calls.values()) for k in (0, 1))
    with st.container(horizontal=True):
        st.metric("Leads", f"{leads:,}", border=True, width=KEY_FIGURE_WIDTH)
        st.metric("To call", f"{to_call:,}", border=True, width=KEY_FIGURE_WIDTH, help="All but the quarantine")
        aside = f"In quarantine; about {expected - reached:,.0f} {words.plural} are expected among them"
        st.metric("Put aside", f"{leads - to_call:,}", border=True, width=KEY_FIGURE_WIDTH, help=aside)
        st.metric(f"{words.title} expected", f"{expected:,.0f}", border=True, width=KEY_FIGURE_WIDTH)
        st.metric("Hot", f"{by_grade.get('Hot', (0, 0.0))[0]:,}", border=True, width=KEY_FIGURE_WIDTH)
    if leads:
        found = {grade: by_grade.get(grade, (0, 0.0)) for grade in GRADES}
        counts, sums = {g: n for g, (n, _) in found.items()}, {g: e for g, (_, e) in found.items()}
        drawn = ("grade shares", *found.items(), words)
        render_chart(session.remembered(drawn, lambda: plot_grade_shares(counts, sums, words)))
