"""Cautions: what somebody should know of the leads and figures of a model before they trust them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from leadscore_core.model.metadata import beats_base_rate
from leadscore_core.training.training_data import TrainingData

TOO_GOOD, FEW_LEADS, MANY_REPEATS = 0.97, 1_000, 0.1
_RESTS_ON, _MOST_NAMED, _LEAST_SHARE = 0.8, 4, 0.05


def judge_cautions(
    known: TrainingData,
    metrics: Mapping[str, Any],
    importance: Mapping[str, tuple[float, float]],
) -> list[str]:
    """Return what to mind of a training, in sentences; nothing for many leads of many months and a likely AUC.

    Parameters
    ----------
    known
        The leads that were learned from.
    metrics
        The blocks ``cross_validation`` and ``next_period`` of `ModelMetadata`.
    importance
        Column -> its share (0-1) of what the model learned, and its standard deviation.
    """
    crossed, following = metrics["cross_validation"], metrics.get("next_period", {})
    found = [_too_good(known, crossed, importance), _no_better(crossed), _few(len(known)), _repeats(known)]
    found.append(_one_month(following))
    return [text for text in found if text]


def _too_good(known: TrainingData, crossed: Mapping[str, Any], importance: Mapping[str, tuple[float, float]]) -> str:
    """Say on which columns an AUC rests that is too good for leads that nobody called yet."""
    auc = crossed.get("auc")
    if auc is None or auc <= TOO_GOOD:
        return ""
    named: list[str] = []
    total = 0.0
    for column, (share, _) in sorted(importance.items(), key=lambda item: -item[1][0]):
        if named and (total >= _RESTS_ON or len(named) == _MOST_NAMED or share < _LEAST_SHARE):
            break
        named.append(f"{known.headers.get(column, column)} ({share:.0%})")
        total += share
    return (
        f"An AUC of {auc:.3f} in folds is hardly ever that of leads nobody has called yet. It rests on "
        f"{', '.join(named)}: if that is filled in later, leave it out."
    )


def _no_better(crossed: Mapping[str, Any]) -> str:
    if beats_base_rate(crossed):
        return ""
    auc = "does not exist" if crossed.get("auc") is None else f"is {crossed['auc']:.3f}"
    return (
        f"It tells no more than the base rate: the AUC in folds {auc}, and chance gives 0.5. Its order of calls is "
        "no better than any other."
    )


def _few(n_known: int) -> str:
    if n_known >= FEW_LEADS:
        return ""
    return f"It learned from {n_known:,} leads only; below {FEW_LEADS:,} every figure has a wide interval."


def _repeats(known: TrainingData) -> str:
    """Say how many rows repeat an earlier one, with its outcome, where that is far more than chance gives."""
    repeats = len(known) - _different(known.row_hash, known.outcome)
    if repeats < MANY_REPEATS * len(known):
        return ""
    if repeats - _repeats_by_chance(known) < MANY_REPEATS * len(known):
        return ""
    return (
        f"{repeats:,} of {len(known):,} rows ({repeats / len(known):.0%}) repeat an earlier one in every column. If "
        "the same leads were exported twice, the figures are those of fewer leads; bring each once."
    )


def _repeats_by_chance(known: TrainingData) -> int:
    """Return how many rows would be alike if each column were drawn for itself: many, where columns are few."""
    rng = np.random.default_rng(0)
    total = np.zeros(len(known), dtype="uint64")
    for name in known.columns:
        cells = pd.util.hash_pandas_object(known.columns[name].astype("str"), index=False).to_numpy()
        total = total * np.uint64(1_000_003) + rng.permutation(cells)
    return len(known) - _different(total, rng.permutation(known.outcome))


def _different(rows: np.ndarray, outcome: np.ndarray) -> int:
    return len(np.unique(rows * np.uint64(2) + outcome.astype("uint64")))


def _one_month(following: Mapping[str, Any]) -> str:
    months = following.get("months", {})
    if "auc" not in following or len(months) != 1:
        return ""
    return f"The next period is one month, {next(iter(months))}: how its figures differ from month to month is unknown."
