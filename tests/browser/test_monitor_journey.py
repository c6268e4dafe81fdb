"""The months after in a real browser: a list is scored, its outcomes come back turned around, and Monitor says so."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from leadscore_core.inference.score import score_leads
from leadscore_core.registry.registry import ModelRegistry
from tests.browser.conftest import serve
from tests.browser.test_leads_journey import calm, check, choose
from tests.browser.test_score_journey import PATIENCE, SAMPLE, bring
from tests.paths import ROOT

LEADS = 1_000


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with the shipped model, a list, and outcomes that are the opposite of what it foretells."""
    folder = tmp_path_factory.mktemp("months")
    shutil.copytree(ROOT / "models", folder / "models")
    model, _ = ModelRegistry(folder / "models").load_champion()
    leads = pd.read_csv(SAMPLE, dtype="str", keep_default_na=False).head(LEADS)
    leads.to_csv(folder / "November.csv", index=False)
    chance = score_leads(folder / "November.csv", model)["propensity"].to_numpy()
    came = np.where(np.random.default_rng(0).random(LEADS) > chance, "Application completed", "Not interested")
    called = (pd.to_datetime(leads["created_date"]) + pd.Timedelta(days=3)).dt.strftime("%Y-%m-%d %H:%M")
    back = pd.DataFrame({"lead_id": leads["lead_id"], "Called on": called, "Status": came})
    back.to_csv(folder / "came back.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def dashboard(places: Path) -> Iterator[str]:
    own = {"LEADSCORE_DATA_DIR": str(places / "data"), "LEADSCORE_MODELS_DIR": str(places / "models")}
    yield from serve(places, os.environ | own)


def monitor(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/monitor")
    expect(page.get_by_role("heading", name="Can we still trust the scores?")).to_be_visible(timeout=PATIENCE)
    calm(page)


def test_outcomes_turn_and_monitor_says_what_to_do(chromium: Browser, dashboard: str, places: Path) -> None:
    size = {"width": 1440, "height": 900}
    context = chromium.new_context(viewport=size)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(dashboard)
    bring(page, places / "November.csv")
    expect(page.get_by_role("heading", name="applications expected")).to_be_visible(timeout=PATIENCE)
    monitor(page, dashboard)
    expect(page.get_by_text("No outcome has come back yet").first).to_be_visible(timeout=PATIENCE)

    page.goto(f"{dashboard}/leads")
    expect(page.get_by_role("heading", name="Whom do we call first?")).to_be_visible(timeout=PATIENCE)
    calm(page)
    choose(page, "Bring outcomes")
    page.locator("input[type=file]").set_input_files(places / "came back.csv")
    expect(page.get_by_text("1,000 results found their lead")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("textbox", name="Your name").last.fill("Anna")
    page.get_by_role("button", name="That is me").click()
    page.get_by_role("button", name="Keep these 1,000 results").click()
    expect(page.get_by_text("1,000 outcomes were kept")).to_be_visible(timeout=PATIENCE)

    monitor(page, dashboard)
    expect(page.get_by_text("Do not trust.").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("of 1,000 leads whose outcome counts")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("A retrain is proposed")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stSidebar").get_by_text("Do not trust")).to_be_visible(timeout=PATIENCE)
    check(page, size, "monitor-1440-light.png")
    small = {"width": 390, "height": 844}
    page.set_viewport_size(small)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark")
    calm(page)
    check(page, small, "monitor-390-dark.png")
    context.close()
