"""Runs of the monitor: lists that were kept, scored again or got outcomes are checked, and what is found is kept.

    python -m leadscore_core.monitoring.runs [--outcomes] LIST_ID...

Whoever brings a list or outcomes does not wait: `run_soon` checks in a process of its own, one at a time and with low
priority. A check that fails costs nothing but itself.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from leadscore_core.config import PROJECT_ROOT, Settings, load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.storage.database.batches import Batch, BatchStore

if TYPE_CHECKING:  # loads statistics, which a run does once it is its turn
    from leadscore_core.monitoring.check import MonitorReport

MOST_LISTS = 12
_LOCK, _PATIENCE = ".monitor.lock", 1_800
_turn = Lock()  # whoever waits here is no process yet


@dataclass(frozen=True)
class Checked:
    """What a run found of a list; ``problem`` says why it could not be checked, empty where it could."""

    name: str
    report: MonitorReport | None = None
    problem: str = ""


@dataclass
class MonitorRun:
    """A run in a process of its own; ``is_failed`` says once it has ended whether something could not be checked."""

    thread: Thread = field(repr=False)
    is_failed: bool = True

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self.thread.is_alive()


def check_batches(batches: Iterable[Batch], settings: Settings | None = None, *, by: str = "") -> list[Checked]:
    """Check kept lists by the models that scored them, keep what is found, and post what is certain.

    The newest 12 lists are checked; of an import that tells of more the older ones are past periods of these. A
    challenger in the shadow scores what it has not.

    Returns
    -------
    list of Checked
        One a list, the newest first.

    Raises
    ------
    StorageError
        If the database cannot be reached.
    """
    settings = settings or load_settings()
    newest = sorted(batches, key=lambda batch: (batch.created_at, batch.id), reverse=True)[:MOST_LISTS]
    found = [_check(batch, settings, by) for batch in newest]
    for schema in dict.fromkeys(batch.schema_name for batch in newest):
        found += _score_in_shadow(schema, settings)
    _post(settings)
    return found


def check_outcomes(batches: Iterable[Batch], settings: Settings | None = None, *, by: str = "") -> list[Checked]:
    """Check kept lists whose outcomes came as `check_batches` does, and level and slope of the models in use."""
    from leadscore_core.monitoring.calibration_check import save_calibration

    settings, batches = settings or load_settings(), list(batches)
    found = check_batches(batches, settings, by=by)
    for schema in dict.fromkeys(batch.schema_name for batch in batches):
        try:
            save_calibration(schema, settings, by=by)
        except LeadScoreError as error:
            found.append(Checked(f"Calibration of {schema}", problem=str(error)))
    return found


def run_soon(batch_ids: Iterable[str], settings: Settings, *, outcomes: bool = False) -> MonitorRun | None:
    """Check kept lists in a process of its own, where nobody should wait for it; None where that is switched off.

    Parameters
    ----------
    outcomes
        Whether outcomes of these lists came, so that level and slope are checked too.
    """
    wanted = list(dict.fromkeys(batch_ids))
    if not wanted or not settings.monitor.automatic:
        return None
    env = os.environ | {"LEADSCORE_MODELS_DIR": str(settings.models_dir), "LEADSCORE_DATA_DIR": str(settings.data_dir)}
    words = [sys.executable, "-m", "leadscore_core.monitoring.runs", *["--outcomes"] * outcomes, *wanted]
    quiet: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    quiet |= {"cwd": PROJECT_ROOT, "env": env, "start_new_session": True, "check": False}

    def carry_out() -> None:
        with _turn, suppress(OSError):  # no process can be begun
            run.is_failed = subprocess.run(words, **quiet).returncode != 0  # noqa: S603  # no shell, and words of our own

    run = MonitorRun(Thread(target=carry_out, daemon=True))
    run.thread.start()
    return run


def main(words: Sequence[str] | None = None) -> int:
    """Check the lists of these ids one run at a time; return 1 where one of them could not be checked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="+")
    parser.add_argument("--outcomes", action="store_true")
    asked = parser.parse_args(words)
    settings = load_settings()
    check: Callable[..., list[Checked]] = check_outcomes if asked.outcomes else check_batches
    try:
        with FileLock(settings.data_dir / _LOCK, timeout=_PATIENCE):
            there = [batch for batch in BatchStore(settings).list_batches() if batch.id in asked.ids]
            found = check(there, settings)
    except (LeadScoreError, Timeout) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    problems = [f"{one.name}: {one.problem}" for one in found if one.problem]
    sys.stderr.write("".join(f"{problem}\n" for problem in problems))
    return int(bool(problems))


def _check(batch: Batch, settings: Settings, by: str) -> Checked:
    from leadscore_core.monitoring.check import check_batch
    from leadscore_core.monitoring.records import save_report
    from leadscore_core.registry.registry import ModelRegistry

    try:
        model = ModelRegistry(settings.models_dir).load(batch.scoring.model_id)
        report = check_batch(batch, model, settings=settings)
        save_report(report, batch, by=by, settings=settings)
    except LeadScoreError as error:  # a list whose file or model is gone says nothing of the others
        return Checked(batch.name, problem=str(error))
    except Exception as error:  # whatever a check meets, what it stands beside is kept
        return Checked(batch.name, problem=f"A fault of LeadScore's own ({type(error).__name__}).")
    return Checked(batch.name, report)


def _score_in_shadow(schema: str, settings: Settings) -> list[Checked]:
    from leadscore_core.monitoring.shadow import score_in_shadow

    try:
        score_in_shadow(schema, settings)
    except LeadScoreError as error:
        return [Checked("The model in the shadow", problem=str(error))]
    return []


def _post(settings: Settings) -> None:
    from leadscore_core.monitoring.webhook import deliver

    if settings.monitor.webhook_url:
        deliver(settings)


if __name__ == "__main__":
    from leadscore_core.retraining.process import step_back  # a page that starts a run needs none of it

    step_back()
    sys.exit(main())
