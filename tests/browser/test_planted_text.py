"""A list and a model that mean harm, in a real browser: nothing runs, nothing is requested, no link is made."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, Request, expect

from leadscore_core.registry.imported import write_imported
from tests.browser.conftest import serve
from tests.paths import ROOT

PATIENCE = 60_000
PLANTED = (
    "<script>window.planted = 1</script>",
    "<img src=http://plant.test/i.png onerror='window.planted = 2'>",
    "![p](http://plant.test/p.png)",
    "[our site](http://plant.test/a)",
    "http://plant.test/b",
    "www.plant.test",
    ":red[sold] :material/verified: :streamlit:",
    "$\\href{http://plant.test}{x}$",
    '<a href="http://plant.test/c">c</a>',
    "# Loud",
)
READS = """() => ({
  ran: window.planted ?? null,
  links: [...document.querySelectorAll('[href*="plant.test"], [src*="plant.test"], [*|href*="plant.test"]')].length,
  made: [...document.querySelectorAll('.katex, [data-testid=stMarkdownContainer] img')].length,
})"""


@pytest.fixture(scope="module")
def planted_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard with a model from elsewhere in use, whose note and the reason of whose promotion are planted."""
    folder = tmp_path_factory.mktemp("planted")
    models = folder / "models"
    shutil.copytree(ROOT / "models", models)
    model_id = (models / "champion").read_text().strip()
    path = models / model_id / "metadata.json"
    told = json.loads(path.read_text())
    told["training_data"]["note"] = " ".join(PLANTED)
    told["cautions"] = list(PLANTED)
    path.write_text(json.dumps(told))
    write_imported(models / model_id, by=PLANTED[2], file=PLANTED[3], sha256="")
    own = {"LEADSCORE_DATA_DIR": str(folder / "data"), "LEADSCORE_MODELS_DIR": str(models)}
    yield from serve(folder, os.environ | own)


@pytest.fixture(scope="module")
def planted_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    leads = pd.read_csv(ROOT / "sample_data" / "new_leads.csv", dtype="str", keep_default_na=False).head(120)
    for column in ("first_utm_source_c", "city_mapped", "full_name"):
        if column in leads:
            leads[column] = [PLANTED[at % len(PLANTED)] for at in range(len(leads))]
    path = tmp_path_factory.mktemp("list") / "![p](plant.test) :red[x] <b>.csv"
    leads.rename(columns={leads.columns[-1]: PLANTED[1]}).to_csv(path, index=False)
    return path


def test_nothing_of_a_planted_list_runs_or_is_requested(
    chromium: Browser, planted_dashboard: str, planted_list: Path
) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    asked: list[str] = []
    page.on("request", lambda request: _note(request, planted_dashboard, asked))
    page.on("dialog", lambda dialog: asked.append(f"a dialog: {dialog.message}"))
    page.goto(planted_dashboard)
    expect(page.get_by_role("heading", name="Score leads")).to_be_visible(timeout=PATIENCE)
    page.locator("input[type=file]").set_input_files(planted_list)
    expect(page.get_by_role("heading", name="applications expected")).to_be_visible(timeout=PATIENCE)
    _assert_harmless(page)
    for name in ("Leads", "Sources", "Drivers", "Retrain"):
        page.get_by_role("link", name=name, exact=True).first.click()
        page.wait_for_function("window.leadscore.ended > window.leadscore.acted", timeout=PATIENCE)
        page.wait_for_function("document.querySelectorAll('[data-testid=stSkeleton]').length === 0", timeout=PATIENCE)
        _assert_harmless(page)
    expect(page.get_by_text("[our site](http").first).to_be_attached()
    context.close()
    assert asked == []


def _note(request: Request, own: str, asked: list[str]) -> None:
    if not request.url.startswith((own, own.replace("http", "ws"), "data:", "blob:")):
        asked.append(request.url)


def _assert_harmless(page: Page) -> None:
    assert page.evaluate(READS) == {"ran": None, "links": 0, "made": 0}
