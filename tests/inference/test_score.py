import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.config import GradeThresholds, JunkRules
from leadscore_core.data.reading.reader import read_leads
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import MappingError
from leadscore_core.inference.capacity import describe_plan
from leadscore_core.inference.contact_quality import SINGLE_LEAD_RULES, contact_flags, read_contacts
from leadscore_core.inference.grades import GRADES, JUNK_WORDS, grade_leads
from leadscore_core.inference.score import score_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.outcome import APPLICATIONS
from tests.plans import plan_calls

OWN = ["lead_score", "propensity", "grade", "is_junk", "junk_reason", "reason_1", "reason_2", "reason_3"]
OWN += ["model_id", "row_problem"]
THRESHOLDS = GradeThresholds(hot=0.65, warm=0.4, cold=0.1)


@pytest.fixture(scope="module")
def text_leads(sample: SampleLeads) -> pd.DataFrame:
    """New leads as text, the way a CSV file gives them."""
    return sample.new.astype("str")


@pytest.fixture(scope="module")
def scored(trained: LeadModel, text_leads: pd.DataFrame) -> pd.DataFrame:
    return score_leads(text_leads, trained, grades=THRESHOLDS)


def test_the_list_comes_first_untouched_then_the_agreed_columns(text_leads: pd.DataFrame, scored: pd.DataFrame) -> None:
    width = text_leads.shape[1]
    pd.testing.assert_frame_equal(scored.iloc[:, :width], text_leads)
    assert list(scored.columns[width:]) == OWN


def test_types_and_ranges_are_as_agreed(scored: pd.DataFrame, trained: LeadModel) -> None:
    assert scored["lead_score"].dtype == "int64"
    assert scored["lead_score"].between(0, 100).all()
    assert (scored["lead_score"] == (scored["propensity"] * 100).round()).all()
    assert scored["propensity"].between(0, 1).all()
    assert set(scored["grade"]) <= set(GRADES)
    assert scored["is_junk"].dtype == bool
    unreachable = (scored["email"] == "") & (scored["phone"] == "")
    assert unreachable.any()
    assert (scored["is_junk"] == (scored["grade"] == "Junk") | unreachable).all()
    assert (scored["is_junk"] == (scored["junk_reason"] != "")).all()
    assert ((scored["junk_reason"] != "") == scored["is_junk"]).all()
    assert (scored["model_id"] == trained.model_id).all()
    assert (scored["row_problem"] == "").all()


def test_grades_follow_the_thresholds(scored: pd.DataFrame) -> None:
    bounds = scored.groupby("grade")["propensity"].agg(["min", "max"])
    assert bounds.loc["Hot", "min"] >= 0.65 > bounds.loc["Warm", "max"]
    assert bounds.loc["Warm", "min"] >= 0.4 > bounds.loc["Cold", "max"]
    assert bounds.loc["Cold", "min"] >= 0.1 > bounds.loc["Junk", "max"]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_a_higher_propensity_never_has_a_lower_grade(values: list[float]) -> None:
    grades = grade_leads(np.sort(values), THRESHOLDS).tolist()
    places = [GRADES.index(grade) for grade in grades]
    assert places == sorted(places, reverse=True)


def test_a_lead_scores_the_same_alone_shuffled_and_in_a_crowd(
    trained: LeadModel, text_leads: pd.DataFrame, scored: pd.DataFrame
) -> None:
    alone = [score_leads(text_leads.iloc[[i]], trained, grades=THRESHOLDS) for i in range(25)]
    pd.testing.assert_frame_equal(pd.concat(alone), scored.iloc[:25])
    order = np.random.default_rng(0).permutation(len(text_leads))
    pd.testing.assert_frame_equal(score_leads(text_leads.iloc[order], trained, grades=THRESHOLDS), scored.iloc[order])
    crowd = pd.concat([text_leads] * 25, ignore_index=True)
    crowded = score_leads(crowd, trained, grades=THRESHOLDS, reasons=0)
    assert np.array_equal(crowded["propensity"], np.tile(scored["propensity"], 25))


def test_columns_in_another_order_change_nothing(
    trained: LeadModel, text_leads: pd.DataFrame, scored: pd.DataFrame
) -> None:
    turned = score_leads(text_leads[text_leads.columns[::-1]], trained, grades=THRESHOLDS)
    pd.testing.assert_frame_equal(turned[OWN], scored[OWN])


@pytest.mark.parametrize("ending", [".parquet", ".xlsx", ".csv"])
def test_the_format_of_the_file_changes_nothing(
    trained: LeadModel, sample: SampleLeads, scored: pd.DataFrame, tmp_path, ending: str
) -> None:
    typed = sample.new.assign(created_date=pd.to_datetime(sample.new["created_date"]))
    path = tmp_path / f"leads{ending}"
    write = {".parquet": typed.to_parquet, ".xlsx": typed.to_excel, ".csv": typed.to_csv}[ending]
    write(path, index=False)
    again = score_leads(read_leads(path), trained, grades=THRESHOLDS)
    pd.testing.assert_frame_equal(again[OWN], scored[OWN])


