import csv
import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadscore_core.data.reading import text_scan as text_look
from leadscore_core.data.reading.chunks import LINE_PROBLEM
from leadscore_core.data.reading.excel import list_sheets
from leadscore_core.data.reading.reader import iter_leads, look_ahead, read_headers, read_leads, unique_headers
from leadscore_core.errors import UnreadableFileError
from tests.bad_files import BAD_FILES, make_bad_file

ROWS = [["Zürich", "Été – 5 €", "a,b;c"], ["São Paulo", 'he said "no"', "two\nlines"], ["Köln", "", "|"]]
HEADERS = ["city", "note", "text"]


def write_csv(path: Path, delimiter: str, encoding: str, rows: list[list[str]] = ROWS) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([HEADERS, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_delimiter_and_encoding_gives_the_same_cells(tmp_path: Path, delimiter: str, encoding: str) -> None:
    frame = read_leads(write_csv(tmp_path / "leads.csv", delimiter, encoding))
    assert list(frame.columns) == HEADERS
    assert frame.to_numpy().tolist() == ROWS


def test_latin_1_is_read(tmp_path: Path) -> None:
    rows = [["Zürich", "Été", "x"], ["Malmö", "ÿ", "y"]]
    frame = read_leads(write_csv(tmp_path / "leads.csv", ";", "latin-1", rows))
    assert frame.to_numpy().tolist() == rows


def test_an_old_encoding_far_down_the_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(b"city,source\n" + b"pune,Level1\n" * 50_000 + "Zürich,Level2\n".encode("cp1252"))
    assert read_leads(path)["city"].iloc[-1] == "Zürich"


@pytest.mark.parametrize("packed", ["csv.gz", "zip"])
def test_packed_files_are_read_like_plain_ones(tmp_path: Path, packed: str) -> None:
    plain = write_csv(tmp_path / "leads.csv", ",", "utf-8")
    path = tmp_path / f"packed.{packed}"
    if packed == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(plain, "inside/leads.csv")
            archive.writestr("__MACOSX/inside/._leads.csv", b"junk")
    else:
        path.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_leads(path).equals(read_leads(plain))


def test_workbook_sheets_types_and_title_rows(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    table = pd.DataFrame(
        {
            "Created": pd.to_datetime(["2026-05-01 10:00", "2026-05-02 11:30"]),
            "Leads": [1, 2],
            "Source": ["a", "b"],
            "Mixed": ["x", 5],
        }
    )
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        pd.DataFrame().to_excel(book, sheet_name="Empty", index=False)
        pd.DataFrame([["Export of leads"]]).to_excel(book, sheet_name="Leads", index=False, header=False)
        table.to_excel(book, sheet_name="Leads", index=False, startrow=2)
        table.iloc[:1].to_excel(book, sheet_name="Second", index=False)
    assert list_sheets(path) == ["Leads", "Second"]
    frame = read_leads(path)
    assert frame["Created"].tolist() == table["Created"].tolist()
    assert frame["Leads"].tolist() == [1, 2]
    assert frame["Mixed"].tolist() == ["x", "5"]
    assert len(read_leads(path, sheet="Second")) == 1
    with pytest.raises(UnreadableFileError, match=r"no sheet 'Third'.*Leads, Second"):
        read_leads(path, sheet="Third")


def test_parquet_keeps_types_and_chunks(tmp_path: Path) -> None:
    frame = pd.DataFrame({"source": ["a", "b", None], "leads": [1.5, np.nan, 3.0]})
    frame["referred"] = pd.array([True, False, None], dtype="boolean")
    frame["times"] = pd.array([1, 2, None], dtype="Int64")
    frame.to_parquet(tmp_path / "leads.parquet", index=False)
    parts = list(iter_leads(tmp_path / "leads.parquet", chunk_rows=2))
    assert [len(part) for part in parts] == [2, 1]
    assert parts[0].dtypes.equals(parts[1].dtypes)
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), frame)


def test_chunks_are_even_and_add_up(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("n,source\n" + "".join(f"{i},s{i % 7}\n" for i in range(25_001)))
    parts = list(iter_leads(path, chunk_rows=10_000))
    assert [len(part) for part in parts] == [10_000, 10_000, 5_001]
    assert pd.concat(parts)["n"].tolist() == [str(i) for i in range(25_001)]
    assert list(read_leads(path, columns=["source"]).columns) == ["source"]


def test_leads_that_are_blank_in_the_chosen_columns_are_read(tmp_path: Path) -> None:
    for name, text in {"even": "source,medium\nnews,\nfair,\n,\n", "ragged": "source,medium\nnews\nfair,\n,\n"}.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text)
        assert read_leads(path, columns=["medium"])["medium"].tolist() == ["", ""]


def test_a_folder_is_read_in_the_order_of_names_and_must_agree(tmp_path: Path) -> None:
    for name, value in (("b.csv", "2"), ("a.csv", "1")):
        (tmp_path / name).write_text(f"source,n\nx,{value}\n")
    (tmp_path / "notes.md").write_text("not a list")
    assert read_leads(tmp_path)["n"].tolist() == ["1", "2"]
    (tmp_path / "aa.csv").write_text("n,source\n5,y,surplus\n")
    together = read_leads(tmp_path)
    assert together["n"].tolist() == ["1", "5", "2"]
    assert together[LINE_PROBLEM].tolist() == ["", "3 fields where the header has 2; left over: surplus", ""]
    (tmp_path / "c.csv").write_text("source,m\nx,3\n")
    with pytest.raises(
        UnreadableFileError, match=r"c\.csv does not have the columns of a\.csv \(missing: n; more: m\)"
    ):
        read_leads(tmp_path)


def test_blank_lines_index_columns_and_duplicate_headers(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("\n,email,email,source\n0,a@example.com,b@example.com,x\n1,,,\n2,c@example.com,,y\n,,,\n,,,\n\n")
    frame = read_leads(path)
    assert list(frame.columns) == ["", "email", "email.1", "source"]
    assert frame[""].tolist() == ["0", "1", "2"]


def test_lines_of_other_lengths_are_kept_and_marked(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("source,medium,city\na,b,pune\nc\nd,e,f,g,h\n")
    frame = read_leads(path)
    assert frame["source"].tolist() == ["a", "c", "d"]
    assert frame[LINE_PROBLEM].tolist() == [
        "",
        "1 fields where the header has 3",
        "5 fields where the header has 3; left over: g | h",
    ]


def test_lines_of_delimiters_above_the_header_are_no_header(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(",,\n   \nsource,medium,city\na,b,pune\n")
    assert read_leads(path).to_dict("records") == [{"source": "a", "medium": "b", "city": "pune"}]


def test_a_file_packed_twice_is_unpacked_twice(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv.gz"
    path.write_bytes(gzip.compress(gzip.compress(b"source,medium\na,b\n")))
    assert len(read_leads(path)) == 1
    path.write_bytes(gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"a\n1\n"))))))
    with pytest.raises(UnreadableFileError, match="packed more than 3 times"):
        read_leads(path)


