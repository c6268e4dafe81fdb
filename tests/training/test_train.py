import numpy as np
import pandas as pd
import pytest

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import LabelError, MappingError, NotEnoughDataError
from leadscore_core.inference.score import score_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.evaluation.holdout import evaluate_model
from leadscore_core.training.fit import choose_calibration
from leadscore_core.training.folds import repeated_folds, rolling_months
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES


def train(frame: pd.DataFrame, **how: object) -> LeadModel:
    return train_model(frame, params=FEW_TREES, n_repeats=1, **how)  # type: ignore[arg-type]


def test_a_model_learns_and_is_judged_out_of_sample(trained: LeadModel, sample: SampleLeads) -> None:
    crossed = trained.metadata.metrics["cross_validation"]
    aside = evaluate_model(sample.kept_aside, trained)
    assert crossed["folds"] == 5
    assert crossed["auc"] > 0.75
    assert aside.metrics.auc is not None
    assert abs(aside.metrics.auc - crossed["auc"]) < 0.1
    cleaned, _ = trained.clean(sample.labelled)
    in_sample = np.corrcoef(trained.propensity(cleaned), sample.labelled["app_complete_flag"])[0, 1]
    out = np.corrcoef(trained.propensity(trained.clean(sample.kept_aside)[0]), sample.kept_aside["app_complete_flag"])[
        0, 1
    ]
    assert in_sample > out


def test_shuffled_labels_teach_nothing(sample: SampleLeads) -> None:
    rng = np.random.default_rng(0)
    shuffled = sample.labelled.assign(app_complete_flag=rng.permutation(sample.labelled["app_complete_flag"]))
    metadata = train(shuffled).metadata
    assert abs(metadata.metrics["cross_validation"]["auc"] - 0.5) < 0.05
    assert not metadata.meets_targets


def test_next_period_is_judged_month_by_month(trained: LeadModel) -> None:
    following = trained.metadata.metrics["next_period"]
    assert list(following["months"]) == ["2026-05", "2026-06", "2026-07", "2026-08", "2026-09"]
    assert following["auc"] == pytest.approx(np.mean([month["auc"] for month in following["months"].values()]))


def test_rolling_folds_never_look_ahead(sample: SampleLeads, schema: LeadSchema) -> None:
    cleaned = clean_leads(sample.labelled, schema)
    folds, reason = rolling_months(cleaned["created_date"], cleaned["app_complete_flag"].to_numpy())
    assert reason == ""
    for fold in folds:
        assert cleaned["created_date"].iloc[fold.train].max() < cleaned["created_date"].iloc[fold.test].min()


def test_every_lead_is_judged_once_a_repeat() -> None:
    folds = repeated_folds(np.arange(100) % 2, 5, 2, 0)
    for repeat in (folds[:5], folds[5:]):
        assert sorted(np.concatenate([fold.test for fold in repeat])) == list(range(100))
    assert all(not set(fold.train) & set(fold.test) for fold in folds)


def test_without_dates_the_next_period_is_not_applicable(sample: SampleLeads) -> None:
    model = train(sample.labelled.drop(columns="created_date"))
    assert model.metadata.metrics["next_period"] == {"not_applicable": "The leads have no dates."}
    assert model.metadata.training_data.period_start is None


def test_calibration_is_chosen_only_where_it_helps() -> None:
    rng = np.random.default_rng(0)
    margin = rng.normal(size=4_000)
    right = (rng.random(4_000) < 1 / (1 + np.exp(-margin))).astype("int64")
    _, report = choose_calibration(margin, right, 0)
    assert report.method == "none"
    assert report.as_dict()["verdict"] == "nothing else improved the out-of-fold Brier score by 0.0005 or more"
    _, report = choose_calibration(4 * margin, right, 0)
    assert report.method != "none"
    assert report.brier[report.method] < report.brier["none"] - 0.0005


def test_rare_outcomes_are_calibrated_where_it_helps() -> None:
    """What a calibration gains is small where few convert, as the Brier score itself is."""
    rng = np.random.default_rng(0)
    margin = rng.normal(-5.1, 1, size=20_000)
    converted = (rng.random(20_000) < 1 / (1 + np.exp(-margin))).astype("int64")
    assert 0.005 < converted.mean() < 0.02
    assert choose_calibration(margin, converted, 0)[1].method == "none"
    for wrong in (margin + 0.5, -5.1 + 1.3 * (margin + 5.1)):
        report = choose_calibration(wrong, converted, 0)[1]
        assert report.method != "none"
        assert report.brier["none"] - report.brier[report.method] < 0.0005


def test_calibration_never_turns_an_order_around() -> None:
    rng = np.random.default_rng(1)
    label = (rng.random(600) < 0.1).astype("int64")
    margin = np.where(label == 1, -2.0, 0.0) + rng.normal(size=600)
    calibrator, report = choose_calibration(margin, label, 0)
    assert report.brier.keys() == {"none"}
    assert np.array_equal(np.argsort(calibrator.apply(margin)), np.argsort(margin))


