"""Who somebody is and what they may do follows from what the sign-in service says, and from the settings."""

from datetime import UTC, datetime
from typing import Any

import pytest

from leadscore_core.access.permissions import PersonRole
from leadscore_core.access.person import Person
from leadscore_core.access.sign_in import person_of_claims
from leadscore_core.config import AccessRules
from leadscore_core.errors import SignInError

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
TOKEN = {"sub": "u-17", "aud": "leadscore", "iat": NOW.timestamp() - 60, "email": "anna@example.com", "name": "Anna"}
RULES = AccessRules(
    role_claim="realm.roles",
    roles_of_claim={"lead sellers": ("sales",), "ml": ("data_science",)},
    people={"Anna@Example.com": ("caller",)},
    domains={"example.com": ("marketing",), "@partner.example": ("sales",)},
)


def person(rules: AccessRules = RULES, given: dict[str, Any] | None = None, **claims: Any) -> Person:
    token = {name: value for name, value in (TOKEN | claims).items() if value is not None}
    return person_of_claims(token, rules, client_ids={"leadscore"}, now=NOW, given=given)


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        ({}, {"caller"}),  # named by e-mail, so the domain does not count
        ({"email": "ANNA@EXAMPLE.COM"}, {"caller"}),
        ({"email": "ben@example.com"}, {"marketing"}),
        ({"email": "ben@partner.example"}, {"sales"}),
        ({"email": "ben@sub.example.com"}, set()),
        ({"email": "ben@example.com.evil.org"}, set()),
        ({"email": "anna@example.com@evil.org"}, set()),
        ({"email": "ben@example.com", "email_verified": False}, set()),
        ({"email": "ben@example.com", "email_verified": "false"}, set()),
        ({"email": None, "realm": {"roles": ["ml"]}}, {"data_science"}),
        ({"realm": {"roles": ["lead sellers", "others"]}}, {"caller", "sales"}),
        ({"realm": {"roles": "lead sellers"}}, {"caller", "sales"}),
        ({"realm": {"roles": ["admin"]}}, {"caller"}),  # a group of that name is no role of ours
        ({"realm": "roles"}, {"caller"}),
        ({"realm": {"roles": 7}}, {"caller"}),
    ],
)
def test_roles_follow_from_the_claim_the_email_or_the_domain(claims: dict[str, Any], roles: set[str]) -> None:
    assert person(**claims).roles == {PersonRole(role) for role in roles}


def test_without_a_mapping_the_claim_names_roles_themselves() -> None:
    rules = AccessRules(role_claim="roles")
    assert person(rules, roles=["sales", "root"]).roles == {PersonRole.SALES}
    assert person(rules, roles="sales,caller").roles == {PersonRole.SALES, PersonRole.CALLER}


def test_the_admin_page_has_the_last_word() -> None:
    assert person(given={"anna@example.com": ("admin",)}).roles == {PersonRole.ADMIN}
    assert person(given={"anna@example.com": ()}, realm={"roles": ["ml"]}).roles == set()
    assert person(given={"ben@example.com": ("admin",)}).roles == {PersonRole.CALLER}


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"aud": "another"}, "not meant for this LeadScore"),
        ({"aud": ["another", "third"]}, "not meant for this LeadScore"),
        ({"aud": None}, "not meant for this LeadScore"),
        ({"iat": NOW.timestamp() - 12 * 3600 - 1}, "the sign-in has ended"),
        ({"iat": NOW.timestamp() + 3600}, "of the future"),
        ({"iat": None}, "lacks the claim 'iat'"),
        ({"iat": "yesterday"}, "lacks the claim 'iat'"),
        ({"sub": None}, "lacks the claim 'sub'"),
        ({"sub": " "}, "lacks the claim 'sub'"),
    ],
)
def test_a_token_that_is_not_good_is_nobodys(claims: dict[str, Any], message: str) -> None:
    with pytest.raises(SignInError, match=message):
        person(**claims)


def test_the_same_token_for_us_among_others_is_good_and_a_name_is_one_line() -> None:
    known = person(aud=["another", "leadscore"], name=" Anna\n  Miller ")
    assert (known.id, known.name, known.via) == ("anna@example.com", "Anna Miller", "app")
    assert person(email=None, name=None).id == "u-17"
