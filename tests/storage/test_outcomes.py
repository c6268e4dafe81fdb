"""Outcomes: kept whole, later ones over earlier ones, on SQLite and PostgreSQL."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from leadscore_core.batches.save import save_batch
from leadscore_core.config import Settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.errors import ConflictError, StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.outcomes import OutcomeStore


@pytest.fixture
def saved(kept: Settings, new_list, trained: LeadModel) -> Batch:
    return save_batch(open_list(new_list, trained.schema, settings=kept), trained, name="Monday", settings=kept)


def test_outcomes_add_up_and_later_ones_hold(kept: Settings, saved: Batch) -> None:
    store = OutcomeStore(kept)
    assert store.current(saved) is None
    store.add(saved, np.array([3, 5, 7]), np.array([1, 0, 0]), file_name="march.csv", by="Anna")
    known = store.add(saved, np.array([7, 9]), np.array([1, 0]), file_name="april.csv", by="Bela")
    assert (known.number, known.known, known.completed, known.recorded_by) == (2, 4, 2, "Bela")
    result = pq.read_table(known.path).to_pydict()
    assert dict(zip(result["ls_row"], result["ls_completed"], strict=True)) == {3: 1, 5: 0, 7: 1, 9: 0}
    assert [o.file_name for o in store.history(saved)] == ["april.csv", "march.csv"]


def test_a_correction_takes_the_place_of_what_it_corrects_and_of_nothing_else(kept: Settings, saved: Batch) -> None:
    def known() -> dict[int, int]:
        now = store.current(saved)
        assert now is not None
        result = pq.read_table(now.path).to_pydict()
        return dict(zip(result["ls_row"], result["ls_completed"], strict=True))

    store = OutcomeStore(kept)
    store.add(saved, np.array([1]), np.array([1]), file_name="march.csv")
    wrong = store.add(saved, np.array([1, 2]), np.array([0, 1]), file_name="april.csv")
    better = store.add(saved, np.array([3]), np.array([1]), file_name="april.csv", instead_of=wrong.entry)
    assert known() == {1: 1, 3: 1}
    right = store.add(saved, np.array([4]), np.array([0]), file_name="april.csv", instead_of=better.entry)
    assert known() == {1: 1, 4: 0}
    store.add(saved, np.array([5]), np.array([1]), file_name="may.csv")
    store.add(saved, np.array([6]), np.array([1]), file_name="april.csv", instead_of=right.entry)
    assert known() == {1: 1, 4: 0, 5: 1, 6: 1}, "what came in the meantime is not undone"


def test_whoever_comes_second_overwrites_nothing(kept: Settings, saved: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = OutcomeStore(kept), OutcomeStore(kept)
    first.add(saved, np.array([1]), np.array([1]), file_name="a")
    monkeypatch.setattr(second, "history", lambda _: [])
    with pytest.raises(ConflictError, match="Somebody else brought outcomes for Monday"):
        second.add(saved, np.array([1]), np.array([0]), file_name="b")
    known = first.current(saved)
    assert known is not None
    assert known.completed == 1
    assert sorted(p.name for p in saved.folder.glob("*outcomes*")) == ["outcomes-0001.parquet"]


def test_a_full_disk_leaves_everything_as_it_was(kept: Settings, saved: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("leadscore_core.storage.database.outcomes.pq.write_table", full)
    with pytest.raises(StorageError, match="No space left on device"):
        OutcomeStore(kept).add(saved, np.array([1]), np.array([1]), file_name="a")
    assert OutcomeStore(kept).history(saved) == []
    assert list(saved.folder.glob("*outcomes*")) == []


def test_they_go_with_their_batch(kept: Settings, saved: Batch) -> None:
    OutcomeStore(kept).add(saved, np.array([1]), np.array([1]), file_name="a")
    BatchStore(kept).delete(saved)
    assert OutcomeStore(kept).history(saved) == []
