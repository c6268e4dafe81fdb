"""The estimate without outcomes: what scores alone say of the AUC, shown only beside how wrong it has been here.

It takes propensities for true (confidence-based estimation). Where the relation between leads and outcome changes, it
sees nothing of it; so it is shown with its own past errors, and not at all where these do not speak for the batch.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from leadscore_core.confidence import CONFIDENCE, enough_of_each
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.evaluation.quick_scores import auc_of

FIGURES = ("auc", "precision", "recall", "base_rate")
_BOUNDS = (0.0, 1.0)
_FEWEST_APART = 2  # stretches of one period are wrong in the same way


@dataclass(frozen=True)
class PastPeriod:
    """What scores alone said of a past period's figures, and what they were; None where a figure does not exist."""

    name: str
    rows: int
    estimated: dict[str, float | None]
    true: dict[str, float | None]

    def error(self, figure: str) -> float | None:
        """Return the true figure less the estimated one."""
        true, estimated = self.true.get(figure), self.estimated.get(figure)
        return None if true is None or estimated is None else true - estimated


@dataclass(frozen=True)
class Estimate:
    """A figure as scores alone give it, corrected by past errors.

    Attributes
    ----------
    plain
        What scores alone say.
    value, low, high
        Corrected by the mean of past errors, with the interval that these give; None where blind.
    level
        How often an interval made so holds, 0-1.
    periods
        Past periods with outcomes that it rests on.
    worst
        The largest past error, as it was (negative: the estimate was too high).
    blind
        Why it is not shown; empty where it is.
    """

    figure: str
    plain: float | None
    value: float | None
    low: float | None
    high: float | None
    level: float
    periods: int
    worst: float | None
    blind: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self)


def estimate_plainly(propensity: np.ndarray, threshold: float) -> dict[str, float | None]:
    """Return the figures that leads would have if each converted with its propensity.

    Parameters
    ----------
    propensity
        0-1.

    Examples
    --------
    >>> found = estimate_plainly(np.array([0.1, 0.2, 0.8, 0.9]), 0.5)
    >>> {name: round(value, 3) for name, value in found.items()}
    {'auc': 0.929, 'precision': 0.85, 'recall': 0.85, 'base_rate': 0.5}
    """
    p = np.sort(np.asarray(propensity, dtype="float64"))
    total, rest = p.sum(), (1 - p).sum()
    above = p >= threshold
    if not len(p) or total <= 0 or rest <= 0:
        return {"auc": None, "precision": None, "recall": None, "base_rate": float(p.mean()) if len(p) else None}
    below = np.concatenate([[0.0], np.cumsum(1 - p)])
    left, right = np.searchsorted(p, p, side="left"), np.searchsorted(p, p, side="right")
    won = (p * (below[left] + below[right]) / 2).sum()
    same = (p * (1 - p)).sum() / 2  # no lead is compared with itself
    pairs = total * rest - (p * (1 - p)).sum()
    return {
        "auc": float((won - same) / pairs) if pairs > 0 else None,
        "precision": float(p[above].mean()) if above.any() else None,
        "recall": float(p[above].sum() / total),
        "base_rate": float(p.mean()),
    }


def true_figures(label: np.ndarray, propensity: np.ndarray, threshold: float) -> dict[str, float | None]:
    """Return the same figures of leads whose outcome is known."""
    above, done = propensity >= threshold, label == 1
    is_enough = enough_of_each(int(done.sum()), int((~done).sum()))
    return {
        "auc": auc_of(label, propensity) if is_enough else None,
        "precision": float(label[above].mean()) if above.any() else None,
        "recall": float(above[done].mean()) if done.any() else None,
        "base_rate": float(label.mean()) if len(label) else None,
    }


def past_period(name: str, label: np.ndarray, propensity: np.ndarray, threshold: float) -> PastPeriod:
    """Compare what scores alone say of a period with what became of its leads."""
    label = np.asarray(label)
    return PastPeriod(
        name, len(label), estimate_plainly(propensity, threshold), true_figures(label, propensity, threshold)
    )


def periods_of_training(model: LeadModel) -> list[PastPeriod]:
    """Return the months of training that models of the leads before them were judged on."""
    judged = model.out_of_sample
    if judged is None:
        return []
    months = judged[judged["split"] == "next_period"]
    return [
        past_period(
            str(name),
            rows["completed"].to_numpy("int64"),
            rows["propensity"].to_numpy("float64"),
            float(rows["threshold"].iloc[0]) if "threshold" in rows else model.metadata.threshold,
        )
        for name, rows in months.groupby("fold", sort=True)
    ]


def estimate_figures(
    propensity: np.ndarray,
    threshold: float,
    past: Sequence[PastPeriod],
    *,
    least: int = 4,
    outside: str = "",
) -> dict[str, Estimate]:
    """Estimate figures of a batch without outcomes, as far as past errors of such estimates speak for it.

    The interval is a conformal one over past errors (Vovk, Gammerman and Shafer, 2005): around the estimate corrected
    by their mean, as far as the largest error lies from the mean of the others. Made so of k periods it holds k times
    in k + 1 if the next period is like these. It is widened to Student's prediction interval at that level where that
    is wider, as few errors seldom have their largest among them.

    Parameters
    ----------
    least
        Past periods with outcomes that are needed.
    outside
        Why the batch is outside what was seen; empty where it is not.
    """
    plain = estimate_plainly(propensity, threshold)
    return {name: _estimate(name, plain[name], past, least, outside) for name in FIGURES}


def _estimate(name: str, plain: float | None, past: Sequence[PastPeriod], least: int, outside: str) -> Estimate:
    judged = [one for one in past if one.error(name) is not None]
    errors = np.array([one.error(name) for one in judged], dtype="float64")
    k = len(errors)
    worst = float(errors[np.argmax(np.abs(errors))]) if k else None
    blind = outside
    if k < least:
        blind = (
            f"{k} past period{'' if k == 1 else 's'} with outcomes say how wrong such an estimate is here; "
            f"{least} are needed."
        )
    elif len({one.name for one in judged}) < _FEWEST_APART:
        blind = "All that is known of past errors is of one period."
    if plain is None or blind:
        return Estimate(name, plain, None, None, None, 0.0, k, worst, blind or "It does not exist for these leads.")
    level = min(CONFIDENCE, k / (k + 1))
    reach = _reach(errors, level)
    middle = plain + float(errors.mean())
    low, high = (float(np.clip(end, *_BOUNDS)) for end in (middle - reach, middle + reach))
    return Estimate(name, plain, float(np.clip(middle, *_BOUNDS)), low, high, level, k, worst)


def _reach(errors: np.ndarray, level: float) -> float:
    """Return how far the interval goes to either side."""
    k = len(errors)
    others = (errors.sum() - errors) / (k - 1)
    residuals = np.sort(np.abs(errors - others))
    conformal = residuals[min(k, int(np.ceil(level * (k + 1)))) - 1]
    spread = float(errors.std(ddof=1)) * float(np.sqrt(1 + 1 / k))
    return max(float(conformal), float(student.ppf(0.5 + level / 2, k - 1)) * spread)
