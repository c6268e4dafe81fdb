"""The verdict on top of Monitor: in a word, with its reasons and what to do."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import streamlit as st

from leadscore_core.batches.view import BatchView
from leadscore_core.config import Settings, load_settings
from leadscore_core.storage.database.outcomes import OutcomeStore
from pages.shared import session
from pages.shared.sidebar import VERDICT_ICONS, plain

if TYPE_CHECKING:  # loads statistics, which a page does when it is looked at
    from leadscore_core.model.lead_model import LeadModel
    from leadscore_core.monitoring.calibration_check import CalibrationCheck
    from leadscore_core.monitoring.check import MonitorReport
    from leadscore_core.monitoring.retrain_rule import RetrainCase

_BOX = {"healthy": st.success, "watch": st.info, "retrain": st.warning, "blind": st.warning, "do not trust": st.warning}


def model_of(view: BatchView) -> LeadModel:
    """Return the model that scored a batch, which the page has made sure of."""
    assert view.model is not None  # noqa: S101  # for the type checker
    return view.model


def checked(view: BatchView) -> tuple[MonitorReport, RetrainCase]:
    """Return what the monitor says of a batch as it stands now; it is looked at once, and kept in the database."""
    from leadscore_core.monitoring.check import check_batch
    from leadscore_core.monitoring.records import save_report
    from leadscore_core.monitoring.retrain_rule import make_case

    settings = load_settings()
    known = OutcomeStore(settings).current(view.batch)
    state = (view.batch.id, view.batch.scoring.number, known and known.number, view.standing.contacts.token)
    before = session.get("monitor_report")
    if before is not None and before[0] == state:
        return before[1], before[2]
    with st.spinner("Comparing this list with the training leads"):
        report = check_batch(view.batch, model_of(view))
        outside = tuple(one.human for one in report.drift.columns if one.name in report.drift.outside)
        case = make_case(view.batch.schema_name, report.verdict, outside=outside)
    is_another = save_report(report, view.batch)
    _post_in_passing(settings)
    session.put("monitor_report", (state, report, case))
    if is_another:
        st.rerun()  # the sidebar was drawn before, with the verdict of before
    return report, case


def calibration_of(view: BatchView) -> CalibrationCheck | None:
    """Return level and slope of the model that scored a batch, on all lists that it scored; looked at once a state."""
    from leadscore_core.monitoring.calibration_check import check_calibration, latest_calibration

    model = model_of(view)
    latest = latest_calibration(view.batch.schema_name, model.model_id, load_settings())
    state = (session.get("monitor_report", (None,))[0], repr(latest))
    return session.remembered(("calibration", model.model_id, *state), lambda: check_calibration(model))


def _post_in_passing(settings: Settings) -> None:
    """Post what waits, beside the page: whoever looks does not wait for another machine."""
    from leadscore_core.monitoring.webhook import deliver

    if settings.monitor.webhook_url:
        Thread(target=deliver, args=(settings,), daemon=True).start()


def render_verdict(view: BatchView, report: MonitorReport, case: RetrainCase) -> None:
    """Say the verdict, why, and what to do."""
    from leadscore_core.monitoring.calibration_check import latest_calibration
    from leadscore_core.monitoring.verdict import HEALTHY

    verdict = report.verdict
    reasons = " ".join(plain(reason) for reason in verdict.reasons)
    _BOX[verdict.state](
        f"**{verdict.state.capitalize()}.** {reasons}  \n{plain(verdict.action)}", icon=VERDICT_ICONS[verdict.state]
    )
    if case.is_proposed:
        lists = plain(case.named_lists or "your own file")
        reasons = " ".join(plain(reason) for reason in case.reasons)
        proposal = "A retrain may bring more all the same" if verdict.state == HEALTHY else "A retrain is proposed"
        st.caption(f":material/model_training: {proposal}: {reasons} It would learn from {lists} besides.")
        st.page_link("pages/retrain/page.py", label="Retrain", icon=":material/model_training:")
    calibration = latest_calibration(view.batch.schema_name, report.model_id, load_settings())
    if calibration is not None and calibration["is_proposed"]:
        st.caption(
            f":material/straighten: A recalibration is proposed under Outcomes: {plain(calibration['sentence'])}"
        )
