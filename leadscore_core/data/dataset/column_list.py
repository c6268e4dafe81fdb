"""The columns of a list, one by one: as what each is read, and why."""

from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.wanted_columns import unread_columns
from leadscore_core.data.schema.column_mapping import How, Match
from leadscore_core.data.schema.roles import ProposedColumn
from leadscore_core.data.schema.schema import Column, Role
from leadscore_core.data.schema.schema_files import is_shipped

LEFT_OUT = "left out"
_SAID = {Role.EMAIL: "e-mail"}
_HOW: dict[How, str] = {
    "exact": "by its name read as {human}",
    "alias": "by its name read as {human}",
    "normalised": "by its name read as {human}",
    "crm": "a CRM calls {human} so",
    "words": "its words mean {human}",
    "fuzzy": "its name is nearly that of {human}",
    "person": "a person said that it is {human}",
}


def role_word(role: Role | None) -> str:
    """Return what a role is called for people.

    Examples
    --------
    >>> role_word(Role.EMAIL), role_word(Role.CITY), role_word(None)
    ('e-mail', 'city', 'left out')
    """
    return LEFT_OUT if role is None else _SAID.get(role, str(role))


def column_reason(column: ProposedColumn) -> str:
    """Return why a column is proposed as what it is, with what counts as blank in it."""
    marks = f"; {', '.join(map(repr, column.missing_marks))} is blank" if column.missing_marks else ""
    return f"{column.why}{marks}"


def list_columns(leads: LeadList) -> list[dict[str, str]]:
    """Return ``header``, ``role`` and ``why`` of every column of a list, in the file's order.

    The role is that of the schema, or `LEFT_OUT`.
    """
    if leads.proposal is not None:
        return [_row(column.header, column.role, column_reason(column)) for column in leads.proposal.columns]
    read: dict[str, dict[str, str]] = {}
    for match in leads.mapping.matches:
        column = leads.schema.by_name[match.column]
        for header in (match.header, *match.more):
            if header is not None:
                read[header] = _row(header, column.role, _matched(match, column))
    unread: dict[str, str] = {}
    if not is_shipped(leads.schema.name):
        unread = {column.header: column.why for column in unread_columns(leads)}
    nothing = f"no column of {leads.schema.title}"
    return [read.get(header) or _row(header, None, unread.get(header, nothing)) for header in leads.mapping.headers]


def _matched(match: Match, column: Column) -> str:
    return match.why or _HOW.get(match.how, "read as {human}").format(human=column.human)


def _row(header: str, role: Role | None, why: str) -> dict[str, str]:
    return {"header": header, "role": role_word(role), "why": why}
