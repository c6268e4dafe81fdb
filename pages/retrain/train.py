"""Training on the screen: which leads, what may leak, the run and its progress."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pandas as pd
import streamlit as st

from leadscore_core.confidence import FEW_LEADS, describe_need
from leadscore_core.config import load_settings
from leadscore_core.data.schema.schema import TEXT_ROLES
from leadscore_core.data.schema.schema_files import is_shipped
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.percent import column_decimals
from leadscore_core.retraining.dataset_summary import new_since, summarise
from leadscore_core.retraining.jobs import Run, cancel_run, list_runs, read_run, start_run
from leadscore_core.storage.kept_schemas import keep_targets
from leadscore_core.training.exclusions import default_exclusions, explain_exclusions, save_answers
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.training_data import TrainingData
from pages.retrain.labelled_leads import choose_labelled, narrow_labelled
from pages.retrain.state import is_trying_sample
from pages.retrain.targets import ask_targets
from pages.retrain.task import TASKS, choose_task
from pages.shared import session
from pages.shared.companies import list_companies
from pages.shared.components import find_model
from pages.shared.controls import plain_error
from pages.shared.moments import say_moment
from pages.shared.sidebar import plain
from pages.shared.turns import take_training

_VERBS = {"train": "Train on", "compare": "Compare on", "tune": "Search on"}
_DOING = {"train": "Training on", "compare": "Comparing algorithms on", "tune": "Searching settings on"}
_EXPLAINED = {
    "train": "Ten folds, then each month by a model of the months before it, then the model in use on the same leads; "
    "about a minute for 20,000 leads.",
    "compare": "Each algorithm on the same five folds; about a minute for 20,000 leads, longer with CatBoost. No model "
    "comes of it.",
    "tune": "Half the time judges the search itself, inside each of five folds. Searching the same leads again goes on "
    "where the last search ended.",
}


def render_training(company: str) -> None:
    """Let a person choose leads, look at what may leak, and start a run; show the run that is on."""
    runs = list_runs()
    on = next((run for run in runs if run.is_on), None)
    runs = [run for run in runs if run.request.schema_name in (company, "")]
    if on is not None:
        _render_run(str(on.folder))
        return
    if runs and runs[0].state.state in {"failed", "cancelled"}:
        _render_ended(runs[0])
    if runs and runs[0].state.state == "done":
        st.success(
            f"Trained on {plain(runs[0].request.data)}. Its verdict is in the next section."
            if runs[0].request.task.kind == "train"
            else f"{TASKS[runs[0].request.task.kind]}: done. What came of it is in the section Compare.",
            icon=":material/check:",
        )
    labelled = choose_labelled(company)
    if labelled is None:
        return
    data, key = labelled
    n_known = len(data.known)
    data, narrowed = narrow_labelled(data, key)
    if not _render_check(data, find_model(data.schema.name), (*key, *narrowed)):
        return
    left_out, known_before = _render_audit(data, n_known, key)
    excluded, audit = explain_exclusions(
        data, left_out, sorted(known_before), exclude=sorted(_of_person(data, left_out)), by=session.get_name()
    )
    chosen = choose_task(data.schema.name, len(data.known))
    task = chosen.task
    is_first = data.schema.name not in list_companies()
    targets = ask_targets(data.schema, float(data.known.outcome.mean()), is_first=is_first)
    with st.form("train", border=False):
        segments_by = _choose_segments(data, excluded) if task.kind == "train" else ""
        note = st.text_input("Note", max_chars=300, placeholder="What is new, or why you train", key="train-note")
        if st.form_submit_button(
            f"{_VERBS[task.kind]} {len(data.known):,} leads", type="primary", icon=":material/model_training:",
            disabled=not chosen.can_start,
        ):  # fmt: skip
            try:
                save_answers(data.schema, left_out, known_before, load_settings(), by=session.get_name())
                if not is_shipped(data.schema.name):
                    keep_targets(data.schema, targets, load_settings())
                    data = replace(data, schema=data.schema.model_copy(update={"targets": targets}))
                request = TrainingRequest(
                    excluded=excluded,
                    audit=audit,
                    algorithm=chosen.algorithm,
                    params=chosen.params,
                    note=note,
                    synthetic=is_trying_sample(),
                    capacity=session.get_capacity(),
                    segments_by=segments_by,
                )
                take_training(load_settings())
                start_run(data, request, task=task, by=session.get_name())
            except LeadScoreError as error:
                st.error(plain_error(error), icon=":material/error:")
            else:
                session.set_company(data.schema.name)
                st.rerun()
    st.caption(f"{_EXPLAINED[task.kind]} You can leave this page: the run goes on and is found again.")


def _of_person(data: TrainingData, left_out: set[str]) -> set[str]:
    """Return the inputs that a person left out of those asked about; what its evidence leaves out nobody answered."""
    by_header = {header: name for name, header in data.headers.items()}
    asked = {by_header.get(found.column, found.column) for found in data.findings or ()}
    return (left_out & asked) - default_exclusions(data)


def _choose_segments(data: TrainingData, excluded: Collection[str]) -> str:
    """Let a person choose a category whose values get models of their own; return its name, empty for none."""
    able = [c for c in data.schema.with_role(*TEXT_ROLES) if c.name not in excluded and not c.separator]
    humans = {"": "None", **{c.name: c.human for c in able if c.name in data.columns}}
    with st.expander("Models of their own for some leads", icon=":material/account_tree:"):
        chosen = st.selectbox(
            "By", list(humans), format_func=humans.__getitem__, key="train-segments", width=320,
            help="Each value with 100 leads of either outcome is tried, and gets one where it is better for certain",
        )  # fmt: skip
    return str(chosen or "")


def _render_check(data: TrainingData, model: LeadModel | None, key: tuple[object, ...]) -> bool:
    """Say what these leads are and whether they are enough to learn from."""
    result, past = summarise(data), data.schema.outcome.past
    with st.container(horizontal=True):
        st.metric("Leads", f"{result.rows:,}", border=True, width=170)
        st.metric("Outcome known", f"{result.known:,}", border=True, width=170)
        st.metric(past.capitalize(), f"{result.completed:,}", border=True, width=170)
        st.metric(f"Not {past}", f"{result.not_completed:,}", border=True, width=170)
    if not result.is_enough:
        st.error(
            f"Too few to learn from: {describe_need(result.completed, result.not_completed, past)}. Add leads whose "
            "outcome is known.",
            icon=":material/error:",
        )
        return False
    fresh = None if model is None else session.remembered(("new", model.model_id, *key), lambda: new_since(data, model))
    if fresh is not None:
        st.caption(f"{fresh:,} of these leads are new since the model in use was trained.")
    if result.future:
        st.warning(
            f"{result.future:,} leads are dated in the future. Is the day before the month? Correct the dates, "
            "or choose a period without them.",
            icon=":material/event_busy:",
        )
    if result.known < FEW_LEADS:
        st.warning(f"Below {FEW_LEADS:,} leads every figure has a wide interval.", icon=":material/warning:")
    if len(result.months):
        with st.expander(f"Base rate by month: {len(result.months)} months", icon=":material/calendar_month:"):
            digits = column_decimals(100 * result.months["rate"])
            config = {
                "Month": st.column_config.DateColumn(format="MMM YYYY"),
                past.capitalize(): st.column_config.NumberColumn(format=f"%.{digits}f%%"),
                "Leads": st.column_config.NumberColumn(format="localized"),
            }
            table = result.months.assign(rate=100 * result.months["rate"])
            table.columns = pd.Index(["Month", "Leads", past.capitalize()])
            st.dataframe(
                table, hide_index=True, column_config=config, height="content", placeholder="", alt="Base rate by month"
            )
            st.caption(
                "A last month that is far lower often holds leads too young to have an outcome: leave out its days."
            )
    return True


def _render_audit(data: TrainingData, n_known: int, key: tuple[object, ...]) -> tuple[set[str], set[str]]:
    """Ask about columns that may know the outcome; return inputs that are left out, and that are known before."""
    from leadscore_core.training.cautions import audit_cautions
    from leadscore_core.training.leakage_worth import describe_sample

    by_header = {header: name for name, header in data.headers.items()}
    inputs = {column.name for column in data.schema.inputs}
    asked = {name: f for f in data.findings or () if (name := by_header.get(f.column, f.column)) in inputs}
    left_out = default_exclusions(data)
    if not asked:
        st.success("No column looks as if it knew the outcome.", icon=":material/verified:")
        return left_out, set()
    many = "1 column" if len(asked) == 1 else f"{len(asked)} columns"
    st.subheader(f"Is this known before the first call? {many} to ask about", anchor=False)
    table = pd.DataFrame(
        {
            "Leave out": [name in left_out for name in asked],
            "Known before": [name in data.schema.known_before and name not in left_out for name in asked],
            "Column": [data.schema.by_name[name].human for name in asked],
            "Why it is asked": [f.why for f in asked.values()],
            "AUC with it": [f.auc_with for f in asked.values()],
            "AUC without": [f.auc_without for f in asked.values()],
        }
    )
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=["Column", "Why it is asked", "AUC with it", "AUC without"],
        column_config={
            "Leave out": st.column_config.CheckboxColumn(width="small"),
            "Known before": st.column_config.CheckboxColumn(
                width=130, help="It is known before the first call, so that it is learned from and asked no more"
            ),
            "Why it is asked": st.column_config.TextColumn(width="large"),
            "AUC with it": st.column_config.NumberColumn(format="%.3f", width="small"),
            "AUC without": st.column_config.NumberColumn(format="%.3f", width="small"),
        },
        height="content",
        key=f"audit-{hash(key)}",
    )
    st.caption(
        "What is filled in after the outcome makes a model look good and fail on new leads. Leave it out if unsure; "
        "what is neither left out nor known before stays a question of the verdict. "
        f"{describe_sample(n_known)}"
    )
    for text in audit_cautions(list(asked.values())):
        st.warning(plain(text), icon=":material/warning:")
    answers = zip(asked, edited["Leave out"].tolist(), edited["Known before"].tolist(), strict=True)
    given = {name: (bool(out) and not known, bool(known)) for name, out, known in answers}
    chosen = {name for name, (out, _) in given.items() if out}
    return chosen | (left_out - asked.keys()), {name for name, (_, known) in given.items() if known}


@st.fragment(run_every=1.0)
def _render_run(folder: str) -> None:
    run = read_run(Path(folder))
    if not run.is_on:
        st.rerun()
    by = f" by {plain(run.request.by)}" if run.request.by else ""
    st.markdown(f"## {_DOING[run.request.task.kind]} {run.request.rows:,} leads: {plain(run.request.data)}")
    st.caption(f"Started {say_moment(run.request.asked_at)}{by}. This page can be left.")
    st.progress(min(1.0, run.state.share), text=_progress_words(run))
    if run.state.model_id:
        st.success("The verdict can be read already; the rest is added to it as it is ready.", icon=":material/check:")
    if st.button("Stop", icon=":material/stop:"):
        try:
            cancel_run(run)
        except LeadScoreError as error:
            st.error(plain_error(error), icon=":material/error:")
            return
        st.rerun()
    with st.expander("Log", icon=":material/terminal:"):
        st.code(run.log[-3_000:] or "Nothing yet", language=None)


def _progress_words(run: Run) -> str:
    text = plain(run.state.message)
    if run.state.started_at is None or run.state.share < 0.05:
        return text
    spent = (pd.Timestamp.now("UTC") - pd.Timestamp(run.state.started_at)).total_seconds()
    left = spent * (1 - run.state.share) / run.state.share
    return f"{text}. {spent:.0f} s so far, about {left:.0f} s to go"


def _render_ended(run: Run) -> None:
    """Say how the last run ended if it brought no model."""
    if run.state.state == "failed":
        st.error(plain(run.state.message), icon=":material/error:")
        with st.expander("Log", icon=":material/terminal:"):
            st.code(run.log[-5_000:] or "Nothing", language=None)
    else:
        st.info(plain(run.state.message), icon=":material/info:")
