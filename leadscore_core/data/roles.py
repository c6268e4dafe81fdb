"""Roles: what the columns of somebody else's leads are, by their names and all their values."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from leadscore_core.data.parse import parse_dates, parse_flags, parse_numbers
from leadscore_core.data.parts import INDEX_HEADERS
from leadscore_core.data.schema import Role
from leadscore_core.data.text import clean_text

KNOWN_MARKS = frozenset(
    ("-", "--", "?", ".", "#n/a", "<na>", "n/a", "na", "nan", "none", "null", "(blank)", "select", "please select")
    + ("choose", "select one", "not available", "not provided", "not specified", "undefined", "unknown", "tbd")
)
MOST_LEVELS = 5_000
_EACH_ITS_OWN = 0.95
_FREE_TEXT = 0.5
_FEW = 50
_MOSTLY = 0.9
_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
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


def look_at_column(header: str, cells: pd.Series) -> ProposedColumn:
    """Say what one column may mean, from its name and its values."""
    text = clean_text(cells, ("",))
    lower = text.str.casefold()
    marks = tuple(sorted(KNOWN_MARKS & set(lower.dropna().unique())))
    given = text[text.notna() & ~lower.isin(KNOWN_MARKS)]
    example = str(given.mode().iloc[0])[:40] if len(given) else ""
    role, why = _role(header, given)
    return ProposedColumn(header, role, _human(header), marks, why, example)


def _role(header: str, given: pd.Series) -> tuple[Role | None, str]:
    plain = plain_header(header)
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


def plain_header(header: str) -> str:
    """Return a header as small words.

    Examples
    --------
    >>> plain_header("LeadSource"), plain_header("lead_source ")
    ('lead source', 'lead source')
    """
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
