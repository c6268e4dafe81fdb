"""Messages on a page name its controls; only the command line speaks of options."""

import ast
import re
from pathlib import Path

import pytest

from pages.shared.controls import on_page
from tests.paths import ROOT

_OPTIONS = r"--(decimal|dates|encoding|sheet|label|positive|open)"
# where only a command leads: what opens a list of which nobody said what its columns mean, and has no page
_COMMANDS_ALONE = {"data/dataset/open.py", "data/dataset/outcomes.py", "analytics/report_json.py"}


def _messages(path: Path) -> list[str]:
    """Return the texts of a module that name an option, each with its values as a word."""
    found = []
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    within = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if id(node) in within:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else "'x'" for part in node.values]
            found.append("".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return [text for text in found if re.search(r"--[a-z]{3}", text) and ">>>" not in text]


def test_no_message_of_the_core_names_an_option_on_a_page() -> None:
    core = ROOT / "leadscore_core"
    left = {}
    for path in core.rglob("*.py"):
        name = path.relative_to(core).as_posix()
        if name.startswith(("cli/", "orchestration")) or name in _COMMANDS_ALONE:
            continue
        whole = [
            text for text in _messages(path) if re.search(r"--(decimal|dates|encoding|sheet|label|positive|open)", text)
        ]
        left |= {text: on_page(text) for text in whole if re.search(r"--[a-z]{3}", on_page(text))}
    assert {text for text in left if not re.fullmatch(r"--dates 'x'", text)} == set()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "both are there; choose comma or point for the column (--decimal 'Deal (EUR)'=comma or =point)",
            "both are there; answer the question on this page",
        ),
        (
            "'1,234' is read as 1234; if that is wrong, say so (--decimal 'Amount'=comma or =point)",
            "'1,234' is read as 1234; if that is wrong, choose under Read otherwise",
        ),
        (
            "dates are read with the day first; choose which comes first (--dates dmy, --dates mdy or --dates ymd)",
            "dates are read with the day first; choose which comes first in the question on this page",
        ),
        (
            "the sheet 'Old (2)' is hidden and is not read; name it (--sheet 'Old (2)') if it holds the leads",
            "the sheet 'Old (2)' is hidden and is not read; choose it under Sheet if it holds the leads",
        ),
        (
            "reads as well in cp1251 ('я'): choose with --encoding if words look wrong",
            "reads as well in cp1251 ('я'): choose under Words are read as if words look wrong",
        ),
        (
            "Give the value that means a lead completed, --positive 'Ja' or --positive 'Nein'; it may be repeated.",
            "Give the value that means a lead completed, 'Ja' or 'Nein'; it may be repeated.",
        ),
        ("a note -- with dashes", "a note -- with dashes"),
    ],
)
def test_the_page_s_control_stands_where_the_option_stood(said: str, shown: str) -> None:
    assert on_page(said) == shown
