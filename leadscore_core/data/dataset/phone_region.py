"""Phone region of a list: of which country its phone numbers without a country code are, found from its rows."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pandas as pd

from leadscore_core.data.cleaning.country_evidence import country_headers
from leadscore_core.data.reading.chunks import chunk_frame, select_columns
from leadscore_core.data.reading.reader import iter_chunks, list_files
from leadscore_core.data.schema.column_mapping import CONVENTION_ROWS, ColumnMapping
from leadscore_core.data.schema.phone_region import settle_region
from leadscore_core.data.schema.schema import Role
from leadscore_core.errors import LeadScoreError

if TYPE_CHECKING:
    from leadscore_core.data.dataset.dataset import LeadList


def with_region(leads: LeadList, usual: str, remembered: str | None = None) -> ColumnMapping:
    """Return a list's mapping with the country of its numbers without a country code.

    Parameters
    ----------
    usual
        Of which country they are where the list says nothing.
    remembered
        What a person said before of files with the same headers; it counts only where this list leaves it open.
    """
    headers = leads.mapping.headers_of(leads.schema, Role.PHONE)
    if not headers:
        return settle_region(leads.mapping, leads.schema, pd.DataFrame(), usual)
    headers += [header for header in country_headers(leads.mapping.headers) if header not in headers]
    each = max(1, CONVENTION_ROWS // len(list_files(leads.paths)))
    parts = [pd.DataFrame()]
    for file in list_files(leads.paths):
        with suppress(LeadScoreError):  # why it cannot be read is said when it is read
            chunk = next(iter_chunks(file, sheet=leads.sheet, chunk_rows=each, encoding=leads.encoding))
            parts.append(chunk_frame(select_columns(chunk, headers)))
    return settle_region(leads.mapping, leads.schema, pd.concat(parts, ignore_index=True), usual, remembered)
