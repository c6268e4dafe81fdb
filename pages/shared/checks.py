"""Checks by the monitor, begun beside the page when a list is kept or outcomes come; the sidebar says what is found."""

from collections.abc import Iterable

from leadscore_core.config import load_settings
from leadscore_core.monitoring.runs import run_soon
from pages.shared import session


def check_soon(batch_ids: Iterable[str], *, outcomes: bool = False) -> None:
    """Have kept lists checked in a process of its own; the sidebar looks for the verdict until it is there."""
    run = run_soon(batch_ids, load_settings(), outcomes=outcomes)
    if run is not None:
        session.put(session.MONITOR_RUN, run)
