"""Source tables: leads of one batch or several, counted by what they have in common, with outcomes where known."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore_core.errors import StorageError
from leadscore_core.storage.leads.dimensions import LEARNED, UNSEEN, expression, is_time
from leadscore_core.storage.leads.filters import LeadFilter, where
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.pool import sql_text, to_frame
from leadscore_core.storage.leads.small_groups import check_enough_leads, frequent_values, merge_small

OTHERS = "All others"
OUTCOME, GRADE = "ls_outcome", "ls_grade"
MOST_GROUPS = 20_000
_GRADES = ("Hot", "Warm", "Cold", "Junk")
_COUNTS = (
    "count(*) AS leads, count(ls_completed) AS known, coalesce(sum(ls_completed), 0)::BIGINT AS completed, "
    "count(ls_expected) AS foreseen, coalesce(sum(ls_expected), 0) AS expected, "
    "count(ls_expected) FILTER (ls_completed IS NOT NULL) AS foreseen_known, "
    "coalesce(sum(ls_expected) FILTER (ls_completed IS NOT NULL), 0) AS expected_known, "
    + ", ".join(f"count(*) FILTER (ls_grade = '{grade}') AS {grade.lower()}" for grade in _GRADES)
)

_PAIR = ("first", "first_value", "second", "second_value")
_SUMMED = dict.fromkeys(("leads", "known", "completed", "foreseen", "foreseen_known"), "BIGINT")
_SUMMED |= dict.fromkeys(("expected", "expected_known"), "DOUBLE")
_SUMMED |= {grade.lower(): "BIGINT" for grade in _GRADES}


class SourceTable:
    """Leads of several batches as one.

    Parameters
    ----------
    tables
        One or more.
    outcomes
        For each, the Parquet file of outcomes that came back, or None; what the list itself says holds otherwise.
    smallest
        No group of fewer leads is told apart, for whoever may not see so few.

    Raises
    ------
    StorageError
        If a file is gone or damaged.
    """

    def __init__(self, tables: Sequence[LeadTable], outcomes: Sequence[Path | None], smallest: int = 1) -> None:
        self.tables, self.outcomes, self.smallest = list(tables), list(outcomes), smallest
        self.columns = list(dict.fromkeys(column for table in tables for column in table.columns))
        self.columns.append(GRADE)
        self.created = next((table.created for table in tables if table.created), None)
        self.city = next((table.city for table in tables if table.city), None)
        self.rows = sum(table.rows for table in tables)

    def groups(
        self,
        dimensions: Sequence[str],
        chosen: LeadFilter,
        *,
        most: int | None = MOST_GROUPS,
        at_least: int = 1,
        levels: dict[str, list[str | None]] | None = None,
        worked_with: bool = False,
    ) -> pd.DataFrame:
        """Count leads by what they have in common, the largest groups first.

        Parameters
        ----------
        dimensions
            See `dimensions`; none for all leads together.
        most, at_least
            At most so many groups (None for all), of at least so many leads.
        levels
            Dimension -> values that stand for themselves; all others are taken together as `OTHERS`.
        worked_with
            Whether the groups are only worked with, and shown to nobody, so that they may be small.

        Returns
        -------
        pandas.DataFrame
            The dimensions as text, NaN where blank; ``leads``; ``known`` (leads whose outcome is known), ``completed``
            (of these); ``expected`` (conversions, by the propensities of models that had not seen the leads) of
            ``foreseen`` leads, ``expected_known`` of ``foreseen_known`` (of leads whose outcome is known); ``hot``,
            ``warm``, ``cold``, ``junk`` (leads of each grade).

        Raises
        ------
        StorageError
            If there is no such dimension, or a file cannot be read.
        """
        cells, values = [], []
        for dimension in dimensions:
            cell = self._cell(dimension)
            wanted = (levels or {}).get(dimension)
            if wanted is not None:
                given = [value for value in wanted if value is not None]
                blank = f" WHEN {cell} IS NULL THEN {'NULL' if None in wanted else '?'}"
                inside = f" WHEN {cell} IN ({', '.join('?' for _ in given)}) THEN {cell}" if given else ""
                values += [*([] if None in wanted else [OTHERS]), *given, OTHERS]
                cell = f"CASE{blank}{inside} ELSE ? END"
            cells.append(cell)
        names = [f"g{place}" for place in range(len(cells))]
        keys = "".join(f"{cell} AS {name}, " for name, cell in zip(names, cells, strict=True))
        condition, wheres = self._where(chosen)
        by = f"GROUP BY {', '.join(names)} HAVING count(*) >= {int(at_least)}" if cells else ""
        is_whole = self.smallest > 1 and bool(cells)
        by = by if not is_whole else f"GROUP BY {', '.join(names)}"
        limit = "" if most is None or is_whole else f"LIMIT {int(most)}"
        order = ", ".join(["leads DESC", *(f"{name} NULLS LAST" for name in names)])
        found = self._frame(
            f"SELECT {keys}{_COUNTS} FROM ({self._leads()}) WHERE {condition} {by} ORDER BY {order} {limit}",  # noqa: S608  # names are quoted or ours, values are bound
            [*values, *wheres],
        )
        found = found.rename(columns=dict(zip(names, dimensions, strict=True)))
        if self.smallest > 1:
            check_enough_leads(int(found["leads"].sum()), self.smallest)
        if is_whole:
            if not worked_with:
                found = merge_small(found, dimensions, self.smallest, leave_out=any(map(is_time, dimensions)))
            found = found[found["leads"] >= at_least].head(len(found) if most is None else most)
        return found

    def pairs(self, dimensions: Sequence[str], chosen: LeadFilter, at_least: int) -> pd.DataFrame:
        """Count leads by every dimension and every two of them, in one scan.

        Returns
        -------
        pandas.DataFrame
            ``first``, ``first_value``, ``second``, ``second_value`` (None for groups of one dimension; NaN in a value
            where it is blank), then the counts of `groups`.
        """
        if self.smallest > 1:
            check_enough_leads(int(self.totals(chosen)["leads"]), self.smallest)
            at_least = max(at_least, self.smallest)
        if not dimensions:  # a list may have neither source nor city nor anything else of the kind
            return self.groups((), chosen).iloc[:0].reindex(columns=[*_PAIR, *_SUMMED])
        names = [f"g{place}" for place in range(len(dimensions))]
        keys = ", ".join(f"{self._cell(d)} AS {name}" for d, name in zip(dimensions, names, strict=True))
        condition, wheres = self._where(chosen)
        parts = []
        with self.tables[0].cursor() as cursor:
            cursor.execute(
                f"CREATE OR REPLACE TEMP TABLE pairs AS SELECT {keys}, {_COUNTS} FROM ({self._leads()}) "  # noqa: S608  # names are quoted or ours, values are bound
                f"WHERE {condition} GROUP BY ALL",
                wheres,
            )
            sums = ", ".join(f"sum({name})::{kind} AS {name}" for name, kind in _SUMMED.items())
            for places in [*((a,) for a in range(len(names))), *combinations(range(len(names)), 2)]:
                by = ", ".join(names[place] for place in places)
                found = cursor.execute(
                    f"SELECT {by}, {sums} FROM pairs GROUP BY ALL HAVING sum(leads) >= {int(at_least)}"  # noqa: S608  # names are quoted or ours, values are bound
                )
                part = to_frame(found)
                second = dimensions[places[1]] if len(places) == 2 else None
                part.insert(0, "first", dimensions[places[0]])
                part.insert(2, "second", pd.Series([second] * len(part), dtype="str"))
                if len(places) == 1:
                    part.insert(3, "second_value", pd.Series([None] * len(part), dtype="str"))
                parts.append(part.set_axis([*_PAIR, *_SUMMED], axis=1))
            cursor.execute("DROP TABLE pairs")
        return pd.concat(parts, ignore_index=True)

    def overlaps(self, groups: Sequence[dict[str, str | None]], chosen: LeadFilter) -> pd.DataFrame:
        """Count leads by which of some groups they are in.

        Parameters
        ----------
        groups
            Dimension -> its value, None for blank; fewer than 60.

        Returns
        -------
        pandas.DataFrame
            ``mask`` (bit i where a lead is in the i-th group), then the counts of `groups`.
        """
        terms, values = [], []
        for place, group in enumerate(groups):
            conditions = []
            for dimension, value in group.items():
                cell = self._cell(dimension)
                conditions.append(f"{cell} IS NULL" if value is None else f"{cell} = ?")
                values += [] if value is None else [value]
            terms.append(f"CASE WHEN {' AND '.join(conditions)} THEN {1 << place} ELSE 0 END")
        condition, wheres = self._where(chosen)
        mask = " + ".join(terms) or "0"
        return self._frame(
            f"SELECT CAST({mask} AS BIGINT) AS mask, {_COUNTS} FROM ({self._leads()}) WHERE {condition} GROUP BY 1",  # noqa: S608  # names are quoted or ours, values are bound
            [*values, *wheres],
        )

    def totals(self, chosen: LeadFilter) -> pd.Series:
        """Return the counts of `groups` over all leads of a filter."""
        return self.groups((), chosen).iloc[0]

    def foresight(self, chosen: LeadFilter) -> pd.Series:
        """Return by what outcomes of a filter's leads are expected.

        Returns
        -------
        pandas.Series
            ``scored`` leads; of them ``learned`` (the model learned from them), ``not_shown`` (and it keeps nothing
            else that was said of them, so that nothing is expected) and ``unclear`` (nothing tells whether it did).
        """
        condition, wheres = self._where(chosen)
        return self._frame(
            "SELECT count(ls_propensity) AS scored, count(*) FILTER (ls_had_learned) AS learned, "  # noqa: S608  # names are quoted or ours, values are bound
            "count(*) FILTER (ls_had_learned AND ls_expected IS NULL) AS not_shown, "
            "count(ls_propensity) FILTER (ls_had_learned IS NULL) AS unclear "
            f"FROM ({self._leads()}) WHERE {condition}",
            wheres,
        ).iloc[0]

    def values(self, dimension: str, chosen: LeadFilter, most: int) -> list[str | None]:
        """Return a dimension's most frequent values, None for blank."""
        condition, wheres = self._where(chosen)
        found = self._frame(
            f"SELECT {self._cell(dimension)} AS value, count(*) AS leads FROM ({self._leads()}) WHERE {condition} "  # noqa: S608  # names are quoted or ours, values are bound
            f"GROUP BY 1 ORDER BY 2 DESC, 1 NULLS LAST {'' if self.smallest > 1 else f'LIMIT {int(most)}'}",
            wheres,
        )
        if self.smallest > 1:
            found = frequent_values(found, self.smallest).head(most)
        return [None if pd.isna(value) else str(value) for value in found["value"].tolist()]

    def count_values(self, dimension: str, chosen: LeadFilter) -> int:
        """Return how many values a dimension has, blank among them."""
        if self.smallest > 1:
            return len(self.groups([dimension], chosen, most=None))
        condition, wheres = self._where(chosen)
        cell = self._cell(dimension)
        found = self._frame(
            f"SELECT count(DISTINCT {cell}) + CAST(count(*) > count({cell}) AS INT) AS n FROM ({self._leads()}) "  # noqa: S608  # names are quoted or ours, values are bound
            f"WHERE {condition}",
            wheres,
        )
        return int(found["n"].iloc[0])

    def period(self) -> tuple[Any, Any]:
        """Return the first and the last date of creation, or None and None."""
        ends = self.periods()
        return (min(first for first, _ in ends), max(last for _, last in ends)) if ends else (None, None)

    def periods(self) -> list[tuple[Any, Any]]:
        """Return the first and the last date of creation of each batch that has dates."""
        return [ends for table in self.tables if (ends := table.period())[0] is not None]

    def has(self, dimension: str) -> bool:
        """Tell whether any of the batches has a dimension."""
        return expression(dimension, self.columns, self.created, self.city) is not None

    def _cell(self, dimension: str) -> str:
        cell = expression(dimension, self.columns, self.created, self.city)
        if cell is None:
            raise StorageError(f"These leads have no {dimension!r} to group by. Choose another column.")
        return cell

    def _where(self, chosen: LeadFilter) -> tuple[str, list[Any]]:
        self.tables[0].check_searchable(chosen)
        return where(replace(chosen, section="all", reason=""), set(self.columns), self.created, self.city)

    def _leads(self) -> str:
        """Return all leads with their grade, their outcome and what is expected of them."""
        parts = []
        for table, path in zip(self.tables, self.outcomes, strict=True):
            own = OUTCOME if OUTCOME in table.columns else "NULL"
            join, outcome = "", own
            if path is not None:
                came = f"SELECT ls_row, ls_completed AS came FROM read_parquet('{sql_text(path)}')"  # noqa: S608  # names are quoted or ours, values are bound
                join = f" LEFT JOIN ({came}) USING (ls_row)"
                outcome = f"coalesce(came, {own})"
            has_unseen = UNSEEN in table.columns
            expected, learned = (UNSEEN, LEARNED) if has_unseen else ("ls_propensity", "CAST(NULL AS BOOLEAN)")
            parts.append(
                f"SELECT t.*, CASE WHEN ls_propensity IS NOT NULL THEN {table.grade_sql()} END AS ls_grade, "  # noqa: S608  # names are quoted or ours, values are bound
                f"CAST({outcome} AS TINYINT) AS ls_completed, "
                f"{expected} AS ls_expected, {learned} AS ls_had_learned FROM {table.file_sql} t{join}"
            )
        return " UNION ALL BY NAME ".join(parts)

    def _frame(self, sql: str, values: list[Any]) -> pd.DataFrame:
        return self.tables[0].query(sql, values)
