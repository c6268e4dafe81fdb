"""Finding a person: by e-mail, phone or id, on every kept list and among those who were called."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.cleaning.phone_region import country_of
from leadscore_core.data.schema.schema import Role
from leadscore_core.errors import StorageError
from leadscore_core.inference.contact_quality import Contacts, contact_keys
from leadscore_core.storage.contact_key import contact_key
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.engine import open_database
from leadscore_core.storage.database.forgetting import people_of_keys
from leadscore_core.storage.database.people import Key, match_people

KEY_COLUMN = re.compile(r"ls_(?:id|email|phone)(?:_\d+)?_key")
Leads = dict[str, dict[int, frozenset[Key]]]
_MOST_ROUNDS = 5


@dataclass(frozen=True)
class Wanted:
    """By what somebody is to be found: one of these is enough, and all that are given must be theirs."""

    email: str = ""
    phone: str = ""
    id: str = ""


@dataclass(frozen=True)
class FoundPerson:
    """Where a person stands: by batch the positions of their leads, and who they are among people that were called."""

    rows: dict[str, list[int]] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    people: frozenset[int] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept of them."""
        return not self.rows and not self.people

    @property
    def words(self) -> str:
        """Where they stand, in words, without saying who they are."""
        if self.is_empty:
            return "Nothing is kept of such a person."
        lists = [f"{name} ({leads:,} {'row' if leads == 1 else 'rows'})" for name, leads in self.lists.items()]
        where = f"on {', '.join(lists)}" if lists else "on no list that is kept"
        return f"Found {where}{', and among those who were called' if self.people else ''}."


@needs(Action.FORGET)
def find_person(wanted: Wanted, settings: Settings | None = None) -> FoundPerson:
    """Find a person on all kept lists and among those who were called.

    Leads are one person's as they are when calls are counted: by id and e-mail, and by phone where these do not differ.

    Raises
    ------
    StorageError
        If nothing usable was given, leads that share it are different people's, or a phone without a country code is
        known as numbers of several countries.
    """
    settings = settings or load_settings()
    batches = BatchStore(settings).list_batches()
    given = _known_keys(wanted, batches, settings)
    known = set(given)
    leads: Leads = {}
    for _ in range(_MOST_ROUNDS):
        near = {batch.id: _leads_with(batch, known) for batch in batches}
        same = {
            batch_id: {row: keys for row, keys in found.items() if _is_same(keys, given, known)}
            for batch_id, found in near.items()
        }
        same = {batch_id: found for batch_id, found in same.items() if found}
        known |= {key for found in same.values() for keys in found.values() for key in keys}
        if same == leads:
            break
        leads = same
    _refuse_several(leads, given)
    with open_database(settings).session() as session:
        people = people_of_keys(session, known)
    names = {batch.id: batch.name for batch in batches}
    return FoundPerson(
        {batch_id: sorted(found) for batch_id, found in leads.items()},
        {names[batch_id]: len(found) for batch_id, found in leads.items()},
        frozenset(person for person, keys in people.items() if _is_same(frozenset(keys), given, known)),
    )


def _known_keys(wanted: Wanted, batches: list[Batch], settings: Settings) -> frozenset[Key]:
    """Return the keys of what was given; a phone without a country code is read as lists read theirs.

    Raises
    ------
    StorageError
        If nothing usable was given, or the phone is known as numbers of several countries.
    """
    regions = dict.fromkeys([settings.phone_region, *(batch.mapping.phone_region for batch in batches)])
    readings = {region: _given_keys(wanted, region, batches, settings) for region in regions if region}
    distinct = {keys: region for region, keys in reversed(readings.items()) if keys}
    if not distinct:
        raise StorageError("That is no phone number by which somebody could be known. Check the spelling.")
    known = [keys for keys in distinct if len(distinct) == 1 or _is_known(_phones(keys), batches, settings)]
    if len(known) > 1:
        codes = " and ".join(sorted(str(country_of(distinct[keys])) for keys in known))
        raise StorageError(
            f"Without its country code this phone number is known as one of {codes}, so it may be several people's. "
            "Give it with its country code."
        )
    return known[0] if known else next(iter(reversed(distinct)))


