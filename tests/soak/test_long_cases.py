"""What takes long of the small files that went wrong once; skipped where they are missing."""

import os
import shutil
from pathlib import Path

import pytest

from tests.cases import assert_nothing_internal, tables
from tests.paths import CASES

pytestmark = [
    pytest.mark.skipif(not CASES.is_dir(), reason="the case files are not on this machine"),
    pytest.mark.skipif("LEADSCORE_SOAK" not in os.environ, reason="a long round: make soak"),
]


@pytest.mark.parametrize("command", ["train", "compare", "tune"])
def test_no_message_of_training_speaks_of_what_is_inside(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    for path, last in tables():
        more = {"compare": ["--algorithm", "logistic"], "tune": ["--minutes", "0.05"]}.get(command, [])
        assert_nothing_internal(run, [command, path, "--label", last, *more])


def test_a_hundred_thousand_and_more_leads_are_trained_on(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    shutil.copy(CASES / "make_135k.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    exec(compile((tmp_path / "make_135k.py").read_text(), "make_135k.py", "exec"), {})
    code, said, wrong = run("train", tmp_path / "big135k.csv", "--label", "Won")
    assert code == 0, wrong
    assert "135,000" in said
