"""Matching of headers: which could give which column of a schema, the likeliest first, and one of them for each.

What the cells hold is looked at later (`resolve_columns`), where several headers could mean the same.
"""

from collections.abc import Iterable
from typing import NamedTuple

from rapidfuzz import fuzz, process

from leadscore_core.data.schema.column_mapping import SURE_ENOUGH, ColumnMapping, How, Match
from leadscore_core.data.schema.crm_headers import NAME_PARTS, crm_role, schema_role
from leadscore_core.data.schema.header_words import base_header, contact_role, name_part, normalise_header
from leadscore_core.data.schema.schema import Column, LeadSchema, Role

SEVERAL = frozenset({Role.PHONE, Role.EMAIL})
_SHORTEST_FUZZY = 5
_CONFIDENCE: dict[How, float] = {"exact": 1.0, "normalised": 0.98, "alias": 0.95, "crm": 0.93, "words": 0.9}


class _Candidate(NamedTuple):
    """A header that could give a column; the least is the likeliest, whatever their order in the file."""

    step: int
    place: int
    is_second: bool
    header: str

    @property
    def how(self) -> How:
        return list(_CONFIDENCE)[self.step]


def suggest_mapping(headers: Iterable[str], schema: LeadSchema) -> ColumnMapping:
    """Suggest which header gives which column: exact, alike but for case and punctuation, alias, a CRM's own, fuzzy.

    Each header serves one column at most. A fuzzy match is taken from a confidence of 0.85 on. Further phones, e-mails
    and parts of a name are kept beside the first; other headers that could give the same column stand in ``others``,
    for `resolve_mapping` to compare by what they hold.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> mapping = suggest_mapping(["Lead Source", "first_utm_medium", "Citty_Mapped"], load_schema())
    >>> [(m.header, m.how, round(m.confidence, 2)) for m in mapping.matches if m.header]
    [('Citty_Mapped', 'fuzzy', 0.95), ('first_utm_medium', 'alias', 0.95), ('Lead Source', 'alias', 0.95)]
    >>> mapping = suggest_mapping(["Phone", "Mobile Number", "Owner Phone", "Last Name", "First Name"], load_schema())
    >>> [(m.header, *m.more) for m in mapping.matches if m.header]
    [('First Name', 'Last Name'), ('Phone', 'Mobile Number')]
    """
    given = tuple(str(header) for header in headers)
    free = {header: normalise_header(header) for header in given if normalise_header(header)}
    candidates = {column.name: _candidates(column, schema, given, free) for column in schema.columns}
    found: dict[str, Match] = {}
    for step, how in enumerate(_CONFIDENCE):
        for column in schema.columns:
            best = next((c for c in candidates[column.name] if c.step == step and c.header in free), None)
            if column.name not in found and best is not None:
                found[column.name] = Match(column=column.name, header=best.header, confidence=_CONFIDENCE[how], how=how)
                del free[best.header]
    for score, name, header in _nearly_alike(schema, found, free):
        if name not in found and header in free:
            found[name] = Match(column=name, header=header, confidence=score, how="fuzzy")
            del free[header]
    for column in schema.columns:
        if column.name in found:
            left = [c.header for c in candidates[column.name] if c.header in free]
            found[column.name] = _with_others(found[column.name], column, left)
            free = {h: n for h, n in free.items() if h not in {*found[column.name].more, *found[column.name].others}}
    matches = tuple(found.get(column.name, Match(column=column.name)) for column in schema.columns)
    return ColumnMapping(schema_name=schema.name, headers=given, matches=matches, date_order=schema.date_order)


def _with_others(match: Match, column: Column, left: list[str]) -> Match:
    """Put the further headers of a column beside the first: what counts too, and what is to be compared with it."""
    if column.role in SEVERAL:
        return match.model_copy(update={"more": tuple(left)})
    if column.role is not Role.NAME:
        return match.model_copy(update={"others": tuple(left)})
    parts = sorted((_part(header), header) for header in [str(match.header), *left] if _part(header))
    if _part(str(match.header)) == 0 and match.header is not None:
        first_alone = [part for part, _ in parts] == [1]
        whole_is_last = first_alone and {"vorname", "prenom", "nombre", "nome"} & {normalise_header(parts[0][1])}
        if whole_is_last:  # Vorname and Name
            return match.model_copy(update={"header": parts[0][1], "more": (match.header,)})
        return match.model_copy(update={"others": tuple(header for _, header in parts)})
    one_each = list(dict(reversed(parts)).items())[::-1]
    ordered = [header for _, header in sorted(one_each)]
    return match.model_copy(update={"header": ordered[0], "more": tuple(ordered[1:])})


def _part(header: str) -> int:
    part = NAME_PARTS.get(crm_role(header) or "", name_part(header))
    return 0 if part is None else part


def _candidates(column: Column, schema: LeadSchema, given: tuple[str, ...], free: dict[str, str]) -> list[_Candidate]:
    """Return the headers that could give a column, the likeliest first."""
    aliases = {normalise_header(name): place for place, name in reversed([*enumerate((column.human, *column.aliases))])}
    alone = len(schema.with_role(column.role)) == 1
    found = []
    for header in free:
        base = base_header(header, given)
        name, second = normalise_header(base), base != header
        if base == column.name:
            found.append(_Candidate(0, 0, second, header))
        elif name == normalise_header(column.name):
            found.append(_Candidate(1, 0, second, header))
        elif name in aliases:
            found.append(_Candidate(2, aliases[name], second, header))
        elif crm_role(base) is not None:
            if schema_role(crm_role(base)) is column.role and (alone or column.role in {*SEVERAL, Role.NAME}):
                found.append(_Candidate(3, 0, second, header))
        elif contact_role(base) is column.role:
            found.append(_Candidate(4, 0, second, header))
    return sorted(found)


def _nearly_alike(schema: LeadSchema, found: dict[str, Match], free: dict[str, str]) -> list[tuple[float, str, str]]:
    long = {header: name for header, name in free.items() if len(name) >= _SHORTEST_FUZZY}
    near = []
    for column in schema.columns:
        if column.name in found:
            continue
        names = [
            n for n in map(normalise_header, (column.name, column.human, *column.aliases)) if len(n) >= _SHORTEST_FUZZY
        ]
        for name in names:
            alike = process.extract(name, long, scorer=fuzz.ratio, score_cutoff=100 * SURE_ENOUGH)
            near += [(score / 100, column.name, header) for _, score, header in alike if crm_role(header) != "ignored"]
    return sorted(near, key=lambda found: (-found[0], found[1], found[2]))
