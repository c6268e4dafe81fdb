"""What a data scientist meets in Python: leads as frames or paths, models that say what they are, and publishing."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.utils import get_tags

import leadscore_core
from leadscore_core import (
    check_leads,
    evaluate_model,
    explain_leads,
    load_champion,
    propose_schema,
    publish_model,
    score_leads,
    source_report,
    train_model,
)
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.days import say_day
from leadscore_core.errors import GivenLeadsError, LeadScoreError, ReasonNeededError, UnreadableFileError
from leadscore_core.inference.reasons import reasons_in_words
from leadscore_core.model.algorithms import CatBoost
from leadscore_core.model.cleaner import LeadCleaner
from leadscore_core.model.features import LeadFeatures
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.model_card import write_card
from leadscore_core.pipelines.data import check_list, clean_list
from leadscore_core.pipelines.inference import score_list
from leadscore_core.pipelines.training import evaluate_list, train_leads
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.training_data import read_training_data
from tests.other_company import make_members

FEW = {"n_estimators": 10}


@pytest.fixture
def labelled_file(sample: SampleLeads, tmp_path: Path) -> Path:
    path = tmp_path / "labelled.csv"
    sample.labelled.head(300).to_csv(path, index=False)
    return path


def calls(model: LeadModel) -> dict[str, Callable]:
    return {
        "check_leads": check_leads,
        "score_leads": lambda leads: score_leads(leads, model),
        "explain_leads": lambda leads: explain_leads(leads, model),
        "source_report": source_report,
        "propose_schema": propose_schema,
        "evaluate_model": lambda leads: evaluate_model(leads, model),
        "train_model": lambda leads: train_model(leads, params=FEW, n_repeats=1),
    }


def test_a_path_is_read_wherever_leads_are_taken(
    trained: LeadModel, sample: SampleLeads, tmp_path: Path, few_trees: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "leads.csv"
    sample.kept_aside.head(200).to_csv(path, index=False)
    frame = leadscore_core.read_leads(path)
    for name, call in calls(trained).items():
        if name == "train_model":
            assert call(str(path)).metadata.training_data.rows == len(frame)
            continue
        by_path, by_frame = call(path), call(frame)
        same = by_path.equals(by_frame) if isinstance(by_path, pd.DataFrame) else by_path == by_frame
        assert same, name


@pytest.mark.parametrize("given", [None, 5, b"leads.csv", {"a": 1}, [1, 2], pd.Series([1]), np.zeros((2, 2)), object()])
def test_anything_else_is_refused_in_words(trained: LeadModel, given: object) -> None:
    for name, call in calls(trained).items():
        with pytest.raises(GivenLeadsError, match="pandas frame or as the path"):
            call(given)
        with pytest.raises(UnreadableFileError, match="does not exist"):
            call("no_such_leads.csv"), name
    for name, call in {"score": score_leads, "explain": explain_leads, "evaluate": evaluate_model}.items():
        with pytest.raises(GivenLeadsError, match="A model was expected"):
            call(pd.DataFrame({"a": [1]}), given), name


def test_steps_and_lists_say_what_they_take(trained: LeadModel, labelled_file: Path, tmp_path: Path) -> None:
    for method in (trained.pipeline.predict, trained.pipeline.predict_proba, trained.pipeline[:-1].transform):
        for given in (labelled_file, str(labelled_file), [labelled_file]):
            with pytest.raises(GivenLeadsError, match="not a path"):
                method(given)
    for method in (trained.clean, trained.propensity, trained.contributions):
        with pytest.raises(GivenLeadsError, match="not a path"):
            method(str(labelled_file))
    for call in (
        check_list,
        read_training_data,
        lambda leads: clean_list(leads, tmp_path / "out.csv"),
        lambda leads: score_list(leads, tmp_path / "out.csv", trained),
        lambda leads: evaluate_list(leads, trained),
        lambda leads: train_leads(leads, TrainingRequest()),
    ):
        with pytest.raises(GivenLeadsError, match="was expected, not"):
            call(labelled_file)


def test_a_model_says_in_ten_lines_what_it_is(trained: LeadModel) -> None:
    said = repr(trained)
    assert len(said.splitlines()) <= 12
    assert max(map(len, said.splitlines())) <= 160
    known, crossed = trained.metadata.training_data, trained.metadata.metrics["cross_validation"]
    for part in (
        trained.model_id, trained.schema.outcome.noun, f"{known.rows:,} leads", say_day(known.period_start),
        say_day(known.period_end), f"AUC {crossed['auc']:.3f}", f"{trained.metadata.threshold:.3f}",
        f"{len(trained.schema.inputs)} (", "exact",
    ):  # fmt: skip
        assert part in said
    assert str(trained) == said
    assert f"[{said}]" == repr([trained])


def test_without_a_model_nothing_is_expected(sample: SampleLeads, trained: LeadModel) -> None:
    plain = source_report(sample.labelled, ["source", "month"])
    scored = source_report(sample.labelled, ["source", "month"], model=trained)
    for block, other in zip(plain["by"], scored["by"], strict=True):
        for group, known in zip(block["groups"], other["groups"], strict=True):
            assert [group[name] for name in ("expected", "hot", "warm", "cold", "junk")] == [None] * 5
            assert sum(known[name] for name in ("hot", "warm", "cold", "junk")) == known["leads"]
            assert known["expected"] > 0
            assert group["completed"] == known["completed"]


def test_steps_that_take_frames_alone_say_so(schema: LeadSchema, sample: SampleLeads) -> None:
    for step in (LeadCleaner(schema), LeadFeatures(schema), CatBoost()):
        tags = get_tags(step).input_tags
        assert not tags.two_d_array
        assert tags.categorical
        assert tags.allow_nan
    cleaner = LeadCleaner(schema)
    assert set(cleaner.get_feature_names_out()) == set(cleaner.fit(sample.new).get_feature_names_out())
    for array in (np.zeros((3, 2)), sample.new.to_numpy()):
        with pytest.raises(GivenLeadsError, match="takes a frame, whose columns go by the names"):
            cleaner.transform(array)


def test_an_estimator_of_ones_own_is_trained_published_and_explained(
    sample: SampleLeads, registry: ModelRegistry, tmp_path: Path
) -> None:
    own = ExtraTreesClassifier(10, min_samples_leaf=5, random_state=0)
    model = train_model(sample.labelled.head(600), estimator=own, n_repeats=1)
    assert (model.metadata.algorithm, model.metadata.algorithm_human) == ("own", "ExtraTreesClassifier")
    assert model.metadata.parameters["min_samples_leaf"] == 5
    assert not hasattr(own, "estimators_"), "it is cloned"
    assert model.own_estimator.get_params() == own.get_params(), "and can be fitted again"
    assert "ExtraTreesClassifier; its reasons are exact in probability" in write_card(model.metadata, model.schema)
    with pytest.raises(ReasonNeededError):
        publish_model(model, promote=True, by="Anna")
    assert model.model_id in {known.model_id for known in registry.list_models()}, "it is kept all the same"
    other = tmp_path / "other"
    published = publish_model(model, promote=True, by="Anna", reason="A first model of this list", models_dir=other)
    assert published.metadata.pickle_sha256
    again = load_champion(other)
    assert ModelRegistry(other).history()[0]["by"] == "Anna"
    scored = score_leads(sample.new.head(20), again)
    assert scored["propensity"].tolist() == score_leads(sample.new.head(20), model)["propensity"].tolist()
    assert not scored["reason_1"].str.contains("estimated").any()
    with pytest.raises(LeadScoreError, match="already a model"):
        publish_model(model, models_dir=other)


def test_an_estimator_and_an_algorithm_are_not_both_given(sample: SampleLeads) -> None:
    with pytest.raises(LeadScoreError, match="not both"):
        train_model(sample.labelled.head(300), estimator=ExtraTreesClassifier(), algorithm="hist")


def test_a_sampled_reason_says_so(trained: LeadModel, sample: SampleLeads, schema: LeadSchema) -> None:
    sampled = LeadModel(trained.pipeline, trained.metadata.model_copy(update={"reasons": "sampled", "algorithm": "x"}))
    cleaned, _ = trained.clean(sample.new.head(5))
    words = reasons_in_words(cleaned, trained.contributions(cleaned), sampled, 2)
    assert words["reason_1"].str.endswith("; its contribution is estimated").all()
    assert "its reasons are sampled" in write_card(sampled.metadata, schema)
    assert "sampled" in repr(sampled)


def test_leads_of_another_company_go_from_proposal_to_use(
    tmp_path: Path, places: Path, monkeypatch: pytest.MonkeyPatch, few_trees: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    path = tmp_path / "gym.csv"
    make_members(400).to_csv(path, index=False)
    proposal = propose_schema(path, "Status")
    own = proposal.build("gym")
    model = train_model(path, own)
    published = publish_model(model, promote=True, reason="The first of these leads")
    assert load_champion(schema="gym").model_id == published.model_id
    assert load_schema("gym").label == own.label, "what its columns mean is kept"
    assert score_leads(path, published)["lead_score"].between(0, 100).all()
