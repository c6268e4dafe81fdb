"""Sources on the screen: composition and residual effect, segments, weeks and the flow of leads."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import current_person
from leadscore_core.analytics.charts import show_flow, show_gap, show_group_trend, show_trend
from leadscore_core.analytics.dimension_names import TIMES, narrow_to, segment_values
from leadscore_core.analytics.sentences.expectations import EXPECTATIONS
from leadscore_core.analytics.sentences.gaps import GAPS
from leadscore_core.analytics.sources import (
    Scope,
    SourceView,
    explain_gaps,
    find_far_segments,
    gap_factors,
)
from leadscore_core.analytics.trends import trend_groups
from leadscore_core.analytics.wording_gaps import describe_factors, describe_gap, describe_verdict, present_without
from leadscore_core.analytics.wording_segments import (
    describe_overlap,
    describe_segment,
    describe_union,
    present_segments,
)
from leadscore_core.analytics.wording_trends import describe_change
from leadscore_core.percent import signed
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.leads.filters import LeadFilter
from pages.shared import session
from pages.shared.batch_picker import get_view
from pages.shared.charts import render_evidence, render_frame
from pages.shared.sidebar import plain
from pages.sources import state as source_state
from pages.sources.rates import scope_key

MOST_LISTED = 5
_LEAST_ADDED = 0.02  # of what all groups lack or bring together; those that add less stand in the table


def render_gaps(view: SourceView, scope: Scope, batches: list[Batch]) -> None:
    """Split each group's gap to the average into the composition of its leads and a residual effect."""
    if not scope.is_known:
        st.info(GAPS["expected"](past=view.words.past), icon=":material/hourglass_empty:")
        return
    factors = _choose_factors(view, scope)
    scope = replace(scope, factors=factors)
    source_state.set_factors(scope.by, factors)
    split = session.remembered(
        ("gaps", *scope_key(view, batches, scope)),
        lambda: explain_gaps(view, scope.by, scope.chosen, scope.counted, factors),
    )
    human = view.dimensions[scope.by].lower()
    st.caption(plain(describe_factors(view, scope.by, factors)))
    if split.table["residual"].isna().all():
        st.info(
            f"Nothing can be told apart: there is one {plain(human)} only, or everybody or nobody {view.words.past}, "
            "or no two bring comparable leads.",
            icon=":material/info:",
        )
        return
    order = split.table.sort_values("n", ascending=False, kind="stable")
    names = [view.shown(scope.by, group) for group in order["group"]]
    weight = (order["gap"].abs() * order["n"]).where(order["residual"].notna(), -1.0).to_numpy()
    name = st.selectbox(
        plain(view.dimensions[scope.by]), names, index=int(weight.argmax()),
        key=f"gaps-{scope.by}-{source_state.source_round()}", width=320,
    )  # fmt: skip
    place = int(order.index[names.index(str(name))])
    st.markdown(f"## {plain(describe_gap(str(name), split.table.iloc[place], split.average, view.words))}")
    verdict = describe_verdict(view, scope.by, split, place)
    if verdict:
        st.markdown(f"**{plain(verdict)}**")
    shown = show_gap(view, scope, split, place)
    if shown.figure is not None:
        render_evidence(shown, key=f"gap-{place}", table=shown.table)
    if factors and not split.without.iloc[place].isna().all():
        st.markdown("**How the residual effect moves when a factor is left out**")
        moved = present_without(view, split, place)
        points = moved.select_dtypes("number").columns
        st.table(
            moved.assign(**{name: moved[name].map(lambda value: signed(value, 1)) for name in points}).set_index(
                "Left out"
            )
        )
    st.markdown(f"**All groups: {len(shown.table):,}**")
    render_frame(shown.table, alt="Gaps and their parts")
    st.caption(
        "Points of the rate. Intervals are from a bootstrap of 200 draws; verdicts are corrected for their number. "
        "Comparable: the share of its leads for which others have at least 20 leads that are alike in the factors "
        "chosen. A verdict takes 80%, and a residual effect whose sign no single factor decides."
    )


def _choose_factors(view: SourceView, scope: Scope) -> tuple[str, ...]:
    """Let a person choose what the leads of groups are compared by."""
    offered = [d for d in view.dimensions if d != scope.by]
    factors = source_state.get_factors(scope.by)
    default = [d for d in (gap_factors(view, scope.by) if factors is None else factors) if d in offered]
    chosen = st.multiselect(
        "Compared by", offered, default, format_func=view.dimensions.__getitem__,
        key=f"source-factors-{scope.by}-{source_state.source_round()}",
        help="What leads bring with them. Leave out what the source itself chooses, such as its platform",
    )  # fmt: skip
    return tuple(chosen)


