"""Columns of tables that people read: what their numbers are, so that each is written and sorted as what it is."""

from typing import Literal

import pandas as pd

from leadscore_core.percent import column_decimals

Kind = Literal["percent", "points", "ratio", "money", "other"]
_PERCENT = frozenset(
    {
        "Rate",
        "Expected rate",
        "Ranked at",
        "Rate before",
        "All leads of the month",
        "Comparable",
        "95% from",
        "Shared with those above",
        "95% to",
        "Hot",
        "Warm",
        "Cold",
        "Junk",
    }
)
_POINTS = frozenset(
    {"Gap", "Composition", "Residual", "Residual from", "Residual to", "Change", "Change from", "Change to"}
)
_MONEY = ("Spend", "Per ", "On junk")
_FEW_DIGITS = 100  # from which on an amount is written without decimals


def column_kind(name: str) -> Kind:
    """Return what the numbers of a column are: percent, points of a rate, a ratio, money, or something else.

    Examples
    --------
    >>> column_kind("Rate"), column_kind("Residual"), column_kind("Per lead (INR)"), column_kind("Leads")
    ('percent', 'points', 'money', 'other')
    """
    if name in _PERCENT:
        return "percent"
    if name in _POINTS:
        return "points"
    if name.startswith(_MONEY):
        return "money"
    return "ratio" if name == "Against average" else "other"


def shown_decimals(name: str, values: pd.Series) -> int:
    """Return how many decimals a column of numbers is shown with."""
    kind = column_kind(name)
    if kind in ("percent", "points"):
        return column_decimals(values)
    if kind == "ratio":
        return 2
    return 2 if kind == "money" and values.abs().median() < _FEW_DIGITS else 0
