"""Two companies in one afternoon, without a browser: each list, page and sentence is by its own company's model."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.analytics.report_html import make_report
from leadscore_core.analytics.sources import Scope, open_sources
from leadscore_core.config import TargetMetrics, load_settings
from leadscore_core.data.dataset.open import open_any_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.schema.schema_files import load_schema, save_schema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import ReasonNeededError
from leadscore_core.inference.score import score_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.model_card import write_card
from leadscore_core.registry.promotion import promote_model
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining.jobs import RunRequest, RunState, RunTask, write_state
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.training.evaluation.champion_challenger import Challenge
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES
from tests.other_company import make_members
from tests.pages.test_score import as_csv, metrics, upload
from tests.paths import ROOT

APP = str(ROOT / "app.py")
PAGES = ("leads", "drivers", "sources", "retrain", "monitor", "score")
REASON = "The first model of these leads"
OURS = re.compile(r"applica(tion|nt)|\bapplying\b|utm|droppp|\bcompleted\b|\bLevel\d", re.IGNORECASE)
SECTIONS = {
    "leads": (
        "section",
        ("Call list", "Call", "Plan", "Bring outcomes", "Quarantine", "Grades", "Junk filter", "Review list"),
    ),
    "sources": ("source-section", ("Rates", "Composition", "Segments", "Weeks and flow", "Money")),
    "retrain": ("retrain-section", ("Train", "Verdict", "Against the model in use", "Compare", "Promote or roll back")),
    "monitor": ("monitor-section", ("Outcomes", "Drift", "Leads to call", "Shadow", "Trials", "Time")),
}


@pytest.fixture(scope="module")
def gym(tmp_path_factory: pytest.TempPathFactory) -> LeadModel:
    """A model of another company's leads."""
    folder = tmp_path_factory.mktemp("gym")
    members = make_members(400).drop(columns="Remarks")
    members.to_csv(folder / "gym.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADSCORE_DATA_DIR", str(folder / "data"))
        schema = open_any_list(folder / "gym.csv", options=ListOptions(label="Status")).schema
    return train_model(members, schema, params=FEW_TREES, n_repeats=1, note="Gym.")


def enquiries() -> pd.DataFrame:
    """The gym's new leads."""
    return make_members(60, seed=8).drop(columns=["Status", "Remarks"])


def promote(model: LeadModel, registry: ModelRegistry) -> None:
    """Put another company's model to use, and keep what its columns mean."""
    registry.publish(model)
    save_schema(model.schema)
    promote_model(model.model_id, reason=REASON)


def opened() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=90)
    app.session_state["person_name"] = "Anna"
    app.run()
    assert not app.exception
    return app


def go(app: AppTest, page: str) -> AppTest:
    app.switch_page(f"pages/{page}/page.py").run()
    assert not app.exception, page
    return app


def look_at_all(app: AppTest) -> str:
    """Look at every page, and return what they say, at the end that of Score leads."""
    said = []
    for page in PAGES:
        go(app, page)
        assert not app.error, (page, app.error)
        said += [element.value for element in (*app.markdown, *app.caption, *app.info)]
    return "\n".join(said)


def expected(leads: pd.DataFrame, model: LeadModel) -> str:
    return f"{score_leads(leads, model, reasons=0)['propensity'].sum():,.0f}"


