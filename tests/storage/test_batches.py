"""Batches: whole or not at all, renamed, re-scored, deleted; the same on SQLite and PostgreSQL."""

import os
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

from leadscore_core.batches.save import find_batch, rescore_batch, save_batch
from leadscore_core.config import Settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.errors import LeadScoreError, StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database import batches as batches_module
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.database.engine import now


def keep(settings: Settings, path: Path, model: LeadModel, name: str = "Monday") -> Batch:
    return save_batch(open_list(path, model.schema, settings=settings), model, name=name, by="Anna", settings=settings)


def test_a_batch_comes_back_as_it_was_kept(kept: Settings, new_list: Path, trained: LeadModel) -> None:
    batch = keep(kept, new_list, trained)
    (again,) = BatchStore(kept).list_batches()
    assert again == batch
    assert (again.name, again.created_by, again.rows, again.file_name) == ("Monday", "Anna", 250, "new_leads.csv")
    assert again.scoring.model_id == trained.model_id
    assert sum(again.scoring.counts["grades"].values()) == 250
    scores = pd.read_parquet(again.scores_path)
    assert again.scoring.expected == pytest.approx(scores["ls_propensity"].sum())


def test_the_same_file_is_recognised(kept: Settings, new_list: Path, trained: LeadModel, tmp_path: Path) -> None:
    leads = open_list(new_list, trained.schema, settings=kept)
    assert find_batch(leads, kept) is None
    batch = keep(kept, new_list, trained)
    copy = tmp_path / "another name.csv"
    shutil.copy(new_list, copy)
    assert find_batch(open_list(copy, trained.schema, settings=kept), kept) == batch
    with copy.open("a") as file:
        file.write("\n")
    assert find_batch(open_list(copy, trained.schema, settings=kept), kept) is None


