"""The junk filter on the screen: the trade-off of discarding, contact rules, the learning sample."""

import pandas as pd
import streamlit as st

from leadscore_core.batches.junk_cuts import CutChange, foresee_cut
from leadscore_core.batches.planning import TradeOff, trade_off, with_junk_cut
from leadscore_core.batches.view import BatchView
from leadscore_core.config import CONTACT_RULES, GradeRule, JunkRules, load_settings
from leadscore_core.inference.grades import JUNK_WORDS
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import percent, say_leads, signed
from leadscore_core.plots.planning import plot_tradeoff
from leadscore_core.storage.database.preferences import Version, grade_preference, junk_preference
from pages.leads.grades import go_back, look_at, render_history, save
from pages.shared import session
from pages.shared.components import render_chart

PRESETS = {"1%": 0.01, "2%": 0.02, "5%": 0.05}
MOST_REMOVED = 80


def render_junk(view: BatchView, model: LeadModel) -> None:
    """Let a person choose how many leads to put aside, seeing what that loses, and which contact rules count."""
    _render_trade_off(view, model)
    st.divider()
    _render_rules(view, model)


def _render_trade_off(view: BatchView, model: LeadModel) -> None:
    st.header("Put aside by low propensity", anchor=False)
    key = ("trade-off", view.batch.id, view.batch.scoring.number, view.standing.grades.by)
    trade: TradeOff = session.remembered(key, lambda: trade_off(view))
    preference = grade_preference(load_settings(), view.schema)
    current: Version[GradeRule] = look_at(preference)
    junk_now = view.table.grade_share("Junk")
    preset = st.segmented_control(
        "Lose at most", list(PRESETS), key=f"junk-preset-{view.batch.id}", help=f"Of {view.schema.outcome.plural}"
    )
    start = trade.preset(PRESETS[preset]) if preset else junk_now
    chosen = st.slider(
        "Leads to put aside", 0.0, float(MOST_REMOVED), min(float(MOST_REMOVED), round(100 * start, 1)), step=0.5,
        format="%.1f%%", key=f"junk-share-{view.batch.id}-{preset}-{current.version}",
    )  # fmt: skip
    removed = chosen / 100
    rule = with_junk_cut(current.value, trade, removed)
    leads = trade.below(trade.cut(removed)) if rule.by == "propensity" else int(removed * view.table.rows + 1e-9)
    used, as_now = view.standing.junk.by_propensity, round(junk_now * view.table.rows)
    in_force = rule == current.value or (preset is None and leads == as_now)
    words = view.schema.outcome
    if preset and not start:
        st.caption(
            f"No cut-off is sure to lose less than {preset}: the {trade.completed:,} known {words.plural} are too few "
            "to tell, or too many of them had a low propensity. The slider says what any other would lose."
        )
    st.markdown(_say_loss(trade, removed, leads, words, rule.by == "propensity"))
    if trade.observed is None:
        st.caption(
            "Too few leads with a known outcome are kept with this model to say what was lost before. Train it on more."
        )
    lost = trade.promised(removed)[0].value
    title = f"Without the lowest {removed:.0%} of leads, {lost:.1%} of {words.plural} are lost"
    render_chart(plot_tradeoff(trade.observed, trade.expected, removed, title, words))
    if in_force:
        st.caption("This is in force, for every list, later ones too.")
    else:
        _say_lists(view, current.value, rule, trade, removed)
    if not used:
        st.caption("Low propensity is switched off below, so it puts nobody aside.")
    with st.container(horizontal=True):
        if st.button(
            f"Put aside {say_leads(leads)}",
            type="primary",
            icon=":material/inventory_2:",
            disabled=not used or in_force,
        ):
            said = f"{say_leads(leads)} {'is' if leads == 1 else 'are'} put aside. Undo brings them back."
            save(preference, rule, current, model, said)
        undo = st.button("Undo", icon=":material/undo:", disabled=current.version == 0, key="undo-cut")
    if undo:
        go_back(preference, current)


