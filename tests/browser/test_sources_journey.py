"""The marketer's journey in a real browser: cross, narrow, find the leak, look at its leads, take the report along."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.screens import PATIENCE, PHONE, SCHEMES, check_sizes, settle
from tests.browser.test_leads_journey import calm, press

SECTIONS = ("Rates", "Composition", "Segments", "Weeks and flow", "Money")
SPEND = "Source,Month,Amount,Currency\nLevel2,2026-04,90000,INR\nLevel10,2026-04,30000,INR\nradio,2026-04,500,INR\n"


def open_sample(page: Page, dashboard: str) -> None:
    """Open the page itself first, as a bookmark does, and load the sample leads if no list is there yet."""
    page.goto(f"{dashboard}/sources")
    expect(page.get_by_role("heading", name="Which sources earn their money?")).to_be_visible(timeout=PATIENCE)
    settle(page)
    sample = page.get_by_role("button", name="Look at the sample leads")
    if sample.count():
        sample.click()
    expect(page.get_by_text("of all leads", exact=False).first).to_be_visible(timeout=PATIENCE)
    settle(page)


@pytest.fixture
def page(chromium: Browser, dashboard: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_sample(page, dashboard)
    yield page
    context.close()


def choose(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=value, exact=True).click()
    calm(page)


def go(page: Page, section: str) -> None:
    calm(page)  # while a page is drawn anew, its parts may stand there twice
    page.get_by_role("radio", name=section, exact=True).click()
    expect(page.get_by_role("radio", name=section, exact=True)).to_be_checked(timeout=PATIENCE)
    calm(page)


def leads_shown(page: Page) -> int:
    return int(page.get_by_test_id("stMetricValue").first.inner_text().replace(",", ""))


def test_a_page_that_is_asked_for_first_opens_with_the_others_beside_it(page: Page) -> None:
    expect(page.get_by_role("link", name="Score leads")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("link", name="app", exact=True)).to_have_count(0)


def test_cross_narrow_click_the_leak_see_its_leads_and_take_the_report(
    page: Page, chromium: Browser, tmp_path: Path
) -> None:
    assert leads_shown(page) == 6_000
    choose(page, "Crossed with", "First platform")
    expect(page.get_by_role("heading", name=re.compile(r"^All groups: \d{3}$"))).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Rate of applications by first source")).to_be_visible(timeout=PATIENCE)

    page.get_by_role("button", name="Filter").first.click()
    month = page.get_by_role("spinbutton", name="month, Created start date")
    month.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    calm(page)
    page.mouse.click(1_200, 20)
    calm(page)
    expect(page.get_by_text(re.compile("^Created 1 Apr 2026 to "))).to_be_visible(timeout=PATIENCE)
    assert 3_000 < leads_shown(page) < 6_000

    go(page, "Segments")
    leak = page.get_by_test_id("stMarkdown").filter(has_text="fewer than the").first
    result = leak.inner_text()
    n = int(re.search(r"of ([\d,]+) leads", result).group(1).replace(",", ""))  # type: ignore[union-attr]
    press(page, "Only these leads")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(f"{n:,}", timeout=PATIENCE)

    with page.expect_download(timeout=60_000) as made:
        page.get_by_role("button", name="Download this view").click()
    path = tmp_path / "sources.html"
    made.value.save_as(path)
    assert path.stat().st_size < 3_000_000
    offline = chromium.new_context(offline=True)
    report = offline.new_page()
    report.goto(path.as_uri())
    expect(report.get_by_role("heading", name="Which sources earn their money?")).to_be_visible()
    assert report.locator("figure img").evaluate_all("found => found.every(i => i.complete && i.naturalWidth > 100)")
    expect(report.get_by_text(f"{n:,} leads", exact=False).first).to_be_visible()
    offline.close()

    press(page, "Show all leads")
    go(page, "Segments")
    name = page.get_by_test_id("stMarkdown").filter(has_text="fewer than the").first.inner_text().split(":")[0]
    page.get_by_role("button", name="See its leads").first.click()
    expect(page.get_by_role("heading", name="Whom do we call first?")).to_be_visible(timeout=PATIENCE)
    settle(page)
    value = name.split(" ")[-1].strip("()")
    expect(page.get_by_text(re.compile(rf"narrowed to .*{value}|More filters \(1\)")).first).to_be_visible(
        timeout=PATIENCE
    )
    shown = page.get_by_text(re.compile(r"of [\d,]+\. The list holds 6,000 in all"))
    expect(shown).to_be_visible(timeout=PATIENCE)


def test_a_click_on_a_mark_looks_at_its_leads_alone(page: Page) -> None:
    chart = page.get_by_test_id("stPlotlyChart").first
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(1_500)
    mark = chart.locator(".scatterlayer .trace").first.locator("path.point").first
    box = mark.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(300)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("button", name="Show all leads")).to_be_visible(timeout=PATIENCE)
    calm(page)
    expect(page.get_by_text("Applications completed by first medium")).to_be_visible(timeout=PATIENCE)
    assert leads_shown(page) < 6_000


def test_figures_are_saved_and_spend_is_counted(page: Page, tmp_path: Path) -> None:
    page.get_by_text("Download", exact=True).first.click()
    for name, start in (("PNG", b"\x89PNG"), ("SVG", b"<svg"), ("CSV", b"\xef\xbb\xbfFirst source")):
        with page.expect_download(timeout=60_000) as made:
            page.get_by_role("button", name=name, exact=True).first.click()
        path = tmp_path / made.value.suggested_filename
        made.value.save_as(path)
        assert path.read_bytes().startswith(start)
    go(page, "Money")
    spend = tmp_path / "spend.csv"
    spend.write_text(SPEND)
    page.locator("section[data-testid=stFileUploaderDropzone] input[type=file]").last.set_input_files(spend)
    expect(page.get_by_role("heading", name="120,000 INR were spent")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Moving ", exact=False).first).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_section_of_sources_fits_every_screen(
    chromium: Browser, dashboard: str, tmp_path: Path, scheme: str
) -> None:
    """No section is wider than the screen; with LEADSCORE_SCREENSHOTS=FOLDER a picture of each is kept there."""
    context = chromium.new_context(viewport=PHONE, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_sample(page, dashboard)
    spend = tmp_path / "spend.csv"
    spend.write_text(SPEND)
    for section in SECTIONS:
        go(page, section)
        if section == "Money":
            page.locator("section[data-testid=stFileUploaderDropzone] input[type=file]").last.set_input_files(spend)
            expect(page.get_by_role("heading", name="120,000 INR were spent")).to_be_visible(timeout=PATIENCE)
        check_sizes(page, f"sources-{section.split()[0].lower()}", scheme)
    context.close()
