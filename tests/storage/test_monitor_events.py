"""What the monitor found and what is to be posted, in both databases; who may not say so is refused."""

from datetime import timedelta

import pytest

from leadscore_core.access.permissions import Action, PersonRole
from leadscore_core.access.person import Person, acting_as
from leadscore_core.config import Settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.storage.database.audit import read_audit
from leadscore_core.storage.database.engine import now
from leadscore_core.storage.database.monitor_events import TRIAL, VERDICT, MonitorEvent, MonitorEventStore
from leadscore_core.storage.database.outbox import Outbox


def test_events_come_back_in_the_order_of_time(kept: Settings) -> None:
    store, moment = MonitorEventStore(kept), now()
    for day, kind in enumerate((VERDICT, TRIAL, VERDICT)):
        store.add(MonitorEvent(kind, "gym", {"day": day}, at=moment + timedelta(days=day)))
    store.add(MonitorEvent(VERDICT, "other", {"day": 9}))
    assert [one.data["day"] for one in store.history("gym")] == [2, 1, 0]
    assert [one.data["day"] for one in store.history("gym", VERDICT, most=1)] == [2]
    assert store.history("gym")[0].at == moment + timedelta(days=2)
    assert store.history("gym", batch_id="none") == []


def test_a_message_is_claimed_once_and_waits_longer_each_time(kept: Settings) -> None:
    outbox, moment = Outbox(kept), now()
    key = outbox.put("https://example.org/hook", "{}")
    (message,) = outbox.claim(moment)
    assert (message.key, message.tries) == (key, 0)
    assert outbox.claim(moment) == []
    outbox.settle(message, "answered 500", moment)
    assert outbox.claim(moment + timedelta(seconds=20)) == []
    (again,) = outbox.claim(moment + timedelta(seconds=31))
    outbox.settle(again, "answered 500", moment)
    assert outbox.claim(moment + timedelta(seconds=50)) == []
    (third,) = outbox.claim(moment + timedelta(seconds=90))
    outbox.settle(third, "", moment)
    assert outbox.waiting() == []


def test_who_may_not_start_a_trial_is_refused_and_who_does_stands_in_the_audit(kept: Settings) -> None:
    store = MonitorEventStore(kept)
    caller = Person("c", "Cem", frozenset({PersonRole.CALLER}))
    with acting_as(caller), pytest.raises(LeadScoreError):
        store.add(MonitorEvent(TRIAL, "gym", {}), Action.PLAN)
    assert store.history("gym") == []
    added = store.add(MonitorEvent(TRIAL, "gym", {}), Action.PLAN)
    assert any(entry.object == f"trial {added.id}" for entry in read_audit(kept))
