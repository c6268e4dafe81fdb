from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore_core.data.cleaning.cleaner import clean_leads, complete_columns
from leadscore_core.data.dataset.open import open_any_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.reading.reader import read_leads
from leadscore_core.data.schema.column_mapping import detect_conventions
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.validation import check_leads
from leadscore_core.model.cleaner import LeadCleaner
from leadscore_core.pipelines.data import check_list
from tests.paths import IS_SOAK

CLEANED = [
    "created_date",
    "city_mapped",
    "city_tier",
    "first_platform_c",
    "first_utm_medium_c",
    "first_utm_source_c",
    "total_leads_droppped",
    "referred_lead",
    "assistance_interaction",
    "career_interaction",
    "payment_interaction",
    "social_interaction",
    "syllabus_interaction",
]


def test_cleaning_gives_the_agreed_table(plain_leads: pd.DataFrame, schema: LeadSchema) -> None:
    plain_leads["syllabus"] = ["2", "", "1.0", ""]
    plain_leads["download_syllabus"] = ["3", "", "", ""]
    cleaned = complete_columns(clean_leads(plain_leads, schema), schema)
    assert list(cleaned.columns) == CLEANED
    assert cleaned["city_mapped"].fillna("blank").tolist() == ["pune", "blank", "mumbai", "delhi"]
    assert cleaned["city_tier"].tolist() == [1, 3, 1, 3]
    assert cleaned["total_leads_droppped"].tolist() == [1, 0, 3, 2]
    assert cleaned["referred_lead"].tolist() == [0, 0, 1, 0]
    assert cleaned["syllabus_interaction"].tolist() == [5, 0, 1, 0]
    assert cleaned["career_interaction"].tolist() == [0, 0, 0, 0]


def test_the_label_comes_last_if_it_is_there(plain_leads: pd.DataFrame, schema: LeadSchema) -> None:
    plain_leads["app_complete_flag"] = ["1", "0", "", "yes"]
    cleaned = complete_columns(clean_leads(plain_leads, schema), schema)
    assert list(cleaned.columns) == [*CLEANED, "app_complete_flag"]
    assert cleaned["app_complete_flag"].fillna(-1).tolist() == [1, 0, -1, 1]


def test_a_column_that_is_missing_is_not_a_blank_one(plain_leads: pd.DataFrame, schema: LeadSchema) -> None:
    assert "city_mapped" not in clean_leads(plain_leads.drop(columns="city_mapped"), schema)


@given(order=st.permutations(range(4)))
def test_a_row_cleans_the_same_alone_and_in_any_order(order: list[int]) -> None:
    schema = load_schema()
    frame = pd.DataFrame(
        {
            "created_date": ["03/04/2022", "2022-01-02", "soon", ""],
            "city_mapped": ["PUNE", " pune", "-", "Zürich"],
            "total_leads_droppped": ["1,234", "2", "-3", "x"],
            "referred_lead": ["yes", "0", "2", ""],
        }
    )
    whole = clean_leads(frame, schema)
    pd.testing.assert_frame_equal(clean_leads(frame.iloc[order], schema), whole.iloc[order])
    for i in range(4):
        pd.testing.assert_frame_equal(clean_leads(frame.iloc[[i]], schema), whole.iloc[[i]])


def test_the_pipelines_cleaner_drops_the_label(plain_leads: pd.DataFrame, schema: LeadSchema) -> None:
    plain_leads["app_complete_flag"] = "1"
    assert "app_complete_flag" not in LeadCleaner(schema).fit_transform(plain_leads)


def codes(frame: pd.DataFrame, schema: LeadSchema, **how: object) -> dict[tuple[str, str], int]:
    return {(f.code, f.column): f.count for f in check_leads(frame, schema, **how)}  # type: ignore[arg-type]


def test_clean_leads_have_no_problem_but_missing_counters(plain_leads: pd.DataFrame, schema: LeadSchema) -> None:
    assert check_leads(plain_leads, schema) == []


CELLS = {
    "unreadable_date": ("created_date", "31/31/2022"),
    "negative_number": ("total_leads_droppped", "-3"),
    "absurd_number": ("total_leads_droppped", "99999"),
    "text_in_number": ("total_leads_droppped", "many"),
    "not_a_whole_number": ("total_leads_droppped", "1.5"),
    "not_a_flag": ("referred_lead", "2"),
}


@pytest.mark.parametrize("code", CELLS)
def test_an_unusable_cell_is_found_with_row_and_example(
    plain_leads: pd.DataFrame, schema: LeadSchema, code: str
) -> None:
    column, cell = CELLS[code]
    plain_leads.loc[2, column] = cell
    (finding,) = check_leads(plain_leads, schema)
    assert (finding.code, finding.column, finding.count, finding.share) == (code, column, 1, 0.25)
    assert finding.rows == (4,)
    assert cell in finding.example


