"""Sources in words: the answer in a sentence, titles, tables, and what numbers mean."""

from dataclasses import replace

import pandas as pd

from leadscore_core.analytics.sentences.rates import ANSWERS, TITLES
from leadscore_core.analytics.sources import Counted, Rates, Scope, SourceView
from leadscore_core.analytics.statistics.costs import Costs
from leadscore_core.analytics.statistics.rates import EXPECTED, FEW, OVER, UNDER
from leadscore_core.days import say_day
from leadscore_core.outcome import OutcomeWords, capital
from leadscore_core.percent import percent, share_percent
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.source_table import OTHERS

_DEFINITIONS = {
    "95% from, 95% to": "Wilson's interval: the true rate lies in it 19 times out of 20.",
    "Ranked at": "The rate drawn towards that of all groups, the more the fewer leads it has (empirical Bayes), so "
    "that a handful of lucky leads does not top the list.",
    "Against average": "The rate over that of all leads shown: 1.2 is a fifth more.",
    "Verdict": "Over- and under-delivers: differs from all other leads, with one false verdict in twenty at most "
    "(Benjamini and Hochberg). As expected: the whole interval lies within a tenth of the average.",
    "Residual": "The rate less what leads like these bring at the average group. Composition and residual add up to "
    "the gap; intervals are from a bootstrap of 200 draws.",
    "Comparable": "The share of its leads for which other groups have at least 20 leads alike in the factors chosen. "
    "A verdict takes 80%, and a residual whose sign no single factor decides.",
}
_EXPECTED = {
    "Ranked at": "The expected rate drawn towards that of all groups, the more the fewer leads it has (empirical "
    "Bayes).",
    "Against average": "The expected rate over that of all leads shown: 1.2 is a fifth more.",
    "No verdict": "Nothing is judged, taken apart or given an interval here: that would judge the model's own output. "
    "Bring outcomes for that.",
}
_VERDICTS = {OVER: "over-deliver", UNDER: "under-deliver", EXPECTED: "as expected", FEW: "too small to say"}
LOW, HIGH = "95% from", "95% to"
_CHANGES = {"Change": "change", "Change from": "low", "Change to": "high"}
_MOST_LISTED, _LONGEST_BESIDE = 4, 44
_FEW_EXPECTED = 30


def counted_title(words: OutcomeWords, counted: Counted) -> str:
    """Return the header of a column of what is counted."""
    return words.title if counted == "completed" else f"{words.title} expected"


def rate_title(counted: Counted) -> str:
    """Return the header of a column of rates."""
    return "Rate" if counted == "completed" else "Expected rate"


def shown_at_first(words: OutcomeWords, counted: Counted = "completed") -> tuple[str, ...]:
    """Return the columns of `present_rates` that are shown without asking."""
    if counted == "expected":
        return ("Leads", counted_title(words, counted), rate_title(counted), "Ranked at", "Against average")
    return ("Leads", words.title, "Rate", LOW, HIGH, "Ranked at", "Against average", "Verdict")


def definitions(view: SourceView, counted: Counted = "completed") -> dict[str, str]:
    """Return what each number means."""
    words = view.words
    foreseen = "the sum of propensities, of models that had not seen the leads"
    if counted == "expected":
        rate = f"{words.title} expected over the leads of which anything can be: {foreseen}."
        return {rate_title(counted): rate} | _EXPECTED
    rate = f"{words.title} over leads. {capital(words.past)}: of leads whose outcome is known. Expected: {foreseen}."
    return {"Rate": rate} | _DEFINITIONS


def answer(view: SourceView, scope: Scope, rates: Rates) -> str:
    """Say in one sentence what earns and what does not, or what is expected to.

    Parameters
    ----------
    rates
        Of one dimension.
    """
    human = view.dimensions[rates.by[0]].lower()
    words, n, average = view.words, f"{rates.totals['n']:,.0f}", rates.average
    if rates.counted == "expected":
        total = ANSWERS["total_expected"](rate=percent(average, average, 1), n=n, many=words.many)
        return _answer_expected(rates, total, human)
    if not 0 < average < 1:
        return ANSWERS["nobody"](who="Everybody" if average else "Nobody", n=n, past=words.past, human=human)
    total = ANSWERS["total"](rate=percent(average, average, 1), n=n, past=words.past)
    named = rates.table[rates.table[rates.by[0]] != OTHERS]
    if len(named) < 2:
        return ANSWERS["one_group"](total=total, human=human)
    under, over = named[named["verdict"] == UNDER], named[named["verdict"] == OVER]
    parts = []
    if len(under):
        worst = under.iloc[int((under["n"] * average - under["k"]).to_numpy().argmax())]
        leads, done = share_percent(worst["n"] / rates.totals["n"]), share_percent(worst["k"] / rates.totals["k"])
        parts.append(ANSWERS["under"](name=worst["name"], leads=leads, outcomes=done, plural=words.plural))
    if len(over):
        best = over.iloc[int(over["shrunk_low"].to_numpy().argmax())]
        rate, whose = percent(best["rate"], average), whose_leads(view, scope.chosen)
        parts.append(
            ANSWERS["over"](
                name=best["name"], rate=rate, n=f"{best['n']:,}", average=percent(average, average), whose=whose
            )
        )
    return f"{'; '.join(parts)}." if parts else ANSWERS["none_differs"](total=total, human=human)


