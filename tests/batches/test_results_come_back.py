"""A week of calls goes out as workbooks and comes back: every sheet, any words, nothing twice, all of it undone."""

import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl
import pandas as pd
import pytest

from leadscore_core.batches.bring_results import MatchedResults, match_results, save_results
from leadscore_core.batches.brought_files import list_results, undo_results
from leadscore_core.batches.call_workbooks import lead_key, week_bytes, write_week
from leadscore_core.batches.called import calls_of_batch
from leadscore_core.batches.outcome_files import open_outcome_files
from leadscore_core.batches.outcomes import bring_outcomes
from leadscore_core.batches.outcomes_of_calls import save_call_outcomes
from leadscore_core.batches.queue import CallQueue
from leadscore_core.batches.result_files import ResultFile, read_result_files
from leadscore_core.batches.result_keys import read_region
from leadscore_core.batches.result_words import guess_result, result_labels, status_labels
from leadscore_core.batches.save import save_batch
from leadscore_core.batches.view import BatchView, open_view
from leadscore_core.batches.week import Caller, Week, WeekOrder, plan_week
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.schema.phone_region import RegionReading
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import LabelError, StorageError
from leadscore_core.inference.export.caller_workbooks import CALL_BACK, KEY, NOTE, RESULT
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.outcome import APPLICATIONS, OutcomeWords
from leadscore_core.storage.database.contacts import ContactStore, Result
from leadscore_core.storage.database.engine import now
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort

NAMES = ("Anna", "Ben", "Cem", "Dora", "Eve")
WORDS = ["No answer", "Interested", "Application completed", "Not interested", "Do not call", "Call back", ""]


def a_week(view: BatchView, calls: int = 7) -> Week:
    days = tuple(now().date() - timedelta(days=1 - k) for k in range(2))
    return plan_week(view, WeekOrder(tuple(Caller(name, calls) for name in NAMES), days))


def fill(path: Path, words: list[str] = WORDS) -> int:
    """Fill a workbook in as a caller does, and return how many results stand in it."""
    book = openpyxl.load_workbook(path)
    filled = 0
    for sheet in book.worksheets:
        names = [cell.value for cell in sheet[1]]
        if KEY not in names:
            continue
        for row in range(2, sheet.max_row + 1):
            word = words[row % len(words)]
            sheet.cell(row, names.index(RESULT) + 1).value = word or None
            sheet.cell(row, names.index(NOTE) + 1).value = f"note {row}"
            filled += bool(word)
    book.save(path)
    return filled


def read(paths: Path | list[Path], settings: Settings, **options: object) -> ResultFile:
    return read_result_files(paths, APPLICATIONS, settings=settings, **options)  # type: ignore[arg-type]


def look(view: BatchView, model: LeadModel) -> BatchView:
    return open_view(view.batch, lambda _: model, model.schema)


