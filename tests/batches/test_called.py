"""Who was called of a kept list: by the attempts that are kept, on whatever list, and for how many each stands."""

from datetime import UTC, datetime

import numpy as np
import pytest

from leadscore_core.batches.known_people import lead_keys
from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.retraining.dataset import batches_with_outcomes, read_labelled
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.contacts import ContactStore, Result, Said
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.database.preferences import junk_preference
from leadscore_core.training.call_columns import NOBODY_SAYS
from leadscore_core.training.calls import ATTEMPTS

MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)


def call(view: BatchView, rows: np.ndarray, result: str = "no_answer") -> None:
    leads = lead_keys(view.batch, view.table, rows)
    said = [Said(lead, "Anna", Result(result, at=MONDAY)) for lead in leads]
    ContactStore(load_settings()).record_all(view.batch.schema_name, view.batch.id, said)


def bring_back(batch: Batch, converted: np.ndarray, but: int = -1) -> None:
    rows = np.setdiff1d(np.arange(batch.rows), [but])
    OutcomeStore(load_settings()).add(batch, rows, converted[rows].astype("int64"), file_name="back.csv")


def let_junk_through(percent: float) -> None:
    preference = junk_preference(load_settings())
    current = preference.current()
    rules = current.value.model_copy(update={"learning_percent": percent, "contact": ()})
    preference.save(rules, based_on=current.version, author="Anna")


def test_leads_that_nobody_called_are_unknown_and_a_sample_of_junk_stands_for_it(
    batch: Batch, view: BatchView, trained: LeadModel
) -> None:
    let_junk_through(50)
    table = view.table.standing_as(view.standing)
    low = table.learning_sample()["ls_row"].to_numpy()
    assert len(low) > 10
    draws = table.query(f"SELECT ls_row, ls_draw FROM {table.file_sql}").set_index("ls_row")["ls_draw"]  # noqa: S608  # names are quoted or ours, values are bound
    drawn = low[(draws.loc[low] < 0.5).to_numpy()]
    assert len(drawn) > 3
    others = np.setdiff1d(np.arange(batch.rows), low)
    call(view, np.concatenate([others, drawn]))
    let_junk_through(0)  # what was drawn before stays drawn
    converted = np.zeros(batch.rows, dtype=bool)
    by_itself = np.setdiff1d(low, drawn)[:1]
    converted[[*others[::2], *drawn[:2], *by_itself]] = True
    bring_back(batch, converted, but=drawn[-1])  # of whom nobody knows yet
    drawn = drawn[:-1]
    data = read_labelled([], [batch], trained.schema, audited=False)
    assert data.calls is not None
    said = data.calls.summary()
    assert (said.source, said.by_itself, said.represented) == (ATTEMPTS, 1, 1)
    assert said.uncalled == len(low) - len(drawn) - 2
    assert said.junk is not None
    assert (said.junk.drawn, said.junk.converted, said.junk.stands_for) == (len(drawn), 2, len(low))
    assert said.junk.rate == pytest.approx(2 / len(drawn))
    assert np.isnan(data.label[np.setdiff1d(low, [*drawn, *by_itself])]).all()
    assert len(data.known) == len(others) + len(drawn)
    assert data.known.stands_for is not None
    assert data.known.stands_for.sum() == pytest.approx(batch.rows)


def test_what_was_said_on_the_phone_is_an_outcome(batch: Batch, view: BatchView, trained: LeadModel) -> None:
    call(view, np.array([0, 1]), "converted")
    call(view, np.array([2]), "not_interested")
    call(view, np.array([3]), "do_not_call")
    call(view, np.array([4, 5]), "no_answer")
    call(view, np.array([6]), "customer")
    assert batches_with_outcomes([batch]) == {batch.id: 4}
    label = read_labelled([], [batch], trained.schema, audited=False).label
    assert label[:4].tolist() == [1, 1, 0, 0]
    assert np.isnan(label[4:]).all()


def test_few_calls_that_were_tried_out_do_not_make_a_list_unknown(
    batch: Batch, view: BatchView, trained: LeadModel
) -> None:
    converted = np.arange(batch.rows) % 3 == 0
    bring_back(batch, converted)
    call(view, np.array([1, 2]))
    data = read_labelled([], [batch], trained.schema, audited=False)
    assert not np.isnan(data.label).any()
    (asked,) = data.call_columns
    assert (asked.is_used, asked.called, asked.uncalled_yes) == (False, 2, converted.sum())
    counted = read_labelled([], [batch], trained.schema, audited=False, called={batch.id: ATTEMPTS})
    assert int((~np.isnan(counted.known.label)).sum()) == 2
    nothing = read_labelled([], [batch], trained.schema, audited=False, called={batch.id: NOBODY_SAYS})
    assert np.array_equal(nothing.label, data.label)
