"""Drift on Monitor: what differs from the training leads, ordered by what it does to scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from leadscore_core.percent import percent, share_percent, share_percents
from leadscore_core.plots.monitor import plot_changes
from pages.shared.components import render_chart
from pages.shared.sidebar import plain

if TYPE_CHECKING:  # loads statistics, which a page does when it is looked at
    from leadscore_core.monitoring.check import MonitorReport
    from leadscore_core.monitoring.drift import ColumnDrift, DriftReport


def render_drift(report: MonitorReport) -> None:
    """Show which columns drifted for certain, and what the first of them looks like."""
    drift = report.drift
    if not drift.is_applicable:
        st.info(plain(drift.not_applicable), icon=":material/info:")
        return
    if drift.lacking:
        names = ", ".join(plain(one.human) for one in drift.lacking)
        st.markdown(f"**This list has no {names}.** The model takes a neutral value.")
    st.markdown(_answer(drift))
    shown = list(drift.found) or list(drift.columns[:5])
    st.dataframe(
        pd.DataFrame([_row(one, drift) for one in shown]),
        hide_index=True,
        placeholder="",
        alt="Columns by what their drift does to scores",
        column_config={
            "PSI": st.column_config.NumberColumn(
                format="%.2f", help="Population stability index; by chance it is up to the figure beside it"
            ),
            "By chance": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    if drift.found and shown[0].changes:
        render_chart(plot_changes(shown[0].human, shown[0].changes))
    with st.expander("All columns"):
        st.dataframe(
            pd.DataFrame([_row(one, drift) for one in drift.columns]),
            hide_index=True,
            placeholder="",
            alt="All columns",
        )


def _answer(drift: DriftReport) -> str:
    now, before = (percent(mean, drift.mean_before) for mean in (drift.mean_now, drift.mean_before))
    scores = f"The mean score is {now}, at training {before}."
    if drift.apart is not None:
        by = [one.human for one in drift.columns if one.name == next(iter(drift.apart.by), "")]
        most = f", most by {plain(by[0])}" if by and drift.apart.is_apart else ""
        found = "can be told" if drift.apart.is_apart else "cannot be told"
        shared = " by the columns that they share" if drift.lacking else ""
        scores += (
            f" These leads {found} from training leads{shared} (AUC {drift.apart.auc:.2f}, {drift.apart.low:.2f} to "
            f"{drift.apart.high:.2f}; 0.5 is not at all){most}."
        )
    count = sum(not one.is_lacking for one in drift.found)
    columns = "No column" if not count else "1 column" if count == 1 else f"{count} columns"
    columns = columns.replace("column", "other column") if drift.lacking else columns
    return f"**{columns} drifted for certain.** {scores}"


def _row(one: ColumnDrift, drift: DriftReport) -> dict[str, object]:
    change = one.changes[0] if one.changes else None
    moved = "not known" if one.effect is None and one.is_found else share_percent(one.effect or 0.0)
    return {
        "Column": one.human,
        "Moves a score by": moved if one.is_found else "",
        "PSI": one.psi,
        "By chance": one.usual_psi,
        "Most changed": "" if change is None else _change(change.level, change.before, change.now),
        "New values": f"{one.new:,} ({share_percent(one.new_share)} of leads)" if one.new else "",
        "Blank": f"{share_percent(one.missing_before)} to {share_percent(one.missing_now)}",
        "Outside": "more than training months" if one.name in drift.outside else "",
    }


def _change(level: str, before: float, now: float) -> str:
    before_text, now_text = share_percents(before, now)
    return f"{level}: {before_text} to {now_text}"