def test_workbooks_are_as_callers_need_them(view: BatchView, tmp_path: Path) -> None:
    week = a_week(view)
    name, content = week_bytes(view, week)
    assert name.endswith("5 callers.zip")
    with zipfile.ZipFile(BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    paths = sorted(tmp_path.glob("*.xlsx"))
    assert [path.stem.rsplit(" - ", 1)[1] for path in paths] == list(NAMES)
    assert all(view.batch.name.split(".")[0] in path.name for path in paths)
    seen: list[str] = []
    for path in paths:
        book = openpyxl.load_workbook(path)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        assert [sheet.title for sheet in sheets] == [
            f"{share.day:%a} {share.day.day} {share.day:%b %Y}" for share in week.of(path.stem.rsplit(" - ", 1)[1])
        ]
        for sheet in sheets:
            names = [cell.value for cell in sheet[1]]
            assert names.index(RESULT) < 8
            phones, dates = (
                [sheet.cell(row, names.index(name) + 1) for row in range(2, sheet.max_row + 1)]
                for name in ("Phone", "Created")
            )
            assert {cell.data_type for cell in phones if cell.value is not None} == {"s"}
            assert all(cell.is_date for cell in dates)
            (choice,) = [one for one in sheet.data_validations.dataValidation if one.type == "list"]
            assert f"{openpyxl.utils.get_column_letter(names.index(RESULT) + 1)}2" in choice.sqref
            words = [cell.value for cell in book["Results"]["A"]]
            assert words == list(result_labels(view.schema.outcome).values())
            seen += [sheet.cell(row, names.index(KEY) + 1).value for row in range(2, sheet.max_row + 1)]
    assert sorted(seen) == sorted(lead_key(view.batch.id, row) for share in week.shares for row in share.rows)


def test_five_filled_workbooks_come_back_whole(view: BatchView, trained: LeadModel, tmp_path: Path) -> None:
    settings = load_settings()
    paths = write_week(view, a_week(view), tmp_path)
    filled = sum(map(fill, paths))
    file = read(paths, settings)
    assert not file.open_statuses
    matched = match_results(file, settings)
    assert (matched.leads, matched.lost, matched.by) == (filled, 0, {"key": filled})
    assert ContactStore(settings).of_batch(view.batch.id) == []  # nothing is written before it is confirmed
    brought = save_results(matched, by="Mia", settings=settings)
    assert brought.attempts == filled
    made = ContactStore(settings).of_batch(view.batch.id)
    assert {one.caller for one in made} == set(NAMES)
    assert {one.note[:4] for one in made} == {"note"}
    after = look(view, trained)
    states = {state: n for state, (n, _) in after.table.by_state().items() if state != "new"}
    by_result = matched.by_result
    assert states == {
        "won": by_result["converted"], "reached": by_result["interested"], "lost": by_result["not_interested"],
        "suppressed": by_result["do_not_call"], "attempted": by_result["no_answer"],
        "call_back": by_result["call_back"],
    }  # fmt: skip
    known = OutcomeStore(settings).current(view.batch)
    assert known is not None
    decided = by_result["converted"] + by_result["not_interested"] + by_result["do_not_call"]
    assert (known.known, known.completed) == (decided, by_result["converted"])
    again = save_results(match_results(read(paths, settings), settings), by="Mia", settings=settings)
    assert (again.attempts, again.known) == (0, filled)


def test_a_file_is_taken_back_whole(view: BatchView, trained: LeadModel, tmp_path: Path) -> None:
    settings = load_settings()
    before = look(view, trained).table.rows_of(LeadFilter(), Sort()).tolist()
    paths = write_week(view, a_week(view), tmp_path)
    for path in paths:
        fill(path)
    first = save_results(match_results(read(paths[:2], settings), settings), by="Mia", settings=settings)
    known = OutcomeStore(settings).current(view.batch)
    second = save_results(match_results(read(paths[2:], settings), settings), by="Mia", settings=settings)
    assert undo_results(first.file_id, by="Mia", settings=settings) == first.attempts
    left = OutcomeStore(settings).current(view.batch)
    assert undo_results(second.file_id, by="Mia", settings=settings) == second.attempts
    assert look(view, trained).table.rows_of(LeadFilter(), Sort()).tolist() == before
    none = OutcomeStore(settings).current(view.batch)
    assert known is not None
    assert left is not None
    assert none is not None
    assert known.known > 0
    assert left.known > 0
    assert none.known == 0
    with pytest.raises(StorageError, match="nothing to undo"):
        undo_results(first.file_id, by="Mia", settings=settings)
    assert [file.is_undone for file in list_results(settings)] == [True, True]


@pytest.mark.parametrize("key", ["email", "phone"])
def test_any_file_with_a_key_and_a_status_comes_back(
    key: str, view: BatchView, sample: SampleLeads, tmp_path: Path
) -> None:
    settings = load_settings()
    some = sample.new[sample.new[key].notna()].drop_duplicates(key, keep=False).head(40)
    words = ["RNR", "Interested", "Enrolled", "Nicht interessiert", "Do not call", "не отвечает", "Not called"]
    status = [words[k % len(words)] for k in range(len(some))]
    path = tmp_path / "crm.csv"
    pd.DataFrame({"Kontakt": some[key], "Call Status": status, "Amount": range(len(some))}).to_csv(path, index=False)
    file = read(path, settings)
    assert [table.status for table in file.tables] == ["Call Status"]
    matched = match_results(file, settings)
    assert matched.leads >= 0.9 * sum(text != "Not called" for text in status)
    assert set(matched.by) == {key}
    assert matched.nothing == status.count("Not called")
    assert "no_answer" in matched.by_result


def test_local_phones_come_back_as_numbers_of_the_list_or_of_the_country_that_is_said(
    kept: Settings, trained: LeadModel, sample: SampleLeads, tmp_path: Path
) -> None:
    local = [f"0151 2345 67{n}" for n in range(10, 40)]
    path = tmp_path / "berlin.csv"
    leads = sample.new.head(30).assign(phone=[f"+49{number[1:]}" for number in local], email="", full_name="")
    leads.head(9).to_csv(path, index=False)  # too few to show whose numbers without a code are
    first = save_batch(open_list(path, trained.schema, settings=kept), trained, name="With codes", settings=kept)
    assert first.mapping.phone_region is None
    brought = tmp_path / "crm.csv"
    pd.DataFrame({"Phone": local, "Call Status": ["Busy", "Interested"] * 15}).to_csv(brought, index=False)
    file = read(brought, kept)
    reading = read_region(file, kept)
    assert reading is not None
    assert (reading.region, reading.choices[0]) == (None, "IN")
    assert "DE" in reading.choices
    with pytest.raises(LabelError):
        match_results(file, kept)  # as Indian numbers they are nobody's
    said = replace(file, tables=[replace(table, region="DE") for table in file.tables])
    assert match_results(said, kept).by == {"phone": 9}
    assert read_region(said, kept) == RegionReading("DE", "as was said")
    leads.assign(phone=local, Country="Germany").to_csv(path, index=False)
    second = save_batch(open_list(path, trained.schema, settings=kept), trained, name="Without", settings=kept)
    assert second.mapping.phone_region == "DE"
    assert read_region(file, kept) is None, "the list shows whose they are"
    matched = match_results(file, kept)
    assert (matched.by, set(matched.rows["batch"])) == ({"phone": 30}, {second.id})


def test_outcomes_are_matched_by_each_lists_own_country(
    kept: Settings, trained: LeadModel, sample: SampleLeads, tmp_path: Path
) -> None:
    """A list of another country that was kept later does not take the numbers of an older one from it."""
    lists = {"DE": [f"0151 2345 67{n}" for n in range(10, 40)], "FR": [f"06 12 34 {n} 10" for n in range(10, 40)]}
    path, saved = tmp_path / "leads.csv", {}
    for country, phones in lists.items():
        leads = sample.new.head(30).assign(phone=phones, email="", full_name="", Country=country)
        leads.to_csv(path, index=False)
        opened = open_list(path, trained.schema, settings=kept)
        saved[country] = save_batch(opened, trained, name=country, settings=kept)
        assert saved[country].mapping.phone_region == country
    for phones in (lists["DE"][:5], lists["FR"][:5]):
        brought = tmp_path / "crm.csv"
        pd.DataFrame({"Phone": phones, "Converted": ["Yes"] * len(phones)}).to_csv(brought, index=False)
        assert bring_outcomes(open_outcome_files(brought), settings=kept).by == {"phone": len(phones)}
    known = OutcomeStore(kept)
    assert [list(known.known(one)) for one in saved.values()] == [list(range(5))] * 2


def test_a_status_that_nobody_knows_is_asked_once_and_remembered(
    view: BatchView, sample: SampleLeads, tmp_path: Path
) -> None:
    settings = load_settings()
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False).head(20)
    path = tmp_path / "crm.csv"
    words = ["Stage Q", "Interested", "Busy"]
    status = [words[k % 3] for k in range(len(some))]
    pd.DataFrame({"Email": some["email"], "Result": status}).to_csv(path, index=False)
    file = read(path, settings)
    assert [one.text for one in file.open_statuses] == ["Stage Q"]
    with pytest.raises(LabelError, match="'Stage Q'"):
        match_results(file, settings)
    said = read(path, settings, said={"stage q": "no_answer"})
    save_results(match_results(said, settings), by="Mia", settings=settings)
    later = read(path, settings)
    assert [(one.result, one.how) for one in later.statuses if one.text == "Stage Q"] == [("no_answer", "remembered")]


