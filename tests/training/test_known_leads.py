from copy import deepcopy

import numpy as np
import pandas as pd
import pytest

from leadscore_core.data.schema.column_mapping import detect_conventions
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.schema import Column, LeadSchema, Role
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.evaluation.holdout import evaluate_model
from leadscore_core.training.evaluation.seen_leads import (
    key_hashes,
    lead_identities,
    make_identity_key,
    seen_in_training,
)
from leadscore_core.training.train import train_model
from leadscore_core.training.training_data import make_training_data
from tests.conftest import FEW_TREES

ENQUIRIES = LeadSchema(
    name="enquiries",
    title="Enquiries",
    version=1,
    columns=(
        Column(name="created", role=Role.TIMESTAMP, human="Created"),
        Column(name="product", role=Role.CATEGORY, human="Product"),
        Column(name="agent", role=Role.CATEGORY, human="Agent"),
        Column(name="amount", role=Role.NUMBER, human="Amount"),
        Column(name="won", role=Role.LABEL, human="Won"),
    ),
)


def make_enquiries(seed: int, rows: int, *, minutes: int = 200) -> pd.DataFrame:
    """Leads of a few hours, to the minute: many came in the same one."""
    rng = np.random.default_rng(seed)
    came = pd.Timestamp("2026-03-02 09:00") + pd.to_timedelta(rng.integers(0, minutes, rows), unit="min")
    amount = rng.integers(0, 5_000, rows)
    return pd.DataFrame(
        {
            "created": came.strftime("%d-%m-%Y %H:%M"),
            "product": rng.choice(list("ABCDE"), rows),
            "agent": rng.choice(["Agent 1", "Agent 2"], rows),
            "amount": amount.astype("str"),
            "won": (rng.random(rows) < np.where(amount > 2_500, 0.7, 0.2)).astype(int).astype("str"),
        }
    )


@pytest.fixture(scope="module")
def by_minute() -> LeadModel:
    """A model of 300 leads of 200 minutes."""
    return train_model(make_enquiries(1, 300), schema=ENQUIRIES, params=FEW_TREES, n_repeats=1)


def test_leads_of_the_same_minutes_are_no_leads_that_were_trained_on(by_minute: LeadModel) -> None:
    judged = evaluate_model(make_enquiries(2, 200), by_minute)
    assert (judged.seen_in_training, judged.metrics.rows) == (0, 200)


def test_a_row_is_known_in_another_order_and_case_with_the_outcome_changed(by_minute: LeadModel) -> None:
    known = make_enquiries(1, 300).sample(100, random_state=3)
    known = known.assign(agent=known["agent"].str.upper(), won="0")[known.columns[::-1]]
    mixed = pd.concat([make_enquiries(2, 200), known])
    assert evaluate_model(mixed, by_minute).seen_in_training == 100


def test_a_row_is_known_as_often_as_it_was_trained_on(by_minute: LeadModel) -> None:
    once = make_enquiries(1, 300).head(50)
    judged = evaluate_model(pd.concat([make_enquiries(2, 200), once, once, once]), by_minute)
    assert (judged.seen_in_training, judged.metrics.rows) == (50, 300)
    twice = make_training_data(pd.concat([once, once]), ENQUIRIES, _mapping(once))
    assert seen_in_training(by_minute, twice.cleaned(), twice.identities, count_repeats=False).all()


def test_rows_that_many_leads_share_tell_nothing_and_all_are_judged() -> None:
    def plain(seed: int) -> pd.DataFrame:
        leads = make_enquiries(seed, 300)
        return leads.assign(amount=(leads["amount"].astype(int) // 1_000).astype("str")).drop(columns="created")

    model = train_model(plain(1), schema=ENQUIRIES, params=FEW_TREES, n_repeats=1)
    judged = evaluate_model(plain(2), model)
    assert (judged.seen_in_training, judged.metrics.rows) == (0, 300)
    assert any("could not be compared" in note for note in judged.metrics.notes)


def test_a_model_saved_before_rows_were_kept_says_that_minutes_tell_nothing(by_minute: LeadModel) -> None:
    old = LeadModel(deepcopy(by_minute.pipeline), by_minute.metadata, None)
    del old.features.identities_
    judged = evaluate_model(make_enquiries(1, 300), old)
    assert judged.seen_in_training == 0
    assert any("could not be compared" in note for note in judged.metrics.notes)


def test_an_id_that_all_leads_share_tells_nothing(sample: SampleLeads, trained: LeadModel) -> None:
    shared = LeadModel(deepcopy(trained.pipeline), trained.metadata, None)
    same = sample.labelled.assign(lead_id="1.5E+15")
    key, schema = trained.metadata.identity_key, trained.schema
    own = lead_identities(same, schema, _mapping(same, schema))["id"]
    shared.features.identities_ = {"id": np.unique(key_hashes(own, key))}
    assert evaluate_model(sample.kept_aside.assign(lead_id="1.5E+15"), shared).seen_in_training == 0


def _mapping(frame: pd.DataFrame, schema: LeadSchema = ENQUIRIES):
    return detect_conventions(suggest_mapping(frame.columns, schema), schema, frame)


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
