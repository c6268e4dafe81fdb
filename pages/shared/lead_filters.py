"""Filters of a list of leads: one row of chips, and more of them, the order and the columns behind the last chip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, cast, get_args

import streamlit as st

from leadscore_core.analytics.dimension_names import name_dimension, show_value
from leadscore_core.batches.view import JUNK, BatchView
from leadscore_core.data.schema.schema import CITY_TIER, Role
from leadscore_core.inference.grades import GRADES
from leadscore_core.plots.grades import GRADE_ICONS
from leadscore_core.storage.database.contact_states import STATES
from leadscore_core.storage.leads.dimensions import OWNER, expression
from leadscore_core.storage.leads.filters import BLANK, LeadFilter, ListSection, News
from leadscore_core.storage.leads.lead_table import Sort
from pages.shared import address, list_state, session
from pages.shared.lead_list import Layout
from pages.shared.sidebar import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

SEARCH, MORE, _PANELS = "search", "more", "filter_panels"
_GRADE, _STATE, _NEWS_GROUP = " grade", " state", " news"  # no column is called so
_NEWS: dict[News, str] = {"new": "New", "seen": "Seen before", "up": "Score went up", "down": "Score went down"}
_NO_SORT = "Best first"
_CHIPS_OF_A_COLUMN, _MANY = 3, 100_000
_LONGEST_CHIP = 24


@dataclass(frozen=True)
class Chip:
    """One chip: the group that it filters (``grade``, or a column), the value, and what stands on it."""

    group: str
    value: str
    label: str

    @property
    def code(self) -> str:
        """What the widget knows it by."""
        return f"{self.group}={self.value}" if self.value else self.group


def render_filters(view: BatchView, section: ListSection) -> tuple[LeadFilter, Layout]:
    """Let a person narrow, order and lay out the list; what they chose outlives a visit to another page."""
    _settle(view)
    active = replace(session.get_filter(), section=section, reason="")
    key = f"filter-{view.batch.id}-{section}-{session.filter_round()}"
    by_chip = _chip_columns(view)
    chips = {chip.code: chip for chip in _offer_chips(view, active)}
    pressed = [code for code, chip in chips.items() if _is_pressed(chip, active)]
    picked = st.pills(
        "Filter",
        list(chips),
        selection_mode="multi",
        format_func=lambda code: chips[code].label,
        key=session.bind(f"{key}-{hash(tuple(chips))}", pressed),
        label_visibility="collapsed",
        wrap=False,
    )
    groups = {code: chips[code].group for code in picked}
    session.put(_PANELS, {SEARCH, MORE} & set(groups.values()))
    news = tuple(news for news in _NEWS if news in _of(_NEWS_GROUP, picked, chips))
    chosen = replace(active, grades=_of(_GRADE, picked, chips), states=_of(_STATE, picked, chips), news=news)
    for column in by_chip:
        chosen = _with_values(chosen, column, _of(column, picked, chips))
    chosen = _render_search(chosen, key)
    if MORE in groups.values():
        chosen = _render_more(view, chosen, key)
    _say_more(view, chosen)
    if chosen != active:
        session.save_filter(chosen)
        if MORE in groups.values() and any(chosen.values.get(name) != active.values.get(name) for name in by_chip):
            session.set_filter(chosen)  # the chips and the field of all values say the same
            st.rerun()
    return chosen, layout_of(view, section)


def _settle(view: BatchView) -> None:
    """Let go of what an address asks for and this list does not have."""
    if not address.is_fresh():
        return
    asked, table = session.get_filter(), view.table
    values = {}
    for column, wanted in asked.values.items():
        if _is_there(view, column):
            values[column] = wanted
            if column in _value_columns(view):
                there = {value if value is not None else BLANK for value, _ in table.values_of(column, _MANY)}
                values[column] = tuple(value for value in wanted if value in there)
    found = replace(
        asked,
        grades=tuple(grade for grade in asked.grades if grade in GRADES),
        states=tuple(state for state in asked.states if state in STATES),
        news=tuple(news for news in asked.news if news in get_args(News)),
        values={column: wanted for column, wanted in values.items() if wanted},
    )
    by, highest_first = list_state.get_sort()
    columns = list_state.get_columns()
    offered = {JUNK, *view.choices()}
    if found != asked:
        address.doubt()
        session.set_filter(found)
    if by and by not in _sortable(view):
        address.doubt()
        list_state.set_sort("", highest_first)
    if columns is not None and not offered.issuperset(columns):
        address.doubt()
        list_state.set_columns(tuple(name for name in columns if name in offered) or None)


def _chip_columns(view: BatchView) -> list[str]:
    """Return the columns whose values have chips: the source, and the owner in the CRM where a list names one."""
    owner = OWNER if OWNER in view.table.columns else None
    return [column for column in (view.column(Role.SOURCE), owner) if column is not None]


def _is_there(view: BatchView, column: str) -> bool:
    """Tell whether a list can be filtered by a column or a part of the date."""
    return expression(column, view.table.columns, view.table.created, view.table.city) is not None


def _offer_chips(view: BatchView, active: LeadFilter) -> list[Chip]:
    """Return the chips: grades, the sources and owners with the most leads, those chosen, and what folds out."""
    chips = [] if view.hides_contacts else [Chip(SEARCH, "", ":material/search: Search")]
    counts = view.table.by_grade(LeadFilter(section=active.section))
    for grade in GRADES:
        n = counts.get(grade, (0, 0.0))[0]
        if n or grade in active.grades:
            chips.append(Chip(_GRADE, grade, f"{GRADE_ICONS[grade]} {grade} {n:,}"))
    chips += [chip for column in _chip_columns(view) for chip in _offer_values(view, active, column)]
    chips += [*_offer_news(view, active), *_offer_states(view, active)]
    used = _used(view, active)
    chips.append(Chip(MORE, "", f":material/tune: More ({used})" if used else ":material/tune: More"))
    return chips


def _offer_values(view: BatchView, active: LeadFilter, column: str) -> list[Chip]:
    """Return a chip for each of a column's values with the most leads, and for those that are chosen."""
    known = [(value if value is not None else BLANK, n) for value, n in view.table.values_of(column)]
    wanted = active.values.get(column, ())
    shown = {value for value, _ in known[:_CHIPS_OF_A_COLUMN]} | set(wanted) if len(known) > 1 else set(wanted)
    return [Chip(column, value, _say_value(column, value)) for value, _ in known if value in shown]


