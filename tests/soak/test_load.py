"""Many people at once on one server: each sees their own leads, and nobody an error."""

import json
import subprocess
import sys

import pytest

from tests.paths import IS_SOAK, ROOT

pytestmark = pytest.mark.skipif(not IS_SOAK, reason="a long round: make soak")


def test_each_of_many_sees_their_own_leads_also_beside_a_training_and_an_upload() -> None:
    words = [sys.executable, str(ROOT / "benchmarks" / "load.py"), "--people", "20", "--rows", "2000"]
    words += ["--large", "100000", "--turns", "5", "--pause", "2", "--browsers", "2", "--settle", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.strip().splitlines()[-1])
    assert result["errors"] == []
    assert result["cross_talk"] == 0
    assert result["turns_without_effect"] == 0
    assert result["turns"] == 18 * 5 * 3
