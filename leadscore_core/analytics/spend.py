"""Money of sources: spend set against the leads that are looked at."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from leadscore_core.analytics.sources import EVERYBODY, Scope, SourceView, count_outcomes
from leadscore_core.analytics.statistics.costs import Costs, Moved, best_match, cost_groups, move_budget, same_names
from leadscore_core.analytics.statistics.spend_days import cost_by_days
from leadscore_core.data.schema.schema import Role
from leadscore_core.data.spend import Spend
from leadscore_core.errors import SpendError

_MOST_GROUPS = 5_000
_DAY = "ls_day"


@dataclass(frozen=True)
class Move:
    """A budget that is moved: a share (0-1) of one group's spend, to another."""

    source: str
    target: str
    share: float


@dataclass(frozen=True, eq=False)
class Money:
    """Spend set against leads, as pages, reports and the command line tell it.

    Attributes
    ----------
    costs, by
        Groups and the dimension that they are of.
    spend
        The file of spend as read.
    has_dates
        Whether the leads say when they came; else spend is counted whole, whatever its periods.
    move, moved
        A budget that is moved, and what that is expected to bring; None where nothing is.
    renamed
        Names of the spend -> the groups that they are taken for, where spaces, hyphens and the like differ.
    """

    costs: Costs
    by: str
    spend: Spend
    has_dates: bool
    move: Move | None = None
    moved: Moved | None = None
    renamed: dict[str, str] = field(default_factory=dict)

    @property
    def has_periods(self) -> bool:
        """Whether spend is set against leads of its own time: the leads have dates, and the spend has periods."""
        return self.has_dates and bool(self.spend.rows["start"].notna().any())


def count_money(view: SourceView, scope: Scope, spend: Spend, move: Move | None = None) -> Money:
    """Set spend against the leads of a scope, and tell what moving a budget is expected to bring.

    Raises
    ------
    StorageError
        If the leads cannot be read.
    SpendError
        If they have no source, medium, platform or category, or a group of the move has no spend or known outcome.
    """
    costs, by = set_costs(view, scope, spend)
    result = Money(costs, by, spend, bool(view.table.periods()), renamed=_matched(view, spend)[1])
    return result if move is None else with_move(result, move)


def with_move(result: Money, move: Move) -> Money:
    """Tell what moving a budget is expected to bring.

    Raises
    ------
    SpendError
        If a group of the move has no spend or no known outcome.
    """
    costs = result.costs
    payers = movable(costs)
    for group in (move.source, move.target):
        if group not in payers:
            raise SpendError(
                f"No budget can be moved from or to {group!r}. Those with spend and known outcomes: "
                f"{', '.join(map(str, payers)) or 'none'}."
            )
    return replace(result, move=move, moved=move_budget(costs.table, move.source, move.target, move.share))


def movable(costs: Costs) -> list[str]:
    """Return the groups from which and to which a budget may be moved: those with spend and counted leads."""
    return costs.table.loc[(costs.table["spend"] > 0) & (costs.table["n"] > 0), "group"].tolist()


def set_costs(view: SourceView, scope: Scope, spend: Spend) -> tuple[Costs, str]:
    """Set spend against the leads of a scope: by the dimension that its header names, else the one that fits best.

    Spend is for all leads of a group, so filters other than the dates do not count here. Only days count on which both
    money was spent for a group and leads are looked at (see `cost_by_days`); leads without any date take spend whole.

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
    dimension, renamed = _matched(view, spend)
    rows = spend.rows.assign(name=spend.rows["name"].replace(to_replace=renamed))
    chosen = replace(EVERYBODY, created_from=scope.chosen.created_from, created_to=scope.chosen.created_to)
    spans = looked_at(view, scope)
    columns = ["group", "leads", "hot", "junk", "n", "k"]
    shown_values = {dimension: view.table.values(dimension, chosen, _MOST_GROUPS)} if view.table.smallest > 1 else None
    if not spans:
        groups = count_outcomes(view.table.groups([dimension], chosen, most=None), scope.counted)
        costs = cost_groups(rows, groups.rename(columns={dimension: "group"})[columns], None, None)
        return (costs if _graded(groups) else _without_grades(costs)), dimension
    days = count_outcomes(
        view.table.groups([dimension, _DAY], chosen, most=None, levels=shown_values, worked_with=True), scope.counted
    )
    days = days.rename(columns={dimension: "group", _DAY: "day"})
    costs = cost_by_days(rows, days[["group", "day", *columns[1:]]], spans)
    return (costs if _graded(days) else _without_grades(costs)), dimension


def _graded(groups: pd.DataFrame) -> bool:
    """Tell whether any lead was scored, so that there are Hot leads and junk."""
    return bool(groups[["hot", "warm", "cold", "junk"]].to_numpy().sum())


def _without_grades(costs: Costs) -> Costs:
    """Leave out what depends on grades: of leads that nobody scored, none is known to be junk."""
    return replace(costs, table=costs.table.assign(on_junk=np.nan, cost_per_hot=np.nan))


def looked_at(view: SourceView, scope: Scope) -> list[tuple[date, date]]:
    """Return the first and the last day of the leads that are looked at, of each list that has dates."""
    first, last = scope.chosen.created_from, scope.chosen.created_to
    spans = [
        (max(pd.Timestamp(a).date(), first or date.min), min(pd.Timestamp(b).date(), last or date.max))
        for a, b in view.table.periods()
    ]
    return [(a, b) for a, b in spans if a <= b] or ([(first, last)] if first and last else [])


def source_names(view: SourceView) -> frozenset[str]:
    """Return the names of sources, media and platforms that the leads have, by which spend is matched."""
    return frozenset(name for names in _values(view).values() for name in names)


def as_json(money: Money) -> dict[str, Any]:
    """Return money as reports in JSON tell it; what cannot be divided is None."""
    table = money.costs.table.replace(np.inf, np.nan).astype("object")
    result: dict[str, Any] = {
        "currency": money.spend.currency,
        "other_currencies": dict(money.spend.others),
        "matched_by": money.by,
        "taken_as": money.renamed,
        "spent": money.costs.spent,
        "groups": table.where(table.notna(), None).to_dict("records"),
        "spend_without_leads": money.costs.unmatched.to_dict("records"),
        "leads_without_spend": money.costs.unpaid.astype("object")
        .where(money.costs.unpaid.notna(), None)
        .to_dict("records"),
        "set_aside": money.spend.set_aside.astype("object")
        .where(money.spend.set_aside.notna(), None)
        .to_dict("records"),
    }
    if money.move is not None and money.moved is not None:
        move = {"from": money.move.source, "to": money.move.target, "share": money.move.share}
        result["move"] = move | money.moved._asdict()
    return result


def _values(view: SourceView) -> dict[str, list[str]]:
    return {
        dimension: [value for value in view.table.values(dimension, EVERYBODY, _MOST_GROUPS) if value is not None]
        for dimension in view.main
    }


def _matched(view: SourceView, spend: Spend) -> tuple[str, dict[str, str]]:
    """Return the dimension that spend is set against, and names of the spend that are taken for a value of it."""
    values = _values(view)
    if not values:
        raise SpendError("These leads have no source, medium, platform or category to set spend against.")
    roles = (Role.SOURCE, Role.MEDIUM, Role.PLATFORM)
    named = next((view.first(role) for role in roles if str(role) == spend.kind), None)
    names = spend.rows["name"].tolist()
    dimension = named if named in values else best_match(names, values)
    return dimension, same_names(names, values[dimension])
