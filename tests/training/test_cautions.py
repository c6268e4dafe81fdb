"""Cautions: what somebody should know of a training's leads and figures is said, and nothing else is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import ColumnAudit, beats_base_rate
from leadscore_core.training.cautions import audit_cautions, judge_cautions, judge_search
from leadscore_core.training.evaluation.holdout import evaluate_model
from leadscore_core.training.leakage import LeakFinding
from leadscore_core.training.training_data import TrainingData

GOOD = {"auc": 0.8, "auc_std": 0.02, "brier": 0.15, "base_rate": 0.3}
IMPORTANCE = {"stage": (0.7, 0.1), "city": (0.25, 0.1), "source": (0.05, 0.0)}


@pytest.fixture
def known(schema: LeadSchema) -> TrainingData:
    rows = np.arange(1_200, dtype="uint64")
    label = (rows % 3 == 0).astype("float64")
    columns = pd.DataFrame({"city": rows.astype("str"), "source": ["a", "b", "c"] * 400})
    return TrainingData("leads", schema, columns, label, rows, headers={"stage": "StageName"})


def test_of_many_leads_and_a_likely_auc_nothing_is_said(known: TrainingData) -> None:
    assert judge_cautions(known, {"cross_validation": GOOD}, IMPORTANCE) == []


def test_an_auc_too_good_names_the_columns_that_it_rests_on(known: TrainingData) -> None:
    (said,) = judge_cautions(known, {"cross_validation": GOOD | {"auc": 0.985, "brier": 0.03}}, IMPORTANCE)
    assert "0.985" in said
    assert "StageName (70%), city (25%)" in said
    assert "source" not in said


def test_every_measure_of_such_an_auc_names_its_columns(
    known: TrainingData, trained: LeadModel, sample: SampleLeads
) -> None:
    """In an audit, in compared algorithms or a search, and on leads that were kept aside."""
    found = [LeakFinding("StageName", "w", "alone", 0.9, 0.991, 0.8), LeakFinding("City", "w", "name", 0.6, 0.81, 0.8)]
    assert audit_cautions(found[1:]) == []
    (said,) = audit_cautions(found)
    assert "0.991" in said
    assert "StageName" in said
    assert "City" not in said
    assert judge_search(known, 0.96) == ()
    read = known.columns.rename(columns={"source": "first_utm_source_c", "city": "city_mapped"})
    (said,) = judge_search(replace(known, columns=read, headers={"first_utm_source_c": "Where from"}), 0.99)
    assert "It rests on Where from (" in said

    crossed = trained.metadata.metrics | {
        "cross_validation": trained.metadata.metrics["cross_validation"] | {"auc": 0.98}
    }
    praised = replace(trained, metadata=trained.metadata.model_copy(update={"metrics": crossed}))
    top = max(trained.metadata.importance, key=lambda column: trained.metadata.importance[column][0])
    notes = evaluate_model(sample.kept_aside, praised).metrics.notes
    assert [trained.schema.by_name[top].human in note for note in notes if "0.980 in folds" in note] == [True]
    assert not any("rests on" in note for note in evaluate_model(sample.kept_aside, trained).metrics.notes)


def test_a_model_no_better_than_the_base_rate_is_said_to_be(known: TrainingData) -> None:
    (said,) = judge_cautions(known, {"cross_validation": GOOD | {"auc": 0.48, "brier": 0.22}}, IMPORTANCE)
    assert said.startswith("It tells no more than the base rate: the AUC in folds is 0.480")
    (said,) = judge_cautions(known, {"cross_validation": GOOD | {"brier": 0.26}}, IMPORTANCE)
    assert said.startswith("Its order of calls is better than chance")
    assert "its probabilities are no better" in said


def test_repeats_one_month_and_few_leads_are_said(known: TrainingData) -> None:
    repeated = replace(known, row_hash=known.row_hash // 3, label=np.zeros(1_200))
    (said,) = judge_cautions(repeated, {"cross_validation": GOOD}, IMPORTANCE)
    assert said.startswith("800 of 1,200 rows (67%) repeat an earlier one")
    (said,) = judge_cautions(known, {"cross_validation": GOOD, "next_period": GOOD | {"months": {"2026-05": {}}}}, {})
    assert said.startswith("The next period is one month, 2026-05")
    (said,) = judge_cautions(known.take(np.arange(1_200) < 239), {"cross_validation": GOOD}, IMPORTANCE)
    assert said.startswith("It learned from 239 leads only")


def test_rows_of_few_columns_are_alike_by_chance(known: TrainingData) -> None:
    few = replace(known, columns=known.columns[["source"]], row_hash=known.row_hash % 3, label=np.zeros(1_200))
    assert judge_cautions(few, {"cross_validation": GOOD}, IMPORTANCE) == []


def test_no_auc_or_one_within_chance_does_not_beat_the_base_rate() -> None:
    assert beats_base_rate(GOOD)
    assert not beats_base_rate(GOOD | {"auc": None})
    assert not beats_base_rate(GOOD | {"auc": 0.54, "auc_std": 0.07})
    assert not beats_base_rate(GOOD | {"brier": 0.21})


def test_a_question_is_open_until_somebody_answers_or_leaves_the_column_out() -> None:
    asked = ColumnAudit(column="Stage", why="It is asked.", left_out=False, auc_with=0.9, auc_without=0.8)
    assert asked.is_open
    assert asked.worth == "AUC with it 0.900, without 0.800"
    assert not asked.model_copy(update={"is_answered": True}).is_open
    assert not asked.model_copy(update={"left_out": True}).is_open
    assert not asked.model_copy(update={"is_read": False}).is_open
