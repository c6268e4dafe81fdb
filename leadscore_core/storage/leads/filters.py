"""Filters: which leads of a batch are asked for, as SQL with parameters."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from leadscore_core.storage.leads.dimensions import expression, quoted

ListSection = Literal["calls", "quarantine", "all"]
News = Literal["new", "seen", "up", "down", "called"]
CHANGED = 5  # points of lead score from which on a lead counts as changed since the list before
BLANK = "(blank)"


@dataclass(frozen=True)
class LeadFilter:
    """What a person chose; empty means all.

    Attributes
    ----------
    section
        The call list, the quarantine, or both.
    grades
        Grades as shown, overrides included.
    values
        Dimension (see `dimensions`) -> values that are wanted; `BLANK` stands for none.
    created_from, created_to
        Days, both included.
    score_from, score_to
        Lead score 0-100, both included.
    text
        Words that must all occur in name, id, e-mail, phone, city, source, medium or platform.
    reason
        Code of the junk rule, in the quarantine.
    states
        Contact states; with none of them the call list holds who can still be called.
    news
        Whether a lead is new, was seen on an earlier list, went up or down since by `CHANGED` points, or was called;
        any of them.
    """

    section: ListSection = "calls"
    grades: tuple[str, ...] = ()
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    created_from: date | None = None
    created_to: date | None = None
    score_from: int = 0
    score_to: int = 100
    text: str = ""
    reason: str = ""
    states: tuple[str, ...] = ()
    news: tuple[News, ...] = ()

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the section is chosen."""
        return self != LeadFilter(section=self.section)


def where(chosen: LeadFilter, columns: set[str], created: str | None, city: str | None = None) -> tuple[str, list[Any]]:
    """Return the condition of a filter and its parameters.

    Parameters
    ----------
    columns
        Columns of the batch; others are not filtered by.
    created
        The column with the date of creation, or None.
    city
        The column with the city, or None.

    Examples
    --------
    >>> where(LeadFilter(section="all", text="pune"), set(), None)
    ('contains(ls_search, ?)', ['pune'])
    """
    terms, values = _standing(chosen, columns)
    for dimension, wanted in sorted(chosen.values.items()):
        cell = expression(dimension, columns, created, city)
        if cell is not None and wanted:
            term, given = _any_of(cell, wanted)
            terms.append(term)
            values += given
    for term, bound in _ranges(chosen, created):
        terms.append(term)
        values.append(bound)
    for word in chosen.text.casefold().split():
        terms.append("contains(ls_search, ?)")
        values.append(word)
    return " AND ".join(terms) or "true", values


def _standing(chosen: LeadFilter, columns: set[str]) -> tuple[list[str], list[Any]]:
    """Return the conditions of how a lead stands, and their parameters: put aside or not, called or not, its grade."""
    terms: list[str] = []
    values: list[Any] = []
    if chosen.states:
        terms.append(f"ls_state IN ({_marks(chosen.states)})")
        values += chosen.states
    if chosen.section == "calls" and not chosen.states:  # who is not to be called is not open either
        terms += ["ls_own_junk = ''", "ls_open"]
    elif chosen.section != "all":
        terms.append(f"ls_junk {'=' if chosen.section == 'calls' else '<>'} ''")
    if chosen.reason:
        terms.append("ls_junk = ?")
        values.append(chosen.reason)
    if chosen.grades:
        terms.append(f"ls_grade IN ({_marks(chosen.grades)})")
        values += chosen.grades
    if chosen.news:
        terms.append("(" + " OR ".join(_news(one, columns) for one in chosen.news) + ")")
    return terms, values


def _news(news: News, columns: set[str]) -> str:
    """Return the condition that a lead is new, was seen, went up or down, or was called."""
    if news == "called":
        return "ls_called"
    if news in {"new", "seen"}:
        seen = '"ls_rule_seen_before"' if "ls_rule_seen_before" in columns else "false"
        return seen if news == "seen" else f"NOT {seen}"
    if "ls_score_before" not in columns:  # lists that were kept before scores were compared
        return "false"
    return f"ls_score - ls_score_before {'>= ' if news == 'up' else '<= -'}{CHANGED}"


def _any_of(cell: str, wanted: tuple[str, ...]) -> tuple[str, list[str]]:
    """Return the condition that a cell has one of some values, and its parameters."""
    given = [value for value in wanted if value != BLANK]
    either = [f"{cell} IN ({_marks(given)})"] if given else []
    either += [f"{cell} IS NULL"] if BLANK in wanted else []
    return f"({' OR '.join(either)})", given


def _ranges(chosen: LeadFilter, created: str | None) -> list[tuple[str, date | int]]:
    """Return the conditions of days and scores, each with its parameter."""
    terms: list[tuple[str, date | int]] = []
    if created is not None and chosen.created_from is not None:
        terms.append((f"{quoted(created)} >= ?", chosen.created_from))
    if created is not None and chosen.created_to is not None:
        terms.append((f"{quoted(created)} < ?", chosen.created_to + timedelta(days=1)))
    if chosen.score_from > 0:
        terms.append(("ls_score >= ?", chosen.score_from))
    if chosen.score_to < 100:
        terms.append(("ls_score <= ?", chosen.score_to))
    return terms


def _marks(values: tuple[str, ...] | list[str]) -> str:
    return ", ".join("?" for _ in values)
