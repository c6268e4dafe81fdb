from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leadscore_core.data.reading.read_log import ReadLog
from leadscore_core.data.reading.reader import iter_leads

HEADER = ["Lead ID", "Name", "Phone", "Created", "City", "Amount"]
NAMES = ["Ann", "Bo", "Cem", "Dee", "Eva", "Finn", "Gita", "Hugo", "Ida", "Jo"]
LEADS = [
    [f"L-{at:04d}", NAMES[at % 10], f"98765{at:05d}", f"2026-10-{at % 28 + 1:02d}", "pune", str(10 * at)]
    for at in range(40)
]
IDS = [cells[0] for cells in LEADS]
GROUPS = [
    "Owner: Asha",
    "Lead Source: Web (12 records)",
    "- Asha (3)",
    "Subtotal",
    "Web (n=12)",
    "▼ Asha",
    "# checked by Bela",
    "*** Web ***",
    "Region = North",
    "Zwischensumme Web",
    "Inhaber: Jörg Müller",
    "担当者：佐藤",
    "Page 2 of 3",
]
BLANKS = [",,,,,", "  , ,\u200b,,, ", "\xa0,,,,,", '"","","","","",""', '" ",,,,,']


def look(path: Path, chunk_rows: int = 60_000) -> tuple[pd.DataFrame, list[int], dict[str, tuple[int, ...]]]:
    log = ReadLog()
    frame = pd.concat(iter_leads(path, log=log, chunk_rows=chunk_rows), ignore_index=True)
    rows = [int(row) for row in log.rows()]
    return frame, rows, {found.code: found.rows for found in log.findings()}


