"""What the README tells a reader to type works as it says."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.paths import IS_SOAK, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    \.venv/bin/leadscore (.+)$", README, re.M)


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample leads and the shipped model, where commands may write."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "sample_data", folder / "sample_data")
    shutil.copytree(ROOT / "models", folder / "models")
    if not IS_SOAK:  # all of them take half a minute to train on
        labelled = folder / "sample_data" / "labelled_leads.csv"
        labelled.write_text("".join(labelled.read_text(encoding="utf-8").splitlines(keepends=True)[:1_501]), "utf-8")
    return folder


def run(playground: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {
        "LEADSCORE_MODELS_DIR": str(playground / "models"),
        "LEADSCORE_DATA_DIR": str(playground / "data"),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(command, cwd=playground, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_of_the_readme_is_done(playground: Path, words: str) -> None:
    done = run(playground, sys.executable, "-m", "leadscore_core", *shlex.split(words))
    assert done.returncode == 0, done.stderr
    if " -o " in words:
        assert (playground / words.split(" -o ")[1]).stat().st_size > 1_000


def test_the_readmes_python_runs(playground: Path) -> None:
    (code,) = re.findall(r"```python\n(.+?)```", README, re.S)
    done = run(playground, sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    assert "lead_score" in done.stdout


def test_every_file_and_picture_of_the_readme_is_there() -> None:
    named = re.findall(r"\]\(([^)#:]+)\)", README)
    assert "docs/screenshots/score-1440-light.png" in named
    assert all((ROOT / path).is_file() for path in named)
    steps = README.partition("## How it works")[2].partition("\n## ")[0]
    rooms = re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?)`", steps)
    assert len(rooms) >= 15
    assert all((ROOT / "leadscore_core" / room).exists() for room in rooms if room != "leadscore_core/")


@pytest.mark.skipif(not (ROOT / ".venv" / ".app").is_file(), reason="make has not set up .venv here")
def test_make_app_opens_the_dashboard(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"} | {  # as it is where no make is on
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_SERVER_HEADLESS": "true",
        "LEADSCORE_DATA_DIR": str(tmp_path),
    }
    make = subprocess.Popen(
        ["make", "app"], cwd=ROOT, env=env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 120
        answered = False
        while not answered and time.monotonic() < deadline and make.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as health:
                    answered = health.status == 200
            except (urllib.error.URLError, OSError):
                time.sleep(0.3)
        assert answered, f"make app ended with {make.poll()}"
    finally:
        os.killpg(make.pid, signal.SIGTERM)
        make.wait(timeout=30)
