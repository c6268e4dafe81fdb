"""Who was called, on the screen: what says it, with its evidence, corrected or asked, and which leads are left out."""

from collections.abc import Sequence
from contextlib import nullcontext

import streamlit as st

from leadscore_core.training.call_columns import NOBODY_SAYS, CallColumn, asked_columns
from leadscore_core.training.calls import ATTEMPTS
from leadscore_core.training.training_data import TrainingData
from pages.retrain import state as retrain_state
from pages.shared.sidebar import plain

_NO_COLUMN = "No column says it"


def choose_calls(data: TrainingData, upload: str, headers: Sequence[str], batches: dict[str, str]) -> bool:
    """Let a person correct what says who was called, or ask; tell whether leads can be learned from.

    Parameters
    ----------
    upload
        Of the leads that a person brought; empty where there are none.
    headers
        Of their file.
    batches
        Id -> name of the kept lists among the leads.
    """
    attempts = [row for row in data.call_columns if row.header.startswith(f"{ATTEMPTS} kept for ")]
    columns = [row for row in data.call_columns if row not in attempts]
    for row in attempts:
        _choose_attempts(row, batches)
    if upload:
        return _choose_column(data, columns, upload, headers)
    unclear = asked_columns(columns)
    if unclear:
        lines = "; ".join(row.statement(data.schema.outcome) for row in unclear)
        st.caption(f"Not used, as it is not clear that it says who was called: {plain(lines)}.")
    return True


def _choose_column(data: TrainingData, columns: list[CallColumn], upload: str, headers: Sequence[str]) -> bool:
    """Let a person say which column of a file says who was called; tell whether that is clear."""
    words, said = data.schema.outcome, retrain_state.get_called(upload)
    used = next((row.header for row in columns if row.is_used), None)
    asked = [] if said else asked_columns(columns)
    lines = "; ".join(row.statement(words) for row in columns)
    if asked:
        st.warning(
            f"It is not clear who of these leads was called. {plain(lines)}. Who was not called and did not "
            f"{plain(words.many)} is unknown, and is not learned from as a no.",
            icon=":material/help:",
        )
    elif lines:
        st.caption(f"Who was called is said by {plain(lines)}.")
    offered = [_NO_COLUMN, *headers]
    at = None if asked else offered.index(used) if used in offered else 0
    with nullcontext() if columns else st.expander("Who was called", icon=":material/call:"):
        chosen = st.selectbox(
            "Which column says who was called?", offered, at, key=f"called-{upload}-{said}", width=420,
            placeholder="Choose a column, or that none says it",
            help="No model reads it: nobody knows of a new lead whether it will be called.",
        )  # fmt: skip
    answer = None if chosen is None else NOBODY_SAYS if chosen == _NO_COLUMN else str(chosen)
    if answer is not None and answer != (said or used or ("" if asked else NOBODY_SAYS)):
        retrain_state.set_called(upload, answer)
        st.rerun()
    return not asked


def _choose_attempts(row: CallColumn, batches: dict[str, str]) -> None:
    """Let a person say whether the attempts that are kept tell who of a list was called."""
    name = row.header.removeprefix(f"{ATTEMPTS} kept for ")
    batch = next((key for key, human in batches.items() if human == name), name)
    said = retrain_state.get_called(batch)
    counts = st.toggle(
        f"The calls kept here are all that were made to {plain(name)}",
        row.is_used, key=f"calls-{batch}-{said}",
        help=f"Called {row.called:,}, {row.called_yes:,} of them with a yes; not called {row.uncalled:,}, "
        f"{row.uncalled_yes:,} of them with a yes. If most calls were noted elsewhere, leave it off.",
    )  # fmt: skip
    if counts != row.is_used:
        retrain_state.set_called(batch, ATTEMPTS if counts else NOBODY_SAYS)
        st.rerun()


def render_left_out(data: TrainingData) -> None:
    """Say which leads are left out since nobody knows what would have become of them, and what stands for them."""
    if data.calls is None:
        return
    calls = data.calls.summary()
    said = calls.sentences(data.schema.outcome)
    if said:
        st.info(plain(" ".join(said)), icon=":material/phone_missed:")
    if calls.is_partial and calls.junk is None:
        st.caption(
            "Figures will speak of called leads only, unless calls were made by chance. A learning sample shows the "
            "rest: on Leads, under Junk filter, let 5% of junk stay in the call list."
        )
