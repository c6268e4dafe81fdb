"""Lead tables: a batch's Parquet, filtered, sorted, searched, paged and counted by DuckDB.

One file holds, the highest propensity first, the cleaned columns under their own names and these:

``ls_row`` position in the list, ``ls_rank`` from 1, ``ls_propensity``, ``ls_score``, ``ls_id``, ``ls_name``,
``ls_email``, ``ls_phone`` as given, ``ls_search`` their text in lower case, ``ls_draw`` a number drawn at random (0-1),
``ls_rule_<name>`` one flag a contact rule, ``ls_id_key``, ``ls_email_key``, ``ls_phone_key`` hashes by which a lead is
known again, ``ls_duplicate_of``, ``ls_duplicate_why``; ``ls_owner`` whose lead it is in the CRM, where a list says so;
``ls_learned`` whether the model that scored it learned from it (NULL where nothing tells) and ``ls_unseen`` the
propensity by models that had not seen it (NULL where there is none).
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from cachetools import LRUCache, cached

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_may, current_person, refusal
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.wide_frame import with_columns
from leadscore_core.errors import NotPermittedError, StorageError
from leadscore_core.storage.leads.contact_bits import BITS, as_bits
from leadscore_core.storage.leads.contact_rows import ContactRows
from leadscore_core.storage.leads.dimensions import OWNER, UNSEEN, expression, quoted
from leadscore_core.storage.leads.filters import LeadFilter, where
from leadscore_core.storage.leads.lead_counts import LeadCounts
from leadscore_core.storage.leads.pool import borrowed_cursor, errors_in_words, sql_text, to_frame
from leadscore_core.storage.leads.pseudonyms import PSEUDONYM, pseudonyms
from leadscore_core.storage.leads.standing import (
    CONTACT_COLUMNS,
    DETAIL_COLUMNS,
    FileSql,
    Standing,
    call_order_sql,
    grade_sql,
    turn_sql,
    view_sql,
)

CONTACTS = ("ls_id", "ls_name", "ls_email", "ls_phone")
_lock = threading.Lock()
_MOST_SEARCHES = 8
_searches: LRUCache[tuple[str, str, bytes, str], np.ndarray] = LRUCache(maxsize=_MOST_SEARCHES)


@dataclass(frozen=True)
class Sort:
    """An order of leads; ``call`` is the order in which to call."""

    by: str = "call"
    descending: bool = False


class LeadTable(LeadCounts):
    """A batch's leads as they stand; who may not see contacts has them without.

    Parameters
    ----------
    path
        The Parquet file.
    standing
        What is decided about them.
    created
        The cleaned column with the date of creation, or None.
    city
        The cleaned column with the city, or None.

    Raises
    ------
    StorageError
        If the file is gone or damaged.
    """

    def __init__(self, path: Path, standing: Standing, created: str | None = None, city: str | None = None) -> None:
        self.path, self.standing = path, Standing()
        self.hidden: frozenset[str] = frozenset()
        self._key: bytes | None = None
        self.columns = [row[0] for row in self._run(f"DESCRIBE SELECT * FROM {self.file_sql}")]  # noqa: S608  # names are quoted or ours, values are bound
        self.created = created if created in self.columns else None
        self.city = city if city in self.columns else None
        self.rows = int(self._run(f"SELECT count(*) FROM {self.file_sql}")[0][0])  # noqa: S608  # names are quoted or ours, values are bound
        self.standing = standing
        if not current_person().may(Action.SEE_CONTACTS):
            self._hide()

    @classmethod
    def by_schema(cls, path: Path, standing: Standing, schema: LeadSchema) -> "LeadTable":
        """Open a batch whose columns a schema describes."""
        stamp, city = schema.one(Role.TIMESTAMP), schema.one(Role.CITY)
        return cls(path, standing, stamp.name if stamp else None, city.name if city else None)

    def standing_as(self, standing: Standing) -> "LeadTable":
        """Return the same leads as something else is decided about them; the file is not looked at again."""
        other = copy(self)
        other.standing = standing
        vars(other).pop("_first_places", None)
        return other

    def _hide(self) -> None:
        """Leave out who the leads are, and whose: no id, name, e-mail, phone or owner is read, nor searched."""
        self.hidden = frozenset((*CONTACTS, OWNER)) & frozenset(self.columns)
        self.columns = [name for name in self.columns if name not in self.hidden]

    def with_pseudonyms(self, key: bytes) -> "LeadTable":
        """Return the same leads, each with a pseudonym by a key (``ls_pseudonym``) where who they are is left out."""
        other = copy(self)
        other._key = key if self.hidden else None
        return other

    def with_contacts(self) -> "LeadTable":
        """Return the same leads with who they are, for who may know it of any, or calls one."""
        check_may(Action.SEE_CONTACTS, Action.CALL)
        other = copy(self)
        other.columns, other.hidden = [*self.columns, *sorted(self.hidden)], frozenset()
        return other

    @property
    def has_pseudonyms(self) -> bool:
        """Whether leads have pseudonyms in the place of who they are."""
        return self._key is not None

    def check_searchable(self, chosen: LeadFilter) -> None:
        """Raise if a filter searches for words in what is hidden.

        Raises
        ------
        NotPermittedError
            Saying who may.
        """
        if self.hidden and chosen.text.strip():
            raise NotPermittedError(refusal(current_person(), Action.SEE_CONTACTS))

    def _named(self, leads: pd.DataFrame) -> pd.DataFrame:
        """Return leads with their pseudonyms, where there are any."""
        if self._key is None:
            return leads
        keys = self.keys_of(leads["ls_row"].to_numpy("int64"))
        return with_columns(leads, {PSEUDONYM: pseudonyms(keys, self._key, self.path.parent.name)})

    def count(self, chosen: LeadFilter) -> int:
        """Return how many leads a filter leaves."""
        return len(self._ranks_found(chosen))

    def page(
        self, chosen: LeadFilter, sort: Sort, offset: int, limit: int, *, without: Sequence[str] = ()
    ) -> pd.DataFrame:
        """Return some leads of a filter in an order, all columns and how they stand.

        Their row numbers are found first and the rest is read for these alone.

        Parameters
        ----------
        without
            Columns that need not be read: long texts take half the time of a page of leads that lie far apart.
        """
        if sort == Sort():
            return self.by_rank(self._ranks_found(chosen)[offset : offset + limit].tolist(), without)
        order, found = self._order(sort), self._ranks_found(chosen)
        # whom a filter leaves is looked up by a bit, which takes no longer however many were called or decided about
        leads = self.file_sql if sort.by in self.columns else f"({self._view(sort)})"
        places = self._run(
            f"SELECT ls_rank FROM {leads} CROSS JOIN (SELECT ?::BLOB::BIT AS chosen) "  # noqa: S608  # names are quoted or ours, values are bound
            f"WHERE get_bit(chosen, ls_rank::INT) = 1 ORDER BY {order} LIMIT {int(limit)} OFFSET {int(offset)}",
            [as_bits(found, self.rows)],
        )
        return self.by_rank([rank for (rank,) in places], without)

    def by_rank(self, ranks: list[int], without: Sequence[str] = ()) -> pd.DataFrame:
        """Return leads by their rank, in the order given."""
        inside = ", ".join(str(int(rank)) for rank in ranks)
        near = (
            f"ls_rank BETWEEN {int(min(ranks))} AND {int(max(ranks))} AND ls_rank IN ({inside})" if ranks else "false"
        )
        bare = self._bare
        frame = self._stand_in(bare.query(f"SELECT {self._shown(without)} FROM ({bare._view()}) WHERE {near}"))  # noqa: S608  # names are quoted or ours, values are bound
        return self._named(frame.set_index("ls_rank", drop=False).loc[ranks].reset_index(drop=True))

    def by_rows(self, rows: np.ndarray) -> pd.DataFrame:
        """Return leads by their positions in the list, in the order given."""
        return self.by_rank(self._ranks()[rows].tolist())

    def by_row(self, row: int) -> pd.DataFrame:
        """Return one lead by its position in the list, as a frame of one row, or of none."""
        return self._named(self._whole("ls_row = ?", [row]))

    def find(self, keys: dict[str, int]) -> list[tuple[int, float]]:
        """Return position and propensity of the leads that have any of these values, the best first."""
        present = {column: value for column, value in keys.items() if column in self.columns}
        if not present:
            return []
        condition = " OR ".join(f"{quoted(column)} = ?" for column in present)
        found = self._run(
            f"SELECT ls_row, ls_propensity FROM {self.file_sql} WHERE {condition} ORDER BY ls_rank",  # noqa: S608  # names are quoted or ours, values are bound
            list(present.values()),
        )
        return [(int(row), float(propensity)) for row, propensity in found]

    def rows_of(self, chosen: LeadFilter, sort: Sort | None = None) -> np.ndarray:
        """Return the positions of all leads of a filter, in an order."""
        condition, values = self._where(chosen)
        order = f"ORDER BY {self._order(sort)}" if sort else ""
        return self._numbers(f"SELECT ls_row FROM ({self._view(sort)}) WHERE {condition} {order}", values)  # noqa: S608  # names are quoted or ours, values are bound

    def propensities(self, chosen: LeadFilter, sort: Sort | None = None, limit: int | None = None) -> np.ndarray:
        """Return propensities (0-1) of a filter's leads, in an order."""
        condition, values = self._where(chosen)
        order = f"ORDER BY {self._order(sort or Sort())}"
        most = "" if limit is None else f"LIMIT {int(limit)}"
        view = self._view(sort or Sort())
        return self._numbers(f"SELECT ls_propensity FROM ({view}) WHERE {condition} {order} {most}", values)  # noqa: S608  # names are quoted or ours, values are bound

    def unseen_propensities(self) -> tuple[np.ndarray, np.ndarray]:
        """Return propensities (0-1) of the whole list, and the same by models that had not seen a lead, where known."""
        own = self._numbers(f"SELECT ls_propensity FROM {self.file_sql} ORDER BY ls_row", [])  # noqa: S608  # names are quoted or ours, values are bound
        if UNSEEN not in self.columns:
            return own, own
        unseen = f"CASE WHEN isnan({UNSEEN}) THEN NULL ELSE {UNSEEN} END"
        return own, self._numbers(f"SELECT coalesce({unseen}, ls_propensity) FROM {self.file_sql} ORDER BY ls_row", [])  # noqa: S608  # names are quoted or ours, values are bound

    def count_later(self, chosen: LeadFilter, day: date) -> int:
        """Return how many leads of a filter are with a caller now, or not to be called before a later day."""
        rows = self.standing.contacts.later_than(day)
        return int(np.isin(self._ranks()[rows], self._ranks_found(chosen)).sum()) if len(rows) else 0

    def keys_of(self, rows: Sequence[int] | np.ndarray) -> pd.DataFrame:
        """Return ``ls_row`` and the keys (Int64) by which leads are known again, in the order of the positions."""
        keys = [name for name in self.columns if name.startswith("ls_") and name.endswith("_key")]
        with self.cursor() as cursor:
            cursor.register(
                "wanted", pa.table({"w_row": np.asarray(rows, dtype="int64"), "w_at": np.arange(len(rows))})
            )
            shown = ", ".join(["ls_row", *map(quoted, keys)])
            return to_frame(
                cursor.execute(f"SELECT {shown} FROM {self.file_sql} JOIN wanted ON w_row = ls_row ORDER BY w_at")  # noqa: S608  # names are quoted or ours, values are bound
            )

    def sample(self, chosen: LeadFilter, most: int) -> pd.DataFrame:
        """Return leads of a filter, a random part of them that is always the same where there are more."""
        condition, values = self._where(chosen)
        sql = f"SELECT ls_rank FROM ({self._view()}) WHERE {condition} ORDER BY ls_draw LIMIT {int(most)}"  # noqa: S608  # names are quoted or ours, values are bound
        found = self._numbers(sql, values).tolist()
        leads = self._whole("ls_rank IN (SELECT unnest(?))", [found])
        return leads.set_index("ls_rank", drop=False).loc[found].reset_index(drop=True)

    def learning_sample(self) -> pd.DataFrame:
        """Return ``ls_row`` of the leads that are put aside for their propensity, or were drawn of these, and which."""
        return self.query(
            f"SELECT ls_row, ls_learning FROM ({self._view()}) WHERE ls_learning OR ls_junk = 'low_propensity'"  # noqa: S608  # names are quoted or ours, values are bound
        )

    def group(self, columns: list[str], chosen: LeadFilter, most: int = 500) -> pd.DataFrame:
        """Return leads, expected conversions and mean propensity for each value of one column or two."""
        named = [c for c in columns if c in self.columns]
        keys = ", ".join(
            f"strftime({quoted(c)}, '%Y-%m') AS {quoted(c)}"
            if c == self.created
            else f"{expression(c, self.columns, self.created, self.city)} AS {quoted(c)}"
            for c in named
        )
        condition, values = self._where(chosen)
        return self.query(
            f"SELECT {keys}, count(*) AS leads, sum(ls_propensity) AS expected, avg(ls_propensity) AS propensity "  # noqa: S608  # names are quoted or ours, values are bound
            f"FROM ({self._view()}) WHERE {condition} GROUP BY ALL ORDER BY leads DESC LIMIT {int(most)}",
            values,
        )

    def _where(self, chosen: LeadFilter) -> tuple[str, list[Any]]:
        self.check_searchable(chosen)
        return where(chosen, set(self.columns), self.created, self.city)

    def _ranks_found(self, chosen: LeadFilter) -> np.ndarray:
        """Return the ranks that a filter leaves, in the order of the calls; the last few are remembered."""
        key = (str(self.path), repr(self.standing), self.standing.restored.tobytes(), repr(chosen))
        with _lock:
            found = _searches.get(key)
        if found is None:
            by_arms = self.standing.trial.is_ordered
            found = self._ranks()[self.rows_of(chosen, Sort())] if by_arms else self._in_turn(*self._where(chosen))
            found = found.astype("int32")
            with _lock:
                _searches[key] = found
        return found

    def _view(self, sort: Sort | None = None) -> str:
        """Return the leads as they stand, with what they are sorted by where that takes a join."""
        by = "" if sort is None else sort.by
        return view_sql(self.standing, self._file, detailed=by in DETAIL_COLUMNS, in_turn=by == "call")

    @property
    def _bare(self) -> "LeadTable":
        """The leads without contacts, which `_stand_in` adds to a few."""
        return self.standing_as(replace(self.standing, contacts=ContactRows()))

    def _stand_in(self, leads: pd.DataFrame) -> pd.DataFrame:
        return self.standing.contacts.stand_in(leads, self.rows)

    def _whole(self, condition: str, values: list[Any]) -> pd.DataFrame:
        """Return leads with all columns but those that are hidden, and the text of all of them."""
        left_out = [name for name in self.columns if name == "ls_search"] + sorted(self.hidden) if self.hidden else []
        shown = f"* EXCLUDE ({', '.join(map(quoted, left_out))})" if left_out else "*"
        return self._stand_in(self._bare.query(f"SELECT {shown} FROM ({self._bare._view()}) WHERE {condition}", values))  # noqa: S608  # names are quoted or ours, values are bound

    @cached(LRUCache(maxsize=_MOST_SEARCHES), key=lambda table: table.path, lock=_lock)
    def _ranks(self) -> np.ndarray:
        """Return the rank of each lead by its position; those of the last few files are remembered."""
        with self.standing_as(Standing()).cursor() as cursor:
            both = cursor.execute(f"SELECT ls_row, ls_rank FROM {self.file_sql}").fetchnumpy()  # noqa: S608  # names are quoted or ours, values are bound
        ranks = np.empty(len(both["ls_row"]), dtype="int32")
        ranks[both["ls_row"]] = both["ls_rank"]
        return ranks

    @property
    def _file(self) -> FileSql:
        return FileSql(self.file_sql, self.columns, getattr(self, "rows", 0), lambda: self._first_places)

    def grade_sql(self) -> str:
        """Return the model's grade of a lead as SQL text."""
        return grade_sql(self.standing, getattr(self, "rows", 0))

    def _in_turn(self, condition: str, values: list[Any]) -> np.ndarray:
        """Return the ranks of a condition in the order of the calls; the few out of their rank's turn are sorted in."""
        view = f"FROM ({self._view()}) WHERE {condition}"
        if turn_sql(self.standing, self._file) == "ls_rank":
            return np.sort(self._numbers(f"SELECT ls_rank {view}", values))
        with self.cursor() as cursor:
            found = cursor.execute(f"SELECT ls_rank, ls_turn {view}", values).fetchnumpy()
        rank, turn = np.asarray(found["ls_rank"]), np.asarray(found["ls_turn"], dtype="float64")
        moved = turn != rank
        usual, order = np.sort(rank[~moved]), np.lexsort((rank[moved], turn[moved]))
        return np.insert(usual, np.searchsorted(usual, turn[moved][order], side="left"), rank[moved][order])

    def _shown(self, without: Sequence[str] = ()) -> str:
        """Name what a page needs: not the long text that is only searched, nor the keys that are only compared."""
        left_out = [n for n in self.columns if n == "ls_search" or n.endswith("_key") or n in without]
        left_out += sorted(self.hidden)
        return f"* EXCLUDE ({', '.join(map(quoted, left_out))})" if left_out else "*"

    @property
    def file_sql(self) -> str:
        """The file as SQL text."""
        return f"read_parquet('{sql_text(self.path)}')"

    @cached_property
    def _first_places(self) -> dict[str, int]:
        """Return before which rank a lead stands that a person gives a grade."""
        found = dict(self._run(f"SELECT {self.grade_sql()}, count(*) FROM {self.file_sql} GROUP BY 1"))  # noqa: S608  # names are quoted or ours, values are bound
        places, before = {}, 0
        for grade in ("Hot", "Warm", "Cold", "Junk"):
            places[grade] = before
            before += int(found.get(grade, 0))
        return places

    def _order(self, sort: Sort) -> str:
        down = " DESC" if sort.descending else ""
        if sort.by == "call":
            return call_order_sql(self.standing, down)
        if sort.by == "arrival":
            return f"ls_row{down}"
        if sort.by not in {*self.columns, *CONTACT_COLUMNS}:
            raise StorageError(f"This list has no column {sort.by!r} to sort by. Choose another.")
        return f"{quoted(sort.by)}{down} NULLS LAST, ls_rank"

    def _run(self, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        with self.cursor() as cursor:
            return cursor.execute(sql, values or []).fetchall()

    def _numbers(self, sql: str, values: list[Any]) -> np.ndarray:
        with self.cursor() as cursor:
            return np.asarray(next(iter(cursor.execute(sql, values).fetchnumpy().values())))

    def query(self, sql: str, values: list[Any] | None = None) -> pd.DataFrame:
        """Run SQL on the leads' files; its errors are raised in words."""
        with self.cursor() as cursor:
            return to_frame(cursor.execute(sql, values or []))

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor whose errors are raised in words."""
        with errors_in_words(self.path), borrowed_cursor() as cursor:
            if len(self.standing.restored):
                cursor.register("restored", pa.table({"r_row": self.standing.restored}))
            if len(self.standing.contacts):
                cursor.register(BITS, self.standing.contacts.bits(self._ranks()))
                cursor.register("contacts", self.standing.contacts.table)
            if len(self.standing.trial):
                self.standing.trial.register(cursor, self._ranks())
            yield cursor
