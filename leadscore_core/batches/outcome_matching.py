"""Matching: which rows of a file of outcomes belong to which leads of a batch, and by what."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from leadscore_core.inference.contact_quality import hash_texts
from leadscore_core.inference.duplicates import key_columns
from leadscore_core.inference.identity import comparable_ids, shared_values

KINDS = ("id", "email", "phone")


@dataclass
class Matches:
    """What came of matching.

    Attributes
    ----------
    pairs
        ``lead`` and ``row`` (positions in the batch's and the file's table) and ``by`` (id, email, phone or moment);
        one a lead, the row that counts.
    matched, ambiguous
        One a row of the file: whether it found its lead; whether all that it could be known by is in doubt.
    contradictory
        Positions of leads of which the file tells both outcomes.
    strangers
        How many leads have the id of a row whose e-mail and phone are somebody else's.
    shared
        Kind of key -> how many values of it are those of several leads, which identify nobody.
    """

    pairs: pd.DataFrame
    matched: np.ndarray
    ambiguous: np.ndarray
    contradictory: list[int] = field(default_factory=list)
    strangers: int = 0
    shared: dict[str, int] = field(default_factory=dict)


def match_people(people: pd.DataFrame, rows: pd.DataFrame) -> Matches:
    """Match rows to leads by id, e-mail and phone, where no key that both have speaks against it.

    An id is believed unless e-mail and phone are all somebody else's; an e-mail unless the ids differ; a phone unless
    ids or e-mails differ. A value that several leads, or rows of different ids, share identifies nobody.

    Parameters
    ----------
    people
        ``id_text`` (text or NaN), ``email``, ``phone`` and further ones as ``email_2`` (Int64 hashes or NA), ``name``.
    rows
        The same but for ``name``, and ``outcome`` (0 or 1); ``later`` (more for a later row, NaN where nothing says
        so), else the lower of two rows counts.

    Examples
    --------
    >>> def table(ids, phones):
    ...     return pd.DataFrame({"id_text": pd.Series(ids, dtype="str"), "phone": pd.array(phones, dtype="Int64")})
    >>> people = table(["A", "B", None], [1, 2, 3])
    >>> found = match_people(people, table(["A", "X", None], [1, 2, 3]).assign(outcome=[1.0, 1.0, 0.0]))
    >>> found.pairs.to_dict("list"), found.ambiguous.tolist()
    ({'lead': [0, 2], 'row': [0, 2], 'by': ['id', 'phone']}, [False, True, False])
    """
    ids = comparable_ids(people["id_text"], rows["id_text"])
    ruined = rows["id_text"].notna() & ids[1].isna()
    people, rows = (
        table.assign(id=hash_texts(own)).reset_index(drop=True) for table, own in zip((people, rows), ids, strict=True)
    )
    own, theirs = {kind: _long(people, kind) for kind in KINDS}, {kind: _long(rows, kind) for kind in KINDS}
    found, shared, doubtful = [], {}, ruined.to_numpy(copy=True)
    for kind in KINDS:
        nobody = _nobody(people, own[kind], kind) | _nobody(rows, theirs[kind], kind, of_rows=True)
        in_doubt = theirs[kind][theirs[kind]["key"].isin(nobody)]
        doubtful[in_doubt["at"].unique()] = True
        if len(in_doubt):
            shared[kind] = int(in_doubt["key"].nunique())
        own[kind] = own[kind][~own[kind]["key"].isin(nobody)]
        theirs[kind] = theirs[kind][~theirs[kind]["key"].isin(nobody)]
        pairs = own[kind].merge(theirs[kind], on="key", suffixes=("_lead", "_row"))
        found.append(pd.DataFrame({"lead": pairs["at_lead"], "row": pairs["at_row"], "kind": kind}))
    if ruined.any():
        shared["id"] = shared.get("id", 0) + int(rows.loc[ruined.to_numpy(), "id_text"].nunique())
    candidates = pd.concat(found, ignore_index=True).drop_duplicates()
    if candidates.empty:
        return Matches(_no_pairs(), np.zeros(len(rows), dtype=bool), doubtful, shared=shared)
    table = candidates.assign(yes=True).pivot(index=["lead", "row"], columns="kind", values="yes")
    table = table.reindex(columns=list(KINDS)).notna().reset_index()
    differ = {}
    for kind in KINDS:
        both = table["lead"].isin(own[kind]["at"]) & table["row"].isin(theirs[kind]["at"])
        differ[kind] = (both & ~table[kind]).to_numpy()
    agree = {kind: table[kind].to_numpy() for kind in KINDS}
    others = differ["email"] | differ["phone"]
    stranger = agree["id"] & others & ~agree["email"] & ~agree["phone"]
    accepted = (
        (agree["id"] & ~stranger)
        | (agree["email"] & ~differ["id"])
        | (agree["phone"] & ~differ["id"] & ~differ["email"])
    )
    by = np.select([agree["id"], agree["email"]], ["id", "email"], "phone")
    taken = table.assign(by=by, rank=np.select([agree["id"], agree["email"]], [0, 1], 2))[accepted]
    best = taken.groupby("lead")["rank"].transform("min") == taken["rank"]
    taken = taken[best].assign(outcome=lambda t: rows["outcome"].to_numpy()[t["row"]])
    twice = taken.groupby("lead")["outcome"].nunique()
    taken["later"] = rows["later"].to_numpy()[taken["row"]] if "later" in rows else np.nan
    in_order = taken.sort_values(["later", "row"], na_position="first")
    last = in_order.drop_duplicates("lead", keep="last").sort_values("lead")
    matched = np.zeros(len(rows), dtype=bool)
    matched[table["row"].to_numpy()[accepted]] = True
    refused = np.zeros(len(rows), dtype=bool)
    refused[table["row"].to_numpy()[~accepted]] = True
    return Matches(
        last[["lead", "row", "by"]].reset_index(drop=True),
        matched,
        (doubtful | refused) & ~matched,
        twice.index[twice > 1].astype("int64").tolist(),
        int(table.loc[stranger & ~accepted, "lead"].nunique()),
        shared,
    )


def match_moments(people: pd.DataFrame, rows: pd.DataFrame) -> Matches:
    """Match by ``moment`` (Int64 hashes or NA), where only one lead and one row have it."""
    own = people["moment"].mask(people["moment"].duplicated(keep=False))
    theirs = rows["moment"].mask(rows["moment"].duplicated(keep=False))
    left = pd.DataFrame({"key": own.to_numpy(dtype=object), "lead": np.arange(len(own))}).dropna()
    right = pd.DataFrame({"key": theirs.to_numpy(dtype=object), "row": np.arange(len(theirs))}).dropna()
    pairs = left.merge(right, on="key")[["lead", "row"]].assign(by="moment")
    matched = np.zeros(len(rows), dtype=bool)
    matched[pairs["row"].to_numpy("int64")] = True
    known = people["moment"].dropna()
    in_doubt = (rows["moment"].isin(known).fillna(False).to_numpy(dtype=bool)) & ~matched
    return Matches(pairs, matched, in_doubt)


def _no_pairs() -> pd.DataFrame:
    return pd.DataFrame(
        {"lead": pd.Series(dtype="int64"), "row": pd.Series(dtype="int64"), "by": pd.Series(dtype="str")}
    )


def _long(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return every key of a kind with the position of its lead, each once."""
    parts = [pd.DataFrame({"key": table[name], "at": np.arange(len(table))}) for name in key_columns(table, kind)]
    empty = pd.DataFrame({"key": pd.array([], dtype="Int64"), "at": np.empty(0, dtype="int64")})
    return pd.concat([empty, *parts], ignore_index=True).dropna().drop_duplicates()


def _nobody(table: pd.DataFrame, keys: pd.DataFrame, kind: str, *, of_rows: bool = False) -> set[object]:
    """Return the values that identify nobody: those of leads, or of rows of different ids, that are not one person."""
    series = keys.set_index("at")["key"]
    if of_rows:
        if kind == "id":
            return set()  # what a file says of an id twice is said twice
        given = table["id"].reindex(series.index)
        if not given.notna().any():
            return set()
        return shared_values(series.reset_index(drop=True), given.reset_index(drop=True))
    details = [table[other].reindex(series.index) for other in KINDS if other != kind and other in table]
    details += [table["name"].str.casefold().reindex(series.index)] if "name" in table else []
    return shared_values(series.reset_index(drop=True), *(detail.reset_index(drop=True) for detail in details))
