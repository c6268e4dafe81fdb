"""Session state: the one place that touches it; what one page alone keeps is in `source_state`, `retrain_state`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote
from uuid import uuid4

import streamlit as st
from cachetools import LRUCache

from leadscore_core.config import load_settings
from pages.shared.uploads import UploadFolder

if TYPE_CHECKING:  # seconds to load, which the first page does not need
    from leadscore_core.batches.export import ExportJob
    from leadscore_core.data.dataset.dataset import LeadList
    from leadscore_core.storage.leads.filters import LeadFilter, ListSection

_OPENED, _CAPACITY, _SEEN, _PROBLEM = "opened_list", "daily_call_capacity", "seen_upload", "list_problem"
_SCORED, _RECOGNISED, _BATCH, _LEAD, _NAME = "scored_batch", "recognised", "batch_id", "lead_row", "person_name"
_WAITING, _OF_LIST = "waiting_list", ("list_page", "list_sort", "list_columns")
_FILTERS, _FILTER_ROUND, _JOB, _SECTION, _KEPT, _MESSAGE = (
    "lead_filters",
    "lead_filter_round",
    "export_job",
    "leads_section",
    "kept_results",
    "message",
)
_COMPANY, _ASIDE, _VISIT = "company", "aside", "visit"
_MOST_REMEMBERED = 4
MEMORY = "leadscore"
MONITOR_RUN = "monitor_run"
T = TypeVar("T")


@dataclass
class OpenedList:
    """A list that a person brought, with its temporary folder if it was uploaded, and what was found of it.

    ``alike`` counts the sheets that can be read as one list; ``company`` names the schema that a person chose for it,
    and ``companies`` those among which a person has to choose.
    """

    name: str
    path: Path
    leads: LeadList | None = None
    folder: UploadFolder | None = None
    sheets: list[str] = field(default_factory=list)
    sheet: str | None = None
    alike: int = 0
    company: str | None = None
    companies: tuple[str, ...] = ()


def get(key: str, otherwise: Any = None) -> Any:
    """Return what this session keeps under a key."""
    return st.session_state.get(key, otherwise)


def put(key: str, value: object) -> None:
    """Keep something in this session."""
    st.session_state[key] = value


def forget(key: str) -> None:
    """Keep something in this session no longer."""
    st.session_state.pop(key, None)


def get_company() -> str | None:
    """Return the name of the schema whose leads this person looks at; None until one was chosen or a list opened."""
    return st.session_state.get(_COMPANY)


def set_company(company: str) -> None:
    """Look at another company's leads: its list that was open and its batch come back, those of the one before wait."""
    before = get_company()
    if before == company:
        return
    st.session_state[_COMPANY] = company
    if before is None:
        return
    aside: dict[str, dict[str, Any]] = st.session_state.setdefault(_ASIDE, {})
    own = (_OPENED, _SCORED, _RECOGNISED, _PROBLEM, _WAITING, _BATCH)
    aside[before] = {key: st.session_state.pop(key) for key in own if key in st.session_state}
    for key, value in aside.pop(company, {}).items():
        st.session_state[key] = value
    set_lead(None)
    set_filter(empty_filter("calls"))


def get_opened() -> OpenedList | None:
    """Return the list that is open in this session."""
    return st.session_state.get(_OPENED)


def set_opened(opened: OpenedList) -> None:
    """Open a list in place of another; what was scored before stays among the batches."""
    st.session_state[_OPENED] = opened
    for key in (_SCORED, _RECOGNISED, _PROBLEM, _WAITING):
        st.session_state.pop(key, None)


def close_opened() -> None:
    """Close the list that is open, with its problem; its batch stays."""
    for key in (_OPENED, _SCORED, _RECOGNISED, _PROBLEM, _WAITING):
        st.session_state.pop(key, None)


def get_waiting() -> OpenedList | None:
    """Return the list that waits for an answer before it can be opened."""
    return st.session_state.get(_WAITING)


def set_waiting(waiting: OpenedList | None) -> None:
    """Let a list wait for an answer, or none."""
    st.session_state[_WAITING] = waiting


