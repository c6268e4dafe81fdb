"""The Drivers page without a browser: leads of a month, blank ones among them, beside all leads."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.batches.save import save_batch
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.leads.filters import BLANK
from tests.paths import ROOT


@pytest.mark.parametrize("month", ["2026-10", BLANK])
def test_leads_of_a_month_and_without_a_date(
    sample: SampleLeads, trained: LeadModel, tmp_path: Path, places: Path, month: str
) -> None:
    leads = sample.new.astype({"created_date": "str"})
    leads.loc[leads.index[:40], "created_date"] = ""
    leads.to_csv(tmp_path / "new.csv", index=False)
    save_batch(open_list(tmp_path / "new.csv", trained.schema), trained, name="New")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/drivers/page.py").run()
    next(s for s in app.selectbox if s.label == "Look at").set_value("Month").run()
    months = next(s for s in app.selectbox if s.label == "Month")
    assert BLANK in months.options
    months.set_value(month if month in months.options else months.options[0]).run()
    assert not app.exception
    if month == BLANK:
        assert any("Computed exactly for all 40 leads" in caption.value for caption in app.caption)
