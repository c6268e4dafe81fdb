"""What all tests share: sample leads, a small model, and the real leads where they are."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

from leadscore_core.data import LeadSchema, SampleLeads, load_schema, make_sample
from leadscore_core.model import LeadModel, ModelRegistry
from leadscore_core.training import train_model
from tests.paths import REAL

settings.register_profile("steady", deadline=None)  # shared machines stall; a deadline would test them
settings.load_profile("steady")
FEW_TREES = {"n_estimators": 25, "learning_rate": 0.15, "min_child_samples": 20}


@pytest.fixture(scope="session")
def schema() -> LeadSchema:
    return load_schema()


@pytest.fixture(scope="session")
def sample() -> SampleLeads:
    return make_sample(rows=1_500, seed=7)


@pytest.fixture(scope="session")
def trained(sample: SampleLeads) -> LeadModel:
    """A small but real model, trained on sample leads."""
    return train_model(sample.labelled, params=FEW_TREES, n_repeats=1, note="For tests.")


@pytest.fixture(scope="session")
def models_dir(trained: LeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with the small model as its champion; not to be changed."""
    root = tmp_path_factory.mktemp("models")
    registry = ModelRegistry(root)
    registry.publish(trained)
    registry.promote(trained.model_id)
    return root


@pytest.fixture
def places(models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings that point to the small model and to an empty data directory, which is returned."""
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(models_dir))
    monkeypatch.setenv("LEADSCORE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(scope="session")
def real_leads() -> Path:
    """The folder of real leads; a test that needs it is skipped where it is missing."""
    if not (REAL / "labelled_leads.csv").is_file():
        pytest.skip("the real leads are not on this machine")
    return REAL


@pytest.fixture
def plain_leads() -> pd.DataFrame:
    """Four leads under headers that need no guessing."""
    return pd.DataFrame(
        {
            "created_date": [
                "2026-05-01 10:00:00",
                "2026-05-02 11:30:00",
                "2026-06-03 09:15:00",
                "2026-07-04 18:45:00",
            ],
            "city_mapped": ["pune", "", "Mumbai ", "delhi"],
            "first_platform_c": ["Level0", "Level4", "Level3", "Level0"],
            "first_utm_medium_c": ["Level13", "Level15", "Level0", "Level4"],
            "first_utm_source_c": ["Level2", "Level10", "Level0", "Level2"],
            "total_leads_droppped": ["1", "", "3", "2"],
            "referred_lead": ["0", "0", "1", ""],
        }
    )
