"""Duplicates: leads that are the same person, within a list and against earlier ones, and which of them is kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

SIMILAR = 92
WINDOW = 5
SHARED_BY_TOO_MANY = 20
_WORDS = {
    "id": "same lead number",
    "email": "same e-mail",
    "phone": "same phone",
    "name": "nearly same name, same city",
}


def find_duplicates(people: pd.DataFrame) -> pd.DataFrame:
    """Find which leads repeat another, and which of each person's leads is kept.

    Two leads are one person if they share an e-mail or a phone (see `contact_keys`), or if their city is the same,
    their names differ by a letter or so and no contact detail speaks against it. Names are compared with their five
    neighbours in alphabetical order (sorted neighbourhood, Hernandez and Stolfo, 1995). A detail that more than 20
    leads of the new list give identifies nobody.

    Kept is a lead of an earlier list; else the one with the most ways to reach it; else the first.

    Parameters
    ----------
    people
        ``email`` and ``phone`` (Int64 hashes or NA), ``name`` and ``city`` (text or NaN), ``earlier`` (bool).

    Returns
    -------
    pandas.DataFrame
        Same rows: ``kept``, the position of the lead that is kept, -1 where it is this one; ``why``, in words.

    Examples
    --------
    >>> keys = pd.array([7, 7, None], dtype="Int64")
    >>> people = pd.DataFrame({"email": keys, "phone": pd.array([None, 5, 6], dtype="Int64"), "earlier": False})
    >>> find_duplicates(people.assign(name=None, city=None))["kept"].tolist()
    [1, -1, -1]
    """
    edges = [_same(people[key], people["earlier"], key) for key in ("email", "phone") if key in people]
    edges.append(_similar(people))
    pairs = pd.concat([edge for edge in edges if len(edge)] or [pd.DataFrame(columns=["a", "b", "why"])])
    n = len(people)
    kept = np.full(n, -1, dtype="int64")
    why = np.full(n, "", dtype=object)
    if len(pairs):
        from scipy.sparse import coo_array  # slow to load
        from scipy.sparse.csgraph import connected_components

        links = coo_array((np.ones(len(pairs)), (pairs["a"].to_numpy("int64"), pairs["b"].to_numpy("int64"))), (n, n))
        _, group = connected_components(links, directed=False)
        reach = sum((people[key].notna().astype("int64") for key in ("email", "phone") if key in people), start=0)
        order = pd.DataFrame({"group": group, "earlier": people["earlier"].to_numpy(), "reach": reach})
        best = order.sort_values(["earlier", "reach"], ascending=False, kind="stable").groupby("group", sort=False)
        first = best.head(1)
        chosen = pd.Series(first.index.to_numpy(), index=first["group"].to_numpy())
        of_group = chosen.loc[group].to_numpy()
        repeats = of_group != np.arange(n)
        kept[repeats] = of_group[repeats]
        reasons = pd.concat([pairs.rename(columns={"a": "row"}), pairs.rename(columns={"b": "row"})])
        first_reason = reasons.drop_duplicates("row").set_index("row")["why"]
        words = first_reason.reindex(np.arange(n)).fillna("").to_numpy(dtype=object)
        why[repeats] = words[repeats]
    return pd.DataFrame({"kept": kept, "why": why}, index=people.index)


def _same(keys: pd.Series, earlier: pd.Series, name: str) -> pd.DataFrame:
    """Link each lead to the first with the same key."""
    given = pd.DataFrame({"key": keys.to_numpy(dtype=object), "row": np.arange(len(keys)), "new": ~earlier.to_numpy()})
    given = given.dropna()
    groups = given.groupby("key")
    given = given.assign(new=groups["new"].transform("sum"), a=groups["row"].transform("first"))
    shared = given[(given["new"] <= SHARED_BY_TOO_MANY) & (given["a"] != given["row"])]
    return pd.DataFrame({"a": shared["a"].to_numpy(), "b": shared["row"].to_numpy(), "why": _WORDS[name]})


def _similar(people: pd.DataFrame) -> pd.DataFrame:
    """Link leads of one city whose names are nearly the same, where no contact detail speaks against it."""
    given = people[["name", "city"]].notna().all(axis=1).to_numpy()
    rows = np.flatnonzero(given)
    if len(rows) < 2:
        return pd.DataFrame(columns=["a", "b", "why"])
    words = people["name"].iloc[rows].str.casefold().str.findall(r"\w+")
    names = words.map(lambda parts: " ".join(sorted(parts)))
    table = pd.DataFrame(
        {"row": rows, "name": names.to_numpy(), "city": people["city"].iloc[rows].str.casefold().to_numpy()}
    )
    table = table[table["name"].str.contains(" ", regex=False)]  # one word alone is no full name
    table = table.sort_values(["city", "name"], kind="stable").reset_index(drop=True)
    found = []
    for step in range(1, WINDOW + 1):
        left, right = table.iloc[:-step], table.iloc[step:]
        same_city = left["city"].to_numpy() == right["city"].to_numpy()
        a, b = left["row"].to_numpy()[same_city], right["row"].to_numpy()[same_city]
        if not len(a):
            continue
        scores = process.cpdist(
            left["name"].to_numpy()[same_city].tolist(), right["name"].to_numpy()[same_city].tolist(), scorer=fuzz.ratio
        )
        alike = scores >= SIMILAR
        found.append(pd.DataFrame({"a": a[alike], "b": b[alike]}))
    pairs = pd.concat(found) if found else pd.DataFrame(columns=["a", "b"])
    contradicted = np.zeros(len(pairs), dtype=bool)
    for key in ("email", "phone"):
        if key in people and len(pairs):
            one, other = people[key].iloc[pairs["a"]].array, people[key].iloc[pairs["b"]].array
            contradicted |= pd.Series(one != other).fillna(False).to_numpy(dtype=bool)
    return pairs[~contradicted].assign(why=_WORDS["name"])
