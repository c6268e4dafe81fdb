"""Planning: whom to call first, and how many conversions that should bring."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadscore_core.confidence import Z95
from leadscore_core.outcome import OutcomeWords

_EXACT_UP_TO = 1_000


@dataclass(frozen=True)
class CallPlan:
    """The first leads by propensity: conversions expected with a 95% interval, and as many in arrival order."""

    leads: int
    expected: float
    low: float
    high: float
    in_arrival_order: float
    at_random: float = 0.0
    missed: float = 0.0
    cut_off: float = 0.0


def rank_leads(propensity: np.ndarray) -> np.ndarray:
    """Return positions by propensity, highest first; ties keep the order of the list.

    Examples
    --------
    >>> rank_leads(np.array([0.2, 0.9, 0.2])).tolist()
    [1, 0, 2]
    """
    return np.argsort(-np.asarray(propensity), kind="stable")


def applications_interval(propensity: np.ndarray) -> tuple[float, float]:
    """Return a 95% interval for how many of these leads convert, a sum of independent Bernoulli trials.

    Exact up to 1,000 leads, by the Fourier transform of the characteristic function (Hong, 2013: On computing the
    distribution function for the Poisson binomial distribution); beyond, the normal approximation. It takes the
    propensities as right.

    Parameters
    ----------
    propensity
        0-1, one a lead.

    Examples
    --------
    >>> applications_interval(np.array([0.5] * 4))
    (0.0, 4.0)
    """
    p = np.asarray(propensity, dtype="float64")
    if len(p) == 0:
        return 0.0, 0.0
    if len(p) > _EXACT_UP_TO:
        expected, spread = float(p.sum()), Z95 * float(np.sqrt((p * (1 - p)).sum()))
        return max(0.0, expected - spread), min(float(len(p)), expected + spread)
    cumulated = np.cumsum(poisson_binomial(p))
    low, high = (int(np.searchsorted(cumulated, level - 1e-12)) for level in (0.025, 0.975))
    return float(low), float(min(high, len(p)))


def poisson_binomial(p: np.ndarray) -> np.ndarray:
    """Return the probability of 0, 1, .. n conversions among n leads (Hong, 2013).

    Examples
    --------
    >>> poisson_binomial(np.array([0.5, 0.5])).round(6).tolist()
    [0.25, 0.5, 0.25]
    """
    n = len(p)
    turns = np.exp(2j * np.pi * np.arange(n + 1) / (n + 1))
    characteristic = np.ones(n + 1, dtype="complex128")
    for probability in p.tolist():
        characteristic *= 1 - probability + probability * turns
    return np.clip(np.fft.fft(characteristic).real / (n + 1), 0, 1)


def make_plan(called: np.ndarray, arrived: np.ndarray, total: float, rows: int) -> CallPlan:
    """Make the plan of these calls.

    Parameters
    ----------
    called
        Propensities (0-1) of the leads that are called.
    arrived
        Those of as many leads in arrival order.
    total, rows
        Conversions expected of the whole list, and its leads.
    """
    expected = float(called.sum())
    low, high = applications_interval(called)
    return CallPlan(
        len(called),
        expected,
        low,
        high,
        float(arrived.sum()),
        total * len(called) / rows if rows else 0.0,
        max(0.0, round(total - expected, 9)),
        float(called.min()) if len(called) else 0.0,
    )


def gain_curve(propensity: np.ndarray, called: np.ndarray, points: int = 101) -> pd.DataFrame:
    """Return conversions expected by how many leads are called, in order of score, of arrival, and at random.

    Parameters
    ----------
    propensity
        Of the whole list, in arrival order.
    called
        In the order of the calls.

    Returns
    -------
    pandas.DataFrame
        ``leads`` and ``by_score``, ``by_arrival``, ``at_random`` (conversions).

    Examples
    --------
    >>> gain_curve(np.array([0.0, 1.0]), np.array([1.0, 0.0]), points=3)["by_score"].tolist()
    [0.0, 1.0, 1.0]
    """
    leads = np.unique(np.linspace(0, len(called), points).round().astype("int64"))
    by_score, by_arrival = (np.concatenate([[0.0], np.cumsum(values)]) for values in (called, propensity))
    mean = float(propensity.mean()) if len(propensity) else 0.0
    return pd.DataFrame(
        {"leads": leads, "by_score": by_score[leads], "by_arrival": by_arrival[leads], "at_random": mean * leads}
    )


def assign_leads(propensity: np.ndarray, callers: int) -> np.ndarray:
    """Split a call list into parts of nearly the same length and expected conversions.

    Leads are dealt from the best down, forwards and backwards in turn, as captains choose teams.

    Parameters
    ----------
    propensity
        In the order of the calls.
    callers
        At least 1.

    Returns
    -------
    numpy.ndarray
        The caller of each lead, 0 to callers - 1.

    Examples
    --------
    >>> assign_leads(np.array([0.9, 0.8, 0.7, 0.6]), 2).tolist()
    [0, 1, 1, 0]
    """
    best_first = rank_leads(propensity)
    turn = np.arange(len(best_first))
    forwards, place = (turn // callers) % 2 == 0, turn % callers
    caller = np.empty(len(best_first), dtype="int64")
    caller[best_first] = np.where(forwards, place, callers - 1 - place)
    return caller


def describe_plan(plan: CallPlan, rows: int, words: OutcomeWords, junk: int = 0) -> str:
    """Say a plan in one sentence.

    Parameters
    ----------
    rows
        Leads in the whole call list.
    junk
        How many of them are junk.

    Examples
    --------
    >>> describe_plan(CallPlan(300, 214.2, 198.4, 229.1, 150.0), 1973, OutcomeWords())
    'Call these 300 first: about 214 conversions expected (95% interval 198 to 229); in arrival order it would be 150.'
    >>> describe_plan(CallPlan(1, 0.9, 0.0, 1.0, 0.9), 1, OutcomeWords())
    'Call this lead: about 0.9 conversions expected (95% interval 0 to 1).'
    >>> describe_plan(CallPlan(90, 40.0, 35.0, 45.0, 40.0), 90, OutcomeWords(), junk=7)
    'You can call all 90 leads, 7 of them junk: about 40 conversions expected (95% interval 35 to 45).'
    """
    form = "{:,.0f}" if plan.high >= 10 else "{:.1f}"
    expected, arrival = form.format(plan.expected), form.format(plan.in_arrival_order)
    interval = f"about {expected} {words.plural} expected (95% interval {plan.low:,.0f} to {plan.high:,.0f})"
    if plan.leads == rows:
        among = f", {junk:,} of them junk" if junk else ""
        return f"{'Call this lead' if rows == 1 else f'You can call all {rows:,} leads{among}'}: {interval}."
    return f"Call these {plan.leads:,} first: {interval}; in arrival order it would be {arrival}."
