"""Faults: what is wrong with what is kept, said on every page until it is mended."""

import streamlit as st

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import Person, whom_to_ask
from leadscore_core.config import load_settings
from leadscore_core.upkeep.health import find_faults
from pages.shared.controls import plain_error

_SECONDS = 30


def render_faults(person: Person) -> None:
    """Say what is wrong and what to do; to whoever works with neither lists nor models, whom to ask."""
    settings = load_settings()
    faults = _faults_of(str(settings.data_dir), str(settings.models_dir), settings.database_url or "")
    if faults and not person.may(Action.SCORE, Action.TRAIN, Action.BACK_UP):
        faults = [f"Something is wrong with what is kept here. Ask {whom_to_ask()}."]
    for fault in faults:
        st.warning(plain_error(Exception(fault)), icon=":material/build:")


@st.cache_data(ttl=_SECONDS, max_entries=4, show_spinner=False)
def _faults_of(data_dir: str, models_dir: str, database_url: str) -> list[str]:
    """Look again twice a minute; the same for all who look."""
    return find_faults(load_settings())
