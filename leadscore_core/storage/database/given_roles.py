"""Roles that an admin gives on the Admin page; for whom there are any, the settings and the role claim do not count."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from leadscore_core.access.permissions import Action, PersonRole
from leadscore_core.access.person import check_may
from leadscore_core.config import RoleName, Settings
from leadscore_core.errors import NotPermittedError, StorageError
from leadscore_core.storage.database.preferences import Preference, Version


class GivenRoles(BaseModel):
    """E-mail in lower case -> roles; none means no access."""

    people: dict[str, tuple[RoleName, ...]] = {}


def roles_preference(settings: Settings) -> Preference[GivenRoles]:
    """Return who was given which roles, with its history."""
    return Preference(settings, "access", GivenRoles(), Action.CHANGE_ACCESS)


def read_given_roles(settings: Settings) -> dict[str, tuple[RoleName, ...]]:
    """Return e-mail -> roles as they stand.

    Raises
    ------
    StorageError
        If the database cannot be used: somebody could have more roles than they were left.
    """
    return roles_preference(settings).current().value.people


def give_roles(
    people: Mapping[str, Sequence[str]], *, based_on: int, author: str, settings: Settings
) -> Version[GivenRoles]:
    """Give people roles, in place of all that were given before.

    Raises
    ------
    ConflictError
        If somebody else changed them since.
    NotPermittedError
        If whoever does it may not, or would be admin no longer: nobody locks themselves out.
    StorageError
        If an address is none, or a role is not known.
    """
    person = check_may(Action.CHANGE_ACCESS)
    wanted = {address.strip().lower(): tuple(roles) for address, roles in people.items()}
    for address, roles in wanted.items():
        unknown = [role for role in roles if role not in set(PersonRole)]
        if unknown:
            raise StorageError(f"There is no role {unknown[0]!r}. Choose among {', '.join(PersonRole)}.")
        if address.count("@") != 1 or not all(address.split("@")):
            raise StorageError("Each person is named by an e-mail address, as the sign-in service says it.")
    if person.email and PersonRole.ADMIN not in wanted.get(person.email, (PersonRole.ADMIN,)):
        raise NotPermittedError("You would not be admin any more. Ask another admin to change your own roles.")
    value = GivenRoles.model_validate({"people": wanted})
    return roles_preference(settings).save(value, based_on=based_on, author=author)
