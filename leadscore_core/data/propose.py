"""Proposing: what the columns of somebody else's labelled leads mean, for a person to correct."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leadscore_core.data.header_words import normalise_header
from leadscore_core.data.parts import LINE_PROBLEM
from leadscore_core.data.roles import KNOWN_MARKS, ProposedColumn, infer_roles, plain_header
from leadscore_core.data.schema import Column, FlagWords, LeadSchema, OutcomeWords, Role
from leadscore_core.data.text import clean_text
from leadscore_core.errors import SchemaError

_MOST_OUTCOMES = 20
_OUTCOMES = (
    r"\b(converted|conversion|app complete( flag)?|application completed?|l2ac|is customer|enrolled|admitted|won|"
    r"purchased|signed up|subscribed|outcome|target|label)\b"
)
_YES_WORDS = frozenset(
    {"1", "yes", "y", "true", "t", "won", "converted", "completed", "enrolled", "success", "customer"}
)
_YES_WORDS |= {"admitted", "purchased", "closed won", "signed up", "subscribed", "positive"}
_ONCE = frozenset({Role.TIMESTAMP, Role.CITY, Role.LABEL, Role.ID})


@dataclass(frozen=True)
class Proposal:
    """What the columns of a file are thought to mean, and which values of the outcome mean yes.

    ``outcomes`` gives, of columns that could be the outcome, their lower-case values, the most frequent first.
    """

    columns: tuple[ProposedColumn, ...]
    positive: tuple[str, ...]
    outcomes: dict[str, tuple[str, ...]]

    @property
    def label(self) -> str | None:
        """The header of the outcome."""
        return next((column.header for column in self.columns if column.role is Role.LABEL), None)

    def with_label(self, header: str, positive: Sequence[str] = ()) -> Proposal:
        """Return the proposal with another outcome; the values that mean yes are guessed where they are not given."""
        columns = tuple(
            replace(column, role=Role.LABEL, why="chosen as the outcome")
            if column.header == header
            else replace(column, role=None, why="may be another outcome")
            if column.role is Role.LABEL
            else column
            for column in self.columns
        )
        return replace(self, columns=columns, positive=tuple(positive) or _yes_of(self.outcomes.get(header, ())))


def propose_schema(frame: pd.DataFrame, label: str | None = None) -> Proposal:
    """Look at every column and say what it may mean.

    Parameters
    ----------
    frame
        Leads as read, under their own headers.
    label
        Header of the outcome, if a person gave it.

    Raises
    ------
    SchemaError
        If there is no such header.

    Examples
    --------
    >>> frame = pd.DataFrame({"Lead Source": ["Web", "Fair"] * 30, "Won": ["Yes", "No", "No"] * 20, "Hits": range(60)})
    >>> [(column.human, str(column.role)) for column in propose_schema(frame.assign(Hits=frame["Hits"] % 7)).columns]
    [('Lead Source', 'source'), ('Won', 'label'), ('Hits', 'number')]
    """
    headers = [str(h) for h in frame.columns if h != LINE_PROBLEM]
    if label is not None and label not in headers:
        raise SchemaError(f"There is no column {label!r}. Columns: {', '.join(headers[:12])}. Give one of them.")
    outcomes = {h: values for h in headers if (values := _values(frame[h], least=0 if h == label else 2))}
    proposal = Proposal(tuple(infer_roles(frame, headers)), (), outcomes)
    named = (h for h, values in outcomes.items() if re.search(_OUTCOMES, plain_header(h)) and _yes_of(values))
    found = label or next(named, None)
    return proposal if found is None else proposal.with_label(found)


def build_schema(proposal: Proposal, name: str, title: str = "") -> LeadSchema:
    """Turn a proposal, corrected or not, into a schema.

    Parameters
    ----------
    name
        Letters, digits, dashes and underscores.
    title
        Whose leads these are; made of the name if not given.

    Raises
    ------
    SchemaError
        With every fault: no name, no outcome, nothing to learn from, a role that was given twice.
    """
    faults = []
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        faults.append(f"the name {name!r} should be of small letters, digits, - and _ only")
    used = [column for column in proposal.columns if column.role is not None]
    if proposal.label is None:
        faults.append("no column is the outcome; choose the one that says which leads converted")
    elif not proposal.positive:
        faults.append(f"no value of {proposal.label!r} means that a lead converted; choose at least one")
    for role in sorted(_ONCE):
        twice = [column.header for column in used if column.role is role]
        if len(twice) > 1:
            faults.append(f"{' and '.join(map(repr, twice))} cannot both be the {role}")
    if faults:
        raise SchemaError(f"These columns cannot be used yet: {'; '.join(faults)}.")
    names = _own_names([column.header for column in used])
    try:
        return LeadSchema(
            name=name,
            title=title or _title(name),
            version=1,
            missing_marks=("",),
            columns=tuple(_column(c, own, proposal) for c, own in zip(used, names, strict=True)),
            outcome=OutcomeWords(many="convert", past="converted", noun="conversion"),
        )
    except ValueError as error:
        raise SchemaError(f"These columns cannot be used yet: {error}.") from error


def name_schema(text: str) -> str:
    """Return a schema's name made of any text.

    Examples
    --------
    >>> name_schema("Leads (2024) export.csv")
    'leads-2024-export'
    """
    stem = re.sub(r"\.(csv|tsv|txt|xlsx?|xlsm|xlsb|ods|parquet|gz|zip)\b", "", text.casefold())
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-") or "leads"


def _title(name: str) -> str:
    words = name.replace("_", " ").replace("-", " ").strip().capitalize()
    return words if words.casefold().endswith("leads") else f"{words} leads"


def _column(proposed: ProposedColumn, name: str, proposal: Proposal) -> Column:
    role = proposed.role
    assert role is not None
    human = proposed.human.strip() or proposed.header
    words = human.replace("{", "{{").replace("}", "}}")
    return Column(
        name=name,
        role=role,
        human=human,
        missing="zero" if role in {Role.COUNT, Role.FLAG} else "level",
        aliases=(proposed.header,),
        phrase=f"{words} {{value}}",
        flag_words=FlagWords(yes=f"{human} is yes", no=f"{human} is no") if role is Role.FLAG else None,
        missing_marks=("", *proposed.missing_marks),
        positive=proposal.positive if role is Role.LABEL else (),
    )


def _own_names(headers: Sequence[str]) -> list[str]:
    """Return names of letters, digits and underscores, each once."""
    names: list[str] = []
    for header in headers:
        plain = re.sub(r"\W+", "_", header.strip().casefold()).strip("_") or "column"
        plain = f"column_{plain}" if plain.startswith("ls_") or plain[0].isdigit() else plain
        name, number = plain, 2
        while name in names:
            name, number = f"{plain}_{number}", number + 1
        names.append(name)
    return names


def _values(cells: pd.Series, least: int) -> tuple[str, ...]:
    """Return the values of a column that could be an outcome, the most frequent first; nothing for any other."""
    counts = clean_text(cells, ("", *KNOWN_MARKS), lower=True).value_counts()
    values = tuple(str(value) for value in counts.index[:_MOST_OUTCOMES])
    return values if least == 0 or least <= len(counts) <= _MOST_OUTCOMES else ()


def _yes_of(values: Sequence[str]) -> tuple[str, ...]:
    """Return the values that mean yes: those that say so, else the rarer of two."""
    said = tuple(value for value in values if value in _YES_WORDS)
    return said or (tuple(values[-1:]) if len(values) == 2 else ())


def numbers_of(columns: Sequence[ProposedColumn]) -> dict[str, int]:
    """Count columns by what they are: read by the model, for people, left out.

    Examples
    --------
    >>> numbers_of([ProposedColumn("a", None, "A"), ProposedColumn("b", Role.CITY, "B")])
    {'read': 1, 'people': 0, 'left out': 1}
    """
    roles = [column.role for column in columns]
    people = {Role.ID, Role.NAME, Role.EMAIL, Role.PHONE}
    return {
        "read": sum(role is not None and role not in people and role is not Role.LABEL for role in roles),
        "people": sum(role in people for role in roles),
        "left out": sum(role is None for role in roles),
    }


def headers_found(schema: LeadSchema, headers: Sequence[str]) -> float:
    """Return which share (0-1) of the columns that a model may read, interactions aside, has a header of its name."""
    known = {normalise_header(header) for header in headers}
    wanted = [column for column in schema.inputs if column.role is not Role.INTERACTION]
    found = [
        any(normalise_header(name) in known for name in (column.name, column.human, *column.aliases))
        for column in wanted
    ]
    return float(np.mean(found)) if found else 0.0
