"""The Sources page without a browser: no exception, and the right title, sentences and numbers."""

import io
import shutil
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.analytics.dimension_names import narrow_to
from leadscore_core.analytics.sources import (
    EVERYBODY,
    Scope,
    SourceView,
    explain_gaps,
    find_far_segments,
    rate_by,
)
from leadscore_core.analytics.wording import answer
from leadscore_core.batches import outcomes as outcomes_module
from leadscore_core.config import load_settings
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.outcomes import OutcomeStore
from tests.paths import ROOT

APP = str(ROOT / "app.py")
SOURCE, MEDIUM = "first_utm_source_c", "first_utm_medium_c"


@pytest.fixture
def page(labelled: Batch) -> AppTest:
    return opened()


def opened() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60).run()
    app.switch_page("pages/sources/page.py").run()
    assert not app.exception
    return app


def section(app: AppTest, name: str) -> AppTest:
    app.segmented_control(key="source-section").set_value(name).run()
    assert not app.exception
    return app


def choose(app: AppTest, label: str, value: object) -> AppTest:
    next(s for s in app.selectbox if s.label == label).set_value(value).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(
        e.value for e in [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.subheader]
    )


def test_without_a_list_the_sample_is_one_click_away(places: Path) -> None:
    app = opened()
    assert app.title[0].value == "Which sources earn their money?"
    assert "You will see here which sources bring applications" in app.info[0].value
    next(b for b in app.button if b.label == "Look at the sample leads").click().run()
    assert not app.exception
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Leads"] == figures["Outcome known"] == "6,000"


def test_the_rates_have_the_numbers_of_the_core(page: AppTest, sources: SourceView) -> None:
    rates = rate_by(sources, [SOURCE], EVERYBODY, "completed")
    assert answer(sources, Scope(SOURCE), rates) in words(page).replace("\\", "")
    figures = {metric.label: metric.value for metric in page.metric}
    assert figures == {
        "Leads": f"{rates.totals['leads']:,.0f}",
        "Outcome known": f"{rates.totals['known']:,.0f}",
        "Completed": f"{rates.totals['completed']:,.0f}",
        "Expected": f"{rates.totals['expected']:,.0f}",
        "Average rate": f"{rates.average:.1%}",
    }
    table = page.dataframe[0].value
    assert list(table.columns) == [
        "First source",
        "Leads",
        "Applications",
        "Rate",
        "95% from",
        "95% to",
        "Ranked at",
        "Against average",
        "Verdict",
    ]
    assert len(table) == rates.groups
    assert table["Leads"].sum() == rates.totals["leads"]


def test_grouping_crossing_and_counting(page: AppTest, sources: SourceView) -> None:
    choose(page, "Group by", "ls_month")
    assert page.dataframe[0].value.columns[0] == "Month"
    assert page.dataframe[0].value["Month"].iloc[0].startswith("Mar 2026")
    choose(page, "Crossed with", SOURCE)
    crossed = page.dataframe[0].value
    assert crossed.columns[0] == "Month × First source"
    assert crossed["Leads"].sum() == sources.table.rows
    choose(page, "Count", "expected")
    assert page.dataframe[0].value["Applications expected"].sum() == pytest.approx(
        sources.table.totals(EVERYBODY)["expected"]
    )


@pytest.mark.parametrize("name", ["Composition", "Segments", "Weeks and flow", "Money"])
def test_every_section_opens_for_both_counts(page: AppTest, name: str) -> None:
    section(page, name)
    choose(page, "Count", "expected")
    assert not page.error


def test_the_mix_tells_the_core_s_parts(page: AppTest, sources: SourceView) -> None:
    section(page, "Composition")
    split = explain_gaps(sources, SOURCE, EVERYBODY, "completed").table.sort_values("n", ascending=False, kind="stable")
    shown = page.dataframe[0].value
    assert shown["Gap"].tolist() == pytest.approx((100 * split["gap"]).tolist())
    known = shown.dropna(subset=["Residual"])
    assert (known["Composition"] + known["Residual"]).tolist() == pytest.approx(known["Gap"].tolist())
    assert "the composition of its leads explains" in words(page)


