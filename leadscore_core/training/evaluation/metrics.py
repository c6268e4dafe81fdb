"""Metrics: one block of figures for a set of leads that the model has not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel
from sklearn.metrics import (
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

from leadscore_core.config import TargetMetrics

MEASURES = ("auc", "precision", "recall", "f1", "brier", "log_loss")


class Metrics(BaseModel):
    """Figures of one model on one set of leads; None where a figure does not exist, with the reason in ``notes``.

    ``precision``, ``recall``, ``f1`` and ``confusion`` are at ``threshold``; AUC ranks and says nothing of
    calibration, Brier score and log loss (natural logarithm) do.
    """

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


def compute_metrics(label: np.ndarray, propensity: np.ndarray, threshold: float) -> Metrics:
    """Compute all figures with scikit-learn.

    Parameters
    ----------
    label
        0 or 1, at least one lead.
    propensity
        Out-of-sample propensities, 0-1.
    threshold
        Chosen on other leads.

    Examples
    --------
    >>> compute_metrics(np.array([0, 1, 1]), np.array([0.2, 0.4, 0.9]), 0.5).recall
    0.5
    """
    label = np.asarray(label).astype("int64")
    predicted = (propensity >= threshold).astype("int64")
    notes = []
    if both := len(np.unique(label)) == 2:
        auc = float(roc_auc_score(label, propensity))
    else:
        notes.append(f"AUC does not exist: every lead has the outcome {label[0]}.")
    if not predicted.any():
        notes.append("Precision does not exist: no lead reaches the threshold.")
    if not label.any():
        notes.append("Recall does not exist: no lead completed the application.")
    if min(int(label.sum()), int((1 - label).sum())) < 30:
        notes.append("Fewer than 30 leads of one outcome: these figures may move a lot.")
    true_negative, false_positive, false_negative, true_positive = (
        int(n) for n in confusion_matrix(label, predicted, labels=[0, 1]).ravel()
    )
    return Metrics(
        rows=len(label),
        base_rate=float(label.mean()),
        auc=auc if both else None,
        precision=float(precision_score(label, predicted)) if predicted.any() else None,
        recall=float(recall_score(label, predicted)) if label.any() else None,
        f1=float(f1_score(label, predicted)) if predicted.any() and label.any() else None,
        threshold=threshold,
        brier=float(brier_score_loss(label, propensity)),
        log_loss=float(log_loss(label, propensity, labels=[0, 1])),
        confusion={
            "true_positive": true_positive,
            "false_positive": false_positive,
            "false_negative": false_negative,
            "true_negative": true_negative,
        },
        deciles=lift_by_decile(label, propensity),
        notes=notes,
    )


def lift_by_decile(label: np.ndarray, propensity: np.ndarray) -> list[dict[str, float | None]]:
    """Rank leads into ten parts, best first: leads, observed rate, lift over the average, share of completions gained.

    Ties keep the order of the list; fewer than ten leads give one part each.

    Examples
    --------
    >>> lift_by_decile(np.array([1, 0]), np.array([0.9, 0.1]))[0]["lift"]
    2.0
    """
    ranked = np.asarray(label)[np.argsort(-np.asarray(propensity), kind="stable")]
    base_rate, total = float(ranked.mean()), int(ranked.sum())
    table: list[dict[str, float | None]] = []
    gained = 0
    for number, part in enumerate(np.array_split(ranked, min(10, len(ranked))), start=1):
        gained += int(part.sum())
        rate = float(part.mean())
        table.append(
            {
                "decile": number,
                "leads": len(part),
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
    table = pd.DataFrame(
        [{name: getattr(block, name) for name in (*MEASURES, "threshold", "base_rate")} for block in blocks],
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
    values = block.model_dump() if isinstance(block, Metrics) else block
    wanted = targets.model_dump()
    return all(values[name] is not None and values[name] > wanted[name] for name in wanted)
