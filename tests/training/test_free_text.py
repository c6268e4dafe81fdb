"""Free text: read by its words where that pays in the folds, else left out; nothing of it says who a lead is."""

import io
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from leadscore_core.analytics.statistics.effects import depend
from leadscore_core.batches.save import save_batch
from leadscore_core.batches.view import open_view
from leadscore_core.config import TargetMetrics
from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.cleaning.free_text import MASK, contact_words
from leadscore_core.data.dataset.open import open_any_list, open_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.dataset.wanted_columns import read_also
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.inference import build_schema, propose_schema
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.inference.score import score_leads
from leadscore_core.model.any_classifier import AnyClassifier
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.model_card import write_card
from leadscore_core.pipelines.training import make_request
from leadscore_core.training.exclusions import WRITTEN_LATER
from leadscore_core.training.fit import Recipe
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.text_worth import ADDS_NOTHING, GIVES_AWAY, judge_texts
from leadscore_core.training.train import fit_model, train_model
from leadscore_core.training.training_data import TrainingData, make_training_data
from tests.conftest import FEW_TREES
from tests.notes import FIRST, LAST, make_noted

ASKED = {"params": FEW_TREES, "n_repeats": 1}
NAMES = {name.casefold() for name in (*FIRST, *LAST)}
_WORDS = st.sampled_from(["call", "back", "fee", "please", "Zoë", "Anna-Lena", "O'Neil", "x", "Strauß", "Zoe\u0308"])


@pytest.fixture(scope="module")
def schema() -> LeadSchema:
    return build_schema(propose_schema(make_noted(), "Won"), "noted")


@pytest.fixture(scope="module")
def mapping(schema: LeadSchema) -> ColumnMapping:
    return suggest_mapping(list(make_noted(20).columns), schema)


@pytest.fixture(scope="module")
def data(schema: LeadSchema, mapping: ColumnMapping) -> TrainingData:
    return make_training_data(make_noted(), schema, mapping)


@pytest.fixture(scope="module")
def noted(data: TrainingData) -> LeadModel:
    return fit_model(data, TrainingRequest(**ASKED))


@settings(max_examples=30)
@given(
    name=st.lists(_WORDS, min_size=1, max_size=3),
    said=st.lists(_WORDS, max_size=6),
    number=st.integers(10**6, 10**12),
    order=st.randoms(use_true_random=False),
)
def test_no_detail_of_a_lead_is_left_in_its_text(
    schema: LeadSchema, mapping: ColumnMapping, name: list[str], said: list[str], number: int, order: object
) -> None:
    mail = f"{name[0]}{number}@mail.example.org"
    parts = [*said, *name, mail, f"+{number}", f"{number:,}".replace(",", " "), f"<{mail}>", "www.example.org/me"]
    order.shuffle(parts)  # type: ignore[attr-defined]
    frame = make_noted(1).assign(Name=" ".join(name), Email=mail, Notes=" ".join(parts))
    (text,) = clean_leads(mapping.apply(frame, schema), schema)["notes"]
    assert not set(text.split()) & contact_words(" ".join(name))
    assert not any(sign.isdigit() or sign in "@/<" for sign in text)
    assert "example" not in text
    kept = [word for word in said if not contact_words(word) & contact_words(" ".join(name))]
    assert all(part in text.split() for word in kept for part in contact_words(word))


def test_what_is_learned_from_holds_words_of_many_leads_and_no_names(data: TrainingData, noted: LeadModel) -> None:
    words = {word for text in data.columns["notes"].dropna() for word in text.split()}
    assert {"callback", "timetable", MASK} <= words
    assert not words & NAMES
    assert set(noted.features.words_["notes"]) <= words
    kept = io.BytesIO()
    joblib.dump(noted.pipeline, kept)
    assert not [name for name in NAMES if name.encode() in kept.getvalue().lower()]
    stranger = data.columns["notes"].where(data.columns.index != 3, "zeppelin")
    again = make_training_data(
        make_noted().assign(Notes=stranger), data.schema, suggest_mapping(list(make_noted(5)), data.schema)
    )
    assert again.columns["notes"].iloc[3] == MASK


def test_text_that_tells_the_outcome_is_read_asked_about_and_said(data: TrainingData, noted: LeadModel) -> None:
    assert noted.metadata.excluded == {}
    (asked,) = noted.metadata.audit
    assert (asked.column, asked.why, asked.is_open) == ("Notes", WRITTEN_LATER, True)
    assert (asked.auc_with or 0.0) > (asked.auc_without or 1.0) + 0.1
    assert {"callback", "think"} <= set(noted.features.words_["notes"])
    frame = make_noted(40, seed=6)
    scored = score_leads(frame, noted, reasons=3)
    reasons = scored.filter(like="reason_").agg(" ".join, axis=1)
    wants = frame["Notes"].str.contains("callback")
    assert reasons[wants].str.contains("Notes mention 'callback': such leads win").any()
    assert not reasons[~wants].str.contains("callback").any()
    assert scored.loc[wants, "propensity"].mean() > scored.loc[~wants, "propensity"].mean()


