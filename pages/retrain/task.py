"""What a run does, on the screen: train, compare or search, with which algorithm and which settings."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from leadscore_core.errors import LeadScoreError
from leadscore_core.model.metadata import LIGHTGBM
from leadscore_core.retraining.jobs import RunTask, list_runs
from pages.shared import session
from pages.shared.controls import plain_error

TASKS = {"train": "Train a model", "compare": "Compare algorithms", "tune": "Search settings"}


@dataclass(frozen=True)
class Chosen:
    """What a person chose: the run, its algorithm (the usual one if empty), its settings, and whether it can start."""

    task: RunTask
    algorithm: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    can_start: bool = True


def choose_task(company: str, n_known: int) -> Chosen:
    """Let a person choose between a retrain, a comparison and a search.

    Parameters
    ----------
    company
        Name of the schema of the leads, of which searched settings are offered.
    n_known
        Leads with an outcome.
    """
    kind = st.segmented_control(
        "What to do",
        list(TASKS),
        format_func=TASKS.__getitem__,
        key=session.bind("train-task", "train"),
        required=True,
    )
    if kind == "compare":
        return Chosen(_choose_compared())
    if kind == "tune":
        return _choose_search(n_known)
    algorithm, usual = _choose_algorithm(n_known, "train-algorithm")
    found = _searched(company, algorithm or usual)
    if found is None:
        return Chosen(RunTask(), algorithm)
    human = found.get("human", "LightGBM")
    if not st.toggle(
        f"Use the settings that the last search of {human} found", key=session.bind("train-searched", False)
    ):
        return Chosen(RunTask(), algorithm)
    return Chosen(RunTask(), algorithm or usual, found["params"])


def _searched(company: str, algorithm: str) -> dict[str, Any] | None:
    """Return what the newest search for settings of an algorithm found on a company's leads."""
    reports = (run.report for run in list_runs() if run.request.schema_name == company)
    found = (report["tuning"] for report in reports if "tuning" in report)
    return next((one for one in found if one.get("algorithm", LIGHTGBM) == algorithm), None)


def _choose_compared() -> RunTask:
    from leadscore_core.model.algorithms import USUAL

    humans = _installed_algorithms()
    offered = [name for name in humans if name != LIGHTGBM]
    chosen = st.multiselect(
        "Beside LightGBM",
        offered,
        [name for name in USUAL if name in offered],
        format_func=humans.__getitem__,
        key="train-algorithms",
    )
    return RunTask(kind="compare", algorithms=(*chosen, LIGHTGBM))


def _choose_search(n_known: int) -> Chosen:
    """Let a person choose whose settings are searched, and for how long; say so where there are none to search."""
    from leadscore_core.training.tuning import searchable

    algorithm, usual = _choose_algorithm(n_known, "tune-algorithm")
    minutes = st.number_input("Minutes to search", 1, 720, 10, key="train-minutes", width=220)
    task = RunTask(kind="tune", minutes=minutes)
    try:
        searched = searchable(algorithm or usual)
    except LeadScoreError as error:
        st.warning(plain_error(error), icon=":material/search_off:")
        return Chosen(task, algorithm, can_start=False)
    return Chosen(task, searched.name)


def _installed_algorithms() -> dict[str, str]:
    """Return what algorithms are called, by name, those of extensions too."""
    from leadscore_core.model.algorithms import known_algorithms

    return {name: known.human for name, known in known_algorithms().items() if known.is_installed}


def _choose_algorithm(n_known: int, key: str) -> tuple[str, str]:
    """Let a person choose an algorithm; return it, empty for the usual one of so many leads, and the usual one."""
    from leadscore_core.model.algorithms import usual_algorithm

    humans = _installed_algorithms()
    name = usual_algorithm(n_known)
    usual = f"Usual: {humans[name]}"
    chosen = st.selectbox(
        "Algorithm", ["", *humans], format_func=lambda known: humans.get(known, usual),
        key=key, width=420,
        help="The usual one is LightGBM; of up to 1,000 leads with an outcome the blend, which picks either or both",
    )  # fmt: skip
    return str(chosen or ""), name
