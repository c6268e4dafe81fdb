from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from leadscore_core.data.reading.excel import list_sheets
from leadscore_core.data.reading.read_log import ReadLog
from leadscore_core.data.reading.reader import iter_leads, read_leads

HEADER = ["Lead ID", "Name", "Created", "City", "Calls", "Amount"]
LEADS = [
    [f"L-{at:04d}", f"Ann {at}", f"2026-10-{at % 28 + 1:02d}", "pune", str(at % 5), str(10 * at)] for at in range(40)
]
IDS = [cells[0] for cells in LEADS]
CALLS, AMOUNT = sum(int(cells[4]) for cells in LEADS), sum(int(cells[5]) for cells in LEADS)
FOOTERS = {
    "salesforce": [
        "",
        "Grand Totals (40 records)",
        ",Sum of Calls,80",
        "Confidential Information - Do Not Distribute",
        "Example Org",
    ],
    "sql": ["(40 rows)"],
    "german": ["", "Gesamt;;;;;".replace(";", ","), "Erstellt von: A. Rao"],
    "french": [f"Total général,,,,{CALLS},{AMOUNT}"],
    "russian": [f"Итого,,,,{CALLS},{AMOUNT}"],
    "sums": [f",,,,{CALLS},{AMOUNT}"],
    "count": ["Total: 40"],
    "page": ["", "Page 1 of 1", "Report run on 2026-11-24, by A. Rao"],
    "rule": ["------,------,------,------,------,------", "Rows selected: 40"],
    "padded": [",,,,,", "Copyright (c) 2000-2026 example.com,,,,,"],
    "none": [],
}


def look(path: Path, sheet: str | None = None) -> tuple[pd.DataFrame, dict[str, tuple[int, ...]]]:
    log = ReadLog()
    frame = pd.concat(iter_leads(path, sheet=sheet, log=log), ignore_index=True)
    return frame, {found.code: found.rows for found in log.findings()}


def lines(*more: str, head: tuple[str, ...] = ()) -> str:
    return "\n".join([*head, ",".join(HEADER), *(",".join(cells) for cells in LEADS), *more]) + "\n"


@pytest.mark.parametrize("name", FOOTERS)
@pytest.mark.parametrize("title", [(), ("Leads of May",), ("Report", "By: A. Rao, B. Shah", "")])
def test_footers_are_no_leads(tmp_path: Path, name: str, title: tuple[str, ...]) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(lines(*FOOTERS[name], head=title))
    frame, found = look(path)
    assert frame["Lead ID"].tolist() == IDS
    assert list(frame.columns) == HEADER
    expected = [len(title) + 42 + at for at, line in enumerate(FOOTERS[name]) if line.strip(",")]
    assert found.get("not_a_lead", ()) == tuple(expected)


@pytest.mark.parametrize(
    "again", [",".join(HEADER), ",".join(HEADER).upper(), "lead id, name,created,CITY,Calls ,Amount"]
)
def test_a_header_in_the_middle_and_units_are_no_leads(tmp_path: Path, again: str) -> None:
    path = tmp_path / "leads.csv"
    text = lines().replace("L-0000", "id,text,date,text,n,EUR\nL-0000").replace("L-0020", f"(20 rows)\n{again}\nL-0020")
    path.write_text(text)
    frame, found = look(path)
    assert frame["Lead ID"].tolist() == IDS
    assert found["not_a_lead"] == (2, 23, 24)


ODD_LEADS = [
    ["L-0040", "Total", "2026-10-10", "pune", "1", "5"],
    ["L-0041", "Summe GmbH", "", "", "", ""],
    ["L-0042", "", "2026-10-10", "", "", ""],
    ["L-0043", "Grand Total", "", "", "", ""],
    ["", "Bea Rao", "2026-10-11", "kochi", "2", ""],
]


@pytest.mark.parametrize("odd", ODD_LEADS)
def test_a_lead_that_looks_odd_is_a_lead(tmp_path: Path, odd: list[str]) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(lines(",".join(odd)))
    frame, _ = look(path)
    assert len(frame) == 41
    assert frame.iloc[-1].tolist() == odd


