"""Roles: what the columns of somebody else's leads are, by their names and all their values.

Each column is looked at by itself first. Where a role is for one column only (the lead's number, when it came, its
city), the candidates are compared by name, fill and age; their order in the file never matters.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from leadscore_core.data.cleaning.conventions import column_decimals
from leadscore_core.data.cleaning.decimals import file_decimal
from leadscore_core.data.cleaning.numbers import DecimalMark
from leadscore_core.data.cleaning.parsing import parse_flags
from leadscore_core.data.cleaning.text import ALWAYS_BLANK, MAYBE_BLANK, as_text
from leadscore_core.data.reading.chunks import INDEX_HEADERS
from leadscore_core.data.schema.coded_columns import (
    MASKED_EMAIL,
    is_code_by_name,
    is_year,
    list_reason,
    separator_of,
    year_reason,
)
from leadscore_core.data.schema.column_profile import CODE, EMAIL, PHONE, WRITTEN_PHONE, ColumnProfile, profile_column
from leadscore_core.data.schema.crm_headers import crm_role, schema_role
from leadscore_core.data.schema.header_words import (
    contact_role,
    id_rank,
    is_note,
    is_place,
    is_somebody_elses,
    may_be_phone,
    moment_rank,
    name_part,
    named_role,
    words_of,
)
from leadscore_core.data.schema.role_rivals import FOR_ONE_COLUMN, beside_best, best_of
from leadscore_core.data.schema.schema import Role

KNOWN_MARKS = ALWAYS_BLANK | MAYBE_BLANK
MOST_LEVELS = 5_000
_EACH_ITS_OWN = 0.95
_FREE_TEXT = 0.5
_FEW = 50
_MOSTLY = 0.9
_SOME = 0.05
_LONGEST_NUMBER = 15
_COMPARED_ROWS = 2_000
_LIKE_A_NUMBER = r"\W*(?:[^\W\d]{1,4}\W*)?\d[\d.,'’\s]*(?:e[+-]?\d+)?\W*(?:[^\W\d]{1,6}\W*)?"
_REGIONS = frozenset(
    "EU EMEA APAC LATAM AMER MEA MENA ANZ SEA ASIA AF AS SA OC ROW CIS DACH".split()  # noqa: SIM905
)
_NO_REGIONS = frozenset(["YES", "NO", "TRUE", "FALSE", "OK"])
_CONTACT = (
    r"\b(address|street|strasse|zip|post ?code|postal code|plz|pin ?code|birth|birthday|dob|passport|ip|password|url|"
    r"linkedin|geburtstag|geburtsdatum)\b"
)
_EACH_SEVERAL = 0.2
_NO_PERSON = (
    r"\b(campaign|company|course|product|source|medium|city|file|page|event|owner|agent|rep|account|user|firm|firma|"
    r"category|stage|ad|adset|form|list|plan|host|domain|device|browser)\b"
)
_DIALLED = r"^(?:[^\d]*\d){8,}"
_ASIDE = frozenset(["verified", "status", "type", "valid", "consent", "fax"])


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
        In words, with the numbers that say so.
    example
        Its most frequent value.
    separator
        What separates several values in one cell; "" where each holds one.
    is_year
        Whether its numbers are years.
    """

    header: str
    role: Role | None
    human: str
    missing_marks: tuple[str, ...] = ()
    why: str = ""
    example: str = ""
    separator: str = ""
    is_year: bool = False


def infer_roles(
    frame: pd.DataFrame, headers: Sequence[str], decimals: Mapping[str, DecimalMark] | None = None
) -> list[ProposedColumn]:
    """Say of each column what it may mean.

    Parameters
    ----------
    frame
        Leads as read.
    headers
        Of the columns that are looked at.
    decimals
        Header -> decimal mark, where a person said it.

    Examples
    --------
    >>> frame = pd.DataFrame({"Revenue": range(10**6, 10**6 + 14 * 60, 14), "Lead No": [f"L{i}" for i in range(60)]})
    >>> [(column.header, str(column.role)) for column in infer_roles(frame, ["Revenue", "Lead No"])]
    [('Revenue', 'number'), ('Lead No', 'id')]
    """
    found: dict[str, ProposedColumn] = {}
    rivals: dict[Role, list[ColumnProfile]] = {role: [] for role in FOR_ONE_COLUMN}
    of_file = _decimal_of(frame, headers)
    for header in headers:
        profile = replace(_profile(header, frame[header]), of_file=of_file, said=(decimals or {}).get(header))
        role, why = _role(profile)
        if role in rivals:
            rivals[role].append(profile)
        found[header] = ProposedColumn(
            header,
            role,
            human_header(header),
            profile.marks,
            why,
            profile.example,
            separator=separator_of(profile) if role is Role.CATEGORY and profile.numbers is None else "",
            is_year=role is Role.NUMBER and is_year(profile),
        )
    for role, profiles in rivals.items():
        best = best_of(role, profiles)
        for profile in profiles:
            if best is not None and profile is not best:
                instead, why = beside_best(role, profile, best, found[profile.header].why)
                found[profile.header] = replace(found[profile.header], role=instead, why=why)
    return [found[header] for header in headers]


