"""Duplicates: leads that are the same person, within a list and against earlier ones, and which of them is kept."""

import re

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

SIMILAR = 92
WINDOW = 5
SHARED_BY_TOO_MANY = 20
SHARED_BY_OTHERS = 3
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
    leads of the new list give, or more than three of different names, identifies nobody.

    Kept is a lead of an earlier list; else the one with the most ways to reach it; else the first.

    Parameters
    ----------
    people
        ``email`` and ``phone``, and further ones as ``email_2`` (Int64 hashes or NA), ``name`` and ``city`` (text or
        NaN), ``earlier`` (bool).

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
    edges = [_same(people, kind) for kind in ("email", "phone")]
    edges.append(_similar(people))
    pairs = pd.concat([edge for edge in edges if len(edge)] or [pd.DataFrame(columns=["a", "b", "why"])])
    n = len(people)
    first_of = np.full(n, -1, dtype="int64")
    why = np.full(n, "", dtype=object)
    if len(pairs):
        from scipy.sparse import coo_array  # slow to load
        from scipy.sparse.csgraph import connected_components

        links = coo_array((np.ones(len(pairs)), (pairs["a"].to_numpy("int64"), pairs["b"].to_numpy("int64"))), (n, n))
        _, group = connected_components(links, directed=False)
        reach = ways_to_reach(people)
        order = pd.DataFrame({"group": group, "earlier": people["earlier"].to_numpy(), "reach": reach})
        best = order.sort_values(["earlier", "reach"], ascending=False, kind="stable").groupby("group", sort=False)
        first = best.head(1)
        chosen = pd.Series(first.index.to_numpy(), index=first["group"].to_numpy())
        of_group = chosen.loc[group].to_numpy()
        repeats = of_group != np.arange(n)
        first_of[repeats] = of_group[repeats]
        reasons = pd.concat([pairs.rename(columns={"a": "row"}), pairs.rename(columns={"b": "row"})])
        first_reason = reasons.drop_duplicates("row").set_index("row")["why"]
        words = first_reason.reindex(np.arange(n)).fillna("").to_numpy(dtype=object)
        why[repeats] = words[repeats]
    return pd.DataFrame({"kept": first_of, "why": why}, index=people.index)


def key_columns(people: pd.DataFrame, kind: str) -> list[str]:
    """Return the columns that hold keys of a kind: ``email``, ``email_2``, ..

    Examples
    --------
    >>> key_columns(pd.DataFrame(columns=["email", "name", "email_2", "phone"]), "email")
    ['email', 'email_2']
    """
    return [str(name) for name in people.columns if re.fullmatch(rf"{kind}(_\d+)?", str(name))]


def ways_to_reach(people: pd.DataFrame) -> np.ndarray:
    """Return how many e-mails and phones each lead has."""
    columns = [name for kind in ("email", "phone") for name in key_columns(people, kind)]
    return people[columns].notna().sum(axis=1).to_numpy() if columns else np.zeros(len(people), dtype="int64")


def _same(people: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Link each lead to the first with the same key; one that too many leads, or leads of other names give, is none."""
    new = ~people["earlier"].to_numpy()
    parts = []
    for name in key_columns(people, kind):
        rows = np.flatnonzero(people[name].notna().to_numpy())
        parts.append(pd.DataFrame({"key": people[name].iloc[rows].to_numpy("int64"), "row": rows, "new": new[rows]}))
    given = pd.concat(parts) if parts else pd.DataFrame()
    given = given.drop_duplicates() if len(parts) > 1 else given
    given = given[given["key"].duplicated(keep=False)] if len(given) else given
    if given.empty:
        return pd.DataFrame(columns=["a", "b", "why"])
    given = given.sort_values("row", kind="stable")
    groups = given.groupby("key")
    given = given.assign(of_new=groups["new"].transform("sum"), a=groups["row"].transform("first"))
    many = given[groups["row"].transform("size") > SHARED_BY_OTHERS]
    if "name" in people and len(many):  # whose key stands in few leads shares it with few others
        by_key = many.assign(name=people["name"].iloc[many["row"]].str.casefold().to_numpy()).groupby("key")["name"]
        different, named = by_key.nunique(), by_key.count()
        switchboards = different.index[(different > SHARED_BY_OTHERS) & (different == named)]
        given = given[~given["key"].isin(switchboards)]
    shared = given[(given["of_new"] <= SHARED_BY_TOO_MANY) & (given["a"] != given["row"])]
    return pd.DataFrame({"a": shared["a"].to_numpy(), "b": shared["row"].to_numpy(), "why": _WORDS[kind]})


def _similar(people: pd.DataFrame) -> pd.DataFrame:
    """Link leads of one city whose names are nearly the same, where no contact detail speaks against it."""
    given = people[["name", "city"]].notna().all(axis=1).to_numpy()
    rows = np.flatnonzero(given)
    if len(rows) < 2:
        return pd.DataFrame(columns=["a", "b", "why"])
    which, written = pd.factorize(people["name"].iloc[rows])
    words = pd.Series(written).str.casefold().str.findall(r"\w+")
    name_of, names = pd.factorize(words.map(lambda parts: " ".join(sorted(parts))), sort=True)
    which_city, cities = pd.factorize(people["city"].iloc[rows])
    city_of, _ = pd.factorize(pd.Series(cities).str.casefold(), sort=True)
    name, city = name_of[which], city_of[which_city]
    full = np.array([" " in text for text in names], dtype=bool)[name]  # one word alone is no full name
    order = np.lexsort((name[full], city[full]))
    rows, name, city = rows[full][order], name[full][order], city[full][order]
    texts = np.array(names, dtype=object)
    found = []
    for step in range(1, WINDOW + 1):
        near = np.flatnonzero(city[:-step] == city[step:])
        left, right = name[near], name[near + step]
        alike = left == right
        other = np.flatnonzero(~alike)
        if len(other):
            sides = (texts[side[other]].tolist() for side in (left, right))
            alike[other] = process.cpdist(*sides, scorer=fuzz.ratio, score_cutoff=SIMILAR) >= SIMILAR
        found.append(pd.DataFrame({"a": rows[near[alike]], "b": rows[near[alike] + step]}))
    pairs = pd.concat(found)
    contradicted = np.zeros(len(pairs), dtype=bool)
    for kind in ("email", "phone") if len(pairs) else ():
        columns = key_columns(people, kind)
        if not columns:
            continue
        filled, keys = people[columns].notna().to_numpy(), people[columns].fillna(0).to_numpy("int64")
        a, b = pairs["a"].to_numpy("int64"), pairs["b"].to_numpy("int64")
        same_key = (keys[a][:, :, None] == keys[b][:, None, :]) & filled[a][:, :, None] & filled[b][:, None, :]
        both = filled[a].any(axis=1) & filled[b].any(axis=1)
        contradicted |= both & ~same_key.any(axis=(1, 2))
    return pairs[~contradicted].assign(why=_WORDS["name"])
