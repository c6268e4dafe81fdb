"""The page without a browser: no exception, and the right title, sentence and numbers."""

import io
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.config import load_settings
from leadscore_core.data.synthetic import MESSY, NEW, SampleLeads
from leadscore_core.inference.score import score_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import BatchStore
from tests.bad_files import BAD_FILES, make_bad_file
from tests.lead_rows import rows_shown
from tests.paths import ROOT
from tests.plans import plan_calls

APP = str(ROOT / "app.py")


@pytest.fixture
def app(places: Path) -> AppTest:
    return AppTest.from_file(APP, default_timeout=60).run()


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].upload(name, content, "application/octet-stream")
    app.run()
    assert not app.exception
    return app


def as_csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_a_first_visit_says_what_to_do(app: AppTest) -> None:
    assert not app.exception
    assert app.title[0].value == "Score leads"
    assert [button.label for button in app.button] == ["Try the sample leads"]
    assert "whom to call first" in app.info[0].value


def test_the_sample_is_one_click_away(app: AppTest) -> None:
    app.button[0].click().run()
    assert not app.exception
    assert metrics(app)["Leads"] == "1,000"
    assert app.header[0].value.startswith("Call these 300 first: about ")
    assert len(rows_shown(app)) == 50


def test_an_upload_gives_the_numbers_of_the_core(app: AppTest, sample: SampleLeads, trained: LeadModel) -> None:
    upload(app, "list.csv", as_csv(sample.new))
    wanted = score_leads(sample.new, trained, reasons=0).sort_values("propensity", ascending=False, kind="stable")
    assert metrics(app) == {
        "Leads": "250",
        "To call": f"{(~wanted['is_junk']).sum():,}",
        "Put aside": f"{wanted['is_junk'].sum():,}",
        "Applications expected": f"{wanted['propensity'].sum():,.0f}",
        "Hot": f"{(wanted['grade'] == 'Hot').sum():,}",
    }
    shown = rows_shown(app)
    assert list(shown.columns) == ["Name", "Phone", "E-mail", "Score", "Grade", "Why", "First source", "City"]
    called = wanted[~wanted["is_junk"]].head(50)
    assert shown["Name"].tolist() == called["full_name"].tolist()
    assert shown["Score"].tolist() == called["lead_score"].astype("str").tolist()
    assert (shown["Why"] != "").all()
    assert shown["Why"].nunique() > 3


def test_calls_a_day_change_the_sentence_and_nothing_else(
    app: AppTest, sample: SampleLeads, trained: LeadModel
) -> None:
    upload(app, "list.csv", as_csv(sample.new))
    before = rows_shown(app)
    app.number_input(key="calls-a-day").set_value(40).run()
    plan = plan_calls(score_leads(sample.new, trained, reasons=0)["propensity"].to_numpy(), 40)
    assert f"Call these 40 first: about {plan.expected:,.0f}" in app.header[0].value
    assert rows_shown(app).equals(before)


def test_problems_are_listed_in_words(app: AppTest, sample: SampleLeads) -> None:
    upload(app, MESSY, sample.messy)
    found = app.dataframe[0].value
    assert "Not a date between 1990 and 2100; counted as missing" in found["What"].tolist()
    assert list(found.columns) == ["Column", "What", "Leads", "Share", "Example", "Rows", "Severity"]
    assert metrics(app)["Leads"] == "242"


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_upload_is_an_error_and_loses_nothing(
    app: AppTest, sample: SampleLeads, tmp_path: Path, name: str
) -> None:
    content = make_bad_file(tmp_path, name).read_bytes()
    upload(app, "list.csv", as_csv(sample.new))
    upload(app, name, content)
    assert BAD_FILES[name][1] in app.error[0].value
    assert metrics(app)["Leads"] == "250"
    assert [button.label for button in app.button if button.label.startswith("Close")] == ["Close list.csv"]


