import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.features import LeadFeatures
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.observed_rates import Observed, value_keys


@pytest.fixture(scope="module")
def cleaned(sample: SampleLeads, schema: LeadSchema) -> pd.DataFrame:
    return clean_leads(sample.labelled, schema)


@pytest.fixture(scope="module")
def features(cleaned: pd.DataFrame, schema: LeadSchema) -> LeadFeatures:
    return LeadFeatures(schema).fit(cleaned, cleaned["app_complete_flag"])


def test_levels_keep_the_codes_of_training_whatever_list_comes(features: LeadFeatures, cleaned: pd.DataFrame) -> None:
    whole = features.transform(cleaned)
    few = cleaned.iloc[[700, 3, 42]]
    assert features.transform(few).equals(whole.iloc[[700, 3, 42]])


def test_blank_rare_unseen_and_known_are_told_apart(features: LeadFeatures) -> None:
    counts = {name: seen.leads for name, seen in features.rates_["first_utm_source_c"].items()}
    once = next(name for name, n in counts.items() if n == 1)
    frame = pd.DataFrame({"first_utm_source_c": [None, once, "never seen", "Level0", "LEVEL0"]}, dtype="str")
    made = features.transform(frame)
    assert made["first_utm_source_c__level"].tolist()[:3] == [0.0, 1.0, 1.0]
    assert made["first_utm_source_c__level"].iloc[3] == made["first_utm_source_c__level"].iloc[4] >= 2
    expected = np.log1p([counts.get("", 0), 1, 0, counts["level0"], counts["level0"]])
    assert made["first_utm_source_c__count"].tolist() == pytest.approx(expected)


def test_observed_rates_are_those_of_the_training_leads(features: LeadFeatures, cleaned: pd.DataFrame) -> None:
    source = cleaned["first_utm_source_c"].str.casefold() == "level2"
    assert features.rates_["first_utm_source_c"]["level2"] == Observed(
        int(source.sum()), int(cleaned.loc[source, "app_complete_flag"].sum())
    )
    twice = cleaned["total_leads_droppped"] == 2
    assert features.rates_["total_leads_droppped"]["2"].leads == int(twice.sum())
    assert features.base_rate_ == cleaned["app_complete_flag"].mean()


def test_a_missing_column_counts_as_an_average_one(features: LeadFeatures, cleaned: pd.DataFrame) -> None:
    without = features.transform(cleaned.drop(columns=["city_mapped", "created_date"]))
    assert without["city_mapped__level"].nunique() == 1
    assert without["city_mapped__level"].iloc[0] >= 2
    assert without["created_date"].nunique() == 1
    neutral = features.rates_["city_mapped"][features.neutral_["city_mapped"]]
    assert abs(neutral.rate - features.base_rate_) < 0.1


def test_nothing_of_a_contact_reaches_the_features(trained: LeadModel, sample: SampleLeads) -> None:
    strangers = sample.labelled.assign(full_name="X", email="x@example.com", phone="1", lead_id="9")
    model_sees = trained.clean(strangers)[0]
    assert model_sees.equals(trained.clean(sample.labelled)[0])
    assert not {"full_name", "email", "phone", "lead_id"} & set(model_sees.columns)


def test_leads_that_were_learned_from_are_recognised(features: LeadFeatures, cleaned: pd.DataFrame) -> None:
    moved = cleaned.assign(created_date=cleaned["created_date"] + pd.Timedelta(seconds=1))
    assert features.was_seen(cleaned).all()
    assert not features.was_seen(moved).any()
    assert features.was_seen(cleaned.drop(columns=["referred_lead", "city_mapped"])).all()
    to_the_minute = cleaned.assign(created_date=cleaned["created_date"].dt.floor("min"))
    assert features.was_seen(to_the_minute).all()
    assert features.was_seen(cleaned.drop(columns="created_date")) is None


def test_the_pickled_pipeline_runs_as_a_whole(trained: LeadModel, sample: SampleLeads) -> None:
    step_by_step = trained.propensity(trained.clean(sample.new)[0])
    assert np.array_equal(trained.pipeline.predict_proba(sample.new)[:, 1], step_by_step)
    assert np.array_equal(trained.pipeline.predict(sample.new), (step_by_step >= 0.5).astype(int))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=10))
def test_keys_of_counts_are_the_number_or_its_tail(numbers: list[int]) -> None:
    keys = value_keys(pd.Series(numbers), is_text=False)
    assert keys.tolist() == [str(n) if n < 5 else "5+" for n in numbers]


def test_names_are_safe_for_lightgbm_even_where_theirs_are_not() -> None:
    schema = load_schema()
    odd = schema.columns[1].model_copy(update={"name": 'city, "mapped": [x]'})
    changed = schema.model_copy(update={"columns": (odd, *schema.columns[2:])})
    frame = pd.DataFrame({odd.name: ["a", "b"], "city_tier": [1, 2]})
    names = LeadFeatures(changed, min_leads=1).fit(frame, [0, 1]).transform(frame).columns
    assert all(name.replace("_", "").isalnum() for name in names)
