"""Earlier scores: which leads of a list stood in an earlier one, and what their score was there."""

import numpy as np
import pandas as pd

from leadscore_core.inference.duplicates import SHARED_BY_TOO_MANY, key_columns


def find_earlier(people: pd.DataFrame, earlier: pd.DataFrame) -> np.ndarray:
    """Return the place of each lead among earlier ones, -1 where it is new.

    An id counts where e-mail or phone agree too; where neither list has these, unless name or moment of creation say
    that it is somebody else's; an e-mail or phone counts unless the ids differ.

    Parameters
    ----------
    people, earlier
        ``id``, ``email``, ``phone`` and further ones (Int64 hashes or NA), ``name`` (text or NaN), ``created``
        (datetime or NaT), of what there is; the newest list of the earlier ones first.

    Examples
    --------
    >>> keys = {"id": pd.array([1, 2], dtype="Int64"), "email": pd.array([8, 9], dtype="Int64")}
    >>> find_earlier(pd.DataFrame(keys), pd.DataFrame({**keys, "id": pd.array([1, 7], dtype="Int64")})).tolist()
    [0, -1]
    """
    found = np.full(len(people), -1, dtype="int64")
    for kind in ("id", "email", "phone"):
        for own in key_columns(people, kind):
            for theirs in key_columns(earlier, kind):
                places = _places(people[own], earlier[theirs])
                open_ = np.flatnonzero((found < 0) & (places >= 0))
                if len(open_):
                    new, old = people.iloc[open_], earlier.iloc[places[open_]]
                    accepted = _is_same_id(new, old) if kind == "id" else ~_differs(new, old, "id")
                    found[open_[accepted]] = places[open_[accepted]]
    return found


def _places(keys: pd.Series, among: pd.Series) -> np.ndarray:
    """Return where each key stands first, -1 where it does not or too many leads of the list have it."""
    first = among.dropna().drop_duplicates()
    where = pd.Series(np.flatnonzero(among.notna() & ~among.duplicated()), index=first.to_numpy("int64"))
    sizes = keys.map(keys.value_counts()).fillna(0)
    places = keys.map(where).where((sizes <= SHARED_BY_TOO_MANY).to_numpy())
    return places.astype("Float64").fillna(-1).to_numpy("float64").astype("int64")


def _is_same_id(new: pd.DataFrame, old: pd.DataFrame) -> np.ndarray:
    agree = _agrees(new, old, "email") | _agrees(new, old, "phone")
    speak = _differs(new, old, "email") | _differs(new, old, "phone")
    silent = ~agree & ~speak
    for name in ("name", "created"):
        if name in new and name in old:
            a, b = new[name].reset_index(drop=True), old[name].reset_index(drop=True)
            if name == "name":
                a, b = a.astype("str").str.casefold(), b.astype("str").str.casefold()
            silent &= (a.eq(b) | a.isna() | b.isna()).to_numpy(dtype=bool)
    return agree | silent


def _agrees(new: pd.DataFrame, old: pd.DataFrame, kind: str) -> np.ndarray:
    result = np.zeros(len(new), dtype=bool)
    for own in key_columns(new, kind):
        for theirs in key_columns(old, kind):
            a, b = new[own].reset_index(drop=True), old[theirs].reset_index(drop=True)
            result |= a.eq(b).fillna(False).to_numpy(dtype=bool)
    return result


def _differs(new: pd.DataFrame, old: pd.DataFrame, kind: str) -> np.ndarray:
    """Tell where both have keys of a kind and share none."""

    def has(frame: pd.DataFrame) -> np.ndarray:
        given: np.ndarray = frame[key_columns(frame, kind)].notna().any(axis=1).to_numpy(dtype=bool)
        return given

    return has(new) & has(old) & ~_agrees(new, old, kind)
