"""Champion against challenger on the screen: figures, grades that change, leads that move, groups that lose."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from leadscore_core.model.lead_model import LeadModel
from leadscore_core.outcome import OutcomeWords, capital
from leadscore_core.percent import rate_decimals, signed
from leadscore_core.registry.promotion import REFITS, describe_verdict, gates_of
from leadscore_core.retraining.jobs import list_runs
from pages.shared.sidebar import plain


def render_challenge(model: LeadModel, report: dict[str, Any]) -> None:
    """Show a model against the one that was in use when it was trained."""
    challenge = report.get("challenge")
    if "challenge" in report.get("pending", []):
        render_pending(model, "The comparison with the model in use")
        return
    if not challenge:
        st.info(
            "When it was trained, no model of these leads was in use to compare it with."
            if report
            else "A model is compared with the one in use when it is trained on this page. Train one, or choose the "
            "newest.",
            icon=":material/info:",
        )
        return
    if challenge["not_applicable"]:
        st.info(plain(challenge["not_applicable"]), icon=":material/info:")
        return
    st.markdown(f"## {plain(describe_verdict(model.metadata, gates_of(model), challenge))}")
    st.caption(f"Compared on {plain(challenge['judged_on'])}.")
    for note in challenge.get("notes", []):
        st.warning(plain(note), icon=":material/warning:")
    names = {name: measure.human for name, measure in model.metadata.measures.items()}
    names |= {"gained": f"{model.schema.outcome.title} among {challenge['calls']:,} calls"}
    in_use = "Refit of the model in use" if challenge.get("basis") in REFITS else "In use"
    _render_figures(challenge["figures"], names, in_use, "Champion against challenger")
    _render_months(challenge, in_use)
    result, folds = challenge["delong"], challenge.get("by_fold", [])
    what = "months" if challenge.get("basis", "").startswith("forward") else "folds"
    mean = f"Means over {len(folds)} {what}; the interval of AUC allows for {what} that differ. " if folds else ""
    st.caption(
        f"{mean}AUC by DeLong's test: difference between {result['low']:+.4f} and {result['high']:+.4f}, "
        f"p = {result['p']:.2g}; the other intervals are from 500 draws of leads, the same for both. A lower Brier "
        "score is better; precision and recall are each at the model's own threshold."
    )
    for other in challenge.get("beside", []):
        with st.expander("Beside it, in random folds", icon=":material/shuffle:"):
            st.caption(f"Compared on {plain(other['judged_on'])}. This does not decide.")
            in_use = "Refit of the model in use" if other["basis"] in REFITS else "In use"
            _render_figures(other["figures"], names, in_use, "In random folds")
    st.subheader("Leads that change grade", anchor=False)
    changes = pd.DataFrame(challenge["grade_changes"]).T
    counts = changes.to_numpy(dtype="int64")
    changed = int(counts.sum() - np.trace(counts))
    judged_on = challenge.get("grade_changes_on") or challenge["judged_on"]
    st.caption(
        f"{changed:,} of {int(counts.sum()):,} leads get another grade. Down: in use; across: this model. Graded: "
        f"{plain(judged_on)}."
    )
    shown = changes.rename_axis("In use").reset_index()
    st.dataframe(shown, hide_index=True, height="content", placeholder="", alt="Grades before and after")
    _render_score_changes(challenge.get("score_changes") or [], model.schema.outcome)
    _render_thresholds(challenge.get("thresholds") or [])
    losing = pd.DataFrame(challenge["losing"])
    if losing.empty:
        st.success("No source, medium, platform or month is foretold worse for certain.", icon=":material/verified:")
        return
    st.subheader("Groups that lose", anchor=False)
    shown = losing[["column", "group", "n", "champion", "challenger"]]
    shown.columns = pd.Index(["Column", "Group", "Leads", "Log loss in use", "Log loss of this model"])
    config = {n: st.column_config.NumberColumn(format="%.3f") for n in shown.columns[3:]}
    st.dataframe(shown, column_config=config, hide_index=True, height="content", placeholder="", alt="Groups that lose")


def render_pending(model: LeadModel, what: str) -> None:
    """Say of a part of a report that it is being made, or that its run ended before."""
    is_made = any(run.is_on and run.state.model_id == model.model_id for run in list_runs()[:1])
    end = "is being made; look again in a minute." if is_made else "is lacking: training ended before it was made."
    st.info(f"{what} {end}", icon=":material/hourglass_top:" if is_made else ":material/info:")


def _render_figures(figures: list[dict[str, Any]], names: dict[str, str], in_use: str, alt: str) -> None:
    """Show the figures of both models side by side, with their difference and its interval."""
    table = pd.DataFrame(
        [
            {
                "Figure": names.get(f["name"], f["name"]),
                in_use: _written(f["name"], f["champion"]),
                "This model": _written(f["name"], f["challenger"]),
                "Difference": _written(f["name"], f["value"], sign=True),
                "95% interval": " to ".join(_written(f["name"], f[end], sign=True) for end in ("low", "high")),
            }
            for f in figures
        ]
    )
    st.dataframe(table, hide_index=True, height="content", placeholder="", alt=alt)


def _render_months(challenge: dict[str, Any], in_use: str) -> None:
    """Show the AUC of both models month by month."""
    if not challenge.get("by_fold") or not challenge["basis"].startswith("forward"):
        return
    table = pd.DataFrame(challenge["by_fold"])
    shown = pd.DataFrame(
        {
            "Month": [pd.Period(month, freq="M").strftime("%b %Y") for month in table["fold"]],
            "Leads": table["n"],
            f"AUC, {in_use[:1].lower()}{in_use[1:]}": table["champion"],
            "AUC, this model": table["challenger"],
            "Difference": table["value"],
            "From": table["low"],
            "To": table["high"],
        }
    )
    config: dict[str, Any] = {n: st.column_config.NumberColumn(format="%.3f") for n in shown.columns[2:4]}
    config |= {n: st.column_config.NumberColumn(format="%+.3f") for n in shown.columns[4:]}
    config["Leads"] = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        shown, column_config=config, hide_index=True, height="content", placeholder="", alt="AUC month by month"
    )


def _render_score_changes(changes: list[dict[str, Any]], words: OutcomeWords) -> None:
    """List the leads that the two models judge most differently, and why."""
    if not changes:
        return
    about = pd.DataFrame([change["lead"] for change in changes]).fillna("")
    judged = pd.DataFrame(
        {
            "In use": [round(100 * change["old"]) for change in changes],
            "This model": [round(100 * change["new"]) for change in changes],
            capital(words.past): ["Yes" if change["completed"] else "No" for change in changes],
            "Why": [change["why"] for change in changes],
        }
    )
    with st.expander(f"The {len(changes)} leads whose score changes most", icon=":material/swap_vert:"):
        config = {"Why": st.column_config.TextColumn(width="large")}
        table = pd.concat([about, judged], axis=1)
        st.dataframe(
            table,
            column_config=config,
            hide_index=True,
            height="content",
            placeholder="",
            alt="Leads whose score changes most",
        )
        st.caption("Scores of models that had not seen the lead; why compares the two models as they are now.")


def _render_thresholds(rows: list[dict[str, Any]]) -> None:
    """Show precision and recall of both models at the same thresholds."""
    if not rows:
        return
    table = pd.DataFrame(rows)
    shown = pd.DataFrame(
        {
            "Threshold": 100 * table["threshold"],
            "Precision in use": 100 * table["champion_precision"].astype("float64"),
            "Precision of this model": 100 * table["challenger_precision"].astype("float64"),
            "Recall in use": 100 * table["champion_recall"].astype("float64"),
            "Recall of this model": 100 * table["challenger_recall"].astype("float64"),
        }
    )
    digits = rate_decimals(float(table["threshold"].min()), 1)
    config = {name: st.column_config.NumberColumn(format=f"%.{digits}f%%") for name in shown.columns}
    with st.expander("Precision and recall at each threshold", icon=":material/tune:"):
        st.dataframe(shown, column_config=config, hide_index=True, height="content", placeholder="", alt="Thresholds")


def _written(name: str, value: float | None, *, sign: bool = False) -> str:
    if value is None:
        return "does not exist"
    if name == "gained":
        return signed(value) if sign else f"{value:,.0f}"
    return f"{value:+.3f}" if sign else f"{value:.3f}"
