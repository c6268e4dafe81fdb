import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadscore_core.data.cleaning.date_order import DateOrder, date_evidence
from leadscore_core.data.cleaning.parsing import parse_dates, parse_flags, parse_numbers
from leadscore_core.data.cleaning.text import as_text, clean_text, filled_cells

MARKS = ("", "-", "select", "n/a")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        (" 3.0 ", 3),
        ("1,234", 1234),
        ("1,234,567.5", 1234567.5),
        ("1.234,5", 1234.5),
        ("1.234.567", 1234567),
        ("2,5", 2.5),
        ("12%", 0.12),
        ("12,5 %", 0.125),
        ("1 234", 1234),
        ("1\u202f234", 1234),
        ("1'234", 1234),
        ("−7", -7),
        ("+4", 4),
        ("1e3", 1000),
        (".5", 0.5),
    ],
)
def test_numbers_as_exports_write_them(text: str, value: float) -> None:
    parsed = parse_numbers(pd.Series([text]), MARKS)
    assert parsed.values.tolist() == [pytest.approx(value)]
    assert not parsed.unusable.any()


@pytest.mark.parametrize("text", ["many", "1,2,3", "1.2.3", "--", "3 apples", "0x10", "inf", "nan1", "1e999"])
def test_text_is_not_a_number(text: str) -> None:
    parsed = parse_numbers(pd.Series([text]), ("",))
    assert math.isnan(parsed.values[0])
    assert parsed.unusable[0]


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_any_number_that_python_writes_is_read(number: float) -> None:
    assert parse_numbers(pd.Series([repr(number)])).values[0] == number


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2022-01-24 11:05:18", "2022-01-24 11:05:18"),
        ("2022-01-24T11:05:18Z", "2022-01-24 11:05:18"),
        ("2022-01-24T11:05:18.250+05:30", "2022-01-24 11:05:18.250"),
        ("2022/1/4", "2022-01-04"),
        ("20220124", "2022-01-24"),
        ("24/01/2022 11:05", "2022-01-24 11:05"),
        ("24.01.22", "2022-01-24"),
        ("01/24/2022 11:05:18 PM", "2022-01-24 23:05:18"),
        ("24 Jan 2022", "2022-01-24"),
        ("Jan 24, 2022 9:30 AM", "2022-01-24 09:30"),
        ("24-Jan-22", "2022-01-24"),
        ("24-01-2022", "2022-01-24"),
        ("01-24-2022", "2022-01-24"),
        ("24-OCT-2022", "2022-10-24"),
        ("AUGUST 5 2022", "2022-08-05"),
        ("Tue, 24 Jan 2022", "2022-01-24"),
        ("44585", "2022-01-24"),
        ("44585.25", "2022-01-24 06:00"),
        ("1643022318", "2022-01-24 11:05:18"),
        ("1643022318000", "2022-01-24 11:05:18"),
    ],
)
def test_dates_as_exports_write_them(text: str, stamp: str) -> None:
    parsed = parse_dates(pd.Series([text]), MARKS)
    assert parsed.values.tolist() == [pd.Timestamp(stamp)]
    assert not parsed.unusable.any()


@pytest.mark.parametrize("text", ["soon", "32/01/2022", "2022-13-01", "0", "1850-01-01", "2250-01-01", "12:30"])
def test_text_is_not_a_date(text: str) -> None:
    parsed = parse_dates(pd.Series([text]), MARKS)
    assert parsed.values.isna().all()
    assert parsed.unusable.all()


def test_the_order_decides_only_what_can_be_read_both_ways() -> None:
    cells = pd.Series(["03/04/2022", "25/04/2022", "04/25/2022"])
    assert parse_dates(cells, MARKS, "dmy").values.dt.day.tolist() == [3, 25, 25]
    assert parse_dates(cells, MARKS, "mdy").values.dt.day.tolist() == [4, 25, 25]
    assert date_evidence(cells).days_and_months == (1, 1, 1)
    assert date_evidence(pd.Series(["32.13.2026", "05.05.2026"])).days_and_months == (0, 0, 0)


def test_typed_cells_are_read_as_their_text_is() -> None:
    assert parse_dates(pd.Series([20220124, 44585])).values.tolist() == [pd.Timestamp("2022-01-24")] * 2
    assert parse_numbers(pd.Series([True, None, 2.0], dtype=object)).values.fillna(-1).tolist() == [1, -1, 2]
    assert date_evidence(pd.Series(["25/04/2022"], dtype="category")).days_and_months == (1, 0, 0)


def test_typed_dates_lose_their_zone_and_keep_local_time() -> None:
    cells = pd.Series(pd.to_datetime(["2022-01-24 11:05"]).tz_localize("Asia/Kolkata"))
    assert parse_dates(cells).values.tolist() == [pd.Timestamp("2022-01-24 11:05")]


@given(st.lists(st.sampled_from(["03/04/2022", "2022-05-06", "44585", "x", "", "25/04/2022"]), min_size=2, max_size=6))
def test_a_date_never_depends_on_its_neighbours(texts: list[str]) -> None:
    together = parse_dates(pd.Series(texts), MARKS)
    alone = [parse_dates(pd.Series([text]), MARKS).values[0] for text in texts]
    assert together.values.equals(pd.Series(alone, dtype="datetime64[us]"))


def test_flags_in_many_words() -> None:
    cells = pd.Series(["YES", "n", "True", "0.0", "1", "-", "2", "maybe"])
    parsed = parse_flags(cells, MARKS)
    assert parsed.values.fillna(-1).tolist() == [1, 0, 1, 0, 1, -1, -1, -1]
    assert parsed.unusable.tolist() == [False] * 6 + [True, True]


