"""docs/sentences.md is what the code can say, and each sentence in it can be said."""

import json
import re
import runpy
import string
from typing import Any

import pytest

from leadscore_core.data.sentence import Sentence
from tests.paths import ROOT


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs/make_sentences.py"))


def test_the_page_is_current(made: dict[str, Any]) -> None:
    page = (ROOT / "docs/sentences.md").read_text(encoding="utf-8")
    assert page == made["write_sentences"](), "sentences have changed: make sentences"


def test_each_sentence_has_a_condition_and_an_example_of_each_part(made: dict[str, Any]) -> None:
    sentences: list[Sentence] = made["find_sentences"]()
    assert {"Sources", "Retrain"} <= {re.split("[ ,]", one.page)[0] for one in sentences}
    for one in sentences:
        parts = {name for _, name, _, _ in string.Formatter().parse(one.template) if name}
        assert parts <= set(one.example), one.template
        assert one.when
        assert not one.when.endswith("."), one.when


def test_each_text_that_differs_has_an_example_of_its_own(made: dict[str, Any]) -> None:
    examples = json.loads((ROOT / "docs/sentence_examples.json").read_text(encoding="utf-8"))
    templates = {text.template for text in made["find_texts"]() if "{" in text.template}
    assert set(examples) == templates, (
        "write one into docs/sentence_examples.json, or take out what is not said any more"
    )
    for template, example in examples.items():
        fixed = [part for part in re.split(r"\{[^{}]*\}", template) if part.strip()]
        assert all(part.strip() in example for part in fixed), template


def test_no_sentence_commands_or_names_a_cause(made: dict[str, Any]) -> None:
    """What was seen of leads that came is no order to buy more, and no proof of what a source does."""
    said = [one.template for one in made["find_sentences"]()] + [text.template for text in made["find_texts"]()]
    assert not [text for text in said if re.search(r"(?i)\b(?:buy more|guarantee[sd]?)\b", text)]