def _answer_expected(rates: Rates, total: str, human: str) -> str:
    named = rates.table[rates.table[rates.by[0]] != OTHERS]
    if len(named) < 2:
        return ANSWERS["one_group"](total=total, human=human)
    large = named[named["n"] >= _FEW_EXPECTED].sort_values("rate", ascending=False, kind="stable")
    if len(large) < 2:
        return ANSWERS["no_ends_expected"](total=total)
    best, worst = large.iloc[0], large.iloc[-1]
    return ANSWERS["ends_expected"](
        total=total,
        best=best["name"],
        high=percent(best["rate"], rates.average),
        n_high=f"{best['n']:,}",
        worst=worst["name"],
        low=percent(worst["rate"], rates.average),
        n_low=f"{worst['n']:,}",
    )


def whose_leads(view: SourceView, chosen: LeadFilter) -> str:
    """Name the leads that are looked at: all, or those of the filter."""
    used = "; ".join(describe_filter(view, chosen))
    return f"all leads with {used}" if used else "all leads"


def whose_average(view: SourceView, chosen: LeadFilter) -> str:
    """Name the leads that are looked at beside a line of a chart, where a long filter has no room."""
    whose = whose_leads(view, chosen)
    return whose if len(whose) <= _LONGEST_BESIDE else "all leads of this filter"


def describe_scope(view: SourceView, scope: Scope) -> str:
    """Say which leads are looked at: their list, dates, filter and number, and what is counted."""
    first, last = view.table.period()
    chosen, totals = scope.chosen, view.table.totals(scope.chosen)
    start, end = chosen.created_from or first, chosen.created_to or last
    days = f"created {say_day(start)} to {say_day(end)}" if start is not None and end is not None else "without dates"
    filters = describe_filter(view, replace(chosen, created_from=None, created_to=None))
    n = totals["known" if scope.is_known else "foreseen"]
    leads = f"{totals['leads']:,.0f} leads, n = {n:,.0f} {'with a known outcome' if scope.is_known else 'expected'}"
    return "; ".join([view.name, days, *(filters or ["no filter"]), leads])


def say_title(key: str, counted: Counted, /, **parts: object) -> str:
    """Return the title of a chart, of what is counted or of what is expected."""
    return TITLES[key if counted == "completed" else f"{key}_expected"](**parts)


def rates_title(view: SourceView, rates: Rates, drawn: int | None = None) -> str:
    """Say what a chart of rates shows: so many of the groups, and how they are judged.

    Parameters
    ----------
    drawn
        Groups in the chart; all if not given.
    """
    humans = " and ".join(view.dimensions[d].lower() for d in rates.by)
    which = f"all {rates.groups:,}" if drawn is None or drawn >= rates.groups else f"the {drawn:,} largest"
    rows = [which if which.startswith("all") else f"{which} of {rates.groups:,}"]
    if rates.counted == "completed":
        shown = rates.table if drawn is None else chart_rows(view, rates)
        verdicts = shown["verdict"].value_counts()
        rows += [f"{verdicts[v]} {words}" for v, words in _VERDICTS.items() if v in verdicts]
    kind = view.counted_words()[rates.counted]
    return say_title("rates", rates.counted, counted=kind, humans=humans, drawn=", ".join(rows))


