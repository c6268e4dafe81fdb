"""Commands over the small files that went wrong once: no message speaks of what is inside."""

from pathlib import Path

import pytest

from tests.cases import assert_nothing_internal, tables
from tests.paths import CASES, IS_SOAK, ROOT

WHOLE = ("check-label", "score")  # over every file, also in CI; they say most of what the others say
EVERY = 1 if IS_SOAK else 3  # of the other commands: each over every file in make soak, over every third in CI
COMMANDS = ("check", "check-label", "clean", "score", "sources", "outcomes", "evaluate")
pytestmark = [
    pytest.mark.skipif(not CASES.is_dir(), reason="the case files are not on this machine"),
    pytest.mark.usefixtures("few_trees"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_message_speaks_of_what_is_inside(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(ROOT / "models"))
    files = tables() if command in WHOLE else tables()[COMMANDS.index(command) % EVERY :: EVERY]
    for path, last in files:
        words: list[object] = {
            "check-label": ["check", path, "--label", last],
            "clean": ["clean", path, "-o", tmp_path / f"{path.name}.csv"],
            "score": ["score", path, "-o", tmp_path / f"{path.name}.csv"],
        }.get(command, [command, path])
        assert_nothing_internal(run, words, told_is_data=command == "score")
