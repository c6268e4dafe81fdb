"""Contributions of any model: Shapley values by sampled orders of the columns, which always sum to the prediction.

For each lead of a background, the columns of that lead are replaced by those of the lead to be explained, one after the
other in an order drawn once; what each step changes is that column's contribution (Strumbelj and Kononenko, 2014).
Every order is used forwards and backwards, so that what columns do together is shared evenly between them.
"""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from leadscore_core.model.cell_values import FLAG, HELD
from leadscore_core.model.features import COUNT, LEVEL
from leadscore_core.model.text_words import WORD, WORDS

_ROWS_AT_ONCE = 100_000
_SUFFIX = re.compile(rf"({LEVEL}|{COUNT}|{HELD}|{FLAG}\d+|{WORDS}|{WORD}\d+)$")


def sampled_contributions(
    margin: Callable[[pd.DataFrame], np.ndarray], leads: pd.DataFrame, background: pd.DataFrame, *, seed: int = 0
) -> np.ndarray:
    """Return each feature's contribution to the margin of each lead, and the base value last.

    Parameters
    ----------
    margin
        Takes features and returns one margin a lead, whatever other leads are with it.
    leads, background
        Features, same columns; the base value is the mean margin of the background.

    Returns
    -------
    numpy.ndarray
        Shape (leads, features + 1); rows sum to the margin. A text's level and count move together, and their
        contribution stands with the level.

    Examples
    --------
    >>> leads = pd.DataFrame({"a": [1.0], "b": [5.0]})
    >>> background = pd.DataFrame({"a": [0.0, 0.0], "b": [4.0, 2.0]})
    >>> sampled_contributions(lambda f: (f["a"] + 2 * f["b"]).to_numpy(), leads, background).tolist()
    [[1.0, 4.0, 6.0]]
    """
    groups = _groups(list(leads.columns))
    values = np.zeros((len(leads), leads.shape[1] + 1))
    start = margin(background)
    values[:, -1] = start.mean()
    if leads.empty:
        return values
    orders = _orders(len(groups), len(background), seed)
    at_once = max(1, _ROWS_AT_ONCE // (len(background) * len(groups)))
    for first in range(0, len(leads), at_once):
        rows = slice(first, first + at_once)
        values[rows, :-1] = _contributions(margin, leads.iloc[rows], background, start, groups, orders)
    return values


def _contributions(
    margin: Callable[[pd.DataFrame], np.ndarray],
    leads: pd.DataFrame,
    background: pd.DataFrame,
    start: np.ndarray,
    groups: list[list[int]],
    orders: list[np.ndarray],
) -> np.ndarray:
    own, others = leads.to_numpy("float64"), background.to_numpy("float64")
    steps = []
    for other, order in zip(others, orders, strict=True):
        swapped = np.tile(other, (len(own), 1))
        for group in order[:-1]:
            swapped[:, groups[group]] = own[:, groups[group]]
            steps.append(swapped.copy())
    if steps:
        margins = margin(pd.DataFrame(np.concatenate(steps), columns=leads.columns))
        margins = margins.reshape(len(orders), len(groups) - 1, len(own))
    else:
        margins = np.empty((len(orders), 0, len(own)))
    end = margin(leads)
    added = np.zeros(own.shape)
    for place, order in enumerate(orders):
        path = np.vstack([np.full(len(own), start[place]), margins[place], end])
        for step, group in enumerate(order):
            added[:, groups[group][0]] += path[step + 1] - path[step]
    return added / len(orders)


def _groups(names: list[str]) -> list[list[int]]:
    """Return the places of features that belong to the same text column."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        found.setdefault(_SUFFIX.sub("", name), []).append(place)
    return list(found.values())


def _orders(n_groups: int, n_orders: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(n_groups) for _ in range((n_orders + 1) // 2)]
    return [order for forwards in drawn for order in (forwards, forwards[::-1])][:n_orders]
