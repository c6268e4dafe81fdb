"""Called leads: whom the figures of a trained model are about, and whether the columns show who was called."""

from dataclasses import replace

import numpy as np

from leadscore_core.model.metadata import LIGHTGBM
from leadscore_core.model.who_was_called import WhoWasCalled
from leadscore_core.training.evaluation.quick_scores import auc_of
from leadscore_core.training.fit import Recipe, out_of_fold_margins
from leadscore_core.training.folds import inner_folds
from leadscore_core.training.training_data import TrainingData

_MOST_ASKED, _LEAST_OF_EACH = 10_000, 40


def describe_calls(data: TrainingData, recipe: Recipe) -> WhoWasCalled | None:
    """Return what is known of the calls to leads that a model was trained on; None where nothing is.

    Parameters
    ----------
    data
        All leads, those too of whom nobody knows what became.
    recipe
        Of the model.
    """
    if data.calls is None:
        return None
    found = data.calls.summary()
    return found.model_copy(update={"called_auc": _called_auc(data, recipe)}) if found.uncalled else found


def _called_auc(data: TrainingData, recipe: Recipe) -> float | None:
    """Return how well the model's columns tell who was called, in two folds of 10,000 leads at most; 0.5 is chance."""
    calls = data.calls
    assert calls is not None  # noqa: S101  # for the type checker
    asked = np.flatnonzero(~np.isnan(calls.called) & ~calls.is_sample)
    if len(asked) > _MOST_ASKED:
        asked = np.random.default_rng(recipe.seed).choice(asked, _MOST_ASKED, replace=False)
    rows = np.zeros(len(data), dtype=bool)
    rows[asked] = True
    called = calls.called[rows].astype("int64")
    if min(called.sum(), (1 - called).sum()) < _LEAST_OF_EACH:
        return None
    quick = replace(recipe, algorithm=LIGHTGBM, estimator=None, segments=None, grow=None, params={"n_estimators": 50})
    cleaned = data.take(rows).cleaned(recipe.schema)
    margins = out_of_fold_margins(cleaned, called, inner_folds(called, 2, recipe.seed), quick)
    return auc_of(called, margins)
