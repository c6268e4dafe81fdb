"""A week of calls in a real browser: Monday's list goes out to five callers, comes back, and Tuesday knows it."""

import os
import re
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from leadscore_core.data.synthetic import SampleLeads
from tests.batches.test_results_come_back import NAMES, fill
from tests.browser.conftest import serve
from tests.browser.screens import PATIENCE
from tests.browser.test_leads_journey import calm, choose
from tests.browser.test_score_journey import bring

MOST_CLICKS = 4  # from the file to the callers' workbooks


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard of its own, on a database of its own."""
    data = tmp_path_factory.mktemp("office")
    env = os.environ | {"LEADSCORE_DATA_DIR": str(data)}
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres")
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        env |= {"LEADSCORE_DATABASE_URL": address.replace("/postgres?", f"/{name}?")}
    yield from serve(data, env)


def come_in(chromium: Browser, width: int, height: int) -> Page:
    context = chromium.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    return page


def names_in_list(page: Page) -> list[str]:
    return page.locator(".lead .open").all_inner_texts()


def test_monday_goes_out_comes_back_and_tuesday_knows_it(
    chromium: Browser, office: str, sample: SampleLeads, tmp_path: Path
) -> None:
    monday = tmp_path / "Monday.csv"
    sample.new.to_csv(monday, index=False)
    page = come_in(chromium, 1440, 900)
    page.goto(office)
    bring(page, monday)
    expect(page.get_by_role("heading", name="applications expected")).to_be_visible(timeout=PATIENCE)

    clicks = 0
    page.get_by_role("link", name="Plan the calls").click()
    clicks += 1
    expect(page.get_by_role("heading", name="Whom do we call first?")).to_be_visible(timeout=PATIENCE)
    calm(page)
    page.get_by_role("button", name="Send today's").click()
    clicks += 1
    page.get_by_role("textbox", name="Callers, one a line").fill("\n".join(NAMES))
    page.keyboard.press("Control+Enter")
    workbooks = page.get_by_role("button", name="Workbooks for 5 callers")
    expect(workbooks).to_be_visible(timeout=PATIENCE)
    with page.expect_download(timeout=PATIENCE) as made:
        workbooks.click()
        clicks += 1
    assert clicks <= MOST_CLICKS
    made.value.save_as(tmp_path / "week.zip")
    with zipfile.ZipFile(tmp_path / "week.zip") as archive:
        archive.extractall(tmp_path / "week")
    paths = sorted((tmp_path / "week").glob("*.xlsx"))
    assert [path.stem.rsplit(" - ", 1)[1] for path in paths] == list(NAMES)
    assert all(path.name.startswith("Monday - ") for path in paths)
    page.keyboard.press("Escape")
    calm(page)
    before = names_in_list(page)

    reached = call_by_keyboard(chromium, office, page.url)

    choose(page, "Bring outcomes")
    filled = fill(paths[0], ["Interested", "No answer", "Application completed"])
    page.locator("input[type=file]").set_input_files(paths[0])
    expect(page.get_by_text(f"{filled:,} results found their lead (by LeadScore key")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("textbox", name="Your name").last.fill("Mia")
    page.get_by_role("button", name="That is me").click()
    page.get_by_role("button", name=f"Keep these {filled:,} results").click()
    expect(page.get_by_text(f"{filled:,} contact attempts and")).to_be_visible(timeout=PATIENCE)

    page.reload()
    expect(page.get_by_role("radio", name="Bring outcomes", exact=True)).to_be_checked(timeout=PATIENCE)
    expect(page.get_by_text("Working as Mia")).to_be_visible(timeout=PATIENCE)
    choose(page, "Call list")
    after = names_in_list(page)
    assert reached in before
    assert reached not in after
    assert len(set(before) - set(after)) > 3

    page.goto(office)
    again = pd.concat([sample.new.tail(120), sample.labelled.head(40)[[*sample.new.columns]]], ignore_index=True)
    tuesday = tmp_path / "Tuesday.csv"
    again.to_csv(tuesday, index=False)
    bring(page, tuesday)
    expect(page.get_by_role("heading", name="applications expected")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Plan the calls").click()
    expect(page.get_by_text(re.compile(r"\d+ of 160 people are new; \d+ stood on an earlier list"))).to_be_visible(
        timeout=PATIENCE
    )

    page.goto(f"{office}/retrain")
    lists = page.get_by_role("combobox", name="Kept lists with outcomes")
    lists.click()
    page.get_by_role("option", name=re.compile("^Monday")).click()
    expect(page.get_by_text(re.compile(r"\d+ leads that nobody called are left out"))).to_be_visible(timeout=PATIENCE)
    page.context.close()


def call_by_keyboard(chromium: Browser, office: str, leads: str) -> str:
    """Call three leads on a phone's screen with the keyboard alone, and return the name of one who was reached."""
    page = come_in(chromium, 390, 844)
    page.goto(leads)
    choose(page, "Call")
    page.get_by_role("textbox", name="Your name").first.focus()
    page.keyboard.type("Ravi")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Start calling")).to_be_visible(timeout=PATIENCE)
    calm(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Lead 1 of")).to_be_visible(timeout=PATIENCE)
    first = page.get_by_role("heading", level=2).first.inner_text()
    ways = page.get_by_test_id("stMain").locator("a:is([href^='tel:'], [href^='mailto:'])")
    expect(ways.first).to_be_visible(timeout=PATIENCE)
    calm(page)
    page.keyboard.press("6")
    expect(page.get_by_text(f"Interested: {first}")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Lead 2 of")).to_be_visible(timeout=PATIENCE)
    second = page.get_by_role("heading", level=2).first.inner_text()
    assert second != first
    calm(page)
    page.keyboard.press("1")
    expect(page.get_by_text(f"No answer: {second}")).to_be_visible(timeout=PATIENCE)
    calm(page)
    page.keyboard.press("u")
    expect(page.get_by_role("heading", level=2, name=second)).to_be_visible(timeout=PATIENCE)
    calm(page)
    page.keyboard.press("9")
    expect(page.get_by_text(f"Do not call: {second}")).to_be_visible(timeout=PATIENCE)
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]
    page.context.close()
    return first
