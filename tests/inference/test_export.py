import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.errors import ExportError, UnreadableFileError
from leadscore_core.inference.export.files import write_leads
from leadscore_core.inference.export.formula_injection import neutralise
from leadscore_core.inference.export.writers import EXCEL_ROWS
from tests.paths import ROOT


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "": ["0", "1"],
            "name": ["=HYPERLINK(1)", 'Zoë "Z", née\nX'],
            "phone": ["+91-98765", "+91 98765 43210"],
            "amount": ["-5", "1.0"],
            "created": pd.to_datetime(["2026-05-01 10:00:00", None]),
            "leads": [3.0, np.nan],
            "lead_score": [99, 1],
            "propensity": [0.987654, 0.01],
            "is_junk": [False, True],
            "=evil": ["@SUM", ""],
        }
    )


def test_csv_keeps_all_but_what_a_spreadsheet_would_run(frame: pd.DataFrame, tmp_path: Path) -> None:
    assert write_leads([frame.head(1), frame.tail(1)], tmp_path / "out.csv") == 2
    back = pd.read_csv(tmp_path / "out.csv", dtype="str", keep_default_na=False)
    assert back["name"].tolist() == ["'=HYPERLINK(1)", 'Zoë "Z", née\nX']
    assert back["phone"].tolist() == ["'+91-98765", "+91 98765 43210"]
    assert back["amount"].tolist() == ["-5", "1.0"]
    assert back["created"].tolist() == ["2026-05-01 10:00:00", ""]
    assert back["propensity"].tolist() == ["0.987654", "0.01"]
    assert back["'=evil"].tolist() == ["'@SUM", ""]


def test_packed_csv_is_the_same_csv(frame: pd.DataFrame, tmp_path: Path) -> None:
    write_leads([frame], tmp_path / "out.csv")
    write_leads([frame], tmp_path / "out.csv.gz")
    assert gzip.decompress((tmp_path / "out.csv.gz").read_bytes()) == (tmp_path / "out.csv").read_bytes()


def test_parquet_is_exact(frame: pd.DataFrame, tmp_path: Path) -> None:
    write_leads([frame.head(1), frame.tail(1)], tmp_path / "out.parquet")
    back = pd.read_parquet(tmp_path / "out.parquet")
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)
    assert back["name"].iloc[0] == "=HYPERLINK(1)"


def test_excel_holds_no_formula(frame: pd.DataFrame, tmp_path: Path) -> None:
    write_leads([frame], tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    assert sheet.freeze_panes == "A2"
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[0]][1:4] == ["name", "phone", "amount"]
    assert rows[1][1].value == "'=HYPERLINK(1)"
    assert (rows[1][6].value, rows[1][8].value) == (99, False)
    assert rows[2][5].value is None
    assert all(cell.data_type != "f" for row in rows for cell in row)


def test_more_rows_than_excel_holds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="1,048,575 leads.*csv or .parquet"):
        write_leads([pd.DataFrame({"n": np.zeros(EXCEL_ROWS + 1)})], tmp_path / "out.xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["out.txt", "out", "nowhere/out.csv"])
def test_a_place_that_cannot_be_written_is_refused(frame: pd.DataFrame, tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError):
        write_leads([frame], tmp_path / name)


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".xlsx", ".parquet"])
def test_a_failure_on_the_way_keeps_the_old_file_and_leaves_nothing(
    frame: pd.DataFrame, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"out{ending}"
    path.write_bytes(b"old")

    def parts():
        yield frame
        raise OSError(28, "No space left on device")

    with pytest.raises(UnreadableFileError, match="No space left on device"):
        write_leads(parts(), path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


FULL = """
import resource, sys
import numpy as np, pandas as pd
from leadscore_core.errors import ExportError, UnreadableFileError
from leadscore_core.inference.export.files import write_leads
frame = pd.DataFrame({"number": np.random.default_rng(0).random(5_000)})
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # writing more fails, as on a full disk
for path in sys.argv[1:]:
    try:
        write_leads([frame, frame], path)
    except ExportError as error:
        print(error)
"""


def test_a_full_disk_keeps_the_old_file_and_says_so(tmp_path: Path) -> None:
    paths = [tmp_path / f"out{ending}" for ending in (".csv", ".csv.gz", ".xlsx", ".parquet")]
    for path in paths:
        path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL, *paths], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.count("could not be written (") == done.stdout.count("Make room") == len(paths)
    assert [path.read_bytes() for path in paths] == [b"old"] * len(paths)
    assert sorted(tmp_path.iterdir()) == sorted(paths)


ALONE = ["-5", "+4.5", "-1,234.50", "-12%", "-1e-3", "", "plain", "'-x"]
ALONE += ["+919876543210", "+44 7700 900123", "+1 (617) 555 0183"]


@pytest.mark.parametrize("text", ALONE)
def test_numbers_and_plain_text_are_left_alone(text: str) -> None:
    assert neutralise(pd.DataFrame({"x": [text]}))["x"].tolist() == [text]


@given(st.text(max_size=10), st.sampled_from("=+-@\t\r"))
def test_text_that_runs_gets_an_apostrophe_and_loses_nothing(text: str, sign: str) -> None:
    cell = f"{sign}A{text}"
    assert neutralise(pd.DataFrame({"x": [cell, text]}))["x"].iloc[0] == f"'{cell}"
