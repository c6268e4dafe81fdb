"""Money of sources: spend set against the leads that are looked at."""

from __future__ import annotations

from leadscore_core.data import Role, Spend
from leadscore_core.insights import Costs, Moved, best_match, cost_groups, move_budget
from leadscore_core.workbench.sources import Scope, SourceView, count_applications

_MOST_GROUPS = 5_000


def set_costs(view: SourceView, scope: Scope, spend: Spend) -> tuple[Costs, str]:
    """Set spend against the leads of a scope: by the dimension that its header names, else the one that fits best.

    Returns
    -------
    costs, dimension
        Groups and the dimension that they are of. Groups have the names that people read.

    Raises
    ------
    StorageError
        If the leads cannot be read.
    """
    roles = (Role.SOURCE, Role.MEDIUM, Role.PLATFORM)
    values = {
        dimension: [value for value in view.table.values(dimension, scope.chosen, _MOST_GROUPS) if value is not None]
        for role in roles
        if (dimension := view.first(role)) is not None
    }
    named = next((view.first(role) for role in roles if str(role) == spend.kind), None)
    names = spend.rows["name"].tolist()
    dimension = named if named in values else best_match(names, values)
    groups = count_applications(view.table.groups([dimension], scope.chosen, most=_MOST_GROUPS), scope.counted)
    groups = groups.rename(columns={dimension: "group"})[["group", "leads", "hot", "junk", "n", "k"]]
    first, last = scope.chosen.created_from, scope.chosen.created_to
    if first is None or last is None:
        start, end = view.table.period()
        first, last = (start.date(), end.date()) if start is not None else (None, None)
    return cost_groups(spend.rows, groups, first, last), dimension


def move_spend(costs: Costs, source: str, target: str, share: float) -> Moved:
    """Return what moving a share (0-1) of one group's spend to another is expected to bring (see `move_budget`)."""
    return move_budget(costs.table.fillna({"applications": 0.0}), source, target, share)
