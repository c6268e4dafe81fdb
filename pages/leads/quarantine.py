"""Quarantine and review list: what was put aside, what people said, and the way back."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from leadscore_core.batches.known_people import lead_keys
from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.data.row_numbers import FIRST_ROW
from leadscore_core.errors import LeadScoreError
from leadscore_core.inference.grades import JUNK_WORDS
from leadscore_core.percent import say_leads
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.database.decisions import RESTORED_DAYS, VERDICTS, DecisionStore, Feedback
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.standing import Standing
from pages.shared.controls import plain_error
from pages.shared.lead_filters import render_filters
from pages.shared.lead_list import render_list
from pages.shared.lead_table import render_export
from pages.shared.moments import here
from pages.shared.person import sign
from pages.shared.trial_note import render_trial

WHO = ("ls_name", "ls_id", "ls_email")


def render_quarantine(view: BatchView) -> None:
    """List what was put aside, why, and let it be restored one by one or all."""
    counts = {reason: n for reason, (n, _) in view.table.by_junk().items() if reason}
    barred = view.standing.contacts.row[view.standing.contacts.suppressed_by != ""]
    restored = int((~np.isin(view.standing.restored, barred)).sum())
    if restored:
        with st.container(horizontal=True, vertical_alignment="center"):
            were = "was restored and is" if restored == 1 else "were restored and are"
            st.caption(f"{say_leads(restored)} {were} in the call list.")
            if st.button("Put all of them aside again", type="tertiary", icon=":material/inventory_2:"):
                again = view.standing.restored.tolist()
                people = [one.person for one in view.carried.values() if one.person is not None]
                sign(lambda _: _decisions().unrestore(view.batch, again, people), "The rules decide again.")
    if not counts:
        st.info("Nobody is put aside. Set what counts as junk under Junk filter.", icon=":material/inventory_2:")
        return
    st.caption("Nothing is deleted. Each lead says why it is put aside, and a restored one stays restored.")
    if "held_out" in counts:
        render_trial(view)
    chosen, layout = render_filters(view, "quarantine")
    reason = st.selectbox(
        "Why it is put aside",
        ["", *counts],
        format_func=lambda r: f"{JUNK_WORDS[r]} ({counts[r]:,})" if r else f"Any reason ({sum(counts.values()):,})",
        key=f"reason-{view.batch.id}-{sum(counts.values())}",
        width=420,
    )
    chosen = replace(chosen, reason=reason)
    shown = render_list(view, chosen, layout, key="quarantine", several=True)
    rows = list(shown.selected)
    total = view.table.count(chosen)
    if total:
        with st.form("restore", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            note = st.text_input("Note", placeholder="Why should they be called?", max_chars=300, width=320)
            days = st.number_input("Days on other lists", 1, 365, RESTORED_DAYS, width=160)
            some = st.form_submit_button(f"Restore {len(rows)} selected", icon=":material/undo:", disabled=not rows)
            every = st.form_submit_button(f"Restore all {total:,} shown", icon=":material/undo:")
        if some or every:
            asked = rows if some else view.table.rows_of(chosen).tolist()
            wanted = [row for row in asked if row not in set(barred.tolist())]
            leads = lead_keys(view.batch, view.table, wanted)
            left = len(asked) - len(wanted)
            stay = f" {say_leads(left)} asked not to be called or are customers, and stay here." if left else ""
            sign(
                lambda name: _decisions().restore(view.batch, wanted, note=note, by=name, days=int(days), leads=leads),
                f"{len(wanted):,} restored.{stay}",
            )
    render_export(view, chosen, shown.sort)


def render_review(view: BatchView) -> None:
    """List scores that looked wrong to somebody, for the data scientist."""
    try:
        entries = DecisionStore(load_settings()).feedback()
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
        return
    if not entries:
        st.info("No score looked wrong to anybody so far. Open a lead to say that one does.", icon=":material/flag:")
        return
    table = pd.DataFrame(
        {
            "List": [e.batch_name for e in entries],
            "Lead": _names(entries),
            "Score": [round(100 * e.propensity) for e in entries],
            "What is wrong": [VERDICTS[e.verdict] for e in entries],
            "Note": [e.note for e in entries],
            "Said by": [e.author for e in entries],
            "When": [e.given_at for e in entries],
        }
    )
    event = st.dataframe(
        table,
        column_config={"When": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", timezone=here())},
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="multi-row",
        key=f"review-{len(entries)}",
        placeholder="",
        alt="Review list",
    )
    picked = [entries[place] for place in event.selection.rows if place < len(entries)]
    done = st.button(f"{len(picked)} selected: reviewed", disabled=not picked, icon=":material/check:")
    if done:
        sign(lambda _: _close(picked), "Off the list, and kept.")
    every = st.button(f"All {len(entries):,}: reviewed", type="tertiary")
    if every:
        sign(lambda _: _close(entries), "Off the list, and kept.")


def _names(entries: list[Feedback]) -> list[str]:
    """Return who the leads are; the row of one whose list is gone or says nothing else."""
    named: dict[tuple[str, int], str] = {}
    for batch_id in {entry.batch_id for entry in entries}:
        rows = sorted({entry.row for entry in entries if entry.batch_id == batch_id})
        try:
            table = LeadTable(BatchStore(load_settings()).get(batch_id).scores_path, Standing())
            leads = table.by_rows(np.array(rows, dtype="int64"))
        except LeadScoreError:
            continue
        for name in reversed([name for name in WHO if name in leads]):
            known = leads.loc[leads[name].notna(), ["ls_row", name]]
            named |= {(batch_id, int(row)): str(who) for row, who in known.itertuples(index=False)}
    return [named.get((entry.batch_id, entry.row), f"Row {entry.row + FIRST_ROW:,}") for entry in entries]


def _close(entries: list[Feedback]) -> None:
    for entry in entries:
        _decisions().close_feedback(entry.id)


def _decisions() -> DecisionStore:
    return DecisionStore(load_settings())
