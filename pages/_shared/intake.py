"""Bringing a list: upload or sample, and which sheet of a workbook."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from leadscore_core.config import PROJECT_ROOT, Settings
from leadscore_core.data import NEW, LeadSchema, list_sheets
from leadscore_core.errors import LeadScoreError
from leadscore_core.lists import open_list
from leadscore_core.model import LeadModel
from leadscore_core.storage import Batch
from leadscore_core.workbench import find_kept, keep_list, rescore_batch
from pages._shared import state
from pages._shared.components import plain
from pages._shared.uploads import UploadFolder

TYPES = ["csv", "tsv", "txt", "gz", "zip", "xlsx", "xlsm", "xlsb", "xls", "ods", "parquet"]


def render_intake(schema: LeadSchema, settings: Settings) -> None:
    """Take a list from a person; one that cannot be used leaves the open one as it was."""
    upload = st.file_uploader(
        "Lead list",
        type=TYPES,
        max_upload_size=settings.upload_limit_mb,
        help="CSV, TSV, Excel or Parquet as your CRM exports it, also as .gz or .zip",
    )
    if state.is_new_upload(upload.file_id if upload else None) and upload is not None:
        try:
            folder = UploadFolder(upload.name, upload.getbuffer())
        except OSError as error:
            state.set_problem(
                f"{upload.name} could not be stored ({error.strerror}). Make room on this machine and try again."
            )
        else:
            _open(state.OpenedList(upload.name, folder=folder, path=folder.path), schema, settings, None)
    sample = PROJECT_ROOT / "sample_data" / NEW
    if (
        state.get_opened() is None
        and sample.is_file()
        and st.button("Try the sample leads", type="primary", icon=":material/play_arrow:")
    ):
        _open(state.OpenedList("the sample leads", path=sample), schema, settings, None)
        st.rerun()
    opened = state.get_opened()
    if opened is not None and st.button(f"Close {plain(opened.name)}", type="tertiary", icon=":material/close:"):
        state.close_opened()
        st.rerun()
    if opened is not None and len(opened.sheets) > 1:
        sheet = st.selectbox(
            "Sheet", opened.sheets, index=opened.sheets.index(opened.sheet), key=f"sheet-{opened.path}"
        )
        if sheet != opened.sheet:
            _open(opened, schema, settings, sheet)
            st.rerun()


def keep_opened(opened: state.OpenedList, model: LeadModel, settings: Settings) -> None:
    """Score the list that is open and keep it as a batch; a file that was kept before is shown, not doubled.

    Raises
    ------
    LeadScoreError
        If it cannot be read, scored or kept.
    """
    assert opened.leads is not None
    kept = find_kept(opened.leads, settings)
    told = st.empty()
    by, leads = state.get_name(), opened.leads
    with st.spinner(f"Scoring {plain(opened.name)}", show_time=True):
        if kept is None:
            batch = keep_list(
                leads, model, name=opened.name, by=by, settings=settings, progress=lambda _, text: told.caption(text)
            )
        elif kept.mapping != leads.mapping and kept.schema_name == model.schema.name:
            batch = rescore_batch(kept, model, by=by, mapping=leads.mapping, settings=settings)
        else:
            batch = kept
    told.empty()
    state.set_scored(batch.id, recognised=kept is not None and kept.mapping == leads.mapping)


def offer_again(batch: Batch, opened: state.OpenedList, model: LeadModel, settings: Settings) -> None:
    """Say that a file was scored before, and offer to score it again where another model is in use now."""
    if not state.was_recognised():
        return
    by = f" by {plain(batch.created_by)}" if batch.created_by else ""
    st.info(
        f"This file was scored before, on {batch.created_at:%d %b %Y}{by}, as {plain(batch.name)}. "
        "It is shown as it stands and was not doubled.",
        icon=":material/history:",
    )
    if batch.scoring.model_id != model.model_id and st.button(
        "Score it again with the model in use", icon=":material/refresh:"
    ):
        with st.spinner(f"Scoring {plain(opened.name)}", show_time=True):
            rescore_batch(batch, model, by=state.get_name(), settings=settings)
        st.rerun()


def _open(opened: state.OpenedList, schema: LeadSchema, settings: Settings, sheet: str | None) -> None:
    try:
        leads = open_list(opened.path, schema, sheet=sheet, settings=settings)
        sheets = list_sheets(opened.path)
    except LeadScoreError as error:
        still = state.get_opened()
        state.set_problem(f"{error} Still open: {still.name}." if still else str(error))
    else:
        state.set_opened(state.OpenedList(opened.name, Path(opened.path), leads, opened.folder, sheets, leads.sheet))
