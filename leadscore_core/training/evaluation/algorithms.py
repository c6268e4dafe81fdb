"""Algorithms beside each other: others on the same leads, features and folds, beside the one that is used."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from leadscore_core.confidence import Z95
from leadscore_core.config import TargetMetrics
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.model.algorithms import USUAL, find_algorithms, make_estimator
from leadscore_core.model.measures import Measure
from leadscore_core.model.metadata import LIGHTGBM
from leadscore_core.model.pipeline import make_features
from leadscore_core.progress import Progress, silent
from leadscore_core.training.evaluation.metrics import compute_metric, known_metrics, shown_measures
from leadscore_core.training.evaluation.paired_tests import delong
from leadscore_core.training.evaluation.threshold import choose_threshold
from leadscore_core.training.folds import Fold, repeated_folds, rolling_months
from leadscore_core.training.parallel import ROWS_WORTH_PROCESSES, run_on_shared
from leadscore_core.training.training_data import TrainingData

SPLITS, MONTHS = 5, 3
_SURE = 1e-6


@dataclass(frozen=True)
class Leaderboard:
    """Algorithms judged on the same folds.

    Attributes
    ----------
    table
        A row an algorithm, the best AUC first: ``name``, ``human``, each of the measures with its ``_std`` over folds,
        ``fit_seconds`` and ``score_seconds`` (a fold's mean, score time per 1,000 leads), ``difference`` (mean AUC less
        that of LightGBM on the same folds), ``low`` and ``high`` (its 95% interval; NaN for LightGBM). Where the leads
        have dates, each of the measures again as ``next_..``, its mean over the months that followed, and
        ``next_difference``, ``next_low`` and ``next_high``, whose interval is that of these months' leads (DeLong).
    folds
        One row a fold: ``fold``, and the AUC of each algorithm under its name.
    split
        In words.
    seconds
        For everything.
    measures
        How the figures are read, by name.
    cautions
        What to mind of the figures, in sentences.
    next_split
        How the figures of the months that followed came about, or why there are none, in words.
    """

    table: pd.DataFrame
    folds: pd.DataFrame
    split: str
    seconds: float
    measures: dict[str, Measure]
    cautions: tuple[str, ...] = ()
    next_split: str = ""

    @property
    def has_next(self) -> bool:
        """Whether there are months that followed to judge on."""
        return "next_auc" in self.table


def judge_algorithms(
    data: TrainingData,
    names: Sequence[str] = USUAL,
    *,
    targets: TargetMetrics | None = None,
    params: dict[str, Any] | None = None,
    n_repeats: int = 1,
    seed: int = 0,
    progress: Progress | None = None,
) -> Leaderboard:
    """Fit each algorithm on the same training folds and judge it on the same leads.

    Levels, counts and encodings are learned in each training fold. Precision and recall are at a threshold that was
    chosen on the other folds' out-of-fold predictions. Where the leads have dates, each is also fitted on the leads
    before each of the last three months and judged on that month.

    Parameters
    ----------
    data
        Leads; those without an outcome are left out.
    names
        Of `ALGORITHMS`; LightGBM, which the others are compared with, always runs.
    params
        Of LightGBM that differ from its defaults.

    n_repeats
        How often the five folds are drawn anew.

    Raises
    ------
    LeadScoreError
        If a name is unknown or its library is not installed.
    """
    began = time.monotonic()
    progress = progress or silent
    known = data.known
    label = known.outcome
    wanted = {algorithm.name: algorithm.human for algorithm in find_algorithms([*names, LIGHTGBM])}
    folds = repeated_folds(label, SPLITS, n_repeats, seed, known.identity)
    months, no_months = rolling_months(known.dates, label)
    months = months[-MONTHS:]
    work = [(fold, name) for fold in (*folds, *months) for name in wanted]
    done: list[_Judged] = []
    shared = (known.cleaned(), label, known.schema, params or {}, seed)
    for judged in run_on_shared(_judge, shared, work, in_processes=len(label) >= ROWS_WORTH_PROCESSES / 2):
        done.append(judged)
        progress(len(done) / len(work), f"{wanted[judged.name]}, {judged.fold.name} ({len(done)} of {len(work)})")
    targets, following = targets or TargetMetrics(), done[len(folds) * len(wanted) :]
    done = done[: len(folds) * len(wanted)]
    by_fold = pd.DataFrame([{"fold": j.fold.name, "name": j.name, **_figures(j, done, label, targets)} for j in done])
    drawn = "" if n_repeats == 1 else f", drawn {n_repeats} times"
    split = (
        f"{SPLITS} stratified folds{drawn}, the same for all; without calibration, and at a threshold by the other "
        "folds' predictions, so that precision and recall differ from those of a training"
    )
    auc = by_fold.pivot_table(index="fold", columns="name", values="auc", sort=False)[[*wanted]].reset_index()
    measures = shown_measures()
    table = _rank(by_fold, auc, wanted, [*measures], len(label) // SPLITS)
    if following:
        table = table.merge(_next_figures(following, done, label, targets, [*measures]), on="name")
        names = ", ".join(month.name for month in months)
        no_months = f"{names}, each judged by models of the leads before it"
    return Leaderboard(table, auc, split, time.monotonic() - began, measures, next_split=no_months)


@dataclass(frozen=True)
class _Judged:
    fold: Fold
    name: str
    propensity: np.ndarray
    fit_seconds: float
    score_seconds: float


def _judge(
    cleaned: pd.DataFrame,
    label: np.ndarray,
    schema: LeadSchema,
    params: dict[str, Any],
    seed: int,
    fold: Fold,
    name: str,
) -> _Judged:
    began = time.perf_counter()
    train, test = cleaned.iloc[fold.train], cleaned.iloc[fold.test]
    features = make_features(schema).fit(train, label[fold.train], recognise=False)
    model = make_estimator(name, params if name == LIGHTGBM else None, seed).fit(
        features.transform(train), label[fold.train]
    )
    fitted = time.perf_counter()
    propensity = model.predict_proba(features.transform(test))[:, 1]
    return _Judged(fold, name, propensity, fitted - began, time.perf_counter() - fitted)


def _figures(
    judged: _Judged, done: Sequence[_Judged], label: np.ndarray, targets: TargetMetrics, *, of_month: bool = False
) -> dict[str, Any]:
    """Return the figures of a fold or month, at a threshold by what folds foretold of leads that it learned from."""
    own = [other for other in done if other.name == judged.name]
    if not of_month:
        own = [other for other in own if not set(other.fold.test) & set(judged.fold.test)]
    rows, foretold = (np.concatenate(parts) for parts in zip(*((o.fold.test, o.propensity) for o in own), strict=True))
    was_learned = np.isin(rows, judged.fold.train) if of_month else np.ones(len(rows), dtype=bool)
    threshold = choose_threshold(label[rows][was_learned], foretold[was_learned], targets)
    truth, p = label[judged.fold.test], judged.propensity
    result: dict[str, Any] = {}
    for name, metric in known_metrics().items():
        value = compute_metric(metric, truth, np.clip(p, _SURE, 1 - _SURE) if name == "log_loss" else p, threshold)
        result[name] = np.nan if value is None else value
    return result | {"fit_seconds": judged.fit_seconds, "score_seconds": judged.score_seconds}


def _next_figures(
    following: Sequence[_Judged],
    done: Sequence[_Judged],
    label: np.ndarray,
    targets: TargetMetrics,
    measures: list[str],
) -> pd.DataFrame:
    """Return one row an algorithm: its mean figures on the months, and its AUC less LightGBM's."""
    figures = pd.DataFrame([{"name": j.name, **_figures(j, done, label, targets, of_month=True)} for j in following])
    means = figures.groupby("name", sort=False)[measures].mean().add_prefix("next_")
    used = {judged.fold.name: judged.propensity for judged in following if judged.name == LIGHTGBM}
    rows = []
    for name in means.index:
        gaps = [
            delong(label[judged.fold.test], used[judged.fold.name], judged.propensity)[:2]
            for judged in following
            if judged.name == name
        ]
        gap = float(np.mean([own for own, _ in gaps]))
        reach = Z95 * float(np.sqrt(np.sum([error**2 for _, error in gaps]))) / len(gaps)
        ends = (np.nan, np.nan) if name == LIGHTGBM else (gap - reach, gap + reach)
        rows.append({"name": name, "next_difference": gap, "next_low": ends[0], "next_high": ends[1]})
    return means.reset_index().merge(pd.DataFrame(rows), on="name")


