"""The trade-off of discarding: leads removed against conversions lost, with intervals, and presets."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from leadscore_core.confidence import Z95, wilson_intervals
from leadscore_core.model.weights import weights_in

SPLITS = ("next_period", "cross_validation")
PRESETS = (0.01, 0.02, 0.05)
_STEPS = 1_001  # so that every place of the slider is read, and none between two
_LEAST_COMPLETED = 30


class Share(NamedTuple):
    """A share (0-1) with its 95% interval."""

    value: float
    low: float
    high: float


def wilson(k: int, n: int) -> Share:
    """Return k of n as a share with Wilson's 95% interval (Wilson, 1927); of none, nothing is known.

    Examples
    --------
    >>> [round(part, 3) for part in wilson(2, 100)]
    [0.02, 0.006, 0.07]
    """
    if n == 0:
        return Share(float("nan"), 0.0, 1.0)
    low, high = wilson_intervals(np.array([k]), np.array([n]))
    return Share(k / n, float(low[0]), float(high[0]))


def choose_split(out_of_sample: pd.DataFrame | None) -> tuple[str, pd.DataFrame] | None:
    """Return the out-of-sample predictions to judge by: of later months where there are enough, else of folds.

    Later months are what a new list is; folds flatter, since they share the leads' months.

    Returns
    -------
    split, predictions
        Or None where fewer than 30 conversions are known, too few for a curve.
    """
    if out_of_sample is None:
        return None
    for split in SPLITS:
        chosen = out_of_sample[out_of_sample["split"] == split]
        if int(chosen["completed"].sum()) >= _LEAST_COMPLETED:
            return split, chosen
    return None


def observed_curve(predictions: pd.DataFrame, propensity: np.ndarray | None = None) -> pd.DataFrame:
    """Return what discarding the lowest share would have lost among leads whose outcome is known.

    Where a cut-off on propensity is saved, it is read at the cut-off that this share of a list has: known leads are
    distributed otherwise than the list, so the same share of them is another cut-off. Where a share is saved, the
    lowest are taken within each fold (or month), as a list is sorted by itself.

    Parameters
    ----------
    predictions
        One split of `LeadModel.out_of_sample`.
    propensity
        Of the list whose share is discarded, 0-1, in any order; None where a share is saved.

    Returns
    -------
    pandas.DataFrame
        ``removed`` (share of the list's leads, 0 to 1 by thousandths), ``lost`` (share of conversions), ``low`` and
        ``high`` (Wilson, 95%). Leads that stand for others count as so many, in intervals as Kish's (1965) effective
        number.

    Examples
    --------
    >>> result = pd.DataFrame({"fold": "a", "propensity": [0.1, 0.2, 0.8, 0.9], "completed": [0, 0, 1, 1]})
    >>> observed_curve(result).set_index("removed").loc[[0.5, 0.75], "lost"].tolist()
    [0.0, 0.5]
    >>> float(observed_curve(result, np.array([0.1, 0.85, 0.9, 0.95])).set_index("removed").loc[0.25, "lost"])
    0.5
    """
    completed = predictions["completed"].to_numpy(dtype=bool)
    given = weights_in(predictions)
    weight = np.ones(len(predictions)) if given is None else given
    own = weight[completed]
    removed = np.linspace(0, 1, _STEPS).round(4)
    place, at = _places(predictions, weight), removed + 1e-12
    if propensity is not None:
        place, at = predictions["propensity"].to_numpy(), _cuts(np.sort(propensity), removed)
    order = np.argsort(place[completed], kind="stable")
    upto = np.concatenate([[0.0], np.cumsum(own[order])])
    found = np.searchsorted(place[completed][order], at, side="right" if propensity is None else "left")
    total = own.sum()
    lost = upto[found] / total if total else np.full(_STEPS, np.nan)
    effective = total**2 / (own**2).sum() if total else 0.0
    low, high = wilson_intervals(np.nan_to_num(lost) * effective, np.full(_STEPS, effective))
    return pd.DataFrame({"removed": removed, "lost": lost, "low": low, "high": high})


def _places(predictions: pd.DataFrame, weight: np.ndarray) -> np.ndarray:
    """Return which share (0-1) of its fold a lead and those below it are."""
    ranked = (
        predictions[["fold"]].assign(w=weight).iloc[np.argsort(predictions["propensity"].to_numpy(), kind="stable")]
    )
    groups = ranked.groupby("fold", sort=False)["w"]
    place = groups.cumsum() / groups.transform("sum")
    result: np.ndarray = place.reindex(predictions.index).to_numpy()
    return result


def expected_curve(propensity: np.ndarray, unseen: np.ndarray | None = None, *, at_cut: bool = True) -> pd.DataFrame:
    """Return what discarding the lowest share of a batch is expected to lose, from its own propensities.

    The interval takes the propensities as right: the lost and the kept conversions are independent sums of Bernoulli
    trials, and the variance of their share follows by the delta method.

    Parameters
    ----------
    propensity
        0-1, in any order: what leads are put aside by.
    unseen
        Of the same leads, by models that had not seen them (see `expect_unseen`): what is expected of each. The
        propensities themselves if not given.
    at_cut
        Whether what is saved is the cut-off that a share has, or the share; leads at the cut-off stay.

    Returns
    -------
    pandas.DataFrame
        Columns as of `observed_curve`.

    Examples
    --------
    >>> curve = expected_curve(np.array([0.9, 0.1, 0.5, 0.5]))
    >>> round(float(curve.set_index("removed").loc[0.25, "lost"]), 3)
    0.05
    """
    p = np.asarray(propensity, dtype="float64")
    order = np.argsort(p, kind="stable")
    ascending = p[order]
    chance = ascending if unseen is None else np.asarray(unseen, dtype="float64")[order]
    removed = np.linspace(0, 1, _STEPS).round(4)
    at = np.floor(removed * len(ascending) + 1e-9).astype("int64")
    if at_cut:
        at = np.searchsorted(ascending, _cuts(ascending, removed), side="left")
        at[-1] = len(ascending)
    sums = np.concatenate([[0.0], np.cumsum(chance)])
    spreads = np.concatenate([[0.0], np.cumsum(chance * (1 - chance))])
    total = sums[-1]
    if total == 0:
        return pd.DataFrame({"removed": removed, "lost": np.nan, "low": 0.0, "high": 1.0})
    low_sum, high_sum = sums[at], total - sums[at]
    spread = np.sqrt(high_sum**2 * spreads[at] + low_sum**2 * (spreads[-1] - spreads[at])) / total**2
    lost = low_sum / total
    return pd.DataFrame(
        {
            "removed": removed,
            "lost": lost,
            "low": np.clip(lost - Z95 * spread, 0, 1),
            "high": np.clip(lost + Z95 * spread, 0, 1),
        }
    )


def read_curve(curve: pd.DataFrame, removed: float) -> Share:
    """Return the share of conversions lost where this share (0-1) of the leads is removed, between the steps too."""
    lost, low, high = (float(np.interp(removed, curve["removed"], curve[name])) for name in ("lost", "low", "high"))
    return Share(lost, low, high)


def removable(curve: pd.DataFrame, most_lost: float, column: str = "lost") -> float:
    """Return the largest share of leads (0-1) whose removal loses at most this share (0-1) of conversions.

    Parameters
    ----------
    column
        What must stay within it: ``lost``, or ``high``, the upper end of its interval.

    Examples
    --------
    >>> removable(expected_curve(np.array([0.9, 0.1, 0.5, 0.5]), at_cut=False), 0.05)
    0.499
    """
    within = curve.loc[curve[column] <= most_lost + 1e-12, "removed"]
    return float(within.max()) if len(within) else 0.0


def cut_for(propensity: np.ndarray, removed: float) -> float:
    """Return the propensity below which this share (0-1) of a batch's leads lies, to four decimals.

    Examples
    --------
    >>> cut_for(np.array([0.1, 0.2, 0.3, 0.4]), 0.5)
    0.3
    """
    return float(_cuts(np.sort(np.asarray(propensity, dtype="float64")), np.array([removed]))[0])


def _cuts(ascending: np.ndarray, removed: np.ndarray) -> np.ndarray:
    """Return the cut-off of each share, as `cut_for` does."""
    if len(ascending) == 0:
        return np.zeros(len(removed))
    at = np.floor(removed * len(ascending) + 1e-9).astype("int64")
    cuts = np.floor(ascending[np.minimum(at, len(ascending) - 1)] * 10_000) / 10_000
    return np.where(removed <= 0, 0.0, np.where(at >= len(ascending), 1.0, cuts))


def observed_by_grade(predictions: pd.DataFrame, hot: float, warm: float, cold: float) -> dict[str, tuple[int, int]]:
    """Return for each grade how many leads whose outcome is known would have had it, and how many of them converted.

    Parameters
    ----------
    predictions
        One split of `LeadModel.out_of_sample`.
    hot, warm, cold
        Lowest propensity (0-1) of the grades.
    """
    p, done = predictions["propensity"].to_numpy(), predictions["completed"].to_numpy()
    grade = np.select([p >= hot, p >= warm, p >= cold], [0, 1, 2], default=3)
    return {
        name: (int((grade == code).sum()), int(done[grade == code].sum()))
        for code, name in enumerate(("Hot", "Warm", "Cold", "Junk"))
    }
