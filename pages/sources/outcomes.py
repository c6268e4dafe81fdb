"""Outcomes that come back, brought on Sources: a file is read, asked about where it is unclear, and counted."""

from dataclasses import replace

import streamlit as st

from leadscore_core.batches.outcome_files import open_outcome_files
from leadscore_core.batches.outcomes import bring_outcomes
from leadscore_core.config import load_settings
from leadscore_core.data.cleaning.convention_choices import ConventionChoice
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.errors import EncodingQuestionError, LeadScoreError
from leadscore_core.outcome import OutcomeWords
from pages.shared import session
from pages.shared.checks import check_soon
from pages.shared.controls import plain_error
from pages.shared.conventions import ask_choices, choices_of, offer_choices, with_choices
from pages.shared.encodings import choose_encoding, offer_encodings
from pages.shared.outcome_values import ask_outcome, needs_answer
from pages.shared.upload_form import TYPES
from pages.shared.uploads import UploadFolder
from pages.sources import state as source_state


def render_outcomes(words: OutcomeWords) -> None:
    """Take a file that says what became of leads that were scored."""
    st.caption(f"A file with each lead's id, e-mail or phone, and {words.whether}.")
    upload = st.file_uploader("Outcomes", type=TYPES, max_upload_size=load_settings().upload_limit_mb)
    encoding = session.get_encoding(upload.file_id) if upload else None
    said = source_state.get_outcome_readings(upload.file_id) if upload else {}
    read_as = f"{encoding} {sorted(said.items())}"
    is_new = session.is_new_upload(f"{upload.file_id} {read_as}" if upload else None, "outcomes")
    if upload is None or choose_encoding(upload.file_id, upload.name):
        return

    def read() -> tuple[UploadFolder, list[LeadList]]:
        folder = UploadFolder(upload.name, upload.getbuffer())
        offer_encodings(upload.file_id, folder.path)
        lists = open_outcome_files(folder.path, options=ListOptions(encoding=encoding), ask="nothing")
        return folder, [_read_as_said(leads, said) for leads in lists]

    try:
        _, lists = session.remembered(("outcome-file", upload.file_id, read_as), read)
        is_open = _choose_readings(lists, upload.file_id, said)
        unclear = any(needs_answer(leads) for leads in lists)
        if unclear:
            lists = ask_outcome(lists, upload.file_id)
        if unclear or is_open:
            if not st.button("Bring these outcomes", type="primary"):
                return
        elif not is_new:
            return
        before = source_state.get_brought(upload.file_id)
        report = bring_outcomes(lists, by=session.get_name(), instead_of=before)
        source_state.set_brought(upload.file_id, report.entries)
        check_soon(report.entries, outcomes=True)
    except EncodingQuestionError as error:
        session.ask_encoding(upload.file_id, error.candidates)
        st.rerun()
    except (LeadScoreError, OSError) as error:
        st.error(plain_error(error), icon=":material/error:")
    else:
        session.tell(report.summary)
        st.rerun()


def _read_as_said(leads: LeadList, said: dict[str, str]) -> LeadList:
    """Return a file of outcomes with its dates and decimals read as a person says, by header."""
    picked = {column: said[header] for column, header in leads.mapping.used.items() if header in said}
    return with_choices(leads, picked, load_settings()) if picked else leads


def _choose_readings(lists: list[LeadList], upload: str, said: dict[str, str]) -> bool:
    """Ask how dates and decimals are read, and let it be corrected; tell whether it is still a question."""
    choices: dict[str, ConventionChoice] = {}
    for leads in lists:
        for choice in choices_of(leads, f"{upload}-{leads.schema.name}"):
            header = leads.mapping.used[choice.column]
            choices.setdefault(header, replace(choice, column=header))
    offered = list(choices.values())
    picked = ask_choices(offered, upload) | offer_choices(offered, upload, in_popover=True)
    if picked:
        source_state.set_outcome_readings(upload, said | picked)
        st.rerun()
    return any(choice.is_open for choice in offered)