def test_a_bare_no_tells_of_no_call(view: BatchView, trained: LeadModel, sample: SampleLeads, tmp_path: Path) -> None:
    settings = load_settings()
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False).head(20)
    path = tmp_path / "crm.csv"
    pd.DataFrame({"Email": some["email"], "Converted": ["Yes", "No"] * 10}).to_csv(path, index=False)
    file = read(path, settings)
    assert not file.is_of_calls
    brought = save_results(match_results(file, settings), by="Mia", settings=settings)
    known = OutcomeStore(settings).current(view.batch)
    assert known is not None
    assert (known.known, known.completed, brought.attempts) == (20, 10, 10)
    assert set(look(view, trained).table.by_state()) == {"new", "won"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2\n", "No column says what came of the calls"),
        ("Email,Result\nnobody@example.com,Interested\n", "None of the 1 results belongs to a lead"),
    ],
)
def test_files_that_tell_nothing_are_said(content: str, words: str, view: BatchView, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(content)
    settings = load_settings()
    with pytest.raises(LabelError, match=words):
        match_results(read(path, settings), settings)


def test_every_label_is_read_as_what_it_says() -> None:
    for words in (APPLICATIONS, OutcomeWords(singular="purchase", plural="purchases", many="buy", past="bought")):
        for result, label in result_labels(words).items():
            assert guess_result(label, words) == result
            assert guess_result(label.upper(), words) == result
        assert set(result_labels(words)) < set(status_labels(words))


def test_what_is_matched_is_counted(view: BatchView, tmp_path: Path) -> None:
    settings = load_settings()
    path = tmp_path / "x.csv"
    keys = [lead_key(view.batch.id, row) for row in (1, 2, 999_999)]
    pd.DataFrame(
        {KEY: [*keys, "", keys[0]], RESULT: ["Busy", "", "Busy", "Interested", "Interested"], CALL_BACK: ""}
    ).to_csv(path, index=False)
    matched: MatchedResults = match_results(read(path, settings), settings)
    assert (matched.leads, matched.blank, matched.lost) == (2, 1, 2)
    assert matched.unmatched["Row"].tolist() == [4, 5]


def test_what_calls_settle_counts_among_the_outcomes(view: BatchView, tmp_path: Path) -> None:
    settings = load_settings()
    queue = CallQueue(view, settings)
    rows = view.table.rows_of(LeadFilter(), Sort())[:6].tolist()
    results = ["converted", "not_interested", "interested", "wrong_number", "do_not_call", "no_answer"]
    made = [queue.record(row, Result(result), caller="Anna") for row, result in zip(rows, results, strict=True)]
    assert save_call_outcomes(view.batch, view.schema, settings) == 4
    store = OutcomeStore(settings)
    assert store.known(view.batch) == {rows[0]: 1, rows[1]: 0, rows[3]: 0, rows[4]: 0}
    assert save_call_outcomes(view.batch, view.schema, settings) == 0
    path = tmp_path / "crm.csv"
    keys = [lead_key(view.batch.id, row) for row in rows[:2]]
    pd.DataFrame({KEY: [*keys, lead_key(view.batch.id, 200)], RESULT: ["Enrolled", "Enrolled", "Lost"]}).to_csv(path)
    save_results(match_results(read(path, settings), settings), by="Mia", settings=settings)
    queue.contacts.undo(made[3], by="Anna")
    save_call_outcomes(view.batch, view.schema, settings)
    assert store.known(view.batch) == {rows[0]: 1, rows[1]: 1, rows[4]: 0, 200: 0}


def test_where_a_file_and_calls_disagree_it_is_said_and_the_yes_counts_everywhere(
    view: BatchView, sample: SampleLeads, tmp_path: Path
) -> None:
    settings = load_settings()
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False).head(6)
    rows = some.index.tolist()
    queue = CallQueue(view, settings)
    for row, result in zip(rows[:4], ["converted", "not_interested", "converted", "not_interested"], strict=True):
        queue.record(row, Result(result), caller="Anna")
    path = tmp_path / "crm.csv"
    pd.DataFrame({"Email": some["email"], "Converted": ["No", "Yes", "Yes", "No", "No", "Yes"]}).to_csv(
        path, index=False
    )
    report = bring_outcomes(open_outcome_files(path), by="Mia", is_noted=True)
    assert report.batches == {view.batch.name: (6, 4)}
    assert report.otherwise == {view.batch.name: [row + 2 for row in rows[:2]]}
    disagree = (
        f"File and calls disagree about 2 leads of {view.batch.name} (rows {rows[0] + 2}, {rows[1] + 2}); the yes"
    )
    assert disagree in report.summary
    known = OutcomeStore(settings).known(view.batch)
    assert known == dict(zip(rows, [1, 1, 1, 0, 0, 1], strict=True))
    came = np.full(view.batch.rows, np.nan)
    came[rows] = [0, 1, 1, 0, 0, 1]
    calls, _ = calls_of_batch(view.batch, view.schema, came, None, settings, counts=True)
    assert calls is not None
    assert calls.came[rows].tolist() == [known[row] for row in rows], "what the monitor counts"
    assert save_call_outcomes(view.batch, view.schema, settings) == 0
    (brought,) = list_results(settings)
    undo_results(brought.id, by="Mia", settings=settings)
    assert OutcomeStore(settings).known(view.batch) == dict(zip(rows[:4], [1, 0, 1, 0], strict=True))


