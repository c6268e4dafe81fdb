"""Spend files: read as people write them, and every fault told."""

import pandas as pd
import pytest

from leadscore_core.data.spend import read_spend
from leadscore_core.errors import SpendError


def frame(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("cells", "amount"),
    [
        ("1200", 1200),
        ("1,200.50", 1200.5),
        ("₹ 1,23,456", 123_456),
        ("$99", 99),
        ("INR 500", 500),
        (1200.0, 1200),
        ("0", 0),
        ("5 cr", 5e7),
        ("INR 12 lakh", 1.2e6),
        ("1.5k", 1_500),
        ("US$ 5", 5),
    ],
)
def test_amounts_as_people_write_them(cells: object, amount: float) -> None:
    assert read_spend(frame(Source=["news"], Amount=[cells])).rows["amount"].tolist() == [amount]


@pytest.mark.parametrize(
    ("header", "columns", "currency"),
    [
        ("Amount", {"Currency": ["inr"]}, "INR"),
        ("Cost (EUR)", {}, "EUR"),
        ("Amount spent [$]", {}, "USD"),
        ("Spend", {}, ""),
    ],
)
def test_currencies_of_column_header_or_nothing(header: str, columns: dict[str, list[str]], currency: str) -> None:
    assert read_spend(pd.DataFrame({"Campaign name": ["a"], header: ["5"], **columns})).currency == currency


@pytest.mark.parametrize(
    ("cell", "start", "end"),
    [
        ("2026-03", "2026-03-01", "2026-03-31"),
        ("Feb 2026", "2026-02-01", "2026-02-28"),
        ("02/2026", "2026-02-01", "2026-02-28"),
        ("2026-03-05", "2026-03-05", "2026-03-05"),
    ],
)
def test_months_and_days(cell: str, start: str, end: str) -> None:
    rows = read_spend(frame(Source=["news"], Month=[cell], Amount=["5"])).rows
    assert rows[["start", "end"]].iloc[0].dt.strftime("%Y-%m-%d").tolist() == [start, end]


def test_a_month_written_as_its_first_day_is_the_month_and_a_date_is_a_day() -> None:
    months = read_spend(frame(Source=["a", "b"], Month=["2026-03-01", "2026-04-01"], Amount=[1, 2])).rows
    assert months["end"].dt.strftime("%Y-%m-%d").tolist() == ["2026-03-31", "2026-04-30"]
    day = read_spend(frame(Source=["a"], Date=["2026-03-01"], Amount=[1])).rows
    assert day["end"].dt.strftime("%Y-%m-%d").tolist() == ["2026-03-01"]


@pytest.mark.parametrize(("cell", "currency"), [("US$ 5", "USD"), ("5 euro", "EUR"), ("Rs. 5", "INR"), ("5", "")])
def test_currencies_as_people_write_them(cell: str, currency: str) -> None:
    assert read_spend(frame(Source=["a"], Amount=[cell])).currency == currency


def test_a_word_that_is_no_unit_makes_no_amount() -> None:
    assert read_spend(frame(Source=["a", "b"], Amount=["5 pieces", "1"])).set_aside["row"].tolist() == [2]


def test_from_and_to() -> None:
    result = read_spend(
        pd.DataFrame({"utm_source": ["a"], "From": ["01/04/2026"], "To": ["30/04/2026"], "Spend": ["5"]})
    )
    assert result.rows["end"].dt.strftime("%Y-%m-%d").tolist() == ["2026-04-30"]
    assert result.findings == []


def test_every_fault_is_set_aside_with_its_row_and_told_at_once() -> None:
    table = frame(
        Source=["news", "fair", None, "web", "tv", "radio"],
        Month=["2026-03", "2026-03", "2026-03", "soon", "2026-03", "2026-03"],
        Amount=["10", "many", "5", "5", "-7", ""],
    )
    spend = read_spend(table)
    assert spend.rows["name"].tolist() == ["news"]
    assert dict(zip(spend.set_aside["row"], spend.set_aside["why"], strict=True)) == {
        3: "the amount is not a number",
        4: "it names no source",
        5: "its period cannot be read",
        6: "the amount is below zero",
        7: "it has no amount",
    }
    assert {f.reason for f in spend.findings} == {f"not counted: {why}" for why in spend.set_aside["why"]}


def test_two_currencies_are_never_added() -> None:
    spend = read_spend(frame(Source=["a", "b", "c"], Amount=["1", "2", "4"], Currency=["INR", "INR", "USD"]))
    assert spend.currency == "INR"
    assert spend.rows["amount"].sum() == 3
    assert spend.set_aside["why"].tolist() == ["it is not in INR"]
    assert any("amounts in INR and USD cannot be added" in f.reason for f in spend.findings)


