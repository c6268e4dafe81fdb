"""Downloads of a list: all of it, what is shown of it, or a day's calls."""

from functools import partial

import streamlit as st

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import current_person
from leadscore_core.batches.export import FORMATS, ExportJob, ExportOrder, export_bytes
from leadscore_core.batches.planning import ALL
from leadscore_core.batches.view import BatchView
from leadscore_core.inference.export.crm import PRESETS
from leadscore_core.inference.export.writers import EXCEL_ROWS
from leadscore_core.percent import say_leads
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort
from pages.shared import session
from pages.shared.crm_export import render_crm
from pages.shared.sidebar import plain
from pages.shared.sign_in import as_whoever_asks
from pages.shared.trial_note import render_trial

MANY_ROWS = 5_000
_SCOPES = {"shown": "As shown", "first": "A day's calls"}


def render_downloads(view: BatchView, stem: str) -> None:
    """Offer the whole list, best first, in three formats."""
    with st.container(horizontal=True):
        for name, human in (("xlsx", "Excel"), ("csv", "CSV"), ("parquet", "Parquet")):
            too_long = name == "xlsx" and view.table.rows > EXCEL_ROWS
            st.download_button(
                f"Download as {human}",
                data=as_whoever_asks(partial(export_bytes, view, ExportOrder(name, ALL))),
                file_name=f"{stem}-scored{FORMATS[name][1]}",
                icon=":material/download:",
                on_click="ignore",
                disabled=too_long,
                help=f"Excel holds {EXCEL_ROWS:,} leads at most" if too_long else None,
            )
    if view.table.rows > 10 * MANY_ROWS:
        st.caption(
            "A list of this length takes a while: open it in Leads, where you see how far it is and can stop it."
        )


def render_export(view: BatchView, chosen: LeadFilter, sort: Sort) -> None:
    """Offer what is shown in the order in which it is, or a day's calls, for people, for machines or for a CRM."""
    if not current_person().may(Action.EXPORT):
        return
    total, capacity = view.table.count(chosen), session.get_capacity()
    job = session.get_job()
    with st.expander("Export", icon=":material/download:", expanded=job is not None):
        if job is not None:
            _render_job()
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            form = st.selectbox(
                "Format", list(FORMATS), format_func=lambda f: FORMATS[f][0], key="export-format", width=300
            )
            scope = st.selectbox(
                "Leads",
                list(_SCOPES),
                format_func=_SCOPES.__getitem__,
                key="export-scope",
                width=240,
            )
            callers = 1
            if form == "xlsx":
                callers = int(st.number_input("Callers", 1, 100, 1, key="export-callers", width=120))
        render_trial(view, sorted_otherwise=scope == "shown" and sort != Sort())
        order = ExportOrder(form, chosen, sort, callers=callers)
        if scope == "first":
            order = ExportOrder(form, chosen, most=capacity, callers=callers)
        rows = min(total, capacity) if scope == "first" else total
        if rows == 0:
            st.caption("Nothing is shown that could be exported.")
            return
        if form in PRESETS:
            settled = render_crm(view, order, MANY_ROWS)
            if settled is None:
                return
            order, rows = settled
        _render_start(view, order, rows)


def _render_start(view: BatchView, order: ExportOrder, rows: int) -> None:
    name = f"{_stem(view)}-{order.format if FORMATS[order.format][1] == '.csv' else 'leads'}{order.ending}"
    if order.format == "xlsx" and rows > EXCEL_ROWS * order.callers:
        st.caption(f"Excel holds {EXCEL_ROWS:,} leads a sheet. Choose CSV or Parquet.")
    elif rows <= MANY_ROWS:
        st.download_button(
            f"Export {say_leads(rows)}",
            data=as_whoever_asks(partial(export_bytes, view, order)),
            file_name=name,
            icon=":material/download:",
            on_click="ignore",
        )
    elif st.button(f"Prepare {say_leads(rows)}", icon=":material/hourglass_top:"):
        session.set_job(ExportJob(view, order, name))
        st.rerun()


@st.fragment(run_every=1.0)
def _render_job() -> None:
    job = session.get_job()
    if job is None:
        return
    if not job.is_done:
        st.progress(job.share, text=f"{plain(job.message)}. Reasons are computed for each lead; this page can be left.")
        if st.button("Stop", icon=":material/stop:"):
            job.cancel()
        return
    if job.error:
        st.warning(plain(job.error), icon=":material/warning:")
    elif job.content is not None:
        if job.order.format in PRESETS:
            st.caption(plain(job.message))
        st.download_button(
            f"Save {plain(job.file_name)}",
            job.content,
            file_name=job.file_name,
            icon=":material/download:",
            on_click="ignore",
        )
    if st.button("Export something else", type="tertiary"):
        session.set_job(None)
        st.rerun()


def _stem(view: BatchView) -> str:
    plain = "".join(letter if letter.isalnum() else "-" for letter in view.batch.name.rsplit(".", 1)[0])
    return "-".join(part for part in plain.split("-") if part)[:60] or "leads"