def test_a_cover_sheet_and_a_title_block_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        pd.DataFrame([["Confidential"]]).to_excel(book, sheet_name="Cover", index=False, header=False)
        pd.DataFrame([["Export", "of", "May"]]).to_excel(book, sheet_name="Data", index=False, header=False)
        leads = pd.DataFrame({name: ["x", 10**20] for name in "abcdef"})
        leads.to_excel(book, sheet_name="Data", index=False, startrow=1)
    assert list(read_leads(path).columns) == list("abcdef")


def test_parquet_bytes_lists_and_records_become_text(tmp_path: Path) -> None:
    table = pa.table({"b": [b"\xff", None], "l": [[1], [2, 3]], "r": [{"x": 1}, None], "n": [1, None]})
    pq.write_table(table, tmp_path / "odd.parquet")
    frame = read_leads(tmp_path / "odd.parquet")
    assert frame["l"].tolist() == ["[1]", "[2, 3]"]
    assert frame["b"].iloc[0] == "\ufffd"


def test_excels_own_separator_line_is_obeyed(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("sep=|\nsource|note\na|x,y\n")
    assert read_leads(path).to_dict("records") == [{"source": "a", "note": "x,y"}]


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    path = make_bad_file(tmp_path, name)
    with pytest.raises(UnreadableFileError) as caught:
        read_leads(path)
    assert name in str(caught.value)
    assert BAD_FILES[name][1] in str(caught.value)


def test_a_missing_file_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"nowhere\.csv does not exist"):
        read_headers(tmp_path / "nowhere.csv")
    with pytest.raises(UnreadableFileError, match="holds no lead list"):
        read_leads(tmp_path)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), max_size=12)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8), delimiter=st.sampled_from(",;\t|"))
def test_what_was_written_is_read(tmp_path: Path, rows: list[tuple[str, ...]], delimiter: str) -> None:
    table = [["first", *row[1:]] for row in rows]
    frame = read_leads(write_csv(tmp_path / "leads.csv", delimiter, "utf-8", table))
    assert frame.to_numpy().tolist() == table


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=0, max_size=400))
def test_any_bytes_are_a_frame_or_a_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    said, rows = "", 0
    try:
        rows = len(read_leads(path))
    except UnreadableFileError as error:
        said = str(error)
    assert rows > 0 or "leads.csv" in said


@given(st.lists(st.sampled_from(["", "a", "a.1", "b", "Unnamed: 2"]), min_size=1, max_size=8))
def test_headers_become_unique_and_first_ones_stay(headers: list[str]) -> None:
    unique = unique_headers(headers)
    assert len(set(unique)) == len(headers)
    assert unique[0] == headers[0]


def test_memory_of_reading_is_bounded_by_the_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("n,source\n" + "1,abc\n" * 400_000)
    monkeypatch.setattr(text_look, "LONGEST_LINE", 1 << 16)
    largest = max(len(part) for part in iter_leads(path, chunk_rows=1_000))
    assert largest == 1_000


def test_looking_ahead_leaves_what_is_wrong_to_be_said_by_the_reader(tmp_path: Path) -> None:
    with look_ahead(tmp_path / "none.csv"):
        pass
    path = tmp_path / "leads.csv"
    path.write_text("source,medium\nnews,fair,surplus\n")
    with look_ahead(path):
        assert read_leads(path)[LINE_PROBLEM].tolist() == ["3 fields where the header has 2; left over: surplus"]
    with pytest.raises(KeyError, match="mine"), look_ahead(path):
        raise KeyError("mine")