def test_calls_that_are_taken_back_count_no_longer_over_a_file(
    view: BatchView, sample: SampleLeads, tmp_path: Path
) -> None:
    settings = load_settings()
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False).head(2)
    calls, crm = tmp_path / "calls.csv", tmp_path / "crm.csv"
    pd.DataFrame({"Email": some["email"], "Call status": ["Converted", "Busy"]}).to_csv(calls, index=False)
    brought = save_results(match_results(read(calls, settings), settings), by="Mia", settings=settings)
    pd.DataFrame({"Email": some["email"], "Converted": ["No", "No"]}).to_csv(crm, index=False)
    assert bring_outcomes(open_outcome_files(crm), by="Mia").otherwise == {view.batch.name: [some.index[0] + 2]}
    undo_results(brought.file_id, by="Mia", settings=settings)
    assert OutcomeStore(settings).known(view.batch) == dict.fromkeys(some.index.tolist(), 0)


def test_names_that_no_file_can_hold_keep_their_workbooks_apart(view: BatchView, tmp_path: Path) -> None:
    names = ("A/B", "A:B", "a b", "..", "आशा", "x" * 200)
    week = plan_week(view, WeekOrder(tuple(Caller(name, 3) for name in names), (now().date(),)))
    paths = write_week(view, week, tmp_path)
    assert len({path.name.casefold() for path in paths}) == len(names)
    assert sum(fill(path, ["Busy"]) for path in paths) == week.leads == 18


