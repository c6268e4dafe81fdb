"""The address of a page: batch, section, filter, order, page and lead stand in it, so that it can be kept and sent.

The session is what counts; the address follows it after each run, and is read where it is not what was written last:
when a page is opened, a link is followed, or a person goes back in their browser.
"""

import re
import time
from datetime import date
from typing import cast

import streamlit as st

from leadscore_core.storage.leads.filters import LeadFilter, News
from pages.shared import list_state, session

_WRITTEN, _FRESH, _DOUBT = "address_written", "address_fresh", "address_doubt"
_SHOWN = {"": ("scored",), "drivers": ("batch",), "leads": ("batch", "section", "list", "lead")}
_SPAN = re.compile(r"(\d{1,3})-(\d{1,3})")
_ID = re.compile(r"[\w.-]{1,80}")
_IN_FLIGHT_SECONDS = 2.0


def read_address(page: str) -> None:
    """Take over what an address asks for, if it is another than was written last.

    Parameters
    ----------
    page
        The path of the page, empty for the first.
    """
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    written, before, at = session.get(_WRITTEN, (None, None, 0.0))
    is_late = given == before[1] if before else False  # sent before the browser had the address of the last run
    if not given or (page, given) == written or (is_late and time.monotonic() - at < _IN_FLIGHT_SECONDS):
        return
    session.put(_FRESH, True)
    # a run that a click interrupts writes no address, and the next one must not take this one over the click
    session.put(_WRITTEN, ((page, given), written, time.monotonic()))
    if page == "" and "scored" in given and _ID.fullmatch(given["scored"][0]):
        session.set_scored(given["scored"][0])
    if "batch" in given:
        session.set_batch(given["batch"][0])
    if page == "leads":
        if "section" in given:
            session.set_section(given["section"][0])
            session.forget("section")
        session.set_filter(_read_filter(given))
        session.forget("filter_panels")
        list_state.set_sort(*_read_sort(given))
        list_state.set_columns(tuple(given["col"]) if "col" in given else None)
        list_state.set_page(_read_number(given, "page", 1))
        row = _read_number(given, "lead", -1)
        session.set_lead(row if row >= 0 else None)


def write_address(page: str) -> None:
    """Let the address say what is shown."""
    wanted: dict[str, list[str]] = {}
    for part in _SHOWN.get(page, ()):
        wanted |= _WRITERS[part]()
    if page in _SHOWN and wanted != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(wanted)
    written = session.get(_WRITTEN, (None, None, 0.0))[0]
    if written != (page, wanted):
        session.put(_WRITTEN, ((page, wanted), written, time.monotonic()))
    session.put(_FRESH, False)


def is_fresh() -> bool:
    """Tell whether an address was just taken over, so that what it asks for may not be there."""
    return bool(session.get(_FRESH))


def settle_section(sections: list[str]) -> str:
    """Return the section that is looked at, the first where it is none of these."""
    section = session.get_section(sections[0])
    if section in sections:
        return section
    if is_fresh():
        doubt()
    return sections[0]


def doubt() -> None:
    """Note that an address asked for something that is not there."""
    session.put(_DOUBT, True)


def render_doubt() -> None:
    """Say once that an address asked for something that is not there."""
    if session.get(_DOUBT):
        session.forget(_DOUBT)
        st.info(
            "The address asks for something that is not here any more, or never was. What is here is shown.",
            icon=":material/link_off:",
        )


def _scored() -> dict[str, list[str]]:
    return {"scored": [batch]} if (batch := session.get_scored()) else {}


def _batch() -> dict[str, list[str]]:
    return {"batch": [batch]} if (batch := session.get_batch()) else {}


def _section() -> dict[str, list[str]]:
    return {"section": [section]} if (section := session.get_section("")) else {}


def _list() -> dict[str, list[str]]:
    chosen, (by, highest_first), page = session.get_filter(), list_state.get_sort(), list_state.get_page()
    said: dict[str, list[str]] = {
        "grade": [*chosen.grades],
        "state": [*chosen.states],
        "news": [str(news) for news in chosen.news],
        "in": [f"{column}:{value}" for column, wanted in chosen.values.items() for value in wanted],
        "q": [chosen.text] if chosen.text else [],
        "score": [f"{chosen.score_from}-{chosen.score_to}"] if (chosen.score_from, chosen.score_to) != (0, 100) else [],
        "from": [chosen.created_from.isoformat()] if chosen.created_from else [],
        "to": [chosen.created_to.isoformat()] if chosen.created_to else [],
        "by": [by] if by else [],
        "lowest": ["first"] if by and not highest_first else [],
        "col": list(list_state.get_columns() or ()),
        "page": [str(page)] if page > 1 else [],
    }
    return {name: values for name, values in said.items() if values}


def _lead() -> dict[str, list[str]]:
    row = session.get_lead()
    return {} if row is None else {"lead": [str(row)]}


_WRITERS = {"scored": _scored, "batch": _batch, "section": _section, "list": _list, "lead": _lead}


def _read_filter(given: dict[str, list[str]]) -> LeadFilter:
    values: dict[str, tuple[str, ...]] = {}
    for text in given.get("in", ()):
        column, colon, value = text.partition(":")
        if colon:
            values[column] = (*values.get(column, ()), value)
        else:
            doubt()
    low, high = _read_span(given)
    return LeadFilter(
        grades=tuple(given.get("grade", ())),
        values=values,
        created_from=_read_day(given, "from"),
        created_to=_read_day(given, "to"),
        score_from=low,
        score_to=high,
        text=given.get("q", [""])[0],
        states=tuple(given.get("state", ())),
        news=tuple(cast("list[News]", given.get("news", []))),
    )


def _read_span(given: dict[str, list[str]]) -> tuple[int, int]:
    if "score" not in given:
        return 0, 100
    found = _SPAN.fullmatch(given["score"][0])
    low, high = (int(found[1]), int(found[2])) if found else (1, 0)
    if not low <= high <= 100:
        doubt()
        return 0, 100
    return low, high


def _read_day(given: dict[str, list[str]], name: str) -> date | None:
    if name not in given:
        return None
    try:
        return date.fromisoformat(given[name][0])
    except ValueError:
        doubt()
        return None


def _read_sort(given: dict[str, list[str]]) -> tuple[str, bool]:
    return given.get("by", [""])[0], "lowest" not in given


def _read_number(given: dict[str, list[str]], name: str, otherwise: int) -> int:
    if name not in given:
        return otherwise
    text = given[name][0]
    if text.isascii() and text.isdigit() and len(text) < 10:
        return max(int(text), otherwise)
    doubt()
    return otherwise
