"""Segment models: published for the levels where they are better for certain, and for no other lead."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from leadscore_core.data.schema.inference import build_schema, propose_schema
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.errors import SchemaError
from leadscore_core.inference.score import score_leads
from leadscore_core.model.classifier import LeadClassifier
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import ModelMetadata
from leadscore_core.model.model_card import write_card
from leadscore_core.model.segment_classifier import SegmentClassifier
from leadscore_core.pipelines.training import make_request
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.training.evaluation.champion_challenger import challenge_champion
from leadscore_core.training.evaluation.model_comparison import compare_runs
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.segment_models import chosen_segments
from leadscore_core.training.train import fit_model
from leadscore_core.training.training_data import TrainingData, make_training_data
from tests.conftest import FEW_TREES

ASKED = {"algorithm": "logistic", "n_repeats": 1}


def make_segmented(rows: int = 1_000, seed: int = 2, *, apart: bool = True) -> pd.DataFrame:
    """Leads of four sources; more visits speak for a lead, but against one from a fair, where the sources differ."""
    rng = np.random.default_rng(seed)
    source = rng.choice(["Web", "Fair", "Call", "Fax"], rows, p=[0.4, 0.3, 0.25, 0.05])
    visits, fee = rng.integers(0, 30, rows), rng.integers(100, 900, rows)
    lean = (visits - 14.5) / 6
    won = rng.random(rows) < 1 / (1 + np.exp(-np.where((source == "Fair") & apart, -lean, lean)))
    frame = pd.DataFrame({"Source": source, "Visits": visits, "Fee": fee, "Won": np.where(won, "Yes", "No")})
    return frame.astype("str")


@pytest.fixture(scope="module")
def schema() -> LeadSchema:
    return build_schema(propose_schema(make_segmented(), "Won"), "segmented")


def as_data(frame: pd.DataFrame, schema: LeadSchema) -> TrainingData:
    from leadscore_core.data.schema.header_matching import suggest_mapping

    return make_training_data(frame, schema, suggest_mapping(list(frame.columns), schema))


@pytest.fixture(scope="module")
def data(schema: LeadSchema) -> TrainingData:
    return as_data(make_segmented(), schema)


@pytest.fixture(scope="module")
def segmented(data: TrainingData) -> LeadModel:
    return fit_model(data, TrainingRequest(**ASKED, segments_by="source"))


@pytest.fixture(scope="module")
def whole(data: TrainingData) -> LeadModel:
    return fit_model(data, TrainingRequest(**ASKED))


def test_a_level_gets_a_model_where_it_is_better_for_certain(segmented: LeadModel, whole: LeadModel) -> None:
    found = segmented.metadata.segments
    assert found is not None
    assert {one.level for one in found.judged} == {"web", "fair", "call"}
    assert found.too_few == 1
    assert "fair" in found.levels
    for one in found.judged:
        assert one.is_better == (one.low > 0)
        assert one.low <= one.auc_own - one.auc_whole <= one.high
    assert isinstance(segmented.classifier, SegmentClassifier)
    assert len(segmented.classifier.own_) == len(found.levels)
    auc, before = (m.metadata.metrics["cross_validation"]["auc"] for m in (segmented, whole))
    assert auc > before + 0.1
    assert whole.metadata.segments is None
    assert segmented.metadata.parameters == whole.metadata.parameters


def test_each_lead_is_scored_and_explained_by_one_model_whatever_is_with_it(segmented: LeadModel) -> None:
    cleaned, _ = segmented.clean(make_segmented(40, seed=3).rename(columns=str.lower))
    propensity, contributions = segmented.propensity(cleaned), segmented.contributions(cleaned)
    features, model = segmented.features.transform(cleaned), segmented.classifier
    assert isinstance(model, SegmentClassifier)
    np.testing.assert_allclose(contributions.sum(axis=1), model.raw_margin(features), atol=1e-9)
    assert contributions["base_value"].round(9).nunique() == 1 + len(model.own_)
    for row in range(len(cleaned)):
        assert abs(segmented.propensity(cleaned.iloc[[row]])[0] - propensity[row]) < 1e-12
    order = np.random.default_rng(0).permutation(len(cleaned))
    np.testing.assert_allclose(segmented.propensity(cleaned.iloc[order]), propensity[order], atol=1e-12)
    strange = cleaned.assign(source="Carrier pigeon")
    own = segmented.features.transform(strange)
    np.testing.assert_array_equal(model.raw_margin(own), model.whole_.raw_margin(own))
    unknown = segmented.features.transform(cleaned.drop(columns="source"))
    np.testing.assert_array_equal(model.raw_margin(unknown), model.whole_.raw_margin(unknown))
    assert abs(model.importances().sum() - 1) < 1e-9


def test_calibration_is_of_all_leads_together(data: TrainingData, segmented: LeadModel) -> None:
    assert segmented.out_of_sample is not None
    judged = segmented.out_of_sample
    by_source = judged.assign(source=data.columns["source"].to_numpy()[judged["row"]]).groupby("source")
    for _, part in by_source:
        if len(part) > 200:
            assert abs(part["propensity"].mean() - part["completed"].mean()) < 0.08


def test_it_is_kept_cloned_and_compared(
    tmp_path: Path, data: TrainingData, segmented: LeadModel, whole: LeadModel
) -> None:
    registry = ModelRegistry(tmp_path / "models")
    again = registry.load(registry.publish(segmented).model_id)
    frame = make_segmented(60, seed=4)
    assert again.metadata.segments == segmented.metadata.segments
    kept, own = (score_leads(frame, model, reasons=1) for model in (again, segmented))
    pd.testing.assert_frame_equal(kept, own)
    raw = frame.rename(columns=str.lower)
    refit = clone(segmented.pipeline).fit(raw, (frame["Won"] == "Yes").astype("int64"))
    assert refit.named_steps["model"].codes == segmented.pipeline.named_steps["model"].codes
    assert np.isfinite(refit.predict_proba(raw)).all()
    other = replace(whole, metadata=whole.metadata.model_copy(update={"model_id": "whole"}))
    settings = compare_runs([segmented, other]).settings.set_index("Setting")
    assert "Fair" in settings.at["Segment models", segmented.model_id]
    assert settings.at["Segment models", "whole"] == "none"
    challenge = challenge_champion(data, segmented, other, capacity=50)
    assert challenge.verdict == "better"
    assert challenge_champion(data, segmented, segmented, capacity=50).verdict == "the same"


def test_what_came_of_it_is_said(segmented: LeadModel) -> None:
    card = write_card(segmented.metadata, segmented.schema)
    assert re.search(r"- Segment models by Source: a model of its own for .*Fair \(n = \d+; AUC 0\.\d+ against", card)
    assert "1 value has fewer than 100 leads of either outcome" in card
    assert ModelMetadata.model_validate_json(segmented.metadata.model_dump_json()) == segmented.metadata


def test_where_none_is_better_there_is_one_model(schema: LeadSchema) -> None:
    model = fit_model(as_data(make_segmented(apart=False), schema), TrainingRequest(**ASKED, segments_by="source"))
    assert model.metadata.segments is not None
    assert model.metadata.segments.judged
    assert model.metadata.segments.levels == ()
    assert chosen_segments(model.metadata.segments, schema) is None
    assert not isinstance(model.classifier, SegmentClassifier)
    assert model.metadata.segments.sentences[0] == "Source: no value gets a model of its own."


def test_only_a_category_that_is_read_makes_segments(data: TrainingData) -> None:
    assert make_request(data, segments_by="Source").segments_by == "source"
    assert make_request(data).segments_by == ""
    for name, excluded in (("Visits", []), ("Source", ["Source"])):
        with pytest.raises(SchemaError, match="need a category that the model reads"):
            make_request(data, exclude=excluded, segments_by=name)
    with pytest.raises(SchemaError, match="'Sauce' is no column"):
        make_request(data, segments_by="Sauce")


def test_trees_of_a_segment_are_explained_exactly() -> None:
    rng = np.random.default_rng(1)
    leads = pd.DataFrame({"source__level": rng.integers(2, 5, 400).astype("float64"), "visits": rng.random(400)})
    won = (leads["visits"] + rng.normal(0, 0.3, 400) > 0.5).astype("int64")
    model = SegmentClassifier(LeadClassifier(**FEW_TREES), "source__level", (2, 9)).fit(leads, won)
    assert list(model.own_) == [2]  # no lead has the other
    np.testing.assert_allclose(model.contributions(leads).sum(axis=1), model.raw_margin(leads))
    held = leads["source__level"] == 2
    np.testing.assert_array_equal(model.raw_margin(leads)[held], model.own_[2].raw_margin(leads[held]))


def test_the_command_takes_a_column_and_says_what_came_of_it(run, few_trees, tmp_path: Path) -> None:
    make_segmented(400).to_csv(tmp_path / "segmented.csv", index=False)
    code, said, _ = run("train", tmp_path / "segmented.csv", "--label", "Won", "--segments-by", "source")
    assert code == 0
    assert "Segment models by Source: " in said
    code, _, error = run("train", tmp_path / "segmented.csv", "--label", "Won", "--segments-by", "Fee")
    assert code == 2
    assert "need a category" in error
