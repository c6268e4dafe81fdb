"""Columns of a labelled list that may say who was called: each with its evidence, the one that does, or a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leadscore_core.data.schema.called_column import CalledColumn, may_say_called, read_called
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import CONTACT_ROLES, LeadSchema, Role
from leadscore_core.data.schema.schema_files import is_shipped
from leadscore_core.errors import LabelError
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import percent
from leadscore_core.training.called import is_recorded

NOBODY_SAYS = "none"
SAYS_CALLED = "it says who was called, which nobody knows of a new lead"
_ALIKE, _LOOKED_AT = 0.98, 2_000
_KINDS = ("answer", "number", "date", "status", "filled")


@dataclass(frozen=True)
class CallColumn:
    """A column that may say who was called: how many it says were, how many were not, and how many of each converted.

    ``is_clear`` says that its name and values leave no doubt of what it is about, and nearly all who converted were
    called; ``is_used`` that outcomes were settled by it.
    """

    header: str
    called: int
    called_yes: int
    uncalled: int
    uncalled_yes: int
    is_clear: bool
    is_used: bool = False

    def statement(self, words: OutcomeWords) -> str:
        """Say what it says, with its evidence."""
        base = (self.called_yes + self.uncalled_yes) / max(1, self.called + self.uncalled)
        parts = [
            f"{human} {n:,} ({percent(yes / n, base)} {words.past})"
            for human, n, yes in (
                ("called", self.called, self.called_yes),
                ("not called", self.uncalled, self.uncalled_yes),
            )
            if n
        ]
        return f"{self.header!r}: {', '.join(parts)}"


@dataclass
class CallCells:
    """Cells of the columns that may say who was called, collected chunk by chunk.

    Parameters
    ----------
    schema, mapping
        Of the list. What says who a person is, when the lead came, and what is an input of shipped leads is no such
        column.
    said
        Header of the one that says it, where a person named it; `NOBODY_SAYS` where a person says that none does.
    """

    schema: LeadSchema
    mapping: ColumnMapping
    said: str | None = None
    parts: dict[str, list[pd.Series]] | None = None

    def add(self, chunk: pd.DataFrame) -> None:
        """Keep what a chunk says; by the first it is settled which columns may say it."""
        if self.parts is None:
            self.parts = {header: [] for header in self._candidates(chunk)}
        blank = pd.Series([""] * len(chunk), dtype="str")
        for header, own in self.parts.items():
            own.append(chunk[header].reset_index(drop=True) if header in chunk else blank)

    def columns(self) -> list[CalledColumn]:
        """Return what each column says of all leads."""
        read = (
            read_called(header, pd.concat(own, ignore_index=True)) for header, own in (self.parts or {}).items() if own
        )
        return [column for column in read if column is not None]

    def _candidates(self, chunk: pd.DataFrame) -> list[str]:
        if self.said == NOBODY_SAYS:
            return []
        if self.said is not None:
            if self.said not in chunk.columns:
                raise LabelError(
                    f"The list has no column {self.said!r} that could say who was called. Its columns: "
                    f"{', '.join(map(str, chunk.columns[:12]))}. Give one of them, or {NOBODY_SAYS}."
                )
            return [self.said]
        shipped = is_shipped(self.schema.name)
        taken = {
            header
            for match in self.mapping.matches
            for header in (match.header, *match.more)
            if (column := self.schema.by_name[match.column]).role in {*CONTACT_ROLES, Role.TIMESTAMP}
            or (shipped and column.is_input)
        }
        return [
            str(h)
            for h in chunk.columns
            if h not in taken and may_say_called(str(h), chunk[h].iloc[:: -(-len(chunk) // _LOOKED_AT) or 1])
        ]


def choose_called(
    columns: Sequence[CalledColumn], outcome: np.ndarray, *, said: str | None = None
) -> tuple[CalledColumn | None, tuple[CallColumn, ...]]:
    """Return the column that says who was called, None where none does for certain, and the evidence of each.

    A column is certain where its name and values say so and four in five of those who converted were called, and no
    other such column contradicts it.

    Parameters
    ----------
    outcome
        As it came: 1, 0 or NaN a lead.
    said
        Header of the one that a person named.
    """
    ordered = sorted(columns, key=lambda column: (not column.is_named, _KINDS.index(column.kind)))
    evidence = {column.header: _evidence(column, outcome) for column in ordered}
    certain = [column for column in ordered if column.header == said or evidence[column.header].is_clear]
    used = certain[0] if certain and all(_agree(certain[0], other) for other in certain[1:]) else None
    rows = (replace(one, is_used=used is not None and one.header == used.header) for one in evidence.values())
    return used, tuple(rows)


def ask_called(rows: Sequence[CallColumn], words: OutcomeWords) -> str:
    """Return the question that a person has to answer before leads are learned from; empty where all is clear."""
    open_ = asked_columns(rows)
    if not open_:
        return ""
    first = open_[0]
    return (
        f"It is not clear who of these leads was called. {'; '.join(row.statement(words) for row in open_)}. Who was "
        "not called and did not convert is unknown, and is not learned from as a no. If a column says it, add --called "
        f"{first.header!r}; if none does, --called {NOBODY_SAYS}."
    )


def asked_columns(rows: Sequence[CallColumn]) -> list[CallColumn]:
    """Return the columns of which only a person knows whether they say who was called; none where one is used."""
    return [] if any(row.is_used for row in rows) else [row for row in rows if row.uncalled]


def about_calls(rows: Sequence[CallColumn], headers: Mapping[str, str]) -> set[str]:
    """Return the inputs that say who was called, which no model must read."""
    clear = {row.header for row in rows if row.is_clear or row.is_used}
    return {name for name, header in headers.items() if header in clear}


def _evidence(column: CalledColumn, outcome: np.ndarray) -> CallColumn:
    called, nobody = column.called == 1, column.called == 0
    yes = outcome == 1
    lost = nobody & ~np.isnan(outcome)
    recorded = is_recorded(outcome, column.called)
    return CallColumn(
        header=column.header,
        called=int(called.sum()),
        called_yes=int((called & yes).sum()),
        uncalled=int(nobody.sum()),
        uncalled_yes=int((nobody & yes).sum()),
        is_clear=(column.is_clear or not lost.any()) and (recorded is True or not lost.any()),
    )


def _agree(one: CalledColumn, other: CalledColumn) -> bool:
    both = ~np.isnan(one.called) & ~np.isnan(other.called)
    return not both.any() or bool((one.called[both] == other.called[both]).mean() >= _ALIKE)
