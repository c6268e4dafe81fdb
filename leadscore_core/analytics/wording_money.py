"""Money in words: what leads and outcomes cost, what is missing, and what moving a budget would bring."""

import pandas as pd

from leadscore_core.analytics.sentences.money import MONEY
from leadscore_core.analytics.sources import Counted, Scope, SourceView, is_known
from leadscore_core.analytics.spend import Money, looked_at
from leadscore_core.analytics.statistics.costs import LEAST_OUTCOMES
from leadscore_core.analytics.wording import money
from leadscore_core.days import say_day
from leadscore_core.outcome import OutcomeWords, capital
from leadscore_core.percent import signed

_MOST_NAMED = 4


def describe_money(result: Money, words: OutcomeWords, counted: Counted) -> str:
    """Say in a sentence what outcomes cost, or are expected to."""
    costs, currency = result.costs, result.spend.currency
    if costs.table.empty:
        return MONEY["nothing_matches"]()
    junk, is_graded = float(costs.table["on_junk"].sum()), bool(costs.table["on_junk"].notna().any())
    spent = MONEY["spent" if result.has_periods else "spent_undated"](
        spent=f"{costs.spent:,.0f} {currency}".strip(),
        wasted=f", {junk / costs.spent:.0%} of it on junk" if costs.spent and is_graded else "",
    )
    table = costs.table[costs.table["cost_per_application"].notna()]
    if table.empty:
        is_counted = is_known(counted) and bool((costs.table["n"] > 0).any())
        return MONEY["no_outcome" if is_counted else "not_known"](spent=spent, singular=words.singular)
    enough = table[table["k"] >= LEAST_OUTCOMES].sort_values("cost_per_application")
    expected = "" if is_known(counted) else "_expected"
    if enough.empty:
        return MONEY[f"few{expected}"](spent=spent, few=LEAST_OUTCOMES, plural=words.plural)
    small = MONEY[f"small{expected}"](few=LEAST_OUTCOMES, plural=words.plural) if len(enough) < len(table) else ""
    ends = {"cheap": enough.iloc[0], "dear": enough.iloc[-1]}
    in_words = {name: _cost(row, words, counted) for name, row in ends.items()}
    key = ("costs" if len(enough) > 1 else "cost") + expected
    return MONEY[key](spent=spent, an_outcome=capital(words.a_singular), small=small, **in_words)


def _cost(row: pd.Series, words: OutcomeWords, counted: Counted) -> str:
    """Say what an outcome of a group costs, with its interval and the counts that it comes from."""
    cost, low, high = (money(row[name]) for name in ("cost_per_application", "cost_low", "cost_high"))
    counts = f"{row['k']:,.0f} {words.plural} of {row['n']:,.0f} leads"
    if not is_known(counted):
        return f"{cost} from {row['group']} ({counts} expected)"
    return f"{cost} from {row['group']} (95% interval {low} to {high}; {counts})"


def describe_missing(view: SourceView, result: Money) -> list[str]:
    """Say which spend and which leads are not counted, by group and period, one sentence each."""
    costs, spend, said = result.costs, result.spend, []
    if spend.others:
        others = " and ".join(f"{amount:,.0f} {code}" for code, amount in spend.others.items())
        said.append(MONEY["other_currencies"](others=others, currency=spend.currency))
    if len(costs.unmatched):
        ordered = costs.unmatched.sort_values("amount", ascending=False, kind="stable")
        amount = f"{ordered['amount'].sum():,.0f} {spend.currency}".strip()
        said.append(MONEY["spend_left"](amount=amount, which=_listed(ordered["name"], ordered["period"])))
    if len(costs.unpaid):
        ordered = costs.unpaid.sort_values("leads", ascending=False, kind="stable")
        names = ordered["group"].map(lambda name: view.shown(result.by, None if pd.isna(name) else name))
        said.append(MONEY["leads_left"](leads=f"{ordered['leads'].sum():,}", which=_listed(names, ordered["period"])))
    return said


def _listed(names: pd.Series, periods: pd.Series) -> str:
    rows = [f"{name}, {when}" if when else str(name) for name, when in zip(names, periods, strict=True)]
    more = len(rows) - _MOST_NAMED
    return "; ".join([*rows[:_MOST_NAMED], *([f"and {more:,} more"] if more > 0 else [])])


def present_missing(view: SourceView, result: Money) -> pd.DataFrame:
    """Lay out spend without leads and leads without spend, by group and period; empty where nothing is missing."""
    unit = f" ({result.spend.currency})" if result.spend.currency else ""
    spend, leads = result.costs.unmatched, result.costs.unpaid
    rows = [
        (name, period, amount, None, f"Spend {why}")
        for name, period, amount, why in spend[["name", "period", "amount", "why"]].itertuples(index=False, name=None)
    ]
    rows += [
        (view.shown(result.by, None if pd.isna(group) else group), period, None, n, "Leads without spend")
        for group, period, n in leads[["group", "period", "leads"]].itertuples(index=False, name=None)
    ]
    table = pd.DataFrame(rows, columns=["Name", "Period", f"Spend{unit}", "Leads", "What is missing"])
    return table.astype({f"Spend{unit}": "float64", "Leads": "Int64"})


def describe_period(view: SourceView, scope: Scope, result: Money) -> str:
    """Say which days count, if any do, and which names are taken for a group."""
    days = looked_at(view, scope) if result.has_periods else []
    said = []
    if days:
        words = ", ".join(f"{say_day(first)} to {say_day(last)}" for first, last in sorted(set(days))[:_MOST_NAMED])
        said.append(MONEY["half"](days=words))
    if result.renamed:
        pairs = [f"{name} as {group}" for name, group in result.renamed.items()]
        more = [f"{len(pairs) - _MOST_NAMED:,} more"] if len(pairs) > _MOST_NAMED else []
        said.append(MONEY["taken_as"](pairs="; ".join([*pairs[:_MOST_NAMED], *more])))
    if scope.chosen.values:
        said.append(MONEY["filtered"]())
    return " ".join(said)


def describe_move(result: Money, words: OutcomeWords) -> str:
    """Say what moving a budget is expected to bring; empty where none is moved."""
    move, moved = result.move, result.moved
    if move is None or moved is None:
        return ""
    warning = MONEY["grows"](target=move.target, times=f"{moved.grows:.1f}") if moved.grows > 2 else ""
    return MONEY["moved"](
        amount=f"{moved.amount:,.0f} {result.spend.currency}".strip(),
        source=move.source,
        target=move.target,
        change=signed(moved.change),
        plural=words.plural,
        low=signed(moved.low),
        high=signed(moved.high),
        warning=warning,
    )
