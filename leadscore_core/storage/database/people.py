"""People: leads known again across batches by their id, e-mail or phone."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from leadscore_core.config import Settings
from leadscore_core.storage.database.engine import now, open_database
from leadscore_core.storage.database.tables import PersonKeyRow, PersonRow

KINDS = ("id", "email", "phone", "row")
_LOCK = 7_265_310
_CHUNK = 500
Key = tuple[str, str, int]


@dataclass(frozen=True)
class LeadKeys:
    """A lead and what it is known by.

    Attributes
    ----------
    row
        Position in its batch.
    keys
        Kind (id, email, phone, or row where it has none of these), scope (the schema of an id, the batch of a row,
        else empty) and hash.
    """

    row: int
    keys: tuple[Key, ...]


def match_people(leads: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Match leads to people by id, e-mail and phone, where no key that both have speaks against it.

    An id is believed unless e-mail and phone are all somebody else's; an e-mail unless the ids differ; a phone unless
    ids or e-mails differ.

    Parameters
    ----------
    leads
        One row a key: ``at`` (the lead), ``kind``, ``scope``, ``key``.
    people
        One row a key: ``person``, ``kind``, ``scope``, ``key``.

    Returns
    -------
    pandas.DataFrame
        ``at`` and ``person``, one row a lead that was found.

    Examples
    --------
    >>> def keys(name, *rows):
    ...     return pd.DataFrame(rows, columns=[name, "kind", "scope", "key"])
    >>> leads = keys("at", (0, "id", "s", 1), (0, "phone", "", 7), (1, "id", "s", 2), (1, "phone", "", 7))
    >>> match_people(leads, keys("person", (5, "id", "s", 1), (5, "phone", "", 7))).to_dict("list")
    {'at': [0], 'person': [5]}
    """
    pairs = leads.merge(people, on=["kind", "scope", "key"])[["at", "person", "kind"]].drop_duplicates()
    if pairs.empty:
        return pd.DataFrame({"at": pd.Series(dtype="int64"), "person": pd.Series(dtype="int64")})
    table = pairs.assign(yes=True).pivot(index=["at", "person"], columns="kind", values="yes")
    table = table.reindex(columns=list(KINDS)).notna().reset_index()
    own = leads[["at", "kind", "scope"]].drop_duplicates()
    theirs = people[["person", "kind", "scope"]].drop_duplicates()
    both = table[["at", "person"]].merge(own, on="at").merge(theirs, on=["person", "kind", "scope"])
    has = both.drop_duplicates(["at", "person", "kind"]).assign(yes=True)
    has = has.pivot(index=["at", "person"], columns="kind", values="yes").reindex(columns=list(KINDS)).notna()
    has = has.reindex(pd.MultiIndex.from_frame(table[["at", "person"]]), fill_value=False)
    agree = {kind: table[kind].to_numpy() for kind in KINDS}
    differ = {kind: has[kind].to_numpy() & ~agree[kind] for kind in KINDS}
    stranger = agree["id"] & (differ["email"] | differ["phone"]) & ~agree["email"] & ~agree["phone"]
    accepted = (
        (agree["id"] & ~stranger)
        | (agree["email"] & ~differ["id"])
        | (agree["phone"] & ~differ["id"] & ~differ["email"])
        | agree["row"]
    )
    rank = (~agree["id"]) * 4 + (~agree["email"]) * 2 + (~agree["phone"]) * 1
    best = table[["at", "person"]].assign(rank=rank)[accepted].sort_values(["at", "rank", "person"])
    return best.drop_duplicates("at")[["at", "person"]].reset_index(drop=True)


