"""Dates and decimals on the screen: what can be read in two ways is asked, and what was found can be corrected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from leadscore_core.config import Settings
from leadscore_core.data.cleaning.convention_choices import ConventionChoice
from leadscore_core.data.cleaning.phone_region import country_of, regions
from leadscore_core.data.dataset.conventions import list_choices
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.open import choose_conventions
from leadscore_core.data.schema.phone_region import RegionReading, read_as
from leadscore_core.errors import LeadScoreError
from pages.shared import session
from pages.shared.controls import plain_error
from pages.shared.sidebar import plain

if TYPE_CHECKING:  # numbers load with the list, not with the page
    from leadscore_core.data.cleaning.date_order import DateOrder
    from leadscore_core.data.cleaning.numbers import DecimalMark

ORDERS: dict[DateOrder, str] = {"dmy": "Day first", "mdy": "Month first", "ymd": "Year first", "ydm": "Year, then day"}
MARKS: dict[DecimalMark, str] = {"comma": "Decimal comma", "point": "Decimal point"}
REMEMBERED = "Remembered for files with the same headers."


def choices_of(leads: LeadList, key: str) -> list[ConventionChoice]:
    """Return how an opened list's dates and decimals are read, where that could be otherwise."""
    mapping = leads.mapping
    read = (mapping.matches, mapping.said_order, tuple(mapping.said_decimals.items()))
    return session.remembered(("conventions", key, leads.sheet, leads.encoding, read), lambda: list_choices(leads))


def ask_choices(choices: Sequence[ConventionChoice], key: str) -> dict[str, str]:
    """Ask what a file leaves open of its dates and decimals; return what a person chose just now, by column."""
    questions = [choice for choice in choices if choice.is_open]
    if not questions:
        return {}
    with st.container(border=True):
        return _picked(questions, f"open-{key}")


def offer_choices(choices: Sequence[ConventionChoice], key: str, *, in_popover: bool = False) -> dict[str, str]:
    """Say how a file's dates and decimals are read; return what a person chose otherwise just now, by column.

    Within a popover, which holds no other, the control is an expander.
    """
    settled = [choice for choice in choices if not choice.is_open]
    if not settled:
        return {}
    readings = ", ".join(f"{choice.human}: {(ORDERS | MARKS)[choice.chosen].lower()}" for choice in settled)
    if in_popover:
        st.caption(f"Read as {plain(readings)}")
        with st.expander("Read otherwise", icon=":material/edit:"):
            return _picked(settled, f"settled-{key}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Read as {plain(readings)}", width="content")
        with st.popover("Read otherwise", icon=":material/edit:"):
            return _picked(settled, f"settled-{key}")


def render_questions(opened: session.OpenedList, settings: Settings) -> None:
    """Ask what a list leaves open of its dates and decimals, above its scores."""
    assert opened.leads is not None  # noqa: S101  # for the type checker
    if opened.leads.mapping.region_choices:
        with st.container(border=True):
            _choose_region(opened, settings)
    if opened.leads.mapping.has_open_dates or opened.leads.mapping.decimal_doubts:
        key = f"{opened.path}-{opened.sheet}"
        _apply(ask_choices(choices_of(opened.leads, key), key), opened, settings)


def render_corrections(opened: session.OpenedList, settings: Settings) -> None:
    """Say how a list's dates, decimals and phones are read, and let a person correct it."""
    assert opened.leads is not None  # noqa: S101  # for the type checker
    if opened.leads.mapping.region_note and not opened.leads.mapping.region_choices:
        _choose_region(opened, settings)
    key = f"{opened.path}-{opened.sheet}"
    _apply(offer_choices(choices_of(opened.leads, key), key), opened, settings)


def _choose_region(opened: session.OpenedList, settings: Settings) -> None:
    """Say as whose numbers those without a country code are read, and let a person choose another country."""
    assert opened.leads is not None  # noqa: S101  # for the type checker
    key = f"{opened.path}-{opened.sheet}"
    picked = pick_region(read_as(opened.leads.mapping), settings.phone_region, key)
    if picked is not None:
        try:
            opened.leads = choose_conventions(opened.leads, region=picked, settings=settings)
        except LeadScoreError as error:
            st.error(plain_error(error), icon=":material/error:")
            return
        session.set_opened(opened)
        st.toast(REMEMBERED, icon=":material/check:")
        st.rerun()


def pick_region(reading: RegionReading, usual: str, key: str) -> str | None:
    """Say as whose numbers those without a country code are read; return another country that a person picks.

    Parameters
    ----------
    usual
        As whose they are read while it is a question.
    """
    present = reading.region
    asked = present is None
    with st.container(horizontal=True, vertical_alignment="center"):
        if asked:
            st.markdown(
                f":material/help: Numbers without a country code are read as those of {usual}, {plain(reading.note)}. "
                "Whose are they?",
                width="stretch",
            )
        else:
            shown = f"{present} ({country_of(str(present))})"
            st.caption(f"Numbers without a country code are read as those of {shown}: {plain(reading.note)}")
        first = [*reading.choices] or [str(present)]
        picked = st.selectbox(
            "Country of phone numbers without a country code",
            [*first, *(region for region in regions() if region not in first)],
            index=None if asked else 0,
            format_func=lambda region: f"{region} {country_of(region)}",
            placeholder="Choose the country",
            key=f"region-{key}-{present}",
            label_visibility="collapsed",
            width=220,
        )
    return picked if picked != present else None


def with_choices(leads: LeadList, picked: dict[str, str], settings: Settings) -> LeadList:
    """Return a list with what a person chose, which is remembered for files with the same headers.

    Raises
    ------
    LeadScoreError
        If it cannot be kept.
    """
    order, marks = said_of(picked)
    return choose_conventions(leads, dates=order, decimals=marks, settings=settings)


def said_of(picked: dict[str, str]) -> tuple[DateOrder | None, dict[str, DecimalMark]]:
    """Return the order of dates and the mark of each column's decimals among what a person chose, by column."""
    order = next((order for order in ORDERS if order in picked.values()), None)
    return order, {column: mark for column, said in picked.items() for mark in MARKS if said == mark}


def _apply(picked: dict[str, str], opened: session.OpenedList, settings: Settings) -> None:
    assert opened.leads is not None  # noqa: S101  # for the type checker
    if not picked:
        return
    try:
        opened.leads = with_choices(opened.leads, picked, settings)
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
        return
    session.set_opened(opened)
    st.toast(REMEMBERED, icon=":material/check:")
    st.rerun()


def _picked(choices: Sequence[ConventionChoice], key: str) -> dict[str, str]:
    """Show each choice with its evidence; nothing is chosen where it is a question."""
    picked = {}
    known = [*ORDERS.items(), *MARKS.items()]
    for choice in choices:
        evidence = f"{choice.human}: {choice.evidence}"
        words: dict[str, str] = {option: text for option in choice.options for said, text in known if said == option}
        found: str | None = None if choice.is_open else choice.chosen
        icon = ":material/help: " if choice.is_open else ""
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{icon}{plain(evidence)}.", width="stretch")
            chosen = st.segmented_control(
                evidence,
                list(words),
                format_func=words.__getitem__,
                default=found,
                key=f"{key}-{choice.column}",
                label_visibility="collapsed",
            )
        if chosen is not None and (choice.is_open or chosen != choice.chosen):
            picked[choice.column] = chosen
    return picked
