"""The judging plan: on which leads, in how many folds and on which months a model is judged."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadscore_core.training.folds import Fold, repeated_folds, rolling_months

DRAWN_ONCE = 50_000  # of more leads, a second draw of folds tells nothing new
MOST_JUDGED = 200_000
MOST_MONTHS = 6


@dataclass(frozen=True)
class JudgingPlan:
    """What is judged.

    Attributes
    ----------
    rows
        Positions of the leads that are learned from and judged in the folds, in order; folds count in them.
    folds, months
        Of cross-validation, and of the months that follow.
    no_months
        Why there are no months, in words.
    split, next_split
        How figures of the folds and of the months came about, in words.
    """

    rows: np.ndarray
    folds: list[Fold]
    months: list[Fold]
    no_months: str
    split: str
    next_split: str


def plan_judging(
    label: np.ndarray,
    dates: pd.Series | None,
    identity: np.ndarray | None,
    *,
    n_splits: int,
    n_repeats: int,
    seed: int,
) -> JudgingPlan:
    """Plan folds: two draws of all leads, one draw of more than 50,000, a random part of more than 200,000.

    Of more than 50,000 leads the last six months are judged. The model itself always learns from all leads.

    Examples
    --------
    >>> plan = plan_judging(np.arange(300_000) % 2, None, None, n_splits=5, n_repeats=2, seed=0)
    >>> len(plan.rows), len(plan.folds), plan.split[:63]
    (200000, 5, '5 stratified folds, drawn once, of 200,000 leads at random of 3')
    """
    rows = np.arange(len(label))
    if len(label) > MOST_JUDGED:
        rows = np.sort(np.random.default_rng(seed).choice(len(label), MOST_JUDGED, replace=False))
        identity = None if identity is None else identity[rows]
    is_large = len(label) > DRAWN_ONCE
    repeats = 1 if is_large else n_repeats
    own_dates = None if dates is None else dates.iloc[rows].reset_index(drop=True)
    months, no_months = rolling_months(own_dates, label[rows])
    some = f" of {len(rows):,} leads at random of {len(label):,}" if len(rows) < len(label) else ""
    drawn = (
        f"{n_splits} stratified folds, drawn {'once' if is_large else f'{repeats} times'}{',' if some else ''}{some}"
    )
    last = " of the last six" if is_large and len(months) > MOST_MONTHS else ""
    return JudgingPlan(
        rows,
        repeated_folds(label[rows], n_splits, repeats, seed, identity),
        months[-MOST_MONTHS:] if is_large else months,
        no_months,
        f"{drawn}; levels, calibration and threshold learned inside each training fold",
        f"each month{last} judged by a model of the leads before it{some}",
    )
