"""Weights of training leads as somebody gives them: numbers, or the header of the column that holds them."""

from typing import Any

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.parsing import parse_numbers
from leadscore_core.errors import LeadScoreError

_LEAST_SHARE = 0.01


def read_weights(given: Any, frame: pd.DataFrame) -> np.ndarray:
    """Return the weight of each lead.

    Parameters
    ----------
    given
        One number of 0 or more a row of the frame, or the header of a column of it.

    Raises
    ------
    LeadScoreError
        If there is no such column, or the weights do not fit the leads.

    Examples
    --------
    >>> read_weights("w", pd.DataFrame({"w": ["1", "2.5"]})).tolist()
    [1.0, 2.5]
    """
    if isinstance(given, str):
        if given not in frame.columns:
            raise LeadScoreError(
                f"There is no column {given!r} to take weights from. Give the header as it is written."
            )
        given = frame[given] if pd.api.types.is_numeric_dtype(frame[given]) else parse_numbers(frame[given]).values
    weight = np.asarray(given, dtype="float64").ravel()
    if len(weight) != len(frame):
        raise LeadScoreError(f"There are {len(weight):,} weights for {len(frame):,} leads. Give one a lead.")
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise LeadScoreError("A weight is a number of 0 or more. Give every lead one.")
    if weight.sum() < _LEAST_SHARE * len(weight):
        raise LeadScoreError(
            f"The weights sum to {weight.sum():.3g}, as if there were so few leads; a weight of 1 is a lead. Multiply "
            f"them, for instance by {len(weight) / max(weight.sum(), 1e-12):.3g}."
        )
    return weight
