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

__all__ = ["EXACT_ROWS", "Effects", "cross", "depend", "measure_effects", "rank_importance", "swarm"]
