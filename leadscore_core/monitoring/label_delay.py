"""Label delay: how long outcomes take to come, so that those that are not due are no failures."""

from dataclasses import dataclass, replace

import numpy as np

from leadscore_core.confidence import Z95
from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import percent
from leadscore_core.training.calls import Calls
from leadscore_core.training.time_to_convert import TimeToConvert, learn_time


@dataclass(frozen=True)
class LabelDelay:
    """How outcomes come in.

    Attributes
    ----------
    time
        Within how many days half and 95% of those who convert do; None where dates do not say it.
    days, share, low, high
        The share (0-1) of all leads that converted within so many days (Kaplan and Meier, 1958), with 95% intervals.
    leads
        Leads that this is of.
    not_applicable
        Why nothing is known; empty where something is.
    """

    time: TimeToConvert | None
    days: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    leads: int
    not_applicable: str = ""

    @property
    def due_after(self) -> int:
        """Days after which a lead's outcome is due; 0 where that is not known."""
        return 0 if self.time is None else self.time.days

    def sentence(self, words: OutcomeWords) -> str:
        """Say it in a sentence."""
        if self.time is None:
            return self.not_applicable
        last = (
            f" {percent(self.share[-1], self.share[-1], 1)} of all leads {words.past} within {int(self.days[-1])} days."
        )
        return f"{self.time.sentence(words)}{last if len(self.share) else ''}"


def estimate_delay(took: np.ndarray, age: np.ndarray, called: np.ndarray | None = None) -> LabelDelay:
    """Estimate how long outcomes take, of leads whose conversion is dated and of those still open.

    A lead that has not converted is censored at its age. Leads that nobody called are left out.

    Parameters
    ----------
    took
        Days from when a lead came to when it converted; NaN for all others.
    age
        Days from when it came to when outcomes were looked at last; NaN where that is not known.
    called
        As of `Calls`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> age, took = rng.uniform(1, 90, 2_000), rng.exponential(10, 2_000)
    >>> took[rng.random(2_000) < 0.6] = np.nan
    >>> delay = estimate_delay(np.where(took <= age, took, np.nan), age)
    >>> 25 < delay.due_after < 38, bool(0.35 < delay.share[-1] < 0.45)
    (True, True)
    """
    from statsmodels.duration.survfunc import SurvfuncRight  # slow to load

    rows = _counted(age, called)
    took, age = took[rows], age[rows]
    time = learn_time(took, age)
    nothing = np.empty(0)
    if time is None:
        why = (
            "How long outcomes take is not known: too few conversions are dated by calls that are kept here. Each "
            "outcome counts as it is."
        )
        return LabelDelay(None, nothing, nothing, nothing, nothing, int(len(age)), why)
    came = ~np.isnan(took) & (took >= 0)
    until = np.maximum(np.where(came, np.minimum(took, age), age), 0.5)
    curve = SurvfuncRight(np.ceil(until), came.astype("int64"))
    share = 1 - curve.surv_prob
    reach = Z95 * np.nan_to_num(curve.surv_prob_se)
    low, high = np.clip(share - reach, 0, 1), np.clip(share + reach, 0, 1)
    return LabelDelay(time, curve.surv_times, share, low, high, int(len(age)))


def when_due(calls: Calls) -> Calls:
    """Return calls with the days after which an outcome is due, where these are not said and dates tell them."""
    if calls.days:
        return calls
    rows = _counted(calls.age, calls.called)
    time = learn_time(calls.took[rows], calls.age[rows])
    return calls if time is None else replace(calls, days=time.days)


def _counted(age: np.ndarray, called: np.ndarray | None) -> np.ndarray:
    """Tell which leads say how long outcomes take: those whose age is known, but for leads that nobody called."""
    return ~np.isnan(age) & (age > 0) & (np.ones(len(age), dtype=bool) if called is None else called != 0)
