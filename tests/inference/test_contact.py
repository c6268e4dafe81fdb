"""Contact rules: what they catch, what they leave alone, and that shortcuts agree with the libraries."""

import numpy as np
import pandas as pd
import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.config import JunkRules
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.inference.contact_cells import addresses_in, numbers_in
from leadscore_core.inference.contact_quality import (
    Contacts,
    contact_flags,
    contact_keys,
    find_uncallable,
    key_names,
    normalise_email,
    phone_number,
    read_contacts,
    valid_email,
)
from leadscore_core.inference.junk_names import is_test_name
from leadscore_core.inference.plain_contacts import plain_emails, plain_numbers, plain_phones

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


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
        "malformed_email_no_phone": [False, False, False, False],
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


@pytest.mark.parametrize(
    ("cell", "addresses"),
    [
        ("mailto:x@y.com", ["x@y.com"]),
        ("<x@y.com>", ["x@y.com"]),
        ("Asha <x@y.com>", ["x@y.com"]),
        ('"Roy, Asha" <x@y.com>', ["x@y.com"]),
        ("x@y.com (work)", ["x@y.com"]),
        ("a@x.com; b@y.com", ["a@x.com", "b@y.com"]),
        ("a@x.com / b@y.com", ["a@x.com", "b@y.com"]),
        ("a@x.com,b@y.com", ["a@x.com", "b@y.com"]),
        ("mailto:a@x.com?subject=Hi", ["a@x.com"]),
    ],
)
def test_addresses_are_read_whatever_stands_around_them(cell: str, addresses: list[str]) -> None:
    mapping = suggest_mapping(["Email"], load_schema())
    contacts = read_contacts(pd.DataFrame({"Email": [cell, None]}), load_schema(), mapping, "IN")
    assert [cells[0] for cells in contacts.emails] == addresses
    flags = contact_flags(contacts)
    assert not flags["malformed_email"].any()
    assert flags["unreachable"].tolist() == [False, True]


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("tel:+91-98765-43210", ["+919876543210"]),
        ("98765 43210 x123", ["+919876543210"]),
        ("9876543210x123", ["+919876543210"]),
        ("98765 43210 ext. 4", ["+919876543210"]),
        ("98765 43210, ext 4", ["+919876543210"]),
        ("98765 43210 / 98765 43211", ["+919876543210", "+919876543211"]),
        ("9876543210/9876543211", ["+919876543210", "+919876543211"]),
        ("9876543210, 9876543211", ["+919876543210", "+919876543211"]),
        ("9876543210 9876543211", ["+919876543210", "+919876543211"]),
        ("9876543210/11", ["+919876543210"]),
        ("Mob: 9876543210", ["+919876543210"]),
        ("9876543210 (father)", ["+919876543210"]),
        ("9876543210 or 9876543211", ["+919876543210", "+919876543211"]),
        ("+49 30/1234567", ["+49301234567"]),
        ("9876543210.0", ["+919876543210"]),
    ],
)
def test_numbers_are_read_whatever_stands_around_them(cell: str, numbers: list[str]) -> None:
    mapping = suggest_mapping(["Phone"], load_schema())
    contacts = read_contacts(pd.DataFrame({"Phone": [cell, None]}), load_schema(), mapping, "IN")
    assert [cells[0] for cells in contacts.phones] == numbers
    assert contact_flags(contacts)["impossible_phone"].tolist() == [False, False]


def test_each_number_of_a_cell_counts_for_matching_and_parts_of_a_list_have_the_same_keys() -> None:
    schema = load_schema()
    mapping = suggest_mapping(["Phone", "Parent Phone"], schema)
    frame = pd.DataFrame({"Phone": [None, "98765 43210"], "Parent Phone": ["9876543211 / 98765 43210", None]})
    keys = contact_keys(read_contacts(frame, schema, mapping, "IN"))
    assert keys["phone_3"][0] == keys["phone"][1]
    assert list(keys.columns) == key_names(schema, mapping)


@given(st.text(max_size=40))
def test_any_cell_gives_at_least_one_text_and_nothing_else_than_it_holds(text: str) -> None:
    for found in (addresses_in(text), numbers_in(text)):
        assert found
    assert all(address in text for address in addresses_in(text))


