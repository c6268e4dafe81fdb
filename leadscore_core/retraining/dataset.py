"""Gathering: labelled leads of files and of kept lists as one table, without what says who a person is."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import LabelError
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.leads.source_table import OUTCOME


def gather_leads(
    lists: Sequence[LeadList], batches: Sequence[Batch], schema: LeadSchema, settings: Settings | None = None
) -> pd.DataFrame:
    """Return labelled leads of files and of kept lists as one table, under the schema's own names.

    Only what a model may read and the outcome are taken: no name, e-mail, phone or id. Outcomes that came back go
    before those of a list itself.

    Raises
    ------
    LabelError
        If none of them has an outcome.
    LeadScoreError
        If one cannot be read.
    """
    settings = settings or load_settings()
    parts = []
    for leads in lists:
        parts += [_inputs(leads.mapping.apply(chunk, schema), schema) for chunk in leads.chunks()]
    for batch in batches:
        parts.append(_of_batch(batch, schema, settings))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    label = schema.label
    if label is None or label.name not in frame or frame[label.name].isna().all():
        raise LabelError(
            "None of these leads has an outcome. Bring a file with a column that says what became of each lead, or "
            "bring outcomes for a kept list on the Sources page first."
        )
    return frame


def _inputs(raw: pd.DataFrame, schema: LeadSchema) -> pd.DataFrame:
    wanted = [c.name for c in schema.columns if (c.is_input or c.role is Role.LABEL) and c.name in raw.columns]
    return raw[wanted].astype("str")


def _of_batch(batch: Batch, schema: LeadSchema, settings: Settings) -> pd.DataFrame:
    leads = LeadList([batch.leads_path], schema, batch.mapping)
    raw = pd.concat([_inputs(leads.mapping.apply(chunk, schema), schema) for chunk in leads.chunks()])
    raw = raw.reset_index(drop=True)
    known = OutcomeStore(settings).current(batch)
    if known is not None and schema.label is not None:
        came = pd.read_parquet(known.path).set_index("ls_row")["ls_completed"]
        outcome = pd.Series(pd.NA, index=raw.index, dtype="str")
        if schema.label.name in raw:
            outcome = raw[schema.label.name]
        told = came.reindex(raw.index).map({1: "1", 0: "0"}, na_action="ignore").astype("str")
        raw[schema.label.name] = told.where(told.isin(["0", "1"]), outcome)
    return raw


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