def find_people(session: Session, schema: str, leads: Sequence[LeadKeys]) -> list[int]:
    """Return the person of each lead, made where nobody is known by its keys; new keys of known people are added.

    Parameters
    ----------
    session
        That writes; of two at once, one waits.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    frame = pd.DataFrame(
        [(at, *key) for at, lead in enumerate(leads) for key in lead.keys], columns=["at", "kind", "scope", "key"]
    )
    people = _known(session, schema, frame)
    found = match_people(frame, people)
    person_of = dict(zip(found["at"].tolist(), found["person"].tolist(), strict=True))
    known = set(people.itertuples(index=False, name=None))
    made = _Made()
    result: list[int] = []
    for at, lead in enumerate(leads):
        person = person_of.get(at) or made.find(lead.keys)
        result.append(made.add(lead.keys) if person is None else person)
    ids = _add_people(session, schema, made.count)
    result = [ids[-person - 1] if person < 0 else person for person in result]
    new: list[dict[str, object]] = []
    for person, lead in zip(result, leads, strict=True):
        for key in lead.keys:
            if (person, *key) not in known:
                known.add((person, *key))
                new.append({"person_id": person, "kind": key[0], "scope": key[1], "key": key[2]})
    for start in range(0, len(new), _CHUNK):
        session.execute(insert(PersonKeyRow), new[start : start + _CHUNK])
    return result


class _Made:
    """People to be made, by numbers below 0, found again by the keys of further leads as `match_people` finds them."""

    def __init__(self) -> None:
        self.by_key: dict[Key, list[int]] = {}
        self.keys: dict[int, tuple[Key, ...]] = {}

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.keys)

    def add(self, keys: tuple[Key, ...]) -> int:
        """Add a person and return the number."""
        person = -len(self.keys) - 1
        self.keys[person] = keys
        for key in keys:
            self.by_key.setdefault(key, []).append(person)
        return person

    def find(self, keys: tuple[Key, ...]) -> int | None:
        """Return the person of a lead with these keys, or None."""
        near = sorted({person for key in keys for person in self.by_key.get(key, ())})
        if not near:
            return None
        lead = pd.DataFrame([(0, *key) for key in keys], columns=["at", "kind", "scope", "key"])
        theirs = [(person, *key) for person in near for key in self.keys[person]]
        found = match_people(lead, pd.DataFrame(theirs, columns=["person", "kind", "scope", "key"]))
        return int(found["person"].iloc[0]) if len(found) else None


def _add_people(session: Session, schema: str, number: int) -> list[int]:
    """Add people whom nobody called yet, and return their ids."""
    row = {
        "schema_name": schema,
        "state": "new",
        "attempts": 0,
        "last_result": "",
        "last_by": "",
        "claimed_by": "",
        "updated_at": now(),
    }
    ids: list[int] = []
    for start in range(0, number, _CHUNK):
        rows = [row] * min(_CHUNK, number - start)
        ids += session.scalars(insert(PersonRow).returning(PersonRow.id), rows).all()
    return ids


def _known(session: Session, schema: str, keys: pd.DataFrame) -> pd.DataFrame:
    """Return all keys of the people of a schema who have any of these."""
    ids: set[int] = set()
    for (kind, scope), group in keys.groupby(["kind", "scope"]):
        values = group["key"].unique().tolist()
        for start in range(0, len(values), _CHUNK):
            query = (
                select(PersonKeyRow.person_id)
                .join(PersonRow, PersonRow.id == PersonKeyRow.person_id)
                .where(PersonRow.schema_name == schema, PersonKeyRow.kind == kind, PersonKeyRow.scope == scope)
                .where(PersonKeyRow.key.in_(values[start : start + _CHUNK]))
            )
            ids |= set(session.execute(query).scalars())
    return keys_of(session, sorted(ids))


def keys_of(session: Session, ids: Sequence[int]) -> pd.DataFrame:
    """Return ``person``, ``kind``, ``scope`` and ``key`` of some people."""
    rows: list[tuple[int, str, str, int]] = []
    for start in range(0, len(ids), _CHUNK):
        query = select(PersonKeyRow.person_id, PersonKeyRow.kind, PersonKeyRow.scope, PersonKeyRow.key).where(
            PersonKeyRow.person_id.in_(ids[start : start + _CHUNK])
        )
        rows += [(person, kind, scope, key) for person, kind, scope, key in session.execute(query)]
    return pd.DataFrame(rows, columns=["person", "kind", "scope", "key"]).astype({"person": "int64", "key": "int64"})


def suppressed_keys(settings: Settings) -> dict[tuple[str, int], str]:
    """Return kind (email or phone) and hash of everybody who is not to be called -> ``do_not_call`` or ``customer``.

    Raises
    ------
    StorageError
        If the database cannot be read.
    """
    query = (
        select(PersonKeyRow.kind, PersonKeyRow.key, PersonRow.last_result)
        .join(PersonRow, PersonRow.id == PersonKeyRow.person_id)
        .where(PersonRow.state == "suppressed", PersonKeyRow.kind.in_(["email", "phone"]))
    )
    with open_database(settings).session() as session:
        return {(kind, key): reason for kind, key, reason in session.execute(query)}
