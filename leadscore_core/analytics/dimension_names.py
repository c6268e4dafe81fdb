"""Names of dimensions and of their values, as people read them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from leadscore_core.data.schema.schema import CITY_TIER, LeadSchema, Role, group_column
from leadscore_core.days import say_day
from leadscore_core.inference.present import city_name
from leadscore_core.inference.reasons import human_name
from leadscore_core.storage.leads.dimensions import CAPPED, OWNER
from leadscore_core.storage.leads.filters import BLANK, LeadFilter
from leadscore_core.storage.leads.small_groups import FEW_START
from leadscore_core.storage.leads.source_table import OTHERS

TIMES = {
    "ls_month": "Month",
    "ls_week": "Week",
    "ls_weekday": "Weekday",
    "ls_daypart": "Time of day",
    "ls_hour": "Hour",
}
_OURS = TIMES | {OWNER: "Owner"}
MOST_TARGETED = 10
_TARGETED = (Role.SOURCE, Role.MEDIUM, Role.PLATFORM, Role.CITY)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYPARTS = {"Night": "Night (0 to 6)", "Morning": "Morning (6 to 12)"}
_DAYPARTS |= {"Afternoon": "Afternoon (12 to 18)", "Evening": "Evening (18 to 24)"}


def offered_dimensions(schema: LeadSchema) -> list[str]:
    """Return what leads of a schema can be grouped by, as far as a list has it."""
    text = [c.name for c in schema.with_role(Role.SOURCE, Role.MEDIUM, Role.PLATFORM)]
    offered = [*text, CITY_TIER, *(c.name for c in schema.with_role(Role.CITY, Role.CATEGORY, Role.FLAG))]
    offered += [CAPPED + column.name for column in schema.with_role(Role.COUNT)]
    return [*offered, *TIMES, *(CAPPED + group_column(group) for group in schema.groups)]


def targeted_dimensions(dimensions: Mapping[str, str], schema: LeadSchema, categories: Sequence[str]) -> list[str]:
    """Return what leads can be targeted by, at most ten dimensions; where there is none, whatever they have."""
    named = [next((c.name for c in schema.with_role(r) if c.name in dimensions), None) for r in _TARGETED]
    known = [d for d in (*named, CITY_TIER, "ls_daypart") if d is not None and d in dimensions]
    if named[0] is None:
        known = list(dict.fromkeys([*known, *categories]))[:MOST_TARGETED]
    return known or list(dimensions)[:MOST_TARGETED]


def match_dimension(name: str, dimensions: Mapping[str, str], schema: LeadSchema) -> str | None:
    """Return the dimension that a person means by its name, human name or role, or None.

    Parameters
    ----------
    dimensions
        Dimension -> what people call it.
    """
    wanted = "_".join(name.casefold().replace("-", " ").split())
    for dimension, human in dimensions.items():
        plain = dimension.removeprefix(CAPPED)
        column = schema.by_name.get(plain)
        known = {dimension, plain, human.casefold().replace(" ", "_"), dimension.removeprefix("ls_")}
        if column is not None:
            known |= {str(column.role), column.human.casefold().replace(" ", "_")}
        if wanted in {text.casefold() for text in known}:
            return dimension
    return None


def text_rows(table: pd.DataFrame, by: Sequence[str]) -> list[tuple[str | None, ...]]:
    """Return the values of some columns row by row, None where blank."""
    return [
        tuple(None if pd.isna(cell) else str(cell) for cell in row)
        for row in table[list(by)].itertuples(index=False, name=None)
    ]


def name_segments(found: pd.DataFrame, dimensions: Mapping[str, str], schema: LeadSchema) -> pd.Series:
    """Return what people call segments of one dimension or two.

    Parameters
    ----------
    found
        ``first``, ``first_value``, ``second``, ``second_value``, as `find_segments` takes them.
    """
    names = []
    for row in text_rows(found, ["first", "first_value", "second", "second_value"]):
        pairs = [(row[0], row[1]), *([(row[2], row[3])] if row[2] is not None else [])]
        names.append(", ".join(f"{dimensions[str(d)]} {show_value(str(d), value, schema)}" for d, value in pairs))
    return pd.Series(names, index=found.index, dtype="str")


def segment_values(found: pd.DataFrame) -> list[dict[str, str | None]]:
    """Return the values of each segment by dimension, None for blank (see `name_segments`)."""
    return [
        {str(row[0]): row[1]} | ({str(row[2]): row[3]} if row[2] is not None else {})
        for row in text_rows(found, ["first", "first_value", "second", "second_value"])
    ]


def name_dimension(dimension: str, schema: LeadSchema) -> str:
    """Return what people call a dimension.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> name_dimension("ls_daypart", load_schema()), name_dimension("ls_capped:payment_interaction", load_schema())
    ('Time of day', 'Payment interactions')
    """
    return _OURS.get(dimension) or human_name(dimension.removeprefix(CAPPED), schema)


def narrow_to(chosen: LeadFilter, pairs: dict[str, str | None]) -> LeadFilter:
    """Return the filter narrowed to these values of dimensions; None stands for blank.

    Examples
    --------
    >>> narrow_to(LeadFilter(section="all"), {"city": None}).values
    {'city': ('(blank)',)}
    """
    values = {d: (BLANK if value is None or pd.isna(value) else str(value),) for d, value in pairs.items()}
    return replace(chosen, values=chosen.values | values)


def show_value(dimension: str, value: str | None, schema: LeadSchema) -> str:
    """Return a value of a dimension as people read it.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> [show_value("ls_month", "2026-03", load_schema()), show_value("ls_weekday", "1", load_schema())]
    ['Mar 2026', 'Monday']
    """
    if value is None or pd.isna(value) or value == BLANK:
        return BLANK
    if value == OTHERS or value.startswith(FEW_START):
        return value
    if dimension == "ls_month":
        return f"{pd.Timestamp(f'{value}-01'):%b %Y}"
    if dimension == "ls_week":
        return f"{say_day(pd.Timestamp(value))}"
    if dimension == "ls_weekday":
        return _WEEKDAYS[int(value) - 1]
    if dimension == "ls_hour":
        return f"{value}:00"
    if dimension == "ls_daypart":
        return _DAYPARTS[value]
    if dimension == CITY_TIER:
        return f"Tier {value}"
    column = schema.by_name.get(dimension)
    if column is not None and column.role is Role.FLAG:
        return {"1": "Yes", "0": "No"}.get(value, value)
    return city_name(value) if column is not None and column.role is Role.CITY else value
