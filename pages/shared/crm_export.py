"""Export to a CRM on the screen: what records are matched by, which columns are written, and three mapped rows."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from leadscore_core.batches.crm_export import CrmPreview, crm_columns, list_headers, preview_crm
from leadscore_core.batches.export import ExportOrder, leads_to_export
from leadscore_core.batches.view import BatchView
from leadscore_core.errors import LeadScoreError
from leadscore_core.inference.export.crm import PRESETS
from leadscore_core.inference.export.crm_columns import ALWAYS, MORE, NO_ID, CrmChoice, CrmColumns
from leadscore_core.percent import say_leads
from pages.shared import session
from pages.shared.controls import plain_error
from pages.shared.sidebar import plain

_OURS = {*ALWAYS, *MORE}
_FILES = {".csv": "CSV", ".xlsx": "Excel: ids and phones stay text"}


def render_crm(view: BatchView, order: ExportOrder, counted_up_to: int) -> tuple[ExportOrder, int] | None:
    """Let a person choose what a CRM gets, and show the first three rows as they would arrive.

    Parameters
    ----------
    order
        Whom it holds.
    counted_up_to
        Leads of a list of more than this are counted while they are written.

    Returns
    -------
    order, leads
        With what was chosen, and how many leads will be written; None if the CRM could match nothing.
    """
    preset = PRESETS[order.format]
    choice = _choose(view, order.format)
    try:
        columns = crm_columns(view, choice)
        rows = leads_to_export(view, order)
        if not len(rows):
            return replace(order, crm=choice), 0
        preview = session.remembered(
            ("crm-preview", view.batch.id, view.batch.scoring.number, choice, hash(rows.tobytes()), _grades_set(view)),
            lambda: preview_crm(view, columns, rows[:counted_up_to]),
        )
    except LeadScoreError as error:
        st.warning(plain_error(error), icon=":material/warning:")
        return None
    written = preview.written if len(rows) <= counted_up_to else len(rows)
    _say_match(columns, preview, len(rows), counted_up_to)
    if not preview.written:
        return None
    st.dataframe(
        preview.rows,
        hide_index=True,
        height="content",
        placeholder="",
        alt=f"The first rows as {preset.title} gets them",
    )
    _say_rest(columns, preview, written)
    return replace(order, crm=choice), written


def _grades_set(view: BatchView) -> str:
    return f"{view.standing.grades} {view.standing.junk} {sorted((row, o.grade) for row, o in view.overrides.items())}"


def _choose(view: BatchView, crm: str) -> CrmChoice:
    preset, headers = PRESETS[crm], list_headers(view)
    key = f"crm-{crm}-{view.batch.id}"
    none = "None: match by e-mail" if preset.match else "None"
    found = _found_id(view, crm)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        record_id = st.selectbox(
            f"Record id of {preset.title}", [NO_ID, *headers], format_func=lambda header: header or none,
            key=session.bind(f"{key}-id", found), width=300,
            help=f"The column that holds {preset.id_words}, as {preset.title} itself exports it.",
        )  # fmt: skip
        ending = ".csv"
        if len(preset.most) > 1:
            ending = st.selectbox(
                "File", [end for end in _FILES if end in preset.most], format_func=_FILES.__getitem__,
                key=f"{key}-file", width=240,
            )  # fmt: skip
        more = st.multiselect(
            "More columns", [*(header for header in headers if header != record_id), *MORE], key=f"{key}-more",
            placeholder="Score, grade and reason alone", width=420,
        )  # fmt: skip
    return CrmChoice(crm, record_id, tuple(more), ending)


def _found_id(view: BatchView, crm: str) -> str:
    try:
        return session.remembered(("crm-id", view.batch.id, crm), lambda: crm_columns(view, CrmChoice(crm)).record_id)
    except LeadScoreError:  # nothing to match by; said below, where it can be corrected
        return NO_ID


def _say_match(columns: CrmColumns, preview: CrmPreview, rows: int, counted_up_to: int) -> None:
    title = columns.preset.title
    by = "" if columns.record_id else f"The list has no record id of {title}. "
    text = f"{by}{title} finds each record by {plain(columns.matched_by)}."
    if rows > counted_up_to:
        st.markdown(f"{text} Which leads are left out for want of it is said when the file is ready.")
        return
    st.markdown(f"{text} The file holds **{preview.written:,} of {say_leads(rows)}**. {plain(preview.left_out)}")


def _say_rest(columns: CrmColumns, preview: CrmPreview, written: int) -> None:
    preset = columns.preset
    kinds = {name: pd.api.types.is_numeric_dtype(preview.rows[name]) for name in preview.rows if name in _OURS}
    fields = ", ".join(f"{name} ({'number' if is_number else 'text'})" for name, is_number in kinds.items())
    others = [name for name in columns.choice.more if name not in MORE]
    rest = f"The other columns are written over what {preset.title} has." if others else "Nothing else is touched."
    st.caption(f"Make these fields in {preset.title} once: {plain(fields)}. {rest}")
    if preview.blank:
        st.caption(plain(preview.blank))
    most = preset.most[columns.choice.ending]
    if written > most:
        st.caption(f"{preset.title} takes {most:,} records in one file of this kind: narrow the list, or split it.")
