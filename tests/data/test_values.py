"""Values as people and programs write them: amounts, moments, blanks, and what a whole column says of them."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.cleaning.conventions import column_decimals
from leadscore_core.data.cleaning.parsing import parse_dates, parse_numbers
from leadscore_core.data.schema.column_mapping import detect_conventions
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.validation import check_leads

AMOUNTS = {
    "$1,234.50": 1234.5, "1 234,50 zł": 1234.5, "-$5": -5, "$-5": -5, "(1,234)": -1234, "($1,234)": -1234,
    "$(5)": -5, "123-": -123, "1,23,456.78": 123456.78, "₹ 2,50,000": 250000, "2.5 lakh": 250000, "1.2 cr": 12e6,
    "1.2k": 1200, "3M": 3e6, "1.5 mn": 1.5e6, "12 %": 0.12, "12,5%": 0.125, "1'234": 1234, "1’234.5": 1234.5,
    "US$ 5": 5, "R$ 1.234,56": 1234.56, "CHF 12.-": 12, "12,- €": 12, "Rs. 500": 500, "Rs.500": 500,
    "INR 1,00,000": 1e5,
    "kr 5": 5, "5 kr.": 5, "A$5": 5, "EUR3": 3, "€1.234,56": 1234.56, "1,234.5 USD": 1234.5, "1.2K USD": 1200,
    "３４": 34, "١٢٣": 123, "1\u00a0234,5": 1234.5, "−7": -7, "+4": 4, ".5": 0.5, "1e3": 1000, "3,5 Mio. EUR": 3.5e6,
    "¥1,000": 1000, "₩ 1,000,000": 1e6, "1.000.000 ₫": 1e6, "£0.99": 0.99, "0,5 €": 0.5, "1 000 000": 1e6,
    "₺12,50": 12.5,
    "12 Tsd. €": 12000, "2 bn": 2e9, "USD 1.2K": 1200, "-1,5": -1.5, "- 3": -3, "5 €-": -5, "(12%)": -0.12,
}  # fmt: skip
NO_AMOUNTS = [
    "many",
    "3 apples",
    "1,2,3",
    "1.2.3",
    "--",
    "0x10",
    "12:30",
    "2022-01-24",
    "5-10",
    "$",
    "L-12",
    "A1",
    "1.2kk",
]


@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_is_read_as_people_write_it(text: str) -> None:
    assert parse_numbers(pd.Series([text])).values.tolist() == [pytest.approx(AMOUNTS[text], rel=1e-12)]


@pytest.mark.parametrize("text", NO_AMOUNTS)
def test_what_is_no_amount_is_unusable(text: str) -> None:
    assert parse_numbers(pd.Series([text])).unusable.all()


MOMENTS = {
    "Sept 2nd, 2026 6 p.m.": "2026-09-02 18:00", "6:01 p.m. 25 Jul 2026": "2026-07-25 18:01",
    "07/25/2026 6:01 PM": "2026-07-25 18:01", "2026-07-25 06:01:07 PM": "2026-07-25 18:01:07",
    "July 1st, 2026 at 9:05 AM": "2026-07-01 09:05", "1. Juli 2026 um 9:05": "2026-07-01 09:05",
    "Mittwoch, 1. Juli 2026 09.05 Uhr": "2026-07-01 09:05", "Mi., 1. Juli 2026": "2026-07-01",
    "31. März 2024": "2024-03-31", "1er juillet 2026 à 09h05": "2026-07-01 09:05", "mar. 3 mars 2026": "2026-03-03",
    "1 de julio de 2026, 9:05": "2026-07-01 09:05", "lunes, 6 de julio de 2026 10:00 a. m.": "2026-07-06 10:00",
    "1º de julho de 2026": "2026-07-01", "1 luglio 2026 alle 9:05": "2026-07-01 09:05", "5 dez. 2026": "2026-12-05",
    "6 lipca 2026": "2026-07-06", "maandag 6 juli 2026": "2026-07-06", "3 août 2026": "2026-08-03",
    "Wed Jul 01 2026 09:05:07 GMT+0530 (India Standard Time)": "2026-07-01 09:05:07",
    "Wed, 01 Jul 2026 09:05:07 +0530": "2026-07-01 09:05:07", "20260701T090507Z": "2026-07-01 09:05:07",
    "20260701T090507": "2026-07-01 09:05:07", "2026.07.01": "2026-07-01", "2026.07.01 09:05": "2026-07-01 09:05",
    "1782896707": "2026-07-01 09:05:07", "1782896707000": "2026-07-01 09:05:07", "1782896707.0": "2026-07-01 09:05:07",
    "1782896707000000": "2026-07-01 09:05:07", "2026年7月1日 9時05分": "2026-07-01 09:05", "1-Jul-26": "2026-07-01",
    "01/Jul/2026 09:05": "2026-07-01 09:05", "Jul 1 2026 12:00AM": "2026-07-01",
    "Jul 1 2026 12:30 PM": "2026-07-01 12:30",
    "2026-Jul-01": "2026-07-01", "Tuesday, March 3, 2026 10am": "2026-03-03 10:00", "1.7.2026 9:05": "2026-07-01 09:05",
    "2026-07-01T09:05:07.123+05:30": "2026-07-01 09:05:07.123", "2026-07-01 09:05:07 UTC": "2026-07-01 09:05:07",
    "01.07.26": "2026-07-01", "2026/7/1 9:05": "2026-07-01 09:05", "01/07/2026, 09:05:07": "2026-07-01 09:05:07",
}  # fmt: skip
NO_MOMENTS = [
    "Jul 2026",
    "12 May Street 2026",
    "call at 3 pm on 4 may 2026 please",
    "room 12.05.2026",
    "1.78E+12",
    "32 mars 2026",
]


@pytest.mark.parametrize("text", MOMENTS)
def test_a_moment_is_read_as_people_write_it(text: str) -> None:
    assert parse_dates(pd.Series([text])).values.tolist() == [pd.Timestamp(MOMENTS[text])]


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_what_is_no_moment_is_unusable(text: str) -> None:
    assert parse_dates(pd.Series([text])).unusable.all()


MONTHS = {
    "de": [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "es": [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    "pt": [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
    "it": [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
STYLES = [
    lambda m: m.isoformat(),
    lambda m: f"{m:%Y-%m-%d %I:%M:%S %p}",
    lambda m: f"{m:%d.%m.%Y %H:%M:%S}" if m.day > 12 else f"{m:%Y/%m/%d %H:%M:%S}",
    lambda m: f"{m.day}. {MONTHS['de'][m.month - 1]} {m.year} um {m:%H:%M:%S} Uhr",
    lambda m: f"{m.day} {MONTHS['fr'][m.month - 1]} {m.year} à {m:%H:%M:%S}",
    lambda m: f"{m.day} de {MONTHS['es'][m.month - 1]} de {m.year}, {m:%I:%M:%S} {'a.m.' if m.hour < 12 else 'p. m.'}",
    lambda m: f"{m.day} de {MONTHS['pt'][m.month - 1]} de {m.year} às {m:%H:%M:%S}",
    lambda m: f"{m.day} {MONTHS['it'][m.month - 1]} {m.year} alle ore {m:%H:%M:%S}",
    lambda m: f"{MONTHS['en'][m.month - 1]} {m.day}, {m.year} at {m:%I:%M:%S}{m:%p}",
    lambda m: f"{m:%a %b %d %Y %H:%M:%S} GMT+0200 (Central European Summer Time)",
    lambda m: f"{m:%a, %d %b %Y %H:%M:%S} +0000",
    lambda m: f"{m:%Y%m%dT%H%M%S}Z",
    lambda m: str(int((m - datetime(1970, 1, 1)).total_seconds())),
    lambda m: str(int((m - datetime(1970, 1, 1)).total_seconds()) * 1000),
]


@given(
    st.datetimes(datetime(1995, 1, 1), datetime(2090, 1, 1)).map(lambda m: m.replace(microsecond=0)),
    st.sampled_from(STYLES),
    st.sampled_from(["dmy", "mdy"]),
)
def test_a_moment_written_in_any_style_reads_back(moment: datetime, style, order: str) -> None:
    assert parse_dates(pd.Series([style(moment)]), ("",), order).values[0] == moment


def _german(value: float) -> str:
    return f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")


WRITERS = {
    "plain": lambda v: f"{v:.2f}",
    "english": lambda v: f"{v:,.2f}",
    "german": _german,
    "german with euro": lambda v: f"{_german(v)} €",
    "french": lambda v: f"{v:,.2f}".replace(",", "\u202f").replace(".", ","),
    "swiss": lambda v: f"CHF {v:,.2f}".replace(",", "'"),
    "dollars in brackets": lambda v: f"(${-v:,.2f})" if v < 0 else f"${v:,.2f}",
    "excel exponent": lambda v: repr(round(v, 2)),
}


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=30, unique=True), st.sampled_from(sorted(WRITERS)))
def test_amounts_in_any_style_read_back_by_their_columns(cents: list[int], style: str) -> None:
    values = [cent / 100 for cent in cents]
    frame = pd.DataFrame(
        {"first_utm_source_c": "a", "first_utm_medium_c": "b", "Amount": [WRITERS[style](v) for v in values]}
    )
    assert _read(frame, "Amount") == pytest.approx(values, abs=0.005)


def _schema_with_amount() -> LeadSchema:
    from leadscore_core.data.schema.schema import Column, Role
    from leadscore_core.data.schema.schema_files import load_schema

    schema = load_schema()
    return schema.model_copy(
        update={"columns": (*schema.columns, Column(name="amount", role=Role.NUMBER, human="Amount"))}
    )


def _mapping(frame: pd.DataFrame):
    schema = _schema_with_amount()
    return schema, detect_conventions(suggest_mapping(frame.columns, schema), schema, frame)


def _read(frame: pd.DataFrame, header: str) -> list[float]:
    schema, mapping = _mapping(frame)
    return clean_leads(mapping.apply(frame, schema), schema)[header.casefold()].tolist()


def _amounts(*texts: str) -> pd.DataFrame:
    return pd.DataFrame({"first_utm_source_c": "a", "first_utm_medium_c": "b", "Amount": list(texts)})


def test_the_whole_column_says_what_its_mark_means() -> None:
    assert _read(_amounts("3.633 €", "2.155 €", "950 €"), "Amount") == [3633, 2155, 950]
    assert _read(_amounts("1.234", "1,5"), "Amount") == [1234, 1.5]
    assert _read(_amounts("1.234", "2.5"), "Amount") == [1.234, 2.5]
    assert _read(_amounts("1,234", "0.5"), "Amount") == [1234, 0.5]
    assert column_decimals(pd.Series(["1.234", "2000"])).is_open


def test_both_marks_in_one_column_are_named_and_nothing_is_off_by_a_thousand() -> None:
    frame = _amounts("2667.50", "4723,04", "1.234", "5,5", "6.5")
    values = _read(frame, "Amount")
    assert values[:2] == [2667.5, 4723.04]
    assert np.isnan(values[2])
    schema, mapping = _mapping(frame)
    found = {f.code: f for f in check_leads(frame, schema, mapping)}
    assert "comma" in found["mixed_decimals"].reason
    assert "4723,04" in found["mixed_decimals"].reason
    said = mapping.model_copy(update={"said_decimals": {"amount": "comma"}})
    settled = detect_conventions(said, schema, frame)
    assert clean_leads(settled.apply(frame, schema), schema)["amount"].tolist() == [2667.5, 4723.04, 1234, 5.5, 6.5]
    assert not settled.decimal_doubts


def test_days_that_a_spreadsheet_swapped_are_named() -> None:
    typed = [str(datetime(2026, month, 3)) for month in (1, 2, 5)]
    frame = _amounts(*"123456").assign(created_date=[*typed, "25/03/2026", "13/04/2026", "31/01/2026"])
    schema, mapping = _mapping(frame)
    found = [f for f in check_leads(frame, schema, mapping) if f.code == "swapped_dates"]
    assert [f.count for f in found] == [3]
    honest = frame.assign(created_date=[str(datetime(2026, 1, 1) + timedelta(days=9 * n)) for n in range(6)])
    assert not [f for f in check_leads(honest, *_mapping(honest)) if f.code == "swapped_dates"]


BLANKS = [
    "-None-",
    "--None--",
    "(not set)",
    "(none)",
    "—",
    "–",
    "\u200b",
    "\u00a0",
    "\ufeff",
    "\u200e \u200f",
    "\\N",
    "#REF!",
]
BLANKS += ["(No value)", "N.A.", "nil", "<null>", "Please Select", "undefined", "...", "NaN", "not provided", "[None]"]


@pytest.mark.parametrize("mark", BLANKS)
def test_blank_marks_are_blank_in_every_schema(schema: LeadSchema, mark: str) -> None:
    cleaned = clean_leads(
        pd.DataFrame({"city_mapped": [mark], "first_utm_source_c": [mark], "referred_lead": [mark]}), schema
    )
    assert cleaned["city_mapped"].isna().all()
    assert cleaned["first_utm_source_c"].isna().all()


def test_invisible_marks_are_no_part_of_a_value() -> None:
    from leadscore_core.data.cleaning.text import clean_text

    cells = pd.Series(["\u200bPune", "Pune\u200e", "\u2068Pune\u2069", "\ufeffPune\u00a0", "Pu\u00adne", "क्‍ष"])
    assert clean_text(cells).tolist() == [*["Pune"] * 5, "क्‍ष"]
