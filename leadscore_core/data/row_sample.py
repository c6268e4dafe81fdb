"""Samples of rows: an even choice from all over a list of any length, the same each time."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from leadscore_core.data.parts import Part, part_frame

EVIDENCE_ROWS = 50_000


def sample_rows(parts: Iterable[Part], rows: int = EVIDENCE_ROWS) -> pd.DataFrame:
    """Return every row of a short list, and of a long one every second, fourth, eighth and so on.

    Parameters
    ----------
    parts
        The list as it is read.
    rows
        The most rows that come, and at least half as many where the list has them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> sample_rows([pa.table({"n": range(6)}), pa.table({"n": range(6, 12)})], rows=4)["n"].tolist()
    [0, 4, 8]
    """
    kept: list[pd.DataFrame] = []
    step, seen = 1, 0
    for part in parts:
        first = -seen % step
        kept.append(
            part_frame(part.slice(first) if not isinstance(part, pd.DataFrame) else part.iloc[first:]).iloc[::step]
        )
        seen += len(part)
        while sum(map(len, kept)) > rows:
            step *= 2
            kept = _every_second(kept)
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()


def _every_second(kept: list[pd.DataFrame]) -> list[pd.DataFrame]:
    thinned, place = [], 0
    for frame in kept:
        thinned.append(frame.iloc[place % 2 :: 2])
        place += len(frame)
    return thinned
