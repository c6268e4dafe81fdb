"""Sources on the screen: which leads are counted, and how; the answer; rates."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import streamlit as st

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import current_person
from leadscore_core.analytics.charts import Evidence, show_bubbles, show_heatmap, show_rates
from leadscore_core.analytics.dimension_names import narrow_to
from leadscore_core.analytics.expectations import caution_expectations
from leadscore_core.analytics.sources import (
    EVERYBODY,
    Rates,
    Scope,
    SourceView,
    choose_counted,
    open_sources,
    rate_by,
)
from leadscore_core.analytics.wording import answer, definitions, describe_filter, shown_at_first
from leadscore_core.analytics.wording_trends import describe_comparison
from leadscore_core.batches.outcomes_of_calls import save_call_outcomes
from leadscore_core.batches.save import find_batch, save_batch
from leadscore_core.config import PROJECT_ROOT, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import LABELLED
from leadscore_core.errors import LeadScoreError
from leadscore_core.outcome import OutcomeWords, capital
from leadscore_core.percent import percent
from leadscore_core.registry.served import find_served, known_schema
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.leads.filters import BLANK, LeadFilter
from pages.shared import session
from pages.shared.charts import render_evidence, render_frame
from pages.shared.checks import check_soon
from pages.shared.companies import company_title
from pages.shared.components import find_model, get_model
from pages.shared.controls import plain_error
from pages.shared.moments import say_day
from pages.shared.navigation import link_to
from pages.shared.sidebar import plain
from pages.sources import state as source_state
from pages.sources.outcomes import render_outcomes

KEY_FIGURE_WIDTH = 170
NOT_CROSSED, NO_PERIOD, PERIOD_BEFORE = "Nothing", "No other period", "The days before"
_OTHER_PERIOD = "Days of your choice"


def choose_leads() -> tuple[SourceView, list[Batch]]:
    """Let a person choose lists of a company whose leads are counted; without any, offer the sample leads and stop."""
    message = session.take_message()
    if message:
        st.toast(plain(message), icon=":material/check:")
    settings = load_settings()
    try:
        batches = BatchStore(settings).list_batches()
        if not batches:
            model = find_model(session.get_company())
            _offer_sample(OutcomeWords() if model is None else model.schema.outcome)
        company = session.get_company() or batches[0].schema_name
        by_id = {batch.id: batch for batch in batches if batch.schema_name == company}
        if not by_id:
            st.info(f"No list of {plain(company_title(company))} has been scored yet.", icon=":material/info:")
            link_to("score")
            st.stop()
        model = find_model(company)
        schema = known_schema(company, settings) if model is None else model.schema
        present = [b for b in source_state.get_source_batches() if b in by_id] or [session.get_batch() or ""]
        present = [b for b in present if b in by_id] or [next(iter(by_id))]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.multiselect(
                "Lists",
                list(by_id),
                default=present,
                format_func=lambda b: f"{by_id[b].name}, {by_id[b].rows:,} leads, {say_day(by_id[b].created_at)}",
                key=f"source-lists-{'-'.join(by_id)}",
                width=560,
            )
            if current_person().may(Action.BRING_OUTCOMES):
                with st.popover("Bring outcomes", icon=":material/fact_check:"):
                    render_outcomes(schema.outcome)
        if not chosen:
            st.info("Choose a list to count its leads.", icon=":material/info:")
            st.stop()
        source_state.set_source_batches(chosen)
        looked_at = [by_id[b] for b in chosen]
        for batch in looked_at:
            save_call_outcomes(batch, schema, settings)
        return open_sources(looked_at, schema, settings=settings), looked_at
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
        st.stop()


def _offer_sample(words: OutcomeWords) -> None:
    """Say what the page will show, and offer leads whose outcome is known."""
    st.info(
        f"You will see here which sources bring {words.plural} and which bring junk. Score a list "
        "first; its outcomes, if it has them or once they come back, show what really became of its leads.",
        icon=":material/info:",
    )
    link_to("score")
    sample = PROJECT_ROOT / "sample_data" / LABELLED
    may_score = current_person().may(Action.SCORE)
    if (
        may_score
        and sample.is_file()
        and st.button("Look at the sample leads", type="primary", icon=":material/play_arrow:")
    ):
        model = get_model(find_served(sample, load_settings()))
        leads = open_list(sample, model.schema)
        with st.spinner("Scoring the sample leads", show_time=True):
            batch = find_batch(leads) or save_batch(
                leads, model, name="Sample leads with outcomes", by=session.get_name()
            )
        check_soon([batch.id])
        source_state.set_source_batches([batch.id])
        st.rerun()
    st.stop()


def choose_scope(view: SourceView) -> Scope:
    """Let a person choose what to group by, what is counted, which leads, and a period to compare with."""
    chosen = source_state.get_source_filter()
    turn = source_state.source_round()
    by = source_state.get_source_by() if source_state.get_source_by() in view.dimensions else view.default
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox(
            "Group by", list(view.dimensions), index=list(view.dimensions).index(str(by)),
            format_func=view.dimensions.__getitem__, key=f"source-by-{turn}", width=200,
        )  # fmt: skip
        source_state.set_source_by(by)
        others = [None, *(d for d in view.dimensions if d != by)]
        across = st.selectbox(
            "Crossed with", others, format_func=lambda d: view.dimensions.get(str(d), NOT_CROSSED),
            key=f"source-across-{by}", width=200,
        )  # fmt: skip
        default, ways = choose_counted(view, chosen), view.counted_words()
        counted = st.selectbox(
            "Count", list(ways), index=list(ways).index(default),
            format_func=ways.__getitem__, key=f"source-count-{default}", width=230,
        )  # fmt: skip
        with st.popover(_filter_label(view, chosen), icon=":material/filter_alt:"):
            chosen = _render_filter(view, chosen, f"source-filter-{turn}")
        with st.popover("Compare", icon=":material/compare_arrows:"):
            before = _choose_period(view, chosen)
    _render_narrowed(view, chosen)
    return Scope(by, across, counted, chosen, before, source_state.get_factors(by))


def _filter_label(view: SourceView, chosen: LeadFilter) -> str:
    used = len(describe_filter(view, chosen))
    return f"Filter ({used})" if used else "Filter"


def _render_filter(view: SourceView, active: LeadFilter, key: str) -> LeadFilter:
    values = dict(active.values)
    for dimension in view.main:
        offered = [BLANK if v is None else v for v in view.table.values(dimension, EVERYBODY, 200)]
        present = list(values.pop(dimension, ()))
        offered += [value for value in present if value not in offered]
        wanted = st.multiselect(
            plain(view.dimensions[dimension]), offered, key=session.bind(f"{key}-{dimension}", present)
        )
        if wanted:
            values[dimension] = tuple(wanted)
    first, last = _dates(view, active, key)
    chosen = replace(active, values=values, created_from=first, created_to=last)
    if chosen != active:
        source_state.save_source_filter(chosen)
    return chosen


def _dates(view: SourceView, active: LeadFilter, key: str) -> tuple[date | None, date | None]:
    first, last = view.table.period()
    if first is None or last is None:
        return None, None
    ends = first.date(), last.date()
    within = active.created_from or ends[0], active.created_to or ends[1]
    chosen = st.date_input("Created", min_value=ends[0], max_value=ends[1], key=session.bind(f"{key}-dates", within))
    if not isinstance(chosen, tuple) or len(chosen) != 2 or tuple(chosen) == ends:
        return None, None
    return chosen


def _choose_period(view: SourceView, chosen: LeadFilter) -> LeadFilter | None:
    """Let a person choose days whose rates stand beside those of the days that are looked at."""
    first, last = view.table.period()
    if first is None or last is None:
        st.caption("These leads have no date, so there is no other period.")
        return None
    how = st.radio("Compare with", [NO_PERIOD, PERIOD_BEFORE, _OTHER_PERIOD], key="source-compare")
    if how == NO_PERIOD:
        return None
    if how == _OTHER_PERIOD:
        days = st.date_input("Days", (first.date(), last.date()), first.date(), last.date(), key="source-compare-days")
        if not isinstance(days, tuple) or len(days) != 2:
            st.caption("Choose the first and the last day.")
            return None
        present = chosen.created_from or first.date(), chosen.created_to or last.date()
        shared = (min(days[1], present[1]) - max(days[0], present[0])).days + 1
        if shared > 0:
            st.caption(f"The two periods share {shared:,} days, so a change between them looks smaller than it is.")
        return replace(chosen, created_from=days[0], created_to=days[1])
    if chosen.created_from is None or chosen.created_to is None:
        st.caption("Narrow the dates under Filter first; as many days before them are compared.")
        return None
    eve = chosen.created_from - timedelta(days=1)
    return replace(chosen, created_from=eve - (chosen.created_to - chosen.created_from), created_to=eve)


def _render_narrowed(view: SourceView, chosen: LeadFilter) -> None:
    """Say which leads are looked at, and the way back to all."""
    result = describe_filter(view, chosen)
    if not result:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(" ".join(f":gray-badge[{plain(text)}]" for text in result))
        if st.button("Show all leads", type="tertiary", icon=":material/filter_alt_off:"):
            source_state.set_source_filter(EVERYBODY)
            st.rerun()


def scope_key(view: SourceView, batches: list[Batch], scope: Scope) -> tuple[object, ...]:
    """Return what a result of this scope can be remembered by."""
    known = OutcomeStore(load_settings())
    came = tuple((b.id, b.scoring.number, o.number if (o := known.current(b)) else 0) for b in batches)
    return (came, view.table.smallest, repr(view.table.tables[0].standing), str(scope))


def render_source_answer(view: SourceView, batches: list[Batch], scope: Scope) -> Rates | None:
    """Say what earns and what does not; return the rates, or None where there is nothing to count."""
    if int(view.table.totals(scope.chosen)["leads"]) == 0:
        st.info("No lead fits these filters and dates. Widen them, or show all leads.", icon=":material/search_off:")
        return None
    rates = session.remembered(
        ("rates", *scope_key(view, batches, scope)),
        lambda: rate_by(view, [scope.by], scope.chosen, scope.counted, before=scope.before),
    )
    cautions = caution_expectations(view.table, scope.chosen, made_up=view.made_up)
    if not rates.totals["n"]:
        _render_nothing(view, scope, list(cautions.values()))
        return None
    st.markdown(f"## {plain(answer(view, scope, rates))}")
    if scope.before is not None:
        st.info(plain(describe_comparison(view, scope, rates)), icon=":material/compare_arrows:")
    totals = rates.totals
    with st.container(horizontal=True):
        st.metric("Leads", f"{totals['leads']:,.0f}", border=True, width=KEY_FIGURE_WIDTH)
        st.metric("Outcome known", f"{totals['known']:,.0f}", border=True, width=KEY_FIGURE_WIDTH)
        done = f"{totals['completed']:,.0f}" if totals["known"] else "–"
        unknown = None if totals["known"] else "No outcome of these leads is known yet."
        st.metric(capital(view.words.past), done, border=True, width=KEY_FIGURE_WIDTH, help=unknown)
        expected = f"{totals['expected']:,.0f}" if totals["foreseen"] else "–"
        of = f"Of {totals['foreseen']:,.0f} leads, by models that had not seen them"
        st.metric("Expected", expected, border=True, width=KEY_FIGURE_WIDTH, help=of)
        average = percent(rates.average, rates.average, 1)
        name = "Average rate" if scope.counted == "completed" else "Average expected rate"
        st.metric(name, average, border=True, width=KEY_FIGURE_WIDTH)
    for name, caution in cautions.items():
        if name == "in_folds":
            st.caption(f":material/info: {plain(caution)}")
        else:
            st.warning(plain(caution), icon=":material/science:")
    return rates


def _render_nothing(view: SourceView, scope: Scope, cautions: list[str]) -> None:
    """Say why there is nothing to count."""
    if scope.counted == "expected":
        st.info(plain(" ".join(cautions) or "No model has scored these leads, so nothing is expected of them."))
        return
    st.info(
        f"No outcome of these leads is known yet. Count the {view.words.plural} expected, or bring outcomes.",
        icon=":material/hourglass_empty:",
    )


def render_rates(view: SourceView, batches: list[Batch], scope: Scope, rates: Rates) -> None:
    """Show rates with their intervals, volume against rate, the crossed table, and all groups."""

    def draw() -> tuple[Rates, Evidence, Evidence, Evidence]:
        crossed = scope.across is not None
        result = rate_by(view, scope.dimensions, scope.chosen, scope.counted, before=scope.before) if crossed else rates
        return result, show_rates(view, scope, result), show_bubbles(view, scope, rates), show_heatmap(view, scope)

    result, shown, bubbles, heatmap = session.remembered(("shown", *scope_key(view, batches, scope)), draw)
    turn = source_state.source_round()
    render_evidence(shown, key=f"rates-{turn}", on_click=_clicker(view, scope, shown, turn), table=shown.table)
    st.caption("Click a mark to look at its leads alone.")
    first = shown.table.columns[0]
    more = [name for name in ("Rate before", "Change", "Change from", "Change to") if name in shown.table]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"All groups: {result.groups:,}", anchor=False)
        with st.popover("Columns", icon=":material/view_column:"):
            offered = [name for name in shown.table.columns if name != first]
            default = [*shown_at_first(view.words, scope.counted), *more]
            columns = st.multiselect(
                "Columns shown", offered, default=default, key=f"source-columns-{scope.counted}-{len(more)}"
            )
    render_frame(shown.table, alt="Groups", columns=[first, *columns])
    if result.groups > len(result.table):
        st.caption(
            f"{result.groups:,} values: the {len(result.table) - 1:,} largest are told apart, the rest is one row."
        )
    with st.expander("What the numbers mean", icon=":material/help:"):
        meant = definitions(view, scope.counted)
        st.markdown("\n".join(f"- **{plain(name)}**: {plain(words)}" for name, words in meant.items()))
    if bubbles.figure is not None:
        render_evidence(bubbles, key=f"volume-{turn}", on_click=_clicker(view, scope, bubbles, turn), table=shown.table)
    render_evidence(heatmap, key=f"crossed-{turn}")


def _clicker(view: SourceView, scope: Scope, shown: Evidence, turn: int):  # type: ignore[no-untyped-def]
    return partial(_click, view, scope, shown, f"{shown.name}-{turn}")


def _click(view: SourceView, scope: Scope, shown: Evidence, key: str) -> None:
    """Look at the leads of a mark alone, grouped by the next column."""
    for name in session.clicked_marks(key, "y"):
        if name in shown.values:
            pairs = shown.values[name]
            source_state.set_source_filter(narrow_to(scope.chosen, dict(pairs)))
            source_state.set_source_by(next((d for d in view.main if d not in pairs), scope.by))
