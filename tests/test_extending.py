"""What docs/extending.md says, done: its code as a module of somebody's own, from training to reasons."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.analytics.statistics.effects import depend, measure_effects
from leadscore_core.batches.save import save_batch
from leadscore_core.batches.view import open_view
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import LeadScoreError, NothingToSearchError, RegistryError
from leadscore_core.inference.reasons import explain_leads, lead_reasons
from leadscore_core.inference.score import score_leads
from leadscore_core.model.algorithms import ALGORITHMS, Algorithm, register_algorithm
from leadscore_core.model.derived_features import FEATURES, DerivedFeature, register_feature
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.measures import Measure
from leadscore_core.model.model_card import write_card
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort
from leadscore_core.training.evaluation.algorithms import judge_algorithms
from leadscore_core.training.evaluation.champion_challenger import challenge_champion
from leadscore_core.training.evaluation.holdout import evaluate_model
from leadscore_core.training.evaluation.metrics import METRICS, Metric, register_metric
from leadscore_core.training.evaluation.model_comparison import compare_runs
from leadscore_core.training.evaluation.segment_figures import judge_segments
from leadscore_core.training.train import train_model
from leadscore_core.training.training_data import make_training_data
from leadscore_core.training.tuning import searchable
from tests.conftest import FEW_TREES
from tests.paths import ROOT

MODULE = "leads_of_somebody"


@pytest.fixture(scope="module")
def extension(trained: LeadModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The document's code as a module that the settings name, after the model without it is trained."""
    folder = tmp_path_factory.mktemp("extension")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/extending.md").read_text(encoding="utf-8"), re.DOTALL)
    (folder / f"{MODULE}.py").write_text("\n".join(blocks), encoding="utf-8")
    before = [(registered, dict(registered)) for registered in (FEATURES, ALGORITHMS, METRICS)]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("LEADSCORE_EXTENSIONS", json.dumps([MODULE]))
        yield MODULE
    sys.modules.pop(MODULE, None)
    for registered, known in before:
        registered.clear()
        registered.update(known)


@pytest.fixture(scope="module")
def few(sample: SampleLeads) -> pd.DataFrame:
    return sample.labelled.head(450)


@pytest.fixture(scope="module")
def model(extension: str, few: pd.DataFrame) -> LeadModel:
    return train_model(few, algorithm="small_histograms", n_repeats=1)


def test_the_feature_is_learned_from_costed_and_a_reason(model: LeadModel, sample: SampleLeads) -> None:
    some = sample.new.head(60)
    assert "hour_of_day" in model.metadata.features
    assert "hour_of_day" in model.metadata.importance
    parts = explain_leads(some, model)
    cleaned, _ = model.clean(map_frame(some, model.schema).apply(some, model.schema))
    margin = model.classifier.raw_margin(model.features.transform(cleaned))
    assert np.allclose(parts.sum(axis=1), margin, atol=1e-9)
    assert parts["hour_of_day"].abs().max() > 0
    stamp = model.schema.one(Role.TIMESTAMP)
    assert stamp is not None
    hour = int(cleaned[stamp.name].iloc[0].hour)
    every = score_leads(some, model, reasons=12).filter(like="reason_").iloc[0].tolist()
    (said,) = [reason for reason in every if "o'clock" in reason]
    assert f"came at {hour} o'clock: such leads (" in said
    named = {reason.column: reason for reason in lead_reasons(cleaned.iloc[[0]], parts.iloc[[0]], model)}
    assert (named["hour_of_day"].human, named["hour_of_day"].text) == ("Hour of day", said)
    without = model.features.transform(cleaned.drop(columns=stamp.name))
    assert without["hour_of_day"].unique().tolist() == [model.features.neutral_["hour_of_day"]]


def test_the_feature_works_for_lightgbm_as_well(extension: str, few: pd.DataFrame, sample: SampleLeads) -> None:
    model = train_model(few, params=FEW_TREES, n_repeats=1)
    some = sample.new.head(60)
    parts = explain_leads(some, model)
    cleaned, _ = model.clean(map_frame(some, model.schema).apply(some, model.schema))
    hours = model.features.transform(cleaned)["hour_of_day"]
    stamp = model.schema.one(Role.TIMESTAMP)
    assert stamp is not None
    assert hours.tolist() == cleaned[stamp.name].dt.hour.tolist()
    assert np.allclose(parts.sum(axis=1), model.classifier.raw_margin(model.features.transform(cleaned)), atol=1e-9)
    assert "hour_of_day" in parts


