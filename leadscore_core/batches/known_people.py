"""Known people: which leads of a batch were called before, on whatever list, and how they stand."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import pyarrow as pa
from cachetools import LRUCache
from sqlalchemy import func, select

from leadscore_core.config import Settings
from leadscore_core.inference.duplicates import SHARED_BY_TOO_MANY
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.engine import Database, aware, now, open_database
from leadscore_core.storage.database.people import Key, LeadKeys, keys_of, match_people
from leadscore_core.storage.database.tables import PersonRow
from leadscore_core.storage.leads.contact_rows import ContactRows
from leadscore_core.storage.leads.dimensions import quoted
from leadscore_core.storage.leads.lead_table import LeadTable

_LAG = timedelta(minutes=5)  # clocks of several servers differ, and a slow writer comes late
_MOST_BATCHES = 8
_lock = threading.RLock()


@dataclass
class _People:
    """Everybody in the database, brought up to date by what changed since."""

    rows: pd.DataFrame
    keys: pd.DataFrame
    newest: datetime | None = None
    version: int = 0
    batches: "LRUCache[Path, _Links]" = field(default_factory=lambda: LRUCache(maxsize=_MOST_BATCHES))


@dataclass
class _Links:
    """Which lead of a batch is which person.

    ``best`` has ``row`` and ``person``, one entry a lead; ``reached_by`` all pairs of them that share an e-mail or a
    phone; ``keys`` counts the keys of each person that were looked for.
    """

    best: pd.DataFrame
    reached_by: pd.DataFrame
    keys: dict[int, int]
    made: tuple[object, ContactRows] | None = None


_of_database: WeakKeyDictionary[Database, _People] = WeakKeyDictionary()


def contacts_of(batch: Batch, table: LeadTable, settings: Settings) -> ContactRows:
    """Return how the leads of a batch stand after all attempts with their people, whatever list these were made from.

    Parameters
    ----------
    table
        The batch's leads; only its file counts.

    Raises
    ------
    StorageError
        If the database or the file cannot be read.
    """
    database = open_database(settings)
    with _lock:
        people = _up_to_date(database)
        if people.rows.empty:
            return ContactRows()
        links = _linked(people, batch, table)
        moment = now()
        key = (people.version, moment.replace(second=0))
        if links.made is None or links.made[0] != key:
            links.made = (key, _as_rows(people, links, batch, moment))
        return links.made[1]


def rows_of_people(batch: Batch, table: LeadTable, settings: Settings, people: Iterable[int]) -> dict[int, list[int]]:
    """Return the leads of some people in a batch, by their positions."""
    with _lock:
        known = _up_to_date(open_database(settings))
        best = _linked(known, batch, table).best
    found: dict[int, list[int]] = {}
    some = best[best["person"].isin(list(people))]
    for person, row in zip(some["person"].tolist(), some["row"].tolist(), strict=True):
        found.setdefault(person, []).append(row)
    return found


def lead_keys(batch: Batch, table: LeadTable, rows: np.ndarray | list[int]) -> list[LeadKeys]:
    """Return what some leads of a batch are known by, in the order given; its row where a lead has nothing else."""
    frame = table.keys_of(rows)
    order = ("id", "email", "phone")
    names = sorted((name for name in frame.columns if name != "ls_row"), key=lambda name: order.index(_kind(name)))
    kinds = [(_kind(name), batch.schema_name if _kind(name) == "id" else "") for name in names]
    given = frame[names].notna().to_numpy()
    values = frame[names].fillna(0).to_numpy("int64")
    found = []
    for at, row in enumerate(frame["ls_row"].tolist()):
        has = np.flatnonzero(given[at]).tolist()
        keys = tuple(dict.fromkeys((*kinds[place], int(values[at, place])) for place in has))
        found.append(LeadKeys(row, keys or (("row", batch.id, row),)))
    return found


def _up_to_date(database: Database) -> _People:
    people = _of_database.get(database)
    with database.session() as session:
        latest, count = session.execute(select(func.max(PersonRow.updated_at), func.count())).one()
        newest = aware(latest) if latest else None
        if people is not None and people.newest == newest and len(people.rows) == count and _is_past(newest):
            return people
        if people is None or len(people.rows) > count:
            people = _of_database[database] = _People(_frame([]), keys_of(session, []))
        query = select(PersonRow)
        if people.newest is not None:
            query = query.where(PersonRow.updated_at >= people.newest - _LAG)
        changed = _frame([vars(row) for row in session.execute(query).scalars()])
        if changed.empty:
            return people
        if _same(people.rows, changed):
            people.newest = newest
            return people
        keys = keys_of(session, changed.index.tolist())
    known = people.rows[~people.rows.index.isin(changed.index)]
    people.rows = pd.concat([known, changed]) if len(known) else changed
    others = people.keys[~people.keys["person"].isin(changed.index)]
    people.keys = pd.concat([others, keys], ignore_index=True) if len(others) else keys
    people.newest = newest
    people.version += 1
    return people


def _is_past(moment: datetime | None) -> bool:
    """Tell whether a moment is over, to the second: what is kept within the same second may still change."""
    return moment is None or now() - moment > timedelta(seconds=1)


def _same(known: pd.DataFrame, changed: pd.DataFrame) -> bool:
    present = changed.index.isin(known.index)
    return bool(present.all()) and known.loc[changed.index].equals(changed)


_COLUMNS = {
    "schema_name": "str",
    "state": "str",
    "attempts": "int64",
    "not_before": "datetime64[us]",
    "last_result": "str",
    "last_at": "datetime64[us]",
    "last_by": "str",
    "claimed_by": "str",
    "claimed_until": "datetime64[us]",
    "updated_at": "datetime64[us]",
}


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return people by their id; moments are in UTC, without saying so."""

    def plain(value: object) -> object:
        return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value

    columns = {
        name: pd.Series([plain(row[name]) for row in rows], dtype=kind, index=[row["id"] for row in rows])
        for name, kind in _COLUMNS.items()
    }
    frame = pd.DataFrame(columns)
    frame.index = frame.index.astype("int64")
    return frame


