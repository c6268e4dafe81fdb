import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from leadscore_core.config import TargetMetrics
from leadscore_core.training.evaluation.metrics import average_metrics, compute_metrics, lift_by_decile, meets_targets
from leadscore_core.training.evaluation.threshold import choose_threshold


@pytest.fixture(scope="module")
def judged() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    propensity = rng.beta(1.2, 1.1, 3_000)
    return (rng.random(3_000) < propensity).astype("int64"), propensity


def test_every_figure_equals_scikit_learns(judged: tuple[np.ndarray, np.ndarray]) -> None:
    label, propensity = judged
    ours = compute_metrics(label, propensity, 0.4)
    predicted = propensity >= 0.4
    assert ours.auc == reference.roc_auc_score(label, propensity)
    assert ours.precision == reference.precision_score(label, predicted)
    assert ours.recall == reference.recall_score(label, predicted)
    assert ours.f1 == reference.f1_score(label, predicted)
    assert ours.brier == reference.brier_score_loss(label, propensity)
    assert ours.log_loss == reference.log_loss(label, propensity)
    matrix = reference.confusion_matrix(label, predicted)
    assert list(ours.confusion.values()) == [matrix[1, 1], matrix[0, 1], matrix[1, 0], matrix[0, 0]]


def test_lift_and_gain_add_up(judged: tuple[np.ndarray, np.ndarray]) -> None:
    label, propensity = judged
    table = lift_by_decile(label, propensity)
    assert [part["leads"] for part in table] == [300] * 10
    assert table[-1]["gain"] == 1
    assert np.mean([part["lift"] for part in table]) == pytest.approx(1)
    top = label[np.argsort(-propensity)[:300]]
    assert table[0]["rate"] == top.mean()
    assert table[0]["gain"] == pytest.approx(top.sum() / label.sum())


@given(st.permutations(range(40)))
def test_figures_do_not_depend_on_the_order_of_leads(order: list[int]) -> None:
    rng = np.random.default_rng(1)
    label, propensity = np.arange(40) % 2, rng.random(40)
    ours, moved = (compute_metrics(label[o], propensity[o], 0.5) for o in (list(range(40)), order))
    for name in ("auc", "precision", "recall", "f1", "brier", "log_loss"):
        assert getattr(moved, name) == pytest.approx(getattr(ours, name))


def test_what_does_not_exist_is_said() -> None:
    ours = compute_metrics(np.zeros(5, dtype=int), np.full(5, 0.2), 0.5)
    assert (ours.auc, ours.precision, ours.recall, ours.f1) == (None, None, None, None)
    assert len(ours.notes) == 4
    assert ours.brier == pytest.approx(0.04)
    assert not meets_targets(ours, TargetMetrics())


def test_the_threshold_has_the_most_slack(judged: tuple[np.ndarray, np.ndarray]) -> None:
    label, propensity = judged
    targets = TargetMetrics()

    def slack(threshold: float) -> float:
        ours = compute_metrics(label, propensity, threshold)
        return min((ours.precision or 0) - targets.precision, (ours.recall or 0) - targets.recall)

    best = slack(choose_threshold(label, propensity, targets))
    assert all(best >= slack(threshold) for threshold in np.linspace(0.01, 0.99, 99))


@pytest.mark.parametrize(
    ("auc", "precision", "recall", "met"),
    [(0.83, 0.71, 0.83, True), (0.821, 0.71, 0.83, False), (0.83, 0.70, 0.83, False), (0.83, 0.71, 0.82, False)],
)
def test_targets_are_met_all_at_once_or_not(auc: float, precision: float, recall: float, met: bool) -> None:
    assert meets_targets({"auc": auc, "precision": precision, "recall": recall}, TargetMetrics()) is met


def test_averages_carry_their_spread(judged: tuple[np.ndarray, np.ndarray]) -> None:
    label, propensity = judged
    blocks = [compute_metrics(label[i::2], propensity[i::2], 0.4) for i in (0, 1)]
    block = average_metrics(blocks, "halves")
    assert block["rows"] == 3_000
    assert block["auc"] == pytest.approx(np.mean([b.auc for b in blocks]))
    assert block["auc_std"] == pytest.approx(np.std([b.auc for b in blocks]))
    assert block["split"] == "halves"
    assert block["confusion"] == {k: sum(b.confusion[k] for b in blocks) for k in blocks[0].confusion}
    assert block["deciles"][0]["lift"] == pytest.approx(np.mean([b.deciles[0]["lift"] for b in blocks]))
    assert block["deciles"][-1]["gain"] == pytest.approx(1)
