"""Training data: cleaned once, in chunks as in one piece, found again in its file, and joined."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.reading.reader import iter_leads
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import LabelError, UnreadableFileError
from leadscore_core.training.training_data import join_training_data, make_training_data, read_training_data
from leadscore_core.training.training_file import load_training_data, save_training_data

LABEL = "app_complete_flag"


@pytest.fixture
def labelled_path(sample: SampleLeads, tmp_path: Path) -> Path:
    path = tmp_path / "labelled.csv"
    sample.labelled.to_csv(path, index=False)
    return path


def test_inputs_are_cleaned_as_the_pipeline_cleans_them(sample: SampleLeads, schema: LeadSchema) -> None:
    mapping = map_frame(sample.labelled, schema)
    data = make_training_data(sample.labelled, schema, mapping)
    for some in (schema, schema.without(["city_mapped"]), schema.without(["syllabus", "referred_lead"])):
        expected = clean_leads(mapping.apply(sample.labelled, some), some).drop(columns=LABEL)
        pd.testing.assert_frame_equal(data.cleaned(some), expected)


def test_chunks_give_what_one_piece_gives(
    labelled_path: Path, schema: LeadSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = open_list(labelled_path, schema)
    whole = read_training_data(leads)
    monkeypatch.setattr(LeadList, "chunks", lambda self: iter_leads(self.paths, chunk_rows=400))
    pieces = read_training_data(leads)
    pd.testing.assert_frame_equal(whole.columns, pieces.columns)
    assert whole.fingerprint == pieces.fingerprint
    assert whole.findings == pieces.findings
    for kind, hashes in whole.identities.items():
        assert np.array_equal(hashes, pieces.identities[kind])


def test_the_file_gives_them_back(labelled_path: Path, schema: LeadSchema, tmp_path: Path) -> None:
    data = read_training_data(open_list(labelled_path, schema))
    data = replace(data, label=np.where(np.arange(len(data)) < 7, np.nan, data.label))
    save_training_data(data, tmp_path / "clean.parquet")
    again = load_training_data(tmp_path / "clean.parquet")
    pd.testing.assert_frame_equal(again.columns, data.columns)
    assert np.array_equal(again.label, data.label, equal_nan=True)
    assert (again.name, again.schema, again.headers) == (data.name, data.schema, data.headers)
    assert again.findings == data.findings
    assert again.fingerprint == data.fingerprint
    assert len(again.known) == len(data) - 7


@pytest.mark.parametrize("content", [b"", b"PAR1", "frame"])
def test_another_file_is_refused_in_words(tmp_path: Path, content: bytes | str) -> None:
    path = tmp_path / "clean.parquet"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(UnreadableFileError, match=r"clean.parquet does not hold leads that were cleaned for training"):
        load_training_data(path)


def test_a_lead_in_two_lists_repeats_itself_and_what_one_lacks_is_missing(
    sample: SampleLeads, schema: LeadSchema
) -> None:
    first = sample.labelled.head(300)
    second = sample.labelled.iloc[200:500].drop(columns="total_leads_droppped")
    one, other = (make_training_data(part, schema, map_frame(part, schema)) for part in (first, second))
    both = join_training_data([one, other])
    assert len(both) == 600
    assert (both.columns["total_leads_droppped"].iloc[300:] == 0).all()
    assert both.columns["total_leads_droppped"].dtype == "int64"
    twice = join_training_data([one, one])
    assert np.array_equal(twice.row_hash[:300], twice.row_hash[300:])
    result = pd.Series(both.label).where(both.columns.index % 9 > 0, 0).astype("int64")
    leaky = replace(both, columns=both.columns.assign(referred_lead=result)).audited()
    assert [(f.column, f.is_certain) for f in leaky.findings][0] == ("referred_lead", True)
    assert "created_date" not in {f.column for f in leaky.findings}


def test_one_outcome_alone_is_refused(sample: SampleLeads, schema: LeadSchema) -> None:
    frame = sample.labelled.assign(**{LABEL: "1"})
    with pytest.raises(LabelError, match="every lead that has an outcome completed"):
        make_training_data(frame, schema, map_frame(frame, schema))
