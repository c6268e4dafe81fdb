"""Measured in a real browser: what is seen and reached first, whom a page keeps out, what leaves us, what F5 loses."""

import os
import re
from collections.abc import Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from leadscore_core.batches.save import save_batch
from leadscore_core.data.dataset.open import open_list
from leadscore_core.registry.registry import ModelRegistry
from tests.browser.conftest import serve
from tests.browser.screens import PATIENCE, settle
from tests.browser.test_leads_journey import SECTIONS, calm, choose, press
from tests.browser.test_score_journey import SAMPLE
from tests.paths import ROOT

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
FIND = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(found =>
  [found.id, found.nodes[0].html, found.nodes[0].failureSummary])"""
ROWS = """() => {
  const within = (root) => [...root.querySelectorAll('*')].flatMap(part =>
    [...(part.matches('.lead') ? [part] : []), ...(part.shadowRoot ? within(part.shadowRoot) : [])]);
  const boxes = within(document).map(row => row.getBoundingClientRect());
  return boxes.filter(box => box.top >= 0 && box.bottom <= innerHeight).length;
}"""
FOCUSED = """() => {
  let part = document.activeElement;
  while (part.shadowRoot && part.shadowRoot.activeElement) part = part.shadowRoot.activeElement;
  return part.className;
}"""
HEADERS = {
    name.lower(): value
    for name, value in re.findall(
        r"add_header (\S+) \"?(.+?)\"? always;", (ROOT / "docs" / "nginx.conf").read_text(encoding="utf-8")
    )
    if name != "Strict-Transport-Security"  # the tests' server has no certificate
}
MOST_TAB_STOPS = 12
LEAST_ABOVE = {(1440, 900): 15, (390, 844): 6}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard with the shipped model and a list that was scored."""
    folder = tmp_path_factory.mktemp("office")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADSCORE_DATA_DIR", str(folder))
        model, _ = ModelRegistry(ROOT / "models").load_champion()
        save_batch(open_list(SAMPLE, model.schema), model, name="Monday")
    yield from serve(folder, os.environ | {"LEADSCORE_DATA_DIR": str(folder)})


@pytest.fixture
def context(chromium: Browser, office: str) -> Iterator[BrowserContext]:
    """A browser that asks nobody but the dashboard, under the rules of our proxy; the test fails if it wanted to."""
    here = ["local-network-access"]  # a page that is answered for by the test counts as one from elsewhere
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, permissions=here)
    context.set_default_timeout(PATIENCE)
    foreign: list[str] = []
    context.route(lambda address: "/_stcore/" not in address, _as_the_proxy_does)
    context.on("console", lambda said: foreign.append(said.text) if "Content Security Policy" in said.text else None)

    def look(request: Request) -> None:
        if not request.url.startswith((office, office.replace("http", "ws"), "data:", "blob:")):
            foreign.append(request.url)

    context.on("request", look)
    yield context
    context.close()
    assert foreign == []


def _as_the_proxy_does(route: Route) -> None:
    """Answer for a page with the headers that docs/nginx.conf adds."""
    if route.request.resource_type != "document":
        route.continue_()
        return
    answer = route.fetch()
    route.fulfill(response=answer, headers=answer.headers | HEADERS)


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
    settle(page)
    return page


def leads(context: BrowserContext, address: str) -> Page:
    page = opened(context, address)
    expect(page.locator(".lead").first).to_be_visible(timeout=PATIENCE)
    settle(page)
    return page


def test_leads_stand_above_the_fold_and_the_first_is_reached_by_few_keys(context: BrowserContext, office: str) -> None:
    page = leads(context, f"{office}/leads")
    for (width, height), least in LEAST_ABOVE.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)
        assert page.evaluate(ROWS) >= least, f"{width} x {height}"
    page.set_viewport_size({"width": 1440, "height": 900})
    page.reload()
    expect(page.locator(".lead").first).to_be_visible(timeout=PATIENCE)
    settle(page)
    stops = 0
    while page.evaluate(FOCUSED) != "open":
        page.keyboard.press("Tab")
        stops += 1
        assert stops <= MOST_TAB_STOPS
    first = page.locator(".lead").first
    name, (called, written) = (
        first.locator(".open").inner_text(),
        [str(link.get_attribute("href")) for link in first.get_by_role("link").all()],
    )
    assert called.startswith("tel:+")
    assert written.startswith("mailto:")
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog")
    expect(card.get_by_role("heading", name=name)).to_be_visible(timeout=PATIENCE)
    expect(card.get_by_role("link")).to_have_count(2, timeout=PATIENCE)
    assert [link.get_attribute("href") for link in card.get_by_role("link").all()] == [called, written]


