"""EncodedColumn columns: distinct values, and each lead's place among them."""

from typing import NamedTuple

import numpy as np


class EncodedColumn(NamedTuple):
    """A column of numbers, each of which may stand once for many leads.

    Attributes
    ----------
    values
        Float64, shape (distinct values,), or (leads,) without places.
    places
        Each lead's place among the values, shape (leads,); None where each lead has a value of its own. Columns that
        share one array of places belong together.

    Examples
    --------
    >>> EncodedColumn(np.array([5.0, 7.0]), np.array([0, 0, 1])).of_leads().tolist()
    [5.0, 5.0, 7.0]
    """

    values: np.ndarray
    places: np.ndarray | None = None

    @property
    def n_leads(self) -> int:
        """How many leads there are."""
        return len(self.values if self.places is None else self.places)

    def of_leads(self) -> np.ndarray:
        """Return the value of each lead."""
        return self.values if self.places is None else self.values[self.places]
