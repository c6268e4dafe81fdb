"""Lists as Arrow keeps them are scored, compared and written as frames are, to the bit."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadscore_core.config import GradeThresholds, JunkRules
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.reading.chunks import chunk_frame, row_keys
from leadscore_core.data.reading.reader import iter_chunks, read_leads
from leadscore_core.data.schema.column_mapping import detect_conventions
from leadscore_core.data.schema.header_matching import suggest_mapping
from leadscore_core.data.schema.schema import Role
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.data.validation import row_hashes
from leadscore_core.errors import UnreadableFileError
from leadscore_core.inference.export.files import write_leads
from leadscore_core.inference.export.formula_injection import neutralise, neutralise_table
from leadscore_core.inference.score import ScoringRules, score_chunk, score_leads
from leadscore_core.model import classifier as classifier_module
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.pipelines import inference as pipelines
from leadscore_core.pipelines.inference import score_list
from tests.paths import IS_SOAK

CELLS = st.sampled_from(
    [
        "",
        " ",
        "3",
        "1,234",
        "12%",
        "-1",
        "many",
        "Level1",
        " level1 ",
        "Ｌevel2",
        "select",
        "N/A",
        "2026-03-10 16:40:48",
    ]
    + [
        "2026-02-30",
        "10/03/2026",
        "10.3.26 4:05 PM",
        "44585.5",
        "yes",
        "0",
        "pune",
        "=1+1",
        "a@b.com",
        "+91 98765 43210",
    ]
)


@pytest.fixture(scope="module")
def headers(sample: SampleLeads) -> list[str]:
    return list(sample.labelled.columns)


@settings(max_examples=25 if IS_SOAK else 12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), rows=st.integers(1, 5), at_once=st.booleans())
def test_a_table_is_scored_as_a_frame_is(
    data: st.DataObject, rows: int, at_once: bool, headers: list[str], trained: LeadModel
) -> None:
    cells = {header: data.draw(st.lists(CELLS, min_size=rows, max_size=rows)) for header in headers}
    frame = pd.DataFrame(cells, dtype="str")
    mapping = detect_conventions(suggest_mapping(headers, trained.schema), trained.schema, frame)
    rules = ScoringRules(GradeThresholds(), JunkRules())
    with pytest.MonkeyPatch.context() as patch:
        if at_once:
            patch.setattr(classifier_module, "ROWS_WORTH_LEAF_SETS", 1)
        of_frame = score_chunk(frame, trained, mapping, rules, reasons=2)
        of_table = score_chunk(pa.table(cells), trained, mapping, rules, reasons=2)
        alone = [score_chunk(frame.iloc[[row]], trained, mapping, rules, reasons=2) for row in range(rows)]
    pd.testing.assert_frame_equal(of_frame.own, of_table.own)
    pd.testing.assert_frame_equal(of_frame.cleaned, of_table.cleaned)
    assert of_frame.findings == of_table.findings
    pd.testing.assert_frame_equal(of_frame.own, pd.concat([chunk.own for chunk in alone]))
    plain = trained.pipeline.predict_proba(mapping.limited_to(trained.schema).apply(frame, trained.schema))[:, 1]
    assert (np.round(plain, 6) == of_table.own["propensity"].to_numpy()).all()


def test_a_list_in_chunks_has_the_scores_of_the_plain_pipeline(
    tmp_path: Path, sample: SampleLeads, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, out = tmp_path / "leads.csv", tmp_path / "scored.parquet"
    sample.labelled.to_csv(path, index=False)
    frame = read_leads(path)
    mapped = suggest_mapping(frame.columns, trained.schema).apply(frame, trained.schema)
    plain = np.round(trained.pipeline.predict_proba(mapped)[:, 1], 6)
    monkeypatch.setattr(classifier_module, "ROWS_WORTH_LEAF_SETS", 1)
    leads = open_list(path, trained.schema)
    for chunk_rows in (len(frame), 997):
        monkeypatch.setattr(
            LeadList, "raw_chunks", lambda own, log=None, n=chunk_rows: iter_chunks(own.paths, chunk_rows=n)
        )
        report = pipelines.score_list(leads, out, trained, reasons=1)
        scored = read_leads(out)
        assert (scored["propensity"].to_numpy() == plain).all()
        pd.testing.assert_frame_equal(scored[frame.columns.tolist()], frame)
        assert report.rows == len(frame)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(["", "a", "b"]), st.sampled_from(["", "a"])),
        min_size=1,
        max_size=20,
    )
)
def test_rows_are_alike_by_their_keys_as_by_their_hashes(rows: list[tuple[str, str, str]]) -> None:
    frame = pd.DataFrame(rows, columns=["one", "two", "three"], dtype="str").assign(index=range(len(rows)))
    table = pa.Table.from_pandas(frame, preserve_index=False)
    half = len(rows) // 2
    chunks = [chunk for chunk in (table.slice(0, half), table.slice(half)) if len(chunk)]
    keys = np.concatenate([row_keys(chunk) for chunk in chunks])
    assert pd.factorize(keys)[0].tolist() == pd.factorize(row_hashes(frame))[0].tolist()
    assert (row_keys(frame) == row_keys(table)).all()


@given(st.lists(st.text(alphabet="=+-@\t\r\n05.,%e ()ab'é", max_size=6), min_size=1, max_size=8), st.integers(0, 3))
def test_a_table_is_neutralised_as_a_frame_is(cells: list[str], cut: int) -> None:
    large = pa.array(["x", *cells], pa.large_string())
    chunk = pa.table({"=note": [None, *cells], "plain": large}).slice(min(cut, len(cells)))
    frame = chunk_frame(chunk)
    safe = neutralise_table(chunk)
    assert safe.column_names == ["'=note", "plain"]
    wanted = neutralise(frame)
    for name in safe.column_names:
        rows = [cell or "" for cell in safe.column(name).to_pylist()]
        assert rows == wanted[name].fillna("").tolist()


def test_columns_of_unusual_numbers_stream_through(sample: SampleLeads, trained: LeadModel, tmp_path: Path) -> None:
    frame = sample.labelled.head(6).reset_index(drop=True)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    half = pa.array(np.array([1.5, 2, 3, 1.5, 2, 3], dtype="float16"))
    wide = pa.array([Decimal("1.5")] * 6, pa.decimal256(50, 2))
    pq.write_table(table.append_column("half", half).append_column("wide", wide), tmp_path / "odd.parquet")
    score_list(open_list(tmp_path / "odd.parquet", trained.schema), tmp_path / "out.csv", trained, reasons=0)
    assert pd.read_csv(tmp_path / "out.csv")["half"].tolist() == [1.5, 2, 3, 1.5, 2, 3]


def test_kinds_of_text_may_be_mixed_in_a_frame(sample: SampleLeads, trained: LeadModel) -> None:
    frame = sample.labelled.head(50).reset_index(drop=True)
    counted = [c.name for c in trained.schema.with_role(Role.INTERACTION)][:2]
    mixed = frame.astype(dict.fromkeys(frame.columns, "str")).astype({counted[0]: "string[python]"})
    mixed[counted[1]] = pd.array(frame[counted[1]], dtype=pd.ArrowDtype(pa.string()))
    own = ["propensity", "grade"]
    pd.testing.assert_frame_equal(score_leads(mixed, trained)[own], score_leads(frame, trained)[own])


def test_a_list_that_fails_on_the_way_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    def chunks(fault: Exception) -> Iterator[pa.Table]:
        yield pa.table({"a": ["x"]})
        raise fault

    with pytest.raises(UnreadableFileError, match=r"could not be read to its end \(Input/output error\)"):
        write_leads(chunks(OSError(5, "Input/output error")), tmp_path / "o.csv")
    with pytest.raises(UnreadableFileError, match="text that is not UTF-8") as result:
        write_leads(chunks(pa.ArrowInvalid("Wrapping Anna failed")), tmp_path / "o.csv")
    assert "Anna" not in str(result.value)
    assert not list(tmp_path.iterdir())
