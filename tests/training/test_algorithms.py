"""Other algorithms on the same folds, the search for settings, the learning curve, and leads that move."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from leadscore_core.data.schema.column_mapping import detect_conventions
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.algorithms import ALGORITHMS, last_step, make_estimator
from leadscore_core.model.classifier import LeadClassifier
from leadscore_core.model.features import LeadFeatures
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.pipeline import make_features
from leadscore_core.model.search_space import Range
from leadscore_core.training.evaluation.algorithms import judge_algorithms, paired_difference
from leadscore_core.training.evaluation.learning_curve import learning_curve, more_leads_help
from leadscore_core.training.evaluation.score_changes import MOST, largest_changes
from leadscore_core.training.folds import repeated_folds, rolling_months
from leadscore_core.training.train import train_model
from leadscore_core.training.training_data import TrainingData, make_training_data
from leadscore_core.training.tuning import searchable, tune_model
from tests.paths import IS_SOAK

MINUTES, SEARCHED = (0.5, 1_500) if IS_SOAK else (0.02, 600)
Leads = tuple[pd.DataFrame, np.ndarray, np.ndarray | None]


@pytest.fixture(scope="module")
def known(sample: SampleLeads, schema: LeadSchema) -> TrainingData:
    frame = sample.labelled
    mapping = detect_conventions(suggest_mapping(frame.columns, schema), schema, frame)
    return make_training_data(frame, schema, mapping).known


@pytest.fixture(scope="module")
def leads(known: TrainingData) -> Leads:
    return known.cleaned(), known.outcome, known.identity


def test_every_algorithm_is_judged_on_the_same_folds(known: TrainingData) -> None:
    rows: list[float] = []
    few = known.take(np.arange(len(known)) < 700)
    board = judge_algorithms(few, list(ALGORITHMS), progress=lambda share, _: rows.append(share))
    table = board.table.set_index("name")
    assert set(table.index) == set(ALGORITHMS)
    assert len(board.folds) == 5
    assert rows[-1] == 1.0
    assert (table[["auc", "precision", "recall"]] > 0.5).all().all()
    assert (table[["fit_seconds", "score_seconds"]] > 0).all().all()
    assert board.table["auc"].is_monotonic_decreasing
    for name in ALGORITHMS:
        assert table.at[name, "auc"] == pytest.approx(board.folds[name].mean())
    gap, low, high = table.loc["forest", ["difference", "low", "high"]]
    assert low < gap < high
    assert gap == pytest.approx(board.folds["forest"].mean() - board.folds["lightgbm"].mean())
    assert np.isnan(table.at["lightgbm", "low"])
    assert board.has_next
    month = rolling_months(few.dates, few.outcome)[0][-1]
    assert board.next_split == f"{month.name}, each judged by models of the leads before it"
    features = make_features(few.schema).fit(few.cleaned().iloc[month.train], few.outcome[month.train])
    own = LeadClassifier().fit(features.transform(few.cleaned().iloc[month.train]), few.outcome[month.train])
    foretold = own.predict_proba(features.transform(few.cleaned().iloc[month.test]))[:, 1]
    auc = roc_auc_score(few.outcome[month.test], foretold)
    assert table.at["lightgbm", "next_auc"] == pytest.approx(auc)
    gap, low, high = table.loc["forest", ["next_difference", "next_low", "next_high"]]
    assert low < gap < high
    assert gap == pytest.approx(table.at["forest", "next_auc"] - auc)


def test_without_dates_algorithms_are_not_judged_on_later_months(known: TrainingData) -> None:
    few = known.take(np.arange(len(known)) < 300)
    stamp = few.schema.one(Role.TIMESTAMP)
    assert stamp is not None
    board = judge_algorithms(few.without([stamp.name]), [])
    assert not board.has_next
    assert board.next_split == "The leads have no dates."


def test_lightgbm_is_judged_as_the_product_trains_it(known: TrainingData, leads: Leads, schema: LeadSchema) -> None:
    cleaned, label, identity = leads
    board = judge_algorithms(known, [])
    fold = repeated_folds(label, 5, 1, 0, identity)[0]
    train, test = cleaned.iloc[fold.train], cleaned.iloc[fold.test]
    features = LeadFeatures(schema).fit(train, label[fold.train])
    own = LeadClassifier().fit(features.transform(train), label[fold.train]).raw_margin(features.transform(test))
    assert board.folds["lightgbm"].iloc[0] == pytest.approx(roc_auc_score(label[fold.test], own))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_shuffled_outcome_teaches_no_algorithm_anything(leads: Leads, schema: LeadSchema, name: str) -> None:
    cleaned, label, _ = leads
    rng = np.random.default_rng(0)
    shuffled = rng.permutation(label)
    half = rng.random(len(label)) < 0.5
    features = LeadFeatures(schema).fit(cleaned[half], shuffled[half])
    model = make_estimator(name).fit(features.transform(cleaned[half]), shuffled[half])
    auc = roc_auc_score(shuffled[~half], model.predict_proba(features.transform(cleaned[~half]))[:, 1])
    error = np.sqrt((len(label) + 1) / (12 * shuffled[~half].sum() * (1 - shuffled[~half]).sum()))
    assert abs(auc - 0.5) < 4 * error


def test_an_unknown_algorithm_is_said(known: TrainingData) -> None:
    with pytest.raises(LeadScoreError, match=r"no algorithm 'oracle'. Choose from: logistic"):
        judge_algorithms(known, ["oracle"])


def test_the_paired_interval_is_nadeau_and_bengios() -> None:
    rng = np.random.default_rng(1)
    first, second = pd.Series(rng.normal(0.82, 0.01, 10)), pd.Series(rng.normal(0.81, 0.01, 10))
    gap, low, high = paired_difference(first, second)
    error = np.sqrt((1 / 10 + 1 / 4) * (first - second).var(ddof=1))
    assert gap == pytest.approx((first - second).mean())
    assert high - gap == pytest.approx(stats.t.ppf(0.975, 9) * error)
    assert gap - low == pytest.approx(high - gap)


def test_a_search_is_nested_and_taken_up_again(
    known: TrainingData, leads: Leads, schema: LeadSchema, tmp_path: Path
) -> None:
    cleaned, label, _ = leads
    few = known.take(np.arange(len(known)) < SEARCHED)
    found = [tune_model(few, minutes=MINUTES, storage=tmp_path / "studies.db") for _ in range(2)]
    assert found[0].trials >= 12  # the settings as they are and one more, in five folds and on all leads
    assert found[1].trials > found[0].trials
    assert found[0].default_auc == found[1].default_auc
    assert found[0].low <= found[0].difference <= found[0].high
    assert set(found[1].params) <= set(LeadClassifier().get_params())
    best, *others = found[1].tried
    assert best == found[1].params | {"auc": best["auc"]}
    assert all(best["auc"] >= other["auc"] for other in others)
    train_model_params = LeadClassifier(**found[1].params)
    features = LeadFeatures(schema).fit(cleaned, label)
    train_model_params.fit(features.transform(cleaned), label)


@pytest.mark.parametrize("name", [name for name, known in ALGORITHMS.items() if known.is_installed])
def test_every_algorithm_declares_settings_around_its_own(name: str) -> None:
    algorithm = searchable(name)
    own = last_step(make_estimator(name)).get_params()
    for setting, values in algorithm.search_space.items():
        assert own[setting] in values
        for end in (values.low, values.high) if isinstance(values, Range) else values:
            assert last_step(make_estimator(name, {setting: end})).get_params()[setting] == end


def test_settings_of_any_algorithm_are_searched(known: TrainingData, tmp_path: Path) -> None:
    few = known.take(np.arange(len(known)) < SEARCHED)
    storage = tmp_path / "studies.db"
    found = {name: tune_model(few, minutes=0, algorithm=name, storage=storage) for name in ("logistic", "blend")}
    for name, one in found.items():
        space = ALGORITHMS[name].search_space
        assert (one.algorithm, one.human) == (name, ALGORITHMS[name].human)
        assert one.trials == 12
        assert {setting: value in space[setting] for setting, value in one.params.items()} == dict.fromkeys(space, True)
        own = last_step(make_estimator(name)).get_params()
        assert any(all(trial[setting] == own[setting] for setting in space) for trial in one.tried)
    assert found["logistic"].default_auc != found["blend"].default_auc


@pytest.mark.parametrize(
    "ends", [{"low": 2, "high": 2}, {"low": 0, "high": 3, "log": True}, {"low": 0.1, "high": 0.9, "step": 2}]
)
def test_a_range_that_cannot_be_searched_is_refused(ends: dict[str, float]) -> None:
    with pytest.raises(LeadScoreError, match="cannot be searched"):
        Range(**ends)


def test_the_learning_curve_rises_with_leads_and_says_what_more_would_do(leads: Leads, schema: LeadSchema) -> None:
    cleaned, label, identity = leads
    curve = learning_curve(cleaned, label, schema, identity=identity)
    assert curve["rows"].is_monotonic_increasing
    assert curve["rows"].iloc[-1] == pytest.approx(0.8 * len(label), rel=0.02)
    assert curve["auc"].iloc[-1] > curve["auc"].iloc[0]
    flat = pd.DataFrame({"rows": [500, 1000], "auc": [0.8, 0.8], "std": [0.01, 0.01]})
    assert "hardly help" in more_leads_help(flat)
    assert "too few leads" in more_leads_help(flat.head(1))


def test_the_leads_that_move_most_are_told_with_the_column_that_moved_them(
    sample: SampleLeads, trained: LeadModel, leads: Leads
) -> None:
    cleaned, label, _ = leads
    blind = train_model(
        sample.labelled, params={"n_estimators": 25}, n_repeats=1, excluded={"city_mapped": "for this test"}
    )
    old, new = trained.propensity(cleaned), blind.propensity(cleaned)
    moved = largest_changes(cleaned, old, new, label, trained, blind)
    assert len(moved) == MOST
    gaps = np.abs([move["new"] - move["old"] for move in moved])
    assert (np.diff(gaps) <= 1e-12).all()
    assert max(new - old) == pytest.approx(max(move["new"] - move["old"] for move in moved))
    assert min(new - old) == pytest.approx(min(move["new"] - move["old"] for move in moved))
    assert any(move["why"] == "City is not read any more" for move in moved)
    assert largest_changes(cleaned, old, old, label, trained, trained) == []
