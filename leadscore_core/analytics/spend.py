"""Money of sources: spend set against the leads that are looked at."""

from dataclasses import replace

import pandas as pd

from leadscore_core.analytics.sources import EVERYBODY, Scope, SourceView, count_outcomes
from leadscore_core.analytics.statistics.costs import Costs, Moved, best_match, cost_groups, move_budget
from leadscore_core.data.schema.schema import Role
from leadscore_core.data.spend import Spend
from leadscore_core.errors import SpendError

_MOST_GROUPS = 5_000


def set_costs(view: SourceView, scope: Scope, spend: Spend) -> tuple[Costs, str]:
    """Set spend against the leads of a scope: by the dimension that its header names, else the one that fits best.

    Spend is for all leads of a group, so filters other than the dates do not count here. Without dates, the whole
    months in which the leads came are looked at.

    Returns
    -------
    costs, dimension
        Groups and the dimension that they are of. Groups have the names that people read.

    Raises
    ------
    StorageError
        If the leads cannot be read.
    SpendError
        If they have no source, medium, platform or category.
    """
    values = {
        dimension: [value for value in view.table.values(dimension, EVERYBODY, _MOST_GROUPS) if value is not None]
        for dimension in view.main
    }
    if not values:
        raise SpendError("These leads have no source, medium, platform or category to set spend against.")
    roles = (Role.SOURCE, Role.MEDIUM, Role.PLATFORM)
    named = next((view.first(role) for role in roles if str(role) == spend.kind), None)
    names = spend.rows["name"].tolist()
    dimension = named if named in values else best_match(names, values)
    whole = replace(EVERYBODY, created_from=scope.chosen.created_from, created_to=scope.chosen.created_to)
    groups = count_outcomes(view.table.groups([dimension], whole, most=None), scope.counted)
    groups = groups.rename(columns={dimension: "group"})[["group", "leads", "hot", "junk", "n", "k"]]
    first, last = scope.chosen.created_from, scope.chosen.created_to
    if first is None or last is None:
        start, end = view.table.period()
        if start is not None:
            first = pd.Timestamp(start).to_period("M").start_time.date()
            last = pd.Timestamp(end).to_period("M").end_time.date()
    return cost_groups(spend.rows, groups, first, last), dimension


def move_spend(costs: Costs, source: str, target: str, share: float) -> Moved:
    """Return what moving a share (0-1) of one group's spend to another is expected to bring (see `move_budget`)."""
    return move_budget(costs.table, source, target, share)