def test_lists_of_one_second_stand_in_the_order_in_which_they_came(
    kept: Settings, trained: LeadModel, new_list: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now()
    monkeypatch.setattr(batches_module, "after", lambda _newest: moment)
    keys = iter([f"{moment:%Y%m%d-%H%M%S}-{place:05x}abc" for place in (7, 8, 10)])
    monkeypatch.setattr(batches_module, "key_of_moment", lambda _moment: next(keys))
    made = [keep(kept, new_list, trained, name) for name in ("first", "second", "third")]
    assert len({batch.created_at for batch in made}) == 1
    assert [batch.name for batch in BatchStore(kept).list_batches()] == ["third", "second", "first"]
    assert find_batch(open_list(new_list, trained.schema, settings=kept), kept) == made[-1]


def test_renaming_and_deleting(kept: Settings, new_list: Path, trained: LeadModel) -> None:
    store, batch = BatchStore(kept), keep(kept, new_list, trained)
    assert store.rename(batch, "  October   leads ").name == "October leads"
    for bad in ("", "x" * 201):
        with pytest.raises(StorageError, match="1 to 200 characters"):
            store.rename(batch, bad)
    DecisionStore(kept).restore(batch, [1, 2], note="", by="Anna")
    store.delete(batch)
    assert store.list_batches() == []
    assert not batch.folder.exists()
    assert new_list.is_file()
    with pytest.raises(StorageError, match="any more"):
        store.get(batch.id)
    with pytest.raises(StorageError):
        DecisionStore(kept).restore(batch, [3], note="", by="Anna")


def test_scoring_again_keeps_decisions_and_earlier_scores(kept: Settings, new_list: Path, trained: LeadModel) -> None:
    batch = keep(kept, new_list, trained)
    DecisionStore(kept).restore(batch, [5], note="he asked for a call", by="Anna")
    again = rescore_batch(batch, trained, by="Ben", settings=kept)
    assert again.scoring.number == 2
    assert [s.number for s in BatchStore(kept).scorings(again)] == [1, 2]
    assert batch.scores_path.is_file()
    assert DecisionStore(kept).restored_rows(again).tolist() == [5]
    columns = [c for c in pd.read_parquet(batch.scores_path) if c != "ls_draw"]
    pd.testing.assert_frame_equal(
        pd.read_parquet(batch.scores_path)[columns], pd.read_parquet(again.scores_path)[columns]
    )


def test_a_crash_while_saving_leaves_no_half_batch(
    kept: Settings, new_list: Path, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(batches_module, "_scoring_row", crash)
        with pytest.raises(RuntimeError):
            keep(kept, new_list, trained)
    assert BatchStore(kept).list_batches() == []
    assert list(BatchStore(kept).root.iterdir()) == []
    assert keep(kept, new_list, trained).rows == 250


def test_what_a_killed_process_left_is_swept(kept: Settings, new_list: Path, trained: LeadModel) -> None:
    batch, store = keep(kept, new_list, trained), BatchStore(kept)
    for name in (".staging-old", "20260101-000000-orphan", "20260101-000000-unsettled", "20260101-000000-other"):
        (store.root / name).mkdir()
    for name in (batch.id, "20260101-000000-unsettled"):
        (store.root / name / ".unsettled").write_text(store._database_mark())
    (store.root / "20260101-000000-other" / ".unsettled").write_text("of another database")
    with store.staging() as at_work:
        (store.root / ".staging-old").mkdir(exist_ok=True)
        assert sorted(store.sweep()) == [".staging-old", "20260101-000000-unsettled"]
        assert at_work.is_dir(), "its process lives"
    assert batch.leads_path.is_file()
    assert not (batch.folder / ".unsettled").exists(), "its row is there, so it was saved"
    assert (store.root / "20260101-000000-orphan").is_dir(), "another database may know it"
    assert (store.root / "20260101-000000-other").is_dir(), "another database may know it"


@pytest.mark.parametrize("step", ["writing", "sorting"])
def test_a_full_disk_is_said_and_nothing_is_kept(
    kept: Settings, new_list: Path, trained: LeadModel, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    target = (
        ("leadscore_core.batches.save._write_chunks", full)
        if step == "writing"
        else ("leadscore_core.batches.save.sort_into", full)
    )
    with monkeypatch.context() as broken:
        broken.setattr(*target)
        with pytest.raises(LeadScoreError, match="No space left on device"):
            keep(kept, new_list, trained)
    assert BatchStore(kept).list_batches() == []


def test_a_batch_deleted_by_another_cannot_be_scored_again(kept: Settings, new_list: Path, trained: LeadModel) -> None:
    batch = keep(kept, new_list, trained)
    BatchStore(kept).delete(batch)
    with pytest.raises(LeadScoreError):
        rescore_batch(batch, trained, settings=kept)


def test_another_database_costs_no_batch_its_files(
    kept: Settings, new_list: Path, trained: LeadModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    batch = keep(kept, new_list, trained)
    os.utime(batch.folder, (time.time() - 86_400,) * 2)
    monkeypatch.setenv("LEADSCORE_DATABASE_URL", f"sqlite:///{tmp_path / 'another.db'}")
    keep(Settings(), new_list, trained)
    assert batch.scores_path.is_file()


def test_two_people_scoring_again_at_once_do_not_mix(
    kept: Settings, new_list: Path, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadscore_core.batches import save as keep_module

    batch = keep(kept, new_list, trained)
    once = keep_module.mark_repeats

    def meanwhile(*args: object, **kwargs: object) -> object:
        monkeypatch.setattr(keep_module, "mark_repeats", once)
        rescore_batch(batch, trained, by="Ben", settings=kept)
        return once(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(keep_module, "mark_repeats", meanwhile)
    with pytest.raises(StorageError, match="somebody else in the meantime"):
        rescore_batch(batch, trained, by="Anna", settings=kept)
    present = BatchStore(kept).get(batch.id)
    assert (present.scoring.number, present.scoring.scored_by) == (2, "Ben")
    assert present.scores_path.is_file()


def test_a_batch_whose_file_is_gone_does_not_stop_the_next(
    kept: Settings, new_list: Path, trained: LeadModel, tmp_path: Path
) -> None:
    for fault in (lambda path: path.unlink(), lambda path: path.write_bytes(b"PAR1 nonsense")):
        batch = keep(kept, new_list, trained)
        fault(batch.scores_path)
        assert keep(kept, new_list, trained).rows == 250
