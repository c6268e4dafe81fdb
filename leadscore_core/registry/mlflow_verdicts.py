"""Verdicts in MLflow: what the monitor found of each list that a model scored, as steps of that model's run."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

from leadscore_core.config import Settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.registry.mlflow_place import metric_name

if TYPE_CHECKING:  # neither is loaded where no list is kept
    from mlflow import MlflowClient

    from leadscore_core.storage.database.monitor_events import MonitorEvent

UNTIL_TAG, EACH_TAG, VERDICT_TAG = "leadscore.verdicts_until", "batch_each", "verdict"
_NUMBERS, _RANGES = ("rows", "known", "found", "expected", "apart"), ("auc", "estimate")
_MOST_TEXT = 5_000
_OVERLAP = timedelta(hours=1)  # a verdict may be kept after a later one was written down; MLflow keeps equal ones once


def read_verdicts(settings: Settings, schemas: set[str]) -> dict[str, list[MonitorEvent]]:
    """Return model -> what the monitor kept of lists of these schemas, the oldest first; nothing without a database."""
    if not settings.has_database:
        return {}
    from leadscore_core.storage.database.monitor_events import VERDICT, MonitorEventStore

    store = MonitorEventStore(settings)
    found: dict[str, list[MonitorEvent]] = {}
    try:
        events = list(chain.from_iterable(store.history(schema, VERDICT) for schema in sorted(schemas)))
    except LeadScoreError:  # models are written down without it
        return {}
    for event in reversed(events):
        found.setdefault(event.model_id, []).append(event)
    return found


def newest_of(verdicts: dict[str, list[MonitorEvent]]) -> dict[str, str]:
    """Return model -> until when its verdicts are known."""
    return {model_id: _moment(own[-1]).isoformat() for model_id, own in verdicts.items()}


def log_verdicts(client: MlflowClient, run_id: str, verdicts: list[MonitorEvent]) -> None:
    """Write down the verdicts that a model's run lacks: figures, one step each, and which list and state each is.

    A list goes by its id: its name, and the values of its columns, may say who somebody is.
    """
    from mlflow.entities import Metric, RunTag

    if not verdicts:
        return
    until = client.get_run(run_id).data.tags.get(UNTIL_TAG, "")
    since = datetime.fromisoformat(until) if until else None
    if since is not None and _moment(verdicts[-1]) <= since:
        return
    for event in (one for one in verdicts if since is None or _moment(one) > since - _OVERLAP):
        at = round(_moment(event).timestamp() * 1_000)
        figures = figures_of(event.data)
        client.log_batch(run_id, metrics=[Metric(name, value, at, event.id) for name, value in figures.items()])
    latest = [f"{one.id}: {one.data['state']}, list {one.batch_id or 'not kept'}" for one in reversed(verdicts)]
    tags = {
        VERDICT_TAG: verdicts[-1].data["state"],
        EACH_TAG: "; ".join(latest)[:_MOST_TEXT],
        UNTIL_TAG: _moment(verdicts[-1]).isoformat(),
    }
    client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])


def figures_of(data: dict[str, Any]) -> dict[str, float]:
    """Return the figures of a verdict under the names of MLflow's metrics: numbers alone, and no value of any lead.

    Examples
    --------
    >>> figures_of({"name": "Monday", "rows": 300, "auc": [0.8, 0.75, 0.85], "estimate": None, "columns": {}})
    {'batch_rows': 300.0, 'batch_auc': 0.8, 'batch_auc_low': 0.75, 'batch_auc_high': 0.85}
    """
    found = {f"batch_{name}": data.get(name) for name in _NUMBERS}
    for name in _RANGES:
        named = (f"batch_{name}", f"batch_{name}_low", f"batch_{name}_high")
        found |= dict(zip(named, data.get(name) or (), strict=False))
    found |= {metric_name("batch_psi", column): shift[0] for column, shift in data.get("columns", {}).items()}
    return {name: float(value) for name, value in found.items() if value is not None and math.isfinite(value)}


def _moment(event: MonitorEvent) -> datetime:
    if event.at is None:
        raise LeadScoreError("A verdict that is not kept has no moment.")
    return event.at
