"""NUL bytes: text that holds some is read without them, and what is no text is refused."""

import io
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.data.findings import EXAMPLES
from leadscore_core.data.reading.read_log import ReadLog
from leadscore_core.data.reading.reader import iter_leads, read_leads
from leadscore_core.errors import UnreadableFileError

WORDS = st.text(st.sampled_from("abcxyz éü7"), min_size=1, max_size=9).map(lambda word: f"w{word.strip()}")
_HURT = "Pu\0ne"
ROWS = st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=3, max_size=12)


def _read(path: Path) -> tuple[pd.DataFrame, dict[str, tuple[int, ...]]]:
    log = ReadLog()
    leads = pd.concat(list(iter_leads(path, log=log)), ignore_index=True)
    return leads, {found.code: found.rows for found in log.findings()}


@given(rows=ROWS, delimiter=st.sampled_from(",;\t|"), data=st.data())
def test_text_is_read_without_its_nul_bytes(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], delimiter: str, data: st.DataObject
) -> None:
    lines = [delimiter.join(row) for row in [("one", "two", "three"), *rows]]
    plain = tmp_path_factory.mktemp("plain") / "plain.csv"
    plain.write_text("\n".join(lines) + "\n", encoding="utf-8")
    held = sorted(data.draw(st.sets(st.integers(1, len(lines) - 1), min_size=1)))
    for at in held:
        place, many = data.draw(st.integers(0, len(lines[at]))), data.draw(st.integers(1, 20))
        lines[at] = lines[at][:place] + "\0" * many + lines[at][place:]
    path = plain.with_name("nul.csv")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    leads, said = _read(path)
    pd.testing.assert_frame_equal(leads, _read(plain)[0])
    assert said["nul_bytes"] == tuple(at + 1 for at in held)[:EXAMPLES]


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as packed:
        content = b"id,city\n1,Pune\n2,Goa\n"
        about = tarfile.TarInfo("leads.csv")
        about.size = len(content)
        packed.addfile(about, io.BytesIO(content))
    return out.getvalue()


BINARY = {
    "counts": (np.arange(4_000, dtype="<u4").tobytes(), "binary data"),
    "doubles": (np.linspace(0, 9, 2_000).round(2).tobytes(), "binary data"),
    "records": (b"".join(struct.pack("<I8sH", at, b"Pune,a\n", at % 7) for at in range(99)), "binary data"),
    "names padded with zeros": (b"".join(f"Ann{at}".encode().ljust(32, b"\0") for at in range(99)), "binary data"),
    "zeros": (b"\0" * 5_000, "binary data"),
    "a pickle": (pickle.dumps({"id,city\n": [0] * 300}, protocol=2), "binary data|no leads"),
    "a tar archive": (_tar(), "tar archive"),
}


@pytest.mark.parametrize("name", BINARY)
def test_what_is_no_text_is_refused(tmp_path: Path, name: str) -> None:
    content, words = BINARY[name]
    (tmp_path / "leads.csv").write_bytes(content)
    with pytest.raises(UnreadableFileError, match=words):
        read_leads(tmp_path / "leads.csv")


@given(before=st.binary(max_size=200), after=st.binary(max_size=200))
def test_other_signs_that_are_no_text_make_it_binary(
    tmp_path_factory: pytest.TempPathFactory, before: bytes, after: bytes
) -> None:
    path = tmp_path_factory.mktemp("binary") / "leads.csv"
    path.write_bytes(b"id,city\n" + before + b"\0\1\0\2\0\3\0\4\0\5\0\6" * 9 + after)
    with pytest.raises(UnreadableFileError):
        read_leads(path)


def test_nul_bytes_far_down_are_left_out_and_said(tmp_path: Path) -> None:
    rows = [f"{at},{'Pune' if at != 30_000 else _HURT}" for at in range(40_000)]
    (tmp_path / "leads.csv").write_text("\n".join(["id,city", *rows]))
    leads, said = _read(tmp_path / "leads.csv")
    assert set(leads["city"]) == {"Pune"}
    assert said["nul_bytes"] == (30_002,)