@pytest.mark.parametrize(
    ("verdict", "said"), [("the same", "is not shown to be better or worse than"), ("worse", "is worse than")]
)
def test_a_model_that_beats_the_base_rate_alone_is_not_said_to_miss_it(
    registry: ModelRegistry, gym: LeadModel, verdict: str, said: str
) -> None:
    promote(gym, registry)
    later = gym.metadata.model_copy(
        update={
            "model_id": f"{gym.model_id}-2",
            "created_at": gym.metadata.created_at + timedelta(minutes=5),
            "meets_targets": False,
        }
    )
    auc = {"name": "auc", "champion": 0.8, "challenger": 0.79, "value": -0.01, "low": -0.02, "high": 0.005}
    challenge = Challenge(
        champion_id=gym.model_id, challenger_id=later.model_id, basis="unseen", verdict=verdict, figures=[auc]
    )
    registry.publish(replace(gym, metadata=later), {"challenge": challenge.model_dump(mode="json")})
    app = opened()
    app.session_state["company"] = gym.schema.name
    go(app, "retrain")
    stated = "\n".join(text.value for text in app.markdown).replace("\\", "")
    assert ", is better than the base rate in cross-validation" in stated
    assert f"It {said} the model in use in random folds: AUC -0.010 (95% interval -0.020 to +0.005)." in stated
    with pytest.raises(ReasonNeededError, match="is not shown to be better than the model that was in use"):
        promote_model(later.model_id)
    card = write_card(later, gym.schema)
    assert "met in cross-validation" in card
    assert "better than the base rate and than the model in use; than that model it was no better" in card


def test_two_companies_are_served_back_and_forth(
    registry: ModelRegistry, gym: LeadModel, sample: SampleLeads, trained: LeadModel
) -> None:
    app = upload(opened(), "list.csv", as_csv(sample.new))
    ours = metrics(app)
    promote(gym, registry)
    look_at_all(app)
    assert metrics(app) == ours
    assert app.sidebar.selectbox[0].value == "codepro"
    upload(app, "enquiries.csv", as_csv(enquiries()))
    assert app.sidebar.selectbox[0].value == gym.schema.name
    theirs = metrics(app)
    assert theirs["Leads"] == "60"
    assert theirs["Sign-ups expected"] == expected(enquiries(), gym)
    look_at_all(app)
    assert metrics(app) == theirs
    assert [b.scoring.model_id for b in BatchStore(load_settings()).list_batches()] == [gym.model_id, trained.model_id]

    app.sidebar.selectbox[0].set_value("codepro").run()
    assert not app.exception
    assert metrics(app) == ours
    look_at_all(app)
    go(app, "leads")
    picker = next(box for box in app.main.selectbox if box.label == "List")
    assert picker.value == next(b.id for b in BatchStore(load_settings()).list_batches() if b.schema_name == "codepro")
    picker.set_value(BatchStore(load_settings()).list_batches()[0].id).run()
    assert not app.exception
    assert app.sidebar.selectbox[0].value == gym.schema.name
    assert metrics(go(app, "score")) == theirs


def test_the_sidebar_is_of_the_company_whose_list_is_shown(
    registry: ModelRegistry, gym: LeadModel, sample: SampleLeads
) -> None:
    upload(opened(), "list.csv", as_csv(sample.new))
    promote(gym, registry)
    app = opened()
    assert app.sidebar.selectbox[0].value == gym.schema.name, "that of the newest model, until a list is looked at"
    go(app, "leads")
    assert app.sidebar.selectbox[0].value == "codepro"
    assert not any("Gym." in caption.value for caption in app.sidebar.caption)


def test_a_list_that_fits_two_companies_is_asked_about_and_known_again(registry: ModelRegistry, gym: LeadModel) -> None:
    promote(gym, registry)
    twin = gym.schema.model_copy(update={"name": "studio", "title": "Studio leads"})
    again = train_model(make_members(300, seed=5).drop(columns="Remarks"), twin, params=FEW_TREES, n_repeats=1)
    promote(again, registry)
    app = upload(opened(), "enquiries.csv", as_csv(enquiries()))
    assert "do not say whose leads these are" in app.warning[0].value
    assert not app.metric
    whose = next(box for box in app.main.selectbox if box.label == "Whose leads are these?")
    assert whose.value is None
    whose.set_value("studio").run()
    assert not app.exception
    assert metrics(app)["Sign-ups expected"] == expected(enquiries(), again)
    later = upload(opened(), "the same.csv", as_csv(enquiries()))
    assert "This file was scored before" in later.info[0].value
    next(box for box in later.main.selectbox if box.label == "Whose leads are these?").set_value(gym.schema.name).run()
    assert not later.exception
    assert metrics(later)["Sign-ups expected"] == expected(enquiries(), gym)
    assert sorted(b.schema_name for b in BatchStore(load_settings()).list_batches()) == sorted(["studio", "gym"])


