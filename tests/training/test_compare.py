"""Champion against challenger: DeLong and bootstrap agree, null challengers are hardly ever called better."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit
from sklearn.metrics import brier_score_loss, precision_score, recall_score, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from leadscore_core.config import TargetMetrics
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.evaluation import paired_tests as compare_module
from leadscore_core.training.evaluation.champion_challenger import challenge_champion
from leadscore_core.training.evaluation.drawn_figures import DrawnFigures
from leadscore_core.training.evaluation.gates_and_curves import at_threshold, draw_curves, judge_gates, judge_groups
from leadscore_core.training.evaluation.metrics import average_metrics, compute_metrics
from leadscore_core.training.evaluation.paired_tests import (
    FoldNames,
    compare_models,
    count_grade_changes,
    delong,
    losing_groups,
    mean_difference,
)
from leadscore_core.training.train import train_model
from leadscore_core.training.training_data import TrainingData, make_training_data
from tests.conftest import FEW_TREES
from tests.paths import IS_SOAK

LABEL = "app_complete_flag"
NULL_CHALLENGERS = 200 if IS_SOAK else 60


def pair(seed: int, rows: int = 1_200, better: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return outcomes and two models' propensities, the second closer to the truth by some."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1.5, rows)
    label = (rng.random(rows) < expit(truth)).astype("int64")
    first = expit(truth + rng.normal(0, 1.0, rows))
    second = expit(truth + rng.normal(0, 1.0 - better, rows))
    return label, first, second


def test_auc_and_its_difference_equal_scikit_learns() -> None:
    label, first, second = pair(0)
    difference, error, p = delong(label, first, second)
    assert difference == pytest.approx(roc_auc_score(label, second) - roc_auc_score(label, first))
    assert 0 < error < 0.05
    assert 0 <= p <= 1


def test_delong_and_the_paired_bootstrap_agree() -> None:
    label, first, second = pair(1, better=0.4)
    found = compare_models(label, first, second, thresholds=(0.5, 0.5), capacity=200, draws=1_000)
    auc = found.differences[0]
    assert auc.low == pytest.approx(found.delong_low, abs=0.003)
    assert auc.high == pytest.approx(found.delong_high, abs=0.003)
    assert found.verdict == "better"


def test_figures_equal_scikit_learns() -> None:
    label, first, second = pair(2)
    found = compare_models(label, first, second, thresholds=(0.4, 0.6), capacity=300, draws=20)
    by_name = {d.name: d for d in found.differences}
    assert by_name["precision"].champion == pytest.approx(precision_score(label, first >= 0.4))
    assert by_name["recall"].challenger == pytest.approx(recall_score(label, second >= 0.6))
    assert by_name["brier"].challenger == pytest.approx(brier_score_loss(label, second))
    best = np.argsort(-second, kind="stable")[:300]
    assert by_name["gained"].challenger == label[best].sum()


@pytest.mark.parametrize("digits", [1, 15])
def test_a_drawn_sample_has_the_figures_that_scikit_learn_gives(digits: int) -> None:
    label, first, _ = pair(7)
    first = first.round(digits)  # of few digits there are many ties
    half, whole = np.full(len(label), 0.5), np.arange(len(label))
    rows = np.random.default_rng(0).integers(0, len(label), len(label))
    drawn = DrawnFigures(label, first, half, [whole], 200).of([rows])
    of_rows = compare_module._figures(label[rows], first[rows], half, ())
    assert drawn[:4] == pytest.approx(of_rows)
    best = np.sort(first[rows])[-200]
    surely, at_most = (label[rows][first[rows] > best].sum(), label[rows][first[rows] >= best].sum())
    assert surely <= drawn[4] <= at_most
    folds, draws = [whole[:500], whole[500:]], [rows[rows < 500], rows[rows >= 500] - 500]
    own = [fold[draw] for fold, draw in zip(folds, draws, strict=True)]
    each = [compare_module._figures(label[rows], first[rows], half[rows], ()) for rows in own]
    assert DrawnFigures(label, first, half, folds, 200).of(draws)[:4] == pytest.approx(np.mean(each, axis=0))


def test_figures_of_months_are_means_over_them_as_in_the_verdict() -> None:
    label, first, second = pair(8, rows=900)
    months = np.repeat(["2026-01", "2026-02", "2026-03"], 300)
    thresholds = np.repeat([0.4, 0.5, 0.6], 300)
    found = compare_models(
        label,
        first,
        second,
        thresholds=(0.5, thresholds),
        capacity=50,
        folds=FoldNames(months, are_months=True),
        draws=50,
    )
    by_name = {d.name: d for d in found.differences}
    own = [months == month for month in np.unique(months)]
    assert [fold["fold"] for fold in found.by_fold] == ["2026-01", "2026-02", "2026-03"]
    assert np.mean([fold["value"] for fold in found.by_fold]) == pytest.approx(by_name["auc"].value)
    assert by_name["auc"].champion == pytest.approx(np.mean([roc_auc_score(label[m], first[m]) for m in own]))
    precisions = [precision_score(label[m], second[m] >= thresholds[m]) for m in own]
    assert by_name["precision"].challenger == pytest.approx(np.mean(precisions))
    assert by_name["auc"].low <= found.delong_low < found.delong_high <= by_name["auc"].high


def test_months_that_differ_widen_the_interval() -> None:
    errors, differ = np.full(4, 0.01), np.array([-0.08, 0.12, -0.03, 0.07])
    by_leads = (0.02 - 1.96 * 0.005, 0.02 + 1.96 * 0.005)
    assert mean_difference(np.full(4, 0.02), errors, are_months=True)[1:3] == pytest.approx(by_leads, abs=1e-4)
    assert mean_difference(differ, errors, are_months=False)[1:3] == pytest.approx(by_leads, abs=1e-4)
    by_months = stats.ttest_1samp(differ, 0)
    _, low, high, p = mean_difference(differ, errors, are_months=True)
    assert (low, high) == pytest.approx(tuple(by_months.confidence_interval(0.95)))
    assert p == pytest.approx(by_months.pvalue)


def test_of_null_challengers_at_most_5_percent_are_called_better() -> None:
    verdicts = []
    for seed in range(NULL_CHALLENGERS):
        label, first, second = pair(seed, rows=400)
        verdicts.append(compare_models(label, first, second, thresholds=(0.5, 0.5), capacity=50, draws=100).verdict)
    assert np.mean([v == "better" for v in verdicts]) <= 0.05
    assert np.mean([v == "the same" for v in verdicts]) >= 0.9


def test_the_same_model_is_the_same() -> None:
    label, first, _ = pair(3)
    found = compare_models(label, first, first, thresholds=(0.5, 0.5), capacity=50, draws=20)
    assert found.verdict == "the same"
    assert found.delong_p == 1.0
    assert all(d.value == 0 for d in found.differences)


def test_one_outcome_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="both outcomes"):
        compare_models(np.ones(9), np.ones(9), np.ones(9), thresholds=(0.5, 0.5), capacity=1)


def test_count_grade_changes_count_every_lead_once() -> None:
    _, first, second = pair(4)
    moves = count_grade_changes(first, second, (0.65, 0.4, 0.1))
    assert moves.to_numpy().sum() == len(first)
    assert moves.loc["Hot"].sum() == (first >= 0.65).sum()
    assert moves["Junk"].sum() == (second < 0.1).sum()


def test_a_group_that_loses_is_found() -> None:
    label, first, second = pair(5, rows=4_000)
    group = pd.Series(np.where(np.arange(4_000) % 4 == 0, "north", "south"))
    spoilt = np.where(group == "north", 0.5, second)
    found = losing_groups(group, label, first, spoilt)
    assert found["group"].iloc[0] == "north"
    assert found["low"].iloc[0] > 0


def test_gates_thresholds_and_groups_have_scikit_learns_figures() -> None:
    label, first, _ = pair(6)
    result = pd.DataFrame({"split": "cross_validation", "fold": "1", "propensity": first, "completed": label})
    block = average_metrics([compute_metrics(label, first, 0.5)], "one fold")
    wanted = TargetMetrics(auc=0.7, precision=0.99, recall=0.1)
    gates = {g.name: g for g in judge_gates({"cross_validation": block}, wanted, result, 0.5)}
    assert gates["auc"].value == pytest.approx(roc_auc_score(label, first))
    assert gates["precision"].value == pytest.approx(precision_score(label, first >= 0.5))
    assert [gates[n].is_met for n in ("auc", "precision", "recall")] == [True, False, True]
    assert all(g.low < g.value < g.high for g in gates.values())
    assert gates["recall"].low == pytest.approx(
        proportion_confint(recall_score(label, first >= 0.5) * label.sum(), label.sum(), method="wilson")[0]
    )
    at = at_threshold(label, first, 0.5)
    assert at["recall"] == pytest.approx(recall_score(label, first >= 0.5))
    assert at_threshold(label, first, 1.1)["precision"] is None
    table = judge_groups(pd.Series(["a"] * 600 + ["b"] * 560 + ["few"] * 40), label, first, 0.5)
    assert table["group"].tolist() == table.sort_values("auc")["group"].tolist()
    assert set(table["group"]) == {"a", "b"}
    curves = draw_curves(label, first)
    assert curves["calibration"]["n"].sum() == len(label)
    assert curves["scores"][["completed", "not_completed"]].to_numpy().sum() == len(label)


@pytest.fixture(scope="module")
def dated(sample: SampleLeads) -> TrainingData:
    return make_training_data(sample.labelled, load_schema(), map_frame(sample.labelled, load_schema()))


def test_of_the_same_leads_both_are_judged_by_what_they_kept_of_the_months(
    dated: TrainingData, trained: LeadModel, sample: SampleLeads, usual_folds: None
) -> None:
    result = challenge_champion(dated, trained, trained, capacity=100)
    assert (result.basis, result.beside[0]["basis"]) == ("forward_out_of_fold", "out_of_fold")
    assert result.verdict == "the same"
    assert result.figures[0]["value"] == 0
    following = trained.metadata.metrics["next_period"]
    assert result.figures[0]["champion"] == pytest.approx(following["auc"]), "the figure of the verdict's table"
    assert result.figures[1]["challenger"] == pytest.approx(following["precision"])
    moved = pd.DataFrame(result.grade_changes).to_numpy()
    assert moved.sum() == np.trace(moved) == len(dated)
    stunted = train_model(sample.labelled, params=FEW_TREES | {"n_estimators": 2}, n_repeats=1)
    worse = challenge_champion(dated, stunted, trained, capacity=100)
    assert worse.verdict == "worse"
    assert worse.figures[0]["champion"] == pytest.approx(following["auc"])


def test_a_column_left_out_changes_grades_as_much_as_it_does_of_new_leads(
    dated: TrainingData, trained: LeadModel, sample: SampleLeads, usual_folds: None
) -> None:
    poorer = train_model(sample.labelled, params=FEW_TREES, n_repeats=1, excluded={"first_platform_c": "it leaks"})
    assert "first_platform_c" not in [c.name for c in poorer.schema.inputs]
    result = challenge_champion(dated, poorer, trained, capacity=100)
    assert result.figures[0]["champion"] == pytest.approx(trained.metadata.metrics["next_period"]["auc"])
    assert result.figures[0]["value"] != 0, "the model in use goes on reading the column"
    (note,) = result.notes
    assert note.startswith("The model in use reads First platform, which is left out here.")
    moves = pd.DataFrame(result.grade_changes).to_numpy()
    share = 1 - np.trace(moves) / moves.sum()
    cut = [trained.metadata.grades.cold, trained.metadata.grades.warm, trained.metadata.grades.hot]
    new_leads = make_training_data(sample.kept_aside, load_schema(), map_frame(sample.kept_aside, load_schema()))
    new = [np.digitize(m.propensity(new_leads.cleaned(m.schema)), cut) for m in (trained, poorer)]
    of_new_leads = float(np.mean(new[0] != new[1]))
    assert of_new_leads > 0.05
    assert share == pytest.approx(of_new_leads, abs=0.1)


def test_a_column_that_the_file_lacks_is_not_refitted_away(
    trained: LeadModel, sample: SampleLeads, usual_folds: None
) -> None:
    lacking = sample.labelled.drop(columns="first_platform_c")
    data = make_training_data(lacking, load_schema(), map_frame(lacking, load_schema()))
    poorer = train_model(lacking, params=FEW_TREES, n_repeats=1)
    result = challenge_champion(data, poorer, trained, capacity=100)
    assert result.basis == "forward_out_of_fold", "its own predictions are found again by the leads' ids"
    assert result.figures[0]["champion"] == pytest.approx(trained.metadata.metrics["next_period"]["auc"])
    assert result.figures[0]["value"] != 0
    assert any("reads First platform, which these leads lack" in note for note in result.notes)
    assert trained.out_of_sample is not None
    keys = [name for name in trained.out_of_sample if str(name).startswith("key_")]
    older = replace(trained, out_of_sample=trained.out_of_sample.drop(columns=keys))
    result = challenge_champion(data, poorer, older, capacity=100)
    assert result.not_applicable.startswith("The model in use reads First platform, which these leads lack")


def test_leads_that_the_champion_has_not_seen_are_judged_by_month_and_folds_stand_beside(
    trained: LeadModel, sample: SampleLeads
) -> None:
    other = pd.concat([sample.labelled, sample.kept_aside], ignore_index=True)
    data = make_training_data(other, load_schema(), map_frame(other, load_schema()))
    challenger = train_model(other, params=FEW_TREES, n_repeats=1)
    result = challenge_champion(data, challenger, trained, capacity=100)
    assert result.basis == "forward_refit"
    assert "a refit of its recipe stands for it" in result.judged_on
    (beside,) = result.beside
    assert beside["basis"] == "unseen"
    assert 80 <= beside["rows"] < len(other)


def test_of_months_that_follow_those_count_before_which_more_was_learned(sample: SampleLeads) -> None:
    frame = sample.labelled
    months = pd.to_datetime(frame["created_date"], errors="coerce", format="mixed").dt.to_period("M")
    known = sorted(months.dropna().unique())
    early = train_model(frame[months <= known[1]], params=FEW_TREES, n_repeats=1)
    late = train_model(frame, params=FEW_TREES, n_repeats=1)
    data = make_training_data(frame, load_schema(), map_frame(frame, load_schema()))
    result = challenge_champion(data, late, early, capacity=100)
    assert result.basis == "forward"
    judged = [fold["fold"] for fold in result.by_fold]
    assert str(known[2]) not in judged, "of the first month after it both know the same leads"
    assert set(judged) < set(late.metadata.metrics["next_period"]["months"])
    upto = frame[months <= known[2]]
    short = train_model(upto, params=FEW_TREES, n_repeats=1)
    data = make_training_data(upto, load_schema(), map_frame(upto, load_schema()))
    alone = challenge_champion(data, short, early, capacity=100)
    assert [fold["fold"] for fold in alone.by_fold] == [str(known[2])]
    assert alone.figures[0]["value"] == pytest.approx(0, abs=1e-9)


def test_without_dates_the_folds_decide_and_a_refit_is_called_one(sample: SampleLeads) -> None:
    undated = sample.labelled.drop(columns="created_date")
    model = train_model(undated, params=FEW_TREES, n_repeats=1)
    data = make_training_data(undated, load_schema(), map_frame(undated, load_schema()))
    result = challenge_champion(data, model, model, capacity=100)
    assert (result.basis, result.beside) == ("out_of_fold", [])
    more = pd.concat([undated, undated.head(60)], ignore_index=True)
    again = make_training_data(more, load_schema(), map_frame(more, load_schema()))
    newer = train_model(more, params=FEW_TREES, n_repeats=1)
    assert challenge_champion(again, newer, model, capacity=100).basis == "out_of_fold", (
        "its leads are known by their ids"
    )
    assert model.out_of_sample is not None
    keys = [name for name in model.out_of_sample if str(name).startswith("key_")]
    older = replace(model, out_of_sample=model.out_of_sample.drop(columns=keys))
    refit = challenge_champion(again, newer, older, capacity=100)
    assert refit.basis == "refit"
    assert "so a refit of its recipe in the same folds stands for it" in refit.judged_on
    assert "both models as they stand" in refit.grade_changes_on


def test_a_label_shuffled_at_random_gives_an_auc_of_a_half(sample: SampleLeads) -> None:
    rng = np.random.default_rng(0)
    shuffled = sample.labelled.assign(**{LABEL: rng.permutation(sample.labelled[LABEL].to_numpy())})
    model = train_model(shuffled, params=FEW_TREES, n_repeats=1)
    gates = judge_gates(model.metadata.metrics, TargetMetrics(), model.out_of_sample, model.metadata.threshold)
    auc = next(g for g in gates if g.split == "cross_validation" and g.name == "auc")
    assert auc.low - 0.01 <= 0.5 <= auc.high + 0.01
    assert not model.metadata.meets_targets
