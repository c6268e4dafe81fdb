"""Drivers on the screen: importance, single leads, one column, two columns, a group beside all."""

from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from leadscore_core.analytics.statistics.effects import (
    EXACT_ROWS,
    Effects,
    cross,
    depend,
    measure_effects,
    rank_importance,
    swarm,
)
from leadscore_core.batches.planning import ALL
from leadscore_core.batches.view import BatchView
from leadscore_core.data.schema.schema import Role
from leadscore_core.inference.reasons import human_name
from leadscore_core.percent import percent, rate_decimals
from leadscore_core.plots.drivers import plot_beeswarm, plot_dependence, plot_importance, plot_interaction
from leadscore_core.storage.leads.filters import BLANK, LeadFilter
from pages.shared import session
from pages.shared.components import render_chart
from pages.shared.sidebar import plain

MOST_COLUMNS = 8
EVERYBODY = "All leads"


def choose_group(view: BatchView) -> LeadFilter:
    """Let a person choose one source, medium, platform or month to look at beside all leads."""
    offered = [
        (human_name(c, view.schema), c)
        for role in (Role.SOURCE, Role.MEDIUM, Role.PLATFORM)
        if (c := view.column(role))
    ]
    stamp = view.column(Role.TIMESTAMP) if view.table.period()[0] is not None else None
    names = [EVERYBODY, *(human for human, _ in offered), *(["Month"] if stamp else [])]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("Look at", names, key=f"group-by-{view.batch.id}", width=220)
        if by == EVERYBODY:
            return ALL
        if by == "Month":
            found = view.table.group([str(stamp)], ALL)[str(stamp)]
            months = [*found.dropna().sort_values().tolist(), *([BLANK] if found.isna().any() else [])]
            month = st.selectbox("Month", months, key=f"group-month-{view.batch.id}", width=220)
            return replace(ALL, values={"ls_month": (str(month),)})
        column = dict(offered)[by]
        counts = {value if value is not None else BLANK: n for value, n in view.table.values_of(column)}
        value = st.selectbox(
            by,
            list(counts),
            format_func=lambda v: f"{v} ({counts[v]:,} leads)",
            key=f"group-{column}-{view.batch.id}",
            width=260,
        )
        return replace(ALL, values={column: (str(value),)})


def group_key(view: BatchView, group: LeadFilter) -> tuple[object, ...]:
    """Return what a result about a group of these leads can be remembered by."""
    return (view.batch.id, view.batch.scoring.number, str(group))


def sample_effects(view: BatchView, group: LeadFilter) -> tuple[Effects, Effects | None]:
    """Return what each column adds to the scores of a group, and of all leads to compare; say what was sampled."""
    chosen = _effects(view, group)
    total = view.table.count(group)
    assert view.model is not None  # noqa: S101  # for the type checker
    how = "Computed exactly" if view.model.metadata.has_exact_reasons else "Estimated"
    if total > EXACT_ROWS:
        st.caption(f"{how} for {EXACT_ROWS:,} leads drawn at random from {total:,}; more would take long.")
    else:
        st.caption(f"{how} for all {total:,} leads.")
    return chosen, None if group == ALL else _effects(view, ALL)


def _effects(view: BatchView, group: LeadFilter) -> Effects:
    assert view.model is not None  # noqa: S101  # for the type checker
    model = view.model

    def measure() -> Effects:
        with st.spinner("Computing what moves the scores", show_time=True):
            return measure_effects(view.cleaned(view.table.sample(group, EXACT_ROWS)), model)

    return session.remembered(("effects", *group_key(view, group)), measure)


def render_importance(view: BatchView, effects: Effects, everyone: Effects | None, *, log_odds: bool) -> None:
    """Say which columns move scores most, and draw them all."""
    ranked = rank_importance(effects, log_odds=log_odds)
    ranked["human"] = [human_name(c, view.schema) for c in ranked["column"]]
    first = ranked.iloc[0]
    humans, shares = ranked["human"].tolist(), ranked["share"].tolist()
    second = f", then {plain(humans[1].lower())} ({shares[1]:.0%})" if len(ranked) > 1 else ""
    whose = "all leads" if everyone is None else "this group"
    st.markdown(
        f"## {plain(first['human'])} moves the scores of {whose} most: {first['share']:.0%} of all that moves "
        f"them{second}."
    )
    assert view.model is not None  # noqa: S101  # for the type checker
    base = view.model.features.base_rate_
    digits = rate_decimals(base)
    by_points = rank_importance(effects)
    names = [human_name(c, view.schema) for c in by_points["column"].head(3)]
    moved = by_points[["raises", "up", "down"]].head(3).to_numpy().tolist()
    words = [
        f"- **{plain(human)}** raises the score of {raises:.0%} of leads, by {up:.{digits}f} points on average, and "
        f"lowers it for the others by {-down:.{digits}f}."
        for human, (raises, up, down) in zip(names, moved, strict=True)
    ]
    st.markdown("\n".join(words))
    shown = ranked[ranked["effect"] > 0].head(MOST_COLUMNS)
    if everyone is not None:
        of_all = rank_importance(everyone, log_odds=log_odds).set_index("column")["effect"]
        shown = shown.assign(effect_of_all=of_all.reindex(shown["column"]).to_numpy())
    title = f"How much each column moves the scores of {whose}"
    render_chart(plot_importance(shown, title, log_odds=log_odds, base_rate=base), key="importance")
    st.caption(
        "The effect of a column is what the score would lose without it. It says what the model goes by, not what "
        "would happen if the column were changed."
    )
    with st.expander("As a table", icon=":material/table_rows:"):
        table = pd.DataFrame(
            {
                "Column": ranked["human"],
                "Share of all effects": 100 * ranked["share"],
                "Effect": ranked["effect"],
                "Where it raises": ranked["up"],
                "Where it lowers": ranked["down"],
                "Raises for": 100 * ranked["raises"],
            }
        )
        form = "%.2f" if log_odds else f"%.{1 + digits}f"
        config = {
            name: st.column_config.NumberColumn(format=form)
            for name in ("Effect", "Where it raises", "Where it lowers")
        }
        config |= {
            name: st.column_config.NumberColumn(format="%.0f%%") for name in ("Share of all effects", "Raises for")
        }
        st.dataframe(table, column_config=config, hide_index=True, height="content", placeholder="", alt="Effects")


