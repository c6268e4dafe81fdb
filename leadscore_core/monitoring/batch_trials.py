"""Kept trials: trials of a schema's lists, with the arms of their leads and what became of these."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core.access.permissions import Action
from leadscore_core.config import Settings, load_settings
from leadscore_core.errors import LeadScoreError, StorageError
from leadscore_core.monitoring.batch_leads import known_outcomes_of
from leadscore_core.monitoring.trial import TrialPlan, TrialResult, assign_arms, read_trial
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.monitor_events import TRIAL, MonitorEvent, MonitorEventStore
from leadscore_core.storage.leads.source_table import OUTCOME

_KEYS = ("ls_id_key", "ls_email_key", "ls_phone_key")


def start_trial(plan: TrialPlan, schema_name: str, *, by: str = "", settings: Settings | None = None) -> MonitorEvent:
    """Start a trial: leads of the lists that are kept from now on are in one of its arms.

    Raises
    ------
    LeadScoreError
        If there is another trial of this name.
    """
    store = MonitorEventStore(settings or load_settings())
    if any(event.data["name"] == plan.name for event in store.history(schema_name, TRIAL)):
        raise LeadScoreError(f"There is a trial {plan.name!r} already. Give this one a name of its own.")
    return store.add(MonitorEvent(TRIAL, schema_name, plan.as_json(), author=by), Action.PLAN)


def list_trials(schema_name: str, settings: Settings | None = None) -> list[tuple[TrialPlan, MonitorEvent]]:
    """Return the trials of a schema with when and by whom each was started, the latest first."""
    found = MonitorEventStore(settings or load_settings()).history(schema_name, TRIAL)
    return [(TrialPlan(**event.data), event) for event in found]


def arms_of_batch(batch: Batch, plan: TrialPlan) -> np.ndarray:
    """Return for each lead of a kept list, in its order, whether it is in a trial's first arm.

    A lead goes by its id, else its e-mail, else its phone, so that it is in the same arm on each list; one without any
    goes by its place in this one.

    Raises
    ------
    StorageError
        If the list's file is gone or damaged.
    """
    frame = _read(batch, _KEYS)
    keys = pd.Series([f"{batch.id}:{row}" for row in range(len(frame))], dtype="object")
    for name in reversed([name for name in _KEYS if name in frame]):
        keys = keys.where(frame[name].isna(), name + ":" + frame[name].astype("str"))
    return assign_arms(keys.tolist(), plan)


def read_batch_trial(
    plan: TrialPlan, started: MonitorEvent, settings: Settings | None = None
) -> tuple[TrialResult, int]:
    """Read a trial as it stands, over the lists that were kept since it was started; return how many these are.

    A lead that stands in several lists counts in each; it is in the same arm in all of them.
    """
    settings = settings or load_settings()
    batches = [
        batch
        for batch in BatchStore(settings).list_batches()
        if batch.schema_name == started.schema_name and started.at is not None and batch.created_at >= started.at
    ]
    arms, outcomes = [np.zeros(0, dtype=bool)], [np.zeros(0)]
    for batch in reversed(batches):
        arms.append(arms_of_batch(batch, plan))
        outcomes.append(known_outcomes_of(batch, _read(batch, (OUTCOME,)), settings))
    return read_trial(plan, np.concatenate(arms), np.concatenate(outcomes)), len(batches)


def _read(batch: Batch, wanted: tuple[str, ...]) -> pd.DataFrame:
    try:
        names = [name for name in pq.read_schema(batch.scores_path).names if name in {"ls_row", *wanted}]
        frame: pd.DataFrame = pd.read_parquet(batch.scores_path, columns=names)
    except (OSError, pa.ArrowException) as error:
        raise StorageError(f"{batch.name} is gone or damaged. Upload the list again, or delete it.") from error
    return frame.sort_values("ls_row", kind="stable").reset_index(drop=True)
