"""Grades on the screen: thresholds or shares, what they would mean, history and undo."""

from functools import partial
from math import ceil
from typing import Any

import pandas as pd
import streamlit as st

from leadscore_core.batches.planning import preview_grades
from leadscore_core.batches.view import BatchView
from leadscore_core.config import GradeRule, load_settings
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.percent import percent, rate_decimals
from leadscore_core.plots.grades import GRADE_ICONS
from leadscore_core.storage.database.preferences import Preference, Version, grade_preference
from leadscore_core.storage.leads.standing import cumulated
from pages.leads.grade_draft import draft_grades, drafted_grades, move_neighbours
from pages.shared import session
from pages.shared.moments import here
from pages.shared.person import sign
from pages.shared.sidebar import plain

_NOTHING = 1e-6
_ROOM = 10  # so many times the threshold of Hot, where thresholds are fine
_LABELS = {
    "propensity": ("Hot from", "Warm from", "Cold from"),
    "share": ("Hot: the top", "Warm: down to the top", "Cold: down to the top"),
}


def render_grades(view: BatchView, model: LeadModel) -> None:
    """Let a person try grades out on this batch, and save them for everybody."""
    preference = grade_preference(load_settings(), view.schema)
    current = look_at(preference)
    _render_promotion(preference, current, model)
    st.caption("Grades hold for all lists. What is below Cold is Junk, and is put aside.")
    ways = {"propensity": "By propensity", "share": "By share of the list"}
    by = st.radio(
        "Grades", list(ways), index=list(ways).index(current.value.by), format_func=ways.get,
        horizontal=True, key=f"grades-by-{current.version}", label_visibility="collapsed",
    )  # fmt: skip
    saved = current.value.model_copy(update={"by": by})
    draft_grades(current.version, saved, cumulated(saved))
    most, step, form = _scale(current.value, str(by))
    for place, (column, label) in enumerate(zip(st.columns(3), _LABELS[str(by)], strict=True)):
        with column:
            st.slider(
                label, 0.0, most, step=step, format=form, key=("grade-hot", "grade-warm", "grade-cold")[place],
                on_change=partial(move_neighbours, place, str(by)),
            )  # fmt: skip
    drafted = drafted_grades(str(by))
    rule = drafted.model_copy(
        update={"shares": current.value.shares} if by == "propensity" else {"thresholds": current.value.thresholds}
    )
    _render_preview(view, rule)
    changed = rule != current.value
    with st.container(horizontal=True):
        if st.button("Save these grades", type="primary", icon=":material/save:", disabled=not changed):
            save(preference, rule, current, model, "Grades saved.")
        undo = st.button("Undo the last change", icon=":material/undo:", disabled=current.version == 0)
    if undo:
        go_back(preference, current)
    render_history(preference, _describe)


def _scale(rule: GradeRule, by: str) -> tuple[float, float, str]:
    """Return how far the sliders reach, their step and their format: finer where thresholds are low, as rates are."""
    thresholds = rule.thresholds
    values = [100 * value for value in (thresholds.hot, thresholds.warm, thresholds.cold)]
    if by != "propensity" or all(abs(value - round(value, 1)) < _NOTHING for value in values):
        return 100.0, 0.1, "%.1f%%"
    return (float(ceil(_ROOM * values[0])) if values[0] < 100 / _ROOM else 100.0), 0.01, "%.2f%%"


def _render_promotion(preference: Preference[GradeRule], current: Version[GradeRule], model: LeadModel) -> None:
    """Say that thresholds meant something else under the model before."""
    if current.version == 0 or current.model_id in {"", model.model_id}:
        return
    st.warning(
        "A new model is in use since these grades were set. Its propensities are distributed otherwise, so the same "
        "thresholds may take other leads. Look at the preview, then keep them or go back to the settings file's.",
        icon=":material/published_with_changes:",
    )
    with st.container(horizontal=True):
        if st.button("Keep these grades", icon=":material/check:"):
            save(preference, current.value, current, model, "Kept.", note="Kept after a promotion")
        if st.button("Reset them", icon=":material/restart_alt:"):
            save(preference, preference.default, current, model, "Reset.", note="Reset after a promotion")