def present_rates(view: SourceView, rates: Rates) -> pd.DataFrame:
    """Lay groups out as people read them, the highest shrunken rate first.

    Returns
    -------
    pandas.DataFrame
        The group under its human name, then `shown_at_first` and what a chooser may add; rates in percent.
    """
    is_ordered, counted = view.is_ordered(rates.by[0]) and len(rates.by) == 1, rates.counted
    table = rates.table.sort_values(rates.by[0], kind="stable") if is_ordered else rates.ranked()
    header = " × ".join(view.dimensions[d] for d in rates.by)
    columns: dict[str, object] = {
        header: table["name"],
        "Leads": table["leads"],
        counted_title(view.words, counted): table["k"],
        rate_title(counted): 100 * table["rate"],
    }
    if counted == "completed":
        columns |= {LOW: 100 * table["low"].where(table["n"] > 0), HIGH: 100 * table["high"].where(table["n"] > 0)}
    columns |= {"Ranked at": 100 * table["shrunk"], "Against average": table["lift"]}
    if counted == "completed":
        columns["Verdict"] = [
            f"{verdict}: {say_needed(more)}" if more else verdict
            for verdict, more in zip(table["verdict"], table["more"], strict=True)
        ]
    if "before_rate" in table:
        columns["Rate before"] = 100 * table["before_rate"]
        changes = _CHANGES if counted == "completed" else {"Change": "change"}
        columns |= {name: 100 * table[f"before_{own}"] for name, own in changes.items()}
    columns |= {"Outcome known": table["known"], capital(view.words.past): table["completed"]}
    if counted == "completed":
        columns["Expected"] = table["expected"]
    for grade in ("Hot", "Warm", "Cold", "Junk"):
        columns[grade] = 100 * table[grade.lower()] / table["leads"].where(table["leads"] > 0)
    return pd.DataFrame(columns).reset_index(drop=True)


def say_needed(more: int) -> str:
    """Say roughly how many leads more would show whether a group differs, if its rate stays.

    Examples
    --------
    >>> say_needed(3_307)
    'about 3,300 more leads would show whether it differs from the average'
    """
    return f"about {round(more, 2 - len(str(more))):,} more leads would show whether it differs from the average"


def chart_rows(view: SourceView, rates: Rates, most: int = 8) -> pd.DataFrame:
    """Return the groups that a chart shows: all of an ordered dimension, else the largest, the best first."""
    by = rates.by[0]
    if view.is_ordered(by) and len(rates.by) == 1:
        return rates.table[rates.table["n"] > 0].sort_values(by, kind="stable")
    ranked = rates.ranked()
    named = ranked[ranked[by] != OTHERS]
    largest = named.nlargest(most, "n").index
    return named[named.index.isin(largest)]


def present_costs(costs: Costs, currency: str, words: OutcomeWords, counted: Counted = "completed") -> pd.DataFrame:
    """Lay costs out as people read them, in numbers; blank where there is nothing to divide by, or no upper limit."""
    table, unit = costs.table, f" ({currency})" if currency else ""
    singular = words.singular if counted == "completed" else f"{words.singular} expected"
    columns = {
        "Group": table["group"],
        f"Spend{unit}": table["spend"],
        "Leads": table["leads"],
        f"Per lead{unit}": table["cost_per_lead"],
        f"Per Hot lead{unit}": table["cost_per_hot"],
        counted_title(words, counted): table["applications"],
        f"Per {singular}{unit}": table["cost_per_application"],
    }
    if counted == "completed":
        columns[f"Per {singular}, 95% from{unit}"] = table["cost_low"]
        columns[f"Per {singular}, 95% to{unit}"] = table["cost_high"].replace(float("inf"), float("nan"))
    shown = pd.DataFrame(columns | {f"On junk{unit}": table["on_junk"]})
    graded = table["on_junk"].notna().any()
    return shown if graded else shown.drop(columns=[f"Per Hot lead{unit}", f"On junk{unit}"])


def money(value: float) -> str:
    """Write an amount with as many digits as mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"


def describe_filter(view: SourceView, chosen: LeadFilter) -> list[str]:
    """Say which leads are looked at, one text a condition; nothing for all."""
    rows = []
    for dimension, wanted in chosen.values.items():
        human = view.dimensions.get(dimension, dimension)
        values = [view.shown(dimension, value) for value in wanted]
        more = f" and {len(values) - _MOST_LISTED} more" if len(values) > _MOST_LISTED else ""
        rows.append(f"{human}: {', '.join(values[:_MOST_LISTED])}{more}")
    if chosen.created_from is not None and chosen.created_to is not None:
        rows.append(f"Created {say_day(chosen.created_from)} to {say_day(chosen.created_to)}")
    return rows


def unit(view: SourceView, scope: Scope) -> str:
    """Return the name of a rate's axis."""
    return f"{view.counted_words()[scope.counted]}, of leads"
