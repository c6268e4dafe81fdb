"""Composition and residual effect: they sum to the gap, known effects are found again, nothing else is."""

import numpy as np
import pandas as pd
import pytest

from leadscore_core.analytics.statistics.decomposition import NO_PEERS, RESIDUAL_BETTER, RESIDUAL_WORSE, split_gaps
from tests.analytics.simulate import FACTORS, simulate
from tests.paths import IS_SOAK

EFFECTS = [0.5, -0.6, 0.2, 1.0, -1.2, 0.3, -0.2, 0.6]
SEEDS = 200 if IS_SOAK else 40


def test_parts_sum_to_the_gap() -> None:
    cells, _ = simulate(1, EFFECTS)
    split = split_gaps(cells, "source", FACTORS)
    assert np.allclose(split.table["composition"] + split.table["residual"], split.table["gap"], atol=1e-12)
    assert np.allclose(split.components.sum(axis=1), split.table["composition"], atol=1e-12)
    direct = cells.groupby("source")[["n", "k"]].sum()
    assert np.allclose(split.table["rate"], direct["k"] / direct["n"])
    assert split.average == pytest.approx(cells["k"].sum() / cells["n"].sum())


def test_known_own_effects_lie_within_their_interval_in_95_percent_of_seeds() -> None:
    inside = []
    for seed in range(SEEDS):
        cells, own = simulate(seed, EFFECTS)
        table = split_gaps(cells, "source", FACTORS, seed=seed).table
        inside.append((table["residual_low"].to_numpy() <= own) & (own <= table["residual_high"].to_numpy()))
    by_source = np.mean(inside, axis=0)
    assert 0.93 <= by_source.mean() <= 0.97
    assert by_source.min() >= 0.90


def test_sources_without_effect_are_hardly_ever_called_better_or_worse() -> None:
    called, raw_gaps = [], []
    for seed in range(SEEDS):
        cells, _ = simulate(seed, [0.0] * 8)
        table = split_gaps(cells, "source", FACTORS, seed=seed).table
        called.append(table["verdict"].isin([RESIDUAL_BETTER, RESIDUAL_WORSE]).to_numpy())
        raw_gaps.append(table["gap"].abs().max())
    assert np.mean(called) <= 0.05
    assert np.mean(raw_gaps) > 0.1, "their composition makes them look very different"


@pytest.mark.parametrize("intercept", [-4.0, -3.0, -2.0], ids=["about 2%", "about 5%", "about 12%"])
def test_rare_completion_makes_no_false_verdicts_for_small_sources(intercept: float) -> None:
    called = []
    for seed in range(60 if IS_SOAK else 20):
        cells, _ = simulate(seed, [0.0] * 8, leads=3_000, intercept=intercept)
        table = split_gaps(cells, "source", FACTORS, seed=seed, draws=100).table
        called.append(table["verdict"].isin([RESIDUAL_BETTER, RESIDUAL_WORSE]).to_numpy())
    assert np.mean(called) <= 0.05
    assert np.mean(np.any(called, axis=1)) <= 0.15


def test_nobody_of_a_few_is_no_proof_of_a_bad_source() -> None:
    cells = pd.DataFrame({"source": ["big", "small"], "platform": ["x", "x"], "n": [4_000, 40], "k": [200, 0]})
    small = split_gaps(cells, "source", ["platform"]).table.set_index("group").loc["small"]
    assert small["p"] > 0.1
    assert small["residual_low"] < small["residual"] < small["residual_high"]
    assert small["residual_high"] > 0


def test_confounded_sources_are_told_apart_from_bad_ones() -> None:
    cells, _ = simulate(3, [0.0, 0.0, 0.0, 0.0, -1.5], leads=20_000)
    table = split_gaps(cells, "source", FACTORS).table
    assert table["verdict"].iloc[4] == RESIDUAL_WORSE
    assert RESIDUAL_WORSE not in table["verdict"].tolist()[:4]
    assert (table["gap"].iloc[:4] < -0.02).any(), "one of them looks bad because of its leads"


def test_the_same_seed_gives_the_same_intervals_whatever_the_order() -> None:
    cells, _ = simulate(5, EFFECTS)
    first = split_gaps(cells, "source", FACTORS).table
    assert first.equals(split_gaps(cells, "source", FACTORS).table)
    shuffled = split_gaps(cells.sample(frac=1, random_state=1), "source", FACTORS).table
    assert np.allclose(first["residual"], shuffled["residual"], atol=1e-6)


def test_a_source_without_comparable_leads_is_said_to_have_none() -> None:
    cells = pd.DataFrame({"source": ["a", "b", "c"], "platform": ["x", "x", "y"], "n": [500, 500, 500]})
    table = split_gaps(cells.assign(k=[250, 200, 20]), "source", ["platform"]).table.set_index("group")
    assert table.at["c", "comparable"] == 0
    assert np.isnan(table.at["c", "residual"])
    assert table.at["c", "verdict"] == NO_PEERS
    assert not np.isnan(table.at["a", "residual"])


@pytest.mark.parametrize("k", [[0, 0], [40, 60]], ids=["nobody", "everybody"])
def test_nobody_or_everybody_gives_gaps_alone(k: list[int]) -> None:
    cells = pd.DataFrame({"source": ["a", "b"], "platform": ["x", "x"], "n": [40, 60], "k": k})
    table = split_gaps(cells, "source", ["platform"]).table
    assert table["gap"].tolist() == [0, 0]
    assert table["residual"].isna().all()


def test_one_source_and_blank_values_are_no_fault() -> None:
    cells = pd.DataFrame({"source": [None, None], "platform": ["x", None], "n": [40, 60], "k": [10, 30]})
    split = split_gaps(cells.astype({"source": "str", "platform": "str"}), "source", ["platform"])
    assert split.table["group"].isna().all()
    assert split.table["gap"].tolist() == [0]


def test_a_source_of_a_few_lucky_leads_is_not_called_better() -> None:
    cells, _ = simulate(7, [0.0] * 8)
    few = pd.DataFrame({"source": ["lucky"], "platform": ["0"], "tier": ["0"], "times": ["0"], "n": [14], "k": [14]})
    table = split_gaps(pd.concat([cells, few]), "source", FACTORS).table.set_index("group")
    assert table.at["lucky", "verdict"] == NO_PEERS
    assert table.at["lucky", "residual_low"] < table.at["lucky", "residual"] < table.at["lucky", "residual_high"]
