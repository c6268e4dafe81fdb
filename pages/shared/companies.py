"""Companies on the screen: whose leads are looked at, where models of several schemas are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.registry.registry import ModelRegistry
from pages.shared import session

if TYPE_CHECKING:
    from leadscore_core.model.metadata import ModelMetadata


def present_company() -> str | None:
    """Return the name of the schema whose leads are looked at; that of the newest model in use until one is chosen."""
    chosen = session.get_company()
    registry = ModelRegistry(load_settings().models_dir)
    return chosen if chosen is not None else next(iter(registry.champions), None)


def list_companies() -> list[str]:
    """Return the names of the schemas that have a model, those of which one is in use first."""
    registry = ModelRegistry(load_settings().models_dir)
    folders = tuple(sorted(path.name for path in registry.root.iterdir())) if registry.root.is_dir() else ()

    def read() -> list[str]:
        return [metadata.schema_name for metadata in registry.list_models()]

    schemas = session.remembered(("companies", folders), read)
    return [name for name in dict.fromkeys([*registry.champions, *schemas]) if name]


def company_title(name: str) -> str:
    """Return what people call the leads of a schema, such as "CodePro leads"."""
    from leadscore_core.registry.served import known_schema

    try:
        return known_schema(name, load_settings()).title
    except LeadScoreError:
        return name


def models_of(company: str | None, registry: ModelRegistry) -> list[ModelMetadata]:
    """Return the models of a schema, the newest first."""
    return [metadata for metadata in registry.list_models() if metadata.schema_name == company]


def choose_company() -> None:
    """Let a person choose whose leads to look at, where there are several companies'."""
    names, present = list_companies(), present_company()
    if present is not None and present not in names:
        names = [*names, present]
    if len(names) < 2:
        return
    titles = {name: company_title(name) for name in names}
    chosen = st.selectbox(
        "Company",
        names,
        index=names.index(str(present)),
        format_func=titles.__getitem__,
        key=f"company-{present}",
    )
    if chosen != present:
        session.set_company(chosen)
