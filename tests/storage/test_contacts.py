"""Contact attempts: what follows from them, for whom they hold, and who is whose to call."""

import subprocess
import sys
import textwrap
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.batches import person_links
from leadscore_core.batches.known_people import contacts_of, lead_keys, match_newest
from leadscore_core.batches.lead_profile import describe_lead
from leadscore_core.batches.queue import CallQueue
from leadscore_core.batches.view import BatchView, open_view
from leadscore_core.batches.week import Share, Week
from leadscore_core.config import CallRules, Settings
from leadscore_core.errors import StorageError
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database import claims, contacts, decisions
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.claims import ClaimStore, Waiting
from leadscore_core.storage.database.contact_states import RESULTS, SUPPRESSING, Attempt, state_after
from leadscore_core.storage.database.contacts import ContactStore, Result
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.database.people import LeadKeys
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import Sort
from tests.paths import IS_SOAK

MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
CALLS, ALL = LeadFilter(), LeadFilter(section="all")
ATTEMPTS = st.lists(
    st.builds(
        Attempt,
        st.integers(0, 10_000).map(lambda minutes: MONDAY + timedelta(minutes=minutes)),
        st.sampled_from(sorted(RESULTS)),
        st.just(MONDAY + timedelta(days=9)),
    ),
    max_size=12,
)


def keys(row: int, **known: int) -> LeadKeys:
    return LeadKeys(row, tuple((kind, "codepro" if kind == "id" else "", key) for kind, key in known.items()))


def look(batch: Batch, model: LeadModel) -> BatchView:
    return open_view(batch, lambda _: model, model.schema)


@given(ATTEMPTS)
def test_a_state_follows_from_the_attempts_alone(made: list[Attempt]) -> None:
    rules = CallRules()
    state = state_after(made, rules)
    assert state == state_after(sorted(made, key=lambda one: one.at), rules)
    assert state.attempts == len(made)
    assert (state.state == "suppressed") == any(one.result in SUPPRESSING for one in made)
    assert (state.state == "new") == (not made)
    unanswered = [one for one in made if one.result in {"no_answer", "busy"}]
    if len(unanswered) == len(made) > 0:
        assert state.state == ("unreachable" if len(made) >= rules.most_attempts else "attempted")
    if state.state == "attempted":
        assert state.not_before is not None
        assert state.not_before > max(one.at for one in made) - timedelta(minutes=1)


def test_who_was_won_stays_so_when_nobody_answers_later() -> None:
    later = [Attempt(MONDAY + timedelta(days=day), "no_answer") for day in range(1, 9)]
    assert state_after([Attempt(MONDAY, "converted"), *later], CallRules()).state == "won"
    assert state_after([Attempt(MONDAY, "interested"), *later], CallRules()).state == "reached"
    assert state_after([*later, Attempt(MONDAY + timedelta(days=20), "interested")], CallRules()).state == "reached"


def test_an_attempt_is_kept_counts_and_can_be_undone(kept: Settings) -> None:
    store = ContactStore(kept)
    first = store.record("codepro", "b1", keys(0, id=1, phone=7), Result("no_answer"), caller="Anna")
    again = store.record("codepro", "b2", keys(5, id=1, email=3), Result("interested", note="by mail"), caller="Ben")
    known = store.history([1])
    assert [(one.result, one.batch_id, one.caller) for one in known] == [
        ("interested", "b2", "Ben"), ("no_answer", "b1", "Anna")
    ]  # fmt: skip
    assert store.undo(again, by="Ben")
    assert not store.undo(again, by="Ben")
    assert [one.id for one in store.history([1])] == [first]
    with pytest.raises(StorageError, match="needs a day and a time"):
        store.record("codepro", "b1", keys(0, id=1), Result("call_back"), caller="Anna")
    with pytest.raises(StorageError, match="'maybe' came"):
        store.record("codepro", "b1", keys(0, id=1), Result("maybe"), caller="Anna")
    assert len(store.history([1])) == 1


def test_people_are_told_apart_and_known_again(kept: Settings) -> None:
    store = ContactStore(kept)
    said = [
        contacts.Said(lead, "Anna", Result("no_answer"))
        for lead in (
            keys(0, id=1, email=10, phone=20),
            keys(1, id=2, email=11, phone=20),  # a family's phone
            keys(2, email=10),
            keys(3, phone=99),
            keys(4, id=1, email=77, phone=78),  # another system's id
        )
    ]
    store.record_all("codepro", "b", said)
    assert Counter(one.person_id for one in store.history(range(10))) == {1: 2, 2: 1, 3: 1, 4: 1}
    store.record("other", "b", keys(0, email=10), Result("busy"), caller="Anna")
    assert {one.person_id for one in store.history([5])} == {5}  # another company's attempts are its own


