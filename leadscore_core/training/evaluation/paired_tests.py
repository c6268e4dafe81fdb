"""Comparing two models on the same leads that neither has learned from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from leadscore_core.confidence import CONFIDENCE, LEAST_OF_A_GROUP, Z95
from leadscore_core.training.evaluation.drawn_figures import DrawnFigures
from leadscore_core.training.evaluation.metrics import (
    BUILT_IN,
    Metric,
    compute_metric,
    known_metrics,
)
from leadscore_core.training.evaluation.quick_scores import auc_of, brier_of, precision_at, recall_at

DRAWS = 1_000


@dataclass(frozen=True)
class Difference:
    """A figure of the challenger less that of the champion, with its 95% interval.

    Attributes
    ----------
    name
        ``auc``, ``precision``, ``recall``, ``brier``, ``gained`` (conversions among as many calls), or that of a
        metric that was added.
    champion, challenger
        The two figures; None where one does not exist.
    low, high
        Of the difference, by paired bootstrap of leads.
    """

    name: str
    champion: float | None
    challenger: float | None
    low: float
    high: float

    @property
    def value(self) -> float:
        """Challenger less champion, NaN where one of them does not exist."""
        if self.champion is None or self.challenger is None:
            return float("nan")
        return self.challenger - self.champion


@dataclass(frozen=True)
class Comparison:
    """What two models say of the same leads.

    Attributes
    ----------
    rows
        Leads compared on.
    differences
        One a figure; precision and recall each at its model's own threshold.
    delong_p
        Two-sided p-value that their AUC is the same (DeLong; see `mean_difference` for several folds).
    delong_low, delong_high
        95% interval of the difference of AUC, likewise.
    by_fold
        The AUC of each month or fold that the figures are means of: ``fold``, ``n``, ``champion``, ``challenger``,
        ``value`` (their difference), ``low``, ``high`` (95%, DeLong).
    """

    rows: int
    differences: tuple[Difference, ...]
    delong_p: float
    delong_low: float
    delong_high: float
    by_fold: tuple[dict[str, Any], ...] = ()

    @property
    def verdict(self) -> str:
        """Return ``better``, ``worse`` or ``the same``, by the AUC, both by DeLong and by the bootstrap."""
        auc = next(d for d in self.differences if d.name == "auc")
        if min(self.delong_low, auc.low) > 0:
            return "better"
        return "worse" if max(self.delong_high, auc.high) < 0 else "the same"


def delong(label: np.ndarray, first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Return the difference of two AUCs on the same leads (second less first), its standard error and p-value.

    DeLong, DeLong and Clarke-Pearson (1988), by the ranks of Sun and Xu (2014).

    Parameters
    ----------
    label
        0 or 1, both present.
    first, second
        Scores of the two models.

    Examples
    --------
    >>> label = np.array([0, 0, 0, 1, 1, 1])
    >>> delong(label, np.array([1, 2, 3, 4, 5, 6]), np.array([1, 2, 3, 4, 5, 6]))
    (0.0, 0.0, 1.0)
    """
    done = np.asarray(label).astype(bool)
    m, n = int(done.sum()), int((~done).sum())
    auc, of_done, of_rest = [], [], []
    for score in (np.asarray(first, "float64"), np.asarray(second, "float64")):
        both = stats.rankdata(np.concatenate([score[done], score[~done]]))
        own, other = stats.rankdata(score[done]), stats.rankdata(score[~done])
        auc.append(float((both[:m].sum() - m * (m + 1) / 2) / (m * n)))
        of_done.append((both[:m] - own) / n)
        of_rest.append(1 - (both[m:] - other) / m)
    covariance = np.cov(np.array(of_done), ddof=1) / m + np.cov(np.array(of_rest), ddof=1) / n
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    difference, error = auc[1] - auc[0], float(np.sqrt(max(variance, 0.0)))
    if error == 0:
        return difference, 0.0, 1.0 if difference == 0 else 0.0
    return difference, error, float(2 * stats.norm.sf(abs(difference) / error))


def auc_interval(label: np.ndarray, propensity: np.ndarray) -> tuple[float, float, float]:
    """Return the AUC with its 95% interval (DeLong).

    Examples
    --------
    >>> auc_interval(np.array([0, 1, 0, 1]), np.array([0.1, 0.9, 0.2, 0.8]))
    (1.0, 1.0, 1.0)
    """
    auc = auc_of(label, propensity)
    _, error, _ = delong(label, np.zeros(len(label)), propensity)
    return auc, max(0.0, auc - Z95 * error), min(1.0, auc + Z95 * error)


@dataclass(frozen=True, eq=False)
class FoldNames:
    """To which month or fold each lead belongs, where each was judged by a model of its own.

    Attributes
    ----------
    names
        One a lead.
    are_months
        Whether they differ by themselves, as months do and random folds do not.
    """

    names: np.ndarray
    are_months: bool