def render_segments(view: SourceView, scope: Scope, batches: list[Batch]) -> None:
    """Show where targeting is off: segments far below the average, and far above it."""
    below, above = session.remembered(
        ("targets", *scope_key(view, batches, scope)), lambda: find_far_segments(view, scope.chosen, scope.counted)
    )
    total = float(view.table.totals(scope.chosen)["leads"])
    is_known, plural = scope.is_known, view.words.plural
    few, better = f"few {plural}", "what works already"
    if not is_known:
        few, better = f"few {plural} expected", "where most is expected"
    for title, found, nothing in (
        (f"Below the average: many leads, {few}", below, "No group of 50 leads or more is far below the average."),
        (f"Above the average: {better}", above, "No group is far above the average."),
    ):
        st.subheader(title, anchor=False)
        if found.empty:
            st.info(nothing, icon=":material/check_circle:")
            continue
        union = describe_union(found, total, view.words, scope.counted)
        if union:
            st.markdown(f"**{plain(union)}**")
        worth = (found["adds"] * found["difference"].map(np.sign)) >= _LEAST_ADDED * abs(found["adds"].sum())
        for place in found.index[worth][:MOST_LISTED].tolist():
            _render_target(view, found, place, scope, batches, f"{title[:5].lower()}-{place}")
        with st.expander(f"All {len(found)} as a table", icon=":material/table_rows:"):
            render_frame(present_segments(found, view.words, scope.counted), alt=title)
    st.caption(
        "Groups of one column or two, at least 50 leads, whose whole interval is a fifth away from the average; "
        "corrected for the many groups that were looked at. In the order of what each adds beyond the ones above."
        if is_known
        else "Groups of one column or two, at least 50 leads, of which a fifth less or more than at the average is "
        "expected. Nothing has been counted yet."
    )


def _render_target(
    view: SourceView, found: pd.DataFrame, place: int, scope: Scope, batches: list[Batch], key: str
) -> None:
    row, overlap = found.iloc[place], describe_overlap(found, place)
    total = float(view.table.totals(scope.chosen)["leads"])
    text = describe_segment(row, total, view.words) + (f". {overlap}" if overlap else "")
    (pairs,) = segment_values(found.iloc[[place]])
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(str(row['name']))}**: {plain(text)}.", width="stretch")
        with st.container(horizontal=True, width="content"):
            _render_links(pairs, scope, batches, key)


def _render_links(pairs: dict[str, str | None], scope: Scope, batches: list[Batch], key: str) -> None:
    if st.button("Only these leads", key=f"filter-{key}", icon=":material/filter_alt:"):
        source_state.set_source_filter(narrow_to(scope.chosen, pairs))
        st.rerun()
    if current_person().may(Action.SEE_LEADS) and st.button(
        "See its leads", key=f"leads-{key}", icon=":material/call:", help="Open the Leads page on them"
    ):
        _go_to_leads(narrow_to(scope.chosen, pairs), max(batches, key=lambda b: b.rows), len(batches))


def _go_to_leads(chosen: LeadFilter, batch: Batch, lists: int) -> None:
    """Open the Leads page on these leads, where most of them are, and say where the others are."""
    table = get_view(batch).table
    calls, aside = (table.count(replace(chosen, section=section)) for section in ("calls", "quarantine"))
    session.set_batch(batch.id)
    session.set_filter(replace(chosen, section="calls"))
    session.set_section("Call list" if calls >= aside else "Quarantine")
    of_list = f" of {batch.name}, the largest of {lists} lists" if lists > 1 else ""
    session.tell(f"{calls:,} of these leads{of_list} are to call, {aside:,} are in quarantine.")
    st.switch_page("pages/leads/page.py")


def render_course(view: SourceView, scope: Scope) -> None:
    """Show how the rate of each group went, rates week by week, and how leads pass from group to grade to outcome."""
    trend = trend_groups(view, scope.by, scope.chosen, scope.counted)
    if trend is not None:
        st.markdown(f"## {plain(describe_change(view, scope, trend))}")
    if trend is not None or scope.by in TIMES:
        render_evidence(show_group_trend(view, scope), key=f"trend-{source_state.source_round()}")
    render_evidence(show_trend(view, scope), key=f"weeks-{source_state.source_round()}")
    render_evidence(show_flow(view, scope), key=f"flow-{source_state.source_round()}")
    learned = view.table.foresight(scope.chosen)["learned"]
    if learned:
        st.caption(EXPECTATIONS["grades"](n=f"{learned:,}"))