def test_a_leak_narrows_this_page_and_the_leads_page(page: AppTest, sources: SourceView) -> None:
    section(page, "Segments")
    segment = find_far_segments(sources, EVERYBODY, "completed")[0].iloc[0]
    assert f"**{segment['name']}**" in words(page).replace("\\", "")
    page.button(key="filter-below-0").click().run()
    assert not page.exception
    pairs = {segment["first"]: segment["first_value"]}
    if not pd.isna(segment["second"]):
        pairs[segment["second"]] = segment["second_value"]
    narrowed = narrow_to(EVERYBODY, pairs)
    assert {m.label: m.value for m in page.metric}["Leads"] == f"{segment['n']:,}"
    next(b for b in page.button if b.label == "Show all leads").click().run()
    assert {m.label: m.value for m in page.metric}["Leads"] == f"{sources.table.rows:,}"
    assert page.session_state["source_filter"] == EVERYBODY
    assert narrowed != EVERYBODY


def test_a_filter_without_hits_says_so(page: AppTest) -> None:
    page.session_state["source_filter"] = narrow_to(EVERYBODY, {"city_mapped": "nowhere"})
    page.session_state["source_round"] = 99
    page.run()
    assert not page.exception
    assert "No lead fits these filters and dates" in words(page)


def test_leads_whose_outcome_is_not_known_yet(batch: Batch) -> None:
    app = opened()
    assert next(s for s in app.selectbox if s.label == "Count").value == "expected"
    choose(app, "Count", "completed")
    assert "No outcome of these leads is known yet" in words(app)


def test_outcomes_are_brought_on_the_page(batch: Batch, sample: SampleLeads) -> None:
    app = opened()
    result = sample.new[["lead_id"]].head(100).assign(app_complete_flag=["1", "0"] * 50)
    next(u for u in app.file_uploader if u.label == "Outcomes").upload("back.csv", _csv(result), "text/csv").run()
    assert not app.exception
    known = OutcomeStore(load_settings()).current(batch)
    assert known is not None
    assert (known.known, known.completed) == (100, 50)
    assert {m.label: m.value for m in app.metric}["Completed"] == "50"


def test_outcomes_in_a_wrong_encoding_are_corrected(batch: Batch, sample: SampleLeads) -> None:
    app = opened()
    result = sample.new[["lead_id"]].head(40).assign(app_complete_flag=["Да", "Нет"] * 20, note="ы")
    upload = next(u for u in app.file_uploader if u.label == "Outcomes")
    upload.upload("back.csv", result.to_csv(index=False).encode("cp866"), "text/csv").run()
    assert not app.exception
    choose(app, "Words are read as", "cp866")
    known = OutcomeStore(load_settings()).current(batch)
    assert known is not None
    assert (known.known, known.completed) == (40, 20)


def test_outcomes_that_are_dates_are_asked_and_filled_means_completed(batch: Batch, sample: SampleLeads) -> None:
    app = opened()
    result = sample.new[["lead_id"]].head(60)
    result = result.assign(app_complete_flag=[f"2026-03-{1 + n % 28:02d}" if n < 25 else "" for n in range(60)])
    next(u for u in app.file_uploader if u.label == "Outcomes").upload("back.csv", _csv(result), "text/csv").run()
    assert not app.exception
    assert "25 dates: '2026-03-01' 1" in words(app).replace("\\", "")
    assert "and 17 more" in words(app)
    assert OutcomeStore(load_settings()).current(batch) is None
    filled = next(box for box in app.checkbox if box.label.startswith("Filled means completed"))
    assert filled.label == "Filled means completed (25 leads), blank means not completed (35)"
    filled.check().run()
    next(b for b in app.button if b.label == "Bring these outcomes").click().run()
    assert not app.exception
    known = OutcomeStore(load_settings()).current(batch)
    assert known is not None
    assert (known.known, known.completed) == (60, 25)