def test_each_columns_worth_is_measured(trained: LeadModel) -> None:
    costs = trained.metadata.column_costs
    assert costs["total_leads_droppped"] > 0.01
    assert set(costs) <= {column.name for column in trained.schema.inputs}


def test_leads_without_an_outcome_are_left_out_and_counted(sample: SampleLeads) -> None:
    frame = sample.labelled.astype({"app_complete_flag": "str"})
    frame.loc[:9, "app_complete_flag"] = ""
    frame.loc[10:14, "app_complete_flag"] = "pending"
    data = train(frame).metadata.training_data
    assert (data.rows, data.left_out) == (1_485, 15)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda f: f.drop(columns="app_complete_flag"), LabelError, "no column for Application completed"),
        (lambda f: f.assign(app_complete_flag=1), LabelError, "every lead that has an outcome completed"),
        (lambda f: f.assign(app_complete_flag="soon"), LabelError, "no lead has an outcome"),
        (lambda f: f.groupby("app_complete_flag").head(20), NotEnoughDataError, "completed 20 of 40 needed"),
        (lambda f: f.drop(columns="first_utm_source_c"), MappingError, "First source"),
    ],
)
def test_leads_that_cannot_be_learned_from_are_refused(sample: SampleLeads, change, error, message: str) -> None:
    with pytest.raises(error, match=message):
        train(change(sample.labelled))


def test_a_model_is_not_judged_on_what_it_learned_from(trained: LeadModel, sample: SampleLeads) -> None:
    both = pd.concat([sample.labelled.head(100), sample.kept_aside], ignore_index=True)
    alone, mixed = evaluate_model(sample.kept_aside, trained), evaluate_model(both, trained)
    assert mixed.seen_in_training == 100
    assert mixed.metrics == alone.metrics
    with pytest.raises(LabelError, match="kept aside"):
        evaluate_model(sample.labelled, trained)


def test_repeats_do_not_flatter_cross_validation(sample: SampleLeads) -> None:
    once = sample.labelled.head(800)
    twice = train(pd.concat([once, once], ignore_index=True)).metadata.metrics["cross_validation"]["auc"]
    assert twice < train(once).metadata.metrics["cross_validation"]["auc"] + 0.03


def test_no_lead_is_learned_from_where_its_repeat_is_judged() -> None:
    identity = np.arange(100) % 50
    for fold in repeated_folds(np.arange(100) % 2, 5, 1, 0, identity):
        assert not set(identity[fold.train]) & set(identity[fold.test])


def test_a_quick_look_at_the_label_changes_no_score(trained: LeadModel, sample: SampleLeads) -> None:
    """The outcome in a list that is scored must not leak into its score."""
    labelled = sample.kept_aside
    flipped = labelled.assign(app_complete_flag=1 - labelled["app_complete_flag"])
    assert score_leads(labelled, trained)["propensity"].equals(score_leads(flipped, trained)["propensity"])


def test_a_column_that_never_differs_teaches_nothing_and_breaks_nothing(sample: SampleLeads) -> None:
    leads = sample.labelled.assign(city_mapped="pune", total_leads_droppped="1", referred_lead="0")
    model = train_model(leads, params=FEW_TREES, n_repeats=1)
    assert model.metadata.importance["city_mapped"][0] < 0.01
    assert model.metadata.importance["referred_lead"] == (0.0, 0.0)


@pytest.fixture(scope="module")
def of_numbers(sample: SampleLeads) -> float:
    """The AUC of a model of leads whose outcome is 1 or 0."""
    return train(sample.labelled.head(600)).metadata.metrics["cross_validation"]["auc"]


@pytest.mark.parametrize(("yes", "no"), [("Yes", "No"), ("TRUE", "FALSE"), ("1.0", "0.0"), ("y", "n")])
def test_an_outcome_in_words_is_learned_as_one_in_numbers(
    sample: SampleLeads, of_numbers: float, yes: str, no: str
) -> None:
    plain = sample.labelled.head(600)
    words = plain.assign(app_complete_flag=plain["app_complete_flag"].astype(str).map({"1": yes, "0": no}))
    assert train(words).metadata.metrics["cross_validation"]["auc"] == of_numbers


def test_leads_of_two_files_of_which_one_lacks_a_column(sample: SampleLeads, schema: LeadSchema) -> None:
    half = len(sample.labelled) // 2
    parts = [sample.labelled.head(half), sample.labelled.iloc[half:].drop(columns="city_mapped")]
    model = train_model(pd.concat(parts, ignore_index=True), schema, params=FEW_TREES, n_repeats=1)
    assert model.features.rates_["city_mapped"][""].leads >= len(sample.labelled) - half
    assert model.metadata.metrics["cross_validation"]["auc"] > 0.6


def test_two_models_of_the_same_leads_have_names_of_their_own(sample: SampleLeads) -> None:
    again = train_model(sample.labelled.head(300), params=FEW_TREES | {"n_estimators": 2}, n_repeats=1)
    other = train_model(sample.labelled.head(300), params=FEW_TREES | {"n_estimators": 2}, n_repeats=1)
    assert again.metadata.training_data.sha256 == other.metadata.training_data.sha256
    assert again.model_id[-6:] != other.model_id[-6:], "the same second would give the same name"
