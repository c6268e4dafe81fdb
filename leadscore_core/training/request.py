"""The request of a training: what is left out and why, and how it is done."""

from dataclasses import dataclass, field
from typing import Any

from leadscore_core.model.metadata import ColumnAudit


@dataclass(frozen=True)
class TrainingRequest:
    """What a person asks of a training.

    Attributes
    ----------
    excluded
        Input columns that the model must not read -> why.
    audit
        What these and the columns that were asked about are worth.
    algorithm
        Of `ALGORITHMS`; that of `usual_algorithm` for so many leads if empty.
    params
        Settings of the algorithm that differ from its defaults.
    note
        Kept with the model; the name of the leads if empty.
    synthetic
        Whether these leads are made up, which is said wherever the model scores.
    capacity
        Calls, for the outcomes that a challenger gains.
    n_repeats
        How often the five folds are drawn anew.
    seed
        Of the folds.
    estimator
        A scikit-learn classifier with ``predict_proba`` in place of an algorithm (see `wrap_estimator`).
    segments_by
        Name of a category whose levels get models of their own where these are better; none if empty.
    """

    excluded: dict[str, str] = field(default_factory=dict)
    audit: tuple[ColumnAudit, ...] = ()
    algorithm: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    synthetic: bool = False
    capacity: int = 300
    n_repeats: int = 2
    seed: int = 0
    segments_by: str = ""
    estimator: Any = None
