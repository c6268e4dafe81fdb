"""Sources in words: the answer in a sentence, tables as people read them, and what numbers mean."""

import pandas as pd

from leadscore_core.analytics.sources import Rates, Scope, SourceView
from leadscore_core.analytics.statistics.costs import Costs, Moved
from leadscore_core.analytics.statistics.decomposition import GapSplit
from leadscore_core.analytics.statistics.rates import EXPECTED, FEW, OVER, UNDER
from leadscore_core.outcome import OutcomeWords, capital
from leadscore_core.percent import percent, rate_decimals, share_percent
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.source_table import OTHERS

_DEFINITIONS = {
    "95% interval": "Wilson's: the true rate lies in it 19 times out of 20.",
    "Ranked at": "The rate drawn towards that of all groups, the more the fewer leads it has (empirical Bayes), so "
    "that a handful of lucky leads does not top the list.",
    "Against average": "The rate over that of all leads shown: 1.2 is a fifth more.",
    "Verdict": "Over- and under-delivers: differs from all other leads, with one false verdict in twenty at most "
    "(Benjamini and Hochberg). As expected: the whole interval lies within a tenth of the average.",
    "Composition": "What leads of the same kind otherwise (platform, city tier, month, times contacted and referral, "
    "or the list's own categories) bring at the average group, less the average.",
    "Residual": "The rate less what leads like these bring at the average source. Composition and residual add up to "
    "the gap.",
}
_VERDICTS = {OVER: "over-deliver", UNDER: "under-deliver", EXPECTED: "as expected", FEW: "too small to say"}
_MOST_LISTED = 4
_NOTHING = 0.0005


def shown_at_first(words: OutcomeWords) -> tuple[str, ...]:
    """Return the columns of `present_rates` that are shown without asking."""
    return ("Leads", words.title, "Rate", "95% interval", "Ranked at", "Against average", "Verdict")


def definitions(view: SourceView) -> dict[str, str]:
    """Return what each number means."""
    words = view.words
    rate = (
        f"{words.title} over leads. {capital(words.past)}: of leads whose outcome is known. Expected: the sum of "
        "propensities."
    )
    return {"Rate": rate} | _DEFINITIONS


def answer(view: SourceView, scope: Scope, rates: Rates) -> str:
    """Say in one sentence what earns and what does not.

    Parameters
    ----------
    rates
        Of one dimension.
    """
    human = view.dimensions[rates.by[0]].lower()
    words = view.words
    verb = words.past if rates.counted == "completed" else f"are expected to {words.many}"
    total = f"{percent(rates.average, rates.average, 1)} of {rates.totals['n']:,.0f} leads {verb}"
    if not 0 < rates.average < 1:
        who = "Nobody" if rates.average == 0 else "Everybody"
        return f"{who} among these {rates.totals['n']:,.0f} leads {verb}: no {human} can be told from another."
    named = rates.table[rates.table[rates.by[0]] != OTHERS]
    if len(named) < 2:
        return f"{total}; there is one {human} only, and nothing to compare it with."
    under = named[named["verdict"] == UNDER]
    over = named[named["verdict"] == OVER]
    parts = []
    if len(under):
        lost = (under["n"] * rates.average - under["k"]).to_numpy()
        worst = under.iloc[int(lost.argmax())]
        parts.append(
            f"{worst['name']} brings {share_percent(worst['n'] / rates.totals['n'])} of the leads and "
            f"{share_percent(worst['k'] / rates.totals['k'])} of the {words.plural}"
        )
    if len(over):
        best = over.iloc[int(over["shrunk_low"].to_numpy().argmax())]
        parts.append(
            f"{best['name']} converts best, {percent(best['rate'], rates.average)} (n = {best['n']:,}) against "
            f"{percent(rates.average, rates.average)} of all leads"
        )
    if not parts:
        return f"{total}; no {human} differs from the others for certain."
    return f"{'; '.join(parts)}."


def rates_title(view: SourceView, rates: Rates) -> str:
    """Say what a chart of rates shows."""
    humans = " and ".join(view.dimensions[d].lower() for d in rates.by)
    verdicts = rates.table["verdict"].value_counts()
    rows = [f"{verdicts[v]} {words}" for v, words in _VERDICTS.items() if v in verdicts]
    kind = view.counted_words()[rates.counted]
    return f"{kind} by {humans}: {', '.join(rows)}" if rows else f"{kind} by {humans}"


