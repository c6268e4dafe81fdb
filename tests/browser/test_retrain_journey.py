"""The data scientist's journey in a real browser: leave out a leak, train, read, promote, score, roll back."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import serve
from tests.browser.screens import LARGE, PATIENCE, PHONE, SCHEMES, check, check_sizes, settle
from tests.browser.test_leads_journey import calm
from tests.browser.test_score_journey import bring
from tests.other_company import make_members
from tests.paths import ROOT

SECTIONS = ("Train", "Verdict", "Against the model in use", "Compare", "Promote or roll back")
TRAINING = 240_000


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard with a registry of its own, since models are promoted."""
    folder = tmp_path_factory.mktemp("laboratory")
    shutil.copytree(ROOT / "models", folder / "models")
    env = os.environ | {"LEADSCORE_DATA_DIR": str(folder / "data"), "LEADSCORE_MODELS_DIR": str(folder / "models")}
    yield from serve(folder, env)


@pytest.fixture
def page(chromium: Browser, laboratory: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{laboratory}/retrain")
    expect(page.get_by_role("heading", name="Is a better model ready?")).to_be_visible(timeout=PATIENCE)
    settle(page)
    yield page
    context.close()


def go(page: Page, section: str) -> None:
    calm(page)  # while a page is drawn anew, its parts may stand there twice
    page.get_by_role("radio", name=section, exact=True).click()
    expect(page.get_by_role("radio", name=section, exact=True)).to_be_checked(timeout=PATIENCE)
    calm(page)


def test_leave_out_a_leak_train_read_compare_promote_score_and_roll_back(page: Page, tmp_path: Path) -> None:
    labelled = pd.read_csv(ROOT / "sample_data" / "labelled_leads.csv", dtype="str", keep_default_na=False).head(2_500)
    leaking = labelled.assign(referred_lead=labelled["app_complete_flag"])
    path = tmp_path / "leaking.csv"
    leaking.to_csv(path, index=False)
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_role("heading", name="Is this known before the first call?")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Train on 2,500 leads").click()
    expect(page.get_by_role("heading", name="Training on 2,500 leads: leaking.csv")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Drivers").click()
    expect(page.get_by_role("heading", name="What makes a lead convert?")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Retrain").click()
    expect(page.get_by_role("heading", name=re.compile("The newest, of .*, (meets|misses) "))).to_be_visible(
        timeout=TRAINING
    )
    settle(page)

    go(page, "Verdict")
    expect(page.get_by_role("heading", name=re.compile("^(Meets all three|Misses)"))).to_be_visible(timeout=PATIENCE)
    page.get_by_text("What it was trained on and how").click()
    expect(page.get_by_text("Left out: referred_lead")).to_be_visible(timeout=PATIENCE)
    go(page, "Against the model in use")
    expect(page.get_by_text("Compared on").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="Leads that change grade")).to_be_visible(timeout=PATIENCE)

    go(page, "Promote or roll back")
    page.get_by_label(re.compile("^Reason")).first.fill("The old one read a column that leaks")
    page.get_by_role("button", name="Put to use").click()
    page.get_by_role("textbox", name="Your name").fill("Anna")
    page.get_by_role("button", name="Promote", exact=True).click()
    expect(page.get_by_role("heading", name="In use already")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("trained on 2,500 leads")).to_be_visible(timeout=PATIENCE)

    page.get_by_role("link", name="Score leads").click()
    expect(page.get_by_role("heading", name="Score leads")).to_be_visible(timeout=PATIENCE)
    settle(page)
    bring(page, ROOT / "sample_data" / "new_leads.csv")
    expect(page.get_by_role("heading", name="applications expected")).to_be_visible(timeout=PATIENCE)

    page.get_by_role("link", name="Retrain").click()
    expect(page.get_by_role("heading", name="Is a better model ready?")).to_be_visible(timeout=PATIENCE)
    settle(page)
    go(page, "Promote or roll back")
    page.get_by_label("Reason to go back").fill("Only a try")
    page.get_by_role("button", name="Roll back to the model before").click()
    expect(page.get_by_text("trained on 6,000 leads")).to_be_visible(timeout=PATIENCE)
    page.get_by_text("History: ").click()
    calm(page)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_section_of_retrain_fits_every_screen(chromium: Browser, laboratory: str, scheme: str) -> None:
    """No section is wider than the screen; with LEADSCORE_SCREENSHOTS=FOLDER a picture of each is kept there."""
    context = chromium.new_context(viewport=PHONE, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{laboratory}/retrain")
    expect(page.get_by_role("heading", name="Is a better model ready?")).to_be_visible(timeout=PATIENCE)
    settle(page)
    page.get_by_role("button", name="Use the sample leads").click()
    expect(page.get_by_role("button", name="Train on 6,000 leads")).to_be_visible(timeout=PATIENCE)
    for section in SECTIONS:
        go(page, section)
        check_sizes(page, f"retrain-{section.split()[0].lower()}", scheme)
    context.close()


def test_another_companys_leads_are_described_trained_promoted_and_scored(page: Page, tmp_path: Path) -> None:
    make_members().to_csv(tmp_path / "members.csv", index=False)
    make_members(40, seed=8).drop(columns=["Status", "Remarks"]).to_csv(tmp_path / "enquiries.csv", index=False)
    page.locator("input[type=file]").set_input_files(tmp_path / "members.csv")
    expect(page.get_by_role("heading", name="What do these columns mean?")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("Which column says whether a lead converted?").click()
    page.get_by_role("option", name="Status", exact=True).click()
    expect(page.get_by_role("button", name="Use these columns")).to_be_visible(timeout=PATIENCE)
    check(page, LARGE, "retrain-columns-1440-light.png")
    page.get_by_role("button", name="Use these columns").click()
    expect(page.get_by_text("Read as Members leads: 100%")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Train on 900 leads").click()
    expect(page.get_by_text("Trained on members.csv")).to_be_visible(timeout=TRAINING)
    settle(page)
    go(page, "Against the model in use")
    expect(page.get_by_text("no model of these leads was in use to compare it with")).to_be_visible()
    go(page, "Promote or roll back")
    page.get_by_label(re.compile("^Reason")).first.fill("The first model of these leads")
    page.get_by_role("button", name="Put to use").click()
    page.get_by_role("textbox", name="Your name").fill("Anna")
    page.get_by_role("button", name="Promote", exact=True).click()
    expect(page.get_by_role("heading", name="In use already")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Score leads").click()
    expect(page.get_by_text("A list needs most columns of Members leads")).to_be_visible(timeout=PATIENCE)
    settle(page)
    bring(page, tmp_path / "enquiries.csv")
    expect(page.get_by_role("heading", name="sign-ups expected")).to_be_visible(timeout=PATIENCE)
    page.get_by_test_id("stSidebar").get_by_role("combobox").click()
    page.get_by_role("option", name="CodePro leads").click()
    expect(page.get_by_text("A list needs the")).to_be_visible(timeout=PATIENCE)
