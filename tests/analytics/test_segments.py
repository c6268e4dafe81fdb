"""Segments: what was planted is found, luck is not, and nothing is listed twice."""

import itertools

import numpy as np
import pandas as pd

from leadscore_core.analytics.statistics.segments import find_segments

COLUMNS = ["source", "platform", "tier"]


def count(leads: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for names in [*((c,) for c in COLUMNS), *itertools.combinations(COLUMNS, 2)]:
        found = leads.groupby(list(names), dropna=False)["done"].agg(n="size", k="sum").reset_index()
        second = names[1] if len(names) == 2 else None
        part = pd.DataFrame({"first": names[0], "first_value": found[names[0]], "n": found["n"], "k": found["k"]})
        part["second"] = pd.Series([second] * len(found), dtype="str")
        part["second_value"] = found[second] if second else pd.Series([None] * len(found), dtype="str")
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def leads(seed: int, rows: int = 6_000) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    drawn = {name: rng.choice(list("abcdef"), rows) for name in COLUMNS}
    return pd.DataFrame(drawn).assign(done=rng.random(rows) < 0.5)


def test_a_planted_leak_and_a_planted_chance_come_first() -> None:
    table = leads(0)
    rng = np.random.default_rng(1)
    bad, good = table["source"] == "b", (table["source"] == "c") & (table["platform"] == "d")
    table.loc[bad, "done"] = rng.random(bad.sum()) < 0.04
    table.loc[good, "done"] = rng.random(good.sum()) < 0.97
    below, above = find_segments(count(table), float(table["done"].sum()), len(table))
    assert below[["first", "first_value"]].iloc[0].tolist() == ["source", "b"]
    assert len(below) == 1, "its pairs say nothing new"
    result = above[["first", "first_value", "second", "second_value"]].fillna("").to_numpy().tolist()
    assert ["source", "c", "platform", "d"] in result
    average = table["done"].mean()
    assert below["at_average"].iloc[0] == bad.sum() * average
    assert below["difference"].iloc[0] == table.loc[bad, "done"].sum() - bad.sum() * average


def test_luck_is_not_called_a_leak() -> None:
    found = [
        len(t) for seed in range(40) for t in find_segments(count(leads(seed)), float(leads(seed)["done"].sum()), 6_000)
    ]
    assert sum(found) <= 2


def test_two_names_of_the_same_leads_are_told_once() -> None:
    table = leads(2)
    table["platform"] = np.where(table["source"] == "b", "z", "y")
    table.loc[table["source"] == "b", "done"] = False
    below, _ = find_segments(count(table), float(table["done"].sum()), len(table))
    assert len(below) == 1


def test_small_groups_and_groups_of_everybody_are_left_out() -> None:
    groups = pd.DataFrame({"first": "s", "first_value": ["a", "b"], "second": None, "second_value": None})
    below, above = find_segments(groups.assign(n=[49, 1_000], k=[0, 500]), 500.0, 1_000.0)
    assert below.empty
    assert above.empty


def test_nobody_completed_is_no_leak() -> None:
    groups = pd.DataFrame({"first": "s", "first_value": ["a", "b"], "second": None, "second_value": None})
    below, above = find_segments(groups.assign(n=[500, 500], k=[0, 0]), 0.0, 1_000.0)
    assert below.empty
    assert above.empty
