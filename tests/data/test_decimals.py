"""Decimals: what the columns of a file say of the mark before three digits, and that it is said how it was read."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.cleaning.decimals import DecimalEvidence
from leadscore_core.data.cleaning.parsing import parse_numbers
from leadscore_core.data.schema.column_mapping import detect_conventions
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.roles import infer_roles
from leadscore_core.data.schema.schema import Column, LeadSchema, Role
from leadscore_core.data.validation import check_leads

SCHEMA = LeadSchema(
    name="sized",
    title="Sized leads",
    version=1,
    columns=(
        Column(name="amount", role=Role.NUMBER, human="Amount"),
        Column(name="rate", role=Role.NUMBER, human="Rate"),
        Column(name="visits", role=Role.COUNT, human="Visits"),
    ),
)


def read(frame: pd.DataFrame, said: dict[str, str] | None = None) -> tuple[dict[str, list[float]], dict[str, str]]:
    mapping = suggest_mapping(frame.columns, SCHEMA).model_copy(update={"said_decimals": said or {}})
    mapping = detect_conventions(mapping, SCHEMA, frame)
    found = {f.code: f.reason for f in check_leads(frame, SCHEMA, mapping) if "decimals" in f.code}
    return clean_leads(mapping.apply(frame, SCHEMA), SCHEMA).to_dict("list"), found


def test_whole_numbers_beside_say_that_a_point_separates_thousands() -> None:
    values, found = read(pd.DataFrame({"amount": ["58.265", "979", "1.300"]}))
    assert values["amount"] == [58265, 979, 1300]
    assert list(found) == ["thousands_or_decimals"]
    assert "58.265 are taken for thousands (58,265)" in found["thousands_or_decimals"]
    assert "--decimal 'amount'=comma or =point" in found["thousands_or_decimals"]
    assert read(pd.DataFrame({"amount": ["58.265", "979", "1.300"]}), {"amount": "point"}) == (
        {"amount": [58.265, 979, 1.3]},
        {},
    )


@pytest.mark.parametrize(
    ("rate", "amount", "values"),
    [("2,5", "58.265", 58265), ("2.5", "58.265", 58.265), ("2.5", "58,265", 58265), ("2,5", "58,265", 58.265)],
)
def test_other_columns_say_how_it_is_read(rate: str, amount: str, values: float) -> None:
    read_as, found = read(pd.DataFrame({"amount": [amount, amount], "rate": [rate, "3"]}))
    assert read_as["amount"] == [values, values]
    assert list(found) == ["thousands_or_decimals"]
    assert "other columns of the list have a decimal" in found["thousands_or_decimals"]


def test_what_other_columns_deny_is_in_doubt() -> None:
    values, found = read(pd.DataFrame({"amount": ["58.265", "979"], "rate": ["2.5", "3.25"]}))
    assert values["amount"] == [58265, 979]
    assert "read with a decimal comma" in found["mixed_decimals"]
    assert "thousands_or_decimals" not in found


def test_nothing_that_says_it_is_in_doubt() -> None:
    values, found = read(pd.DataFrame({"amount": ["58.265", "1.300"]}))
    assert values["amount"] == [58.265, 1.3]
    assert "read with a decimal point" in found["mixed_decimals"]


def test_counts_have_thousands_and_no_decimals() -> None:
    values, found = read(pd.DataFrame({"visits": ["1.300", "2000", "12.000"]}))
    assert values["visits"] == [1300, 2000, 12000]
    assert not found
    assert read(pd.DataFrame({"visits": ["1,300", "2000"], "rate": ["2,5", "1,5"]}))[0]["visits"] == [1300, 2000]


def test_a_column_that_shows_its_mark_is_read_without_a_word() -> None:
    assert read(pd.DataFrame({"amount": ["1.234,50", "58.265"]})) == ({"amount": [1234.5, 58265]}, {})
    assert read(pd.DataFrame({"amount": ["1,234.50", "58,265"]})) == ({"amount": [1234.5, 58265]}, {})
    assert read(pd.DataFrame({"amount": ["0.5", "58.265"]})) == ({"amount": [0.5, 58.265]}, {})


counts = st.integers(0, 5)
evidence = st.builds(
    lambda c, p, e, m, s, big: DecimalEvidence(c, p, e, either_points=min(e, m), small=s, large=big),
    counts, counts, counts, counts, counts, counts,
)  # fmt: skip


@given(evidence, evidence, evidence)
def test_evidence_of_stretches_adds_up_in_any_order(one, two, three) -> None:
    assert one.plus(two).plus(three) == three.plus(one.plus(two))
    assert one.plus(DecimalEvidence()) == one


@pytest.mark.parametrize(
    ("amounts", "said", "why"),
    [
        (["58.265", "979", "1", "2", "3"], None, "1 to 58,265"),
        (["58.265", "979", "1", "2", "3"], "point", "1 to 979"),
        (["2,5", "7,25", "1.500", "3", "4"], None, "2.5 to 1,500"),
        (["१२", "३", "४.५", "५", "६"], None, "3 to 12"),
        (["Rs. 5,000/-", "Rs. 16,696.50/-", "Rs. 1/-", "2", "3"], None, "1 to 16,696.5"),
    ],
)
def test_what_is_proposed_names_the_range_that_is_read(amounts: list[str], said: str | None, why: str) -> None:
    frame = pd.DataFrame({"Amount": amounts * 12})
    column = infer_roles(frame, ["Amount"], {"Amount": said} if said else None)[0]
    assert column.role is Role.NUMBER
    assert why in column.why


def test_the_range_of_a_column_follows_the_other_columns() -> None:
    frame = pd.DataFrame({"Amount": ["58.265", "12.300", "7.001"] * 10, "Rate": ["2,5", "3,5", "4,25"] * 10})
    assert "7,001 to 58,265" in infer_roles(frame, ["Amount", "Rate"])[0].why


WRITTEN = {
    "Rs. 16,696.12/-": 16696.12, "₹ 5,000/-": 5000, "5,000/- only": 5000, "-5/-": -5, "1,670E+04": 16700,
    "1.670E+04": 16700, "१,२३४.५०": 1234.5, "٣٫٥": 3.5, "১২৩": 123, "１，２３４": 1234, "1\u202f234,5": 1234.5,
    "USD1.2m": 1.2e6, "5 lakh": 5e5, "2 cr": 2e7, "1.234.567": 1234567, "1.234,50-": -1234.5,
}  # fmt: skip
UNREADABLE = ["--5", "+-5", "(-5)", "12 months", "Jan-25", "Q1 2025", "2:30", "3h", "1h 30m", "<5", "10-20", "5 p.a."]


@pytest.mark.parametrize("text", WRITTEN)
def test_an_amount_of_any_country_is_read(text: str) -> None:
    assert parse_numbers(pd.Series([text])).values.tolist() == [pytest.approx(WRITTEN[text], rel=1e-12)]


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_no_number_is_never_taken_for_one(text: str) -> None:
    parsed = parse_numbers(pd.Series([text]))
    assert np.isnan(parsed.values[0])
    assert parsed.unusable.all()


DIGITS = ["०१२३४५६७८९", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "০১২৩৪৫৬৭৮৯", "０１２３４５６７８９", "๐๑๒๓๔๕๖๗๘๙"]


@given(st.integers(-(10**9), 10**9), st.sampled_from(DIGITS))
def test_digits_of_any_script_are_digits(cents: int, digits: str) -> None:
    text = f"{cents / 100:.2f}".translate({48 + n: digit for n, digit in enumerate(digits)})
    assert parse_numbers(pd.Series([text])).values[0] == pytest.approx(cents / 100)


def test_letters_that_may_be_minutes_are_named() -> None:
    frame = pd.DataFrame({"amount": ["41m", "12m", "3"]})
    found = {f.code: f for f in check_leads(frame, SCHEMA, suggest_mapping(frame.columns, SCHEMA))}
    assert found["unit_letters"].count == 2
    assert "'41m' are read as 41,000,000" in found["unit_letters"].reason
    clear = pd.DataFrame({"amount": ["$41m", "USD 12m", "3k"]})
    assert "unit_letters" not in {f.code for f in check_leads(clear, SCHEMA, suggest_mapping(clear.columns, SCHEMA))}


def test_check_names_the_range_as_an_option_says(run, places: Path, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    rows = {"Lead Source": ["web", "fair"] * 40, "Won": ["Yes", "No", "No", "No"] * 20}
    pd.DataFrame(rows | {"Amount": [f"{n}.265" if n % 2 else str(n) for n in range(101, 181)]}).to_csv(
        path, index=False
    )
    _, said, _ = run("check", path, "--schema", "new", "--label", "Won")
    assert "measured numbers from 102 to 179,265" in said
    assert "taken for thousands" in said
    _, said, _ = run("check", path, "--schema", "new", "--label", "Won", "--decimal", "Amount=point")
    assert "measured numbers from 101.265 to 180" in said
    assert "taken for thousands" not in said
