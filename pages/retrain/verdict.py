"""The verdict on the screen: gates, curves, any threshold, months and sources, champion against challenger."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from leadscore_core.config import load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.inference.reasons import human_name
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.measures import MEASURES
from leadscore_core.model.metadata import ModelMetadata
from leadscore_core.model.model_card import write_card, write_card_html
from leadscore_core.model.weights import weights_in
from leadscore_core.outcome import OutcomeWords, capital
from leadscore_core.percent import column_decimals, percent, rate_decimals
from leadscore_core.plots.judging import (
    plot_calibration,
    plot_gain_share,
    plot_learning,
    plot_precision_recall,
    plot_roc,
    plot_scores,
    plot_stability,
)
from leadscore_core.registry.imported import read_imported
from leadscore_core.registry.promotion import (
    SPLIT_NAMES,
    describe_comparison,
    describe_targets,
    describe_verdict,
    gates_of,
)
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining.jobs import read_report
from leadscore_core.retraining.trigger import propose_retraining
from leadscore_core.storage.database.batches import BatchStore
from pages.retrain.champion_challenger import render_pending
from pages.retrain.targets import render_targets
from pages.shared import session
from pages.shared.companies import company_title, models_of
from pages.shared.components import get_named_model, render_chart
from pages.shared.controls import plain_error
from pages.shared.moments import say_day, say_moment
from pages.shared.sidebar import plain


def render_state_of_models(company: str) -> None:
    """Say in one sentence which model of a company's leads serves, and whether a newer one is ready."""
    settings = load_settings()
    registry = ModelRegistry(settings.models_dir)
    known = models_of(company, registry)
    champion = next((m for m in known if m.model_id == registry.champion_of(company)), None)
    newest = known[0] if known else None
    if champion is None:
        st.markdown(f"## No model of {plain(company_title(company))} is in use.")
        return
    crossed, following = (champion.metrics.get(split, {}).get("auc") for split in SPLIT_NAMES)
    auc = f"AUC {champion.among}" if champion.among else "AUC"
    figures = f"{auc} {crossed:.3f} in folds"
    figures += f", {following:.3f} on the months that followed" if following is not None else ""
    text = f"The model of {say_day(champion.created_at)} is in use"
    if newest is None or newest.model_id == champion.model_id:
        st.markdown(f"## {text} ({figures}); no newer one has been trained.")
        return
    challenge = read_report(newest.model_id, settings).get("challenge") or {}
    st.markdown(f"## {text}. The newest, of {say_moment(newest.created_at)}, {plain(describe_targets(newest))}.")
    st.markdown(f"{plain(describe_comparison(challenge, champion.model_id))} The one in use: {figures}.")


def render_retraining_proposal(company: str) -> None:
    """Say that a retrain is proposed, and why; nothing is trained by itself."""
    settings = load_settings()
    champion = ModelRegistry(settings.models_dir).champion_of(company)
    if champion is None:
        return
    scorings = tuple((b.id, b.scoring.number) for b in BatchStore(settings).list_batches())
    hour = pd.Timestamp.now().floor("h")
    proposal = session.remembered(("due", champion, scorings, hour), lambda: propose_retraining(settings, company))
    if proposal.is_worthwhile:
        st.info(f"A retrain is worth while: {plain('; '.join(proposal.reasons))}.", icon=":material/schedule:")


def choose_model(company: str) -> tuple[LeadModel, dict[str, Any]] | None:
    """Let a person choose a company's model to look at; return it and the report of its training, if that was kept."""
    settings = load_settings()
    registry = ModelRegistry(settings.models_dir)
    known = {metadata.model_id: metadata for metadata in models_of(company, registry)}
    champion = registry.champion_of(company)
    if not known:
        st.info("There is no model yet. Train one.", icon=":material/info:")
        return None
    chosen = st.selectbox(
        "Model",
        list(known),
        format_func=lambda m: model_name(known[m], champion),
        key=f"model-{company}-{len(known)}-{champion}",
        width=620,
    )
    try:
        model = get_named_model(str(chosen))
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
        return None
    return model, read_report(str(chosen), settings)