@given(
    st.sampled_from(["IN", "DE", "US", "GB", "BR", "RU", "HU", "IT", "JP", "NG"]),
    st.text("0123456789", min_size=5, max_size=15),
    st.sampled_from(["", "+", "00", "+91", "+49", "+1 ", "0", "1"]),
    st.sampled_from(["", " ", "-", "(", "."]),
)
def test_a_phone_seen_at_a_glance_is_possible(region: str, digits: str, before: str, between: str) -> None:
    text = before + digits[:3] + between + digits[3:]
    if plain_phones(pd.Series([text]), region)[0]:
        assert phone_number(text, region) is not None


@given(
    st.sampled_from(REGIONS),
    st.text("0123456789", min_size=5, max_size=15),
    st.sampled_from(["", "+", "00", "0", "1", "8"]) | st.sampled_from(CODES).map(lambda code: f"+{code}"),
    st.sampled_from(["", " ", "-", "(", ".", " ("]),
)
def test_numbers_read_all_at_once_are_those_read_one_by_one(
    region: str, digits: str, before: str, between: str
) -> None:
    text = before + digits[:3] + between + digits[3:]
    found = plain_numbers(pd.Series([text]), region)[0]
    assert pd.isna(found) or found == phone_number(text, region)


@pytest.mark.parametrize("region", ["IN", "DE", "US", "GB", "IT", "AG"])
def test_most_numbers_of_a_list_are_read_at_once_and_all_of_them_alike(region: str) -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(7, 14, 3_000)
    texts = ["".join(map(str, rng.integers(0, 10, length))) for length in lengths]
    code = phonenumbers.country_code_for_region(region)
    own = str(phonenumbers.example_number(region).national_number)
    texts += [f"{before}{own}" for before in ("", f"+{code}", f"+{code} ", f"00{code}", str(code), "0")]
    cells = pd.Series([*texts, *(f"+{text}" for text in texts[:1_000]), "", None, "12", "call me"])
    one_by_one = [None if pd.isna(text) or not text else phone_number(text, region) for text in cells]
    found = Contacts({Role.PHONE: cells.replace("", None).astype("str")}, region).phones[0]
    assert [None if pd.isna(number) else number for number in found] == one_by_one
    at_once = plain_numbers(pd.Series([f"+{code} {own}", own]), region)
    assert at_once[0] == f"+{code}{own}"


@given(st.from_regex(r"[a-zA-Z0-9._+-]{1,20}@[a-z0-9.-]{1,20}", fullmatch=True) | st.emails())
def test_an_email_seen_at_a_glance_is_well_formed(text: str) -> None:
    if plain_emails(pd.Series([text]))[0]:
        assert valid_email(text)
    address = Contacts({Role.EMAIL: pd.Series([text], dtype="str")}, "IN").emails[0][0]
    assert (None if pd.isna(address) else address) == normalise_email(text)


@pytest.mark.parametrize("columns", [["Email", "Phone"], ["Email"], ["Phone"], ["Email", "Phone", "Mobile Phone"], []])
def test_who_cannot_be_called_is_the_same_at_a_glance(columns: list[str], schema: LeadSchema) -> None:
    emails = ["a@b.com", "a@@b", "", None, "Asha <x@y.com>", "n/a"]
    phones = ["98765 43210", "12", "", None, "+49 30/1234567", "98XXXXXX10", "9999999999", "n/a"]
    leads = pd.DataFrame([(e, p, q) for e in emails for p in phones for q in ("", "9876543211")])
    leads = leads.set_axis(["Email", "Phone", "Mobile Phone"], axis=1)[columns]
    mapping = suggest_mapping(leads.columns, schema)
    wanted = JunkRules().contact
    found = find_uncallable(leads, schema, mapping, "IN", wanted)
    plain = contact_flags(read_contacts(leads, schema, mapping, "IN"), wanted)
    assert {rule: flags.tolist() for rule, flags in found.items()} == {k: v.tolist() for k, v in plain.items()}
    if columns == ["Email", "Phone"]:
        rows = leads.assign(**found)[leads["Email"] == "a@@b"].drop_duplicates("Phone").set_index("Phone")
        assert rows.loc["12", "impossible_phone"]
        assert not rows.loc[["98765 43210", "98XXXXXX10"], "impossible_phone"].any()  # digits hidden are not wrong
        no_phone = [pd.isna(phone) or phone in ("", "n/a") for phone in rows.index]
        assert rows["malformed_email_no_phone"].tolist() == no_phone
