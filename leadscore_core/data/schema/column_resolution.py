"""Resolving: of several headers that could give one column, the one that its cells speak for."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.outcome_reader import OutcomeReader
from leadscore_core.data.cleaning.outcome_split import reworded_values, split_outcomes
from leadscore_core.data.cleaning.outcome_values import count_values
from leadscore_core.data.schema.column_mapping import CONVENTION_ROWS, Choice, ColumnMapping, Match, detect_conventions
from leadscore_core.data.schema.column_profile import EMAIL, PHONE, ColumnProfile, profile_column
from leadscore_core.data.schema.header_matching import SEVERAL, suggest_mapping
from leadscore_core.data.schema.header_words import may_be_phone, name_part
from leadscore_core.data.schema.schema import Column, LeadSchema, Role

_MUCH_FULLER = 0.1
_HARDLY_ANY = 0.05
_BY_NAME = frozenset({"exact", "normalised"})
_MARKS = frozenset({"-", "--", "n/a", "na", "nan", "none", "null", "select", "-none-", "--none--"})


def contested_headers(mapping: ColumnMapping, schema: LeadSchema) -> list[str]:
    """Return the headers whose cells decide between them; none for most lists.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> contested_headers(suggest_mapping(["Source", "Lead Source", "Medium"], load_schema()), load_schema())
    ['Source', 'Lead Source']
    """
    return [header for match in mapping.matches if _is_contested(match, schema) for header in _headers_of(match)]


def resolve_mapping(mapping: ColumnMapping, schema: LeadSchema, frame: pd.DataFrame) -> ColumnMapping:
    """Choose between headers that could give the same column, by how full they are and what they hold.

    Parameters
    ----------
    mapping
        As suggested; what a person chose stays.
    frame
        Rows from all over the list, with at least the contested headers.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> frame = pd.DataFrame({"Source": ["a", "", "", ""], "Lead Source": ["a", "b", "c", "d"]})
    >>> resolved = resolve_mapping(suggest_mapping(frame.columns, load_schema()), load_schema(), frame)
    >>> [match.why for match in resolved.matches if match.header]
    ['Lead Source is taken, filled in 100% of 4 rows; Source in 25%']
    """
    matches = tuple(
        _resolved(match, schema.by_name[match.column], schema, frame) if _is_contested(match, schema) else match
        for match in mapping.matches
    )
    return mapping.model_copy(update={"matches": matches})


def map_frame(frame: pd.DataFrame, schema: LeadSchema, choices: Mapping[str, Choice] | None = None) -> ColumnMapping:
    """Return which header of a frame gives which column, with its dates, decimals and outcome's values settled.

    Parameters
    ----------
    choices
        Column -> header, where a person chose it.
    """
    mapping = suggest_mapping(frame.columns, schema).corrected(choices or {})
    contested = [header for header in contested_headers(mapping, schema) if header in frame.columns]
    if contested:
        rows = np.unique(np.linspace(0, max(len(frame) - 1, 0), CONVENTION_ROWS).astype(np.int64))[: len(frame)]
        mapping = resolve_mapping(mapping, schema, frame[contested].iloc[rows])
    mapping = detect_conventions(mapping, schema, frame)
    label = schema.label
    header = mapping.used.get(label.name) if label is not None else None
    if label is None or header is None or header not in frame:
        return mapping
    split = split_outcomes(count_values(frame[header]), label)
    reworded = reworded_values(split, OutcomeReader(label, schema.marks_of(label)))
    return mapping.model_copy(update={"outcomes": reworded})


def _is_contested(match: Match, schema: LeadSchema) -> bool:
    if match.header is None or match.how == "person":
        return False
    if schema.by_name[match.column].role in SEVERAL:
        return bool(match.others or match.more) or may_be_phone(match.header)
    return bool(match.others)


def _headers_of(match: Match) -> list[str]:
    return [str(match.header), *match.more, *match.others]


def _resolved(match: Match, column: Column, schema: LeadSchema, frame: pd.DataFrame) -> Match:
    marks = frozenset(schema.marks_of(column)) | _MARKS
    there = [header for header in _headers_of(match) if header in frame.columns]
    profiles = {header: profile_column(header, frame[header], marks) for header in there}
    if match.header not in profiles or not len(frame):
        return match
    if column.role in SEVERAL:
        return _several(match, profiles, EMAIL if column.role is Role.EMAIL else PHONE)
    if column.role is Role.NAME:
        return _name(match, profiles)
    return _one(match, profiles, _QUALITY.get(column.role, lambda profile: profile.fill))


_QUALITY: dict[Role, Callable[[ColumnProfile], float]] = {
    Role.ID: lambda profile: profile.fill * profile.uniqueness,
    Role.TIMESTAMP: lambda profile: profile.fill * profile.date_share,
}


def _one(match: Match, profiles: dict[str, ColumnProfile], quality: Callable[[ColumnProfile], float]) -> Match:
    """Choose one header: the likeliest by name, unless another holds clearly more."""
    result = {header: quality(profile) for header, profile in profiles.items()}
    chosen = str(match.header)
    named_alike = _same_name(chosen, match)
    for header in (header for header in match.others if header in result):
        fuller = result[header] > result[chosen] + _MUCH_FULLER
        if result[chosen] == 0 < result[header] or (fuller and header in named_alike):
            chosen = header
    rivals = [header for header in profiles if header != chosen]
    if chosen == match.header and not any(result[header] for header in rivals):
        return match
    rows = profiles[chosen].rows
    shares = ", ".join(f"{header} in {profiles[header].fill:.0%}" for header in rivals)
    why = f"{chosen} is taken, filled in {profiles[chosen].fill:.0%} of {rows:,} rows; {shares}"
    return match.model_copy(update={"header": chosen, "others": tuple(rivals), "why": why})


def _same_name(chosen: str, match: Match) -> set[str]:
    """Return the rivals that a fuller column is enough for: all, or second ones of its name where that is exact."""
    if match.how not in _BY_NAME:
        return set(match.others)
    return {header for header in match.others if header.rpartition(".")[0] == chosen}


def _several(match: Match, profiles: dict[str, ColumnProfile], shape: str) -> Match:
    """Keep each header that holds such addresses or numbers, the likeliest by name first."""
    headers = [h for h, p in profiles.items() if p.share(shape, least=_HARDLY_ANY) >= _HARDLY_ANY]
    if not headers:
        headers = [h for h in profiles if not may_be_phone(h)]
        return match.model_copy(update={"header": headers[0], "more": ()}) if headers else Match(column=match.column)
    left = [header for header in profiles if header not in headers and profiles[header].distinct]
    why = f"{' and '.join(left)} holds none" if left else ""
    return match.model_copy(update={"header": headers[0], "more": tuple(headers[1:]), "why": why})


def _name(match: Match, profiles: dict[str, ColumnProfile]) -> Match:
    """Take the first and last name where the whole name is blank, or is no more than the last."""
    whole = profiles[str(match.header)]
    parts = [header for header in match.others if header in profiles and profiles[header].distinct]
    if not parts:
        return match
    first_alone = [name_part(header) for header in parts] == [1]
    if first_alone and whole.distinct and whole.share(r"\S\s+\S") < 0.5:
        parts = [*parts, whole.header]
    elif whole.fill >= max(profiles[header].fill for header in parts) - _MUCH_FULLER:
        return match
    why = f"{' and '.join(parts)} are taken; {whole.header} is filled in {whole.fill:.0%} of {whole.rows:,} rows"
    return match.model_copy(update={"header": parts[0], "more": tuple(parts[1:]), "others": (), "why": why})
