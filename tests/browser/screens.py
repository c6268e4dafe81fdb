"""What is shown fits every screen: a phone's, a small laptop's and a large one's."""

import os

from playwright.sync_api import Page, expect

from tests.paths import ROOT

PATIENCE = 60_000
PHONE = {"width": 390, "height": 844}
LARGE = {"width": 1440, "height": 900}
SIZES = (PHONE, {"width": 1024, "height": 768}, LARGE)
PICTURED = (PHONE, LARGE)
SCHEMES = ["light", "dark"] if os.environ.get("LEADSCORE_SCREENSHOTS") else ["light"]  # colours move nothing


def settle(page: Page) -> None:
    """Wait until the page has run and nothing is still a placeholder."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0, timeout=PATIENCE)


def check_sizes(page: Page, name: str, scheme: str) -> None:
    """See that what is shown is no wider than any screen, a phone's first, which is left again at the end."""
    for size in SIZES:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.wait_for_timeout(300)  # figures and tables take their new width a moment later
        check(page, size, f"{name}-{size['width']}-{scheme}.png")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def check(page: Page, size: dict[str, int], picture: str) -> None:
    """See that what is shown is no wider than the screen, and no fault; keep a picture of it where one is asked for."""
    settle(page)
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{picture} is {wide} pixels too wide"
    expect(page.get_by_text("Traceback")).to_have_count(0)
    _keep_picture(page, size, picture)


def _keep_picture(page: Page, size: dict[str, int], name: str) -> None:
    folder = os.environ.get("LEADSCORE_SCREENSHOTS")
    if not folder or size not in PICTURED:
        return
    height = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    settle(page)
    page.wait_for_timeout(1_500)  # charts and tables are drawn with a short animation
    page.screenshot(path=ROOT / folder / name)
