"""Keys of results: what the rows of a sheet are known by among kept lists, and as whose numbers its phones are read."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd

from leadscore_core.batches.outcome_files import KNOWN_BY, saved_schemas, with_keys
from leadscore_core.batches.outcome_keys import read_keys
from leadscore_core.batches.result_files import ResultFile, ResultTable
from leadscore_core.config import Settings
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.schema.column_mapping import CONVENTION_ROWS
from leadscore_core.data.schema.phone_region import RegionReading, read_as, settle_region
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import LeadScoreError
from leadscore_core.storage.database.batches import BatchStore


def open_table(table: ResultTable, schema: LeadSchema, settings: Settings) -> LeadList:
    """Return a sheet as a list of a schema, with what its rows are known by.

    Raises
    ------
    LeadScoreError
        If it cannot be read as one.
    """
    leads = open_list(table.path, schema, options=ListOptions(sheet=table.sheet), settings=settings)
    mapping, first = leads.mapping, table.cells.head(CONVENTION_ROWS)
    if not any(column.name in mapping.used for column in schema.with_role(*KNOWN_BY)):
        mapping = settle_region(with_keys(mapping, schema, first), schema, first, settings.phone_region)
    if table.region is not None:
        said = {"said_region": table.region, "phone_region": table.region, "region_choices": ()}
        said |= {"region_note": "as was said"} if mapping.region_note else {}
        mapping = mapping.model_copy(update=said)
    return replace(leads, mapping=mapping)


def read_table_keys(table: ResultTable, leads: LeadList, region: str, settings: Settings) -> pd.DataFrame:
    """Return what a sheet's rows are known by (see `match_leads`).

    Parameters
    ----------
    leads
        The sheet as it was opened.
    region
        Country of phone numbers without a country code, where the sheet does not show it.
    """
    own = settings.model_copy(update={"phone_region": region})
    keys = read_keys(table.cells.mask(table.cells == ""), leads, own)
    at = table.at.astype("int64").where(table.at.notna(), np.nan).astype("float64")
    return keys.assign(outcome=np.arange(len(keys), dtype="float64"), later=at.to_numpy())


def read_region(file: ResultFile, settings: Settings) -> RegionReading | None:
    """Return as whose numbers the phones of files of results are read; None where they leave no doubt.

    It is a question where neither a file nor a list of such leads shows it.
    """
    batches = BatchStore(settings).list_batches() if settings.has_database else []
    for table in file.tables:
        for schema in saved_schemas(settings) if not table.has_key else []:
            with suppress(LeadScoreError):  # a file that cannot be read as lists of this kind may be one of another
                mapping = open_table(table, schema, settings).mapping
                if not mapping.region_note or not mapping.headers_of(schema, Role.PHONE):
                    continue
                if table.region is None and mapping.region_choices:
                    own = {batch.mapping.phone_region for batch in batches if batch.schema_name == schema.name}
                    if own & {*mapping.region_choices[1:]}:  # each list's leads are known by its own
                        continue
                return read_as(mapping)
    return None