def write_book(path: Path, sheets: dict[str, list[list[object]]], hidden: str = "") -> Path:
    book = openpyxl.Workbook()
    book.remove(book["Sheet"])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name == hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return path


def test_totals_tables_below_and_beside_are_no_leads(tmp_path: Path) -> None:
    body: list[list[object]] = [[*cells[:4], int(cells[4]), int(cells[5])] for cells in LEADS]
    below: list[list[object]] = [[], ["Source", "Leads"], ["news", 12], ["fair", 28]]
    frame, found = look(
        write_book(tmp_path / "a.xlsx", {"Leads": [HEADER, *body, ["Total", None, None, None, CALLS, AMOUNT], *below]})
    )
    assert frame["Lead ID"].tolist() == IDS
    assert found["not_a_lead"] == (42, 44, 45, 46)
    beside: list[list[object]] = [
        [*row, None, name, n]
        for row, (name, n) in zip([HEADER, *body[:2]], [("Source", "Leads"), ("news", 1), ("x", 2)], strict=True)
    ]
    frame, found = look(write_book(tmp_path / "b.xlsx", {"Leads": [*beside, *body[2:]]}))
    assert list(frame.columns) == HEADER
    assert frame["Lead ID"].tolist() == IDS
    assert "second_table" in found


def test_a_hidden_sheet_does_not_win_and_alike_sheets_are_one_list(tmp_path: Path) -> None:
    sheets: dict[str, list[list[object]]] = {
        "Old": [HEADER, *LEADS[:3]],
        "May": [HEADER, *LEADS[:30]],
        "June": [HEADER, *LEADS[30:]],
    }
    path = write_book(tmp_path / "a.xlsx", sheets, hidden="Old")
    assert list_sheets(path) == ["May", "June"]
    frame, found = look(path)
    assert frame["Lead ID"].tolist() == IDS[:30]
    assert "same_sheets" in found
    assert read_leads(path, sheet="all")["Lead ID"].tolist() == IDS
    assert read_leads(path, sheet="Old")["Lead ID"].tolist() == IDS[:3]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
@pytest.mark.parametrize("shown", [[], [["How to use"], ["Step 1"], ["Step 2"]]])
def test_a_hidden_sheet_that_alone_holds_leads_is_read_with_a_word(
    tmp_path: Path, state: str, shown: list[list[object]]
) -> None:
    path = write_book(tmp_path / "a.xlsx", {"Notes": shown, "Leads": [HEADER, *LEADS]})
    book = openpyxl.load_workbook(path)
    book["Leads"].sheet_state = state
    book.save(path)
    frame, found = look(path)
    assert frame["Lead ID"].tolist() == IDS
    assert "hidden_sheet" in found


def test_a_hidden_sheet_that_holds_more_than_the_one_that_is_read_is_named(tmp_path: Path) -> None:
    sheets = {"Summary": [["Source", "Leads"], ["news", 12], ["fair", 28]], "Leads": [HEADER, *LEADS]}
    path = write_book(tmp_path / "a.xlsx", sheets, hidden="Leads")
    log = ReadLog()
    assert sum(map(len, iter_leads(path, log=log))) == 2
    assert "'Leads' is hidden and is not read, with 40 rows" in log.findings()[0].reason


def test_a_small_table_beside_a_list_and_columns_without_a_name_are_said(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    beside = [",,Source,Leads", ",,news,12", ",,fair,28"]
    path.write_text(
        "".join(f"{','.join(cells)}{beside[at] if at < 3 else ',,,'}\n" for at, cells in enumerate([HEADER, *LEADS]))
    )
    log = ReadLog()
    frame = pd.concat(iter_leads(path, log=log))
    assert list(frame.columns) == [*HEADER, "Column 7", "Source", "Leads"]
    reasons = {found.code: found.reason for found in log.findings()}
    assert "Source, Leads are filled in the first 2 of 40 rows" in reasons["second_table"]
    assert "Column 7" in reasons["unnamed_columns"]
