"""Whatever others named or noted goes through `plain` where a page reads Markdown."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

# calls of Streamlit whose first text is read as Markdown
READ = {
    "markdown", "caption", "info", "success", "warning", "error", "header", "subheader", "title", "toast", "metric",
    "expander", "popover", "button", "checkbox", "toggle", "radio", "pills", "segmented_control", "text_input",
    "text_area", "number_input", "slider", "selectbox", "multiselect", "date_input", "download_button", "link_button",
    "form_submit_button", "badge", "status", "spinner", "dialog", "progress",
}  # fmt: skip
# what others wrote, by the names under which the core gives it
THEIRS = {"note", "human", "file_name", "author", "caller", "header", "batch_name", "reason", "text", "message"}
PARTS = sorted((ROOT / "pages").rglob("*.py"))


def unplain(tree: ast.AST) -> Iterator[str]:
    """Give what others wrote where it stands in a text that is read as Markdown, and is not made plain."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in READ and call.args:
            yield from (ast.unparse(part) for part in _parts(call.args[0]))


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name.startswith("plain") or name in {"len", "escape"}:
            return
    if isinstance(node, ast.Attribute) and node.attr in THEIRS:
        yield node
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value in THEIRS:
        yield node
    for child in (node.body, node.orelse) if isinstance(node, ast.IfExp) else ast.iter_child_nodes(node):
        yield from _parts(child)


@pytest.mark.parametrize("path", PARTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_others_wrote_is_made_plain(path: Path) -> None:
    assert list(unplain(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_what_is_not_made_plain_is_seen() -> None:
    bad = "st.caption(f'{one.note}')\nst.markdown(row['human'])\nst.info(f'{plain(a.note)} {b.note.strip()}')"
    assert list(unplain(ast.parse(bad))) == ["one.note", "row['human']", "b.note"]
    assert list(unplain(ast.parse("st.caption(f'{plain(one.note)}' if one.note else '')"))) == []


@pytest.mark.parametrize("path", PARTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_cell_without_a_value_stays_empty(path: Path) -> None:
    """A table writes None there, unless it is told what else."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    tables = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "dataframe"]
    assert all("placeholder" in {keyword.arg for keyword in table.keywords} for table in tables)
