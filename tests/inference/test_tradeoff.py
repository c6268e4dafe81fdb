"""The trade-off of discarding: curves equal direct counts, presets hold, thresholds remove what they say."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.inference.discard_tradeoff import (
    choose_split,
    cut_for,
    expected_curve,
    observed_by_grade,
    observed_curve,
    read_curve,
    removable,
    wilson,
)
from leadscore_core.model.lead_model import LeadModel


def known(n: int = 4_000, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 1, n)
    return pd.DataFrame(
        {
            "split": "next_period",
            "fold": np.where(rng.random(n) < 0.5, "a", "b"),
            "propensity": p,
            "completed": (rng.random(n) < p).astype(int),
        }
    )


def test_the_observed_curve_equals_a_direct_count() -> None:
    result = known()
    curve = observed_curve(result)
    lost = total = 0
    for _, fold in result.groupby("fold"):
        lowest = fold.sort_values("propensity").head(int(0.2 * len(fold)))
        lost, total = lost + lowest["completed"].sum(), total + fold["completed"].sum()
    assert read_curve(curve, 0.2).value == pytest.approx(lost / total, abs=0.002)
    assert curve["lost"].is_monotonic_increasing
    assert (curve["low"] <= curve["lost"]).all()
    assert (curve["lost"] <= curve["high"]).all()
    assert (curve["lost"].iloc[0], curve["lost"].iloc[-1]) == (0, 1)


def test_the_expected_curve_holds_what_comes_in_nineteen_of_twenty_lists() -> None:
    rng = np.random.default_rng(1)
    p = rng.beta(1, 1, 2_000)
    share = read_curve(expected_curve(p), 0.3)
    inside = 0
    for _ in range(400):
        done = rng.random(len(p)) < p
        lost = done[np.argsort(p)[: int(0.3 * len(p))]].sum() / done.sum()
        inside += share.low <= lost <= share.high
    assert 0.92 <= inside / 400 <= 0.98


@given(st.lists(st.floats(0.001, 0.999), min_size=5, max_size=300).map(np.array), st.sampled_from([0.01, 0.02, 0.05]))
def test_a_preset_loses_no_more_than_it_says(p: np.ndarray, most: float) -> None:
    curve = expected_curve(p)
    share = removable(curve, most)
    assert read_curve(curve, share).value <= most + 1e-9
    assert share >= 0


@given(st.lists(st.floats(0, 1).map(lambda x: round(x, 6)), min_size=1, max_size=200), st.floats(0, 1))
def test_a_cut_removes_no_more_than_was_asked(p: list[float], removed: float) -> None:
    cut = cut_for(np.array(p), removed)
    below = (np.array(p) < cut).mean()
    assert below <= removed + 1e-9
    assert 0 <= cut <= 1


def test_too_few_applications_give_no_curve() -> None:
    assert choose_split(None) is None
    assert choose_split(known(40)) is None
    folds = known().assign(split="cross_validation")
    assert choose_split(folds)[0] == "cross_validation"  # type: ignore[index]
    assert choose_split(pd.concat([folds, known()]))[0] == "next_period"  # type: ignore[index]


def test_no_application_at_all_is_said_as_unknown() -> None:
    curve = expected_curve(np.zeros(10))
    assert curve["lost"].isna().all()
    assert np.isnan(wilson(0, 0).value)


def test_grades_of_known_leads_equal_a_direct_count() -> None:
    result = known()
    found = observed_by_grade(result, 0.7, 0.4, 0.1)
    hot = result[result["propensity"] >= 0.7]
    assert found["Hot"] == (len(hot), hot["completed"].sum())
    assert sum(n for n, _ in found.values()) == len(result)


def test_predictions_stored_with_a_model_are_out_of_sample(trained: LeadModel) -> None:
    stored = trained.out_of_sample
    assert stored is not None
    crossed = stored[stored["split"] == "cross_validation"]
    assert len(crossed) == trained.metadata.training_data.rows
    wanted = trained.metadata.metrics["cross_validation"]["auc"]
    from sklearn.metrics import roc_auc_score

    found = [roc_auc_score(g["completed"], g["propensity"]) for _, g in crossed.groupby("fold")]
    assert np.mean(found) == pytest.approx(wanted, abs=0.02)


def test_what_is_said_of_a_cut_off_holds_on_the_next_list_as_often_as_its_interval_says() -> None:
    held = kept = by_share = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        p = rng.beta(0.7, 1.6, 3_000)
        known_leads = pd.DataFrame({"fold": "a", "propensity": p, "completed": (rng.random(3_000) < p).astype(int)})
        this_list = rng.beta(1.2, 1.6, 600)  # better leads than those that are known: a share of them is another cut
        curve = observed_curve(known_leads, this_list)
        removed = removable(curve, 0.02, "high")
        promise, cut = read_curve(curve, removed), cut_for(this_list, removed)
        chance = np.sort(rng.beta(0.7, 1.6, 50_000))  # the next list, of the population that is known
        lost = chance[chance < cut].sum() / chance.sum()
        kept += lost <= 0.02
        held += promise.low <= lost <= promise.high
        old = cut_for(this_list, removable(observed_curve(known_leads), 0.02))
        by_share += chance[chance < old].sum() / chance.sum() <= 0.02
    assert held >= 0.93 * 200
    assert kept >= 0.95 * 200
    assert by_share == 0  # a share among known leads, saved as a cut-off


def test_what_is_said_is_read_at_the_cut_that_is_saved() -> None:
    rng = np.random.default_rng(3)
    p, result = rng.beta(2, 5, 700).round(2), known()  # many leads have the same propensity
    unseen = np.clip(p + 0.1, 0, 1)
    observed, expected = observed_curve(result, p), expected_curve(p, unseen)
    for removed in (0.013, 0.1, 0.257, 0.5):
        cut = cut_for(p, removed)
        done = result.loc[result["completed"] == 1, "propensity"]
        assert read_curve(observed, removed).value == pytest.approx((done < cut).mean())
        assert read_curve(expected, removed).value == pytest.approx(unseen[p < cut].sum() / unseen.sum())
    assert read_curve(expected_curve(p, unseen), 1.0).value == 1
