"""Mapping: their headers to our columns, each match with its confidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field
from rapidfuzz import fuzz

from leadscore_core.data.cleaning.conventions import (
    ConventionEvidence,
    DecimalDoubt,
    OtherDates,
    column_decimals,
    swapped_days,
    with_points,
)
from leadscore_core.data.cleaning.date_order import DateOrder, date_evidence
from leadscore_core.data.cleaning.decimals import DecimalEvidence, file_decimal, settle_mark
from leadscore_core.data.cleaning.free_text import mask_contacts
from leadscore_core.data.cleaning.numbers import DecimalMark
from leadscore_core.data.cleaning.outcome_reader import reword_outcomes
from leadscore_core.data.cleaning.parsing import parse_dates
from leadscore_core.data.cleaning.text import as_text, is_text
from leadscore_core.data.schema.header_words import normalise_header
from leadscore_core.data.schema.schema import DATE_ROLES, NUMBER_ROLES, Column, LeadSchema, Role
from leadscore_core.errors import MappingError

SURE_ENOUGH = 0.85
CONVENTION_ROWS = 50_000
_NEAR = 60
_UNREADABLE = " ?"  # so that what has no place in the file's order is not read in another one
How = Literal["exact", "alias", "normalised", "crm", "words", "fuzzy", "person", "none"]
Choice: TypeAlias = "str | tuple[str, ...] | None"


class Match(BaseModel):
    """One column of the schema and the header that gives it, if any; confidence 0-1.

    ``more`` are further headers that mean the same: a second phone or e-mail, the last name after the first.
    ``others`` are headers that could have given the column and do not; ``why`` says with numbers how it was chosen.
    """

    model_config = ConfigDict(frozen=True)

    column: str
    header: str | None = None
    more: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    why: str = ""
    confidence: float = Field(0.0, ge=0, le=1)
    how: How = "none"


class ColumnMapping(BaseModel):
    """How one file's headers give the schema's columns, and how the file writes dates, decimals and outcomes.

    ``outcomes`` pairs values of the outcome (lower case, "" for blank) with what the schema reads for them, where that
    is not what it would read by itself. ``phone_region`` is the country (ISO 3166, two letters) of phone numbers
    without a country code, None where the list does not show it and the setting holds; ``region_note`` says by what
    evidence, and ``region_choices`` are countries where it is a question.
    """

    model_config = ConfigDict(frozen=True)

    schema_name: str
    headers: tuple[str, ...]
    matches: tuple[Match, ...]
    date_order: DateOrder = "dmy"
    ambiguous_dates: int = 0
    date_example: str = ""
    date_choices: tuple[DateOrder, ...] = ()
    date_note: str = ""
    decimal_comma: tuple[str, ...] = ()
    outcomes: tuple[tuple[str, str], ...] = ()
    decimal_doubts: tuple[DecimalDoubt, ...] = ()
    decimal_guesses: tuple[DecimalDoubt, ...] = ()
    swapped_dates: int = 0
    said_order: DateOrder | None = None
    said_decimals: dict[str, DecimalMark] = Field(default_factory=dict)
    other_dates: dict[str, OtherDates] = Field(default_factory=dict)
    phone_region: str | None = None
    said_region: str | None = None
    region_note: str = ""
    region_choices: tuple[str, ...] = ()

    @property
    def used(self) -> dict[str, str]:
        """Schema column -> header, for the columns that the file has."""
        return {match.column: match.header for match in self.matches if match.header is not None}

    @property
    def unused_headers(self) -> list[str]:
        """Headers that give no column of the schema."""
        taken = set(self.used.values()).union(*(match.more for match in self.matches))
        return [header for header in self.headers if header not in taken]

    def headers_of(self, schema: LeadSchema, role: Role) -> list[str]:
        """Return every header of a role, the first of each column before its further ones."""
        roles = {column.name: column.role for column in schema.columns}
        own = [match for match in self.matches if roles.get(match.column) is role and match.header]
        return [str(match.header) for match in own] + [header for match in own for header in match.more]

    def corrected(self, choices: Mapping[str, Choice]) -> ColumnMapping:
        """Return the mapping with a person's choices; a header serves one column, the one chosen last.

        Parameters
        ----------
        choices
            Schema column -> header, several headers that mean the same, or None for "not in this file".
        """
        chosen = {column: headers_chosen(choice) for column, choice in choices.items()}
        taken = {header for headers in chosen.values() for header in headers}
        matches = []
        for match in self.matches:
            headers = chosen.get(match.column)
            if headers is None:
                left = tuple(h for h in (match.header, *match.more) if h is not None and h not in taken)
                others = tuple(header for header in match.others if header not in taken)
                update = {"header": left[0], "more": left[1:], "others": others} if left else None
                matches.append(match.model_copy(update=update) if update else Match(column=match.column))
            elif headers == [match.header, *match.more] and not (match.more or match.others):
                matches.append(match)
            elif headers:
                matches.append(
                    Match(column=match.column, header=headers[0], more=tuple(headers[1:]), confidence=1.0, how="person")
                )
            else:
                matches.append(Match(column=match.column))
        return self.model_copy(update={"matches": tuple(matches)})

    def limited_to(self, schema: LeadSchema) -> ColumnMapping:
        """Return the mapping of the columns that a schema has, which may be one that leaves some out."""
        matches = tuple(match for match in self.matches if match.column in schema.by_name)
        return self if len(matches) == len(self.matches) else self.model_copy(update={"matches": matches})

    def apply(self, frame: pd.DataFrame, schema: LeadSchema) -> pd.DataFrame:
        """Return the mapped columns under the schema's names, dates and decimals in one convention.

        Names and addresses of a lead are masked in its free text, which is read.

        Parameters
        ----------
        frame
            Columns as in the file; those that are not there are left out.

        Returns
        -------
        pandas.DataFrame
            Same rows and index.
        """
        columns = {column: frame[header] for column, header in self.used.items() if header in frame.columns}
        label = schema.label
        if self.outcomes and label and label.name in columns:
            columns[label.name] = reword_outcomes(columns[label.name], dict(self.outcomes))
        left_out = {doubt.column for doubt in self.decimal_doubts if doubt.leaves_out}
        for name in dict.fromkeys([*self.decimal_comma, *left_out]):
            if name in columns and is_text(columns[name]):
                mark: DecimalMark = "comma" if name in self.decimal_comma else "point"
                columns[name] = with_points(columns[name], mark, leave_out=name in left_out)
        for column in schema.with_role(*DATE_ROLES):
            if column.name in columns and self.order_of(column) != schema.date_order:
                marks = schema.marks_of(column)
                columns[column.name] = _year_first(columns[column.name], marks, self.order_of(column))
        for column in schema.with_role(Role.FREE_TEXT):
            if column.name in columns:
                contacts = [h for role in (Role.NAME, Role.EMAIL) for h in self.headers_of(schema, role)]
                columns[column.name] = mask_contacts(columns[column.name], [frame[h] for h in contacts if h in frame])
        return pd.DataFrame(columns, index=frame.index)

    def order_of(self, column: Column) -> DateOrder:
        """Return the order in which the file writes the dates of a column."""
        other = self.other_dates.get(column.name)
        return self.date_order if other is None else other.order

    @property
    def has_open_dates(self) -> bool:
        """Whether dates could be read in two ways, and nobody said in which."""
        return self.ambiguous_dates > 0 or any(other.ambiguous for other in self.other_dates.values())

    @property
    def orders(self) -> tuple[DateOrder, ...]:
        """The order of the timestamp's dates, then that of each other column of dates."""
        return (self.date_order, *(other.order for other in self.other_dates.values()))


