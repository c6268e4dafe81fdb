"""The Leads and Drivers pages without a browser: no exception, and the right title, sentence and numbers."""

import os
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup

from leadscore_core.batches.planning import ALL, CALLS, plan_batch, trade_off
from leadscore_core.batches.save import save_batch
from leadscore_core.batches.view import BatchView
from leadscore_core.config import GradeRule, GradeThresholds, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.database.preferences import grade_preference, junk_preference
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES
from tests.lead_rows import rows_shown
from tests.paths import ROOT

APP = str(ROOT / "app.py")
QUARANTINE = LeadFilter(section="quarantine")


@pytest.fixture
def leads(batch: Batch) -> AppTest:
    return opened("pages/leads/page.py")


def opened(page: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    app.session_state["person_name"] = "Anna"
    app.run().switch_page(page).run()
    assert not app.exception
    return app


def section(app: AppTest, name: str) -> AppTest:
    app.segmented_control(key="section").set_value(name).run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception
    return app


def chips(app: AppTest) -> ButtonGroup:
    return next(group for group in app.button_group if group.label == "Filter")


def words(app: AppTest) -> str:
    return "\n".join(
        element.value for element in [*app.header, *app.markdown, *app.caption, *app.info, *app.warning, *app.error]
    )


def test_without_a_batch_the_next_step_is_said(places: Path) -> None:
    for page, title in (
        ("pages/leads/page.py", "Whom do we call first?"),
        ("pages/drivers/page.py", "What makes a lead convert?"),
    ):
        app = opened(page)
        assert app.title[0].value == title
        assert "No list has been scored yet" in app.info[0].value


def test_the_call_list_has_the_numbers_of_the_core(leads: AppTest, view: BatchView) -> None:
    assert leads.title[0].value == "Whom do we call first?"
    calls, plan = view.table.count(CALLS), plan_batch(view, 300)
    first = f"Call these {plan.leads:,} first: about {plan.expected:,.0f}"
    assert leads.header[0].value.startswith((f"You can call all {calls:,} leads", first))
    figures = {metric.label: metric.value for metric in leads.metric}
    assert figures == {
        "Leads": "250",
        "To call": f"{calls}",
        "Put aside": f"{250 - calls}",
        "Applications expected": f"{view.batch.scoring.expected:,.0f}",
        "Hot": f"{view.table.by_grade(ALL)['Hot'][0]}",
    }
    shown = rows_shown(leads)
    assert list(shown.columns) == ["Name", "Phone", "E-mail", "Score", "Grade", "Why", "First source", "City"]
    assert len(shown) == 50
    assert f"Leads 1 to 50 of {calls}. The list holds 250 in all." in words(leads)


def test_filters_and_search_narrow_the_list(leads: AppTest, view: BatchView) -> None:
    name = view.table.page(CALLS, Sort(), 0, 1)["ls_name"].iloc[0]
    chips(leads).set_value(["search"]).run()
    search = next(t for t in leads.text_input if t.label == "Search")
    search.set_value(str(name)).run()
    assert name in rows_shown(leads)["Name"].tolist()
    assert len(rows_shown(leads)) == view.table.count(LeadFilter(text=str(name)))
    search.set_value("nobody at all").run()
    assert "No lead fits" in words(leads)
    assert not leads.exception


def test_restoring_all_empties_the_quarantine(leads: AppTest, view: BatchView, batch: Batch) -> None:
    section(leads, "Quarantine")
    aside = view.table.count(QUARANTINE)
    assert len(rows_shown(leads)) == min(50, aside)
    assert "Why it is put aside" in rows_shown(leads).columns
    press(leads, f"Restore all {aside:,} shown")
    assert len(DecisionStore(load_settings()).restored_rows(batch)) == aside
    assert "Nobody is put aside" in words(leads)
    press(leads, "Put all of them aside again")
    assert len(DecisionStore(load_settings()).restored_rows(batch)) == 0


def test_the_planner_counts_days_and_callers(leads: AppTest, view: BatchView) -> None:
    leads.number_input(key="calls-a-day").set_value(20).run()
    section(leads, "Plan")
    leads.number_input(key="plan-days").set_value(3).run()
    plan = plan_batch(view, 60)
    assert f"**60 leads**, down to a propensity of {plan.cut_off:.0%}" in words(leads)
    orders = next(table.value for table in leads.dataframe if "Order" in table.value)
    assert orders["Applications expected"].round(6).tolist() == [
        round(x, 6) for x in (plan.expected, plan.in_arrival_order, plan.at_random)
    ]


def test_a_threshold_moves_its_neighbour_previews_saves_and_undoes(leads: AppTest, view: BatchView) -> None:
    section(leads, "Grades")
    before = leads.dataframe[0].value["Leads"].tolist()
    leads.slider(key="grade-hot").set_value(30.0).run()
    assert leads.slider(key="grade-warm").value == 30.0
    assert leads.dataframe[0].value["Leads"].tolist() != before
    assert leads.dataframe[0].value["Leads"].tolist()[1] == 0
    preference = grade_preference(load_settings(), load_schema())
    assert preference.current().version == 0, "a preview saves nothing"
    press(leads, "Save these grades")
    assert preference.current().value.thresholds == GradeThresholds(hot=0.3, warm=0.3, cold=0.1)
    press(leads, "Undo the last change")
    assert preference.current().value == preference.default
    assert leads.slider(key="grade-hot").value == 65.0
    assert leads.dataframe[0].value["Leads"].tolist() == before


def test_grades_by_share_of_the_list(leads: AppTest) -> None:
    section(leads, "Grades")
    leads.radio[0].set_value("share").run()
    assert [s.value for s in leads.slider] == [20.0, 50.0, 80.0]
    leads.slider(key="grade-warm").set_value(10.0).run()
    assert leads.slider(key="grade-hot").value == 10.0
    assert leads.dataframe[0].value["Leads"].tolist() == [25, 0, 175, 50]


def test_somebody_else_changed_the_grades_meanwhile(leads: AppTest) -> None:
    section(leads, "Grades")
    leads.slider(key="grade-hot").set_value(80.0).run()
    preference = grade_preference(load_settings(), load_schema())
    preference.save(GradeRule(thresholds=GradeThresholds(hot=0.9)), based_on=0, author="Ben")
    leads.run()
    assert "Ben changed this after you opened it" in words(leads)
    assert leads.slider(key="grade-hot").value == 80.0, "what was being edited is not lost"
    press(leads, "Save these grades")
    assert "Nothing was overwritten" in leads.error[0].value
    assert preference.current().value.thresholds.hot == 0.9
    press(leads, "Show what is in force now")
    assert leads.slider(key="grade-hot").value == 90.0


def test_after_a_promotion_the_thresholds_are_questioned(leads: AppTest, trained: LeadModel) -> None:
    preference = grade_preference(load_settings(), load_schema())
    preference.save(GradeRule(thresholds=GradeThresholds(hot=0.9)), based_on=0, author="Ben", model_id="an older model")
    section(leads, "Grades")
    assert "A new model is in use since these grades were set" in words(leads)
    press(leads, "Keep these grades")
    assert preference.current().model_id == trained.model_id
    assert preference.current().value.thresholds.hot == 0.9
    assert "A new model is in use" not in words(leads)


def test_the_junk_filter_says_what_is_lost(leads: AppTest, view: BatchView) -> None:
    section(leads, "Junk filter")
    leads.slider[0].set_value(20.0).run()
    trade = trade_off(view)
    seen, own = trade.lost(0.2)
    assert seen is not None
    worse, better = sorted((seen, own), key=lambda share: -share.value)
    assert f"about **{worse.value:.1%} of applications** (95% interval {worse.low:.1%} to {worse.high:.1%})" in words(
        leads
    )
    assert f"{better.value:.1%} ({better.low:.1%} to {better.high:.1%})" in words(leads)
    assert "Saved, it holds for every list, later ones too: Junk is what is below a propensity of" in words(leads)
    changes = next(d.value for d in leads.dataframe if "Junk then" in d.value)
    assert changes["List"].tolist() == [view.batch.name]
    assert changes["Junk then"].tolist() == [trade.below(trade.cut(0.2))]
    assert changes["Junk now"].tolist() == [round(view.table.grade_share("Junk") * view.table.rows)]
    press(leads, next(b.label for b in leads.button if b.label.startswith("Put aside ")))
    again = section(opened("pages/leads/page.py"), "Quarantine")
    assert "Low propensity: " in "".join(rows_shown(again)["Why it is put aside"].tolist())
    press(section(leads, "Junk filter"), "Undo")
    assert (
        grade_preference(load_settings(), load_schema()).current().value
        == grade_preference(load_settings(), load_schema()).default
    )


def test_contact_rules_have_switches_with_counts(leads: AppTest, view: BatchView) -> None:
    section(leads, "Junk filter")
    counts = view.table.rule_counts()
    labels = [toggle.label for toggle in leads.toggle]
    assert f"Test or keyboard-mash name: {counts['test_name']:,} leads" in labels
    next(t for t in leads.toggle if t.label.startswith("Test or")).set_value(True)
    press(leads, "Save these rules")
    assert junk_preference(load_settings()).current().value.contact == (
        "unreachable", "malformed_email_no_phone", "impossible_phone", "test_name",
    )  # fmt: skip


def test_a_lead_is_opened_and_judged(leads: AppTest, view: BatchView, batch: Batch) -> None:
    first = view.table.by_rank([1]).iloc[0]
    leads.session_state["lead_row"] = int(first["ls_row"])
    leads.run()
    assert leads.get("dialog")[0].proto.dialog.title == first["ls_name"]
    figures = {metric.label: metric.value for metric in leads.metric}
    assert figures["Score"] == str(first["ls_score"])
    assert figures["Rank of 250"] == "1"
    assert "What speaks for it" in words(leads)
    press(leads, "Put on the review list")
    (entry,) = DecisionStore(load_settings()).feedback()
    assert (entry.row, entry.verdict, entry.propensity) == (first["ls_row"], "too_high", first["ls_propensity"])
    section(leads, "Review list")
    assert leads.dataframe[0].value["What is wrong"].tolist() == ["Too high"]
    assert leads.dataframe[0].value["Lead"].tolist() == [first["ls_name"]]
    press(leads, "All 1: reviewed")
    assert "No score looked wrong" in words(leads)


def test_a_batch_whose_file_is_gone_is_an_error_not_a_traceback(batch: Batch) -> None:
    batch.scores_path.unlink()
    app = opened("pages/leads/page.py")
    assert "is gone. Upload the list again, or delete it on Leads" in app.error[0].value


def test_a_batch_is_renamed_and_deleted(leads: AppTest) -> None:
    next(t for t in leads.text_input if t.label == "Name").set_value("October")
    press(leads, "Rename")
    (batch,) = BatchStore(load_settings()).list_batches()
    assert batch.name == "October"
    delete = next(b for b in leads.button if b.label == "Delete")
    assert delete.disabled
    leads.checkbox[0].check().run()
    press(leads, "Delete")
    assert BatchStore(load_settings()).list_batches() == []
    assert "No list has been scored yet" in words(leads)


def test_a_database_that_is_gone_is_an_error(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "LEADSCORE_DATABASE_URL", "postgresql://anna:secret@127.0.0.1:1/x")
    app = opened("pages/leads/page.py")
    assert "cannot be used" in app.error[0].value
    assert "secret" not in app.error[0].value


def test_drivers_say_what_moves_scores(batch: Batch) -> None:
    app = opened("pages/drivers/page.py")
    assert app.title[0].value == "What makes a lead convert?"
    assert "moves the scores of all leads most" in words(app)
    assert "Computed exactly for all 250 leads." in words(app)
    app.selectbox(key=next(s.key for s in app.selectbox if s.label == "Look at")).set_value("First source").run()
    assert not app.exception
    assert "moves the scores of this group most" in words(app)
    app.toggle[0].set_value(True).run()
    assert not app.exception


def test_a_batch_is_scored_again_with_another_model(
    batch: Batch, sample: SampleLeads, models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = tmp_path / "both"
    shutil.copytree(models_dir, both)
    other = train_model(sample.labelled.head(900), params=FEW_TREES, n_repeats=1)
    ModelRegistry(both).publish(other)
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(both))
    app = opened("pages/leads/page.py")
    press(app, "Score again")
    (again,) = BatchStore(load_settings()).list_batches()
    assert (again.scoring.number, again.scoring.model_id) == (2, other.model_id)


def test_what_people_type_is_never_formatting(leads: AppTest) -> None:
    hostile = "![x](http://evil.example/x.png) :red[now] <b>"
    next(t for t in leads.text_input if t.label == "Name").set_value(hostile)
    press(leads, "Rename")
    label = leads.checkbox[0].label
    assert "\\!\\[x\\]" in label
    assert "\\:red\\[now\\]" in label
    assert "\\<b\\>" in label


def test_drivers_of_leads_without_dates_offer_no_month(
    sample: SampleLeads, trained: LeadModel, tmp_path: Path, places: Path
) -> None:
    path = tmp_path / "undated.csv"
    sample.new.assign(created_date="").to_csv(path, index=False)
    save_batch(open_list(path, trained.schema), trained, name="undated")
    app = opened("pages/drivers/page.py")
    assert "Month" not in next(s for s in app.selectbox if s.label == "Look at").options


def test_grades_of_a_rare_outcome_are_set_in_its_own_digits(
    batch: Batch, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for grade, value in (("HOT", "0.0234"), ("WARM", "0.0081"), ("COLD", "0.0017")):
        monkeypatch.setenv(f"LEADSCORE_GRADES__{grade}", value)
    app = AppTest.from_file(APP, default_timeout=90).run().switch_page("pages/leads/page.py").run()
    section(app, "Grades")
    assert [slider.value for slider in app.slider] == [2.34, 0.81, 0.17]
    assert {(slider.max, slider.step) for slider in app.slider} == {(24.0, 0.01)}
    assert next(b for b in app.button if "Save these grades" in b.label).disabled, "nothing was moved"
    app.slider(key="grade-cold").set_value(0.25).run()
    press(app, "Save these grades")
    preference = grade_preference(load_settings(), load_schema())
    assert preference.current().version == 0, "nothing is changed before it is known by whom"
    assert app.text_input(key="who-are-you").label == "Your name"
    app.session_state["person_name"] = "Ravi"
    press(app, "Save these grades")
    saved = preference.current()
    assert saved.author == "Ravi"
    thresholds = saved.value.thresholds
    assert (thresholds.hot, thresholds.warm, thresholds.cold) == pytest.approx((0.0234, 0.0081, 0.0025))