def test_a_list_knows_who_was_called_on_another(
    kept: Settings, monday: Batch, trained: LeadModel, tuesday: Batch
) -> None:
    before = look(monday, trained)
    rows = before.table.rows_of(CALLS, Sort())[:9]
    queue = CallQueue(before, kept)
    results = ["interested", "converted", "not_interested", "do_not_call", "customer", "no_answer", "call_back"]
    for row, result in zip(rows.tolist(), results, strict=False):
        at = MONDAY - timedelta(days=900)
        queue.record(row, Result(result, call_back_at=at if result == "call_back" else None), caller="Anna")
    after, same = look(tuesday, trained), look(monday, trained)
    for view in (after, same):
        states = {state: n for state, (n, _) in view.table.by_state().items()}
        wanted = {"reached": 1, "won": 1, "lost": 1, "suppressed": 2, "attempted": 1, "call_back": 1}
        assert {state: states.get(state) for state in wanted} == wanted
        to_call = view.table.rows_of(CALLS, Sort()).tolist()
        assert len(to_call) == len(before.table.rows_of(CALLS)) - 5
        page = view.table.page(CALLS, Sort(), 0, len(to_call))
        assert page["ls_row"].tolist() == to_call
        assert page["ls_state"].iloc[0] == "call_back"
        assert page["ls_state"].iloc[-1] == "attempted"  # its wait is not over
        ranks = page["ls_rank"].tolist()[1:-1]
        assert ranks == sorted(ranks)
        for sort in (
            Sort("first_utm_source_c", descending=True),
            Sort("arrival"),
            Sort("ls_state"),
            Sort("ls_last_at"),
        ):
            assert view.table.page(CALLS, sort, 0, 999)["ls_row"].tolist() == view.table.rows_of(CALLS, sort).tolist()
        aside = view.table.page(LeadFilter(section="quarantine"), Sort(), 0, 999)
        assert sorted(set(aside["ls_junk"]) & {"do_not_call", "customer"}) == ["customer", "do_not_call"]
        everybody = view.table.page(ALL, Sort(), 0, 999)
        assert len(everybody) == view.table.rows
        won = view.table.page(LeadFilter(states=("won",)), Sort(), 0, 9)
        assert won["ls_last_result"].tolist() == ["converted"]


