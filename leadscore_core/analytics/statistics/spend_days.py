"""Spend by days: only days on which money was spent for a group and its leads came are set against each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from leadscore_core.analytics.statistics.costs import OUTSIDE, STRANGE, Costs, divide_costs, name_key

NO_LEADS = "no lead came in it"
_COUNTS = ["leads", "hot", "junk", "n", "k"]
_LEAST = 0.005  # of an amount, below which nothing is missing
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class _Days:
    """The days that matter, one after the other.

    Attributes
    ----------
    first
        The first of them.
    looked_at
        Whether leads of each day are looked at.
    month
        Number of each day's month, counted from that of the first day.
    """

    first: np.datetime64
    looked_at: np.ndarray
    month: np.ndarray

    def place_of(self, days: pd.Series) -> np.ndarray:
        """Return the places of days, which lie between the first and the last; -1 where blank."""
        places = np.asarray((days.to_numpy("datetime64[D]") - self.first) / _DAY, dtype="float64")
        return np.where(np.isnan(places), -1, places).astype("int64")

    def say_months(self, months: Sequence[int]) -> str:
        """Return months in words: single ones, and from the first to the last of several on end."""
        start = self.first.astype("datetime64[M]")
        names = [f"{(start + np.timedelta64(m, 'M')).item():%b %Y}" for m in months]
        runs: list[list[int]] = []
        for place, month in enumerate(months):
            if runs and months[runs[-1][1]] == month - 1:
                runs[-1][1] = place
            else:
                runs.append([place, place])
        return ", ".join(names[a] if a == b else f"{names[a]} to {names[b]}" for a, b in runs)


def cost_by_days(spend: pd.DataFrame, days: pd.DataFrame, spans: Sequence[tuple[date, date]]) -> Costs:
    """Set spend against leads and conversions of the days that have both.

    An amount is spread evenly over the days of its period. Of these count those on which leads are looked at, in months
    in which leads of the group came; of the leads, those that came on such days. The rest is given by group and
    month.

    Parameters
    ----------
    spend
        As `Spend.rows`; an amount without a period counts whole, on all days that are looked at.
    days
        Leads that are looked at by group and day: ``group`` (NaN where blank), ``day`` (date as text, NaN where
        blank), ``leads``, ``hot``, ``junk``, ``n`` and ``k``.
    spans
        First and last day of these leads, of each list.

    Examples
    --------
    >>> spend = pd.DataFrame({"name": ["news"], "start": pd.to_datetime(["2026-01-01"]), "amount": [310.0]})
    >>> spend["end"] = pd.to_datetime(["2026-01-31"])
    >>> days = pd.DataFrame({"group": "news", "day": ["2026-01-24", "2026-02-03"], "leads": [8, 5]})
    >>> days[["hot", "junk", "n", "k"]] = 0
    >>> costs = cost_by_days(spend, days, [(date(2026, 1, 24), date(2026, 2, 3))])
    >>> costs.table[["spend", "leads"]].values.tolist(), costs.unpaid[["period", "leads"]].values.tolist()
    ([[80.0, 8.0]], [['Feb 2026', 5]])
    """
    axis = _axis(spend, spans)
    places = axis.place_of(pd.to_datetime(days["day"]))
    days = days.assign(
        key=days["group"].map(name_key, na_action="ignore"), place=np.where(np.isnan(places), -1, places)
    )
    rows = spend.assign(key=[name_key(name) for name in spend["name"]], first=axis.place_of(spend["start"]))
    rows["last"] = axis.place_of(spend["end"])
    paid = dict(iter(rows.groupby("key", sort=False)[["first", "last", "amount"]]))
    known = set(days["key"].dropna())
    lost = _strange(rows[~rows["key"].isin(known)], axis)
    counted, unpaid = [], []
    for key, own in days.groupby("key", dropna=False, sort=False):
        leads = _Leads(own["group"].iloc[0], own["place"].to_numpy("int64"), own[_COUNTS].to_numpy("float64"))
        if key not in paid:
            unpaid += _unpaid(leads, axis, np.zeros(len(axis.month), dtype=bool))
            continue
        group = _one_group(leads, paid[key], axis)
        counted += group.counted
        lost += group.lost
        unpaid += group.unpaid
    unmatched = pd.DataFrame(lost, columns=["name", "period", "amount", "why"])
    return Costs(
        divide_costs(
            pd.DataFrame(counted, columns=["group", "spend", *_COUNTS]).astype(dict.fromkeys(_COUNTS[:4], int))
        ),
        unmatched[unmatched["amount"] > _LEAST].reset_index(drop=True),
        pd.DataFrame(unpaid, columns=["group", "period", "leads"]),
    )


@dataclass(frozen=True, eq=False)
class _Leads:
    """Leads of one group: of each day its place among the days (-1 where it is not known), and the counts."""

    name: object
    place: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True, eq=False)
class _Group:
    """Rows of what is counted of a group, of spend and of leads that are not."""

    counted: list[tuple[object, ...]]
    lost: list[tuple[object, ...]]
    unpaid: list[tuple[object, ...]]


def _axis(spend: pd.DataFrame, spans: Sequence[tuple[date, date]]) -> _Days:
    ends = [np.datetime64(day, "D") for span in spans for day in span]
    for side in ("start", "end"):
        ends += [np.datetime64(day, "D") for day in spend[side].dropna()]
    first, last = min(ends), max(ends)
    days = np.arange(first, last + _DAY)
    looked_at = np.zeros(len(days), dtype=bool)
    for a, b in spans:
        looked_at |= (days >= np.datetime64(a, "D")) & (days <= np.datetime64(b, "D"))
    month = (days.astype("datetime64[M]") - first.astype("datetime64[M]")).astype("int64")
    return _Days(first, looked_at, month)


def _spread(rows: pd.DataFrame, axis: _Days) -> tuple[np.ndarray, np.ndarray]:
    """Return the amount of each day, and whether anything is known of it."""
    amount, known = np.zeros(len(axis.month)), np.zeros(len(axis.month), dtype=bool)
    for first, last, money in zip(rows["first"].tolist(), rows["last"].tolist(), rows["amount"].tolist(), strict=True):
        if first < 0:
            amount[axis.looked_at] += money / max(1, int(axis.looked_at.sum()))
            known |= axis.looked_at
            continue
        amount[first : last + 1] += money / (last + 1 - first)
        known[first : last + 1] = True
    return amount, known


def _one_group(leads: _Leads, rows: pd.DataFrame, axis: _Days) -> _Group:
    """Set the spend of one group against its leads."""
    amount, known = _spread(rows, axis)
    if (rows["first"] < 0).all():  # without any period all of its leads are set against it
        return _Group([(leads.name, float(amount.sum()), *leads.counts.sum(axis=0))], [], [])
    days = known & axis.looked_at
    paid = (leads.place >= 0) & days[leads.place]
    came = np.zeros(int(axis.month[-1]) + 1, dtype=bool)
    came[axis.month[leads.place[paid]]] = True
    matched = axis.looked_at & came[axis.month]
    lost = _months(leads.name, np.where(axis.looked_at, 0.0, amount), axis, OUTSIDE)
    lost += _months(leads.name, np.where(axis.looked_at & ~matched, amount, 0.0), axis, NO_LEADS)
    counted = (leads.name, float(amount[matched].sum()), *leads.counts[paid].sum(axis=0))
    return _Group([counted] if paid.any() else [], lost, _unpaid(leads, axis, days))


def _months(name: object, amount: np.ndarray, axis: _Days, why: str) -> list[tuple[object, ...]]:
    """Return amounts of days in one row with the months that they are of; nothing for none."""
    months = np.flatnonzero(np.bincount(axis.month, amount) > 0).tolist()
    return [(name, axis.say_months(months), float(amount.sum()), why)] if months else []


def _unpaid(leads: _Leads, axis: _Days, known: np.ndarray) -> list[tuple[object, ...]]:
    """Return the leads that came on days without known spend, in one row with their months; nothing for none."""
    dated = leads.place >= 0
    lacks = ~dated | ~known[leads.place]
    months = np.unique(axis.month[leads.place[dated & lacks]]).tolist()
    words = [axis.say_months(months)] if months else []
    words += ["no date"] if (~dated).any() else []
    many = int(leads.counts[lacks, 0].sum())
    return [(leads.name, " and ".join(words), many)] if many else []


def _strange(rows: pd.DataFrame, axis: _Days) -> list[tuple[object, ...]]:
    """Return spend on names that no group has, one row a name."""
    found: list[tuple[object, ...]] = []
    for _, own in rows.groupby("key", sort=False):
        _, known = _spread(own, axis)
        words = axis.say_months(np.unique(axis.month[known]).tolist()) if own["start"].notna().any() else ""
        found.append((own["name"].iloc[0], words, float(own["amount"].sum()), STRANGE))
    return found