def render_swarm(view: BatchView, group: LeadFilter, effects: Effects, *, log_odds: bool) -> None:
    """Draw every lead as a point in each of the strongest columns."""
    assert view.model is not None  # noqa: S101  # for the type checker
    model = view.model

    def draw() -> go.Figure:
        ranked = rank_importance(effects, log_odds=log_odds)
        strongest = ranked.loc[ranked["effect"] > 0, "column"].head(MOST_COLUMNS).tolist()
        points = swarm(effects, strongest, model, log_odds=log_odds)
        points["human"] = [human_name(c, view.schema) for c in points["column"]]
        points["value"] = points["value"].replace("", "blank")
        title = "Each point is one lead: what its value in a column does to its score"
        return plot_beeswarm(points, title, log_odds=log_odds)

    render_chart(session.remembered(("swarm", log_odds, *group_key(view, group)), draw), key="swarm")
    st.caption(
        f"Green points have values whose leads {view.schema.outcome.past} often in training, orange ones rarely."
    )


def render_dependence(view: BatchView, group: LeadFilter, effects: Effects) -> None:
    """Show propensity and observed rate by the values of one column."""
    assert view.model is not None  # noqa: S101  # for the type checker
    model = view.model
    columns = list(rank_importance(effects)["column"])
    st.subheader("One column", anchor=False)
    column = st.selectbox(
        "Column", columns, format_func=lambda c: human_name(c, view.schema), key=f"depend-{view.batch.id}", width=280
    )
    table = session.remembered(
        ("depend", column, *group_key(view, group)),
        lambda: depend(effects.cleaned, model.propensity(effects.cleaned), str(column), model),
    )
    human, words, base = human_name(str(column), view.schema), view.schema.outcome, model.features.base_rate_
    best = table[table["leads"] >= 30].sort_values("propensity", ascending=False)
    title = f"Propensity of {words.chance_short} by {human.lower()}"
    if len(best):
        title += f": highest for {best['value'].iat[0]}, {percent(float(best['propensity'].to_numpy()[0]), base)}"
    ordered = not pd.api.types.is_string_dtype(effects.cleaned[column])
    figure = plot_dependence(table, base, title, words, ordered=ordered)
    render_chart(figure, key="dependence")
    shown = pd.DataFrame(
        {
            human: table["value"],
            "Leads here": table["leads"],
            "Mean propensity": 100 * table["propensity"],
            "Observed in training": [
                f"{percent(o, base)} ({percent(low, base)} to {percent(high, base)}), n = {n:,}" if n else "not seen"
                for o, low, high, n in table[["observed", "low", "high", "seen"]].itertuples(index=False)
            ],
        }
    )
    config = {
        "Leads here": st.column_config.NumberColumn(format="localized"),
        "Mean propensity": st.column_config.NumberColumn(format=f"%.{rate_decimals(base)}f%%"),
    }
    st.dataframe(shown, column_config=config, hide_index=True, height="content", placeholder="", alt=title)


def render_interaction(view: BatchView, group: LeadFilter, effects: Effects) -> None:
    """Show the propensity by two columns."""
    assert view.model is not None  # noqa: S101  # for the type checker
    model = view.model
    columns = list(rank_importance(effects)["column"])
    if len(columns) < 2:
        return
    st.subheader("Two columns together", anchor=False)
    with st.container(horizontal=True):
        first = st.selectbox(
            "Down", columns, format_func=lambda c: human_name(c, view.schema), key=f"cross-a-{view.batch.id}", width=260
        )
        others = [column for column in columns if column != first]
        second = st.selectbox(
            "Across",
            others,
            format_func=lambda c: human_name(c, view.schema),
            key=f"cross-b-{view.batch.id}",
            width=260,
        )
    names = human_name(str(first), view.schema), human_name(str(second), view.schema)

    def draw() -> go.Figure:
        mean, leads = cross(effects.cleaned, model.propensity(effects.cleaned), str(first), str(second), model)
        title = f"Mean propensity by {names[0].lower()} and {names[1].lower()}"
        return plot_interaction(mean, leads, title, names)

    render_chart(session.remembered(("cross", first, second, *group_key(view, group)), draw), key="interaction")
    st.caption("Cells of few leads say little; n stands in each.")
