"""Rendering that pages share."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from leadscore_core.config import load_settings
from leadscore_core.data import ColumnMapping, Finding, LeadSchema, Role
from leadscore_core.errors import LeadScoreError
from leadscore_core.figures import GRADE_COLOURS
from leadscore_core.inference import EXCEL_ROWS
from leadscore_core.model import LeadModel, ModelRegistry
from leadscore_core.pipelines import ScoredList, export_ranked
from pages._shared import state

DOWNLOADS = {".xlsx": "Excel", ".csv": "CSV", ".parquet": "Parquet"}
MANY_ROWS = 50_000
NOT_HERE = "Not in this list"
PROBLEM_WORDS = {"error": "Must be mended", "warning": "Look at it", "info": "Good to know"}


@st.cache_resource(max_entries=2, show_spinner="Loading the model")
def load_model(models_dir: str, champion_id: str | None) -> tuple[LeadModel, str]:
    """Load the champion, once for each that there has been."""
    return ModelRegistry(load_settings().models_dir).load_champion()


def get_model() -> LeadModel:
    """Return the model in use; without one, say what to do and stop the page."""
    try:
        models_dir = load_settings().models_dir
        model, notice = load_model(str(models_dir), ModelRegistry(models_dir).champion_id)
    except LeadScoreError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()
    if notice:
        st.warning(notice, icon=":material/warning:")
    return model


def render_sidebar() -> None:
    """Show what every page shares: the calls a day, and which model speaks."""
    with st.sidebar:
        calls = st.number_input(
            "Calls a day",
            min_value=1,
            max_value=1_000_000,
            value=state.get_capacity(),
            step=10,
            help="How many leads your team can call in a day. It sets whom to call first.",
        )
        state.set_capacity(int(calls))
        st.divider()
        try:
            registry = ModelRegistry(load_settings().models_dir)
            metadata = registry.read_metadata(registry.champion_id or "")
        except LeadScoreError:
            st.caption("No model is in use.")
            return
        data = metadata.training_data
        st.caption(f"**Model** {metadata.created_at:%d %b %Y}, trained on {data.rows:,} leads. {data.note}")


def render_findings(findings: list[Finding]) -> None:
    """Show what is wrong with a list, as a table in words."""
    table = pd.DataFrame(
        {
            "Weight": [PROBLEM_WORDS[f.severity] for f in findings],
            "Column": [f.column or "Whole row" for f in findings],
            "What": [f.reason[:1].upper() + f.reason[1:] for f in findings],
            "Leads": [f.count for f in findings],
            "Share": [f.share for f in findings],
            "Example": [f.example for f in findings],
            "Rows": [", ".join(map(str, f.rows)) for f in findings],
        }
    )
    columns = {
        "Weight": st.column_config.TextColumn(width="small"),
        "What": st.column_config.TextColumn(width="large"),
        "Leads": st.column_config.NumberColumn(format="localized", width="small"),
        "Share": st.column_config.NumberColumn(format="percent", width="small"),
        "Rows": st.column_config.TextColumn(
            help="As a spreadsheet numbers them, the header being row 1; the first five"
        ),
    }
    st.dataframe(table, column_config=columns, hide_index=True, alt="Problems of this list")


def render_mapping(mapping: ColumnMapping, schema: LeadSchema) -> dict[str, str | None] | None:
    """Let a person correct which header gives which column; return the choices when they are made."""
    shown = [match for match in mapping.matches if schema.by_name[match.column].role is not Role.INTERACTION]
    choices: dict[str, str | None] = {}
    with st.form("columns", border=False):
        grid = st.columns(3)
        for place, match in enumerate(shown):
            column = schema.by_name[match.column]
            options = [NOT_HERE, *mapping.headers]
            told = f"{match.confidence:.0%} alike" if match.how == "fuzzy" else ""
            chosen = grid[place % 3].selectbox(
                f"{column.human}{' (needed)' if column.required else ''}",
                options,
                index=options.index(match.header) if match.header is not None else 0,
                format_func=lambda header: header or "(no header)",
                key=f"column-{match.column}",
                help=told or None,
            )
            choices[match.column] = None if chosen == NOT_HERE else chosen
        if st.form_submit_button("Use these columns", icon=":material/check:"):
            return choices
    return None


def render_ranked(scored: ScoredList, rows: slice) -> int:
    """Show a part of the ranked list and return how many leads are shown."""
    schema, (frame, own) = scored.model.schema, scored.ranked(2, rows)
    used = scored.leads.mapping.used
    table = {"Rank": range((rows.start or 0) + 1, (rows.start or 0) + 1 + len(own))}
    contact = next(
        (c for role in (Role.NAME, Role.ID, Role.EMAIL) for c in schema.with_role(role) if c.name in used), None
    )
    if contact is not None:
        table[contact.human] = frame[used[contact.name]]
    table |= {"Score": own["lead_score"], "Grade": [[grade] for grade in own["grade"]]}
    table |= {"Why": own["reason_1"], "And": own["reason_2"]}
    for role in (Role.SOURCE, Role.CITY, Role.TIMESTAMP):
        column = schema.one(role)
        if column is not None and column.name in used:
            cells = frame[used[column.name]]
            table[column.human] = (
                cells.str.title() if role is Role.CITY and pd.api.types.is_string_dtype(cells) else cells
            )
    wide = st.column_config.TextColumn(width="large")
    columns = {
        "Rank": st.column_config.NumberColumn(width="small", pinned=True),
        "Score": st.column_config.ProgressColumn(
            min_value=0, max_value=100, format="%d", width="small", color="primary"
        ),
        "Grade": st.column_config.MultiselectColumn(
            options=list(GRADE_COLOURS), color=list(GRADE_COLOURS.values()), width="small"
        ),
        "Why": wide,
        "And": wide,
    }
    st.dataframe(
        pd.DataFrame(table),
        column_config=columns,
        hide_index=True,
        row_height=58,
        height=600,
        alt="Leads, the highest score first",
    )
    return len(own)


def render_downloads(scored: ScoredList, name: str) -> None:
    """Offer the ranked list as a file; it is made when it is asked for."""
    stem = "leads-scored" if " " in name else f"{name.split('.')[0]}-scored"
    with st.container(horizontal=True):
        for ending, human in DOWNLOADS.items():
            too_long = ending == ".xlsx" and scored.report.rows > EXCEL_ROWS
            st.download_button(
                f"Download as {human}",
                data=partial(export_ranked, scored, ending),
                file_name=f"{stem}{ending}",
                icon=":material/download:",
                on_click="ignore",
                disabled=too_long,
                help=f"Excel holds {EXCEL_ROWS:,} leads at most" if too_long else None,
            )
    if scored.report.rows > MANY_ROWS:
        st.caption(f"Writing three reasons for each of {scored.report.rows:,} leads takes a minute or more.")
