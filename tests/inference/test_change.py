"""Why a score changed: the parts sum to the change, and nothing that stayed is blamed."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.inference.score_change import explain_change
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES
from tests.paths import IS_SOAK


@pytest.fixture(scope="module")
def other(sample: SampleLeads) -> LeadModel:
    """Another model of the same schema."""
    return train_model(sample.labelled.head(900), params=FEW_TREES, n_repeats=1)


@pytest.fixture(scope="module")
def cleaned(trained: LeadModel, sample: SampleLeads) -> pd.DataFrame:
    from leadscore_core.data.schema.header_matching import suggest_mapping

    mapping = suggest_mapping(sample.new.columns, trained.schema)
    return trained.clean(mapping.apply(sample.new, trained.schema))[0]


@given(first=st.integers(0, 249), second=st.integers(0, 249), changed_model=st.booleans())
@settings(max_examples=25 if IS_SOAK else 10)
def test_the_parts_sum_to_the_change(
    first: int, second: int, changed_model: bool, trained: LeadModel, other: LeadModel, cleaned: pd.DataFrame
) -> None:
    before, after = cleaned.iloc[[first]], cleaned.iloc[[second]]
    old = other if changed_model else trained
    parts = explain_change(before, old, after, trained)
    change = trained.propensity(after)[0] - old.propensity(before)[0]
    assert parts["points"].sum() == pytest.approx(change, abs=1e-9)
    assert ("model" in set(parts["cause"])) == changed_model


def test_only_what_changed_is_named(trained: LeadModel, cleaned: pd.DataFrame) -> None:
    before = cleaned.iloc[[0]]
    after = before.assign(
        total_leads_droppped=before["total_leads_droppped"] + 3,
        created_date=before["created_date"] + pd.Timedelta(days=9),
    )
    parts = explain_change(before, trained, after, trained)
    assert dict(zip(parts["column"], parts["cause"], strict=True)) == {
        "total_leads_droppped": "data",
        "created_date": "time",
    }
    assert explain_change(before, trained, before, trained).empty


def test_a_city_and_its_tier_are_one_cause(trained: LeadModel, cleaned: pd.DataFrame) -> None:
    before = cleaned[cleaned["city_tier"] == 1].head(1)
    after = before.assign(city_mapped="nowhere", city_tier=3)
    assert explain_change(before, trained, after, trained)["column"].tolist() == ["city_mapped"]


def test_a_column_that_one_list_lacks_is_a_cause(trained: LeadModel, cleaned: pd.DataFrame) -> None:
    before, after = cleaned.iloc[[3]].drop(columns="first_platform_c"), cleaned.iloc[[3]]
    parts = explain_change(before, trained, after, trained)
    assert parts["column"].tolist() == ["first_platform_c"]
    assert parts["points"].sum() == pytest.approx(trained.propensity(after)[0] - trained.propensity(before)[0])
