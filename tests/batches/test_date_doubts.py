"""Dates that cannot be when a call or an outcome came: said before anything is kept, and not used."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.batches.bring_results import match_results, save_results
from leadscore_core.batches.call_workbooks import lead_key
from leadscore_core.batches.date_doubts import has_odd_year, say_doubts
from leadscore_core.batches.outcome_dates import later_than
from leadscore_core.batches.outcome_files import open_outcome_files
from leadscore_core.batches.outcomes import bring_outcomes
from leadscore_core.batches.result_files import read_result_files
from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.inference.export.caller_workbooks import KEY
from leadscore_core.outcome import APPLICATIONS
from leadscore_core.storage.database.contacts import ContactStore
from leadscore_core.storage.database.outcomes import OutcomeStore

ODD = ["2031-01-01 10:00", "0001-01-01", "2001-01-01 10:00"]


def called(view: BatchView, path: Path, moments: list[str], results: list[str]) -> Path:
    keys = [lead_key(view.batch.id, row) for row in range(len(moments))]
    pd.DataFrame({KEY: keys, "Called on": moments, "Status": results}).to_csv(path, index=False)
    return path


def test_calls_on_days_that_cannot_be_are_said_before_they_are_kept(view: BatchView, tmp_path: Path) -> None:
    settings = load_settings()
    path = called(view, tmp_path / "calls.csv", [*ODD, f"{datetime.now(UTC):%Y-%m-%d 00:00}"], ["not interested"] * 4)
    matched = match_results(read_result_files(path, APPLICATIONS, settings=settings), settings)
    said = say_doubts(matched.doubts)
    assert [one.kind for one in matched.doubts] == ["future", "impossible", "before"]
    assert said[0].startswith("1 date in 'Called on' lies in the future (2031-01-01 10:00 in row 2).")
    assert "0001-01-01 in row 3" in said[1]
    assert "lies before the lead came (1 Jan 2001 in row 4)" in said[2]
    brought = save_results(matched, by="Mia", settings=settings)
    assert (brought.attempts, brought.outcomes) == (4, 4), "nothing is lost"
    assert max(one.at for one in ContactStore(settings).of_batch(view.batch.id)) <= datetime.now(UTC)


@pytest.mark.parametrize("moment", ["2031-01-01", "0001-01-01", "9999-12-31", "00.00.0000"])
def test_a_column_of_such_days_alone_is_said_too(view: BatchView, tmp_path: Path, moment: str) -> None:
    settings = load_settings()
    path = called(view, tmp_path / "calls.csv", [moment] * 5, ["not interested"] * 5)
    matched = match_results(read_result_files(path, APPLICATIONS, settings=settings), settings)
    (sentence,) = say_doubts(matched.doubts)
    assert sentence.startswith("5 dates in 'Called on' ")
    assert f"{moment} in row 2; {moment} in row 3; {moment} in row 4" in sentence
    assert matched.file.tables[0].dated_by == ""


def test_a_moment_is_said_as_a_spreadsheet_shows_it() -> None:
    dated = later_than(pd.DataFrame({"Closed on": ["2031-01-01 10:00:05.268000", "01.01.2031"]}), ["Closed on"], "dmy")
    assert dated is not None
    assert [one.text for one in dated.doubts] == ["2031-01-01 10:00:05", "01.01.2031"]


@pytest.mark.parametrize("header", ["Converted date", "Vertragsdatum", "Date de conclusion", "Fecha de cierre"])
def test_an_outcome_counts_whose_date_cannot_be(
    view: BatchView, sample: SampleLeads, tmp_path: Path, header: str
) -> None:
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False).head(3)
    path = tmp_path / "crm.csv"
    pd.DataFrame({"Email": some["email"], "Converted": ["Yes", "No", "Yes"], header: ODD}).to_csv(path, index=False)
    report = bring_outcomes(open_outcome_files(path), by="Mia")
    assert [one.kind for one in report.doubts] == ["future", "impossible", "before"]
    assert f"1 date in {header!r} lies in the future (2031-01-01 10:00 in row 2)." in report.summary
    assert len(OutcomeStore(load_settings()).known(view.batch)) == 3


def test_dates_are_named_by_the_rows_that_their_files_show(
    view: BatchView, sample: SampleLeads, tmp_path: Path
) -> None:
    """Lines above the header, blank lines, and several files or sheets: a person finds the cell that is meant."""
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False).head(6)
    cells = pd.DataFrame({"Email": some["email"], "Converted": ["Yes", "No"] * 3, "Converted date": ODD * 2})
    header, *lines = cells.to_csv(index=False).splitlines()
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("\n".join(["Won and lost", "", header, lines[0], "", *lines[1:3]]) + "\n", encoding="utf-8")
    second.write_text("\n".join([header, *lines[3:]]) + "\n", encoding="utf-8")
    said = bring_outcomes(open_outcome_files(first), by="Mia").summary
    assert "2031-01-01 10:00 in row 4)" in said
    assert "0001-01-01 in row 6)" in said
    assert "1 Jan 2001 in row 7)" in said
    said = bring_outcomes(open_outcome_files([first, second]), by="Mia").summary
    assert "2031-01-01 10:00 in row 4 of a.csv; 2031-01-01 10:00 in row 2 of b.csv" in said
    assert "1 Jan 2001 in row 7 of a.csv; 1 Jan 2001 in row 4 of b.csv" in said


def test_dates_of_a_workbook_are_named_by_sheet_and_row(view: BatchView, sample: SampleLeads, tmp_path: Path) -> None:
    some = sample.new[sample.new["email"].notna()].drop_duplicates("email", keep=False).head(6)
    cells = pd.DataFrame({"Email": some["email"], "Converted": ["Yes", "No"] * 3, "Converted date": ODD * 2})
    path = tmp_path / "crm.xlsx"
    with pd.ExcelWriter(path) as book:
        cells.head(3).to_excel(book, sheet_name="Nov", index=False, startrow=2)
        cells.tail(3).to_excel(book, sheet_name="Dec", index=False)
    said = bring_outcomes(open_outcome_files(path), by="Mia").summary
    assert "2031-01-01 10:00 in row 4 of sheet Nov; 2031-01-01 10:00 in row 2 of sheet Dec" in said
    assert "1 Jan 2001 in row 6 of sheet Nov; 1 Jan 2001 in row 4 of sheet Dec" in said


def test_dates_of_calls_are_named_by_sheet_and_row(view: BatchView, tmp_path: Path) -> None:
    settings, path = load_settings(), tmp_path / "calls.xlsx"
    with pd.ExcelWriter(path) as book:
        for sheet, rows in (("Mia", range(3)), ("Ali", range(3, 6))):
            keys = [lead_key(view.batch.id, row) for row in rows]
            cells = pd.DataFrame({KEY: keys, "Called on": ODD, "Status": ["busy"] * 3})
            cells.to_excel(book, sheet_name=sheet, index=False, startrow=2)
    matched = match_results(read_result_files(path, APPLICATIONS, settings=settings), settings)
    future, impossible, before = say_doubts(matched.doubts)
    assert "in row 4 of calls.xlsx, sheet Mia; 2031-01-01 10:00 in row 4 of calls.xlsx, sheet Ali" in future
    assert "0001-01-01 in row 5 of calls.xlsx, sheet Ali" in impossible
    assert "1 Jan 2001 in row 6 of calls.xlsx, sheet Mia" in before


def test_a_day_to_come_outranks_no_real_one(view: BatchView, sample: SampleLeads, tmp_path: Path) -> None:
    email = sample.new["email"].dropna().drop_duplicates(keep=False).iloc[0]
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    path = tmp_path / "crm.csv"
    cells = {"Email": [email] * 2, "Converted": ["No", "Yes"], "Converted date": ["2031-01-01", yesterday]}
    pd.DataFrame(cells).to_csv(path, index=False)
    bring_outcomes(open_outcome_files(path), by="Mia")
    assert list(OutcomeStore(load_settings()).known(view.batch).values()) == [1]


@given(days=st.lists(st.dates(), min_size=1, max_size=20))
def test_no_moment_that_is_used_lies_where_none_can(days: list) -> None:  # type: ignore[type-arg]
    cells = pd.DataFrame({"Closed on": [day.isoformat() for day in days]})
    dated = later_than(cells, ["Closed on"], "dmy")
    assert dated is not None
    used = dated.moments.dropna()
    assert used.between(pd.Timestamp("1990-01-01"), pd.Timestamp.now() + pd.Timedelta(days=1)).all()
    assert len(used) + len(dated.doubts) == len(days)
    odd = has_odd_year(cells["Closed on"]).to_numpy()
    assert {one.row - 2 for one in dated.doubts} >= set(odd.nonzero()[0].tolist())
