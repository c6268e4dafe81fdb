"""A company without targets: its model is to be better than the base rate and than the one in use."""

from dataclasses import replace

import numpy as np
import pytest

from leadscore_core.config import Settings, TargetMetrics, load_settings
from leadscore_core.data.schema.inference import build_schema, propose_schema
from leadscore_core.data.schema.own_rules import save_targets
from leadscore_core.data.schema.schema_files import load_schema, save_schema
from leadscore_core.errors import SchemaError
from leadscore_core.inference.score import score_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.model_card import write_card
from leadscore_core.pipelines.inference import with_saved_rules
from leadscore_core.registry.promotion import (
    describe_verdict,
    gates_of,
    is_relative,
    meets_gates,
    missed_gate,
    targets_of,
)
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
    assert targets_of(members.metadata) == TargetMetrics(auc=0.5, precision=round(base, 4), recall=0)
    assert meets_gates(members.metadata)
    verdict = describe_verdict(members.metadata, gates_of(members), None)
    assert verdict.startswith("Better than the base rate in cross-validation")
    assert targets_of(members.metadata).auc != load_settings().targets.auc


def test_what_a_month_cannot_show_is_not_claimed(members: LeadModel, places: object) -> None:
    metrics = members.metadata.metrics
    base, (month, figures) = members.metadata.targets.precision, next(iter(metrics["next_period"]["months"].items()))
    one = metrics["next_period"] | {"folds": 1, "months": {month: figures}, "precision": base + 0.01}
    metadata = members.metadata.model_copy(update={"metrics": metrics | {"next_period": one}})
    said = describe_verdict(metadata, gates_of(replace(members, metadata=metadata)), None)
    assert said.endswith("not shown to be better than the base rate by precision on the month that followed.")
    none = metadata.model_copy(update={"metrics": metrics | {"next_period": {"not_applicable": "No dates."}}})
    said = describe_verdict(none, gates_of(replace(members, metadata=none)), None)
    assert said == "Better than the base rate in cross-validation; not judged on months that followed."
    worse = metrics["cross_validation"] | {"brier": 0.3}
    vague = none.model_copy(update={"metrics": metrics | {"cross_validation": worse}})
    said = describe_verdict(vague, gates_of(replace(members, metadata=vague)), None)
    assert said.startswith("Not shown to be better than the base rate by Brier score in cross-validation")
    assert missed_gate(vague).startswith("gives probabilities that are no better than the base rate")


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


def test_targets_that_change_after_training_are_those_that_count(members: LeadModel, places: object) -> None:
    auc = members.metadata.metrics["cross_validation"]["auc"]
    save_schema(members.schema)
    assert (is_relative(members.metadata), meets_gates(members.metadata)) == (True, True)
    for wanted, is_met in ((auc - 0.01, True), (auc + 0.01, False)):
        save_targets(members.schema, TargetMetrics(auc=wanted, precision=0, recall=0), load_settings())
        assert targets_of(members.metadata).auc == wanted
        assert (is_relative(members.metadata), meets_gates(members.metadata)) == (False, is_met)
        verdict = describe_verdict(members.metadata, gates_of(members), None)
        assert verdict.startswith("Meets its targets in cross-validation" if is_met else "Misses AUC")
    save_targets(members.schema, TargetMetrics(auc=0, precision=0, recall=0), load_settings())
    assert load_schema("members").targets is None
    assert targets_of(members.metadata) == members.metadata.targets


def test_a_target_that_a_schema_does_not_name_asks_for_nothing(members: LeadModel, places: object) -> None:
    path = save_schema(members.schema.model_copy(update={"targets": None}))
    path.write_text(path.read_text() + "\n[targets]\nauc = 0.7\n")
    wanted = load_schema("members").targets
    assert wanted == TargetMetrics(auc=0.7, precision=0, recall=0)
    save_schema(load_schema("members"))
    assert load_schema("members").targets == wanted
    save_schema(members.schema.model_copy(update={"targets": TargetMetrics()}))
    assert load_schema("members").targets == TargetMetrics(), "also where it is the same as ours"
    with pytest.raises(SchemaError, match=r"leadscore\.toml"):
        save_targets(load_schema(), TargetMetrics(), load_settings())
