"""Cautions: what somebody should know of the leads and figures of a model before they trust them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from leadscore_core.confidence import FEW_LEADS
from leadscore_core.data.schema.own_rules import base_rate_targets
from leadscore_core.model.metadata import beats_base_rate, orders_better
from leadscore_core.model.who_was_called import WhoWasCalled
from leadscore_core.training.fit import Recipe, fit_cleaned, importance_shares
from leadscore_core.training.leakage import LeakFinding
from leadscore_core.training.leakage_worth import TOO_GOOD, rest_on
from leadscore_core.training.training_data import TrainingData

MANY_REPEATS = 0.1


def judge_cautions(
    known: TrainingData,
    metrics: Mapping[str, Any],
    importance: Mapping[str, tuple[float, float]],
    calls: WhoWasCalled | None = None,
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
    calls
        What is known of the calls to the leads.
    """
    crossed, following = metrics["cross_validation"], metrics.get("next_period", {})
    shares = {column: share for column, (share, _) in importance.items()}
    too_good = judge_auc(crossed.get("auc"), shares, known.headers)
    found = [too_good, _no_better(crossed), _few(len(known)), _repeats(known)]
    found += [_one_month(following), calls.caution() if calls is not None else ""]
    return [text for text in found if text]


def judge_auc(auc: float | None, shares: Mapping[str, float], names: Mapping[str, str], where: str = "in folds") -> str:
    """Say on which columns an AUC rests that is too good for leads nobody has called yet; empty for any other.

    Parameters
    ----------
    shares
        Column -> its share (0-1) of what the model learned.
    names
        Column -> what people call it.
    where
        On which leads it was measured.

    Examples
    --------
    >>> judge_auc(0.98, {"stage": 0.9, "city": 0.1}, {"stage": "Stage"}).split(". ")[1]
    'It rests on Stage (90%): if that is filled in later, leave it out.'
    """
    if auc is None or auc <= TOO_GOOD:
        return ""
    return _too_good(auc, [f"{names.get(column, column)} ({shares[column]:.0%})" for column in rest_on(shares)], where)


def audit_cautions(found: Sequence[LeakFinding]) -> list[str]:
    """Say which columns of an audit give an AUC that is too good for leads nobody has called yet."""
    worth = {one.column: one.auc_with for one in found if one.auc_with is not None and one.auc_with > TOO_GOOD}
    named = [f"{column} (AUC with it {auc:.3f})" for column, auc in worth.items()]
    return [_too_good(max(worth.values()), named, "in folds")] if named else []


def judge_search(known: TrainingData, auc: float) -> tuple[str, ...]:
    """Return the cautions of figures in folds of which no model comes, as of compared algorithms or a search."""
    if auc <= TOO_GOOD:
        return ()
    targets = base_rate_targets(float(known.outcome.mean()))
    pipeline = fit_cleaned(known.cleaned(), known.outcome, Recipe(known.schema, targets, {}))
    return (judge_auc(auc, importance_shares(pipeline), known.headers),)


def calls_cautions(data: TrainingData) -> tuple[str, ...]:
    """Return the caution of figures of leads that were called, where others were not."""
    text = "" if data.calls is None else data.calls.summary().caution()
    return (text,) if text else ()


def _too_good(auc: float, named: Sequence[str], where: str) -> str:
    why = f"It rests on {', '.join(named)}: if that is filled in later, leave it out."
    if not named:
        why = "What it rests on was not kept with this model; train it anew to see."
    return f"An AUC of {auc:.3f} {where} is hardly ever that of leads nobody has called yet. {why}"


def _no_better(crossed: Mapping[str, Any]) -> str:
    if beats_base_rate(crossed):
        return ""
    if orders_better(crossed):
        brier, base = crossed["brier"], crossed["base_rate"]
        return (
            f"Its order of calls is better than chance (AUC in folds {crossed['auc']:.3f}), but its probabilities are "
            f"no better than the base rate for every lead: Brier score {brier:.5f}, and {base * (1 - base):.5f} for "
            "that."
        )
    auc = "does not exist" if crossed.get("auc") is None else f"is {crossed['auc']:.3f}"
    return (
        f"It tells no more than the base rate: the AUC in folds {auc}, and chance gives 0.5. Its order of calls is "
        "not shown to be better than any other."
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
