"""The week: everybody is called once, shares are worth about the same, call-backs come on their day."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.batches import week as week_module
from leadscore_core.batches.queue import CallQueue
from leadscore_core.batches.save import save_batch
from leadscore_core.batches.view import SHORT, BatchView, open_view
from leadscore_core.batches.week import Caller, WeekOrder, plan_week
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.errors import StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.contacts import Result
from leadscore_core.storage.database.engine import now
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort

CALLS = LeadFilter()
NAMES = ("Anna", "Ben", "Cem", "Dora", "Eve")


def five_days(first: date | None = None) -> tuple[date, ...]:
    start = first or now().date()
    return tuple(start + timedelta(days=k) for k in range(5))


@given(
    propensity=st.lists(st.floats(0, 1), max_size=60).map(lambda values: sorted(values, reverse=True)),
    capacities=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    owners=st.lists(st.integers(-3, 4), min_size=60, max_size=60),
)
def test_a_day_calls_each_lead_once_and_the_best_first(
    propensity: list[float], capacities: list[int], owners: list[int]
) -> None:
    callers = [Caller(name, calls) for name, calls in zip(NAMES, capacities, strict=False)]
    named = [callers[at].name if 0 <= at < len(callers) else "" for at in owners[: len(propensity)]]
    for owner in ([""] * len(propensity), named):
        pool = week_module._Pool(list(range(len(propensity))), propensity, owner, [None] * len(propensity))
        shares, owned = week_module._share_out(pool, callers, date(2026, 11, 30))
        called = [row for share in shares for row in share.rows]
        assert len(set(called)) == len(called)
        assert [len(share.rows) <= caller.calls_a_day for share, caller in zip(shares, callers, strict=True)]
        for share in shares:
            assert share.rows == sorted(share.rows)
            assert share.expected == pytest.approx(sum(propensity[row] for row in share.rows))
            assert all(owner[row] in {"", share.caller} for row in share.rows)
        assert owned == sum(owner[row] != "" for row in called)
        if not any(owner):
            assert sorted(called) == list(range(min(len(propensity), sum(capacities))))
            if len(set(capacities)) == 1 and len(called) == sum(capacities):
                values = [share.expected for share in shares]
                assert max(values) - min(values) <= max(propensity[:1], default=0) + 1e-9


def test_a_week_of_five_callers_is_worth_the_same_to_each(view: BatchView) -> None:
    order = WeekOrder(tuple(Caller(name, 7) for name in NAMES), five_days())
    week = plan_week(view, order)
    calls = view.table.rows_of(CALLS, Sort()).tolist()
    planned = [row for share in week.shares for row in share.rows]
    assert sorted(planned) == sorted(calls[: len(planned)])
    assert week.left == len(calls) - len(planned)
    for day in order.days:
        values = [share.expected for share in week.shares if share.day == day]
        assert max(values) - min(values) < 0.5
    first = [share for share in week.shares if share.day == order.days[0]]
    assert {row for share in first for row in share.rows} == set(calls[:35])


def test_who_was_called_is_out_and_call_backs_come_on_their_day(view: BatchView, trained: LeadModel) -> None:
    settings = load_settings()
    days = five_days()
    calls = view.table.rows_of(CALLS, Sort()).tolist()
    queue = CallQueue(view, settings)
    wednesday = datetime.combine(days[2], time(15), UTC)
    queue.record(calls[0], Result("interested"), caller="Anna")
    queue.record(calls[40], Result("call_back", call_back_at=wednesday), caller="Anna")
    queue.record(calls[41], Result("call_back", call_back_at=wednesday + timedelta(days=30)), caller="Anna")
    after = open_view(view.batch, lambda _: trained, trained.schema)
    why = after.present(after.table.by_rows(np.array([calls[40], calls[1]])), [SHORT])[SHORT].tolist()
    assert [text.startswith("Call back. ") for text in why] == [True, False]
    week = plan_week(after, WeekOrder((Caller("Anna", 5), Caller("Ben", 4)), days))
    day_of = {row: share.day for share in week.shares for row in share.rows}
    assert calls[0] not in day_of
    assert calls[41] not in day_of
    assert day_of[calls[40]] == days[2]
    assert Counter(day_of.values()) == dict.fromkeys(days, 9)


def test_leads_stay_with_their_owner_unless_that_is_switched_off(
    sample: SampleLeads, trained: LeadModel, places: Path, tmp_path: Path
) -> None:
    path = tmp_path / "owned.csv"
    owners = ["anna.roy@example.com" if k % 3 == 0 else "Gone Person" if k % 3 == 1 else "" for k in range(250)]
    sample.new.head(250).assign(**{"Lead Owner": owners[: len(sample.new.head(250))]}).to_csv(path, index=False)
    batch = save_batch(open_list(path, trained.schema), trained, name="Owned")
    view = open_view(batch, lambda _: trained, trained.schema)
    callers = (Caller("Anna Roy", 20), Caller("Ben", 20))
    week = plan_week(view, WeekOrder(callers, five_days()))
    assert (week.owner, week.owned > 30) == ("Lead Owner", True)
    for share in week.shares:
        for row in share.rows:
            assert share.caller == "Anna Roy" or owners[row] != "anna.roy@example.com"
    free = plan_week(view, WeekOrder(callers, five_days(), keep_owner=False))
    assert (free.owner, free.owned) == ("", 0)
    assert any(owners[row] == "anna.roy@example.com" for share in free.of("Ben") for row in share.rows)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (WeekOrder((), five_days()), "at least one caller"),
        (WeekOrder((Caller("Anna", 3),), ()), "at least one caller and one day"),
        (WeekOrder((Caller(" ", 3),), five_days()), "has no name"),
        (WeekOrder((Caller("Anna", 3), Caller("anna", 4)), five_days()), "stands twice"),
        (WeekOrder((Caller("Anna", 0),), five_days()), "Calls a day are 1 to"),
    ],
)
def test_a_plan_that_cannot_be_is_said(view: BatchView, order: WeekOrder, words: str) -> None:
    with pytest.raises(StorageError, match=words):
        plan_week(view, order)