def _linked(people: _People, batch: Batch, table: LeadTable) -> _Links:
    """Return which lead is which person, looking only for people and keys that were not looked for before."""
    links = people.batches.get(table.path)
    if links is None:
        empty = pd.DataFrame({"row": pd.Series(dtype="int64"), "person": pd.Series(dtype="int64")})
        links = people.batches[table.path] = _Links(empty, empty, {})
    counts = people.keys["person"].value_counts()
    before = pd.Series(links.keys, dtype="int64").reindex(counts.index, fill_value=0)
    changed = counts.index[(counts != before).to_numpy()]
    if len(changed) == 0:
        return links
    links.keys |= dict(zip(changed.tolist(), counts.loc[changed].tolist(), strict=True))
    _link(links, people, set(changed.tolist()), batch, table)
    return links


def _link(links: _Links, people: _People, changed: set[int], batch: Batch, table: LeadTable) -> None:
    keys = people.keys[people.keys["person"].isin(changed)]
    own = keys[(keys["kind"] == "row") & (keys["scope"] == batch.id)]
    by_row = pd.DataFrame({"row": own["key"].to_numpy("int64"), "person": own["person"].to_numpy("int64")})
    pairs = _find_pairs(keys[keys["kind"] != "row"], batch, table)
    reached = pairs.loc[pairs["kind"] != "id", ["row", "person"]].drop_duplicates()
    links.reached_by = pd.concat([links.reached_by, reached], ignore_index=True).drop_duplicates()
    of_schema = people.rows.index[people.rows["schema_name"] == batch.schema_name]
    rows = _likely(pairs[pairs["person"].isin(of_schema)], keys)["row"].unique()
    again = links.best[links.best["row"].isin(rows)]["person"].unique()
    candidates = people.keys[people.keys["person"].isin({*changed, *again}) & people.keys["person"].isin(of_schema)]
    leads = {lead.row: lead.keys for lead in (lead_keys(batch, table, rows) if len(rows) else [])}
    of_person: dict[int, list[Key]] = {}
    for person, kind, scope, key in candidates.itertuples(index=False, name=None):
        of_person.setdefault(person, []).append((kind, scope, key))
    found = match_people(leads, of_person)
    best = pd.DataFrame({"row": list(found), "person": list(found.values())}, dtype="int64")
    kept = links.best[~links.best["row"].isin({*rows.tolist(), *by_row["row"].tolist()})]
    links.best = pd.concat([kept, best, by_row], ignore_index=True).astype("int64")
    links.made = None


