"""Sign-in in a real browser against a real OpenID provider: each role sees its own, and the bad cases see nothing."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from leadscore_core.access.permissions import Action
from leadscore_core.batches.save import save_batch
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.audit import read_audit
from leadscore_core.storage.database.audit_check import verify_audit
from leadscore_core.storage.database.engine import close_databases
from leadscore_core.storage.database.given_roles import give_roles, roles_preference
from tests.browser.conftest import serve
from tests.browser.screens import PATIENCE, settle
from tests.browser.test_access import violations
from tests.browser.test_leads_journey import calm
from tests.browser.test_score_journey import SAMPLE
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
    "sam@example.com": ["Score leads", "Leads", "Sources", "Drivers", "Monitor"],
    "cal@example.com": ["Leads"],
    "mia@example.com": ["Sources"],
    "dan@example.com": ["Leads", "Sources", "Drivers", "Retrain", "Monitor"],
    "ada@example.com": ["Score leads", "Leads", "Sources", "Drivers", "Retrain", "Monitor"],
}

FIRST = {
    "Score leads": "Score leads",
    "Leads": "Whom do we call first?",
    "Sources": "Which sources earn their money?",
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
    page.wait_for_url(f"{office.address}/**")
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
    settle(page)


def navigation(page: Page) -> list[str]:
    return [link.inner_text().splitlines()[-1].strip() for link in page.get_by_test_id("stSidebarNavLink").all()]


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible(timeout=PATIENCE)


def told(page: Page) -> str:
    return page.get_by_test_id("stApp").inner_text()


def watch(page: Page) -> list[bytes]:
    """Keep what the server sends to this browser from now on."""
    frames: list[bytes] = []

    def keep(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append(frame if isinstance(frame, bytes) else frame.encode()))

    page.on("websocket", keep)
    return frames


def contacts(office: Office) -> set[bytes]:
    """Return every name, phone and e-mail of the list."""
    leads = pd.read_csv(SAMPLE, dtype="str", keep_default_na=False)
    wanted = [name for name in leads.columns if re.search("name|mail|phone", name, re.I) and "utm" not in name]
    assert len(wanted) >= 3
    return {cell.encode() for name in wanted for cell in leads[name] if len(cell) > 6}


def test_nobody_is_let_in_and_each_role_sees_its_own(chromium: Browser, office: Office) -> None:
    known = contacts(office)
    for subject, pages in SEEN_BY.items():
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        frames = watch(page)
        page.goto(f"{office.address}/retrain")
        heading(page, "Sign in to LeadScore")
        assert navigation(page) == []
        sign_in(page, office, subject)
        heading(page, FIRST[pages[0]])
        assert navigation(page) == (pages if len(pages) > 1 else []), subject  # one page needs no way to others
        page.goto(f"{office.address}/retrain")
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
        settle(page)
        assert ("Only data science and admin may train" in told(page)) == ("Retrain" not in pages), subject
        page.goto(f"{office.address}/leads")
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
        calm(page)
        if "Leads" in pages and subject != "cal@example.com":
            expect(page.locator(".lead").first).to_be_visible(timeout=PATIENCE)
        page.goto(f"{office.address}/sources")
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
        calm(page)
        sent = b"".join(frames)
        found = {contact for contact in known if contact in sent}
        assert bool(found) == (subject in {"sam@example.com", "ada@example.com"}), (subject, list(found)[:3])
        context.close()


def test_a_caller_gets_one_lead_after_the_other(page: Page, office: Office) -> None:
    frames = watch(page)
    sign_in(page, office, "cal@example.com")
    heading(page, "Whom do we call first?")
    page.get_by_role("button", name="Start calling").click()
    expect(page.get_by_role("button", name="Give this lead back")).to_be_visible(timeout=PATIENCE)
    calm(page)
    sent = b"".join(frames)
    found = {contact for contact in contacts(office) if contact in sent}
    assert 1 <= len(found) <= 4, "one lead's name, phone and e-mail"
    page.get_by_role("button", name=re.compile("^Interested")).click()
    calm(page)
    page.get_by_role("button", name="Give this lead back").click()
    calm(page)
    assert violations(page, "call mode of a caller") == []


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"email": "eve@example.com"}, "Ask Ada in room 4"),
        ({"email": None}, "Ask Ada in room 4"),  # a missing claim: nobody's e-mail
        ({"aud": "another program"}, "asks who you are"),
        ({"exp": 1_000_000_000}, "asks who you are"),
        ({"iat": int(time.time()) - 13 * 3600}, "the sign-in has ended"),
    ],
    ids=["unknown", "missing claim", "wrong audience", "expired token", "session has ended"],
)
def test_a_sign_in_that_is_not_good_shows_nothing(
    page: Page, office: Office, claims: dict[str, object], said: str
) -> None:
    frames = watch(page)
    sign_in(page, office, "sam@example.com", **claims)
    expect(page.get_by_text(said)).to_be_visible(timeout=PATIENCE)
    assert navigation(page) == []
    page.goto(f"{office.address}/leads")
    expect(page.get_by_text(said)).to_be_visible(timeout=PATIENCE)
    assert "Monday" not in told(page)
    sent = b"".join(frames)
    assert not any(contact in sent for contact in contacts(office))


def test_signing_out_and_a_role_that_is_taken_end_it(page: Page, office: Office) -> None:
    sign_in(page, office, "ada@example.com", "admin")
    page.goto(f"{office.address}/admin")
    heading(page, "Who may do what, and who did it?")
    found = violations(page, "people")
    for section in ("Audit", "Settings"):
        page.get_by_role("radio", name=section, exact=True).click()
        calm(page)
        found += violations(page, section)
    assert found == []
    settings = load_settings().model_copy(update={"data_dir": office.data})
    version = roles_preference(settings).current().version
    give_roles({"ada@example.com": ()}, based_on=version, author="Root", settings=settings)
    page.get_by_role("radio", name="People", exact=True).click()
    expect(page.get_by_text("Ask Ada in room 4")).to_be_visible(timeout=PATIENCE)
    assert navigation(page) == []
    assert violations(page, "no access") == []
    give_roles({}, based_on=version + 1, author="Root", settings=settings)
    page.reload()
    heading(page, "Who may do what, and who did it?")
    page.get_by_role("button", name="Signed in as Ada").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{office.provider}/**")
    page.goto(f"{office.address}/admin")
    heading(page, "Sign in to LeadScore")
    assert violations(page, "sign in") == []


def test_what_was_done_is_in_the_audit_under_who_did_it(office: Office) -> None:
    settings = load_settings().model_copy(update={"data_dir": office.data})
    entries = read_audit(settings, most=10_000)
    done = {(entry.person_id, entry.action) for entry in entries if entry.via == "app"}
    assert {(subject, "sign in") for subject in SEEN_BY} <= done
    assert {("cal@example.com", Action.CALL), ("cal@example.com", Action.SEE_CONTACTS)} <= done
    assert ("sam@example.com", Action.SEE_CONTACTS) in done
    assert ("dan@example.com", Action.SEE_CONTACTS) not in done
    assert verify_audit(settings).holds
    told_of = str(entries).encode()
    assert not any(contact in told_of for contact in contacts(office))
