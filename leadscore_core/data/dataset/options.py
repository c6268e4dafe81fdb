"""Options of a list: what a person says of its columns and conventions, checked against what it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from leadscore_core.data.schema.column_mapping import Choice, ColumnMapping, headers_chosen
from leadscore_core.data.schema.schema import NUMBER_ROLES, LeadSchema, Role
from leadscore_core.errors import MappingError

if TYPE_CHECKING:
    from leadscore_core.data.cleaning.date_order import DateOrder
    from leadscore_core.data.cleaning.numbers import DecimalMark

_MOST_NAMED = 12


@dataclass(frozen=True)
class ListOptions:
    """What a person says of a list beforehand.

    Attributes
    ----------
    sheet, encoding
        Of a workbook, and of a text file; found if not given.
    label
        Header of the outcome, if it is not to be found by itself.
    choices
        Schema column -> header, or several that mean the same, for columns that are not to be found by themselves.
    positive, open
        Values of the outcome that mean yes, and those without an outcome yet, where these are not to be found.
    dates
        Whether ``03/04/26`` is the third of April (``dmy``), the fourth of March (``mdy``) or of 2003 (``ymd``).
    decimals
        Header or schema column -> which mark separates decimals where a cell could be read both ways.
    phone_region
        Country (ISO 3166, two letters) of phone numbers without a country code.
    """

    sheet: str | None = None
    label: str | None = None
    choices: dict[str, Choice] = field(default_factory=dict)
    positive: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    encoding: str | None = None
    dates: DateOrder | None = None
    decimals: dict[str, DecimalMark] = field(default_factory=dict)
    phone_region: str | None = None


def check_choices(choices: Mapping[str, Choice], schema: LeadSchema, headers: Sequence[str]) -> None:
    """Raise if a choice names a column or header that is not there, or several headers for a column that has one.

    Raises
    ------
    MappingError
        Naming it and what could be given.
    """
    several = {Role.PHONE, Role.EMAIL, Role.NAME}
    for column, choice in choices.items():
        chosen = headers_chosen(choice)
        said = ", ".join(chosen)
        if column not in schema.by_name or not set(chosen) <= set(headers):
            raise MappingError(
                f"{column}={said} cannot be: columns are {', '.join(c.name for c in schema.columns[:_MOST_NAMED])}; "
                f"headers are {', '.join(headers[:_MOST_NAMED])}. Give one of each."
            )
        if len(chosen) > 1 and schema.by_name[column].role not in several:
            raise MappingError(
                f"{schema.by_name[column].human} ({column}) is given by one header, and {said} are {len(chosen)}. "
                "Choose one of them; only a name, e-mail or phone may stand in several columns."
            )


def say_conventions(
    mapping: ColumnMapping,
    schema: LeadSchema,
    dates: DateOrder | None = None,
    decimals: Mapping[str, DecimalMark] | None = None,
) -> ColumnMapping:
    """Return a mapping with what a person says of a file's dates and decimals, beside what was said before.

    Parameters
    ----------
    decimals
        Header or schema column -> mark.

    Raises
    ------
    MappingError
        If there is no such column, or it holds no numbers; naming those that do.
    """
    numbers = {column.name: mapping.used.get(column.name) for column in schema.with_role(*NUMBER_ROLES)}
    said = dict(mapping.said_decimals)
    for named, mark in (decimals or {}).items():
        column = next((name for name, header in numbers.items() if header == named), named)
        if numbers.get(column) is None:
            there = [header for header in numbers.values() if header is not None]
            what = "holds no numbers" if named in mapping.headers or named in schema.by_name else "is not there"
            offered = (
                f"Columns of numbers: {', '.join(there[:_MOST_NAMED])}" if there else "It has no columns of numbers"
            )
            raise MappingError(
                f"A decimal {mark} was said for the column {named!r}, which {what} in this list. {offered}. Give "
                "one of them, or leave it out."
            )
        said[column] = mark
    return mapping.model_copy(update={"said_order": dates or mapping.said_order, "said_decimals": said})
