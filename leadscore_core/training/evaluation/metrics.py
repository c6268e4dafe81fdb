"""Metrics: one block of figures for a set of leads that the model has not seen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict
from sklearn.metrics import (
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

from leadscore_core.config import TargetMetrics, load_extensions, register_once
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.measures import MEASURES, Measure
from leadscore_core.outcome import OutcomeWords
from leadscore_core.training.evaluation.quick_scores import auc_of, brier_of, precision_at, recall_at

Compute = Callable[..., float | None]
Weight = np.ndarray | None


@dataclass(frozen=True)
class Metric:
    """A figure that judges a model on leads that it has not seen.

    Parameters
    ----------
    name
        Under which it is written, such as ``lift_at_10``.
    measure
        How people read it; None for one that is written but not shown.
    compute
        Takes the label (0 or 1), the propensities (0-1) and the threshold, and returns the figure, None where it does
        not exist.

    Examples
    --------
    >>> share = Metric("above", Measure(human="Above"), lambda label, propensity, threshold: (propensity > 0.5).mean())
    >>> share.compute(np.array([1, 0]), np.array([0.9, 0.1]), 0.5)
    np.float64(0.5)
    """

    name: str
    measure: Measure | None
    compute: Compute


def _auc(label: np.ndarray, propensity: np.ndarray, threshold: float, weight: Weight = None) -> float | None:
    if len(np.unique(label)) < 2:
        return None
    if weight is not None:
        return float(roc_auc_score(label, propensity, sample_weight=weight))
    return auc_of(label, propensity)


def _precision(label: np.ndarray, propensity: np.ndarray, threshold: float, weight: Weight = None) -> float | None:
    above = propensity >= threshold
    if not above.any():
        return None
    if weight is not None:
        return float(precision_score(label, above, sample_weight=weight))
    return precision_at(label, above)


def _recall(label: np.ndarray, propensity: np.ndarray, threshold: float, weight: Weight = None) -> float | None:
    if not label.any():
        return None
    if weight is not None:
        return float(recall_score(label, propensity >= threshold, sample_weight=weight))
    return recall_at(label, propensity >= threshold)


def _f1(label: np.ndarray, propensity: np.ndarray, threshold: float, weight: Weight = None) -> float | None:
    above = propensity >= threshold
    if not (above.any() and label.any()):
        return None
    if weight is not None:
        return float(f1_score(label, above, sample_weight=weight))
    return float(2 * label[above].sum() / (label.sum() + above.sum()))


def _brier(label: np.ndarray, propensity: np.ndarray, threshold: float, weight: Weight = None) -> float:
    return brier_of(label, propensity, weight)


def _log_loss(label: np.ndarray, propensity: np.ndarray, threshold: float, weight: Weight = None) -> float:
    return float(log_loss(label, propensity, sample_weight=weight, labels=[0, 1]))


METRICS: dict[str, Metric] = {
    name: Metric(name, MEASURES.get(name), compute)
    for name, compute in (
        ("auc", _auc),
        ("precision", _precision),
        ("recall", _recall),
        ("f1", _f1),
        ("brier", _brier),
        ("log_loss", _log_loss),
    )
}
BUILT_IN = frozenset(METRICS)


def register_metric(metric: Metric) -> None:
    """Judge every model that is trained from now on by one more figure.

    Raises
    ------
    LeadScoreError
        If there is another metric of this name, or the name means something else in a block of figures.
    """
    taken = dict.fromkeys(set(Metrics.model_fields) - BUILT_IN)
    register_once(taken, metric.name, metric, "figure")
    register_once(METRICS, metric.name, metric, "figure")


def known_metrics() -> dict[str, Metric]:
    """Return every metric by its name, those of the settings' extensions too."""
    load_extensions()
    return dict(METRICS)


def shown_measures() -> dict[str, Measure]:
    """Return how the metrics that people are shown are read, by name."""
    return {name: metric.measure for name, metric in known_metrics().items() if metric.measure is not None}


def compute_metric(
    metric: Metric, label: np.ndarray, propensity: np.ndarray, threshold: float, weight: Weight = None
) -> float | None:
    """Compute one figure; None where it does not exist.

    Parameters
    ----------
    weight
        How many leads each stands for; a metric that was registered counts each once.

    Raises
    ------
    LeadScoreError
        If its function fails.
    """
    if metric.name in BUILT_IN:
        return metric.compute(label, propensity, threshold, weight)
    try:
        value = metric.compute(label, propensity, threshold)
        return None if value is None or np.isnan(value) else float(value)
    except Exception as error:  # it is somebody's own function
        raise LeadScoreError(
            f"The metric {metric.name!r} cannot be computed ({type(error).__name__}: {error}). Correct its function or "
            "take it out of the extensions."
        ) from error


class Metrics(BaseModel):
    """Figures of one model on one set of leads; None where a figure does not exist, with the reason in ``notes``.

    Where leads stand for others (see `sample_weights`), figures and rates are of all these, by inverse probability;
    counts (``rows``, ``confusion``, the leads of ``deciles``) are of the leads that were judged.

    ``precision``, ``recall``, ``f1`` and ``confusion`` are at ``threshold``; AUC ranks and says nothing of
    calibration, Brier score and log loss (natural logarithm) do. Metrics that were registered stand beside these under
    their names.
    """

    model_config = ConfigDict(extra="allow")

    rows: int
    base_rate: float
    auc: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    threshold: float
    brier: float
    log_loss: float
    confusion: dict[str, int]
    deciles: list[dict[str, float | None]]
    notes: list[str] = []


