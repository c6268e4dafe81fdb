"""Training that knows who was called: what it leaves out, what stands for it, and of whom its figures speak."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, precision_score, recall_score, roc_auc_score

from leadscore_core.confidence import Z95
from leadscore_core.config import TargetMetrics
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.inference.discard_tradeoff import observed_curve
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.model_card import write_card
from leadscore_core.training.called import sample_weights
from leadscore_core.training.calls import Calls
from leadscore_core.training.evaluation.gates_and_curves import draw_curves, judge_gates
from leadscore_core.training.evaluation.metrics import compute_metrics, lift_by_decile
from leadscore_core.training.evaluation.threshold import choose_threshold
from leadscore_core.training.evaluation.weighted_auc import auc_error
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.starting_grades import propose_grades
from leadscore_core.training.train import fit_model
from leadscore_core.training.training_data import TrainingData, join_training_data, make_training_data
from leadscore_core.training.training_file import load_training_data, save_training_data
from leadscore_core.training.weights import weights_of
from tests.conftest import FEW_TREES

REQUEST = TrainingRequest(params=FEW_TREES | {"n_estimators": 12}, algorithm="lightgbm", n_repeats=1)


@pytest.fixture(scope="module")
def leads(sample: SampleLeads, schema: LeadSchema) -> TrainingData:
    return make_training_data(sample.labelled, schema, map_frame(sample.labelled, schema))


@pytest.fixture(scope="module")
def score(leads: TrainingData, trained: LeadModel) -> np.ndarray:
    return trained.propensity(leads.cleaned())


def with_calls(leads: TrainingData, called: np.ndarray, sample: np.ndarray | None = None) -> TrainingData:
    """Give leads what is known of the calls to them; of those put aside, nobody but the sample is called."""
    calls = Calls.unsaid(leads.label).by("Called", called)
    if sample is not None:
        aside = sample | (called == 0)
        calls = replace(calls, is_sample=sample, stands_for=sample_weights(sample, called, aside))
    return replace(leads, calls=calls).settled()


def test_what_was_all_called_trains_the_same_model(leads: TrainingData) -> None:
    few = leads.take(np.arange(len(leads)) < 700)
    plain = fit_model(few, REQUEST)
    called = fit_model(with_calls(few, np.ones(len(few))), REQUEST)
    assert np.array_equal(plain.propensity(few.cleaned()), called.propensity(few.cleaned()))
    assert plain.metadata.metrics == called.metadata.metrics
    assert called.metadata.calls is not None
    assert (called.metadata.calls.uncalled, called.metadata.among) == (0, "")
    assert plain.metadata.cautions == called.metadata.cautions


def test_leads_that_nobody_called_are_left_out_and_it_is_said_of_whom_figures_speak(
    leads: TrainingData, score: np.ndarray
) -> None:
    called = (score >= np.median(score)).astype("float64")
    data = with_calls(leads, called)
    model = fit_model(data, REQUEST)
    calls = model.metadata.calls
    assert calls is not None
    yes, known = leads.label == 1, ~np.isnan(leads.label)
    assert model.metadata.training_data.rows == int((known & (called == 1)).sum())
    assert calls.by_itself == int((yes & (called == 0)).sum())
    assert calls.uncalled == int((~yes & (called == 0)).sum())
    assert calls.called_auc is not None
    assert calls.called_auc > 0.9
    assert model.metadata.among == "among called leads"
    assert any("about called leads only" in text for text in model.metadata.cautions)
    card = write_card(model.metadata, model.schema)
    assert "that nobody called are left out: nobody knows what would have become of them" in card
    assert "Cross-validation, among called leads" in card


def test_calls_by_chance_leave_figures_that_speak_of_all_leads(leads: TrainingData) -> None:
    called = np.random.default_rng(1).integers(0, 2, len(leads)).astype("float64")
    metadata = fit_model(with_calls(leads, called), REQUEST).metadata
    assert metadata.calls is not None
    assert metadata.calls.uncalled > 300
    assert metadata.calls.called_auc is not None
    assert metadata.calls.called_auc < 0.55
    assert metadata.among == ""


def test_a_learning_sample_corrects_the_figures(leads: TrainingData, score: np.ndarray) -> None:
    aside = score < np.median(score)
    sample = aside & (np.random.default_rng(2).random(len(score)) < 0.2)
    called = (~aside | sample).astype("float64")
    truth = fit_model(leads, REQUEST).metadata.metrics["cross_validation"]
    naive = fit_model(with_calls(leads, called), REQUEST).metadata
    data = with_calls(leads, called, sample)
    metadata = fit_model(data, REQUEST).metadata
    calls, crossed = metadata.calls, metadata.metrics["cross_validation"]
    assert calls is not None
    assert calls.junk is not None
    assert calls.junk.low <= np.nanmean(leads.label[aside]) <= calls.junk.high
    assert calls.represented > 0.95
    assert metadata.among == ""
    for figure in ("auc", "base_rate"):
        off = abs(naive.metrics["cross_validation"][figure] - truth[figure])
        assert abs(crossed[figure] - truth[figure]) < off / 2
    assert metadata.training_data.base_rate == pytest.approx(np.nanmean(leads.label), abs=0.03)


def test_young_leads_are_unknown(leads: TrainingData) -> None:
    data = leads.settled(days=30)
    dates = leads.dates
    assert dates is not None
    young = (dates.max() - dates).dt.total_seconds().to_numpy() < 30 * 86_400
    assert data.calls is not None
    calls = data.calls.summary()
    assert (calls.young, calls.young_yes) == (int(young.sum()), int((young & (leads.label == 1)).sum()))
    assert len(data.known) == int((~young & ~np.isnan(leads.label)).sum())
    assert np.array_equal(data.settled(days=0).known.label, leads.known.label)
    assert calls.left_out().startswith(f"{calls.young:,} leads that are younger than 30 days are left out")


def test_calls_are_found_again_in_the_file_and_in_joined_leads(leads: TrainingData, tmp_path: Path) -> None:
    called = (np.arange(len(leads)) % 3 > 0).astype("float64")
    data = replace(with_calls(leads, called).settled(days=7), weight=np.full(len(leads), 2.0))
    save_training_data(data, tmp_path / "leads.parquet")
    again = load_training_data(tmp_path / "leads.parquet")
    assert again.calls is not None
    assert data.calls is not None
    assert again.calls.summary() == data.calls.summary()
    assert np.array_equal(again.weight, data.weight)
    both = join_training_data([data, leads])
    assert both.calls is not None
    assert both.calls.summary().unsaid == len(leads.settled(days=7).known)
    assert len(both.known) == len(data.known) + len(leads.settled(days=7).known)


def test_a_sample_counts_once_in_learning_and_in_full_in_figures(leads: TrainingData) -> None:
    sample = np.arange(len(leads)) % 20 == 0
    aside = np.arange(len(leads)) % 2 == 0
    known = with_calls(leads, (~aside | sample).astype("float64"), sample).known
    weights = weights_of(known)
    assert weights.learned is None
    assert weights.judged is not None
    assert max(weights.judged) == pytest.approx(10, rel=0.1)
    given = weights_of(replace(known, weight=np.full(len(known), 3.0)))
    assert given.calibrated is not None
    assert np.array_equal(given.calibrated, 3 * weights.judged)


def test_figures_of_weighted_leads_are_those_of_as_many_leads() -> None:
    rng = np.random.default_rng(3)
    p = rng.random(300).round(2)
    label = (rng.random(300) < p).astype("int64")
    weight = rng.integers(1, 6, 300)
    many, few = (
        compute_metrics(label.repeat(weight), p.repeat(weight), 0.4),
        compute_metrics(label, p, 0.4, None, weight),
    )
    for name in ("auc", "precision", "recall", "f1", "brier", "log_loss", "base_rate"):
        assert getattr(few, name) == pytest.approx(getattr(many, name)), name
    assert few.rows == 300
    assert few.auc == pytest.approx(roc_auc_score(label, p, sample_weight=weight))
    assert few.brier == pytest.approx(brier_score_loss(label, p, sample_weight=weight))
    assert few.recall == pytest.approx(recall_score(label, p >= 0.4, sample_weight=weight))
    assert few.precision == pytest.approx(precision_score(label, p >= 0.4, sample_weight=weight))
    targets = TargetMetrics(auc=0.5, precision=0.5, recall=0.5)
    assert choose_threshold(label, p, targets, weight) == choose_threshold(
        label.repeat(weight), p.repeat(weight), targets
    )
    assert propose_grades(p, label, weight).cold == pytest.approx(
        propose_grades(p.repeat(weight), label.repeat(weight)).cold
    )
    assert lift_by_decile(label, p, np.ones(300)) == lift_by_decile(label, p)
    parts = lift_by_decile(label, p, weight)
    assert sum(part["leads"] or 0 for part in parts) == 300
    assert parts[-1]["gain"] == pytest.approx(1)


def test_the_interval_of_a_weighted_auc_holds() -> None:
    """Of 4,000 leads the better half is called and a tenth of the others; the AUC of all lies in the interval."""
    covered, seeds = 0, 100
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        p = rng.beta(1, 2, 4_000)
        label = (rng.random(len(p)) < p).astype("int64")
        aside = p < np.median(p)
        sample = aside & (rng.random(len(p)) < 0.1)
        called = ~aside | sample
        weight = sample_weights(sample, called, aside)[called]
        found = roc_auc_score(label[called], p[called], sample_weight=weight)
        covered += abs(found - roc_auc_score(label, p)) <= Z95 * auc_error(label[called], p[called], weight)
    assert covered >= 0.93 * seeds
    ones = np.ones(len(p))
    assert auc_error(label, p, ones) == pytest.approx(auc_error(label, p), rel=0.01)


def test_what_junk_loses_and_every_gate_count_what_leads_stand_for(leads: TrainingData, score: np.ndarray) -> None:
    aside = score < np.quantile(score, 0.3)
    sample = aside & (np.arange(len(score)) % 4 == 0)
    model = fit_model(with_calls(leads, (~aside | sample).astype("float64"), sample), REQUEST)
    judged = model.out_of_sample
    assert judged is not None
    whole = judged.assign(stands_for=judged["stands_for"].round())
    whole = whole[whole["split"] == "cross_validation"]
    many = whole.loc[whole.index.repeat(whole["stands_for"].astype("int64"))].reset_index(drop=True)
    few, all_ = (observed_curve(one.reset_index(drop=True), score) for one in (whole, many.drop(columns="stands_for")))
    assert few["lost"].to_numpy() == pytest.approx(all_["lost"].to_numpy())
    plain = observed_curve(whole.drop(columns="stands_for"), score)
    assert few["lost"].iloc[300] > plain["lost"].iloc[300]
    gates = judge_gates(model.metadata.metrics, TargetMetrics(), judged, 0.5)
    assert all(gate.low < gate.value < gate.high for gate in gates[:3])
    curves = draw_curves(*(whole[name].to_numpy() for name in ("completed", "propensity", "stands_for")))
    repeated = draw_curves(many["completed"].to_numpy(), many["propensity"].to_numpy())
    assert np.interp(0.5, *curves["roc"].T.to_numpy()) == pytest.approx(
        np.interp(0.5, *repeated["roc"].T.to_numpy()), abs=0.01
    )
