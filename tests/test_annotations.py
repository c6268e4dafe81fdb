"""Annotations are postponed (``from __future__``) only where a name is not there yet when they are read."""

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

FOLDERS = ("leadscore_core", "pages", "dags", "benchmarks", "tests", "docs")
POSTPONED = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "\nfrom __future__ import annotations\n" in path.read_text(encoding="utf-8")
]


def annotations_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    result = function.args
    for argument in (*result.posonlyargs, *result.args, *result.kwonlyargs, result.vararg, result.kwarg):
        if argument is not None and argument.annotation is not None:
            yield argument.annotation
    if function.returns is not None:
        yield function.returns


def bound_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds; what is imported for type checkers alone is bound by nothing."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return set()
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def names_too_early(body: list[ast.stmt], known: set[str]) -> set[str]:
    """Return names in annotations that are not there when a module is imported."""
    known, early = set(known), set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            read = list(annotations_of(node))
        elif isinstance(node, ast.AnnAssign):
            read = [node.annotation]
        else:
            read = []
            if isinstance(node, ast.ClassDef):
                early |= names_too_early(node.body, known)
        early |= {n.id for one in read for n in ast.walk(one) if isinstance(n, ast.Name)} - known
        known |= bound_by(node)
    return early


def inside(tree: ast.Module) -> set[str]:
    """Return names in annotations of functions inside functions that are for type checkers alone."""
    for_checkers = {
        name
        for node in tree.body
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for part in node.body
        for name in bound_by(part)
    }
    inner = [
        n for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)
        if n is not f and isinstance(n, ast.FunctionDef)
    ]  # fmt: skip
    read = [n.id for f in inner for one in annotations_of(f) for n in ast.walk(one) if isinstance(n, ast.Name)]
    return set(read) & for_checkers


@pytest.mark.parametrize("path", POSTPONED, ids=lambda path: str(path.relative_to(ROOT)))
def test_postponed_where_it_must_be(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert names_too_early(tree.body, set(dir(builtins))) | inside(tree), "remove: from __future__ import annotations"