def test_the_order_of_dates_of_outcomes_is_asked_and_a_correction_brings_them_again(
    batch: Batch, sample: SampleLeads
) -> None:
    result = sample.new[["lead_id"]].head(40)
    early = result.assign(app_complete_flag="1", created_date="02/03/2026", closed_on="02/03/2026")
    late = result.assign(app_complete_flag="0", created_date="02/03/2026", closed_on="01/04/2026")
    app = opened()
    both = _csv(pd.concat([early, late]))
    next(u for u in app.file_uploader if u.label == "Outcomes").upload("back.csv", both, "text/csv").run()
    assert not app.exception
    store = OutcomeStore(load_settings())
    assert store.current(batch) is None
    (asked,) = [one for one in app.button_group if one.label.startswith("Created")]
    assert asked.value is None
    asked.select("mdy").run()
    assert not app.exception
    first = store.current(batch)
    (offered,) = [one for one in app.button_group if one.label.startswith("Created")]
    assert offered.value == "mdy"
    offered.select("dmy").run()
    assert not app.exception
    again = store.current(batch)
    assert first is not None
    assert again is not None
    assert again.number == first.number + 1
    assert (first.known, again.known) == (40, 40)
    assert (first.completed, again.completed) == (40, 0), "the later outcome counts, which depends on the order"


