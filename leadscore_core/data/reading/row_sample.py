"""Samples of rows: an even choice from all over a list of any length, the same each time."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from leadscore_core.data.reading.chunks import Chunk, chunk_frame

EVIDENCE_ROWS = 50_000


class RowSample:
    """Every row of a short list, and of a long one every second, fourth, eighth and so on, as the list is read.

    Parameters
    ----------
    rows
        The most rows that are kept, and at least half as many where the list has them.

    Examples
    --------
    >>> sample = RowSample(rows=4)
    >>> sample.add(pd.DataFrame({"n": range(6)}))
    >>> sample.add(pd.DataFrame({"n": range(6, 12)}))
    >>> sample.frame()["n"].tolist()
    [0, 4, 8]
    """

    def __init__(self, rows: int = EVIDENCE_ROWS) -> None:
        self.rows = rows
        self._kept: list[pd.DataFrame] = []
        self._step, self._seen = 1, 0

    def add(self, chunk: Chunk) -> None:
        """Take of a chunk what belongs to the sample."""
        first = -self._seen % self._step
        rest = chunk.iloc[first:] if isinstance(chunk, pd.DataFrame) else chunk.slice(first)
        self._kept.append(chunk_frame(rest).iloc[:: self._step])
        self._seen += len(chunk)
        while sum(map(len, self._kept)) > self.rows:
            self._step *= 2
            self._kept = _every_second(self._kept)

    def positions(self) -> np.ndarray:
        """Return the place of each row of the sample in the list, from 0."""
        return np.arange(0, self._seen, self._step)

    def frame(self) -> pd.DataFrame:
        """Return the sample, in the list's order."""
        return pd.concat(self._kept, ignore_index=True) if self._kept else pd.DataFrame()


def sample_rows(chunks: Iterable[Chunk], rows: int = EVIDENCE_ROWS) -> pd.DataFrame:
    """Return the `RowSample` of a list as it is read.

    Examples
    --------
    >>> import pyarrow as pa
    >>> sample_rows([pa.table({"n": range(6)}), pa.table({"n": range(6, 12)})], rows=4)["n"].tolist()
    [0, 4, 8]
    """
    sample = RowSample(rows)
    for chunk in chunks:
        sample.add(chunk)
    return sample.frame()


def _every_second(frames: list[pd.DataFrame]) -> list[pd.DataFrame]:
    thinned, place = [], 0
    for frame in frames:
        thinned.append(frame.iloc[place % 2 :: 2])
        place += len(frame)
    return thinned
