"""Contact rules: what they catch, what they leave alone, and that shortcuts agree with the libraries."""

import pandas as pd
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.data import LeadSchema, Role, suggest_mapping
from leadscore_core.inference import Contacts, contact_flags, contact_keys, read_contacts
from leadscore_core.inference.contact import is_test_name, normalise_email, phone_number, valid_email


@given(
    st.from_regex(r"[a-z0-9._+-]{1,20}@[a-z0-9.-]{1,20}\.[a-z]{2,6}", fullmatch=True)
    | st.emails()
    | st.text(max_size=30)
)
def test_the_shortcut_for_plain_addresses_agrees_with_email_validator(text: str) -> None:
    try:
        validate_email(text, check_deliverability=False)
        wanted = True
    except EmailNotValidError:
        wanted = False
    assert valid_email(text) == wanted


@pytest.mark.parametrize(
    ("first", "second"),
    [("Anne@Example.com", "anne@example.com"), ("anne+fair@x.org", "anne@x.org"), ("ANNE@X.ORG", "anne+1@x.org")],
)
def test_spellings_of_an_address_are_one(first: str, second: str) -> None:
    assert normalise_email(first) == normalise_email(second)


def test_a_malformed_address_identifies_nobody() -> None:
    assert normalise_email("anne@@x") is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("98765 43210", "+919876543210"),
        ("+91 98765-43210", "+919876543210"),
        ("0091 9876543210", "+919876543210"),
        ("+44 7700 900123", "+447700900123"),
        ("12345", None),
        ("0000000000", None),
        ("call me", None),
        ("+999 1234567", None),
    ],
)
def test_phones_are_read_in_their_country(text: str, wanted: str | None) -> None:
    assert phone_number(text, "IN") == wanted


@pytest.mark.parametrize(
    "name", ["test", "Test User", "asdfgh", "qwerty", "aaaa", "zxcvbn", "12345", "Demo", "hjkl hjkl"]
)
def test_junk_names_are_seen(name: str) -> None:
    assert is_test_name(name)


@pytest.mark.parametrize(
    "name",
    ["Anne", "Bo", "Ng", "Krzysztof", "Li Wu", "Testa Rossa", "Aisha", "आशा", "😀", "O'Neil", "Srđan", "Poo", "Dwight"],
)
def test_real_names_are_left_alone(name: str) -> None:
    assert not is_test_name(name)


def test_rules_and_keys_of_a_list(schema: LeadSchema) -> None:
    leads = pd.DataFrame(
        {
            "Name": ["Anne Roy", "test", "Ben Rao", "आशा"],
            "E-mail": ["anne@x.org", "a@mailinator.com", "", "b@@c"],
            "Mobile": ["98765 43210", "1", "", "+91 98765 43210"],
        }
    )
    contacts = read_contacts(leads, schema, suggest_mapping(leads.columns, schema), "IN")
    flags = {rule: found.tolist() for rule, found in contact_flags(contacts).items()}
    assert flags == {
        "unreachable": [False, False, True, False],
        "malformed_email": [False, False, False, True],
        "disposable_email": [False, True, False, False],
        "impossible_phone": [False, True, False, False],
        "test_name": [False, True, False, False],
    }
    keys = contact_keys(contacts)
    assert keys["phone"].iloc[0] == keys["phone"].iloc[3]
    assert keys["email"].isna().tolist() == [False, False, True, True]


def test_rules_without_their_columns_do_not_apply(schema: LeadSchema) -> None:
    assert contact_flags(Contacts({}, "IN")) == {}
    only_name = Contacts({Role.NAME: pd.Series(["Anne"], dtype="str")}, "IN")
    assert list(contact_flags(only_name)) == ["test_name"]
    only_phone = Contacts({Role.PHONE: pd.Series(["", None], dtype="str").replace("", None)}, "IN")
    assert contact_flags(only_phone)["unreachable"].tolist() == [True, True]