def test_names_that_are_taken_get_a_suffix(trained: LeadModel, text_leads: pd.DataFrame) -> None:
    theirs = text_leads.assign(grade="A", propensity="high")
    ours = score_leads(theirs, trained, grades=THRESHOLDS)
    assert (ours["grade"] == "A").all()
    assert set(ours["grade_leadscore"]) <= set(GRADES)
    assert ours["propensity_leadscore"].dtype == "float64"
    assert ours.columns.is_unique


def test_rows_that_cannot_be_scored_in_full_are_kept_and_marked(trained: LeadModel, text_leads: pd.DataFrame) -> None:
    spoilt = text_leads.head(4).copy()
    spoilt.loc[1, "created_date"] = "yesterday"
    spoilt.loc[1, "total_leads_droppped"] = "-3"
    spoilt.loc[2] = ""
    ours = score_leads(spoilt, trained, grades=THRESHOLDS)
    assert len(ours) == 4
    assert ours["row_problem"].tolist()[::3] == ["", ""]
    assert "created_date: not a date" in ours["row_problem"][1]
    assert "'-3'" in ours["row_problem"][1]
    assert "nothing to score" in ours["row_problem"][2]
    assert ours["propensity"].notna().all()


def test_a_missing_required_column_is_named(trained: LeadModel, text_leads: pd.DataFrame) -> None:
    with pytest.raises(MappingError, match="First medium"):
        score_leads(text_leads.drop(columns="first_utm_medium_c"), trained)


def test_optional_columns_may_be_missing(trained: LeadModel, text_leads: pd.DataFrame, scored: pd.DataFrame) -> None:
    needed = text_leads[["first_utm_source_c", "first_utm_medium_c"]]
    ours = score_leads(needed, trained, grades=THRESHOLDS)
    assert np.corrcoef(ours["propensity"], scored["propensity"])[0, 1] > 0.2
    assert not ours["reason_1"].str.contains("City").any()


def test_an_empty_frame_scores_to_an_empty_frame(trained: LeadModel, text_leads: pd.DataFrame) -> None:
    ours = score_leads(text_leads.head(0), trained, grades=THRESHOLDS)
    assert list(ours.columns[-len(OWN) :]) == OWN
    assert len(ours) == 0


def test_the_plan_counts_the_best_leads_against_arrival(scored: pd.DataFrame) -> None:
    propensity = scored["propensity"].to_numpy()
    plan = plan_calls(propensity, 50)
    assert plan.expected == pytest.approx(np.sort(propensity)[::-1][:50].sum())
    assert plan.in_arrival_order == pytest.approx(propensity[:50].sum())
    assert plan.low < plan.expected < plan.high <= 50
    assert describe_plan(plan, len(propensity), APPLICATIONS).startswith("Call these 50 first: about ")
    everyone = plan_calls(propensity, 10_000)
    assert everyone.leads == len(propensity)
    assert describe_plan(everyone, len(propensity), APPLICATIONS).startswith("You can call all 250 leads: ")


def test_the_plans_interval_holds_what_happens() -> None:
    rng = np.random.default_rng(0)
    propensity = rng.beta(1, 2, 500)
    plan = plan_calls(propensity, 200)
    best = np.sort(propensity)[::-1][:200]
    happened = (rng.random((2_000, 200)) < best).sum(axis=1)
    assert 0.93 < ((happened >= plan.low) & (happened <= plan.high)).mean() < 0.97


@pytest.mark.parametrize("rule", SINGLE_LEAD_RULES)
def test_each_contact_rule_alone_says_what_the_rules_together_say(
    rule: str, sample: SampleLeads, trained: LeadModel
) -> None:
    leads = sample.labelled.head(7).assign(
        full_name=["Anne Roy", "asdfgh", "Ben Das", "Eva Sen", "Ida Rao", "Test", "Lea Roy"],
        email=["a@b.com", "", "b@@c", "x@mailinator.com", "", "f@g.com", "l@@r"],
        phone=["+91 98765 43210", "", "12", "+91 98765 43211", "", "+91 98765 43212", ""],
    )
    mapping = suggest_mapping(leads.columns, trained.schema)
    wanted = contact_flags(read_contacts(leads, trained.schema, mapping, "IN"))[rule]
    result = score_leads(leads, trained, reasons=0, junk=JunkRules(by_propensity=False, contact=(rule,)))
    assert wanted.any()
    assert (result["junk_reason"] == JUNK_WORDS[rule]).tolist() == wanted.tolist()
    assert result["is_junk"].tolist() == wanted.tolist()
