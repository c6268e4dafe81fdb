"""Outcomes that are taken back: what is known is what the files that stand say, and what calls say beside them."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete

from leadscore_core.batches.save import save_batch
from leadscore_core.config import Settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.engine import open_database
from leadscore_core.storage.database.outcomes import CALLS, Entry, OutcomeStore
from leadscore_core.storage.database.tables import OutcomeRow

OUTCOMES = st.dictionaries(st.integers(0, 5), st.integers(0, 1), max_size=6)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("bring"), OUTCOMES), st.tuples(st.just("calls"), OUTCOMES),
        st.tuples(st.just("take back"), st.integers(0, 6)),
    ),
    max_size=8,
)  # fmt: skip


@pytest.fixture
def saved(kept: Settings, new_list: Path, trained: LeadModel) -> Batch:
    return save_batch(open_list(new_list, trained.schema, settings=kept), trained, name="Monday", settings=kept)


def bring(store: OutcomeStore, batch: Batch, outcomes: dict[int, int], name: str = "a.csv") -> Entry:
    rows, completed = np.array([*outcomes], dtype="int64"), np.array([*outcomes.values()], dtype="int64")
    return store.add(batch, rows, completed, file_name=name).entry


def test_what_a_later_file_says_too_stays(kept: Settings, saved: Batch) -> None:
    store = OutcomeStore(kept)
    first = bring(store, saved, dict.fromkeys(range(6), 0))
    bring(store, saved, dict.fromkeys(range(15), 0))
    store.take_back(saved, first)
    assert store.known(saved) == dict.fromkeys(range(15), 0)


def test_what_a_file_said_before_a_call_is_known_again_without_the_call(kept: Settings, saved: Batch) -> None:
    store = OutcomeStore(kept)
    store.settle(saved, {1: 1, 2: 0, 3: 0})
    bring(store, saved, {1: 0, 2: 1})
    assert store.known(saved) == {1: 1, 2: 1, 3: 0}
    assert (store.said(saved).files, store.said(saved).calls) == ({1: 0, 2: 1}, {1: 1, 2: 0, 3: 0})
    store.settle(saved, {})
    assert store.known(saved) == {1: 0, 2: 1}


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_what_is_known_is_what_the_files_that_stand_say(
    kept: Settings, saved: Batch, steps: list[tuple[str, dict[int, int] | int]]
) -> None:
    store = OutcomeStore(kept)
    with open_database(kept).writing() as session:  # as it was before the example before
        session.execute(delete(OutcomeRow))
    brought: list[tuple[Entry, dict[int, int]] | None] = []
    calls: dict[int, int] = {}
    for kind, what in steps:
        if isinstance(what, dict) and kind == "bring":
            brought.append((bring(store, saved, what), what))
        elif isinstance(what, dict):
            calls = what
            store.settle(saved, calls)
        elif what < len(brought) and (taken := brought[what]) is not None:
            store.take_back(saved, taken[0])
            brought[what] = None
        files: dict[int, int] = {}
        for one in brought:
            files |= one[1] if one is not None else {}
        known = {row: max(files.get(row, 0), calls.get(row, 0)) for row in files.keys() | calls.keys()}
        assert store.known(saved) == known
        newest = store.current(saved)
        counted = (newest.known, newest.completed) if newest is not None else (0, 0)
        assert counted == (len(known), sum(known.values()))


def test_of_files_that_came_before_it_was_noted_who_says_what_their_changes_are_taken_back(
    kept: Settings, saved: Batch
) -> None:
    store = OutcomeStore(kept)
    first = bring(store, saved, {1: 1, 2: 0})
    bring(store, saved, {2: 1, 3: 0}, "b.csv")
    store.settle(saved, {4: 1})
    for one in store.history(saved):
        pq.write_table(pq.read_table(one.path).drop_columns("ls_own").replace_schema_metadata(None), one.path)
    assert store.known(saved) == {1: 1, 2: 1, 3: 0, 4: 1}
    assert store.said(saved).calls == {4: 1}
    assert store.history(saved)[0].file_name == CALLS
    store.take_back(saved, first)
    assert store.known(saved) == {2: 1, 3: 0, 4: 1}
