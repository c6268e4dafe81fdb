"""Audit: who did what, whether it holds, and all of it as a file."""

import tempfile
from pathlib import Path

import streamlit as st

from leadscore_core.batches.audit_export import audit_frame, export_audit
from leadscore_core.config import load_settings
from leadscore_core.storage.database.audit import count_audit, read_audit
from leadscore_core.storage.database.audit_check import verify_audit
from pages.shared.sign_in import as_whoever_asks

_PAGE = 200


def render_audit() -> None:
    """Say how much was written down and show it, the newest first."""
    settings = load_settings()
    rows = count_audit(settings)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{rows:,}** {'thing is' if rows == 1 else 'things are'} written down, the newest first.")
        check = st.button("Check that nothing was changed", icon=":material/verified_user:")
        st.download_button(
            "Download all of it",
            data=as_whoever_asks(_content),
            file_name="audit.csv",
            icon=":material/download:",
            on_click="ignore",
        )
    if check:
        _render_check()
    who = st.text_input("Only of this person", placeholder="anna@example.com", width=300).strip()
    pages = max(1, -(-rows // _PAGE))
    page = int(st.number_input("Page", 1, pages, 1, width=120)) if pages > 1 and not who else 1
    entries = read_audit(settings, most=_PAGE, before=None if who else rows + 1 - (page - 1) * _PAGE, who=who)
    if entries:
        st.dataframe(audit_frame(entries), hide_index=True, placeholder="", alt="What was done, by whom and when")
    else:
        st.info("Nothing is written down of that.", icon=":material/search_off:")


def _render_check() -> None:
    verdict = verify_audit(load_settings())
    if verdict.holds:
        st.success(
            f"Nothing was changed, removed or added in {verdict.rows:,} rows. To be able to show that later, keep this "
            f"hash of the last one elsewhere: {verdict.head}",
            icon=":material/verified_user:",
        )
    else:
        st.error(f"The audit was tampered with: {'; '.join(verdict.faults)}.", icon=":material/gpp_bad:")


def _content() -> bytes:
    with tempfile.TemporaryDirectory(prefix="leadscore-") as folder:
        path = Path(folder) / "audit.csv"
        export_audit(load_settings(), path)
        return path.read_bytes()
