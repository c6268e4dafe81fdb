"""Every sentence has its condition and an example that fills it; those of what is expected say so and judge nothing."""

import re
from string import Formatter

import pytest

from leadscore_core.analytics.sentences.catalogue import CATALOGUE
from leadscore_core.data.sentence import Sentence
from tests.paths import ROOT

UNCOUNTED = "no outcomes are counted"
ALL = {f"{topic}: {name}": (name, one) for topic, group in CATALOGUE.items() for name, one in group.items()}
JUDGED = ("best", "over-deliver", "under-deliver", "residual", "composition", "interval", "verdict")
INSTRUCTIONS = ("what to buy", "buy more", "you should", "stop spending", "put more")


@pytest.mark.parametrize("key", ALL)
def test_an_example_fills_each_sentence(key: str) -> None:
    sentence = ALL[key][1]
    wanted = {name for _, name, _, _ in Formatter().parse(sentence.template) if name}
    assert wanted <= set(sentence.example), "each part needs an example"
    assert sentence.page
    assert sentence.when
    assert "{" not in sentence.shown
    assert sentence(**sentence.example) == sentence.shown


@pytest.mark.parametrize(
    "key", [key for key, (_, one) in ALL.items() if one.when.startswith("no outcomes are counted")]
)
def test_what_is_only_expected_says_so_and_is_not_judged(key: str) -> None:
    text = ALL[key][1].shown.casefold()
    assert "expect" in text or "once outcomes are known" in text
    assert not any(word in text for word in JUDGED)


def test_no_sentence_tells_people_what_to_buy() -> None:
    assert not [key for key, (_, one) in ALL.items() if any(word in one.shown.casefold() for word in INSTRUCTIONS)]


def test_every_sentence_is_used() -> None:
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("leadscore_core/analytics", "pages/sources", "leadscore_core/cli")
        for path in (ROOT / folder).rglob("*.py")
        if "sentences" not in path.parts
    )
    said = set(re.findall(r'"([a-z_]+)"', text))
    said |= {f"{name}_expected" for name in said}
    unused = [key for key, (name, _) in ALL.items() if name not in said]
    assert unused == []


def test_a_sentence_is_filled_by_its_parts() -> None:
    assert Sentence("p", "w", "{a} of {b}", {"a": "1", "b": "2"})(a=3, b=4) == "3 of 4"
