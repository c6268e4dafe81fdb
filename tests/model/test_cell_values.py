"""Several values in a cell: a flag for each, learned in fit, read alone as among others, and kept with the column."""

import pickle

import numpy as np
import pandas as pd
import pytest

from leadscore_core.data.schema.inference import build_schema, propose_schema
from leadscore_core.data.schema.schema import Column, LeadSchema, Role
from leadscore_core.inference.reasons import explain_leads
from leadscore_core.inference.score import score_leads
from leadscore_core.model.features import LeadFeatures
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES

SCHEMA = LeadSchema(
    name="visitors",
    title="Visitors",
    version=1,
    columns=(
        Column(name="interests", role=Role.CATEGORY, human="Interests", separator=";", phrase="Interests {value}"),
        Column(name="year_birth", role=Role.NUMBER, human="Year of birth", is_year=True, phrase="Born {value}"),
        Column(name="won", role=Role.LABEL, human="Won"),
    ),
)
TOPICS = ("Run", "Yoga", "Swim", "Box", "Climb", "Row")


def make_visitors(rows: int, seed: int = 0) -> pd.DataFrame:
    """Leads of whom those converted that climb, among whatever else they do."""
    rng = np.random.default_rng(seed)
    held = rng.random((rows, len(TOPICS))) < 0.4
    texts = ["; ".join(topic for topic, has in zip(TOPICS, row, strict=True) if has) for row in held]
    won = rng.random(rows) < np.where(held[:, 4], 0.85, 0.15)
    born = rng.integers(1_940, 2_000, rows)
    return pd.DataFrame({"interests": texts, "year_birth": born, "won": won.astype(int)}).astype("str")


@pytest.fixture(scope="module")
def model() -> LeadModel:
    return train_model(make_visitors(500), schema=SCHEMA, params=FEW_TREES, n_repeats=1)


def test_one_value_among_many_is_learned(model: LeadModel) -> None:
    assert model.metadata.metrics["cross_validation"]["auc"] > 0.78
    unseen = pd.DataFrame({"interests": ["yoga;climb ;chess; run", "chess; yoga"], "year_birth": "1970"})
    high, low = model.propensity(model.clean(unseen)[0])
    assert high > 0.6 > 0.4 > low


def test_each_frequent_value_is_a_feature_of_its_column(model: LeadModel) -> None:
    features = model.features
    assert set(features.parts_["interests"]) == {topic.casefold() for topic in TOPICS}
    names = features.get_feature_names_out().tolist()
    assert len(names) == len(set(names)) == len(features.column_of())
    assert features.column_of().count("interests") == 2 + 1 + len(TOPICS)


def test_a_lead_alone_has_the_features_that_it_has_among_others(model: LeadModel) -> None:
    cleaned, _ = model.clean(make_visitors(40, seed=1))
    whole = model.features.transform(cleaned)
    alone = pd.concat([model.features.transform(cleaned.iloc[[row]]) for row in range(len(cleaned))])
    pd.testing.assert_frame_equal(alone, whole)
    again = pickle.loads(pickle.dumps(model.features)).transform(cleaned)
    pd.testing.assert_frame_equal(again, whole)


def test_features_of_a_model_from_before_have_no_flags() -> None:
    plain = SCHEMA.model_copy(update={"columns": tuple(c.model_copy(update={"separator": ""}) for c in SCHEMA.columns)})
    cleaned = pd.DataFrame({"interests": ["run; yoga", "yoga", None, "yoga"]}, dtype="str")
    features = LeadFeatures(plain).fit(cleaned, [1, 0, 1, 0])
    state = dict(features.__getstate__())
    state.pop("parts_")
    old = LeadFeatures(plain)
    old.__setstate__(state)
    pd.testing.assert_frame_equal(old.transform(cleaned), features.transform(cleaned))
    assert old.get_feature_names_out().tolist() == ["interests__level", "interests__count"]


def test_reasons_sum_up_by_column_and_years_are_written_as_years(model: LeadModel) -> None:
    leads = make_visitors(30, seed=2)
    contributions = explain_leads(leads, model)
    assert contributions.columns.tolist() == ["interests", "year_birth", "base_value"]
    scored = score_leads(leads, model)
    texts = " ".join(scored[["reason_1", "reason_2"]].stack())
    assert "Born 19" in texts
    assert "1,9" not in texts


def test_what_is_proposed_for_such_columns_is_kept_in_the_schema() -> None:
    schema = build_schema(propose_schema(make_visitors(400), "won"), "proposed")
    by_name = schema.by_name
    assert by_name["interests"].separator == ";"
    assert by_name["year_birth"].is_year
    assert LeadSchema.model_validate(schema.model_dump()) == schema
