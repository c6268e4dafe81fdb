"""Proposing: what the columns of somebody else's labelled leads mean, for a person to correct."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leadscore_core.data.map_columns import normalise_header
from leadscore_core.data.parse import parse_dates, parse_flags, parse_numbers
from leadscore_core.data.parts import INDEX_HEADERS, LINE_PROBLEM
from leadscore_core.data.schema import Column, FlagWords, LeadSchema, OutcomeWords, Role
from leadscore_core.data.text import clean_text
from leadscore_core.errors import SchemaError

KNOWN_MARKS = frozenset(
    ("-", "--", "?", ".", "#n/a", "<na>", "n/a", "na", "nan", "none", "null", "(blank)", "select", "please select")
    + ("choose", "select one", "not available", "not provided", "not specified", "undefined", "unknown", "tbd")
)
MOST_LEVELS = 5_000
_EACH_ITS_OWN = 0.95
_FREE_TEXT = 0.5
_FEW = 50
_MOST_OUTCOMES = 20
_MOSTLY = 0.9
_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_OUTCOMES = (
    r"\b(converted|conversion|app complete( flag)?|application completed?|l2ac|is customer|enrolled|admitted|won|"
    r"purchased|signed up|subscribed|outcome|target|label)\b"
)
_YES_WORDS = frozenset(
    {"1", "yes", "y", "true", "t", "won", "converted", "completed", "enrolled", "success", "customer"}
)
_YES_WORDS |= {"admitted", "purchased", "closed won", "signed up", "subscribed", "positive"}
_NAMES: tuple[tuple[Role, str], ...] = (
    (Role.EMAIL, r"\be ?mails?( address)?$"),
    (Role.PHONE, r"\b(phones?|mobiles?|telephone|tel|cell|whatsapp)( (number|no))?$"),
    (Role.NAME, r"^(?!.*(campaign|company|course|product|source|medium|city|file|page|event)).*name$"),
    (Role.CITY, r"^(mailing |billing |lead )?(city|town)$"),
    (Role.SOURCE, r"\bsource$"),
    (Role.MEDIUM, r"\b(medium|channel)$"),
    (Role.PLATFORM, r"\b(platform|device|device type)$"),
)
_CONTACT = r"\b(address|street|zip|post ?code|pin ?code|birth|birthday|dob|passport|ip|password|url|linkedin)\b"
_MOMENT = r"\b(date|time ?stamp|created|moment|day)\b|( at| on)$"
_ONCE = frozenset({Role.TIMESTAMP, Role.CITY, Role.LABEL, Role.ID, Role.NAME, Role.EMAIL, Role.PHONE})


@dataclass(frozen=True)
class ProposedColumn:
    """What one header is thought to mean.

    Attributes
    ----------
    header
        As in the file.
    role
        None for a column that is left out.
    human
        What people call it.
    missing_marks
        Lower-case text that means blank in it, besides nothing at all.
    why
        In words.
    example
        Its most frequent value.
    """

    header: str
    role: Role | None
    human: str
    missing_marks: tuple[str, ...] = ()
    why: str = ""
    example: str = ""


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
    looked = [_look(header, frame[header]) for header in headers]
    outcomes = {h: values for h in headers if (values := _values(frame[h], least=0 if h == label else 2))}
    columns, taken = [], set()
    for column in looked:
        if column.role in taken and column.role in _ONCE:
            column = replace(column, role=None, why=f"another column is the {column.role} already")
        if column.role is not None:
            taken.add(column.role)
        columns.append(column)
    proposal = Proposal(tuple(columns), (), outcomes)
    named = (h for h, values in outcomes.items() if re.search(_OUTCOMES, _plain(h)) and _yes_of(values))
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


def _look(header: str, cells: pd.Series) -> ProposedColumn:
    """Say what one column may mean, from its name and its values."""
    text = clean_text(cells, ("",))
    lower = text.str.casefold()
    marks = tuple(sorted(KNOWN_MARKS & set(lower.dropna().unique())))
    given = text[text.notna() & ~lower.isin(KNOWN_MARKS)]
    example = str(given.mode().iloc[0])[:40] if len(given) else ""
    role, why = _role(header, given)
    return ProposedColumn(header, role, _human(header), marks, why, example)


def _role(header: str, given: pd.Series) -> tuple[Role | None, str]:
    plain = _plain(header)
    unique = given.nunique()
    if header.strip().casefold() in INDEX_HEADERS or not plain:
        return None, "a row number"
    if not unique:
        return None, "blank in every row"
    each_its_own = unique >= _EACH_ITS_OWN * len(given) and unique > _FEW
    by_name = next((role for role, pattern in _NAMES if re.search(pattern, plain)), None)
    if by_name is Role.EMAIL and _share(given, _EMAIL) >= _FREE_TEXT or _share(given, _EMAIL) >= _MOSTLY:
        return Role.EMAIL, "holds e-mail addresses; for people, never for the model"
    numbers = parse_numbers(given).values
    is_number = numbers.notna().mean() >= _MOSTLY
    if by_name is Role.PHONE and _share(given, r"\+?[\d\s()./-]{5,20}") >= _FREE_TEXT:
        return Role.PHONE, "holds phone numbers; for people, never for the model"
    if each_its_own and is_number and _share(given, r"\+?[\d\s()./-]{9,17}") >= _MOSTLY:
        return Role.PHONE, "looks like phone numbers; for people, never for the model"
    if by_name is Role.NAME and not is_number and unique > _FEW:
        return Role.NAME, "holds names; for people, never for the model"
    if re.search(_CONTACT, plain):
        return None, "tells who a person is, not whether a lead converts"
    if unique == 1:
        return None, "the same in every row"
    if not is_number and parse_dates(given).values.notna().mean() >= _MOSTLY:
        return Role.TIMESTAMP, "holds dates: when a lead came"
    if is_number and re.search(_MOMENT, plain) and parse_dates(given).values.notna().mean() >= _MOSTLY:
        return Role.TIMESTAMP, "holds dates as numbers: when a lead came"
    if each_its_own and not (is_number and (numbers.dropna() % 1 != 0).any()):
        return Role.ID, "each lead has its own; it tells leads apart and is not learned from"
    if unique == 2 and not parse_flags(given).unusable.any():
        return Role.FLAG, "yes or no"
    if is_number and unique > 2:
        return Role.NUMBER, "measured numbers"
    if unique > _FREE_TEXT * len(given) and unique > _FEW or unique > MOST_LEVELS:
        return None, "free text: nearly each lead has its own"
    if by_name is not None and by_name not in {Role.EMAIL, Role.PHONE, Role.NAME}:
        return by_name, f"its name says {by_name}"
    return Role.CATEGORY, f"{unique:,} different values"


def _share(given: pd.Series, pattern: str) -> float:
    return float(given.str.fullmatch(pattern).mean()) if len(given) else 0.0


def _values(cells: pd.Series, least: int) -> tuple[str, ...]:
    """Return the values of a column that could be an outcome, the most frequent first; nothing for any other."""
    counts = clean_text(cells, ("", *KNOWN_MARKS), lower=True).value_counts()
    values = tuple(str(value) for value in counts.index[:_MOST_OUTCOMES])
    return values if least == 0 or least <= len(counts) <= _MOST_OUTCOMES else ()


def _yes_of(values: Sequence[str]) -> tuple[str, ...]:
    """Return the values that mean yes: those that say so, else the rarer of two."""
    said = tuple(value for value in values if value in _YES_WORDS)
    return said or (tuple(values[-1:]) if len(values) == 2 else ())


def _plain(header: str) -> str:
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return " ".join(re.sub(r"[\W_]+", " ", split).casefold().split())


def _human(header: str) -> str:
    """Write a header as people read it.

    Examples
    --------
    >>> _human("TotalVisits"), _human("lead_source"), _human("Lead Source")
    ('Total visits', 'Lead source', 'Lead Source')
    """
    words = re.sub(r"_+", " ", header).strip()
    if " " not in words:
        words = re.sub(r"(?<=[a-z])([A-Z])(?=[a-z])", lambda found: f" {found[1].lower()}", words)
    return (words[:1].upper() + words[1:]) or header


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
