"""What is doubtful about the leads of a list that is counted: rows that repeat others, and dates in the future."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from leadscore_core.analytics.sentences.doubts import DOUBTS
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.validation import row_hashes
from leadscore_core.days import say_day
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.source_table import SourceTable

_DAY = "ls_day"
_TELLS_APART = 0.5  # share of ids that differ, below which they tell nothing


class RepeatedRows:
    """Rows with the id of an earlier one, or the same as one in all columns, found as a list is read."""

    def __init__(self, schema: LeadSchema, mapping: ColumnMapping) -> None:
        self._headers = mapping.headers_of(schema, Role.ID)[:1]
        self._rows: list[np.ndarray] = []
        self._ids: list[pd.Series] = []

    def watch(self, chunks: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """Give chunks on, and remember their rows."""
        for chunk in chunks:
            self._rows.append(row_hashes(chunk))
            for header in self._headers:
                ids = chunk[header].astype("str").str.strip()
                known = chunk[header].notna() & (ids != "")
                self._ids.append(pd.Series(pd.util.hash_array(ids.to_numpy("object"))).where(known.to_numpy()))
            yield chunk

    def doubts(self) -> list[str]:
        """Say how many rows repeat an earlier one; nothing where none does."""
        if not self._rows:
            return []
        again = pd.Series(np.concatenate(self._rows)).duplicated()
        if self._ids:
            ids = pd.concat(self._ids, ignore_index=True)
            known = ids.notna()
            if ids.nunique() >= _TELLS_APART * known.sum():  # ids that a spreadsheet rounded are no ids
                again |= ids.duplicated() & known
        n = int(again.sum())
        return [DOUBTS["repeated"](n=f"{n:,}", rows=f"{len(again):,}")] if n else []


def future_doubts(table: SourceTable, now: pd.Timestamp | None = None) -> list[str]:
    """Say how many leads have a date after tomorrow; nothing where none has.

    Parameters
    ----------
    now
        The time to compare with; that of the clock if not given.
    """
    latest = table.period()[1]
    first = (now or pd.Timestamp.now()).normalize() + pd.Timedelta(days=2)  # tomorrow has begun elsewhere
    if latest is None or latest < first:
        return []
    days = table.groups([_DAY], LeadFilter(section="all"), most=None, worked_with=True)
    n = int(days.loc[pd.to_datetime(days[_DAY]) >= first, "leads"].sum())
    return [DOUBTS["future"](n=f"{n:,}", last=f"{say_day(latest)}")]