def test_times_of_a_file_are_meant_where_it_is_brought(view: BatchView, tmp_path: Path) -> None:
    settings = load_settings()
    path = tmp_path / "x.csv"
    pd.DataFrame({KEY: [lead_key(view.batch.id, 1)], RESULT: ["Call back"], CALL_BACK: ["2026-12-01 10:00"]}).to_csv(
        path, index=False
    )
    save_results(match_results(read(path, settings), settings), by="", settings=settings, zone=ZoneInfo("Asia/Kolkata"))
    (made,) = ContactStore(settings).of_batch(view.batch.id)
    assert made.call_back_at == datetime(2026, 12, 1, 4, 30, tzinfo=UTC)


def test_of_two_status_columns_one_is_asked_and_no_do_not_call_is_lost(
    view: BatchView, sample: SampleLeads, tmp_path: Path
) -> None:
    settings = load_settings()
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False).head(9)
    lead = ["DND", "Hot follow up", "Enrolled"] * 3
    path = tmp_path / "two.csv"
    pd.DataFrame({"Email": some["email"], "Lead Status": lead, "Call Status": ["Busy"] * 9}).to_csv(path, index=False)
    file = read(path, settings)
    assert set(file.asked_columns) == {"Lead Status", "Call Status"}
    with pytest.raises(LabelError, match="Say which one does"):
        match_results(file, settings)
    matched = match_results(read(path, settings, status="Call Status"), settings)
    assert matched.by_result == {"busy": 6, "do_not_call": 3}


def test_being_connected_says_nothing_of_interest() -> None:
    for text in ("Connected", "Contacted", "Reached", "Spoke", "erreicht", "дозвон"):
        assert guess_result(text, APPLICATIONS) is None


def test_one_word_in_a_column_of_any_name_is_enough_where_only_calls_have_it(view: BatchView, tmp_path: Path) -> None:
    path = tmp_path / "pl.csv"
    path.write_text("Telefon;Zgoda;Wynik rozmowy\n+48 22;Yes;brak odpowiedzi\n+48 23;Yes;\n", encoding="utf-8")
    (table,) = read(path, load_settings()).tables
    assert table.status == "Wynik rozmowy"


def test_yes_and_no_are_read_of_every_sheet(view: BatchView, sample: SampleLeads, tmp_path: Path) -> None:
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False).head(5)
    told = pd.DataFrame({"Email": some["email"], "Converted": ["Yes", "No", "Yes", "No", "Yes"]})
    with pd.ExcelWriter(tmp_path / "weeks.xlsx") as book:
        told.head(2).to_excel(book, sheet_name="Week 1", index=False)
        told.tail(3).to_excel(book, sheet_name="Week 2", index=False)
    report = bring_outcomes(open_outcome_files(tmp_path / "weeks.xlsx"), by="Mia")
    assert report.batches == {view.batch.name: (5, 3)}
    first = open_outcome_files(tmp_path / "weeks.xlsx", options=ListOptions(sheet="Week 1"))
    assert bring_outcomes(first, by="Mia").batches == {view.batch.name: (2, 1)}
