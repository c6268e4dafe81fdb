"""The sales manager's Monday in a real browser: plan, put junk aside, look, restore, export, change grades, undo."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.screens import PATIENCE, PHONE, SCHEMES, check_sizes, settle
from tests.browser.test_score_journey import SAMPLE, bring

SECTIONS = ("Call list", "Call", "Plan", "Bring outcomes", "Quarantine", "Grades", "Junk filter", "Review list")


@pytest.fixture
def page(chromium: Browser, dashboard: str) -> Iterator[Page]:
    """The Leads page with the sample leads."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(dashboard)
    bring(page, SAMPLE)
    expect(page.get_by_role("heading", name="applications expected")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Plan the calls").click()
    expect(page.get_by_role("heading", name="Whom do we call first?")).to_be_visible(timeout=PATIENCE)
    settle(page)
    yield page
    context.close()


def choose(page: Page, section: str) -> None:
    page.get_by_role("radio", name=section, exact=True).click()
    expect(page.get_by_role("radio", name=section, exact=True)).to_be_checked(timeout=PATIENCE)
    calm(page)


def open_lead(page: Page) -> None:
    """Open the first lead of the list."""
    page.locator(".lead").first.get_by_role("button").click()
    calm(page)


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).first.click()
    calm(page)


CALM = """() => {
  const at = window.leadscore, now = performance.now();
  const hadEffect = at.began > at.acted ? now - at.ended > 100 : now - at.acted > 500;
  return at.state === 'notRunning' && hadEffect;
}"""


def calm(page: Page) -> None:
    """Wait until a click has had its effect: the run that it starts a moment later has ended, or it starts none."""
    page.wait_for_function(CALM, polling=25)
    settle(page)


def say_who(page: Page) -> None:
    """Give the name that the first change asks for."""
    page.get_by_label("Your name").fill("Anna")
    page.get_by_role("button", name="Go on").click()


def aside(page: Page) -> int:
    choose(page, "Quarantine")
    label = page.get_by_role("button", name="shown", exact=False).first.inner_text()
    return int("".join(letter for letter in label if letter.isdigit()))


