"""Headers of CRM exports: what each means, as the makers' own documentation has it (``schemas/crm_headers.csv``)."""

import csv
from functools import cache
from typing import Literal

from leadscore_core.data.schema.header_words import normalise_header
from leadscore_core.data.schema.schema import Role
from leadscore_core.data.schema.schema_files import SCHEMA_DIR

CrmRole = Literal[
    "id", "name", "first_name", "middle_name", "last_name", "email", "phone", "timestamp", "city", "source", "medium",
    "campaign", "status", "label", "ignored",
]  # fmt: skip
NAME_PARTS: dict[str, int] = {"name": 0, "first_name": 1, "middle_name": 2, "last_name": 3}
_ROLES = {role.value: role for role in Role} | dict.fromkeys(NAME_PARTS, Role.NAME)


@cache
def _table() -> dict[str, CrmRole]:
    with (SCHEMA_DIR / "crm_headers.csv").open(encoding="utf-8", newline="") as file:
        result: dict[str, CrmRole] = {}
        for row in csv.DictReader(file):
            result.setdefault(normalise_header(row["header"]), row["role"])  # type: ignore[arg-type]
    return result


def crm_role(header: str) -> CrmRole | None:
    """Return what a header means in the default export of a CRM; None for a header of none.

    ``ignored`` is what belongs to somebody or something else than the lead, or came after it.

    Examples
    --------
    >>> crm_role("LeadSource"), crm_role("Person - Phone - Mobile"), crm_role("hubspot_owner_id"), crm_role("Shoe size")
    ('source', 'phone', 'ignored', None)
    """
    return _table().get(normalise_header(header))


def schema_role(role: CrmRole | None) -> Role | None:
    """Return the schema's role for a CRM's, None where it has none.

    Examples
    --------
    >>> str(schema_role("first_name")), schema_role("campaign")
    ('name', None)
    """
    return _ROLES.get(role) if role is not None else None
