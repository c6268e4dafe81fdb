"""What the fuzzer starts from and what it found is read again; then it looks for more, for as long as there is time."""

import importlib.util
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.readers import CORPUS, FOUND, read_bytes
from tests.paths import IS_SOAK, ROOT

SECONDS, LONGEST_ROUND = (600, 660) if IS_SOAK else (8, 8)
KNOWN = sorted([*CORPUS.iterdir(), *FOUND.iterdir()])


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: path.name)
def test_what_was_found_is_read_or_said(path: Path, tmp_path: Path) -> None:
    said = read_bytes(path.read_bytes(), tmp_path)
    assert said == "" or re.search(r"[a-z]{3,}.*[.?:]\s*\S*$", said, re.DOTALL), "a sentence of ours, or it is read"
    assert not re.search(r"Traceback|Error\(|errno|0x[0-9a-f]{6}|object at", said)


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed on this system")
def test_whatever_the_bytes_a_list_is_read_or_one_message_is_said(tmp_path: Path) -> None:
    spent = 0.0
    while spent < (SECONDS if IS_SOAK else 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        words = [sys.executable, "-m", "tests.fuzz.readers", str(LONGEST_ROUND), str(tmp_path)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        faults = [path for path in tmp_path.iterdir() if path.name.startswith(("crash-", "timeout-", "oom-", "leak-"))]
        assert not faults, f"{faults}: keep it in tests/fuzz/found, and mend it\n{done.stderr[-3_000:]}"
        assert done.returncode == 0, done.stderr[-3_000:]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
