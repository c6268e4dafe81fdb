"""Sentences on what is expected: by which model, and of which leads nothing can be."""

from leadscore_core.data.sentence import Sentence

_PAGE = "Sources, above every section; reports; command line"
EXPECTATIONS: dict[str, Sentence] = {
    "made_up": Sentence(
        _PAGE,
        "a model in play learned from made-up leads",
        "What is expected here comes from a model that learned from made-up leads. Train on your own before you rely "
        "on it.",
    ),
    "in_folds": Sentence(
        _PAGE,
        "the model learned from some of the leads and keeps what models of its folds said of them",
        "The model learned from {n} of these leads. What is expected of them is what models said that had not seen "
        "them (out-of-fold).",
        {"n": "18,480"},
    ),
    "not_shown": Sentence(
        _PAGE,
        "the model learned from some of the leads and keeps nothing else that was said of them",
        "The model learned from {n} of these leads and keeps nothing that models said which had not seen them. "
        "In-sample figures cannot be shown, so nothing is expected of these leads. A model that is trained anew keeps "
        "them.",
        {"n": "18,480"},
    ),
    "unclear": Sentence(
        _PAGE,
        "nothing tells whether the model learned from some of the leads",
        "Whether the model learned from {n} of these leads is not known, so more may be expected of them than "
        "is true. Score the list again; leads with an id or a date are recognised.",
        {"n": "1,973"},
    ),
    "grades": Sentence(
        "Sources, Weeks and flow, below the flow of leads",
        "the model learned from some of the leads",
        "Grades are the model's own, also of the {n} leads that it learned from; of leads that are new to it, Hot ones "
        "usually bring less and Junk ones more.",
        {"n": "18,480"},
    ),
}