def get_candidates(upload: str) -> dict[str, str]:
    """Return the encodings in which an upload could be read, each with a word as it reads it; none if in one alone."""
    return st.session_state.get(f"candidates-{upload}", {})


def ask_encoding(upload: str, candidates: tuple[tuple[str, str], ...]) -> None:
    """Let a person be asked in which encoding an upload is read."""
    st.session_state[f"candidates-{upload}"] = dict(candidates)


def offer_encodings(upload: str, candidates: dict[str, str]) -> None:
    """Let a person correct the encoding that was found, which is the first."""
    if len(candidates) > 1:
        st.session_state[f"candidates-{upload}"] = candidates
        st.session_state[f"found-encoding-{upload}"] = next(iter(candidates))


def get_found_encoding(upload: str) -> str | None:
    """Return the encoding in which an upload is read as long as nobody chooses another."""
    return st.session_state.get(f"found-encoding-{upload}")


def get_encoding(upload: str) -> str | None:
    """Return the encoding that a person chose for an upload."""
    return st.session_state.get(f"encoding-of-{upload}")


def set_encoding(upload: str, encoding: str) -> None:
    """Keep the encoding that a person chose for an upload."""
    st.session_state[f"encoding-of-{upload}"] = encoding


def get_scored() -> str | None:
    """Return the batch of the list that is open."""
    return st.session_state.get(_SCORED)


def set_scored(batch_id: str, *, recognised: bool = False) -> None:
    """Keep which batch the open list became, and whether it had been one before; the Leads page opens it too."""
    st.session_state[_SCORED] = batch_id
    st.session_state[_RECOGNISED] = recognised
    set_batch(batch_id)


def was_recognised() -> bool:
    """Tell whether the open list was scored in an earlier visit."""
    return bool(st.session_state.get(_RECOGNISED))


def get_batch() -> str | None:
    """Return the batch that the Leads and Drivers pages show."""
    return st.session_state.get(_BATCH)


def set_batch(batch_id: str | None) -> None:
    """Show another batch, without the lead and the filter of the one before."""
    if st.session_state.get(_BATCH) != batch_id:
        st.session_state[_BATCH] = batch_id
        set_lead(None)
        for key in _OF_LIST:
            st.session_state.pop(key, None)
        set_filter(empty_filter("calls"))


def get_lead() -> int | None:
    """Return the position of the lead that is looked at."""
    return st.session_state.get(_LEAD)


def set_lead(row: int | None) -> None:
    """Look at a lead, or at none."""
    st.session_state[_LEAD] = row


def close_lead() -> None:
    """Look at no lead any more."""
    set_lead(None)


def open_row(key: str, rows: list[int]) -> None:
    """Look at the lead that was just clicked in a list of leads at these positions."""
    row = st.session_state[key]["open"]
    if row is not None and int(row) in rows:
        set_lead(int(row))


def get_filter() -> LeadFilter:
    """Return the filter of the Leads page."""
    return st.session_state.get(_FILTERS, empty_filter("calls"))


def set_filter(chosen: LeadFilter) -> None:
    """Set the filter and draw its widgets anew."""
    save_filter(chosen)
    st.session_state[_FILTER_ROUND] = filter_round() + 1


def empty_filter(section: ListSection) -> LeadFilter:
    """Return the filter of a section that leaves nothing out."""
    from leadscore_core.storage.leads.filters import LeadFilter

    return LeadFilter(section=section)


def save_filter(chosen: LeadFilter) -> None:
    """Keep what the filter's widgets say, so that it outlives a visit to another page."""
    if st.session_state.get(_FILTERS) != chosen:
        st.session_state.pop(_OF_LIST[0], None)  # another list begins on its first page
    st.session_state[_FILTERS] = chosen


def filter_round() -> int:
    """Return a number that changes whenever the filter's widgets must be drawn anew."""
    return int(st.session_state.get(_FILTER_ROUND, 0))


def bind(key: str, value: object) -> str:
    """Give a widget its first value, once, and return its key: what a person does to it then stands."""
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def get_section(default: str) -> str:
    """Return the section of the Leads page."""
    return st.session_state.get(_SECTION, default)


