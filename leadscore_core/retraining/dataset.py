"""The leads to train on: labelled files and batches whose outcomes came back, as one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.errors import LabelError
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.leads.source_table import OUTCOME
from leadscore_core.training.training_data import TrainingData, join_training_data, read_training_data


def read_labelled(
    lists: Sequence[LeadList],
    batches: Sequence[Batch],
    schema: LeadSchema,
    settings: Settings | None = None,
    *,
    audited: bool = True,
) -> TrainingData:
    """Return labelled leads of files and of batches, each cleaned once.

    Outcomes that came back go before those of a list itself.

    Parameters
    ----------
    audited
        Whether to look for columns that may know the outcome.

    Raises
    ------
    LabelError
        If none of them has an outcome.
    LeadScoreError
        If one cannot be read.
    """
    settings = settings or load_settings()
    many = len(lists) + len(batches) > 1
    parts = [
        read_training_data(replace(leads, schema=schema), is_strict=False, audited=audited and not many)
        for leads in lists
    ]
    parts += [_of_batch(batch, schema, settings) for batch in batches]
    data = join_training_data(parts)
    if np.isnan(data.label).all():
        raise LabelError(
            "None of these leads has an outcome. Bring a file with a column that says what became of each lead, or "
            "bring outcomes for a kept list on the Sources page first."
        )
    return data.audited() if audited and data.findings is None else data


def _of_batch(batch: Batch, schema: LeadSchema, settings: Settings) -> TrainingData:
    leads = LeadList([batch.leads_path], schema, batch.mapping)
    data = replace(read_training_data(leads, is_strict=False, audited=False), name=batch.name)
    known = OutcomeStore(settings).current(batch)
    if known is None:
        return data
    came = pd.read_parquet(known.path)
    label = data.label.copy()
    label[came["ls_row"].to_numpy()] = came["ls_completed"].to_numpy("float64")
    return replace(data, label=label)


def batches_with_outcomes(batches: Sequence[Batch], settings: Settings | None = None) -> dict[str, int]:
    """Return how many outcomes are known of each batch that has any, by its id."""
    settings = settings or load_settings()
    store, found = OutcomeStore(settings), {}
    for batch in batches:
        known = store.current(batch)
        own = _own_outcomes(batch.scores_path)
        if known is not None or own:
            found[batch.id] = max(own, known.known if known else 0)
    return found


def _own_outcomes(path: Path) -> int:
    try:
        if OUTCOME not in pq.read_schema(path).names:
            return 0
        column = pq.read_table(path, columns=[OUTCOME])[OUTCOME]
    except (OSError, pa.ArrowException):
        return 0
    return len(column) - column.null_count
