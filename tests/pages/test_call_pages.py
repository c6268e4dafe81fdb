"""Call mode, the plan and outcomes on the Leads page, without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.batches.queue import CallQueue
from leadscore_core.batches.view import BatchView, open_view
from leadscore_core.config import load_settings
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.contacts import ContactStore, Result
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort
from tests.batches.test_results_come_back import a_week, fill
from tests.pages.test_leads import opened, press, section, words


@pytest.fixture
def leads(view: BatchView) -> AppTest:
    return opened("pages/leads/page.py")


def give(app: AppTest, label: str, value: str) -> None:
    next(field for field in app.text_input if field.label == label).set_value(value)


def start(app: AppTest, name: str = "Anna") -> AppTest:
    app.session_state["person_name"] = ""
    section(app, "Call")
    assert "Each lead is one caller's at a time" in words(app)
    give(app, "Your name", name)
    press(app, "That is me")
    return press(app, "Start calling")


def name_shown(app: AppTest) -> str:
    return next(header.value for header in app.header if header.value)


def test_a_caller_works_through_the_list_and_takes_a_result_back(leads: AppTest, view: BatchView) -> None:
    order = view.table.page(LeadFilter(), Sort(), 0, 5)["ls_name"].tolist()
    start(leads)
    assert name_shown(leads) == order[0]
    assert "Lead 1 of" in words(leads)
    give(leads, "Note", "asks for a discount")
    press(leads, "Interested")
    assert name_shown(leads) == order[1]
    assert f"Interested: {order[0]}" in words(leads)
    assert "Lead 2 of" in words(leads)
    (made,) = ContactStore(load_settings()).of_batch(view.batch.id)
    assert (made.caller, made.note, made.result) == ("Anna", "asks for a discount", "interested")
    press(leads, "Undo")
    assert name_shown(leads) == order[0]
    assert ContactStore(load_settings()).of_batch(view.batch.id) == []
    press(leads, "Call back")
    press(leads, "In an hour")
    assert name_shown(leads) == order[1]
    (made,) = ContactStore(load_settings()).of_batch(view.batch.id)
    assert made.result == "call_back"
    assert made.call_back_at is not None
    press(leads, "Give this lead back")
    assert any(button.label == "Start calling" for button in leads.button)


def test_two_callers_never_see_the_same_lead(leads: AppTest, view: BatchView) -> None:
    queue = CallQueue(view, load_settings())
    first = queue.claim("Ben")
    assert first is not None
    start(leads)
    order = view.table.page(LeadFilter(), Sort(), 0, 2)["ls_name"].tolist()
    assert name_shown(leads) == order[1]


def test_who_was_reached_is_not_in_the_list_any_more(leads: AppTest, view: BatchView, trained: LeadModel) -> None:
    before = view.table.count(LeadFilter())
    row = int(view.table.rows_of(LeadFilter(), Sort())[0])
    CallQueue(view, load_settings()).record(row, Result("interested"), caller="Anna")
    assert open_view(view.batch, lambda _: trained, trained.schema).table.count(LeadFilter()) == before - 1
    app = opened("pages/leads/page.py")
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["To call"] == f"{before - 1}"


def test_a_plan_names_callers_and_fills_their_queues(leads: AppTest, view: BatchView) -> None:
    section(leads, "Plan")
    assert "leads** are planned" in words(leads)
    press(leads, "Use this plan in call mode")
    queue = CallQueue(view, load_settings())
    assert len(queue.claims.rows(view.batch)) == view.table.count(LeadFilter())


def test_filled_workbooks_are_shown_before_they_are_kept(leads: AppTest, view: BatchView, tmp_path: Path) -> None:
    from leadscore_core.batches.call_workbooks import write_week

    paths = write_week(view, a_week(view), tmp_path)
    filled = sum(map(fill, paths))
    section(leads, "Bring outcomes")
    for path in paths:
        leads.file_uploader[0].upload(path.name, path.read_bytes())
    leads.run()
    assert not leads.exception
    assert f"**{filled:,} results** found their lead (by LeadScore key {filled:,})" in words(leads)
    assert ContactStore(load_settings()).of_batch(view.batch.id) == []
    press(leads, f"Keep these {filled:,} results")
    assert len(ContactStore(load_settings()).of_batch(view.batch.id)) == filled
    press(leads, "Undo")
    assert ContactStore(load_settings()).of_batch(view.batch.id) == []


def test_an_unknown_status_is_asked_on_the_page(leads: AppTest, view: BatchView) -> None:
    some = view.table.page(LeadFilter(), Sort(), 0, 40)
    some = some[some["ls_email"].notna()].drop_duplicates("ls_email").head(6)
    rows = "".join(f"{email},{'Stage Q' if k % 2 else 'Busy'}\n" for k, email in enumerate(some["ls_email"]))
    section(leads, "Bring outcomes")
    leads.file_uploader[0].upload("crm.csv", f"Email,Status\n{rows}".encode()).run()
    assert not leads.exception
    assert "1 status is a question" in words(leads)
    asked = next(box for box in leads.selectbox if box.label.startswith("Stage Q"))
    asked.set_value("no_answer").run()
    assert not leads.exception
    assert "results** found their lead (by e-mail" in words(leads)


def test_the_country_of_local_phones_is_asked_on_the_page(leads: AppTest) -> None:
    rows = "".join(f"0151 2345 67{n},Busy\n" for n in range(10, 40))
    section(leads, "Bring outcomes")
    leads.file_uploader[0].upload("crm.csv", f"Phone,Call status\n{rows}".encode()).run()
    assert not leads.exception
    assert "Numbers without a country code are read as those of IN" in words(leads)
    box = next(box for box in leads.selectbox if box.label == "Country of phone numbers without a country code")
    assert box.value is None
    box.set_value("DE").run()
    assert not leads.exception
    assert "Numbers without a country code are read as those of DE (+49): as was said" in words(leads)
