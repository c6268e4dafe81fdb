"""Dask beside this process: the same scores, whatever dies, is damaged or is not there."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import fsspec
import numpy as np
import pandas as pd
import pytest
from distributed import Client
from moto.server import ThreadedMotoServer
from sklearn.metrics import roc_auc_score

from leadscore_core.config import GradeThresholds, load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.reading.chunks import row_keys
from leadscore_core.data.reading.reader import read_leads
from leadscore_core.data.schema.schema import Role
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.distributed import cluster
from leadscore_core.distributed import score as scoring
from leadscore_core.distributed.cluster import connect
from leadscore_core.distributed.remote_files import list_addressed, local_copy
from leadscore_core.distributed.request import FilesRequest
from leadscore_core.distributed.score import score_files
from leadscore_core.distributed.train import trees_on
from leadscore_core.errors import LeadScoreError
from leadscore_core.inference.score import score_leads
from leadscore_core.model.classifier import LeadClassifier
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.pipelines.inference import score_list
from leadscore_core.storage.database.preferences import grade_preference
from leadscore_core.training.train import train_model
from tests.conftest import FEW_TREES
from tests.paths import IS_SOAK, ROOT

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
FILES, FEW_FILES = 8, 3
MANY_PARTS, LATE_DAYS = (60, 2) if IS_SOAK else (20, 2)


@pytest.fixture
def folder(sample: SampleLeads, tmp_path: Path) -> Path:
    """A folder of files, CSV and Parquet, whose types differ."""
    where = tmp_path / "leads"
    where.mkdir()
    leads = sample.labelled.reset_index(drop=True)
    for file in range(FILES):
        own = leads.iloc[file * len(leads) // FILES : (file + 1) * len(leads) // FILES]
        if file % 2:
            own.astype({"total_leads_droppped": "float64"}).to_parquet(where / f"file-{file}.parquet", index=False)
        else:
            own.to_csv(where / f"file-{file}.csv", index=False)
    return where


@pytest.fixture
def few(folder: Path) -> Path:
    """A folder of three of these files."""
    for path in sorted(folder.iterdir())[FEW_FILES:]:
        path.unlink()
    return folder


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Start a server that speaks S3, and return the address of a bucket; workers find it by their environment."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    own = {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    own |= {"AWS_DEFAULT_REGION": "us-east-1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket="leads")
        yield "s3://leads"
    server.stop()


@pytest.fixture
def ftp(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """Start an FTP server; return its address, its folder, and the names under which files arrived."""
    from pyftpdlib.authorizers import DummyAuthorizer  # warns of deprecation, which a module's import must not
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import ThreadedFTPServer

    arrived: list[str] = []

    class Handler(FTPHandler):
        def on_file_received(self, file: str) -> None:
            arrived.append(Path(file).name)

    served = tmp_path / "served"
    served.mkdir()
    Handler.authorizer = DummyAuthorizer()
    Handler.authorizer.add_user("crm", "secret", str(served), perm="elradfmw")
    server = ThreadedFTPServer(("127.0.0.1", 0), Handler)
    port = server.socket.getsockname()[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"ftp://crm:secret@127.0.0.1:{port}", served, arrived
    server.close_all()
    thread.join(5)


@pytest.fixture(scope="module")
def client(s3: str) -> Iterator[Client]:
    with connect(workers=2) as connected:
        yield connected


def local(folder: Path, model: LeadModel, tmp_path: Path) -> pd.DataFrame:
    score_list(open_list(folder, model.schema), tmp_path / "local.csv", model, reasons=2)
    return pd.read_csv(tmp_path / "local.csv", dtype="str")


def test_a_cluster_gives_each_lead_what_this_process_gives_it(
    client: Client, folder: Path, trained: LeadModel, places: Path, tmp_path: Path
) -> None:
    wanted = local(folder, trained, tmp_path)
    found: list[float] = []
    report = score_files(
        FilesRequest([str(folder)], str(tmp_path / "one.csv"), reasons=2),
        trained,
        client,
        progress=lambda done, _: found.append(done),
    )
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "one.csv", dtype="str"), wanted)
    assert report.total.rows == len(wanted)
    assert report.total.grades == {g: int((wanted["grade"] == g).sum()) for g in ("Hot", "Warm", "Cold", "Junk")}
    assert len(found) == FILES
    assert found[-1] == 1.0
    score_files(FilesRequest([str(folder)], str(tmp_path / "many"), reasons=2), trained, client)
    many = pd.concat([read_leads(path) for path in sorted((tmp_path / "many").iterdir())], ignore_index=True)
    assert (many["propensity"].to_numpy() == wanted["propensity"].astype("float64").to_numpy()).all()
    assert list(many["reason_1"]) == list(wanted["reason_1"])
    assert not list(tmp_path.glob(".staging-*"))


def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    client: Client, folder: Path, trained: LeadModel, places: Path, tmp_path: Path
) -> None:
    wanted = local(folder, trained, tmp_path)
    killed: list[int] = []
    workers = client.run(os.getpid)

    def kill_one(done: float, text: str) -> None:
        if not killed:
            killed.append(next(iter(workers.values())))
            os.kill(killed[0], signal.SIGKILL)

    report = score_files(
        FilesRequest([str(folder)], str(tmp_path / "out"), reasons=2), trained, client, progress=kill_one
    )
    client.wait_for_workers(2, timeout=60)  # another one has taken its place, for the tests that follow
    assert killed
    assert not report.left_out
    scored = pd.concat([read_leads(path) for path in sorted((tmp_path / "out").iterdir())], ignore_index=True)
    assert len(scored) == len(wanted) == report.total.rows
    assert (scored["propensity"].to_numpy() == wanted["propensity"].astype("float64").to_numpy()).all()
    assert len(np.unique(row_keys(scored))) == len(wanted)


def test_leads_behind_an_address(
    client: Client, s3: str, few: Path, trained: LeadModel, places: Path, tmp_path: Path
) -> None:
    store = boto3.client("s3")
    for path in sorted(few.iterdir()):
        store.upload_file(str(path), "leads", f"in/{path.name}")
    report = score_files(FilesRequest([f"{s3}/in"], f"{s3}/out", reasons=2), trained, client)
    assert not report.left_out
    names = [item["Key"] for item in store.list_objects_v2(Bucket="leads", Prefix="out/")["Contents"]]
    assert len(names) == FEW_FILES
    for name in names:
        store.download_file("leads", name, str(tmp_path / Path(name).name))
    scored = pd.concat([read_leads(tmp_path / Path(name).name) for name in sorted(names)], ignore_index=True)
    wanted = local(few, trained, tmp_path)
    assert (scored["propensity"].to_numpy() == wanted["propensity"].astype("float64").to_numpy()).all()
    with pytest.raises(LeadScoreError, match="s3://leads/out holds a result already and is kept"):
        score_files(FilesRequest([f"{s3}/in"], f"{s3}/out"), trained, client)
    assert score_files(FilesRequest([f"{s3}/in"], f"{s3}/out", force=True), trained, client).total.rows == len(wanted)
    with pytest.raises(LeadScoreError, match=r"s3://leads/none holds no lead list\."):
        score_files(FilesRequest([f"{s3}/none"], f"{s3}/other"), trained, client)
    with pytest.raises(LeadScoreError, match=r"s3://nobody/none (cannot be read|holds no lead list)"):
        score_files(FilesRequest(["s3://nobody/none"], f"{s3}/other"), trained, client)


def test_on_a_file_server_a_part_is_seen_when_it_is_whole(
    client: Client, ftp: tuple[str, Path, list[str]], few: Path, trained: LeadModel, places: Path, tmp_path: Path
) -> None:
    address, served, arrived = ftp
    shutil.copytree(few, served / "in")
    for _ in range(2):
        report = score_files(FilesRequest([f"{address}/in"], f"{address}/out", reasons=2, force=True), trained, client)
        assert not report.left_out
    assert len(arrived) == 2 * FEW_FILES
    assert all(name.startswith(".leads-") for name in arrived)
    written = sorted((served / "out").iterdir())
    assert [path.name[:11] for path in written] == [f"leads-{file:04}-" for file in range(FEW_FILES)]
    scored = pd.concat([read_leads(path) for path in written], ignore_index=True)
    wanted = local(few, trained, tmp_path)
    assert (scored["propensity"].to_numpy() == wanted["propensity"].astype("float64").to_numpy()).all()


def test_a_part_keeps_all_that_its_address_names() -> None:
    memory = fsspec.filesystem("memory")
    for name in ("/a.csv", "/in/b.csv"):
        memory.pipe(name, b"source,medium\na,b\n")
    try:
        for address, wanted in (
            ("memory://", ["memory:///a.csv", "memory:///in/b.csv"]),
            ("memory://in/", ["memory://in/b.csv"]),
            ("memory:///in/b.csv", ["memory:///in/b.csv"]),
        ):
            assert list_addressed([address]) == wanted
            for file in wanted:
                with local_copy(file) as path:
                    assert path.read_bytes().startswith(b"source")
    finally:
        memory.rm("/", recursive=True)


def test_parts_that_cannot_be_scored_are_named_and_the_rest_goes_on(
    run, client: Client, folder: Path, tmp_path: Path
) -> None:
    (folder / "file-1.parquet").write_bytes(b"PAR1 cut short")
    (folder / "file-2.csv").write_text("who,what\na,b\n")
    (folder / "file-4.csv").write_bytes(b"")
    header = (folder / "file-0.csv").read_text().splitlines()[0]
    (folder / "file-6.csv").write_text(header + "\n")
    words = ("score", folder, "-o", tmp_path / "out", "--engine", "dask", "--scheduler", client.scheduler.address)
    code, said, errors = run(*words)
    assert code == 1
    assert "of 4 of 8 files into" in said
    for name in ("file-1.parquet is a damaged", "does not have the columns of the first", "file-4.csv is empty"):
        assert name in errors
    assert "file-6.csv has a header but no leads" in errors
    assert "Dask's dashboard: http://" in errors
    assert len(list((tmp_path / "out").iterdir())) == 4
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    code, _, errors = run(*words)
    assert code == 2
    assert "holds a result already and is kept" in errors
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    for path in folder.iterdir():
        path.write_bytes(b"PAR1 cut short")
    code, _, errors = run("score", folder, "-o", tmp_path / "none", "--engine", "dask", "--scheduler", words[-1])
    assert code == 2
    assert "None of 8 files can be read" in errors


def test_what_is_asked_for_in_vain(run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 1)
    code, _, errors = run("score", folder, "-o", tmp_path / "o", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9")
    assert (code, "No Dask scheduler answers at tcp://127.0.0.1:9" in errors) == (2, True)
    code, _, errors = run("score", folder, "-o", tmp_path / "o.csv", "--scheduler", "tcp://127.0.0.1:9")
    assert (code, "Add --engine dask" in errors) == (2, True)
    code, _, errors = run("score", "s3://leads/in", "-o", tmp_path / "o.csv")
    assert (code, "s3://leads/in lies on another machine. Add --engine dask" in errors) == (2, True)
    code, _, errors = run("score", "ftp://crm:secret@host/in", "-o", tmp_path / "o.csv")
    assert (code, "ftp://host/in lies on another machine" in errors) == (2, True)
    assert not list(tmp_path.glob("o*"))


def test_without_dask_it_is_said_how_to_get_it(
    run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("leadscore_core.distributed")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, errors = run("score", folder, "-o", tmp_path / "o", "--engine", "dask")
    assert (code, "Dask is not installed here. Install it with: pip install 'leadscore[dask]'" in errors) == (2, True)


def test_a_scheduler_that_dies_is_one_message_and_what_was_written_is_whole(
    folder: Path, trained: LeadModel, places: Path, tmp_path: Path
) -> None:
    file = tmp_path / "scheduler.json"
    begin = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen(
        [*begin, "scheduler", "--no-dashboard", "--port", "0", "--host", "127.0.0.1", "--scheduler-file", str(file)],
        **quiet,
    )
    workers = subprocess.Popen(
        [*begin, "worker", "--scheduler-file", str(file), "--nthreads", "1", "--death-timeout", "5", "--no-dashboard"],
        **quiet,
    )
    try:
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        with pytest.raises(LeadScoreError, match="scheduler was lost after"), connect(address) as own:
            score_files(
                FilesRequest([str(folder)], str(tmp_path / "out")),
                trained,
                own,
                progress=lambda done, text: scheduler.kill(),
            )
    finally:
        scheduler.kill()
        workers.terminate()
        scheduler.wait()
        workers.wait()
    for path in (tmp_path / "out").iterdir():
        if not path.name.startswith("."):
            assert "propensity" in read_leads(path)


def test_training_by_workers_says_its_figures_alone(
    places: Path, sample: SampleLeads, two_cores: None, tmp_path: Path
) -> None:
    sample.labelled.head(200).to_csv(tmp_path / "leads.csv", index=False)
    env = os.environ | {"LEADSCORE_MODELS_DIR": str(tmp_path / "models"), "LEADSCORE_DATA_DIR": str(tmp_path / "data")}
    words = ["train", str(tmp_path / "leads.csv"), "--engine", "dask", "--params", str(tmp_path / "few.json")]
    (tmp_path / "few.json").write_text(json.dumps({"n_estimators": 5}))
    done = subprocess.run(
        [sys.executable, "-m", "tests.defaults", *words, "--json", "-"],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 0.5 < json.loads(done.stdout)["auc"] < 1
    assert "Listening" not in done.stdout + done.stderr


def test_trees_grown_by_workers_are_as_good_within_the_spread_of_the_folds(
    client: Client, sample: SampleLeads, trained: LeadModel, usual_folds: None
) -> None:
    together = train_model(sample.labelled, params=FEW_TREES, n_repeats=1, grow=trees_on(client))
    here, there = (model.metadata.metrics["cross_validation"] for model in (trained, together))
    assert abs(here["auc"] - there["auc"]) < 2 * max(here["auc_std"], there["auc_std"])
    leads = sample.new.head(200)
    one, other = (score_leads(leads, model, reasons=0)["propensity"] for model in (trained, together))
    assert np.corrcoef(one, other)[0, 1] > 0.8


def test_workers_learn_from_leads_that_come_in_order(client: Client) -> None:
    rng = np.random.default_rng(0)
    day = np.sort(rng.uniform(0, 100, 4_000))
    level = np.repeat(np.arange(8.0), 500)  # a source that was used for a while, and another after it
    matrix = np.column_stack([day, level, rng.normal(size=4_000)])
    label = (rng.uniform(size=4_000) < np.where(level % 2, 0.8, 0.2)).astype("int64")
    parameters = LeadClassifier(n_estimators=20).get_params() | {"verbose": -1}
    names = ["day", "source__level", "noise"]
    together = trees_on(client)(parameters, matrix, label, [1], names, None).booster_
    alone = LeadClassifier(n_estimators=20).fit(pd.DataFrame(matrix, columns=names), label).lgbm_.booster_
    one, other = (roc_auc_score(label, booster.predict(matrix)) for booster in (alone, together))
    assert abs(one - other) < 0.01


def test_a_worker_whose_disk_is_full_writes_nothing_and_says_so(
    client: Client, folder: Path, trained: LeadModel, tmp_path: Path
) -> None:
    before = next(iter(client.run(resource.getrlimit, resource.RLIMIT_FSIZE).values()))
    client.run(resource.setrlimit, resource.RLIMIT_FSIZE, (4096, before[1]))  # writing more fails, as on a full disk
    try:
        report = score_files(FilesRequest([str(folder)], str(tmp_path / "out")), trained, client)
    finally:
        client.run(resource.setrlimit, resource.RLIMIT_FSIZE, before)
    assert report.files == len(report.left_out) == FILES
    assert all("could not be written (" in why for why in report.left_out.values())
    assert not list((tmp_path / "out").iterdir())


def test_writing_again_with_force_keeps_lists_and_strangers(
    client: Client, folder: Path, trained: LeadModel, tmp_path: Path
) -> None:
    lists = sorted(folder.iterdir())
    with pytest.raises(LeadScoreError, match="which is to be scored"):
        score_files(FilesRequest([str(folder)], str(folder), force=True), trained, client)
    assert sorted(folder.iterdir()) == lists
    out = tmp_path / "out"
    score_files(FilesRequest([str(path) for path in lists[:3]], str(out), reasons=0), trained, client)
    first = sorted(out.iterdir())
    (folder / "broken.csv").write_bytes(b"")
    with pytest.raises(LeadScoreError, match="None of 1 files can be read"):
        score_files(FilesRequest([str(folder / "broken.csv")], str(out), force=True), trained, client)
    assert sorted(out.iterdir()) == first
    score_files(FilesRequest([str(lists[4])], str(out), reasons=0, force=True), trained, client)
    assert [path.name for path in out.iterdir()] == ["leads-0000-file-4.parquet"]
    (out / "precious.parquet").write_bytes(b"mine")
    with pytest.raises(LeadScoreError, match=r"holds precious\.parquet, which is no result of this"):
        score_files(FilesRequest([str(lists[4])], str(out), force=True), trained, client)
    assert (out / "precious.parquet").read_bytes() == b"mine"


def test_saved_grades_a_list_given_twice_and_sheets_are_as_without_dask(
    client: Client, sample: SampleLeads, trained: LeadModel, places: Path, tmp_path: Path
) -> None:
    strict = GradeThresholds(hot=0.9, warm=0.8, cold=0.7)
    grade_preference(load_settings(), load_schema()).save(strict, based_on=0, author="Anna")
    for name, rows in (("jan", sample.labelled.head(20)), ("feb", sample.labelled.iloc[20:40])):
        rows.to_excel(tmp_path / f"{name}.xlsx", sheet_name=name, index=False)
    paths = [tmp_path / f"{name}.xlsx" for name in ("jan", "feb", "jan")]
    score_list(open_list(paths, trained.schema), tmp_path / "local.csv", trained, reasons=0)
    wanted = pd.read_csv(tmp_path / "local.csv")
    report = score_files(
        FilesRequest([str(path) for path in paths], str(tmp_path / "o.csv"), reasons=0), trained, client
    )
    assert report.left_out == {}
    scored = pd.read_csv(tmp_path / "o.csv")
    assert len(scored) == len(wanted) == 60
    own = ["propensity", "grade", "is_junk"]
    pd.testing.assert_frame_equal(scored[own], wanted[own])


def test_dates_are_settled_on_all_of_many_small_parts(
    client: Client, sample: SampleLeads, trained: LeadModel, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    dates = ["03/04/2026 10:00"] * (MANY_PARTS - LATE_DAYS) + ["25/04/2026 10:00"] * LATE_DAYS
    for place, date in enumerate(dates):
        sample.labelled.iloc[place : place + 1].assign(created_date=date).to_csv(
            folder / f"{place:02d}.csv", index=False
        )
    score_list(open_list(folder, trained.schema), tmp_path / "local.csv", trained, reasons=0)
    score_files(FilesRequest([str(folder)], str(tmp_path / "o.csv"), reasons=0), trained, client)
    scored, wanted = (pd.read_csv(tmp_path / name)["propensity"] for name in ("o.csv", "local.csv"))
    pd.testing.assert_series_equal(scored, wanted)


def test_a_folder_of_ones_own_is_meant_wherever_the_workers_run(
    client: Client, folder: Path, trained: LeadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the workers stay in the folder where they were started
    score_files(FilesRequest([str(folder / "file-0.csv")], "scored", reasons=0), trained, client)
    assert [path.name for path in (tmp_path / "scored").iterdir()] == ["leads-0000-file-0.parquet"]


class _Here:
    """Does at once what a cluster is asked for."""

    def submit(self, work, *given, retries: int = 0):  # type: ignore[no-untyped-def]
        return work(*given)

    def gather(self, asked, errors: str = ""):  # type: ignore[no-untyped-def]
        return list(asked)


def test_columns_are_chosen_by_all_parts_and_not_by_the_first(tmp_path: Path) -> None:
    schema, paths = load_schema(), []
    for place in range(3):
        numbers = [f"98765{place:02d}{i:03d}" for i in range(40)]
        first, other = (numbers, "") if place == 0 else ("", numbers)
        path = tmp_path / f"file-{place}.csv"
        frame = pd.DataFrame({"first_utm_medium": ["social"] * 40})
        frame.assign(**{"Phone": first, "Alternate Number": other}).to_csv(path, index=False)
        paths.append(str(path))
    options = ListOptions()
    leads = scoring._as_named(scoring._first_file(paths, schema, options, load_settings()), options, load_settings())
    settled = scoring._settle(_Here(), paths, leads, "IN")  # type: ignore[arg-type]
    assert settled.headers_of(schema, Role.PHONE) == ["Phone", "Alternate Number"]
