"""The clock is put back or was wrong: who has a lead, what came last and what is newest stay what they were."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from leadscore_core.batches.save import save_batch
from leadscore_core.config import Settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining import jobs
from leadscore_core.storage.database import claims, contacts, engine
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.claims import ClaimStore, Waiting
from leadscore_core.storage.database.contacts import ContactStore, Result
from leadscore_core.storage.database.engine import now, open_database
from leadscore_core.storage.database.people import LeadKeys
from leadscore_core.storage.database.tables import PersonRow

LEAD = LeadKeys(3, (("email", "", 17),))
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)


def set_clock(patch: pytest.MonkeyPatch, at: datetime) -> None:
    for module in (claims, contacts, engine):
        patch.setattr(module, "now", lambda: at)


def test_a_claim_stays_one_callers_and_none_of_a_wrong_clock_stays_for_ever(
    monday: Batch, kept: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, noon = ClaimStore(kept), now()
    store.enqueue(monday, [Waiting(LEAD)])
    set_clock(monkeypatch, noon)
    assert store.claim_next(monday, "Anna") is not None
    set_clock(monkeypatch, noon - HOUR)
    assert store.claim_next(monday, "Ben") is None, "Anna is calling"
    assert store.holds(monday, "Anna")
    set_clock(monkeypatch, noon - YEAR)
    claim = store.claim_next(monday, "Ben")
    assert claim is not None, "the clock had been a year ahead"
    assert not store.holds(monday, "Anna")


@pytest.mark.parametrize("back", [HOUR, YEAR], ids=["an hour", "a year"])
def test_what_a_person_said_last_counts_whatever_the_clock_says(
    monday: Batch, kept: Settings, monkeypatch: pytest.MonkeyPatch, back: timedelta
) -> None:
    store, noon = ContactStore(kept), now()
    for at, result in ((noon, Result("interested")), (noon - back, Result("not_interested"))):
        set_clock(monkeypatch, at)
        attempt = store.record(monday.schema_name, monday.id, LEAD, result, caller="Anna")
    with open_database(kept).session() as session:
        (person,) = session.query(PersonRow).all()
        assert (person.state, person.last_result) == ("lost", "not_interested")
    store.undo(attempt, by="Anna")
    store.record(monday.schema_name, monday.id, LEAD, Result("no_answer"), caller="Anna")
    with open_database(kept).session() as session:
        (person,) = session.query(PersonRow).all()
        assert person.last_result == "no_answer"
        assert person.not_before is None or engine.aware(person.not_before) <= noon - back + timedelta(days=1)


def test_the_newest_list_and_run_are_the_last_ones(
    monday: Batch, kept: Settings, trained: LeadModel, new_list: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_clock(monkeypatch, now() - HOUR)
    leads = open_list(new_list, trained.schema, settings=kept)
    later = save_batch(leads, trained, name="Later", settings=kept)
    assert [batch.id for batch in BatchStore(kept).list_batches()] == [later.id, monday.id]
    (tmp_path / "20261129-101112-abcdef").mkdir()
    (tmp_path / "something else").mkdir()
    newest = jobs._newest_run(tmp_path)
    assert newest is not None
    set_clock(monkeypatch, newest - HOUR)
    assert engine.after(newest) > newest
    set_clock(monkeypatch, newest - YEAR)
    assert engine.after(newest) < newest, "that clock was wrong by far"


def test_the_champion_is_the_one_put_to_use_last_not_that_of_the_latest_moment(
    registry: ModelRegistry, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadscore_core.registry import champions

    second = trained.metadata.model_copy(
        update={"model_id": "second", "created_at": trained.metadata.created_at - YEAR}
    )
    registry.publish(type(trained)(trained.pipeline, second, trained.out_of_sample))

    class Back(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2020, 1, 1, tzinfo=tz)  # type: ignore[arg-type]

    monkeypatch.setattr(champions, "datetime", Back)
    registry.promote("second", by="Anna", reason="the clock was put back")
    assert registry.champion_id == "second"
    assert registry.history()[0]["model_id"] == "second"
    assert registry.rollback() == trained.model_id
