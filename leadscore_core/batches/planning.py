"""Planning a batch: what a number of calls brings, what grades and discarding mean for it."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leadscore_core.batches.view import BatchView
from leadscore_core.config import GradeRule, GradeShares, GradeThresholds
from leadscore_core.inference.capacity import CallPlan, gain_curve, make_plan
from leadscore_core.inference.discard_tradeoff import (
    Share,
    choose_split,
    cut_for,
    expected_curve,
    observed_by_grade,
    observed_curve,
    read_curve,
    removable,
    wilson,
)
from leadscore_core.inference.grades import GRADES
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import LeadTable, Sort
from leadscore_core.storage.leads.standing import Standing, cumulated

ALL, CALLS = LeadFilter(section="all"), LeadFilter()
SPLIT_WORDS = {
    "next_period": "{n:,} leads of later months whose outcome is known",
    "cross_validation": "{n:,} leads whose outcome is known, each judged by a model that had not seen it",
}


def plan_batch(view: BatchView, leads: int, chosen: LeadFilter = CALLS) -> CallPlan:
    """Plan calls to the first leads of the call list, beside as many in the order in which the whole list arrived.

    Parameters
    ----------
    leads
        How many can be called.
    chosen
        Which part of the call list is looked at; beside it stand all leads of the same filter, the quarantine included.
    """
    everybody = replace(chosen, section="all", reason="")
    called = view.table.propensities(chosen, Sort(), leads)
    arrived = view.table.propensities(everybody, Sort("arrival"), len(called))
    found = view.table.by_grade(everybody).values()
    return make_plan(called, arrived, sum(expected for _, expected in found), sum(n for n, _ in found))


def batch_gain(view: BatchView) -> pd.DataFrame:
    """Return the gain curve of the call list (see `gain_curve`)."""
    return gain_curve(view.table.propensities(ALL, Sort("arrival")), view.table.propensities(CALLS, Sort()))


@dataclass(frozen=True)
class TradeOff:
    """What discarding the lowest propensities of a batch loses, read at what would be saved.

    Attributes
    ----------
    observed
        Curve from leads whose outcome is known (see `observed_curve`), None where there are too few.
    judged_on
        What these leads are, in words.
    expected
        Curve from the batch's own propensities.
    propensity
        Of the whole batch, ascending.
    known
        Propensities of the leads whose outcome is known.
    completed
        How many of these converted.
    """

    observed: pd.DataFrame | None
    judged_on: str
    expected: pd.DataFrame
    propensity: np.ndarray
    known: np.ndarray
    completed: int = 0

    def preset(self, most_lost: float) -> float:
        """Return the largest share (0-1) to remove that loses at most this share of conversions.

        Of known leads the upper end of the interval stays within it, of this batch what is expected.
        """
        own = removable(self.expected, most_lost)
        return own if self.observed is None else min(own, removable(self.observed, most_lost, "high"))

    def lost(self, removed: float) -> tuple[Share | None, Share]:
        """Return what removing a share loses: as observed, and as expected of this batch."""
        seen = None if self.observed is None else read_curve(self.observed, removed)
        return seen, read_curve(self.expected, removed)

    def promised(self, removed: float) -> tuple[Share, bool]:
        """Return the worse of what `lost` tells, and whether known leads tell it."""
        seen, own = self.lost(removed)
        return (seen, True) if seen is not None and not seen.value < own.value else (own, False)

    def cut(self, removed: float) -> float:
        """Return the propensity below which this share of the batch lies."""
        return cut_for(self.propensity, removed)

    def below(self, cut: float) -> int:
        """Return how many leads of the batch lie below a propensity."""
        return int(np.searchsorted(self.propensity, cut, side="left"))

    def removed_elsewhere(self, cut: float) -> Share | None:
        """Return the share of known leads that a cut would remove, which is what to expect of the next list."""
        return wilson(int((self.known < cut).sum()), len(self.known)) if len(self.known) else None


def trade_off(view: BatchView) -> TradeOff:
    """Return what discarding the lowest propensities of a batch loses, at a cut-off or as a share, as grades are."""
    at_cut = view.standing.grades.by == "propensity"
    propensity, unseen = view.table.unseen_propensities()
    expected = expected_curve(propensity, unseen, at_cut=at_cut)
    ascending = np.sort(propensity)
    chosen = None if view.model is None else choose_split(view.model.out_of_sample)
    if chosen is None:
        return TradeOff(None, "", expected, ascending, np.empty(0))
    split, predictions = chosen
    among = view.model.metadata.among if view.model is not None else ""
    return TradeOff(
        observed_curve(predictions, ascending if at_cut else None),
        SPLIT_WORDS[split].format(n=len(predictions)) + (f", {among}" if among else ""),
        expected,
        ascending,
        predictions["propensity"].to_numpy(),
        int(predictions["completed"].sum()),
    )


def with_junk_cut(rule: GradeRule, trade: TradeOff, removed: float) -> GradeRule:
    """Return the rule with the lowest share (0-1) of a batch as Junk; other grades move only as far as they must."""
    if rule.by == "share":
        left = 1 - removed
        hot = min(rule.shares.hot, left)
        warm = min(rule.shares.warm, left - hot)
        return rule.model_copy(update={"shares": GradeShares(hot=hot, warm=warm, cold=max(0.0, left - hot - warm))})
    cut = trade.cut(removed)
    result = rule.thresholds
    thresholds = GradeThresholds(cold=cut, warm=max(cut, result.warm), hot=max(cut, result.hot))
    return rule.model_copy(update={"thresholds": thresholds})


def thresholds_of(rule: GradeRule, view: BatchView) -> GradeThresholds:
    """Return the lowest propensity of each grade, also where grades are shares of this batch."""
    if rule.by == "propensity":
        return rule.thresholds
    ascending = np.sort(view.table.propensities(ALL, Sort("arrival")))
    hot, warm, cold = (cut_for(ascending, 1 - share) for share in cumulated(rule))
    return GradeThresholds(hot=max(hot, warm, cold), warm=max(warm, cold), cold=cold)


def preview_grades(view: BatchView, rule: GradeRule, capacity: int) -> pd.DataFrame:
    """Return what a rule would mean for a batch, before it is saved.

    Parameters
    ----------
    capacity
        Calls a day.

    Returns
    -------
    pandas.DataFrame
        One row a grade: ``grade``, ``from`` (lowest propensity, 0-1), ``down_to`` (share of the batch, 0-1), ``leads``,
        ``expected`` (conversions), ``observed``, ``low``, ``high`` (conversion of known leads of that grade, 0-1, NaN
        where none is known), ``known`` (how many), ``days`` (of calls), ``a_day`` (leads a day of the batch's period).
    """
    table = LeadTable.by_schema(view.batch.scores_path, Standing(grades=rule), view.schema)
    found = table.by_grade(ALL)
    edges = thresholds_of(rule, view)
    chosen = None if view.model is None else choose_split(view.model.out_of_sample)
    known = observed_by_grade(chosen[1], edges.hot, edges.warm, edges.cold) if chosen else {}
    lowest = {"Hot": edges.hot, "Warm": edges.warm, "Cold": edges.cold, "Junk": 0.0}
    first, last = table.period()
    period = max(1.0, (last - first).total_seconds() / 86_400) if first is not None and last is not None else None
    rows, so_far = [], 0
    for grade in GRADES:
        leads, expected = found.get(grade, (0, 0.0))
        so_far += leads
        n, done = known.get(grade, (0, 0))
        share = wilson(done, n) if n else Share(float("nan"), float("nan"), float("nan"))
        rows.append(
            {
                "grade": grade,
                "from": lowest[grade],
                "down_to": so_far / table.rows if table.rows else 0.0,
                "leads": leads,
                "expected": expected,
                "observed": share.value,
                "low": share.low,
                "high": share.high,
                "known": n,
                "days": leads / capacity,
                "a_day": leads / period if period else float("nan"),
            }
        )
    return pd.DataFrame(rows)
