"""Insights: aggregates over scored and labelled leads."""

from leadscore_core.insights.drivers import (
    EXACT_ROWS,
    Effects,
    cross,
    depend,
    measure_effects,
    rank_importance,
    swarm,
)
from leadscore_core.insights.leaks import LEAST_LEADS, find_leaks
from leadscore_core.insights.mix import Mix, split_gaps
from leadscore_core.insights.money import Costs, Moved, best_match, cost_groups, move_budget
from leadscore_core.insights.rates import (
    EXPECTED,
    FEW,
    OVER,
    UNDER,
    Prior,
    compare_periods,
    compare_with_rest,
    control_discoveries,
    fit_prior,
    rate_groups,
    shrink,
    wilson_intervals,
)

__all__ = [
    "EXACT_ROWS",
    "EXPECTED",
    "FEW",
    "LEAST_LEADS",
    "OVER",
    "UNDER",
    "Costs",
    "Effects",
    "Mix",
    "Moved",
    "Prior",
    "best_match",
    "compare_periods",
    "compare_with_rest",
    "control_discoveries",
    "cost_groups",
    "cross",
    "depend",
    "find_leaks",
    "fit_prior",
    "measure_effects",
    "move_budget",
    "rank_importance",
    "rate_groups",
    "shrink",
    "split_gaps",
    "swarm",
    "wilson_intervals",
]