def _year_first(cells: pd.Series, marks: tuple[str, ...], order: DateOrder) -> pd.Series:
    """Return dates written in another order as all schemas read them."""
    parsed = parse_dates(cells, marks, order)
    text = as_text(cells)
    text = text.where(~parsed.unusable, text + _UNREADABLE)
    return text.where(parsed.values.isna(), parsed.values.dt.strftime("%Y-%m-%d %H:%M:%S.%f"))


def headers_chosen(choice: Choice) -> list[str]:
    """Return the headers of a choice.

    Examples
    --------
    >>> headers_chosen("Phone"), headers_chosen(("Phone", "Mobile")), headers_chosen(None)
    (['Phone'], ['Phone', 'Mobile'], [])
    """
    return [] if choice is None else [choice] if isinstance(choice, str) else list(choice)


def fingerprint(headers: Iterable[str]) -> str:
    """Return a short name for a set of headers, whatever their order.

    Examples
    --------
    >>> fingerprint(["a", "b"]) == fingerprint(["b", "a"])
    True
    """
    return hashlib.sha256(json.dumps(sorted(headers)).encode()).hexdigest()[:16]


def detect_conventions(mapping: ColumnMapping, schema: LeadSchema, frame: pd.DataFrame) -> ColumnMapping:
    """Settle how a file writes dates and decimals; what a person said of it goes first.

    Parameters
    ----------
    frame
        The file, under its own headers; only timestamps and numbers are looked at.
    """
    return settle_conventions(mapping, schema, count_evidence(mapping, schema, frame))


