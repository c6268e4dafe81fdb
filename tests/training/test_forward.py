"""Forward in time: a challenger trained on the champion's future is worth what later months show, not what folds do."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from leadscore_core.confidence import Z95
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.inference import build_schema, propose_schema
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.evaluation.champion_challenger import challenge_champion
from leadscore_core.training.evaluation.paired_tests import FoldNames, compare_models, mean_difference
from leadscore_core.training.train import train_model
from leadscore_core.training.training_data import make_training_data
from tests.conftest import FEW_TREES
from tests.paths import IS_SOAK

SEEDS = 100
SOURCES = np.array([f"Source {n}" for n in range(8)])
WORTH = np.linspace(-1.2, 1.2, len(SOURCES))
DRIFT = 0.6


def effects(seed: int, months: int) -> np.ndarray:
    """What each source is worth more or less in each month, of which no month tells another."""
    return np.random.default_rng(seed).normal(0, DRIFT, (months, len(SOURCES)))


def draw(rng: np.random.Generator, effect: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return source, visits and outcome of a month's leads."""
    source, visits = rng.integers(0, len(SOURCES), rows), rng.normal(size=rows)
    margin = WORTH[source] + effect[source] + 0.8 * visits - 0.5
    return source, visits, (rng.random(rows) < expit(margin)).astype("int64")


def area(label: np.ndarray, score: np.ndarray) -> float:
    """The AUC by ranks, for thousands of them."""
    ranks, m = rankdata(score), label.sum()
    return float((ranks[label == 1].sum() - m * (m + 1) / 2) / (m * (len(label) - m)))


def test_the_interval_covers_what_later_months_show_in_93_of_100_seeds() -> None:
    """The champion has learned the sources less well than the challenger; months differ by themselves."""
    covered = by_leads_alone = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(1_000 + seed)
        learned = WORTH + rng.normal(0, 0.7, len(SOURCES))
        differences = []
        for effect in effects(seed, 20):
            source, visits, label = draw(rng, effect, 1_500)
            old, new = (area(label, worth[source] + 0.8 * visits) for worth in (learned, WORTH))
            differences.append(new - old)
        truth = np.mean(differences)
        judged = [draw(rng, effect, 400) for effect in effects(500 + seed, 4)]
        source, visits, label = (np.concatenate(folds) for folds in zip(*judged, strict=True))
        pair = [expit(worth[source] + 0.8 * visits - 0.5) for worth in (learned, WORTH)]
        folds = FoldNames(np.repeat(np.arange(4), 400), are_months=True)
        found = compare_models(label, *pair, thresholds=(0.5, 0.5), capacity=100, folds=folds, draws=1)
        covered += found.delong_low <= truth <= found.delong_high
        values, lows = (np.array([fold[name] for fold in found.by_fold]) for name in ("value", "low"))
        _, low, high, _ = mean_difference(values, (values - lows) / Z95, are_months=False)
        by_leads_alone += low <= truth <= high
    assert covered >= 93
    assert by_leads_alone < 93, "months that differ are no leads drawn at random"


def month(rng: np.random.Generator, effect: np.ndarray, place: int, rows: int) -> pd.DataFrame:
    source, visits, label = draw(rng, effect, rows)
    when = pd.Timestamp("2025-01-01") + pd.DateOffset(months=place) + pd.to_timedelta(rng.uniform(0, 27.9, rows), "D")
    return pd.DataFrame(
        {
            "Ref": rng.integers(0, 10**12, rows).astype(str),
            "Enquiry Date": when.strftime("%Y-%m-%d %H:%M:%S"),
            "Lead Source": SOURCES[source],
            "Visits": visits.round(3),
            "Status": np.where(label == 1, "Joined", "Lost"),
        }
    )


def later(model: LeadModel, leads: pd.DataFrame, schema: LeadSchema) -> float:
    data = make_training_data(leads, schema, map_frame(leads, schema))
    return float(roc_auc_score(data.label, model.propensity(data.cleaned(model.schema))))


@pytest.mark.skipif(not IS_SOAK, reason="a long round: make soak")
def test_trained_models_are_worth_on_new_months_what_the_comparison_says() -> None:
    covered, in_folds = 0, 0
    for seed in range(SEEDS):
        rng, own = np.random.default_rng(1_000 + seed), effects(seed, 26)
        months = [month(rng, own[place], place, 400) for place in range(6)]
        first, whole = pd.concat(months[:3], ignore_index=True), pd.concat(months, ignore_index=True)
        schema = build_schema(propose_schema(whole, "Status"), "gym")
        champion, challenger = (train_model(f, schema, params=FEW_TREES, n_repeats=1) for f in (first, whole))
        data = make_training_data(whole, schema, map_frame(whole, schema))
        found = challenge_champion(data, challenger, champion, capacity=100)
        assert found.basis == "forward"
        future = [month(rng, own[place], place, 1_500) for place in range(6, 26)]
        truth = np.mean([later(challenger, new, schema) - later(champion, new, schema) for new in future])
        covered += found.figures[0]["low"] <= truth <= found.figures[0]["high"]
        folds = found.beside[0]["figures"][0]
        in_folds += folds["low"] <= truth <= folds["high"]
    assert covered >= 93
    assert in_folds < covered, "random folds share the champion's future with the challenger"
