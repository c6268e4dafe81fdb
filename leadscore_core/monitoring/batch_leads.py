"""Kept leads: the leads of kept lists with what was foretold of them and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from leadscore_core.batches.called import calls_of_batch
from leadscore_core.config import Settings
from leadscore_core.data.schema.schema import TEXT_ROLES, LeadSchema, Role
from leadscore_core.errors import StorageError
from leadscore_core.monitoring.label_delay import when_due
from leadscore_core.monitoring.performance import MonitoredLeads
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.leads.dimensions import LEARNED, UNSEEN
from leadscore_core.storage.leads.source_table import OUTCOME
from leadscore_core.training.calls import Calls, join_calls

MONTH, WEEK, BATCH, MODEL = "month", "week", "batch", "model"


@dataclass(frozen=True, eq=False)
class BatchLeads:
    """The leads of a kept list: ``cleaned`` as the model saw them, ``scores`` what it said, ``leads`` the rest."""

    batch: Batch
    cleaned: pd.DataFrame
    scores: np.ndarray
    leads: MonitoredLeads


def read_batch_leads(batch: Batch, schema: LeadSchema, threshold: float, settings: Settings) -> BatchLeads:
    """Return the leads of a kept list, in the list's order.

    A lead that the model learned from counts with what a model that had not seen it said. Outcomes are due after as
    many days as those of this list take, where dates tell it.

    Raises
    ------
    StorageError
        If its file is gone or damaged.
    """
    try:
        frame = pd.read_parquet(batch.scores_path).sort_values("ls_row", kind="stable").reset_index(drop=True)
    except (OSError, pa.ArrowException) as error:
        raise StorageError(f"{batch.name} is gone or damaged. Upload the list again, or delete it.") from error
    cleaned = frame[[name for name in frame.columns if not str(name).startswith("ls_")]]
    scores = frame["ls_propensity"].to_numpy("float64")
    unseen = frame[UNSEEN].to_numpy("float64", na_value=np.nan) if UNSEEN in frame else scores
    if UNSEEN not in frame and LEARNED in frame:
        unseen = np.where(frame[LEARNED].fillna(False).to_numpy(bool), np.nan, scores)
    came = known_outcomes_of(batch, frame, settings)
    stamp = schema.one(Role.TIMESTAMP)
    dates = cleaned[stamp.name] if stamp is not None and stamp.name in cleaned else None
    calls, _ = calls_of_batch(batch, schema, came, dates, settings)
    restored = np.zeros(len(frame), dtype=bool)
    restored[DecisionStore(settings).restored_rows(batch)] = True
    leads = MonitoredLeads(
        propensity=unseen,
        calls=Calls.unsaid(came) if calls is None else when_due(calls),
        groups=group_columns(cleaned, schema, dates).assign(**{BATCH: batch.name, MODEL: batch.scoring.model_id}),
        threshold=threshold,
        restored=restored,
    )
    return BatchLeads(batch, cleaned, scores, leads)


def known_outcomes_of(batch: Batch, frame: pd.DataFrame, settings: Settings) -> np.ndarray:
    """Return the outcomes of a list's leads, NaN where there is none; what came back goes before the list's own."""
    came = frame[OUTCOME].to_numpy("float64", na_value=np.nan) if OUTCOME in frame else np.full(len(frame), np.nan)
    known = OutcomeStore(settings).known(batch)
    if known:
        came = came.copy()
        came[np.fromiter(known, dtype="int64")] = np.fromiter(known.values(), dtype="float64")
    return came


def group_columns(cleaned: pd.DataFrame, schema: LeadSchema, dates: pd.Series | None) -> pd.DataFrame:
    """Return by what leads are grouped: month and week of their coming, and every column of levels."""
    levels = [one.name for one in schema.inputs if one.role in TEXT_ROLES and one.name in cleaned]
    groups = cleaned[levels].reset_index(drop=True)
    if dates is None:
        return groups
    came = dates.reset_index(drop=True)
    monday = (came - pd.to_timedelta(came.dt.day_of_week, unit="D")).dt.strftime("%Y-%m-%d")
    return groups.assign(**{MONTH: came.dt.strftime("%Y-%m"), WEEK: monday})


def join_leads(parts: Sequence[MonitoredLeads]) -> MonitoredLeads:
    """Return the leads of several lists as one."""
    first = parts[0]
    return replace(
        first,
        propensity=np.concatenate([one.propensity for one in parts]),
        calls=join_calls([one.calls for one in parts]),
        groups=pd.concat([one.groups for one in parts], ignore_index=True),
        restored=np.concatenate(
            [np.zeros(len(one.propensity), bool) if one.restored is None else one.restored for one in parts]
        ),
    )
