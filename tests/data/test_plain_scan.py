"""Plain files, known by their bytes: what is found of them is what parsing them finds."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leadscore_core.data.reading import byte_scan, plain_scan
from leadscore_core.data.reading.byte_scan import scan_bytes
from leadscore_core.data.reading.group_rows import telling_columns
from leadscore_core.data.reading.opened_file import open_file
from leadscore_core.data.reading.plain_scan import count_plain
from leadscore_core.data.reading.quick_scan import quick_look

HEADERS = ["Lead ID", "Name", "City", "Phone"]
LINES = [f"L-{at:04},Ann {at},{'Pune' if at % 2 else 'Köln'},98765{at:05}" for at in range(120)]
ODD = {
    "a total": "Total,,,7",
    "a grand total": "Grand total: 120,x,y,7",
    "the header": "lead id,name,CITY,phone",
    "a ruled line": "-----,-,-,-",
    "a group": "Web (12 records),,,",
    "blank cells": " ,\u200b,\xa0,x",
    "a short line": "L-9,Bo",
    "a long line": "L-9,Bo,Pune,1,2",
    "a blank line": "",
    "a quoted cell": 'L-9,"Bo",Pune,1',
}


def count(path: Path) -> int | None:
    """Count a file as a plain one, its cells told apart as `quick_look` does."""
    with open_file(path) as opened:
        telling = telling_columns(HEADERS, [line.split(",") for line in LINES])
        return count_plain(opened, opened.path, HEADERS, telling, scan_bytes(opened.path))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "end", "ends"])
def test_a_plain_file_is_counted(tmp_path: Path, end: str, last: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_scan, "_BLOCK", 100)
    path = tmp_path / "leads.csv"
    text = end.join(["Leads of May", "", ",".join(HEADERS), *LINES]) + {"": "", "end": end, "ends": 3 * end}[last]
    path.write_bytes(text.encode())
    assert count(path) == len(LINES)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("at", [0, 60, 120])
def test_any_other_line_is_left_to_a_closer_look(tmp_path: Path, odd: str, at: int) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("\n".join([",".join(HEADERS), *LINES[:at], ODD[odd], *LINES[at:]]))
    assert count(path) == (120 if (odd, at) == ("a blank line", 120) else None)


def test_lines_that_make_up_for_each_other_are_not_plain(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("\n".join([",".join(HEADERS), *LINES[:9], "L-9,Bo", "L-10", *LINES[9:]]))
    assert count(path) is None


def test_a_line_as_long_as_arrow_may_not_read_is_not_plain(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("\n".join([",".join(HEADERS), *LINES[:9], f"L-9,{'x' * 600_000},Pune,1", *LINES[9:]]))
    assert count(path) is None


@hypothesis_settings(max_examples=60)
@given(
    rows=st.lists(st.lists(st.sampled_from(["", "a", "L-1", " ", "अनिल", "7", "Total"]), min_size=2, max_size=4)),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    is_open=st.booleans(),
)
def test_the_look_is_that_of_a_parsed_file(rows: list[list[str]], end: str, is_open: bool) -> None:
    lines = [",".join(HEADERS), *LINES[:3], *map(",".join, rows), LINES[3]]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder, "leads.csv")
        path.write_bytes((end.join(lines) + end * (not is_open)).encode())
        with open_file(path) as opened:
            scan = scan_bytes(opened.path)
            patch.setattr(plain_scan, "_BLOCK", 37)
            quick = quick_look(opened, opened.path, HEADERS, scan)
            patch.setattr("leadscore_core.data.reading.quick_scan.count_plain", lambda *_: None)
            parsed = quick_look(opened, opened.path, HEADERS, scan)
    assert quick is not None
    assert parsed is not None
    assert (quick.records, quick.ragged, quick.is_odd) == (parsed.records, parsed.ragged, parsed.is_odd)


@hypothesis_settings(max_examples=200)
@given(
    st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b'"', b"=", b"\xef\xbb\xbf", "é".encode(), b"\xc3"]), max_size=16),
    st.integers(4, 9),
)
def test_the_scan_of_any_bytes_is_that_of_the_whole(signs: list[bytes], block: int) -> None:
    content = b"".join(signs)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder, "leads.csv")
        path.write_bytes(content)
        patch.setattr(byte_scan, "_BLOCK", block)
        patch.setattr(byte_scan, "_TAIL", block)
        scan = scan_bytes(path)
    bare = content.rstrip(b"\r\n")
    assert scan.newlines == content.count(b"\n")
    assert scan.is_open == (bool(content) and not content.endswith(b"\n"))
    has_end = len(bare) < len(content)
    assert scan.lines == bare.count(b"\n") + bool(bare or has_end)
    assert scan.line_end == (
        "\n" if b"\r" not in content else "\r\n" if b"\n" not in content.replace(b"\r\n", b"") else ""
    )
    assert scan.has_quotes == (b'"' in content)
    assert scan.has_formulas == (b'="' in content)
    assert scan.has_marks == (content.find(b"\xef\xbb\xbf", 1) > 0)
    assert scan.is_utf8 == (content.decode("utf-8", "ignore").encode() == content)
