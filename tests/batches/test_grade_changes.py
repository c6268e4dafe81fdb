"""What putting a model to use does to the grades of a kept list, foretold and then seen."""

import numpy as np
import pandas as pd
import pytest

from leadscore_core.batches import grade_changes
from leadscore_core.batches.grade_changes import foresee_grades
from leadscore_core.batches.save import rescore_batch
from leadscore_core.config import GradeRule, GradeShares, load_settings
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.inference.grades import GRADES, grade_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.preferences import grade_preference
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES


@pytest.fixture(scope="module")
def poorer(sample: SampleLeads) -> LeadModel:
    return train_model(sample.labelled, params=FEW_TREES, n_repeats=1, excluded={"first_platform_c": "asked"})


def graded(batch: Batch, model: LeadModel) -> np.ndarray:
    scores = pd.read_parquet(batch.scores_path).sort_values("ls_row")["ls_propensity"].to_numpy()
    thresholds = grade_preference(load_settings(), model.schema).current().value.thresholds
    return np.asarray(grade_leads(scores, thresholds))


def test_what_is_foretold_is_what_scoring_again_does(batch: Batch, trained: LeadModel, poorer: LeadModel) -> None:
    assert foresee_grades(batch, trained).changed == 0
    found = foresee_grades(batch, poorer)
    before, after = graded(batch, trained), graded(rescore_batch(batch, poorer), poorer)
    assert 0 < found.changed == (before != after).sum()
    assert found.counts.loc["Hot"].sum() == (before == "Hot").sum()
    assert found.counts["Junk"].sum() == (after == "Junk").sum()


def test_grades_by_share_keep_their_shares(batch: Batch, poorer: LeadModel) -> None:
    rule = GradeRule(by="share", shares=GradeShares(hot=0.1, warm=0.2, cold=0.3))
    grade_preference(load_settings(), poorer.schema).save(rule, based_on=0, author="Anna")
    found = foresee_grades(batch, poorer)
    shares = found.counts.sum(axis=0) / found.leads
    assert shares[list(GRADES)].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.03)


def test_of_a_long_list_an_even_choice_is_looked_at(
    batch: Batch, poorer: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = foresee_grades(batch, poorer)
    monkeypatch.setattr(grade_changes, "MOST_COMPARED", 40)
    some = foresee_grades(batch, poorer)
    assert 20 <= some.leads <= 40 < whole.leads
    assert some.counts.to_numpy().sum() == some.leads
