"""Bringing a list: upload or sample, and which sheet of a workbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from leadscore_core.config import SAMPLE_LEADS, Settings
from leadscore_core.errors import EncodingQuestionError, LeadScoreError, SchemaQuestionError
from leadscore_core.registry.registry import ModelRegistry
from pages.shared import session
from pages.shared.companies import company_title, list_companies
from pages.shared.controls import on_page
from pages.shared.encodings import choose_encoding, offer_encodings
from pages.shared.sidebar import plain
from pages.shared.uploads import UploadFolder

if TYPE_CHECKING:
    from leadscore_core.data.schema.schema import LeadSchema

ALL_SHEETS = "all"
TYPES = ["csv", "tsv", "txt", "gz", "zip", "xlsx", "xlsm", "xlsb", "xls", "ods", "parquet"]


def render_intake(settings: Settings) -> None:
    """Take a list from a person; one that cannot be used leaves the open one as it was.

    It is read by the schema of its company, which its columns say; where they do not, a person is asked. No model is
    loaded before there is a list.
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
            _open(session.OpenedList(upload.name, folder=folder, path=folder.path), settings)
    is_settled = session.get_opened() is not None and session.get_waiting() is None
    with st.container(horizontal=is_settled, vertical_alignment="bottom"):  # in one row above the list
        _ask_encoding(settings)
        _ask_company(settings)
        if (
            session.get_opened() is None
            and session.get_waiting() is None
            and session.get_scored() is None
            and SAMPLE_LEADS.is_file()
            and st.button("Try the sample leads", type="primary", icon=":material/play_arrow:")
        ):
            _open(session.OpenedList("the sample leads", path=SAMPLE_LEADS), settings)
            st.rerun()
        opened = session.get_opened()
        if opened is not None and len(opened.sheets) > 1:
            _choose_sheet(opened, settings)
        if opened is not None and st.button(f"Close {plain(opened.name)}", type="tertiary", icon=":material/close:"):
            session.close_opened()
            st.rerun()


def _ask_encoding(settings: Settings) -> None:
    """Ask how the letters of a list are read, where that is a question, and let the answer be corrected."""
    asked = session.get_waiting() or session.get_opened()
    if asked is None or choose_encoding(str(asked.path), asked.name):
        return
    encoding = session.get_encoding(str(asked.path))
    if encoding is not None and (asked.leads is None or asked.leads.encoding != encoding):
        _open(asked, settings, asked.sheet)
        st.rerun()


def _choose_sheet(opened: session.OpenedList, settings: Settings) -> None:
    every = f"All {opened.alike} sheets with the same columns" if opened.alike < len(opened.sheets) else ""
    offered = {**({ALL_SHEETS: every or f"All {opened.alike} sheets"} if opened.alike else {})}
    offered |= {name: name for name in opened.sheets}
    sheet = st.selectbox(
        "Sheet",
        list(offered),
        index=list(offered).index(str(opened.sheet)),
        format_func=lambda name: offered[name],
        key=f"sheet-{opened.path}",
        width=320,
    )
    if sheet != opened.sheet:
        _open(opened, settings, sheet)
        st.rerun()


def _ask_company(settings: Settings) -> None:
    """Ask whose leads a list holds, where its columns do not say it, and let the answer be corrected."""
    asked = session.get_waiting() or session.get_opened()
    if asked is None or (asked.leads is None and not asked.companies):
        return
    names = list(asked.companies) if asked.leads is None else list(ModelRegistry(settings.models_dir).champions)
    if len(names) < 2:
        return
    present = None if asked.leads is None else asked.leads.schema.name
    if present is None:
        st.warning(
            f"The columns of {plain(asked.name)} do not say whose leads these are. Choose the company.",
            icon=":material/help:",
        )
    titles = {name: company_title(name) for name in names}
    chosen = st.selectbox(
        "Whose leads are these?",
        names,
        index=names.index(present) if present in names else None,
        format_func=titles.__getitem__,
        placeholder="Choose the company",
        key=f"whose-{asked.path}-{present}",
        width=320,
    )
    if chosen is not None and chosen != present:
        _open(replace(asked, company=chosen, leads=None), settings, asked.sheet)
        st.rerun()


def _schema_of(opened: session.OpenedList, encoding: str | None, sheet: str | None, settings: Settings) -> LeadSchema:
    """Return what the model in use of a list's company reads.

    Raises
    ------
    SchemaQuestionError
        If its columns do not say which company's it is, and no batch came of the same file.
    """
    from leadscore_core.registry.served import find_served
    from pages.shared.components import get_model

    name = opened.company
    if name is None:
        try:
            name = find_served(opened.path, settings, sheet=sheet, encoding=encoding)
        except SchemaQuestionError as error:
            name = _schema_of_same_file(opened.path, encoding, sheet, settings)
            if name not in error.candidates:
                raise
    return get_model(name).schema


def _schema_of_same_file(path: Path, encoding: str | None, sheet: str | None, settings: Settings) -> str | None:
    """Return the schema by which the same file was kept before, if it was."""
    from leadscore_core.data.reading.excel import list_sheets
    from leadscore_core.data.reading.reader import list_files
    from leadscore_core.storage.database.batches import BatchStore, hash_files

    sheet = sheet or next(iter(list_sheets(path, encoding)), None)
    batch = BatchStore(settings).find_same_file(hash_files(list_files(path), sheet, encoding))
    return None if batch is None else batch.schema_name


def _open(opened: session.OpenedList, settings: Settings, sheet: str | None = None) -> None:
    from leadscore_core.data.dataset.open import open_list
    from leadscore_core.data.dataset.options import ListOptions
    from leadscore_core.data.reading.excel import alike_sheets, list_sheets

    key = str(opened.path)
    encoding = session.get_encoding(key)
    try:
        schema = _schema_of(opened, encoding, sheet, settings)
        leads = open_list(opened.path, schema, options=ListOptions(sheet=sheet, encoding=encoding), settings=settings)
        sheets = list_sheets(opened.path, encoding)
        alike = len(alike_sheets(opened.path, encoding)) if len(sheets) > 1 else 0
        offer_encodings(key, opened.path)
    except EncodingQuestionError as error:
        session.ask_encoding(key, error.candidates)
        session.set_waiting(opened)
        session.set_problem("")
    except SchemaQuestionError as error:
        session.set_waiting(replace(opened, companies=error.candidates))
        session.set_problem("")
    except LeadScoreError as error:
        still = session.get_opened()
        said = on_page(str(error))
        session.set_problem(f"{said} Still open: {still.name}." if still else said)
    else:
        is_stale = session.get_company() != schema.name and len(list_companies()) > 1
        session.set_waiting(None)
        session.set_company(schema.name)
        session.set_opened(
            replace(opened, leads=leads, sheets=sheets, sheet=leads.sheet, alike=alike, company=schema.name)
        )
        if is_stale:
            st.rerun()
