"""Proposing: what the columns of somebody else's labelled leads mean, for a person to correct."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.numbers import DecimalMark
from leadscore_core.data.cleaning.outcome_split import split_outcomes
from leadscore_core.data.cleaning.outcome_values import MOST_VALUES, OutcomeSplit, count_values
from leadscore_core.data.cleaning.outcome_words import Meaning
from leadscore_core.data.reading.chunks import LINE_PROBLEM
from leadscore_core.data.reading.given_leads import LeadsOrPath, as_frame
from leadscore_core.data.schema.header_words import normalise_header
from leadscore_core.data.schema.outcome_candidates import OutcomeCandidate, certain_outcome, rank_outcomes
from leadscore_core.data.schema.outcome_nouns import propose_words
from leadscore_core.data.schema.roles import KNOWN_MARKS, ProposedColumn, infer_roles, plain_header
from leadscore_core.data.schema.schema import CONTACT_ROLES, Column, FlagWords, LeadSchema, Role
from leadscore_core.errors import SchemaError

_MOST_OUTCOMES = 20
_OUTCOMES = (
    r"\b(converted|conversion|app complete( flag)?|application completed?|l2ac|is customer|enrolled|admitted|won|"
    r"purchased|signed up|subscribed|outcome|target|label)\b"
)
_FEW = 50
_FILLED_ROWS, _MOSTLY_BLANK = 2_000, 0.5
_REACHED_BY = frozenset({Role.NAME, Role.EMAIL, Role.PHONE})
_ONCE = frozenset({Role.TIMESTAMP, Role.CITY, Role.LABEL, Role.ID})


@dataclass(frozen=True)
class Proposal:
    """What the columns of a file are thought to mean, and what the values of those that could be the outcome mean.

    Attributes
    ----------
    filled
        Headers of dates, and of columns mostly blank, whose name says nothing of an outcome: a filled cell may mean
        that the lead converted, if a person says so.
    candidates
        Columns that may be the outcome, the likeliest first (see `rank_outcomes`); none where a person named it.
    """

    columns: tuple[ProposedColumn, ...]
    outcomes: dict[str, OutcomeSplit]
    filled: tuple[str, ...] = ()
    candidates: tuple[OutcomeCandidate, ...] = ()

    @property
    def choices(self) -> list[str]:
        """Headers that a person may choose as the outcome, the likeliest first; those that are but filled come last."""
        ranked = [candidate.header for candidate in self.candidates]
        return list(dict.fromkeys([*ranked, *self.outcomes, *self.filled]))

    @property
    def label(self) -> str | None:
        """The header of the outcome."""
        return next((column.header for column in self.columns if column.role is Role.LABEL), None)

    @property
    def split(self) -> OutcomeSplit:
        """What the values of the outcome mean."""
        return self.outcomes.get(self.label or "", OutcomeSplit(()))

    @property
    def positive(self) -> tuple[str, ...]:
        """Values of the outcome that mean yes, in lower case."""
        return self.split.keys(Meaning.WON)

    def build(self, name: str, title: str = "") -> LeadSchema:
        """Return the schema that it makes, corrected or not (see `build_schema`)."""
        return build_schema(self, name, title)

    def with_label(self, header: str, split: OutcomeSplit | None = None) -> Proposal:
        """Return the proposal with another outcome, and what its values mean where that is known better."""
        columns = tuple(
            replace(column, role=Role.LABEL, why="chosen as the outcome")
            if column.header == header
            else replace(column, role=None, why="may be another outcome")
            if column.role is Role.LABEL
            else column
            for column in self.columns
        )
        outcomes = self.outcomes if split is None else self.outcomes | {header: split}
        return replace(self, columns=columns, outcomes=outcomes)


def propose_schema(
    frame: LeadsOrPath, label: str | None = None, decimals: Mapping[str, DecimalMark] | None = None
) -> Proposal:
    """Look at every column and say what it may mean.

    Parameters
    ----------
    frame
        Leads as read, under their own headers; or the path of a list, which is read.
    label
        Header of the outcome, if a person gave it.
    decimals
        Header -> decimal mark, where a person said it.

    Returns
    -------
    Proposal
        One column each with its role and why; ``build(name)`` makes a schema of it.

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
    frame = as_frame(frame)
    headers = [str(h) for h in frame.columns if h != LINE_PROBLEM]
    if label is not None and label not in headers:
        raise SchemaError(f"There is no column {label!r}. Columns: {', '.join(headers[:12])}. Give one of them.")
    outcomes = {h: split for h in headers if (split := _split(frame[h], is_label=h == label)) is not None}
    columns = tuple(infer_roles(frame, headers, decimals))
    filled = (column.header for column in columns if column.role not in _REACHED_BY and column.header not in outcomes)
    proposal = Proposal(columns, outcomes, tuple(header for header in filled if _may_be_filled(frame[header])))
    if label is not None:
        return proposal.with_label(label)
    of_people = {column.header for column in columns if column.role in CONTACT_ROLES}
    able = {h: split for h, split in outcomes.items() if not split.may_be_filled and h not in of_people}
    proposal = replace(proposal, candidates=rank_outcomes(frame[headers], able))
    dated = (h for h, split in outcomes.items() if split.may_be_filled)
    found = certain_outcome(proposal.candidates) or next(dated, None)
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
    people = {Role.LABEL, *CONTACT_ROLES}
    if not any(column.role not in people for column in used):
        faults.append(
            "no column is left to learn from; if the file says what became of leads that were scored, bring it with: "
            "leadscore outcomes FILE"
        )
    for role in sorted(_ONCE):
        twice = [column.header for column in used if column.role is role]
        if len(twice) > 1:
            faults.append(f"{' and '.join(map(repr, twice))} cannot both be the {role}")
    if faults:
        raise SchemaError(f"These columns cannot be used yet: {'; '.join(faults)}.")
    names = _own_names([_named(column) for column in used])
    try:
        return LeadSchema(
            name=name,
            title=title or _title(name),
            version=1,
            missing_marks=("",),
            columns=tuple(_column(c, own, proposal) for c, own in zip(used, names, strict=True)),
            outcome=propose_words(proposal.label or "", proposal.positive),
        )
    except ValueError as error:
        raise SchemaError(f"These columns cannot be used yet: {error}.") from error


