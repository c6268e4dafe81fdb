"""One lead on the screen: its score, what speaks for and against it, its history, and what people say of it."""

import pandas as pd
import streamlit as st

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import current_person
from leadscore_core.batches.known_people import lead_keys
from leadscore_core.batches.lead_profile import LeadProfile, describe_lead, waterfall
from leadscore_core.batches.list_news import describe_move
from leadscore_core.batches.queue import CallQueue
from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.inference.grades import GRADES
from leadscore_core.inference.reasons import Reason, human_name
from leadscore_core.percent import signed
from leadscore_core.plots.lead import plot_history, plot_waterfall
from leadscore_core.storage.database.contact_states import STATES
from leadscore_core.storage.database.contacts import ContactStore, Result
from leadscore_core.storage.database.decisions import RESTORED_DAYS, VERDICTS, DecisionStore
from leadscore_core.storage.leads.pseudonyms import PSEUDONYM
from pages.shared import address, session
from pages.shared.components import get_named_model, render_chart
from pages.shared.contact_log import render_attempts, render_results
from pages.shared.controls import plain_error
from pages.shared.lead_list import link_of
from pages.shared.moments import say_day
from pages.shared.person import ask_inline, is_signed
from pages.shared.sidebar import plain

TREND_ICONS = {"Improving": ":material/trending_up:", "Declining": ":material/trending_down:"}
CAUSES = {"model": "The model changed", "time": "Time passed", "data": "{} changed"}
OVERRIDE_DAYS = 14
_FIGURE = 142  # two side by side on a phone
WHO = ("ls_name", "ls_id", "ls_email", PSEUDONYM)


def open_card(view: BatchView) -> None:
    """Show the lead that is looked at, if any; one that an address names and that is not there is let go."""
    row = session.get_lead()
    if row is None:
        return
    if address.is_fresh() and view.table.by_row(row).empty:
        address.doubt()
        session.set_lead(None)
        return
    try:
        profile = describe_lead(view, row, get_named_model)
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
        session.close_lead()
        return
    lead = profile.lead
    who = next((str(lead[k]) for k in WHO if k in lead and pd.notna(lead[k])), None)
    title = plain(who or "") or f"Row {int(profile.file_row):,}"
    st.dialog(title, width="large", on_dismiss=session.close_lead)(_render_card)(view, profile)


def _render_card(view: BatchView, profile: LeadProfile) -> None:
    """Show everything there is to say about a lead, over the list."""
    _render_ways(profile.lead)
    _render_standing(view, profile)
    if current_person().may(Action.CALL):
        _render_contacts(view, profile)
    if view.model is not None and profile.base is not None:
        _render_reasons(view, profile)
    _render_history(view, profile)
    with st.expander("All columns of this lead", icon=":material/table_rows:"):
        filled = profile.own[profile.own["Value"] != ""]
        st.dataframe(filled, hide_index=True, height="content", placeholder="", alt="Columns of this lead")
    _render_decisions(view, profile)


def _render_ways(lead: pd.Series) -> None:
    """Show how the lead is reached, as links."""
    found = [(lead.get("ls_phone"), "tel", ":material/call:"), (lead.get("ls_email"), "mail", ":material/mail:")]
    with st.container(horizontal=True):
        for text, kind, icon in found:
            if pd.notna(text) and (address_of := link_of(str(text).strip(), kind)):
                st.link_button(plain(str(text).strip()), address_of, icon=icon, type="tertiary")