def count_evidence(mapping: ColumnMapping, schema: LeadSchema, frame: pd.DataFrame) -> ConventionEvidence:
    """Count what a stretch of a file shows of how it writes dates and decimals; columns that it lacks show nothing."""
    columns = {name: frame[header] for name, header in mapping.used.items() if header in frame.columns}
    numbers = [column.name for column in schema.with_role(*NUMBER_ROLES) if column.name in columns]
    decimals = {name: column_decimals(columns[name]) for name in numbers}
    others = {c.name: date_evidence(columns[c.name]) for c in schema.with_role(Role.DATE) if c.name in columns}
    stamp = schema.one(Role.TIMESTAMP)
    if stamp is None or stamp.name not in columns:
        return ConventionEvidence(decimals=decimals, other_dates=others)
    cells = columns[stamp.name]
    return ConventionEvidence(date_evidence(cells), swapped_days(cells), decimals, others)


def settle_conventions(mapping: ColumnMapping, schema: LeadSchema, evidence: ConventionEvidence) -> ColumnMapping:
    """Settle how a file writes dates and decimals on this evidence; what a person said of it goes first."""
    update: dict[str, Any] = {}
    stamp = schema.one(Role.TIMESTAMP)
    if stamp is not None and evidence.dates is not None:
        dates, said = evidence.dates, mapping.said_order
        update |= {
            "date_order": said or dates.order(schema.date_order),
            "ambiguous_dates": dates.ambiguous if said is None else 0,
            "date_example": dates.example,
            "date_choices": dates.choices,
            "date_note": dates.note if said is None else "",
            "swapped_dates": evidence.swapped,
        }
    usual = mapping.said_order or update.get("date_order", mapping.date_order)
    settled = mapping.said_order is not None or (evidence.dates is not None and evidence.dates.is_settled)
    update["other_dates"] = {
        name: OtherDates(order=shown.order(usual), ambiguous=0 if settled else shown.ambiguous, example=shown.example)
        for name, shown in evidence.other_dates.items()
    }
    return mapping.model_copy(update=update | _settle_decimals(mapping, schema, evidence.decimals))


def _settle_decimals(
    mapping: ColumnMapping, schema: LeadSchema, found: dict[str, DecimalEvidence]
) -> dict[str, object]:
    """Say which mark separates decimals in each column, and where that is in doubt or a guess."""
    commas: list[str] = []
    doubts: list[DecimalDoubt] = []
    guesses: list[DecimalDoubt] = []
    of_file = file_decimal(found)
    for name, counted in found.items():
        mark, in_doubt = settle_mark(counted, of_file)
        is_count = schema.by_name[name].type != "number"
        if is_count and counted.only_mark is not None:  # what is counted has thousands and no decimals
            mark, in_doubt = "comma" if counted.only_mark == "point" else "point", False
        mark = mapping.said_decimals.get(name, mark)
        if mark == "comma":
            commas.append(name)
        if name in mapping.said_decimals or not (in_doubt or counted.only_mark) or (is_count and not in_doubt):
            continue
        result = of_file if counted.only_mark and (in_doubt or not counted.shows_thousands) else None
        doubt = DecimalDoubt.model_validate(counted._asdict() | {"column": name, "taken": mark, "of_file": result})
        (doubts if in_doubt else guesses).append(doubt)
    return {"decimal_comma": tuple(commas), "decimal_doubts": tuple(doubts), "decimal_guesses": tuple(guesses)}


def check_required(mapping: ColumnMapping, schema: LeadSchema) -> None:
    """Raise if a list cannot be scored with this mapping.

    Raises
    ------
    MappingError
        Naming every required column that is missing and the headers that come nearest; of a schema that requires none,
        if the list has less than half of its columns.
    """
    wanted = [column for column in schema.inputs if column.role is not Role.INTERACTION]
    lacking = [column for column in wanted if column.name not in mapping.used]
    if not any(column.required for column in wanted) and len(lacking) > len(wanted) / 2:
        named = ", ".join(column.human for column in lacking[:6])
        raise MappingError(
            f"This list is not one of the {schema.title} that the model reads: of {len(wanted)} columns it lacks "
            f"{len(lacking)}, {named}{' among them' if len(lacking) > 6 else ''}. Choose a model that was trained on "
            "such leads, train one, or choose the columns."
        )
    missing = [column for column in schema.columns if column.required and column.name not in mapping.used]
    if not missing:
        return
    parts = []
    for column in missing:
        offered = ", ".join(map(repr, _nearest(column, mapping.unused_headers or list(mapping.headers))))
        parts.append(f"{column.human} ({column.name}); nearest headers: {offered}")
    raise MappingError(
        f"The list lacks what is needed to read it as {schema.title}: {'. '.join(parts)}. Choose the column that holds "
        "it, or rename its header."
    )


def _nearest(column: Column, headers: list[str]) -> list[str]:
    """Return the three headers that come nearest to any name of a column."""
    names = [normalise_header(name) for name in (column.name, column.human, *column.aliases)]
    likeness = {header: max(fuzz.WRatio(name, normalise_header(header)) for name in names) for header in headers}
    near = [header for header in sorted(likeness, key=lambda header: -likeness[header]) if likeness[header] >= _NEAR]
    return near[:3] or headers[:5]