def test_retrain_shows_one_companys_models_and_searched_settings(registry: ModelRegistry, gym: LeadModel) -> None:
    promote(gym, registry)
    folder = load_settings().data_dir / "runs" / "20260101-000000-aaaaaa"
    folder.mkdir(parents=True)
    asked = {"run_id": folder.name, "asked_at": datetime.now(UTC), "data": "gym.csv", "rows": 400}
    request = RunRequest(task=RunTask(kind="tune"), schema_name="gym", **asked)
    (folder / "request.json").write_text(request.model_dump_json())
    found = {"params": {"num_leaves": 7}, "difference": 0, "low": 0, "high": 0, "is_better": False, "trials": 3}
    (folder / "report.json").write_text(json.dumps({"tuning": found}))
    write_state(folder, RunState(state="done", share=1.0, message="Done"))
    app = opened()
    app.sidebar.selectbox[0].set_value("codepro").run()
    go(app, "retrain")
    next(b for b in app.button if b.label == "Use the sample leads").click().run()
    assert not app.exception
    assert not [toggle.label for toggle in app.toggle if "the last search" in toggle.label]
    app.segmented_control(key="retrain-section").set_value("Compare").run()
    assert "Nothing was searched yet" in "\n".join(element.value for element in app.info)
    app.segmented_control(key="retrain-section").set_value("Verdict").run()
    (model,) = [box for box in app.main.selectbox if box.label == "Model"]
    assert len(model.options) == 1
    app.sidebar.selectbox[0].set_value("gym").run()
    app.segmented_control(key="retrain-section").set_value("Compare").run()
    assert not app.exception
    assert "3 settings were tried" in "\n".join(element.value for element in app.caption)
    app.segmented_control(key="retrain-section").set_value("Promote or roll back").run()
    assert app.subheader[0].value == "In use already"
    assert registry.champions == {"gym": gym.model_id, "codepro": registry.champion_of("codepro")}
    next(box for box in app.text_input if box.key == "retire-reason").set_value("The gym has closed its doors")
    next(b for b in app.button if b.label == "Take out of use").click().run()
    assert not app.exception
    assert list(registry.champions) == ["codepro"]
    assert "No model of" in app.markdown[0].value
    assert app.subheader[0].value == "Put this model to use"
    assert app.dataframe[0].value["What"].tolist() == ["Taken out of use", "Promoted"]


