"""Dates and decimals on the screen: what can be read in two ways is asked, and what was found can be corrected."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from leadscore_core.config import Settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.list_conventions import ConventionChoice, list_choices
from leadscore_core.lists import LeadList, choose_conventions
from pages._shared import state
from pages._shared.shell import plain

ORDERS = {"dmy": "Day first", "mdy": "Month first", "ymd": "Year first", "ydm": "Year, then day"}
MARKS = {"comma": "Decimal comma", "point": "Decimal point"}


def render_questions(opened: state.OpenedList, settings: Settings) -> None:
    """Ask what a list leaves open of its dates and decimals, above its scores."""
    assert opened.leads is not None
    mapping = opened.leads.mapping
    if mapping.ambiguous_dates or mapping.decimal_doubts:
        choices = [choice for choice in _choices_of(opened, opened.leads) if choice.is_open]
        with st.container(border=True):
            _ask(choices, opened, settings, "open")


def render_corrections(opened: state.OpenedList, settings: Settings) -> None:
    """Show how a list's dates and decimals are read, and let a person correct it."""
    assert opened.leads is not None
    choices = [choice for choice in _choices_of(opened, opened.leads) if not choice.is_open]
    if choices:
        st.markdown("**Dates and decimals**")
        _ask(choices, opened, settings, "settled")


def _choices_of(opened: state.OpenedList, leads: LeadList) -> list[ConventionChoice]:
    mapping = leads.mapping
    read = (mapping.matches, mapping.said_order, tuple(mapping.said_decimals.items()))
    key = ("conventions", str(opened.path), leads.sheet, leads.encoding, read)
    return state.remembered(key, lambda: list_choices(leads))


def _ask(choices: Sequence[ConventionChoice], opened: state.OpenedList, settings: Settings, where: str) -> None:
    assert opened.leads is not None
    for choice in choices:
        is_date = choice.chosen in ORDERS
        words = {option: (ORDERS if is_date else MARKS)[option] for option in choice.options}
        key = f"{where}-{opened.path}-{opened.sheet}-{choice.column}"
        column = opened.leads.schema.by_name[choice.column]
        until = f". Read with the {(ORDERS | MARKS)[choice.chosen].lower()} until you choose" if choice.is_open else ""
        evidence = f"{column.human}: {choice.evidence}{until}"
        picked = choose_one(evidence, words, None if choice.is_open else choice.chosen, key=key)
        if picked is None or (picked == choice.chosen and not choice.is_open):
            continue
        try:
            if is_date:
                opened.leads = choose_conventions(opened.leads, dates=picked, settings=settings)  # type: ignore[arg-type]
            else:
                opened.leads = choose_conventions(
                    opened.leads,
                    decimals={choice.column: picked},  # type: ignore[dict-item]
                    settings=settings,
                )
            state.set_opened(opened)
            st.toast("Remembered for files with the same headers.", icon=":material/check:")
        except LeadScoreError as error:
            state.set_problem(str(error))
        st.rerun()


def choose_one(evidence: str, words: dict[str, str], chosen: str | None, *, key: str) -> str | None:
    """Show what a column's cells say and let a person choose; nothing is chosen where it is a question."""
    icon = ":material/help: " if chosen is None else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{icon}{plain(evidence)}.", width="stretch")
        return st.segmented_control(
            evidence, list(words), format_func=words.get, default=chosen, key=key, label_visibility="collapsed"
        )
