"""Money: what leads and conversions cost, and what moving a budget would bring."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from leadscore_core.confidence import wilson_intervals

ELASTICITY = (0.5, 1.0)
LEAST_OUTCOMES = 10  # of a group, below which a sentence does not name what one costs
STRANGE, OUTSIDE = "matches no group of these leads", "is outside the dates shown"
_DRAWS = 4_000
_APART, _BETWEEN_DIGITS = re.compile(r"[\s._-]+"), re.compile(r"(?<=\d)[\s._-]+(?=\d)")


@dataclass(frozen=True)
class Costs:
    """What groups cost.

    Attributes
    ----------
    table
        One row a group with spend, the most expensive first: ``group``, ``spend``, ``leads``, ``cost_per_lead``,
        ``cost_per_hot``, ``n`` and ``k`` (from which the rate comes), ``applications`` (rate times leads),
        ``cost_per_application`` with ``cost_low`` and ``cost_high`` (95%, from Wilson's interval of the rate),
        ``on_junk`` (spend on leads of grade Junk). Costs are NaN where there is nothing to divide by or no outcome is
        known; ``cost_high`` is infinite where there may be no conversion at all.
    unmatched
        Spend, or the part of it, that is not counted: ``name``, ``period`` (in words, empty where there is none),
        ``amount``, ``why``.
    unpaid
        Leads that no spend is known for: ``group``, ``period``, ``leads``.
    """

    table: pd.DataFrame
    unmatched: pd.DataFrame
    unpaid: pd.DataFrame

    @property
    def spent(self) -> float:
        """Spend on all groups."""
        return float(self.table["spend"].sum())


def share_in_period(rows: pd.DataFrame, first: date | None, last: date | None) -> np.ndarray:
    """Return the share (0-1) of each row's period that lies in a span of days, both ends included.

    Parameters
    ----------
    rows
        ``start`` and ``end``; NaT counts whole.

    Examples
    --------
    >>> rows = pd.DataFrame({"start": pd.to_datetime(["2026-04-01"]), "end": pd.to_datetime(["2026-04-30"])})
    >>> share_in_period(rows, date(2026, 4, 16), date(2026, 5, 31)).tolist()
    [0.5]
    """
    if first is None or last is None:
        return np.ones(len(rows))
    start = rows["start"].where(rows["start"] > pd.Timestamp(first), pd.Timestamp(first))
    end = rows["end"].where(rows["end"] < pd.Timestamp(last), pd.Timestamp(last))
    inside = ((end - start).dt.days + 1).clip(lower=0)
    whole = (rows["end"] - rows["start"]).dt.days + 1
    return (inside / whole).where(rows["start"].notna() & rows["end"].notna(), 1.0).to_numpy("float64")


def best_match(names: Sequence[str], values: dict[str, list[str]]) -> str:
    """Return the dimension whose values a spend file's names match most.

    Parameters
    ----------
    values
        Dimension -> its values.

    Examples
    --------
    >>> best_match(["News", "fair"], {"source": ["web"], "medium": ["news", "fair"]})
    'medium'
    """
    wanted = {name_key(name) for name in names}

    def matches(dimension: str) -> int:
        own = {name_key(value) for value in values[dimension]}
        return len(wanted & own) + len(same_names(names, values[dimension]))

    return max(values, key=matches)


def cost_groups(spend: pd.DataFrame, groups: pd.DataFrame, first: date | None, last: date | None) -> Costs:
    """Set spend against leads and conversions.

    Parameters
    ----------
    spend
        As `Spend.rows`.
    groups
        ``group`` (NaN where blank), ``leads``, ``hot``, ``junk``, and ``n``, ``k`` from which the rate comes.
    first, last
        The days that are looked at; spend is counted by the share of its period within them.

    Examples
    --------
    >>> spend = pd.DataFrame({"name": ["News"], "start": [pd.NaT], "end": [pd.NaT], "amount": [500.0]})
    >>> groups = pd.DataFrame({"group": ["news"], "leads": [100], "hot": [10], "junk": [20], "n": [100], "k": [50]})
    >>> result = cost_groups(spend, groups, None, None).table
    >>> result[["cost_per_lead", "cost_per_hot", "cost_per_application", "on_junk"]].values.tolist()
    [[5.0, 50.0, 10.0, 100.0]]
    """
    share = share_in_period(spend, first, last)
    counted = spend.assign(amount=spend["amount"] * share, key=[name_key(name) for name in spend["name"]])
    groups = groups.assign(key=groups["group"].map(name_key, na_action="ignore"))
    sums = groups.groupby("key", dropna=False, sort=False)[["leads", "hot", "junk", "n", "k"]].sum()
    groups = groups.drop_duplicates("key")[["group", "key"]].join(sums, on="key")
    strange = ~counted["key"].isin(groups["key"].dropna()).to_numpy()
    outside = (share < 1) & ~strange
    left = [
        pd.DataFrame({"name": spend["name"], "period": "", "amount": spend["amount"], "why": STRANGE})[strange],
        pd.DataFrame({"name": spend["name"], "period": "", "amount": spend["amount"] * (1 - share), "why": OUTSIDE})[
            outside
        ],
    ]
    unmatched = pd.concat(left, ignore_index=True)
    by_key = counted[~strange & (share > 0)].groupby("key")["amount"].sum()
    table = groups.assign(spend=groups["key"].map(by_key))
    unpaid = table.loc[table["spend"].isna(), ["group", "leads"]].assign(period="").reset_index(drop=True)
    return Costs(divide_costs(table[table["spend"].notna()]), unmatched, unpaid)


def divide_costs(table: pd.DataFrame) -> pd.DataFrame:
    """Return what groups cost by lead, Hot lead and conversion, the most expensive group first.

    Parameters
    ----------
    table
        ``group``, ``spend``, ``leads``, ``hot``, ``junk``, ``n`` and ``k``.

    Returns
    -------
    pandas.DataFrame
        As `Costs.table`.
    """
    n, k = table["n"].to_numpy("float64"), table["k"].to_numpy("float64")
    low, high = wilson_intervals(k, n)
    leads, paid = table["leads"].to_numpy("float64"), table["spend"].to_numpy("float64")
    rate = np.divide(k, n, out=np.full(len(n), np.nan), where=n > 0)
    costs = {
        "group": table["group"],
        "spend": paid,
        "leads": table["leads"],
        "cost_per_lead": _per(paid, leads),
        "cost_per_hot": _per(paid, table["hot"].to_numpy("float64")),
        "n": table["n"],
        "k": table["k"],
        "applications": rate * leads,
        "cost_per_application": _per(paid, rate * leads),
        "cost_low": _per(paid, high * leads),
        "cost_high": np.where(n > 0, np.where(low > 0, _per(paid, low * leads), np.inf), np.nan),
        "on_junk": paid * _per(table["junk"].to_numpy("float64"), leads),
    }
    return pd.DataFrame(costs).sort_values("spend", ascending=False, kind="stable").reset_index(drop=True)


class Moved(NamedTuple):
    """What moving a budget is expected to bring: change of conversions with its 95% interval."""

    amount: float
    change: float
    low: float
    high: float
    grows: float


def move_budget(costs: pd.DataFrame, source: str, target: str, share: float, *, seed: int = 0) -> Moved:
    """Return what moving a share of one group's budget to another is expected to change.

    Conversions are taken to grow with spend to the power of e: at e = 1 all money more brings as much as the last
    did, at e = 0.5 four times the budget brings twice the conversions. Nobody knows e from one period's spend, so
    it is drawn evenly from 0.5 to 1, for both groups by itself, and the rate of either from its beta
    posterior; the interval holds what is left after both.

    Parameters
    ----------
    costs
        As `Costs.table`.
    source, target
        Groups.
    share
        Of the source's spend, 0-1.

    Returns
    -------
    Moved
        ``grows`` is the target's spend afterwards over that before.

    Examples
    --------
    >>> costs = pd.DataFrame({"group": ["a", "b"], "spend": 100.0, "leads": 2_000, "n": 2_000, "k": [10, 1_000]})
    >>> result = move_budget(costs, "a", "b", 0.5)
    >>> result.amount, result.low > 0, result.grows
    (50.0, True, 1.5)
    """
    result = costs.set_index("group").loc[[source, target], ["spend", "leads", "n", "k"]].to_numpy("float64")
    given, taken = result[:, 0].tolist()
    amount = share * given
    rng = np.random.default_rng(seed)
    low_e, high_e = ELASTICITY
    here, there = (
        leads * rng.beta(k + 0.5, max(n - k, 0) + 0.5, _DRAWS) if n > k else rng.gamma(k + 0.5, 1.0, _DRAWS)
        for _, leads, n, k in result.tolist()
    )
    e_here, e_there = rng.uniform(low_e, high_e, (2, _DRAWS))
    grows = (taken + amount) / taken
    change = here * ((1 - share) ** e_here - 1) + there * (grows**e_there - 1)
    low, high = np.quantile(change, [0.025, 0.975])
    return Moved(amount, float(change.mean()), float(low), float(high), grows)


def _per(money: np.ndarray, things: np.ndarray) -> np.ndarray:
    return np.divide(money, things, out=np.full(len(money), np.nan), where=things > 0)


def name_key(name: object) -> str:
    """Return by what a name is compared: in lower case, without spaces around it."""
    return " ".join(str(name).casefold().split())


def same_names(names: Iterable[str], values: Iterable[str]) -> dict[str, str]:
    """Return names that differ from one value alone by case, spaces, hyphens, underscores or dots -> that value.

    Names that are a value but for case need none. Between digits, dots and the like tell numbers apart.

    Examples
    --------
    >>> same_names(["google-ads", "NEWS", "v1.1", "e_mail"], ["Google Ads", "News", "v11", "E-Mail", "Email"])
    {'google-ads': 'Google Ads'}
    """
    known: dict[str, dict[str, str]] = {}
    for value in values:
        known.setdefault(_loose_key(value), {}).setdefault(name_key(value), value)
    found = {}
    for name in dict.fromkeys(names):
        alike = known.get(_loose_key(name), {})
        if len(alike) == 1 and name_key(name) not in alike:
            found[name] = next(iter(alike.values()))
    return found


def _loose_key(name: str) -> str:
    return _APART.sub("", _BETWEEN_DIGITS.sub("|", name_key(name)))
