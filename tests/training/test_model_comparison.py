"""Models side by side: what differs, and folds that are paired where they are the same."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.evaluation.model_comparison import compare_runs
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES


@pytest.fixture(scope="module")
def other(sample: SampleLeads, usual_folds: None) -> LeadModel:
    """The same leads and folds, with fewer leaves and without the city."""
    params = FEW_TREES | {"num_leaves": 5}
    model = train_model(sample.labelled, params=params, n_repeats=1, excluded={"city_mapped": "for this test"})
    return replace(model, metadata=model.metadata.model_copy(update={"model_id": "other"}))


def test_only_what_differs_is_marked(trained: LeadModel, other: LeadModel) -> None:
    result = compare_runs([trained, other])
    differs = result.settings[result.settings["differs"]].set_index("Setting")
    assert differs.at["num_leaves", trained.model_id] == "31"
    assert differs.at["num_leaves", "other"] == "5"
    assert differs.at["Left out", "other"] == "city_mapped"
    same = result.settings[~result.settings["differs"]].set_index("Setting")
    assert {"Leads", "Data", "learning_rate", "lightgbm"} <= set(same.index)


def test_figures_are_those_of_the_models(trained: LeadModel, other: LeadModel) -> None:
    figures = compare_runs([trained, other]).figures.set_index("Figure")
    assert figures.at["AUC, folds", "other"] == other.metadata.metrics["cross_validation"]["auc"]
    assert figures.at["Recall, next period", trained.model_id] == trained.metadata.metrics["next_period"]["recall"]


def test_the_same_folds_are_paired(trained: LeadModel, other: LeadModel) -> None:
    result = compare_runs([trained, other])
    assert result.folds is not None
    first = other.out_of_sample[other.out_of_sample["fold"] == "fold 1"]
    assert result.folds["other"].iloc[0] == pytest.approx(roc_auc_score(first["completed"], first["propensity"]))
    gap, low, high = result.paired["other"]
    assert gap == pytest.approx((result.folds["other"] - result.folds[trained.model_id]).mean())
    assert low < gap < high


def test_other_leads_are_not_paired(trained: LeadModel, other: LeadModel) -> None:
    data = other.metadata.training_data.model_copy(update={"sha256": "another"})
    elsewhere = replace(other, metadata=other.metadata.model_copy(update={"training_data": data}))
    result = compare_runs([trained, elsewhere])
    assert result.folds is None
    assert result.paired == {}
    assert np.isfinite(result.figures[trained.model_id].iloc[0])


@pytest.mark.parametrize("many", [1, 6])
def test_two_to_five_models_are_compared(trained: LeadModel, many: int) -> None:
    with pytest.raises(LeadScoreError, match=f"2 to 5 models to compare; {many} are chosen"):
        compare_runs([trained] * many)
