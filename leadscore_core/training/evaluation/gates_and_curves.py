"""Judging: a model's out-of-sample predictions, as gates, curves and figures at any threshold."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve, roc_curve

from leadscore_core.confidence import LEAST_OF_A_GROUP, Z95, wilson_intervals
from leadscore_core.config import TargetMetrics
from leadscore_core.training.evaluation.paired_tests import delong
from leadscore_core.training.evaluation.quick_scores import auc_of

SPLITS = ("cross_validation", "next_period")
_CURVE_POINTS = 201


class Gate(NamedTuple):
    """One target: what was measured, its 95% interval, what it must exceed; None where it does not exist.

    ``decides`` says whether the figure decides if the target is met; those of the next period stand beside it.
    """

    split: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    target: float
    parts: int = 1

    @property
    def is_met(self) -> bool:
        """Whether the measured value exceeds the target; a target of 0 asks for nothing."""
        return self.target == 0 or (self.value is not None and self.value > self.target)

    @property
    def decides(self) -> bool:
        """Whether a model meets its targets by this figure."""
        return self.split == SPLITS[0]


def judge_gates(
    metrics: Mapping[str, Any], targets: TargetMetrics, out_of_sample: pd.DataFrame | None, threshold: float
) -> list[Gate]:
    """Hold a model's figures against the targets, for each split that there is.

    Parameters
    ----------
    metrics
        As of `ModelMetadata`: a figure is the mean over folds or months, each at the threshold that was chosen inside
        its own training leads. The same figure stands in tables, sentences and the verdict.
    out_of_sample
        As of `LeadModel.out_of_sample`, for the intervals; None where predictions were not kept, and there are none.
    threshold
        Of models that did not keep those of their folds.

    Returns
    -------
    list of Gate
        AUC with DeLong's interval of a mean over folds or months; precision with Wilson's for as many leads as were
        predicted to convert, recall for as many as did.

    Examples
    --------
    >>> metrics = {"next_period": {"auc": 0.9, "precision": 0.8, "recall": 0.7, "folds": 5}}
    >>> [(gate.name, gate.value, gate.is_met) for gate in judge_gates(metrics, TargetMetrics(), None, 0.5)]
    [('auc', 0.9, True), ('precision', 0.8, True), ('recall', 0.7, False)]
    """
    gates = []
    for split in SPLITS:
        block = metrics.get(split, {})
        if "auc" not in block:
            continue
        reach = {} if out_of_sample is None else _intervals(out_of_sample, split, block, threshold)
        parts = int(block.get("folds", 1))
        for name in ("auc", "precision", "recall"):
            low, high = reach.get(name, (None, None))
            gates.append(Gate(split, name, block[name], low, high, getattr(targets, name), parts))
    return gates


def own_thresholds(out_of_sample: pd.DataFrame, threshold: float) -> np.ndarray:
    """Return the threshold of each prediction's own model; one threshold where these were not kept."""
    if "threshold" not in out_of_sample:
        return np.full(len(out_of_sample), threshold)
    return out_of_sample["threshold"].to_numpy("float64", na_value=threshold)


def _intervals(
    out_of_sample: pd.DataFrame, split: str, block: Mapping[str, Any], threshold: float
) -> dict[str, tuple[float, float]]:
    judged = out_of_sample[out_of_sample["split"] == split]
    label = judged["completed"].to_numpy("int64")
    found = {}
    error = _error_of_mean_auc(judged)
    if block["auc"] is not None and error is not None:
        found["auc"] = (max(0.0, block["auc"] - Z95 * error), min(1.0, block["auc"] + Z95 * error))
    above = int((judged["propensity"].to_numpy("float64") >= own_thresholds(judged, threshold)).sum())
    for name, among in (("precision", above), ("recall", int(label.sum()))):
        if block[name] is not None and among:
            low, high = wilson_intervals(np.array([block[name] * among]), np.array([among]))
            found[name] = (float(low[0]), float(high[0]))
    return found


def _error_of_mean_auc(judged: pd.DataFrame) -> float | None:
    """Return the standard error of the mean AUC of parts that were each judged by a model of their own."""
    parts = [group for _, group in judged.groupby("part")] if "part" in judged else [judged]
    errors = []
    for part in parts:
        label, p = part["completed"].to_numpy("int64"), part["propensity"].to_numpy("float64")
        if len(np.unique(label)) == 2:
            errors.append(delong(label, np.zeros(len(p)), p)[1])
    return float(np.sqrt(np.sum(np.square(errors)))) / len(errors) if errors else None