def _say_value(column: str, value: str) -> str:
    if column != OWNER:
        return plain(_short(value))
    return "No owner" if value == BLANK else f"Owner: {plain(_short(value))}"


def _offer_news(view: BatchView, active: LeadFilter) -> list[Chip]:
    """Return a chip for who is new, was seen before, or whose score moved, where anybody is known."""
    if not active.news and not view.table.rule_counts().get("seen_before"):
        return []
    counts = {news: view.table.count(LeadFilter(section=active.section, news=(news,))) for news in _NEWS}
    wanted = [news for news in _NEWS if counts[news] or news in active.news]
    return [Chip(_NEWS_GROUP, news, f"{_NEWS[news]} {counts[news]:,}") for news in wanted]


def _offer_states(view: BatchView, active: LeadFilter) -> list[Chip]:
    """Return a chip for each contact state, where anybody was called."""
    counts = {state: n for state, (n, _) in view.table.by_state(active.section).items()}
    if len(counts) < 2 and not active.states:
        return []
    words = STATES | {"new": "Not called yet"}
    wanted = [state for state in STATES if state in counts or state in active.states]
    return [Chip(_STATE, state, f"{words[state]} {counts.get(state, 0):,}") for state in wanted]


def _is_pressed(chip: Chip, active: LeadFilter) -> bool:
    if chip.group in {SEARCH, MORE}:
        return chip.group in session.get(_PANELS, set()) or (chip.group == SEARCH and active.text != "")
    in_force = {**active.values, _GRADE: active.grades, _STATE: active.states, _NEWS_GROUP: active.news}
    return chip.value in in_force.get(chip.group, ())


def _of(group: str, picked: Sequence[str], chips: dict[str, Chip]) -> tuple[str, ...]:
    return tuple(chips[code].value for code in picked if chips[code].group == group)


def _with_values(chosen: LeadFilter, column: str, values: tuple[str, ...]) -> LeadFilter:
    others = {name: wanted for name, wanted in chosen.values.items() if name != column}
    return replace(chosen, values=others | ({column: values} if values else {}))


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST_CHIP else f"{value[: _LONGEST_CHIP - 1]}…"


def _used(view: BatchView, active: LeadFilter) -> int:
    """Return how many filters are in force that only the fields behind the last chip show."""
    by_chip = _chip_columns(view)
    values = sum(name not in by_chip and _is_there(view, name) for name in active.values)
    return values + (active.created_from is not None) + ((active.score_from, active.score_to) != (0, 100))


def _render_search(chosen: LeadFilter, key: str) -> LeadFilter:
    if SEARCH not in session.get(_PANELS, set()):
        return replace(chosen, text="")
    text = st.text_input(
        "Search",
        placeholder="Name, phone, city, source",
        key=session.bind(f"{key}-text", chosen.text),
        type="search",
        label_visibility="collapsed",
        width=360,
    )
    return replace(chosen, text=text or "")


