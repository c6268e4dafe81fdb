"""Sign-in in a real browser against a real OpenID provider: each role sees its own, and the bad cases see nothing."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from leadscore_core.batches.save import save_batch
from leadscore_core.data.dataset.open import open_list
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.engine import close_databases
from tests.browser.conftest import serve
from tests.browser.test_score_journey import PATIENCE, SAMPLE, settle
from tests.paths import ROOT

SECRETS = """[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "{secret}"
client_id = "leadscore"
client_secret = "a secret of the tests"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""
PEOPLE = {
    "sam@example.com": ("sales",),
    "cal@example.com": ("caller",),
    "mia@example.com": ("marketing",),
    "dan@example.com": ("data_science",),
    "ada@example.com": ("admin",),
}
SEEN_BY = {
    "sam@example.com": ["Score leads", "Leads", "Sources", "Drivers"],
    "cal@example.com": ["Leads"],
    "mia@example.com": ["Sources"],
    "dan@example.com": ["Leads", "Sources", "Drivers", "Retrain"],
    "ada@example.com": ["Score leads", "Leads", "Sources", "Drivers", "Retrain"],
}


@dataclass(frozen=True)
class Office:
    """A dashboard where people sign in, and their provider."""

    address: str
    provider: str
    data: Path

    def know(self, subject: str, **claims: object) -> None:
        """Let the provider know somebody, by what its tokens then say."""
        words = json.dumps({"email": subject, "name": subject.partition("@")[0].title()} | claims).encode()
        request = urllib.request.Request(f"{self.provider}/users/{subject}", words, method="PUT")
        request.add_header("Content-Type", "application/json")
        urllib.request.urlopen(request, timeout=20).close()


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An OpenID provider of its own, that lets everybody in whom it was told of."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    with (tmp_path_factory.mktemp("provider") / "log.txt").open("wb") as log:
        server = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://localhost:{port}"
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"{address}/.well-known/openid-configuration", timeout=5).close()
                    break
                except (urllib.error.URLError, OSError):
                    time.sleep(0.1)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, provider: str) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    secrets = folder / "secrets.toml"
    secrets.write_text(SECRETS.format(secret=os.urandom(24).hex(), provider=provider))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADSCORE_DATA_DIR", str(folder / "data"))
        model, _ = ModelRegistry(ROOT / "models").load_champion()
        save_batch(open_list(SAMPLE, model.schema), model, name="Monday")
        env = os.environ | {
            "STREAMLIT_SECRETS_FILES": str(secrets),
            "STREAMLIT_SERVER_ADDRESS": "0.0.0.0",
            "LEADSCORE_ACCESS__PEOPLE": json.dumps(PEOPLE),
            "LEADSCORE_ACCESS__ASK_WHOM": "Ada in room 4",
        }
        for address in serve(folder, env):
            yield Office(address, provider, folder / "data")
        close_databases()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


def sign_in(page: Page, office: Office, subject: str, path: str = "", **claims: object) -> None:
    """Sign somebody in, and wait until the dashboard says something."""
    office.know(subject, **claims)
    page.goto(f"{office.address}/{path}")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
    settle(page)


def navigation(page: Page) -> list[str]:
    return [link.inner_text().splitlines()[-1].strip() for link in page.get_by_test_id("stSidebarNavLink").all()]


def test_sign_in(page: Page, office: Office) -> None:
    page.goto(f"{office.address}/leads")
    expect(page.get_by_role("heading", name="Sign in to LeadScore")).to_be_visible(timeout=PATIENCE)
    assert page.get_by_test_id("stSidebarNavLink").count() == 0
    sign_in(page, office, "sam@example.com")
    assert navigation(page) == SEEN_BY["sam@example.com"]