def write(path: Path, inserted: dict[int, str], leads: list[list[str]] = LEADS) -> list[int]:
    """Write leads with lines before some of them, and return the row of each lead."""
    lines, rows = [",".join(HEADER)], []
    for at, cells in enumerate(leads):
        lines += [inserted[at]] if at in inserted else []
        rows.append(len(lines) + 1)
        lines.append(",".join(cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return rows


@pytest.mark.parametrize("text", GROUPS)
@pytest.mark.parametrize("shape", ["{},,,,,", ",{},,,,", "{}", "{},,,,,120"])
def test_a_line_that_heads_a_group_is_no_lead(tmp_path: Path, text: str, shape: str) -> None:
    path = tmp_path / "leads.csv"
    rows = write(path, {0: shape.format(text), 13: shape.format(text)})
    frame, found_rows, found = look(path)
    assert frame["Lead ID"].tolist() == IDS
    assert found_rows == rows
    assert found["not_a_lead"] == (2, 16)


def test_bare_group_names_in_the_column_of_ids_are_no_leads(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    rows = write(path, {0: "Asha,,,,,", 13: "Bela,,,,,"})
    frame, found_rows, found = look(path)
    assert frame["Lead ID"].tolist() == IDS
    assert found_rows == rows
    assert found["not_a_lead"] == (2, 16)


@pytest.mark.parametrize("blank", BLANKS)
def test_blank_rows_are_left_out_with_their_numbers(tmp_path: Path, blank: str) -> None:
    path = tmp_path / "leads.csv"
    rows = write(path, {0: blank, 5: blank, 39: blank})
    frame, found_rows, found = look(path, chunk_rows=7)
    assert frame["Lead ID"].tolist() == IDS
    assert found_rows == rows
    assert found["blank_rows"] == (2, 8, 43)


SINGLE = [
    ["", "", "9876500006", "", "", ""],
    ["", "", "+91 98765 00006", "", "", ""],
    ["a@b.example", "", "", "", "", ""],
    ["", "Zed", "", "", "", ""],
    ["", "Zed Owner", "", "", "", ""],
    ["L-9999", "", "", "", "", ""],
    ["", "", "Phone: 98765 00006", "", "", ""],
    ["", "", "", "2026-10-10", "", ""],
]


@pytest.mark.parametrize("odd", SINGLE)
@pytest.mark.parametrize("at", [0, 20, 40])
def test_a_lead_with_one_cell_is_a_lead(tmp_path: Path, odd: list[str], at: int) -> None:
    path = tmp_path / "leads.csv"
    leads = [*LEADS[:at], odd, *LEADS[at:]]
    write(path, {}, leads)
    frame, found_rows, _ = look(path)
    assert frame[HEADER].to_numpy().tolist() == leads
    assert found_rows == list(range(2, 43))


def test_many_small_groups_in_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    rows = []
    for at, cells in enumerate(LEADS):
        book.active.append([f"Owner: {NAMES[at % 10]}"])
        book.active.append(cells)
        rows.append(book.active.max_row)
        book.active.append([None, None, None, "Subtotal", None, int(cells[-1])])
        book.active.append([" ", "\u200b"])
    book.save(tmp_path / "leads.xlsx")
    frame, found_rows, found = look(tmp_path / "leads.xlsx")
    assert frame["Lead ID"].tolist() == IDS
    assert found_rows == rows
    assert found["blank_rows"] == (5, 9, 13, 17, 21)
    assert found["not_a_lead"] == (2, 4, 6, 8, 10)


def test_notes_that_look_like_group_lines_are_leads_where_leads_have_them(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    lines = ["Phone,Note,City"] + [f"98765{at:05d},Owner: {NAMES[at % 10]},pune" for at in range(40)]
    lines[8] = ",Owner: Ann,"
    path.write_text("\n".join(lines) + "\n")
    assert len(look(path)[0]) == 40


@hypothesis_settings(max_examples=40, derandomize=True, deadline=None)
@given(st.dictionaries(st.integers(0, 39), st.sampled_from([*(f"{text},,,,," for text in GROUPS), *BLANKS])))
def test_any_lines_between_leads_leave_the_leads_and_their_numbers(
    tmp_path_factory: pytest.TempPathFactory, inserted: dict[int, str]
) -> None:
    path = tmp_path_factory.mktemp("any") / "leads.csv"
    rows = write(path, inserted)
    frame, found_rows, _ = look(path, chunk_rows=9)
    assert frame["Lead ID"].tolist() == IDS
    assert found_rows == rows


def test_rows_far_down_a_long_list_are_found(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    leads = [[f"L-{at:06d}", NAMES[at % 10], f"98765{at:05d}", "2026-10-01", "pune", "7"] for at in range(3_000)]
    rows = write(path, {2_000: "Owner: Asha,,,,,", 2_100: ",,,,,"}, leads)
    frame, found_rows, found = look(path, chunk_rows=500)
    assert len(frame) == 3_000
    assert found_rows == rows
    assert found["not_a_lead"] == (2_002,)
    assert found["blank_rows"] == (2_103,)


def test_blank_rows_of_a_parquet_file_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    blank: list[str | None] = [None, "", " ", "\u200b", None, ""]
    rows = [*LEADS[:5], blank, *LEADS[5:20], blank, blank, *LEADS[20:]]
    table = pa.table({name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(HEADER)})
    pq.write_table(table, path, row_group_size=8)
    frame, found_rows, found = look(path, chunk_rows=6)
    assert frame["Lead ID"].tolist() == IDS
    assert found_rows == [*range(2, 7), *range(8, 23), *range(25, 45)]
    assert found["blank_rows"] == (7, 23, 24)


REPORT = [
    *(["Owner: Asha", *[""] * 5], *LEADS[:5], ["", "", "", "Subtotal", "", "100"], [" ", "", "\u200b", "", "", ""]),
    *(["Web (12 records)", *[""] * 5], *LEADS[5:20], ["Page 2 of 3", *[""] * 5], HEADER, *LEADS[20:], [""] * 6),
    *(["Grand Total", *[""] * 4, "7800"], ["Confidential: do not distribute", *[""] * 5], [""] * 6),
]
REPORT_ROWS = [at for at, row in enumerate(REPORT, start=2) if row[0] in IDS]


def as_tables(table: pa.Table) -> dict[str, pa.Table]:
    """Return the same cells as text, text with nulls, large text and categories."""
    null = pa.table({name: [cell or None for cell in table[name].to_pylist()] for name in table.column_names})
    return {
        "text": table,
        "null": null,
        "large": null.cast(pa.schema([(name, pa.large_string()) for name in table.column_names])),
        "categories": pa.table({name: table[name].combine_chunks().dictionary_encode() for name in table.column_names}),
    }


def as_table(rows: list[list[str]], header: list[str] = HEADER) -> pa.Table:
    return pa.table({name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(header)})


@pytest.mark.parametrize("kind", ["text", "null", "large", "categories"])
def test_a_grouped_report_is_the_same_list_in_csv_excel_and_parquet(tmp_path: Path, kind: str) -> None:
    (tmp_path / "leads.csv").write_text("\n".join(",".join(row) for row in [HEADER, *REPORT]) + "\n", encoding="utf-8")
    book = openpyxl.Workbook()
    for row in [HEADER, *REPORT]:
        book.active.append(row)
    book.save(tmp_path / "leads.xlsx")
    pq.write_table(as_tables(as_table(REPORT))[kind], tmp_path / "leads.parquet", row_group_size=8)
    seen = {suffix: look(tmp_path / f"leads.{suffix}", chunk_rows=9) for suffix in ("csv", "xlsx", "parquet")}
    assert {suffix: frame["Lead ID"].tolist() for suffix, (frame, _, _) in seen.items()} == dict.fromkeys(seen, IDS)
    assert {suffix: rows for suffix, (_, rows, _) in seen.items()} == dict.fromkeys(seen, REPORT_ROWS)
    assert seen["parquet"][2] == seen["csv"][2] == seen["xlsx"][2]
    assert seen["parquet"][2]["not_a_lead"] == (2, 8, 10, 26, 27)
    assert seen["parquet"][2]["blank_rows"] == (9,)


def test_what_is_said_of_a_grouped_report_is_the_same_in_csv_and_parquet(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("\n".join(",".join(row) for row in [HEADER, *REPORT]) + "\n", encoding="utf-8")
    pq.write_table(as_table(REPORT), tmp_path / "leads.parquet")
    logs = [ReadLog(), ReadLog()]
    for log, name in zip(logs, ("leads.csv", "leads.parquet"), strict=True):
        list(iter_leads(tmp_path / name, log=log))
    assert logs[1].findings() == logs[0].findings()
    assert "row 2 'Owner: Asha'" in logs[1].findings()[0].reason


@hypothesis_settings(max_examples=30, derandomize=True, deadline=None)
@given(st.dictionaries(st.integers(0, 39), st.sampled_from([*GROUPS, ""])))
def test_any_lines_between_leads_are_no_leads_in_parquet(
    tmp_path_factory: pytest.TempPathFactory, inserted: dict[int, str]
) -> None:
    path = tmp_path_factory.mktemp("any") / "leads.parquet"
    rows = [
        row
        for at, cells in enumerate(LEADS)
        for row in ([[inserted[at], *[""] * 5], cells] if at in inserted else [cells])
    ]
    pq.write_table(as_table(rows), path, row_group_size=11)
    frame, found_rows, _ = look(path, chunk_rows=9)
    assert frame["Lead ID"].tolist() == IDS
    assert found_rows == [at for at, row in enumerate(rows, start=2) if row[0] in IDS]


def test_numbers_keep_their_type_where_rows_of_a_report_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    table = as_table([["Owner: Asha", *[""] * 5], *LEADS[:20], ["Web (20 records)", *[""] * 5], *LEADS[20:]])
    amounts = [None, *range(20), None, *range(20, 40)]
    created = [None, *pd.date_range("2026-10-01", periods=20), None, *pd.date_range("2026-10-01", periods=20)]
    table = table.set_column(5, "Amount", pa.array(amounts, pa.int64()))
    table = table.set_column(3, "Created", pa.array(created, pa.timestamp("ms", "UTC")))
    pq.write_table(table.append_column("Tags", pa.array([None, *[["a"]] * 20, None, *[["(b)"]] * 20])), path)
    frame, found_rows, found = look(path)
    assert frame["Amount"].tolist() == list(range(40))
    assert found_rows == [*range(3, 23), *range(24, 44)]
    assert found == {"not_a_lead": (2, 23)}


def test_rows_far_down_a_long_parquet_file_are_found(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    leads = [[f"L-{at:06d}", NAMES[at % 10], f"98765{at:05d}", "2026-10-01", "pune", "7"] for at in range(3_000)]
    rows = [*leads[:2_000], ["Owner: Asha", *[""] * 5], *leads[2_000:2_100], [""] * 6, *leads[2_100:]]
    pq.write_table(as_table(rows), path, row_group_size=700)
    frame, found_rows, found = look(path, chunk_rows=500)
    assert frame["Lead ID"].tolist() == [cells[0] for cells in leads]
    assert found_rows == [*range(2, 2_002), *range(2_003, 2_103), *range(2_104, 3_004)]
    assert found == {"not_a_lead": (2_002,), "blank_rows": (2_103,)}


@pytest.mark.parametrize("odd", SINGLE)
def test_a_lead_with_one_cell_is_a_lead_in_parquet(tmp_path: Path, odd: list[str]) -> None:
    path = tmp_path / "leads.parquet"
    rows = [*LEADS[:20], odd, *LEADS[20:]]
    pq.write_table(as_table(rows), path)
    frame, found_rows, _ = look(path)
    assert frame.to_numpy().tolist() == rows
    assert found_rows == list(range(2, 43))


def test_columns_of_one_name_are_looked_at_each(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    rows = [*LEADS[:20], ["Owner: Asha", *[""] * 5], *LEADS[20:]]
    columns = [pa.array([row[at] for row in rows]) for at in range(6)]
    pq.write_table(pa.Table.from_arrays(columns, names=["A", "A", "A", "A.b", "B", "B"]), path)
    frame, found_rows, found = look(path)
    assert frame["A"].tolist() == IDS
    assert found_rows == [*range(2, 22), *range(23, 43)]
    assert found["not_a_lead"] == (22,)