def mean_difference(
    differences: np.ndarray, errors: np.ndarray, *, are_months: bool
) -> tuple[float, float, float, float]:
    """Return the mean of differences that were measured on several months or folds, its 95% interval and p-value.

    Of months the interval is the wider of two: by each difference's own error, and by Student's t over the months,
    since months may differ more than leads drawn at random do, and the next one is of interest.

    Parameters
    ----------
    differences, errors
        Of each fold, with its standard error.

    Examples
    --------
    >>> values, errors = np.array([0.01, 0.03, 0.02]), np.array([0.004, 0.004, 0.004])
    >>> [round(value, 4) for value in mean_difference(values, errors, are_months=False)]
    [0.02, 0.0155, 0.0245, 0.0]
    >>> [round(value, 4) for value in mean_difference(values, errors, are_months=True)]
    [0.02, -0.0048, 0.0448, 0.0742]
    """
    n, mean = len(differences), float(differences.mean())
    found = [(float(np.sqrt(np.mean(errors**2) / n)), np.inf)]
    if are_months and n > 1:
        found.append((float(np.std(differences, ddof=1) / np.sqrt(n)), n - 1))
    reaches = [float(stats.t.ppf(0.5 + CONFIDENCE / 2, freedom)) * error for error, freedom in found]
    p_values = [
        float(2 * stats.t.sf(abs(mean) / error, freedom)) if error else float(mean == 0) for error, freedom in found
    ]
    return mean, mean - max(reaches), mean + max(reaches), max(p_values)


def compare_models(
    label: np.ndarray,
    champion: np.ndarray,
    challenger: np.ndarray,
    *,
    thresholds: tuple[float | np.ndarray, float | np.ndarray],
    capacity: int,
    folds: FoldNames | None = None,
    draws: int = DRAWS,
) -> Comparison:
    """Compare two models on leads whose outcome is known and that neither has learned from.

    Parameters
    ----------
    label
        0 or 1.
    champion, challenger
        Propensities (0-1) of the same leads.
    thresholds
        Of the champion and of the challenger; one a lead where models of several folds or months have their own.
    capacity
        Calls; whose first so many leads convert more often is ``gained``.
    folds
        Figures are means over them then, as everywhere. All leads are one fold if not given.
    draws
        Of the bootstrap, which draws leads within each fold.

    Raises
    ------
    ValueError
        If there are not two outcomes, in each fold.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> label = rng.integers(0, 2, 500)
    >>> good, bad = label + rng.normal(size=500), rng.normal(size=500)
    >>> squeeze = lambda margin: 1 / (1 + np.exp(-margin))
    >>> compare_models(label, squeeze(bad), squeeze(good), thresholds=(0.5, 0.5), capacity=100, draws=50).verdict
    'better'
    """
    label = np.asarray(label, dtype="int64")
    places = _places(label, folds)
    calls = min(capacity, len(label))
    sides = [
        (np.asarray(p, "float64"), np.broadcast_to(np.asarray(t, "float64"), len(label)))
        for p, t in zip((champion, challenger), thresholds, strict=True)
    ]
    added = [metric for name, metric in known_metrics().items() if name not in BUILT_IN and metric.measure is not None]
    names = ("auc", "precision", "recall", "brier", *(metric.name for metric in added), "gained")
    figures = [_mean_figures(label, p, t, places, added) + [_gained(label, p, calls)] for p, t in sides]
    rng = np.random.default_rng(0)
    drawn = np.full((draws, len(names)), np.nan)
    one, two = (DrawnFigures(label, p, t, places, calls, added) for p, t in sides)
    for draw in range(draws):
        chosen = [rng.integers(0, len(rows), len(rows)) for rows in places]
        if all(0 < label[rows[own]].sum() < len(rows) for rows, own in zip(places, chosen, strict=True)):
            drawn[draw] = two.of(chosen) - one.of(chosen)
    with np.errstate(all="ignore"):
        low, high = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    each = [delong(label[rows], sides[0][0][rows], sides[1][0][rows]) for rows in places]
    are_months = folds is not None and folds.are_months
    own, errors = np.array([one[:2] for one in each]).T
    _, delong_low, delong_high, p_value = mean_difference(own, errors, are_months=are_months)
    found = [Difference(n, figures[0][i], figures[1][i], float(low[i]), float(high[i])) for i, n in enumerate(names)]
    if are_months:  # of months, the interval says how much they differ too
        found[0] = replace(found[0], low=min(found[0].low, delong_low), high=max(found[0].high, delong_high))
    by_fold = [_of_fold(label, sides, rows, one) for rows, one in zip(places, each, strict=True)]
    names_of_folds = ["all"] if folds is None else np.unique(folds.names).tolist()
    rows_by_fold = tuple({"fold": str(name)} | row for name, row in zip(names_of_folds, by_fold, strict=True))
    return Comparison(len(label), tuple(found), p_value, delong_low, delong_high, rows_by_fold)