def violations(page: Page, where: str) -> list[tuple[str, ...]]:
    """Return what axe-core finds on a page, light and dark."""
    found = []
    # a tooltip under the mouse hangs beside every landmark
    page.mouse.move(0, 0)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_timeout(300)
        settle(page)
        page.evaluate(AXE)
        found += [(where, scheme, *one) for one in page.evaluate(FIND)]
    page.emulate_media(color_scheme="light")
    return found


def test_nobody_is_kept_out_of_any_page_and_nothing_leaves_the_machine(context: BrowserContext, office: str) -> None:
    page = leads(context, f"{office}/leads")
    found = violations(page, "leads")
    for section in SECTIONS[1:]:
        choose(page, section)
        found += violations(page, section)
    choose(page, "Call list")
    press(page, re.compile("More$"))
    press(page, "Send today's")
    found += violations(page, "filters and today's calls")
    page.keyboard.press("Escape")
    page.locator(".open").first.click()
    expect(page.get_by_role("dialog").get_by_text("What speaks for it")).to_be_visible(timeout=PATIENCE)
    found += violations(page, "lead")
    for path in ("", "sources", "drivers", "retrain", "monitor", "admin"):
        page.goto(f"{office}/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
        settle(page)
        found += violations(page, path or "score")
    assert found == []


def test_a_click_counts_while_the_page_is_being_opened_by_its_address(context: BrowserContext, office: str) -> None:
    page = leads(context, f"{office}/leads")
    choose(page, "Review list")
    choose(page, "Call list")
    address = page.url
    for _ in range(3):
        page.goto("about:blank")
        page.goto(address)
        page.get_by_role("radio", name="Plan", exact=True).click(force=True)
        calm(page)
        expect(page.get_by_role("radio", name="Plan", exact=True)).to_be_checked(timeout=PATIENCE)


def test_nothing_is_lost_when_a_page_is_loaded_again(context: BrowserContext, office: str) -> None:
    page = leads(context, f"{office}/leads")
    press(page, re.compile("Warm"))
    press(page, re.compile("More$"))
    page.get_by_role("combobox", name="Sort by").click()
    page.get_by_role("option", name="City", exact=True).click()
    calm(page)
    page.get_by_role("button", name="Page 2", exact=True).click()
    calm(page)
    page.locator(".open").nth(2).click()
    calm(page)
    name = page.get_by_role("dialog").get_by_role("heading").first.inner_text()
    page.reload()
    expect(page.get_by_role("dialog").get_by_role("heading", name=name)).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    calm(page)
    expect(page.get_by_text(re.compile("^Leads 51 to 100 of"))).to_be_visible(timeout=PATIENCE)
    assert set(page.locator(".lead .grade").all_inner_texts()) == {"Warm"}
    cities = page.locator(".lead .cell:last-child").all_inner_texts()
    assert cities == sorted(cities, key=str.casefold, reverse=True)

    choose(page, "Grades")
    page.get_by_role("slider", name="Hot from").focus()
    page.keyboard.press("ArrowRight")
    calm(page)
    page.get_by_role("button", name="Save these grades").click()
    page.get_by_role("dialog").get_by_label("Your name").fill("Anna")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Grades saved.")).to_be_visible(timeout=PATIENCE)
    calm(page)
    page.reload()
    expect(page.get_by_role("radio", name="Grades", exact=True)).to_be_checked(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Working as Anna")).to_be_visible(timeout=PATIENCE)
    page.go_back()
    calm(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)
