"""Trial note: that a trial runs on a list, and what it does to its calls, wherever these are offered."""

import streamlit as st

from leadscore_core.batches.view import BatchView
from pages.shared.sidebar import plain


def render_trial(view: BatchView, *, sorted_otherwise: bool = False) -> None:
    """Say in a sentence that a trial runs on a list; nothing where none does.

    Parameters
    ----------
    sorted_otherwise
        Whether what is shown is sorted by something else than the order of the calls.
    """
    if view.trial is None:
        return
    broken = " Sorted otherwise, this is not its order." if sorted_otherwise and view.trial.rows.is_ordered else ""
    st.caption(f":material/science: {plain(view.trial_note)}{broken}")
