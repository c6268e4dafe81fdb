"""Leakage: what was planted is caught in every seed, honest columns are left alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.data.reading.reader import read_leads
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.training.leakage import audit_leakage
from tests.paths import IS_SOAK, REAL

LABEL = "app_complete_flag"
SEEDS = 200 if IS_SOAK else 8


def honest(seed: int, rows: int = 1_500) -> tuple[pd.DataFrame, np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    source = rng.choice(list("abcdef"), rows)
    label = (rng.random(rows) < np.where(source == "a", 0.7, np.where(source == "b", 0.2, 0.45))).astype("int64")
    frame = pd.DataFrame({"source": source, "city": rng.choice(["pune", "delhi", ""], rows)})
    return frame.assign(name=[f"Person {i}" for i in range(rows)]), label, rng


PLANTED = {
    "alone": lambda y, rng: np.where(rng.random(len(y)) < 0.03, 1 - y, y).astype(str),
    "one_class": lambda y, rng: np.where((y == 1) & (rng.random(len(y)) < 0.3), "paid", ""),
    "blank": lambda y, rng: np.where((y == 0) & (rng.random(len(y)) < 0.2), "", rng.choice(["x", "y"], len(y))),
    "sequence": lambda y, rng: (np.argsort(np.argsort(y + rng.normal(0, 0.5, len(y))))).astype(str),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_leak_is_caught_in_every_seed_and_nothing_else_is(kind: str) -> None:
    for seed in range(SEEDS):
        frame, label, rng = honest(seed)
        found = audit_leakage(frame.assign(planted=PLANTED[kind](label, rng)), label)
        assert [f.column for f in found] == ["planted"], f"seed {seed}"
        assert found[0].kind == kind
        assert found[0].is_certain == (kind != "blank")


def test_honest_columns_are_left_alone() -> None:
    assert [audit_leakage(frame, label) for frame, label, _ in map(honest, range(SEEDS))] == [[]] * SEEDS


def test_a_moment_after_the_lead_came_and_a_column_that_loses_its_meaning_are_asked_about() -> None:
    frame, label, rng = honest(1, 3_000)
    dates = pd.Series(pd.date_range("2026-01-01", "2026-04-30", periods=3_000))
    frame["enrolment date"] = (dates + pd.Timedelta(days=20)).dt.strftime("%Y-%m-%d")
    early = (dates < "2026-04-01").to_numpy()
    frame["campaign"] = np.where(early & (rng.random(3_000) < 0.75), label, rng.integers(0, 2, 3_000)).astype(str)
    found = {f.column: f.kind for f in audit_leakage(frame, label, dates=dates)}
    assert found == {"enrolment date": "later", "campaign": "collapses"}


def test_amounts_that_could_be_a_spreadsheets_days_are_no_moments() -> None:
    frame, label, rng = honest(1, 3_000)
    dates = pd.Series(pd.date_range("2014-01-01", "2014-04-30", periods=3_000))
    frame["Income"] = rng.integers(45_000, 70_000, 3_000).astype(str)  # as days of 2023 to 2091
    assert audit_leakage(frame, label, dates=dates) == []
    asked = audit_leakage(frame.rename(columns={"Income": "Close Date"}), label, dates=dates)
    assert [(f.column, f.kind) for f in asked] == [("Close Date", "later")]


def test_one_outcome_or_hardly_any_lead_gives_nothing() -> None:
    frame, label, _ = honest(0)
    assert audit_leakage(frame, np.ones(len(label))) == []
    assert audit_leakage(frame.head(6), label[:6]) == []


def test_no_cell_of_a_lead_stands_in_what_is_said() -> None:
    frame, label, _ = honest(2)
    frame["status note"] = np.where(label == 1, "Anna Roy has paid", "no answer from Bela")
    said = " ".join(f.why for f in audit_leakage(frame, label))
    assert said
    assert "Anna" not in said
    assert "Bela" not in said


def test_of_the_sample_leads_city_and_count_are_asked_about(sample: SampleLeads) -> None:
    labelled = sample.labelled
    found = audit_leakage(labelled.drop(columns=LABEL), labelled[LABEL].astype(int).to_numpy())
    assert {f.column for f in found} <= {"city_mapped", "total_leads_droppped"}


def test_of_the_real_leads_exactly_city_and_count_are_asked_about(real_leads: Path) -> None:
    frame = read_leads(real_leads / "labelled_leads.csv")
    label = frame.pop(LABEL).astype(float).astype(int).to_numpy()
    found = audit_leakage(frame, label, dates=pd.to_datetime(frame["created_date"]))
    assert [f.column for f in found] == ["city_mapped", "total_leads_droppped"]
    assert not any(f.is_certain for f in found)


def test_of_another_companys_leads_what_was_filled_in_afterwards_is_named() -> None:
    path = REAL.parent / "xeducation" / "Leads.csv"
    if not path.is_file():
        pytest.skip("the other company's leads are not on this machine")
    frame = read_leads(path)
    label = frame.pop("Converted").astype(int).to_numpy()
    named = {f.column for f in audit_leakage(frame, label)}
    scores = {f"Asymmetrique {a} {b}" for a in ("Activity", "Profile") for b in ("Index", "Score")}
    assert {"Tags", "Lead Quality", "Last Activity", "Last Notable Activity"} | scores <= named
    assert "Lead Source" not in named
    assert "Lead Origin" not in named


def test_a_rare_amount_above_zero_for_converters_alone_is_evidence_with_both_aucs() -> None:
    rng = np.random.default_rng(3)
    label = (rng.random(3_000) < 0.03).astype("int64")
    amount = np.where(label == 1, rng.integers(100, 9_000, 3_000), 0)
    frame = pd.DataFrame({"visits": rng.integers(1, 9, 3_000), "order amount": amount})
    (found,) = audit_leakage(frame, label)
    assert (found.column, found.kind, found.is_certain) == ("order amount", "alone", True)
    assert found.auc_with == 1.0
    assert found.auc_without is not None
    assert found.auc_without < 0.6


def test_an_amount_of_some_converters_alone_is_evidence_too() -> None:
    rng = np.random.default_rng(4)
    label = (rng.random(3_000) < 0.03).astype("int64")
    amount = np.where((label == 1) & (rng.random(3_000) < 0.3), rng.integers(100, 9_000, 3_000), 0)
    (found,) = audit_leakage(pd.DataFrame({"amount": amount}), label)
    assert (found.kind, found.is_certain) == ("one_class", True)


@pytest.mark.parametrize("name", ["StageName", "LastModifiedDate", "IsClosed", "LeadScore", "profile_completed"])
def test_a_name_alone_asks_and_leaves_nothing_out(name: str) -> None:
    frame, label, rng = honest(5)
    (found,) = audit_leakage(frame.assign(**{name: rng.choice(["1", "2", "3"], len(label))}), label)
    assert (found.column, found.kind, found.is_certain) == (name, "name", False)
    assert found.auc_with is not None


def test_marital_status_is_no_status_of_the_lead() -> None:
    frame, label, rng = honest(6)
    assert audit_leakage(frame.assign(**{"Marital Status": rng.choice(["single", "married"], len(label))}), label) == []


@pytest.mark.parametrize("in_a_day", [1, 24, 1_440])
def test_the_time_until_a_later_date_is_left_out_in_any_unit_and_other_numbers_are_not(in_a_day: int) -> None:
    frame, label, rng = honest(7)
    dates = pd.Series(pd.date_range("2026-01-01", periods=len(label), freq="3h"))
    days = rng.integers(2, 90, len(label))
    frame["Closed"] = (dates + pd.to_timedelta(days, unit="D")).dt.strftime("%Y-%m-%d %H:%M")
    frame["Span"] = days * in_a_day
    frame["Budget"] = 40 * days + rng.normal(0, 20, len(label)).round()
    found = {f.column: (f.kind, f.is_certain) for f in audit_leakage(frame, label, dates=dates)}
    assert found == {"Closed": ("later", False), "Span": ("after", True)}


@pytest.mark.parametrize(
    ("name", "kind"), [("Time Spent on Site", "counter"), ("Anzahl Besuche", "counter"), ("month", "calendar")]
)
def test_counters_and_days_of_the_calendar_are_asked_about_where_they_tell_something(name: str, kind: str) -> None:
    frame, label, rng = honest(8)
    telling = rng.poisson(3 + label)
    (found,) = audit_leakage(frame.assign(**{name: telling}), label)
    assert (found.column, found.kind, found.is_certain) == (name, kind, False)
    assert audit_leakage(frame.assign(**{name: rng.permutation(telling)}), label) == []


def test_whole_numbers_that_each_lead_has_for_itself_are_measures_unless_named_or_counted_as_ids() -> None:
    frame, label, rng = honest(9)
    places = np.argsort(np.argsort(rng.permutation(len(label)) + 450 * label))  # an AUC of about 0.74
    assert audit_leakage(frame.assign(Revenue=977 * places), label) == []
    for header, numbers in (("Revenue", places), ("Lead No", 977 * places)):
        (found,) = audit_leakage(frame.assign(**{header: numbers}), label)
        assert (found.column, found.kind) == (header, "sequence")


def test_an_answer_that_rules_an_outcome_out_is_no_leak_and_a_reason_for_losing_is() -> None:
    rng = np.random.default_rng(10)
    insured = rng.integers(0, 2, 3_000)
    label = ((insured == 0) & (rng.random(3_000) < 0.2)).astype("int64")
    lost = np.where((label == 0) & (rng.random(3_000) < 0.5), "too dear", "")
    found = audit_leakage(pd.DataFrame({"insured": insured, "why not": lost}), label)
    assert [(f.column, f.kind, f.is_certain) for f in found] == [("why not", "one_class", True)]


def test_columns_that_tell_the_outcome_only_together_are_asked_about_where_others_are() -> None:
    frame, label, rng = honest(11)
    first = rng.integers(0, 2, len(label))
    stages = {"left half": first.astype(str), "right half": (first ^ label).astype(str)}  # alone each tells nothing
    leak = np.where((label == 1) & (rng.random(len(label)) < 0.3), "paid", "")
    found = {f.column: f for f in audit_leakage(frame.assign(planted=leak, **stages), label)}
    assert {name: (f.kind, f.is_certain) for name, f in found.items()} == {
        "planted": ("one_class", True),
        "left half": ("together", False),
        "right half": ("together", False),
    }
    assert "an AUC of 1.000 is left" in found["right half"].why
    assert found["planted"].auc_without is not None
    assert found["planted"].auc_without < 0.8