def _say_loss(trade: TradeOff, removed: float, leads: int, words: OutcomeWords, at_cut: bool) -> str:
    """Say the worse of what known leads lost and what is expected of this list, then the other."""
    seen, own = trade.lost(removed)
    worse, by_known = trade.promised(removed)
    cut = trade.cut(removed)
    what = f"{say_leads(leads)}, those below a propensity of {percent(cut, cut, 1)}" if at_cut else say_leads(leads)
    known, expected = f"judged on {trade.judged_on}", "expected of this list by its own propensities"
    text = (
        f"Putting aside the lowest **{removed:.1%}** ({what}) would lose about **{worse.value:.1%} of {words.plural}** "
        f"(95% interval {worse.low:.1%} to {worse.high:.1%}), {known if by_known else expected}"
    )
    if by_known:
        return f"{text}; {expected} {own.value:.1%} ({own.low:.1%} to {own.high:.1%})."
    if seen is None:
        return f"{text}."
    return f"{text}; {known} {seen.value:.1%} ({seen.low:.1%} to {seen.high:.1%})."


def _say_lists(view: BatchView, before: GradeRule, rule: GradeRule, trade: TradeOff, removed: float) -> None:
    """Say that what is saved holds for every list, and what it changes in each."""
    cut, what, expect = trade.cut(removed), f"the lowest {removed:.1%} of each are Junk", ""
    if rule.by == "propensity":
        what = f"Junk is what is below a propensity of {percent(cut, cut, 1)}"
        elsewhere = trade.removed_elsewhere(cut)
        if elsewhere is not None:
            expect = (
                f" Of the leads with a known outcome that is {elsewhere.value:.0%} ({elsewhere.low:.0%} to "
                f"{elsewhere.high:.0%}); expect that of the next list."
            )
    key = ("cut-changes", view.batch.scoring.number, view.schema.name, str(before), str(rule))
    changes: list[CutChange] = session.remembered(key, lambda: foresee_cut(view.schema.name, before, rule))
    st.caption(f"Saved, it holds for every list, later ones too: {what}.{expect}")
    table = pd.DataFrame(
        {
            "List": [change.name for change in changes],
            "Leads": [change.leads for change in changes],
            "Junk now": [change.before for change in changes],
            "Junk then": [change.after for change in changes],
            "Change": [signed(change.after - change.before) for change in changes],
        }
    )
    numbers = {name: st.column_config.NumberColumn(format="localized") for name in ("Leads", "Junk now", "Junk then")}
    st.dataframe(
        table, column_config=numbers, hide_index=True, height="content" if len(table) <= 5 else 215,
        placeholder="", alt="What the cut-off changes in every kept list",
    )  # fmt: skip


def _render_rules(view: BatchView, model: LeadModel) -> None:
    st.header("Put aside by contact quality", anchor=False)
    outcome = view.schema.outcome
    preference = junk_preference(load_settings())
    current = look_at(preference)
    counts = view.table.rule_counts()
    if not counts:
        st.caption("This list has no name, e-mail or phone, so no contact rule applies to it.")
    with st.form("junk-rules", border=False):
        wanted = []
        for rule in CONTACT_RULES:
            applies = f"{say_leads(counts[rule])}" if rule in counts else "does not apply to this list"
            if st.toggle(
                f"{JUNK_WORDS[rule]}: {applies}", value=rule in current.value.contact,
                key=f"rule-{rule}-{current.version}",
            ):  # fmt: skip
                wanted.append(rule)
        by_propensity = st.toggle(
            "Low propensity (grade Junk)", value=current.value.by_propensity, key=f"rule-low-{current.version}"
        )
        sample = st.number_input(
            "Learning sample: percent of junk that stays in the call list",
            0.0, 50.0, float(current.value.learning_percent), step=1.0, format="%.0f",
            key=f"learning-{current.version}", width=420,
            help="Drawn at random and mixed into the calls, unmarked for the caller.",
        )  # fmt: skip
        st.caption(
            f"Nobody knows whether junk that is never called would have {outcome.past}. A few calls to junk, drawn at "
            "random, stand for all of it: they keep the next model's figures and this filter honest. 5% is enough; off "
            "at 0."
        )
        rules = JunkRules(by_propensity=by_propensity, contact=tuple(wanted), learning_percent=sample)
        done = st.form_submit_button("Save these rules", icon=":material/save:")
    if done and rules != current.value:
        save(preference, rules, current, model, "Rules saved.")
    if st.button("Undo the last change of rules", icon=":material/undo:", disabled=current.version == 0):
        go_back(preference, current)
    render_history(preference, _describe)


def _describe(rules: JunkRules) -> str:
    on = [JUNK_WORDS[rule] for rule in rules.contact]
    if rules.by_propensity:
        on.insert(0, "Low propensity")
    sample = f"; {rules.learning_percent:g}% of junk in the call list" if rules.learning_percent else ""
    return (", ".join(on) or "Nothing is put aside") + sample
