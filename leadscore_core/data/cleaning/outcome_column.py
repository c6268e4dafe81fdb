"""The outcome's column of a list: its values counted over all of its rows."""

from collections import Counter
from collections.abc import Iterable

import pandas as pd
from pandas.api.extensions import ExtensionArray

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.cleaning.outcome_values import count_values
from leadscore_core.data.reading.chunks import Chunk, chunk_frame, select_columns
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import LeadSchema


def count_column(chunks: Iterable[Chunk], header: str) -> dict[str, int]:
    """Count the values of one column of a list as they are written, "" for blank.

    Parameters
    ----------
    chunks
        The list's rows in chunks (see `iter_chunks`); a chunk that lacks the column counts as blank.
    """
    counts: Counter[str] = Counter()
    for chunk in chunks:
        frame = chunk_frame(select_columns(chunk, [header]))
        counts.update(count_values(frame[header]) if header in frame else {"": len(chunk)})
    return dict(counts)


def known_outcomes(chunk: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping) -> ExtensionArray | None:
    """Return what a list itself says of its leads' outcomes: 1, 0 or NA as Int8; None where it has no such column."""
    label = schema.label
    if label is None or label.name not in mapping.used:
        return None
    raw = mapping.apply(chunk, schema)
    return clean_leads(raw[[label.name]], schema)[label.name].astype("Int8").array
