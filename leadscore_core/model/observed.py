"""What was observed of each value at training, and the keys under which it is kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

BLANK_KEY = ""
_COUNT_TOP = 5


class Observed(NamedTuple):
    """How many training leads had a value, and how many of them completed the application."""

    leads: int
    completed: int

    @property
    def rate(self) -> float:
        """Observed conversion, 0-1."""
        return self.completed / self.leads if self.leads else float("nan")


def value_keys(values: pd.Series, is_text: bool) -> np.ndarray:
    """Return the key under which observed rates are kept: the lower-case level, the month, or the number up to "5+".

    Parameters
    ----------
    values
        A cleaned column.
    is_text
        Whether it holds levels.

    Examples
    --------
    >>> value_keys(pd.Series([0, 1, 7]), is_text=False).tolist()
    ['0', '1', '5+']
    """
    if is_text:
        return values.str.casefold().fillna(BLANK_KEY).to_numpy(dtype=object)
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.strftime("%Y-%m").fillna(BLANK_KEY).to_numpy(dtype=object)
    clipped = values.clip(upper=_COUNT_TOP)
    return np.array(
        [f"{_COUNT_TOP}+" if value >= _COUNT_TOP else str(int(value)) for value in clipped.tolist()], dtype=object
    )
