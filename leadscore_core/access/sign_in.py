"""Sign-in: what a sign-in service says of somebody, and which roles follow from it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from leadscore_core.access.permissions import PersonRole
from leadscore_core.access.person import LONGEST_NAME, Person
from leadscore_core.config import AccessRules
from leadscore_core.errors import SignInError

_CLOCKS_DIFFER = timedelta(minutes=5)


def person_of_claims(
    claims: Mapping[str, Any],
    rules: AccessRules,
    *,
    client_ids: Collection[str],
    now: datetime,
    given: Mapping[str, Collection[str]] | None = None,
) -> Person:
    """Return who has signed in, with the roles that they have now.

    Parameters
    ----------
    claims
        Of their identity token, its signature checked.
    client_ids
        Under which this LeadScore is known to its sign-in services.
    now
        With its time zone.
    given
        E-mail -> roles that an admin gave on the Admin page; where there are any, they alone count.

    Returns
    -------
    Person
        Without roles where nobody gave any.

    Raises
    ------
    SignInError
        If the sign-in has ended, was meant for another program, or does not say who it is.

    Examples
    --------
    >>> from datetime import UTC
    >>> token = {"sub": "17", "aud": "leadscore", "iat": 1_800_000_000, "email": "Anna@Example.com"}
    >>> rules = AccessRules(domains={"example.com": ("sales",)})
    >>> moment = datetime.fromtimestamp(1_800_000_600, UTC)
    >>> person = person_of_claims(token, rules, client_ids=["leadscore"], now=moment)
    >>> person.id, sorted(person.roles)
    ('anna@example.com', [<PersonRole.SALES: 'sales'>])
    """
    _check_audience(claims, client_ids)
    _check_age(claims, rules, now)
    subject = str(claims.get("sub") or "").strip()
    if not subject:
        raise SignInError("The sign-in service does not say who you are: its token lacks the claim 'sub'.")
    email = _email(claims)
    name = " ".join(str(claims.get("name") or email or subject).split())[:LONGEST_NAME]
    return Person(email or subject, name, _roles(claims, email, rules, given or {}), email, "app")


def _check_audience(claims: Mapping[str, Any], client_ids: Collection[str]) -> None:
    audience = claims.get("aud")
    meant = {str(one) for one in audience} if isinstance(audience, list | tuple) else {str(audience or "")}
    if meant.isdisjoint(client_ids):
        raise SignInError("You signed in to another program: the token is not meant for this LeadScore.")


def _check_age(claims: Mapping[str, Any], rules: AccessRules, now: datetime) -> None:
    began = claims.get("iat")
    if isinstance(began, bool) or not isinstance(began, int | float):
        raise SignInError("The sign-in service does not say when you signed in: its token lacks the claim 'iat'.")
    age = now.timestamp() - began
    if age > timedelta(hours=rules.session_hours).total_seconds():
        raise SignInError(f"You signed in more than {rules.session_hours:g} hours ago, so the sign-in has ended.")
    if age < -_CLOCKS_DIFFER.total_seconds():
        raise SignInError("The token of the sign-in service is of the future: its clock or this server's is wrong.")


def _email(claims: Mapping[str, Any]) -> str:
    """Return the e-mail in lower case; empty where there is none, or the service says that it is not theirs."""
    email = str(claims.get("email") or "").strip().lower()
    return email if "@" in email and claims.get("email_verified") not in (False, "false") else ""


def _roles(
    claims: Mapping[str, Any], email: str, rules: AccessRules, given: Mapping[str, Collection[str]]
) -> frozenset[PersonRole]:
    if email and email in given:
        return _known(given[email])
    people = {address.strip().lower(): roles for address, roles in rules.people.items()}
    domains = {domain.strip().lower().lstrip("@"): roles for domain, roles in rules.domains.items()}
    found = _known(people[email] if email in people else domains.get(email.rpartition("@")[2], ()) if email else ())
    return found | _claimed(claims, rules)


def _claimed(claims: Mapping[str, Any], rules: AccessRules) -> frozenset[PersonRole]:
    """Return the roles that the role claim gives; one inside another is written with a dot."""
    value: Any = claims
    for part in rules.role_claim.split(".") if rules.role_claim else ():
        value = value.get(part) if isinstance(value, Mapping) else None
    if not rules.role_claim or value is None:
        return frozenset()
    if isinstance(value, list | tuple):
        said = [str(one) for one in value]
    else:
        said = [str(value)] if str(value) in rules.roles_of_claim else str(value).replace(",", " ").split()
    if not rules.roles_of_claim:
        return _known(said)
    return _known(role for one in said for role in rules.roles_of_claim.get(one, ()))


def _known(names: Iterable[str]) -> frozenset[PersonRole]:
    return frozenset(PersonRole(name) for name in names if name in set(PersonRole))