def present_rates(view: SourceView, rates: Rates) -> pd.DataFrame:
    """Lay groups out as people read them, the highest shrunken rate first.

    Returns
    -------
    pandas.DataFrame
        The group under its human name, then `shown_at_first` and what a chooser may add; rates in percent.
    """
    table = rates.table if view.is_ordered(rates.by[0]) and len(rates.by) == 1 else rates.ranked()
    if view.is_ordered(rates.by[0]) and len(rates.by) == 1:
        table = table.sort_values(rates.by[0], kind="stable")
    header = " × ".join(view.dimensions[d] for d in rates.by)
    shown = pd.DataFrame(
        {
            header: table["name"],
            "Leads": table["leads"],
            view.words.title: table["k"],
            "Rate": 100 * table["rate"],
            "95% interval": _intervals(table),
            "Ranked at": 100 * table["shrunk"],
            "Against average": table["lift"],
            "Verdict": [
                f"{verdict}: {more:,} more leads would do" if more else verdict
                for verdict, more in zip(table["verdict"], table["more"], strict=True)
            ],
        }
    )
    if "before_rate" in table:
        shown["Rate before"] = 100 * table["before_rate"]
        shown["Change"] = [
            "no lead before" if pd.isna(c) else f"{100 * c:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})"
            for c, low, high in zip(table["before_change"], table["before_low"], table["before_high"], strict=True)
        ]
    shown["Outcome known"] = table["known"]
    shown[capital(view.words.past)] = table["completed"]
    shown["Expected"] = table["expected"]
    for grade in ("Hot", "Warm", "Cold", "Junk"):
        shown[grade] = 100 * table[grade.lower()] / table["leads"].where(table["leads"] > 0)
    return shown.reset_index(drop=True)


def _intervals(table: pd.DataFrame) -> list[str]:
    average = float(table["k"].sum()) / max(1.0, float(table["n"].sum()))
    return [
        "no outcome known" if n == 0 else f"{percent(low, average, 1)} to {percent(high, average, 1)}"
        for n, low, high in zip(table["n"], table["low"], table["high"], strict=True)
    ]


def chart_rows(view: SourceView, rates: Rates, most: int = 8) -> pd.DataFrame:
    """Return the groups that a chart shows: all of an ordered dimension, else the largest, the best first."""
    by = rates.by[0]
    if view.is_ordered(by) and len(rates.by) == 1:
        return rates.table[rates.table["n"] > 0].sort_values(by, kind="stable")
    ranked = rates.ranked()
    named = ranked[ranked[by] != OTHERS]
    largest = named.nlargest(most, "n").index
    return named[named.index.isin(largest)]


def present_gaps(view: SourceView, by: str, split: GapSplit) -> pd.DataFrame:
    """Lay out each group's gap and its parts, the largest groups first, in points."""
    table = split.table.sort_values("n", ascending=False, kind="stable")
    return pd.DataFrame(
        {
            view.dimensions[by]: [view.shown(by, group) for group in table["group"]],
            "Leads": table["n"],
            "Rate": 100 * table["rate"],
            "Gap": 100 * table["gap"],
            "Composition": 100 * table["composition"],
            "Residual": 100 * table["residual"],
            "95% interval of the residual": [
                "no comparable leads elsewhere" if pd.isna(low) else f"{100 * low:+.1f} to {100 * high:+.1f}"
                for low, high in zip(table["residual_low"], table["residual_high"], strict=True)
            ],
            "Comparable": 100 * table["comparable"],
            "Verdict": [
                verdict or ("Nothing to compare with" if pd.isna(residual) else "Too few to say")
                for verdict, residual in zip(table["verdict"], table["residual"], strict=True)
            ],
        }
    ).reset_index(drop=True)


def describe_gap(name: str, row: pd.Series, average: float, words: OutcomeWords) -> str:
    """Say in a sentence what a group's gap comes from.

    Parameters
    ----------
    row
        Of `GapSplit.table`.
    """
    side, form = "above" if row["gap"] > 0 else "below", f".{rate_decimals(average, 1)}f"
    gap = (
        f"{name} {words.each} {percent(row['rate'], average, 1)}, {abs(100 * row['gap']):{form}} points {side} the "
        f"average of {percent(average, average, 1)}"
    )
    if pd.isna(row["residual"]):
        return (
            f"{gap}. Only {row['comparable']:.0%} of its leads have comparable ones elsewhere, too few to tell its "
            "composition from a residual effect."
        )
    return (
        f"{gap}: the composition of its leads explains {100 * row['composition']:+{form}}, the residual effect "
        f"is {100 * row['residual']:+{form}} (95% interval {100 * row['residual_low']:+{form}} to "
        f"{100 * row['residual_high']:+{form}})."
    )


def gap_parts(view: SourceView, split: GapSplit, place: int) -> pd.DataFrame:
    """Return the parts of a group's gap for a waterfall: ``human`` and ``value``, the residual effect last."""
    parts = split.parts.iloc[place]
    named = {name: view.dimensions[str(name)] for name in parts.index if name != "together"}
    rows = [(f"Composition: {human.lower()}", float(parts[name])) for name, human in named.items()]
    rows.append(("Composition: all of it together", float(parts["together"])))
    rows = [(human, value) for human, value in rows if abs(value) >= _NOTHING]
    rows.append(("Residual", float(split.table["gap"].iloc[place]) - sum(value for _, value in rows)))
    return pd.DataFrame(rows, columns=["human", "value"])


