"""Rendering that pages share."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from html import unescape

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from leadscore_core.config import load_settings
from leadscore_core.data.findings import Finding
from leadscore_core.data.schema.column_mapping import Choice, ColumnMapping, Match, fingerprint
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from pages.shared import session
from pages.shared.companies import present_company
from pages.shared.controls import on_page, plain_error
from pages.shared.sidebar import plain

NOT_HERE = "Not in this list"
HOW_WORDS = {
    "exact": "Same name",
    "normalised": "Same name, written otherwise ({:.0%} sure)",
    "alias": "Recognised ({:.0%} sure)",
    "crm": "A header of a CRM's export ({:.0%} sure)",
    "words": "Its words say so ({:.0%} sure)",
    "fuzzy": "Nearly the same name ({:.0%} sure)",
    "person": "Chosen by you",
    "none": " ",
}
PROBLEM_WORDS = {"error": "Must be mended", "warning": "Look at it", "info": "Good to know"}


def get_named_model(model_id: str) -> LeadModel:
    """Return a model by its name, as the registry holds it in memory.

    Raises
    ------
    RegistryError
        If it cannot be loaded.
    """
    registry = ModelRegistry(load_settings().models_dir)
    with _waiting(registry, model_id):
        return registry.load(model_id)


def get_model(company: str | None = None) -> LeadModel:
    """Return the model in use of a schema; without one, say what to do and stop the page.

    Parameters
    ----------
    company
        Name of the schema; the one that is looked at if not given.
    """
    try:
        return _champion(company or present_company())
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
        st.stop()


def find_model(company: str | None, *, warn: bool = False) -> LeadModel | None:
    """Return the model in use of a schema, of the one changed last if None is given; None where there is none.

    Parameters
    ----------
    warn
        Whether to say on the page that it is damaged and another one serves.
    """
    try:
        return _champion(company, warn=warn)
    except LeadScoreError:
        return None


def _champion(company: str | None, *, warn: bool = True) -> LeadModel:
    registry = ModelRegistry(load_settings().models_dir)
    with _waiting(registry, registry.champion_of(company)):
        model, notice = registry.load_champion(company)
    if notice and warn:
        st.warning(plain(notice), icon=":material/warning:")
    return model


def _waiting(registry: ModelRegistry, model_id: str | None) -> AbstractContextManager[object]:
    """Say that a model is being loaded, where it is not in memory yet."""
    is_there = model_id is None or registry.is_held(model_id)
    return nullcontext() if is_there else st.spinner("Loading the model")


def act(action: Callable[[], object], message: str) -> None:
    """Do what a person asked for and say so after the next run, or say why it could not be done."""
    try:
        action()
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
    else:
        session.tell(message)
        st.rerun()


def render_chart(figure: go.Figure, key: str | None = None, on_click: Callable[[], None] | None = None) -> None:
    """Draw a figure with labels dark enough on a light page and light enough on a dark one.

    Parameters
    ----------
    on_click
        Called before the next run when a person clicks a mark; the key tells which.
    """
    ink = "#CBD5E1" if st.context.theme.type == "dark" else "#334155"
    if figure.layout.font.color != ink:  # a figure that is remembered has it already
        figure.update_layout(font={"color": ink}, title={"font": {"color": ink}}, legend={"font": {"color": ink}})
        for update in (figure.update_xaxes, figure.update_yaxes):
            update(tickfont={"color": ink}, title={"font": {"color": ink}})
    sentence = unescape(str(figure.layout.title.text).replace("<br>", " "))
    config = {"displayModeBar": False}
    if on_click is None:
        st.plotly_chart(figure, config=config, alt=sentence, key=key)
    else:
        st.plotly_chart(figure, config=config, alt=sentence, key=key, on_select=on_click, selection_mode="points")


def render_findings(findings: list[Finding]) -> None:
    """Show what is wrong with a list, as a table in words."""
    table = pd.DataFrame(
        {
            "Column": [f.column or "Whole row" for f in findings],
            "What": [on_page(f.reason[:1].upper() + f.reason[1:]) for f in findings],
            "Leads": [f.count for f in findings],
            "Share": [f.share_shown for f in findings],
            "Example": [f.example.strip("'") for f in findings],
            "Rows": [f.places.removeprefix("rows ") for f in findings],
        }
    )
    if len({f.severity for f in findings}) > 1:
        table["Severity"] = [PROBLEM_WORDS[f.severity] for f in findings]
    columns = {
        "Severity": st.column_config.TextColumn(width="small"),
        "What": st.column_config.TextColumn(width="large"),
        "Leads": st.column_config.NumberColumn(format="localized", width="small"),
        "Share": st.column_config.TextColumn(width="small"),
        "Rows": st.column_config.TextColumn(help="As a spreadsheet or an editor numbers them; the first five"),
    }
    st.dataframe(
        table, column_config=columns, hide_index=True, height="content", placeholder="", alt="Problems of this list"
    )


def main_columns(mapping: ColumnMapping, schema: LeadSchema) -> list[Match]:
    """Return the matches that a person looks at: all but the many interaction counters, the needed ones first."""
    main = [match for match in mapping.matches if schema.by_name[match.column].role is not Role.INTERACTION]
    return sorted(main, key=lambda match: not schema.by_name[match.column].required)


def columns_found(mapping: ColumnMapping, schema: LeadSchema) -> str:
    """Say how many columns were found."""
    main = main_columns(mapping, schema)
    return f"Columns: {sum(match.header is not None for match in main)} of {len(main)} found"


def what_is_needed(schema: LeadSchema) -> str:
    """Say which columns a list needs to be scored, and which make its scores more exact."""
    inputs = [column for column in schema.inputs if column.role is not Role.INTERACTION]
    needed = [column.human.lower() for column in inputs if column.required]
    others = [column.human.lower() for column in inputs if not column.required and column.role is not Role.FLAG]
    if not needed:
        return f"A list needs most columns of {schema.title}: {', '.join(others[:6])} and so on."
    more = f" Scores are more exact with {', '.join(others)} too." if others else ""
    return f"A list needs the {' and '.join(needed)} of each lead.{more}"


def render_mapping(mapping: ColumnMapping, schema: LeadSchema, evidence: Mapping[str, str]) -> dict[str, Choice] | None:
    """Let a person correct which headers give which column; return the choices when they are made.

    Parameters
    ----------
    evidence
        Header -> how full it is and what it holds, in words.
    """
    shown = main_columns(mapping, schema)
    counters = [match for match in mapping.matches if match not in shown]
    if counters:
        found = sum(match.header is not None for match in counters)
        st.caption(f"{found} of {len(counters)} counters of clicks on the website were found too.")
    choices: dict[str, Choice] = {}
    with st.form("columns", border=False):
        grid = st.columns(3)
        for place, match in enumerate(shown):
            with grid[place % 3]:
                choices[match.column] = _choose_headers(match, mapping, schema)
                st.caption(plain(_how_chosen(match, evidence)))
        if st.form_submit_button("Use these columns", icon=":material/check:"):
            return choices
    return None


def _choose_headers(match: Match, mapping: ColumnMapping, schema: LeadSchema) -> Choice:
    """Ask which header gives a column; a name, an e-mail and a phone may stand in several."""
    column = schema.by_name[match.column]
    label = f"{plain(column.human)}{' (needed)' if column.required else ''}"
    given = [match.header, *match.more] if match.header is not None else []
    key = f"column-{fingerprint(mapping.headers)}-{match.column}-{'+'.join(map(str, given)) or None}"
    if column.role in {Role.NAME, Role.EMAIL, Role.PHONE}:
        several = st.multiselect(
            label, list(mapping.headers), given, key=key, placeholder=NOT_HERE,
            format_func=lambda header: header or "(no header)",
        )  # fmt: skip
        return None if not several else several[0] if len(several) == 1 else tuple(several)
    options = [NOT_HERE, *mapping.headers]
    chosen = st.selectbox(
        label, options, index=options.index(match.header) if match.header is not None else 0, key=key,
        format_func=lambda header: header or "(no header)",
    )  # fmt: skip
    return None if chosen == NOT_HERE else chosen


def _how_chosen(match: Match, evidence: Mapping[str, str]) -> str:
    how = HOW_WORDS[match.how].format(match.confidence)
    headers = [header for header in (match.header, *match.more) if header is not None and header in evidence]
    held = [evidence[header] if len(headers) == 1 else f"{header}: {evidence[header]}" for header in headers]
    return ". ".join(text for text in (how, match.why, *held) if text.strip()) or " "


def render_problems(findings: list[Finding]) -> None:
    """Show what is wrong with a list, folded away until it is asked for."""
    weighty = [finding for finding in findings if finding.severity != "info"]
    with st.expander(f"Problems in this list: {len(weighty) or 'none'}", icon=":material/rule:"):
        if not findings:
            st.caption("Every cell could be read and every value was seen in training.")
            return
        st.caption(
            "No lead was dropped; lines that are no leads are named below. What could not be read counts as missing; a "
            "download says so in its row."
        )
        render_findings(findings)