def test_the_metric_is_in_report_card_and_comparisons(
    model: LeadModel, trained: LeadModel, few: pd.DataFrame, schema: LeadSchema, sample: SampleLeads
) -> None:
    judged = model.out_of_sample
    assert judged is not None
    lifts = []
    for _, fold in judged[judged["split"] == "cross_validation"].groupby("fold", sort=False):
        best = fold.sort_values("propensity", ascending=False, kind="stable").head(len(fold) // 10)
        lifts.append(best["completed"].mean() / fold["completed"].mean())
    block = model.metadata.metrics["cross_validation"]
    assert (block["lift_at_10"], block["lift_at_10_std"]) == pytest.approx((np.mean(lifts), np.std(lifts)))
    card = write_card(model.metadata, model.schema)
    assert "| Lift at 10% |" in card
    assert f"| {block['lift_at_10']:.3f} ± {block['lift_at_10_std']:.3f} |" in card
    assert "- Lift at 10%: higher is better. It cannot exceed" in card
    beside = compare_runs([trained, model]).figures.set_index("Figure")
    assert beside.at["Lift at 10%, folds", model.model_id] == block["lift_at_10"]
    assert np.isnan(beside.at["Lift at 10%, folds", trained.model_id])
    data = make_training_data(few, schema, map_frame(few, schema))
    against = challenge_champion(data, model, trained, capacity=50)
    (figure,) = [figure for figure in against.figures if figure["name"] == "lift_at_10"]
    assert figure["low"] <= figure["value"] <= figure["high"]
    folds = judged[judged["split"] == "cross_validation"].set_index("row").sort_index()
    for name, column in (("Month", "created_date"), ("First platform", "first_platform_c")):
        segment = judge_segments(data, model)[name][0]
        values = data.known.columns[column]
        values = values.dt.strftime("%Y-%m") if name == "Month" else values
        own = folds[(values == segment["group"]).to_numpy()[folds.index]]
        own = own.sort_values("propensity", ascending=False, kind="stable")
        lift = own["completed"].head(len(own) // 10).mean() / own["completed"].mean()
        assert segment["lift_at_10"] == pytest.approx(lift)
    assert evaluate_model(sample.labelled.tail(300), trained.__class__(model.pipeline, model.metadata)).as_json()[
        "lift_at_10"
    ] == pytest.approx(block["lift_at_10"], abs=1.0)


def test_the_algorithm_is_named_compared_and_loaded_again(
    extension: str,
    model: LeadModel,
    few: pd.DataFrame,
    schema: LeadSchema,
    sample: SampleLeads,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (model.metadata.algorithm, model.metadata.algorithm_human) == (
        "small_histograms",
        "Small histogram boosting",
    )
    assert "- Algorithm: Small histogram boosting; its reasons are exact" in write_card(model.metadata, schema)
    known = make_training_data(few, schema, map_frame(few, schema)).known
    board = judge_algorithms(known, ["small_histograms"])
    table = board.table.set_index("name")
    assert table.at["small_histograms", "human"] == "Small histogram boosting"
    assert board.measures["lift_at_10"].human == "Lift at 10%"
    assert (table["lift_at_10"] > 1).all()
    again = ModelRegistry(tmp_path)
    again.publish(model)
    with monkeypatch.context() as elsewhere:
        elsewhere.delitem(sys.modules, extension)
        elsewhere.setattr(sys, "path", [folder for folder in sys.path if not Path(folder, f"{extension}.py").is_file()])
        with pytest.raises(RegistryError, match=f"needs the module '{extension}', which is not here"):
            again.load(model.model_id)
    some = sample.new.head(40)
    pd.testing.assert_frame_equal(score_leads(some, again.load(model.model_id)), score_leads(some, model))
    pd.testing.assert_frame_equal(
        score_leads(some.iloc[[7]], model), score_leads(some, model).iloc[[7]]
    )  # reasons too depend on the lead alone


def test_the_command_line_writes_all_three(extension: str, run, labelled_list: Path, tmp_path: Path, few) -> None:
    few.to_csv(labelled_list, index=False)
    (tmp_path / "params.json").write_text('{"max_iter": 5}')
    code, out, err = run(
        "train", labelled_list, "--algorithm", "small_histograms", "--params", tmp_path / "params.json",
        "--json", tmp_path / "result.json",
    )  # fmt: skip
    assert (code, err) == (0, "")
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["lift_at_10"] == result["cross_validation"]["lift_at_10"] > 1
    assert "Lift at 10% " in out


def test_its_settings_are_searched_and_trained_with(
    extension: str, run, labelled_list: Path, tmp_path: Path, few: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    few.to_csv(labelled_list, index=False)
    found = tmp_path / "found.json"
    code, out, err = run(
        "tune", labelled_list, "--algorithm", "small_histograms", "--minutes", "0.05", "--json", found
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "Small histogram boosting: tried" in out
    result = json.loads(found.read_text())
    assert (result["algorithm"], result["human"]) == ("small_histograms", "Small histogram boosting")
    assert set(result["params"]) == {"learning_rate", "max_iter", "max_features"}
    assert 0.02 <= result["params"]["learning_rate"] <= 0.3
    assert result["params"]["max_iter"] in range(10, 81, 10)
    assert result["params"]["max_features"] in (0.5, 1.0)
    code, out, err = run("train", labelled_list, "--params", found, "--json", tmp_path / "trained.json")
    assert (code, err) == (0, "")
    assert "Algorithm: Small histogram boosting" in out
    made = json.loads((tmp_path / "trained.json").read_text())["model_id"]
    metadata = ModelRegistry(load_settings().models_dir).read_metadata(made)
    assert metadata.algorithm == "small_histograms"
    assert {name: metadata.parameters[name] for name in result["params"]} == result["params"]
    code, _, err = run("train", labelled_list, "--algorithm", "hist", "--params", found)
    assert code == 2
    assert "has settings of small_histograms, and hist is to be trained" in err
    bare = replace(ALGORITHMS["small_histograms"], name="bare", human="Bare histograms", search_space={})
    monkeypatch.setitem(ALGORITHMS, "bare", bare)
    code, out, err = run("tune", labelled_list, "--algorithm", "bare", "--minutes", "0.05")
    assert (code, out) == (2, "")
    assert "Bare histograms declares no settings to search. Add a search_space to its registration" in err
    with pytest.raises(NothingToSearchError):
        searchable("bare")
    monkeypatch.setitem(ALGORITHMS, "bare", replace(bare, search_space={"leaves": (3, 5)}))
    with pytest.raises(LeadScoreError, match="declares leaves in its search space, and has no such setting"):
        searchable("bare")


def test_kept_lists_drivers_and_pages_show_all_three(
    model: LeadModel,
    trained: LeadModel,
    few: pd.DataFrame,
    places: Path,
    new_list: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    registry = ModelRegistry(tmp_path / "models")
    registry.publish(trained)
    data = make_training_data(few, model.schema, map_frame(few, model.schema))
    registry.publish(model, {"segments": judge_segments(data, model)})
    registry.promote(model.model_id)
    batch = save_batch(open_list(new_list, model.schema), model, name="Monday")
    view = open_view(batch, lambda _: model, model.schema)
    leads = view.cleaned(view.table.page(LeadFilter(), Sort(), 0, 30))
    effects = measure_effects(leads, model)
    assert "hour_of_day" in effects.points
    ranges = depend(leads, model.propensity(leads), "hour_of_day", model)
    assert set(ranges["value"]) <= set(model.features.ranges_["hour_of_day"].names)
    assert ranges["leads"].sum() == len(leads)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.switch_page("pages/retrain/page.py").run()
    app.segmented_control(key="retrain-section").set_value("Verdict").run()
    block = model.metadata.metrics["cross_validation"]
    assert any(f"Lift at 10% {block['lift_at_10']:.3f} " in caption.value for caption in app.caption)
    weakest = next(frame.value for frame in app.dataframe if "Month" in frame.value)
    assert weakest["Lift at 10%"].notna().any()
    app.segmented_control(key="retrain-section").set_value("Compare").run()
    assert not app.exception
    tables = [frame.value for frame in app.dataframe]
    assert "Lift at 10%, folds" in tables[0]["Figure"].tolist()
    assert set(tables[1].set_index("Setting").loc["Algorithm"]) == {"LightGBM", "Small histogram boosting"}


def test_what_cannot_be_is_refused_in_words(extension: str, few: pd.DataFrame, schema: LeadSchema, monkeypatch) -> None:
    with pytest.raises(LeadScoreError, match=r"boosting cannot be made with leaves = 3: it has no such setting"):
        train_model(few, algorithm="hist", params={"leaves": 3})
    for register, other in (
        (register_feature, DerivedFeature("hour_of_day", (Role.CITY,), len)),
        (register_algorithm, Algorithm("hist", "Another", list)),
        (register_metric, Metric("auc", Measure(human="Another"), max)),
        (register_metric, Metric("threshold", Measure(human="Another"), max)),
    ):
        with pytest.raises(LeadScoreError, match=r"another (feature|algorithm|figure)"):
            register(other)
    for compute, why in (
        (lambda created: created.rank(), "depends on the other leads"),
        (lambda created: created.dt.hours, r"cannot be computed \(AttributeError"),
        (lambda created: 7, "must give a Series"),
    ):
        monkeypatch.setitem(FEATURES, "odd", DerivedFeature("odd", (Role.TIMESTAMP,), compute))
        with pytest.raises(LeadScoreError, match=f"'odd' {why}"):
            train_model(few, n_repeats=1)
    monkeypatch.delitem(FEATURES, "odd")
    monkeypatch.setitem(METRICS, "odd", Metric("odd", Measure(human="Odd"), lambda label, propensity, threshold: 1 / 0))
    with pytest.raises(LeadScoreError, match=r"metric 'odd' cannot be computed \(ZeroDivisionError"):
        train_model(few, params=FEW_TREES, n_repeats=1)
    monkeypatch.delitem(METRICS, "odd")
    monkeypatch.setenv("LEADSCORE_EXTENSIONS", '["nobody_has_this"]')
    with pytest.raises(LeadScoreError, match=r"extension 'nobody_has_this' cannot be imported .* PYTHONPATH"):
        train_model(few)