def _render_preview(view: BatchView, rule: GradeRule) -> None:
    preview = preview_grades(view, rule, session.get_capacity())
    known = preview["known"].sum()
    base = float((preview["observed"].fillna(0) * preview["known"]).sum()) / max(1, known)
    digits = rate_decimals(rule.thresholds.cold, 1)
    table = pd.DataFrame(
        {
            "Grade": [f"{GRADE_ICONS[grade]} {grade}" for grade in preview["grade"]],
            "Propensity from": 100 * preview["from"],
            "Down to the top": 100 * preview["down_to"],
            "Leads": preview["leads"],
            f"{view.schema.outcome.title} expected": preview["expected"].round(),
            "Observed conversion": [
                f"{percent(o, base)} ({percent(low, base)} to {percent(high, base)}), n = {n:,}" if n else "none known"
                for o, low, high, n in preview[["observed", "low", "high", "known"]].itertuples(index=False)
            ],
            "Calls a day": preview["a_day"].round(),
            "Days of calls": preview["days"],
        }
    )
    config: dict[str, Any] = {
        "Propensity from": st.column_config.NumberColumn(format=f"%.{digits}f%%"),
        "Down to the top": st.column_config.NumberColumn(format="%.0f%%"),
        "Leads": st.column_config.NumberColumn(format="localized"),
        f"{view.schema.outcome.title} expected": st.column_config.NumberColumn(format="localized"),
        "Observed conversion": st.column_config.TextColumn(width="medium"),
        "Calls a day": st.column_config.NumberColumn(
            format="localized", help="As such leads come in over the list's period"
        ),
        "Days of calls": st.column_config.NumberColumn(format="%.1f"),
    }
    st.dataframe(
        table, column_config=config, hide_index=True, height="content", placeholder="", alt="What these grades mean"
    )
    text = "Observed conversion is that of leads whose outcome is known, judged by models that had not seen them."
    calls = (
        "Calls a day are what it takes to call such leads as they come in; days of calls, to call this list's at "
        f"{session.get_capacity():,} a day."
    )
    st.caption(f"{text} {calls}" if known else f"No outcome is known, so no conversion was observed. {calls}")


def look_at(preference: Preference[Any]) -> Version[Any]:
    """Return the version that this person builds on, and say if somebody has changed it since."""
    newest = preference.current()
    seen: Version[Any] = session.seen_version(preference.kind, newest)
    if seen.version != newest.version:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                f"{plain(newest.author) or 'Somebody'} changed this after you opened it. What you see is as it was; "
                "nothing of yours can overwrite it.",
                icon=":material/sync_problem:",
            )
            if st.button("Show what is in force now", key=f"newest-{preference.kind}"):
                session.forget_seen(preference.kind)
                st.rerun()
    return seen


def save(
    preference: Preference[Any], value: Any, current: Version[Any], model: LeadModel, message: str, note: str = ""
) -> None:
    """Save a preference and start the page anew; a conflict is said and changes nothing."""

    def keep(name: str) -> None:
        preference.save(value, based_on=current.version, author=name, model_id=model.model_id, note=note)
        session.forget_seen(preference.kind)

    sign(keep, message)


def go_back(preference: Preference[Any], current: Version[Any]) -> None:
    """Undo the last change of a preference."""

    def undo(name: str) -> None:
        preference.undo(based_on=current.version, author=name)
        session.forget_seen(preference.kind)

    sign(undo, "Undone.")


def render_history(preference: Preference[Any], describe) -> None:  # type: ignore[no-untyped-def]
    """List the versions of a preference, the newest first."""
    history = preference.history()
    with st.expander(f"History: {len(history)} change{'s' * (len(history) != 1)}", icon=":material/history:"):
        if not history:
            st.caption("These are the settings that LeadScore was installed with.")
            return
        table = pd.DataFrame(
            {
                "When": [v.saved_at for v in history],
                "Who": [v.author or "Nobody named" for v in history],
                "What": [describe(v.value) for v in history],
                "Note": [v.note for v in history],
            }
        )
        config = {"When": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", timezone=here())}
        st.dataframe(table, column_config=config, hide_index=True, height="content", placeholder="", alt="History")


def _describe(rule: GradeRule) -> str:
    if rule.by == "propensity":
        t = rule.thresholds
        from_hot, from_warm, from_cold = (percent(value, t.cold, 1) for value in (t.hot, t.warm, t.cold))
        return f"Hot from {from_hot}, Warm from {from_warm}, Cold from {from_cold}"
    hot, warm, cold = cumulated(rule)
    return f"Hot: top {hot:.1%}, Warm: to {warm:.1%}, Cold: to {cold:.1%}"