def test_more_lists_than_one_person_may_have_wait_and_nothing_is_lost(
    app: AppTest, sample: SampleLeads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSCORE_LIMITS__LISTS_AN_HOUR", "1")
    upload(app, "first.csv", as_csv(sample.new.head(120)))
    upload(app, "second.csv", as_csv(sample.new.tail(110)))
    assert "You had 1 list within an hour, as many as one person may have here" in app.error[0].value
    assert [batch.name for batch in BatchStore(load_settings()).list_batches()] == ["first.csv"]
    colleague = AppTest.from_file(APP, default_timeout=60).run()
    upload(colleague, "theirs.csv", as_csv(sample.new.tail(100)))
    assert metrics(colleague)["Leads"] == "100"


def test_columns_that_are_missing_can_be_chosen_and_are_remembered(app: AppTest, sample: SampleLeads) -> None:
    odd = sample.new.rename(columns={"first_utm_source_c": "Wherefrom", "first_utm_medium_c": "Kind"})
    upload(app, "odd.csv", as_csv(odd))
    assert "First medium" in app.error[0].value
    assert not app.metric
    chosen = {box.label: box for box in app.selectbox}
    chosen["First source (needed)"].select("Wherefrom")
    chosen["First medium (needed)"].select("Kind")
    next(button for button in app.button if button.label == "Use these columns").click()
    app.run()
    assert not app.exception
    assert metrics(app)["Leads"] == "250"
    again = AppTest.from_file(APP, default_timeout=60).run()
    upload(again, "later.csv", as_csv(odd))
    assert metrics(again)["Leads"] == "250"


def test_the_same_file_is_recognised_and_not_doubled(app: AppTest, sample: SampleLeads) -> None:
    upload(app, "list.csv", as_csv(sample.new))
    again = AppTest.from_file(APP, default_timeout=60).run()
    upload(again, "copy of list.csv", as_csv(sample.new))
    assert "This file was scored before" in again.info[0].value
    assert "as list.csv" in again.info[0].value
    assert metrics(again) == metrics(app)
    assert len(BatchStore(load_settings()).list_batches()) == 1


def test_another_choice_of_columns_scores_the_same_batch_again(app: AppTest, sample: SampleLeads) -> None:
    upload(app, "list.csv", as_csv(sample.new))
    before = rows_shown(app)
    next(box for box in app.selectbox if box.label == "City").select("Not in this list")
    next(button for button in app.button if button.label == "Use these columns").click()
    app.run()
    assert not app.exception
    assert "Scored without city" in " ".join(caption.value for caption in app.caption)
    assert not rows_shown(app).equals(before)
    (batch,) = BatchStore(load_settings()).list_batches()
    assert batch.scoring.number == 2


def test_a_list_can_be_closed(app: AppTest, sample: SampleLeads) -> None:
    upload(app, "list.csv", as_csv(sample.new))
    next(button for button in app.button if button.label == "Close list.csv").click()
    app.run()
    assert not app.exception
    assert not app.metric
    assert [button.label for button in app.button] == ["Try the sample leads"]


def test_what_a_list_lacks_is_said_above_its_scores(app: AppTest, sample: SampleLeads) -> None:
    upload(app, "list.csv", as_csv(sample.new.drop(columns=["city_mapped", "referred_lead"])))
    assert "Scored without city, referred" in " ".join(caption.value for caption in app.caption)


def test_one_header_cannot_mean_two_things(app: AppTest, sample: SampleLeads) -> None:
    upload(app, "list.csv", as_csv(sample.new))
    next(box for box in app.selectbox if box.label == "City").select("first_utm_source_c")
    next(button for button in app.button if button.label == "Use these columns").click()
    app.run()
    assert "chosen more than once" in app.error[0].value
    assert metrics(app)["Leads"] == "250"


def test_sheets_of_a_workbook_can_be_chosen(app: AppTest, sample: SampleLeads) -> None:
    book = io.BytesIO()
    with pd.ExcelWriter(book, engine="openpyxl") as writer:
        pd.DataFrame({"Read": ["me"], "first": ["!"]}).to_excel(writer, sheet_name="Notes", index=False)
        sample.new.head(20).to_excel(writer, sheet_name="January", index=False)
        sample.new.head(30).to_excel(writer, sheet_name="February", index=False)
    upload(app, "book.xlsx", book.getvalue())
    assert metrics(app)["Leads"] == "20"
    app.selectbox[0].select("February").run()
    assert not app.exception
    assert metrics(app)["Leads"] == "30"


def test_one_lead_is_a_list_too(app: AppTest, sample: SampleLeads) -> None:
    upload(app, "one.csv", as_csv(sample.new.head(1)))
    assert app.header[0].value.startswith("Call this lead: ")


def test_html_and_formulas_are_shown_as_text(app: AppTest, sample: SampleLeads) -> None:
    spoilt = sample.new.assign(full_name="<script>alert(1)</script>", city_mapped="=1+1")
    upload(app, "list.csv", as_csv(spoilt))
    assert set(rows_shown(app)["Name"]) == {"<script>alert(1)</script>"}


def test_without_a_model_the_page_says_what_to_do(
    places: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "none"))
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert not app.exception
    assert "leadscore train FILE --promote" in app.error[0].value


def test_a_wrong_setting_is_said_and_not_thrown(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSCORE_DAILY_CALL_CAPACITY", "many")
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert not app.exception
    assert "daily_call_capacity" in app.error[0].value


def test_the_shipped_sample_is_the_one_that_is_offered() -> None:
    assert (ROOT / "sample_data" / NEW).is_file()