def _rank(
    by_fold: pd.DataFrame, auc: pd.DataFrame, humans: dict[str, str], measures: Sequence[str], tested: int
) -> pd.DataFrame:
    means = by_fold.groupby("name", sort=False).mean(numeric_only=True)
    spread = by_fold.groupby("name", sort=False).std(numeric_only=True, ddof=0)
    table = pd.DataFrame({"name": means.index, "human": [humans[name] for name in means.index]})
    for measure in measures:
        table[measure] = means[measure].to_numpy()
        table[f"{measure}_std"] = spread[measure].to_numpy()
    table["fit_seconds"] = means["fit_seconds"].to_numpy()
    table["score_seconds"] = means["score_seconds"].to_numpy() * 1_000 / tested
    apart = [(0.0, np.nan, np.nan) if n == LIGHTGBM else paired_difference(auc[n], auc[LIGHTGBM]) for n in means.index]
    table["difference"], table["low"], table["high"] = zip(*apart, strict=True)
    return table.sort_values("auc", ascending=False, kind="stable").reset_index(drop=True)


def paired_difference(first: pd.Series, second: pd.Series, *, test_share: float = 0.25) -> tuple[float, float, float]:
    """Return the mean difference over the same folds with its 95% interval.

    Folds share training leads, so the variance is corrected after Nadeau and Bengio (2003).

    Parameters
    ----------
    first, second
        One figure a fold.
    test_share
        Leads judged for each lead learned from: 1 to 4 in five folds.

    Examples
    --------
    >>> paired_difference(pd.Series([0.81, 0.82, 0.83]), pd.Series([0.80, 0.81, 0.82]))[0].__round__(3)
    0.01
    """
    gaps = (first - second).to_numpy("float64")
    mean, n = float(gaps.mean()), len(gaps)
    if n < 2:
        return mean, float("nan"), float("nan")
    error = float(np.sqrt((1 / n + test_share) * gaps.var(ddof=1)))
    reach = float(stats.t.ppf(0.975, n - 1)) * error
    return mean, mean - reach, mean + reach
