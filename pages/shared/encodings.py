"""Encodings on the screen: a file that can be read in several is asked about, each with a word as it reads it."""

from pathlib import Path

import streamlit as st

from pages.shared import session
from pages.shared.sidebar import plain

_LANGUAGES = {
    "Western European": ("cp1252", "iso8859-15", "cp850", "mac_roman"),
    "Central European": ("cp1250", "iso8859-2", "cp852"),
    "Cyrillic": ("cp1251", "iso8859-5", "koi8-r", "cp866"),
    "Greek": ("cp1253", "iso8859-7"),
    "Japanese": ("cp932", "euc_jp"),
    "Turkish": ("cp1254",),
    "Hebrew": ("cp1255",),
    "Arabic": ("cp1256",),
    "Baltic": ("cp1257",),
    "Simplified Chinese": ("gb18030",),
    "Traditional Chinese": ("big5",),
    "Korean": ("cp949",),
    "Thai": ("cp874",),
}


def offer_encodings(upload: str, path: str | Path) -> None:
    """Let a person correct how an upload is read, where it could be read otherwise.

    Raises
    ------
    LeadScoreError
        If it cannot be read, or it is a question in which encoding; nothing is offered then.
    """
    from leadscore_core.data.reading.reader import list_encodings

    if session.get_encoding(upload) is None:
        session.offer_encodings(upload, list_encodings(path))


def choose_encoding(upload: str, name: str) -> bool:
    """Ask how an upload is read, where that is a question or can be corrected; tell whether it still is a question."""
    candidates = session.get_candidates(upload)
    if not candidates:
        return False
    chosen = session.get_encoding(upload) or session.get_found_encoding(upload)
    if chosen is None:
        st.warning(
            f"The letters of {plain(name)} can be read in more than one way, and the file does not say which. Choose "
            "the words that look right.",
            icon=":material/help:",
        )
    picked = st.selectbox(
        "Words are read as",
        list(candidates),
        index=list(candidates).index(chosen) if chosen in candidates else None,
        format_func=lambda codec: f"{candidates[codec]} ({_language(codec)}{codec})",
        placeholder="Choose the words that look right",
        key=f"encoding-{upload}",
        width=320,
    )
    if picked is not None and picked != chosen:
        session.set_encoding(upload, picked)
        st.rerun()
    return chosen is None


def _language(codec: str) -> str:
    return next((f"{name}, " for name, codecs in _LANGUAGES.items() if codec in codecs), "")
