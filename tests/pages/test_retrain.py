"""The Retrain page without a browser: no exception, and the right title, sentences and numbers."""

import io
import json
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.algorithms import ALGORITHMS
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.model.metadata import ColumnAudit
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining import jobs
from leadscore_core.retraining.dataset import read_labelled
from leadscore_core.retraining.jobs import RunState, list_runs, start_run, write_state
from leadscore_core.training.request import TrainingRequest
from tests.conftest import FEW_TREES
from tests.other_company import make_members
from tests.paths import ROOT

APP = str(ROOT / "app.py")
LABEL = "app_complete_flag"


def opened() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=90)
    app.session_state["person_name"] = "Anna"
    app.run()
    app.switch_page("pages/retrain/page.py").run()
    assert not app.exception
    return app


def section(app: AppTest, name: str) -> AppTest:
    app.segmented_control(key="retrain-section").set_value(name).run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(b for b in app.button if label in b.label).click().run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    rows = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success, *app.subheader]
    return "\n".join(element.value for element in rows).replace("\\", "")


def csv(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_csv(out, index=False)
    return out.getvalue()


def bring(app: AppTest, name: str, content: bytes) -> AppTest:
    next(u for u in app.file_uploader if u.label == "Labelled leads").upload(name, content, "text/csv").run()
    assert not app.exception
    return app


def test_a_first_visit_says_which_model_serves_and_the_next_step(registry: ModelRegistry) -> None:
    app = opened()
    assert app.title[0].value == "Is a better model ready?"
    assert "is in use (AUC 0." in words(app)
    assert "no newer one has been trained" in words(app)
    assert "Bring leads whose outcome is known" in words(app)
    press(app, "Use the sample leads")
    assert {m.label: m.value for m in app.metric}["Leads"] == "6,000"


def test_leads_are_counted_and_what_may_leak_is_asked(registry: ModelRegistry, sample: SampleLeads) -> None:
    labelled = sample.labelled.assign(referred_lead=sample.labelled[LABEL])  # a column that knows the answer
    app = bring(opened(), "labelled.csv", csv(labelled))
    figures = {m.label: m.value for m in app.metric}
    assert figures["Leads"] == f"{len(labelled):,}"
    assert figures["Completed"] == f"{labelled[LABEL].astype(int).sum():,}"
    assert "Is this known before the first call?" in words(app)
    asked = next(d.value for d in app.dataframe if "Why it is asked" in d.value.columns)
    result = asked.set_index("Column")["Leave out"].to_dict()
    assert result["Referred"] is True or bool(result["Referred"])


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG image"),
        (b"utm_source,utm_medium\nnews,mail\n", "None of these leads has an outcome"),
    ],
)
def test_files_that_cannot_be_learned_from_are_said(registry: ModelRegistry, content: bytes, text: str) -> None:
    app = bring(opened(), "x.csv", content)
    assert text in words(app)
    assert list_runs() == []


def test_leads_too_young_for_an_outcome_are_left_out_with_their_count(
    registry: ModelRegistry, sample: SampleLeads
) -> None:
    app = bring(opened(), "labelled.csv", csv(sample.labelled))
    app.number_input(key="train-young").set_value(30).run()
    assert not app.exception
    created = pd.to_datetime(sample.labelled["created_date"])
    young = int((created > created.max() - pd.Timedelta(days=30)).sum())
    assert young > 50
    assert f"{young:,} leads that are younger than 30 days are left out" in words(app)
    assert {m.label: m.value for m in app.metric}["Leads"] == f"{len(created) - young:,}"
    assert any(f"Train on {len(created) - young:,} leads" in b.label for b in app.button)


def test_too_few_leads_are_told_as_have_and_need(registry: ModelRegistry, sample: SampleLeads) -> None:
    app = bring(opened(), "few.csv", csv(sample.labelled.head(50)))
    assert "of 40 needed" in words(app)
    assert not any("Train on" in b.label for b in app.button)


