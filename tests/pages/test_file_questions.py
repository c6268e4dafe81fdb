"""What a file leaves open is asked on the page, takes effect at once and can be corrected."""

import io
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.data.dataset.open import choose_conventions, open_list
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import SampleLeads
from tests.lead_rows import rows_shown
from tests.paths import ROOT

APP = str(ROOT / "app.py")


@pytest.fixture
def app(places: Path) -> AppTest:
    return AppTest.from_file(APP, default_timeout=60).run()


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].upload(name, content, "application/octet-stream")
    app.run()
    assert not app.exception
    return app


def rows_of(app: AppTest) -> str:
    return next(metric.value for metric in app.metric if metric.label == "Leads")


def only(elements, label: str):  # type: ignore[no-untyped-def]
    (found,) = [element for element in elements if element.label == label]
    return found


def test_a_question_of_encoding_is_asked_and_its_answer_corrected(app: AppTest, sample: SampleLeads) -> None:
    frame = sample.new.assign(full_name="Şahin")
    upload(app, "list.csv", frame.to_csv(index=False).encode("cp1250"))
    assert "Choose the words that look right" in app.warning[0].value
    assert not app.metric
    assert not app.error
    asked = only(app.selectbox, "Words are read as")
    assert asked.value is None
    assert "Şahin (Central European, cp1250)" in asked.options
    assert "Ŗahin (Baltic, cp1257)" in asked.options
    asked.select("cp1257").run()
    assert not app.exception
    assert not app.warning
    assert rows_of(app) == "250"
    assert set(rows_shown(app)["Name"]) == {"Ŗahin"}
    only(app.selectbox, "Words are read as").select("cp1250").run()
    assert not app.exception
    assert set(rows_shown(app)["Name"]) == {"Şahin"}


def test_an_encoding_that_was_found_can_be_corrected(app: AppTest, sample: SampleLeads) -> None:
    names = ["Иванова", "Кузнецов", "Соколова", "Морозов", "Волкова"]
    frame = sample.new.assign(full_name=[names[i % 5] for i in range(len(sample.new))])
    upload(app, "list.csv", frame.to_csv(index=False).encode("cp1251"))
    assert not app.warning
    assert set(rows_shown(app)["Name"]) == set(names)
    offered = only(app.selectbox, "Words are read as")
    assert offered.value == "cp1251"
    assert offered.options[0] == "Иванова (Cyrillic, cp1251)"
    offered.select("koi8-r").run()
    assert not app.exception
    assert "хБЮМНБЮ" in {name.swapcase() for name in rows_shown(app)["Name"]} | set(rows_shown(app)["Name"])
    only(app.selectbox, "Words are read as").select("cp1251").run()
    assert set(rows_shown(app)["Name"]) == set(names)


def test_sheets_with_the_same_columns_are_one_list_on_demand(app: AppTest, sample: SampleLeads) -> None:
    book = io.BytesIO()
    with pd.ExcelWriter(book, engine="openpyxl") as writer:
        pd.DataFrame({"Read": ["me"], "first": ["!"]}).to_excel(writer, sheet_name="Notes", index=False)
        sample.new.head(20).to_excel(writer, sheet_name="January", index=False)
        sample.new.tail(30).to_excel(writer, sheet_name="February", index=False)
    upload(app, "book.xlsx", book.getvalue())
    assert rows_of(app) == "20"
    sheet = only(app.selectbox, "Sheet")
    assert sheet.options == ["All 2 sheets with the same columns", "Notes", "January", "February"]
    sheet.select("all").run()
    assert not app.exception
    assert rows_of(app) == "50"
    only(app.selectbox, "Sheet").select("February").run()
    assert rows_of(app) == "30"


def with_dates(sample: SampleLeads) -> pd.DataFrame:
    return sample.new.drop(columns="phone").assign(created_date="03/05/2026")


def test_which_comes_first_is_asked_and_remembered(app: AppTest, sample: SampleLeads) -> None:
    content = with_dates(sample).to_csv(index=False).encode()
    upload(app, "list.csv", content)
    (asked,) = app.button_group
    assert asked.label.startswith("Created: 250 dates such as 03/05/2026 can be read both ways")
    assert asked.value is None
    assert rows_shown(app)["Created"].iloc[0] == "3 May 2026"
    asked.select("mdy").run()
    assert not app.exception
    assert rows_shown(app)["Created"].iloc[0] == "5 Mar 2026"
    (settled,) = app.button_group
    assert settled.value == "mdy"
    again = AppTest.from_file(APP, default_timeout=60).run()
    upload(again, "later.csv", with_dates(sample).head(100).to_csv(index=False).encode())
    assert rows_shown(again)["Created"].iloc[0] == "5 Mar 2026"
    # a file that says it itself is read as it says
    clear = with_dates(sample).head(50)
    clear.loc[clear.index[0], "created_date"] = "25/05/2026"
    upload(again, "clear.csv", clear.to_csv(index=False).encode())
    assert "3 May 2026" in set(rows_shown(again)["Created"])


def test_a_choice_counts_for_later_files_only_where_they_leave_it_open(
    places: Path, sample: SampleLeads, tmp_path: Path
) -> None:
    frame = sample.new.head(20)
    path = tmp_path / "leads.csv"
    frame.assign(created_date="03/05/2026").to_csv(path, index=False)
    leads = open_list(path, load_schema())
    assert leads.mapping.ambiguous_dates == 20
    assert choose_conventions(leads, dates="mdy").mapping.date_order == "mdy"
    assert open_list(path, load_schema()).mapping.date_order == "mdy"
    frame.assign(created_date=["03/05/2026"] * 19 + ["25/05/2026"]).to_csv(path, index=False)
    assert open_list(path, load_schema()).mapping.date_order == "dmy"