def test_a_company_says_when_a_model_is_good_enough(
    registry: ModelRegistry, gym: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_schema(gym.schema)
    started = []
    monkeypatch.setattr("pages.retrain.train.start_run", lambda data, *_, **__: started.append(data))
    app = AppTest.from_file(APP, default_timeout=90)
    app.session_state["company"] = gym.schema.name
    go(app.run(), "retrain")
    members = as_csv(make_members(300, seed=5).drop(columns="Remarks"))
    next(u for u in app.file_uploader if u.label == "Labelled leads").upload("m.csv", members, "text/csv").run()
    (fold,) = [fold for fold in app.expander if "good enough" in fold.label]
    assert fold.proto.expanded, "nobody was asked before"
    assert "better than the base rate and than the model in use" in fold.label
    app.radio[0].set_value("above targets of its own").run()
    values = {box.label: box for box in app.number_input if box.label.endswith("above")}
    base = float(np.mean(make_members(300, seed=5)["Status"] == "Joined"))
    assert {label: box.value for label, box in values.items()} == {
        "AUC above": 0.5,
        "Precision above": pytest.approx(base, abs=1e-4),
        "Recall above": 0.0,
    }
    values["AUC above"].set_value(0.99).run()
    next(b for b in app.button if b.label.startswith("Train on")).click().run()
    assert not app.exception
    kept = load_schema(gym.schema.name).targets
    assert kept == started[0].schema.targets == TargetMetrics(auc=0.99, precision=round(base, 4), recall=0)

    registry.publish(gym)
    app = AppTest.from_file(APP, default_timeout=90)
    app.session_state["company"] = gym.schema.name
    go(app.run(), "retrain")
    app.segmented_control(key="retrain-section").set_value("Verdict").run()
    assert any(text.value.startswith("## Misses AUC in cross-validation") for text in app.markdown)
    assert set(app.dataframe[0].value["Target"]) == {"> 0.99", f"> {round(base, 4)}"}
    (fold,) = [fold for fold in app.expander if "good enough" in fold.label]
    assert (fold.proto.expanded, "AUC > 0.99" in fold.label) == (False, True)
    with pytest.raises(ReasonNeededError, match="misses a target"):
        promote_model(gym.model_id)
    app.radio[0].set_value("better than the base rate and than the model in use").run()
    next(b for b in app.button if b.label == "Keep these targets").click().run()
    assert not app.exception
    assert load_schema(gym.schema.name).targets is None
    assert any(text.value.startswith("## Better than the base rate in cross-val") for text in app.markdown)
    promote_model(gym.model_id)
    assert registry.champion_of(gym.schema.name) == gym.model_id


def said(app: AppTest) -> list[str]:
    """Return everything that a page says: texts, labels, tables and figures with their axes and hovers."""
    texts = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.info, *app.warning, *app.success, *app.error]
    words = [element.value for element in texts]
    for kind in ("button", "download_button", "selectbox", "multiselect", "radio", "slider", "text_input", "toggle"):
        for element in app.get(kind):
            words += [str(element.label if hasattr(element, "label") else ""), str(element.proto)]
    words += [str(metric.proto) for metric in app.metric]
    words += [table.value.to_csv() for table in app.dataframe]
    words += [str(figure.proto) for figure in app.get("plotly_chart")]
    no_words = r'\bid: "[^"]*"|bdata[\\": ]+[\w+/=\\]+'  # keys of widgets, and numbers of figures as base64
    return [re.sub(no_words, "", text) for text in words]


def test_retrain_shows_a_company_whose_first_model_is_still_trained(registry: ModelRegistry, gym: LeadModel) -> None:
    save_schema(gym.schema)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.session_state["company"] = gym.schema.name
    app.run().switch_page("pages/retrain/page.py").run()
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert any("No model of" in text.value for text in app.markdown)
    assert any("Train" in (control.options or []) for control in app.button_group)


def test_no_page_figure_or_report_has_a_word_of_ours(registry: ModelRegistry, gym: LeadModel) -> None:
    promote(gym, registry)
    app = upload(opened(), "members.csv", as_csv(make_members(400, seed=5).drop(columns="Remarks")))
    words = {"score": said(app)}
    for page in PAGES[:-1]:
        key, sections = SECTIONS.get(page, ("", ("",)))
        for section in sections:
            go(app, page)
            if section:
                app.segmented_control(key=key).set_value(section).run()
            assert not app.exception, (page, section)
            assert not app.error, (page, section, app.error)
            words[f"{page} {section}"] = said(app)
    found = [(where, text[:300]) for where, texts in words.items() for text in texts if OURS.search(text)]
    assert not found
    figures = str(words["sources Rates"]) + str(words["leads Plan"]) + str(words["retrain Verdict"])
    for text in ("Sign-ups, of leads", "Sign-ups expected", "Sign-ups found", "those who signed up"):
        assert text in figures
    batch = BatchStore(load_settings()).list_batches()[0]
    view = open_sources([batch], gym.schema)
    report = make_report(view, Scope(view.default)).decode()
    assert not OURS.search(re.sub(r"base64,[^\"]+", "", report))
    assert "Sign-ups by lead source" in report