def compute_metrics(
    label: np.ndarray,
    propensity: np.ndarray,
    threshold: float,
    words: OutcomeWords | None = None,
    weight: Weight = None,
) -> Metrics:
    """Compute all figures with scikit-learn.

    Parameters
    ----------
    label
        0 or 1, at least one lead.
    propensity
        Out-of-sample propensities, 0-1.
    threshold
        Chosen on other leads.
    words
        What the outcome is called in notes; conversions if not given.
    weight
        How many leads each stands for, more than 0; 1 each if not given.

    Examples
    --------
    >>> compute_metrics(np.array([0, 1, 1]), np.array([0.2, 0.4, 0.9]), 0.5).recall
    0.5
    """
    label = np.asarray(label).astype("int64")
    predicted = (propensity >= threshold).astype("int64")
    notes = []
    if len(np.unique(label)) < 2:
        notes.append(f"AUC does not exist: every lead has the outcome {label[0]}.")
    if not predicted.any():
        notes.append("Precision does not exist: no lead reaches the threshold.")
    if not label.any():
        notes.append(f"Recall does not exist: {(words or OutcomeWords()).nobody}.")
    if min(int(label.sum()), int((1 - label).sum())) < 30:
        notes.append("Fewer than 30 leads of one outcome: these figures may move a lot.")
    true_negative, false_positive, false_negative, true_positive = np.bincount(
        2 * label + predicted, minlength=4
    ).tolist()
    figures = {name: compute_metric(m, label, propensity, threshold, weight) for name, m in known_metrics().items()}
    return Metrics.model_validate(
        figures
        | {
            "rows": len(label),
            "base_rate": float(np.average(label, weights=weight)),
            "threshold": threshold,
            "confusion": {
                "true_positive": true_positive,
                "false_positive": false_positive,
                "false_negative": false_negative,
                "true_negative": true_negative,
            },
            "deciles": lift_by_decile(label, propensity, weight),
            "notes": notes,
        }
    )


def lift_by_decile(label: np.ndarray, propensity: np.ndarray, weight: Weight = None) -> list[dict[str, float | None]]:
    """Rank leads into tenths, best first: leads, observed rate, lift over the average, share of conversions gained.

    Ties keep the order of the list; fewer than ten leads give one tenth each. They are tenths of what the leads stand
    for.

    Examples
    --------
    >>> lift_by_decile(np.array([1, 0]), np.array([0.9, 0.1]))[0]["lift"]
    2.0
    """
    order = np.argsort(-np.asarray(propensity), kind="stable")
    ranked, n_tenths = np.asarray(label)[order], min(10, len(order))
    counts = np.ones(len(order)) if weight is None else np.asarray(weight, dtype="float64")[order]
    places = [len(tenth) for tenth in np.array_split(order, n_tenths)]
    ends = np.cumsum(places)[:-1]
    if weight is not None:
        upto = np.cumsum(counts)
        ends = np.searchsorted(upto, upto[-1] * np.arange(1, n_tenths) / n_tenths, side="left") + 1
    total = float((ranked * counts).sum())
    base_rate = total / float(counts.sum())
    table: list[dict[str, float | None]] = []
    gained = 0.0
    for number, at in enumerate(np.split(np.arange(len(order)), ends), start=1):
        if not len(at):  # one lead stands for more than a tenth
            continue
        own = float((ranked[at] * counts[at]).sum())
        gained += own
        rate = own / float(counts[at].sum())
        table.append(
            {
                "decile": number,
                "leads": len(at),
                "rate": rate,
                "lift": rate / base_rate if base_rate else None,
                "gain": gained / total if total else None,
            }
        )
    return table


def average_metrics(blocks: list[Metrics], split: str) -> dict[str, Any]:
    """Average the figures of several folds, with the standard deviation over folds beside each.

    Returns
    -------
    dict
        ``split`` in words, ``folds``, ``rows``, ``base_rate``, each figure with its ``_std``, the confusion summed over
        the folds, and lift and gain by decile averaged over them.
    """
    extra = {name for block in blocks for name in block.model_extra or {}}
    measured = [name for name in METRICS if name in BUILT_IN | extra]
    table = pd.DataFrame(
        [{name: getattr(block, name) for name in (*measured, "threshold", "base_rate")} for block in blocks],
        dtype="float64",
    )
    means = table.mean()
    spread = table.std(ddof=0)
    block: dict[str, Any] = {"split": split, "folds": len(blocks), "rows": sum(b.rows for b in blocks)}
    for name in table.columns:
        block[name] = None if np.isnan(means[name]) else float(means[name])
        block[f"{name}_std"] = None if np.isnan(spread[name]) else float(spread[name])
    block["confusion"] = pd.DataFrame([b.confusion for b in blocks]).sum().astype("int64").to_dict()
    deciles = pd.concat([pd.DataFrame(b.deciles) for b in blocks]).groupby("decile")[["rate", "lift", "gain"]].mean()
    block["deciles"] = deciles.reset_index().to_dict("records")
    return block


def meets_targets(block: dict[str, Any] | Metrics, targets: TargetMetrics) -> bool:
    """Tell whether AUC, precision and recall all exceed their targets.

    Examples
    --------
    >>> meets_targets({"auc": 0.83, "precision": 0.71, "recall": 0.80}, TargetMetrics())
    False
    """
    return targets.are_exceeded(block.model_dump() if isinstance(block, Metrics) else block)