def extend_schema(schema: LeadSchema, columns: Sequence[ProposedColumn]) -> LeadSchema:
    """Return a schema with further inputs, each under a name of its own, behind those it has.

    Raises
    ------
    SchemaError
        If it cannot have them.
    """
    have = [column.name for column in schema.columns]
    names = _own_names([*have, *map(_named, columns)])[len(have) :]
    added = (_column(column, name, Proposal((), {})) for column, name in zip(columns, names, strict=True))
    try:
        return LeadSchema.model_validate(schema.model_dump() | {"columns": (*schema.columns, *added)})
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
    assert role is not None  # noqa: S101  # for the type checker
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
        missing_marks=("", *(proposed.missing_marks if role is not Role.LABEL else ())),
        positive=proposal.positive if role is Role.LABEL else (),
        negative=proposal.split.keys(Meaning.LOST) if role is Role.LABEL else (),
        open=proposal.split.keys(Meaning.OPEN) if role is Role.LABEL else (),
        separator=proposed.separator if role is Role.CATEGORY else "",
        is_year=proposed.is_year and role is Role.NUMBER,
    )


def _named(column: ProposedColumn) -> str:
    return f"{column.header} days" if column.role is Role.DATE else column.header


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


def _split(cells: pd.Series, *, is_label: bool) -> OutcomeSplit | None:
    """Say what the values of a column that could be an outcome mean; None for any other."""
    may_be_dated = bool(re.search(_OUTCOMES, plain_header(str(cells.name))))
    if not is_label and not may_be_dated and cells.head(_FEW * MOST_VALUES).nunique() > MOST_VALUES:
        return None
    counts = count_values(cells)
    if is_label:
        return split_outcomes(counts)
    if may_be_dated and "" in counts:
        dated = split_outcomes(counts)
        if dated.may_be_filled and dated.are_dates:
            return dated
    values = {text.casefold() for text in counts} - KNOWN_MARKS - {""}
    split = split_outcomes(counts) if len(counts) <= MOST_VALUES else OutcomeSplit(())
    ticked = len(values) == 1 and split.completed and split.blank
    return split if 2 <= len(values) <= _MOST_OUTCOMES or ticked else None


def _may_be_filled(cells: pd.Series) -> bool:
    """Tell from an even choice of rows whether a filled cell may mean yes: in dates, and in what is mostly blank."""
    split = split_outcomes(count_values(cells.iloc[:: max(1, len(cells) // _FILLED_ROWS)]))
    return split.may_be_filled and (split.are_dates or split.blank > _MOSTLY_BLANK * (split.blank + split.filled))


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
