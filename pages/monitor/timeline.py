"""Time on Monitor: lists, outcomes, models and verdicts on one axis."""

import pandas as pd
import streamlit as st

from leadscore_core.batches.view import BatchView
from leadscore_core.plots.monitor import plot_timeline
from pages.shared import session
from pages.shared.components import render_chart
from pages.shared.moments import say_moment

_KINDS = {
    "batch": "Lists",
    "outcomes": "Outcomes",
    "model": "Models",
    "verdict": "Verdicts",
    "sample": "Leads to call",
    "sample_back": "Leads to call",
    "shadow": "Shadow",
    "trial": "Trials",
    "trial_end": "Trials",
    "recalibration": "Recalibration",
}
_MOST = 200


def render_timeline(view: BatchView) -> None:
    """Show what happened, and what a person clicks on."""
    from leadscore_core.monitoring.records import read_timeline

    entries = read_timeline(view.batch.schema_name)[:_MOST]
    kinds = [_KINDS.get(one.kind, one.kind) for one in entries]
    figure = plot_timeline([one.at for one in entries], kinds, [one.title for one in entries])
    render_chart(figure, key="timeline", on_click=_look)
    place = session.get("timeline_place")
    shown = entries if place is None or place >= len(entries) else [entries[place]]
    table = pd.DataFrame(
        {
            "When": [say_moment(one.at) for one in shown],
            "What": [_KINDS.get(one.kind, one.kind) for one in shown],
            "Which": [one.title for one in shown],
            "More": [one.detail for one in shown],
        }
    )
    st.dataframe(table, hide_index=True, placeholder="", alt="What happened, the latest first")


def _look() -> None:
    """Keep which mark was clicked."""
    picked = session.get("timeline")
    points = picked["selection"]["points"] if picked else []
    session.put("timeline_place", int(points[0]["customdata"]) if points else None)
