import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.data.reading.quotes import split_record
from leadscore_core.data.reading.read_log import ReadLog
from leadscore_core.data.reading.reader import iter_leads, read_leads

HEADER = ["Lead ID", "Created", "Note", "City", "Calls"]


def lead(number: int, note: str = "plain") -> list[str]:
    return [f"L-{number:05d}", f"2026-10-{number % 28 + 1:02d} 10:00:00", note, "pune", str(number % 4)]


def written(leads: list[list[str]], delimiter: str = ",", raw: dict[int, str] | None = None) -> str:
    """Write leads; the notes of some stand in the file as given, unquoted."""
    lines = [delimiter.join(HEADER)]
    for at, cells in enumerate(leads):
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(cells)
        given = (raw or {}).get(at)
        lines.append(text.getvalue()[:-1] if given is None else delimiter.join([*cells[:2], given, *cells[3:]]))
    return "\n".join(lines) + "\n"


def found_in(path: Path) -> dict[str, tuple[int, ...]]:
    log = ReadLog()
    for _ in iter_leads(path, log=log):
        pass
    return {finding.code: finding.rows for finding in log.findings()}


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("bad", [(9,), (9, 11), (9, 20, 21), (39,), (0,), (5, 6, 7, 8)])
def test_a_quote_that_is_never_closed_loses_no_lead(tmp_path: Path, delimiter: str, bad: tuple[int, ...]) -> None:
    leads = [lead(at) for at in range(40)]
    path = tmp_path / "leads.csv"
    path.write_text(written(leads, delimiter, dict.fromkeys(bad, '"call back')))
    frame = read_leads(path)
    assert frame["Lead ID"].tolist() == [cells[0] for cells in leads]
    assert frame["City"].tolist() == ["pune"] * 40
    assert [at for at, note in enumerate(frame["Note"]) if note == '"call back'] == list(bad)
    assert found_in(path)["mended_quote"] == tuple(at + 2 for at in bad)[:5]


def test_a_quote_that_closes_in_a_quoted_cell_or_at_a_cell_s_end_loses_no_lead(tmp_path: Path) -> None:
    leads = [lead(at, "well, then" if at == 12 else "plain") for at in range(40)]
    for name, raw in {
        "a": {9: '"call back'},
        "b": {9: '"call', 14: 'back"'},
        "c": {9: '"call', 14: '6" of snow'},
    }.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(written(leads, raw=raw))
        frame = read_leads(path)
        assert frame["Lead ID"].tolist() == [cells[0] for cells in leads]
        assert frame["Note"].iloc[12] == "well, then"


NOTES = st.lists(
    st.sampled_from(["call", "a, b", 'said ""no""', "", "1, 2, 3", "\n", 'x "y" z']), min_size=2, max_size=5
)


@given(notes=st.lists(NOTES, min_size=6, max_size=6))
def test_notes_over_several_lines_stay_one_lead(
    tmp_path_factory: pytest.TempPathFactory, notes: list[list[str]]
) -> None:
    leads = [lead(at, "\n".join(notes[at % 6])) for at in range(24)]
    path = tmp_path_factory.mktemp("notes") / "leads.csv"
    path.write_text(written(leads))
    frame = read_leads(path)
    assert frame.to_numpy().tolist() == leads
    assert "mended_quote" not in found_in(path)


def test_a_note_over_lines_with_marks_that_are_not_doubled_is_one_lead(tmp_path: Path) -> None:
    leads = [lead(at) for at in range(30)]
    path = tmp_path / "leads.csv"
    path.write_text(written(leads, raw={7: '"he said "no" and\nleft"'}))
    frame = read_leads(path)
    assert frame["Lead ID"].tolist() == [cells[0] for cells in leads]
    assert frame["Note"].iloc[7] == 'he said "no" and\nleft'


@pytest.mark.parametrize("bad", [50_000])
def test_a_bad_quote_and_a_footer_in_a_hundred_thousand_leads(tmp_path: Path, bad: int) -> None:
    leads = [lead(at) for at in range(100_000)]
    path = tmp_path / "leads.csv"
    path.write_text(written(leads, raw={bad: '"call back'}) + '\n"Grand Total (100,000)"\n"Confidential"\n')
    parts = list(iter_leads(path, chunk_rows=30_000))
    assert [len(part) for part in parts] == [30_000, 30_000, 30_000, 10_000]
    assert parts[-1]["Lead ID"].iloc[-1] == "L-99999"
    assert found_in(path) == {"mended_quote": (bad + 2,), "not_a_lead": (100_003, 100_004)}


def test_rows_are_numbered_as_an_editor_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    leads = [lead(at, "two\nlines" if at == 1 else "plain") for at in range(12)]
    path.write_text("Export of May\n\n" + written(leads, raw={9: '"open'}).replace("L-00005", "\nL-00005"))
    assert found_in(path) == {"title_lines": (1,), "mended_quote": (15,)}
    assert path.read_text().split("\n")[14].startswith("L-00009")


@given(st.lists(st.text(st.sampled_from('ab",'), max_size=4), min_size=1, max_size=4))
def test_a_record_that_was_written_is_split_as_it_was(cells: list[str]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="", quoting=csv.QUOTE_ALL).writerow(cells)
    assert split_record(text.getvalue(), ",", len(cells)) is not None


def test_a_long_cell_is_read_whatever_was_read_before(tmp_path: Path) -> None:
    long = "word " * 40_000
    pd.DataFrame({"id": ["1", "2"], "note": [long, "short"]}).to_csv(tmp_path / "long.csv", index=False)
    assert read_leads(tmp_path / "long.csv")["note"].tolist() == [long, "short"]


def test_one_column_with_blank_lines_and_a_quoted_cell_is_read(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text('Leads\n\n\n\nL-0\nL-1\n"a,b"')
    assert read_leads(tmp_path / "ids.csv").iloc[:, 0].tolist() == ["L-0", "L-1", "a,b"]
