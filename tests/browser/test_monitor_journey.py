"""The months after in a real browser: a list is scored, its outcomes come back turned around, and Monitor says so."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from leadscore_core.inference.score import score_leads
from leadscore_core.registry.registry import ModelRegistry
from tests.browser.conftest import serve
from tests.browser.screens import PATIENCE, check
from tests.browser.test_leads_journey import calm, choose
from tests.browser.test_score_journey import SAMPLE, bring
from tests.paths import ROOT

CHALLENGER = "20270101-000000-later"
LEADS = 1_000


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with the shipped model in use and the same under a later name, a list, and outcomes against it."""
    folder = tmp_path_factory.mktemp("months")
    shutil.copytree(ROOT / "models", folder / "models")
    registry = ModelRegistry(folder / "models")
    model, _ = registry.load_champion()
    at = model.metadata.created_at + timedelta(seconds=1)
    update = {"model_id": CHALLENGER, "created_at": at, "pickle_sha256": ""}
    registry.publish(replace(model, metadata=model.metadata.model_copy(update=update)))
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
    yield from serve(places, os.environ | own | {"LEADSCORE_MONITOR__AUTOMATIC": "true"})


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
    beside = page.get_by_test_id("stSidebar")
    expect(beside.get_by_text("by November.csv")).to_be_visible(timeout=PATIENCE)  # nobody asked for it
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
    expect(beside.get_by_text("Do not trust")).to_be_visible(timeout=PATIENCE)

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
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")

    choose(page, "Shadow")
    page.get_by_role("combobox", name="In the shadow").click()
    page.get_by_role("option", name=CHALLENGER).click()
    page.get_by_role("button", name="Use this choice").click()
    expect(page.get_by_text("No difference for certain yet")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("on 1,000 leads of 1 list")).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("link", name="Retrain").click()
    expect(page.get_by_role("heading", name="Is a better model ready?")).to_be_visible(timeout=PATIENCE)
    calm(page)
    choose(page, "Promote or roll back")
    page.get_by_label(re.compile("^Reason")).first.fill("The one in use turned around")
    page.get_by_role("button", name="Put to use").click()
    page.get_by_role("button", name="Promote", exact=True).click()
    expect(page.get_by_role("heading", name="In use already")).to_be_visible(timeout=PATIENCE)
    assert ModelRegistry(places / "models").champion_id == CHALLENGER
    monitor(page, dashboard)
    choose(page, "Time")
    expect(page.get_by_role("heading", name="Can we still trust the scores?")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    context.close()