def test_overlapping_periods_and_a_missing_period_are_said() -> None:
    twice = frame(
        Source=["a", "a"], From=["2026-03-01", "2026-03-15"], To=["2026-03-31", "2026-04-15"], Amount=["1", "2"]
    )
    assert [f.code for f in read_spend(twice).findings] == ["overlapping_periods"]
    assert [f.code for f in read_spend(frame(Source=["a"], Amount=["1"])).findings] == ["no_period"]
    backwards = frame(
        Source=["a", "b"], From=["2026-03-31", "2026-03-01"], To=["2026-03-01", "2026-03-02"], Amount=[1, 2]
    )
    assert read_spend(backwards).set_aside["why"].tolist() == ["its period ends before it begins"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (frame(City=["a"], Amount=["1"]), "no column with the names of sources"),
        (frame(Source=["a"], Clicks=["1"]), "none with|no column with the amount spent"),
        (frame(City=["a"]), "names of sources, media or campaigns and none with the amount spent"),
        (frame(Source=["a"], Amount=["many"]), "No row of the spend file can be counted: the amount is not a number"),
        (frame(Source=[], Amount=[]), "has no rows"),
    ],
)
def test_what_cannot_be_counted_at_all_is_refused_in_words(table: pd.DataFrame, words: str) -> None:
    with pytest.raises(SpendError, match=words):
        read_spend(table)


def test_totals_are_no_spend() -> None:
    named = frame(Source=["a", "b", "Grand Total"], Amount=["1000", "500", "1500"])
    unnamed = frame(Source=["a", "b", ""], Amount=["1000", "500", "1500"])
    of_parts = frame(Source=["a", "a", "a total", "b", "Gesamt"], Amount=["1", "2", "3", "4", "7"])
    for table, amount in ((named, 1500), (unnamed, 1500), (of_parts, 7)):
        spend = read_spend(table)
        assert spend.rows["amount"].sum() == amount
        assert set(spend.set_aside["why"]) == {"it is a total of other rows"}


def test_a_source_that_is_called_like_a_total_stays_if_it_is_none() -> None:
    assert read_spend(frame(Source=["Total Gym", "b"], Amount=["1", "2"])).rows["name"].tolist() == ["Total Gym", "b"]


def test_the_order_of_days_is_that_of_the_whole_file() -> None:
    us = frame(Source=["a", "b"], From=["01/02/2026", "02/01/2026"], To=["01/31/2026", "02/28/2026"], Amount=["1", "2"])
    assert read_spend(us).rows["start"].dt.strftime("%m-%d").tolist() == ["01-02", "02-01"]
    neither = frame(Source=["a"], From=["01/02/2026"], To=["03/02/2026"], Amount=["1"])
    spend = read_spend(neither)
    assert [f.code for f in spend.findings] == ["ambiguous_date"]
    assert spend.rows["start"].dt.month.tolist() == [2]
    assert read_spend(neither, order="mdy").rows["start"].dt.month.tolist() == [1]


def test_decimals_of_spend_are_those_of_its_column() -> None:
    german = frame(Source=["a", "b"], Amount=["1.234", "2.500,50"])
    assert read_spend(german).rows["amount"].tolist() == [1234, 2500.5]
    both = read_spend(frame(Source=["a", "b"], Amount=["1234.50", "2500,50"]))
    assert "mixed_decimals" in {f.code for f in both.findings}


@pytest.mark.parametrize(
    ("amounts", "open_ones"),
    [
        (["1,500.00", "2.500,00", "1,500", "7"], {"c": "1,500"}),
        (["1,500.5", "1.234,5", "1,234", "2.345"], {"c": "1,234", "d": "2.345"}),
        (["12.50", "7,25", "3.125", "40"], {"c": "3.125"}),
    ],
)
def test_an_amount_that_either_mark_could_give_is_set_aside_by_name(
    amounts: list[str], open_ones: dict[str, str]
) -> None:
    table = frame(Source=list("abcd"), Amount=amounts)
    aside = read_spend(table).set_aside
    assert dict(zip(aside["name"], aside["amount"], strict=True)) == open_ones
    assert set(aside["why"]) == {"the amount can be read with a decimal comma and with a decimal point"}
    assert aside["row"].tolist() == [2 + "abcd".index(name) for name in open_ones]
    assert read_spend(table, decimal="comma").set_aside.query("why.str.contains('decimal')").empty
