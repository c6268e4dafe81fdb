"""What was observed of each value at training, and the keys under which it is kept."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from leadscore_core.model.weights import quantile

BLANK_KEY = ""
OTHER_WORDS = "other words"
_COUNT_TOP = 5
_OWN_SHARE = 0.1
_CUTS = (0.2, 0.4, 0.6, 0.8)


class Observed(NamedTuple):
    """How many training leads had a value, and how many of them converted; sums of weights where there are any."""

    leads: float
    completed: float

    @property
    def rate(self) -> float:
        """Observed conversion, 0-1."""
        return self.completed / self.leads if self.leads else float("nan")


class Ranges(NamedTuple):
    """Ranges of a measured number: their lower ends from the second on, and what each is called."""

    edges: tuple[float, ...]
    names: tuple[str, ...]


class RangeWords(NamedTuple):
    """How a measured number is written, and ranges below and above one."""

    write: Callable[[float], str]
    below: str
    above: str


def learn_ranges(values: pd.Series, words: RangeWords | None = None, weight: np.ndarray | None = None) -> Ranges:
    """Cut numbers into up to five ranges of about as many leads each; a lowest value that many share is its own.

    Parameters
    ----------
    words
        `AMOUNTS` if not given.
    weight
        One a lead, above 0; 1 each if not given.

    Examples
    --------
    >>> learn_ranges(pd.Series([0.0] * 20 + list(range(1, 81)))).names
    ('0', '1 to 20', '21 to 40', '41 to 60', '61 or more')
    """
    write, under, over = words or AMOUNTS
    numbers = values.to_numpy("float64")
    is_known = ~np.isnan(numbers)
    known = numbers[is_known]
    if not len(known):
        return Ranges((), ("any",))
    weight = None if weight is None else weight[is_known]
    cuts = [quantile(known, share, weight, method="higher") for share in _CUTS]
    lowest = known.min()
    above = np.sort(known[known > lowest])
    of_lowest = (known == lowest).mean() if weight is None else np.average(known == lowest, weights=weight)
    own = len(above) > 0 and of_lowest >= _OWN_SHARE
    edges = sorted({float(cut) for cut in cuts if cut > lowest} | ({float(above[0])} if own else set()))
    if not edges:
        return Ranges((), (write(lowest),))
    whole = bool((known % 1 == 0).all())
    ends = [(write(low), write(high - 1 if whole else high)) for low, high in pairwise(edges)]
    middle = [low if low == high else f"{low} to {high}" for low, high in ends]
    first = write(lowest) if own else under.format(write(edges[0]))
    return Ranges(tuple(edges), (first, *middle, over.format(write(edges[-1]))))


def write_year(year: float) -> str:
    """Write a year.

    Examples
    --------
    >>> write_year(1975.0)
    '1975'
    """
    return f"{year:.0f}"


def write_number(number: float) -> str:
    """Write a measured number with as many digits as mean something.

    Examples
    --------
    >>> write_number(1532.0), write_number(2.3333)
    ('1,532', '2.33')
    """
    return f"{number:,.0f}" if number == int(number) or abs(number) >= 1_000 else f"{number:,.3g}"


def write_days(days: float) -> str:
    """Write days from when a lead came to a date.

    Examples
    --------
    >>> write_days(12.0), write_days(-1.0), write_days(0.0)
    ('12 days after', '1 day before', 'the same day')
    """
    if days == 0:
        return "the same day"
    return f"{abs(days):,.0f} day{'' if abs(days) == 1 else 's'} {'after' if days > 0 else 'before'}"


AMOUNTS = RangeWords(write_number, "below {}", "{} or more")
YEARS = RangeWords(write_year, "below {}", "{} or later")
DAYS = RangeWords(write_days, "earlier than {}", "{} or later")


def value_keys(values: pd.Series, is_text: bool, ranges: Ranges | None = None) -> np.ndarray:
    """Return the key under which observed rates are kept: lower-case level, month, range, or the number up to "5+".

    Parameters
    ----------
    values
        A cleaned column.
    is_text
        Whether it holds levels.
    ranges
        Of a column of measured numbers.

    Examples
    --------
    >>> value_keys(pd.Series([0, 1, 7]), is_text=False).tolist()
    ['0', '1', '5+']
    """
    codes, keys = encoded_keys(values, is_text, ranges)
    found: np.ndarray = keys[codes]
    return found


def encoded_keys(values: pd.Series, is_text: bool, ranges: Ranges | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return what `value_keys` does as the place of each value's key, and the keys; a key may stand there twice.

    Each distinct value is written once, however many leads have it.
    """
    if is_text:
        codes, texts = pd.factorize(values)
        keys = [text.casefold() for text in texts.astype("str").tolist()]
        return np.where(codes < 0, len(keys), codes), np.array([*keys, BLANK_KEY], dtype=object)
    if pd.api.types.is_datetime64_any_dtype(values):
        codes, months = pd.factorize(values.to_numpy("datetime64[ns]").astype("datetime64[M]").astype("int64"))
        written = months.astype("datetime64[M]").astype("str").astype(object)
        return codes, np.where(written == "NaT", BLANK_KEY, written)
    if ranges is not None:
        numbers = values.to_numpy("float64")
        places = np.where(np.isnan(numbers), len(ranges.names), np.searchsorted(ranges.edges, numbers, side="right"))
        return places, np.array([*ranges.names, BLANK_KEY], dtype=object)
    codes, counts = pd.factorize(np.minimum(values.to_numpy(), _COUNT_TOP))
    return codes, np.array([f"{_COUNT_TOP}+" if n >= _COUNT_TOP else str(int(n)) for n in counts.tolist()], object)