def _decimal_of(frame: pd.DataFrame, headers: Sequence[str]) -> DecimalMark | None:
    """Return the decimal mark that the first rows of the columns of numbers agree on."""
    firsts = {header: as_text(frame[header].head(_COMPARED_ROWS)).dropna() for header in headers}
    measured = (h for h, first in firsts.items() if first.str.fullmatch(_LIKE_A_NUMBER).mean() >= _MOSTLY)
    return file_decimal({header: column_decimals(firsts[header]) for header in measured})


def _profile(header: str, cells: pd.Series) -> ColumnProfile:
    """Look at a column; ``NA`` is a region where the others are codes of regions or countries."""
    profile = profile_column(header, cells, KNOWN_MARKS)
    if "na" not in profile.marks:
        return profile
    written = [value for value in profile.values.to_pylist() if re.fullmatch(r"[A-Z]{2,5}", value)]
    codes = len(written) >= 2 and len(written) >= 0.8 * profile.distinct and not _NO_REGIONS & set(written)
    if codes and (is_place(header) or _REGIONS & set(written)):
        return profile_column(header, cells, KNOWN_MARKS - {"na"})
    return profile


def _role(column: ColumnProfile) -> tuple[Role | None, str]:
    """Say what one column may mean by itself, and why."""
    if column.header.strip().casefold() in INDEX_HEADERS or not words_of(column.header):
        return None, "a row number"
    if not column.distinct:
        return None, "blank in every row"
    for decide in (_contact, _year, _what_is_left_out, _moment, _number, _text):
        decided = decide(column)
        if decided is not None:
            return decided
    return Role.CATEGORY, f"{column.distinct:,} different values"


def _contact(column: ColumnProfile) -> tuple[Role | None, str] | None:
    """Recognise e-mails, phones and names; those of owners and companies are nobody's way to a lead."""
    header, crm = column.header, crm_role(column.header)
    elses = crm == "ignored" or (is_somebody_elses(header) and contact_role(header) is None)
    named = None if elses else schema_role(crm) if crm is not None else contact_role(header)
    return _email(column, named, elses) or _phone(column, named, elses) or _person(column, named)


def _email(column: ColumnProfile, named: Role | None, elses: bool) -> tuple[Role | None, str] | None:
    is_named = named is Role.EMAIL
    addresses = column.share(MASKED_EMAIL if is_named else EMAIL, least=_SOME if is_named else _MOSTLY)
    if addresses < _MOSTLY and (not is_named or addresses < _SOME):
        return None
    if elses:
        return None, f"addresses of somebody else than the lead: {column.distinct:,} for {column.filled:,} leads"
    if not is_named and column.uniqueness < _SOME:
        return None, f"{column.distinct:,} addresses for {column.filled:,} leads are not the leads' own"
    return Role.EMAIL, f"{addresses:.0%} are e-mail addresses, {column.distinct:,} different; for people alone"


def _phone(column: ColumnProfile, named: Role | None, elses: bool) -> tuple[Role | None, str] | None:
    if named is Role.PHONE:
        numbers = column.share(PHONE, least=_SOME)
        dialled = not may_be_phone(column.header) or column.share(_DIALLED, least=_FREE_TEXT) >= _FREE_TEXT
        if numbers < _FREE_TEXT or not dialled:
            return None
        how = f"{numbers:.0%} are written as phone numbers"
    else:
        if not _may_hold_phones(column.header) or column.share(PHONE, least=_MOSTLY) < _MOSTLY:
            return None
        long = column.share(r"(?:\d[^\d]*){9,15}", least=_MOSTLY) >= _MOSTLY
        if not long or column.share(WRITTEN_PHONE, least=_MOSTLY) < _MOSTLY or _are_decimals(column):
            return None
        if elses:
            return None, f"phones of somebody else than the lead: {column.distinct:,} for {column.filled:,} leads"
        how = "written as phone numbers"
    return Role.PHONE, f"{how}, {column.distinct:,} different; for people alone"


