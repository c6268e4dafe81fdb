"""Leads to call on Monitor: the few whose outcomes tell the AUC, drawn, exported, and evaluated when these are in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import current_person
from leadscore_core.batches.export import rows_bytes
from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.data.row_numbers import FIRST_ROW
from leadscore_core.storage.leads.files import read_file_rows
from leadscore_core.storage.leads.filters import LeadFilter
from pages.monitor.verdict import model_of
from pages.shared import session
from pages.shared.person import sign
from pages.shared.sign_in import as_whoever_asks

if TYPE_CHECKING:  # loads statistics, which a page does when it is looked at
    from leadscore_core.monitoring.sample import SamplePlan


def render_sample(view: BatchView) -> None:
    """Offer to draw a sample, or show the one that was drawn and what its outcomes say."""
    from leadscore_core.monitoring.batch_leads import read_batch_leads
    from leadscore_core.monitoring.records import called_of_sample, sample_of, take_sample_back
    from leadscore_core.monitoring.sample import MARGIN, evaluate_sample

    settings = load_settings()
    drawn = sample_of(view.batch, settings)
    if drawn is None:
        _offer(view)
        return
    rows = np.array(drawn["rows"], dtype="int64")
    stored = read_batch_leads(view.batch, view.schema, model_of(view).metadata.threshold, settings)
    came = stored.leads.calls.settled.outcome[rows]
    back = int((~np.isnan(came)).sum())
    st.markdown(f"**{len(rows):,} leads are drawn; outcomes of {back:,} are known.**")
    figure, _ = evaluate_sample(stored.scores[rows], np.array(drawn["strata"]), np.array(drawn["sizes"]), came)
    if figure.value is not None and figure.low is not None and figure.high is not None:
        wide = (figure.high - figure.low) / 2
        more = "" if wide <= 1.5 * MARGIN else " Bring the outcomes of the others to know it better."
        st.markdown(f"The AUC of the whole list is {figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f}).{more}")
    file_rows = read_file_rows(view.batch.scores_path)
    places = rows + FIRST_ROW if file_rows is None else file_rows[rows]
    table = pd.DataFrame({"Row": places, "Score": (100 * stored.scores[rows]).round().astype("int64")})
    table["Outcome"] = [{0.0: "no", 1.0: "yes"}.get(one, "not back") for one in came.tolist()]
    st.dataframe(table, hide_index=True, height=300, placeholder="", alt="Leads that are drawn")
    if current_person().may(Action.EXPORT):
        st.download_button(
            "Download these leads",
            as_whoever_asks(partial(rows_bytes, view.batch, rows.tolist())),
            file_name="leads_to_call.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    calls = stored.leads.calls
    if not called_of_sample(drawn, calls) and st.button("Take this draw back", icon=":material/undo:"):
        sign(lambda by: take_sample_back(view.batch, calls, by=by), "The draw is taken back. Nobody of it was called.")
    st.caption("Call all of them, whatever their score, and bring what came of it under Bring outcomes on Leads.")


def _may_call(view: BatchView) -> np.ndarray:
    """Return which leads may be called, whatever their score: not who asked not to be, nor who a trial holds out."""
    able = np.ones(view.batch.rows, dtype=bool)
    for reason in ("do_not_call", "customer", "held_out"):
        able[view.table.rows_of(LeadFilter(section="quarantine", reason=reason))] = False
    return able


def _how_near(plan: SamplePlan) -> str:
    return "exactly" if plan.is_whole else f"to within {plan.margin:.2f}"


def _offer(view: BatchView) -> None:
    from leadscore_core.monitoring.batch_leads import read_batch_leads
    from leadscore_core.monitoring.check import past_periods
    from leadscore_core.monitoring.records import save_sample
    from leadscore_core.monitoring.sample import FEWER, TELLING, plan_sample

    settings = load_settings()
    stored = read_batch_leads(view.batch, view.schema, model_of(view).metadata.threshold, settings)
    past, able = past_periods(model_of(view), settings, without=view.batch.id), _may_call(view)
    plan = plan_sample(stored.scores, past, may_call=able)
    fewer = plan_sample(stored.scores, past, most=FEWER, may_call=able) if plan.size > FEWER else None
    if fewer is not None and fewer.margin > TELLING:
        st.caption(f"{fewer.size:,} leads would tell too little of this list, so all that it takes are offered.")
    elif fewer is not None:
        options = [plan, fewer]
        chosen = st.segmented_control(
            "How many", range(2), required=True, key=session.bind("sample-size", 0),
            format_func=lambda at: f"{options[at].size:,} leads, {_how_near(options[at])}",
        )  # fmt: skip
        plan = options[chosen or 0]
    whole = " That is all of them, as fewer do not tell it." if plan.is_whole else ""
    called = f"{plan.size:,} of these {view.batch.rows:,} leads"
    st.markdown(f"**Call {called}, and you know the AUC of this list {_how_near(plan)}.**{whole}")
    beyond = f"tell the AUC to within {plan.beyond:.2f}" if plan.beyond <= TELLING else "tell too little"
    st.caption(
        f"That is about these leads. Of leads like them in general, such as the next list, the same calls {beyond}, as "
        "chance alone sets lists of this size apart."
    )
    if not plan.is_whole:
        st.caption(
            f"They are drawn at random within ten ranges of scores. In {plan.holds:.0%} of simulated lists the AUC was "
            f"known so well, also where scores tell only half of what they did; where they tell all of it, to within "
            f"{plan.hoped:.2f}."
        )
    if st.button(f"Draw these {plan.size:,} leads", icon=":material/casino:"):
        calls = stored.leads.calls
        sign(lambda by: save_sample(plan, view.batch, calls, by=by), f"{plan.size:,} leads are drawn.")