def _render_standing(view: BatchView, profile: LeadProfile) -> None:
    lead = profile.lead
    with st.container(horizontal=True):
        st.metric("Score", int(lead["ls_score"]), border=True, width=_FIGURE)
        st.metric("Model's grade", str(lead["ls_model_grade"]), border=True, width=_FIGURE)
        st.metric(f"Rank of {view.table.rows:,}", f"{int(lead['ls_rank']):,}", border=True, width=_FIGURE)
        share = max(0.01, int(lead["ls_rank"]) / view.table.rows)
        st.metric("Among the best", f"{share:.0%}", border=True, width=_FIGURE)
        if len(profile.history) > 1:
            st.metric("Course", profile.trend, border=True, width=180)
    if pd.notna(lead.get("ls_score_before")):
        moved = describe_move(int(lead["ls_score"]), int(lead["ls_score_before"]), lead["ls_seen_at"])
        st.caption(moved or "Its score is as it was on the list before.")
    elif len(profile.history) < 2:
        st.caption("Not enough history to say how it develops: it was seen on no earlier list.")
    if profile.override is not None:
        o = profile.override
        note = f" {plain(o.note)}" if o.note else ""
        st.info(
            f"{plain(o.author) or 'Somebody'} set the grade to {o.grade} until {say_day(o.expires_at)}. The score "
            f"is the model's, untouched.{note}",
            icon=":material/front_hand:",
        )
    repeat = lead.get("ls_repeat", "")
    if not profile.junk and isinstance(repeat, str) and repeat:
        st.caption(f"Duplicate, called like any other: {plain(repeat)}.")
    if profile.junk:
        st.warning(f"Put aside. {plain(profile.junk)}.", icon=":material/inventory_2:")
    elif profile.restored is not None:
        r = profile.restored
        note = f" {plain(r.note)}" if r.note else ""
        until = f" On other lists until {say_day(r.expires_at)}." if r.person is not None and r.expires_at else ""
        st.info(f"Restored by {plain(r.by) or 'somebody'} on {say_day(r.at)}.{until}{note}", icon=":material/undo:")


def _render_contacts(view: BatchView, profile: LeadProfile) -> None:
    """Show what came of calls, and keep what came of another."""
    settings, lead = load_settings(), profile.lead
    attempts = [] if pd.isna(lead["ls_person"]) else ContactStore(settings).history([int(lead["ls_person"])])
    state = STATES[str(lead["ls_state"])]
    n = len(attempts)
    with st.expander(f"{state}: {n:,} contact attempt{'s' * (n != 1)}", icon=":material/call:"):
        by = ask_inline("contact")

        def keep(result: Result) -> None:
            if is_signed(by):
                CallQueue(view, settings).record(int(lead["ls_row"]), result, caller=by)
                _finish("Kept.")

        render_results(view, f"card-{view.batch.id}-{int(lead['ls_row'])}-{n}", keep)
        render_attempts(view, attempts, settings)


def _render_reasons(view: BatchView, profile: LeadProfile) -> None:
    assert view.model is not None  # noqa: S101  # for the type checker
    assert profile.base is not None  # noqa: S101  # for the type checker
    assert profile.base_margin is not None  # noqa: S101  # for the type checker
    left, right = st.columns(2)
    with left:
        log_odds = st.toggle("In log-odds", key="waterfall-log-odds", help="For data scientists")
        contributions = waterfall(profile, view.model)
        score = int(profile.lead["ls_score"])
        figure = plot_waterfall(
            contributions,
            profile.base_margin if log_odds else profile.base,
            f"From the model's starting point of {100 * profile.base:.0f} to {score} for this lead",
            view.schema.outcome,
            log_odds=log_odds,
        )
        render_chart(figure)
    with right:
        st.markdown("**What speaks for it**")
        _list_reasons(profile.for_it, "Nothing that the model knows speaks for this lead.")
        st.markdown("**What speaks against it**")
        _list_reasons(profile.against_it, "Nothing that the model knows speaks against this lead.")


def _list_reasons(reasons: list[Reason], none: str) -> None:
    if not reasons:
        st.caption(none)
    for reason in reasons:
        st.text(reason.text)