def _render_more(view: BatchView, chosen: LeadFilter, key: str) -> LeadFilter:
    """Show the fields behind the last chip: values of each column, score, date, order and columns."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            for column in _value_columns(view):
                chosen = _choose_values(view, chosen, column, key)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            scores = session.bind(f"{key}-score", (chosen.score_from, chosen.score_to))
            low, high = cast("tuple[int, int]", st.slider("Score", 0, 100, key=scores, width=212))
            first, last = _choose_dates(view, chosen, key)
            chosen = replace(chosen, score_from=low, score_to=high, created_from=first, created_to=last)
            _choose_order(view)
        _choose_columns(view, chosen.section)
        if chosen.is_narrow and st.button("Clear all filters", icon=":material/filter_alt_off:", key=f"{key}-clear"):
            session.set_filter(LeadFilter())
            st.rerun()
    return chosen


def _value_columns(view: BatchView) -> list[str]:
    columns = [view.column(role) for role in (Role.SOURCE, Role.MEDIUM, Role.PLATFORM)]
    columns += [name if name in view.table.columns else None for name in (CITY_TIER, OWNER)]
    return [column for column in columns if column is not None]


def _choose_values(view: BatchView, chosen: LeadFilter, column: str, key: str) -> LeadFilter:
    counts = {value if value is not None else BLANK: n for value, n in view.table.values_of(column)}
    known = [value for value in chosen.values.get(column, ()) if value in counts]
    picked = st.multiselect(
        plain(name_dimension(column, view.schema)),
        list(counts),
        format_func=partial(_with_count, counts),
        key=session.bind(f"{key}-{column}", known),
        width=212,
    )
    if column in _chip_columns(view) and set(picked) == set(session.get_filter().values.get(column, ())):
        return chosen  # unchanged here: the chips may have changed
    return _with_values(chosen, column, tuple(picked))


def _with_count(counts: dict[str, int], value: str) -> str:
    return f"{value} ({counts[value]:,})"


def _choose_dates(view: BatchView, chosen: LeadFilter, key: str):  # type: ignore[no-untyped-def]
    first, last = view.table.period()
    if first is None or last is None:
        return None, None
    day = first.date(), last.date()
    within = (
        max(day[0], min(chosen.created_from or day[0], day[1])),
        min(day[1], max(chosen.created_to or day[1], day[0])),
    )
    picked = st.date_input(
        "Created", min_value=day[0], max_value=day[1], key=session.bind(f"{key}-dates", within), width=212
    )
    if not isinstance(picked, tuple) or len(picked) != 2 or tuple(picked) == day:
        return None, None
    return picked


def _sortable(view: BatchView) -> dict[str, str]:
    """Return what a list can be sorted by: human name -> column."""
    return {"Score": "ls_propensity"} | {n: c for n, c in view.choices().items() if c in view.table.columns}


def _choose_order(view: BatchView) -> None:
    names = [_NO_SORT, *_sortable(view)]
    sorted_by, highest_first = list_state.get_sort()
    present = sorted_by if sorted_by in names else _NO_SORT
    by = st.selectbox("Sort by", names, key=session.bind(f"sort-{view.batch.id}-{present}", present), width=220)
    down = highest_first
    if by != _NO_SORT:
        down = st.toggle("Highest first", key=session.bind(f"down-{view.batch.id}-{highest_first}", highest_first))
    if (by, down) != (present, highest_first):
        list_state.set_sort("" if by == _NO_SORT else by, down)
        st.rerun()


def _choose_columns(view: BatchView, section: ListSection) -> None:
    offered = _offered_columns(view, section)
    present = _columns(view, section)
    key = f"columns-{view.batch.id}-{section}"
    picked = st.multiselect("Columns shown", offered, key=session.bind(key, present))
    if picked != present:
        list_state.set_columns(tuple(picked))
        st.rerun()


def _offered_columns(view: BatchView, section: ListSection) -> list[str]:
    return [JUNK, *view.choices()] if section == "quarantine" else list(view.choices())


def _columns(view: BatchView, section: ListSection) -> list[str]:
    columns = list_state.get_columns()
    if columns is None:
        return view.list_columns(section == "quarantine")
    offered = _offered_columns(view, section)
    return [name for name in columns if name in offered]


def layout_of(view: BatchView, section: ListSection) -> Layout:
    """Return the columns, the order and the calls a day that a person chose for lists."""
    by, highest_first = list_state.get_sort()
    column = _sortable(view).get(by)
    sort = Sort() if column is None else Sort(column, highest_first)
    return Layout(_columns(view, section), sort, session.get_capacity())


def _say_more(view: BatchView, chosen: LeadFilter) -> None:
    """Say what the list is narrowed to by a link from another page."""
    rows = [
        f"{name_dimension(d, view.schema).lower()} {', '.join(show_value(d, v, view.schema) for v in wanted)}"
        for d, wanted in chosen.values.items()
        if d not in _value_columns(view) and _is_there(view, d)
    ]
    if rows:
        st.caption(f"Also narrowed to {plain(', '.join(rows))}. Clear all filters under More.")
