"""Decisions about single leads: kept, dated, never doubled."""

from datetime import timedelta
from pathlib import Path

import pytest

from leadscore_core.batches.save import save_batch
from leadscore_core.config import Settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.errors import StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database import decisions as decisions_module
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.decisions import DecisionStore


@pytest.fixture
def mine(kept: Settings, new_list: Path, trained: LeadModel) -> Batch:
    return save_batch(open_list(new_list, trained.schema, settings=kept), trained, name="Monday", settings=kept)


def test_restoring_twice_counts_once(kept: Settings, mine: Batch) -> None:
    store = DecisionStore(kept)
    assert store.restore(mine, [3, 1, 3], note="asked for a call", by="Anna") == 2
    assert store.restore(mine, [1, 9], note="", by="Ben") == 1
    assert store.restored_rows(mine).tolist() == [1, 3, 9]
    result = store.restored(mine, 1)
    assert result is not None
    assert (result.note, result.by) == ("asked for a call", "Anna")
    store.unrestore(mine, [1, 3])
    assert store.restored_rows(mine).tolist() == [9]


def test_many_leads_are_restored_at_once(kept: Settings, mine: Batch) -> None:
    store = DecisionStore(kept)
    assert store.restore(mine, range(25_000), note="all", by="Anna") == 25_000
    assert len(store.restored_rows(mine)) == 25_000
    store.unrestore(mine, range(25_000))
    assert len(store.restored_rows(mine)) == 0


def test_an_override_has_an_author_and_an_end(kept: Settings, mine: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DecisionStore(kept)
    store.set_override(mine, 7, "Hot", days=14, note="wants to start", author="Anna")
    store.set_override(mine, 7, "Warm", days=3, note="", author="Ben")
    (held,) = store.overrides(mine).values()
    assert (held.grade, held.author, held.expires_at - held.set_at) == ("Warm", "Ben", timedelta(days=3))
    later = decisions_module.now() + timedelta(days=4)
    with monkeypatch.context() as then:
        then.setattr(decisions_module, "now", lambda: later)
        assert store.overrides(mine) == {}
    store.end_override(mine, 7)
    assert store.overrides(mine) == {}
    with pytest.raises(StorageError, match="1 to 365 days"):
        store.set_override(mine, 7, "Hot", days=0, note="", author="")


def test_restoring_ends_a_grade_of_junk_that_was_set_before(kept: Settings, mine: Batch) -> None:
    store = DecisionStore(kept)
    store.set_override(mine, 7, "Junk", days=14, note="", author="Ben")
    store.set_override(mine, 8, "Hot", days=14, note="", author="Ben")
    store.restore(mine, [7, 8], note="", by="Anna")
    assert list(store.overrides(mine)) == [8]


def test_feedback_is_listed_until_it_is_reviewed(kept: Settings, mine: Batch) -> None:
    store = DecisionStore(kept)
    for row, verdict in ((1, "too_high"), (2, "customer")):
        store.give_feedback(mine, row, verdict, note="x", author="Anna", propensity=0.5, model_id="m")
    first, second = store.feedback()
    assert (first.row, first.verdict, first.batch_name) == (2, "customer", "Monday")
    store.close_feedback(second.id)
    assert [f.row for f in store.feedback()] == [2]
    assert len(store.feedback(open_only=False)) == 2
    with pytest.raises(StorageError, match="Feedback is one of"):
        store.give_feedback(mine, 1, "nonsense", note="", author="", propensity=0.5, model_id="m")


def test_decisions_go_with_their_batch(kept: Settings, mine: Batch) -> None:
    store = DecisionStore(kept)
    store.give_feedback(mine, 1, "other", note="", author="", propensity=0.1, model_id="m")
    BatchStore(kept).delete(mine)
    assert store.feedback() == []
    with pytest.raises(StorageError, match="deleted"):
        store.set_override(mine, 1, "Hot", days=1, note="", author="")
    with pytest.raises(StorageError, match="deleted"):
        store.give_feedback(mine, 1, "other", note="", author="", propensity=0.1, model_id="m")
