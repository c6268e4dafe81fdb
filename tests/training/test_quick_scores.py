"""The quick scores are scikit-learn's, to the bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, precision_score, recall_score, roc_auc_score

from leadscore_core.training.evaluation.quick_scores import auc_of, brier_of, precision_at, recall_at


@given(seed=st.integers(0, 10_000), rows=st.integers(2, 700), digits=st.sampled_from([0, 1, 2, 15]))
def test_they_are_those_of_scikit_learn(seed: int, rows: int, digits: int) -> None:
    rng = np.random.default_rng(seed)
    label = (rng.random(rows) < rng.random()).astype("int64")
    label[:2] = 0, 1
    propensity = rng.beta(1, 2, rows).round(digits)  # of few digits there are many ties
    above = propensity >= np.median(propensity)
    weight = rng.uniform(0.5, 3, rows)
    assert auc_of(label, propensity) == roc_auc_score(label, propensity)
    assert auc_of(label, -propensity) == roc_auc_score(label, -propensity)
    assert brier_of(label, propensity) == brier_score_loss(label, propensity)
    assert brier_of(label, propensity, weight) == brier_score_loss(label, propensity, sample_weight=weight)
    assert precision_at(label, above) == precision_score(label, above)
    assert recall_at(label, above) == recall_score(label, above)


@pytest.mark.parametrize("outcome", [0, 1])
def test_one_outcome_alone_has_no_auc(outcome: int) -> None:
    with pytest.raises(ValueError, match="leads of both outcomes"):
        auc_of(np.full(9, outcome), np.linspace(0, 1, 9))
