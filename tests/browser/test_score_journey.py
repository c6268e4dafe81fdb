"""The sales manager's journey in a real browser: upload, see, download, and the same scores from the command line."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.screens import PATIENCE, PHONE, SCHEMES, check_sizes
from tests.paths import REAL, ROOT

SAMPLE, MESSY = ROOT / "sample_data" / "new_leads.csv", ROOT / "sample_data" / "messy_export.csv"


@pytest.fixture
def page(chromium: Browser, dashboard: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(dashboard)
    expect(page.get_by_role("heading", name="Score leads")).to_be_visible(timeout=PATIENCE)
    yield page
    context.close()


def bring(page: Page, path: Path) -> None:
    page.locator("input[type=file]").set_input_files(path)


def answer(page: Page) -> str:
    heading = page.get_by_role("heading", name="applications expected")
    expect(heading).to_be_visible(timeout=PATIENCE)
    return heading.inner_text()


def download(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download(timeout=PATIENCE) as made:
        page.get_by_role("button", name=name, exact=True).click()
    path = folder / made.value.suggested_filename
    made.value.save_as(path)
    return path


def command_line(lists: Path, out: Path) -> pd.DataFrame:
    command = [sys.executable, "-m", "leadscore_core", "score", str(lists), "-o", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return pd.read_csv(out, dtype="str", keep_default_na=False)


@pytest.mark.parametrize("leads", [SAMPLE, REAL / "new_leads.csv"], ids=["sample", "real"])
def test_upload_see_download_and_the_command_line_agrees(page: Page, tmp_path: Path, leads: Path) -> None:
    if not leads.is_file():
        pytest.skip("the real leads are not on this machine")
    bring(page, leads)
    assert answer(page).startswith("Call these 300 first: about ")
    path = download(page, "Download as CSV", tmp_path)
    assert path.name == "new_leads-scored.csv"
    from_page = pd.read_csv(path, dtype="str", keep_default_na=False)
    from_shell = command_line(leads, tmp_path / "shell.csv")
    ranked = from_shell.sort_values("propensity", key=lambda p: -p.astype(float), kind="stable").reset_index(drop=True)
    pd.testing.assert_frame_equal(from_page, ranked)


def test_excel_and_parquet_hold_the_same_ranking(page: Page, tmp_path: Path) -> None:
    bring(page, SAMPLE)
    answer(page)
    book = pd.read_excel(download(page, "Download as Excel", tmp_path), engine="calamine")
    exact = pd.read_parquet(download(page, "Download as Parquet", tmp_path))
    assert book["Lead"].tolist() == exact["lead_id"].tolist()
    assert exact["propensity"].is_monotonic_decreasing
    assert book["Why"].tolist() == exact["reason_1"].tolist()
    assert book["Score"].tolist() == exact["lead_score"].tolist()


def test_the_sample_is_one_click_away_and_calls_a_day_count(page: Page) -> None:
    page.get_by_role("button", name="Try the sample leads").click()
    assert answer(page).startswith("Call these 300 first")
    page.get_by_role("button", name="Send today's").click()
    calls = page.get_by_role("spinbutton", name="Calls a day")
    for number in ("50", "80", "40"):
        calls.fill(number)
        calls.press("Enter")
        expect(page.get_by_role("heading", name=f"Call these {number} first")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Page 2", exact=True).click()
    expect(page.get_by_text("Leads 51 to 100 of")).to_be_visible(timeout=PATIENCE)


def test_a_bad_file_is_an_error_and_the_list_stays(page: Page, tmp_path: Path) -> None:
    bring(page, SAMPLE)
    before = answer(page)
    photo = tmp_path / "photo.csv"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 99)
    bring(page, photo)
    expect(page.get_by_text("photo.csv is a PNG image")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Still open: new_leads.csv")).to_be_visible(timeout=PATIENCE)
    assert answer(page) == before
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_nothing_in_a_cell_is_executed(page: Page, tmp_path: Path) -> None:
    leads = pd.read_csv(SAMPLE, dtype="str", keep_default_na=False).head(5)
    leads["full_name"] = "<img src=x onerror=alert(1)>"
    path = tmp_path / "<b>list.csv"
    leads.to_csv(path, index=False)
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    bring(page, path)
    answer(page)
    page.wait_for_timeout(500)
    assert asked == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_state_fits_every_screen(chromium: Browser, dashboard: str, tmp_path: Path, scheme: str) -> None:
    """No state is wider than the screen; with LEADSCORE_SCREENSHOTS=FOLDER a picture of each is kept there."""
    photo = tmp_path / "photo.csv"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 99)
    context = chromium.new_context(viewport=PHONE, color_scheme=scheme)
    page = context.new_page()
    for name, path, sign in (
        ("empty", None, "You will see here"),
        ("score", SAMPLE, "Call these 300 first"),
        ("problems", MESSY, "You can call all"),
        ("error", photo, "PNG image"),
    ):
        page.goto(dashboard)
        expect(page.get_by_role("heading", name="Score leads")).to_be_visible(timeout=PATIENCE)
        if path is not None:
            bring(page, path)
        expect(page.get_by_text(sign)).to_be_visible(timeout=PATIENCE)
        if name == "problems":
            page.get_by_text("Problems in this list").click()
            expect(page.get_by_text("No lead was dropped")).to_be_visible(timeout=PATIENCE)
        check_sizes(page, name, scheme)
    context.close()
