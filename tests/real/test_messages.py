"""Every command over every small file that went wrong once: no message speaks of what is inside."""

from pathlib import Path

import pytest

from tests.cases import assert_nothing_internal, tables
from tests.paths import CASES, ROOT

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the case files are not on this machine")


@pytest.mark.parametrize("command", ["check", "check-label", "clean", "score", "sources", "outcomes", "evaluate"])
def test_no_message_speaks_of_what_is_inside(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(ROOT / "models"))
    for path, last in tables():
        words: list[object] = {
            "check-label": ["check", path, "--label", last],
            "clean": ["clean", path, "-o", tmp_path / f"{path.name}.csv"],
            "score": ["score", path, "-o", tmp_path / f"{path.name}.csv"],
        }.get(command, [command, path])
        assert_nothing_internal(run, words, told_is_data=command == "score")
