"""Comparing on the screen: models side by side, other algorithms on the same folds, searched settings."""

from typing import Any

import pandas as pd
import streamlit as st

from leadscore_core.config import load_settings
from leadscore_core.model.measures import MEASURES
from leadscore_core.model.metadata import LIGHTGBM
from leadscore_core.model.search_space import say_value
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining.jobs import Run, list_runs
from leadscore_core.training.evaluation.model_comparison import MOST as MOST_COMPARED
from leadscore_core.training.evaluation.model_comparison import compare_runs
from pages.retrain.verdict import model_name
from pages.shared import session
from pages.shared.companies import models_of
from pages.shared.components import get_named_model
from pages.shared.moments import say_moment
from pages.shared.sidebar import plain


def render_comparisons(company: str) -> None:
    """Show a company's models side by side, its newest comparison, and the newest search of each algorithm."""
    registry = ModelRegistry(load_settings().models_dir)
    known = {metadata.model_id: metadata for metadata in models_of(company, registry)}
    runs = [run for run in list_runs() if run.state.state == "done" and run.request.schema_name == company]
    _render_model_table(registry.champion_of(company), known)
    board = next((run for run in runs if "leaderboard" in run.report), None)
    st.subheader("Other algorithms on the same folds", anchor=False)
    if board is None:
        st.info("Nothing was compared yet. Under Train, choose Compare algorithms.", icon=":material/info:")
    else:
        _render_leaderboard(board)
    st.subheader("Searched settings", anchor=False)
    searched: dict[str, dict[str, Any]] = {}
    for run in runs:
        if (found := run.report.get("tuning")) is not None:
            searched.setdefault(found.get("algorithm", LIGHTGBM), found)
    if not searched:
        st.info("Nothing was searched yet. Under Train, choose Search settings.", icon=":material/info:")
    for found in searched.values():
        _render_tuning(found)


def _render_model_table(champion: str | None, known: dict[str, Any]) -> None:
    st.subheader("Models side by side", anchor=False)
    if len(known) < 2:
        st.info("There is one model so far. Train another, and both can be compared here.", icon=":material/info:")
        return
    names = {m: model_name(metadata, champion) for m, metadata in known.items()}
    first = [m for m in known if m == champion] + [m for m in known if m != champion]
    chosen = st.multiselect(
        "Models",
        list(known),
        first[:2],
        format_func=names.__getitem__,
        max_selections=MOST_COMPARED,
        key=f"side-by-side-{champion}-{len(known)}",
    )
    if len(chosen) < 2:
        st.caption("Choose at least two.")
        return
    result = compare_runs([get_named_model(model_id) for model_id in chosen])
    short = {m: f"{say_moment(known[m].created_at)}" + (" (in use)" if m == champion else "") for m in chosen}
    if len(set(short.values())) < len(short):
        short = {m: m for m in chosen}
    config = {name: st.column_config.NumberColumn(format="%.4f") for name in short.values()}
    st.dataframe(
        result.figures.rename(columns=short), column_config=config, hide_index=True, height="content",
        placeholder="", alt="Figures side by side",
    )  # fmt: skip
    for model_id, (gap, low, high) in result.paired.items():
        st.caption(
            f"{plain(short[model_id])} against {plain(short[chosen[0]])}, same leads and folds: AUC {gap:+.4f} (95% "
            f"interval {low:+.4f} to {high:+.4f})."
        )
    if result.folds is None:
        st.caption("They were not judged on the same leads in the same folds, so small differences mean nothing.")
    everything = st.toggle("Also what is the same for all", key=session.bind("side-by-side-all", False))
    shown = result.settings if everything else result.settings[result.settings["differs"]]
    st.dataframe(
        shown.drop(columns="differs").rename(columns=short), hide_index=True, height="content",
        placeholder="", alt="Settings side by side",
    )  # fmt: skip