def model_name(metadata: ModelMetadata, champion: str | None) -> str:
    """Return what people call a model."""
    data = metadata.training_data
    use = ", in use" if metadata.model_id == champion else ""
    return f"{say_moment(metadata.created_at)}: {data.rows:,} leads, {data.note or 'no note'}{use}"


def render_verdict(model: LeadModel, report: dict[str, Any]) -> None:
    """Show whether a model meets its targets, and how it behaves at any threshold."""
    gates = gates_of(model)
    challenge = report.get("challenge")
    st.markdown(f"## {plain(describe_verdict(model.metadata, gates, challenge))}")
    _render_gates(model)
    render_targets(model.schema, model.metadata.training_data.base_rate)
    _render_cautions(model)
    if model.out_of_sample is None:
        st.info(
            "This model was trained before out-of-sample predictions were kept, so there are no curves.",
            icon=":material/info:",
        )
        return
    splits = [s for s in SPLIT_NAMES if (model.out_of_sample["split"] == s).any()]
    split = st.segmented_control(
        "Judged on",
        splits,
        format_func=SPLIT_NAMES.__getitem__,
        key=session.bind("verdict-split", splits[0]),
        required=True,
    )
    judged = model.out_of_sample[model.out_of_sample["split"] == split]
    _render_threshold(model, judged)
    _render_curves(judged, model.metadata.threshold, model.schema.outcome)
    _render_segments(report, model.metadata, model.schema.outcome)
    _render_learning(model, report)
    with st.expander("What it was trained on and how", icon=":material/description:"):
        _render_facts(model.metadata, model.schema.outcome)
        registry = ModelRegistry(load_settings().models_dir)
        named = [entry for entry in registry.history() if entry["model_id"] == model.model_id]
        origin = registry.imported(model.model_id)
        brought = "" if origin is None else origin.words
        with st.container(horizontal=True):
            for label, write, ending, mime in (
                ("Model card", write_card_html, "html", "text/html"),
                ("Model card as Markdown", write_card, "md", "text/markdown"),
            ):
                card = write(model.metadata, model.schema, promotions=named, brought=brought)
                name = f"model-card-{model.model_id}.{ending}"
                st.download_button(label, card, name, mime, icon=":material/badge:", on_click="ignore")


def _render_cautions(model: LeadModel) -> None:
    """Say what to mind of the figures, and which columns nobody has spoken for yet."""
    metadata = model.metadata
    brought = read_imported(load_settings().models_dir / metadata.model_id)
    if brought is not None:
        st.warning(f"This model was {plain(brought.words)}.", icon=":material/move_to_inbox:")
    for text in metadata.cautions:
        st.warning(plain(text), icon=":material/warning:")
    questions = metadata.questions_about({column.name: column.human for column in model.schema.columns})
    if questions:
        asked = "\n".join(f"- {plain(text)}" for text in questions)
        st.info(f"Is this known before the first call? Nobody has said so yet.\n{asked}", icon=":material/help:")


def _render_gates(model: LeadModel) -> None:
    """Hold the figures of both splits against the targets, and say which of them decide."""
    rows = []
    for gate in gates_of(model):
        if gate.target == 0:
            continue
        block = model.metadata.metrics[gate.split]
        folds = "months" if gate.split == "next_period" else "folds"
        rows.append(
            {
                "Judged on": SPLIT_NAMES[gate.split],
                "Figure": MEASURES[gate.name].human,
                "Value": gate.value,
                "Spread (±)": block.get(f"{gate.name}_std") if gate.folds > 1 else None,
                "Mean of": f"{gate.folds} {folds}" if gate.folds > 1 else f"one {folds.rstrip('s')}",
                "95% interval": "not kept" if gate.low is None else f"{gate.low:.3f} to {gate.high:.3f}",
                "Target": f"> {gate.target}",
                "Verdict": "Met" if gate.is_met else "Missed",
                "Decides": "Yes" if gate.decides else "No, stands beside",
            }
        )
    config = {name: st.column_config.NumberColumn(format="%.3f") for name in ("Value", "Spread (±)")}
    st.dataframe(
        pd.DataFrame(rows), column_config=config, hide_index=True, height="content", placeholder="", alt="Targets"
    )
    st.caption(
        "The mean over the folds decides, each fold at the threshold chosen inside its own training leads. Folds share "
        "the leads' months and flatter; the months that followed are nearer to what you will see."
    )
    block = model.metadata.metrics["cross_validation"]
    st.caption(f"Brier score {block['brier']:.3f}, log loss {block['log_loss']:.3f} in folds.")
    for name, measure in model.metadata.measures.items():
        if name not in MEASURES and block.get(name) is not None:
            spread = block[f"{name}_std"]
            st.caption(plain(f"{measure.human} {block[name]:.3f} ± {spread:.3f} over folds. {measure.misleads}"))
    reason = model.metadata.metrics.get("next_period", {}).get("not_applicable")
    if reason:
        st.caption(f"Next period: not applicable. {reason}")


