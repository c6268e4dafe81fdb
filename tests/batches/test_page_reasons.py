"""A page of leads that is drawn again says the same reasons without asking the model again."""

from dataclasses import replace

import pandas as pd
import pytest

from leadscore_core.batches.planning import CALLS
from leadscore_core.batches.view import WHY, BatchView
from leadscore_core.inference.reasons import reasons_in_words
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.leads.lead_table import Sort


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many leads the model was asked about, call by call."""
    calls: list[int] = []
    plain = LeadModel.contributions

    def counted(model: LeadModel, cleaned: pd.DataFrame) -> pd.DataFrame:
        calls.append(len(cleaned))
        return plain(model, cleaned)

    monkeypatch.setattr(LeadModel, "contributions", counted)
    return calls


def test_a_page_is_explained_once(view: BatchView, trained: LeadModel, asked: list[int]) -> None:
    leads = view.table.page(CALLS, Sort(), 0, 40)
    first = view.present(leads, [WHY])
    again = view.present(leads.set_axis(range(100, 140)), [WHY])
    assert asked == [40]
    assert again[WHY].tolist() == first[WHY].tolist()
    assert again.index[0] == 100
    cleaned = view.cleaned(leads)
    wanted = reasons_in_words(cleaned, trained.contributions(cleaned), trained, 1)["reason_1"]
    assert first[WHY].tolist() == wanted.tolist()


def test_other_leads_and_another_model_are_explained_for_themselves(
    view: BatchView, trained: LeadModel, asked: list[int]
) -> None:
    view.present(view.table.page(CALLS, Sort(), 0, 30), [WHY])
    view.present(view.table.page(CALLS, Sort(), 30, 20), [WHY])
    other = LeadModel(trained.pipeline, trained.metadata.model_copy(update={"model_id": "another"}))
    replace(view, model=other).present(view.table.page(CALLS, Sort(), 0, 30), [WHY])
    assert asked == [30, 20, 30]
