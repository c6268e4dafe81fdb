"""What stands around every page, and needs none of what a page needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.percent import say_leads
from leadscore_core.plain import plain_markdown
from leadscore_core.registry.registry import ModelRegistry
from pages.shared import session
from pages.shared.companies import choose_company, present_company
from pages.shared.moments import say_day

if TYPE_CHECKING:  # neither is needed for what the first page shows
    from streamlit.delta_generator import DeltaGenerator

    from leadscore_core.model.metadata import ModelMetadata
    from leadscore_core.monitoring.runs import MonitorRun

_SECONDS = 2
_LOOKED_BACK = 20
VERDICT_ICONS = {
    "healthy": ":material/check_circle:",
    "watch": ":material/visibility:",
    "retrain": ":material/model_training:",
    "do not trust": ":material/block:",
    "blind": ":material/visibility_off:",
}


def check_settings() -> None:
    """Say which settings cannot be used, and stop; carry to its end what a killed process left."""
    try:
        settings = load_settings()
        if settings.has_unfinished:
            from leadscore_core.upkeep.interrupted import finish_interrupted

            finish_interrupted(settings)
    except LeadScoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.stop()


def plain(text: object) -> str:
    """Return text that somebody typed so that it is shown as it is and never as formatting, a link or a picture."""
    return plain_markdown(text)


def render_sidebar() -> Callable[[], None]:
    """Show what every page shares: the calls a day, and which model speaks.

    Returns
    -------
    Callable
        Shows the verdict anew where the page that ran since has begun a check.
    """
    with st.sidebar:
        st.markdown("#### :material/leaderboard: LeadScore")
        st.divider()
        choose_company()
        registry = ModelRegistry(load_settings().models_dir)
        try:
            metadata = registry.read_metadata(registry.champion_of(present_company()) or "")
        except LeadScoreError:
            st.caption("The model in use cannot be read." if registry.champion_id else "No model is in use.")
            return _nothing
        data = metadata.training_data
        st.caption(f"**Model** {say_day(metadata.created_at)}, trained on {say_leads(data.rows)}. {plain(data.note)}")
        place = st.empty()
    before = session.get(session.MONITOR_RUN)
    _fill(place, metadata)

    def renew() -> None:
        run = session.get(session.MONITOR_RUN)
        if run is not None and run is not before:
            _fill(place, metadata)

    return renew


def _nothing() -> None:
    """Show nothing anew."""


def _fill(place: DeltaGenerator, metadata: ModelMetadata) -> None:
    """Show the verdict, and look for the next one where this session has begun a check."""
    run = session.get(session.MONITOR_RUN)
    with place.container():
        if run is not None and run.is_running:
            _watch_verdict(metadata.schema_name, metadata.model_id)
            return
        _render_verdict(metadata.schema_name, metadata.model_id)
        if run is not None:
            _say_failed(run)
            session.forget(session.MONITOR_RUN)


@st.fragment(run_every=_SECONDS)
def _watch_verdict(company: str, model_id: str) -> None:
    """Show the verdict, looking anew until the check that this session began has ended."""
    run = session.get(session.MONITOR_RUN)
    if run is not None and run.is_running:
        st.caption(":material/hourglass_empty: The monitor looks at the new leads.")
        return
    _render_verdict(company, model_id)
    if run is not None:
        _say_failed(run)


def _say_failed(run: MonitorRun) -> None:
    if run.is_failed:
        st.caption(":material/error: The monitor could not check all that came. The Monitor page says why.")


def _render_verdict(company: str, model_id: str) -> None:
    """Say in a line what the monitor said last of the model in use; nothing where it was never asked."""
    settings = load_settings()
    if not settings.has_database:
        return
    from leadscore_core.storage.database.monitor_events import VERDICT, MonitorEventStore  # needed where there is one

    try:
        found = MonitorEventStore(settings).history(company, VERDICT, most=_LOOKED_BACK)
    except LeadScoreError:
        return  # whatever needs the database says it
    own = [one for one in found if one.model_id == model_id and one.at is not None]
    long = [one for one in own if one.data.get("rows", 0) >= settings.monitor.least_leads]
    last = next(iter([*long, *own]), None)  # a list too short to tell anything takes no other's place
    if last is not None and last.at is not None:
        icon = VERDICT_ICONS.get(last.data["state"], "")
        state = str(last.data["state"]).capitalize()
        st.caption(f"{icon} **{state}** by {plain(last.data['name'])}, {say_day(last.at)}")