def test_all_problems_are_reported_at_once(plain_leads: pd.DataFrame, schema: LeadSchema) -> None:
    frame = pd.concat([plain_leads, plain_leads.iloc[[0]]], ignore_index=True)
    frame["city_mapped"] = ""
    frame.loc[1] = ""
    frame.loc[2, "referred_lead"] = "maybe"
    found = codes(frame.drop(columns="first_platform_c"), schema, levels={"first_utm_source_c": {"level2"}})
    assert found == {
        ("not_a_flag", "referred_lead"): 1,
        ("duplicate_row", ""): 1,
        ("blank_row", ""): 1,
        ("empty_column", "city_mapped"): 5,
        ("missing_column", "first_platform_c"): 5,
        ("unknown_level", "first_utm_source_c"): 1,
    }


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["1", "0", "1", "0"], {}),
        (["yes", "no", "pending", ""], {"label_open": 1, "label_blank": 1}),
        (["yes", "no", "sooner", "Won"], {"label_not_binary": 1}),
        (["New", "Open", "", "contacted"], {"label_open": 3, "label_blank": 1, "label_no_outcome": 4}),
        (["1", "1", "1", "1"], {"label_one_class": 4}),
        (None, {"label_missing": 4}),
    ],
)
def test_label_problems(
    plain_leads: pd.DataFrame, schema: LeadSchema, labels: list[str] | None, expected: dict[str, int]
) -> None:
    if labels is not None:
        plain_leads["app_complete_flag"] = labels
    found = check_leads(plain_leads, schema, label_expected=True)
    assert {f.code: f.count for f in found} == expected


def test_a_leading_index_does_not_hide_duplicates(plain_leads: pd.DataFrame, schema: LeadSchema) -> None:
    frame = pd.concat([plain_leads.iloc[[0]], plain_leads], ignore_index=True)
    frame.insert(0, "", [str(i) for i in range(5)])
    assert codes(frame, schema) == {("duplicate_row", ""): 1}


def test_ambiguous_dates_and_guessed_headers_are_told(plain_leads: pd.DataFrame, schema: LeadSchema) -> None:
    frame = plain_leads.rename(columns={"first_platform_c": "frist_platform_c"}).assign(created_date="03/04/2022")
    frame["city_mapped"] = ["a", "b", "c", "d"]
    found = codes(frame, schema)
    assert found == {("ambiguous_date", "created_date"): 4, ("guessed_column", "frist_platform_c"): 4}


@settings(max_examples=40 if IS_SOAK else 20)
@given(frame=st.data())
def test_no_cell_makes_checking_or_cleaning_fail(frame: st.DataObject) -> None:
    schema = load_schema()
    cell = st.one_of(st.text(max_size=8), st.integers(), st.floats(), st.none(), st.booleans(), st.dates())
    columns = ["created_date", "city_mapped", "first_utm_source_c", "total_leads_droppped", "referred_lead", "syllabus"]
    table = pd.DataFrame(
        {c: pd.Series(frame.draw(st.lists(cell, min_size=3, max_size=3)), dtype=object) for c in columns}
    )
    cleaned = clean_leads(table, schema)
    assert len(cleaned) == 3
    assert (cleaned["total_leads_droppped"] >= 0).all()
    assert cleaned["referred_lead"].isin([0, 1]).all()
    assert all(0 < f.count <= 3 and f.reason for f in check_leads(table, schema))


def test_the_real_new_leads_are_clean(real_leads: Path, schema: LeadSchema) -> None:
    frame = read_leads(real_leads / "new_leads.csv")
    mapping = detect_conventions(suggest_mapping(frame.columns, schema), schema, frame)
    assert mapping.unused_headers == [""]
    cleaned = complete_columns(clean_leads(mapping.apply(frame, schema), schema), schema)
    assert len(cleaned) == 1_973
    direct = pd.read_csv(real_leads / "new_leads.csv", na_values={"city_mapped": ["na"]})
    assert cleaned["city_mapped"].isna().sum() == direct["city_mapped"].isna().sum()
    assert cleaned["total_leads_droppped"].tolist() == direct["total_leads_droppped"].fillna(0).astype(int).tolist()
    groups = pd.read_csv(real_leads / "interaction_groups.csv").groupby("group")["interaction"]
    for group, members in groups:
        wanted = direct[list(members)].fillna(0).sum(axis=1).astype("int64")
        assert np.array_equal(cleaned[f"{group}_interaction"], wanted)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (
            ["12%", "40%"],
            "some are in percent (2, for instance '12%'), which are read as shares, and others without the sign (398",
        ),
        (["€ 12", "40 EUR", "$ 30"], "amounts in several currencies (EUR 2, USD 1) are read as they stand"),
    ],
)
def test_cells_of_another_unit_are_named_with_their_rows(tmp_path: Path, others: list[str], words: str) -> None:
    rng = np.random.default_rng(0)
    discounts = rng.uniform(5, 90, 400).round(1).astype(str)
    frame = pd.DataFrame({"Discount": discounts, "Won": rng.choice(["Yes", "No"], 400)})
    frame.loc[range(10, 10 + len(others)), "Discount"] = others
    frame.to_csv(tmp_path / "list.csv", index=False)
    leads = open_any_list(tmp_path / "list.csv", options=ListOptions(label="Won"))
    (found,) = [f for f in check_list(leads).findings if f.code in {"mixed_units", "mixed_currencies"}]
    assert words in found.reason
    assert found.column == "Discount"
    assert set(found.rows) <= set(range(12, 12 + len(others)))
    frame["Discount"] = [f"{value}%" for value in range(400)]
    frame.to_csv(tmp_path / "even.csv", index=False)
    leads = open_any_list(tmp_path / "even.csv", options=ListOptions(label="Won"))
    assert not [f for f in check_list(leads).findings if f.code in {"mixed_units", "mixed_currencies"}]
