"""What a page shows stands in its address: it can be kept and sent, and what is wrong in it is said in one sentence."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.batches.save import save_batch
from leadscore_core.batches.view import BatchView, open_view
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort
from pages.shared import session
from tests.lead_rows import list_of, rows_shown
from tests.paths import ROOT

APP = str(ROOT / "app.py")
NOT_HERE = "The address asks for something that is not here any more, or never was. What is here is shown."


def opened(address: Mapping[str, Any]) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60).run()
    app.switch_page("pages/leads/page.py")
    app.query_params.update(address)
    app.run()
    assert not app.exception
    assert not app.error
    return app


def doubts(app: AppTest) -> list[str]:
    return [info.value for info in app.info if info.value == NOT_HERE]


def test_an_address_brings_back_batch_section_filter_order_page_and_lead(batch: Batch, view: BatchView) -> None:
    app = opened({"batch": batch.id, "section": "Call list", "grade": ["Hot", "Warm"], "score": "20-95", "page": "2",
                  "by": "City", "q": "a", "from": "2020-01-02", "lead": "7"})  # fmt: skip
    chosen = LeadFilter(grades=("Hot", "Warm"), score_from=20, score_to=95, text="a", created_from=date(2020, 1, 2))
    wanted = view.table.page(chosen, Sort("city_mapped", descending=True), 50, 50)
    assert rows_shown(app)["Name"].tolist() == wanted["ls_name"].tolist()
    assert list_of(app)["first"] == 51
    assert app.get("dialog")[0].proto.dialog.title == view.table.by_row(7)["ls_name"].iloc[0]
    assert doubts(app) == []
    again = opened(app.query_params)
    assert rows_shown(again).equals(rows_shown(app))
    assert again.query_params == app.query_params


def test_what_is_chosen_goes_into_the_address_and_what_is_usual_does_not(batch: Batch) -> None:
    app = opened({})
    assert app.query_params == {"batch": batch.id, "section": "Call list"}
    chips = next(group for group in app.button_group if group.label == "Filter")
    chips.set_value([" grade=Warm"]).run()
    app.segmented_control(key="section").set_value("Grades").run()
    assert app.query_params == {"batch": batch.id, "section": "Grades", "grade": "Warm"}


def test_the_owner_of_a_list_has_chips_and_stands_in_the_address(
    batch: Batch, sample: SampleLeads, trained: LeadModel, tmp_path: Path
) -> None:
    leads = sample.new.head(90)
    owners = [("Anna Roy", "Ben", "")[at % 3] for at in range(len(leads))]
    leads.assign(Owner=owners).to_csv(tmp_path / "owned.csv", index=False)
    owned = save_batch(open_list(tmp_path / "owned.csv", trained.schema), trained, name="Owned")
    table = open_view(owned, lambda _: trained, trained.schema).table
    app = opened({"batch": owned.id, "in": "ls_owner:Ben"})
    assert doubts(app) == []
    for owner in ("Ben", "Anna Roy"):
        wanted = table.page(LeadFilter(values={"ls_owner": (owner,)}), Sort(), 0, 50)
        assert rows_shown(app)["Name"].tolist() == wanted["ls_name"].tolist()
        assert app.query_params["in"] == f"ls_owner:{owner}"
        chips = next(group for group in app.button_group if group.label == "Filter")
        assert chips.value == [f"ls_owner={owner}"]
        said = set(chips.options)
        assert {"Search", "Owner: Anna Roy", "Owner: Ben", "No owner"} <= said
        chips.set_value(["ls_owner=Anna Roy"]).run()
    app.query_params.update({"batch": batch.id})  # a list that was kept without owners
    app.run()
    assert doubts(app) == [NOT_HERE]
    assert "in" not in app.query_params
    chips = next(group for group in app.button_group if group.label == "Filter")
    assert not [label for label in chips.options if "wner" in label]


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch": "20200101-000000-none"}, {"section": "Nowhere"}, {"grade": "Lukewarm"}, {"page": "-1"},
        {"page": "99"}, {"lead": "999999"}, {"lead": "'; drop table lead"}, {"by": "Shoe size"}, {"score": "90-10"},
        {"from": "yesterday"}, {"in": ["city_mapped"]}, {"in": ["nothing_such:x"]}, {"state": "asleep"},
        {"in": ["first_utm_source_c:<script>"]}, {"news": "old"}, {"col": ["Nothing such"]}, {"scored": "../../x"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_in_an_address_is_said_once_and_the_rest_is_shown(batch: Batch, wrong: dict[str, Any]) -> None:
    app = opened({"batch": batch.id} | wrong)
    assert len(doubts(app)) == ("scored" not in wrong), "only the page of a list has one that was scored"
    last = {"page": "5"} if wrong.get("page") == "99" else {}
    assert len(rows_shown(app)) == (35 if last else 50)
    assert app.query_params == {"batch": batch.id, "section": "Call list"} | last
    app.run()
    assert doubts(app) == []


def test_the_start_page_shows_the_lists_and_a_scored_one_comes_back(batch: Batch) -> None:
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert [header.value for header in app.header] == ["Your lists"]
    app.query_params["scored"] = batch.id
    app.run()
    assert not app.exception
    assert len(rows_shown(app)) == 50
    assert app.query_params == {"scored": batch.id}
    next(button for button in app.button if button.label == "Close Monday").click().run()
    assert [header.value for header in app.header] == ["Your lists"]
    app.query_params["scored"] = "20200101-000000-none"
    app.run()
    assert not app.exception
    assert doubts(app) == [NOT_HERE]


def test_name_and_calls_a_day_are_those_of_the_browser(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "browser_memory", lambda: {"name": "Anna", "calls": 40})
    app = opened({})
    assert app.header[0].value.startswith("Call these 40 first")
    assert app.number_input(key="calls-a-day").value == 40
    assert app.text_input(key="your-name-Anna").value == "Anna"


@pytest.mark.parametrize("memory", [{"name": "Anna", "calls": "many"}, {"calls": -3}, {}])
def test_what_a_browser_remembers_wrongly_is_the_usual(
    batch: Batch, memory: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "browser_memory", lambda: memory)
    assert session.get_capacity() == 300
