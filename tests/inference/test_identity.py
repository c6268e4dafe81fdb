import json
import re

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadscore_core.batches.outcome_matching import match_people
from leadscore_core.data.cleaning.spreadsheet_text import unwrap
from leadscore_core.data.schema.schema import Role
from leadscore_core.inference.contact_quality import Contacts, contact_flags
from leadscore_core.inference.identity import comparable_ids, is_placeholder, is_ruined


def table(ids=None, emails=None, phones=None, names=None, outcome=None, phones_2=None) -> pd.DataFrame:
    n = len(next(given for given in (ids, emails, phones) if given is not None))
    columns = {"id_text": pd.Series(ids if ids is not None else [None] * n, dtype="str")}
    for name, keys in (("email", emails), ("phone", phones), ("phone_2", phones_2)):
        if keys is not None:
            columns[name] = pd.array(keys, dtype="Int64")
    if names is not None:
        columns["name"] = pd.Series(names, dtype="str")
    if outcome is not None:
        columns["outcome"] = pd.Series(outcome, dtype="float64")
    return pd.DataFrame(columns)


def matched(people: pd.DataFrame, rows: pd.DataFrame) -> dict[int, int]:
    found = match_people(people, rows)
    return dict(zip(found.pairs["lead"].tolist(), found.pairs["row"].tolist(), strict=True))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (["00Q5e00001AbCda", "00Q5e00001AbCdA"], ["00Q5e00001AbCdaEAF", "00Q5e00001AbCdAEAV"], [True, True]),
        (["00Q5e00001AbCda", "00Q5e00001AbCdA"], ["00Q5e00001AbCdA", "00Q5e00001AbCda"], [False, False]),
        (["L-1", "L-2"], ["l-1", "L-2 "], [True, True]),
        (["ab-1", "AB-1"], ["AB-1", "ab-1"], [False, False]),
        (["00123", "7"], ["123", "007"], [True, True]),
        (["00123", "123"], ["123", "00123"], [False, False]),
        (["101.0", "102"], ["101", '="102"'], [True, True]),
        (["1.23457E+17"], ["1.23457E+17"], [False]),
        (["123456789012345000"], ["123456789012345000"], [False]),
    ],
)
def test_ids_are_compared_in_one_form(one: list[str], other: list[str], alike: list[bool]) -> None:
    first, second = comparable_ids(pd.Series(one, dtype="str"), pd.Series(other, dtype="str"))
    assert [a == b for a, b in zip(first, second, strict=True)] == alike


def test_what_a_spreadsheet_ruined_and_what_stands_for_no_address() -> None:
    assert [is_ruined(text) for text in ("9.19877E+11", "9E+11", "5e12", "1234567890", "A1E5")] == [
        True,
        True,
        *[False] * 3,
    ]
    given = ("none@none.com", "no-email@x.com", "test1@x.com", "info@firma.de", "tester@x.com", "nonet@x.com")
    assert [is_placeholder(address) for address in given] == [True, True, True, False, False, False]


def test_a_value_that_different_leads_share_identifies_nobody() -> None:
    people = table(phones=[5, 5, 6], names=["Ann", "Bo", "Cy"])
    rows = table(phones=[5, 6], outcome=[1, 0])
    found = match_people(people, rows)
    assert found.pairs["lead"].tolist() == [2]
    assert found.ambiguous.tolist() == [True, False]
    assert found.shared == {"phone": 1}


def test_a_person_who_stands_twice_in_a_list_is_one_person() -> None:
    people = table(emails=[7, 7], phones=[5, 5], names=["Ann", "Ann R"])
    assert matched(people, table(emails=[7], outcome=[1])) == {0: 0, 1: 0}


def test_where_keys_disagree_nothing_is_carried_over() -> None:
    people = table(ids=["A", "B"], emails=[1, 2], phones=[5, 6])
    assert matched(people, table(ids=["X"], phones=[5], outcome=[1])) == {}
    assert matched(people, table(ids=["A"], emails=[9], phones=[8], outcome=[1])) == {}
    assert matched(people, table(emails=[9], phones=[5], outcome=[1])) == {}
    assert matched(people, table(ids=["A"], emails=[9], phones=[5], outcome=[1])) == {0: 0}
    assert matched(people, table(emails=[1], phones=[8], outcome=[1])) == {0: 0}


