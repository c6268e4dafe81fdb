"""From a hundred leads on a model is useful: no worse than the better of its parts, and no surer than it may be."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.few_leads import OdooScoring, judge_draws
from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.inference import build_schema, propose_schema
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import NotEnoughDataError
from leadscore_core.model.algorithms import usual_algorithm
from leadscore_core.model.classifier import LeadClassifier
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.model_card import write_card
from leadscore_core.pipelines.training import compare_algorithms
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.train import train_model
from leadscore_core.training.training_data import make_training_data
from tests.companies.trades import HONEST
from tests.conftest import FEW_TREES
from tests.paths import IS_SOAK

DRAWS = 50 if IS_SOAK else 5
ROWS = (100, 200, 500, 1_000) if IS_SOAK else (100, 300)
COMPANIES = [company for company in HONEST if company.base_rate >= 0.1]


def few(sample: SampleLeads, rows: int, completed: int) -> pd.DataFrame:
    """Return so many leads of which so many completed, in the list's order."""
    label = sample.labelled["app_complete_flag"].astype("str").isin(["1", "1.0"])
    taken = [*label.index[label][:completed], *label.index[~label][: rows - completed]]
    return sample.labelled.loc[sorted(taken)].reset_index(drop=True)


@pytest.fixture(scope="module")
def rare(sample: SampleLeads, schema: LeadSchema) -> LeadModel:
    """Of a hundred leads, of which five completed."""
    return train_model(few(sample, 100, 5), schema, n_repeats=1)


def test_a_hundred_leads_with_five_of_an_outcome_are_enough(rare: LeadModel) -> None:
    metadata = rare.metadata
    assert metadata.training_data.rows == 100
    assert metadata.algorithm == "blend"
    assert metadata.has_exact_reasons
    assert metadata.calibration["method"] == "none"
    assert 0 < metadata.threshold < 1
    assert any("It learned from 100 leads only" in caution for caution in metadata.cautions)


@pytest.mark.parametrize(("rows", "completed", "said"), [(100, 4, "4 of 5 needed"), (99, 39, "5 of each among 100")])
def test_fewer_are_refused_with_have_and_need(
    sample: SampleLeads, schema: LeadSchema, rows: int, completed: int, said: str
) -> None:
    with pytest.raises(NotEnoughDataError, match=said):
        train_model(few(sample, rows, completed), schema)


def test_it_is_kept_and_scores_and_explains_each_lead_alone(
    rare: LeadModel, sample: SampleLeads, schema: LeadSchema, tmp_path: Path
) -> None:
    registry = ModelRegistry(tmp_path)
    published = registry.publish(rare, {})
    loaded = registry.load(published.model_id)
    cleaned = clean_leads(sample.new, schema)
    propensity = loaded.propensity(cleaned)
    assert np.array_equal(propensity, rare.propensity(cleaned))
    assert [loaded.propensity(cleaned.iloc[[row]])[0] for row in range(20)] == propensity[:20].tolist()
    parts = loaded.contributions(cleaned)
    assert np.allclose(1 / (1 + np.exp(-parts.sum(axis=1))), propensity)
    card = write_card(loaded.metadata, schema)
    assert "chosen inside the folds since the leads are few" in card
    assert "sampled" not in card
    assert json.loads((tmp_path / published.model_id / "metadata.json").read_text())["algorithm"] == "blend"


def test_settings_that_somebody_gives_and_many_leads_are_lightgbms(sample: SampleLeads, schema: LeadSchema) -> None:
    settled = train_model(few(sample, 200, 80), schema, params=FEW_TREES, n_repeats=1)
    assert settled.metadata.algorithm == "lightgbm"
    assert isinstance(settled.pipeline[-1], LeadClassifier)
    assert (usual_algorithm(1_000), usual_algorithm(1_001)) == ("blend", "lightgbm")


def test_the_default_is_no_worse_than_its_parts_and_better_than_the_base_rate() -> None:
    tables = []
    for company in COMPANIES if IS_SOAK else COMPANIES[:2]:
        frame = company.make(0, rows=2_000)
        schema = build_schema(propose_schema(frame, company.label), "company")
        known = make_training_data(frame, schema, map_frame(frame, schema)).known
        found = judge_draws(known.cleaned(schema), known.outcome, schema, ROWS, DRAWS)
        tables.append(found.assign(company=company.name))
    table = pd.concat(tables)
    auc = table.pivot_table(index=["company", "rows"], columns="name", values="auc")
    lost = auc[["logistic", "lightgbm"]].max(axis=1) - auc["blend"]
    assert lost.groupby("rows").mean().max() <= 0.005, lost
    assert table.loc[table["name"] == "blend", "beats_base_rate"].mean() >= 0.95


def test_of_few_leads_the_blend_is_compared_as_well(sample: SampleLeads, schema: LeadSchema) -> None:
    frame = few(sample, 100, 40)
    data = make_training_data(frame, schema, map_frame(frame, schema))
    board = compare_algorithms(data, TrainingRequest())
    assert set(board.table["name"]) == {"logistic", "forest", "hist", "blend", "lightgbm"}


def test_odoos_scoring_is_its_formula() -> None:
    leads = pd.DataFrame({"source": ["web", "web", "fair", None], "land": ["DE", "FR", "FR", "FR"]}, dtype="str")
    model = OdooScoring(["source", "land"]).fit(leads, np.array([1, 0, 0, 1]))
    asked = pd.DataFrame({"source": ["web", "phone"], "land": ["DE", "FR"]}, dtype="str")
    won = 0.5 * (1.1 / 1.2) * (1.1 / 2.2)
    lost = 0.5 * (1.1 / 2.2) * (0.1 / 2.2)
    unseen_won, unseen_lost = 0.5 * (1.1 / 2.2), 0.5 * (2.1 / 2.2)
    wanted = [won / (won + lost), unseen_won / (unseen_won + unseen_lost)]
    assert model.propensity(asked) == pytest.approx(wanted)