def _phones(keys: frozenset[Key]) -> frozenset[Key]:
    return frozenset(key for key in keys if key[0] == "phone")


def _is_known(phones: frozenset[Key], batches: list[Batch], settings: Settings) -> bool:
    """Tell whether a phone is on a list, or somebody's who was called."""
    if any(_leads_with(batch, phones) for batch in batches):
        return True
    with open_database(settings).session() as session:
        return bool(people_of_keys(session, phones))


def _given_keys(wanted: Wanted, region: str, batches: list[Batch], settings: Settings) -> frozenset[Key]:
    """Return the keys of what was given, none if the phone is none of a country; an id is one of any company's."""
    said = {Role.EMAIL: wanted.email.strip(), Role.PHONE: wanted.phone.strip(), Role.ID: wanted.id.strip()}
    cells = {role: pd.Series([text], dtype="str") for role, text in said.items() if text}
    if not cells:
        raise StorageError("Say whom to forget: by e-mail, phone or id.")
    keys = contact_keys(Contacts(cells, region), contact_key(settings))
    if Role.EMAIL in cells and keys["email"].isna().all():
        raise StorageError("That is no e-mail address by which somebody could be known. Check the spelling.")
    if Role.PHONE in cells and keys["phone"].isna().all():
        return frozenset()
    schemas = sorted({batch.schema_name for batch in batches})
    return frozenset(
        (str(name), scope, int(keys[name].iloc[0]))
        for name in keys.columns
        for scope in (schemas if name == "id" else [""])
    )


def _leads_with(batch: Batch, wanted: Collection[Key]) -> dict[int, frozenset[Key]]:
    """Return the leads of a batch that have any of these keys, with all of theirs."""
    found: dict[int, set[Key]] = {}
    paths = sorted(batch.folder.glob("scores-*.parquet"))
    if batch.scores_path not in paths and batch.leads_path.exists():  # the list's own file may hold the person
        raise _cannot_be_searched(batch, batch.scores_path)
    for path in paths:
        try:
            names = [name for name in pq.read_schema(path).names if KEY_COLUMN.fullmatch(name)]
            table = pq.read_table(path, columns=["ls_row", *names])
        except (OSError, pa.ArrowException) as error:
            raise _cannot_be_searched(batch, path) from error
        kinds = {name: (kind := name.split("_")[1], batch.schema_name if kind == "id" else "") for name in names}
        hit = pa.array([False] * len(table))
        for name in names:
            values = [value for kind, scope, value in wanted if (kind, scope) == kinds[name]]
            hit = pc.or_(hit, pc.is_in(table[name], pa.array(values, pa.int64())))
        for lead in table.filter(hit).to_pylist():
            own = {(*kinds[name], lead[name]) for name in names if lead[name] is not None}
            found.setdefault(lead["ls_row"], set()).update(own)
    return {row: frozenset(keys) for row, keys in found.items()}


def _cannot_be_searched(batch: Batch, path: Path) -> StorageError:
    return StorageError(
        f"{batch.name} is gone or damaged ({path}), so nobody can be found on it. Restore it from a backup, or delete "
        "the list."
    )


def _is_same(keys: frozenset[Key], given: frozenset[Key], known: Collection[Key]) -> bool:
    return bool(keys & given) or bool(match_people({0: keys}, {0: list(known)}))


def _refuse_several(leads: Leads, given: frozenset[Key]) -> None:
    """Refuse a phone or an id of several people, who have other e-mails."""
    emails = [
        {key for key in keys if key[0] == "email"}
        for found in leads.values()
        for keys in found.values()
        if keys & given
    ]
    emails = [own for own in emails if own]
    if any(one.isdisjoint(other) for one in emails for other in emails):
        raise StorageError(
            "Leads with other e-mail addresses share this, so it is not one person. Give the e-mail address."
        )
