"""Retrain tells who was called: what it leaves out, what it asks, and that a person may correct it."""

import numpy as np
import pandas as pd
import pytest

from leadscore_core.batches.known_people import lead_keys
from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.contacts import ContactStore, Result, Said
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.training_data import TrainingData
from tests.pages.test_retrain import LABEL, bring, csv, opened, press, words


def called_by(leads: pd.DataFrame, called: np.ndarray) -> pd.DataFrame:
    """Let nobody have converted who was not called."""
    return leads.assign(**{LABEL: np.where(called, leads[LABEL], 0), "Called": np.where(called, "Yes", "No")})


def test_leads_that_nobody_called_are_left_out_with_their_count_and_it_can_be_corrected(
    registry: ModelRegistry, sample: SampleLeads, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[TrainingData, TrainingRequest]] = []
    monkeypatch.setattr("pages.retrain.train.start_run", lambda data, request, **_: asked.append((data, request)))
    leads = called_by(sample.labelled.head(500), np.arange(500) % 5 < 3)
    app = bring(opened(), "called.csv", csv(leads))
    assert "Who was called is said by 'Called': called 300 (" in words(app)
    assert "200 leads that nobody called are left out: nobody knows what would have become of them." in words(app)
    assert "Figures will speak of called leads only" in words(app)
    assert {m.label: m.value for m in app.metric}["Outcome known"] == "300"
    press(app, "Train on 300 leads")
    data, _ = asked[0]
    assert data.calls is not None
    assert (data.calls.summary().uncalled, len(data.known)) == (200, 300)
    next(s for s in app.selectbox if s.label == "Which column says who was called?").select("No column says it").run()
    assert "nobody called" not in words(app)
    assert any("Train on 500 leads" in b.label for b in app.button)


def test_where_it_is_not_clear_who_was_called_it_is_asked_before_anything_is_trained(
    registry: ModelRegistry, sample: SampleLeads
) -> None:
    leads = sample.labelled.head(500).assign(**{"Call attempts": np.arange(500) % 2 * 3})
    app = bring(opened(), "asked.csv", csv(leads))
    assert "It is not clear who of these leads was called. 'Call attempts': called 250 (" in words(app)
    assert not any("Train on" in b.label for b in app.button)
    next(s for s in app.selectbox if s.label == "Which column says who was called?").select("Call attempts").run()
    assert not app.exception
    assert "leads that nobody called are left out" in words(app)
    assert "completed without a call: they count as applications, and are not learned from" in words(app)
    assert any("Train on 250 leads" in b.label for b in app.button)


def test_calls_that_are_kept_of_a_list_count_once_a_person_says_that_they_are_all(
    registry: ModelRegistry, batch: Batch, view: BatchView
) -> None:
    settings = load_settings()
    converted = (np.arange(batch.rows) % 2).astype("int64")
    OutcomeStore(settings).add(batch, np.arange(batch.rows), converted, file_name="back.csv")
    called = lead_keys(batch, view.table, np.arange(120))
    ContactStore(settings).record_all(
        batch.schema_name, batch.id, [Said(lead, "Anna", Result("no_answer")) for lead in called]
    )
    app = opened()
    next(m for m in app.multiselect if m.label == "Kept lists with outcomes").select(batch.id).run()
    assert not app.exception
    toggle = next(t for t in app.toggle if t.label.startswith("The calls kept here are all"))
    assert (toggle.value, "nobody called" in words(app)) == (False, False)
    assert any(f"Train on {batch.rows:,} leads" in b.label for b in app.button)
    toggle.set_value(True).run()
    assert not app.exception
    assert f"{(batch.rows - 120) // 2:,} leads that nobody called are left out" in words(app)
    assert any("Train on 120 leads" in b.label for b in app.button)
    next(t for t in app.toggle if t.label.startswith("The calls kept here are all")).set_value(False).run()
    assert "nobody called" not in words(app)