def _likely(pairs: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """Return pairs without those of a phone alone whose ids differ, which are no match and may be many."""
    sure = pairs[pairs["kind"] != "phone"]
    phone = pairs[pairs["kind"] == "phone"]
    with_id = keys.loc[keys["kind"] == "id", "person"].unique()
    differs = phone["has_id"].to_numpy(dtype=bool) & phone["person"].isin(with_id).to_numpy()
    return pd.concat([sure, phone[~differs]], ignore_index=True)


def _find_pairs(keys: pd.DataFrame, batch: Batch, table: LeadTable) -> pd.DataFrame:
    """Return ``row``, ``person``, ``kind`` and ``has_id`` (whether the lead has an id) where they share a rare key."""
    scopes = {"id": batch.schema_name}
    fitting = keys[keys["scope"] == keys["kind"].map(scopes).fillna("")]
    columns = [name for name in table.columns if name.startswith("ls_") and name.endswith("_key")]
    if fitting.empty or not columns:
        return pd.DataFrame(
            {"row": pd.Series(dtype="int64"), "person": pd.Series(dtype="int64"), "kind": [], "has_id": []}
        )
    has_id = "ls_id_key IS NOT NULL" if "ls_id_key" in columns else "false"
    parts = " UNION ALL ".join(
        f"SELECT ls_row AS row, person, kind, key, {has_id} AS has_id FROM {table.file_sql} "
        f"JOIN known ON kind = '{_kind(name)}' AND key = {quoted(name)}"
        for name in columns
    )
    with table.cursor() as cursor:
        cursor.register("known", pa.Table.from_pandas(fitting[["person", "kind", "key"]], preserve_index=False))
        pairs = cursor.sql(f"SELECT DISTINCT * FROM ({parts})").to_arrow_table().to_pandas()
    leads = pairs.groupby(["kind", "key"])["row"].transform("nunique")
    return pairs.loc[leads <= SHARED_BY_TOO_MANY, ["row", "person", "kind", "has_id"]]


def _kind(column: str) -> str:
    return column.removeprefix("ls_").removesuffix("_key").split("_")[0]


def _as_rows(people: _People, links: _Links, batch: Batch, moment: datetime) -> ContactRows:
    """Lay the states of a batch's people out lead by lead."""
    rows = people.rows
    suppressed = rows.index[rows["state"] == "suppressed"]
    barred = links.reached_by[links.reached_by["person"].isin(suppressed)].drop_duplicates("row")
    best = pd.concat([barred, links.best], ignore_index=True).drop_duplicates("row").sort_values("row")
    if best.empty:
        return ContactRows()
    found = rows.loc[best["person"].to_numpy()]
    at = np.datetime64(moment.replace(tzinfo=None), "us")
    state = found["state"].to_numpy(dtype=object)
    is_waiting = (found["not_before"].to_numpy() > at) & ~found["not_before"].isna().to_numpy()
    is_claimed = (found["claimed_until"] > at).fillna(False).to_numpy() & np.isin(
        state, ("new", "attempted", "call_back")
    )
    turn = np.select(
        [is_claimed | (is_waiting & (state != "new")), state == "call_back", state == "attempted"], [3, 0, 2], default=1
    )
    return ContactRows(
        row=best["row"].to_numpy("int64"),
        person=best["person"].to_numpy("int64"),
        state=np.where(is_claimed, "claimed", state).astype(object),
        attempts=found["attempts"].to_numpy("int64"),
        not_before=found["not_before"].to_numpy("datetime64[us]"),
        suppressed_by=np.where(state == "suppressed", found["last_result"].to_numpy(dtype=object), ""),
        turn=turn.astype("int64"),
        last_result=found["last_result"].to_numpy(dtype=object),
        last_at=found["last_at"].to_numpy("datetime64[us]"),
    ).sealed()
