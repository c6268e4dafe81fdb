"""Two companies in one afternoon in a real browser, back and forth: each page says what is true of its own leads."""

import os
import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from leadscore_core.data.dataset.open import open_any_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.schema.schema_files import save_schema
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.training.train import train_model
from tests.browser.conftest import serve
from tests.browser.screens import PATIENCE, settle
from tests.browser.test_leads_journey import calm
from tests.browser.test_retrain_journey import go
from tests.browser.test_score_journey import SAMPLE, bring
from tests.conftest import FEW_TREES
from tests.other_company import make_members
from tests.paths import ROOT

HEADINGS = {
    "Leads": "Whom do we call first?",
    "Sources": "Which sources earn their money?",
    "Drivers": "What makes a lead convert?",
    "Retrain": "Is a better model ready?",
    "Score leads": "Score leads",
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard with the shipped model in use, and a model of a gym's leads that is not yet."""
    folder = tmp_path_factory.mktemp("office")
    shutil.copytree(ROOT / "models", folder / "models")
    members = make_members(400).drop(columns="Remarks")
    members.to_csv(folder / "gym.csv", index=False)
    given = {"LEADSCORE_DATA_DIR": str(folder / "data"), "LEADSCORE_MODELS_DIR": str(folder / "models")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADSCORE_DATA_DIR", given["LEADSCORE_DATA_DIR"])
        schema = open_any_list(folder / "gym.csv", options=ListOptions(label="Status")).schema
        save_schema(schema)
        ModelRegistry(folder / "models").publish(train_model(members, schema, params=FEW_TREES, n_repeats=1))
    yield from serve(folder, os.environ | given)


@pytest.fixture
def page(chromium: Browser, office: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(office)
    expect(page.get_by_role("heading", name="Score leads")).to_be_visible(timeout=PATIENCE)
    yield page
    context.close()


def answer(page: Page) -> str:
    heading = page.get_by_role("heading", name=re.compile("first: about .* expected|You can call all"))
    expect(heading).to_be_visible(timeout=PATIENCE)
    return heading.inner_text()


def visit(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=HEADINGS[name])).to_be_visible(timeout=PATIENCE)
    settle(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)


def visit_all(page: Page) -> None:
    for name in HEADINGS:
        visit(page, name)


def look_at(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("combobox").click()
    page.get_by_role("option", name=title, exact=True).click()
    calm(page)


def test_two_companies_in_one_afternoon(page: Page, tmp_path_factory: pytest.TempPathFactory) -> None:
    enquiries = tmp_path_factory.mktemp("lists") / "enquiries.csv"
    make_members(60, seed=8).drop(columns=["Status", "Remarks"]).to_csv(enquiries, index=False)
    bring(page, SAMPLE)
    ours = answer(page)

    look_at(page, "Gym leads")
    visit(page, "Retrain")
    expect(page.get_by_role("heading", name="No model of Gym leads is in use.")).to_be_visible(timeout=PATIENCE)
    go(page, "Promote or roll back")
    page.get_by_label(re.compile("^Reason")).first.fill("The first model of these leads")
    page.get_by_role("button", name="Put to use").click()
    page.get_by_role("textbox", name="Your name").fill("Anna")
    page.get_by_role("button", name="Promote", exact=True).click()
    expect(page.get_by_role("heading", name="In use already")).to_be_visible(timeout=PATIENCE)

    look_at(page, "CodePro leads")
    visit_all(page)
    assert answer(page) == ours
    bring(page, enquiries)
    expect(page.get_by_role("button", name="Close enquiries.csv")).to_be_visible(timeout=PATIENCE)
    settle(page)
    expect(page.get_by_test_id("stSidebar").get_by_role("combobox")).to_have_value("Gym leads")
    theirs = answer(page)
    assert theirs != ours
    visit_all(page)
    assert answer(page) == theirs

    look_at(page, "CodePro leads")
    assert answer(page) == ours
    visit(page, "Leads")
    batch = page.get_by_test_id("stMain").get_by_role("combobox").first
    expect(batch).to_have_value(re.compile("^new_leads.csv, 1,000 leads"), timeout=PATIENCE)
    look_at(page, "Gym leads")
    expect(batch).to_have_value(re.compile("^enquiries.csv, 60 leads"), timeout=PATIENCE)
