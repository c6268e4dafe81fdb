"""Files of spend as companies keep them: languages, a column a month, titles above, totals, several currencies."""

import pandas as pd
import pytest

from leadscore_core.data.spend import SpendReading, read_spend
from leadscore_core.errors import SpendError


def periods(rows: pd.DataFrame) -> list[tuple[str, str, str, float]]:
    days = rows.assign(**{side: rows[side].dt.strftime("%Y-%m-%d") for side in ("start", "end")})
    return list(days[["name", "start", "end", "amount"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("name", "amount", "month"),
    [
        ("Kanal", "Betrag (EUR)", "Monat"),
        ("Canal", "Dépenses", "Mois"),
        ("Campaña", "Importe gastado", "Mes"),
        ("Fonte", "Spesa", "Mese"),
        ("Kampania", "Wydatki", "Miesiąc"),
        ("Источник", "Расходы", "Месяц"),
        ("渠道", "广告费用", "月份"),
        ("チャネル媒体", "費用", "月"),
        ("Kaynak", "Harcama tutarı", "Ay"),
    ],
)
def test_headers_in_other_languages(name: str, amount: str, month: str) -> None:
    spend = read_spend(pd.DataFrame({month: ["2026-02"], name: ["News"], amount: ["120"]}))
    assert periods(spend.rows) == [("News", "2026-02-01", "2026-02-28", 120.0)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Jan 2026", "Feb 2026"),
        ("2026-01", "2026-02"),
        ("2026-01-01", "2026-02-01"),
        ("2026-01-01 00:00:00", "2026-02-01 00:00:00"),
        ("01/2026", "02/2026"),
        ("Januar 2026", "Februar 2026"),
        ("janv. 26", "févr. 26"),
        ("Январь 2026", "Февраль 2026"),
        ("2026年1月", "2026年2月"),
        ("Cost Jan-26 (EUR)", "Cost Feb-26 (EUR)"),
    ],
)
def test_one_column_a_month_with_a_column_and_a_row_of_totals(first: str, second: str) -> None:
    table = pd.DataFrame(
        {
            "Channel": ["News", "Fair", "Total"],
            first: ["100", "", "100"],
            second: ["50", "7", "57"],
            "Total": ["150", "7", "157"],
        }
    )
    spend = read_spend(table)
    assert periods(spend.rows) == [
        ("News", "2026-01-01", "2026-01-31", 100.0),
        ("News", "2026-02-01", "2026-02-28", 50.0),
        ("Fair", "2026-02-01", "2026-02-28", 7.0),
    ]
    assert set(spend.set_aside["why"]) == {"it is a total of other rows"}
    assert spend.columns.months == (first, second)


def test_months_without_a_year_ask_for_it() -> None:
    table = pd.DataFrame({"Quelle": ["News"], "Jan": ["100"], "Feb": ["50"]})
    with pytest.raises(SpendError, match="name no year"):
        read_spend(table)
    rows = read_spend(table, SpendReading(year=2024)).rows
    assert [row[2] for row in periods(rows)] == ["2024-01-31", "2024-02-29"]


def test_titles_above_the_header_are_passed_over() -> None:
    table = pd.DataFrame(
        [["Marketing 2026", None, None], [None, None, None], ["Source", "Month", "Amount"], ["News", "2026-03", "5"]],
        columns=["Spend report", "Unnamed: 1", "Unnamed: 2"],
    )
    spend = read_spend(table)
    assert periods(spend.rows) == [("News", "2026-03-01", "2026-03-31", 5.0)]


def test_own_headers_are_said_and_names_of_sources_are_known() -> None:
    table = pd.DataFrame({"Wer": ["News", "Fair"], "Was": ["x", "y"], "Wieviel": ["5", "7"]})
    with pytest.raises(SpendError, match="no column with the names"):
        read_spend(table)
    said = SpendReading(columns={"name": "Wer", "amount": "Wieviel"})
    assert read_spend(table, said).rows["amount"].tolist() == [5, 7]
    known = SpendReading(columns={"amount": "Wieviel"}, known=frozenset({"news", "fair"}))
    assert read_spend(table, known).columns.name == "Wer"
    with pytest.raises(SpendError, match="no column 'Wo'"):
        read_spend(table, SpendReading(columns={"name": "Wo", "amount": "Wieviel"}))
    with pytest.raises(SpendError, match="stands for two things"):
        read_spend(table, SpendReading(columns={"name": "Wer", "amount": "Wer"}))


def test_currencies_are_never_added_and_each_can_be_looked_at() -> None:
    table = pd.DataFrame(
        {"Source": list("abcd"), "Amount": ["100", "$40", "€7", "₹ 9"], "Currency": ["INR", "", "", ""]}
    )
    spend = read_spend(table)
    assert (spend.currency, spend.rows["amount"].sum()) == ("INR", 109)
    assert dict(spend.others) == {"EUR": 7.0, "USD": 40.0}
    (said,) = [found for found in spend.findings if "only INR is counted" in found.reason]
    assert said.count == 2
    dollars = read_spend(table, SpendReading(currency="USD"))
    assert (dollars.rows["amount"].tolist(), dict(dollars.others)) == ([40.0], {"EUR": 7.0, "INR": 109.0})
    blank = read_spend(pd.DataFrame({"Source": list("abc"), "Amount": ["1", "2", "4"], "Currency": ["EUR", "", "USD"]}))
    assert blank.rows["amount"].tolist() == [1.0]
    assert any("names no currency" in why for why in blank.set_aside["why"])
    wide = read_spend(pd.DataFrame({"Source": ["a"], "Jan 2026 (EUR)": ["1"], "Feb 2026 (USD)": ["2"]}))
    assert (wide.currency, dict(wide.others)) == ("EUR", {"USD": 2.0})
