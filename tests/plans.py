"""What the plan of a batch must come to, from its propensities alone."""

import numpy as np

from leadscore_core.inference.capacity import CallPlan, make_plan, rank_leads


def plan_calls(propensity: np.ndarray, capacity: int, *, called: np.ndarray | None = None) -> CallPlan:
    """Plan calls to the most promising of all leads, as the planner does for a kept list."""
    propensity = np.asarray(propensity, dtype="float64")
    order = propensity[rank_leads(propensity)] if called is None else np.asarray(called, dtype="float64")
    chosen = order[:capacity]
    return make_plan(chosen, propensity[: len(chosen)], float(propensity.sum()), len(propensity))
