"""Making the training reference: of a model's training leads, their scores and their months."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from leadscore_core.model.distances import measure_distance
from leadscore_core.model.features import LeadFeatures
from leadscore_core.model.reference import OWN_SCORES, ColumnReference, PeriodDrift, TrainingReference, describe_column
from leadscore_core.training.training_data import TrainingData

SAMPLED = 2_000
_SCORE_BINS = 10
_LEAST_OF_A_MONTH = 100
_DRAWS = 100


def make_reference(
    known: TrainingData,
    cleaned: pd.DataFrame,
    features: LeadFeatures,
    out_of_sample: pd.DataFrame,
    score: Callable[[pd.DataFrame], np.ndarray],
) -> TrainingReference:
    """Return how training leads were spread, each counted as the leads that it stands for.

    Parameters
    ----------
    known
        Leads that were learned from.
    cleaned
        The same as the model reads them.
    features
        As they were fitted.
    out_of_sample
        Of `LeadModel`, with ``row``, the position of each lead among these.
    score
        What the model itself says of cleaned leads, 0-1, as of one date.
    """
    stands_for = known.stands_for
    weight = np.ones(len(known)) if stands_for is None else stands_for
    described = [describe_column(cleaned[name], name, features) for name in cleaned.columns]
    columns = [one for one in described if one is not None]
    codes = pd.DataFrame({one.name: one.codes(cleaned[one.name]) for one in columns})
    columns = [_counted(one, codes[one.name].to_numpy(), weight) for one in columns]
    crossed = out_of_sample[out_of_sample["split"] == "cross_validation"]
    rows = crossed["row"].to_numpy("int64")
    scores = score(cleaned.iloc[rows].reset_index(drop=True))
    edges = np.unique(np.quantile(scores, np.arange(1, _SCORE_BINS) / _SCORE_BINS))
    bins = np.searchsorted(edges, scores, side="right")
    rng = np.random.default_rng(0)
    chances = weight[rows] / weight[rows].sum()
    drawn = np.sort(rng.choice(rows, min(SAMPLED, len(rows)), replace=stands_for is not None, p=chances))
    rng.shuffle(drawn)
    score_counts = np.bincount(bins, weights=weight[rows], minlength=len(edges) + 1)
    return TrainingReference(
        version=OWN_SCORES,
        rows=len(known),
        columns=tuple(columns),
        score_edges=tuple(edges.tolist()),
        score_counts=tuple(score_counts.tolist()),
        mean_score=float(np.average(crossed["propensity"], weights=weight[rows])),
        sample={str(name): tuple(codes[name].to_numpy()[drawn].tolist()) for name in codes},
        periods=_months_apart(known.dates, columns, codes, (rows, bins, len(edges) + 1), rng),
    )


def _counted(column: ColumnReference, codes: np.ndarray, weight: np.ndarray) -> ColumnReference:
    return column.model_copy(update={"counts": tuple(column.count(codes, weight).tolist())})


def _months_apart(
    dates: pd.Series | None,
    columns: list[ColumnReference],
    codes: pd.DataFrame,
    scores: tuple[np.ndarray, np.ndarray, int],
    rng: np.random.Generator,
) -> tuple[PeriodDrift, ...]:
    """Return how far each month's leads were from all before it; months of fewer than 100 leads are left out."""
    if dates is None or dates.isna().all():
        return ()
    months = dates.dt.to_period("M")
    rows, bins, n_bins = scores
    found = []
    for month in sorted(months.dropna().unique()):
        now, before = (months == month).to_numpy(), (months < month).to_numpy()
        if min(now.sum(), before.sum()) < _LEAST_OF_A_MONTH:
            continue
        apart = {
            one.name: measure_distance(
                one.count(codes[one.name].to_numpy()[before]), one.count(codes[one.name].to_numpy()[now]), rng, _DRAWS
            ).js
            for one in columns
        }
        earlier, own = (np.bincount(bins[which[rows]], minlength=n_bins) for which in (before, now))
        score = measure_distance(earlier, own, rng, _DRAWS).js if earlier.sum() and own.sum() else 0.0
        found.append(PeriodDrift(name=str(month), rows=int(now.sum()), columns=apart, scores=score))
    return tuple(found)
