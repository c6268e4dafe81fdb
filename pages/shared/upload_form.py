"""Bringing a list: upload or sample, and which sheet of a workbook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from leadscore_core.config import SAMPLE_LEADS, Settings
from leadscore_core.errors import EncodingQuestionError, LeadScoreError
from pages.shared import session
from pages.shared.controls import on_page
from pages.shared.encodings import choose_encoding, offer_encodings
from pages.shared.sidebar import plain
from pages.shared.uploads import UploadFolder

if TYPE_CHECKING:
    from leadscore_core.data.schema.schema import LeadSchema

ALL_SHEETS = "all"
TYPES = ["csv", "tsv", "txt", "gz", "zip", "xlsx", "xlsm", "xlsb", "xls", "ods", "parquet"]


def render_intake(schema: Callable[[], LeadSchema], settings: Settings) -> None:
    """Take a list from a person; one that cannot be used leaves the open one as it was.

    Parameters
    ----------
    schema
        Returns what the model in use reads. Called once there is a list: a person need not wait for the model before.
    """
    upload = st.file_uploader(
        "Lead list",
        type=TYPES,
        max_upload_size=settings.upload_limit_mb,
        help="CSV, TSV, Excel or Parquet as your CRM exports it, also as .gz or .zip",
    )
    if session.is_new_upload(upload.file_id if upload else None) and upload is not None:
        session.set_waiting(None)
        try:
            folder = UploadFolder(upload.name, upload.getbuffer())
        except OSError as error:
            session.set_problem(
                f"{upload.name} could not be stored ({error.strerror}). Make room on this machine and try again."
            )
        else:
            _open(session.OpenedList(upload.name, folder=folder, path=folder.path), schema(), settings)
    _ask_encoding(schema, settings)
    if (
        session.get_opened() is None
        and session.get_waiting() is None
        and SAMPLE_LEADS.is_file()
        and st.button("Try the sample leads", type="primary", icon=":material/play_arrow:")
    ):
        _open(session.OpenedList("the sample leads", path=SAMPLE_LEADS), schema(), settings)
        st.rerun()
    opened = session.get_opened()
    if opened is not None and st.button(f"Close {plain(opened.name)}", type="tertiary", icon=":material/close:"):
        session.close_opened()
        st.rerun()
    if opened is not None and len(opened.sheets) > 1:
        _choose_sheet(opened, schema, settings)


def _ask_encoding(schema: Callable[[], LeadSchema], settings: Settings) -> None:
    """Ask how the letters of a list are read, where that is a question, and let the answer be corrected."""
    asked = session.get_waiting() or session.get_opened()
    if asked is None or choose_encoding(str(asked.path), asked.name):
        return
    encoding = session.get_encoding(str(asked.path))
    if encoding is not None and (asked.leads is None or asked.leads.encoding != encoding):
        _open(asked, schema(), settings, asked.sheet)
        st.rerun()


def _choose_sheet(opened: session.OpenedList, schema: Callable[[], LeadSchema], settings: Settings) -> None:
    every = f"All {opened.alike} sheets with the same columns" if opened.alike < len(opened.sheets) else ""
    offered = {**({ALL_SHEETS: every or f"All {opened.alike} sheets"} if opened.alike else {})}
    offered |= {name: name for name in opened.sheets}
    sheet = st.selectbox(
        "Sheet",
        list(offered),
        index=list(offered).index(str(opened.sheet)),
        format_func=lambda name: offered[name],
        key=f"sheet-{opened.path}",
    )
    if sheet != opened.sheet:
        _open(opened, schema(), settings, sheet)
        st.rerun()


def _open(opened: session.OpenedList, schema: LeadSchema, settings: Settings, sheet: str | None = None) -> None:
    from leadscore_core.data.dataset.open import open_list
    from leadscore_core.data.dataset.options import ListOptions
    from leadscore_core.data.reading.excel import alike_sheets, list_sheets

    key = str(opened.path)
    encoding = session.get_encoding(key)
    try:
        leads = open_list(opened.path, schema, options=ListOptions(sheet=sheet, encoding=encoding), settings=settings)
        sheets = list_sheets(opened.path, encoding)
        alike = len(alike_sheets(opened.path)) if len(sheets) > 1 else 0
        offer_encodings(key, opened.path)
    except EncodingQuestionError as error:
        session.ask_encoding(key, error.candidates)
        session.set_waiting(opened)
        session.set_problem("")
    except LeadScoreError as error:
        still = session.get_opened()
        said = on_page(str(error))
        session.set_problem(f"{said} Still open: {still.name}." if still else said)
    else:
        path = Path(opened.path)
        session.set_opened(session.OpenedList(opened.name, path, leads, opened.folder, sheets, leads.sheet, alike))
