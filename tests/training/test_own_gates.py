"""A company without targets: its model is to be better than the base rate and than the one in use."""

import numpy as np
import pytest

from leadscore_core.config import Settings, TargetMetrics, load_settings
from leadscore_core.data.schema.inference import build_schema, propose_schema
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.inference.score import score_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.model_card import write_card
from leadscore_core.pipelines.inference import with_saved_rules
from leadscore_core.registry.promotion import describe_verdict, gates_of, meets_gates, targets_of
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES
from tests.other_company import make_members


@pytest.fixture(scope="module")
def members() -> LeadModel:
    leads = make_members(rows=500).drop(columns="Remarks")
    schema = build_schema(propose_schema(leads, "Status"), "members")
    return train_model(leads, schema, params=FEW_TREES, n_repeats=1)


def test_its_outcome_has_its_own_word(members: LeadModel) -> None:
    words = members.schema.outcome
    assert (words.plural, words.many, words.past) == ("sign-ups", "sign up", "signed up")
    assert "probability of sign-up" in write_card(members.metadata, members.schema)


def test_it_is_held_against_the_base_rate(members: LeadModel, places: object) -> None:
    base = members.metadata.training_data.base_rate
    assert members.metadata.is_relative
    assert targets_of(members) == TargetMetrics(auc=0.5, precision=round(base, 4), recall=0)
    assert meets_gates(members.metadata)
    verdict = describe_verdict(members.metadata, gates_of(members), None)
    assert verdict.startswith("Better than the base rate in cross-validation")
    assert targets_of(members).auc != load_settings().targets.auc


def test_its_leads_start_with_grades_of_its_own(members: LeadModel, places: object) -> None:
    own = members.schema.grades
    assert own == members.metadata.grades
    assert own is not None
    assert own != load_settings().grades
    scored = score_leads(make_members(rows=200, seed=4), members, reasons=0)
    low = scored["propensity"] < own.cold
    assert ((scored["grade"] == "Junk") == low).all()
    assert with_saved_rules(load_settings(), members.schema).grades == own
    assert with_saved_rules(load_settings(), load_schema()).grades == Settings().grades


def test_junk_lost_at_most_two_percent_of_what_the_folds_expected(members: LeadModel) -> None:
    assert members.out_of_sample is not None
    folds = members.out_of_sample[members.out_of_sample["split"] == "cross_validation"]
    junk = folds["propensity"] < members.metadata.grades.cold
    assert folds.loc[junk, "completed"].sum() <= 0.05 * folds["completed"].sum()
    assert np.isclose(folds["completed"].mean(), members.metadata.training_data.base_rate, atol=0.01)