def _render_history(view: BatchView, profile: LeadProfile) -> None:
    if len(profile.history) < 2:
        return
    before = profile.history[-2]
    total = profile.history[-1].propensity - before.propensity
    with st.expander(
        f"Why did it change? {profile.trend}: {100 * before.propensity:.0f} before, {profile.lead['ls_score']} now",
        icon=TREND_ICONS.get(profile.trend, ":material/trending_flat:"),
    ):
        figure = plot_history(
            [a.scored_at for a in profile.history],
            [a.propensity for a in profile.history],
            [a.batch_name for a in profile.history],
        )
        render_chart(figure)
        if profile.change is None:
            st.caption("The model of then is gone or read other columns, so the causes cannot be told apart.")
            return
        if profile.change.empty:
            st.caption("Neither the lead's data nor the model changed.")
            return
        words = [
            CAUSES[cause].format(human_name(column, view.schema))
            for cause, column in zip(profile.change["cause"], profile.change["column"], strict=True)
        ]
        table = pd.DataFrame(
            {
                "What": [*words, "In all"],
                "Points": [signed(points, 1) for points in (*(100 * profile.change["points"]), 100 * total)],
            }
        )
        config = {"Points": st.column_config.TextColumn(help="Of the score, 0 to 100")}
        st.dataframe(
            table, column_config=config, hide_index=True, height="content", placeholder="", alt="Causes of the change"
        )


def _render_decisions(view: BatchView, profile: LeadProfile) -> None:
    decisions, row = DecisionStore(load_settings()), int(profile.lead["ls_row"])
    try:
        may_restore = current_person().may(Action.RESTORE)
        if profile.junk and may_restore:
            with st.form("restore-lead", border=False):
                note = st.text_input("Why should it be called?", max_chars=300)
                days = st.number_input("For how many days on other lists", 1, 365, RESTORED_DAYS)
                by = ask_inline("restore")
                if st.form_submit_button("Restore this lead", icon=":material/undo:") and is_signed(by):
                    leads = lead_keys(view.batch, view.table, [row])
                    decisions.restore(view.batch, [row], note=note, by=by, days=int(days), leads=leads)
                    _finish("Restored. It stays so when the list is scored again, and on other lists until it expires.")
        elif (
            profile.restored is not None
            and may_restore
            and st.button("Put it aside again", icon=":material/inventory_2:")
        ):
            person = profile.restored.person
            decisions.unrestore(view.batch, [row], [] if person is None else [person])
            _finish("The rules decide about it again.")
        if current_person().may(Action.REVIEW):
            with st.expander("This score looks wrong", icon=":material/flag:"):
                _render_feedback(view, profile, decisions, row)
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")


def _render_feedback(view: BatchView, profile: LeadProfile, decisions: DecisionStore, row: int) -> None:
    left, right = st.columns(2)
    with left, st.form("feedback", border=False, clear_on_submit=True):
        verdict = st.radio("What is wrong?", list(VERDICTS), format_func=VERDICTS.get)
        note = st.text_area("Note", max_chars=1_000)
        by = ask_inline("feedback")
        if st.form_submit_button("Put on the review list", icon=":material/flag:") and is_signed(by):
            decisions.give_feedback(
                view.batch,
                row,
                verdict,
                note=note,
                author=by,
                propensity=float(profile.lead["ls_propensity"]),
                model_id=view.batch.scoring.model_id,
            )
            _finish("On the review list.")
    if not current_person().may(Action.OVERRIDE):
        return
    with right:
        with st.form("override", border=False, clear_on_submit=True):
            grade = st.selectbox("Set the grade to", GRADES)
            days = st.number_input("For how many days", 1, 365, OVERRIDE_DAYS)
            why = st.text_input("Why", max_chars=300)
            by = ask_inline("override")
            if st.form_submit_button("Set the grade", icon=":material/front_hand:") and is_signed(by):
                (lead,) = lead_keys(view.batch, view.table, [row])
                decisions.set_override(view.batch, row, grade, days=int(days), note=why, author=by, lead=lead)
                _finish(f"Set to {grade}. The model's score is untouched.")
        if profile.override is not None and st.button("Let the model's grade stand again", icon=":material/undo:"):
            person = profile.lead["ls_person"]
            decisions.end_override(view.batch, row, None if pd.isna(person) else int(person))
            _finish("The model's grade stands again.")


def _finish(message: str) -> None:
    session.tell(message)
    st.rerun()
