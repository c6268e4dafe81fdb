"""Files that mean harm: each is read or refused in words, within a minute and 2 GB."""

import re
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.reading import excel, parquet_file, workbook_check
from leadscore_core.data.reading.keep_open import files_kept_open
from leadscore_core.data.reading.reader import iter_leads
from leadscore_core.data.reading.workbook_check import check_members, check_workbook
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.errors import LeadScoreError, UnreadableFileError
from tests.hostile_files import HOSTILE, HostileFile, measure
from tests.paths import IS_SOAK

MOST_SECONDS, MOST_MB = 60, 2_000
LARGE_AS_WELL = {"one far row", "one long text in every cell"}  # a small form of these costs as much


def _name(name: str) -> str:
    return name.replace(" ", "_")


@pytest.mark.parametrize("name", sorted(set(HOSTILE) - LARGE_AS_WELL), ids=_name)
def test_a_small_form_is_read_or_refused_in_words(name: str, tmp_path: Path) -> None:
    """As the upload, `check` and `score` read it."""
    file = HOSTILE[name]
    path = tmp_path / f"leads{file.ending}"
    file.make(path, False)
    said = ""
    try:
        with files_kept_open():
            rows = len(pd.concat(open_list(path, load_schema()).chunks()))
        assert rows > 0
    except LeadScoreError as error:
        said = str(error)
    assert bool(said) == bool(file.said), said
    assert re.search(file.said, said), said


@pytest.mark.skipif(not IS_SOAK, reason="large files, made and read for a quarter of an hour: make soak")
@pytest.mark.parametrize("command", ["check", "score"])
@pytest.mark.parametrize("name", HOSTILE, ids=_name)
def test_in_full_size_it_takes_a_minute_and_2_gb_at_most(name: str, command: str, tmp_path: Path) -> None:
    file: HostileFile = HOSTILE[name]
    path = tmp_path / f"leads{file.ending}"
    file.make(path, True)
    more = ["-o", str(tmp_path / "out.csv")] if command == "score" else []
    outcome = measure(command, str(path), *more, folder=tmp_path, most_seconds=10 * MOST_SECONDS)
    assert "Traceback" not in outcome.said
    assert outcome.cpu <= MOST_SECONDS
    assert outcome.peak_mb <= MOST_MB
    assert outcome.code in ((1, 2) if file.said else (0, 1)), outcome.said
    assert re.search(file.said, outcome.said), outcome.said


def test_the_parts_of_a_workbook_may_lie_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    HOSTILE["one far cell"].make(path, False)
    moved = tmp_path / "moved.xlsx"
    with zipfile.ZipFile(path) as book, zipfile.ZipFile(moved, "w") as out:
        for name in book.namelist():
            content = book.read(name).replace(b"worksheets/sheet1.xml", b"elsewhere/part")
            out.writestr(name.replace("worksheets/sheet1.xml", "elsewhere/part"), content)
    with pytest.raises(UnreadableFileError, match="column 16,384"):
        check_workbook(moved, "moved.xlsx")


def test_many_members_are_counted_before_they_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "leads.zip"
    HOSTILE["an archive of many files"].make(path, False)
    monkeypatch.setattr(workbook_check, "MOST_MEMBERS", 100)
    with pytest.raises(UnreadableFileError, match="120 files where one list"):
        check_members(path, "leads.zip")


def test_the_readers_own_faults_are_said_as_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        """As the parser's own, which is no Exception."""

    def fail(*_: object) -> None:
        raise PanicException

    path = tmp_path / "leads.xlsx"
    pd.DataFrame({"source": ["a", "b"]}).to_excel(path, index=False)
    monkeypatch.setattr(excel, "parse_sheet", lambda *words: fail())
    monkeypatch.setattr(excel.CalamineWorkbook, "from_path", lambda _: _Book(fail))
    with pytest.raises(UnreadableFileError, match="damaged or foreign workbook"):
        open_list(path, load_schema())


class _Book:
    sheet_names = ("A",)
    sheets_metadata = ()

    def __init__(self, fail: object) -> None:
        self.get_sheet_by_name = fail


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()])
def test_a_long_text_that_only_late_rows_mean_is_found(tmp_path: Path, kind: pa.DataType, groups: int) -> None:
    path, rows = tmp_path / "leads.parquet", 3_000
    values = pa.array(["web", "x" * 1_000_000]).cast(kind)
    late = pa.DictionaryArray.from_arrays(pa.array([0] * (rows - 600) + [1] * 600, pa.int32()), values)
    pq.write_table(pa.table({"source": late}), path, compression="zstd", row_group_size=rows // groups)
    with pytest.raises(UnreadableFileError, match="200 times its size"):
        open_list(path, load_schema())


@pytest.mark.parametrize("within", ["cells", "a list", "a record", "a map", "bytes of one length"])
def test_a_long_text_in_any_kind_of_column_is_found(
    tmp_path: Path, within: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_file, "MUCH_UNPACKED", 1 << 20)  # so that the test needs little memory itself
    path, rows = tmp_path / "leads.parquet", 600
    text = pa.array(["x" * 10_000] * rows)
    begins = pa.array(range(rows + 1), pa.int32())
    column = {
        "cells": lambda: text,
        "a list": lambda: pa.ListArray.from_arrays(begins, text),
        "a record": lambda: pa.StructArray.from_arrays([text], ["said"]),
        "a map": lambda: pa.MapArray.from_arrays(begins, pa.array(["said"] * rows), text),
        "bytes of one length": lambda: text.cast(pa.binary()).cast(pa.binary(10_000)),
    }[within]()
    emails = [f"a{at}@example.org" for at in range(rows)]
    pq.write_table(pa.table({"email": emails, "notes": column}), path, compression="zstd")
    with pytest.raises(UnreadableFileError, match="200 times its size"):
        open_list(path, load_schema())


def test_a_list_that_says_the_same_in_every_lead_is_read(tmp_path: Path) -> None:
    """Hundreds of columns of one value each pack well, and are honest."""
    path, rows = tmp_path / "leads.parquet", 20_000
    cells = {f"campaign {at}": ["the same words in every row"] * rows for at in range(200)}
    pq.write_table(pa.table({"email": [f"a{at}@example.org" for at in range(rows)], **cells}), path)
    assert sum(len(chunk) for chunk in iter_leads(path)) == rows
