"""Every page in a real browser with the model of another company's real leads: none says a word of ours."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_any_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.dataset.outcomes import settle_outcomes
from leadscore_core.pipelines.training import make_request, train_leads
from leadscore_core.registry.promotion import promote_model
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.training.exclusions import save_meaning
from leadscore_core.training.train import fit_model
from leadscore_core.training.training_data import read_training_data
from tests.browser.conftest import serve
from tests.browser.screens import PATIENCE, settle
from tests.browser.test_companies_journey import HEADINGS, visit
from tests.browser.test_leads_journey import SECTIONS as LEADS
from tests.browser.test_leads_journey import calm, open_lead
from tests.browser.test_retrain_journey import SECTIONS as RETRAIN
from tests.browser.test_retrain_journey import go
from tests.browser.test_score_journey import bring
from tests.conftest import FEW_TREES
from tests.paths import REAL

ACADEMY = REAL.parent / "xeducation" / "Leads.csv"
ROWS = 900
OURS = re.compile(
    r"applica(?:tion|nt)|\bapplying\b|\bcomplet(?:e|es|ed|ing|ions?)\b|utm|droppp|\bLevel\d|codepro", re.I
)
SOURCES = ("Rates", "Composition", "Segments", "Weeks and flow", "Money")
UNFOLD = """() => {
  const folded = [...document.querySelectorAll('details:not([open]) > summary')];
  folded.forEach(fold => fold.click());
  return folded.length;
}"""
READ = """() => {
  const lists = [...document.querySelectorAll('[data-testid=stApp] *')].filter(part => part.shadowRoot);
  const all = document.querySelector('[data-testid=stApp]').cloneNode(true);
  lists.forEach(list => all.append(...[...list.shadowRoot.children].map(part => part.cloneNode(true))));
  all.querySelectorAll('script, style').forEach(part => part.remove());
  const said = [...all.querySelectorAll('[aria-label], [placeholder], [title], [alt]')].flatMap(part =>
    ['aria-label', 'placeholder', 'title', 'alt'].map(name => part.getAttribute(name)));
  return [all.textContent, ...said.filter(Boolean)].join('\\n');
}"""


@pytest.fixture(scope="module")
def academy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The dashboard with the academy's model alone, a challenger beside it, and a list whose outcomes are known."""
    if not ACADEMY.is_file():
        pytest.skip("the other company's leads are not on this machine")
    folder = tmp_path_factory.mktemp("academy")
    leads = pd.read_csv(ACADEMY, dtype="str", keep_default_na=False)
    leads.head(ROWS).to_csv(folder / "academy.csv", index=False)
    leads.tail(400).to_csv(folder / "new-students.csv", index=False)
    given = {"LEADSCORE_DATA_DIR": str(folder / "data"), "LEADSCORE_MODELS_DIR": str(folder / "models")}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        settings, options = load_settings(), ListOptions(label="Converted")
        brought = settle_outcomes(open_any_list(folder / "academy.csv", options=options, may_propose=True), options)
        data = read_training_data(brought)
        request = make_request(data, params=FEW_TREES, n_repeats=1, note="Students of the spring")
        save_meaning(brought, data, (), (), settings)
        first = ModelRegistry(settings.models_dir).publish(fit_model(data, request))
        promote_model(first.model_id, reason="The first model of these leads", settings=settings)
        train_leads(data, request, settings=settings)
    yield from ((address, folder / "new-students.csv") for address in serve(folder, os.environ | given))


def said(page: Page) -> str:
    """Return all that a page says once everything on it is unfolded."""
    if page.evaluate(UNFOLD):
        calm(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    return str(page.evaluate(READ))


def test_no_page_says_a_word_of_ours(chromium: Browser, academy: tuple[str, Path]) -> None:
    address, students = academy
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    expect(page.get_by_role("heading", name="Score leads")).to_be_visible(timeout=PATIENCE)
    settle(page)
    heard = {"Score leads, at first": said(page)}
    bring(page, students)
    expect(page.get_by_role("heading", name=re.compile("conversions expected"))).to_be_visible(timeout=PATIENCE)
    settle(page)
    heard["Score leads"] = said(page)
    for name, sections in {"Leads": LEADS, "Sources": SOURCES, "Drivers": (), "Retrain": RETRAIN}.items():
        visit(page, name)
        if not sections:
            heard[name] = said(page)
        for section in sections:
            go(page, section)
            heard[f"{name}: {section}"] = said(page)
        if name == "Leads":
            heard |= look_at_a_lead(page)
    assert set(HEADINGS) == {where.partition(":")[0].partition(",")[0] for where in heard}
    found = [(where, *OURS.findall(text)[:3]) for where, text in heard.items() if OURS.search(text)]
    assert found == []
    for where in ("Leads: Plan", "Sources: Rates", "Retrain: Verdict", "Retrain: Against the model in use"):
        assert "onversions" in heard[where], f"{where} says what its outcome is called"
    assert "Leads that change grade" in heard["Retrain: Against the model in use"]
    page.context.close()


def look_at_a_lead(page: Page) -> dict[str, str]:
    """Open a lead, put it on the review list, and return what both say."""
    go(page, "Call list")
    open_lead(page)
    expect(page.get_by_role("dialog").get_by_text("This score looks wrong")).to_be_visible(timeout=PATIENCE)
    settle(page)
    card = said(page)
    button = page.get_by_role("button", name="Put on the review list")
    expect(button).to_be_visible(timeout=PATIENCE)
    button.click()
    calm(page)
    page.keyboard.press("Escape")
    go(page, "Review list")
    return {"Leads: a lead": card, "Leads: what was said of a lead": said(page)}
