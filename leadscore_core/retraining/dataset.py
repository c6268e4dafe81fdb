"""The leads to train on: labelled files and batches whose outcomes came back, as one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core.batches.called import calls_of_batch
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.errors import LabelError
from leadscore_core.retraining.conversion_dates import with_conversion_dates
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.contacts import ContactStore
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.leads.source_table import OUTCOME
from leadscore_core.training.call_columns import NOBODY_SAYS
from leadscore_core.training.calls import ATTEMPTS
from leadscore_core.training.training_data import TrainingData, join_training_data, read_training_data

UPLOADED = "uploaded"
SETTLING = ("converted", "not_interested", "wrong_number", "do_not_call")


def read_labelled(
    lists: Sequence[LeadList],
    batches: Sequence[Batch],
    schema: LeadSchema,
    settings: Settings | None = None,
    *,
    audited: bool = True,
    called: Mapping[str, str] | None = None,
) -> TrainingData:
    """Return labelled leads of files and of batches, each cleaned once.

    Outcomes that came back go before those of a list itself.

    Parameters
    ----------
    audited
        Whether to look for columns that may know the outcome.
    called
        What a person says of who was called, for `UPLOADED` lists and by the id of a batch: header of the column that
        says it, `ATTEMPTS` where those that are kept do, `NOBODY_SAYS`; found if not given.

    Raises
    ------
    LabelError
        If none of them has an outcome.
    LeadScoreError
        If one cannot be read.
    """
    settings, said = settings or load_settings(), called or {}
    many = len(lists) + len(batches) > 1
    parts = [
        _of_file(replace(leads, schema=schema), audited=audited and not many, called=said.get(UPLOADED))
        for leads in lists
    ]
    parts += [_of_batch(batch, schema, settings, said.get(batch.id)) for batch in batches]
    data = join_training_data(parts)
    if np.isnan(data.label).all():
        raise LabelError(
            "None of these leads has an outcome. Bring a file with a column that says what became of each lead, or "
            "bring outcomes for a kept list on the Sources page first."
        )
    return data.audited() if audited and data.findings is None else data


def _of_file(leads: LeadList, *, audited: bool, called: str | None) -> TrainingData:
    data = read_training_data(leads, is_strict=False, audited=audited, called=called)
    return with_conversion_dates(leads, data)


def _of_batch(batch: Batch, schema: LeadSchema, settings: Settings, said: str | None) -> TrainingData:
    leads = LeadList([batch.leads_path], schema, batch.mapping)
    column = said if said != ATTEMPTS else NOBODY_SAYS
    data = replace(read_training_data(leads, is_strict=False, audited=False, called=column), name=batch.name)
    known = OutcomeStore(settings).current(batch)
    came = data.label.copy() if data.calls is None else data.calls.came.copy()
    if known is not None:
        back = pd.read_parquet(known.path)
        came[back["ls_row"].to_numpy()] = back["ls_completed"].to_numpy("float64")
    if data.calls is not None:  # a column of the list says who was called
        return replace(data, label=came, calls=replace(data.calls, came=came)).settled()
    counts = None if said is None else said == ATTEMPTS
    calls, evidence = calls_of_batch(batch, schema, came, data.dates, settings, counts=counts)
    if evidence is not None:
        data = replace(data, call_columns=(*data.call_columns, evidence))
    return replace(data, label=came, calls=calls).settled()


def batches_with_outcomes(batches: Sequence[Batch], settings: Settings | None = None) -> dict[str, int]:
    """Return how many outcomes are known of each batch that has any, by its id."""
    settings = settings or load_settings()
    store, found = OutcomeStore(settings), {}
    for batch in batches:
        known = store.current(batch)
        own = _own_outcomes(batch.scores_path)
        by_calls = 0 if known is not None or own else _settled_by_calls(batch, settings)
        if known is not None or own or by_calls:
            found[batch.id] = max(own, by_calls, known.known if known else 0)
    return found


def _settled_by_calls(batch: Batch, settings: Settings) -> int:
    """Return how many leads of a batch said yes or no when they were called from it."""
    made = ContactStore(settings).of_batch(batch.id)
    return len({one.row for one in made if one.result in SETTLING})


def _own_outcomes(path: Path) -> int:
    try:
        if OUTCOME not in pq.read_schema(path).names:
            return 0
        column = pq.read_table(path, columns=[OUTCOME])[OUTCOME]
    except (OSError, pa.ArrowException):
        return 0
    return len(column) - column.null_count
