"""Figures that a budget rests on, against pandas and statsmodels: they are exact, and stay so."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from leadscore_core.analytics.report_json import source_report
from leadscore_core.analytics.sources import EVERYBODY, Scope, SourceView, explain_gaps, find_far_segments, rate_by
from leadscore_core.analytics.spend import count_money
from leadscore_core.analytics.statistics.changes import find_changes
from leadscore_core.analytics.statistics.rates import compare_periods
from leadscore_core.analytics.trends import trend_weeks
from leadscore_core.data.spend import read_spend
from leadscore_core.data.synthetic import SampleLeads

SOURCE = "first_utm_source_c"


@pytest.fixture
def leads(sample: SampleLeads) -> pd.DataFrame:
    frame = sample.labelled
    return pd.DataFrame(
        {
            "source": frame[SOURCE].fillna("").to_numpy(),
            "came": pd.to_datetime(frame["created_date"]),
            "won": frame["app_complete_flag"].astype(int).to_numpy(),
        }
    )


def test_rates_intervals_lift_and_tests_of_each_source(sources: SourceView, leads: pd.DataFrame) -> None:
    rates = rate_by(sources, [SOURCE], EVERYBODY, "completed")
    table = rates.table.assign(source=rates.table[SOURCE].fillna("")).set_index("source")
    direct = leads.groupby("source")["won"].agg(["size", "sum", "mean"]).loc[table.index]
    low, high = proportion_confint(direct["sum"], direct["size"], method="wilson")
    assert table["rate"].to_numpy() == pytest.approx(direct["mean"].to_numpy(), abs=1e-12)
    assert table["low"].to_numpy() == pytest.approx(low.to_numpy(), abs=1e-12)
    assert table["high"].to_numpy() == pytest.approx(high.to_numpy(), abs=1e-12)
    assert rates.average == pytest.approx(leads["won"].mean(), abs=1e-12)
    assert table["lift"].to_numpy() == pytest.approx((direct["mean"] / leads["won"].mean()).to_numpy(), abs=1e-12)
    k, n = leads["won"].sum(), len(leads)
    for source, row in table.head(4).iterrows():
        _, p = proportions_ztest([row["k"], k - row["k"]], [row["n"], n - row["n"]])
        assert row["p"] == pytest.approx(p, rel=1e-6), source
    small = table[table["n"] * min(rates.average, 1 - rates.average) < 5].iloc[0]
    fisher = stats.fisher_exact(
        [[small["k"], small["n"] - small["k"]], [k - small["k"], n - small["n"] - k + small["k"]]]
    )
    assert small["p"] == pytest.approx(fisher.pvalue)
    assert table["q"].to_numpy() == pytest.approx(multipletests(table["p"], method="fdr_bh")[1])


def test_weeks_and_changes(sources: SourceView, leads: pd.DataFrame) -> None:
    weeks = trend_weeks(sources, EVERYBODY, "completed").set_index("week")
    direct = leads.groupby(leads["came"].dt.to_period("W-SUN").dt.start_time)["won"].agg(["size", "sum"])
    assert weeks["n"].tolist() == direct["size"].tolist()
    assert weeks["k"].tolist() == direct["sum"].tolist()
    change = compare_periods(pd.DataFrame({"n": [90], "k": [40]}), pd.DataFrame({"n": [70], "k": [50]})).iloc[0]
    theirs = confint_proportions_2indep(40, 90, 50, 70, method="newcomb")
    assert (change["low"], change["high"]) == pytest.approx(theirs, abs=1e-6)
    cells = pd.DataFrame({"group": ["a", "a", "b", "b"], "period": ["1", "2"] * 2, "n": 100, "k": [60, 30, 50, 45]})
    row = find_changes(cells).iloc[0]
    both = confint_proportions_2indep(30, 100, 60, 100, method="newcomb", alpha=0.025)
    assert (row["low"], row["high"]) == pytest.approx(both, abs=1e-9)


def test_the_decomposition_is_that_of_a_logistic_regression() -> None:
    """One factor of two values, no penalty to speak of: the residual is the rate less the standardised rate."""
    import statsmodels.api as sm

    from leadscore_core.analytics.statistics.decomposition import split_gaps

    rng = np.random.default_rng(5)
    source = rng.choice(["a", "b", "c"], 40_000, p=[0.5, 0.3, 0.2])
    tier = rng.random(40_000) < np.select([source == "a", source == "b"], [0.2, 0.6], 0.8)
    chance = 1 / (1 + np.exp(-(np.select([source == "a", source == "b"], [0.2, -0.5], 0.4) - 0.8 * tier)))
    frame = pd.DataFrame({"source": source, "tier": np.where(tier, "1", "0"), "won": rng.random(40_000) < chance})
    cells = frame.groupby(["source", "tier"])["won"].agg(n="size", k="sum").reset_index()
    split = split_gaps(cells, "source", ["tier"], draws=20).table.set_index("group")
    design = sm.add_constant(pd.get_dummies(frame[["source", "tier"]], drop_first=True).astype(float))
    fitted = sm.Logit(frame["won"].astype(float), design).fit(disp=False)
    shares = frame["source"].value_counts(normalize=True)
    expected = np.zeros(len(frame))
    for name, share in shares.items():
        as_if = design.assign(source_b=float(name == "b"), source_c=float(name == "c"))
        expected += share * fitted.predict(as_if).to_numpy()
    direct = frame.assign(expected=expected).groupby("source")[["won", "expected"]].mean()
    assert split["residual"].to_numpy() == pytest.approx((direct["won"] - direct["expected"]).to_numpy(), abs=2e-4)
    assert (split["composition"] + split["residual"]).to_numpy() == pytest.approx(split["gap"].to_numpy(), abs=1e-12)


def test_gaps_segments_and_costs(sources: SourceView, leads: pd.DataFrame) -> None:
    gaps = explain_gaps(sources, SOURCE, EVERYBODY, "completed").table.set_index("group")
    direct = leads.groupby("source")["won"].mean() - leads["won"].mean()
    named = [source for source in direct.index if source in gaps.index]
    assert gaps.loc[named, "gap"].to_numpy() == pytest.approx(direct[named].to_numpy(), abs=1e-12)
    below, _ = find_far_segments(sources, EVERYBODY, "completed")
    assert below["at_average"].to_numpy() == pytest.approx((below["n"] * leads["won"].mean()).to_numpy())
    april = leads[(leads["came"].dt.strftime("%Y-%m") == "2026-04") & (leads["source"] == "Level2")]
    spend = read_spend(pd.DataFrame({"Source": ["Level2"], "Month": ["2026-04"], "Amount": ["9000"]}))
    row = count_money(sources, Scope(SOURCE), spend).costs.table.iloc[0]
    low, high = proportion_confint(april["won"].sum(), len(april), method="wilson")
    assert row["cost_per_lead"] == pytest.approx(9_000 / len(april))
    assert row["cost_per_application"] == pytest.approx(9_000 / april["won"].sum())
    assert (row["cost_low"], row["cost_high"]) == pytest.approx(
        (9_000 / (high * len(april)), 9_000 / (low * len(april)))
    )


def test_the_report_has_the_same_figures(sample: SampleLeads, leads: pd.DataFrame) -> None:
    report = source_report(sample.labelled)
    assert report["average"] == pytest.approx(leads["won"].mean(), abs=1e-6)
    for group in report["by"][0]["groups"]:
        own = leads.loc[leads["source"] == (group["value"] or ""), "won"]
        assert (group["n"], group["applications"]) == (len(own), own.sum())
