"""Money in words: what leads and outcomes cost, and what moving a budget would bring."""

from leadscore_core.analytics.statistics.costs import Costs, Moved
from leadscore_core.analytics.wording import money
from leadscore_core.outcome import OutcomeWords, capital


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
    text += f"{capital(words.a_singular)} costs {money(cheap['cost_per_application'])} from {cheap['group']}"
    if len(ordered) > 1:
        text += f" and {money(dear['cost_per_application'])} from {dear['group']}"
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
