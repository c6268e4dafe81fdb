from copy import deepcopy

import numpy as np
import pandas as pd
import pytest

from leadscore_core.data.schema.column_mapping import detect_conventions
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.evaluation.holdout import evaluate_model
from leadscore_core.training.evaluation.seen_leads import key_hashes, lead_identities, make_identity_key


def test_leads_that_were_trained_on_are_known_in_any_order_with_a_column_more(
    trained: LeadModel, sample: SampleLeads
) -> None:
    known = sample.labelled.sample(300, random_state=1)
    others = sample.kept_aside.head(200)
    mixed = pd.concat([known, others]).assign(extra="x")
    mixed = mixed[sorted(mixed.columns)].sample(frac=1, random_state=2)
    assert evaluate_model(mixed, trained).seen_in_training == 300


def test_two_leads_of_the_same_minute_are_not_the_same_lead(trained: LeadModel, sample: SampleLeads) -> None:
    twins = sample.labelled.head(200).assign(lead_id=[f"T-{n}" for n in range(200)])
    assert evaluate_model(twins, trained).seen_in_training == 0


def test_a_list_without_ids_goes_by_its_moments(trained: LeadModel, sample: SampleLeads) -> None:
    known = pd.concat([sample.labelled.head(100), sample.kept_aside.head(100)]).drop(columns="lead_id")
    assert evaluate_model(known, trained).seen_in_training == 100


@pytest.mark.parametrize("as_typed", [True, False])
def test_people_are_known_whatever_the_types(schema, as_typed: bool) -> None:
    frame = pd.DataFrame(
        {
            "Created Date": ["2026-01-02 10:00", "2026-01-02 10:00"],
            "first_utm_source_c": ["a", "a"],
            "first_utm_medium_c": ["b", "b"],
            "E-mail": ["A@x.com", "b@x.com"],
        }
    )
    mapping = detect_conventions(suggest_mapping(frame.columns, schema), schema, frame)
    first = lead_identities(frame, schema, mapping)["person"]
    other = frame.assign(
        **{"Created Date": pd.to_datetime(frame["Created Date"]) if as_typed else frame["Created Date"]}
    )
    other = other.assign(**{"E-mail": other["E-mail"].str.lower()})
    assert np.array_equal(first, lead_identities(other, schema, mapping)["person"])
    assert len(set(first.tolist())) == 2


def test_hashes_of_leads_are_a_model_s_own(trained: LeadModel, sample: SampleLeads) -> None:
    frame, schema = sample.labelled.head(50), trained.schema
    mapping = detect_conventions(suggest_mapping(frame.columns, schema), schema, frame)
    key = trained.metadata.identity_key
    learned = trained.features.identities_["id"]
    assert len(key) == 16
    own = lead_identities(frame, schema, mapping)["id"]
    assert np.isin(key_hashes(own, key), learned).all()
    for other in ("", make_identity_key("other leads")):
        assert not np.isin(key_hashes(own, other), learned).any()
    assert key_hashes(np.zeros(3, dtype="uint64"), key).tolist() == [0, 0, 0]


def test_a_model_without_a_key_knows_its_leads(trained: LeadModel, sample: SampleLeads) -> None:
    frame, schema = sample.labelled, trained.schema
    mapping = detect_conventions(suggest_mapping(frame.columns, schema), schema, frame)
    old = LeadModel(deepcopy(trained.pipeline), trained.metadata.model_copy(update={"identity_key": ""}), None)
    old.features.identities_ = lead_identities(frame, schema, mapping)
    assert evaluate_model(pd.concat([frame.head(30), sample.kept_aside.head(30)]), old).seen_in_training == 30
