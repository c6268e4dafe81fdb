"""Frames of many columns: pandas warns, and slows down, where columns are added to them one by one."""

from collections.abc import Mapping

import pandas as pd


def with_columns(frame: pd.DataFrame, columns: Mapping[str, object]) -> pd.DataFrame:
    """Return a frame with columns of the same length behind its own, all at once; of a name it has, the new one counts.

    Examples
    --------
    >>> with_columns(pd.DataFrame({"a": [1, 2], "b": [3, 4]}), {"a": [5, 6], "c": [7, 8]}).columns.tolist()
    ['b', 'a', 'c']
    """
    beside = pd.DataFrame(dict(columns), index=frame.index)
    return pd.concat([frame.drop(columns=list(columns), errors="ignore"), beside], axis=1)