@pytest.mark.parametrize("algorithm", ["lightgbm", "logistic"])
def test_a_lead_alone_scores_and_is_explained_as_among_others(data: TrainingData, algorithm: str) -> None:
    params = FEW_TREES if algorithm == "lightgbm" else {}
    model = fit_model(data, TrainingRequest(params=params, n_repeats=1, algorithm=algorithm))
    frame = make_noted(5, seed=8)
    cleaned, _ = model.clean(suggest_mapping(list(frame), data.schema).apply(frame, data.schema))
    contributions, propensity = model.contributions(cleaned), model.propensity(cleaned)
    margin = model.classifier.raw_margin(model.features.transform(cleaned))
    np.testing.assert_allclose(contributions.sum(axis=1), margin, atol=1e-9)
    for row in range(len(cleaned)):
        alone = cleaned.iloc[[row]]
        assert abs(model.propensity(alone)[0] - propensity[row]) < 1e-12
        np.testing.assert_allclose(model.contributions(alone), contributions.iloc[[row]], atol=1e-12)
    assert np.isfinite(model.propensity(cleaned.drop(columns="notes"))).all()
    assert clone(model.pipeline).named_steps["features"].get_params()["schema"] == model.schema
    assert isinstance(model.classifier, AnyClassifier) == (algorithm == "logistic")
    shown = depend(cleaned, propensity, "notes", model)
    assert shown["leads"].sum() == len(cleaned)


def test_text_that_adds_nothing_is_left_out_and_said(schema: LeadSchema) -> None:
    model = train_model(make_noted(telling=False), schema, **ASKED)
    assert "notes" not in model.schema.by_name
    (asked,) = model.metadata.audit
    assert (asked.left_out, asked.is_open, asked.why) == (True, False, ADDS_NOTHING)
    said = f"notes ({ADDS_NOTHING.rstrip('.')}: AUC with it {asked.auc_with:.3f}, without {asked.auc_without:.3f})"
    assert said in write_card(model.metadata, model.schema)


def test_a_person_has_the_last_word(schema: LeadSchema, mapping: ColumnMapping, data: TrainingData) -> None:
    nothing = make_training_data(make_noted(telling=False), schema, mapping)
    included = fit_model(nothing, replace(make_request(nothing, include=["Notes"]), **ASKED))
    (asked,) = included.metadata.audit
    assert (asked.left_out, asked.is_answered, asked.auc_with is None) == (False, True, False)
    assert "notes" in included.schema.by_name
    excluded = make_request(data, exclude=["Notes"])
    assert set(excluded.excluded) == {"notes"}
    assert "notes" not in fit_model(data, replace(excluded, **ASKED)).schema.by_name


def test_text_that_gives_the_outcome_away_is_left_out(schema: LeadSchema, mapping: ColumnMapping) -> None:
    leads = make_noted(300)
    told = leads["Notes"] + np.where(leads["Won"] == "Yes", " paid in full", " lost for good")
    model = train_model(leads.assign(Notes=told), schema, **ASKED)
    assert [one.why for one in model.metadata.audit] == [GIVES_AWAY]
    assert "notes" not in model.schema.by_name


def test_lists_without_text_are_not_judged_for_it(data: TrainingData) -> None:
    plain = replace(data, schema=data.schema.without(["notes"]))
    request = TrainingRequest(**ASKED)
    recipe = Recipe(plain.schema, TargetMetrics(), {}, n_splits=0)  # of which no fold could be made
    assert judge_texts(plain, request, recipe) is request


def test_a_list_with_text_is_kept_worked_with_and_read_anew(places: Path, tmp_path: Path, noted: LeadModel) -> None:
    make_noted(60, seed=9).to_csv(tmp_path / "new.csv", index=False)
    batch = save_batch(open_list(tmp_path / "new.csv", noted.schema), noted, name="Noted")
    view = open_view(batch, lambda _: noted, noted.schema)
    found = view.cleaned(view.table.by_rows(np.arange(60)))
    assert MASK in found["notes"].iloc[0].split()
    assert not {word for text in found["notes"].dropna() for word in text.split()} & NAMES
    make_noted(300).to_csv(tmp_path / "noted.csv", index=False)
    leads = open_any_list(tmp_path / "noted.csv", options=ListOptions(label="Won"))
    narrow = open_list(tmp_path / "noted.csv", leads.schema.without(["notes"]))
    assert read_also(narrow, ["Notes"]).schema.by_name["notes"].role is Role.FREE_TEXT