def describe_segment(row: pd.Series, all_n: float, words: OutcomeWords) -> str:
    """Say what a segment far from the average costs or brings.

    Parameters
    ----------
    row
        As from `find_far_segments`.
    all_n
        Leads of everybody.
    """
    more = "more" if row["difference"] > 0 else "fewer"
    average = row["at_average"] / max(1, row["n"])
    rate, low, high = (percent(row[name], average, 1) for name in ("rate", "low", "high"))
    return (
        f"{rate} ({low} to {high}) of {row['n']:,} leads, {share_percent(row['n'] / all_n)} of all: "
        f"{abs(row['difference']):,.0f} {words.plural} {more} than the {row['at_average']:,.0f} that the average brings"
    )


def present_segments(found: pd.DataFrame, words: OutcomeWords) -> pd.DataFrame:
    """Lay segments out as people read them."""
    return pd.DataFrame(
        {
            "Group": found["name"],
            "Leads": found["n"],
            "Rate": 100 * found["rate"],
            "95% interval": _intervals(found),
            words.title: found["k"],
            "At the average": found["at_average"],
            "Difference": found["difference"],
        }
    )


def describe_filter(view: SourceView, chosen: LeadFilter) -> list[str]:
    """Say which leads are looked at, one text a condition; nothing for all."""
    rows = []
    for dimension, wanted in chosen.values.items():
        human = view.dimensions.get(dimension, dimension)
        values = [view.shown(dimension, value) for value in wanted]
        more = f" and {len(values) - _MOST_LISTED} more" if len(values) > _MOST_LISTED else ""
        rows.append(f"{human}: {', '.join(values[:_MOST_LISTED])}{more}")
    if chosen.created_from is not None and chosen.created_to is not None:
        rows.append(f"Created {chosen.created_from:%d %b %Y} to {chosen.created_to:%d %b %Y}")
    return rows


def present_costs(costs: Costs, currency: str, words: OutcomeWords) -> pd.DataFrame:
    """Lay costs out as people read them; what cannot be divided is said in words."""
    table, unit = costs.table, f" ({currency})" if currency else ""
    return pd.DataFrame(
        {
            "Group": table["group"],
            f"Spend{unit}": table["spend"],
            "Leads": table["leads"],
            f"Per lead{unit}": [_money(value, "no lead") for value in table["cost_per_lead"]],
            f"Per Hot lead{unit}": [_money(value, "no Hot lead") for value in table["cost_per_hot"]],
            words.title: table["applications"],
            f"Per {words.singular}{unit}": [
                _money(value, "not known" if n == 0 else f"no {words.singular}")
                for value, n in zip(table["cost_per_application"], table["n"], strict=True)
            ],
            "95% interval": [
                "not known" if pd.isna(high) else f"{_money(low)} to {_money(high)}"
                for low, high in zip(table["cost_low"], table["cost_high"], strict=True)
            ],
            f"On junk{unit}": table["on_junk"],
        }
    )


def _money(value: float, nothing: str = "no limit") -> str:
    if pd.isna(value) or value == float("inf"):
        return nothing
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"


def describe_costs(costs: Costs, currency: str, words: OutcomeWords) -> str:
    """Say in a sentence what outcomes cost."""
    table = costs.table[costs.table["cost_per_application"].notna()]
    spent = f"{costs.spent:,.0f} {currency}".strip()
    junk = float(costs.table["on_junk"].sum())
    wasted = f", {junk / costs.spent:.0%} of it on junk" if costs.spent else ""
    if table.empty:
        known = bool((costs.table["n"] > 0).any())
        return (
            f"{spent} were spent{wasted}; {f'no {words.singular} came of it' if known else 'no outcome is known yet'}."
        )
    ordered = table.sort_values("cost_per_application")
    cheap, dear = ordered.iloc[0], ordered.iloc[-1]
    text = f"{spent} were spent{wasted}. "
    text += f"{capital(words.a_singular)} costs {_money(cheap['cost_per_application'])} from {cheap['group']}"
    if len(ordered) > 1:
        text += f" and {_money(dear['cost_per_application'])} from {dear['group']}"
    return f"{text}."


def describe_move(moved: Moved, source: str, target: str, currency: str, words: OutcomeWords) -> str:
    """Say what moving a budget is expected to bring."""
    amount = f"{moved.amount:,.0f} {currency}".strip()
    warning = ""
    if moved.grows > 2:
        warning = f" {target} would get {moved.grows:.1f} times its money, which nobody has seen yet."
    return (
        f"Moving {amount} from {source} to {target}: {moved.change:+,.0f} {words.plural} expected (95% interval "
        f"{moved.low:+,.0f} to {moved.high:+,.0f}).{warning}"
    )


def unit(view: SourceView, scope: Scope) -> str:
    """Return the name of a rate's axis."""
    return f"{view.counted_words()[scope.counted]}, of leads"
