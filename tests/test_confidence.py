"""One rule of how sure a figure must be, and one home for each of its parts."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leadscore_core.confidence import (
    CONFIDENCE,
    LEAST_OF_EACH,
    Z95,
    describe_need,
    enough_of_each,
    enough_to_learn,
    wilson_intervals,
)
from leadscore_core.progress import silent
from tests.paths import ROOT

CORE = sorted((ROOT / "leadscore_core").rglob("*.py"))
PRODUCT = [*CORE, *sorted((ROOT / "pages").rglob("*.py"))]


@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_is_that_of_scipy(counted: tuple[int, int]) -> None:
    k, n = counted
    low, high = wilson_intervals(np.array([k]), np.array([n]))
    wanted = stats.binomtest(k, n).proportion_ci(CONFIDENCE, method="wilson")
    assert (low[0], high[0]) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_standard_errors_of_95_percent() -> None:
    assert pytest.approx(stats.norm.ppf(1 - (1 - CONFIDENCE) / 2), abs=1e-6) == Z95


@given(st.integers(0, 200), st.integers(0, 200))
def test_enough_is_forty_of_each_to_judge_and_of_a_hundred_leads_five_to_learn(completed: int, rest: int) -> None:
    assert enough_of_each(completed, rest) is (completed >= 40 and rest >= 40)
    assert enough_of_each(completed, rest) is enough_of_each(rest, completed)
    assert enough_to_learn(completed, rest) is enough_to_learn(rest, completed)
    least = 5 if completed + rest >= 100 else 40
    assert enough_to_learn(completed, rest) is (completed >= least and rest >= least)
    assert f"bought {completed} of {least} needed, not bought {rest} of {least} needed" in describe_need(
        completed, rest, "bought"
    )
    assert LEAST_OF_EACH == 40


def test_nobody_is_told_of_silent_work(capsys: pytest.CaptureFixture[str]) -> None:
    silent(0.5, "Judging folds")
    assert capsys.readouterr() == ("", "")


def twins(path: Path) -> list[str]:
    """Return what stands again that has its home elsewhere: 1.96, Wilson, 40 of each, a type of progress."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    found = [str(n.value) for n in ast.walk(tree) if isinstance(n, ast.Constant) and _is_z(n.value)]
    found += re.findall(
        r"proportion_ci\(|proportion_confint\(|norm\.ppf\(0\.975|Callable\[\[float, str\], None\]", text
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            made = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(made, ast.Name) and made.id.startswith("LEAST_OF_EACH"):
                found.append(made.id)
        elif isinstance(node, ast.Compare) and ast.unparse(node.left).startswith("min("):
            found += [ast.unparse(node) for other in node.comparators if ast.unparse(other) == "40"]
    return found


def _is_z(value: object) -> bool:
    return isinstance(value, float) and abs(value - 1.96) < 0.001


def test_each_has_one_home() -> None:
    found = {path.relative_to(ROOT).as_posix(): twins(path) for path in PRODUCT}
    homes = {"leadscore_core/confidence.py": 3, "leadscore_core/progress.py": 1}
    assert {name: len(lines) for name, lines in found.items() if lines} == homes, found


def test_caches_are_bounded() -> None:
    """A cache of a function with arguments has a size; a table that is read once has none."""
    for path in PRODUCT:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                rows = [ast.unparse(decorator) for decorator in node.decorator_list]
                takes = node.args.args or node.args.posonlyargs or node.args.kwonlyargs or node.args.vararg
                assert not (takes and {"cache", "functools.cache", "lru_cache"} & set(rows)), (
                    f"{path.name}: {node.name}"
                )
                assert "maxsize=None" not in "".join(rows), f"{path.name}: {node.name}"
