"""How long leads take to convert: learned from those who did, young ones notwithstanding."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.outcome import OutcomeWords
from leadscore_core.retraining.conversion_dates import learned_time
from leadscore_core.retraining.dataset import read_labelled
from leadscore_core.training.time_to_convert import learn_time

LABEL = "app_complete_flag"


@pytest.mark.parametrize("mean", [5, 20, 40])
def test_the_time_is_found_although_of_young_leads_only_the_quick_are_seen(mean: float) -> None:
    rng = np.random.default_rng(1)
    age, took = rng.uniform(0, 200, 6_000), rng.exponential(mean, 6_000)
    found = learn_time(np.where(took <= age, took, np.nan), age)
    assert found is not None
    assert found.days == pytest.approx(np.quantile(took, 0.95), rel=0.15, abs=2)
    assert found.half == pytest.approx(np.quantile(took, 0.5), rel=0.15, abs=2)
    assert found.sentence(OutcomeWords()).startswith("Half of those who converted did so within")


def test_too_few_say_nothing() -> None:
    took = np.where(np.arange(100) < 39, 3.0, np.nan)
    assert learn_time(took, np.full(100, 90.0)) is None
    found = learn_time(np.append(took, 3.0), np.full(101, np.nan))
    assert found is not None
    assert (found.half, found.days, found.leads) == (3, 3, 40)


def test_a_column_that_says_when_leads_converted_is_learned_from(sample: SampleLeads, tmp_path: Path) -> None:
    leads = sample.labelled.head(600).copy()
    created = pd.to_datetime(leads["created_date"])
    took = pd.to_timedelta(np.random.default_rng(0).integers(1, 20, len(leads)), unit="D")
    leads["Converted date"] = (created + took).dt.strftime("%Y-%m-%d %H:%M:%S").where(leads[LABEL] == 1, "")
    path = tmp_path / "leads.csv"
    leads.to_csv(path, index=False)
    data = read_labelled([open_list(path, load_schema())], [], load_schema(), audited=False)
    found = learned_time(data)
    assert found is not None
    assert found.leads == int((leads[LABEL] == 1).sum())
    assert 17 <= found.days <= 19
    settled = data.settled(found.days)
    assert settled.calls is not None
    looked = (created + took)[leads[LABEL] == 1].max()
    assert settled.calls.summary().young == int(((looked - created) < pd.Timedelta(days=found.days)).sum())
    del leads["Converted date"]
    leads.to_csv(path, index=False)
    assert learned_time(read_labelled([open_list(path, load_schema())], [], load_schema(), audited=False)) is None
