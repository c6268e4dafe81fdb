"""Cell values: of a column with several values in a cell, a flag for each frequent one and how many there are."""

from collections.abc import Mapping, Sequence

import numpy as np

from leadscore_core.data.cleaning.text import split_values

FLAG, HELD = "__part", "__parts"  # the names of features in models that were saved
MOST_FLAGS = 20
_LEAST_SHARE = 0.01


def learn_values(leads_of: Mapping[str, float], separator: str, least: int) -> tuple[str, ...]:
    """Return the values that get a flag, the most frequent first: at most 20, each of one lead in a hundred at least.

    Parameters
    ----------
    leads_of
        Lower-case text of a cell -> leads that have it.
    separator
        What stands between the values of a cell.
    least
        Leads that a value has at least.

    Examples
    --------
    >>> learn_values({"web; fair": 30, "web": 20, "fax": 1}, ";", 2)
    ('web', 'fair')
    """
    leads: dict[str, float] = {}
    for text, count in leads_of.items():
        for value in dict.fromkeys(split_values(text, separator)):
            leads[value] = leads.get(value, 0) + count
    enough = max(least, _LEAST_SHARE * sum(leads_of.values()))
    ordered = sorted(leads, key=lambda value: (-leads[value], value))
    return tuple(value for value in ordered[:MOST_FLAGS] if leads[value] >= enough)


def flag_values(texts: Sequence[str], separator: str, values: Sequence[str]) -> list[np.ndarray]:
    """Return how many values each text holds, then for each known value 1 where the text holds it; float64.

    Parameters
    ----------
    texts
        Lower-case texts of cells, "" for a blank.
    values
        As from `learn_values`.

    Examples
    --------
    >>> [column.tolist() for column in flag_values(["web; fair", "", "fair"], ";", ["web", "fair"])]
    [[2.0, 0.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 1.0]]
    """
    held = [set(split_values(text, separator)) for text in texts]
    counts = np.array([len(own) for own in held], dtype="float64")
    return [counts, *(np.array([value in own for own in held], dtype="float64") for value in values)]
