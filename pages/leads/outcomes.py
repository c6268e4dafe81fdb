"""Bring outcomes: filled workbooks and lists with a status come back, shown before anything is kept."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import streamlit as st

from leadscore_core.batches.bring_results import HUMAN_KEYS, MatchedResults, match_results, save_results
from leadscore_core.batches.brought_files import list_results, undo_results
from leadscore_core.batches.date_doubts import say_doubts
from leadscore_core.batches.outcome_keys import say_unread
from leadscore_core.batches.result_files import ResultFile, read_result_files
from leadscore_core.batches.result_keys import read_region
from leadscore_core.batches.result_words import status_labels
from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from pages.shared import session
from pages.shared.checks import check_soon
from pages.shared.controls import plain_error
from pages.shared.conventions import pick_region
from pages.shared.moments import own_zone, say_moment
from pages.shared.person import ask_name
from pages.shared.sidebar import plain
from pages.shared.upload_form import TYPES
from pages.shared.uploads import UploadFolder

_HOW = {"said": "You said so", "remembered": "Remembered", "guessed": "By its words", "": "A question"}
_MANY = 12


def render_outcomes(view: BatchView) -> None:
    """Take files of results, show what they would give, keep them, and let them be taken back."""
    settings = load_settings()
    st.caption(
        "Filled workbooks of your callers, every sheet of them, or any list with an id, e-mail or phone and a status. "
        "You see what was matched before anything is kept."
    )
    uploads = st.file_uploader(
        "Bring outcomes", type=TYPES, accept_multiple_files=True, max_upload_size=settings.upload_limit_mb,
        key=f"results-{session.get('results_round', 0)}",
    )  # fmt: skip
    if uploads:
        try:
            _render_file(view, uploads)
        except (LeadScoreError, OSError) as error:
            st.error(plain_error(error), icon=":material/error:")
    _render_brought()


def _render_file(view: BatchView, uploads: list) -> None:
    settings, words = load_settings(), view.schema.outcome
    ids = "-".join(upload.file_id for upload in uploads)

    def keep() -> list[UploadFolder]:
        return [UploadFolder(upload.name, upload.getbuffer()) for upload in uploads]

    folders: list[UploadFolder] = session.remembered(("result-files", ids), keep)
    said_key, column_key = f"said-{ids}", f"status-column-{ids}"
    said, column = session.get(said_key, {}), session.get(column_key)
    paths: list[str | Path] = [folder.path for folder in folders]

    def read() -> ResultFile:
        return read_result_files(paths, words, settings=settings, status=column, said=said)

    file: ResultFile = session.remembered(("results", ids, column, repr(sorted(said.items()))), read)
    choices = list(dict.fromkeys(choice for table in file.tables for choice in table.choices))
    if len(choices) > 1 and not any(table.has_key for table in file.tables):
        present = None if file.asked_columns else file.tables[0].status
        options = list(dict.fromkeys([*([present] if present else []), *choices]))
        picked = st.selectbox(
            "Column that says what came of the call", options, index=0 if present else None, key=f"pick-{ids}",
            placeholder="Choose the column", width=340,
        )  # fmt: skip
        if picked is not None and picked != present:
            session.put(column_key, picked)
            st.rerun()
    if file.asked_columns:
        st.info("Several columns may say what came of the calls. Choose the one that does.", icon=":material/help:")
        return
    changed = _ask_statuses(file, view, ids)
    if changed:
        session.put(said_key, said | changed)
        st.rerun()
    if file.open_statuses:
        n = len(file.open_statuses)
        st.info(
            f"{n:,} {'status is a question' if n == 1 else 'statuses are questions'}. Say above what "
            f"{'it means' if n == 1 else 'they mean'}; the answer is remembered.",
            icon=":material/help:",
        )
        return
    file = _with_region(file, ids)
    region = file.tables[0].region if file.tables else None
    matched = session.remembered(
        ("matched", ids, column, region, repr(sorted(file.results().items()))), lambda: match_results(file, settings)
    )
    _render_matched(matched, view)
    name = ask_name("Who brings these outcomes? The name stands beside them.")
    if name and st.button(f"Keep these {matched.leads:,} results", type="primary", icon=":material/check:"):
        brought = save_results(matched, by=name, settings=settings, zone=own_zone())
        check_soon(matched.batch_ids, outcomes=True)
        known = f"; {brought.known:,} were known already" if brought.known else ""
        session.tell(f"{brought.attempts:,} contact attempts and {brought.outcomes:,} outcomes were kept{known}.")
        session.put("results_round", session.get("results_round", 0) + 1)
        st.rerun()


def _with_region(file: ResultFile, ids: str) -> ResultFile:
    """Say as whose numbers phones without a country code are read, let a person choose, and return the files so."""
    settings, key = load_settings(), f"region-said-{ids}"
    said = session.get(key)
    file = replace(file, tables=[replace(table, region=said) for table in file.tables])
    reading = session.remembered(("result-region", ids, said), lambda: read_region(file, settings))
    picked = None if reading is None else pick_region(reading, settings.phone_region, ids)
    if picked is not None:
        session.put(key, picked)
        st.rerun()
    return file


def _ask_statuses(file: ResultFile, view: BatchView, ids: str) -> dict[str, str]:
    """Show what each status is taken for, questions first, and return what a person says otherwise."""
    labels = status_labels(view.schema.outcome)
    ordered = sorted(file.statuses, key=lambda status: (status.result is not None, -status.rows))
    changed: dict[str, str] = {}
    is_open = bool(file.open_statuses)
    title = f"What the {len(ordered):,} statuses mean" if len(ordered) != 1 else "What the status means"
    with st.expander(title, icon=":material/translate:", expanded=is_open):
        for status in ordered[: max(_MANY, len(file.open_statuses))]:
            options = list(labels)
            picked = st.selectbox(
                f"{plain(status.text)} ({status.rows:,} row{'s' * (status.rows != 1)})",
                options,
                index=options.index(status.result) if status.result in options else None,
                format_func=labels.__getitem__,
                placeholder="Choose what it means",
                key=f"status-{ids}-{status.text}-{status.result}",
                help=_HOW[status.how],
            )
            if picked is not None and picked != status.result:
                changed[status.text] = picked
    return changed


def _render_matched(matched: MatchedResults, view: BatchView) -> None:
    labels = status_labels(view.schema.outcome)
    by = ", ".join(f"{HUMAN_KEYS[kind]} {n:,}" for kind, n in matched.by.items())
    parts = [f"**{matched.leads:,} results** found their lead (by {by})" if by else "No result found its lead"]
    parts += [f"{matched.lost:,} did not"] if matched.lost else []
    parts += [f"{matched.nothing:,} say that nobody called"] if matched.nothing else []
    parts += [f"{matched.blank:,} rows are blank"] if matched.blank else []
    st.markdown("; ".join(parts) + ".")
    sheets = pd.DataFrame(
        {
            "Where": [table.place for table in matched.file.tables],
            "Rows": [len(table.cells) for table in matched.file.tables],
            "Status column": [table.status for table in matched.file.tables],
            "When": [table.dated_by or "not said: today" for table in matched.file.tables],
        }
    )
    counts = pd.DataFrame({"Result": [labels[r] for r in matched.by_result], "Leads": list(matched.by_result.values())})
    with st.container(horizontal=True, gap="medium"):
        st.dataframe(counts, hide_index=True, height="content", width=320, placeholder="", alt="Results")
        st.dataframe(sheets, hide_index=True, height="content", placeholder="", alt="Sheets", width="stretch")
    for sentence in say_doubts(matched.doubts):
        st.warning(plain(sentence), icon=":material/event_busy:")
    for sentence in say_unread(matched.unread):
        st.warning(plain(sentence), icon=":material/folder_off:")
    if len(matched.unmatched):
        with st.expander(f"{matched.lost:,} rows whose lead stands in no list", icon=":material/person_search:"):
            st.dataframe(
                matched.unmatched, hide_index=True, height="content", placeholder="", alt="Rows without a lead"
            )
    for place, why in matched.file.skipped.items():
        st.caption(f"{plain(place)} was left out: {plain(why)}")


def _render_brought() -> None:
    """List what was brought, each of which can be taken back."""
    settings = load_settings()
    brought = [file for file in list_results(settings) if not file.is_undone]
    if not brought:
        return
    with st.expander(f"Brought before: {len(brought):,}", icon=":material/history:"):
        for file in brought:
            with st.container(horizontal=True, vertical_alignment="center"):
                who = f" by {plain(file.recorded_by)}" if file.recorded_by else ""
                st.markdown(f"{plain(file.file_name)}: {file.attempts:,} results, {say_moment(file.recorded_at)}{who}")
                if st.button("Undo", key=f"undo-file-{file.id}", icon=":material/undo:", type="tertiary"):
                    undone = undo_results(file.id, by=session.get_name(), settings=settings)
                    check_soon(file.batch_ids, outcomes=True)
                    session.tell(f"{undone:,} contact attempts were taken back, and the outcomes with them.")
                    st.rerun()
