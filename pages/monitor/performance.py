"""Outcomes on Monitor: what was measured where they are in, beside what was promised, and a recalibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.data.schema.schema import Role
from leadscore_core.model.measures import FIGURE_NAMES
from leadscore_core.outcome import capital
from leadscore_core.percent import percent, signed
from pages.monitor.verdict import calibration_of, model_of
from pages.shared.components import act
from pages.shared.sidebar import plain

if TYPE_CHECKING:  # loads statistics, which a page does when it is looked at
    from leadscore_core.monitoring.check import MonitorReport
    from leadscore_core.monitoring.performance import Figure, MonitoredLeads
    from leadscore_core.outcome import OutcomeWords

_LEAST_OF_GROUP = 10


def render_performance(view: BatchView, report: MonitorReport) -> None:
    """Show what was measured, by groups too, and propose a recalibration where it helps for certain."""
    from leadscore_core.monitoring.batch_leads import read_batch_leads

    done, words = report.performance, view.schema.outcome
    if done.not_applicable:
        st.info(f"{done.not_applicable} {report.delay.sentence(words)}", icon=":material/hourglass_empty:")
        _render_young(report, words)
        _render_estimates(report)
        return
    st.markdown(
        f"**{done.found:,.0f} {words.plural}** of {done.known:,} leads whose outcome counts; {done.expected:,.0f} were "
        f"expected ({done.found_low:,.0f} to {done.found_high:,.0f} by chance)."
    )
    left = [
        f"{done.uncalled:,} that nobody called" if done.uncalled else "",
        f"{done.young:,} whose outcome is not due" if done.young else "",
        f"{done.by_itself:,} that {words.past} without a call" if done.by_itself else "",
    ]
    if any(left):
        st.caption(f"Left out, as nothing follows from them: {', '.join(filter(None, left))}.")
    st.caption(report.delay.sentence(words))
    _render_young(report, words)
    for sentence in report.junk:
        st.caption(f":material/delete: {plain(sentence)}")
    rows = [_row(one) for one in (done.figures or {}).values()]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, placeholder="", alt="Figures with their intervals, targets and promises"
    )
    for shift in report.shifts[:3]:
        st.caption(
            f":material/trending_down: {plain(_column(view, shift.column))} {plain(shift.level)}: {shift.found:,.0f} "
            f"{words.plural} of {shift.known:,} leads, {shift.expected:,.0f} expected."
        )
    leads = read_batch_leads(view.batch, view.schema, model_of(view).metadata.threshold, load_settings()).leads
    _render_groups(view, leads)
    _render_calibration(view)


def _render_young(report: MonitorReport, words: OutcomeWords) -> None:
    sentence = report.performance.young_sentence(words)
    if sentence:
        st.caption(sentence)


def _render_estimates(report: MonitorReport) -> None:
    shown = [one for one in report.estimates.values() if one.value is not None]
    if not shown:
        why = next((one.blind for one in report.estimates.values() if one.blind), "")
        st.caption(f":material/visibility_off: What scores alone say of it is not shown: {plain(why)}")
        return
    table = pd.DataFrame(
        {
            "Figure": [capital(FIGURE_NAMES[one.figure]) for one in shown],
            "By scores alone": [f"{one.plain:.3f}" for one in shown],
            "Corrected": [f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})" for one in shown],
            "Holds": [f"{one.level:.0%}, by {one.periods} past periods" for one in shown],
            "Most it was wrong": [signed(one.worst or 0.0, 3) for one in shown],
        }
    )
    st.dataframe(table, hide_index=True, placeholder="", alt="What scores alone say, corrected by past errors")


def _row(one: Figure) -> dict[str, str]:
    value = "does not exist" if one.value is None else f"{one.value:.3f}"
    return {
        "Figure": capital(FIGURE_NAMES[one.name]),
        "Measured": value,
        "95% interval": "" if one.low is None or one.value is None else f"{one.low:.3f} to {one.high:.3f}",
        "Target": f"{one.target:.3f}" if one.target else "",
        "Promised at training": "" if one.promised is None else f"{one.promised:.3f}",
    }


def _column(view: BatchView, name: str) -> str:
    known = view.schema.by_name.get(name)
    return name if known is None else known.human


def _render_groups(view: BatchView, leads: MonitoredLeads) -> None:
    from leadscore_core.monitoring.batch_leads import MONTH, WEEK
    from leadscore_core.monitoring.performance import measure_by

    named = {"Month": MONTH, "Week": WEEK} | {
        column.human: column.name for column in view.schema.with_role(Role.SOURCE, Role.MEDIUM)
    }
    offered = {human: name for human, name in named.items() if name in leads.groups}
    if not offered:
        return
    chosen = st.selectbox("By", list(offered), width=260)
    base = float(np.nanmean(leads.propensity))
    rows = []
    for one in measure_by(leads, offered[chosen], least=_LEAST_OF_GROUP, most=50):
        rate = (one.figures or {}).get("base_rate")
        rows.append(
            {
                chosen: one.group,
                "Leads": one.leads,
                "Known": one.known,
                "Found": round(one.found),
                "Expected": round(one.expected),
                "Rate": "" if rate is None or rate.value is None else percent(rate.value, base, 1),
                "AUC": "" if one.auc is None else f"{one.auc.value:.3f} ({one.auc.low:.3f} to {one.auc.high:.3f})",
            }
        )
    if not rows:
        st.caption(f"No {chosen.lower()} has {_LEAST_OF_GROUP} leads, so none is shown.")
        return
    counts = {n: st.column_config.NumberColumn(format="localized") for n in ("Leads", "Known", "Found", "Expected")}
    alt = f"Outcomes by {chosen.lower()}"
    st.dataframe(pd.DataFrame(rows), column_config=counts, hide_index=True, placeholder="", alt=alt)


def _render_calibration(view: BatchView) -> None:
    """Say level and slope of the model on all lists that it scored, and offer a recalibration where it is due."""
    from leadscore_core.monitoring.recalibration import recalibrated_model
    from leadscore_core.registry.publishing import publish_model

    found = calibration_of(view)
    if found is None:
        return
    st.caption(f":material/straighten: {plain(found.sentence(view.schema.outcome))}")
    if found.recalibration.is_proposed and st.button("Keep a recalibrated model", icon=":material/straighten:"):
        made = recalibrated_model(model_of(view), found.recalibration)
        act(lambda: publish_model(made), f"{made.model_id} is kept. Look at it and promote it on Retrain.")