def _person(column: ColumnProfile, named: Role | None) -> tuple[Role | None, str] | None:
    part = name_part(column.header) is not None and column.uniqueness > _FREE_TEXT and column.distinct > _FEW
    whole = named is Role.NAME and column.share(r"\d", least=_FREE_TEXT) < _FREE_TEXT
    if whole or part or _ends_in_name(column):
        return Role.NAME, f"its name says so, {column.distinct:,} different; for people alone"
    return None


def _may_hold_phones(header: str) -> bool:
    return words_of(header)[-1] not in _ASIDE and id_rank(header) <= 0 and moment_rank(header) == 0


def _are_decimals(column: ColumnProfile) -> bool:
    return column.share(r"^[+-]?\d+\.\d+$", least=_MOSTLY) >= _MOSTLY


def _ends_in_name(column: ColumnProfile) -> bool:
    plain = plain_header(column.header)
    person = plain.endswith("name") and not re.search(_NO_PERSON, plain) and not is_somebody_elses(column.header)
    return person and column.distinct > _FEW and column.share(r"\d", least=_FREE_TEXT) < _FREE_TEXT


def _what_is_left_out(column: ColumnProfile) -> tuple[None, str] | None:
    personal = column.distinct > _FEW and column.uniqueness > _EACH_SEVERAL
    if personal and re.search(_CONTACT, plain_header(column.header)):
        return None, "tells who a person is, not whether a lead converts"
    if column.distinct == 1 and column.filled == column.rows:
        return None, "the same in every row"
    return (None, "the same wherever it is filled") if column.distinct == 1 else None


def _year(column: ColumnProfile) -> tuple[Role | None, str] | None:
    years = year_reason(column)
    return (Role.NUMBER, years) if years else None


def _moment(column: ColumnProfile) -> tuple[Role | None, str] | None:
    """Recognise dates; one that comes after the lead, such as its last change, is left out."""
    rank = -1 if crm_role(column.header) == "ignored" else 2 if crm_role(column.header) == "timestamp" else None
    rank = moment_rank(column.header) if rank is None else rank
    if column.numbers is not None and rank == 0:
        return None
    share = column.date_share
    if share < _MOSTLY:
        return None
    if rank < 0:
        return None, f"{share:.0%} are dates, but of something later than when the lead came"
    return Role.TIMESTAMP, f"{share:.0%} are dates, {column.fill:.0%} of the rows filled: when a lead came"


def _number(column: ColumnProfile) -> tuple[Role | None, str] | None:
    """Tell measures from ids and codes that are written in digits."""
    if column.longest_digits > _LONGEST_NUMBER and id_rank(column.header) <= 0 or _is_others_id(column):
        long = f"{column.longest_digits} digits, " if column.longest_digits > _LONGEST_NUMBER else ""
        return _codes(column, f"codes, not amounts: {long}{column.distinct:,} different for {column.filled:,} leads")
    if column.numbers is None:
        return None
    if column.distinct <= 2 and _answers(column):
        return Role.FLAG, f"yes or no: {' and '.join(sorted(column.values.to_pylist()))}"
    each_its_own = column.uniqueness >= _EACH_ITS_OWN and column.distinct > 1
    if column.is_whole and each_its_own:
        if id_rank(column.header) > 0:
            return Role.ID, f"{_how_different(column)} whole numbers and its name says so; never learned from"
        if column.runs_on and column.distinct > _FEW:
            first, last = np.nanmin(column.numbers), np.nanmax(column.numbers)
            return Role.ID, f"runs from {first:.0f} to {last:.0f} without a gap; never learned from"
    if column.is_whole and (id_rank(column.header) > 0 or is_code_by_name(column.header)):
        return _codes(column, f"codes, not amounts: {column.distinct:,} different for {column.filled:,} leads")
    if column.distinct <= 2 and column.is_whole:
        return Role.CATEGORY, f"{column.distinct:,} different values"
    low, high = np.nanmin(column.numbers), np.nanmax(column.numbers)
    return Role.NUMBER, f"measured numbers from {low:,.6g} to {high:,.6g}, {column.distinct:,} different"


