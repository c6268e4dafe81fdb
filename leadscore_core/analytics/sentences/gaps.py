"""Sentences on composition and residual effect."""

from leadscore_core.analytics.sentences.sentence import Sentence

GAPS: dict[str, Sentence] = {
    "expected": Sentence(
        "Sources, Composition",
        "no outcomes are counted",
        "What is expected cannot be taken apart: it is the model's own output. Count leads of which is known whether "
        "they {past}, or bring outcomes.",
        {"past": "converted"},
    ),
}
