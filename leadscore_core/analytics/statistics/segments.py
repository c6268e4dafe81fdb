"""Segments: groups of leads by one or two columns that convert far below, or far above, the average."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from leadscore_core.analytics.statistics.rates import (
    FALSE_DISCOVERIES,
    compare_with_rest,
    control_discoveries,
)
from leadscore_core.confidence import wilson_intervals

LEAST_LEADS = 50
MOST_SHOWN = 10
FAR = 0.2
_MOSTLY_THE_SAME = 0.8


def find_segments(
    groups: pd.DataFrame, all_k: float, all_n: float, *, most: int = MOST_SHOWN, tested: bool = True
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find where targeting is off: groups of one column or two that convert far less, or more, than all others do.

    Each group is tested against the rest, and all tests together are corrected for the search (Benjamini and Hochberg);
    only groups whose whole interval is a fifth below or above the average are listed. A group of two columns is
    listed only where it differs from the groups of one that are listed already; a group of mostly the same leads as
    another is not listed twice.

    Parameters
    ----------
    groups
        ``first``, ``first_value``, ``second``, ``second_value`` (a column of the lead and its value; None in ``second``
        for groups of one column, None in a value where it is blank), ``n`` and ``k``. Groups below 50 leads are left
        out.
    all_k, all_n
        Conversions and leads of everybody.
    most
        Rows of each table.
    tested
        Whether ``k`` was counted; where it is only expected, groups whose rate is a fifth away are listed as they are.

    Returns
    -------
    below, above
        Columns as given, ``rate``, ``low``, ``high`` (0-1, Wilson 95%), ``q``, ``at_average`` (conversions that the
        average would have brought) and ``difference`` (``k`` less these), the largest first.

    Examples
    --------
    >>> groups = pd.DataFrame({"first": "source", "first_value": ["a", "b"], "second": None, "second_value": None})
    >>> below, above = find_segments(groups.assign(n=[100, 100], k=[5, 95]), 100, 200)
    >>> below["first_value"].tolist(), below["difference"].tolist(), above["first_value"].tolist()
    (['a'], [-45.0], ['b'])
    """
    groups = groups[(groups["n"] >= LEAST_LEADS) & (groups["n"] < all_n)].reset_index(drop=True)
    n, k = groups["n"].to_numpy("float64"), groups["k"].to_numpy("float64")
    average = all_k / all_n if all_n else 0.0
    low, high = wilson_intervals(k, n)
    result = groups.assign(
        rate=k / n,
        low=low,
        high=high,
        q=control_discoveries(compare_with_rest(k, n, all_k, all_n)),
        at_average=n * average,
        difference=k - n * average,
    )
    if not tested:
        result = result.assign(low=result["rate"], high=result["rate"], q=np.nan)
    certain = result[result["q"] < FALSE_DISCOVERIES] if tested else result
    fewer = certain[certain["high"] < average * (1 - FAR)].sort_values("difference", kind="stable")
    more = certain[certain["low"] > average * (1 + FAR)].sort_values("difference", ascending=False, kind="stable")
    overlaps = _overlaps(groups)
    return _distinct(fewer, overlaps, most), _distinct(more, overlaps, most)


Key = tuple[str, str | None]


def _keys(row: tuple[object, ...]) -> list[Key]:
    first, first_value, second, second_value = (None if pd.isna(cell) else str(cell) for cell in row)  # type: ignore[call-overload]
    own: list[Key] = [(str(first), first_value)]
    return own if second is None else [*own, (second, second_value)]


def _overlaps(groups: pd.DataFrame) -> dict[frozenset[Key], float]:
    """Return for pairs of single groups the share of their leads that is in both (Jaccard, 1901)."""
    rows = groups[["first", "first_value", "second", "second_value"]].itertuples(index=False, name=None)
    sizes = {tuple(_keys(row)): n for row, n in zip(rows, groups["n"].tolist(), strict=True)}
    shares = {}
    for keys, n in sizes.items():
        if len(keys) == 2:
            either = sum(sizes.get((key,), n) for key in keys) - n
            shares[frozenset(keys)] = n / either if either else 1.0
    return shares


def _distinct(found: pd.DataFrame, overlaps: dict[frozenset[Key], float], most: int) -> pd.DataFrame:
    """Keep groups that say something new, the largest first."""
    places: list[int] = []
    results: list[tuple[list[Key], float, float]] = []
    rows: Sequence[tuple[object, ...]] = list(
        found[["first", "first_value", "second", "second_value"]].itertuples(index=False, name=None)
    )
    edges = found[["low", "high"]].to_numpy()
    for place, row in enumerate(rows):
        keys = _keys(row)
        low, high = edges[place]
        again = False
        for others, other_low, other_high in results:
            same = all(
                any(key == other or overlaps.get(frozenset((key, other)), 0.0) >= _MOSTLY_THE_SAME for key in keys)
                for other in others
            )
            again |= same and (len(keys) <= len(others) or not (high < other_low or low > other_high))
            if len(others) > len(keys):
                again |= any(key in keys for key in others) and not (high < other_low or low > other_high)
        if again:
            continue
        places.append(place)
        results.append((keys, float(low), float(high)))
        if len(places) == most:
            break
    return found.iloc[np.array(places, dtype="int64")].reset_index(drop=True)
