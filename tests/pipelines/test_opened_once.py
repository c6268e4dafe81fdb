"""A file is opened once: unpacked and looked into by the first who needs it, for all who come after."""

import gzip
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.data.reading import excel, opened_file
from leadscore_core.data.reading.keep_open import keep_files
from leadscore_core.data.reading.opened_file import OpenedFile, open_file
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.registry.registry import ModelRegistry
from tests.paths import ROOT


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each file is unpacked, and how often one is identified."""
    counts: Counter[str] = Counter()
    identify, unpack = opened_file._identify_text, opened_file._unpack_gzip

    def counted(path: Path, name: str, head: bytes, scratch: Path, given: str | None) -> OpenedFile:
        counts["identified"] += 1
        return identify(path, name, head, scratch, given)

    def unpacked(path: Path, name: str, scratch: Path) -> Path:
        counts["unpacked"] += 1
        return unpack(path, name, scratch)

    monkeypatch.setattr(opened_file, "_identify_text", counted)
    monkeypatch.setattr(opened_file, "_unpack_gzip", unpacked)
    return counts


@pytest.fixture
def packed(sample: SampleLeads, tmp_path: Path) -> Path:
    path = tmp_path / "labelled.csv.gz"
    path.write_bytes(gzip.compress(sample.labelled.head(500).to_csv(index=False).encode()))
    return path


def test_a_command_opens_a_file_once(
    registry: ModelRegistry, packed: Path, opened: Counter[str], run, few_trees: pytest.MonkeyPatch
) -> None:
    code, _, errors = run("train", packed)
    assert code == 0, errors
    assert opened == {"unpacked": 1, "identified": 1}
    opened.clear()
    code, _, errors = run("check", packed, "--label", "app_complete_flag")
    assert code == 0, errors
    assert opened == {"unpacked": 1, "identified": 1}


@pytest.fixture
def sheets(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each sheet is read from its workbook."""
    counts: Counter[str] = Counter()
    parse = excel._parse_sheet

    def counted(book: object, name: str, *more: object) -> object:
        counts[name] += 1
        return parse(book, name, *more)

    monkeypatch.setattr(excel, "_parse_sheet", counted)
    return counts


@pytest.fixture(scope="module")
def workbook(sample: SampleLeads, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return leads on two sheets that could be read together, beside notes and a hidden sheet."""
    path = tmp_path_factory.mktemp("book") / "labelled.xlsx"
    with pd.ExcelWriter(path) as writer:
        pd.DataFrame({"Notes": ["March"]}).to_excel(writer, sheet_name="Notes", index=False)
        sample.labelled.head(500).to_excel(writer, sheet_name="One", index=False)
        sample.labelled.tail(50).to_excel(writer, sheet_name="Two", index=False)
        sample.labelled.head(5).to_excel(writer, sheet_name="Hidden", index=False)
        writer.sheets["Hidden"].sheet_state = "hidden"
    return path


EACH_ONCE = {"Notes": 1, "One": 1, "Two": 1, "Hidden": 1}


@pytest.mark.parametrize(
    "command",
    ["check {}", "score {} -o {}.csv --force", "score {} --sheet all -o {}.csv --force", "train {} --sheet One"],
)
def test_a_command_reads_each_sheet_once(
    registry: ModelRegistry, workbook: Path, sheets: Counter[str], run, few_trees: pytest.MonkeyPatch, command: str
) -> None:
    code, _, errors = run(*command.replace("{}", str(workbook)).split())
    assert code == 0, errors
    assert sheets == EACH_ONCE


def test_the_score_page_reads_each_sheet_once(registry: ModelRegistry, workbook: Path, sheets: Counter[str]) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run().switch_page("pages/score/page.py").run()
    app.file_uploader[0].upload(workbook.name, workbook.read_bytes(), "application/vnd.ms-excel").run()
    app.selectbox[0].select("Two").run()
    assert not app.exception
    assert app.download_button, "the list was scored"
    assert sheets == EACH_ONCE


def test_the_page_opens_an_upload_once_however_often_it_is_drawn(
    registry: ModelRegistry, packed: Path, opened: Counter[str]
) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run().switch_page("pages/retrain/page.py").run()
    uploader = next(one for one in app.file_uploader if one.label == "Labelled leads")
    uploader.upload(packed.name, packed.read_bytes(), "application/gzip").run()
    app.run()
    app.number_input(key="train-young").set_value(3).run()
    assert not app.exception
    assert any(button.label.startswith("Train on") for button in app.button)
    assert opened == {"unpacked": 1, "identified": 1}


def test_a_file_that_changes_is_opened_anew_and_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    end = keep_files(tmp_path)
    with open_file(path) as first, open_file(path) as again:
        assert first is again
    assert first.path.read_bytes() == b"a,b\n1,2\n", "it stays after the block"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n3,4\n"))
    with open_file(path) as changed:
        assert changed.path.read_bytes() == b"a,b\n1,2\n3,4\n"
    end()
    assert not first.path.exists()
    assert not changed.path.exists()
    with open_file(path) as alone:
        copy = alone.path
    assert not copy.exists()
