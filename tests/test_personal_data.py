"""Personal data stays where it belongs: contacts are planted, everything is done with them, and all is searched."""

import gc
import io
import json
import logging
import pickle
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.testing.v1 import AppTest

from leadscore_core.batches import view as views
from leadscore_core.batches.save import save_batch
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.database.engine import open_database
from tests.pages.test_signed_in import signed_in
from tests.paths import ROOT

PAGES = sorted(path.parent.name for path in (ROOT / "pages").glob("*/page.py") if path.parent.name != "score")
SEEN_BY = {
    "data_science": ["leads", "sources", "drivers", "retrain"],
    "marketing": ["sources"],
    "caller": ["leads"],
}
# one part of each planted column, in lower case; what is shown of a lead is in the first four
MARKS = {
    "lead_id": "zqid", "full_name": "zqname", "email": "zqmail", "phone": "98113",
    "Alternate phone": "98224", "Parents phone": "98335", "Father name": "zqfather", "Address": "zqroad",
    "Remarks of the desk": "zqremark",
}  # fmt: skip
TOKENS = tuple(f"{mark}0" if mark.isdigit() else mark for mark in MARKS.values())
HIDDEN = TOKENS[4:]


def planted(leads: pd.DataFrame) -> pd.DataFrame:
    """Return leads with a mark of its own in every contact column and in columns that nothing maps."""
    made = leads.reset_index(drop=True).copy()
    numbers = [f"{row:04d}" for row in range(len(made))]
    letters = ["".join("abcdefghij"[int(digit)] for digit in number) for number in numbers]
    cells = {
        "lead_id": [f"ZQID-{number}" for number in numbers],
        "full_name": [f"Zqname{letter} Roy" for letter in letters],
        "email": [f"zqmail.{letter}@corp.example.org" for letter in letters],
        "phone": [f"+91 981130{number}" for number in numbers],
        "Alternate phone": [f"982240{number}" for number in numbers],
        "Parents phone": [f"983350{number}" for number in numbers],
        "Father name": [f"Zqfather{letter} Roy" for letter in letters],
        "Address": [f"{row} Zqroad{letter}, Pune" for row, letter in enumerate(letters)],
        "Remarks of the desk": [f"asked for zqremark{letter}" for letter in letters],
    }
    return made.assign(**cells)


def found_in(content: bytes) -> list[str]:
    text = content.decode("utf-8", errors="ignore").lower()
    text += content.decode("utf-16-le", errors="ignore").lower()
    return [token for token in TOKENS if token in text]


def found_in_file(path: Path) -> list[str]:
    """Search a file, also what is packed in it."""
    content = path.read_bytes()
    found = found_in(content) + found_in(str(path).encode())
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        found += found_in(table.to_pandas().to_csv().encode() + repr(table.schema.metadata).encode())
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                found += found_in(packed.read(name))
    return found


