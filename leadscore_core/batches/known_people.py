"""Known people: which leads of a batch were called before, on whatever list, and how they stand."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from cachetools import LRUCache
from sqlalchemy import Row, Select, String, func, select, type_coerce

from leadscore_core.batches.person_links import KINDS, Everybody, Links, kind_of
from leadscore_core.config import Settings
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.engine import Database, aware, now, open_database
from leadscore_core.storage.database.people import KEYS, LeadKeys, all_keys, keys_of
from leadscore_core.storage.database.tables import PersonRow
from leadscore_core.storage.leads.contact_rows import ContactRows
from leadscore_core.storage.leads.dimensions import quoted
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.pool import string_types
from leadscore_core.storage.leads.standing import RULE, Standing

_LAG = timedelta(minutes=5)  # clocks of several servers differ, and a slow writer comes late
_MOST_BATCHES = 8
_lock = threading.RLock()


@dataclass
class _People:
    """Everybody in the database, brought up to date by what changed since."""

    rows: pd.DataFrame
    keys: pa.Table
    newest: datetime | None = None
    version: int = 0
    batches: "LRUCache[Path, Links]" = field(default_factory=lambda: LRUCache(maxsize=_MOST_BATCHES))


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


def match_newest(settings: Settings) -> None:
    """Find who is who on the lists that were kept last, so that nobody who opens one of them waits for it.

    Raises
    ------
    StorageError
        If the database or a file cannot be read.
    """
    for batch in BatchStore(settings).list_batches()[:_MOST_BATCHES]:
        contacts_of(batch, LeadTable(batch.scores_path, Standing()), settings)


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


def single_rows(batch: Batch, table: LeadTable, settings: Settings, people: Iterable[int]) -> dict[int, list[int]]:
    """Return the same without leads that stand in the batch again: of a person one lead is called, not each."""
    found = rows_of_people(batch, table, settings, people)
    flag = f"{RULE}duplicate"
    if not found or flag not in table.columns:
        return found
    again = set(table.query(f"SELECT ls_row FROM {table.file_sql} WHERE {quoted(flag)}")["ls_row"].tolist())  # noqa: S608  # names are quoted or ours, values are bound
    return {person: [row for row in rows if row not in again] for person, rows in found.items()}


def lead_keys(batch: Batch, table: LeadTable, rows: np.ndarray | list[int]) -> list[LeadKeys]:
    """Return what some leads of a batch are known by, in the order given; its row where a lead has nothing else."""
    frame = table.keys_of(rows)
    names = sorted((name for name in frame.columns if name != "ls_row"), key=lambda name: KINDS.index(kind_of(name)))
    kinds = [(kind_of(name), batch.schema_name if kind_of(name) == "id" else "") for name in names]
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
            people = _of_database[database] = _People(_frame([]), KEYS.empty_table())
        query = _people()
        if people.newest is not None:
            query = query.where(PersonRow.updated_at >= people.newest - _LAG)
        changed = _frame(session.execute(query).all())
        if changed.empty:
            return people
        if _same(people.rows, changed):
            people.newest = newest
            return people
        is_first = people.rows.empty
        keys = all_keys(session) if is_first else keys_of(session, changed.index.tolist())
    known = people.rows[~people.rows.index.isin(changed.index)]
    people.rows = pd.concat([known, changed]) if len(known) else changed
    is_theirs = pc.is_in(people.keys["person"], pa.array(changed.index.to_numpy()))
    if keys.num_rows != pc.sum(is_theirs).as_py():  # keys are added, never taken away
        people.keys = pa.concat_tables([people.keys.filter(pc.invert(is_theirs)), keys])
    people.newest = newest
    people.version += 1
    return people


def _is_past(moment: datetime | None) -> bool:
    """Tell whether a moment is over, to the second: what is kept within the same second may still change."""
    return moment is None or now() - moment > timedelta(seconds=1)


def _same(known: pd.DataFrame, changed: pd.DataFrame) -> bool:
    present = changed.index.isin(known.index)
    return bool(present.all()) and known.loc[changed.index].equals(changed)


_TEXTS, _NUMBERS = ("schema_name", "state", "last_result"), ("attempts",)
_MOMENTS = ("not_before", "last_at", "claimed_until", "updated_at")
_COLUMNS = (*_TEXTS, *_NUMBERS, *_MOMENTS)


def _people() -> Select[Any]:
    """Return the query for people; moments come as the database has them, which reads them in half the time."""
    cells = PersonRow.__table__.c
    plain = (cells[name] for name in ("id", *_TEXTS, *_NUMBERS))
    return select(*plain, *(type_coerce(cells[name], String) for name in _MOMENTS))


def _frame(rows: Sequence[Row[Any]]) -> pd.DataFrame:
    """Return people by their id; moments are in UTC, without saying so."""
    ids, *columns = zip(*rows, strict=True) if rows else [()] * (1 + len(_COLUMNS))
    given = dict(zip(_COLUMNS, columns, strict=True))
    cells = {name: pa.array(given[name], pa.string()) for name in _TEXTS}
    cells |= {name: pa.array(given[name], pa.int64()) for name in _NUMBERS}
    cells |= {name: _moments(given[name]) for name in _MOMENTS}
    return pa.table(cells).to_pandas(types_mapper=string_types).set_index(pd.Index(ids, dtype="int64"))


def _moments(cells: Sequence[Any]) -> pa.Array:
    """Return moments as SQLite writes them, in UTC, or as other databases give them."""
    is_text = isinstance(next((cell for cell in cells if cell is not None), None), str)
    return pa.array(cells, pa.string() if is_text else pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))


def _linked(people: _People, batch: Batch, table: LeadTable) -> Links:
    """Return which lead is which person."""
    links = people.batches.get(table.path)
    if links is None:
        links = people.batches[table.path] = Links()
    rows = people.rows
    own, barred = rows["schema_name"] == batch.schema_name, rows["state"] == "suppressed"
    if links.of != people.version:
        everybody = Everybody(people.keys, *(rows.index[those].to_numpy() for those in (own, barred)))
        links.bring_up_to_date(everybody, batch, table)
        links.of = people.version
    return links


def _as_rows(people: _People, links: Links, batch: Batch, moment: datetime) -> ContactRows:
    """Lay the states of a batch's people out lead by lead."""
    barred = links.barred.sort_values(["row", "person"]).drop_duplicates("row")
    rest = links.best[~links.best["row"].isin(barred["row"])]
    best = pd.concat([barred, rest], ignore_index=True).sort_values("row")
    if best.empty:
        return ContactRows()
    found = people.rows.iloc[people.rows.index.get_indexer(pd.Index(best["person"]))]
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
