"""Signed in: what each role meets on the pages, and what a server without sign-in may do."""

import time
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from leadscore_core.config import load_settings
from leadscore_core.storage.database.audit import read_audit
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.given_roles import give_roles, roles_preference
from pages.shared import exposure
from tests.pages.test_leads import APP, words

AUTH = {
    "redirect_uri": "https://leads.example.com/oauth2callback",
    "cookie_secret": "0123456789abcdef" * 3,
    "client_id": "leadscore",
    "client_secret": "a secret",
    "server_metadata_url": "https://login.example.com/.well-known/openid-configuration",
}
PAGES = {name: f"pages/{name}/page.py" for name in ("score", "leads", "sources", "drivers", "retrain", "admin")}


def signed_in(subject: str, **claims: object) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    app.secrets["auth"] = AUTH
    now = int(time.time())
    app.user = {"is_logged_in": True, "sub": subject, "aud": "leadscore", "iat": now, "email": subject} | claims
    return app


@pytest.fixture
def office(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> Batch:
    people = '{"sam@example.com": ["sales"], "cal@example.com": ["caller"], "dan@example.com": ["data_science"], '
    monkeypatch.setenv("LEADSCORE_ACCESS__PEOPLE", people + '"ada@example.com": ["admin"]}')
    monkeypatch.setenv("LEADSCORE_ACCESS__ASK_WHOM", "Ada in room 4")
    return batch


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ({"is_logged_in": False}, "LeadScore asks who you are"),
        ({"aud": "another"}, "not meant for this LeadScore"),
        ({"iat": int(time.time()) - 13 * 3600}, "the sign-in has ended"),
        ({"sub": ""}, "lacks the claim 'sub'"),
        ({"email": "eve@example.com"}, "Ask Ada in room 4"),
        ({"email": "sam@example.com", "email_verified": False}, "Ask Ada in room 4"),
    ],
)
def test_who_is_nobody_here_sees_nothing_but_what_to_do(office: Batch, user: dict[str, object], said: str) -> None:
    app = signed_in("sam@example.com", **user).run()
    assert not app.exception
    assert said in words(app)
    assert not app.selectbox
    assert not app.file_uploader
    assert office.name not in words(app)


def test_a_role_that_is_taken_is_gone_with_the_next_click(office: Batch) -> None:
    app = signed_in("sam@example.com").run().switch_page(PAGES["leads"]).run()
    assert "Whom do we call first?" in [title.value for title in app.title]
    settings = load_settings()
    give_roles({"sam@example.com": ()}, based_on=0, author="Ada", settings=settings)
    app.run()
    assert "Ask Ada in room 4" in words(app)
    assert not app.segmented_control
    give_roles({"sam@example.com": ("data_science",)}, based_on=1, author="Ada", settings=settings)
    app.run()
    assert "Call list" in app.segmented_control(key="section").options
    assert "Plan" not in app.segmented_control(key="section").options
    assert [entry.action for entry in read_audit(settings) if entry.object == "setting access"] == [
        "say who may do what"
    ] * 2


def test_a_caller_calls_and_a_data_scientist_meets_pseudonyms(office: Batch) -> None:
    app = signed_in("cal@example.com", name="Cal").run().switch_page(PAGES["leads"]).run()
    assert not app.exception
    assert app.segmented_control(key="section").options == ["Call"]
    next(button for button in app.button if button.label == "Start calling").click().run()
    assert not app.exception
    assert any("Give this lead back" in button.label for button in app.button)
    app = signed_in("dan@example.com").run().switch_page(PAGES["leads"]).run()
    assert not app.exception
    sections = app.segmented_control(key="section").options
    assert sections == ["Call list", "Grades", "Junk filter", "Review list"]
    assert not [button for button in app.button if "Export" in button.label]


def test_the_admin_page_gives_roles_and_shows_who_did_what(office: Batch) -> None:
    app = signed_in("ada@example.com", name="Ada").run().switch_page(PAGES["admin"]).run()
    assert not app.exception
    next(field for field in app.text_input if field.label == "E-mail").set_value("New@Example.com")
    app.multiselect[0].set_value(["marketing"])
    next(button for button in app.button if button.label == "Set these roles").click().run()
    assert not app.exception
    assert roles_preference(load_settings()).current().value.people == {"new@example.com": ("marketing",)}
    next(field for field in app.text_input if field.label == "E-mail").set_value("ada@example.com")
    app.multiselect[0].set_value(["sales"])
    next(button for button in app.button if button.label == "Set these roles").click().run()
    assert "You would not be admin any more" in words(app)
    app.segmented_control(key="admin-section").set_value("Audit").run()
    assert not app.exception
    assert "say who may do what" in app.dataframe[0].value["What"].tolist()
    next(button for button in app.button if button.label == "Check that nothing was changed").click().run()
    assert "Nothing was changed, removed or added" in app.success[0].value
    app.segmented_control(key="admin-section").set_value("Settings").run()
    assert not app.exception
    shown = app.dataframe[0].value.set_index("Setting")
    assert shown.loc["access.ask_whom", "Value"] == "Ada in room 4"


def test_without_sign_in_the_machine_is_served_alone(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for address, is_fine in (("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False), ("", False)):
        monkeypatch.setattr(config, "get_option", lambda name, at=address: at)
        assert (exposure.exposure_problem() == "") == is_fine
    monkeypatch.setattr(exposure, "_said_aloud", ["--insecure"])
    assert exposure.exposure_problem() == ""


def test_sign_in_that_cannot_work_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for change, said in (
        ({}, ""),
        ({"client_id": ""}, "lacks client_id"),
        ({"cookie_secret": "short"}, "shorter than 32 characters"),
        ({"redirect_uri": ""}, "lacks redirect_uri"),
    ):
        monkeypatch.setattr(st, "secrets", _Secrets(auth=AUTH | change))
        assert (said in exposure.exposure_problem()) if said else exposure.exposure_problem() == ""
    monkeypatch.setattr(st, "secrets", _Secrets(auth={"cookie_secret": "x" * 32, "redirect_uri": "http://a/b"}))
    assert "lacks client_id, client_secret, server_metadata_url" in exposure.exposure_problem()


class _Secrets(dict):  # type: ignore[type-arg]
    def load_if_toml_exists(self) -> bool:
        return True


def test_a_local_server_that_is_opened_under_another_name_is_behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "get_option", lambda name: "127.0.0.1")
    for host in ("localhost:8501", "127.0.0.1:8501", "[::1]:8501", None):
        assert not exposure.opened_elsewhere(host)
    assert exposure.opened_elsewhere("leads.example.com")