def test_every_phone_counts() -> None:
    people = table(phones=[1, 2], phones_2=[3, None])
    assert matched(people, table(phones=[3, 2], outcome=[1, 0])) == {0: 0, 1: 1}


def test_both_outcomes_of_a_lead_are_told_and_the_later_counts() -> None:
    found = match_people(table(ids=["A"]), table(ids=["A", "A"], outcome=[0, 1]))
    assert found.pairs.to_dict("list") == {"lead": [0], "row": [1], "by": ["id"]}
    assert found.contradictory == [0]


IDS = st.lists(st.sampled_from([f"A-{n}" for n in range(8)]), min_size=1, max_size=8, unique=True)


@given(IDS, IDS, st.randoms())
def test_an_outcome_never_lands_on_a_lead_of_another_sound_id(one: list[str], other: list[str], rng) -> None:
    people = table(ids=one, phones=[rng.randint(0, 4) for _ in one], emails=[rng.randint(0, 4) for _ in one])
    rows = table(ids=other, phones=[rng.randint(0, 4) for _ in other], outcome=[rng.randint(0, 1) for _ in other])
    assert all(one[lead] == other[row] for lead, row in matched(people, rows).items())


def test_one_way_that_works_is_enough_and_shown() -> None:
    contacts = Contacts(
        {Role.PHONE: pd.Series(["12", None, None]), Role.EMAIL: pd.Series(["a@@b", None, None])},
        "IN",
        {
            Role.PHONE: (pd.Series(["98765 43210", "98765 43211", None]),),
            Role.EMAIL: (pd.Series(["a@b.com"] + [None] * 2),),
        },
    )
    flags = contact_flags(contacts)
    assert flags["unreachable"].tolist() == [False, False, True]
    assert not flags["impossible_phone"].any()
    assert not flags["malformed_email"].any()
    assert contacts.shown[Role.PHONE].tolist()[:2] == ["98765 43210", "98765 43211"]
    assert contacts.shown[Role.EMAIL].tolist()[0] == "a@b.com"


@given(
    st.text(min_size=1, max_size=25)
    | st.from_regex(r"(?:=\"|')?\s?[+0]?\d{1,20}(?:[.,]\d+)?(?:[eE][+]?\d{1,3})?[.,]?0*\"?", fullmatch=True)
)
def test_ids_read_at_a_glance_are_those_read_one_by_one(text: str) -> None:
    bare = unwrap(text)
    assume(not re.fullmatch("[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", bare))
    wanted = "" if is_ruined(bare) else bare.casefold()
    wanted = (wanted.lstrip("0") or "0") if wanted.isdigit() else wanted
    found = comparable_ids(pd.Series([text], dtype="str"))[0][0]
    assert ("" if pd.isna(found) else found) == wanted


@pytest.mark.parametrize(
    "text", ["9876543000.0", "+919876543000", "919876543000", "098765 43000", "'9876543000", "0091 98765 43000"]
)
def test_a_phone_is_the_same_however_it_came(text: str) -> None:
    assert Contacts({Role.PHONE: pd.Series([text])}, "IN").phones[0].tolist() == ["+919876543000"]


@pytest.mark.parametrize(
    ("ids", "emails", "columns"),
    [
        (["1.23457E+17"] * 4, ["a@x.com", "b@x.com", "c@x.com", "d@x.com"], ["Lead ID"]),
        (["1", "2", "3", "4"], ["a@x.com", "a@x.com", "c@x.com", "d@x.com"], ["Email"]),
        (["1", "2", "3", "4"], ["a@x.com", "b@x.com", "c@x.com", "d@x.com"], []),
    ],
)
def test_a_column_that_identifies_nobody_is_named(run, tmp_path, ids, emails, columns) -> None:
    frame = pd.DataFrame({"Lead ID": ids, "Full Name": ["Ann A", "Bo B", "Cy C", "Di D"], "Email": emails})
    frame.assign(Medium="m", **{"Lead Source": "s"}).to_csv(tmp_path / "leads.csv", index=False)
    run("check", tmp_path / "leads.csv", "--json", tmp_path / "found.json")
    problems = json.loads((tmp_path / "found.json").read_text())["problems"]
    assert [found["column"] for found in problems if found["code"] == "shared_key"] == columns
