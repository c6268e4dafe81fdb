"""Drivers: effects equal contributions, tables equal direct counts."""

import numpy as np
import pandas as pd
import pytest

from leadscore_core.analytics.statistics.effects import (
    OTHER,
    Effects,
    cross,
    depend,
    measure_effects,
    rank_importance,
    swarm,
)
from leadscore_core.batches.planning import ALL
from leadscore_core.batches.view import BatchView
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.leads.lead_table import Sort

SOURCE, TIMES = "first_utm_source_c", "total_leads_droppped"


@pytest.fixture
def cleaned(view: BatchView) -> pd.DataFrame:
    return view.cleaned(view.table.page(ALL, Sort(), 0, 999))


@pytest.fixture
def effects(cleaned: pd.DataFrame, trained: LeadModel) -> Effects:
    return measure_effects(cleaned, trained)


def test_points_are_what_the_score_would_lose(effects: Effects, cleaned: pd.DataFrame, trained: LeadModel) -> None:
    contributions = trained.contributions(cleaned)
    margin = contributions.sum(axis=1)
    without = 1 / (1 + np.exp(-(margin - contributions[SOURCE])))
    wanted = 100 * (trained.propensity(cleaned) - without)
    np.testing.assert_allclose(effects.points[SOURCE], wanted, atol=1e-6)


def test_importance_is_ranked_and_shares_sum_to_one(effects: Effects) -> None:
    for log_odds in (False, True):
        ranked = rank_importance(effects, log_odds=log_odds)
        assert ranked["effect"].is_monotonic_decreasing
        assert ranked["share"].sum() == pytest.approx(1)
        assert (ranked["up"] >= 0).all()
        assert (ranked["down"] <= 0).all()
    values = effects.log_odds[TIMES].abs().mean()
    assert ranked.set_index("column").loc[TIMES, "effect"] == pytest.approx(values)


def test_a_columns_values_equal_direct_counts(cleaned: pd.DataFrame, trained: LeadModel) -> None:
    p = trained.propensity(cleaned)
    table = depend(cleaned, p, SOURCE, trained).set_index("value")
    assert table["leads"].sum() == len(cleaned)
    assert len(table) <= 8
    first = table.index[0]
    assert table.loc[first, "propensity"] == pytest.approx(p[(cleaned[SOURCE] == first).to_numpy()].mean())
    seen = trained.features.rates_[SOURCE][str(first).casefold()]
    assert (table.loc[first, "seen"], table.loc[first, "observed"]) == (seen.leads, seen.rate)
    assert table.loc[first, "low"] <= seen.rate <= table.loc[first, "high"]
    assert table.index[-1] == OTHER
    times = depend(cleaned, p, TIMES, trained)
    assert times["value"].tolist() == sorted(times["value"])


def test_two_columns_equal_direct_counts(cleaned: pd.DataFrame, trained: LeadModel) -> None:
    p = trained.propensity(cleaned)
    mean, leads = cross(cleaned, p, TIMES, SOURCE, trained)
    assert leads.to_numpy().sum() == len(cleaned)
    source = mean.columns[0]
    cell = ((cleaned[SOURCE] == source) & (cleaned[TIMES] == 1)).to_numpy()
    assert mean.loc["1", source] == pytest.approx(p[cell].mean())
    assert leads.loc["1", source] == cell.sum()


def test_every_lead_is_a_point_in_every_column(effects: Effects, trained: LeadModel) -> None:
    points = swarm(effects, [SOURCE, TIMES], trained)
    assert len(points) == 2 * len(effects.cleaned)
    assert points["rate"].between(0, 1).all()