def _of_fold(
    label: np.ndarray,
    sides: list[tuple[np.ndarray, np.ndarray]],
    rows: np.ndarray,
    difference: tuple[float, float, float],
) -> dict[str, Any]:
    champion, challenger = (auc_of(label[rows], p[rows]) for p, _ in sides)
    value, error, _ = difference
    reach = Z95 * error
    ends = {"value": value, "low": value - reach, "high": value + reach}
    return {"n": len(rows), "champion": champion, "challenger": challenger} | ends


def _places(label: np.ndarray, folds: FoldNames | None) -> list[np.ndarray]:
    """Return the positions of each fold's leads; each fold has both outcomes."""
    rows = np.arange(len(label))
    places = [rows] if folds is None else [rows[folds.names == fold] for fold in np.unique(folds.names)]
    if any(len(np.unique(label[own])) < 2 for own in places):
        raise ValueError("expected leads of both outcomes")
    return places


def _mean_figures(
    label: np.ndarray, propensity: np.ndarray, threshold: np.ndarray, places: list[np.ndarray], added: Sequence[Metric]
) -> list[float | None]:
    """Return the figures of the folds in the mean; None where one exists in no fold."""
    rows = [_figures(label[own], propensity[own], threshold[own], added) for own in places]
    means = pd.DataFrame(rows, dtype="float64").mean()
    return [None if np.isnan(mean) else float(mean) for mean in means]


def _figures(
    label: np.ndarray, propensity: np.ndarray, threshold: np.ndarray, added: Sequence[Metric]
) -> list[float | None]:
    predicted = propensity >= threshold
    return [
        auc_of(label, propensity),
        precision_at(label, predicted) if predicted.any() else None,
        recall_at(label, predicted),
        brier_of(label, np.clip(propensity, 0, 1)),
        *(compute_metric(metric, label, propensity, float(threshold[0])) for metric in added),
    ]


def _gained(label: np.ndarray, propensity: np.ndarray, calls: int) -> float:
    return float(label[np.argsort(-propensity, kind="stable")[:calls]].sum())


def count_grade_changes(
    champion: np.ndarray,
    challenger: np.ndarray,
    grades: tuple[float, float, float],
    own_grades: tuple[float, float, float] | None = None,
) -> pd.DataFrame:
    """Count leads by their grade under the champion (rows) and the challenger (columns).

    Parameters
    ----------
    champion, challenger
        Propensities (0-1) of the same leads.
    grades
        Lowest propensity of Hot, Warm and Cold.
    own_grades
        Those of the challenger; the same if not given.

    Examples
    --------
    >>> count_grade_changes(np.array([0.9, 0.2]), np.array([0.9, 0.7]), (0.65, 0.4, 0.1)).loc["Cold", "Hot"]
    np.int64(1)
    """
    names = ["Hot", "Warm", "Cold", "Junk"]

    def grade(p: np.ndarray, lowest: tuple[float, float, float]) -> pd.Categorical:
        hot, warm, cold = lowest
        return pd.Categorical(np.select([p >= hot, p >= warm, p >= cold], names[:3], default="Junk"), names)

    return pd.crosstab(grade(champion, grades), grade(challenger, own_grades or grades), dropna=False).reindex(
        index=names, columns=names, fill_value=0
    )


def losing_groups(
    groups: pd.Series, label: np.ndarray, champion: np.ndarray, challenger: np.ndarray, *, most: int = 8
) -> pd.DataFrame:
    """Return groups of leads whose outcome the challenger foretells less well than the champion, the worst first.

    Parameters
    ----------
    groups
        What each lead belongs to.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``n``, ``champion``, ``challenger`` (mean log loss, natural logarithm), ``worse`` (their difference)
        and ``low`` (lower end of its 95% interval); groups of fewer than 50 leads are left out.
    """
    losses = [-np.log(np.clip(np.where(label == 1, p, 1 - p), 1e-6, 1)) for p in (champion, challenger)]
    table = pd.DataFrame({"group": groups.to_numpy(), "champion": losses[0], "challenger": losses[1]})
    table["worse"] = table["challenger"] - table["champion"]
    found = table.groupby("group", dropna=False).agg(
        n=("worse", "size"),
        champion=("champion", "mean"),
        challenger=("challenger", "mean"),
        worse=("worse", "mean"),
        spread=("worse", "sem"),
    )
    found = (
        found[(found["n"] >= LEAST_OF_A_GROUP) & (found["worse"] > 0)]
        .sort_values("worse", ascending=False)
        .reset_index()
    )
    return found.assign(low=found["worse"] - Z95 * found["spread"]).drop(columns="spread").head(most)
