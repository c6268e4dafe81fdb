"""Spend by days: only days on which money was spent for a group and its leads came are set against each other."""

from collections.abc import Hashable, Sequence
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

    def place(self, days: pd.Series | pd.Timestamp) -> np.ndarray:
        """Return the places of days, below 0 or beyond the end where they are outside."""
        return np.asarray((np.asarray(days, dtype="datetime64[D]") - self.first) / _DAY, dtype="float64")

    def say_months(self, months: Sequence[int]) -> str:
        """Return months in words: single ones, and from the first to the last of several on end."""
        start = self.first.astype("datetime64[M]")
        names = [f"{pd.Timestamp(start + np.timedelta64(m, 'M')):%b %Y}" for m in months]
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
    in which leads of the group came; of the leads, those that came on such days. What is left over is told by group and
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
    keys = days["group"].map(name_key, na_action="ignore")
    names = days.assign(key=keys).drop_duplicates("key").set_index("key")["group"]
    rows = spend.assign(key=[name_key(name) for name in spend["name"]])
    strange = ~rows["key"].isin(keys.dropna())
    left = [_strange(rows[strange], axis)]
    counted, unpaid = [], []
    paid_keys = set(rows.loc[~strange, "key"])
    for key, own in days.assign(key=keys).groupby("key", dropna=False, sort=False):
        name = names[key] if not pd.isna(key) else None
        if key not in paid_keys:
            unpaid.append(_unpaid(name, own, axis, np.zeros(len(axis.month), dtype=bool)))
            continue
        group = _one_group(name, rows[rows["key"] == key], own, axis)
        counted.append(group.counted)
        left.append(group.unmatched)
        unpaid.append(group.unpaid)
    table = pd.DataFrame([row for row in counted if row is not None], columns=["group", "spend", *_COUNTS])
    unmatched = pd.concat(left, ignore_index=True)
    return Costs(
        divide_costs(table),
        unmatched[unmatched["amount"] > _LEAST].reset_index(drop=True),
        pd.concat(unpaid, ignore_index=True) if unpaid else pd.DataFrame(columns=["group", "period", "leads"]),
    )


@dataclass(frozen=True, eq=False)
class _Group:
    counted: dict[Hashable, object] | None
    unmatched: pd.DataFrame
    unpaid: pd.DataFrame


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
    for start, end, money in rows[["start", "end", "amount"]].itertuples(index=False, name=None):
        if pd.isna(start) or pd.isna(end):
            amount[axis.looked_at] += money / max(1, int(axis.looked_at.sum()))
            known |= axis.looked_at
            continue
        a, b = int(axis.place(start)), int(axis.place(end)) + 1
        amount[a:b] += money / (b - a)
        known[a:b] = True
    return amount, known


def _one_group(name: object, rows: pd.DataFrame, own: pd.DataFrame, axis: _Days) -> _Group:
    """Set the spend of one group against its leads."""
    amount, known = _spread(rows, axis)
    if rows["start"].isna().all():  # without any period all of its leads are set against it
        counted = {"group": name, "spend": float(amount.sum())} | own[_COUNTS].sum().to_dict()
        return _Group(
            counted, _months(name, amount, amount < 0, axis, OUTSIDE), _unpaid(name, own.iloc[:0], axis, known)
        )
    dated = own.dropna(subset=["day"])
    place = axis.place(pd.to_datetime(dated["day"])).astype("int64")
    paid = known[place] & axis.looked_at[place]
    came = np.zeros(int(axis.month[-1]) + 1, dtype=bool)
    came[axis.month[place[paid]]] = True
    matched = axis.looked_at & came[axis.month]
    lost = [
        _months(name, amount, ~axis.looked_at, axis, OUTSIDE),
        _months(name, amount, axis.looked_at & ~matched, axis, NO_LEADS),
    ]
    counted = {"group": name, "spend": float(amount[matched].sum())} | dated.loc[paid, _COUNTS].sum().to_dict()
    unpaid = _unpaid(name, own, axis, known & axis.looked_at)
    return _Group(counted if paid.any() else None, pd.concat(lost, ignore_index=True), unpaid)


def _months(name: object, amount: np.ndarray, where: np.ndarray, axis: _Days, why: str) -> pd.DataFrame:
    """Return an amount on some days, in one row with the months that it is of."""
    own = np.where(where, amount, 0.0)
    months = np.flatnonzero(np.bincount(axis.month, own) > 0).tolist()
    table = pd.DataFrame({"name": [name], "period": [axis.say_months(months)], "amount": [own.sum()], "why": [why]})
    return table if months else table.iloc[:0]


def _unpaid(name: object, own: pd.DataFrame, axis: _Days, known: np.ndarray) -> pd.DataFrame:
    """Return the leads that came on days without known spend, in one row with their months."""
    place = axis.place(pd.to_datetime(own["day"]))
    dated = ~np.isnan(place)
    at = np.where(dated, place, 0).astype("int64")
    lacks = ~dated | ~known[at]
    months = sorted(set(axis.month[at[dated & lacks]].tolist()))
    words = [axis.say_months(months)] if months else []
    words += ["no date"] if (~dated).any() else []
    leads = int(own.loc[lacks, "leads"].sum())
    table = pd.DataFrame({"group": [name], "period": [" and ".join(words)], "leads": [leads]})
    return table if leads else table.iloc[:0]


def _strange(rows: pd.DataFrame, axis: _Days) -> pd.DataFrame:
    """Return spend on names that no group has, one row a name."""
    found = []
    for _, own in rows.groupby("key", sort=False):
        amount, known = _spread(own, axis)
        words = axis.say_months(sorted(set(axis.month[known].tolist()))) if own["start"].notna().any() else ""
        found.append((own["name"].iloc[0], words, float(own["amount"].sum()), STRANGE))
    return pd.DataFrame(found, columns=["name", "period", "amount", "why"])
