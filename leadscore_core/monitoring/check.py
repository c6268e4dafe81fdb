"""Checking a list: its drift, its performance as far as outcomes are in, the estimate besides, and the verdict."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.schema.column_mapping import check_required
from leadscore_core.errors import StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.monitoring.batch_leads import group_columns, read_batch_leads
from leadscore_core.monitoring.drift import DriftReport, check_drift
from leadscore_core.monitoring.estimate import Estimate, PastPeriod, estimate_figures, past_period, periods_of_training
from leadscore_core.monitoring.label_delay import LabelDelay, estimate_delay, when_due
from leadscore_core.monitoring.performance import (
    MonitoredLeads,
    Performance,
    junk_sentences,
    measure_performance,
)
from leadscore_core.monitoring.sample import plan_sample
from leadscore_core.monitoring.shifts import GroupShift, find_shifts
from leadscore_core.monitoring.verdict import BLIND, Promise, Verdict, promise_of, reach_verdict
from leadscore_core.registry.promotion import targets_of
from leadscore_core.retraining.dataset import batches_with_outcomes
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.training.calls import Calls
from leadscore_core.training.evaluation.seen_leads import seen_in_training
from leadscore_core.training.training_data import read_training_data

_MOST_LISTS = 50
_PROMISED = ("auc", "precision", "recall", "brier")


@dataclass(frozen=True)
class MonitorReport:
    """What the monitor says of a list.

    Attributes
    ----------
    name
        Of the list.
    performance
        On its leads whose outcome is in; ``not_applicable`` says why there is none.
    shifts
        Values of columns whose leads convert otherwise than foretold.
    estimates
        By figure, what scores alone say, where the record of this installation lets it be shown.
    junk
        What became of leads that were put aside, in sentences.
    past
        The past periods that this record is made of.
    """

    name: str
    model_id: str
    rows: int
    verdict: Verdict
    drift: DriftReport
    performance: Performance
    shifts: tuple[GroupShift, ...]
    estimates: dict[str, Estimate]
    promise: Promise | None
    delay: LabelDelay
    junk: tuple[str, ...] = ()
    past: tuple[PastPeriod, ...] = field(default=(), repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "name": self.name,
            "model_id": self.model_id,
            "rows": self.rows,
            "verdict": self.verdict.as_json(),
            "drift": self.drift.as_json(),
            "performance": self.performance.as_json(),
            "shifts": [vars(one) for one in self.shifts],
            "estimates": {name: one.as_json() for name, one in self.estimates.items()},
            "promise": None if self.promise is None else vars(self.promise),
            "junk": list(self.junk),
            "due_after_days": self.delay.due_after or None,
            "past_periods": len(self.past),
        }


def check_list(leads: LeadList, model: LeadModel, *, settings: Settings | None = None) -> MonitorReport:
    """Check a list that is not kept; outcomes that it holds count, those of training leads do not.

    Raises
    ------
    MappingError
        If the list lacks a column that the model needs.
    LeadScoreError
        If it cannot be read.
    """
    settings = settings or load_settings()
    leads = replace(leads, schema=model.schema)
    check_required(leads.mapping, model.schema)
    data = read_training_data(leads, is_strict=False, audited=False)
    cleaned = data.cleaned(model.schema)
    scores = model.propensity(cleaned)
    seen = seen_in_training(model, cleaned, data.identities, count_repeats=False)
    unseen = scores if seen is None else np.where(seen, np.nan, scores)
    monitored = MonitoredLeads(
        unseen,
        data.calls or Calls.unsaid(data.label),
        group_columns(cleaned, model.schema, data.dates),
        model.metadata.threshold,
    )
    past = past_periods(model, settings)
    return _report(data.name, model, cleaned, scores, (monitored, past, settings))


def check_batch(batch: Batch, model: LeadModel, *, settings: Settings | None = None) -> MonitorReport:
    """Check a kept list by a model; where that did not score it, it is scored anew for this alone.

    Raises
    ------
    StorageError
        If the list's file is gone or damaged.
    """
    settings = settings or load_settings()
    stored = read_batch_leads(batch, model.schema, model.metadata.threshold, settings)
    scores, monitored = stored.scores, stored.leads
    if batch.scoring.model_id != model.model_id:
        scores = model.propensity(stored.cleaned)
        monitored = replace(monitored, propensity=scores)
    past = past_periods(model, settings, without=batch.id)
    return _report(batch.name, model, stored.cleaned, scores, (monitored, past, settings))


def past_periods(model: LeadModel, settings: Settings, *, without: str = "") -> list[PastPeriod]:
    """Return the past periods whose outcomes are known: months of training, and kept lists of its schema.

    Parameters
    ----------
    without
        Id of the kept list that is judged, which is no past period of itself.
    """
    found = periods_of_training(model)
    if not settings.has_database:
        return found
    batches = [one for one in BatchStore(settings).list_batches() if one.schema_name == model.schema.name]
    known = batches_with_outcomes([one for one in batches if one.id != without][:_MOST_LISTS], settings)
    for batch in (one for one in reversed(batches) if one.id in known):
        with suppress(StorageError):
            stored = read_batch_leads(batch, model.schema, model.metadata.threshold, settings)
            settled = stored.leads.calls.settled
            known = settled.is_learned & ~np.isnan(stored.leads.propensity)
            period = past_period(
                batch.name,
                settled.outcome[known].astype("int64"),
                stored.leads.propensity[known],
                model.metadata.threshold,
            )
            if period.true["auc"] is not None:
                found.append(period)
    return found


def _report(
    name: str,
    model: LeadModel,
    cleaned: pd.DataFrame,
    scores: np.ndarray,
    about: tuple[MonitoredLeads, Sequence[PastPeriod], Settings],
) -> MonitorReport:
    monitored, past, settings = about
    rules, metadata = settings.monitor, model.metadata
    calls = monitored.calls
    delay = estimate_delay(calls.took, calls.age, calls.called)
    monitored = replace(monitored, calls=when_due(calls))
    promised = {
        figure: float(value)
        for figure in _PROMISED
        if (value := metadata.metrics["cross_validation"].get(figure)) is not None
    }
    targets = targets_of(metadata, settings).model_dump()
    performance = measure_performance(monitored, name, targets=targets, promised=promised)
    drift = check_drift(model, cleaned, scores, rules)
    outside = "The list is outside what was seen." if drift.is_outside or not drift.is_applicable else ""
    estimates = estimate_figures(
        scores, metadata.threshold, past, least=rules.least_periods, outside=drift.not_applicable or outside
    )
    promise = promise_of(metadata)
    verdict = reach_verdict(drift, performance, estimates, promise, rules, model.schema.outcome)
    if verdict.state == BLIND:
        plan = plan_sample(scores, past)
        verdict = replace(verdict, sample=plan.size, is_whole=plan.is_whole)
    columns = [one.name for one in model.schema.inputs if one.name in monitored.groups]
    return MonitorReport(
        name=name,
        model_id=model.model_id,
        rows=len(cleaned),
        verdict=verdict,
        drift=drift,
        performance=performance,
        shifts=tuple(find_shifts(monitored, columns)),
        estimates=estimates,
        promise=promise,
        delay=delay,
        junk=tuple(junk_sentences(monitored, model.schema.outcome)),
        past=tuple(past),
    )
