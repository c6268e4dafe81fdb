"""Orders of day, month and year: decided for the whole column, said, asked where open, and never half and half."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.cleaning.date_order import DateEvidence, date_evidence
from leadscore_core.data.dataset.conventions import list_choices
from leadscore_core.data.dataset.open import choose_conventions, open_list
from leadscore_core.data.schema.column_mapping import detect_conventions
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.roles import infer_roles
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.validation import check_leads

DAYS = [date(2025, 1, 3) + timedelta(days=5 * n) for n in range(40)]
STYLES = {
    "%y/%m/%d": "ymd", "%y-%m-%d": "ymd", "%y.%m.%d": "ymd", "%y/%m/%d 10:05": "ymd", "%Y-%d-%m": "ydm",
    "%Y/%d/%m 10:05": "ydm", "%d/%m/%y": "dmy", "%d.%m.%Y": "dmy", "%m/%d/%y": "mdy", "%m-%d-%Y": "mdy",
    "%Y-%m-%d": "dmy", "%d-%b-%y": "dmy",
}  # fmt: skip


def read(schema: LeadSchema, texts: list[str], said: str | None = None) -> tuple[list[date | None], dict[str, str]]:
    frame = pd.DataFrame({"created_date": texts, "first_utm_source_c": "a", "first_utm_medium_c": "b"})
    mapping = suggest_mapping(frame.columns, schema).model_copy(update={"said_order": said})
    mapping = detect_conventions(mapping, schema, frame)
    codes = ("ambiguous_date", "date_order", "unreadable_date")
    found = {f.code: f.reason for f in check_leads(frame, schema, mapping) if f.code in codes}
    days = clean_leads(mapping.apply(frame, schema), schema)["created_date"]
    return [None if pd.isna(day) else day.date() for day in days], found


@pytest.mark.parametrize("style", STYLES)
def test_a_column_is_read_in_its_own_order(schema: LeadSchema, style: str) -> None:
    texts = [day.strftime(style) for day in DAYS]
    days, found = read(schema, texts)
    assert days == DAYS
    assert date_evidence(pd.Series(texts)).order() == STYLES[style]
    assert ("date_order" in found) == (STYLES[style] in {"ymd", "ydm"})
    assert set(found) <= {"date_order"}


@given(
    st.lists(st.dates(date(1996, 1, 1), date(2039, 12, 31)), min_size=1, max_size=30), st.sampled_from(sorted(STYLES))
)
def test_a_few_dates_are_read_whole_in_one_order_or_named(days: list[date], style: str) -> None:
    from leadscore_core.data.schema.schema_files import load_schema

    texts = [day.strftime(style) for day in days]
    found, said = read(load_schema(), texts)
    shown = date_evidence(pd.Series(texts)).order()
    is_right = all(one is None or one == day for one, day in zip(found, days, strict=True))
    settled = "ambiguous_date" in said or "date_order" in said
    days_look_like_years = all(day.day >= 10 for day in days)
    is_other = style.startswith("%y") and shown in {"dmy", "mdy"}
    assert (
        is_right
        or settled
        or (style in {"%Y-%d-%m", "%Y/%d/%m 10:05"} and max(day.day for day in days) <= 12)
        or (is_other and (days_look_like_years or max(day.year for day in days) < 2010))
    )
    assert read(load_schema(), texts, STYLES[style])[0] == days


@pytest.mark.parametrize("text", ["25/03/24", "24.03.26", "26-03-25 10:05"])
def test_years_that_could_be_days_are_asked(schema: LeadSchema, text: str) -> None:
    days, found = read(schema, [text] * 5)
    assert days[0] is not None
    assert days[0].day == int(text[:2])
    assert f"such as {text} " in found["ambiguous_date"]
    assert "--dates dmy, --dates mdy or --dates ymd" in found["ambiguous_date"]
    days, found = read(schema, [text] * 5, "ymd")
    assert days[0] == date(2000 + int(text[:2]), 3, int(text[6:8]))
    assert not found


def test_days_after_the_year_in_two_orders_are_named_and_none_is_guessed(schema: LeadSchema) -> None:
    days, found = read(schema, ["2025-13-05", "2025-05-13", "2025-04-03"])
    assert days == [None, date(2025, 5, 13), date(2025, 4, 3)]
    assert "read with the year before month and day" in found["ambiguous_date"]
    assert "--dates ymd or --dates ydm" in found["ambiguous_date"]
    assert "unreadable_date" in found


def test_what_has_no_place_in_the_order_is_unreadable(schema: LeadSchema) -> None:
    texts = [day.strftime("%y/%m/%d") for day in DAYS]
    days, found = read(schema, [*texts, "25/03/99", "25/13/01"])
    assert days == [*DAYS, None, None]
    assert {"date_order", "unreadable_date"} == set(found)


def test_evidence_of_stretches_adds_up() -> None:
    texts = [day.strftime("%y/%m/%d") for day in DAYS]
    halves = [date_evidence(pd.Series(part)) for part in (texts[:20], texts[20:])]
    assert halves[0].plus(halves[1]) == date_evidence(pd.Series(texts))
    assert halves[0].plus(DateEvidence()) == halves[0]


@pytest.mark.parametrize("style", ["%Y-%d-%m", "%y/%m/%d"])
def test_such_a_column_is_proposed_as_when_a_lead_came(style: str) -> None:
    frame = pd.DataFrame({"Created": [day.strftime(style) for day in DAYS]})
    assert str(infer_roles(frame, ["Created"])[0].role) == "timestamp"


def test_digits_of_other_scripts_count(schema: LeadSchema) -> None:
    digits = {48 + n: 0x966 + n for n in range(10)}
    texts = [day.strftime("%m/%d/%Y").translate(digits) for day in DAYS]
    assert read(schema, texts)[0] == DAYS


def test_an_order_is_chosen_and_remembered(schema: LeadSchema, places: Path, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    rows = {"Lead Source": "a", "Lead Medium": "b", "first_utm_source_c": "a", "first_utm_medium_c": "b"}
    pd.DataFrame({"created_date": ["25/03/24"] * 6} | rows).to_csv(path, index=False)
    leads = open_list(path, schema)
    question = next(choice for choice in list_choices(leads) if choice.column == "created_date")
    assert (question.is_open, question.options) == (True, ("dmy", "mdy", "ymd"))
    assert choose_conventions(leads, dates="ymd").mapping.date_order == "ymd"
    again = open_list(path, schema)
    assert (again.mapping.date_order, again.mapping.ambiguous_dates) == ("ymd", 0)