def search(*roots: Path) -> dict[str, list[str]]:
    return {
        str(path): found
        for root in roots
        for path in sorted(root.rglob("*"))
        if path.is_file() and (found := found_in_file(path))
    }


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What pages send to browsers."""
    messages: list[bytes] = []
    enqueue = ForwardMsgQueue.enqueue

    def keep(self: ForwardMsgQueue, message: object) -> None:
        messages.append(message.SerializeToString())  # type: ignore[attr-defined]
        enqueue(self, message)  # type: ignore[arg-type]

    monkeypatch.setattr(ForwardMsgQueue, "enqueue", keep)
    return messages


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files, of this test alone."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def lists(sample: SampleLeads, tmp_path: Path) -> Iterator[Path]:
    """A new list, a labelled one, a broken one, one of a single outcome, and something that is none."""
    folder = tmp_path / "lists"
    folder.mkdir()
    planted(sample.new.head(60)).to_csv(folder / "new.csv", index=False)
    labelled = planted(sample.labelled.head(400))
    labelled.to_csv(folder / "labelled.csv", index=False)
    label = "application_completed" if "application_completed" in labelled else sample.labelled.columns[-1]
    labelled.assign(**{label: 1}).to_csv(folder / "one_outcome.csv", index=False)
    lines = (folder / "labelled.csv").read_text().splitlines()
    lines[5] = ",".join(lines[5].split(",")[3:])  # contacts stand under other headers
    lines[6] += ",zqremark,98113055555"
    (folder / "broken.csv").write_text("\n".join(lines))
    spent = pd.DataFrame({"source": ["Google", "Meta"], "month": "2026-03", "spend": [900, 700]})
    spent.assign(**{"Booked by": "Zqnamea Roy, zqmail.a@corp.example.org"}).to_csv(folder / "spend.csv", index=False)
    (folder / "photo.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + b"zqremark" * 9)
    yield folder
    gc.collect()


@pytest.mark.usefixtures("few_trees")
def test_contacts_stay_in_the_list_and_in_what_was_asked_for(
    run: Callable[..., tuple[int, str, str]],
    registry: ModelRegistry,
    lists: Path,
    scratch: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    model_id = registry.list_models()[0].model_id
    out = tmp_path / "asked"
    out.mkdir()
    new, labelled, backed_up = lists / "new.csv", lists / "labelled.csv", tmp_path / "backup.zip"
    champion = registry.load_champion()[0]
    batch = save_batch(open_list(new, champion.schema), champion, name="Planted")
    commands = {
        ("check", labelled, "--json", out / "check.json"): {0, 1},
        ("check", lists / "broken.csv", "--label", "Remarks of the desk"): {1, 2},
        ("check", lists / "photo.csv"): {2},
        ("clean", new, "-o", out / "clean.csv"): {0},
        ("score", new, "-o", tmp_path / "wanted.csv"): {0},
        ("score", lists / "broken.csv", "-o", tmp_path / "wanted.xlsx"): {0, 1},
        ("sources", labelled, "--json", out / "sources.json"): {0},
        ("spend", lists / "spend.csv", "--json", out / "spend.json"): {0},
        ("compare", labelled, "--algorithm", "logistic", "--json", out / "compare.json"): {0, 1},
        ("tune", labelled, "--minutes", "0.05", "--json", out / "tune.json"): {0, 1},
        ("train", labelled, "--json", out / "train.json"): {0, 1},
        ("train", lists / "one_outcome.csv"): {2},
        ("train", labelled, "--label", "Address"): {2},
        ("train", labelled, "--positive", "no such value"): {2},
        ("evaluate", labelled, "--json", out / "evaluate.json"): {0, 1},
        ("drift", new, "--json", out / "drift.json"): {0, 1, 2},
        ("outcomes", labelled): {0, 1, 2},
        ("models", "list"): {0},
        ("models", "show", model_id): {0},
        ("models", "card", model_id): {0},
        ("models", "due"): {0, 1},
        ("models", "export", model_id, out / "model.zip"): {0},
        ("models", "import", out / "model.zip"): {2},
        ("models", "promote", model_id, "--reason", "it is in use already"): {2},
        ("health",): {0},
        ("backup", backed_up): {0},
        ("restore", backed_up): {2},
        ("restore", backed_up, "--yes"): {0},
        ("restore", lists / "photo.csv"): {2},
        ("audit", "export", out / "audit.csv"): {0},
        ("forget", "--email", "zqmail.aaaa@corp.example.org"): {0},
        ("forget", "--email", "zqmail.zzzz@corp.example.org"): {1},
    }
    for words, codes in commands.items():
        code, printed, error = run(*words)
        assert code in codes, (words, error)
        assert not found_in((printed + error).encode()), (words, printed, error)
    assert search(registry.root, out) == {}
    assert {Path(path).parent for path in search(load_settings().data_dir)} == {batch.folder}, "the list's own files"
    with zipfile.ZipFile(backed_up) as packed:
        packed.extractall(tmp_path / "unpacked")
    holding = {Path(path).relative_to(tmp_path / "unpacked").parts[:3] for path in search(tmp_path / "unpacked")}
    assert holding == {("data", "batches", batch.id)}, "a backup holds the lists, and nothing else in it who they are"
    assert not found_in(caplog.text.encode())
    assert list(scratch.rglob("*")) == []


def test_pages_send_what_they_show_and_leave_nothing_behind(
    places: Path,
    lists: Path,
    scratch: Path,
    sent: list[bytes],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90)
    app.session_state["person_name"] = "Anna"
    app.run()
    for name in ("photo.csv", "broken.csv", "new.csv"):
        app.file_uploader[0].upload(name, (lists / name).read_bytes(), "text/csv")
        app.run()
        assert not app.exception
    assert search(scratch), "an upload is kept for as long as its session"
    sent.clear()  # who brings a list is shown what its columns hold
    for page in PAGES:
        app.switch_page(f"pages/{page}/page.py").run()
        assert not app.exception
        assert not found_in(repr(app.query_params).encode())
        if page == "leads":
            shown = b"".join(sent)
            assert set(found_in(shown)).isdisjoint(HIDDEN)
            assert b"ls_search" not in shown
            sent.clear()
    assert found_in(b"".join(sent)) == [], "only the list of leads shows who they are"
    batches = BatchStore(load_settings()).list_batches()
    assert any(finding.code == "line_problem" for batch in batches for finding in batch.scoring.findings)
    open_database(load_settings()).clear_leftovers()
    where = {Path(path).parent for path in search(places)}
    assert where == {batch.folder for batch in batches}, "a batch's own files"
    assert found_in(pickle.dumps([dict(views._pages), dict(views._typical)])) == []
    assert found_in((caplog.text + "".join(capfd.readouterr())).encode()) == []
    del app
    gc.collect()
    assert search(scratch) == {}


@pytest.mark.parametrize("role", ["data_science", "marketing", "caller"])
def test_a_session_that_may_not_see_contacts_is_sent_none(
    role: str, places: Path, lists: Path, trained: LeadModel, sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = save_batch(open_list(lists / "new.csv", trained.schema), trained, name="Planted")
    monkeypatch.setenv("LEADSCORE_ACCESS__PEOPLE", json.dumps({"zoe@example.com": [role]}))
    app = signed_in("zoe@example.com", name="Zoe").run()
    for page in SEEN_BY[role]:
        app.switch_page(f"pages/{page}/page.py").run()
        assert not app.exception
        for section in app.segmented_control[0].options if page == "leads" else ():
            app.segmented_control[0].set_value(section).run()
            assert not app.exception
    assert found_in(b"".join(sent)) == []
    if role == "caller":
        next(button for button in app.button if button.label == "Start calling").click().run()
        shown = b"".join(sent).decode("utf-8", errors="ignore").lower()
        listed = pd.read_parquet(batch.leads_path)["email"]
        assert sum(address in shown for address in listed) == 1, "the lead in hand alone"


def test_the_marks_are_found_where_they_are(lists: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(lists / "new.csv", dtype="str")
    frame.to_parquet(tmp_path / "a.parquet")
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("x.csv", frame.to_csv())
    with sqlite3.connect(tmp_path / "c.db") as connection:
        frame.to_sql("leads", connection)
    connection.close()
    pickled = io.BytesIO()
    pickle.dump(frame.to_dict(), pickled)
    (tmp_path / "d.joblib").write_bytes(pickled.getvalue())
    for name in ("a.parquet", "b.zip", "c.db", "d.joblib"):
        assert set(found_in_file(tmp_path / name)) == set(TOKENS), name
