"""The verdict on the screen: gates, curves, any threshold, months and sources, champion against challenger."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.figures import plot_calibration, plot_gain_share, plot_precision_recall, plot_roc, plot_scores
from leadscore_core.model import LeadModel, ModelMetadata, ModelRegistry, write_card
from leadscore_core.workbench import (
    LEAST_REASON,
    SPLIT_NAMES,
    describe_verdict,
    gates_of,
    list_runs,
    meets_gates,
    promote_model,
    roll_back,
)
from pages._shared import state
from pages._shared.components import act, get_named_model, plain, render_chart

_FIGURES = {"auc": "AUC", "precision": "Precision", "recall": "Recall", "brier": "Brier score"}


def render_state_of_models() -> None:
    """Say in one sentence which model serves, and whether a newer one is ready."""
    settings = load_settings()
    registry = ModelRegistry(settings.models_dir)
    known = registry.list_models()
    champion = next((m for m in known if m.model_id == registry.champion_id), None)
    newest = known[0] if known else None
    if champion is None:
        st.markdown("### No model is in use.")
        return
    auc = champion.metrics["cross_validation"]["auc"]
    told = f"The model of {champion.created_at:%d %b %Y} is in use (AUC {auc:.3f} in folds)"
    if newest is None or newest.model_id == champion.model_id:
        st.markdown(f"### {told}; no newer one has been trained.")
        return
    run = next((r for r in list_runs(settings) if r.state.model_id == newest.model_id), None)
    challenge = (run.report if run is not None else {}).get("challenge") or {}
    words = {"better": "is better", "worse": "is worse", "the same": "is no better"}
    judged = words.get(challenge.get("verdict", ""), "was not compared with it")
    meets = "meets" if newest.meets_targets else "misses"
    st.markdown(f"### {told}. The newest, of {newest.created_at:%d %b, %H:%M}, {meets} the targets and {judged}.")


def choose_model() -> tuple[LeadModel, dict[str, Any]] | None:
    """Let a person choose a model to look at; return it and the report of its run, if it came of one here."""
    settings = load_settings()
    registry = ModelRegistry(settings.models_dir)
    known = {metadata.model_id: metadata for metadata in registry.list_models()}
    if not known:
        st.info("There is no model yet. Train one.", icon=":material/info:")
        return None
    reports = {run.state.model_id: run for run in list_runs(settings) if run.state.model_id}
    chosen = st.selectbox(
        "Model",
        list(known),
        format_func=lambda m: model_name(known[m], registry.champion_id),
        key=f"model-{len(known)}-{registry.champion_id}",
        width=620,
    )
    try:
        model = get_named_model(str(chosen))
    except LeadScoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    run = reports.get(str(chosen))
    return model, run.report if run is not None else {}


def model_name(metadata: ModelMetadata, champion: str | None) -> str:
    """Return what people call a model."""
    data = metadata.training_data
    use = ", in use" if metadata.model_id == champion else ""
    return f"{metadata.created_at:%d %b %Y, %H:%M}: {data.rows:,} leads, {data.note or 'no note'}{use}"


def render_verdict(model: LeadModel, report: dict[str, Any]) -> None:
    """Show whether a model meets its targets, and how it behaves at any threshold."""
    gates = gates_of(model)
    challenge = report.get("challenge")
    st.markdown(f"### {plain(describe_verdict(model.metadata, gates, challenge))}")
    _render_gates(model)
    if model.out_of_sample is None:
        st.info(
            "This model was trained before out-of-sample predictions were kept, so there are no curves.",
            icon=":material/info:",
        )
        return
    splits = [s for s in SPLIT_NAMES if (model.out_of_sample["split"] == s).any()]
    split = st.segmented_control(
        "Judged on", splits, format_func=SPLIT_NAMES.get, key=state.bind("verdict-split", splits[0]), required=True
    )
    part = model.out_of_sample[model.out_of_sample["split"] == split]
    _render_threshold(model, part)
    _render_curves(part, model.metadata.threshold)
    _render_segments(report)
    with st.expander("What it was trained on and how", icon=":material/description:"):
        _render_facts(model.metadata)
        registry = ModelRegistry(load_settings().models_dir)
        named = [entry for entry in registry.history() if entry["model_id"] == model.model_id]
        card = write_card(model.metadata, model.schema, promotions=named)
        st.download_button(
            "Model card", card, f"model-card-{model.model_id}.md", "text/markdown", icon=":material/badge:",
            on_click="ignore",
        )  # fmt: skip


def _render_gates(model: LeadModel) -> None:
    """Hold the figures of both splits against the targets."""
    targets = load_settings().targets.model_dump()
    intervals = {(g.split, g.name): (g.low, g.high) for g in gates_of(model)}
    rows = []
    for split, human in SPLIT_NAMES.items():
        block = model.metadata.metrics.get(split, {})
        if "auc" not in block:
            continue
        for name, target in targets.items():
            value, spread = block[name], block.get(f"{name}_std")
            low, high = intervals.get((split, name), (None, None))
            rows.append(
                {
                    "Judged on": human,
                    "Figure": _FIGURES[name],
                    "Value": value,
                    "± over folds": spread,
                    "95% interval": f"{low:.3f} to {high:.3f}" if low is not None else "not kept",
                    "Target": f"> {target}",
                    "Verdict": "Met" if value is not None and value > target else "Missed",
                }
            )
    config = {name: st.column_config.NumberColumn(format="%.3f") for name in ("Value", "± over folds")}
    st.dataframe(pd.DataFrame(rows), column_config=config, hide_index=True, height="content", alt="Targets")
    block = model.metadata.metrics["cross_validation"]
    st.caption(
        f"Brier score {block['brier']:.3f}, log loss {block['log_loss']:.3f}. Folds share the leads' months and "
        "flatter; the months that followed are nearer to what you will see."
    )
    reason = model.metadata.metrics.get("next_period", {}).get("not_applicable")
    if reason:
        st.caption(f"Next period: not applicable. {reason}")


def _render_threshold(model: LeadModel, part: pd.DataFrame) -> None:
    """Let the threshold be moved, and say what it means."""
    from leadscore_core.training import at_threshold

    own = round(100 * model.metadata.threshold, 1)
    percent = st.slider(
        "Threshold", 0.0, 100.0, own, 0.5, format="%.1f%%", key=f"threshold-{model.model_id}",
        help=f"Leads at or above it are taken for applicants. The model's own, chosen on training folds, is {own}%.",
    )  # fmt: skip
    told = at_threshold(part["completed"].to_numpy(), part["propensity"].to_numpy(), percent / 100)
    with st.container(horizontal=True):
        for label, value in (
            ("Precision", told["precision"]),
            ("Recall", told["recall"]),
            ("Leads above", told["above"]),
        ):
            st.metric(label, "Does not exist" if value is None else f"{value:.1%}", border=True, width=140)
        found, false = told["true_positive"], told["false_positive"]
        missed, left = told["false_negative"], told["true_negative"]
        st.metric("Found", f"{found:,}", border=True, width=140, help="Taken for applicants, and were")
        st.metric("False alarms", f"{false:,}", border=True, width=140, help="Taken for applicants, and were not")
        st.metric(
            "Missed",
            f"{missed:,}",
            border=True,
            width=150,
            help=f"Not taken for applicants, and were; {left:,} rightly not",
        )


def _render_curves(part: pd.DataFrame, threshold: float) -> None:
    from sklearn.metrics import roc_auc_score

    from leadscore_core.training import at_threshold, draw_curves

    label, p = part["completed"].to_numpy("int64"), part["propensity"].to_numpy("float64")
    if len(set(label.tolist())) < 2:
        st.info("Only one outcome: no curve exists.", icon=":material/info:")
        return
    curves = draw_curves(label, p)
    told = at_threshold(label, p, threshold)
    mark = None
    if told["recall"] is not None and told["precision"] is not None:
        mark = (told["recall"], told["precision"])
    left, right = st.columns(2)
    with left:
        render_chart(plot_roc(curves["roc"], float(roc_auc_score(label, p))), key="roc")
        render_chart(plot_calibration(curves["calibration"]), key="calibration")
    with right:
        render_chart(plot_precision_recall(curves["precision_recall"], float(label.mean()), mark), key="pr")
        render_chart(plot_gain_share(curves["gain"]), key="gain")
    render_chart(plot_scores(curves["scores"]), key="scores")


def _render_segments(report: dict[str, Any]) -> None:
    """Show figures by month and source, the worst first."""
    segments = report.get("segments") or {}
    if not segments:
        return
    st.subheader("Where it is weakest", anchor=False)
    for tab, (name, rows) in zip(st.tabs(list(segments)), segments.items(), strict=True):
        with tab:
            table = pd.DataFrame(rows)
            if table.empty:
                st.caption("No group of 50 leads or more.")
                continue
            shown = pd.DataFrame(
                {
                    name: table["group"],
                    "Leads": table["n"],
                    "Completed": 100 * table["base_rate"],
                    "AUC": table["auc"],
                    "Precision": table["precision"],
                    "Recall": table["recall"],
                }
            )
            config = {n: st.column_config.NumberColumn(format="%.3f") for n in ("AUC", "Precision", "Recall")}
            config["Completed"] = st.column_config.NumberColumn(format="%.1f%%")
            st.dataframe(shown, column_config=config, hide_index=True, placeholder="", alt=f"Figures by {name}")
    st.caption("Out-of-fold, groups of 50 leads or more, the lowest AUC first. A group of a few hundred moves a lot.")


def _render_facts(metadata: ModelMetadata) -> None:
    data = metadata.training_data
    period = "no dates"
    if data.period_start and data.period_end:
        period = f"{data.period_start:%d %b %Y} to {data.period_end:%d %b %Y}"
    facts = {
        "Name": metadata.model_id,
        "Leads": f"{data.rows:,} with an outcome, {data.left_out:,} without left out",
        "Period": period,
        "Completed": f"{data.base_rate:.1%}",
        "Threshold": f"{metadata.threshold:.3f}, chosen on training folds",
        "Calibration": f"{metadata.calibration.get('method')}: {metadata.calibration.get('verdict')}",
        "Left out": ", ".join(metadata.excluded) or "no column",
    }
    st.markdown("\n".join(f"- **{name}**: {plain(str(told))}" for name, told in facts.items()))


def render_challenge(model: LeadModel, report: dict[str, Any]) -> None:
    """Show a model against the one that was in use when it was trained."""
    challenge = report.get("challenge")
    if not challenge:
        st.info(
            "A model is compared with the one in use when it is trained on this page. Train one, or choose the newest.",
            icon=":material/info:",
        )
        return
    if challenge["not_applicable"]:
        st.info(plain(challenge["not_applicable"]), icon=":material/info:")
        return
    st.markdown(f"### {plain(describe_verdict(model.metadata, gates_of(model), challenge))}")
    st.caption(f"Compared on {challenge['judged_on']}. Intervals from 500 draws of leads, the same for both.")
    names = _FIGURES | {"gained": f"Applications among {challenge['calls']:,} calls"}
    table = pd.DataFrame(
        [
            {
                "Figure": names[f["name"]],
                "In use": _written(f["name"], f["champion"]),
                "This model": _written(f["name"], f["challenger"]),
                "Difference": _written(f["name"], f["value"], sign=True),
                "95% interval": " to ".join(_written(f["name"], f[end], sign=True) for end in ("low", "high")),
            }
            for f in challenge["figures"]
        ]
    )
    st.dataframe(table, hide_index=True, height="content", alt="Champion against challenger")
    told = challenge["delong"]
    st.caption(
        f"AUC by DeLong's test: difference between {told['low']:+.4f} and {told['high']:+.4f}, p = {told['p']:.2g}. A "
        "lower Brier score is better; precision and recall are each at the model's own threshold."
    )
    st.subheader("Leads that change grade", anchor=False)
    moves = pd.DataFrame(challenge["moves"]).T
    changed = int(moves.to_numpy().sum() - sum(moves.at[g, g] for g in moves.index))
    st.caption(f"{changed:,} of {challenge['rows']:,} leads get another grade. Down: in use; across: this model.")
    shown = moves.rename_axis("In use").reset_index()
    st.dataframe(shown, hide_index=True, height="content", alt="Grades before and after")
    losing = pd.DataFrame(challenge["losing"])
    if losing.empty:
        st.success("No source, medium, platform or month is foretold worse for certain.", icon=":material/verified:")
        return
    st.subheader("Groups that lose", anchor=False)
    shown = losing[["column", "group", "n", "champion", "challenger"]]
    shown.columns = pd.Index(["Column", "Group", "Leads", "Log loss in use", "Log loss of this model"])
    config = {n: st.column_config.NumberColumn(format="%.3f") for n in shown.columns[3:]}
    st.dataframe(shown, column_config=config, hide_index=True, height="content", alt="Groups that lose")


def _written(name: str, value: float | None, *, sign: bool = False) -> str:
    if value is None:
        return "does not exist"
    if name == "gained":
        return f"{value:+,.0f}" if sign else f"{value:,.0f}"
    return f"{value:+.3f}" if sign else f"{value:.3f}"


def render_promotion(model: LeadModel) -> None:
    """Let a person make a model the one in use, or go back; show who did what before, and why."""
    registry = ModelRegistry(load_settings().models_dir)
    in_use = registry.champion_id == model.model_id
    met = meets_gates(model.metadata)
    st.subheader("In use already" if in_use else "Put this model to use", anchor=False)
    if not in_use:
        if not met:
            st.warning(
                f"It misses a target. Promoting it needs a reason of at least {LEAST_REASON} characters.",
                icon=":material/warning:",
            )
        with st.form("promote", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            label = "Reason (needed)" if not met else "Reason"
            reason = st.text_input(label, max_chars=300, key="promote-reason", width=420)
            if st.form_submit_button("Promote", type="primary", icon=":material/rocket_launch:"):
                act(
                    lambda: promote_model(model.model_id, by=state.get_name(), reason=reason),
                    "It is the model in use now.",
                )
    history = registry.history()
    with st.form("rollback", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        why = st.text_input("Reason to go back", max_chars=300, key="rollback-reason", width=420)
        if st.form_submit_button("Roll back to the model before", icon=":material/undo:", disabled=len(history) < 2):
            act(lambda: roll_back(by=state.get_name(), reason=why), "The model before is in use again.")
    st.caption("Lists that were scored keep their scores; score them again on the Leads page under Manage.")
    if history:
        names = {m.model_id: f"{m.created_at:%d %b %Y, %H:%M}" for m in registry.list_models()}
        table = pd.DataFrame(
            {
                "When (UTC)": [e["at"][:16].replace("T", " ") for e in history],
                "What": ["Promoted" if e["action"] == "promote" else "Rolled back to" for e in history],
                "Model of": [names.get(e["model_id"], e["model_id"]) for e in history],
                "By": [e["by"] for e in history],
                "Why": [e["reason"] for e in history],
            }
        )
        with st.expander(f"History: {len(table)} changes", icon=":material/history:"):
            st.dataframe(table, hide_index=True, height="content", alt="History of the model in use")
