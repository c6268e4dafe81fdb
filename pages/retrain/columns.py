"""Somebody else's leads on the screen: what their columns mean, corrected, kept and exported."""

from pathlib import Path

import streamlit as st

from leadscore_core.config import Settings
from leadscore_core.data.dataset.open import fitting_schema, propose_list
from leadscore_core.data.schema.inference import Proposal, build_schema, headers_found, name_schema, numbers_of
from leadscore_core.data.schema.outcome_candidates import MOST_OFFERED
from leadscore_core.data.schema.outcome_nouns import propose_words
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import free_name, is_shipped, list_schemas, write_schema
from leadscore_core.errors import LeadScoreError
from leadscore_core.outcome import OutcomeWords
from leadscore_core.retraining.schema_editor import MEANINGS, corrected_proposal, proposal_table
from leadscore_core.storage.kept_schemas import keep_columns
from pages.retrain import state as retrain_state
from pages.shared import session
from pages.shared.controls import plain_error
from pages.shared.outcome_values import choose_outcome_values
from pages.shared.sidebar import plain

_COLUMNS = {
    "Column": st.column_config.TextColumn(pinned=True, width=190),
    "Meaning": st.column_config.SelectboxColumn(options=list(MEANINGS), required=True, width=130),
    "Called": st.column_config.TextColumn(required=True, width=200, help="The name in reasons and tables"),
    "Counts as blank": st.column_config.TextColumn(help="Words that mean that nobody filled it in; commas between"),
    "Example": st.column_config.TextColumn(help="Its most frequent value", width=130),
    "Why": st.column_config.TextColumn(width="large"),
}


def choose_meaning(
    path: Path, name: str, upload: str, headers: list[str], own: LeadSchema, settings: Settings
) -> LeadSchema | None:
    """Return what the columns of an uploaded list mean; None while a person still says so.

    Raises
    ------
    LeadScoreError
        If the list cannot be read.
    """
    known = own if headers_found(own, headers) >= 0.9 else fitting_schema(headers, settings)
    if known is None or retrain_state.is_describing(upload):
        _render_proposal(path, name, upload, known, settings)
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        found = headers_found(known, headers)
        st.caption(f"Read as {plain(known.title)}: {found:.0%} of their columns are there.")
        if st.button("Say anew what the columns mean", type="tertiary", icon=":material/edit:"):
            retrain_state.describe(upload)
            st.rerun()
        st.download_button(
            "Export as TOML", write_schema(known), f"{known.name}.toml", "application/toml", type="tertiary",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    return known


def _render_proposal(path: Path, name: str, upload: str, known: LeadSchema | None, settings: Settings) -> None:
    encoding = session.get_encoding(upload)

    def propose() -> Proposal:
        with st.spinner("Looking at every column", show_time=True):
            return propose_list(path, encoding=encoding)

    st.subheader("What do these columns mean?", anchor=False)
    if known is None:
        st.caption(
            f"{plain(name)} has columns that no model here reads. This is what they seem to mean; correct what is "
            "wrong. It is kept under a name and used from then on."
        )
    proposal = session.remembered(("proposal", upload, encoding), propose)
    if not proposal.choices:
        st.error(
            "No column could be the outcome: none has between two and twenty values, or is filled for some leads and "
            "blank for the others. Bring leads with a column that says which of them converted.",
            icon=":material/error:",
        )
        return
    outcome = _choose_outcome(proposal, upload)
    if outcome is None:
        return
    split = choose_outcome_values(path, upload, outcome)
    proposal = proposal.with_label(outcome, split)
    table = st.data_editor(
        proposal_table(proposal),
        hide_index=True,
        disabled=["Column", "Example", "Why"],
        column_config=_COLUMNS,
        height="content" if len(proposal.columns) <= 15 else 560,
        key=f"meaning-{upload}-{outcome}",
    )
    proposal = corrected_proposal(proposal, table).with_label(outcome, split)
    for line in split.statement(propose_words(outcome, proposal.positive).past):
        st.caption(plain(line))
    result = numbers_of(proposal.columns)
    st.caption(
        f"{result['read']} columns to learn from, {result['people']} that say who a person is and are "
        f"never learned from, {result['left out']} left out. Which of them may know the outcome is asked next."
    )
    chosen = st.text_input(
        "Name",
        known.name if known else free_name(name_schema(name)),
        key=f"schema-name-{upload}",
        max_chars=40,
        width=320,
    )
    if chosen in list_schemas() and (known is None or chosen != known.name):
        st.caption(f"What was kept as {plain(chosen)} will be replaced.")
    try:
        own = known if known is not None and not is_shipped(known.name) else None
        words = _choose_words(outcome, proposal, upload, own)
        own_rules = {"grades": own.grades, "targets": own.targets} if own is not None else {}
        schema = (
            build_schema(proposal, chosen).model_copy(update={"outcome": words, **own_rules})
            if split.completed
            else None
        )
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
        return
    if schema is None:
        st.caption("Choose at least one value that means yes.")
        return
    with st.container(horizontal=True):
        if st.button("Use these columns", type="primary", icon=":material/check:"):
            keep_columns(schema, settings)
            retrain_state.describe(None)
            st.rerun()
        st.download_button(
            "Export as TOML", write_schema(schema), f"{schema.name}.toml", "application/toml",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip


def _choose_words(outcome: str, proposal: Proposal, upload: str, known: LeadSchema | None) -> OutcomeWords:
    """Let a person say what the outcome is called in every sentence, figure and report; propose it by its name."""
    own = propose_words(outcome, proposal.positive) if known is None else known.outcome
    key = f"words-{upload}-{outcome}-{own.singular}"
    with st.expander(f"What the outcome is called: {own.plural}", icon=":material/edit_note:"):
        with st.container(horizontal=True):
            singular = st.text_input("One", own.singular, key=f"{key}-one", max_chars=30, width=180)
            plural = st.text_input("Many", own.plural, key=f"{key}-many", max_chars=30, width=180)
            many = st.text_input("Leads ..", own.many, key=f"{key}-verb", max_chars=30, width=180)
            past = st.text_input("A lead has ..", own.past, key=f"{key}-past", max_chars=30, width=180)
        given = [text.strip() for text in (singular, plural, many, past)]
        if not all(given):
            st.caption("Give all four words; until then those that are proposed are used.")
            return own
        singular, plural, many, past = given
        chosen = OutcomeWords(singular=singular, plural=plural, many=many, past=past)
        st.caption(
            plain(f"So it reads: 214 {plural} expected; 3 of 12 such leads {past}; such leads {many} 20% of the time.")
        )
    return chosen


def _choose_outcome(proposal: Proposal, upload: str) -> str | None:
    """Let a person choose the outcome; the likeliest column is chosen at first, and the three likeliest are named."""
    offered = proposal.choices
    likeliest = proposal.label or next((candidate.header for candidate in proposal.candidates), None)
    outcome = st.selectbox(
        "Which column says whether a lead converted?", offered,
        offered.index(likeliest) if likeliest in offered else None, key=f"outcome-{upload}",
        placeholder="Choose the outcome",
    )  # fmt: skip
    if len(proposal.candidates) > 1:
        likely = "; ".join(candidate.statement() for candidate in proposal.candidates[:MOST_OFFERED])
        st.caption(f"The likeliest, with their values: {plain(likely)}.")
    return outcome
