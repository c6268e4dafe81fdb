"""Emptied leads: the files of a batch without what they hold of some people."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadscore_core.batches.find_person import KEY_COLUMN
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.leads.dimensions import OWNER
from leadscore_core.storage.leads.rewriting import blanked, rewrite_parquet
from leadscore_core.storage.leads.source_table import OUTCOME
from leadscore_core.storage.leads.standing import RULE

FORGOTTEN = "Forgotten"
_STAYS = (Role.SOURCE, Role.MEDIUM, Role.PLATFORM, Role.CATEGORY, Role.FLAG, Role.COUNT, Role.INTERACTION)


def write_without(path: Path, aside: Path, batch: Batch, schema: LeadSchema, rows: list[int]) -> None:
    """Write one Parquet of a batch anew, without what it holds of some leads.

    What tells nothing of a person stays (source, medium, platform, categories, flags and counts), so that rates of
    sources stay true; the row stays, since others are known by their place.

    Parameters
    ----------
    rows
        Positions of the leads in the list.

    Raises
    ------
    OSError
        If it cannot be read or written.
    """
    gone = pa.array(rows, pa.int64())
    if path.name.startswith("outcomes-"):
        rewrite_parquet(path, aside, lambda table, _: table.filter(pc.invert(pc.is_in(table["ls_row"], gone))))
    elif path.name.startswith("scores-"):
        values = _empty_scores(pq.read_schema(path), schema)
        rewrite_parquet(
            path, aside, lambda table, _: blanked(table, pc.is_in(table["ls_row"], gone).to_numpy(), values)
        )
    else:
        values = _empty_list(pq.read_schema(path), batch, schema)
        rewrite_parquet(
            path, aside, lambda table, first: blanked(table, np.isin(first + np.arange(len(table)), rows), values)
        )


def _empty_scores(columns: pa.Schema, schema: LeadSchema) -> dict[str, object]:
    """Return what stands in the scores of a lead that was forgotten, where that is not what stood there."""
    empty: dict[str, object] = {name: None for name in columns.names if KEY_COLUMN.fullmatch(name)}
    empty |= dict.fromkeys(("ls_id", "ls_email", "ls_phone", "ls_score_before", "ls_seen_at", OWNER, OUTCOME))
    empty |= dict.fromkeys(("ls_search", "ls_repeat", "ls_row_problem"), "")
    empty |= {"ls_name": FORGOTTEN, f"{RULE}unreachable": True}
    return empty | {column.name: None for column in schema.columns if column.role not in _STAYS}


def _empty_list(columns: pa.Schema, batch: Batch, schema: LeadSchema) -> dict[str, object]:
    """Return what stands in the list's own columns of a lead that was forgotten.

    One text says so, since a row of blanks would be taken for none when the list is scored again.
    """
    mapping = batch.mapping
    staying = {header for role in _STAYS for header in mapping.headers_of(schema, role)}
    empty: dict[str, object] = {name: None for name in columns.names if name not in staying}
    named = [*mapping.headers_of(schema, Role.NAME), *mapping.unused_headers, *empty]
    text = next((name for name in named if name in empty and pa.types.is_string(columns.field(name).type)), None)
    text = text or next((n for n in named if n in empty and pa.types.is_large_string(columns.field(n).type)), None)
    return empty if text is None else empty | {text: FORGOTTEN}
