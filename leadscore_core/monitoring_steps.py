"""Steps of the monitor, each one call with plain values in and out, for whoever schedules them.

A step may run twice: what a list is found to be is kept once, and a message is posted once. A list that cannot be
checked does not raise: the step returns ``ok`` false and ``why`` beside what it found of the others.
"""

from datetime import timedelta
from typing import Any

from leadscore_core.config import load_settings
from leadscore_core.monitoring.runs import MOST_LISTS, Checked, check_batches, check_outcomes
from leadscore_core.monitoring.webhook import deliver
from leadscore_core.registry.mlflow_tracking import sync_tracking
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.database.engine import now
from leadscore_core.storage.database.outcomes import OutcomeStore

__all__ = ["check_newest", "check_scored", "deliver_messages", "write_tracking"]

StepResult = dict[str, Any]
_BY = "monitor pipeline"


def check_newest(days: int = 35) -> StepResult:
    """Check the kept lists of the last days, and those whose outcomes came in them, and keep what is found.

    Level and slope of the models in use are checked too. At most 12 lists are, those of the latest news first.

    Returns
    -------
    dict
        ``ok`` (all of them could be checked), ``why``, ``lists`` (of each its ``batch`` name, ``state``, whether
        action ``is_due``, and the ``problem`` where it could not be checked), ``due`` (how many ask for action).
    """
    settings = load_settings()
    outcomes, since = OutcomeStore(settings), now() - timedelta(days=days)
    news = {}
    for batch in BatchStore(settings).list_batches() if settings.has_database else []:
        came = outcomes.current(batch)
        news[batch.id] = max(batch.created_at, batch.scoring.scored_at, *([came.recorded_at] if came else []))
    newest = sorted((one for one in news if news[one] >= since), key=news.__getitem__, reverse=True)[:MOST_LISTS]
    store = BatchStore(settings)
    return _result(check_outcomes([store.get(one) for one in newest], settings, by=_BY))


def check_scored(scored: StepResult) -> StepResult:
    """Check a list that was just scored, as `check_newest` does the newest ones.

    Parameters
    ----------
    scored
        As from `score_batch`.
    """
    settings = load_settings()
    return _result(check_batches([BatchStore(settings).get(scored["batch"])], settings, by=_BY))


def deliver_messages() -> StepResult:
    """Post what waits in the webhook's outbox; what nobody takes is tried again the next time.

    Returns
    -------
    dict
        ``sent`` and ``failed``: how many were taken and how many were not.
    """
    settings = load_settings()
    sent, failed = deliver(settings) if settings.has_database else (0, 0)
    return {"sent": sent, "failed": failed}


def write_tracking() -> StepResult:
    """Write down in MLflow what it lacks; a tracking server that is down is a stated result.

    Returns
    -------
    dict
        ``logged`` (names of models that it lacked), ``problem`` (empty if all is well).
    """
    done = sync_tracking(load_settings())
    return {"logged": list(done.logged), "problem": done.problem}


def _result(found: list[Checked]) -> StepResult:
    lists = [
        {
            "batch": one.name,
            "state": "" if one.report is None else one.report.verdict.state,
            "is_due": one.report is not None and one.report.verdict.is_due,
            "problem": one.problem,
        }
        for one in found
    ]
    why = "; ".join(f"{one.name}: {one.problem}" for one in found if one.problem)
    return {"ok": not why, "why": why, "lists": lists, "due": sum(bool(one["is_due"]) for one in lists)}
