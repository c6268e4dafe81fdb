"""How long leads take to convert, learned from those who did and when."""

from dataclasses import dataclass

import numpy as np

from leadscore_core.outcome import OutcomeWords

NEARLY_ALL = 0.95
_LEAST, _AT_RISK, _MOST_BEFORE = 40, 20, 0.05


@dataclass(frozen=True)
class TimeToConvert:
    """Within how many days half and 95% of those who converted did so, and of how many it is known."""

    half: int
    days: int
    leads: int

    def sentence(self, words: OutcomeWords) -> str:
        """Say it in a sentence."""
        return (
            f"Half of those who {words.past} did so within {_days(self.half)}, 95% within {_days(self.days)} "
            f"(n = {self.leads:,})."
        )


def learn_time(took: np.ndarray, age: np.ndarray) -> TimeToConvert | None:
    """Return how long leads take to convert; None where it is known of fewer than 40, or the dates are others.

    Dates of which more than 5% lie before the lead came are not those of conversions.

    Of young leads only the quick are seen, so the plain quantile is too short. This is the product-limit estimate in
    reverse time for such right-truncated data (Lagakos, Barraj and De Gruttola, 1988); where fewer than 20 leads could
    have been seen that late, it says nothing.

    Parameters
    ----------
    took
        Days from when a lead came to when it converted; NaN for all others.
    age
        Days from when it came to when outcomes were looked at last.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> age, took = rng.uniform(0, 120, 4_000), rng.exponential(20, 4_000)
    >>> seen = took <= age
    >>> found = learn_time(np.where(seen, took, np.nan), age)
    >>> 50 < found.days < 70, int(np.quantile(took[seen], 0.95)) < found.days
    (True, True)
    """
    known = ~np.isnan(took) & (took >= 0)
    before = (took[~np.isnan(took)] < 0).sum()
    if known.sum() < _LEAST or before > _MOST_BEFORE * (known.sum() + before):
        return None
    days = np.ceil(took[known])
    could = np.where(np.isnan(age[known]), np.inf, np.maximum(np.ceil(age[known]), days))
    times, made = np.unique(days, return_counts=True)
    sooner = np.searchsorted(np.sort(days), times, side="right")
    older = len(could) - np.searchsorted(np.sort(could), times, side="left")
    # who took up to t days and is at least t days old: those who took up to t, less those younger than that
    at_risk = sooner - (len(could) - older)
    share = np.where(at_risk >= _AT_RISK, 1 - made / np.maximum(at_risk, 1), 1.0)
    within = np.concatenate([np.cumprod(share[::-1])[::-1][1:], [1.0]])
    half, nearly_all = (int(times[within >= part].min()) for part in (0.5, NEARLY_ALL))
    return TimeToConvert(half, nearly_all, int(known.sum()))


def _days(number: int) -> str:
    return "a day" if number == 1 else f"{number:,} days"
