"""People: leads known again across batches by their id, e-mail or phone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from sqlalchemy import String, cast, func, insert, select, text
from sqlalchemy.orm import Session

from leadscore_core.config import Settings
from leadscore_core.storage.database.engine import now, open_database
from leadscore_core.storage.database.tables import PersonKeyRow, PersonRow

KEYS = pa.schema([("person", pa.int64()), ("kind", pa.string()), ("scope", pa.string()), ("key", pa.int64())])
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


def match_people(leads: Mapping[int, Collection[Key]], people: Mapping[int, Collection[Key]]) -> dict[int, int]:
    """Match leads to people by id, e-mail and phone, where no key that both have speaks against it.

    An e-mail is one person's, whatever the ids; an id is believed unless e-mail and phone are all somebody else's; a
    phone unless ids or e-mails differ. Of several people the one with whom a lead shares more is taken, the id before
    the e-mail.

    Parameters
    ----------
    leads, people
        The keys of each.

    Returns
    -------
    dict
        Lead -> person, of the leads that were found.

    Examples
    --------
    >>> leads = {0: [("id", "s", 1), ("phone", "", 7)], 1: [("id", "s", 2), ("phone", "", 7)]}
    >>> match_people(leads, {5: [("id", "s", 1), ("phone", "", 7)]})
    {0: 5}
    """
    by_key: dict[Key, list[int]] = {}
    for person, keys in people.items():
        for key in keys:
            by_key.setdefault(key, []).append(person)
    found: dict[int, int] = {}
    for at, keys in leads.items():
        near = {person for key in keys for person in by_key.get(key, ())}
        ranked = [(rank, person) for person in near if (rank := _rank(keys, people[person])) is not None]
        if ranked:
            found[at] = min(ranked)[1]
    return found


def _rank(lead: Collection[Key], person: Collection[Key]) -> int | None:
    """Return how well a lead fits a person, 0 best; None where it is somebody else."""
    shared = {kind for kind, _, _ in set(lead) & set(person)}
    both = {key[:2] for key in lead} & {key[:2] for key in person}
    differ = {kind for kind, _ in both} - shared
    is_stranger = bool(differ & {"email", "phone"}) and not shared & {"email", "phone"}
    if (
        ("id" in shared and not is_stranger)
        or "email" in shared
        or ("phone" in shared and not differ & {"id", "email"})
        or "row" in shared
    ):
        return 4 * ("id" not in shared) + 2 * ("email" not in shared) + ("phone" not in shared)
    return None


def find_people(session: Session, schema: str, leads: Sequence[LeadKeys]) -> list[int]:
    """Return the person of each lead, made where nobody is known by its keys; new keys of known people are added.

    Parameters
    ----------
    session
        That writes; of two at once, one waits.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    people = _known(session, schema, {key for lead in leads for key in lead.keys})
    person_of = match_people({at: lead.keys for at, lead in enumerate(leads)}, people)
    known = {(person, *key) for person, keys in people.items() for key in keys}
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
        near = {person for key in keys for person in self.by_key.get(key, ())}
        return match_people({0: keys}, {person: self.keys[person] for person in sorted(near)}).get(0) if near else None


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


def _known(session: Session, schema: str, keys: Collection[Key]) -> dict[int, list[Key]]:
    """Return the people of a schema who have any of these keys, with all of theirs."""
    groups: dict[tuple[str, str], list[int]] = {}
    for kind, scope, value in keys:
        groups.setdefault((kind, scope), []).append(value)
    ids: set[int] = set()
    for (kind, scope), values in groups.items():
        for start in range(0, len(values), _CHUNK):
            query = (
                select(PersonKeyRow.person_id)
                .join(PersonRow, PersonRow.id == PersonKeyRow.person_id)
                .where(PersonRow.schema_name == schema, PersonKeyRow.kind == kind, PersonKeyRow.scope == scope)
                .where(PersonKeyRow.key.in_(values[start : start + _CHUNK]))
            )
            ids |= set(session.execute(query).scalars())
    found: dict[int, list[Key]] = {}
    for person, kind, scope, key in _key_rows(session, sorted(ids)):
        found.setdefault(person, []).append((kind, scope, key))
    return found


def keys_of(session: Session, ids: Sequence[int]) -> pa.Table:
    """Return ``person``, ``kind``, ``scope`` and ``key`` of some people."""
    columns = zip(*_key_rows(session, ids), strict=True) if ids else ((), (), (), ())
    return pa.table([pa.array(cells, field.type) for cells, field in zip(columns, KEYS, strict=True)], KEYS)


def all_keys(session: Session) -> pa.Table:
    """Return the keys of everybody, as `keys_of` does.

    The database joins the numbers of a kind to one text, which is read in a tenth of the time of as many rows.
    """
    kind, scope = PersonKeyRow.kind, PersonKeyRow.scope
    pair = cast(PersonKeyRow.person_id, String) + " " + cast(PersonKeyRow.key, String)
    parts = []
    for of, within, text_of in session.execute(
        select(kind, scope, func.aggregate_strings(pair, " ")).group_by(kind, scope)
    ):
        person, key = np.fromstring(text_of, sep=" ", dtype="int64").reshape(-1, 2).T
        same = [pa.repeat(pa.scalar(value), len(key)) for value in (of, within)]
        parts.append(pa.table([person, *same, key], KEYS))
    return pa.concat_tables([KEYS.empty_table(), *parts])


def _key_rows(session: Session, ids: Sequence[int]) -> list[tuple[int, str, str, int]]:
    rows: list[tuple[int, str, str, int]] = []
    for start in range(0, len(ids), _CHUNK):
        query = select(PersonKeyRow.person_id, PersonKeyRow.kind, PersonKeyRow.scope, PersonKeyRow.key).where(
            PersonKeyRow.person_id.in_(ids[start : start + _CHUNK])
        )
        rows += [(person, kind, scope, key) for person, kind, scope, key in session.execute(query)]
    return rows


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