_DIGITS = st.from_regex(r"[0-9]{1,30}", fullmatch=True)
_PIECES = st.sampled_from(
    ["Jan", "1. Juli", "/", "-", ".", " ", ":", "T", "Z", "pm", "2026", "31", "+0530", "(", "von"]
)


@given(
    st.lists(st.one_of(_DIGITS, _PIECES), min_size=1, max_size=8).map("".join), st.sampled_from(["dmy", "mdy", "ymd"])
)
@example("17356896000001 Jan 0001", "dmy")
@example("2026-07-01 99999999999999:05", "dmy")
def test_pieces_of_dates_are_a_moment_or_a_problem(text: str, order: DateOrder) -> None:
    read = parse_dates(pd.Series([text]), MARKS, order)
    is_missing = text.strip().lower() in MARKS
    assert bool(read.values.isna()[0]) == (is_missing or bool(read.unusable[0]))


@given(st.text(max_size=20))
def test_cleaning_text_twice_changes_nothing(text: str) -> None:
    once = clean_text(pd.Series([text]), MARKS, lower=True)
    assert clean_text(once, MARKS, lower=True).equals(once)


def test_text_of_typed_cells() -> None:
    assert as_text(pd.Series([True, False])).tolist() == ["1", "0"]
    assert as_text(pd.Series([3.0, np.nan])).fillna("?").tolist() == ["3", "?"]
    assert as_text(pd.Series(["a", "b", "a"], dtype="category")).tolist() == ["a", "b", "a"]
    assert as_text(pd.Series(["a", None, 5], dtype=object)).fillna("?").tolist() == ["a", "?", "5"]


@pytest.mark.parametrize("repeats", [1, 3])
def test_text_that_hardly_repeats_is_cleaned_as_text_that_does(repeats: int) -> None:
    texts = [f"\u00c9  name {number}" for number in range(1_200)]
    first, second = pd.Series(texts * repeats, dtype="str"), pd.Series(["", None, " Select "], dtype="str")
    cells = pd.concat([first, second], ignore_index=True)
    result = clean_text(cells, ("", "select"), lower=True)
    assert result.tolist()[: len(first)] == [f"\u00e9 name {number}" for number in range(1_200)] * repeats
    assert result.iloc[-3:].isna().all()
    assert filled_cells(cells, ("", "select")).tolist() == [True] * len(first) + [False] * 3


def test_dates_that_are_written_in_many_ways_are_read_beside_usual_ones() -> None:
    usual = pd.Series(pd.date_range("2022-01-01", periods=1_200, freq="h").strftime("%Y-%m-%d %H:%M:%S"), dtype="str")
    others = pd.Series(["28.02.2022", "2022-02-30", "1/3/2022 10:00", None, "soon"], dtype="str")
    result = parse_dates(pd.concat([usual, others], ignore_index=True))
    assert result.values.iloc[:1_200].dt.strftime("%Y-%m-%d %H:%M:%S").tolist() == usual.tolist()
    assert result.values.iloc[1_200:].dt.strftime("%Y-%m-%d %H").tolist() == [
        "2022-02-28 00",
        np.nan,
        "2022-03-01 10",
        np.nan,
        np.nan,
    ]
    assert result.unusable[1_200:].tolist() == [False, True, False, False, True]


@pytest.mark.parametrize("order", ["dmy", "mdy"])
@pytest.mark.parametrize(
    ("clock", "hour", "minute", "second"),
    [
        ("", 0, 0, 0),
        (" 9:05", 9, 5, 0),
        ("T21:05:07", 21, 5, 7),
        (", 09:05:07 PM", 21, 5, 7),
        (" 12:05am", 0, 5, 0),
        ("  12:05, PM", 12, 5, 0),
    ],
)
@pytest.mark.parametrize("mark", ["/", ".", "-"])
def test_days_in_digits(order: str, clock: str, hour: int, minute: int, second: int, mark: str) -> None:
    for day, month, year in ((3, 4, "2026"), (29, 2, "2024"), (31, 12, "99"), (7, 1, "26")):
        first, last = (day, month) if order == "dmy" else (month, day)
        read = parse_dates(pd.Series([f"{first:02d}{mark}{last}{mark}{year}{clock}"]), order=order).values[0]  # type: ignore[arg-type]
        full = {"99": 1999, "26": 2026}.get(year) or int(year)
        assert read == pd.Timestamp(full, month, day, hour, minute, second)
    unread = pd.Series([f"31{mark}02{mark}2026{clock}", f"29{mark}02{mark}2026{clock}", f"0{mark}1{mark}2026{clock}"])
    assert parse_dates(unread, order=order).values.isna().all()  # type: ignore[arg-type]


def test_flags_are_read_by_the_table_of_answers() -> None:
    cells = pd.Series(["да", "नहीं", "✗", "✓", "Sim", "1.00", "0,0", "Won", "2", "maybe"])
    parsed = parse_flags(cells, MARKS)
    assert parsed.values.tolist()[:7] == [1, 0, 0, 1, 1, 1, 0]
    assert parsed.unusable.tolist() == [False] * 7 + [True] * 3


def test_two_words_for_yes_are_no_flag() -> None:
    from leadscore_core.data.schema.roles import infer_roles

    frame = pd.DataFrame({"Kind": ["Y", "X"] * 40, "Member": ["да", "нет"] * 40})
    assert [str(column.role) for column in infer_roles(frame, ["Kind", "Member"])] == ["category", "flag"]
