"""Records: a list's figures and verdict are kept, and a change that is certain is posted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from filelock import FileLock

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_may
from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import ConflictError
from leadscore_core.monitoring.check import MonitorReport
from leadscore_core.monitoring.sample import SamplePlan
from leadscore_core.monitoring.webhook import post_later
from leadscore_core.registry.mlflow_tracking import sync_soon
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.monitor_events import (
    RECALIBRATION,
    SAMPLE,
    SAMPLE_BACK,
    TRIAL,
    TRIAL_END,
    VERDICT,
    MonitorEvent,
    MonitorEventStore,
)
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.training.calls import Calls
from leadscore_core.upkeep.webhook_setting import webhook_fault

_MOST_COLUMNS = 12
_LOCK, _PATIENCE = ".verdicts.lock", 60


@dataclass(frozen=True)
class TimelineEntry:
    """One thing on the time axis; ``kind`` is batch, outcomes, model or that of an event, the ids are what to open."""

    at: datetime
    kind: str
    title: str
    detail: str = ""
    batch_id: str | None = None
    model_id: str = ""


def figures_of(report: MonitorReport) -> dict[str, Any]:
    """Return the figures of a list that are kept: small, and without any lead."""
    auc, drift = report.performance.auc, report.drift
    estimate = report.estimates.get("auc")
    columns = {one.name: [round(one.psi, 4), round(one.js, 4), one.effect] for one in drift.found[:_MOST_COLUMNS]}
    return {
        "name": report.name,
        "rows": report.rows,
        "state": report.verdict.state,
        "reasons": list(report.verdict.reasons),
        "is_certain": report.verdict.is_certain,
        "known": report.performance.known,
        "found": report.performance.found,
        "expected": report.performance.expected,
        "auc": None if auc is None else [auc.value, auc.low, auc.high],
        "estimate": None if estimate is None else [estimate.value, estimate.low, estimate.high],
        "columns": columns,
        "outside": list(drift.outside),
        "apart": None if drift.apart is None else drift.apart.auc,
    }


def save_report(report: MonitorReport, batch: Batch, *, by: str = "", settings: Settings | None = None) -> bool:
    """Keep a list's figures and verdict where they changed, in MLflow too, and tell whether the state is another.

    The first verdict on a list is another state. A change of the state that is certain is put into the outbox of the
    webhook, of a first verdict where it asks for action; none is while the webhook is not set up right, which its
    users are told (see `webhook_fault`). Of several that look at once each change is kept once.

    Raises
    ------
    StorageError
        If they cannot be kept.
    """
    settings = settings or load_settings()
    with FileLock(settings.data_dir / _LOCK, timeout=_PATIENCE):
        is_new, is_another = _save_change(report, batch, by, settings)
    if is_new:
        sync_soon(settings)
    return is_another


def _save_change(report: MonitorReport, batch: Batch, by: str, settings: Settings) -> tuple[bool, bool]:
    """Keep a verdict and what is to be posted of it, and tell whether it is new, and whether its state is another."""
    store = MonitorEventStore(settings)
    data = json.loads(json.dumps(figures_of(report), default=float))
    before = next(iter(store.history(batch.schema_name, VERDICT, batch_id=batch.id, most=1)), None)
    if before is not None and before.data == data:
        return False, False
    store.add(MonitorEvent(VERDICT, batch.schema_name, data, report.model_id, batch.id, by))
    was = None if before is None else before.data["state"]
    is_another = was != report.verdict.state
    is_news = is_another and report.verdict.is_certain and (was is not None or report.verdict.is_due)
    if is_news and webhook_fault(settings.monitor) is None:
        post_later(
            {
                "event": "verdict",
                "list": batch.name,
                "list_id": batch.id,
                "schema": batch.schema_name,
                "model_id": report.model_id,
                "state": report.verdict.state,
                "before": was,
                "reasons": list(report.verdict.reasons),
                "action": report.verdict.action,
            },
            settings,
        )
    return True, is_another


def save_sample(
    plan: SamplePlan, batch: Batch, calls: Calls, *, by: str = "", settings: Settings | None = None
) -> MonitorEvent:
    """Keep which leads of a list were drawn to be called, so that they are marked and evaluated by their design.

    Parameters
    ----------
    calls
        What is known of the calls to the leads of the list, in its order.
    """
    data = plan.as_json() | {"known": plan.rows[_is_known(calls)[plan.rows]].tolist()}
    event = MonitorEvent(SAMPLE, batch.schema_name, data, batch.scoring.model_id, batch.id, by)
    return MonitorEventStore(settings or load_settings()).add(event, Action.PLAN)


def sample_of(batch: Batch, settings: Settings | None = None) -> dict[str, Any] | None:
    """Return the sample that was drawn of a list last; None where none was, or where it was taken back."""
    found = _sample_event(batch, settings or load_settings())
    return None if found is None else found.data


def called_of_sample(drawn: Mapping[str, Any], calls: Calls) -> int:
    """Return how many leads of a sample somebody has called since, or have got an outcome since."""
    return int(_is_known(calls)[drawn["rows"]].sum()) - len(drawn.get("known", []))


def _is_known(calls: Calls) -> np.ndarray:
    """Tell of which leads a call or an outcome is known."""
    return np.asarray((calls.called == 1) | ~np.isnan(calls.came))


def take_sample_back(batch: Batch, calls: Calls, *, by: str = "", settings: Settings | None = None) -> MonitorEvent:
    """Take back the sample that was drawn of a list, so that another can be drawn; what was drawn stays on record.

    Parameters
    ----------
    calls
        What is known of the calls to the leads of the list, in its order.

    Raises
    ------
    AccessError
        If whoever asks may not plan calls.
    ConflictError
        If none is drawn, or some of it was called since: another draw would choose by what came back.
    StorageError
        If it cannot be kept.
    """
    check_may(Action.PLAN)
    settings = settings or load_settings()
    drawn = _sample_event(batch, settings)
    if drawn is None:
        raise ConflictError(f"No leads are drawn of {batch.name}. Draw them first.")
    called = called_of_sample(drawn.data, calls)
    if called:
        raise ConflictError(
            f"{called:,} of the {drawn.data['size']:,} leads that are drawn of {batch.name} were called or got an "
            "outcome since, so they can no longer be taken back. Call the others as well."
        )
    data = {"sample": drawn.id, "size": drawn.data["size"]}
    event = MonitorEvent(SAMPLE_BACK, batch.schema_name, data, batch.scoring.model_id, batch.id, by)
    return MonitorEventStore(settings).add(event, Action.PLAN)


def _sample_event(batch: Batch, settings: Settings) -> MonitorEvent | None:
    store = MonitorEventStore(settings)
    drawn, back = (
        next(iter(store.history(batch.schema_name, kind, batch_id=batch.id, most=1)), None)
        for kind in (SAMPLE, SAMPLE_BACK)
    )
    is_back = drawn is not None and back is not None and back.data["sample"] == drawn.id
    return None if is_back else drawn


def read_timeline(schema_name: str, settings: Settings | None = None) -> list[TimelineEntry]:
    """Return lists, outcomes, changes of the model in use and what the monitor found, the latest first."""
    settings = settings or load_settings()
    outcomes, entries = OutcomeStore(settings), []
    batches = [one for one in BatchStore(settings).list_batches() if one.schema_name == schema_name]
    names = {batch.id: batch.name for batch in batches}
    for batch in batches:
        entries.append(
            TimelineEntry(
                batch.created_at, "batch", batch.name, f"{batch.rows:,} leads", batch.id, batch.scoring.model_id
            )
        )
        entries += [
            TimelineEntry(one.recorded_at, "outcomes", one.file_name, f"{one.known:,} known of {batch.name}", batch.id)
            for one in outcomes.history(batch)
        ]
    registry = ModelRegistry(settings.models_dir)
    entries += [
        TimelineEntry(
            datetime.fromisoformat(change["at"]), "model", change["action"], change["reason"], None, change["model_id"]
        )
        for change in registry.history(schema_name)
    ]
    entries += [
        TimelineEntry(
            event.at, event.kind, *_words(event, names.get(event.batch_id or "")), event.batch_id, event.model_id
        )
        for event in MonitorEventStore(settings).history(schema_name)
        if event.at is not None
    ]
    return sorted(entries, key=lambda one: one.at, reverse=True)


def _words(event: MonitorEvent, batch: str | None) -> tuple[str, str]:
    """Return title and detail of an event, which is about the kept list of a name."""
    data = event.data
    of = "" if batch is None else f"of {batch}"
    if event.kind == VERDICT:
        return f"{data['name']}: {data['state']}", " ".join(data["reasons"])
    if event.kind == SAMPLE:
        return f"{data['size']:,} leads drawn to be called", of
    if event.kind == SAMPLE_BACK:
        return f"{data['size']:,} leads that were drawn taken back", of
    if event.kind == RECALIBRATION:
        return "Recalibration proposed" if data["is_proposed"] else "Calibration checked", str(data["sentence"])
    if event.kind in {TRIAL, TRIAL_END}:
        return f"{data['name']} {'started' if event.kind == TRIAL else 'ended'}", ""
    return str(data.get("name") or data.get("challenger") or event.kind), str(data.get("sentence", ""))
