"""What releases before kept opens in this one: lists, decisions, outcomes and models, and leads score the same."""

import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from leadscore_core.batches.save import rescore_batch
from leadscore_core.config import load_settings
from leadscore_core.errors import RegistryError
from leadscore_core.inference.score import score_leads
from leadscore_core.model.metadata import FORMAT_VERSION
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.database.decisions import DecisionStore
from leadscore_core.storage.database.engine import close_databases, open_database
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.database.preferences import junk_preference
from leadscore_core.storage.database.tables import HEAD, OverrideRow
from leadscore_core.upkeep.backup import write_backup
from leadscore_core.upkeep.health import find_faults
from leadscore_core.upkeep.restore import restore_backup
from tests.paths import ROOT

HERE = Path(__file__).parent
RELEASES = ("0_1", "0_2")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directories that people of a release before worked with (see `make_release`)."""
    with zipfile.ZipFile(HERE / f"release_{request.param}.zip") as packed:
        packed.extractall(tmp_path / "made")
    monkeypatch.setenv("LEADSCORE_DATA_DIR", str(tmp_path / "made" / "data"))
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "made" / "models"))
    yield tmp_path / "made"
    close_databases()


def test_lists_decisions_outcomes_and_rules_are_there_and_leads_score_as_they_did(release: Path) -> None:
    settings, about = load_settings(), json.loads((release / "about.json").read_text(encoding="utf-8"))
    registry = ModelRegistry(settings.models_dir)
    assert registry.champion_id == about["model_id"]
    model, notice = registry.load_champion()
    assert notice == ""
    wanted = pd.read_csv(release / "scored.csv", dtype=str, keep_default_na=False)
    own = list(wanted.columns[wanted.columns.get_loc("lead_score") :])
    scored = score_leads(wanted.drop(columns=own), model)
    np.testing.assert_allclose(scored["propensity"], wanted["propensity"].astype(float), rtol=0, atol=1e-12)
    assert scored["lead_score"].astype(str).tolist() == wanted["lead_score"].tolist()
    assert scored["grade"].tolist() == wanted["grade"].tolist()

    (batch,) = BatchStore(settings).list_batches()
    assert (batch.id, batch.name, batch.rows, batch.created_by) == (about["batch"], "Monday", 60, "Anna")
    decisions = DecisionStore(settings)
    assert decisions.restored_rows(batch).tolist() == [5, 6]
    with open_database(settings).session() as session:  # it may have run out by now
        assert session.execute(select(OverrideRow.row, OverrideRow.grade)).all() == [(7, "Hot")]
    assert [one.note for one in decisions.feedback()] == ["was keen"]
    assert OutcomeStore(settings).known(batch) == {row: row % 2 for row in range(20)}
    assert junk_preference(settings).current().value.learning_percent == 5.0
    (change,) = registry.history()
    said = [change[name] for name in ("action", "schema", "model_id", "by", "reason")]
    assert said == ["promote", "codepro", about["model_id"], "Anna", "for the tests of upgrades"]
    again = rescore_batch(batch, model, by="Ben")
    assert again.scoring.number == 2
    assert again.scoring.expected == pytest.approx(about["expected"])
    assert find_faults(settings) == []


def test_its_pages_open_and_its_directories_can_be_backed_up_and_restored(release: Path, tmp_path: Path) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/leads/page.py").run()
    assert not app.exception
    assert not app.error
    settings = load_settings()
    batch = BatchStore(settings).list_batches()[0]
    write_backup(tmp_path / "all.zip", settings)
    BatchStore(settings).delete(batch)
    restore_backup(tmp_path / "all.zip", settings)
    assert DecisionStore(settings).restored_rows(BatchStore(settings).list_batches()[0]).tolist() == [5, 6]


def test_a_command_brings_the_tables_up_to_date(release: Path, run_there: Run) -> None:
    path = release / "data" / "leadscore.db"
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        assert before < (HEAD,)
    code, _, error = run_there("score", release / "leads.csv", "-o", release / "out.csv")
    assert code == 0, error
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)


@pytest.fixture
def run_there(run: Run, release: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run commands on the directories of the release; `run` alone points elsewhere."""
    monkeypatch.setenv("LEADSCORE_DATA_DIR", str(release / "data"))
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(release / "models"))
    return run


def test_a_model_of_a_newer_format_says_so(release: Path) -> None:
    registry = ModelRegistry(load_settings().models_dir)
    path = registry.root / str(registry.champion_id) / "metadata.json"
    newer = json.loads(path.read_text(encoding="utf-8")) | {"format_version": FORMAT_VERSION + 1}
    path.write_text(json.dumps(newer), encoding="utf-8")
    with pytest.raises(RegistryError, match=f"format version {FORMAT_VERSION + 1}; this LeadScore reads up to"):
        registry.load_champion()
