"""Person links: which lead of a batch is which person, found by sets of keys in DuckDB."""

from dataclasses import dataclass, field

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore_core.inference.duplicates import SHARED_BY_TOO_MANY
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.leads.contact_rows import ContactRows
from leadscore_core.storage.leads.dimensions import quoted
from leadscore_core.storage.leads.lead_table import LeadTable

KINDS = ("id", "email", "phone")


def _no_pairs() -> pd.DataFrame:
    return pd.DataFrame({"row": pd.Series(dtype="int64"), "person": pd.Series(dtype="int64")})


@dataclass(frozen=True)
class Everybody:
    """The people of a database.

    Attributes
    ----------
    keys
        Their keys, as from `leadscore_core.storage.database.people.all_keys`.
    own
        Ids of those who may be leads of a batch, which are those of its schema.
    barred
        Ids of those who are not to be called, whatever their schema.
    """

    keys: pa.Table
    own: np.ndarray
    barred: np.ndarray


@dataclass
class Links:
    """Which lead of a batch is which person.

    Attributes
    ----------
    best
        ``row`` and ``person``, one entry a lead.
    barred
        All pairs of a lead and a person not to be called that share an e-mail or a phone that few leads have.
    of, made
        For which version of the people they were found, and what was laid out of them last, and for what.
    """

    best: pd.DataFrame = field(default_factory=_no_pairs)
    barred: pd.DataFrame = field(default_factory=_no_pairs)
    of: int = -1
    made: tuple[object, ContactRows] | None = None
    _looked_for: pd.Series = field(default_factory=lambda: pd.Series(dtype="int64"))

    def bring_up_to_date(self, people: Everybody, batch: Batch, table: LeadTable) -> None:
        """Look for those who have keys that were not looked for before, or are not to be called since."""
        ids, keys = np.unique(people.keys["person"].to_numpy(), return_counts=True)
        stand = pd.Series(2 * keys + np.isin(ids, people.barred), index=ids)
        changed = ids[(stand != self._looked_for.reindex(ids, fill_value=0)).to_numpy()]
        if len(changed):
            self._link(people, changed, batch, table)
            self._looked_for = stand

    def _link(self, people: Everybody, changed: np.ndarray, batch: Batch, table: LeadTable) -> None:
        keys = people.keys
        own = keys.filter((pc.field("kind") == "row") & (pc.field("scope") == batch.id))
        own = own.filter(pc.is_in(own["person"], pa.array(changed)))
        by_row = pd.DataFrame({"row": own["key"].to_numpy(), "person": own["person"].to_numpy()})
        here = ((pc.field("kind") == "id") & (pc.field("scope") == batch.schema_name)) | (
            pc.field("kind").isin(["email", "phone"]) & (pc.field("scope") == "")
        )
        before = self.best.loc[self.best["person"].isin(changed), "row"].to_numpy("int64")
        found = _Search(Everybody(keys.filter(here), people.own, people.barred), table).find(changed, before)
        others = self.barred[~self.barred["person"].isin(changed)]
        self.barred = pd.concat([others, found.barred], ignore_index=True)
        unchanged = self.best[~self.best["row"].isin(found.looked_at) & ~self.best["row"].isin(by_row["row"])]
        self.best = pd.concat([unchanged, found.best, by_row], ignore_index=True).astype("int64")


@dataclass(frozen=True)
class _Found:
    best: pd.DataFrame
    barred: pd.DataFrame
    looked_at: np.ndarray


