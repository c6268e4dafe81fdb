"""Planning: whom to call first, and how many applications that should bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_Z95 = 1.959964


@dataclass(frozen=True)
class CallPlan:
    """The first leads by propensity: applications expected with a 95% interval, and as many in arrival order."""

    leads: int
    expected: float
    low: float
    high: float
    in_arrival_order: float


def rank_leads(propensity: np.ndarray) -> np.ndarray:
    """Return positions by propensity, highest first; ties keep the order of the list.

    Examples
    --------
    >>> rank_leads(np.array([0.2, 0.9, 0.2])).tolist()
    [1, 0, 2]
    """
    return np.argsort(-np.asarray(propensity), kind="stable")


def plan_calls(propensity: np.ndarray, capacity: int) -> CallPlan:
    """Plan calls to the most promising leads.

    The number of applications is a sum of independent Bernoulli trials (Poisson-binomial); the interval is its normal
    approximation, within 0 and the number of leads. It takes the propensities as right.

    Parameters
    ----------
    propensity
        In arrival order, 0-1.
    capacity
        Leads that can be called, at least 0.

    Examples
    --------
    >>> plan = plan_calls(np.array([0.1, 0.9]), 1)
    >>> plan.expected, plan.in_arrival_order
    (0.9, 0.1)
    """
    propensity = np.asarray(propensity, dtype="float64")
    called = propensity[rank_leads(propensity)[:capacity]]
    expected = float(called.sum())
    spread = _Z95 * float(np.sqrt((called * (1 - called)).sum()))
    return CallPlan(
        len(called),
        expected,
        max(0.0, expected - spread),
        min(float(len(called)), expected + spread),
        float(propensity[:capacity].sum()),
    )


def describe_plan(plan: CallPlan, rows: int, junk: int = 0) -> str:
    """Say a plan in one sentence.

    Parameters
    ----------
    rows
        Leads in the whole list.
    junk
        How many of them are junk.

    Examples
    --------
    >>> describe_plan(CallPlan(300, 214.2, 198.4, 229.1, 150.0), 1973)
    'Call these 300 first: about 214 applications expected (95% interval 198 to 229); in arrival order it would be 150.'
    >>> describe_plan(CallPlan(1, 0.9, 0.3, 1.0, 0.9), 1)
    'Call this lead: about 0.9 applications expected (95% interval 0.3 to 1.0).'
    >>> describe_plan(CallPlan(90, 40.0, 35.0, 45.0, 40.0), 90, junk=7)
    'You can call all 90 leads, 7 of them junk: about 40 applications expected (95% interval 35 to 45).'
    """
    form = "{:,.0f}" if plan.high >= 10 else "{:.1f}"
    expected, low, high, arrival = map(form.format, (plan.expected, plan.low, plan.high, plan.in_arrival_order))
    interval = f"about {expected} applications expected (95% interval {low} to {high})"
    if plan.leads == rows:
        among = f", {junk:,} of them junk" if junk else ""
        return f"{'Call this lead' if rows == 1 else f'You can call all {rows:,} leads{among}'}: {interval}."
    return f"Call these {plan.leads:,} first: {interval}; in arrival order it would be {arrival}."
