"""Columns of tables that people read: what their numbers are, so that each is written and sorted as what it is."""

from typing import Literal

Kind = Literal["percent", "points", "ratio", "other"]
_PERCENT = frozenset(
    {
        "Rate",
        "Expected rate",
        "Ranked at",
        "Rate before",
        "All leads of the month",
        "Comparable",
        "Hot",
        "Warm",
        "Cold",
        "Junk",
    }
)
_POINTS = frozenset({"Gap", "Composition", "Residual"})


def column_kind(name: str) -> Kind:
    """Return what the numbers of a column are: percent, points of a rate, a ratio, or amounts.

    Examples
    --------
    >>> column_kind("Rate"), column_kind("Residual"), column_kind("Leads")
    ('percent', 'points', 'other')
    """
    if name in _PERCENT:
        return "percent"
    if name in _POINTS:
        return "points"
    return "ratio" if name == "Against average" else "other"
