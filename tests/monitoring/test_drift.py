"""Drift: what is planted is found and named first; chance alone, few leads and old models raise no alarm."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leadscore_core.config import MonitorRules
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema import CITY_TIER, LeadSchema, Role
from leadscore_core.data.synthetic import SampleLeads, make_sample
from leadscore_core.model.distances import holm, measure_distance
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.reference import LEAST_SHOWN, TrainingReference
from leadscore_core.monitoring.drift import DriftReport, check_drift
from leadscore_core.registry.archive import export_model, import_model
from leadscore_core.registry.registry import REFERENCE, ModelRegistry
from tests.paths import IS_SOAK

ROUNDS = 200 if IS_SOAK else 12


@pytest.fixture(scope="module")
def later(trained: LeadModel) -> pd.DataFrame:
    """Leads of the same kind as the training leads, as the model reads them."""
    leads = make_sample(rows=1_200, seed=7).labelled
    return trained.clean(map_frame(leads, trained.schema).apply(leads, trained.schema))[0]


def check(model: LeadModel, cleaned: pd.DataFrame, *, by_classifier: bool = False) -> DriftReport:
    return check_drift(model, cleaned, model.propensity(cleaned), by_classifier=by_classifier)


def column(schema: LeadSchema, role: Role) -> str:
    found = schema.one(role)
    assert found is not None
    return found.name


def test_leads_of_the_same_kind_do_not_drift_and_cannot_be_told_apart(trained: LeadModel, later: pd.DataFrame) -> None:
    report = check(trained, later, by_classifier=True)
    assert report.is_applicable
    assert not report.found
    assert not report.is_outside
    assert report.apart is not None
    assert not report.apart.is_apart
    assert report.mean_now == pytest.approx(report.mean_before, abs=0.06)


def test_renamed_media_are_found_named_first_and_told_apart_by(trained: LeadModel, later: pd.DataFrame) -> None:
    medium = column(trained.schema, Role.MEDIUM)
    frequent = later[medium].value_counts().index[:3]
    renamed = later.assign(**{medium: later[medium].replace({level: f"new {level}" for level in frequent})})
    report = check(trained, renamed, by_classifier=True)
    first = report.columns[0]
    assert first.name == medium == report.found[0].name
    assert first.new >= 3
    assert {level for level, _ in first.new_levels[:3]} == {f"new {level}" for level in frequent}
    assert first.new_share == pytest.approx(later[medium].isin(frequent).mean(), abs=0.1)
    assert {one.level for one in first.vanished} & {level.casefold() for level in frequent}
    assert first.effect is not None
    assert first.effect > 0.01
    assert medium in report.outside
    assert report.apart is not None
    assert report.apart.is_apart
    assert next(iter(report.apart.by)) == medium


def test_a_city_that_half_the_leads_lost_is_found_and_named_first(trained: LeadModel, later: pd.DataFrame) -> None:
    city = column(trained.schema, Role.CITY)
    half = np.random.default_rng(0).random(len(later)) < 0.5
    report = check(trained, later.assign(**{city: later[city].where(~half)}))
    assert report.columns[0].name == city
    assert report.columns[0].missing_now > 0.5 > 0.2 > report.columns[0].missing_before
    assert city in report.outside


def test_a_drift_that_moves_no_score_is_not_shown_first(trained: LeadModel, later: pd.DataFrame) -> None:
    city, medium = column(trained.schema, Role.CITY), column(trained.schema, Role.MEDIUM)
    quiet = later.assign(**{CITY_TIER: 3, medium: later[medium].mask(np.arange(len(later)) % 3 == 0, "somewhere new")})
    report = check(trained, quiet)
    places = [one.name for one in report.columns]
    by_name = {one.name: one for one in report.columns}
    assert by_name[CITY_TIER].is_found
    assert (by_name[medium].effect or 0) > (by_name[CITY_TIER].effect or 0)
    assert places.index(medium) < places.index(CITY_TIER)
    assert city not in {one.name for one in report.found}


def test_small_and_resampled_batches_do_not_cry_wolf(trained: LeadModel, later: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    drawn = [later.iloc[rng.integers(len(later), size=n)] for n in (60, 300) for _ in range(ROUNDS)]
    alarms = [bool(check(trained, batch).found) for batch in drawn]
    assert np.mean(alarms) <= 0.05


def test_five_leads_and_an_old_model_give_a_stated_result(trained: LeadModel, later: pd.DataFrame) -> None:
    few = check(trained, later.head(5))
    assert not few.is_applicable
    assert "5 leads is too short" in few.not_applicable
    old = check(replace(trained, reference=None), later)
    assert not old.columns
    assert "before LeadScore kept how its training leads were distributed" in old.not_applicable
    assert "Retrain" in old.not_applicable


def test_ten_thousand_new_values_are_counted_and_a_lacking_column_is_said(
    trained: LeadModel, later: pd.DataFrame
) -> None:
    medium, city = column(trained.schema, Role.MEDIUM), column(trained.schema, Role.CITY)
    many = pd.concat([later] * 9, ignore_index=True).head(10_000)
    many[medium] = [f"campaign {number}" for number in range(len(many))]
    report = check(trained, many.drop(columns=city))
    by_name = {one.name: one for one in report.columns}
    assert by_name[medium].new == len(many)
    assert len(by_name[medium].new_levels) == 5
    assert [one.name for one in report.lacking] == [city] == [report.columns[0].name]
    json.dumps(report.as_json(), default=float)


def test_one_score_for_all_leads_is_a_result(trained: LeadModel, later: pd.DataFrame) -> None:
    alike = pd.concat([later.head(1)] * 80, ignore_index=True)
    report = check(trained, alike)
    assert report.is_outside
    assert report.scores is not None
    assert report.scores.is_found


def test_the_reference_holds_no_person_and_no_rare_value(trained: LeadModel, sample: SampleLeads) -> None:
    reference = trained.reference
    assert reference is not None
    kept = {one.name for one in reference.columns}
    assert kept.isdisjoint(c.name for c in trained.schema.with_role(Role.ID, Role.NAME, Role.EMAIL, Role.PHONE))
    assert column(trained.schema, Role.TIMESTAMP) not in kept
    for one in reference.columns:
        assert sum(one.counts) == pytest.approx(reference.rows)
        assert one.kind != "levels" or min(one.counts[2:], default=LEAST_SHOWN) >= LEAST_SHOWN
        assert len(one.counts) == len(one.names) + 2 == len(one.labels)
    assert max(len(codes) for codes in reference.sample.values()) <= 2_000
    assert reference.mean_score == pytest.approx(trained.metadata.training_data.base_rate, abs=0.03)


def test_the_reference_is_kept_beside_the_model_and_travels_with_it(trained: LeadModel, tmp_path) -> None:
    registry = ModelRegistry(tmp_path / "models")
    registry.publish(trained)
    assert registry.load(trained.model_id).reference == trained.reference
    other = ModelRegistry(tmp_path / "others")
    import_model(other, export_model(registry, trained.model_id, tmp_path / "model.zip"))
    assert other.load(trained.model_id).reference == trained.reference
    (other.root / trained.model_id / REFERENCE).write_text("{}")
    assert other.load(trained.model_id).reference is None


def test_months_that_differ_by_themselves_are_no_drift_outside(trained: LeadModel, later: pd.DataFrame) -> None:
    medium = column(trained.schema, Role.MEDIUM)
    frequent = later[medium].value_counts().index[:1]
    moved = later[~(later[medium].isin(frequent) & (np.arange(len(later)) % 2 == 0))]
    steady = check(trained, moved)
    assert trained.reference is not None
    usual = [one.model_copy(update={"columns": dict.fromkeys(one.columns, 0.4)}) for one in trained.reference.periods]
    restless = replace(trained, reference=trained.reference.model_copy(update={"periods": tuple(usual)}))
    assert medium in {one.name for one in steady.found}
    assert medium not in check(restless, moved).outside


def test_distances_are_nothing_for_chance_and_hold_for_all_together() -> None:
    rng = np.random.default_rng(0)
    before = np.array([400, 300, 200, 90, 10])
    chances = before / before.sum()
    found = [measure_distance(before, rng.multinomial(150, chances), rng) for _ in range(20 * ROUNDS)]
    assert np.mean([one.p < 0.05 for one in found]) <= 0.08
    assert np.median([one.js for one in found]) < 0.03
    assert measure_distance(before, np.array([0, 0, 0, 0, 50]), rng).p < 1e-6
    assert holm(np.array([0.02, 0.5])).tolist() == [0.04, 0.5]


def test_what_is_outside_follows_the_settings(trained: LeadModel, later: pd.DataFrame) -> None:
    medium = column(trained.schema, Role.MEDIUM)
    mixed = later.assign(**{medium: later[medium].mask(np.arange(len(later)) % 4 == 0, "somewhere new")})
    scores = trained.propensity(mixed)
    strict = MonitorRules(unseen_distance=0.01, unseen_times=1, effect=0.0)
    lax = MonitorRules(unseen_distance=0.9)
    assert medium in check_drift(trained, mixed, scores, strict, by_classifier=False).outside
    assert not check_drift(trained, mixed, scores, lax, by_classifier=False).outside


def test_a_reference_reads_back_as_it_was(trained: LeadModel) -> None:
    assert trained.reference is not None
    text = trained.reference.model_dump_json()
    assert TrainingReference.model_validate_json(text) == trained.reference
    assert len(text) < 200_000
