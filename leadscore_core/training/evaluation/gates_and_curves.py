"""Judging: a model's out-of-sample predictions, as gates, curves and figures at any threshold."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

from leadscore_core.confidence import LEAST_OF_A_GROUP, Z95, wilson_intervals
from leadscore_core.config import TargetMetrics
from leadscore_core.training.evaluation.paired_tests import delong

SPLITS = ("cross_validation", "next_period")
_CURVE_POINTS = 201


class Gate(NamedTuple):
    """One target: what was measured, its 95% interval, what it must exceed; None where it does not exist."""

    split: str
    name: str
    value: float | None
    low: float
    high: float
    target: float

    @property
    def is_met(self) -> bool:
        """Whether the measured value exceeds the target; a target of 0 asks for nothing."""
        return self.target == 0 or (self.value is not None and self.value > self.target)


def judge_gates(out_of_sample: pd.DataFrame, threshold: float, targets: TargetMetrics) -> list[Gate]:
    """Hold predictions against the targets, for each split that there is.

    Parameters
    ----------
    out_of_sample
        As of `LeadModel.out_of_sample`.
    threshold
        Leads at or above it are predicted to convert; chosen on training folds, or moved by a person.

    Returns
    -------
    list of Gate
        AUC with DeLong's interval (of folds or months, their mean), precision and recall with Wilson's.

    Examples
    --------
    >>> result = pd.DataFrame({"split": "next_period", "propensity": [0.9, 0.8, 0.3, 0.1], "completed": [1, 1, 0, 0]})
    >>> [(gate.name, gate.value, gate.is_met) for gate in judge_gates(result, 0.5, TargetMetrics())]
    [('auc', 1.0, True), ('precision', 1.0, True), ('recall', 1.0, True)]
    """
    gates = []
    for split in SPLITS:
        part = out_of_sample[out_of_sample["split"] == split]
        label, p = part["completed"].to_numpy(dtype="int64"), part["propensity"].to_numpy(dtype="float64")
        if len(np.unique(label)) < 2:
            continue
        auc, error = _mean_auc(part)
        gates.append(Gate(split, "auc", auc, max(0.0, auc - Z95 * error), min(1.0, auc + Z95 * error), targets.auc))
        hit = int(((p >= threshold) & (label == 1)).sum())
        for name, among, target in (
            ("precision", int((p >= threshold).sum()), targets.precision),
            ("recall", int(label.sum()), targets.recall),
        ):
            if among == 0:
                gates.append(Gate(split, name, None, 0.0, 1.0, target))
                continue
            low, high = wilson_intervals(np.array([hit]), np.array([among]))
            gates.append(Gate(split, name, hit / among, float(low[0]), float(high[0]), target))
    return gates


def _mean_auc(judged: pd.DataFrame) -> tuple[float, float]:
    """Return the mean AUC of the parts, each judged by a model of its own, and its standard error."""
    parts = [group for _, group in judged.groupby("part")] if "part" in judged else [judged]
    rows = []
    for part in parts:
        label, p = part["completed"].to_numpy(dtype="int64"), part["propensity"].to_numpy(dtype="float64")
        if len(np.unique(label)) == 2:
            rows.append((float(roc_auc_score(label, p)), delong(label, np.zeros(len(p)), p)[1]))
    if not rows:  # each part has one outcome only; together they have both
        label, p = judged["completed"].to_numpy(dtype="int64"), judged["propensity"].to_numpy(dtype="float64")
        return float(roc_auc_score(label, p)), delong(label, np.zeros(len(p)), p)[1]
    return float(np.mean([auc for auc, _ in rows])), float(np.sqrt(np.sum([error**2 for _, error in rows]))) / len(rows)


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
                "auc": float(roc_auc_score(label[at], propensity[at])) if both else np.nan,
                "precision": np.nan if result["precision"] is None else result["precision"],
                "recall": np.nan if result["recall"] is None else result["recall"],
            }
        )
    table = pd.DataFrame(rows, columns=["group", "n", "base_rate", "auc", "precision", "recall"])
    return table.sort_values("auc", na_position="last", kind="stable").reset_index(drop=True)
