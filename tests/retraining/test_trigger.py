"""When a retrain is proposed: outcomes that are new to the model in use, and how it did on them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.batches.save import save_batch
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining.trigger import propose_retraining
from leadscore_core.training.evaluation.holdout import evaluate_model
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES

LABEL = "app_complete_flag"


def keep(leads: pd.DataFrame, model: LeadModel, path: Path) -> None:
    leads.to_csv(path, index=False)
    save_batch(open_list(path, model.schema), model, name=path.stem)


def test_nothing_is_proposed_without_new_outcomes(
    registry: ModelRegistry, trained: LeadModel, sample: SampleLeads, tmp_path: Path
) -> None:
    assert propose_retraining() == propose_retraining(load_settings())
    assert not propose_retraining().is_worthwhile
    keep(sample.labelled, trained, tmp_path / "learned.csv")  # the model was trained on these
    due = propose_retraining()
    assert due.new_outcomes == 0
    assert due.auc is None


def test_enough_new_outcomes_are_a_reason_and_are_measured(
    registry: ModelRegistry, trained: LeadModel, sample: SampleLeads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(sample.kept_aside, trained, tmp_path / "later.csv")
    known = int(sample.kept_aside[LABEL].astype(str).isin(["0", "1"]).sum())
    monkeypatch.setenv("LEADSCORE_RETRAIN__NEW_OUTCOMES", str(known))
    due = propose_retraining()
    assert due.new_outcomes == known
    assert due.auc == pytest.approx(evaluate_model(sample.kept_aside, trained).metrics.auc)
    assert due.low < due.auc < due.high
    assert f"{known:,} leads with an outcome have come" in due.reasons[0]
    monkeypatch.setenv("LEADSCORE_RETRAIN__NEW_OUTCOMES", str(known + 1))
    assert not any("have come" in reason for reason in propose_retraining().reasons)


def test_outcomes_that_contradict_the_model_are_a_reason(
    registry: ModelRegistry, trained: LeadModel, sample: SampleLeads, tmp_path: Path
) -> None:
    flipped = sample.kept_aside.assign(**{LABEL: 1 - sample.kept_aside[LABEL].astype(int)})
    keep(flipped, trained, tmp_path / "flipped.csv")
    due = propose_retraining()
    assert due.is_worthwhile
    assert any("below the target of 0.821" in reason for reason in due.reasons)
    assert np.isfinite(due.auc)


def test_leads_without_dates_are_not_called_new(
    registry: ModelRegistry, sample: SampleLeads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSCORE_RETRAIN__NEW_OUTCOMES", "1")
    undated = sample.labelled.drop(columns="created_date")
    model = registry.publish(train_model(undated, params=FEW_TREES, n_repeats=1))
    registry.promote(model.model_id)
    keep(undated, model, tmp_path / "learned.csv")
    assert propose_retraining().new_outcomes == 0
    assert not propose_retraining().is_worthwhile
