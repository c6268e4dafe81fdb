"""Outcomes on the screen: what the values of an outcome mean, each with its count, corrected in a table."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import streamlit as st

from leadscore_core.data.cleaning.outcome_column import count_column
from leadscore_core.data.cleaning.outcome_split import split_outcomes
from leadscore_core.data.cleaning.outcome_values import MOST_VALUES, OutcomeSplit, name_values
from leadscore_core.data.cleaning.outcome_words import FILLED, Meaning
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.outcomes import settle_outcomes
from leadscore_core.data.reading.reader import iter_chunks
from leadscore_core.data.schema.outcome_nouns import propose_words
from leadscore_core.percent import say_leads
from leadscore_core.retraining.schema_editor import OUTCOME_MEANINGS, corrected_outcome, outcome_table
from pages.shared import session
from pages.shared.sidebar import plain

MOST_OFFERED = 100
_COLUMNS = {
    "Value": st.column_config.TextColumn(pinned=True),
    "Leads": st.column_config.NumberColumn(format="localized"),
    "Share": st.column_config.NumberColumn(format="%.1f%%"),
    "Means": st.column_config.SelectboxColumn(
        options=list(OUTCOME_MEANINGS), required=True, help="A lead that is still open is not learned from"
    ),
}


def choose_outcome_values(path: Path, upload: str, header: str) -> OutcomeSplit:
    """Let a person say which values of an outcome's column mean yes; the others are looked up, and can be corrected."""

    def count() -> dict[str, int]:
        with closing(iter_chunks(path, encoding=encoding)) as chunks:
            return count_column(chunks, header)

    encoding = session.get_encoding(upload)
    counts = session.remembered(("outcome", upload, header, encoding), count)
    split = split_outcomes(counts)
    if split.may_be_filled and _is_filled(split, f"{upload}-{header}", propose_words(header).past):
        return split_outcomes(counts, positive=[FILLED])
    offered = [value.key for value in split.values][:MOST_OFFERED]
    proposed = [key for key in split.keys(Meaning.WON) if key in offered]
    chosen = st.multiselect(
        "Which of its values mean yes?", offered, proposed, key=f"yes-{upload}-{header}",
        placeholder="Choose the values that mean yes",
    )  # fmt: skip
    if set(chosen) != set(proposed):
        lost = split.with_meanings(dict.fromkeys(proposed, Meaning.UNKNOWN))
        split = split_outcomes(counts, positive=chosen) if chosen else lost
    elif split.question(header, propose_words(header)) is not None:
        st.warning(
            f"It is not clear what {plain(header)} says of a lead. Choose the values that mean yes.",
            icon=":material/help:",
        )
    return _correct(split, f"{upload}-{header}-{'-'.join(chosen)}")


def needs_answer(leads: LeadList) -> bool:
    """Tell whether values of an outcome are not known, so that a person is asked before they are brought."""
    return leads.outcome is not None and bool(leads.outcome.of(Meaning.UNKNOWN))


def ask_outcome(lists: list[LeadList], upload: str) -> list[LeadList]:
    """Let a person say what the values of a file of outcomes mean; return its lists with them settled."""
    split = next(leads.outcome for leads in lists if leads.outcome is not None and needs_answer(leads))
    counts = {value.shown: value.count for value in split.values} | {"": split.blank}
    _ask_in_words(split)
    if _is_filled(split, upload, lists[0].schema.outcome.past):
        split = split_outcomes(counts, positive=[FILLED])
    else:
        offered = [value.key for value in split.values][:MOST_OFFERED]
        proposed = [key for key in split.keys(Meaning.WON) if key in offered]
        chosen = st.multiselect("Which of its values mean yes?", offered, proposed, key=f"outcome-yes-{upload}")
        if chosen and set(chosen) != set(proposed):
            split = split_outcomes(counts, positive=chosen)
        split = _correct(split, f"{upload}-{'-'.join(chosen)}")
    _say(split, lists[0].schema.outcome.past)
    return [settle_outcomes(replace(leads, outcome=split)) if leads.outcome is not None else leads for leads in lists]


def render_outcome(leads: LeadList, upload: str) -> LeadList:
    """Say what a known outcome's values are taken for, and let a person correct it; return the list with it settled."""
    label = leads.schema.label
    header = leads.mapping.used.get(label.name) if label is not None else None
    if label is None or header is None:
        return leads

    def count() -> dict[str, int]:
        with closing(leads.raw_chunks()) as chunks:
            return count_column(chunks, header)

    counts = session.remembered(("outcome", upload, header), count)
    split = split_outcomes(counts, label)
    unclear = bool(split.of(Meaning.UNKNOWN))
    if unclear:
        _ask_in_words(split, header)
    if _is_filled(split, f"{upload}-{header}", leads.schema.outcome.past):
        split = split_outcomes(counts, positive=[FILLED])
    elif len(split.values) <= MOST_OFFERED:
        with st.expander("What the outcome's values mean", expanded=unclear, icon=":material/flag:"):
            split = _correct(split, f"{upload}-{header}-{leads.schema.name}")
    _say(split, leads.schema.outcome.past)
    return settle_outcomes(replace(leads, outcome=split))


def _ask_in_words(split: OutcomeSplit, header: str = "the outcome") -> None:
    """Name the values of which it is not clear what they mean, with how many leads have each."""
    unknown = split.of(Meaning.UNKNOWN)
    if split.are_dates or len(unknown) > MOST_OFFERED:
        what = f"{len(unknown):,} {'dates' if split.are_dates else 'different values'}: {name_values(unknown)}"
    else:
        what = name_values(unknown)
    st.warning(
        f"It is not clear what these values of {plain(header)} say of a lead, so such leads have no outcome until you "
        f"say it: {plain(what)}.",
        icon=":material/help:",
    )


def _is_filled(split: OutcomeSplit, key: str, past: str) -> bool:
    """Let a person say that any date or id means that a lead converted, where no value says it by itself."""
    if split.known or not (split.are_dates or len(split.values) > MOST_VALUES):
        return False
    blank = f", blank means not {past} ({split.blank:,})" if split.blank else ""
    return st.checkbox(f"Filled means {past} ({say_leads(split.filled)}){blank}", key=f"filled-{key}")


def _correct(split: OutcomeSplit, key: str) -> OutcomeSplit:
    """Show each value with its count and meaning, and return the split with what a person changed."""
    if not split.values:
        return split
    table = outcome_table(split)
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=["Value", "Leads", "Share"],
        column_config=_COLUMNS,
        height="content" if len(table) <= 15 else 560,
        key=f"outcome-values-{key}",
    )
    return split if edited["Means"].equals(table["Means"]) else corrected_outcome(split, edited)


def _say(split: OutcomeSplit, past: str) -> None:
    for line in split.statement(past):
        st.caption(plain(line))
