"""Dates other than when a lead came: read as whole days from there, each column in its own order, lead by lead."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore_core.data.cleaning.cleaner import clean_leads, clean_with_problems
from leadscore_core.data.dataset.conventions import list_choices
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.open import choose_conventions, open_any_list, open_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.dataset.wanted_columns import read_also
from leadscore_core.data.schema.inference import build_schema
from leadscore_core.data.schema.schema import Column, LeadSchema, Role
from leadscore_core.data.schema.schema_files import write_schema
from leadscore_core.data.validation import check_leads
from leadscore_core.errors import SchemaError
from leadscore_core.inference.reasons import reasons_in_words
from leadscore_core.retraining.schema_editor import LEFT_OUT, corrected_proposal, proposal_table
from leadscore_core.training.exclusions import UNDATED, default_exclusions, explain_exclusions
from leadscore_core.training.train import train_model
from leadscore_core.training.training_data import read_training_data
from tests.conftest import FEW_TREES

SCHEMA = LeadSchema(
    name="policies",
    title="Policies",
    version=1,
    columns=(
        Column(name="came", role=Role.TIMESTAMP, human="Came"),
        Column(name="renewal_days", role=Role.DATE, human="Renewal date", phrase="Renewal date {value}"),
        Column(name="source", role=Role.SOURCE, human="Source"),
        Column(name="won", role=Role.LABEL, human="Won"),
    ),
)
_DAYS = st.dates(pd.Timestamp("2001-01-01").date(), pd.Timestamp("2050-01-01").date())
_CELLS = st.one_of(_DAYS.map(str), st.sampled_from(["", "soon"]))


def make_renewals(rows: int = 400) -> pd.DataFrame:
    """Leads that renew, most of them, within weeks; those near their renewal are won. Renewals have the month first."""
    rng = np.random.default_rng(4)
    came = pd.Timestamp("2025-01-03") + pd.to_timedelta(rng.integers(0, 7_200, rows), unit="h")
    days = rng.integers(-30, 90, rows)
    renewal = pd.Series((came + pd.to_timedelta(days, unit="D")).strftime("%m/%d/%Y"))
    return pd.DataFrame(
        {
            "Created": came.strftime("%Y-%m-%d %H:%M"),
            "Renewal Date": renewal.where(rng.random(rows) > 0.1, ""),
            "Lead Source": rng.choice(["Web", "Fair", "Call"], rows),
            "Won": np.where(rng.random(rows) < 0.9 - np.abs(days) / 90, "Yes", "No"),
        }
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make_renewals().to_csv(tmp_path / "renewals.csv", index=False)
    return tmp_path / "renewals.csv"


@pytest.fixture
def leads(places: Path, path: Path) -> LeadList:
    """The renewals as they are proposed, with their dates wanted."""
    return read_also(open_any_list(path, options=ListOptions(label="Won")), ["Renewal Date"])


@settings(max_examples=15)
@given(cells=st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=6))
def test_days_are_those_of_the_calendar_and_of_each_lead_alone(cells: list[tuple[str, str]]) -> None:
    frame = pd.DataFrame(cells, columns=["came", "renewal_days"], dtype="str")
    days = clean_leads(frame, SCHEMA)["renewal_days"]
    read = frame.apply(pd.to_datetime, errors="coerce", format="%Y-%m-%d")
    expected = (read["renewal_days"] - read["came"]).dt.days.astype("float64")
    pd.testing.assert_series_equal(days, expected, check_names=False)
    alone = [clean_leads(frame.iloc[[row]], SCHEMA)["renewal_days"].iloc[0] for row in range(len(frame))]
    np.testing.assert_array_equal(days, alone)


def test_the_hour_does_not_count_and_what_is_no_date_is_named() -> None:
    frame = pd.DataFrame({"came": ["2025-03-01 23:50"] * 3, "renewal_days": ["2025-03-02 00:10", "2025-02-27", "x"]})
    cleaned, problems = clean_with_problems(frame, SCHEMA)
    assert cleaned["renewal_days"].tolist()[:2] == [1.0, -2.0]
    assert [(problem.code, problem.column, problem.rows.tolist()) for problem in problems] == [
        ("unreadable_date", "renewal_days", [2])
    ]
    assert "renewal_days" not in clean_leads(frame[["renewal_days"]], SCHEMA)


def test_a_schema_has_other_dates_only_with_a_timestamp() -> None:
    with pytest.raises(ValueError, match="need a timestamp"):
        LeadSchema(name="a", title="A", version=1, columns=SCHEMA.columns[1:])
    assert [column.name for column in SCHEMA.without(["came"]).columns] == ["source", "won"]
    assert 'role = "date"' in write_schema(SCHEMA)


def test_each_column_of_dates_is_read_in_its_own_order(leads: LeadList) -> None:
    assert leads.schema.by_name["renewal_date_days"].role is Role.DATE
    assert leads.mapping.orders == ("dmy", "mdy")
    days = read_training_data(leads).columns["renewal_date_days"]
    assert days.dropna().between(-30, 89).all()
    assert days.isna().sum() == (make_renewals()["Renewal Date"] == "").sum()


def test_dates_that_can_be_read_both_ways_are_asked_about(places: Path, tmp_path: Path) -> None:
    frame = make_renewals(60).assign(**{"Renewal Date": [f"{i % 12 + 1:02d}/{i % 11 + 1:02d}/2025" for i in range(60)]})
    frame.to_csv(tmp_path / "both.csv", index=False)
    leads = read_also(open_any_list(tmp_path / "both.csv", options=ListOptions(label="Won")), ["Renewal Date"])
    assert leads.mapping.orders == ("dmy", "dmy")
    found = check_leads(frame, leads.schema, leads.mapping)
    assert [f.column for f in found if f.code == "ambiguous_date"] == ["Renewal Date"]
    (question,) = [choice for choice in list_choices(leads) if choice.is_open]
    assert (question.human, question.options) == ("Renewal Date", ("dmy", "mdy"))
    said = choose_conventions(leads, dates="mdy")
    assert said.mapping.orders == ("mdy", "mdy")
    assert not said.mapping.has_open_dates
    came, days = (read_training_data(said).columns[name] for name in ("created", "renewal_date_days"))
    assert came.dt.strftime("%Y-%m-%d %H:%M").tolist() == frame["Created"].tolist()
    renewal = pd.to_datetime(frame["Renewal Date"], format="%m/%d/%Y")
    assert days.tolist() == (renewal - came.dt.normalize()).dt.days.tolist()


def test_dates_that_the_timestamp_settles_are_no_question(places: Path, tmp_path: Path) -> None:
    both = [f"{i % 12 + 1:02d}/{i % 11 + 1:02d}/2025" for i in range(60)]
    created = [f"{i % 12 + 1:02d}/{i % 28 + 1:02d}/2025" for i in range(60)]
    make_renewals(60).assign(**{"Renewal Date": both, "Created": created}).to_csv(tmp_path / "us.csv", index=False)
    leads = read_also(open_any_list(tmp_path / "us.csv", options=ListOptions(label="Won")), ["Renewal Date"])
    assert leads.mapping.orders == ("mdy", "mdy")
    assert not leads.mapping.has_open_dates


def test_without_a_date_of_coming_other_dates_are_refused_in_words(places: Path, tmp_path: Path) -> None:
    frame = make_renewals().drop(columns="Created").rename(columns={"Renewal Date": "Next Renewal"})
    frame.to_csv(tmp_path / "undated.csv", index=False)
    leads = open_any_list(tmp_path / "undated.csv", options=ListOptions(label="Won"))
    with pytest.raises(SchemaError, match="no column of these leads says when they came"):
        read_also(leads, ["Next Renewal"])


def test_days_go_with_the_timestamp_that_they_are_counted_from(leads: LeadList) -> None:
    data = read_training_data(leads)
    left_out = default_exclusions(data, exclude=["Created"], include=["Renewal Date"])
    excluded, audit = explain_exclusions(data, left_out, ["Renewal Date"])
    assert excluded["renewal_date_days"] == UNDATED
    assert {one.column for one in audit if one.left_out} == {"Created", "Renewal Date"}


def test_another_date_is_chosen_on_the_table_and_asked_about_until_somebody_answers(places: Path, path: Path) -> None:
    proposal = open_any_list(path, options=ListOptions(label="Won")).proposal
    table = proposal_table(proposal)
    assert table.at["Renewal Date", "Meaning"] == LEFT_OUT
    table.loc["Renewal Date", "Meaning"] = "Another date"
    schema = build_schema(corrected_proposal(proposal, table), "renewals")
    data = read_training_data(open_list(path, schema))
    answered = replace(data, schema=schema.model_copy(update={"known_before": ("renewal_date_days",)}))
    audits = [explain_exclusions(one, default_exclusions(one))[1] for one in (data, answered)]
    assert [(one.column, one.is_open) for (one,) in audits] == [("Renewal Date", True), ("Renewal Date", False)]
    price = audits[0][0]
    assert (price.auc_with or 0.0) > (price.auc_without or 1.0) + 0.1  # of the days, which a model would read


def test_a_model_learns_from_days_and_says_them(leads: LeadList) -> None:
    frame = make_renewals()
    model = train_model(frame, leads.schema, mapping=leads.mapping, params=FEW_TREES, n_repeats=1)
    assert model.metadata.metrics["cross_validation"]["auc"] > 0.6
    cleaned, _ = model.clean(leads.mapping.apply(frame, leads.schema))
    contributions = model.contributions(cleaned)
    margin = model.classifier.raw_margin(model.features.transform(cleaned))
    np.testing.assert_allclose(contributions.sum(axis=1), margin)
    words = reasons_in_words(cleaned, contributions[["renewal_date_days"]], model, 1)["reason_1"]
    some = {days: words[cleaned["renewal_date_days"] == days].iloc[0] for days in (12.0, 1.0, -3.0)}
    for days, said in {12.0: "12 days after", 1.0: "1 day after", -3.0: "3 days before"}.items():
        assert f"Renewal Date {said} the lead came: such leads (" in some[days]
    assert "is blank" in words[cleaned["renewal_date_days"].isna()].iloc[0]
    lacking = model.clean(leads.mapping.apply(frame, leads.schema).drop(columns="created"))[0]
    assert np.isfinite(model.propensity(lacking)).all()
