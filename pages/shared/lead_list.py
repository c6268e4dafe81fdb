"""Lists of leads: rows that open with a click or Enter, with links to call and to write, page by page.

Streamlit's own table opens a row by its checkbox alone, takes four stops of the Tab key before the first row, and draws
no line between today's calls and tomorrow's; so the rows are a small component of ours, with its script and style
beside this module.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd
import streamlit as st

from leadscore_core.batches.view import AND, JUNK, SHORT, WHY, BatchView, file_rows
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort
from pages.shared import address, list_state, session

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE_ROWS = 50
_HERE = Path(__file__).parent
_LIST = st.components.v2.component(
    "lead_list",
    html='<div class="leads"></div>',
    css=(_HERE / "lead_list.css").read_text(encoding="utf-8"),
    js=(_HERE / "lead_list.js").read_text(encoding="utf-8"),
)
_WIDTHS = {
    "who": "minmax(8rem, 1.3fr)",
    "tel": "8.4rem",
    "mail": "minmax(6.5rem, 1.2fr)",
    "score": "5rem",
    "grade": "minmax(4.2rem, max-content)",
    "why": "minmax(11rem, 2fr)",
    "number": "minmax(4rem, max-content)",
    "text": "minmax(5rem, 1fr)",
}
_LABELS = {SHORT: "Why"}
_HELP = {
    SHORT: "What sets this lead apart from those around it; a minus speaks against it",
    "Score": "Propensity of the outcome, 0 to 100",
}
_DIALLED = re.compile(r"[^\d+*#]")


@dataclass(frozen=True)
class Shown:
    """What a list of leads shows: its order, and the positions of the leads that are selected."""

    sort: Sort = field(default_factory=Sort)
    selected: tuple[int, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How a list is laid out: human names of its columns, its order, and after how many leads a day ends, if any."""

    columns: Sequence[str]
    sort: Sort = field(default_factory=Sort)
    day: int | None = None


def render_list(view: BatchView, chosen: LeadFilter, layout: Layout, *, key: str, several: bool = False) -> Shown:
    """Show leads page by page, with the count of what is shown; a click or Enter on one opens it.

    Parameters
    ----------
    several
        Whether leads can be selected, each by its checkbox.
    """
    total = view.table.count(chosen)
    if total == 0:
        st.info("No lead fits. Widen the filter, or clear it.", icon=":material/search_off:")
        return Shown()
    pages = -(-total // PAGE_ROWS)
    page = min(list_state.get_page(), pages)
    if page != list_state.get_page():
        list_state.set_page(page)
        if address.is_fresh():
            address.doubt()
    first = (page - 1) * PAGE_ROWS
    leads = view.table.page(chosen, layout.sort, first, PAGE_ROWS, without=view.not_shown([*layout.columns]))
    rows = leads["ls_row"].tolist()
    data = {
        "label": "Leads",
        "total": total,
        "first": first + 1,
        "several": several,
        "opened": session.get_lead(),
        "marks": _day_marks(first, len(leads), layout) if chosen.section == "calls" else [""] * len(leads),
    } | _lay_out(view, leads, layout.columns)
    list_key = f"{key}-list"
    opened = partial(session.open_row, list_key, rows)
    result = _LIST(key=list_key, data=data, on_open_change=opened, on_selected_change=_ignore)
    with st.container(horizontal=True, vertical_alignment="center"):
        if pages > 1:
            turn = f"{key}-page-{pages}-{page}"
            st.pagination(pages, default=page, key=turn, on_change=partial(list_state.turn_page, turn))
        st.caption(
            f"Leads {first + 1:,} to {first + len(leads):,} of {total:,}. The list holds {view.table.rows:,} in all."
        )
    picked = {int(row) for row in result.selected or ()} if several else set()
    return Shown(layout.sort, tuple(row for row in rows if row in picked))


def _ignore() -> None:
    """Leave it to the run that follows."""


def _day_marks(first: int, leads: int, layout: Layout) -> list[str]:
    """Return what stands above each lead: which day's calls begin there, where it is another day's than today's."""
    if layout.day is None or layout.sort != Sort():
        return [""] * leads
    marks = []
    for place in range(first, first + leads):
        day = place // layout.day
        starts = day > 0 and (place % layout.day == 0 or place == first)
        marks.append(("Tomorrow" if day == 1 else f"Day {day + 1}") if starts else "")
    return marks


def _lay_out(view: BatchView, leads: pd.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """Return columns and rows as the component draws them."""
    table = view.present(leads, [*columns]).drop(columns="Rank" if "Rank" not in columns else [])
    who = next(name for name in table.columns if name not in {"Rank", "Score", "Grade"})
    contact = [name for name in columns if _kind(view, name, table) in {"tel", "mail"}]
    order = [who, *contact, "Score", "Grade"]
    order += [name for name in table.columns if name not in order]
    kinds = {name: "who" if name == who else _kind(view, name, table) for name in order}
    cells = {name: [_cell(value, kinds[name]) for value in table[name].tolist()] for name in order}
    cells[who] = [
        str(name) if name and who != "Row" else f"Row {row:,}"
        for name, row in zip(table[who].tolist(), file_rows(leads).tolist(), strict=True)
    ]
    return {
        "columns": [
            {"label": _LABELS.get(n, n), "kind": kinds[n], "width": _WIDTHS[kinds[n]], "help": _HELP.get(n, "")}
            for n in order
        ],
        "rows": [
            {"row": int(row), "who": cells[who][place], "cells": [cells[name][place] for name in order]}
            for place, row in enumerate(leads["ls_row"].tolist())
        ],
    }


def _kind(view: BatchView, name: str, table: pd.DataFrame) -> str:
    """Return how a column is drawn."""
    if name in {"Score", "Grade"}:
        return name.lower()
    if name in {SHORT, WHY, AND, JUNK}:
        return "why"
    column = view.choices().get(name)
    if column in {"ls_phone", "ls_email"}:
        return "tel" if column == "ls_phone" else "mail"
    is_number = name in table and pd.api.types.is_numeric_dtype(table[name])
    return "number" if is_number else "text"


def _cell(value: object, kind: str) -> str | dict[str, str]:
    """Return a cell as text, with the link behind it where there is one."""
    if value is None or value is pd.NaT or value != value:
        return ""
    if isinstance(value, datetime):
        return f"{value.day} {value:%b %Y}"
    if isinstance(value, float):
        return f"{value:,.3g}"
    if isinstance(value, int):
        return f"{value:,}" if kind != "score" else str(value)
    text = str(value).strip()
    address = link_of(text, kind)
    return {"text": text, "href": address} if address else text


def link_of(text: str, kind: str) -> str:
    """Return the address that calls a phone number or writes to an e-mail address; empty where it cannot.

    Examples
    --------
    >>> link_of("+91 98765-43210", "tel"), link_of("asha@example.org", "mail"), link_of("masked", "tel")
    ('tel:+919876543210', 'mailto:asha@example.org', '')
    """
    if kind == "tel":
        number = _DIALLED.sub("", text)
        return f"tel:{number}" if sum(letter.isdigit() for letter in number) >= 5 else ""
    if kind == "mail" and re.fullmatch(r"[^\s@,;]+@[^\s@,;]+", text):
        return f"mailto:{quote(text, safe='@+._-')}"
    return ""
