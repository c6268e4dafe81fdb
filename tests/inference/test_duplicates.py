"""Duplicates: who is one person, who is kept, and who only looks alike."""

from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.inference.duplicates import find_duplicates


def people(*rows: dict[str, Any]) -> pd.DataFrame:
    blank = {"email": None, "phone": None, "name": None, "city": None, "earlier": False}
    frame = pd.DataFrame([blank | row for row in rows])
    return frame.astype({"email": "Int64", "phone": "Int64", "name": "str", "city": "str", "earlier": "bool"})


def kept(*rows: dict[str, Any]) -> list[int]:
    return find_duplicates(people(*rows))["kept"].tolist()


def test_the_lead_with_more_ways_to_reach_is_kept_else_the_first() -> None:
    assert kept({"email": 1}, {"email": 1}) == [-1, 0]
    assert kept({"email": 1}, {"email": 1, "phone": 2}) == [1, -1]


def test_chains_are_one_person() -> None:
    assert kept({"email": 1}, {"email": 1, "phone": 2}, {"phone": 2}) == [1, -1, 1]


def test_a_lead_of_an_earlier_list_is_kept() -> None:
    found = find_duplicates(people({"email": 1, "phone": 2}, {"email": 1, "earlier": True}))
    assert found["kept"].tolist() == [1, -1]
    assert found["why"].tolist() == ["same e-mail", ""]


def test_nearly_same_names_in_one_city_are_one_person_unless_a_detail_differs() -> None:
    anne = {"name": "Anne Marie Roy", "city": "pune"}
    assert kept(anne, {"name": "Roy Anne-Marie", "city": "Pune"}) == [-1, 0]
    assert kept(anne, {"name": "Anne Mari Roy", "city": "pune"}) == [-1, 0]
    assert kept(anne, {"name": "Anne Marie Roy", "city": "delhi"}) == [-1, -1]
    assert kept(anne | {"phone": 1}, anne | {"phone": 2}) == [-1, -1]
    assert kept({"name": "Anne", "city": "pune"}, {"name": "Anne", "city": "pune"}) == [-1, -1]


def test_a_detail_that_many_give_identifies_nobody() -> None:
    assert set(kept(*[{"phone": 5}] * 40)) == {-1}


@given(st.lists(st.tuples(st.none() | st.integers(0, 4), st.none() | st.integers(0, 4)), max_size=15))
def test_one_of_each_person_is_kept_and_keeps_itself(keys: list[tuple[int | None, int | None]]) -> None:
    if not keys:
        return
    found = kept(*[{"email": e, "phone": p} for e, p in keys])
    for lead, keeper in enumerate(found):
        assert keeper == -1 or found[keeper] == -1
        assert keeper != lead
