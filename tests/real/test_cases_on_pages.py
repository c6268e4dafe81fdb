"""Small files that went wrong once, on the pages: the same leads and figures as anywhere; skipped where missing."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.data.reading.reader import read_leads
from leadscore_core.storage.database.engine import close_databases
from tests.cases import SAME_FORTY, YES_NO
from tests.lead_rows import rows_shown
from tests.paths import CASES, ROOT

APP = str(ROOT / "app.py")
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the case files are not on this machine")


CALLED = {"30l_accepted60.csv": "Accepted", "deutsch-ja-nein.csv": "Bought"}


@pytest.fixture
def app(places: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(ROOT / "models"))
    close_databases()
    return AppTest.from_file(APP, default_timeout=90).run()


def upload(app: AppTest, name: str) -> AppTest:
    app.file_uploader[0].upload(name, (CASES / name).read_bytes(), "application/octet-stream")
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    rows = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success, *app.subheader]
    return "\n".join(element.value for element in rows).replace("\\", "")


@pytest.mark.parametrize("name", [name for name in SAME_FORTY if not name.startswith("08c")])
def test_the_same_forty_leads_are_ranked(app: AppTest, name: str) -> None:
    plain = rows_shown(upload(app, "10a_plain.xlsx" if name.endswith(".xlsx") else "00_plain.csv"))["Score"].tolist()
    figures = {metric.label: metric.value for metric in upload(app, name).metric}
    assert not app.error
    assert figures["Leads"] == "40"
    assert rows_shown(app)["Score"].tolist() == plain
    assert len(plain) >= 20


def test_what_is_no_table_is_said_for_what_it_is(app: AppTest) -> None:
    assert "HTML" in words(upload(app, "03a_html.xls"))
    assert not app.metric


@pytest.mark.parametrize("name", YES_NO)
def test_the_yes_of_an_outcome_is_yes_and_said_before_training(app: AppTest, name: str) -> None:
    label, yes = YES_NO[name]
    app.switch_page("pages/retrain/page.py").run()
    next(u for u in app.file_uploader if u.label == "Labelled leads").upload(
        name, (CASES / name).read_bytes(), "text/csv"
    )
    app.run()
    assert not app.exception
    next(box for box in app.selectbox if label in box.options).set_value(label).run()
    assert app.multiselect[0].value == [yes.casefold()]
    next(b for b in app.button if "Use these columns" in b.label).click().run()
    assert not app.exception
    done = (read_leads(CASES / name)[label] == yes).sum()
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures[CALLED.get(name, "Converted")] == f"{done:,}"
