"""What is counted of a batch's leads, in all and by grade, junk rule, contact state or value."""

from abc import ABC, abstractmethod
from typing import Any

from leadscore_core.config import CONTACT_RULES
from leadscore_core.storage.leads.dimensions import expression, quoted
from leadscore_core.storage.leads.filters import LeadFilter, ListSection
from leadscore_core.storage.leads.standing import RULE


class LeadCounts(ABC):
    """Counts of a `LeadTable`, which gives the leads."""

    columns: list[str]
    created: str | None
    city: str | None
    rows: int

    @property
    @abstractmethod
    def file_sql(self) -> str:
        """The file as SQL text."""

    @abstractmethod
    def _view(self) -> str: ...

    @abstractmethod
    def _where(self, chosen: LeadFilter) -> tuple[str, list[Any]]: ...

    @abstractmethod
    def _run(self, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]: ...

    def by_grade(self, chosen: LeadFilter) -> dict[str, tuple[int, float]]:
        """Return leads and expected conversions of each grade."""
        return self._by("ls_grade", *self._where(chosen))

    def _by(self, column: str, condition: str, values: list[Any] | None = None) -> dict[str, tuple[int, float]]:
        sql = f"SELECT {column}, count(*), sum(ls_propensity) FROM ({self._view()}) WHERE {condition} GROUP BY 1"  # noqa: S608  # names are quoted or ours, values are bound
        return {value: (int(n), float(expected)) for value, n, expected in self._run(sql, values)}

    def grade_share(self, grade: str) -> float:
        """Return the share (0-1) of the batch that the model gives a grade."""
        found = self._run(f"SELECT count(*) FROM ({self._view()}) WHERE ls_model_grade = ?", [grade])  # noqa: S608  # names are quoted or ours, values are bound
        return int(found[0][0]) / self.rows if self.rows else 0.0

    def by_junk(self) -> dict[str, tuple[int, float]]:
        """Return leads and expected conversions of each reason for quarantine; the empty one is the call list.

        Leads that are settled (reached, won, lost or unreachable) are in neither, see `by_state`.
        """
        return self._by("ls_junk", "ls_junk <> '' OR ls_open")

    def by_state(self, view: ListSection = "all") -> dict[str, tuple[int, float]]:
        """Return leads and expected conversions of each contact state; leads that nobody called are new.

        Parameters
        ----------
        view
            Of all leads those that were put aside before anybody called them are not counted.
        """
        within = {"all": "ls_junk = '' OR ls_state <> 'new'", "calls": "ls_junk = ''", "quarantine": "ls_junk <> ''"}
        return self._by("ls_state", within[view])

    def rule_counts(self) -> dict[str, int]:
        """Return how many leads each contact rule would touch, whether or not it is switched on; rules that apply."""
        rules = [rule for rule in CONTACT_RULES if RULE + rule in self.columns]
        if not rules:
            return {}
        sums = ", ".join(f"coalesce(sum(CAST({quoted(RULE + rule)} AS INT)), 0)" for rule in rules)
        return {
            rule: int(n)
            for rule, n in zip(rules, self._run(f"SELECT {sums} FROM {self.file_sql}")[0], strict=True)  # noqa: S608  # names are quoted or ours, values are bound
        }

    def values_of(self, column: str, most: int = 200) -> list[tuple[str | None, int]]:
        """Return a column's values with their leads, the most frequent first."""
        cell = expression(column, self.columns, self.created, self.city)
        if cell is None:
            return []
        return [
            (value, int(n))
            for value, n in self._run(
                f"SELECT {cell}, count(*) FROM {self.file_sql} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {int(most)}"  # noqa: S608  # names are quoted or ours, values are bound
            )
        ]

    def period(self) -> tuple[Any, Any]:
        """Return the first and last date of creation, or None and None."""
        if self.created is None:
            return None, None
        name = quoted(self.created)
        first, last = self._run(f"SELECT min({name}), max({name}) FROM {self.file_sql}")[0]  # noqa: S608  # names are quoted or ours, values are bound
        return first, last
