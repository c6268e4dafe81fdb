"""The Monitor page without a browser: the verdict on top, outcomes, drift, leads to call, trials and time."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.batches.save import save_batch
from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.monitoring.batch_leads import read_batch_leads
from leadscore_core.monitoring.batch_trials import list_trials, start_trial
from leadscore_core.monitoring.records import sample_of
from leadscore_core.monitoring.trial import plan_trial
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.outcomes import OutcomeStore
from tests.batches.test_called import bring_back
from tests.paths import ROOT


@pytest.fixture
def app(batch: Batch) -> AppTest:
    started = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    started.session_state["person_name"] = "Anna"
    return started.run().switch_page("pages/monitor/page.py").run()


def shown(app: AppTest) -> str:
    boxes = [*app.success, *app.info, *app.warning, *app.error]
    return "\n".join(one.value for one in [*boxes, *app.markdown, *app.caption])


def look_at(app: AppTest, section: str) -> AppTest:
    app.segmented_control(key="monitor-section").set_value(section).run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if label in button.label).click().run()
    assert not app.exception
    return app


def test_a_list_without_outcomes_has_a_verdict_and_is_compared(app: AppTest) -> None:
    assert not app.exception
    assert app.title[0].value == "Can we still trust the scores?"
    assert "No outcome has come back yet" in shown(app)
    drift = shown(look_at(app, "Drift"))
    assert "drifted for certain" in drift
    assert "The mean score is" in drift
    times = look_at(app, "Time")
    assert {"Lists", "Verdicts"} <= set(times.dataframe[0].value["What"])
    assert any("by Monday" in caption.value for caption in times.sidebar.caption)


def test_outcomes_turn_the_verdict_and_a_retrain_is_proposed(app: AppTest, batch: Batch, view: BatchView) -> None:
    scores = read_batch_leads(batch, view.schema, 0.5, load_settings()).scores
    bring_back(batch, np.random.default_rng(0).random(batch.rows) > scores)
    app.run()
    said = shown(app)
    assert "**Do not trust.**" in said
    assert "A retrain is proposed" in said
    assert any("AUC" in table.value.get("Figure", []).tolist() for table in app.dataframe if "Figure" in table.value)
    assert "applications" in said


def test_a_list_too_short_takes_no_other_verdicts_place_and_says_why_it_has_no_groups(
    app: AppTest, batch: Batch, view: BatchView, sample: SampleLeads, tmp_path: Path
) -> None:
    few = sample.new.head(5)
    few.to_csv(tmp_path / "few.csv", index=False)
    short = save_batch(open_list(tmp_path / "few.csv", view.schema), view.model, name="Five")
    OutcomeStore(load_settings()).add(short, np.arange(5), np.zeros(5, dtype="int64"), file_name="crm.csv")
    app.run()
    next(box for box in app.main.selectbox if box.label == "List").set_value(short.id).run()
    assert not app.exception
    assert "too short to tell a drift" in shown(app)
    assert "No month has 10 leads, so none is shown." in shown(app)
    assert any("by Monday" in caption.value for caption in app.sidebar.caption)


def test_leads_to_call_are_drawn_and_evaluated_once_they_are_back(app: AppTest, batch: Batch, view: BatchView) -> None:
    look_at(app, "Leads to call")
    assert "you know the AUC of this list exactly" in shown(app)
    press(app, "Draw these")
    press(app, "Take this draw back")
    assert sample_of(batch) is None
    press(app, "Draw these")
    drawn = sample_of(batch)
    assert drawn is not None
    assert f"{drawn['size']} leads are drawn; outcomes of 0 are known" in shown(app)
    scores = read_batch_leads(batch, view.schema, 0.5, load_settings()).scores
    bring_back(batch, np.random.default_rng(0).random(batch.rows) < scores)
    app.run()
    assert "The AUC of the whole list is 0." in shown(app)
    assert not any("Take this draw back" in button.label for button in app.button)


def test_a_trial_is_planned_and_started(app: AppTest, batch: Batch) -> None:
    look_at(app, "Trials")
    next(field for field in app.text_input if field.label == "Name of the trial").set_value("Spring").run()
    assert "It takes " in shown(app)
    press(app, "Start the trial")
    (trial,) = list_trials(batch.schema_name)
    assert trial.plan.name == "Spring"
    assert "**Spring**" in shown(app)


def test_a_running_trial_is_said_wherever_calls_are_offered_and_can_be_ended(
    places: Path, new_list: Path, trained: LeadModel
) -> None:
    start_trial(plan_trial("Autumn", "holdout", base_rate=0.3, lift=0.1, share=0.8), trained.schema.name)
    batch = save_batch(open_list(new_list, trained.schema), trained, name="Later")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["person_name"] = "Anna"
    app.run().switch_page("pages/leads/page.py").run()
    for section in ("Call list", "Call", "Plan", "Quarantine"):
        app.segmented_control(key="section").set_value(section).run()
        assert not app.exception
        assert "The trial Autumn runs\\: 20% of the leads" in shown(app), section
    app.switch_page("pages/monitor/page.py").run()
    look_at(app, "Trials")
    assert "**Autumn** (called or held out)" in shown(app)
    assert not any(button.label == "Start the trial" for button in app.button)
    press(app, "End the trial")
    (trial,) = list_trials(batch.schema_name)
    assert trial.ended is not None
    app.switch_page("pages/leads/page.py").run()
    assert "The trial Autumn runs" not in shown(app)


def test_without_another_model_the_shadow_says_so(app: AppTest, places: Path) -> None:
    assert "There is no other model to run beside the one in use" in shown(look_at(app, "Shadow"))
