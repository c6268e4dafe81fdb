"""Somebody of each role, for tests of what they may do."""

from leadscore_core.access.permissions import PersonRole
from leadscore_core.access.person import Person


def person_of(*roles: PersonRole, name: str = "Ben") -> Person:
    return Person(f"{name.lower()}@example.com", name, frozenset(roles), f"{name.lower()}@example.com", "app")


EACH = {role: person_of(role, name=role.value) for role in PersonRole}
SALES, CALLER, MARKETING, SCIENCE, ADMIN = (EACH[role] for role in PersonRole)
