"""The Admin page's personal data without a browser: a person is found, forgotten with a receipt, and lists are due."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.batches.retention import list_retentions
from leadscore_core.config import load_settings
from leadscore_core.storage.database.batches import Batch
from tests.paths import ROOT


@pytest.fixture
def admin(batch: Batch) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["person_name"] = "Ada"
    app.run().switch_page("pages/admin/page.py").run()
    return press_section(app, "Personal data")


def press_section(app: AppTest, name: str) -> AppTest:
    app.segmented_control(key="admin-section").set_value(name).run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [one for one in app.button if one.label == label]
    button.click().run()
    assert not app.exception
    return app


def find(app: AppTest, what: str) -> AppTest:
    (field,) = [one for one in app.text_input if one.label == "What it is"]
    field.set_value(what)
    return press(app, "Find")


def test_a_person_is_found_and_forgotten_with_a_receipt(admin: AppTest, batch: Batch) -> None:
    email = str(pd.read_parquet(batch.leads_path)["email"].iloc[4])
    assert "no e-mail address" in find(admin, "nonsense").error[0].value
    assert "Nothing is kept" in find(admin, "asha@elsewhere.example.org").info[0].value
    find(admin, email)
    assert any("Found on Monday (1 row)" in text.value for text in admin.markdown)
    press(admin, "Forget this person for good")
    (receipt,) = [one.value for one in admin.success]
    assert "1 lead emptied" in receipt
    assert email not in receipt
    assert email not in repr(admin.query_params)
    assert "Nothing is kept" in find(admin, email).info[0].value
    assert email not in Path(batch.leads_path).read_bytes().decode("latin-1")


def test_a_list_is_kept_as_long_as_it_is_said(admin: AppTest) -> None:
    assert any("until somebody deletes them" in text.value for text in admin.markdown)
    (days,) = [one for one in admin.number_input if one.label == "Days, 0 for good"]
    days.set_value(30).run()
    press(admin, "Keep it so long")
    assert [kept.days for kept in list_retentions(load_settings())] == [30]
    press(admin, "As the settings say")
    assert [kept.days for kept in list_retentions(load_settings())] == [None]
