"""Comparing two models on the same leads that neither has learned from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import brier_score_loss, precision_score, recall_score, roc_auc_score

from leadscore_core.confidence import LEAST_OF_A_GROUP, Z95
from leadscore_core.training.evaluation.metrics import BUILT_IN, Metric, compute_metric, known_metrics

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
        Two-sided p-value that their AUC is the same (DeLong).
    delong_low, delong_high
        95% interval of the difference of AUC (DeLong).
    """

    rows: int
    differences: tuple[Difference, ...]
    delong_p: float
    delong_low: float
    delong_high: float

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
    auc = float(roc_auc_score(label, propensity))
    _, error, _ = delong(label, np.zeros(len(label)), propensity)
    return auc, max(0.0, auc - Z95 * error), min(1.0, auc + Z95 * error)


def compare_models(
    label: np.ndarray,
    champion: np.ndarray,
    challenger: np.ndarray,
    *,
    thresholds: tuple[float, float],
    capacity: int,
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Compare two models on leads whose outcome is known and that neither has learned from.

    Parameters
    ----------
    label
        0 or 1.
    champion, challenger
        Propensities (0-1) of the same leads.
    thresholds
        Of the champion and of the challenger.
    capacity
        Calls; whose first so many leads convert more often is ``gained``.
    draws, seed
        Of the bootstrap.

    Raises
    ------
    ValueError
        If there are not two outcomes.

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
    if len(np.unique(label)) < 2:
        raise ValueError("expected leads of both outcomes")
    pairs = (np.asarray(champion, "float64"), np.asarray(challenger, "float64"))
    calls = min(capacity, len(label))
    added = [metric for name, metric in known_metrics().items() if name not in BUILT_IN and metric.measure is not None]
    names = ("auc", "precision", "recall", "brier", "gained", *(metric.name for metric in added))
    figures = [
        [*_figures(label, p, t, calls), *(compute_metric(m, label, p, t) for m in added)]
        for p, t in zip(pairs, thresholds, strict=True)
    ]
    rng = np.random.default_rng(seed)
    drawn = np.full((draws, len(names)), np.nan)
    for draw in range(draws):
        rows = rng.integers(0, len(label), len(label))
        if 0 < label[rows].sum() < len(rows):
            one, two = (_drawn(label[rows], p[rows], t, calls, added) for p, t in zip(pairs, thresholds, strict=True))
            drawn[draw] = two - one
    with np.errstate(all="ignore"):
        low, high = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    difference, error, p = delong(label, *pairs)
    found = [Difference(n, figures[0][i], figures[1][i], float(low[i]), float(high[i])) for i, n in enumerate(names)]
    return Comparison(
        len(label),
        tuple(found),
        p,
        difference - Z95 * error,
        difference + Z95 * error,
    )


def _figures(label: np.ndarray, propensity: np.ndarray, threshold: float, calls: int) -> list[float | None]:
    predicted = propensity >= threshold
    first = np.argsort(-propensity, kind="stable")[:calls]
    return [
        float(roc_auc_score(label, propensity)),
        float(precision_score(label, predicted)) if predicted.any() else None,
        float(recall_score(label, predicted)),
        float(brier_score_loss(label, np.clip(propensity, 0, 1))),
        float(label[first].sum()),
    ]


def _drawn(
    label: np.ndarray, propensity: np.ndarray, threshold: float, calls: int, added: Sequence[Metric]
) -> np.ndarray:
    """Return the figures of `_figures` without what makes a single call safe, for a thousand draws."""
    m = int(label.sum())
    above = propensity >= threshold
    hit = float(label[above].sum())
    ranks = stats.rankdata(propensity)
    auc = (ranks[label == 1].sum() - m * (m + 1) / 2) / (m * (len(label) - m))
    first = np.argpartition(-propensity, calls - 1)[:calls] if calls < len(label) else slice(None)
    precision = hit / above.sum() if above.any() else np.nan
    more = [compute_metric(metric, label, propensity, threshold) for metric in added]
    gained = float(label[first].sum())
    built_in = [auc, precision, hit / m, np.mean((label - propensity) ** 2), gained]
    return np.array([*built_in, *(np.nan if value is None else value for value in more)])


def grade_moves(champion: np.ndarray, challenger: np.ndarray, grades: tuple[float, float, float]) -> pd.DataFrame:
    """Count leads by their grade under the champion (rows) and the challenger (columns).

    Parameters
    ----------
    champion, challenger
        Propensities (0-1) of the same leads.
    grades
        Lowest propensity of Hot, Warm and Cold.

    Examples
    --------
    >>> grade_moves(np.array([0.9, 0.2]), np.array([0.9, 0.7]), (0.65, 0.4, 0.1)).loc["Cold", "Hot"]
    np.int64(1)
    """
    names = ["Hot", "Warm", "Cold", "Junk"]
    hot, warm, cold = grades

    def grade(p: np.ndarray) -> pd.Categorical:
        return pd.Categorical(np.select([p >= hot, p >= warm, p >= cold], names[:3], default="Junk"), names)

    return pd.crosstab(grade(champion), grade(challenger), dropna=False).reindex(
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
