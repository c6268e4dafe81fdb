"""Sentences on models: which targets one meets, how it did against the one in use, why it needs a reason."""

from leadscore_core.data.sentence import Sentence

_TARGETS = "Retrain, the answer and the verdict; train; what changes by promoting"
_FOLDS, _MONTHS = "in cross-validation", "on the months that followed"
TARGETS: dict[str, Sentence] = {
    "met": Sentence(
        _TARGETS,
        "the company names targets, and the mean over folds (over months) exceeds each of them",
        "meets {every} {where}",
        {"every": "all three targets", "where": _FOLDS},
    ),
    "missed": Sentence(
        _TARGETS,
        "the company names targets, and the mean over folds (over months) does not exceed these",
        "misses {missed} {where}",
        {"missed": "AUC and recall", "where": _MONTHS},
    ),
    "better": Sentence(
        _TARGETS,
        "the company names no targets, and AUC and Brier score in folds (over months: the ends of the intervals) are "
        "better than what the base rate reaches",
        "better than the base rate {where}",
        {"where": _FOLDS},
    ),
    "no_better": Sentence(
        _TARGETS,
        "the company names no targets, and these figures (over months: the low ends of their intervals) do not exceed "
        "what the base rate reaches",
        "not shown to be better than the base rate by {missed} {where}",
        {"missed": "precision", "where": _MONTHS},
    ),
    "both": Sentence(
        _TARGETS,
        "months after the training could be judged: 'but' where one of the two misses something and the other does not",
        "{folds}, {joined} {months}",
        {"folds": f"meets all three targets {_FOLDS}", "joined": "but", "months": f"misses recall {_MONTHS}"},
    ),
    "no_months": Sentence(
        _TARGETS,
        "no month after the first two can be judged, as leads have no dates or months too few outcomes",
        "{folds}; not judged on months that followed",
        {"folds": f"meets all three targets {_FOLDS}"},
    ),
    "none": Sentence(_TARGETS, "no target asks for anything", "has no target to meet"),
}
_AGAINST = "Retrain, the answer and against the model in use; train; what changes by promoting"
AGAINST: dict[str, Sentence] = {
    "same": Sentence(
        _AGAINST,
        "the difference of AUC and both ends of its interval are zero",
        "ranks these leads as {whom} does",
        {"whom": "the model in use"},
    ),
    "better": Sentence(
        _AGAINST,
        "the 95% interval of the difference of AUC lies above zero",
        "{verb}better than {whom} {where}: AUC {value} ({reach})",
        {
            "verb": "is ",
            "whom": "the model in use",
            "where": "on months that followed",
            "value": "+0.058",
            "reach": "95% interval +0.034 to +0.083; higher in 5 of 5 months",
        },
    ),
    "worse": Sentence(
        _AGAINST,
        "the 95% interval of the difference of AUC lies below zero",
        "{verb}worse than {whom} {where}: AUC {value} ({reach})",
        {
            "verb": "is ",
            "whom": "a refit of the model in use",
            "where": "in random folds",
            "value": "-0.020",
            "reach": "95% interval -0.030 to -0.010",
        },
    ),
    "unclear": Sentence(
        _AGAINST,
        "the 95% interval of the difference of AUC holds zero",
        "{verb}not shown to be better or worse than {whom} {where}: AUC {value} ({reach})",
        {
            "verb": "is ",
            "whom": "the model in use",
            "where": "on months that followed",
            "value": "+0.028",
            "reach": "95% interval -0.024 to +0.081; higher in 3 of 3 months",
        },
    ),
    "not_compared": Sentence(
        _AGAINST,
        "there was no model in use, or the two cannot be compared",
        "It was not compared with the model in use.",
    ),
    "other_champion": Sentence(
        _AGAINST,
        "another model has been put to use since",
        "It was compared with a model that is not in use any more.",
    ),
    "falls": Sentence(
        _AGAINST,
        "the 95% interval of the difference of precision or recall lies below zero",
        "{figures} {fall}",
        {"figures": "recall", "fall": "falls"},
    ),
    "loses": Sentence(
        _AGAINST,
        "the mean log loss of a group of 50 leads or more rises, its 95% interval above zero: of these the worst",
        "worse for {column} {group}",
        {"column": "first platform", "group": "Level18"},
    ),
}
_GATES = "Retrain, promote; train; models promote: why a reason is needed"
GATES: dict[str, Sentence] = {
    "base_rate": Sentence(
        _GATES,
        "its AUC in folds is not above 0.5 by two standard errors",
        "tells no more than the base rate",
    ),
    "probabilities": Sentence(
        _GATES,
        "its AUC in folds is above 0.5 by two standard errors, and its Brier score not below the base rate's",
        "gives probabilities that are no better than the base rate, though its order of leads is better than chance",
    ),
    "no_better": Sentence(
        _GATES,
        "the company names no targets, and the model is not shown to be better than the one in use",
        "is not shown to be better than the model that was in use when it was trained",
    ),
    "imported": Sentence(
        _GATES,
        "the model was brought from elsewhere",
        "comes from elsewhere, and its figures are its own word",
    ),
    "target": Sentence(_GATES, "the mean over folds does not exceed a target", "misses a target"),
}