def test_plan_discard_look_restore_and_export_for_a_crm(page: Page, tmp_path: Path) -> None:
    choose(page, "Plan")
    expect(page.get_by_text(re.compile(r"leads are planned"))).to_be_visible(timeout=PATIENCE)
    before = aside(page)

    choose(page, "Junk filter")
    page.get_by_role("radio", name="2%", exact=True).click()
    calm(page)
    result = page.get_by_text("would lose about").inner_text()
    lost = float(result.partition("lose about ")[2].partition("%")[0])
    assert 1.0 < lost <= 2.0
    assert "95% interval" in result
    page.get_by_role("button", name="Put aside").first.click()
    say_who(page)
    expect(page.get_by_text("leads are put aside. Undo brings them back.")).to_be_visible(timeout=PATIENCE)
    settle(page)
    after = aside(page)
    assert after > before

    page.locator(".lead").last.get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Put aside. Low propensity")).to_be_visible(timeout=PATIENCE)
    expect(dialog.get_by_text("What speaks against it")).to_be_visible(timeout=PATIENCE)
    name = dialog.get_by_role("heading").first.inner_text()
    dialog.get_by_label("Why should it be called?").fill("Met at the fair")
    dialog.get_by_role("button", name="Restore this lead").click()
    expect(dialog.get_by_text("Restored by")).to_be_visible(timeout=PATIENCE)
    expect(dialog.get_by_text("Met at the fair")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    calm(page)
    assert aside(page) == after - 1

    choose(page, "Call list")
    page.get_by_text("Export", exact=True).click()
    calm(page)
    page.get_by_label("Format").click()
    page.get_by_role("option", name="HubSpot import (CSV)").click()
    calm(page)
    expect(
        page.get_by_text("The list has no record id of HubSpot. HubSpot finds each record by e-mail.")
    ).to_be_visible()
    expect(page.get_by_text("of which HubSpot would make new records")).to_be_visible()
    more = page.get_by_role("combobox", name="More columns")
    more.click()
    calm(page)
    more.fill("full_name")
    page.get_by_role("option", name="full_name").click()
    page.keyboard.press("Escape")  # what is open hides the rest from those who cannot see
    calm(page)
    expect(page.get_by_text("The other columns are written over what HubSpot has.")).to_be_visible(timeout=PATIENCE)
    button = page.get_by_role("button", name=re.compile(r"Export \d"))
    with page.expect_download(timeout=PATIENCE) as made:
        button.click()
    path = tmp_path / made.value.suggested_filename
    made.value.save_as(path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    exported = pd.read_csv(io.BytesIO(path.read_bytes()), dtype="str", keep_default_na=False)
    ours = ["LeadScore score", "LeadScore grade", "LeadScore reason"]
    assert list(exported.columns) == ["Email", *ours, "First Name", "Last Name"]
    assert len(exported) == int("".join(filter(str.isdigit, button.inner_text()))) < 1_000 - after + 1
    restored = exported[(exported["First Name"] + " " + exported["Last Name"]).str.strip() == name]
    assert "Junk" in restored["LeadScore grade"].tolist()

    choose(page, "Junk filter")
    press(page, "Undo")
    assert aside(page) <= before


def test_what_was_restored_leaves_nothing_selected(page: Page) -> None:
    choose(page, "Quarantine")
    page.locator(".k-check input").first.check()
    calm(page)
    press(page, "Restore 1 selected")
    if page.get_by_role("dialog").count():
        page.get_by_role("dialog").get_by_label("Your name").fill("Anna")
        press(page, "Go on")
    expect(page.get_by_role("button", name="Restore 0 selected")).to_be_disabled(timeout=PATIENCE)
    expect(page.locator(".k-check input:checked")).to_have_count(0)
    expect(page.get_by_text(re.compile("restored and (is|are) in the call list"))).to_be_visible(timeout=PATIENCE)
    press(page, "Put all of them aside again")
    expect(page.get_by_text(re.compile("restored and (is|are) in the call list"))).to_have_count(0, timeout=PATIENCE)


def test_a_threshold_is_previewed_saved_and_undone(page: Page) -> None:
    choose(page, "Grades")
    hot = page.get_by_role("slider", name="Hot from")
    hot.focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    calm(page)
    value = page.get_by_test_id("stSliderThumbValue").first
    expect(value).not_to_have_text("65.0%", timeout=PATIENCE)
    save = page.get_by_role("button", name="Save these grades")
    expect(save).to_be_enabled(timeout=PATIENCE)
    save.click()
    say_who(page)
    expect(page.get_by_text("Grades saved.")).to_be_visible(timeout=PATIENCE)
    settle(page)
    expect(page.get_by_text("History: ")).to_be_visible(timeout=PATIENCE)
    press(page, "Undo the last change")
    expect(page.get_by_test_id("stSliderThumbValue").first).to_have_text("65.0%", timeout=PATIENCE)


def test_a_row_opens_its_lead_and_filters_survive_another_page(page: Page) -> None:
    press(page, re.compile("Search$"))
    page.get_by_label("Search", exact=True).fill("pune")
    page.get_by_label("Search", exact=True).press("Enter")
    settle(page)
    few = page.get_by_text(re.compile(r"of \d{1,2}\. The list holds 1,000 in all"))
    expect(few).to_be_visible(timeout=PATIENCE)
    shown = few.inner_text()
    calm(page)
    second = page.locator(".lead").nth(1)
    name = second.get_by_role("button").inner_text()
    second.locator(".k-why").click()
    expect(page.get_by_role("dialog").get_by_role("heading", name=name)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("dialog")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("dialog").get_by_text("What speaks for it")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    calm(page)
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=PATIENCE)
    expect(second.get_by_role("button")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    first = page.locator(".lead").first.get_by_role("button").inner_text()
    expect(page.get_by_role("dialog").get_by_role("heading", name=first)).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    calm(page)
    page.get_by_role("link", name="Drivers").click()
    expect(page.get_by_role("heading", name="What makes a lead convert?")).to_be_visible(timeout=PATIENCE)
    settle(page)
    page.get_by_role("link", name="Leads", exact=True).click()
    expect(page.get_by_label("Search", exact=True)).to_have_value("pune", timeout=PATIENCE)
    expect(page.get_by_text(shown)).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_section_fits_every_screen(chromium: Browser, dashboard: str, scheme: str) -> None:
    """No section is wider than the screen; with LEADSCORE_SCREENSHOTS=FOLDER a picture of each is kept there."""
    context = chromium.new_context(viewport=PHONE, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(dashboard)
    bring(page, SAMPLE)
    expect(page.get_by_role("heading", name="applications expected")).to_be_visible(timeout=PATIENCE)
    page.goto(f"{dashboard}/leads")
    for section in SECTIONS:
        choose(page, section)
        check_sizes(page, f"leads-{section.split()[0].lower()}", scheme)
    choose(page, "Call list")
    open_lead(page)
    expect(page.get_by_text("What speaks for it")).to_be_visible(timeout=PATIENCE)
    check_sizes(page, "leads-lead", scheme)
    page.goto(f"{dashboard}/drivers")
    expect(page.get_by_text("Two columns together")).to_be_visible(timeout=PATIENCE)
    check_sizes(page, "drivers", scheme)
    context.close()
