import csv
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leadscore_core.data.findings import share_words
from leadscore_core.data.reading.read_log import ReadLog
from leadscore_core.data.reading.reader import iter_leads, read_leads

HEADER = ["Lead ID", "Name", "Phone", "Created"]
LEADS = [[f"{at:07d}", f'Ann, "{at}"' if at % 3 else "Bo", f"0{at:09d}", f"2026-10-{at + 1:02d}"] for at in range(20)]


def written(rows: list[list[str]], delimiter: str = ",") -> list[str]:
    """Return rows as lines of CSV."""
    lines = []
    for row in rows:
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator="").writerow(row)
        lines.append(out.getvalue())
    return lines


def codes(path: Path) -> tuple[pd.DataFrame, set[str], list[int]]:
    log = ReadLog()
    frame = pd.concat(iter_leads(path, log=log), ignore_index=True)
    return frame, {found.code for found in log.findings()}, [int(row) for row in log.rows()]


def as_formula(cell: str) -> str:
    return '="' + cell.replace('"', '""') + '"'


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("is_quoted", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_cell_written_as_a_formula_of_text_is_the_text(
    tmp_path: Path, delimiter: str, is_quoted: bool, encoding: str
) -> None:
    rows = [[as_formula(cell) for cell in row] for row in LEADS]
    lines = written(rows, delimiter) if is_quoted else [delimiter.join(row) for row in rows]
    path = tmp_path / "leads.csv"
    path.write_bytes("\r\n".join([delimiter.join(HEADER), *lines, ""]).encode(encoding))
    frame, found, _ = codes(path)
    assert frame.to_numpy().tolist() == LEADS
    assert "formula_text" in found


def test_real_formulas_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    cells = ["=1+1", '=HYPERLINK("x")', '="a"&"b"', '=cmd|"/c calc"!A1', "+49", "=A1"]
    path.write_text("\n".join(["Id,Note", *(",".join(written([[str(at), cell]])) for at, cell in enumerate(cells))]))
    assert read_leads(path)["Note"].tolist() == cells


def test_formulas_of_text_in_workbooks_and_parquet(tmp_path: Path) -> None:
    rows = [[as_formula(cell) for cell in row] for row in LEADS]
    for kind in ("f", "s"):  # a formula whose result was never computed, and text
        book = openpyxl.Workbook()
        for row in [HEADER, *rows]:
            book.active.append(row)
        for line in book.active.iter_rows(min_row=2):
            for cell in line:
                cell.data_type = kind
        book.save(tmp_path / "leads.xlsx")
        assert read_leads(tmp_path / "leads.xlsx").astype("str").to_numpy().tolist() == LEADS
    table = pa.table({name: [row[at] for row in rows] for at, name in enumerate(HEADER)})
    pq.write_table(table, tmp_path / "leads.parquet")
    assert read_leads(tmp_path / "leads.parquet").to_numpy().tolist() == LEADS


def test_formulas_without_results_are_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [HEADER, *([*row[:3], "=TODAY()"] for row in LEADS)]:
        book.active.append(row)
    book.save(tmp_path / "leads.xlsx")
    frame, found, _ = codes(tmp_path / "leads.xlsx")
    assert len(frame) == 20
    assert "empty_formulas" in found


def whole(line: str) -> str:
    return '"' + line.replace('"', '""') + '"'


@pytest.mark.parametrize("delimiter", [",", ";", "|"])
@pytest.mark.parametrize("which", ["all", "header", "leads", "all,,"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_lines_that_are_quoted_as_a_whole_are_unwrapped(
    tmp_path: Path, delimiter: str, which: str, line_end: str
) -> None:
    header, *lines = written([HEADER, *LEADS], delimiter)
    header = whole(header) if which != "leads" else header
    lines = [whole(line) if which != "header" else line for line in lines]
    tail = ",," if which == "all,," else ""
    path = tmp_path / "leads.csv"
    path.write_bytes(line_end.join([header + tail, *(line + tail for line in lines), ""]).encode())
    frame, found, rows = codes(path)
    assert list(frame.columns) == HEADER
    assert frame.to_numpy().tolist() == LEADS
    assert rows == list(range(2, 22))
    assert "quoted_lines" in found


def test_a_list_of_one_quoted_column_stays_one_column(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text('Name\n"Rao, Ann"\n"Shah, Bo"\n"Kay, Cem"\n')
    assert read_leads(path)["Name"].tolist() == ["Rao, Ann", "Shah, Bo", "Kay, Cem"]


@hypothesis_settings(max_examples=30, derandomize=True, deadline=None)
@given(st.lists(st.text("ab0 ,;\"'=", min_size=0, max_size=6), min_size=20, max_size=20), st.booleans())
def test_any_notes_survive_being_quoted_as_a_whole(
    tmp_path_factory: pytest.TempPathFactory, notes: list[str], is_whole: bool
) -> None:
    rows = [[*row, note] for row, note in zip(LEADS, notes, strict=True)]
    lines = written([[*HEADER, "Note"], *rows])
    path = tmp_path_factory.mktemp("any") / "leads.csv"
    path.write_text("\n".join(whole(line) if is_whole else line for line in lines) + "\n")
    assert read_leads(path).to_numpy().tolist() == rows


def test_joined_files_with_byte_order_marks_keep_their_leads(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    lines = written([HEADER, *LEADS])
    path.write_text("\ufeff" + "\n".join([*lines[:9], "\ufeff" + lines[0], *lines[9:]]) + "\n", encoding="utf-8")
    frame, _, rows = codes(path)
    assert frame.to_numpy().tolist() == LEADS
    assert rows == [*range(2, 10), *range(11, 23)]


def test_a_share_of_few_is_not_said_to_be_none() -> None:
    assert [share_words(share) for share in (1 / 4000, 0.001, 3999.9 / 4000)] == [
        "less than 0.1%",
        "0.1%",
        "more than 99.9%",
    ]