def test_a_run_is_asked_for_models_of_their_own_by_a_category(
    registry: ModelRegistry, sample: SampleLeads, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[TrainingRequest] = []
    monkeypatch.setattr("pages.retrain.train.start_run", lambda data, request, **_: asked.append(request))
    app = bring(opened(), "labelled.csv", csv(sample.labelled.head(400)))
    offered = app.selectbox(key="train-segments")
    source = next(human for human in offered.options if "source" in human.casefold())
    offered.select(source)
    press(app, "Train on 400 leads")
    assert [request.segments_by for request in asked] == ["first_utm_source_c"]


def test_a_run_brings_a_verdict_that_is_promoted_and_rolled_back(
    registry: ModelRegistry, sample: SampleLeads, trained: LeadModel, tmp_path: Path
) -> None:
    path = tmp_path / "labelled.csv"
    sample.labelled.to_csv(path, index=False)
    leads = read_labelled([open_list(path, trained.schema)], [], trained.schema)
    start_run(leads, TrainingRequest(params=FEW_TREES, n_repeats=1), by="Anna")
    app = opened()
    assert "Training on" in words(app)
    assert "by Anna" in words(app)
    deadline = time.monotonic() + 180
    while list_runs()[0].is_on and time.monotonic() < deadline:
        time.sleep(0.5)
    run = list_runs()[0]
    assert run.state.state == "done", run.log

    app = opened()
    assert "The newest, of" in words(app)
    section(app, "Verdict")
    gates = app.dataframe[0].value
    assert gates["Figure"].tolist()[:3] == ["AUC", "Precision", "Recall"]
    crossed = registry.read_metadata(run.state.model_id).metrics["cross_validation"]
    assert gates["Value"].iloc[0] == pytest.approx(crossed["auc"])
    app.slider[0].set_value(90.0).run()
    assert not app.exception
    shown = {m.label: m.value for m in app.metric}
    assert float(shown["Recall"].rstrip("%")) < 50

    section(app, "Against the model in use")
    table = app.dataframe[0].value
    assert table["Figure"].tolist()[0] == "AUC"
    assert "Compared on" in words(app)
    moves = next(d.value for d in app.dataframe if "Junk" in d.value.columns).set_index("In use")
    assert moves.to_numpy().sum() == len(leads.known)

    section(app, "Promote or roll back")
    app.text_input(key="promote-reason").set_value("It has seen the newest month")
    press(app, "Promote")
    assert registry.champion_id == run.state.model_id, words(app)
    assert registry.history()[0]["reason"] == "It has seen the newest month"
    assert registry.history()[0]["by"] == "Anna"
    app = section(opened(), "Promote or roll back")
    app.text_input(key="rollback-reason").set_value("Callers want the old one")
    press(app, "Roll back to the model before")
    assert registry.champion_id == trained.model_id


def test_anybodys_leads_are_described_kept_trained_and_exported(registry: ModelRegistry, places: Path) -> None:
    members = make_members()
    app = bring(opened(), "gym members.csv", csv(members))
    assert "What do these columns mean?" in words(app)
    app.selectbox[0].set_value("Status").run()
    assert not app.exception
    assert app.multiselect[0].value == ["joined"]
    table = next(d.value for d in app.dataframe if "Meaning" in d.value.columns).set_index("Column")
    assert table.loc["Lead Source", "Meaning"] == "Source"
    assert table.loc["E-mail", "Meaning"] == "E-mail"
    assert table.loc["Country", "Meaning"] == "Leave out"
    assert table.loc["Goal", "Counts as blank"] == "select"
    press(app, "Use these columns")
    assert load_schema("gym-members").title == "Gym members leads"
    assert "Read as Gym members leads: 100% of their columns are there" in words(app)
    assert {m.label: m.value for m in app.metric}["Leads"] == "900"
    asked = next(d.value for d in app.dataframe if "Why it is asked" in d.value.columns).set_index("Column")
    assert bool(asked.loc["Remarks", "Leave out"])
    assert not asked["Known before"].any()
    assert any("Train on 900 leads" in b.label for b in app.button)


def test_an_outcome_that_says_nothing_is_asked_and_stages_are_shown(registry: ModelRegistry, places: Path) -> None:
    members = make_members()
    app = bring(
        opened(), "m.csv", csv(members.assign(Status=members["Status"].map({"Joined": "Alpha", "Lost": "Beta"})))
    )
    app.selectbox[0].set_value("Status").run()
    assert app.multiselect[0].value == []
    assert "It is not clear what Status says of a lead" in words(app)
    assert not any("Use these columns" in b.label for b in app.button)
    app.multiselect[0].set_value(["alpha"]).run()
    assert not app.exception
    done = int((members["Status"] == "Joined").sum())
    shown = next(d.value for d in app.dataframe if "Means" in d.value.columns).set_index("Value")
    assert shown["Means"].to_dict() == {"Alpha": "Won", "Beta": "Lost"}
    assert shown["Leads"].to_dict() == {"Alpha": done, "Beta": 900 - done}
    press(app, "Use these columns")
    assert {m.label: m.value for m in app.metric}["Converted"] == f"{done:,}"

    staged = members.assign(Status=["Contacted"] * 100 + members["Status"].iloc[100:].tolist())
    app = bring(opened(), "s.csv", csv(staged))
    assert "Converted: 'Joined'" in words(app)
    assert "open: 'Contacted' 100" in words(app)
    figures = {m.label: m.value for m in app.metric}
    assert figures["Outcome known"] == "800"
    assert figures["Converted"] == f"{(staged['Status'] == 'Joined').sum():,}"


def test_what_the_columns_mean_can_be_said_anew(registry: ModelRegistry, places: Path, sample: SampleLeads) -> None:
    app = bring(opened(), "labelled.csv", csv(sample.labelled))
    assert "Read as CodePro leads: 100% of their columns are there" in words(app)
    press(app, "Say anew what the columns mean")
    assert "What do these columns mean?" in words(app)
    app.text_input(key=next(t.key for t in app.text_input if t.label == "Name")).set_value("My leads!").run()
    assert "the name 'My leads!' should be of small letters" in words(app)
    assert list_runs() == []


def test_a_comparison_is_asked_for_and_read(
    registry: ModelRegistry, sample: SampleLeads, trained: LeadModel, runs_here: None
) -> None:
    app = section(opened(), "Compare")
    assert "There is one model so far" in words(app)
    assert "Nothing was compared yet" in words(app)
    app = bring(opened(), "labelled.csv", csv(sample.labelled))
    app.segmented_control(key="train-task").set_value("compare").run()
    app.multiselect(key="train-algorithms").set_value(["logistic"]).run()
    assert not app.exception
    press(app, "Compare on 1,500 leads")
    assert list_runs()[0].state.state == "done", list_runs()[0].log
    registry.publish(LeadModel(trained.pipeline, trained.metadata.model_copy(update={"model_id": "twin"})))
    app = opened()
    assert "Compare algorithms: done" in words(app)
    section(app, "Compare")
    assert "No algorithm is better than LightGBM for certain" in words(app) or "is better than LightGBM by" in words(
        app
    )
    tables = [d.value for d in app.dataframe]
    board = next(table for table in tables if "Algorithm" in table.columns)
    assert set(board["Algorithm"]) == {"LightGBM", "Logistic regression"}
    figures = next(table for table in tables if "Figure" in table.columns)
    assert figures["Figure"].tolist()[0] == "AUC, folds"
    assert figures.iloc[0, 1] == figures.iloc[0, 2]  # the same model twice


def test_settings_are_searched_of_the_algorithm_that_is_chosen(
    registry: ModelRegistry, sample: SampleLeads, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []
    monkeypatch.setattr(jobs, "start_process", lambda folder, *_, **__: started.append(folder))
    monkeypatch.setitem(ALGORITHMS, "bare", replace(ALGORITHMS["logistic"], name="bare", human="Bare", search_space={}))
    app = bring(opened(), "labelled.csv", csv(sample.labelled))
    app.segmented_control(key="train-task").set_value("tune").run()
    app.selectbox(key="tune-algorithm").set_value("bare").run()
    assert not app.exception
    assert "Bare declares no settings to search" in words(app)
    assert next(b for b in app.button if "Search on" in b.label).disabled
    app.selectbox(key="tune-algorithm").set_value("logistic").run()
    press(app, "Search on 1,500 leads")
    (run,) = list_runs()
    assert started == [run.folder]
    assert (run.request.task.kind, run.request.training.algorithm) == ("tune", "logistic")
    found = {"algorithm": "logistic", "human": "Logistic regression", "params": {"C": 0.0412345}, "trials": 12}
    figures = {"difference": 0.0012, "low": 0.0004, "high": 0.002, "is_better": True}
    (run.folder / "report.json").write_text(json.dumps({"tuning": found | figures}))
    write_state(run.folder, RunState(state="done", share=1.0, message="Done"))
    app = section(opened(), "Compare")
    assert "Logistic regression: the search helps. AUC +0.0012" in words(app)
    assert next(d.value for d in app.dataframe if "Found" in d.value.columns)["Found"].tolist() == ["0.04123"]
    app = bring(opened(), "labelled.csv", csv(sample.labelled))
    assert [toggle.label for toggle in app.toggle if "the last search" in toggle.label] == []
    app.selectbox(key="train-algorithm").set_value("logistic").run()
    (toggle,) = [toggle for toggle in app.toggle if "the last search" in toggle.label]
    assert toggle.label == "Use the settings that the last search of Logistic regression found"
    toggle.set_value(True).run()
    press(app, "Train on 1,500 leads")
    (asked,) = [one.request.training for one in list_runs() if one.folder != run.folder]  # perhaps of the same second
    assert (asked.algorithm, asked.params) == ("logistic", {"C": 0.0412345})


def test_open_questions_of_a_model_name_columns_as_people_do(registry: ModelRegistry, trained: LeadModel) -> None:
    audit = [ColumnAudit(column="city_mapped", why="Where it is blank, few complete.", left_out=False)]
    asked = trained.metadata.model_copy(update={"model_id": "asked", "audit": audit})
    registry.publish(LeadModel(trained.pipeline, asked))
    registry.promote("asked")
    app = section(opened(), "Verdict")
    assert "Nobody has said so yet" in words(app)
    assert "- City: Where it is blank, few complete." in words(app)
    assert "city_mapped" not in words(app)


def test_leads_stay_while_other_sections_are_looked_at(registry: ModelRegistry, sample: SampleLeads) -> None:
    app = bring(opened(), "labelled.csv", csv(sample.labelled))
    section(app, "Verdict")
    section(app, "Train")
    assert {m.label: m.value for m in app.metric}["Leads"] == "1,500"


def test_period_and_values_narrow_what_is_learned_from(registry: ModelRegistry, sample: SampleLeads) -> None:
    app = bring(opened(), "labelled.csv", csv(sample.labelled))
    assert "0 of these leads are new since the model in use was trained" in words(app)
    created = pd.to_datetime(sample.labelled["created_date"])
    first = (created.min() + pd.Timedelta(days=60)).date()
    app.date_input[0].set_value((first, created.max().date())).run()
    assert not app.exception
    left = int((created.dt.date >= first).sum())
    assert f"{left:,} of 1,500 leads are in the period and filters" in words(app)
    source = sample.labelled["first_utm_source_c"].value_counts().index[0]
    next(m for m in app.multiselect if m.label == "Only these: first source").set_value([source]).run()
    assert not app.exception
    both = int(((created.dt.date >= first) & (sample.labelled["first_utm_source_c"] == source)).sum())
    assert {m.label: m.value for m in app.metric}["Leads"] == f"{both:,}"


def test_dates_in_the_future_are_said(registry: ModelRegistry, sample: SampleLeads) -> None:
    later = sample.labelled.copy()
    later.loc[later.index[:7], "created_date"] = "2099-01-01 10:00:00"
    app = bring(opened(), "labelled.csv", csv(later))
    assert "7 leads are dated in the future" in words(app)


def test_several_files_are_learned_from_together(registry: ModelRegistry, sample: SampleLeads) -> None:
    half = len(sample.labelled) // 2
    app = opened()
    uploader = next(u for u in app.file_uploader if u.label == "Labelled leads")
    for name, part in (("a.csv", sample.labelled.head(half)), ("b.csv", sample.labelled.iloc[half:])):
        uploader.upload(name, csv(part), "text/csv")
    app.run()
    assert not app.exception
    assert {m.label: m.value for m in app.metric}["Leads"] == "1,500"
