"""Write docs/sentences.md: each sentence of Sources, Money, Drivers, Retrain and Monitor, when, and an example.

python docs/make_sentences.py
"""

import ast
import importlib.util
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import leadscore_core
from leadscore_core.data.sentence import Sentence

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path(__file__).with_name("sentences.md")
PLACES = (
    "pages/sources",
    "pages/drivers",
    "pages/retrain",
    "pages/monitor",
    "leadscore_core/plots/sources.py",
    "leadscore_core/plots/drivers.py",
    "leadscore_core/plots/judging.py",
    "leadscore_core/training/cautions.py",
    "leadscore_core/training/evaluation/learning_curve.py",
    "leadscore_core/training/evaluation/score_changes.py",
    "leadscore_core/retraining/trigger.py",
)
INTRODUCTION = """# Sentences

What Sources (with Money), Drivers, Retrain and Monitor can say, made from the code by `make sentences`; a test
asserts that it is current. A part in braces differs from time to time. Claims, whose truth depends on the leads, come
first: each with the condition under which it stands there, in words, and an example. The texts of the pages follow:
labels, notes and explanations, with the place in the code that shows each and what is asked there before it is, and
an example of those that differ from time to time. What hovering a mark of a chart shows is not listed.
"""
_LEAST_WORDS = 4
_NO_TEXT = re.compile(r"://|^\.\{|^targets-|<extra>|%\{")  # addresses, formats, keys, and what hovering a mark shows
EXAMPLES = Path(__file__).with_name("sentence_examples.json")


class Text(NamedTuple):
    """A text of a page: where it is shown, its template, and what is asked before, in code; empty for always."""

    place: str
    template: str
    when: str


def find_sentences() -> list[Sentence]:
    """Return every declared sentence, in the order of the modules."""
    found: dict[int, Sentence] = {}
    for module in sorted(m.name for m in pkgutil.walk_packages(leadscore_core.__path__, "leadscore_core.")):
        if "migrations" in module or "Sentence" not in _source(module):
            continue
        for value in vars(importlib.import_module(module)).values():
            several = value.values() if isinstance(value, dict) else (value,)
            found |= {id(one): one for one in several if isinstance(one, Sentence)}
    return list(found.values())


def find_texts() -> list[Text]:
    """Return the texts that the pages, charts and cautions write themselves, of four words or more."""
    found = []
    for place in PLACES:
        for path in sorted((ROOT / place).glob("*.py")) or [ROOT / place]:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += list(_texts(tree, path.relative_to(ROOT).as_posix(), ()))
    return list(dict.fromkeys(found))


def write_sentences() -> str:
    """Return the page as Markdown."""
    parts = [INTRODUCTION, "## Claims\n"]
    sentences = find_sentences()
    for place in dict.fromkeys(sentence.page for sentence in sentences):
        parts.append(f"### {place}\n")
        for sentence in (one for one in sentences if one.page == place):
            parts.append(f"- `{sentence.template}`\n  - When {sentence.when}.\n  - {sentence.shown}\n")
    parts.append("## Texts of the pages\n")
    texts, examples = find_texts(), json.loads(EXAMPLES.read_text(encoding="utf-8"))
    for place in dict.fromkeys(text.place for text in texts):
        parts.append(f"### {place}\n")
        for text in (one for one in texts if one.place == place):
            example = examples.get(text.template, "")
            parts.append(
                f"- `{text.template}`\n"
                + (f"  - If `{text.when}`\n" if text.when else "")
                + (f"  - {example}\n" if example else "")
            )
    return "\n".join(parts)


def _source(module: str) -> str:
    spec = importlib.util.find_spec(module)
    return Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""


def _texts(node: ast.AST, place: str, asked: tuple[str, ...]) -> Iterator[Text]:
    """Give the texts below a node of code, with what is asked before each of them."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        place = f"{place.split(':')[0]}: {node.name}"
    if isinstance(node, (ast.If, ast.IfExp)):
        test = ast.unparse(node.test)
        yield from _texts(node.test, place, asked)
        for branch, condition in ((node.body, test), (node.orelse, f"not ({test})")):
            for child in branch if isinstance(branch, list) else [branch]:
                yield from _texts(child, place, (*asked, condition))
        return
    if isinstance(node, (ast.Constant, ast.JoinedStr)):
        template = _template(node)
        if len(template.split()) >= _LEAST_WORDS and not _NO_TEXT.search(template):
            yield Text(place, template, " and ".join(asked))
        return
    body = getattr(node, "body", None)
    is_documented = isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and ast.get_docstring(node)
    for child in ast.iter_child_nodes(node):
        if not (is_documented and isinstance(body, list) and child is body[0]):
            yield from _texts(child, place, asked)


def _template(node: ast.Constant | ast.JoinedStr) -> str:
    """Return a text with what differs in braces."""
    if isinstance(node, ast.Constant):
        return " ".join(node.value.split()) if isinstance(node.value, str) else ""
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        elif isinstance(part, ast.FormattedValue):
            parts.append("{" + ast.unparse(part.value).replace("`", "'") + "}")
    return " ".join("".join(parts).split())


if __name__ == "__main__":
    PAGE.write_text(write_sentences(), encoding="utf-8")
    print(f"{len(find_sentences())} claims and {len(find_texts())} texts: {PAGE}", flush=True)  # noqa: T201