def test_nobody_waits_for_who_is_who_on_the_newest_lists(
    kept: Settings, monday: Batch, trained: LeadModel, tuesday: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = look(monday, trained)
    row = int(before.table.rows_of(CALLS, Sort())[0])
    CallQueue(before, kept).record(row, Result("interested"), caller="Anna")
    match_newest(kept)
    monkeypatch.setattr(person_links.Links, "_link", lambda *_: pytest.fail("people are looked for again"))
    for batch in (monday, tuesday):
        assert look(batch, trained).table.by_state()["reached"][0] == 1


def test_who_asked_not_to_be_called_is_never_restored_to_a_call_list(
    kept: Settings, monday: Batch, trained: LeadModel, tuesday: Batch
) -> None:
    view = look(monday, trained)
    row = int(view.table.rows_of(CALLS, Sort())[0])
    CallQueue(view, kept).record(row, Result("do_not_call"), caller="Anna")
    store = contacts_of(tuesday, look(tuesday, trained).table, kept)
    (there,) = store.row[store.suppressed_by == "do_not_call"].tolist()
    DecisionStore(kept).restore(tuesday, [there], note="", by="Ben")
    DecisionStore(kept).set_override(tuesday, there, "Hot", days=3, note="", author="Ben")
    after = look(tuesday, trained)
    assert there not in after.table.rows_of(CALLS)
    assert after.table.by_row(there)["ls_junk"].iloc[0] == "do_not_call"


def test_a_grade_set_by_hand_moves_the_lead_and_holds_on_the_next_list(
    kept: Settings, monday: Batch, trained: LeadModel, tuesday: Batch
) -> None:
    view = look(monday, trained)
    order = view.table.rows_of(CALLS, Sort())
    first, last = int(order[0]), int(order[-1])
    store = DecisionStore(kept)
    for row, grade in ((first, "Cold"), (last, "Hot")):
        (lead,) = lead_keys(monday, view.table, [row])
        store.set_override(monday, row, grade, days=3, note="", author="Anna", lead=lead)
    for one in (monday, tuesday):
        table = look(one, trained).table
        page = table.page(CALLS, Sort(), 0, 999)
        assert page["ls_overridden"].iloc[0]
        assert page["ls_grade"].iloc[0] == "Hot"
        moved = page.index[page["ls_overridden"] & (page["ls_grade"] == "Cold")]
        assert moved.tolist() == [int(page["ls_grade"].isin(["Hot", "Warm"]).sum())]
        assert page["ls_row"].tolist() == table.rows_of(CALLS, Sort()).tolist()


def test_a_restored_lead_is_restored_on_the_next_list_until_it_expires(
    kept: Settings, monday: Batch, trained: LeadModel, tuesday: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, store = look(monday, trained), DecisionStore(kept)
    aside = view.table.rows_of(LeadFilter(section="quarantine"))[:3]
    leads = lead_keys(monday, view.table, aside)
    usual = set(look(tuesday, trained).table.rows_of(CALLS).tolist())

    def back() -> set[int]:
        """Leads that Tuesday's call list has since, by Monday's positions."""
        after = look(tuesday, trained)
        came = np.array(sorted(set(after.table.rows_of(CALLS).tolist()) - usual), dtype="int64")
        assert sorted(after.carried) == came.tolist()
        assert [describe_lead(after, row, lambda _: trained).restored for row in came[:1].tolist()] != [None]
        keys_there = {lead.keys for lead in lead_keys(tuesday, after.table, came)}
        return {lead.row for lead in leads if lead.keys in keys_there}

    first, second, third = aside.tolist()
    assert store.restore(monday, aside.tolist(), note="", by="Anna", days=9, leads=leads) == 3
    assert back() == {first, second, third}
    store.unrestore(monday, [first])
    assert back() == {second, third}
    CallQueue(view, kept).record(second, Result("do_not_call"), caller="Anna")
    after = look(tuesday, trained)
    assert set(after.table.rows_of(CALLS).tolist()) - usual < set(after.carried)
    (there,) = set(after.table.rows_of(CALLS).tolist()) - usual
    assert lead_keys(tuesday, after.table, [there])[0].keys == leads[2].keys
    with monkeypatch.context() as then:
        then.setattr(decisions, "now", lambda: claims.now() + timedelta(days=10))
        assert look(tuesday, trained).carried == {}
        assert third in look(monday, trained).table.rows_of(CALLS)
    store.set_override(tuesday, there, "Junk", days=3, note="", author="Ben", lead=leads[2])
    assert there not in look(tuesday, trained).table.rows_of(CALLS), "the newer word counts"
    store.end_override(tuesday, there)
    store.unrestore(tuesday, [there], [one.person for one in after.carried.values() if one.person is not None])
    assert look(tuesday, trained).carried == {}
    assert third not in look(monday, trained).table.rows_of(CALLS)
    with pytest.raises(StorageError, match="1 to 365 days"):
        store.restore(monday, [first], note="", by="Anna", days=0)


def test_callers_get_each_lead_once_in_the_order_of_calls(kept: Settings, monday: Batch, trained: LeadModel) -> None:
    queue = CallQueue(look(monday, trained), kept)
    order = queue.view.table.rows_of(CALLS, Sort()).tolist()
    anna, ben = queue.claim("Anna"), queue.claim("Ben")
    assert anna is not None
    assert ben is not None
    assert [anna.row, ben.row] == order[:2]
    assert queue.claim("Anna").row == anna.row  # type: ignore[union-attr]
    queue.record(anna.row, Result("interested"), caller="Anna")
    assert queue.claim("Anna").row == order[2]  # type: ignore[union-attr]
    queue.claims.release(ben)
    assert queue.claim("Cem").row == ben.row  # type: ignore[union-attr]
    with pytest.raises(StorageError, match="needs a name"):
        queue.claim("  ")


def test_a_claim_expires_and_waits_are_kept(
    kept: Settings, monday: Batch, trained: LeadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = CallQueue(look(monday, trained), kept)
    claim = queue.claim("Anna")
    assert claim is not None
    queue.record(claim.row, Result("busy"), caller="Anna")
    later = claims.now() + timedelta(minutes=kept.calls.busy_minutes + 1)
    back = queue.claim("Anna")
    assert back is not None
    queue.record(back.row, Result("call_back", call_back_at=later - timedelta(seconds=9)), caller="Anna")
    held = queue.claim("Anna")
    assert held is not None
    monkeypatch.setattr(claims, "now", lambda: later)
    assert [queue.claim(name).row for name in ("Ben", "Cem")] == [back.row, held.row]  # type: ignore[union-attr]
    seen = set()
    while (one := queue.claim(f"caller {len(seen)}")) is not None:
        seen.add(one.row)
    assert claim.row in seen  # the busy line comes last, and comes


def test_each_caller_is_given_the_own_leads(kept: Settings, monday: Batch, trained: LeadModel) -> None:
    queue = CallQueue(look(monday, trained), kept)
    order = queue.view.table.rows_of(CALLS, Sort()).tolist()
    today = claims.now().date()
    week = Week([Share(name, today, order[at:4:2], 1.0) for at, name in enumerate(("Anna", "Ben"))])
    assert queue.plan(week) == 4
    assert [queue.claims.claim_next(monday, "Ben").row for _ in "1"] == [order[1]]  # type: ignore[union-attr]
    assert queue.today("Anna", MONDAY).waiting.ready == 2
    for row in order[:4:2]:
        claim = queue.claims.claim_next(monday, "Anna")
        assert claim is not None
        assert claim.row == row
        queue.record(claim.row, Result("interested"), caller="Anna")
    assert queue.claim("Anna") is None
    assert queue.claim("Anna", beyond=True).row == order[4]  # type: ignore[union-attr]
    assert queue.today("Anna", MONDAY - timedelta(days=99_9)).calls == 2


WORKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from leadscore_core.config import load_settings
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.database.claims import ClaimStore, Waiting
from leadscore_core.storage.database.contacts import ContactStore, Result
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.database.people import LeadKeys

settings = load_settings()
batch = BatchStore(settings).get(sys.argv[1])
store, contacts = ClaimStore(settings), ContactStore(settings)

def work(name):
    while (claim := store.claim_next(batch, name)) is not None:
        sys.stdout.write(f"{claim.row}\\n")
        sys.stdout.flush()
        lead = LeadKeys(claim.row, (("id", batch.schema_name, claim.row),))
        contacts.record(batch.schema_name, batch.id, lead, Result("interested"), caller=name)

with ThreadPoolExecutor(int(sys.argv[3])) as pool:
    list(pool.map(work, [f"{sys.argv[2]}-{k}" for k in range(int(sys.argv[3]))]))
"""


def test_many_callers_at_once_never_get_the_same_lead(kept: Settings, monday: Batch) -> None:
    """Half of the callers are killed on the way; what they held comes back when their claims expire."""
    leads, processes, threads = (10_000, 10, 5) if IS_SOAK else (300, 2, 5)
    store = ClaimStore(kept)
    queued = [Waiting(LeadKeys(row, (("id", monday.schema_name, row),))) for row in range(leads)]
    assert store.enqueue(monday, queued) == leads
    running = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WORKER), monday.id, f"p{k}", str(threads)], stdout=subprocess.PIPE
        )
        for k in range(processes)
    ]
    first = [process.stdout.readline() for process in running[: processes // 2]]  # type: ignore[union-attr]
    for process in running[: processes // 2]:
        process.kill()
    said = [process.communicate(timeout=600)[0] for process in running]
    killed = b"".join([*first, *said[: processes // 2]]).split(b"\n")
    others = b"".join(said[processes // 2 :]).split()
    claimed = Counter(int(row) for row in [*killed, *others] if row.isdigit())
    assert max(claimed.values()) == 1
    count = store.count(monday)
    assert count.ready == 0
    assert count.claimed <= threads * (processes // 2)
    assert count.closed + count.claimed == leads  # none is lost
    later = claims.now() + timedelta(minutes=kept.calls.claim_minutes + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "now", lambda: later)
        back = []
        while (claim := store.claim_next(monday, f"late {len(back)}")) is not None:
            back.append(claim.row)
    assert len(set(back)) == len(back) == count.claimed


def test_leads_stand_the_same_in_filters_and_on_pages(kept: Settings, monday: Batch, trained: LeadModel) -> None:
    view = look(monday, trained)
    results = [result for result in RESULTS if result != "call_back"]
    said = [
        contacts.Said(lead, "Anna", Result(results[at % len(results)]))
        for at, lead in enumerate(lead_keys(monday, view.table, view.table.rows_of(ALL)[::2]))
    ]
    ContactStore(kept).record_all(monday.schema_name, monday.id, said)
    table = look(monday, trained).table
    everybody = table.page(ALL, Sort("arrival"), 0, table.rows)
    assert everybody["ls_state"].nunique() >= 6
    assert table.by_state()["suppressed"][0] == (everybody["ls_state"] == "suppressed").sum()
    for chosen, mask in (
        (CALLS, (everybody["ls_junk"] == "") & everybody["ls_open"]),
        (LeadFilter(section="quarantine"), everybody["ls_junk"] != ""),
        (
            LeadFilter(states=("won", "lost")),
            everybody["ls_state"].isin(["won", "lost"]) & (everybody["ls_junk"] == ""),
        ),
        (LeadFilter(section="all", news=("called",)), everybody["ls_attempts"] > 0),
    ):
        assert sorted(table.rows_of(chosen)) == everybody.loc[mask, "ls_row"].tolist()
    order = everybody.sort_values(["ls_turn", "ls_rank"])["ls_row"].tolist()
    assert table.rows_of(ALL, Sort()).tolist() == order
    by_moment = table.page(ALL, Sort("ls_last_at"), 0, table.rows)["ls_last_at"].dropna()
    assert by_moment.is_monotonic_increasing