def draw_curves(label: np.ndarray, propensity: np.ndarray) -> dict[str, pd.DataFrame]:
    """Return what the curves of a model show, each thinned to about two hundred points.

    Returns
    -------
    dict
        ``roc``: ``false_positive``, ``true_positive``; ``precision_recall``: ``recall``, ``precision``, ``threshold``;
        ``calibration``: ``propensity`` (mean), ``observed``, ``low``, ``high`` (Wilson 95%), ``n``, by tenths of the
        leads; ``gain``: ``leads``, ``applications``, shares (0-1) in the order of the propensity; ``scores``: ``score``
        (0-100, by fives), ``completed``, ``not_completed`` (leads).
    """
    label = np.asarray(label, dtype="int64")
    false_positive, true_positive, _ = roc_curve(label, propensity)
    precision, recall, thresholds = precision_recall_curve(label, propensity)
    tenth = pd.qcut(pd.Series(propensity).rank(method="first"), min(10, len(label)), labels=False)
    parts = pd.DataFrame({"tenth": tenth, "p": propensity, "y": label}).groupby("tenth")
    calibration = parts.agg(propensity=("p", "mean"), observed=("y", "mean"), done=("y", "sum"), n=("y", "size"))
    low, high = wilson_intervals(calibration["done"].to_numpy(), calibration["n"].to_numpy())
    ranked = label[np.argsort(-propensity, kind="stable")]
    gained = np.concatenate([[0.0], np.cumsum(ranked) / max(1, ranked.sum())])
    bins = np.minimum((np.asarray(propensity) * 20).astype("int64"), 19)
    scores = pd.DataFrame({"score": 5 * np.arange(20)})
    scores["completed"] = np.bincount(bins[label == 1], minlength=20)
    scores["not_completed"] = np.bincount(bins[label == 0], minlength=20)
    return {
        "roc": _thin(pd.DataFrame({"false_positive": false_positive, "true_positive": true_positive})),
        "precision_recall": _thin(
            pd.DataFrame({"recall": recall[:-1], "precision": precision[:-1], "threshold": thresholds})
        ),
        "calibration": calibration.drop(columns="done").assign(low=low, high=high).reset_index(drop=True),
        "gain": _thin(pd.DataFrame({"leads": np.linspace(0, 1, len(gained)), "applications": gained})),
        "scores": scores,
    }


def _thin(table: pd.DataFrame) -> pd.DataFrame:
    keep = np.unique(np.linspace(0, len(table) - 1, _CURVE_POINTS).round().astype("int64"))
    return table.iloc[keep].reset_index(drop=True)


def at_threshold(label: np.ndarray, propensity: np.ndarray, threshold: float) -> dict[str, float | None]:
    """Return what a threshold means: precision, recall, share of leads above it, and the four counts.

    Examples
    --------
    >>> at_threshold(np.array([1, 0, 1]), np.array([0.9, 0.6, 0.2]), 0.5)["precision"]
    0.5
    """
    label, above = np.asarray(label) == 1, np.asarray(propensity) >= threshold
    hit, false = int((above & label).sum()), int((above & ~label).sum())
    missed, left = int((~above & label).sum()), int((~above & ~label).sum())
    return {
        "precision": hit / (hit + false) if hit + false else None,
        "recall": hit / (hit + missed) if hit + missed else None,
        "above": float(above.mean()) if len(above) else None,
        "true_positive": hit,
        "false_positive": false,
        "false_negative": missed,
        "true_negative": left,
    }


def judge_groups(groups: pd.Series, label: np.ndarray, propensity: np.ndarray, threshold: float) -> pd.DataFrame:
    """Return AUC, precision and recall of each group of at least 50 leads, the worst AUC first.

    Parameters
    ----------
    groups
        What each lead belongs to.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``n``, ``base_rate``, ``auc``, ``precision``, ``recall`` (0-1, NaN where one does not exist).
    """
    rows = []
    for name, places in pd.Series(np.arange(len(label))).groupby(groups.to_numpy(), dropna=False):
        at = places.to_numpy()
        if len(at) < LEAST_OF_A_GROUP:
            continue
        result = at_threshold(label[at], propensity[at], threshold)
        both = len(np.unique(label[at])) == 2
        rows.append(
            {
                "group": name,
                "n": len(at),
                "base_rate": float(label[at].mean()),
                "auc": auc_of(label[at], propensity[at]) if both else np.nan,
                "precision": np.nan if result["precision"] is None else result["precision"],
                "recall": np.nan if result["recall"] is None else result["recall"],
            }
        )
    table = pd.DataFrame(rows, columns=["group", "n", "base_rate", "auc", "precision", "recall"])
    return table.sort_values("auc", na_position="last", kind="stable").reset_index(drop=True)