def _is_others_id(column: ColumnProfile) -> bool:
    """Tell whether it is the number of something else: a campaign, an owner, a product."""
    return (
        id_rank(column.header) < 0
        and column.share(CODE, least=_MOSTLY) >= _MOSTLY
        and (column.numbers is None or column.is_whole)
    )


def _codes(column: ColumnProfile, why: str) -> tuple[Role | None, str]:
    """Return codes as a category where they repeat."""
    repeats = column.distinct <= MOST_LEVELS and column.uniqueness <= _FREE_TEXT
    return (Role.CATEGORY, why) if repeats else (None, f"{why}; nearly each lead has its own")


def _text(column: ColumnProfile) -> tuple[Role | None, str] | None:
    """Tell ids, flags, free text and what its name says of a column of words."""
    each_its_own = column.uniqueness >= _EACH_ITS_OWN and column.distinct > 1
    crm = crm_role(column.header)
    rank = 2 if crm == "id" else -1 if crm == "ignored" else id_rank(column.header)
    is_code = column.share(CODE, least=_MOSTLY) >= _MOSTLY
    if each_its_own and rank >= 0 and is_code:
        digits = column.share(r"\d", least=_MOSTLY) >= _MOSTLY
        if rank > 0 or (digits and column.distinct > _FEW):
            return Role.ID, f"{_how_different(column)}; {_lengths(column)}; never learned from"
    if column.distinct == 2 and _answers(column):
        return Role.FLAG, f"yes or no: {' and '.join(sorted(column.values.to_pylist()))}"
    several = list_reason(column)
    if several:
        return Role.CATEGORY, several
    if (column.distinct > _FREE_TEXT * column.filled and column.distinct > _FEW) or column.distinct > MOST_LEVELS:
        what = "codes" if is_code and column.share(r"\d", least=_MOSTLY) >= _MOSTLY else "free text"
        why = f"{what}: {column.distinct:,} different in {column.filled:,} leads"
        return (Role.FREE_TEXT if _is_prose(column) else None), why
    said = schema_role(crm) if crm in {"city", "source", "medium"} else named_role(column.header)
    if said is not None and not is_somebody_elses(column.header):
        return said, f"its name says {said}; {column.distinct:,} different, {column.fill:.0%} filled"
    return None


def _is_prose(column: ColumnProfile) -> bool:
    """Tell whether texts are of several words: four in half of them, or two where the name says that it is notes."""
    words = 2 if is_note(column.header) else 4
    prose = r"\S+" + r"\s+\S+" * (words - 1)
    return not is_somebody_elses(column.header) and column.share(prose, least=_FREE_TEXT) >= _FREE_TEXT


def _answers(column: ColumnProfile) -> bool:
    """Tell whether one of its values says yes and the other no."""
    return sorted(parse_flags(pd.Series(column.values.to_pylist(), dtype="str")).values) == [0.0, 1.0]


def _how_different(column: ColumnProfile) -> str:
    if column.distinct == column.filled:
        return f"all {column.distinct:,} different"
    return f"{column.distinct:,} of {column.filled:,} different"


def _lengths(column: ColumnProfile) -> str:
    lengths = pc.utf8_length(column.values)
    low, high = pc.min(lengths).as_py(), pc.max(lengths).as_py()
    return f"{low} letters and digits" if low == high else f"{low} to {high} letters and digits"


def plain_header(header: str) -> str:
    """Return a header as small words.

    Examples
    --------
    >>> plain_header("LeadSource"), plain_header("lead_source ")
    ('lead source', 'lead source')
    """
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return " ".join(re.sub(r"[\W_]+", " ", split).casefold().split())


def human_header(header: str) -> str:
    """Write a header as people read it.

    Examples
    --------
    >>> human_header("TotalVisits"), human_header("lead_source"), human_header("Lead Source")
    ('Total visits', 'Lead source', 'Lead Source')
    """
    words = re.sub(r"_+", " ", header).strip()
    if " " not in words:
        words = re.sub(r"(?<=[a-z])([A-Z])(?=[a-z])", lambda found: f" {found[1].lower()}", words)
    return (words[:1].upper() + words[1:]) or header