def _render_threshold(model: LeadModel, judged: pd.DataFrame) -> None:
    """Let the threshold be moved, and say what it means."""
    from leadscore_core.training.evaluation.gates_and_curves import at_threshold

    step, digits = _threshold_steps(model.metadata.threshold)
    own, people = round(100 * model.metadata.threshold, digits), model.schema.outcome.people
    chosen = st.slider(
        "Threshold", 0.0, 100.0, own, step, format=f"%.{digits}f%%", key=f"threshold-{model.model_id}",
        help=f"Leads at or above it are taken for {people}. The model's own, chosen on training folds, is {own}%.",
    )  # fmt: skip
    completed, p = judged["completed"].to_numpy(), judged["propensity"].to_numpy()
    result = at_threshold(completed, p, chosen / 100, weights_in(judged))
    st.caption("One threshold for all leads here; the figures above are at the threshold of each fold or month.")
    with st.container(horizontal=True):
        for label, value in (
            ("Precision", result["precision"]),
            ("Recall", result["recall"]),
            ("Leads above", result["above"]),
        ):
            st.metric(label, "Does not exist" if value is None else f"{value:.1%}", border=True, width=142)
        days = _days(model.metadata)
        if days:
            calls = model.metadata.training_data.rows * result["above"] / days if result["above"] is not None else 0
            st.metric(
                "Calls a day", f"{calls:,.0f}", border=True, width=142,
                help=f"Leads above it, as such leads came in over the {days:,} days of training",
            )  # fmt: skip
    found, false = result["true_positive"], result["false_positive"]
    missed, left = result["false_negative"], result["true_negative"]
    with st.container(horizontal=True):
        st.metric("Found", f"{found:,}", border=True, width=142, help=f"Taken for {people}, and were")
        st.metric("False alarms", f"{false:,}", border=True, width=142, help=f"Taken for {people}, and were not")
        st.metric(
            "Missed",
            f"{missed:,}",
            border=True,
            width=142,
            help=f"Not taken for {people}, and were; {left:,} rightly not",
        )


def _threshold_steps(threshold: float) -> tuple[float, int]:
    """Return the step of a slider in percent, and its decimals: finer for a low threshold."""
    digits = rate_decimals(threshold, 1)
    return (0.5, 1) if threshold >= 0.1 else (0.1**digits, digits)


def _days(metadata: ModelMetadata) -> int:
    """Return over how many days the training leads came in; 0 without dates."""
    data = metadata.training_data
    return 0 if not data.period_start or not data.period_end else max(1, (data.period_end - data.period_start).days)


def _render_curves(judged: pd.DataFrame, threshold: float, words: OutcomeWords) -> None:
    from sklearn.metrics import roc_auc_score

    from leadscore_core.training.evaluation.gates_and_curves import at_threshold, draw_curves

    label, p, weight = (
        judged["completed"].to_numpy("int64"),
        judged["propensity"].to_numpy("float64"),
        weights_in(judged),
    )
    if len(set(label.tolist())) < 2:
        st.info("Only one outcome: no curve exists.", icon=":material/info:")
        return
    curves = draw_curves(label, p, weight)
    result = at_threshold(label, p, threshold, weight)
    auc, base = float(roc_auc_score(label, p, sample_weight=weight)), float(np.average(label, weights=weight))
    mark = None
    if result["recall"] is not None and result["precision"] is not None:
        mark = (result["recall"], result["precision"])
    left, right = st.columns(2)
    with left:
        render_chart(plot_roc(curves["roc"], auc, words), key="roc")
        render_chart(plot_calibration(curves["calibration"], words), key="calibration")
    with right:
        render_chart(plot_precision_recall(curves["precision_recall"], base, mark, words), key="pr")
        render_chart(plot_gain_share(curves["gain"], words), key="gain")
    render_chart(plot_scores(curves["scores"], words), key="scores")