def _render_leaderboard(run: Run) -> None:
    table = pd.DataFrame(run.report["leaderboard"])
    best, used = table.iloc[0], table[table["name"] == LIGHTGBM].iloc[0]
    beaten = table[(table["low"].fillna(0) > 0) & (table["name"] != LIGHTGBM)]
    if beaten.empty:
        st.markdown(f"No algorithm is better than LightGBM for certain (AUC {used['auc']:.4f}).")
    else:
        st.markdown(f"{plain(best['human'])} is better than LightGBM by {best['difference']:.4f} of AUC.")
    gaps = [
        "" if name == LIGHTGBM else f"{gap:+.4f} ({low:+.4f} to {high:+.4f})"
        for name, gap, low, high in table[["name", "difference", "low", "high"]].itertuples(index=False)
    ]
    added = {n: m["human"] for n, m in run.report.get("measures", {}).items() if n not in MEASURES}
    shown = pd.DataFrame(
        {
            "Algorithm": table["human"],
            "AUC": table["auc"],
            "±": table["auc_std"],
            "Against LightGBM": gaps,
            "Precision": table["precision"],
            "Recall": table["recall"],
            "Brier score": table["brier"],
            **{added[name]: table[name] for name in added},
            "Fit": table["fit_seconds"],
            "Score": table["score_seconds"],
        }
    )
    config = {
        name: st.column_config.NumberColumn(format="%.3f")
        for name in ("Precision", "Recall", "Brier score", *added.values())
    }
    config |= {name: st.column_config.NumberColumn(format="%.4f") for name in ("AUC", "±")}
    config["Fit"] = st.column_config.NumberColumn(format="%.1f s", help="Seconds to fit one fold")
    config["Score"] = st.column_config.NumberColumn(format="%.3f s", help="Seconds to score 1,000 leads")
    st.dataframe(
        shown,
        column_config=config,
        hide_index=True,
        height="content",
        placeholder="",
        alt="Algorithms on the same folds",
    )
    st.caption(
        f"{run.request.rows:,} leads, {plain(run.request.data)}; {run.report['split']}. Differences are paired by "
        f"fold, with 95% intervals. {run.report['seconds']:.0f} s in all."
    )
    _render_next_period(table, run.report)
    _render_cautions(run.report)


def _render_next_period(table: pd.DataFrame, report: dict[str, Any]) -> None:
    """Show the same algorithms on the months that followed, where the leads have dates."""
    if "next_auc" not in table:
        if report.get("next_split"):
            st.caption(f"On the months that followed nothing was compared. {plain(report['next_split'])}")
        return
    table = table.sort_values("next_auc", ascending=False, kind="stable")
    rows = table[["name", "next_difference", "next_low", "next_high"]].itertuples(index=False)
    shown = pd.DataFrame(
        {
            "Algorithm": table["human"],
            "AUC": table["next_auc"],
            "Against LightGBM": [
                "" if name == LIGHTGBM else f"{gap:+.4f} ({low:+.4f} to {high:+.4f})" for name, gap, low, high in rows
            ],
            "Precision": table["next_precision"],
            "Recall": table["next_recall"],
            "Brier score": table["next_brier"],
        }
    )
    config = {name: st.column_config.NumberColumn(format="%.3f") for name in ("Precision", "Recall", "Brier score")}
    config["AUC"] = st.column_config.NumberColumn(format="%.4f")
    st.markdown("##### On the months that followed")
    st.dataframe(
        shown, column_config=config, hide_index=True, height="content", placeholder="", alt="Algorithms on later months"
    )
    st.caption(f"{plain(report['next_split'])}. The intervals are those of these months' leads.")


def _render_tuning(result: dict[str, Any]) -> None:
    human = plain(result.get("human", "LightGBM"))
    gap = f"{result['difference']:+.4f} (95% interval {result['low']:+.4f} to {result['high']:+.4f})"
    if result["is_better"]:
        st.markdown(f"{human}: the search helps. AUC {gap} against the settings as they are.")
    else:
        st.markdown(f"{human}: the search gains nothing for certain. AUC {gap} against the settings as they are.")
    values = [say_value(value) for value in result["params"].values()]
    table = pd.DataFrame({"Setting": list(result["params"]), "Found": values})
    st.dataframe(
        table, hide_index=True, height="content", width=420, placeholder="", alt=f"Settings that were found, {human}"
    )
    st.caption(
        f"{result['trials']:,} settings were tried. The difference is honest: in each of five folds the search "
        "ran anew on the training leads alone. Under Train these settings can be used."
    )
    _render_cautions(result)


def _render_cautions(result: dict[str, Any]) -> None:
    for text in result.get("cautions", ()):
        st.warning(plain(text), icon=":material/warning:")