def test_a_corrected_file_of_outcomes_leaves_nothing_of_how_it_was_read_before(
    batch: Batch, sample: SampleLeads, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, then = sample.new["lead_id"].head(40).tolist(), sample.new["lead_id"].iloc[40:60].tolist()
    both = pd.DataFrame({"lead_id": first + then, "app_complete_flag": "1", "created_date": "02/03/2026"})
    of_order = {"mdy": set(first), "dmy": set(then)}
    real = outcomes_module.match_leads

    def match(people: pd.DataFrame, result: pd.DataFrame) -> object:
        wanted = of_order[orders[-1]]
        return real(people, result.assign(id_text=result["id_text"].where(result["id_text"].isin(wanted))))

    orders: list[str] = []
    monkeypatch.setattr(outcomes_module, "match_leads", match)
    app = opened()
    next(u for u in app.file_uploader if u.label == "Outcomes").upload("back.csv", _csv(both), "text/csv").run()
    store = OutcomeStore(load_settings())
    for order, count in (("mdy", 40), ("dmy", 20)):
        orders.append(order)
        next(one for one in app.button_group if one.label.startswith("Created")).select(order).run()
        assert not app.exception
        known = store.current(batch)
        assert known is not None
        assert known.known == count


def test_a_wrong_file_of_outcomes_changes_nothing(batch: Batch) -> None:
    app = opened()
    next(u for u in app.file_uploader if u.label == "Outcomes").upload("x.csv", b"\x89PNG\r\n\x1a\n", "text/csv").run()
    assert not app.exception
    assert "PNG image" in words(app)
    assert OutcomeStore(load_settings()).history(batch) == []


def _csv(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_csv(out, index=False)
    return out.getvalue()


def test_spend_is_set_against_leads_and_a_bad_file_keeps_the_good_one(page: AppTest, sample: SampleLeads) -> None:
    section(page, "Money")
    assert "Bring what you spent" in words(page)
    money = pd.DataFrame(
        {"Source": ["Level2", "Level10", "radio"], "Amount": ["40000", "9000", "5"], "Currency": "INR"}
    )
    spend = next(u for u in page.file_uploader if u.label == "Spend")
    spend.upload("spend.csv", _csv(money), "text/csv").run()
    assert not page.exception
    missing, costs = page.dataframe[0].value, page.dataframe[1].value
    leads = int((sample.labelled[SOURCE] == "Level2").sum())
    assert costs.set_index("First source").at["Level2", "Per lead (INR)"] == pytest.approx(40_000 / leads)
    assert "49,000 INR were spent" in words(page)
    assert "Spend without leads, not counted: 5 INR (radio)" in words(page).replace("\\", "")
    assert missing["Name"].tolist()[0] == "radio"
    assert "Moving " in words(page)
    spend = next(u for u in page.file_uploader if u.label == "Spend")
    spend.upload("bad.csv", b"City,Clicks\npune,3\n", "text/csv").run()
    assert not page.exception
    assert "no column with the names of sources" in words(page)
    assert "Still counted: spend.csv" in words(page).replace("\\", "")
    next(b for b in page.button if b.label == "Forget this spend").click().run()
    assert "Bring what you spent" in words(page)


def test_columns_of_a_file_of_spend_are_chosen(page: AppTest) -> None:
    section(page, "Money")
    money = pd.DataFrame({"Wer": ["Level2", "Level10"], "Mar": ["100", "50"], "Apr": ["200", ""], "Rest": ["a", "b"]})
    next(u for u in page.file_uploader if u.label == "Spend").upload("wide.csv", _csv(money), "text/csv").run()
    assert not page.exception
    assert "name no year. Say which under Columns of the file" in words(page)
    assert "--" not in words(page)
    next(t for t in page.text_input if t.label == "Year of months that name none").set_value("2026")
    next(s for s in page.selectbox if s.label == "Names of sources, media or campaigns").set_value("Wer")
    next(b for b in page.button if b.label == "Use these columns").click().run()
    assert not page.exception
    kept = page.session_state["spend"][1]
    assert kept.columns.months == ("Mar", "Apr")
    assert kept.rows["amount"].tolist() == [100, 200, 50]
    assert "350 INR" not in words(page)
    assert "350 were spent in periods that have leads too" in words(page)


def test_what_a_file_of_spend_leaves_open_is_asked(page: AppTest) -> None:
    section(page, "Money")
    money = pd.DataFrame(
        {
            "Source": ["Level2", "Level10", "radio"],
            "From": "01/02/2026",
            "To": "03/04/2026",
            "Amount": ["1.234", "5.678", "20000"],
        }
    )
    spend = next(u for u in page.file_uploader if u.label == "Spend")
    spend.upload("spend.csv", _csv(money), "text/csv").run()
    assert not page.exception
    days, marks = (group for group in page.button_group if group.key.endswith(("-dates", "-amount")))
    assert "6 dates such as 01/02/2026 can be read both ways" in days.label
    assert "until you choose, those are read with the day before month" in days.label
    assert "1.234" in marks.label
    assert "read with a decimal point" in marks.label
    kept = page.session_state["spend"][1].rows
    assert (kept["start"].dt.month.iloc[0], kept["amount"].iloc[0]) == (2, 1.234)
    days.select("mdy").run()
    next(group for group in page.button_group if group.key.endswith("amount")).select("comma").run()
    assert not page.exception
    kept = page.session_state["spend"][1].rows
    assert (kept["start"].dt.month.iloc[0], kept["amount"].tolist()) == (1, [1234, 5678, 20000])
    assert "Read as Days: month first, Amount: decimal comma" in words(page).replace("\\", "")
    next(group for group in page.button_group if group.key.endswith("amount")).select("point").run()
    assert page.session_state["spend"][1].rows["amount"].tolist() == [1.234, 5.678, 20000]


def test_a_reading_of_spend_that_was_taken_can_be_corrected(page: AppTest) -> None:
    section(page, "Money")
    money = pd.DataFrame({"Source": ["Level2", "Level10"], "Day": ["45/03/01", "46/03/02"], "Amount": ["1.234", "7"]})
    next(u for u in page.file_uploader if u.label == "Spend").upload("spend.csv", _csv(money), "text/csv").run()
    assert not page.exception
    days, marks = (group for group in page.button_group if group.key.endswith(("-dates", "-amount")))
    assert (days.value, marks.value) == ("ymd", "comma")
    kept = page.session_state["spend"][1].rows
    assert kept["amount"].tolist() == [1234, 7]
    marks.select("point").run()
    assert not page.exception
    assert page.session_state["spend"][1].rows["amount"].tolist() == [1.234, 7]


def test_spend_in_a_wrong_encoding_is_corrected(page: AppTest) -> None:
    section(page, "Money")
    money = pd.DataFrame({"Source": ["Иванова", "Кузнецов", "Соколова", "Морозов"], "Amount": [10, 20, 30, 40]})
    content = money.to_csv(index=False).encode("cp1251")
    next(u for u in page.file_uploader if u.label == "Spend").upload("spend.csv", content, "text/csv").run()
    assert not page.exception
    choose(page, "Words are read as", "koi8-r")
    wrong = page.session_state["spend"][1].rows["name"].tolist()
    assert wrong == [name.encode("cp1251").decode("koi8-r") for name in money["Source"]]
    choose(page, "Words are read as", "cp1251")
    assert page.session_state["spend"][1].rows["name"].tolist() == money["Source"].tolist()


def test_a_batch_that_is_gone_is_said(page: AppTest, labelled: Batch) -> None:
    shutil.rmtree(labelled.folder)
    page.run()
    assert not page.exception
    assert "is gone" in words(page)