def _render_segments(report: dict[str, Any], metadata: ModelMetadata, words: OutcomeWords) -> None:
    """Show figures by month and source, the worst first."""
    segments = report.get("segments") or {}
    if not segments:
        return
    st.subheader("Where it is weakest", anchor=False)
    added = {key: measure for key, measure in metadata.measures.items() if key not in MEASURES}
    for tab, (name, rows) in zip(st.tabs([plain(name) for name in segments]), segments.items(), strict=True):
        with tab:
            table = pd.DataFrame(rows)
            if table.empty:
                st.caption("No group of 50 leads or more.")
                continue
            shown = pd.DataFrame(
                {
                    name: table["group"],
                    "Leads": table["n"],
                    capital(words.past): 100 * table["base_rate"],
                    "AUC": table["auc"],
                    "Precision": table["precision"],
                    "Recall": table["recall"],
                    **{measure.human: table[key] for key, measure in added.items() if key in table},
                }
            )
            figures = ("AUC", "Precision", "Recall", *(measure.human for measure in added.values()))
            config = {n: st.column_config.NumberColumn(format="%.3f") for n in figures}
            config["Leads"] = st.column_config.NumberColumn(format="localized")
            digits = column_decimals(shown[capital(words.past)])
            config[capital(words.past)] = st.column_config.NumberColumn(format=f"%.{digits}f%%")
            st.dataframe(shown, column_config=config, hide_index=True, placeholder="", alt=f"Figures by {name}")
    st.caption("Out-of-fold, groups of 50 leads or more, the lowest AUC first. A group of a few hundred moves a lot.")


def _render_learning(model: LeadModel, report: dict[str, Any]) -> None:
    """Show what each column is worth, how steadily, and whether more leads would help."""
    worth = model.metadata.importance
    curve = pd.DataFrame(report.get("learning_curve") or [])
    if "learning_curve" in report.get("pending", []):
        render_pending(model, "Whether more leads would help")
    if not worth and curve.empty:
        return
    left, right = st.columns(2)
    if worth:
        table = pd.DataFrame(
            [{"human": human_name(c, model.schema), "share": share, "std": std} for c, (share, std) in worth.items()]
        )
        top = (
            table[table["share"] >= 0.001]
            .sort_values("share", ascending=False, kind="stable")
            .head(10)
            .reset_index(drop=True)
        )
        with left:
            render_chart(plot_stability(top), key="stability")
            st.caption("Mean over the folds, with its standard deviation: a wide one means that folds disagree.")
    if not curve.empty:
        with right:
            render_chart(plot_learning(curve), key="learning")
            st.caption(plain(str(report.get("more_leads", ""))))


def _render_facts(metadata: ModelMetadata, words: OutcomeWords) -> None:
    data = metadata.training_data
    period = "no dates"
    if data.period_start and data.period_end:
        period = f"{say_day(data.period_start)} to {say_day(data.period_end)}"
    facts = {
        "Name": metadata.model_id,
        "Leads": f"{data.rows:,} with an outcome, {data.left_out:,} without left out",
        "Calls": " ".join(metadata.calls.sentences(words)) if metadata.calls is not None else "",
        "Period": period,
        capital(words.past): percent(data.base_rate, data.base_rate, 1),
        "Threshold": f"{metadata.threshold:.3f}, chosen on training folds",
        "Calibration": f"{metadata.calibration.get('method')}: {metadata.calibration.get('verdict')}",
        "Left out": "; ".join(f"{name} ({why.rstrip('.')})" for name, why in metadata.excluded.items()) or "no column",
    }
    if metadata.segments is not None:
        facts["Segment models"] = " ".join(metadata.segments.sentences)
    st.markdown("\n".join(f"- **{name}**: {plain(str(result))}" for name, result in facts.items() if result))