def set_section(section: str) -> None:
    """Keep the section of the Leads page; the lead that was looked at is closed."""
    if st.session_state.get(_SECTION, section) != section:
        set_lead(None)
        st.session_state.pop(_OF_LIST[0], None)
        forget_seen("grades", "junk")
    st.session_state[_SECTION] = section


def get_job() -> ExportJob | None:
    """Return the export that is on its way or waits to be fetched."""
    return st.session_state.get(_JOB)


def set_job(job: ExportJob | None) -> None:
    """Keep an export, or forget it."""
    before = get_job()
    if before is not None and job is None:
        before.cancel()
    st.session_state[_JOB] = job


def seen_version(kind: str, current: T) -> T:
    """Return the version of a preference that this person has before them, which is what they build on."""
    return st.session_state.setdefault(f"seen-{kind}", current)


def forget_seen(*kinds: str) -> None:
    """Look at what is in force now, when a preference is shown the next time."""
    for kind in kinds:
        st.session_state.pop(f"seen-{kind}", None)


def clicked_marks(key: str, axis: str) -> list[str]:
    """Return the names of the marks that were just clicked in a figure, read off one of its axes or its data."""
    points = st.session_state[key]["selection"]["points"]
    found = []
    for point in points:
        data = point.get("customdata")
        found.append(unescape(str(data[0] if isinstance(data, list) and data else point.get(axis))))
    return found


def remembered(key: tuple[object, ...], make: Callable[[], T]) -> T:
    """Return a result of this session, made once for each key; no other user's.

    Parameters
    ----------
    key
        What it is, and of what. Of each thing the few that were used last are kept.
    """
    cache = st.session_state.setdefault(_KEPT, {}).setdefault(key[0], LRUCache(maxsize=_MOST_REMEMBERED))
    if key in cache:
        return cache[key]
    made = cache[key] = make()
    return made


def get_name() -> str:
    """Return who is working, as they call themselves, now or in this browser before; empty if they did not say."""
    return str(st.session_state.get(_NAME, browser_memory().get("name", "")))


def set_name(name: str) -> None:
    """Keep who is working."""
    st.session_state[_NAME] = name.strip()


def get_visit() -> str:
    """Return what tells this visit from others on the same server."""
    return str(st.session_state.setdefault(_VISIT, uuid4().hex))


def tell(message: str) -> None:
    """Keep a message for the next run of the page."""
    st.session_state[_MESSAGE] = message


def take_message() -> str:
    """Return the message that waits, once."""
    return str(st.session_state.pop(_MESSAGE, ""))


def get_problem() -> str:
    """Return why the last list could not be used, or an empty text."""
    return st.session_state.get(_PROBLEM, "")


def set_problem(message: str) -> None:
    """Keep why a list could not be used, until another is opened."""
    st.session_state[_PROBLEM] = message


def is_new_upload(upload_id: str | None, where: str = "") -> bool:
    """Tell once for each upload of an uploader that it has not been looked at yet."""
    fresh = upload_id is not None and st.session_state.get(_SEEN + where) != upload_id
    st.session_state[_SEEN + where] = upload_id
    return fresh


def get_capacity() -> int:
    """Return how many leads this person calls a day, as set now or in this browser before."""
    calls = browser_memory().get("calls")
    usual = calls if isinstance(calls, int) and calls > 0 else load_settings().daily_call_capacity
    return int(st.session_state.get(_CAPACITY, usual))


def set_capacity(calls: int) -> None:
    """Keep how many leads this person calls a day."""
    st.session_state[_CAPACITY] = calls


def browser_memory() -> dict[str, Any]:
    """Return what this browser was given to remember (see `person.remember`); empty if nothing, or if it is no JSON."""
    try:
        known = json.loads(unquote(st.context.cookies.get(MEMORY, "")))
    except (ValueError, TypeError):
        return {}
    return known if isinstance(known, dict) else {}


def take_capacity(key: str) -> None:
    """Keep the calls a day that were just set."""
    set_capacity(int(st.session_state[key]))
