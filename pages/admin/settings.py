"""Settings: what holds here, where it is changed, and which of it people changed on the pages."""

import pandas as pd
import streamlit as st
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_may
from leadscore_core.config import Settings, load_settings, settings_file


def render_settings() -> None:
    """Show every setting in force."""
    check_may(Action.CHANGE_ACCESS)
    settings = load_settings()
    table = settings_table(settings)
    changed = int((table["Default"] != table["Value"]).sum())
    st.markdown(
        f"**{changed:,}** of {len(table):,} settings differ from what LeadScore came with. They are changed in "
        f"`{settings_file().name}` or by `LEADSCORE_` variables; grades and junk rules on the Leads page."
    )
    st.dataframe(table, hide_index=True, height="content", placeholder="", alt="Settings in force")


def settings_table(settings: Settings) -> pd.DataFrame:
    """Return name, value and default of each setting as text, without passwords."""
    rows = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        default = field.get_default(call_default_factory=True)
        if hasattr(value, "model_dump"):
            inside, before = value.model_dump(mode="json"), default.model_dump(mode="json")
            rows += [(f"{name}.{part}", _words(inside[part]), _words(before[part])) for part in inside]
        else:
            rows.append((name, _words(value), _words(default)))
    return pd.DataFrame(rows, columns=["Setting", "Value", "Default"])


def _words(value: object) -> str:
    if value is None or value in ("", [], {}, ()):
        return "none"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_words(inside)}" for key, inside in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return _without_password(str(value))


def _without_password(text: str) -> str:
    if "://" not in text:
        return text
    try:
        return make_url(text).render_as_string(hide_password=True)
    except ArgumentError:
        return "an address that cannot be read"