class _Search:
    """Keys of people looked for in a batch.

    Two may be one who share a key that few leads have, a phone only where not both have an id. Whether they are, and
    who fits best, is as `leadscore_core.storage.database.people.match_people` says.

    Parameters
    ----------
    people
        With the keys whose scopes fit the batch.
    """

    def __init__(self, people: Everybody, table: LeadTable) -> None:
        self.people, self.table = people, table
        names = [name for name in table.columns if name.startswith("ls_") and name.endswith("_key")]
        self.columns = [(name, kind_of(name)) for name in sorted(names)]

    def find(self, changed: np.ndarray, also: np.ndarray) -> _Found:
        """Return the leads of some people, and those who were theirs before, each with the person who fits best.

        Parameters
        ----------
        changed
            The people.
        also
            Leads that are looked at in any case.
        """
        wanted = _of(self.people.keys, changed)
        if not self.columns or wanted.num_rows == 0:
            return _Found(_no_pairs(), _no_pairs(), np.empty(0, dtype="int64"))
        with self.table.cursor() as cursor:
            cursor.register("own", pa.table({"person": self.people.own}))
            cursor.register("barred", pa.table({"person": self.people.barred}))
            pairs = self._run(cursor, self._rare_pairs(), wanted=wanted)
            barred = pairs.loc[pairs["is_barred"], ["row", "person"]]
            near = pairs.loc[pairs["is_likely"], ["row", "person"]]
            rows = np.union1d(near["row"].to_numpy("int64"), also)
            if len(rows) == 0:
                return _Found(_no_pairs(), barred, rows)
            if not np.isin(self.people.own, changed).all():  # others may fit these leads too
                everybody, looked_at = _of(self.people.keys, self.people.own), pa.table({"row": rows})
                others = self._run(cursor, self._people_near(), everybody=everybody, looked_at=looked_at)
                pairs = self._run(cursor, self._rare_pairs(), wanted=_of(everybody, others["person"].to_numpy()))
                near = pairs.loc[pairs["is_likely"] & pairs["row"].isin(rows), ["row", "person"]]
            theirs = _of(self.people.keys, near["person"].unique())
            near_pairs = pa.Table.from_pandas(near, preserve_index=False)
            best = self._run(cursor, self._best_pairs(), near=near_pairs, everybody=theirs)
        return _Found(best, barred, rows)

    def _run(self, cursor: duckdb.DuckDBPyConnection, sql: str, **tables: pa.Table) -> pd.DataFrame:
        for name, table in tables.items():
            cursor.register(name, table)
        return cursor.sql(sql).to_arrow_table().to_pandas()

    def _has(self, kind: str) -> str:
        """Return whether a lead of the file has a key of a kind, as SQL text."""
        return " OR ".join(f"{quoted(name)} IS NOT NULL" for name, of in self.columns if of == kind) or "false"

    def _is_new(self, name: str, kind: str) -> str:
        """Return whether a lead has a key in a column, and not in one before it, as SQL text."""
        before = [other for other, of in self.columns if of == kind and other < name]
        differs = [f"{quoted(name)} IS DISTINCT FROM {quoted(other)}" for other in before]
        return " AND ".join([f"{quoted(name)} IS NOT NULL", *differs])

    def _rare_pairs(self) -> str:
        """Return leads and people of ``wanted`` who share a key that few leads have.

        Likely are those of the own people, but for a phone alone where ids differ, which may be many.
        """
        cells = " UNION ALL ".join(
            f"SELECT ls_row AS row, '{kind}' AS kind, {quoted(name)} AS key, {self._has('id')} AS has_id "  # noqa: S608  # names are quoted or ours, values are bound
            f"FROM {self.table.file_sql} WHERE {self._is_new(name, kind)} "
            f"AND {quoted(name)} IN (SELECT key FROM known WHERE kind = '{kind}')"
            for name, kind in self.columns
        )
        without_id = " UNION ALL ".join(
            f"SELECT {quoted(name)} FROM {self.table.file_sql} WHERE NOT ({self._has('id')}) "  # noqa: S608  # names are quoted or ours, values are bound
            f"AND {quoted(name)} IS NOT NULL"
            for name, kind in self.columns
            if kind == "phone"
        )
        of_nobody = f"NOT with_id OR key IN ({without_id})" if without_id else "true"
        return (
            "WITH given AS (SELECT *, person IN (FROM own) AS is_own, kind <> 'id' AND person IN (FROM barred) AS "  # noqa: S608  # names are quoted or ours, values are bound
            "is_barred, person IN (SELECT person FROM wanted WHERE kind = 'id') AS with_id FROM wanted), "
            "known AS MATERIALIZED (SELECT * FROM given "
            f"WHERE is_barred OR (is_own AND (kind <> 'phone' OR {of_nobody}))), "
            f"cells AS ({cells}), rare AS (SELECT * FROM cells SEMI JOIN (SELECT kind, key FROM cells GROUP BY ALL "
            f"HAVING count(*) <= {SHARED_BY_TOO_MANY}) USING (kind, key)), "
            "pairs AS (SELECT *, is_own AND NOT (kind = 'phone' AND has_id AND with_id) AS is_likely "
            "FROM rare JOIN known USING (kind, key)) "
            "SELECT row, person, bool_or(is_barred) AS is_barred, bool_or(is_likely) AS is_likely FROM pairs "
            "WHERE is_barred OR is_likely GROUP BY row, person"
        )

    def _cells(self) -> str:
        """Return ``row``, ``kind`` and ``key`` of ``leads``, which has the columns of keys, as SQL text."""
        return " UNION ALL ".join(
            f"SELECT row, '{kind}' AS kind, {quoted(name)} AS key FROM leads WHERE {self._is_new(name, kind)}"  # noqa: S608  # names are quoted or ours, values are bound
            for name, kind in self.columns
        )

    def _people_near(self) -> str:
        """Return ``person`` of ``everybody`` who shares a key with a lead that is ``looked_at``."""
        names = ", ".join(quoted(name) for name, _ in self.columns)
        return (
            f"WITH leads AS MATERIALIZED (SELECT ls_row AS row, {names} FROM {self.table.file_sql} "  # noqa: S608  # names are quoted or ours, values are bound
            f"SEMI JOIN looked_at ON looked_at.row = ls_row), cells AS ({self._cells()}) "
            "SELECT DISTINCT person FROM everybody SEMI JOIN cells USING (kind, key)"
        )

    def _best_pairs(self) -> str:
        """Return ``row`` and ``person`` who fits best, of the pairs that are ``near`` and the keys of ``everybody``."""
        has = ", ".join(f"({self._has(kind)}) AS has_{kind}" for kind in KINDS)
        of_people = ", ".join(f"bool_or(kind = '{kind}') AS has_{kind}" for kind in KINDS)
        shared = ", ".join(f"bool_or(kind = '{kind}') AS same_{kind}" for kind in KINDS)
        names = ", ".join(quoted(name) for name, _ in self.columns)
        differ = {kind: f"(l.has_{kind} AND p.has_{kind} AND NOT same_{kind})" for kind in KINDS}
        fits = (
            f"same_email OR (same_id AND (same_phone OR NOT ({differ['email']} OR {differ['phone']}))) "
            f"OR (same_phone AND NOT {differ['id']} AND NOT {differ['email']})"
        )
        rank = "4 * (NOT same_id)::INT + 2 * (NOT same_email)::INT + (NOT same_phone)::INT"
        return (
            f"WITH leads AS MATERIALIZED (SELECT ls_row AS row, {has}, {names} FROM {self.table.file_sql} "  # noqa: S608  # names are quoted or ours, values are bound
            f"SEMI JOIN near ON near.row = ls_row), cells AS ({self._cells()}), "
            f"people AS (SELECT person, {of_people} FROM everybody GROUP BY person), "
            f"pairs AS (SELECT row, person, {shared} FROM near JOIN cells USING (row) "
            "JOIN everybody USING (person, kind, key) GROUP BY row, person) "
            "SELECT row, person FROM pairs JOIN leads l USING (row) JOIN people p USING (person) "
            f"WHERE {fits} QUALIFY row_number() OVER (PARTITION BY row ORDER BY {rank}, person) = 1"
        )


def _of(keys: pa.Table, people: np.ndarray) -> pa.Table:
    """Return ``person``, ``kind`` and ``key`` of some people."""
    return keys.filter(pc.is_in(keys["person"], pa.array(people, pa.int64()))).select(["person", "kind", "key"])


def kind_of(column: str) -> str:
    """Return what a column of keys holds.

    Examples
    --------
    >>> kind_of("ls_email_2_key")
    'email'
    """
    return column.removeprefix("ls_").removesuffix("_key").split("_")[0]
