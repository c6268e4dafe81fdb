"""No sentence of the core or the pages names the outcome of one company: it takes the word from the leads' schema."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.paths import ROOT

OURS = re.compile(r"\b(?:complet(?:e|es|ed|ing|ions?)|applica(?:tion|nt)s?|applying)\b", re.IGNORECASE)
KEYS = {"completed", "not_completed", "applications"}  # of tables, files and JSON, whoever's leads they hold
COUNTED = {  # where these stand alone, as keys
    "analytics/charts.py",
    "analytics/report_json.py",
    "analytics/sources.py",
    "analytics/statistics/costs.py",
    "analytics/trends.py",
    "analytics/wording.py",
    "batches/planning.py",
    "cli/sources.py",
    "cli/spend.py",
    "data/cleaning/outcome_values.py",
    "inference/discard_tradeoff.py",
    "orchestration.py",
    "plots/judging.py",
    "plots/sources.py",
    "monitoring/estimate.py",
    "registry/mlflow_run.py",
    "registry/out_of_sample.py",
    "storage/database/migrations/versions/0002_outcomes.py",
    "storage/leads/source_table.py",
    "training/evaluation/gates_and_curves.py",
    "training/evaluation/model_comparison.py",
    "training/evaluation/score_changes.py",
    "training/train.py",
    "pages/retrain/champion_challenger.py",
    "pages/retrain/verdict.py",
    "pages/sources/rates.py",
}
OWN = {  # what is CodePro's own, or tells of words and headers of everybody
    "outcome.py": "declares the words of both",
    "data/synthetic.py": "writes leads as CodePro does",
    "data/schema/inference.py": "headers by which outcomes are known",
    "data/schema/header_words.py": "words of headers, in many languages",
}
ELSEWHERE = {  # of something else than an outcome
    "application/json",
    "application/toml",
    "count(*) AS leads, count(ls_completed) AS known, coalesce(sum(ls_completed), 0)::BIGINT AS completed, ",
}
COMPLETE = re.compile(
    r"(?:is|are) complete\b|\bcomplete (?:file|folder)|of complete files|^\s*(?:>>>|\.\.\.).*$|``[^`]*``"
    r"|^\s*(?:rows, )?completed(?:, not_completed)?$",
    re.MULTILINE,
)
EXAMPLES = {  # of what CodePro's leads give
    "data/cleaning/outcome_split.py",
    "data/schema/schema_files.py",
    "training/enough.py",
}


def constants(path: Path) -> Iterator[tuple[ast.Constant, bool]]:
    """Give every text of a module, and whether it is a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    first = [node.body[0] for node in ast.walk(tree) if isinstance(node, described) and node.body]
    docstrings = {id(line.value) for line in first if isinstance(line, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, id(node) in docstrings


def modules() -> Iterator[tuple[str, Path]]:
    for root in (ROOT / "leadscore_core", ROOT / "pages", ROOT / "dags"):
        for path in sorted(root.rglob("*.py")):
            yield str(path.relative_to(ROOT)).removeprefix("leadscore_core/"), path


def test_no_sentence_names_the_outcome_of_one_company() -> None:
    found, keyed = [], set()
    for name, path in modules():
        if name in OWN:
            continue
        for node, is_docstring in constants(path):
            text = COMPLETE.sub("", node.value) if is_docstring else node.value
            if not OURS.search(text) or (is_docstring and name in EXAMPLES):
                continue
            if text in KEYS and not is_docstring:
                keyed.add(name)
            elif not any(other in text for other in ELSEWHERE):
                found.append(f"{name}:{node.lineno}: {text[:120]}")
    assert found == []
    assert keyed == COUNTED, "a key where none was: is it one, or a word of a sentence?"


def test_where_no_schema_says_it_an_outcome_is_a_conversion() -> None:
    """The words of the shipped schema stand for it alone, and for models of before schemas had words."""
    named = {name for name, path in modules() if "APPLICATIONS" in path.read_text(encoding="utf-8")}
    assert named == {"outcome.py", "data/schema/schema.py"}
