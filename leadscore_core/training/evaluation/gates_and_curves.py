"""Judging: a model's out-of-sample predictions, as gates, curves and figures at any threshold."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve, roc_curve

from leadscore_core.confidence import LEAST_OF_A_GROUP, Z95, weighted_rate, wilson_intervals
from leadscore_core.config import TargetMetrics
from leadscore_core.model.weights import weights_in
from leadscore_core.training.evaluation.metrics import BUILT_IN, compute_metric, known_metrics
from leadscore_core.training.evaluation.quick_scores import auc_of
from leadscore_core.training.evaluation.weighted_auc import auc_error

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
    folds: int = 1

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
        predicted to convert, recall for as many as did. Where leads stand for others, with `auc_error` and
        `weighted_rate`.

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
        folds = int(block.get("folds", 1))
        for name in ("auc", "precision", "recall"):
            low, high = reach.get(name, (None, None))
            gates.append(Gate(split, name, block[name], low, high, getattr(targets, name), folds))
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
    over = judged["propensity"].to_numpy("float64") >= own_thresholds(judged, threshold)
    weight = weights_in(judged)
    for name, among, hit in (("precision", over, label), ("recall", label == 1, over)):
        if block[name] is None or not among.any():
            continue
        if weight is None:
            low, high = wilson_intervals(np.array([block[name] * among.sum()]), np.array([among.sum()]))
            found[name] = (float(low[0]), float(high[0]))
        else:
            rate = weighted_rate(hit[among], weight[among])
            found[name] = (rate.low, rate.high)
    return found


def _error_of_mean_auc(judged: pd.DataFrame) -> float | None:
    """Return the standard error of the mean AUC of folds that were each judged by a model of their own."""
    folds = [group for _, group in judged.groupby("fold")] if "fold" in judged else [judged]
    errors = []
    for fold in folds:
        label, p = fold["completed"].to_numpy("int64"), fold["propensity"].to_numpy("float64")
        if len(np.unique(label)) == 2:
            errors.append(auc_error(label, p, weights_in(fold)))
    return float(np.sqrt(np.sum(np.square(errors)))) / len(errors) if errors else None


def draw_curves(label: np.ndarray, propensity: np.ndarray, weight: np.ndarray | None = None) -> dict[str, pd.DataFrame]:
    """Return what the curves of a model show, each thinned to about two hundred points.

    Parameters
    ----------
    weight
        How many leads each stands for; 1 each if not given.

    Returns
    -------
    dict
        ``roc``: ``false_positive``, ``true_positive``; ``precision_recall``: ``recall``, ``precision``, ``threshold``;
        ``calibration``: ``propensity`` (mean), ``observed``, ``low``, ``high`` (Wilson 95%), ``n``, by tenths of the
        leads; ``gain``: ``leads``, ``applications``, shares (0-1) in the order of the propensity; ``scores``: ``score``
        (0-100, by fives), ``completed``, ``not_completed`` (leads).
    """
    label = np.asarray(label, dtype="int64")
    counts = np.ones(len(label)) if weight is None else weight
    false_positive, true_positive, _ = roc_curve(label, propensity, sample_weight=weight)
    precision, recall, thresholds = precision_recall_curve(label, propensity, sample_weight=weight)
    order = np.argsort(-propensity, kind="stable")
    all_, yes = (np.concatenate([[0.0], np.cumsum(part[order])]) for part in (counts, counts * label))
    gained = yes / (yes[-1] or 1)
    bins = np.minimum((np.asarray(propensity) * 20).astype("int64"), 19)
    scores = pd.DataFrame({"score": 5 * np.arange(20)})
    scores["completed"] = np.bincount(bins[label == 1], minlength=20)
    scores["not_completed"] = np.bincount(bins[label == 0], minlength=20)
    return {
        "roc": _thin(pd.DataFrame({"false_positive": false_positive, "true_positive": true_positive})),
        "precision_recall": _thin(
            pd.DataFrame({"recall": recall[:-1], "precision": precision[:-1], "threshold": thresholds})
        ),
        "calibration": _calibration(label, propensity, counts),
        "gain": _thin(pd.DataFrame({"leads": all_ / (all_[-1] or 1), "applications": gained})),
        "scores": scores,
    }


def _calibration(label: np.ndarray, propensity: np.ndarray, counts: np.ndarray) -> pd.DataFrame:
    """Return what came of the leads of each tenth; intervals are for as many leads as there are (Kish, 1965)."""
    tenth = pd.qcut(pd.Series(propensity).rank(method="first"), min(10, len(label)), labels=False)
    parts = pd.DataFrame(
        {"tenth": tenth, "w": counts, "wp": counts * propensity, "wy": counts * label, "ww": counts**2, "n": 1}
    )
    sums = parts.groupby("tenth").sum()
    observed, effective = sums["wy"] / sums["w"], sums["w"] ** 2 / sums["ww"]
    low, high = wilson_intervals((observed * effective).to_numpy(), effective.to_numpy())
    table = pd.DataFrame({"propensity": sums["wp"] / sums["w"], "observed": observed, "n": sums["n"]})
    return table.assign(low=low, high=high).reset_index(drop=True)


def _thin(table: pd.DataFrame) -> pd.DataFrame:
    places = np.unique(np.linspace(0, len(table) - 1, _CURVE_POINTS).round().astype("int64"))
    return table.iloc[places].reset_index(drop=True)


def at_threshold(
    label: np.ndarray, propensity: np.ndarray, threshold: float, weight: np.ndarray | None = None
) -> dict[str, float | None]:
    """Return what a threshold means: precision, recall, share of leads above it, and the four counts.

    Parameters
    ----------
    weight
        How many leads each stands for, in the shares; counts are of the leads themselves.

    Examples
    --------
    >>> at_threshold(np.array([1, 0, 1]), np.array([0.9, 0.6, 0.2]), 0.5)["precision"]
    0.5
    """
    label, above = np.asarray(label) == 1, np.asarray(propensity) >= threshold
    hit, false = int((above & label).sum()), int((above & ~label).sum())
    missed, left = int((~above & label).sum()), int((~above & ~label).sum())
    counts = np.ones(len(label)) if weight is None else weight
    both = float(counts[above & label].sum())
    return {
        "precision": both / float(counts[above].sum()) if hit + false else None,
        "recall": both / float(counts[label].sum()) if hit + missed else None,
        "above": float(np.average(above, weights=weight)) if len(above) else None,
        "true_positive": hit,
        "false_positive": false,
        "false_negative": missed,
        "true_negative": left,
    }


def judge_groups(groups: pd.Series, label: np.ndarray, propensity: np.ndarray, threshold: float) -> pd.DataFrame:
    """Return AUC, precision, recall and each metric that was registered, of each group of at least 50 leads.

    Parameters
    ----------
    groups
        What each lead belongs to.

    Returns
    -------
    pandas.DataFrame
        The worst AUC first: ``group``, ``n``, ``base_rate``, ``auc``, ``precision``, ``recall`` (0-1) and the metrics
        under their names; NaN where one does not exist.
    """
    added = [m for m in known_metrics().values() if m.name not in BUILT_IN and m.measure is not None]
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
                **{m.name: compute_metric(m, label[at], propensity[at], threshold) for m in added},
            }
        )
    names = ["group", "n", "base_rate", "auc", "precision", "recall", *(m.name for m in added)]
    table = pd.DataFrame(rows, columns=names).astype({m.name: "float64" for m in added})
    return table.sort_values("auc", na_position="last", kind="stable").reset_index(drop=True)
