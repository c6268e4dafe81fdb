"""Kept trials: trials of a schema's lists, with the arms of their leads and what became of these."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NoReturn

import numpy as np
import pandas as pd

from leadscore_core.batches.trial_arms import arms_of
from leadscore_core.batches.view import BatchView, open_view
from leadscore_core.config import CONTACT_RULES, Settings, load_settings
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.errors import LeadScoreError, RegistryError
from leadscore_core.monitoring.batch_leads import read_batch_leads
from leadscore_core.monitoring.shadow import shadow_of
from leadscore_core.monitoring.trial import TrialResult, read_trial
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.registry.served import known_schema
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.claims import ClaimStore
from leadscore_core.storage.database.contacts import ContactStore
from leadscore_core.storage.database.trials import Trial, TrialPlan, TrialStore
from leadscore_core.storage.leads.filters import LeadFilter

_PUT_ASIDE = (*CONTACT_RULES, "low_propensity")


@dataclass(frozen=True)
class TrialReading:
    """A trial as it stands: what it says, of how many lists, and of how many of these nothing came back yet."""

    result: TrialResult
    lists: int
    silent: int = 0


def start_trial(plan: TrialPlan, schema_name: str, *, by: str = "", settings: Settings | None = None) -> Trial:
    """Start a trial: leads of the lists that are kept from now on are in one of its arms, and are called by it.

    One of challenger and champion compares the model in the shadow with the one in use.

    Raises
    ------
    LeadScoreError
        If there is another trial of this name, another runs, or no model runs in the shadow to be compared.
    """
    settings = settings or load_settings()
    if plan.kind == "model":
        challenger = shadow_of(schema_name, settings)
        champion = ModelRegistry(settings.models_dir).champion_of(schema_name)
        if challenger is None or champion is None or challenger == champion:
            raise LeadScoreError("No challenger runs in the shadow, so there is none to compare. Choose one first.")
        plan = replace(plan, challenger=challenger, champion=champion)
    return TrialStore(settings).start(plan, schema_name, by=by)


def end_trial(trial: Trial, *, by: str = "", settings: Settings | None = None) -> None:
    """End a trial: its lists are called in the usual order again, and nobody is held out.

    What waits in their queues is filled anew; what was planned for a caller stays until it is planned again.
    """
    settings = settings or load_settings()
    TrialStore(settings).end(trial, by=by)
    claims = ClaimStore(settings)
    for batch in _lists_of(trial, settings):
        claims.clear_waiting(batch)


def list_trials(schema_name: str, settings: Settings | None = None) -> list[Trial]:
    """Return the trials of a schema, the latest first."""
    return TrialStore(settings or load_settings()).history(schema_name)


def read_batch_trial(trial: Trial, settings: Settings | None = None) -> TrialReading:
    """Read a trial as it stands, over the lists that were kept while it ran and of which something came back.

    A lead counts as converted or not so far. Where two orders are compared and calls are kept, those count that were
    called first while it ran: of as many calls in either order it is how many more the one brought. Else all leads of
    the call list count, called or not. A person counts once, and not who was called before; nor who is put aside.

    Raises
    ------
    StorageError
        If a list's file is gone or damaged.
    """
    settings = settings or load_settings()
    batches = _lists_of(trial, settings)
    schema = known_schema(trial.schema_name, settings) if batches else None
    arms, outcomes, silent, held_known = [np.zeros(0, dtype=bool)], [np.zeros(0)], 0, 0
    for batch in reversed(batches):
        assert schema is not None  # noqa: S101  # for the type checker
        found = _read_list(batch, trial, schema, settings)
        silent += found is None
        if found is not None:
            arms.append(found[0])
            outcomes.append(found[1])
            held_known += found[2]
    first, outcome = np.concatenate(arms), np.concatenate(outcomes)
    if trial.plan.kind == "holdout" and not held_known:
        outcome = np.full(len(outcome), np.nan)
    return TrialReading(read_trial(trial.plan, first, outcome), len(batches), silent)


def _lists_of(trial: Trial, settings: Settings) -> list[Batch]:
    return [batch for batch in BatchStore(settings).list_batches() if trial.covers(batch)]


def _read_list(
    batch: Batch, trial: Trial, schema: LeadSchema, settings: Settings
) -> tuple[np.ndarray, np.ndarray, int] | None:
    """Return arm and outcome of a list's leads that count, and of how many of the second arm one is known.

    None where no outcome of the list came back.
    """
    kept, arms = read_batch_leads(batch, schema, 0.5, settings), arms_of(batch, trial, settings)
    came = kept.leads.calls.came
    if np.isnan(came).all():
        return None
    view = open_view(batch, _no_model, schema, settings=settings)
    counts = ~arms.again
    for reason in _PUT_ASIDE:
        counts[view.table.rows_of(LeadFilter(section="quarantine", reason=reason))] = False
    contacts = view.standing.contacts
    counts[contacts.row[contacts.suppressed_by == "customer"]] = False
    first_call = _first_calls(view, settings)
    counts &= ~(first_call < _moment(trial.started)).to_numpy()
    if trial.plan.kind != "holdout" and (kept.leads.calls.called == 1).any():
        until = pd.Timestamp.max if trial.ended is None else _moment(trial.ended)
        counts &= (first_call <= until).to_numpy()
    known = int((~np.isnan(came) & counts & ~arms.first).sum())
    return arms.first[counts], (came == 1).astype("float64")[counts], known


def _first_calls(view: BatchView, settings: Settings) -> pd.Series:
    """Return when each lead's person was called first, in UTC, on whatever list; NaT where nobody did."""
    contacts = view.standing.contacts
    rows = contacts.attempts > 0
    made = ContactStore(settings).attempted(contacts.person[rows])
    first = pd.to_datetime(made["at"], utc=True).dt.tz_localize(None).groupby(made["person_id"]).min()
    found = pd.Series(pd.NaT, index=range(view.batch.rows), dtype="datetime64[us]")
    found.iloc[contacts.row[rows]] = first.reindex(contacts.person[rows]).to_numpy("datetime64[us]")
    return found


def _moment(at: datetime) -> pd.Timestamp:
    return pd.Timestamp(at).tz_convert("UTC").tz_localize(None)


def _no_model(model_id: str) -> NoReturn:
    raise RegistryError(f"The model {model_id} is not needed to read a trial.")
