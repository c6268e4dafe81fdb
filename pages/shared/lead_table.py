"""Lists of leads: the answer, key figures, filters, and pages of a table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, cast

import pandas as pd
import streamlit as st

from leadscore_core.analytics.dimension_names import name_dimension, show_value
from leadscore_core.batches.export import FORMATS, ExportJob, ExportOrder, export_bytes
from leadscore_core.batches.planning import ALL, plan_batch
from leadscore_core.batches.view import AND, JUNK, WHY, BatchView
from leadscore_core.data.schema.schema import CITY_TIER, Role
from leadscore_core.inference.capacity import describe_plan
from leadscore_core.inference.export.crm import PRESETS
from leadscore_core.inference.export.crm_columns import say_leads
from leadscore_core.inference.export.writers import EXCEL_ROWS
from leadscore_core.inference.grades import GRADES
from leadscore_core.plots.grades import GRADE_COLOURS, GRADE_ICONS, GRADE_INK, plot_grade_shares
from leadscore_core.storage.leads.filters import BLANK, LeadFilter, View
from leadscore_core.storage.leads.lead_table import Sort
from pages.shared import session
from pages.shared.components import render_chart
from pages.shared.crm_export import render_crm
from pages.shared.sidebar import plain

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig

KEY_FIGURE_WIDTH = 170
PAGE_ROWS = 50
MANY_ROWS = 5_000
_NO_SORT = "Best first"
_WIDTHS = {"Rank": 55, "Row": 60, "Name": 115, "Grade": 75, "Phone": 122, WHY: 268, AND: 268, JUNK: 268}
_REASON_ROW = 76
_SCOPES = {"shown": "As shown", "first": "A day's calls"}


def render_answer(view: BatchView) -> None:
    """Say whom to call first, and what makes these scores less sure."""
    calls = view.table.by_junk().get("", (0, 0.0))[0]
    if calls == 0:
        st.markdown("### Nobody is left to call: every lead of this list is in quarantine.")
        st.caption("Look into the quarantine, restore whom you want to call, or put fewer aside under Junk filter.")
    else:
        plan = plan_batch(view, session.get_capacity())
        st.markdown(f"### {describe_plan(plan, calls, view.schema.outcome)}")
    render_cautions(view)


def render_cautions(view: BatchView) -> None:
    """Say what makes these scores less sure: no model, one of made-up leads, columns that the list lacks."""
    if view.model is None:
        st.warning(
            f"The model {view.batch.scoring.model_id} cannot be loaded, so scores come without reasons. Score the "
            "batch again with the model in use.",
            icon=":material/warning:",
        )
    elif view.model.metadata.training_data.synthetic:
        st.warning(
            "This model learned from made-up leads. Try everything out, then train on your own before you call.",
            icon=":material/science:",
        )
    lacking = [f.column for f in view.batch.scoring.findings if f.code == "missing_column"]
    if lacking:
        humans = ", ".join(view.schema.by_name[name].human.lower() for name in lacking)
        st.warning(f"Scored without {humans}, so less exactly.", icon=":material/data_loss_prevention:")


def render_key_figures(view: BatchView) -> None:
    """Show what the list holds: leads, how many to call and put aside, outcomes expected, and the grades."""
    words = view.schema.outcome
    by_junk, by_grade = view.table.by_junk(), view.table.by_grade(ALL)
    calls, expected = by_junk.get("", (0, 0.0))
    everything = sum(value for _, value in by_junk.values())
    with st.container(horizontal=True):
        st.metric("Leads", f"{view.table.rows:,}", border=True, width=KEY_FIGURE_WIDTH)
        st.metric("To call", f"{calls:,}", border=True, width=KEY_FIGURE_WIDTH, help="All but the quarantine")
        aside = f"In quarantine; about {everything - expected:,.0f} {words.plural} are expected among them"
        st.metric("Put aside", f"{view.table.rows - calls:,}", border=True, width=KEY_FIGURE_WIDTH, help=aside)
        st.metric(f"{words.title} expected", f"{everything:,.0f}", border=True, width=KEY_FIGURE_WIDTH)
        st.metric("Hot", f"{by_grade.get('Hot', (0, 0.0))[0]:,}", border=True, width=KEY_FIGURE_WIDTH)
    figure = plot_grade_shares(
        {grade: by_grade.get(grade, (0, 0.0))[0] for grade in GRADES},
        {grade: by_grade.get(grade, (0, 0.0))[1] for grade in GRADES},
        words,
    )
    render_chart(figure)


def render_filters(view: BatchView, which: View) -> LeadFilter:
    """Let a person narrow the list; what they chose outlives a visit to another page."""
    kept = replace(session.get_filter(), view=which, reason="")
    key = f"filter-{view.batch.id}-{which}-{session.filter_round()}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search", placeholder="Name, phone, city, source", key=session.bind(f"{key}-text", kept.text), width=280
        )
        grades = st.multiselect("Grade", GRADES, key=session.bind(f"{key}-grade", list(kept.grades)), width=240)
        with st.popover(_more_label(kept), icon=":material/filter_alt:"):
            values = _value_filters(view, kept, key)
            scores = session.bind(f"{key}-score", (kept.score_from, kept.score_to))
            low, high = cast("tuple[int, int]", st.slider("Score", 0, 100, key=scores))  # the key holds a pair
            first, last = _date_filter(view, kept, key)
            if kept.is_narrow and st.button("Clear all filters", icon=":material/filter_alt_off:", key=f"{key}-clear"):
                session.set_filter(LeadFilter())
                st.rerun()
    _say_more(view, values)
    chosen = LeadFilter(which, tuple(grades), values, first, last, low, high, text)
    if chosen != kept:
        session.save_filter(chosen)
    return chosen


def _say_more(view: BatchView, values: dict[str, tuple[str, ...]]) -> None:
    """Say what the list is narrowed to by a link from another page."""
    offered = [CITY_TIER, *(view.column(role) for role in (Role.SOURCE, Role.MEDIUM, Role.PLATFORM))]
    rows = [
        f"{name_dimension(d, view.schema).lower()} {', '.join(show_value(d, v, view.schema) for v in wanted)}"
        for d, wanted in values.items()
        if d not in offered
    ]
    if rows:
        st.caption(f"Also narrowed to {plain(', '.join(rows))}. Clear all filters under More filters.")


def _more_label(kept: LeadFilter) -> str:
    used = len(kept.values) + (kept.created_from is not None) + ((kept.score_from, kept.score_to) != (0, 100))
    return f"More filters ({used})" if used else "More filters"


def _with_count(counts: dict[str, int], value: str) -> str:
    return f"{value} ({counts[value]:,})"


def _value_filters(view: BatchView, kept: LeadFilter, key: str) -> dict[str, tuple[str, ...]]:
    values = {}
    columns = [view.column(role) for role in (Role.SOURCE, Role.MEDIUM, Role.PLATFORM)]
    columns.append(CITY_TIER if CITY_TIER in view.table.columns else None)
    humans = {column: human for human, column in view.choices().items()}
    for column in columns:
        if column is None:
            continue
        counts = {value if value is not None else BLANK: n for value, n in view.table.values_of(column)}
        known = [value for value in kept.values.get(column, ()) if value in counts]
        chosen = st.multiselect(
            humans[column],
            list(counts),
            format_func=partial(_with_count, counts),
            key=session.bind(f"{key}-{column}", known),
        )
        if chosen:
            values[column] = tuple(chosen)
    return values | {column: wanted for column, wanted in kept.values.items() if column not in columns}


def _date_filter(view: BatchView, kept: LeadFilter, key: str):  # type: ignore[no-untyped-def]
    first, last = view.table.period()
    if first is None or last is None:
        return None, None
    day = first.date(), last.date()
    within = max(day[0], min(kept.created_from or day[0], day[1])), min(day[1], max(kept.created_to or day[1], day[0]))
    chosen = st.date_input("Created", min_value=day[0], max_value=day[1], key=session.bind(f"{key}-dates", within))
    if not isinstance(chosen, tuple) or len(chosen) != 2 or tuple(chosen) == day:
        return None, None
    return chosen


@dataclass(frozen=True)
class Shown:
    """What a table of leads shows: its order, and the positions of the leads that are selected."""

    sort: Sort = field(default_factory=Sort)
    selected: tuple[int, ...] = ()


def render_table(view: BatchView, chosen: LeadFilter, *, key: str, several: bool = False) -> Shown:
    """Show leads page by page, with the count of what is shown."""
    total = view.table.count(chosen)
    if total == 0:
        st.info("No lead fits. Widen the filter, or clear it.", icon=":material/search_off:")
        return Shown()
    choices = view.choices()
    quarantine = chosen.view == "quarantine"
    shown, sort = _render_layout(view, choices, quarantine, key)
    pages = -(-total // PAGE_ROWS)
    page = st.pagination(pages, key=f"{key}-pages-{hash((str(chosen), str(sort)))}") if pages > 1 else 1
    leads = view.table.page(chosen, sort, (page - 1) * PAGE_ROWS, PAGE_ROWS, without=view.not_shown(shown))
    table = view.present(leads, shown)
    wordy = bool({WHY, AND, JUNK} & set(table.columns))
    styled = table.style.map(_grade_style, subset=["Grade"]).format(_grade_words, subset=["Grade"])
    rows = leads["ls_row"].tolist()
    table_key = f"{key}-table-{page}-{hash((str(chosen), str(sort)))}-{session.table_round()}"
    event = st.dataframe(
        styled,
        column_config=_column_config(table),
        hide_index=True,
        row_height=_REASON_ROW if wordy else 35,
        height=min(640, 40 + (_REASON_ROW if wordy else 35) * len(table)),
        key=table_key,
        on_select="rerun" if several else partial(session.open_selected, table_key, rows),
        selection_mode="multi-row" if several else "single-row",
        alt="Leads",
    )
    first = (page - 1) * PAGE_ROWS + 1
    st.caption(
        f"Leads {first:,} to {first + len(leads) - 1:,} of {total:,}. The list holds {view.table.rows:,} in all."
    )
    return Shown(sort, tuple(int(rows[place]) for place in event.selection.rows if place < len(rows)))


def _render_layout(view: BatchView, choices: dict[str, str], quarantine: bool, key: str) -> tuple[list[str], Sort]:
    default = view.default_columns(quarantine)
    sortable = {name: column for name, column in choices.items() if column in view.table.columns}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("Sort by", [_NO_SORT, "Score", *sortable], key=f"{key}-sort", width=220)
        down = by != _NO_SORT and st.toggle("Highest first", value=True, key=f"{key}-down")
        with st.popover("Columns", icon=":material/view_column:"):
            offered = [JUNK, *choices] if quarantine else list(choices)
            shown = st.multiselect("Columns shown", offered, default=default, key=f"{key}-columns")
    if by == _NO_SORT:
        return shown, Sort()
    return shown, Sort("ls_propensity" if by == "Score" else sortable[by], bool(down))


def _column_config(table: pd.DataFrame) -> dict[str, ColumnConfig]:
    config: dict[str, ColumnConfig] = {
        name: st.column_config.TextColumn(width=_WIDTHS.get(name)) for name in table.columns if name in _WIDTHS
    }
    for name in ("Rank", "Row"):
        if name in table:
            config[name] = st.column_config.NumberColumn(width=_WIDTHS[name], format="localized")
    config["Score"] = st.column_config.ProgressColumn(
        min_value=0, max_value=100, format="%d", width=72, color="primary"
    )
    for name in table.columns:
        if pd.api.types.is_datetime64_any_dtype(table[name]):
            config[name] = st.column_config.DatetimeColumn(format="D MMM YYYY", width=92)
    if "Propensity" in table:
        config["Propensity"] = st.column_config.NumberColumn(format="percent")
    return config


def _grade_style(grade: object) -> str:
    name = str(grade).split(" ")[0]
    return f"background-color: {GRADE_COLOURS[name]}; color: {GRADE_INK[name]}"


def _grade_words(grade: object) -> str:
    return f"{GRADE_ICONS[str(grade).split(' ')[0]]} {grade}"


def render_downloads(view: BatchView, stem: str) -> None:
    """Offer the whole list, best first, in three formats."""
    with st.container(horizontal=True):
        for name, human in (("xlsx", "Excel"), ("csv", "CSV"), ("parquet", "Parquet")):
            too_long = name == "xlsx" and view.table.rows > EXCEL_ROWS
            st.download_button(
                f"Download as {human}",
                data=partial(export_bytes, view, ExportOrder(name, ALL)),
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
            data=partial(export_bytes, view, order),
            file_name=name,
            icon=":material/download:",
            on_click="ignore",
        )
    elif st.button(f"Prepare {rows:,} leads", icon=":material/hourglass_top:"):
        session.set_job(ExportJob(view, order, name))
        st.rerun()


@st.fragment(run_every=1.0)
def _render_job() -> None:
    job = session.get_job()
    if job is None:
        return
    if not job.is_done:
        st.progress(job.share, text=f"{job.message}. Reasons are computed for each lead; this page can be left.")
        if st.button("Stop", icon=":material/stop:"):
            job.cancel()
        return
    if job.error:
        st.warning(job.error, icon=":material/warning:")
    elif job.content is not None:
        if job.order.format in PRESETS:
            st.caption(job.message)
        st.download_button(
            f"Save {job.file_name}", job.content, file_name=job.file_name, icon=":material/download:", on_click="ignore"
        )
    if st.button("Export something else", type="tertiary"):
        session.set_job(None)
        st.rerun()


def _stem(view: BatchView) -> str:
    plain = "".join(letter if letter.isalnum() else "-" for letter in view.batch.name.rsplit(".", 1)[0])
    return "-".join(part for part in plain.split("-") if part)[:60] or "leads"
