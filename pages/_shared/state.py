"""Session state: the one place that knows its keys."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from leadscore_core.config import load_settings
from leadscore_core.pipelines import LeadList, ScoredList

_OPENED, _SCORED, _CAPACITY, _SEEN, _PROBLEM = (
    "opened_list",
    "scored_list",
    "daily_call_capacity",
    "seen_upload",
    "list_problem",
)


@dataclass
class OpenedList:
    """A list that a person brought, with its temporary folder if it was uploaded, and what was found of it."""

    name: str
    path: Path
    leads: LeadList | None = None
    folder: UploadFolder | None = None
    sheets: list[str] = field(default_factory=list)
    sheet: str | None = None


def get_opened() -> OpenedList | None:
    """Return the list that is open in this session."""
    return st.session_state.get(_OPENED)


def set_opened(opened: OpenedList) -> None:
    """Open a list in place of another; what was scored before is gone."""
    st.session_state[_OPENED] = opened
    st.session_state.pop(_SCORED, None)
    st.session_state.pop(_PROBLEM, None)


def close_opened() -> None:
    """Close the list that is open, with its scores and its problem."""
    for key in (_OPENED, _SCORED, _PROBLEM):
        st.session_state.pop(key, None)


def get_scored() -> ScoredList | None:
    """Return what was scored in this session."""
    return st.session_state.get(_SCORED)


def set_scored(scored: ScoredList) -> None:
    """Keep a scored list for this session."""
    st.session_state[_SCORED] = scored


def get_problem() -> str:
    """Return why the last list could not be used, or an empty text."""
    return st.session_state.get(_PROBLEM, "")


def set_problem(message: str) -> None:
    """Keep why a list could not be used, until another is opened."""
    st.session_state[_PROBLEM] = message


def is_new_upload(upload_id: str | None) -> bool:
    """Tell once for each upload that it has not been looked at yet."""
    fresh = upload_id is not None and st.session_state.get(_SEEN) != upload_id
    st.session_state[_SEEN] = upload_id
    return fresh


def get_capacity() -> int:
    """Return how many leads this person calls a day."""
    return int(st.session_state.get(_CAPACITY, load_settings().daily_call_capacity))


def set_capacity(calls: int) -> None:
    """Keep how many leads this person calls a day."""
    st.session_state[_CAPACITY] = calls


class UploadFolder:
    """A temporary folder with one uploaded file, gone when the session no longer refers to it."""

    def __init__(self, name: str, content: memoryview) -> None:
        folder = Path(tempfile.mkdtemp(prefix="leadscore-upload-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.path = folder / Path(name).name
        self.path.write_bytes(content)
