"""The classifier for few leads: it picks what foretells unseen leads, is not surer than they allow, and adds up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leadscore_core.model.blend import BlendClassifier, choose_share, choose_slope
from leadscore_core.model.scorecard import fit_scorecard

QUICK = {"n_estimators": 30, "learning_rate": 0.1}


def leads(seed: int, rows: int) -> pd.DataFrame:
    """Return two texts' codes, one of them with rare ones, and two numbers, one of them with blanks."""
    rng = np.random.default_rng(seed)
    blank = np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows))
    return pd.DataFrame(
        {
            "source__level": rng.integers(0, 4, rows).astype("float64"),
            "city__level": np.minimum(rng.geometric(0.2, rows), 30).astype("float64"),
            "visits": rng.normal(50, 10, rows),
            "age": blank,
        }
    )


def outcome(margin: np.ndarray, seed: int) -> np.ndarray:
    return (np.random.default_rng([seed, 1]).random(len(margin)) < expit(margin)).astype("int64")


def test_the_scorecard_is_scikit_learns_logistic_regression() -> None:
    frame = leads(0, 400).drop(columns="city__level").fillna({"age": 0.0}).clip(-2, 70)
    label = outcome(frame["source__level"].to_numpy() - 1.5, 1)
    numbers = StandardScaler().fit_transform(frame[["visits", "age"]])
    coded = OneHotEncoder(sparse_output=False).fit_transform(frame[["source__level"]])
    wanted = LogisticRegression(C=0.3, tol=1e-8, max_iter=1_000).fit(np.hstack([coded, numbers]), label)
    card = fit_scorecard(frame.to_numpy(), label, [0], 0.3)
    margin = wanted.decision_function(np.hstack([coded, numbers]))
    assert np.abs(numbers).max() < 4
    assert card.margin(frame.to_numpy()) == pytest.approx(margin, abs=1e-3)
    assert card.terms(frame.to_numpy()).mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-12)


@given(st.integers(0, 10_000), st.integers(60, 200))
def test_a_lead_alone_has_the_margin_that_it_has_among_others(seed: int, rows: int) -> None:
    frame = leads(seed, rows)
    card = fit_scorecard(frame.to_numpy(), outcome(frame["source__level"].to_numpy() - 1, seed), [0, 1], 0.3)
    other = leads(seed + 1, 40)
    other.loc[0, "visits"] = 1e12
    other.loc[1, "city__level"] = 10_000
    together = card.margin(other.to_numpy())
    assert np.isfinite(together).all()
    assert [card.margin(other.to_numpy()[[place]])[0] for place in range(40)] == together.tolist()
    assert np.allclose(card.base + card.terms(other.to_numpy()).sum(axis=1), together)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_contributions_sum_to_the_margin_whatever_was_chosen(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadscore_core.model.blend.choose_share", lambda *_: share)
    frame = leads(3, 200)
    label = outcome(0.2 * (frame["visits"].to_numpy() - 50), 3)
    model = BlendClassifier(**QUICK).fit(frame, label)
    assert (model.scorecard_ is None, model.trees_ is None) == (share == 1, share == 0)
    other = leads(4, 50)
    assert np.allclose(model.contributions(other).sum(axis=1), model.raw_margin(other))
    assert model.contributions(other.head(1))[0].tolist() == model.contributions(other)[0].tolist()
    assert model.importances().argmax() == 2
    assert len(model.raw_margin(other.head(0))) == 0
    named = {0.0: "Logistic regression", 0.5: "Blend of logistic regression and LightGBM", 1.0: "LightGBM"}
    assert model.human == named[share]


def test_what_adds_up_is_left_to_the_scorecard_and_what_works_together_to_the_trees() -> None:
    frame = leads(5, 900)
    source, visits = frame["source__level"].to_numpy(), frame["visits"].to_numpy()
    together = np.where((frame["age"].fillna(0.0).to_numpy() > 0) == (visits > 50), 2.0, -2.0)
    assert BlendClassifier(**QUICK).fit(frame, outcome(together, 5)).share_ == 1.0
    adds_up = 0.12 * (visits - 50) + 0.7 * (source - 1.5)
    assert BlendClassifier(**QUICK).fit(frame, outcome(adds_up, 5)).share_ < 1.0


@given(st.integers(0, 10_000), st.integers(60, 300), st.floats(0.05, 0.5))
def test_of_noise_hardly_more_is_said_than_the_base_rate(seed: int, rows: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    label = np.zeros(rows, dtype="int64")
    label[: max(5, round(rate * rows))] = 1
    rng.shuffle(label)
    slope, intercept = choose_slope(rng.normal(size=rows), label)
    assert 0 < slope <= 1.5
    margin = rng.normal(size=4_000)
    truth = (rng.random(4_000) < label.mean()).astype("int64")
    propensity = expit(intercept + slope * margin)
    assert propensity.mean() == pytest.approx(label.mean(), abs=0.1)
    assert brier_score_loss(truth, propensity) < label.mean() * (1 - label.mean()) + 0.05


def test_an_order_is_never_turned_around_and_a_sure_one_is_kept() -> None:
    label = np.arange(200) % 2
    sign = np.where(label == 1, 1.0, -1.0)
    noise = np.random.default_rng(0).normal(size=200)
    assert choose_slope(noise - 2 * sign, label)[0] == 0.05
    assert choose_slope(noise + 2 * sign, label)[0] > 0.8
    assert choose_slope(np.full(200, np.nan), label) == (1.0, 0.0)
    assert choose_share(np.full((200, 2), np.nan), label) == 0.5


def test_a_repeat_does_not_foretell_itself() -> None:
    rng = np.random.default_rng(7)
    once = pd.DataFrame({f"number_{n}": rng.normal(size=120) for n in range(12)})
    label = np.repeat(rng.integers(0, 2, 120), 3)
    repeated = once.loc[np.repeat(np.arange(120), 3)].reset_index(drop=True)
    fooled = BlendClassifier(**QUICK).fit(repeated, label)
    told = BlendClassifier(**QUICK).fit(repeated, label, identity=np.repeat(np.arange(120), 3))
    assert told.slope_ <= 0.3 < fooled.slope_
    assert np.isfinite(told.unseen_margin_).all()


def test_where_nothing_can_be_kept_aside_it_still_learns() -> None:
    frame = leads(8, 60)
    single = np.zeros(60, dtype="int64")
    single[7] = 1
    model = BlendClassifier(**QUICK).fit(frame, single)
    assert (model.share_, model.slope_) == (0.5, 1.0)
    same = BlendClassifier(**QUICK).fit(frame, np.arange(60) % 2, identity=np.arange(60) % 2)
    assert np.isfinite(same.raw_margin(frame)).all()
