"""Rendering that pages share."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from leadscore_core.config import load_settings
from leadscore_core.data import ColumnMapping, Finding, LeadSchema, Match, Role, fingerprint
from leadscore_core.errors import LeadScoreError
from leadscore_core.figures import GRADE_COLOURS, GRADE_ICONS, GRADE_INK, plot_grade_shares
from leadscore_core.inference import EXCEL_ROWS
from leadscore_core.model import LeadModel, ModelRegistry
from leadscore_core.pipelines import ScoredList, export_ranked
from pages._shared import state

DOWNLOADS = {".xlsx": "Excel", ".csv": "CSV", ".parquet": "Parquet"}
MANY_ROWS = 50_000
KEY_FIGURE_WIDTH = 170
REASON_WIDTH = 270
NOT_HERE = "Not in this list"
HOW_WORDS = {
    "exact": "Same name",
    "normalised": "Same name, written otherwise ({:.0%} sure)",
    "alias": "Recognised ({:.0%} sure)",
    "fuzzy": "Nearly the same name ({:.0%} sure)",
    "person": "Chosen by you",
    "none": " ",
}
PROBLEM_WORDS = {"error": "Must be mended", "warning": "Look at it", "info": "Good to know"}


@st.cache_resource(max_entries=2, show_spinner="Loading the model")
def load_model(models_dir: str, champion_id: str | None) -> tuple[LeadModel, str]:
    """Load the champion, once for each that there has been."""
    return ModelRegistry(Path(models_dir)).load_champion()


def check_settings() -> None:
    """Say which settings cannot be used, and stop."""
    try:
        load_settings()
    except LeadScoreError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


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
        st.markdown("#### :material/leaderboard: LeadScore")
        calls = st.number_input(
            "Calls a day",
            min_value=1,
            max_value=1_000_000,
            value=load_settings().daily_call_capacity,
            key="calls-a-day",
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
            "Column": [f.column or "Whole row" for f in findings],
            "What": [f.reason[:1].upper() + f.reason[1:] for f in findings],
            "Leads": [f.count for f in findings],
            "Share": [100 * f.share for f in findings],
            "Example": [f.example.strip("'") for f in findings],
            "Rows": [", ".join(map(str, f.rows)) for f in findings],
        }
    )
    if len({f.severity for f in findings}) > 1:
        table["Severity"] = [PROBLEM_WORDS[f.severity] for f in findings]
    columns = {
        "Severity": st.column_config.TextColumn(width="small"),
        "What": st.column_config.TextColumn(width="large"),
        "Leads": st.column_config.NumberColumn(format="localized", width="small"),
        "Share": st.column_config.NumberColumn(format="%.1f%%", width="small"),
        "Rows": st.column_config.TextColumn(
            help="As a spreadsheet numbers them, the header being row 1; the first five"
        ),
    }
    st.dataframe(table, column_config=columns, hide_index=True, height="content", alt="Problems of this list")


def main_columns(mapping: ColumnMapping, schema: LeadSchema) -> list[Match]:
    """Return the matches that a person looks at: all but the many interaction counters, the needed ones first."""
    main = [match for match in mapping.matches if schema.by_name[match.column].role is not Role.INTERACTION]
    return sorted(main, key=lambda match: not schema.by_name[match.column].required)


def columns_found(mapping: ColumnMapping, schema: LeadSchema) -> str:
    """Say how many columns were found."""
    main = main_columns(mapping, schema)
    return f"Columns: {sum(match.header is not None for match in main)} of {len(main)} found"


def render_mapping(mapping: ColumnMapping, schema: LeadSchema) -> dict[str, str | None] | None:
    """Let a person correct which header gives which column; return the choices when they are made."""
    shown = main_columns(mapping, schema)
    counters = [match for match in mapping.matches if match not in shown]
    if counters:
        found = sum(match.header is not None for match in counters)
        st.caption(f"{found} of {len(counters)} counters of clicks on the website were found too.")
    choices: dict[str, str | None] = {}
    with st.form("columns", border=False):
        grid = st.columns(3)
        for place, match in enumerate(shown):
            column = schema.by_name[match.column]
            options = [NOT_HERE, *mapping.headers]
            with grid[place % 3]:
                chosen = st.selectbox(
                    f"{column.human}{' (needed)' if column.required else ''}",
                    options,
                    index=options.index(match.header) if match.header is not None else 0,
                    format_func=lambda header: header or "(no header)",
                    key=f"column-{fingerprint(mapping.headers)}-{match.column}-{match.header}",
                )
                st.caption(HOW_WORDS[match.how].format(match.confidence))
            choices[match.column] = None if chosen == NOT_HERE else chosen
        if st.form_submit_button("Use these columns", icon=":material/check:"):
            return choices
    return None


def render_ranked(scored: ScoredList, name: str, page_rows: int) -> None:
    """Show the ranked list page by page, with the count of what is shown."""
    rows = scored.report.rows
    pages = -(-rows // page_rows)
    page = st.pagination(pages, key=f"ranked-{id(scored)}") if pages > 1 else 1
    table = scored.table(slice((page - 1) * page_rows, page * page_rows))
    columns = {
        "Rank": st.column_config.NumberColumn(width=45, format="localized"),
        "Row": st.column_config.NumberColumn(width=60, help="In the file, as a spreadsheet numbers it"),
        "Name": st.column_config.TextColumn(width=110),
        "Score": st.column_config.ProgressColumn(min_value=0, max_value=100, format="%d", width=75, color="primary"),
        "Grade": st.column_config.TextColumn(width=70),
        "Phone": st.column_config.TextColumn(width=130),
        "Why": st.column_config.TextColumn(width=REASON_WIDTH),
        "And": st.column_config.TextColumn(width=REASON_WIDTH),
        "Created": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
    }
    icons = {grade: f"{icon} {grade}" for grade, icon in GRADE_ICONS.items()}
    coloured = table.style.map(_grade_style, subset=["Grade"]).format(icons.get, subset=["Grade"])
    st.dataframe(
        coloured,
        column_config=columns,
        hide_index=True,
        row_height=76,
        height=640,
        alt="Leads, best first",
    )
    first = (page - 1) * page_rows + 1
    st.caption(
        f"Leads {first:,} to {first + len(table) - 1:,} of {rows:,} in {name}, the highest score first. "
        "A download holds all of them, with three reasons each."
    )


def _grade_style(grade: str) -> str:
    return f"background-color: {GRADE_COLOURS[grade]}; color: {GRADE_INK[grade]}"


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


def render_cautions(scored: ScoredList) -> None:
    """Say what makes these scores less sure: a model of made-up leads, columns that the list lacks."""
    if scored.model.metadata.training_data.synthetic:
        st.warning(
            "This model learned from made-up leads. Try everything out, then train on your own before you call.",
            icon=":material/science:",
        )
    lacking = [f.column for f in scored.report.findings if f.code == "missing_column"]
    if lacking:
        humans = ", ".join(scored.model.schema.by_name[name].human.lower() for name in lacking)
        st.warning(f"Scored without {humans}, so less exactly.", icon=":material/data_loss_prevention:")


def render_key_figures(scored: ScoredList) -> None:
    """Show what the list holds: leads, applications expected, and the grades at both ends."""
    report, thresholds = scored.report, scored.report.thresholds
    with st.container(horizontal=True):
        st.metric("Leads", f"{report.rows:,}", border=True, width=KEY_FIGURE_WIDTH)
        st.metric("Applications expected", f"{report.expected:,.0f}", border=True, width=KEY_FIGURE_WIDTH)
        hot = f"Propensity of {thresholds.hot:.0%} or more"
        st.metric("Hot", f"{report.grades['Hot']:,}", border=True, width=KEY_FIGURE_WIDTH, help=hot)
        junk = f"Propensity below {thresholds.cold:.0%}; kept in the list and marked"
        st.metric("Junk", f"{report.grades['Junk']:,}", border=True, width=KEY_FIGURE_WIDTH, help=junk)
    figure = plot_grade_shares(report.grades, scored.expected_by_grade())
    st.plotly_chart(figure, config={"displayModeBar": False}, alt=figure.layout.title.text)


def render_problems(scored: ScoredList) -> None:
    """Show what is wrong with the list, folded away until it is asked for."""
    findings = scored.report.findings
    weighty = [finding for finding in findings if finding.severity != "info"]
    with st.expander(f"Problems in this list: {len(weighty) or 'none'}", icon=":material/rule:"):
        if not findings:
            st.caption("Every cell could be read and every value was seen in training.")
            return
        st.caption("No lead was dropped. What could not be read counts as missing; a download says so in its row.")
        render_findings(findings)
